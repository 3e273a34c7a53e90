package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/spf13/cobra"

	"meibo/jobs"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// calls are command lines that need the register, by command.
var calls = map[string][]string{
	"run":              {"run", "--as-of", "2026-11-20"},
	"run --dry-run":    {"run", "--dry-run", "--as-of", "2026-11-20"},
	"resume":           {"resume"},
	"schedule":         {"schedule"},
	"status":           {"status"},
	"check":            {"check"},
	"explain":          {"explain", "P01"},
	"identity pairs":   {"identity", "pairs"},
	"identity explain": {"identity", "explain", "A1", "A2"},
	"identity decide":  {"identity", "decide", "A1", "A2", "same", "--by", "C0001", "--reason", "確認済み"},
	"identity undo":    {"identity", "undo", "1", "--by", "C0001"},
	"migrate":          {"migrate"},
}

// without a register these do their work, or show their help.
var withoutRegister = []string{
	"version", "date", "deadline", "generate", "identity names", "identity evaluate", "identity", "audit",
	"audit verify", "audit keygen", "help", "completion",
}

func lines(c *cobra.Command, out []string) []string {
	for _, sub := range c.Commands() {
		out = lines(sub, append(out, strings.TrimPrefix(sub.CommandPath(), "meibo ")))
	}
	return out
}

// meibo runs the program here, in a folder of its own.
func meibo(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out, err bytes.Buffer
	code = Main(ctx, args, &out, &err)
	return code, out.String(), err.String()
}

// A database that a newer program has migrated is refused by every command that
// needs it, also by those that only look: what its columns mean is not known here.
func TestADatabaseNewerThanTheProgramIsRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	newer(t, "newer.db")
	for name, args := range calls {
		for lang, want := range map[string]string{
			"ja": "データベースの構成がこのプログラムより新しくなっています。新しい版の meibo を使ってください。",
			"en": "the database schema is newer than this program; use a newer meibo",
		} {
			code, _, stderr := meibo(t, append(slices.Clone(args), "--db", "sqlite:newer.db", "--lang", lang)...)
			if code != exitUsage || !strings.Contains(stderr, want) {
				t.Errorf("%s: exit %d, %s", name, code, stderr)
			}
		}
	}
	for _, name := range lines(newApp(nil, nil).root(), nil) {
		if calls[name] == nil && !slices.Contains(withoutRegister, name) {
			code, _, stderr := meibo(t, append(strings.Fields(name), "--db", "sqlite:newer.db")...)
			if code != exitUsage {
				t.Errorf("%s: exit %d, %s", name, code, stderr)
			}
		}
	}
}

// newer makes a register as a program from the future leaves it.
func newer(t *testing.T, path string) {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite:"+path, store.Options{})
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "INSERT INTO schema_version (version_id, is_applied) VALUES (99999, 1)"); err != nil {
		t.Fatal(err)
	}
}

