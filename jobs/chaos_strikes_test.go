package jobs_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"meibo/jobs"
	"meibo/pipeline/run"
)

// striker lets operations of a night fail: those on files, or the calls of a
// database.
type striker interface {
	begin(o *jobs.Options) // gets between a night and its machine, armed with none
	arm(n int)             // the n-th operation from here fails; 0: none
	done() []string        // the kinds of the operations since arm
	ordered() bool         // they come in the same order each time
	hit() string           // what failed since arm; empty if nothing did
	fault() string         // what it does to that, for the tally
	// judge says what is wrong with how the night told of it: it ended with err.
	judge(t *testing.T, what string, err error)
}

// campaign strikes a night everywhere. A step of a night that is gone on with
// begins as that of an undisturbed one, so that one trial strikes once in each
// step: up to a dozen places for the price of a night. Whether the operations up to the
// struck one were those of the undisturbed night is compared where they have an
// order; a place where they were not is struck again, in a night of its own.
type campaign struct {
	nights *chaosNights
	db     string
	night  int
	striker

	steps map[string][]string // the kinds of operations of each step, undisturbed; "": before the first
	todo  map[string][]int    // the how manieth of them are still to be struck
}

// spot is a place of a night: a step and the how manieth operation in it, from 1.
type spot struct {
	step string
	n    int
}

func (s spot) String() string { return fmt.Sprintf("%s:%d", s.step, s.n) }

// slack is by how many operations a step may differ from night to night where they
// have no order: a connection is made or is there.
const slack = 8

// newCampaign does the night undisturbed, and counts.
func newCampaign(t *testing.T, c *chaosNights, db string, night int, s striker) *campaign {
	t.Helper()
	x := &campaign{nights: c, db: db, night: night, striker: s, steps: map[string][]string{}, todo: map[string][]int{}}
	t.Run("undisturbed", func(t *testing.T) { // whose connections end with it
		p := c.place(t, db, night)
		o := p.options(t)
		s.begin(&o)
		step := ""
		left := func() { x.steps[step] = s.done() }
		o.Watch = func(name string, _ *run.Work) func(run.StepRow) {
			left()
			step = name
			s.arm(0)
			return func(run.StepRow) {}
		}
		must(t, p.onMachine(t, o, night))
		left()
		c.undisturbed(t, p, night)
	})
	return x
}

// size is how many operations the undisturbed night has.
func (x *campaign) size() (n int) {
	for _, kinds := range x.steps {
		n += len(kinds)
	}
	return n
}

// every strikes one operation of so many, beginning with the first-th, from 0.
func (x *campaign) every(t *testing.T, of, first int) {
	t.Helper()
	x.strike(t, func(step string, i int) bool { return i%of == first })
}

// some strikes so many operations of each step: one of the kind first, if there is
// one, then of those that were drawn least so far, so that every kind has its turn.
func (x *campaign) some(t *testing.T, dice *rand.Rand, many int, first string) {
	t.Helper()
	drawn, turns := map[spot]bool{}, map[string]int{}
	for _, step := range slices.Sorted(maps.Keys(x.steps)) {
		byKind := map[string][]int{}
		for i, kind := range x.steps[step] {
			byKind[kind] = append(byKind[kind], i)
		}
		kinds := slices.Sorted(maps.Keys(byKind))
		for i := range min(many, len(kinds)) {
			kind := slices.MinFunc(kinds, func(a, b string) int { return turns[a] - turns[b] })
			if i == 0 && byKind[first] != nil {
				kind = first
			}
			turns[kind]++
			of := byKind[kind]
			drawn[spot{step, of[dice.IntN(len(of))]}] = true
		}
	}
	x.strike(t, func(step string, i int) bool { return drawn[spot{step, i}] })
}

