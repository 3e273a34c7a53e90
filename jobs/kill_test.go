package jobs_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/goccy/go-yaml"

	"meibo/jobs"
	"meibo/pipeline"
)

// breakable is the program built with failpoints, once per test run.
var breakable = sync.OnceValues(func() (string, error) {
	name := filepath.Join(shelf, "meibo")
	cmd := exec.Command("go", "build", "-tags", "failpoint", "-o", name, "../cmd/meibo")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return name, nil
})

// meibo runs the program in a process of its own at this place; env is added to
// the environment. It says whether the process was killed.
func (p *place) meibo(t testing.TB, env []string, args ...string) (killed bool) {
	t.Helper()
	bin, err := breakable()
	must(t, err)
	cmd := exec.Command(bin, append(args, "--config", p.configFile(t))...)
	cmd.Env = append(p.environ(), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if s, ok := exit.Sys().(syscall.WaitStatus); ok && s.Signaled() {
			return s.Signal() == syscall.SIGKILL
		}
		if code := exit.ExitCode(); code != 3 && code != 5 { // a refused file, a late sender
			t.Fatalf("meibo %v: exit %d\n%s", args, code, out.String())
		}
	} else {
		must(t, err)
	}
	return false
}

// configFile writes the configuration of this place; the addresses of its
// databases, which may hold passwords, are in environ.
func (p *place) configFile(t testing.TB) string {
	t.Helper()
	c := p.Config
	c.DB, c.Export.DB = jobs.DefaultConfig().DB, ""
	b, err := yaml.Marshal(c)
	must(t, err)
	name := filepath.Join(p.dir, "meibo.yaml")
	if there, err := os.ReadFile(name); err != nil || !bytes.Equal(there, b) { // a process may be reading it
		must(t, os.WriteFile(name, b, 0o600))
	}
	return name
}

// environ is the environment of a process at this place.
func (p *place) environ() []string {
	out := append(os.Environ(), "MEIBO_DB="+p.DB)
	if p.Export.DB != "" {
		out = append(out, "MEIBO_EXPORT_DB="+p.Export.DB)
	}
	return out
}

// smallNights are the three small nights, undisturbed.
func smallNights(t testing.TB, dir string) (states []state, afterFirst string) {
	p := newPlace(t, filepath.Join(dir, "small"), sqliteIn(filepath.Join(dir, "small")))
	p.Insurers = p.Insurers[:3]
	p.smallInbox(t)
	for i, d := range sampleDays {
		p.night(t, d)
		states = append(states, p.state(t))
		if i == 0 {
			afterFirst = filepath.Join(dir, "small-after-first")
			must(t, os.CopyFS(afterFirst, os.DirFS(p.dir)))
		}
	}
	return states, afterFirst
}

