package jobs_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// start begins the program at this place and does not wait for it.
func (p *place) start(t testing.TB, args ...string) (cmd *exec.Cmd, said *bytes.Buffer) {
	t.Helper()
	bin, err := breakable()
	must(t, err)
	cmd = exec.Command(bin, append(args, "--config", p.configFile(t))...)
	cmd.Env = p.environ()
	said = &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = said, said
	must(t, cmd.Start())
	return cmd, said
}

// killedAfter does a night and kills it after a while; it says whether that was
// before its end.
func (p *place) killedAfter(t testing.TB, while time.Duration, args ...string) bool {
	t.Helper()
	cmd, _ := p.start(t, args...)
	timer := time.AfterFunc(while, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	_ = cmd.Wait() // what stands there tells how it ended
	return cmd.ProcessState.ExitCode() < 0
}

// Killed at any moment of its time, a night is gone on with to the same end; one
// in three is killed once more while it is gone on with.
func TestChaosKilledAtRandomMoments(t *testing.T) {
	c := everyKind(t)
	for _, x := range []struct {
		db          string
		short, full int
	}{{"sqlite", 3, 200}, {"mysql", 1, 100}} {
		times := x.short
		if *chaos {
			times = x.full
		}
		t.Run(x.db, func(t *testing.T) {
			span := c.span(t, x.db)
			for i := range times {
				t.Run(fmt.Sprint(i), func(t *testing.T) {
					t.Parallel()
					dice := rand.New(rand.NewPCG(20261121, uint64(i)))
					moment := func() time.Duration { return span * time.Duration(dice.IntN(1000)) / 1000 }
					night := i % 2
					p := c.place(t, x.db, night)
					for !p.killedAfter(t, moment(), "run", "--as-of", chaosDays[night].String()) {
						p = c.place(t, x.db, night)
					}
					noHalfFiles(t, "killed", p, c.want[night], c.want[night+1])
					fault := "kill at a random moment"
					if i%3 == 2 && p.killedAfter(t, moment(), "resume", "--as-of", chaosDays[2].String()) {
						fault = "two kills at random moments"
					}
					c.recoverAndCompare(t, fault, p, night)
				})
			}
		})
	}
}

// span is longer than a night takes here, also beside others: moments are drawn
// from it, and drawn again where the night had ended before.
func (c *chaosNights) span(t testing.TB, db string) time.Duration {
	t.Helper()
	p := c.place(t, db, 1)
	begun := time.Now()
	p.meibo(t, nil, "run", "--as-of", chaosDays[1].String())
	return 3 * time.Since(begun)
}

// A night that was killed and resumed and killed again, and one that nobody
// resumed: the next day's run finishes it first.
func TestChaosKilledAgainAndFinishedByTheNextNight(t *testing.T) {
	c := everyKind(t)
	for _, x := range []struct {
		db         string
		first, at2 string // where run dies, and where what goes on does
		nextDay    bool
	}{
		{"sqlite", "import-settled:3", "import-settled:7", false},
		{"sqlite", "commit-before-night.storeIdentity:1", "rename-before-box.put:5", false},
		{"sqlite", "import-part:2", "step-before-lists:1", true},
		{"mysql", "import-begun:4", "commit-after-night.purgeList:1", false},
		{"mysql", "step-before-receive:1", "rename-after-box.put:9", true},
	} {
		t.Run(x.db+" "+x.first+" "+x.at2, func(t *testing.T) {
			t.Parallel()
			p := c.place(t, x.db, 1)
			p.killed(t, x.first, 1)
			again, fault, night := []string{"resume", "--as-of", chaosDays[1].String()}, "kill, and kill of the resume", 1
			if x.nextDay {
				again, fault, night = []string{"run", "--as-of", chaosDays[2].String()}, "kill, and kill of the next night", 2
			}
			if !p.meibo(t, []string{"MEIBO_FAILPOINT=" + x.at2}, again...) {
				t.Fatalf("%s was never passed", x.at2)
			}
			c.recoverAndCompare(t, fault, p, night)
		})
	}
}

// Of two runners at once one works, and the other says who does and exits with 4.
func TestChaosTwoRunnersAtOnce(t *testing.T) {
	c := everyKind(t)
	times := 1
	if *chaos {
		times = 10
	}
	for _, db := range []string{"sqlite", "mysql"} {
		for i := range times {
			t.Run(fmt.Sprint(db, " ", i), func(t *testing.T) {
				p := c.place(t, db, 1)
				var codes []int
				var texts strings.Builder
				one, saidOne := p.start(t, "run", "--as-of", chaosDays[1].String())
				two, saidTwo := p.start(t, "run", "--as-of", chaosDays[1].String())
				for _, cmd := range []*exec.Cmd{one, two} {
					codes = append(codes, exitCode(t, cmd.Wait()))
				}
				texts.WriteString(saidOne.String() + saidTwo.String())
				held := 0
				for _, code := range codes {
					switch code {
					case 4:
						held++
					case 0, 3, 5:
					default:
						t.Errorf("exit %d\n%s", code, texts.String())
					}
				}
				if held != 1 {
					t.Fatalf("exit codes %v, want one 4\n%s", codes, texts.String())
				}
				if !strings.Contains(texts.String(), "ほかの処理が実行中です") {
					t.Errorf("who holds the lease is not said:\n%s", texts.String())
				}
				c.recoverAndCompare(t, "two runners at once", p, 1)
			})
		}
	}
}

// The first signal lets the chunk in hand end and exits with 130; the run is
// unfinished and can be resumed. A second one exits at once.
func TestChaosStoppedBySignals(t *testing.T) {
	c := everyKind(t)
	for _, db := range []string{"sqlite", "mysql"} {
		for i, signals := range [][]os.Signal{{syscall.SIGTERM}, {os.Interrupt}, {syscall.SIGTERM, os.Interrupt}} {
			if db == "mysql" && len(signals) == 1 && !*chaos {
				continue
			}
			t.Run(fmt.Sprint(db, " ", signals), func(t *testing.T) {
				p := c.place(t, db, 1)
				log := filepath.Join(p.dir, "points")
				t.Setenv("MEIBO_FAILPOINT_LOG", log)
				cmd, said := p.start(t, "run", "--as-of", chaosDays[1].String())
				waitFor(t, log, []string{"import-begun", "import-settled", "step-after-import"}[i])
				for _, s := range signals {
					must(t, cmd.Process.Signal(s))
				}
				if code := exitCode(t, cmd.Wait()); code != 130 {
					t.Errorf("exit %d, want 130\n%s", code, said)
				}
				if p.isDone(t, chaosDays[1]) {
					t.Error("the run is done")
				}
				c.recoverAndCompare(t, "signals", p, 1)
			})
		}
	}
}

// waitFor waits until a failpoint has been passed.
func waitFor(t testing.TB, log, point string) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		b, err := os.ReadFile(log)
		if err == nil && strings.Contains(string(b), point+"\n") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s was never passed", point)
		}
	}
}

func exitCode(t testing.TB, err error) int {
	t.Helper()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	must(t, err)
	return 0
}
