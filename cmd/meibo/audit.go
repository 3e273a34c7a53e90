package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"meibo/jobs"
	"meibo/pipeline/audit"
)

func (a *app) auditCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "audit",
		Short: "Check the audit chain; make and rotate its keys",
		Long: `audit looks after the chain of audit events: every change by a person, every
destructive act and what each run came to, without personal data. Each run ends
with a checkpoint, signed and kept outside the database.`,
		Example: "  meibo audit verify\n  meibo audit keygen",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return usage(nil, "verify、keygen、rotate のどれかを指定してください。", "give one of verify, keygen, rotate")
		},
	}
	c.AddCommand(a.auditVerify(), a.auditKeygen(), a.auditRotate())
	return c
}

func (a *app) auditVerify() *cobra.Command {
	var public, checkpoints string
	c := &cobra.Command{
		Use:   "verify",
		Short: "Check the audit chain against its signed checkpoints",
		Long: `verify names what was done to the chain and the first bad number: events altered,
dropped, inserted, moved or cut off at the end, a chain that was cut and appended
to or stamped anew, and checkpoints altered, forged, moved or cut. It needs only
the public key; give a copy of it, and of the checkpoints, from where those who
might have changed the database cannot write. Any key that ever signed will do.

It also compares with what the database shows apart from the chain: every finished
night and every receipt of a deletion must have its event. So events that are cut
off together with their checkpoints are noticed as well. What cannot be noticed
stands in cmd/meibo/ops/README.md.

Exit codes: 0 nothing is wrong · 1 something is.`,
		Example: `  meibo audit verify
  meibo audit verify --public-key /mnt/audit/signing.pub --checkpoints /mnt/audit/checkpoints.jsonl --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.verifyAudit(c.Context(), public, checkpoints) },
	}
	c.Flags().StringVar(&public, "public-key", "", "file with the public key (default signing.pub beside the signing key)")
	c.Flags().StringVar(&checkpoints, "checkpoints", "", "file with the checkpoints (default the one in state_dir)")
	return c
}

func (a *app) verifyAudit(ctx context.Context, public, checkpoints string) error {
	c, err := a.settings()
	if err != nil {
		return err
	}
	a.restoredToo = true
	h, err := a.look(ctx, c)
	if err != nil {
		return err
	}
	defer h.Close()
	r, err := h.VerifyAudit(ctx, public, checkpoints)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return usage(err, "公開鍵またはチェックポイントのファイルがありません。最初の処理で作成されます。", "the file with the public key or the checkpoints is not there; the first run makes it")
	case errors.Is(err, jobs.ErrPublicKey):
		return usage(err, "公開鍵のファイルではありません。", "not a file with a public key")
	case err != nil:
		return err
	}
	if a.json {
		writeJSON(a.out, struct {
			OK bool `json:"ok"`
			audit.Report
		}{r.OK(), r})
	} else {
		a.printAudit(r)
	}
	if r.OK() {
		return nil
	}
	return outcome(exitFailed)
}

func (a *app) printAudit(r audit.Report) {
	fmt.Fprintf(a.out, a.say("監査記録 %d 件（うちチェックポイントで確認できるもの %d 件）、チェックポイント %d 件\n先頭のハッシュ値 %s\n",
		"%d events (%d of them vouched for), %d checkpoints\nhead %s\n"), r.Events, r.Vouched, r.Checkpoints, r.Head)
	for _, f := range r.Findings {
		fmt.Fprintln(a.out, a.damage(f))
	}
	for _, g := range r.Restores {
		if g.Of > 0 {
			fmt.Fprintf(a.out, a.say("復元: チェックポイント %d 行目までのバックアップ（記録 %d まで）から復元しています。それより後の行が署名した記録は、別のバックアップに続くものだったため失われています（チェックポイント %d 行目、meibo purge replay 済み）。\n",
				"restored: from a backup of checkpoint line %d (events up to %d); what later lines signed continued another backup, and is lost (checkpoint line %d, replayed)\n"), g.Of, g.First-1, g.Line)
			continue
		}
		fmt.Fprintf(a.out, a.say("復元: データベースの復元により、記録 %d から %d までが失われています（チェックポイント %d 行目、meibo purge replay 済み）。\n",
			"restored: events %d to %d were lost with a restore of the database (checkpoint line %d, replayed)\n"), g.First, g.Last, g.Line)
	}
	if r.Older > 0 {
		fmt.Fprintf(a.out, a.say("確認してください: 監査記録が始まる前の処理または証明書が %d 件あります。記録を始める前の版のものでなければ、記録が全部作り直されています。\n",
			"look: %d nights or receipts are older than the first event; if no program without a chain did them, the whole chain was begun anew\n"), r.Older)
	}
	if r.OK() {
		fmt.Fprintln(a.out, a.say("異常はありません。", "nothing is wrong"))
	}
}

// damage says what was found, in words.
func (a *app) damage(f audit.Finding) string {
	n := f.Number
	switch f.Damage {
	case audit.Altered:
		return fmt.Sprintf(a.say("改ざん: 記録 %d の内容が書き換えられています。", "altered: event %d is not what was recorded"), n)
	case audit.Dropped:
		return fmt.Sprintf(a.say("欠落: 記録 %d が途中から抜き取られています。", "dropped: event %d is gone from inside the chain"), n)
	case audit.Inserted:
		return fmt.Sprintf(a.say("挿入: %d 番目に、記録にないはずのものが入っています。", "inserted: what stands at place %d does not belong there"), n)
	case audit.Reordered:
		return fmt.Sprintf(a.say("入替え: 記録 %d から順序または番号が変えられています。", "reordered: from event %d on the order or the numbers were changed"), n)
	case audit.CutTail:
		if f.Trace != "" {
			return fmt.Sprintf(a.say("切詰め: 記録 %d 以降がチェックポイントとともに末尾から削除されています（データベースの %s に対応する記録がありません）。",
				"cut: event %d and those behind it are gone, and their checkpoints with them (the database has %s, of which no event tells)"), n, f.Trace)
		}
		return fmt.Sprintf(a.say("切詰め: 記録 %d 以降が末尾から削除されています。", "cut: event %d and those behind it are gone"), n)
	case audit.Rewritten:
		if f.Trace != "" {
			return fmt.Sprintf(a.say("書換え: 記録 %d から %d までのどこかで、チェックポイントとともに切り取られたうえで書き足されています（データベースの %s に対応する記録がありません）。",
				"rewritten: somewhere from event %d to %d the chain was cut with its checkpoints and went on (the database has %s, of which no event tells)"), n, f.Until, f.Trace)
		}
		return fmt.Sprintf(a.say("書換え: 記録 %d から %d までのどこかより後が、切り取られたうえで書き直されています。", "rewritten: behind a checkpoint, from some event between %d and %d, the chain is another one"), n, f.Until)
	case audit.Restamped:
		return fmt.Sprintf(a.say("全体の作り直し: 記録 %d から、どのチェックポイントとも一致しません。", "rewritten whole: from event %d on no checkpoint knows the chain"), n)
	case audit.CheckpointAltered:
		return fmt.Sprintf(a.say("チェックポイントの改ざん: %d 行目が署名と一致しません。", "checkpoint altered: line %d is not what was signed"), n)
	case audit.CheckpointForged:
		return fmt.Sprintf(a.say("チェックポイントの偽造: %d 行目が、この鍵またはその後継の鍵で署名されていません。", "checkpoint forged: line %d is not signed by this key or one that took over from it"), n)
	case audit.CheckpointDropped:
		return fmt.Sprintf(a.say("チェックポイントの欠落: %d 行目が途中から抜き取られています。", "checkpoint dropped: line %d is gone from inside the file"), n)
	case audit.CheckpointReordered:
		return fmt.Sprintf(a.say("チェックポイントの入替え: %d 行目から順序が変えられています。", "checkpoints reordered from line %d on"), n)
	case audit.CheckpointCut:
		return fmt.Sprintf(a.say("チェックポイントの切詰め: 完了した処理の %d 行目がありません（直前の処理が書き込む前に止まった場合は、次の処理が補います）。",
			"checkpoints cut: line %d of a finished run is missing (if the last run was killed before it wrote it, the next one will)"), n)
	}
	return string(f.Damage)
}

func (a *app) auditKeygen() *cobra.Command {
	return &cobra.Command{
		Use:   "keygen",
		Short: "Make the keys of the audit chain, and print the public one",
		Long: `keygen makes the signing key (Ed25519) and the key for surrogates, readable to the
account alone, in state_dir/keys or where the configuration says (audit:
signing_key, surrogate_key). It never writes over a key; killed while it made them,
it goes on when it is called again. Keep the public key, and a copy of both others,
where the database's administrators cannot write.`,
		Example: "  meibo audit keygen > signing.pub",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			c, err := a.settings()
			if err != nil {
				return err
			}
			public, id, err := jobs.MakeKeys(c)
			if errors.Is(err, jobs.ErrKeysExist) {
				return usage(err, "鍵はすでにあります。上書きはしません。交換するには meibo audit rotate を使ってください。", "there are keys already, which stay as they are; to replace the signing key use meibo audit rotate")
			}
			return a.printKey(public, id, err)
		},
	}
}

