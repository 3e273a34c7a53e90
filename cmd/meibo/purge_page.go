package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/access"
	"meibo/pipeline/purge"
)

func (a *app) purgeVerify() *cobra.Command {
	var public []string
	c := &cobra.Command{
		Use:   "verify [FILE|FOLDER...]",
		Short: "Check content, signatures and chain of all receipts",
		Long: `verify checks every 削除証明書 with the public key alone: what it says, who signed it,
and that none was altered, left out, moved or cut off. Any key that ever signed
will do. The JSON files in outbox and state_dir must say what the register holds.

Given JSON files, or folders that hold them, it checks these by themselves, without
a database: for whoever was handed the receipts and the public key. Then every key
that signed one of them must be given, and receipts missing at the end cannot be
told. Of a folder all receipts from the first on must be there. Single files are
checked by themselves: content and signature, and the chain between those that
follow each other; it says of which the one before was not given. A receipt that is
given twice counts once. Exit codes: 0 nothing is wrong · 1 something is · 2 wrong
use, as a workbook instead of the JSON file.`,
		Example: "  meibo purge verify --public-key /mnt/audit/signing.pub\n  meibo purge verify outbox/compliance --public-key signing.pub\n  meibo purge verify purge-receipt_R-000003.json --public-key signing.pub",
		RunE: func(c *cobra.Command, names []string) error {
			if len(names) > 0 {
				return a.verifyFiles(names, public)
			}
			if len(public) > 1 {
				return usage(nil, "--public-key は1つだけ指定してください（登録簿の証明書では、前後の鍵はチェックポイントから分かります）。", "give one --public-key: checkpoints tell of the others")
			}
			return a.purging(c.Context(), accountRun, a.look, func(h *jobs.House) error {
				r, err := h.VerifyReceipts(c.Context(), strings.Join(public, ""))
				return a.verified(r, err)
			})
		},
	}
	c.Flags().StringArrayVar(&public, "public-key", nil, "file with the public key (default signing.pub beside the signing key); with files it may be given again")
	return c
}

// verifyFiles checks receipts that lie in files, with nothing but public keys.
func (a *app) verifyFiles(names, public []string) error {
	if len(public) == 0 {
		return usage(nil, "ファイルを確かめるときは --public-key で公開鍵を指定してください。", "give the public key of the files with --public-key")
	}
	r, err := jobs.VerifyReceiptFiles(names, public)
	if err == nil && r.Receipts == 0 {
		return usage(nil, "削除証明書のファイル（purge-receipt_*.json）がありません。", "there is no file of a receipt (purge-receipt_*.json)")
	}
	return a.verified(r, err)
}

func (a *app) verified(r jobs.ReceiptsChecked, err error) error {
	var other *jobs.ErrNotReceipt
	switch {
	case errors.As(err, &other) && other.Workbook:
		return usage(nil, other.Name+" はブックです。検証には、同じ名前の JSON ファイル（.json）を指定してください。", other.Name+" is a workbook; give the JSON file of the same name")
	case errors.As(err, &other):
		return usage(nil, other.Name+" は削除証明書の JSON ファイル（purge-receipt_*.json）ではありません。", other.Name+" is not the JSON file of a receipt (purge-receipt_*.json)")
	case errors.Is(err, fs.ErrNotExist):
		return usage(nil, "指定されたファイル（公開鍵または削除証明書）がありません"+pathIn(err)+"。", "there is no such file, of a public key or a receipt"+pathIn(err))
	case errors.Is(err, jobs.ErrPublicKey):
		name := strings.TrimSuffix(err.Error(), ": "+jobs.ErrPublicKey.Error())
		return usage(nil, name+" は公開鍵のファイルではありません。", name+" is not a file with a public key")
	case err != nil:
		return err
	}
	return a.printVerified(r)
}

// pathIn is the name of the file that an error is about.
func pathIn(err error) string {
	var of *fs.PathError
	if !errors.As(err, &of) {
		return ""
	}
	return ": " + of.Path
}

