package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"meibo/jobs"
	"meibo/pipeline"
)

// inOrder closes a house again whose database was restored and not yet put in
// order: but a few commands, none may work on it.
func (a *app) inOrder(ctx context.Context, h *jobs.House, err error) (*jobs.House, error) {
	if err != nil || a.restoredToo {
		return h, err
	}
	if err := h.InOrder(ctx); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// openRestored is open for the one command that puts a restored database in order.
func (a *app) openRestored(ctx context.Context, c jobs.Config) (*jobs.House, error) {
	a.restoredToo = true
	return a.open(ctx, c)
}

// restored finds the words for a database that was brought back from a backup;
// nil for any other error.
func restored(err error) *failure {
	var behind *jobs.ErrRestored
	var lost *jobs.ErrLostUndo
	switch {
	case errors.As(err, &behind):
		return &failure{
			exitFailed,
			"データベースがバックアップから復元されています（" + lostSince(behind) + "）。削除済みの人の記録が戻っているおそれがあるため、meibo purge replay を実行するまで、ほかの処理はできません。",
			"the database was restored from a backup, so that deleted persons may be back; nothing else can be done before meibo purge replay", behind,
		}
	case errors.As(err, &lost):
		return lostUndo(lost)
	case errors.Is(err, jobs.ErrTooOld):
		return &failure{exitFailed, "このバックアップは古すぎて、削除台帳では足りません。より新しいバックアップから復元してください。", "the backup is older than the purge ledger reaches; restore a newer one", err}
	case errors.Is(err, jobs.ErrTampered):
		return &failure{exitFailed, "監査記録がチェックポイントと一致しないため、再実行できません。meibo audit verify で確かめ、正しいバックアップから復元してください。", "the audit chain is not what was signed, so nothing was replayed; see meibo audit verify and restore a sound backup", err}
	case errors.Is(err, jobs.ErrLedger):
		return &failure{exitFailed, "削除台帳（state_dir/purge-ledger.jsonl）が書き換えられているか、一部が失われています。控えから戻してください。", "the purge ledger in state_dir was changed, or part of it is gone; bring it back from a copy", err}
	}
	return nil
}

// lostSince counts what a restored database does not know.
func lostSince(e *jobs.ErrRestored) string {
	var parts []string
	for _, x := range []struct {
		n    int
		text string
	}{{e.Parts, "削除の記録 %d 件"}, {e.Events, "監査記録 %d 件"}, {e.Receipts, "削除証明書 %d 件"}} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf(x.text, x.n))
		}
	}
	return "データベースにないもの: " + strings.Join(parts, "、")
}

// lostUndo says which later backup has those whom a replay on this one would lose.
func lostUndo(e *jobs.ErrLostUndo) *failure {
	var ja strings.Builder
	ja.WriteString("このバックアップは、削除の取消しより前のものです。取り消して戻した人の記録が、このバックアップにも取消用の控えにもありません。")
	for _, l := range e.Lists {
		fmt.Fprintf(&ja, "\n  一覧 %d: %d 人（%s に取消し）", l.ListNo, l.Persons, l.UndoneOn)
	}
	ja.WriteString("\n取消しの後に取ったバックアップから復元し直してください。そのようなバックアップがなく、記録を失うことを受け入れる場合に限り、meibo purge replay --accept-loss を実行してください（その人の募集人ID は、送信元のファイルから再び取り込めるようになります）。")
	return &failure{exitFailed, ja.String(), "the backup is from before an execution was taken back, and holds these persons no more; restore one from after it, or give them up with meibo purge replay --accept-loss", e}
}

func (a *app) purgeReplay() *cobra.Command {
	var by string
	var loss bool
	c := &cobra.Command{
		Use:   "replay [--by WHO]",
		Short: "Delete again, in a restored database, whom the ledger knows as deleted",
		Long: `replay puts a database in order that was brought back from a backup. Whoever was
deleted since is known from the ledger in state_dir by keyed hashes: those who are
there again are deleted, with a receipt of its own, and their IDs are guarded.
Whoever was put back by purge undo since is put back again, from the sealed rows
in the backup, as long as the undo window lasts; where these cannot be opened any
more, replay refuses and names the day from which a backup has them, unless
--accept-loss gives them up. The audit chain goes on from where the backup ends; a
signed checkpoint says so, and audit verify names the gap as a restore. Until then
no other command works on the database but status, check and audit verify. A
backup older than the ledger reaches is refused.`,
		Example: "  meibo purge replay --by C0001",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.purging(c.Context(), accountPurge, a.openRestored, func(h *jobs.House) error {
				replay := h.Replay
				if loss {
					replay = h.ReplayWithLoss
				}
				r, err := replay(c.Context(), by)
				if errors.Is(err, jobs.ErrInOrder) {
					return usage(nil, "データベースは削除台帳・監査記録と一致しています。再実行するものはありません。", "the database is not behind; there is nothing to replay")
				}
				if err != nil {
					return err
				}
				if a.json {
					writeJSON(a.out, r)
					return a.printLeft(&r)
				}
				a.printReplayed(&r)
				a.printRedacted(&r)
				return a.printLeft(&r)
			})
		},
	}
	c.Flags().StringVar(&by, "by", "", "who does it: an active account (login ID or manager ID)")
	c.Flags().BoolVar(&loss, "accept-loss", false, "go on although persons whose deletion was taken back are in no copy any more")
	return c
}

