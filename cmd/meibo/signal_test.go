package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// program is meibo in a process of its own, in a folder of its own.
type program struct {
	t   *testing.T
	dir string
}

func (p program) write(name, text string) {
	p.t.Helper()
	name = filepath.Join(p.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(text), 0o600)); err != nil {
		p.t.Fatal(err)
	}
}

func (p program) command(args ...string) *exec.Cmd {
	c := exec.CommandContext(p.t.Context(), "meibo", args...)
	c.Dir = p.dir
	return c
}

// run runs meibo to its end.
func (p program) run(args ...string) (code int, stdout, stderr string) {
	p.t.Helper()
	c := p.command(args...)
	var out, errs strings.Builder
	c.Stdout, c.Stderr = &out, &errs
	return exitOf(p.t, c.Run()), out.String(), errs.String()
}

// start starts meibo and returns its standard error, line by line.
func (p program) start(args ...string) (*exec.Cmd, *bufio.Scanner) {
	p.t.Helper()
	c := p.command(args...)
	errs, err := c.StderrPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	return c, bufio.NewScanner(errs)
}

func exitOf(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return 0
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return exit.ExitCode()
}

// unfinished is the run that status calls unfinished.
func (p program) unfinished() string {
	p.t.Helper()
	if _, err := os.Stat(filepath.Join(p.dir, "var/meibo.db")); errors.Is(err, fs.ErrNotExist) {
		return "" // the run has not come to making it
	}
	code, out, errs := p.run("status", "--json", "--as-of", "2026-11-21")
	var s struct{ Unfinished string }
	if err := json.Unmarshal([]byte(out), &s); err != nil || code != exitOK {
		p.t.Fatalf("meibo status: exit %d: %v\n%s%s", code, err, out, errs)
	}
	return s.Unfinished
}

// A run that waits for a file to be complete is interrupted there, after
// another one was turned away, and gone on with on its own day.
func TestInterruptedRunIsResumed(t *testing.T) {
	p := program{t, t.TempDir()}
	p.write("inbox/association/agents_1.csv", "募集人ID,氏名,生年月日,ID取得日\nA0001,山田　太郎,1980-01-01,2026-10-01\n")
	p.write("waits.yaml", "import: {settle: 1h}\n")
	first, lines := p.start("run", "--as-of", "2026-11-20", "--config", "waits.yaml")
	for p.unfinished() == "" {
		if t.Context().Err() != nil {
			t.Fatal("the run never began")
		}
	}

	code, _, errs := p.run("run", "--as-of", "2026-11-21")
	if code != exitHeld || !strings.Contains(errs, "ほかの処理が実行中です") || !strings.Contains(errs, "開始 20") {
		t.Errorf("beside another run: exit %d, want %d with who holds the lease since when\n%s", code, exitHeld, errs)
	}
	if code, out, _ := p.run("resume", "--json"); code != exitHeld || !strings.Contains(out, `"exit": 4`) {
		t.Errorf("resume beside another run: exit %d, want %d\n%s", code, exitHeld, out)
	}

	if err := first.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
	}
	if got := exitOf(t, first.Wait()); got != exitInterrupted || !strings.Contains(said.String(), "中断しました。meibo resume で続きから再開できます。") {
		t.Errorf("interrupted: exit %d, want %d\n%s", got, exitInterrupted, said.String())
	}
	if got := p.unfinished(); got != "nightly-2026-11-20-1" {
		t.Errorf("unfinished is %q, want nightly-2026-11-20-1", got)
	}
	code, out, errs := p.run("resume", "--json")
	if code != exitOK || !strings.Contains(out, `"as_of": "2026-11-20"`) || !strings.Contains(out, `"state": "done"`) {
		t.Errorf("resume: exit %d, want the run done on its own day\n%s%s", code, out, errs)
	}
	if got := p.unfinished(); got != "" {
		t.Errorf("unfinished after resume: %q", got)
	}
}

// Only what meibo resume goes on with is said to be resumed by it.
func TestAnInterruptionSaysHowToGoOn(t *testing.T) {
	for resumable, want := range map[bool]string{true: "meibo resume", false: "もう一度"} {
		a := newApp(nil, nil)
		a.resumable = resumable
		if f := a.explainError(errInterrupted); f.code != exitInterrupted || !strings.Contains(f.ja, want) {
			t.Errorf("resumable %t: exit %d, %s; want %q", resumable, f.code, f.ja, want)
		}
	}
	t.Chdir(t.TempDir())
	for _, x := range []struct {
		args string
		want bool
	}{{"run --as-of 2026-11-20", true}, {"purge run 1", true}, {"deliver", false}, {"purge hold A1 --reason x --by S1", false}} {
		a := newApp(io.Discard, io.Discard)
		root := a.root()
		root.SetArgs(strings.Fields(x.args))
		_ = root.ExecuteContext(t.Context()) // how it ends is no matter here
		if a.resumable != x.want {
			t.Errorf("%s: resumable %t, want %t", x.args, a.resumable, x.want)
		}
	}
}

// The daemon works until it is told to stop, by either signal: while it waits,
// that is no interruption of anything.
func TestScheduleIsStoppedBySignal(t *testing.T) {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		p := program{t, t.TempDir()}
		p.write("meibo.yaml", "schedule: {nightly: 0 0 1 1 *}\n")
		c, lines := p.start("schedule")
		if !lines.Scan() || !strings.Contains(lines.Text(), `msg="waiting for slots"`) {
			t.Errorf("the daemon began with %q", lines.Text())
		}
		if err := c.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() {
		}
		if got := exitOf(t, c.Wait()); got != exitOK {
			t.Errorf("after %v: exit %d, want %d", sig, got, exitOK)
		}
	}
}

func TestFirstSignalEndsTheWorkSecondTheProgram(t *testing.T) {
	c := exec.CommandContext(t.Context(), "deaf")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for _, want := range []string{"working", "interrupted"} {
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("the program said %q, want %q", lines.Text(), want)
		}
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.Copy(io.Discard, out); err != nil {
		t.Fatal(err)
	}
	if got := exitOf(t, c.Wait()); got != exitInterrupted {
		t.Errorf("after the second signal: exit %d, want %d", got, exitInterrupted)
	}
}