func (a *app) printVerified(r jobs.ReceiptsChecked) error {
	if a.json {
		writeJSON(a.out, struct {
			OK bool `json:"ok"`
			jobs.ReceiptsChecked
		}{len(r.Damage) == 0, r})
	} else {
		fmt.Fprintf(a.out, a.say("削除証明書 %d 件%s\n", "%d receipts%s\n"), r.Receipts, a.lastOf(r))
		for _, d := range r.Damage {
			place := ""
			if d.Place != "" {
				place = a.say("（", " (") + d.Place + a.say("）", ")")
			}
			fmt.Fprintf(a.out, "%s%s: %s\n", d.No, place, a.receiptDamage(d.Kind))
		}
		if len(r.Damage) == 0 {
			fmt.Fprintln(a.out, a.say("異常はありません。", "nothing is wrong"))
		}
		a.printUnchecked(r)
	}
	if len(r.Damage) > 0 {
		return outcome(exitFailed)
	}
	return nil
}

// printUnchecked tells what files by themselves do not show.
func (a *app) printUnchecked(r jobs.ReceiptsChecked) {
	if r.Duplicates > 0 {
		fmt.Fprintf(a.out, a.say("同じ証明書のファイルが重ねて指定されました（%d 件）。1 件として数えました。\n", "%d files are of receipts given before; each counts once\n"), r.Duplicates)
	}
	for _, no := range r.Unchained {
		if r.Receipts == 1 {
			fmt.Fprintf(a.out, a.say("この証明書だけを検証しました。前の証明書 %s との連なりは確かめていません。\n", "only this receipt was checked, not whether it follows %s\n"), purge.Before(no))
			continue
		}
		fmt.Fprintf(a.out, a.say("%s: 前の証明書 %s が指定されていないため、連なりは確かめていません。\n", "%s: %s was not given, so that nothing tells whether it follows it\n"), no, purge.Before(no))
	}
}

// lastOf names the newest receipt, for a comparison with what is told elsewhere.
func (a *app) lastOf(r jobs.ReceiptsChecked) string {
	if r.Last == "" {
		return ""
	}
	return fmt.Sprintf(a.say("（最後は %s）", ", the last one %s"), r.Last)
}

func (a *app) receiptDamage(kind string) string {
	switch kind {
	case purge.DamageAltered:
		return a.say("内容が書き換えられています。", "its content is not what was signed")
	case purge.DamageForged:
		return a.say("署名が一致しません。", "the signature does not hold")
	case purge.DamageUnknown:
		return a.say("この鍵、またはその前後の鍵で署名されたものではありません。", "it is signed by a key that cannot be reached from this one")
	case purge.DamageMissing:
		return a.say("この証明書より前の証明書が抜き取られています。", "receipts before it are gone")
	case purge.DamageOrder:
		return a.say("直前の証明書につながっていません。", "it does not follow the one before")
	case purge.DamageName:
		return a.say("ファイル名の番号と内容の番号が一致しません。", "its file bears the number of another")
	case purge.DamageCut:
		return a.say("この番号以降の証明書が末尾から削除されています。", "it and those behind it are gone")
	}
	return kind
}

// executed is what purge run --json prints.
type executed struct {
	ListNo  int                `json:"list_no"`
	RunID   string             `json:"run_id,omitempty"`
	State   string             `json:"state"`
	AsOf    pipeline.Date      `json:"as_of,omitzero"`
	Deleted int                `json:"deleted"`
	Dropped []jobs.DroppedText `json:"dropped"`
	Receipt *purge.Receipt     `json:"receipt"`
}

func executedJSON(e jobs.Executed) executed {
	out := executed{
		ListNo: e.ListNo, RunID: e.Run.ID, State: e.Run.State, AsOf: e.Run.AsOf,
		Dropped: append([]jobs.DroppedText{}, e.Dropped...), Receipt: e.Receipt,
	}
	if e.Receipt == nil {
		out.State = "nothing-to-delete"
		return out
	}
	out.Deleted = people(e.Receipt.Persons)
	return out
}

// printExecuted tells what went; it names nobody, but those who stay by their ID.
func (a *app) printExecuted(e jobs.Executed) {
	x := executedJSON(e)
	if e.Receipt == nil {
		fmt.Fprintf(a.out, a.say("一覧 %d に、今日削除できる行はありません。何も変更していません。\n", "no row of list %d may be deleted today; nothing was changed\n"), e.ListNo)
	} else {
		fmt.Fprintf(a.out, a.say("一覧 %d を実行し、%d 人の記録を削除しました（基準日 %s、削除証明書 %s）。\n", "list %d is executed: records of %d persons deleted (as of %s, receipt %s)\n"),
			e.ListNo, x.Deleted, e.Receipt.AsOf, e.Receipt.No)
		a.printRedacted(e.Receipt)
		a.printRemains(e.Receipt)
	}
	if len(e.Dropped) > 0 {
		fmt.Fprintf(a.out, a.say("今回は削除しなかった行（%d 行）:\n", "rows that stay (%d):\n"), len(e.Dropped))
	}
	for _, d := range e.Dropped {
		fmt.Fprintf(a.out, "  %s: %s\n", d.AgentID, d.Reason)
	}
}