// Of two runs at once the second is told who works, and since when.
func TestASecondRunExitsWithTheHolder(t *testing.T) {
	t.Chdir(t.TempDir())
	s, err := store.Open(t.Context(), "sqlite:meibo.db", store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = run.Hold(t.Context(), s, "nightly", time.Now, func(ctx context.Context) error {
		l, _, err := s.LeaseState(ctx, "nightly")
		since := l.Since.Time().In(time.FixedZone("JST", 9*3600)).Format("2006-01-02 15:04:05")
		want := fmt.Sprintf("ほかの処理が実行中です（%s のプロセス %d、開始 %s）。終わってからやり直してください。\n", run.Host(), os.Getpid(), since)
		for _, more := range [][]string{nil, {"--dry-run"}} {
			code, _, stderr := meibo(t, append([]string{"run", "--as-of", "2026-11-20", "--db", "sqlite:meibo.db"}, more...)...)
			if code != exitHeld || !strings.Contains(stderr, want) {
				t.Errorf("%v: exit %d, %s; want %s", more, code, stderr, want)
			}
		}
		_, stdout, _ := meibo(t, "status", "--db", "sqlite:meibo.db")
		if want := fmt.Sprintf("実行中の処理: %s のプロセス %d、開始 %s\n", run.Host(), os.Getpid(), since); !strings.Contains(stdout, want) {
			t.Errorf("status does not say %s:\n%s", want, stdout)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Whether another machine is still at work cannot be known: whoever has to take
// over from it is told from when on.
func TestARunOfAnotherMachineEndsByItself(t *testing.T) {
	t.Chdir(t.TempDir())
	s, err := store.Open(t.Context(), "sqlite:meibo.db", store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	l, err := s.Acquire(t.Context(), "nightly", "standby:7:1", time.Now(), run.LeaseTTL, nil)
	if err != nil {
		t.Fatal(err)
	}
	until := l.ExpiresAt.Time().In(time.FixedZone("JST", 9*3600)).Format("2006-01-02 15:04:05")
	want := "standby が停止している場合は、" + until + " を過ぎると実行できます。"
	if code, _, stderr := meibo(t, "resume", "--db", "sqlite:meibo.db"); code != exitHeld || !strings.Contains(stderr, want) {
		t.Errorf("exit %d, %s; want %s", code, stderr, want)
	}
}

// What fails before a run begins leaves none to resume: it is done once more.
func TestWhatNeverBeganIsDoneOnceMore(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("db", []byte("no database, and longer than nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"run", "resume"} {
		code, _, stderr := meibo(t, command, "--db", "sqlite:db")
		if code != exitFailed || !strings.Contains(stderr, "もう一度実行してください") || strings.Contains(stderr, "resume") {
			t.Errorf("%s: exit %d, %s", command, code, stderr)
		}
	}
	code, stdout, _ := meibo(t, "resume", "--db", "sqlite:new.db")
	if code != exitOK || !strings.Contains(stdout, "meibo run") {
		t.Errorf("nothing to resume: exit %d, %s; want that it is done by meibo run", code, stdout)
	}
}

// What an operator reads when the database goes away.
func TestWhatIsLostIsToldWithWhatToDo(t *testing.T) {
	reset := &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset")}
	for name, x := range map[string]struct {
		err       error
		resumable bool
		want      []string
	}{
		"unknown in a run":      {&store.CommitUnknownError{Err: reset}, true, []string{"meibo resume", "二重に書き込まれることはありません"}},
		"unknown in a decision": {&store.CommitUnknownError{Err: reset}, false, []string{"登録されているかどうか"}},
		"away in a run":         {reset, true, []string{"接続できません", "meibo resume"}},
		"away in a command":     {reset, false, []string{"接続できません", "もう一度"}},
		"no room there":         {&mysql.MySQLError{Number: 1021, Message: "Disk full"}, true, []string{"空き容量", "meibo resume"}},
		"no room in a table":    {&mysql.MySQLError{Number: 1114, Message: "The table is full"}, false, []string{"空き容量", "もう一度"}},
		"archive away":          {fmt.Errorf("a file: %w", jobs.ErrNotArchived), true, []string{"state_dir", "meibo resume"}},
		"undo key away":         {fmt.Errorf("a list: %w", jobs.ErrUndoKey), true, []string{"state_dir", "keys/undo", "meibo resume"}},
		"somebody reads":        {fmt.Errorf("truncate the log: %w", store.ErrReading), true, []string{"読み取り中", "meibo resume"}},
		"lease lost":            {run.ErrLeaseLost, true, []string{"ほかの処理"}},
	} {
		a := newApp(nil, nil)
		a.resumable = x.resumable
		f := a.explainError(x.err)
		for _, want := range x.want {
			if f.code != exitFailed || !strings.Contains(f.ja, want) {
				t.Errorf("%s: exit %d, %s; want %q", name, f.code, f.ja, want)
			}
		}
	}
	t.Chdir(t.TempDir())
	t.Setenv("MEIBO_DB", "mysql:meibo:synthetic-secret@tcp(127.0.0.1:1)/none")
	code, _, stderr := meibo(t, "run", "--as-of", "2026-11-20")
	if code != exitFailed || !strings.Contains(stderr, "データベース") || !strings.Contains(stderr, "127.0.0.1:1") || strings.Contains(stderr, "synthetic-secret") {
		t.Errorf("no server: exit %d, %s", code, stderr)
	}
}

// The log of the daemon says what to do, as a command does.
func TestADaemonSaysWhatToDoAboutAChangedConfiguration(t *testing.T) {
	var log bytes.Buffer
	changed := &jobs.ErrConfigChanged{Run: "nightly-2026-11-20-1", Changes: []jobs.SettingChange{{Key: "import.shrink_percent", Was: "20", Is: "50"}}}
	(&app{resumable: true}).logNight(slog.New(slog.NewTextHandler(&log, nil)), jobs.Result{}, fmt.Errorf("night: %w", changed))
	for _, want := range []string{"level=ERROR", "nightly-2026-11-20-1", "import.shrink_percent: 20 → 50", "meibo resume --confirm-config"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%q is not said: %s", want, log.String())
		}
	}
}