// Whatever moment the process dies at, going on leaves what an undisturbed run
// leaves: by resume, a day later, or by the next night, which finishes first
// what was left.
func TestKilledAtAnyMomentTheEndIsTheSame(t *testing.T) {
	t.Parallel()
	want, first := smallNights(t, t.TempDir())
	// killed runs the second night until it is killed at the place, and goes on.
	killed := func(t *testing.T, at string, resume bool) bool {
		dir := t.TempDir()
		must(t, os.CopyFS(dir, os.DirFS(first)))
		p := newPlace(t, dir, sqliteIn(dir))
		p.Insurers = p.Insurers[:3]
		if !p.meibo(t, []string{"MEIBO_FAILPOINT=" + at}, "run", "--as-of", sampleDays[1].String()) {
			return false
		}
		defer func() { count("kill, then resume or the next night", p.kind(), 1, t.Failed()) }()
		if resume {
			p.meibo(t, nil, "resume", "--as-of", sampleDays[2].String())
			same(t, "after resume", p.state(t), want[1])
			return true
		}
		p.meibo(t, nil, "run", "--as-of", sampleDays[2].String())
		same(t, "after the next night", p.state(t), want[2])
		return true
	}
	points := []string{"run-begun"}
	for _, step := range []string{"receive", "import", "inquiries", "answers", "identity", "deadlines", "conduct", "lists", "reports", "deliver"} {
		points = append(points, "step-after-"+step) // TestChaosKilledAtEveryPoint has those before
	}
	t.Run("steps", func(t *testing.T) {
		for i, at := range append(points, "run-before-end", "run-after-end") {
			if !*chaos && i%3 != 0 {
				continue
			}
			t.Run(at, func(t *testing.T) {
				t.Parallel()
				if !killed(t, at, i%2 == 0) {
					t.Error("the place was never passed")
				}
			})
		}
	})
	// Places that are passed many times: at each passing once. Behind a settled
	// file all of them are alike, so that the first few will do.
	for i, x := range []struct {
		at    string
		least int // passings there are
		most  int // passings to be killed at
	}{{"import-begun", 5, 99}, {"import-part", 8, 99}, {"import-settled", 2, 2}, {"import-cleared", 2, 2}} {
		if !*chaos {
			x.least, x.most = 1, 1
		}
		passings := 0
		for passed := true; passed && passings < x.most; {
			passed = false
			name := fmt.Sprintf("%s:%d", x.at, passings+1)
			t.Run(name, func(t *testing.T) { passed = killed(t, name, (i+passings)%2 == 1) })
			if passed {
				passings++
			}
		}
		if passings < x.least {
			t.Errorf("%s was passed only %d times", x.at, passings)
		}
	}
}

// The first load of the sample, cut between two chunks of the largest file.
func TestSampleKilledBetweenChunksOnSQLite(t *testing.T) {
	want := nights(t).states[0]
	dir := t.TempDir()
	p := newPlace(t, dir, sqliteIn(dir))
	p.sampleInbox(t, sampleDays...)
	p.killAndResume(t, "import-part:4", sampleDays[0])
	same(t, "after resume", p.state(t), want)
}

func TestSampleKilledOnMySQL(t *testing.T) {
	for _, at := range []string{"import-part:2", "step-before-lists"} {
		t.Run(at, func(t *testing.T) {
			p := after(t, 1)
			p.toMySQL(t)
			p.killAndResume(t, at, sampleDays[1])
			same(t, "after resume", p.state(t), nights(t).states[1])
			p.night(t, sampleDays[2])
			same(t, "after the third night", p.state(t), nights(t).states[2])
		})
	}
}

func (p *place) killAndResume(t testing.TB, at string, on pipeline.Date) {
	t.Helper()
	p.killedOn(t, at, on)
	p.meibo(t, nil, "resume", "--as-of", on.AddDays(1).String())
}

// A process that dies while it writes a file leaves a part of it, with people in
// it, under a name that nobody asks for. The next one to work here removes it.
func TestNothingHalfWrittenStays(t *testing.T) {
	dir := t.TempDir()
	p := newPlace(t, dir, sqliteIn(dir))
	const part = ".meibo-0123456789abcdef.tmp"
	left := []string{
		filepath.Join(p.Outbox, "association", part),
		filepath.Join(p.Outbox, jobs.SenderCompliance, part),
		filepath.Join(p.StateDir, "archive", part),
		filepath.Join(p.StateDir, part),
		filepath.Join(p.StateDir, "receipts", part),
		filepath.Join(p.StateDir, "notices", part),
		filepath.Join(p.StateDir, "keys", "undo", part),
		filepath.Join(p.StateDir, "tmp", "meibo-report-1", "sheet"),
		filepath.Join(p.StateDir, "keys", ".key-1234567"),
	}
	others := filepath.Join(p.Outbox, "association", ".keep")
	for _, name := range append(left, others) {
		must(t, os.MkdirAll(filepath.Dir(name), 0o700))
		must(t, os.WriteFile(name, []byte("cut short"), 0o600))
	}
	p.night(t, sampleDays[0])
	for _, name := range left {
		if _, err := os.Lstat(name); !os.IsNotExist(err) {
			t.Errorf("%s is still there (%v)", name, err)
		}
	}
	_, err := os.Lstat(others)
	must(t, err) // not ours to remove
}
