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
	"meibo/pipeline/identity"
)

func (a *app) identityCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "identity",
		Short: "Compare names, show the pairs of IDs that may be one person, decide on them, and measure the engine",
		Long: `identity shows which 募集人ID may belong to one person, why, and records what people
decide. Only an equal certificate number with the birth date, or a person, makes
a pair 確定; everything else asks. IDs are never merged.`,
		Example: "  meibo identity pairs\n  meibo identity explain DUPKANJI1A DUPKANJI1B",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return usage(nil, "names、pairs、explain、decide、undo、train、evaluate のどれかを指定してください。", "give one of names, pairs, explain, decide, undo, train, evaluate")
		},
	}
	c.AddCommand(a.identityNames(), a.identityPairs(), a.identityExplain(), a.identityDecide(), a.identityUndo(), a.identityTrain(), a.identityEvaluate())
	return c
}

func (a *app) identityNames() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "names --csv FILE",
		Short: "Say how near two writings of a name are",
		Long: `names answers a CSV file with the columns id, a and b: it adds level, the strongest
that holds of same (width, case, blanks), kana (read alike), variant (another
writing of a kanji) and different. No database is opened.`,
		Example: "  meibo identity names --csv names.csv",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if file == "" {
				return usage(nil, "--csv でファイルを指定してください。", "give a file with --csv")
			}
			return a.namesCSV(file)
		},
	}
	c.Flags().StringVar(&file, "csv", "", "CSV file with the columns id,a,b")
	return c
}

func (a *app) namesCSV(file string) error {
	s, err := readSheet(file)
	if err != nil {
		return err
	}
	q := question{needs: []string{"a", "b"}, answers: []string{"level"}}
	if !s.has(q.needs...) {
		return usage(nil, "CSV に列 a と b が必要です。", "the CSV needs the columns a and b")
	}
	q.fill = func(s *sheet, i int) error {
		x, y := s.get(i, "a"), s.get(i, "b")
		if pipeline.CleanName(x) == "" || pipeline.CleanName(y) == "" {
			return badRow("氏名が空です。a と b の両方が必要です。", "a name is empty; both a and b are needed")
		}
		s.set(i, "level", string(identity.Level(x, y)))
		return nil
	}
	return a.answer(s, q)
}

func (a *app) identityPairs() *cobra.Command {
	return &cobra.Command{
		Use:   "pairs [ID]",
		Short: "List the pairs of IDs that are or may be one person",
		Long: `pairs lists duplicate_list as the last night left it, with the reasons, and the
decisions on which the next night will act: what waits for a person first, by
the expected effect of a decision, which is the probability times what hangs on
the two records. With an ID it lists the cluster of that ID, which may be its
name of today, an earlier one or a member, and the pairs of its members. With
--json pairs stand in order of the IDs.`,
		Example: "  meibo identity pairs --json\n  meibo identity pairs DUPCERT1A",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(nil, "募集人ID は 1 つまで指定できます。", "give one agent ID at most")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return a.inHouse(c.Context(), accountRun, func(h *jobs.House, p pairPage, _ pipeline.Date) error {
				if len(args) == 1 {
					return a.pairsOf(c.Context(), h, p, args[0])
				}
				pairs, err := h.Pairs(c.Context())
				if err != nil {
					return err
				}
				if a.json {
					writeJSON(a.out, pairs)
					return nil
				}
				p.pairs(pairs)
				return nil
			})
		},
	}
}

// pairsOf lists the pairs of one cluster.
func (a *app) pairsOf(ctx context.Context, h *jobs.House, p pairPage, id string) error {
	cluster, pairs, err := h.PairsOf(ctx, id)
	if errors.Is(err, jobs.ErrNoSuchAgent) {
		return usage(err, "登録されていない募集人ID です。", "the register does not hold the ID")
	}
	if err != nil {
		return err
	}
	if a.json {
		writeJSON(a.out, struct {
			Cluster jobs.Cluster `json:"cluster"`
			Pairs   []jobs.Pair  `json:"pairs"`
		}{cluster, pairs})
		return nil
	}
	p.line("同一人のまとまり %s: %s", cluster.ID, strings.Join(cluster.Members, "、"))
	p.pairs(pairs)
	return nil
}

func (a *app) identityExplain() *cobra.Command {
	var who *jobs.Looker
	c := &cobra.Command{
		Use:   "explain A B",
		Short: "Show two IDs side by side, and why they are or are not taken for one person",
		Long: `explain shows both records side by side: what agrees and what differs, how the
names were normalised, the class and its reasons, the weight of each comparison
as a waterfall with the probability, what would change the verdict, the clusters
of the two with their history, and all decisions on the pair. Weights are those
of the last night; of a pair that is not on the list they are worked out anew,
for which the whole register is read. The look is noted in the purpose log, as
that of meibo explain.`,
		Example: "  meibo identity explain DUPKANJI1A DUPKANJI1B",
		Args:    twoIDs,
		RunE: func(c *cobra.Command, args []string) error {
			return a.inHouse(c.Context(), accountRun, func(h *jobs.House, p pairPage, day pipeline.Date) error {
				e, err := h.ExplainPair(c.Context(), *who, args[0], args[1], day)
				if errors.Is(err, jobs.ErrNoSuchAgent) {
					return usage(err, "登録されていない募集人ID です。", "the register does not hold both IDs")
				}
				if err != nil {
					return misjudged(err)
				}
				if a.json {
					writeJSON(a.out, e)
					return nil
				}
				p.explanation(e)
				return nil
			})
		},
	}
	who = lookerFlags(c)
	return c
}

