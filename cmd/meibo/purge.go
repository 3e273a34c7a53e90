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
	"meibo/pipeline/purge"
)

func (a *app) purgeCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "purge",
		Short: "Purge lists: review, approve, execute, take back, prove",
		Long: `purge is the life of a purge list (取扱要領 §10). Every night makes the list of the
day; two different people approve its 対象 rows; an execution judges every row anew
and deletes what is still due, past its days of grace and unheld; a signed receipt
proves it; for some days two people can take it back.

Who acts by --by is a ログインID or 管理者ID that is not stopped.`,
		Example: `  meibo purge list
  meibo purge approve 3 --by C0001
  meibo purge run 3`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return usage(nil, "list、show、approve、hold、release、run、undo、verify、replay、readmit、returns のどれかを指定してください。", "give one of list, show, approve, hold, release, run, undo, verify, replay, readmit, returns")
		},
	}
	c.AddCommand(
		a.purgeList(), a.purgeShow(), a.purgeApprove(), a.purgeHold(), a.purgeRelease(),
		a.purgeRun(), a.purgeUndo(), a.purgeVerify(),
		a.purgeReplay(), a.purgeReadmit(), a.purgeReturns(),
	)
	return c
}

// given is --as-of as it was typed; zero if it was not: the newest night's day.
func (a *app) given() pipeline.Date {
	d, err := pipeline.ParseDate(a.asOf)
	if err != nil {
		return 0 // checkFlags has refused what is no day
	}
	return d
}

// purging opens the house by an account of the server for as long as do works.
func (a *app) purging(ctx context.Context, account sqlAccount, open opening, do func(h *jobs.House) error) error {
	c, err := a.settingsAs(account)
	if err != nil {
		return err
	}
	h, err := open(ctx, c)
	if err != nil {
		return err
	}
	return a.purgeFault(errors.Join(do(h), h.Close()))
}

// purgeFault finds the words for what jobs refuses.
func (a *app) purgeFault(err error) error {
	var wrong *jobs.ErrPurge
	var many *purge.TooManyError
	var stays *jobs.ErrStays
	switch {
	case errors.As(err, &stays):
		return cannotComeBack(stays)
	case errors.As(err, &wrong):
		return usage(nil, wrong.JA, wrong.EN)
	case errors.Is(err, jobs.ErrNoSuchAgent):
		return usage(nil, "この募集人ID は登録簿にありません。", "the register does not hold this agent ID")
	case errors.As(err, &many):
		return usage(nil,
			fmt.Sprintf("削除の対象が %d 人いて、上限（%d 人）を超えるため実行しませんでした。何も削除していません。正しい場合は purge.max_count・purge.max_percent を見直してください。", many.Planned, many.Max),
			fmt.Sprintf("%v; nothing was done. If it is right, see purge.max_count and purge.max_percent", many))
	}
	return err
}

// cannotComeBack names, to those who wanted to take a list back, whom that does not
// bring back.
func cannotComeBack(e *jobs.ErrStays) error {
	var ja, en strings.Builder
	fmt.Fprintf(&ja, "一覧 %d で削除した人のうち %d 人は戻せないため、取り消していません。", e.ListNo, len(e.Persons))
	fmt.Fprintf(&en, "%d persons of list %d cannot come back; nothing was taken back", len(e.Persons), e.ListNo)
	except := ""
	for _, p := range e.Persons {
		fmt.Fprintf(&ja, "\n  %s: %s", p.AgentID, p.Reason)
		fmt.Fprintf(&en, "\n  %s", p.AgentID)
		except += " --except " + p.AgentID
	}
	fmt.Fprintf(&ja, "\nほかの人だけを戻すには、同じコマンドに次を加えてください:%s", except)
	fmt.Fprintf(&en, "\nto bring back all others, add:%s", except)
	return usage(nil, ja.String(), en.String())
}

// listNo reads the number of a list from the one argument.
func listNo(args []string) (int, error) {
	if len(args) == 1 {
		if n, err := strconv.Atoi(args[0]); err == nil && n > 0 {
			return n, nil
		}
	}
	return 0, usage(nil, "一覧の番号を1つ指定してください。", "give the number of one list")
}

func oneListNo(_ *cobra.Command, args []string) error { _, err := listNo(args); return err }

func oneID(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usage(nil, "募集人ID を 1 つ指定してください。", "give one agent ID")
	}
	return nil
}

