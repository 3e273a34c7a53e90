package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// Exit codes. Schedulers rely on them; README.md lists them.
const (
	exitOK          = 0
	exitFailed      = 1 // something broke; run resume once it is mended
	exitUsage       = 2 // wrong use or configuration; nothing was done
	exitRefused     = 3 // done, but an input file was refused or held
	exitHeld        = 4 // another run holds the lease
	exitAttention   = 5 // done, with a late sender, an overdue deletion, drift, or what a purge had to leave
	exitInterrupted = 130
)

// failure is an error with its exit code and the words an operator reads.
type failure struct {
	code   int
	ja, en string
	err    error // the cause, may be nil
}

func (f *failure) Error() string {
	if f.err != nil {
		return f.en + ": " + f.err.Error()
	}
	return f.en
}

func (f *failure) Unwrap() error { return f.err }

// usage is wrong use or configuration: exit 2.
func usage(err error, ja, en string) error { return &failure{exitUsage, ja, en, err} }

// misused makes wrong use of an error from before a command began: an unknown
// command, flag or argument. The flags may not have been read by then, so those
// that say how to answer are looked up by hand.
func (a *app) misused(args []string, err error) error {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	a.json = slices.Contains(args, "--json") || slices.Contains(args, "--json=true")
	if i := slices.Index(args, "--lang"); slices.Contains(args, "--lang=en") || i >= 0 && i+1 < len(args) && args[i+1] == "en" {
		a.lang = "en"
	}
	var f *failure
	if errors.As(err, &f) {
		return err
	}
	return usage(err, "コマンドの指定に誤りがあります。--help で使い方を確認してください。", "wrong use; see --help")
}

// outcome ends the program with a code but no error text: the report said it.
type outcome int

func (o outcome) Error() string { return fmt.Sprintf("exit %d", int(o)) }

// finish prints what went wrong in the reader's language and returns the exit code.
func (a *app) finish(err error) int {
	if err == nil {
		return exitOK
	}
	var o outcome
	if errors.As(err, &o) {
		return int(o)
	}
	f := a.explainError(err)
	if a.json {
		writeJSON(a.out, map[string]any{"error": map[string]any{"exit": f.code, "message": a.say(f.ja, f.en), "detail": a.detail(f)}})
		return f.code
	}
	fmt.Fprintf(a.err, "meibo: %s\n", a.say(f.ja, f.en))
	if d := a.detail(f); d != "" {
		fmt.Fprintf(a.err, "  %s\n", strings.ReplaceAll(d, "\n", "\n  "))
	}
	return f.code
}

// detail is the cause of a failure: what the reader typed or wrote into settings in
// the reader's language, all else as logs have it.
func (a *app) detail(f *failure) string {
	if f.err == nil {
		return ""
	}
	if text, found := causeInJapanese(f.err); found && a.lang != "en" {
		return text
	}
	return f.err.Error()
}

// explainError finds the words and the code for an error that carries none.
func (a *app) explainError(err error) *failure {
	if f := a.known(err); f != nil {
		return f
	}
	if a.resumable {
		return &failure{exitFailed, "処理に失敗しました。原因を取り除いたあと meibo resume で再開できます。", "failed; once the cause is removed, meibo resume goes on", err}
	}
	return &failure{exitFailed, "処理に失敗しました。", "failed", err}
}

