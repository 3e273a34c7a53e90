package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"meibo/jobs"
	"meibo/pipeline/run"
)

// onBoth does a test on both kinds of database, at an empty place.
func onBoth(t *testing.T, test func(t *testing.T, p *place)) {
	t.Run("sqlite", func(t *testing.T) { test(t, newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))) })
	t.Run("mysql", func(t *testing.T) { test(t, newPlace(t, t.TempDir(), newMySQL(t))) })
}

func TestLeaseASecondRunIsToldWhoHoldsIt(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.with(t, func(h *jobs.House) {
			err := run.Hold(t.Context(), h.Store, jobs.Nightly, time.Now, func(ctx context.Context) error {
				_, err := h.Night(ctx, sampleDays[0], false)
				return err
			})
			var held *run.ErrHeld
			if !errors.As(err, &held) || held.Lease.Holder != run.Holder() || held.Lease.Since.IsZero() {
				t.Errorf("second run: %v, want that it is held, by whom and since when", err)
			}
			if runs, err := h.Store.Runs(t.Context(), jobs.Nightly, 0); err != nil || len(runs) != 0 {
				t.Errorf("the second run is in the journal: %v, %v", runs, err)
			}
			_, err = h.Night(t.Context(), sampleDays[0], false)
			must(t, err)
		})
	})
}

func TestLeaseOfAProcessThatIsGoneIsTakenOverAtOnce(t *testing.T) {
	gone := exec.Command("true")
	must(t, gone.Run())
	host, err := os.Hostname()
	must(t, err)
	onBoth(t, func(t *testing.T, p *place) {
		p.with(t, func(h *jobs.House) {
			for _, x := range []struct {
				holder string
				free   bool
			}{
				{fmt.Sprintf("%s:%d:%d", host, gone.Process.Pid, 1), true},
				{fmt.Sprintf("%s:%d:%s", host, os.Getpid(), "1"), true}, // the number was given out again
				{"another-host:1:1", false},                             // of which nothing can be known
			} {
				_, err := h.Store.Acquire(t.Context(), jobs.Nightly, x.holder, time.Now(), run.LeaseTTL, stays)
				must(t, err)
				_, err = h.Night(t.Context(), sampleDays[0], false)
				var held *run.ErrHeld
				if free := !errors.As(err, &held); free != x.free {
					t.Errorf("held by %s: %v", x.holder, err)
				} else if free {
					must(t, err)
				}
			}
		})
	})
}

func stays(run.Lease) bool { return false }

func TestNextNightFinishesAnUnfinishedOneFirstOnItsOwnDay(t *testing.T) {
	want, first := smallNights(t, t.TempDir())
	for _, step := range []string{"receive", "import", "inquiries", "answers", "identity", "deadlines", "conduct", "lists", "reports"} {
		t.Run("stopped in "+step, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.CopyFS(dir, os.DirFS(first)))
			p := newPlace(t, dir, sqliteIn(dir))
			p.Insurers = p.Insurers[:3]
			p.cutNight(t, step, sampleDays[1])
			r := p.night(t, sampleDays[2])
			if len(r.Warnings) == 0 || r.Warnings[0].Code != "finished-earlier-run" {
				t.Errorf("warnings %v, want one of the earlier run", r.Warnings)
			}
			equal(t, "refused", r.Refused, []string{"1003/registrations_2.xlsx"})
			same(t, "after the next night", p.state(t), want[2])
		})
	}
}

func TestADayBeforeTheNewestFinishedIsRefused(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.night(t, sampleDays[2])
	p.put(t, "association/agents_1.csv", table(agentHeader, agent("P01")))
	before := p.state(t)
	p.with(t, func(h *jobs.House) {
		if _, err := h.Night(t.Context(), sampleDays[1], false); !errors.Is(err, run.ErrBackward) {
			t.Errorf("backwards: %v, want ErrBackward", err)
		}
	})
	same(t, "after the refusal", p.state(t), before)
	if files := tree(t, p.Inbox); len(files) != 1 {
		t.Errorf("the inbox holds %d files, want the one that waits", len(files))
	}
}

func TestResumeWithNothingToResume(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.with(t, func(h *jobs.House) {
		for range 2 {
			if _, found, err := h.Resume(t.Context()); found || err != nil {
				t.Errorf("resume: %v, %v", found, err)
			}
			_, err := h.Night(t.Context(), sampleDays[0], false)
			must(t, err)
		}
	})
}

// A runner whose lease was taken over while it slept in a step wakes up and
// writes nothing more: neither into the databases nor into the outbox.
func TestLeaseTakenOverInAStepEndsTheNight(t *testing.T) {
	t.Parallel()
	c := everyKind(t)
	steps := []string{"import", "reports"}
	if *chaos {
		steps = []string{"receive", "import", "answers", "identity", "deadlines", "conduct", "lists", "reports", "deliver", "export"}
	}
	for _, db := range []string{"sqlite", "mysql"} {
		for _, step := range steps {
			t.Run(db+" in "+step, func(t *testing.T) {
				p := c.place(t, db, 1)
				other := p.store(t)
				var then state
				var thenExported string
				o := p.options(t)
				o.Watch = func(name string, _ *run.Work) func(run.StepRow) {
					if name == step {
						// Much later, for the other: the lease has expired.
						_, err := other.Acquire(t.Context(), jobs.Nightly, "another-host:1:1", time.Now().Add(2*run.LeaseTTL), run.LeaseTTL, stays)
						must(t, err)
						then, thenExported = p.state(t), p.exported(t)
					}
					return func(run.StepRow) {}
				}
				h, err := jobs.Open(t.Context(), p.Config, o)
				must(t, err)
				defer h.Close()
				if _, err := h.Night(t.Context(), chaosDays[1], false); !errors.Is(err, run.ErrLeaseLost) {
					t.Errorf("the night of the first: %v, want ErrLeaseLost", err)
				}
				same(t, "after the first woke up", p.state(t), then)
				same(t, "for readers", state{dump: p.exported(t)}, state{dump: thenExported})
				l, _, err := other.LeaseState(t.Context(), jobs.Nightly)
				must(t, err)
				equal(t, "holder", l.Holder, "another-host:1:1")
				must(t, other.Release(t.Context(), l))
				p.goOn(t, 1)
				c.compare(t, "lease taken over", p, 1)
			})
		}
	}
}

// The unfinished night is finished all the same, and whoever asked is told of it.
func TestADayBeforeAnUnfinishedOneIsRefused(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.put(t, "association/agents_1.csv", table(agentHeader, agent("P00")))
	p.cutNight(t, "import", sampleDays[0])
	p.with(t, func(h *jobs.House) {
		r, err := h.Night(t.Context(), sampleDays[0].AddDays(-1), false)
		if !errors.Is(err, run.ErrBackward) {
			t.Errorf("backwards: %v, want ErrBackward", err)
		}
		equal(t, "told", []string{r.Run.ID, r.Run.State}, []string{"nightly-2026-11-19-1", run.StateDone})
	})
}