// printRemains tells where something stays until its own last day, a line for each
// place.
func (a *app) printRemains(r *purge.Receipt) {
	var places []string
	files, until := map[string]int{}, map[string][]pipeline.Date{}
	left := r.Left()
	for _, x := range r.Residual {
		if slices.Contains(left, x) || x.Note() {
			continue
		}
		if files[x.Place] == 0 {
			places = append(places, x.Place)
		}
		files[x.Place] += x.Files
		until[x.Place] = append(until[x.Place], x.Until)
	}
	if len(places) > 0 {
		fmt.Fprintln(a.out, a.say("保存期限まで残るもの:", "what stays until its own last day:"))
	}
	for _, place := range places {
		fmt.Fprintf(a.out, a.say("  %s %d 件（%s）\n", "  %s %d (%s)\n"), place, files[place], a.until(place, until[place]))
	}
}

// printRedacted tells how many rows of others stay without naming the deleted.
func (a *app) printRedacted(r *purge.Receipt) {
	n := 0
	for _, c := range r.RowsDeleted {
		n += c.Redacted
	}
	if n > 0 {
		fmt.Fprintf(a.out, a.say("  ほかの人の記録 %d 行の文中にあった氏名・募集人IDなどを「%s」に置き換えました。\n", "  %d rows of others named the deleted; that reads %s now\n"), n, pipeline.Redacted)
	}
}

// printLeft tells what no program may take out of the tables, for somebody has to;
// its exit code is that of what needs attention.
func (a *app) printLeft(r *purge.Receipt) error {
	if r == nil || len(r.Left()) == 0 {
		return nil
	}
	for _, x := range r.Left() {
		fmt.Fprintf(a.err, a.say("要対応: %s に、削除した人を指す値が %d 行残っています。\n", "attention: %s still tells of a deleted person in %d rows\n"), x.Place, x.Files)
	}
	fmt.Fprintln(a.err, a.say(
		"削除は完了し、残った場所は削除証明書に記載しました。ほかの人の記録の番号・日付・コードは自動では書き換えません。該当する行の登録元に訂正したファイルを送ってもらい、再度取り込んでください。申出の受付番号と監査記録は後から書き換えられないため、残っていることを管理簿に記録し、これからの番号には募集人IDを含めないよう登録元に伝えてください。",
		"the deletion is complete, and the receipt names these places; numbers, days and codes of others are never altered: have the rows corrected by who sent them. The numbers of requests and the audit chain can never be altered: note that they stand there, and have numbers given without agent IDs from now on"))
	return outcome(exitAttention)
}

// printUndone tells how many came back, and how many did not.
func (a *app) printUndone(r *purge.Receipt) {
	fmt.Fprintf(a.out, a.say("一覧 %d の削除を取り消し、%d 人の記録を元に戻しました（証明書 %s）。\n", "the execution of list %d was taken back: %d persons are on file again (receipt %s)\n"),
		r.ListNo, people(r.Persons), r.No)
	a.printNotes(r)
}

// printReplayed tells what became of a restored database.
func (a *app) printReplayed(r *purge.Receipt) {
	fmt.Fprintf(a.out, a.say("復元したデータベースを削除台帳に合わせました（証明書 %s）。再び削除した人: %d 人\n", "the restored database is in order again (receipt %s); persons deleted again: %d\n"),
		r.No, people(r.Persons))
	a.printNotes(r)
	fmt.Fprintln(a.out, a.say("バックアップより後に取り込んだファイルは、もう一度受け取って取り込んでください。", "what files brought after the backup has to be sent and taken in again"))
}

func (a *app) printNotes(r *purge.Receipt) {
	for _, x := range r.Residual {
		if x.Note() {
			fmt.Fprintf(a.out, a.say("  %s: %d %s\n", "  %s: %d%.0s\n"), x.Place, x.Files, x.Unit())
		}
	}
}

func people(counts []purge.Count) (n int) {
	for _, c := range counts {
		n += c.Count
	}
	return n
}

