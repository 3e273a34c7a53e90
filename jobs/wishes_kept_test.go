package jobs_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"meibo/jobs"
	"meibo/pipeline/run"
)

// What was asked of a night is asked of it, too, when it died before it had listed
// its files: it ends as if nobody had disturbed it.
func TestWishesOutliveAKilledNight(t *testing.T) {
	t.Parallel()
	base := fullAgents(t, "sqlite")
	base.DB = sqliteIn(base.dir)
	base.put(t, "association/agents_1.csv", agentList(10))
	base.night(t, sampleDays[0])
	read := hashOf(t, base, sampleDays[0], "association/agents_1.csv")
	base.put(t, "association/agents_2.csv", table(agentHeader, "P000,別名 花子,,,1980-04-01,,,2026-05-10,"))
	base.night(t, sampleDays[1])
	held := hashOf(t, base, sampleDays[1], "association/agents_2.csv")
	wish := []string{"run", "--as-of", sampleDays[2].String(), "--accept", held[:12], "--again", read[:12], "--accept", "0123456789ab"}
	fresh := func(t *testing.T) *place {
		p := copyOf(t, base, "sqlite")
		p.Insurers, p.Offices = base.Insurers, base.Offices
		return p
	}
	undisturbed := fresh(t)
	undisturbed.meibo(t, nil, wish...)
	want := undisturbed.state(t)
	files, err := undisturbed.store(t).RunFiles(t.Context(), run.RunID(jobs.Nightly, sampleDays[2], 1))
	must(t, err)
	equal(t, "files of the night", len(files), 2)
	for _, at := range []string{"run-begun:1", "step-before-receive:1"} {
		t.Run(at, func(t *testing.T) {
			p := fresh(t)
			if !p.meibo(t, []string{"MEIBO_FAILPOINT=" + at}, wish...) {
				t.Fatal("the point was never passed")
			}
			r, found := p.resume(t)
			equal(t, "resumed", found, true)
			if at == "run-begun:1" { // then it is this process that lists the files
				equal(t, "warnings", warned(r)[:1], []string{"nothing-to-accept"})
			}
			same(t, "resumed", p.state(t), want)
		})
	}
}

// A night of the daemon that is gone on with waits for its files as long as it would
// have: a file that is half there must not count as whole.
func TestAResumedNightOfTheDaemonWaitsAsLongForItsFiles(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.Insurers = nil
	p.Import.Settle, p.Import.ScheduledWait = 0, 10*time.Minute
	p.put(t, "association/agents_1.csv", agentList(2))
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // while it waits
		defer cancel()
		h := p.open(t)
		if _, err := h.Night(ctx, sampleDays[0], true); err == nil {
			t.Error("the night was not stopped")
		}
		began := time.Now()
		_, found, err := h.Resume(t.Context())
		must(t, err)
		equal(t, "resumed", found, true)
		if waited := time.Since(began); waited < p.Import.ScheduledWait {
			t.Errorf("it waited %v for files to settle, want %v", waited, p.Import.ScheduledWait)
		}
		must(t, h.Close())
	})
}