func (a *app) purgeReadmit() *cobra.Command {
	var by []string
	var reason string
	c := &cobra.Command{
		Use:   "readmit ID --by A --by B --reason TEXT",
		Short: "Let a purged agent ID come back",
		Long: `readmit lets an agent ID that was purged be taken in again. Until then its rows are
set aside as purged-id (see purge returns). Two different people decide; nothing
comes back by this alone: the sender's file, sent again, brings its facts anew.`,
		Example: `  meibo purge readmit CASE2DUE01 --by C0001 --by C0002 --reason "新たに登録"`,
		Args:    oneID,
		RunE: func(c *cobra.Command, args []string) error {
			return a.purging(c.Context(), accountPurge, a.open, func(h *jobs.House) error {
				if err := h.Readmit(c.Context(), args[0], by, reason); err != nil {
					return err
				}
				if a.json {
					writeJSON(a.out, map[string]bool{"readmitted": true})
					return nil
				}
				fmt.Fprintln(a.out, a.say("再び取り込めるようにしました。送信元からファイルをもう一度受け取ってください。", "it may be taken in again; have its sender send the file once more"))
				return nil
			})
		},
	}
	c.Flags().StringArrayVar(&by, "by", nil, "who decides, given twice: active accounts (login IDs or manager IDs)")
	c.Flags().StringVar(&reason, "reason", "", "why")
	return c
}

func (a *app) purgeReturns() *cobra.Command {
	return &cobra.Command{
		Use:   "returns",
		Short: "List rows that were set aside because they name purged agent IDs",
		Long: `returns lists where purged agent IDs came back (削除済みIDの再出現): file and row,
not the person. Compliance asks the sender, and lets the ID in with purge readmit
or has the sender correct the file. Rows of an ID that was let in are listed no more.`,
		Example: "  meibo purge returns",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.purging(c.Context(), accountRun, a.look, func(h *jobs.House) error {
				all, err := h.Returns(c.Context())
				if err != nil {
					return err
				}
				if a.json {
					writeJSON(a.out, all)
					return nil
				}
				for _, r := range all {
					fmt.Fprintf(a.out, a.say("%s %s %s %s %s %d行目\n", "%s %s %s %s %s row %d\n"), r.AsOf, r.Sender, r.Kind, r.SHA256[:12], r.Sheet, r.Row)
				}
				fmt.Fprintf(a.out, a.say("削除済みIDの再出現 %d 行\n", "%d rows name purged IDs\n"), len(all))
				return nil
			})
		},
	}
}

// whatIf prints what another retention file would make of the list of the day.
func (a *app) whatIf(ctx context.Context, name string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return usage(nil, "--with のファイルを読めません: "+name, fmt.Sprintf("cannot read the file of --with: %v", err))
	}
	c, err := a.settings()
	if err != nil {
		return err
	}
	day, err := a.day(c)
	if err != nil {
		return err
	}
	return a.purging(ctx, accountRun, a.look, func(h *jobs.House) error {
		all, err := h.WhatIf(ctx, name, b, day)
		if err != nil {
			return err
		}
		if a.json {
			writeJSON(a.out, all)
			return nil
		}
		words := map[string]string{
			jobs.WhatIfAdded: a.say("追加", "added"), jobs.WhatIfRemoved: a.say("除外", "removed"), jobs.WhatIfChanged: a.say("変更", "changed"),
		}
		for _, x := range all {
			fmt.Fprintf(a.out, "%s %s  %s → %s\n", words[x.Kind], x.AgentID, a.whatIfText(x.Was), a.whatIfText(x.Is))
		}
		fmt.Fprintf(a.out, a.say("%s 現在の一覧との違い %d 人（何も変更していません）\n", "as of %s, %d persons differ (nothing was changed)\n"), day, len(all))
		return nil
	})
}

// whatIfText is one row, with its dates by the words of the list.
func (a *app) whatIfText(r *jobs.WhatIfRow) string {
	if r == nil {
		return "–"
	}
	out := fmt.Sprintf("%s No.%s", r.State, r.Case)
	for _, x := range []struct {
		word string
		day  pipeline.Date
	}{
		{a.say("期限", "last day"), r.LastDay},
		{a.say("削除できる最初の日", "deletable from"), r.FirstDeletable},
		{a.say("実行できる最初の日", "executable from"), r.Executable},
		{a.say("保留の最終日", "held until"), r.HeldUntil},
	} {
		if !x.day.IsZero() {
			out += fmt.Sprintf(" %s %s", x.word, x.day)
		}
	}
	return out
}