// until says how long things of a place remain: to the last of their days, zero for
// one that has none. Rows of a table with a term of its own have an end, if no day.
func (a *app) until(place string, days []pipeline.Date) string {
	first, last := slices.Min(days), slices.Max(days)
	switch {
	case first.IsZero() && strings.HasPrefix(place, "表 "):
		return a.say("終わる日は未定", "the day is not known yet")
	case first.IsZero():
		return a.say("保存期限の定めなし", "no last day")
	case first == last:
		return fmt.Sprintf(a.say("%s まで", "until %s"), last)
	}
	return fmt.Sprintf(a.say("%s から順次、%s まで", "from %s on, until %s"), first, last)
}

func (a *app) printLists(lists []jobs.ListText) {
	if len(lists) == 0 {
		fmt.Fprintln(a.out, a.say("削除予定リストはまだありません。", "there is no purge list yet"))
		return
	}
	table := [][]string{strings.Fields(a.say("番号 基準日 状態 行数 承認者 証明書", "list as-of state rows approvers receipt"))}
	for _, l := range lists {
		var by []string
		for _, x := range l.Approvals {
			by = append(by, x.By+a.void(x))
		}
		table = append(table, []string{strconv.Itoa(l.No), l.AsOf.String(), l.State, strconv.Itoa(l.Rows), strings.Join(slices.Compact(by), ","), l.ReceiptNo})
	}
	printTable(a.out, table)
}

// void marks an approval that counts no more.
func (a *app) void(x jobs.ApprovalText) string {
	if x.Void {
		return a.say("（無効）", " (void)")
	}
	return ""
}

// printList is for those who review it, in Japanese like the workbook.
func (a *app) printList(l jobs.ListShown) {
	p := page{a.out}
	p.line("一覧 %d　基準日 %s　状態 %s　%d 行", l.No, l.AsOf, l.State, l.Rows)
	p.line("ハッシュ値 %s", l.Hash)
	if l.ReceiptNo != "" {
		p.line("削除証明書 %s", l.ReceiptNo)
	}
	for _, state := range slices.Sorted(maps.Keys(l.States)) {
		p.line("  %s %d 行", state, l.States[state])
	}
	void := map[string]jobs.ApprovalText{}
	for _, x := range l.Approvals {
		void[x.By] = x
	}
	for _, x := range l.Whole {
		until := "まで有効"
		if v := void[x.By]; v.Void {
			until = "までの承認だが、" + voidText(v.Why) + "無効"
		}
		p.line("承認: %s（%s %s）%s", x.By, x.ExpiresOn, until, x.Reason)
	}
	for _, x := range l.Undone {
		p.line("取消: %s %s", x.By, x.Reason)
	}
	for _, x := range l.Entries {
		p.line("%s　%s　%s", x.AgentID, x.State, x.Reason)
		for _, h := range x.Holds {
			p.line("    保留: %s", holdText(h))
		}
		if x.Now != nil {
			p.line("    ※ %s", x.Now.Note)
		}
	}
	for _, x := range l.Reviews {
		void := ""
		if x.Void {
			void = "（" + voidText(x.Why) + "無効）"
		}
		p.line("審査: %s %s %s %s%s %s", x.On, x.AgentID, x.By, x.Verdict, void, x.Reason)
	}
	p.changes(l)
	if len(l.Plan) > 0 {
		p.line("■ 実行時に削除しなかった行")
	}
	for _, x := range l.Plan {
		p.line("  %s: %s", x.AgentID, x.Reason)
	}
}

// voidText is why somebody's word counts no more.
func voidText(why string) string {
	switch why {
	case access.VoidStopped:
		return "アクセスが停止されたため"
	case access.VoidOutside:
		return "削除について決められる人（設定 purge.approvers）ではなくなったため"
	}
	return "いまは"
}

// changes tells what is different from the list before, and why.
func (p page) changes(l jobs.ListShown) {
	if l.Before == 0 {
		return
	}
	kinds := map[string]string{purge.ChangeNew: "追加", purge.ChangeGone: "除外", purge.ChangeState: "状態変更", purge.ChangeFacts: "内容変更"}
	p.line("■ 一覧 %d との違い（%d 件）", l.Before, len(l.Changes))
	for _, x := range l.Done {
		p.line("  この間の削除証明書: %s（%s、一覧 %d、%d 人）", x.No, x.Kind, x.ListNo, x.Persons)
	}
	for _, x := range l.Changes {
		p.line("  %s %s %s→%s　%s", kinds[x.Kind], x.AgentID, dash(x.Was), dash(x.Is), x.Reason)
	}
}

func dash(s string) string {
	if s == "" {
		return "―"
	}
	return s
}