func (a *app) auditRotate() *cobra.Command {
	var by string
	c := &cobra.Command{
		Use:   "rotate --by WHO",
		Short: "Hand the signing of checkpoints over to a new key",
		Long: `rotate makes a new signing key, has the old and the new one sign the line that
hands over, records it as an event, and removes the old private key. Signatures
of the old key stay valid for what it signed: verify goes from any key to all.
Killed in between, it goes on when it is called again, or with the next run.`,
		Example: "  meibo audit rotate --by C0001",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if by == "" {
				return usage(nil, "鍵を交換する人を --by で指定してください。", "say who rotates the key with --by")
			}
			cfg, err := a.settings()
			if err != nil {
				return err
			}
			h, err := a.open(c.Context(), cfg)
			if err != nil {
				return err
			}
			defer h.Close()
			public, id, err := h.RotateKey(c.Context(), by)
			if errors.Is(err, jobs.ErrRotate) {
				return usage(err, "署名鍵が環境変数で渡されているため、交換できません。", "the signing key comes from the environment and cannot be replaced from here")
			}
			return a.printKey(public, id, err)
		},
	}
	c.Flags().StringVar(&by, "by", "", "who rotates the key")
	return c
}

// printKey prints a public key, for a file of its own.
func (a *app) printKey(public []byte, id string, err error) error {
	if err != nil {
		return err
	}
	if a.json {
		writeJSON(a.out, map[string]string{"key": id, "public_key": string(public)})
		return nil
	}
	fmt.Fprintf(a.out, "%s", public)
	return nil
}