func (a *app) purgeList() *cobra.Command {
	var with string
	c := &cobra.Command{
		Use:   "list",
		Short: "List all purge lists with their states and approvals",
		Long: `list prints every purge list with its day, state, rows, approvers and receipt. With
--with it tells instead what another retention file would make of the list of the
day (--as-of): who would be added, removed or have other dates, those of execution
and of holds included. Nothing is written.`,
		Example: "  meibo purge list --json\n  meibo purge list --with retention.yaml",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if with != "" {
				return a.whatIf(c.Context(), with)
			}
			return a.purging(c.Context(), accountRun, a.look, func(h *jobs.House) error {
				lists, err := h.PurgeLists(c.Context())
				if err != nil {
					return err
				}
				if a.json {
					writeJSON(a.out, lists)
					return nil
				}
				a.printLists(lists)
				return nil
			})
		},
	}
	c.Flags().StringVar(&with, "with", "", "retention file to try instead of the rules in force")
	return c
}

func (a *app) purgeShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show N",
		Short: "Show one list: rows, approvals, reviews, and what changed since the list before",
		Long: `show prints the rows of a list with their states, dates, holds and reasons, who
approved it and until when that counts, what reviewers said of single rows, what
is different from the list before, and, after an execution, which rows stayed and
why. A row that a hold made, lifted or voided since the list makes another one of
says so (一覧の後に保留); with --json it is its now.`,
		Example: "  meibo purge show 3",
		Args:    oneListNo,
		RunE: func(c *cobra.Command, args []string) error {
			no, _ := listNo(args)
			return a.purging(c.Context(), accountRun, a.look, func(h *jobs.House) error {
				l, err := h.ShowList(c.Context(), no)
				if err != nil {
					return err
				}
				if a.json {
					writeJSON(a.out, l)
					return nil
				}
				a.printList(l)
				return nil
			})
		},
	}
}

func (a *app) purgeApprove() *cobra.Command {
	var by, reason string
	c := &cobra.Command{
		Use:   "approve N --by WHO",
		Short: "Approve all 対象 rows of a list as it stands",
		Long: `approve notes one person's approval of the 対象 rows of a list as it stands. Two
different people are needed, neither of whom took in a correction of a person on
it. An approval counts for purge.approval_days; rows whose facts change meanwhile
drop out of the execution.`,
		Example: "  meibo purge approve 3 --by C0001",
		Args:    oneListNo,
		RunE: func(c *cobra.Command, args []string) error {
			no, _ := listNo(args)
			return a.purging(c.Context(), accountReview, a.open, func(h *jobs.House) error {
				l, err := h.Approve(c.Context(), no, by, reason, a.given())
				if err != nil {
					return err
				}
				if a.json {
					writeJSON(a.out, l)
					return nil
				}
				fmt.Fprintf(a.out, a.say("一覧 %d を承認しました。状態: %s%s\n", "list %d is approved; its state: %s%s\n"), l.No, l.State, a.nextStep(l))
				return nil
			})
		},
	}
	c.Flags().StringVar(&by, "by", "", "who approves: an active account (login ID or manager ID)")
	c.Flags().StringVar(&reason, "reason", "", "a remark")
	return c
}

// nextStep says what an approved list still needs.
func (a *app) nextStep(l jobs.ListText) string {
	switch l.State {
	case purge.ListFirst:
		return a.say("（実行には、別の人の承認がもう1つ必要です）", " (one more, by somebody else, is needed)")
	case purge.ListApproved:
		return fmt.Sprintf(a.say("（meibo purge run %d で実行できます）", " (meibo purge run %d executes it)"), l.No)
	}
	return ""
}

func (a *app) purgeHold() *cobra.Command {
	var o jobs.HoldOrder
	var reviewBy string
	c := &cobra.Command{
		Use:   "hold ID --reason TEXT --by WHO",
		Short: "Keep a record from being deleted until the hold is released",
		Long: `hold keeps a record from being deleted, also by an execution that is at work. Several
holds may stand on one record: all must be released. --review-by is a reminder; the
hold does not end by itself.`,
		Example: `  meibo purge hold CASE2DUE01 --reason "苦情の調査中" --by C0001 --review-by 2027-01-31`,
		Args:    oneID,
		RunE: func(c *cobra.Command, args []string) error {
			o.AgentID, o.AsOf = args[0], a.given()
			if reviewBy != "" {
				var err error
				if o.ReviewBy, err = a.writtenDay("--review-by", reviewBy); err != nil {
					return err
				}
			}
			return a.purging(c.Context(), accountReview, a.open, func(h *jobs.House) error {
				t, err := h.Hold(c.Context(), o)
				return a.printHold(t, err, "保留 %d を記録しました（%s から）。\n", "hold %d stands since %s\n")
			})
		},
	}
	c.Flags().StringVar(&o.By, "by", "", "who holds it: an active account (login ID or manager ID)")
	c.Flags().StringVar(&o.Reason, "reason", "", "why, for those who review the list")
	c.Flags().StringVar(&o.Code, "code", "", "a short code for the kind of hold (default named)")
	c.Flags().StringVar(&reviewBy, "review-by", "", "day to look at it again, YYYY-MM-DD")
	return c
}