func twoIDs(_ *cobra.Command, args []string) error {
	if len(args) != 2 {
		return usage(nil, "募集人ID を 2 つ指定してください。", "give two agent IDs")
	}
	return nil
}

// verdictWords are what may be typed for a verdict.
func verdictWords(word string) string {
	switch word {
	case "same":
		return identity.Same
	case "different":
		return identity.Different
	case "later":
		return identity.Later
	}
	return word
}

func (a *app) identityDecide() *cobra.Command {
	var d jobs.Decision
	c := &cobra.Command{
		Use:   "decide A B same|different|later --by WHO --reason TEXT",
		Short: "Record whether two IDs are one person",
		Long: `decide records a decision (同一人, 別人 or 保留) with the evidence of today. The next
night acts on it: 同一人 sets 重複フラグ, 別人 takes the pair off the list until the
evidence changes materially, 保留 leaves it listed. It may be given while a night
is at work, which then does not see it.`,
		Example: `  meibo identity decide DUPNAME1A DUPNAME1B same --by C0001 --reason "本人に確認した"`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 3 {
				return usage(nil, "募集人ID を 2 つと判定（same、different、later）を指定してください。", "give two agent IDs and a verdict: same, different or later")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			d.A, d.B, d.Verdict = args[0], args[1], verdictWords(args[2])
			return a.inHouse(c.Context(), accountReview, func(h *jobs.House, p pairPage, _ pipeline.Date) error {
				v, err := h.Decide(c.Context(), d)
				if errors.Is(err, jobs.ErrNoSuchAgent) {
					return usage(err, "登録されていない募集人ID です。", "the register does not hold both IDs")
				}
				return a.decided(p, v, err, "判定 %d を記録しました。次回の処理で反映されます。\n", "recorded decision %d; the next night acts on it\n")
			})
		},
	}
	c.Flags().StringVar(&d.By, "by", "", "who decides: an active account (login ID or manager ID)")
	c.Flags().StringVar(&d.Reason, "reason", "", "why")
	return c
}

func (a *app) identityUndo() *cobra.Command {
	var by string
	c := &cobra.Command{
		Use:   "undo N --by WHO",
		Short: "Take a decision back",
		Long: `undo marks a decision as undone; it stays on record. The next night goes by the
decision before it, if there is one that stands, or by the evidence alone.`,
		Example: "  meibo identity undo 3 --by C0001",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(nil, "取り消す判定の番号を指定してください。", "give the number of the decision to undo")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			n, err := strconv.Atoi(args[0])
			if err != nil {
				return usage(nil, "判定の番号を数字で指定してください。", "the number of a decision is digits")
			}
			return a.inHouse(c.Context(), accountReview, func(h *jobs.House, p pairPage, _ pipeline.Date) error {
				v, err := h.UndoDecision(c.Context(), n, by)
				return a.decided(p, v, err, "判定 %d を取り消しました。次回の処理で反映されます。\n", "decision %d is undone; the next night acts on it\n")
			})
		},
	}
	c.Flags().StringVar(&by, "by", "", "who undoes it: an active account (login ID or manager ID)")
	return c
}

// decided prints what was recorded, or says what was wrong.
func (a *app) decided(p pairPage, v jobs.Verdict, err error, ja, en string) error {
	if err != nil {
		return misjudged(err)
	}
	if a.json {
		writeJSON(a.out, v)
		return nil
	}
	fmt.Fprintf(a.out, a.say(ja, en), v.No)
	p.verdict(v)
	if v.Repeats > 0 {
		p.line(a.say("  同じ判定がすでに有効です（判定 %d）。", "  the same verdict stood already (decision %d)"), v.Repeats)
	}
	if v.FreesNot {
		p.line(a.say("  判定した人は、削除について決められる人（設定 purge.approvers）ではありません。同一人かどうかはこの判定に従いますが、この組による削除の保留は解けません。",
			"  who decided may not decide on deletions (purge.approvers): the flag goes by it, but a hold on a deletion by this pair stays"))
	}
	return nil
}

// misjudged makes wrong use of what jobs refuses as such.
func misjudged(err error) error {
	var wrong *jobs.ErrDecision
	if errors.As(err, &wrong) {
		return usage(nil, wrong.JA, wrong.EN)
	}
	return err
}

// inHouse opens the house by an account of the server for as long as do works;
// day is the day to look from.
func (a *app) inHouse(ctx context.Context, account sqlAccount, do func(h *jobs.House, p pairPage, day pipeline.Date) error) error {
	c, err := a.settingsAs(account)
	if err != nil {
		return err
	}
	day, err := a.day(c)
	if err != nil {
		return err
	}
	zone, err := c.Location()
	if err != nil {
		return err
	}
	h, err := a.open(ctx, c)
	if err != nil {
		return err
	}
	return errors.Join(do(h, pairPage{page{a.out}, zone}, day), h.Close())
}