// strike does trials until each operation that is wanted was struck.
func (x *campaign) strike(t *testing.T, wanted func(step string, i int) bool) {
	t.Helper()
	for step, kinds := range x.steps {
		for i := range kinds {
			if wanted(step, i) {
				x.todo[step] = append(x.todo[step], i+1)
			}
		}
	}
	var missed []spot
	for n := 1; len(x.todo) > 0 && !t.Failed(); n++ {
		t.Run(fmt.Sprint("trial ", n), func(t *testing.T) { // whose connections end with it
			missed = append(missed, x.trial(t, x.next).missed...)
		})
	}
	for _, s := range missed {
		t.Run(s.String(), func(t *testing.T) { x.alone(t, s) })
	}
}

// next takes an operation of a step from those still to be struck; 0: none.
func (x *campaign) next(step string) (n int) {
	todo := x.todo[step]
	if len(todo) > 0 {
		n, todo = todo[0], todo[1:]
	}
	if x.todo[step] = todo; len(todo) == 0 {
		delete(x.todo, step)
	}
	return n
}

// alone strikes a night in one place only.
func (x *campaign) alone(t *testing.T, at spot) {
	t.Helper()
	one := x.trial(t, func(step string) int {
		if step == at.step {
			return at.n
		}
		return 0
	})
	if len(one.missed) > 0 {
		t.Errorf("%v is no such operation as in an undisturbed night", at)
	}
}

// trial is a night that is struck and gone on with until it is done.
type trial struct {
	*campaign
	place  *place
	next   func(step string) int
	met    map[string]bool // steps that were begun
	struck []spot
	missed []spot   // where no operation was struck that an undisturbed night has there
	faults []string // for the tally
}

// trial strikes a night where next says, and goes on after each strike. In the end
// everything must stand as if nothing had happened.
func (x *campaign) trial(t *testing.T, next func(step string) int) *trial {
	t.Helper()
	y := &trial{campaign: x, place: x.nights.place(t, x.db, x.night), next: next, met: map[string]bool{}}
	for y.live(t) {
		if len(y.struck) > len(x.steps) {
			t.Fatalf("struck at %v, and no end", y.struck)
		}
		if y.place.isDone(t, chaosDays[x.night]) { // it did without, or only its checkpoint is missing
			y.place.goOnHere(t, x.night)
			break
		}
		y.place.freeLease(t)
	}
	differs := differsFrom(t, fmt.Sprint("struck at ", y.struck), y.place, x.nights.want[x.night+1])
	for _, fault := range y.faults {
		count(fault, x.db, 1, differs)
	}
	if t.Failed() && len(y.struck) > 1 {
		for _, s := range y.struck { // which of them was it
			t.Run(s.String(), func(t *testing.T) { x.alone(t, s) })
		}
	}
	return y
}

// live goes on with the night until it ends or fails. It says whether it was
// struck.
func (y *trial) live(t *testing.T) bool {
	t.Helper()
	o := y.place.options(t)
	y.begin(&o)
	var at spot
	before := len(y.struck)
	enter := func(step string) {
		at = spot{step: step}
		if !y.met[step] {
			y.met[step], at.n = true, y.next(step)
		}
		y.arm(at.n)
	}
	leave := func() {
		if at.n == 0 {
			return
		}
		hit := y.hit() != ""
		if hit {
			y.struck, y.faults = append(y.struck, at), append(y.faults, y.fault())
		}
		switch want := y.steps[at.step]; {
		case !hit && !y.ordered() && at.n > len(want)-slack:
		case !hit, y.ordered() && !slices.Equal(y.done()[:at.n], want[:at.n]):
			y.missed = append(y.missed, at)
		}
	}
	if len(y.met) == 0 {
		enter("")
	}
	o.Watch = func(step string, _ *run.Work) func(run.StepRow) {
		leave()
		enter(step)
		return func(run.StepRow) {}
	}
	err := y.place.onMachine(t, o, y.night)
	leave()
	if len(y.struck) == before {
		must(t, err)
		return false
	}
	what := fmt.Sprintf("struck at %v", y.struck)
	y.judge(t, what, err)
	noHalfFiles(t, what, y.place, y.nights.want[y.night], y.nights.want[y.night+1])
	return true
}
