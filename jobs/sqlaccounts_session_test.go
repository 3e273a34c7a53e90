package jobs_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"meibo/jobs"
)

// shell is an operator's shell on a machine with a server: each command finds the
// addresses of its accounts in the environment, as the service does.
type shell struct {
	*place
	bin  string
	env  []string
	told strings.Builder // all that the commands printed, and their lines in the list of processes
}

func newShell(t *testing.T, p *place) *shell {
	t.Helper()
	bin, err := breakable()
	must(t, err)
	c := p.Config
	c.DB = jobs.DefaultConfig().DB // an address with a password stands in no file
	b, err := yaml.Marshal(c)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(p.dir, "meibo.yaml"), b, 0o600))
	return &shell{place: p, bin: bin, env: os.Environ()}
}

// does runs a command that ends with code, and returns what it printed.
func (s *shell) does(t *testing.T, code int, args ...string) string {
	t.Helper()
	cmd := exec.Command(s.bin, args...)
	cmd.Dir, cmd.Env = s.dir, s.env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	must(t, cmd.Start())
	line, err := os.ReadFile("/proc/" + strconv.Itoa(cmd.Process.Pid) + "/cmdline")
	must(t, err)
	err = cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("meibo %v: exit %d, want %d\n%s", args, got, code, out.String())
	}
	s.told.WriteString(out.String() + string(line))
	return out.String()
}

// set adds a variable to the environment; the last of a name counts.
func (s *shell) set(name, value string) { s.env = append(s.env, name+"="+value) }

// A day's work by commands alone, each by the account that schemas/grants names
// for it: what that account may not do is refused by the server, so a command
// that took another one would fail. On the way, through failures too, nothing
// printed bears a password or a name of the register.
func TestASessionWhoseCommandsWorkByTheirOwnAccounts(t *testing.T) {
	admin := emptyMySQL(t)
	p := newPlace(t, t.TempDir(), admin)
	p.Purge.MaxPercent = 100
	s := newShell(t, p)
	s.set("MEIBO_DB_MIGRATE", sqlAccount(t, admin, "migrate"))
	s.does(t, 0, "migrate")
	run, review, purge := sqlAccount(t, admin, "run"), sqlAccount(t, admin, "review"), sqlAccount(t, admin, "purge")
	s.set("MEIBO_DB", run)
	p.DB = run
	p.purgeable(t, 3)

	s.does(t, 0, "accounts", "list")
	s.does(t, 0, "lookup", "--name", "だれもいない", "--born", "1970-01-01", "--by", "S1")
	s.does(t, 1, "purge", "approve", "1", "--by", "S1") // by the account of the nights
	s.set("MEIBO_DB_REVIEW", review)
	s.does(t, 0, "identity", "decide", "DUE00001", "DUE00002", "different", "--by", "S1", "--reason", "確認済み")
	s.does(t, 0, "identity", "undo", "1", "--by", "S2")
	s.does(t, 0, "purge", "hold", "DUE00003", "--by", "S1", "--reason", "調査中")
	s.does(t, 0, "purge", "release", "DUE00003", "--by", "S2", "--reason", "調査が終わった")
	s.does(t, 0, "purge", "approve", "1", "--by", "S1")
	s.does(t, 0, "purge", "approve", "1", "--by", "S2")
	s.does(t, 0, "accounts", "stop", "S2", "--by", "S1", "--reason", "目的外利用の疑い")
	s.does(t, 0, "accounts", "restart", "S2", "--by", "S1", "--reason", "問題なし")
	s.does(t, 1, "purge", "run", "1") // by the account of the nights
	s.set("MEIBO_DB_PURGE", purge)
	if out := s.does(t, 0, "purge", "run", "1"); !strings.Contains(out, "3 人の記録を削除しました") {
		t.Errorf("purge run: %s", out)
	}
	s.does(t, 0, "purge", "undo", "1", "--by", "S1", "--by", "S3", "--reason", "申請の取違え")
	s.does(t, 5, "run", "--as-of", "2026-11-20", "--log", "json") // people are due again
	s.does(t, 0, "purge", "verify")
	s.does(t, 0, "audit", "verify")
	s.does(t, 0, "check")
	s.set("MEIBO_DB", strings.Replace(run, "Synthetic-1", "Synthetic-2", 1))
	s.does(t, 1, "status")

	for name, b := range tree(t, filepath.Join(p.dir)) {
		if strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".jsonl") {
			s.told.WriteString(b)
		}
	}
	for _, secret := range []string{"Synthetic-1", "Synthetic-2", "期限 ", "キゲン", "停止 一郎", "登録 三郎", "審査 一", "due1@example.com", "1972-02-02"} {
		if i := strings.Index(s.told.String(), secret); i >= 0 {
			text := s.told.String()
			t.Errorf("%q was told: …%s…", secret, text[max(0, i-80):min(len(text), i+40)])
		}
	}
}