func (a *app) printHold(t jobs.HoldText, err error, ja, en string) error {
	if err != nil {
		return err
	}
	if a.json {
		writeJSON(a.out, t)
		return nil
	}
	day := t.Since
	if !t.ReleasedOn.IsZero() {
		day = t.ReleasedOn
	}
	fmt.Fprintf(a.out, a.say(ja, en), t.No, day)
	return nil
}

func (a *app) purgeRelease() *cobra.Command {
	var by, reason string
	var no int
	c := &cobra.Command{
		Use:     "release ID --by WHO --reason TEXT",
		Short:   "Release a hold",
		Long:    `release lifts a hold on a record; where several stand, --hold says which.`,
		Example: `  meibo purge release CASE2DUE01 --by C0001 --reason "調査が終わった" --hold 1`,
		Args:    oneID,
		RunE: func(c *cobra.Command, args []string) error {
			return a.purging(c.Context(), accountReview, a.open, func(h *jobs.House) error {
				t, err := h.Release(c.Context(), args[0], no, by, reason, a.given())
				return a.printHold(t, err, "保留 %d を解除しました（%s）。\n", "hold %d was released on %s\n")
			})
		},
	}
	c.Flags().StringVar(&by, "by", "", "who releases it: an active account (login ID or manager ID)")
	c.Flags().StringVar(&reason, "reason", "", "why")
	c.Flags().IntVar(&no, "hold", 0, "number of the hold (default the only one)")
	return c
}

func (a *app) purgeRun() *cobra.Command {
	var confirm bool
	c := &cobra.Command{
		Use:   "run N",
		Short: "Execute an approved list",
		Long: `run executes a list as of the day of the newest finished night. Every 対象 row is
judged anew from today's facts; what is no longer due, held, changed, not approved
by two people or in its days of grace stays, and the reason is told. More records
than purge.max_count or purge.max_percent are refused before anything is done, and
so is every execution while a workbook returned by compliance waits in the inbox,
under whatever day: it may hold somebody, and a night has to take it in first.
Interrupted at any moment, the same command goes on, as do meibo resume and the
next night. An execution that has begun goes on even if a workbook came since,
before any night reads it; meibo purge hold keeps a record all the same. Where
nobody would be deleted, nothing is done.

Rows of others that name the deleted in a text stay and read （削除済み） there. What
stands in a number, code or key of another is told by column (exit 5): no program
alters that.`,
		Example: "  meibo purge run 3",
		Args:    oneListNo,
		RunE: func(c *cobra.Command, args []string) error {
			no, _ := listNo(args)
			return a.purging(c.Context(), accountPurge, a.openToRun, func(h *jobs.House) error {
				if confirm {
					h.ConfirmConfig()
				}
				e, err := h.ExecutePurge(c.Context(), no, a.given())
				if err != nil {
					return err
				}
				if a.json {
					writeJSON(a.out, executedJSON(e))
				} else {
					a.printExecuted(e)
				}
				return a.printLeft(e.Receipt)
			})
		},
	}
	confirmFlag(c, &confirm)
	return c
}

func (a *app) purgeUndo() *cobra.Command {
	var by, except []string
	var reason string
	c := &cobra.Command{
		Use:   "undo N --by A --by B --reason TEXT",
		Short: "Take an execution back within its window",
		Long: `undo puts everything that an execution deleted back as it was. It needs two
different people and a reason, and the undo window (purge.undo_days): at its end
the key is destroyed and nobody can.

Who was let in again (purge readmit) and stands in the register by a new file, or
was deleted once more by a later list, cannot come back: undo then names these by
ID and does nothing, until --except leaves out just them. The receipt counts whom
it brought back and whom it did not.`,
		Example: `  meibo purge undo 3 --by C0001 --by C0002 --reason "対象の取違え"`,
		Args:    oneListNo,
		RunE: func(c *cobra.Command, args []string) error {
			no, _ := listNo(args)
			return a.purging(c.Context(), accountPurge, a.open, func(h *jobs.House) error {
				r, err := h.UndoPurge(c.Context(), no, by, reason, a.given(), except...)
				if err != nil {
					return err
				}
				if a.json {
					writeJSON(a.out, r)
					return nil
				}
				a.printUndone(r)
				return nil
			})
		},
	}
	c.Flags().StringArrayVar(&except, "except", nil, "agent ID of somebody who cannot come back, to be left out; may be given again")
	c.Flags().StringArrayVar(&by, "by", nil, "who takes it back, given twice: active accounts (login IDs or manager IDs)")
	c.Flags().StringVar(&reason, "reason", "", "why")
	return c
}
