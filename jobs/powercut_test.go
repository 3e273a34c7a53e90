package jobs_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"meibo/pipeline/durable/durabletest"
	"meibo/pipeline/run"
	"meibo/pipeline/store/storetest"
)

// onPower does a night on a machine that loses its power at the n-th operation on
// a file: the disk forgets what was not synced, the database what was not
// committed. It reports what was cut; empty if the night has no n-th operation.
func (p *place) onPower(t testing.TB, night, n int, keepNames bool) (cut string) {
	t.Helper()
	b := &storetest.Breaker{}
	disk := &durabletest.Forgetful{Attic: t.TempDir(), KeepNames: keepNames, N: n, Cut: b.Down}
	o := p.options(t)
	o.Disk, o.Connector = disk.Disk, b.Wrap
	err := p.onMachine(t, o, night)
	switch {
	case disk.Hit == "":
		must(t, err)
	case err == nil:
		t.Errorf("power cut at operation %d (%s): the night did without", n, disk.Hit)
	}
	must(t, disk.Forget())
	return disk.Hit
}

// powerOperations is how many operations on files an undisturbed night has. No
// step is journaled as done before what it wrote outlasts a power cut.
func (c *chaosNights) powerOperations(t *testing.T) int {
	t.Helper()
	p := c.place(t, "sqlite", 1)
	disk := &durabletest.Forgetful{Attic: t.TempDir()}
	o := p.options(t)
	o.Disk = disk.Disk
	o.Watch = func(step string, _ *run.Work) func(run.StepRow) {
		return func(run.StepRow) {
			noneUnsynced(t, "step "+step, p, disk)
		}
	}
	must(t, p.onMachine(t, o, 1))
	noneUnsynced(t, "the night", p, disk)
	must(t, disk.Forget())
	c.undisturbed(t, p, 1)
	return disk.Ops
}

// noneUnsynced says that a power cut now would take nothing back: nothing but
// what only serves the run at work, which the next one sweeps.
func noneUnsynced(t *testing.T, what string, p *place, disk *durabletest.Forgetful) {
	t.Helper()
	for _, change := range disk.Unsynced() {
		if !strings.Contains(change, p.StateDir+"/tmp") && !strings.Contains(change, "/.meibo-") {
			t.Errorf("%s is done, and a power cut would take back: %s", what, change)
		}
	}
}

// everyNth are so many operations, thinned out by the stride; a server, which
// knows nothing of files, is given every fifth of those.
func everyNth(most int, db string) (out []int) {
	every := *stride
	if db == "mysql" {
		every *= 5
	}
	for n := 0; n < most; n += every {
		out = append(out, n)
	}
	return out
}

// Whenever the power goes in a night, and whether the disk forgets all names that
// were not synced or keeps the names and forgets the bytes: going on leaves what
// an undisturbed night leaves.
func TestChaosPowerCutAtAnyOperation(t *testing.T) {
	c := everyKind(t)
	most := c.powerOperations(t)
	if most < 300 {
		t.Fatalf("a night has only %d operations", most)
	}
	for i, x := range []struct {
		db        string
		keepNames bool
		short     int
	}{{"sqlite", false, 2}, {"sqlite", true, 2}, {"mysql", false, 1}, {"mysql", true, 1}} {
		t.Run(fmt.Sprintf("%s, names kept: %t", x.db, x.keepNames), func(t *testing.T) {
			t.Parallel()
			dice := rand.New(rand.NewPCG(20261121, uint64(i)))
			moments := dice.Perm(most)[:x.short]
			if *chaos {
				moments = everyNth(most, x.db)
			}
			for _, n := range moments {
				t.Run(fmt.Sprint("operation ", n+1), func(t *testing.T) { // whose connections end with it
					p := c.place(t, x.db, 1)
					cut := p.onPower(t, 1, n+1, x.keepNames)
					if cut == "" {
						t.Fatalf("no operation %d of %d", n+1, most)
					}
					noHalfFiles(t, cut, p, c.want[1], c.want[2])
					p.freeLease(t)
					p.goOn(t, 1)
					c.compare(t, "power cut", p, 1)
					if t.Failed() {
						t.Error(cut)
					}
				})
			}
		})
	}
}