// known finds the words for an error of which more is known than that it is one;
// nil for any other.
func (a *app) known(err error) *failure {
	var f *failure
	var held *run.ErrHeld
	var account *jobs.ErrAccount
	var denied *jobs.ErrAccess
	var changed *jobs.ErrConfigChanged
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &account):
		return &failure{code: exitUsage, ja: account.JA, en: account.EN}
	case errors.As(err, &denied):
		return &failure{code: exitUsage, ja: denied.JA, en: denied.EN}
	case errors.Is(err, errInterrupted) && a.resumable:
		return &failure{code: exitInterrupted, ja: "中断しました。meibo resume で続きから再開できます。", en: "interrupted; meibo resume goes on from here"}
	case errors.Is(err, errInterrupted):
		return &failure{code: exitInterrupted, ja: "中断しました。もう一度実行できます。", en: "interrupted; it can be done once more"}
	case errors.As(err, &held):
		return a.held(held.Lease)
	case store.DiskFull(err):
		return a.toMend("保存先の空き容量が足りません（空きがあるときは、ファイルサイズの上限かディスクの故障です）。原因を取り除き、", "there is no space left, or, where there is, a limit on the size of files or a broken disk: mend that, ", err)
	case errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS):
		return a.toMend("ファイルまたはフォルダーを読み書きする権限がありません。権限を直し、", "no right to read or write a file or folder: mend its rights, ", err)
	case errors.Is(err, syscall.EIO):
		return a.toMend("ディスクの読み書きに失敗しました。ディスクの状態を確かめ、", "the disk cannot be read or written: look after it, ", err)
	case errors.Is(err, store.ErrReading):
		return a.toMend("ほかのプログラムがデータベースを読み取り中のため、削除したデータをデータベースのファイルから消し切れていません。データベースを開いているツールやほかの meibo の処理が終わってから、", "others read the database, so its files still hold what was deleted: wait until they have ended, ", err)
	case errors.Is(err, jobs.ErrNotArchived):
		return a.toMend("受け取り済みのファイルが保管場所（state_dir の archive）に見つかりません。設定の state_dir が、そのファイルを受け取ったときと同じ場所か確かめ、消えている場合はバックアップから戻し、", "a file that was taken in is not in the archive: see that state_dir is the one it was, or bring the archive back from a backup, ", err)
	case errors.Is(err, jobs.ErrUndoKey):
		return a.toMend("削除の途中で作った取消用の鍵（state_dir の keys/undo）が見つかりません。設定の state_dir が、その削除を始めたときと同じ場所か確かめ、消えている場合はバックアップから戻し、", "the key of the undo window (keys/undo in state_dir), made when the deletion began, was not found: see that state_dir is the one it was, or bring the key back from a backup, ", err)
	case errors.As(err, &changed):
		return configChanged(changed)
	case errors.Is(err, run.ErrBackward):
		return &failure{exitUsage, "より新しい日の処理が済んでいるため、この日付では実行できません。確認だけなら --dry-run を付けてください。", "a newer day is finished already; add --dry-run to look only", err}
	case errors.Is(err, store.ErrSchemaOutdated):
		return &failure{exitUsage, "データベースの構成が古いままです。meibo migrate を実行してください。", "the database schema is behind; run meibo migrate", err}
	case errors.Is(err, store.ErrSchemaNewer):
		return &failure{exitUsage, "データベースの構成がこのプログラムより新しくなっています。新しい版の meibo を使ってください。", "the database schema is newer than this program; use a newer meibo", err}
	case errors.Is(err, store.ErrPurpose):
		return &failure{exitUsage, "データベースの用途が違います。名簿と提供用のデータベースは別のものを指定してください。", "the database serves another purpose; give the register and the export one each", err}
	case errors.Is(err, store.ErrAddress):
		return &failure{exitUsage, "データベースの指定に誤りがあります。--db、MEIBO_DB など接続先の環境変数、設定の db・tls_ca を確認してください。", "the database address is wrong; check --db, MEIBO_DB and its like, or db and tls_ca in the configuration", err}
	case errors.Is(err, store.ErrUntrusted):
		return &failure{exitUsage, "データベースサーバーが本物かどうか確認できないため、接続しませんでした。サーバーのTLSの設定と、独自の認証局の場合は設定の tls_ca を確認してください。", "the database server does not prove who it is, so nothing was sent; check its TLS and, with an authority of your own, tls_ca", err}
	case errors.Is(err, jobs.ErrConfig):
		return &failure{exitUsage, "設定に誤りがあります。", "the configuration is wrong", err}
	}
	if f := restored(err); f != nil {
		return f
	}
	return a.lostDatabase(err)
}

// held says who works and since when, and of another machine, of which it cannot
// be known whether it still does, from when on nobody has to wait for it.
func (a *app) held(l run.Lease) *failure {
	f := &failure{
		code: exitHeld,
		ja:   fmt.Sprintf("ほかの処理が実行中です（%s）。終わってからやり直してください。", a.holder(l)),
		en:   fmt.Sprintf("another run is at work (%s); try again when it has ended", a.holder(l)),
	}
	if host, _, ok := l.Process(); ok && host != run.Host() {
		at := a.clock(l.ExpiresAt)
		f.ja += fmt.Sprintf("%s が停止している場合は、%s を過ぎると実行できます。", host, at)
		f.en += fmt.Sprintf("; if %s is down, it can be done after %s", host, at)
	}
	return f
}

