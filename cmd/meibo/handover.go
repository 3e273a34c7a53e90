package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/intake"
)

func (a *app) statementCommand() *cobra.Command {
	var q jobs.StatementRequest
	var requested, passwordFile string
	c := &cobra.Command{
		Use:   "statement ID --receipt NO --requested DATE --proof TEXT --by WHO",
		Short: "Write one person's own extract, on their request (取扱要領 §4(1))",
		Long: `statement writes what is on file about one 募集人ID, for the person itself and
without the flags of operators: outbox/agent/statement_<ID>_<day>.xlsx. It wants
the request and the document that proved who asked; both are recorded, and both
looks, that of WHO and that of the person, are lines of the purpose log. WHO is an
active account of the association or its contact center (P5ア).

With --password-file, a private file (mode 0600) whose one line is the password
agreed with the person beforehand, the workbook is locked (AES-256). Without it the
birth date is left out. The password never goes the way of the file.

Whoever is due for deletion is not known any more.`,
		Example: "  meibo statement CASE2EXT01 --receipt R-0815 --requested 2026-11-20 --proof 運転免許証 --by S0001 --password-file agreed.txt",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(nil, "募集人ID を 1 つ指定してください。", "give one agent ID")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			q.AgentID = args[0]
			if requested != "" {
				day, fault := intake.ReadDate(requested)
				if fault != nil && fault.IsError() {
					return usage(nil, "--requested: "+fault.JA, "--requested: "+fault.EN)
				}
				q.RequestedOn = day
			}
			if passwordFile != "" {
				var err error
				if q.Password, err = readPrivate(passwordFile); err != nil {
					return usage(err, "--password-file のファイルを読めません。", "the file of --password-file cannot be read")
				}
			}
			return a.statement(c.Context(), q)
		},
	}
	f := c.Flags()
	f.StringVar(&q.ReceiptNo, "receipt", "", "受付番号 of the request")
	f.StringVar(&requested, "requested", "", "day of the request, in any written form")
	f.StringVar(&q.Proof, "proof", "", "document that proved who asked")
	f.StringVar(&q.By, "by", "", "active account that answers")
	f.StringVar(&passwordFile, "password-file", "", "private file with the password agreed with the person")
	return c
}

func (a *app) statement(ctx context.Context, q jobs.StatementRequest) error {
	return a.handOver(ctx, func(h *jobs.House, day pipeline.Date) ([]jobs.HandedOver, error) {
		made, err := h.Statement(ctx, q, day)
		if errors.Is(err, jobs.ErrNoSuchAgent) {
			return nil, nothingToState()
		}
		return []jobs.HandedOver{made}, err
	})
}

// nothingToState is said of an ID that is unknown and of one whose term is over,
// alike: from its first deletable day on a person's record is handed to nobody.
func nothingToState() error {
	return &failure{
		code: exitFailed,
		ja:   "開示できる登載情報はありません。この募集人IDは登録されていないか、管理期間が終わって削除の対象になっています（取扱要領§10）。本人には、登載されていない旨を回答してください。管理期間と削除の状況は meibo explain で確認できます。",
		en:   "there is nothing to hand over: the register holds no such agent ID, or its term has ended and it is due for deletion (要領 §10); see meibo explain",
	}
}

func (a *app) rosterCommand() *cobra.Command {
	var who *jobs.Looker
	c := &cobra.Command{
		Use:   "roster AGENCY_NO…",
		Short: "Write agencies' rosters now (代理店登録関係事項照合表)",
		Long: `roster writes outbox/<代申>/agency-roster_<agency_no>_<day>.xlsx for each agency: its
people, what they hold and its state, without the flags of operators. The lead
insurer hands it on. rosters.on_change and rosters.monthly in meibo.yaml have the
nights write them. The look is noted in the purpose log.`,
		Example: "  meibo roster 13A00001 13A00002 --as-of 2026-11-21",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(nil, "代理店登録番号を指定してください。", "give the number of an agency")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return a.handOver(c.Context(), func(h *jobs.House, day pipeline.Date) ([]jobs.HandedOver, error) {
				return h.Rosters(c.Context(), *who, args, day)
			})
		},
	}
	who = lookerFlags(c)
	return c
}

func (a *app) committeeCommand() *cobra.Command {
	var who *jobs.Looker
	c := &cobra.Command{
		Use:   "committee",
		Short: "Hand over this quarter's pack of the committee (取扱要領 §7, §9)",
		Long: `The first night of each quarter writes outbox/association/committee-pack_<day>.xlsx
about the quarter before: what was processed in it, what lapsed, what is overdue,
and the rules in force. It names nobody; counts of fewer than five people are
hidden, and so are those from which such a count could be worked out.

There is one pack in a quarter, for two of days near each other could be subtracted
until what is left is of few people. committee tells where it lies; in a quarter that
has none yet, as the first of a register, it writes one about the quarter so far,
up to 28 days before the quarter's end.`,
		Example: "  meibo committee --as-of 2026-11-21",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.handOver(c.Context(), func(h *jobs.House, day pipeline.Date) ([]jobs.HandedOver, error) {
				return h.Committee(c.Context(), *who, day)
			})
		},
	}
	who = lookerFlags(c)
	return c
}

// handOver writes files on request and prints where they lie.
func (a *app) handOver(ctx context.Context, do func(*jobs.House, pipeline.Date) ([]jobs.HandedOver, error)) error {
	return a.onDay(ctx, a.open, func(h *jobs.House, day pipeline.Date) error {
		made, err := do(h, day)
		var wrong *jobs.ErrRequest
		switch {
		case errors.As(err, &wrong):
			return usage(nil, wrong.JA, wrong.EN)
		case err != nil:
			return err
		case a.json:
			writeJSON(a.out, map[string]any{"as_of": day, "files": made})
			return nil
		}
		table := [][]string{strings.Fields(a.say("提供先 ファイル 件数 暗号化", "reader file rows encryption"))}
		for _, f := range made {
			table = append(table, []string{f.Reader, f.File, strconv.Itoa(f.Rows), a.encryption(f.Encryption)})
		}
		printTable(a.out, table)
		fmt.Fprintf(a.out, a.say("%s の提供先フォルダーに作成しました。\n", "written below %s\n"), h.Config.Outbox)
		return nil
	})
}