// holder is who holds a lease, since when.
func (a *app) holder(l run.Lease) string {
	host, pid, ok := l.Process()
	if !ok {
		return fmt.Sprintf(a.say("%s、開始 %s", "%s, since %s"), l.Holder, a.clock(l.Since))
	}
	return fmt.Sprintf(a.say("%s のプロセス %d、開始 %s", "process %[2]d on %[1]s, since %[3]s"), host, pid, a.clock(l.Since))
}

// clock is a moment in the configured zone, once settings were read.
func (a *app) clock(i pipeline.Instant) string {
	if a.zone == nil {
		return i.String()
	}
	return i.Time().In(a.zone).Format("2006-01-02 15:04:05")
}

// lostDatabase finds the words for a database that went away, and for the right
// to write in it; nil for any other error.
func (a *app) lostDatabase(err error) *failure {
	next, nextEN := a.next()
	var unknown *store.CommitUnknownError
	switch {
	case errors.Is(err, run.ErrLeaseLost):
		return &failure{exitFailed, "実行の権利がほかの処理に移ったため、書込みを止めました。その処理が終わるのを待ってください。", "another run has taken over, so nothing more was written; wait until it has ended", err}
	case errors.As(err, &unknown) && a.resumable:
		return &failure{exitFailed, "最後の書込みが済んだかどうかを確認する前に、データベースとの接続が切れました。接続できることを確かめてから" + next + "二重に書き込まれることはありません。", "the connection to the database broke before it could be asked whether the last transaction was kept; see that it can be reached, " + nextEN + " (nothing is written twice)", err}
	case errors.As(err, &unknown):
		return &failure{exitFailed, "書込みが済んだかどうかを確認できないまま、データベースとの接続が切れました。やり直す前に、登録されているかどうかを確かめてください。", "the connection to the database broke and it is unknown whether the change was kept; look before you repeat it", err}
	case store.Unreachable(err):
		return a.toMend("データベースに接続できません。サーバーの状態と --db、MEIBO_DB または設定の db を確かめてから", "the database cannot be reached; see that its server runs and check --db, MEIBO_DB or db in the configuration, ", err)
	}
	return nil
}

func writeJSON(w io.Writer, v any) {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(v) // Main asks its output whether anything was lost
}

// configChanged shows what has changed since an unfinished run began.
func configChanged(e *jobs.ErrConfigChanged) *failure {
	ja := fmt.Sprintf("終わっていない実行 %s（%s 分）は別の設定で始まっています。", e.Run, e.AsOf)
	en := fmt.Sprintf("the unfinished run %s (for %s) was begun with another configuration.", e.Run, e.AsOf)
	var list strings.Builder
	for _, c := range e.Changes {
		fmt.Fprintf(&list, "\n  %s: %s → %s", c.Key, cmp.Or(c.Was, "–"), cmp.Or(c.Is, "–"))
	}
	if len(e.Changes) > 0 {
		ja, en = ja+"変わった設定:"+list.String()+"\n", en+" changed:"+list.String()+"\n"
	} else {
		ja, en = ja+"始めたときの設定の内容は記録されていません。", en+" what it was is not recorded. "
	}
	return &failure{
		code: exitUsage,
		ja:   ja + "元の設定に戻すか、今の設定で続けてよければ meibo resume --confirm-config を実行してください。",
		en:   en + "restore the old settings, or go on with these by meibo resume --confirm-config",
	}
}

// toMend is a failure whose cause is to be removed first: what that is, and how to go
// on then.
func (a *app) toMend(ja, en string, err error) *failure {
	next, nextEN := a.next()
	return &failure{exitFailed, ja + next, en + nextEN, err}
}

// next is how to go on once the cause of a failure is gone.
func (a *app) next() (ja, en string) {
	if a.resumable {
		return " meibo resume で再開してください。", "then run meibo resume"
	}
	return "もう一度実行してください。", "then try again"
}
