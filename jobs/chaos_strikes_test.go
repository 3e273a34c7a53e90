package jobs_test

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline/durable"
	"meibo/pipeline/run"
)

// striker lets operations of a night fail: those on files, or the calls of a
// database.
type striker interface {
	begin(o *jobs.Options) // gets between a night and its machine, armed with none
	arm(n int)             // the n-th operation from here fails; 0: none
	done() []string        // the kinds of the operations since arm
	ordered(stretch) bool  // there they come in the same order each time
	retried() bool         // what failed is tried again by the program, as a rule
	hit() string           // what failed since arm; empty if nothing did
	fault() string         // what it does to that, for the tally
	// judge says what is wrong with how the night told of it: it ended with err.
	judge(t *testing.T, what string, err error)
}

// campaign strikes a night everywhere. A stretch of a night that is gone on with
// begins as that of an undisturbed one, so that one trial strikes once in each
// stretch: some thirty places for the price of a night. Whether the operations up to the
// struck one were those of the undisturbed night is compared where they have an
// order; a place where they were not is struck again, in a night of its own.
type campaign struct {
	nights *chaosNights
	db     string
	night  int
	striker

	order     []stretch            // as they come in the undisturbed night
	stretches map[stretch][]string // the kinds of operations of each, undisturbed
	todo      map[stretch][]int    // the how manieth of them are still to be struck
}

// stretch is a step of a night, or what belongs to one file in the import and to one
// reader in the reports.
type stretch struct {
	step string // empty: before the first
	of   string // empty: before the first file or reader, or the whole step
}

func (s stretch) String() string { return strings.TrimSpace(s.step + " " + s.of) }

// stretchOf is the stretch that the opening of a file begins, if it is the first such in
// its step; false: none.
func stretchOf(step, dir, name string) (stretch, bool) {
	switch {
	case step == "import" && filepath.Base(dir) == "archive" && !strings.Contains(name, ".meibo-"): // those are drawn
		return stretch{step, name}, true
	case step == "reports" && filepath.Base(filepath.Dir(dir)) == "outbox":
		return stretch{step, filepath.Base(dir)}, true
	}
	return stretch{}, false
}

// watched is a folder that tells of a file right before it is opened there.
type watched struct {
	durable.Folder
	opens func(name string, flag int)
}

func (w watched) OpenFile(name string, flag int, perm fs.FileMode) (durable.File, error) {
	w.opens(name, flag)
	return w.Folder.OpenFile(name, flag, perm)
}

// watch tells of each stretch of a night that begins.
func watch(o *jobs.Options, enter func(stretch)) {
	step, begun := "", map[stretch]bool{}
	disk := o.Disk
	if disk == nil {
		disk = durable.RealDisk
	}
	o.Disk = func(dir string, perm fs.FileMode) (durable.Folder, error) {
		f, err := disk(dir, perm)
		if err != nil {
			return nil, err
		}
		return watched{f, func(name string, _ int) {
			if s, is := stretchOf(step, dir, name); is && !begun[s] {
				begun[s] = true
				enter(s)
			}
		}}, nil
	}
	o.Watch = func(name string, _ *run.Work) func(run.StepRow) {
		step = name
		enter(stretch{step: step})
		return func(run.StepRow) {}
	}
}

// spot is a place of a night: a stretch and the how manieth operation in it, from 1.
type spot struct {
	stretch
	n int
}

func (s spot) String() string { return fmt.Sprintf("%s:%d", s.stretch, s.n) }

// slack is by how many operations a stretch may differ from night to night where they
// have no order: a connection is made or is there.
const slack = 8

// newCampaign does the night undisturbed, and counts.
func newCampaign(t *testing.T, c *chaosNights, db string, night int, s striker) *campaign {
	t.Helper()
	x := &campaign{nights: c, db: db, night: night, striker: s, stretches: map[stretch][]string{}, todo: map[stretch][]int{}}
	t.Run("undisturbed", func(t *testing.T) { // whose connections end with it
		p := c.place(t, db, night)
		o := p.options(t)
		s.begin(&o)
		var in stretch
		left := func() { x.order, x.stretches[in] = append(x.order, in), s.done() }
		watch(&o, func(next stretch) {
			left()
			in = next
			s.arm(0)
		})
		must(t, p.onMachine(t, o, night))
		left()
		c.undisturbed(t, p, night)
	})
	return x
}

// size is how many operations the undisturbed night has.
func (x *campaign) size() (n int) {
	for _, kinds := range x.stretches {
		n += len(kinds)
	}
	return n
}

// every strikes one operation of so many of the whole night, beginning with the
// first-th, from 0.
func (x *campaign) every(t *testing.T, of, first int) {
	t.Helper()
	n := -1
	x.strike(t, func(stretch, int) bool {
		n++
		return n%of == first
	})
}

// some strikes so many operations of each step: one of the kind first, if there is
// one, then of those that were drawn least so far, so that every kind has its turn.
func (x *campaign) some(t *testing.T, dice *rand.Rand, many int, first string) {
	t.Helper()
	drawn, turns := map[spot]bool{}, map[string]int{}
	steps := map[string]map[string][]spot{} // by kind
	for _, s := range x.order {
		if steps[s.step] == nil {
			steps[s.step] = map[string][]spot{}
		}
		for i, kind := range x.stretches[s] {
			steps[s.step][kind] = append(steps[s.step][kind], spot{s, i})
		}
	}
	for _, step := range slices.Sorted(maps.Keys(steps)) {
		byKind := steps[step]
		kinds := slices.Sorted(maps.Keys(byKind))
		for i := range min(many, len(kinds)) {
			kind := slices.MinFunc(kinds, func(a, b string) int { return turns[a] - turns[b] })
			if i == 0 && byKind[first] != nil {
				kind = first
			}
			turns[kind]++
			of := byKind[kind]
			drawn[of[dice.IntN(len(of))]] = true
		}
	}
	x.strike(t, func(s stretch, i int) bool { return drawn[spot{s, i}] })
}

// strike does trials until each operation that is wanted was struck; it asks for each
// once, in order.
func (x *campaign) strike(t *testing.T, wanted func(s stretch, i int) bool) {
	t.Helper()
	for _, s := range x.order {
		for i := range x.stretches[s] {
			if wanted(s, i) {
				x.todo[s] = append(x.todo[s], i+1)
			}
		}
	}
	var missed []spot
	for n := 1; len(x.todo) > 0 && !t.Failed(); n++ {
		t.Run(fmt.Sprint("trial ", n), func(t *testing.T) { // whose connections end with it
			y := x.trial(t, x.next)
			missed = append(missed, y.missed...)
			if y.armed == 0 {
				t.Fatalf("the night does not come to %v", slices.Collect(maps.Keys(x.todo)))
			}
		})
	}
	for _, s := range missed {
		t.Run(s.String(), func(t *testing.T) { x.alone(t, s) })
	}
}

// next takes an operation of a stretch from those still to be struck; 0: none.
func (x *campaign) next(s stretch) (n int) {
	todo := x.todo[s]
	if len(todo) > 0 {
		n, todo = todo[0], todo[1:]
	}
	if x.todo[s] = todo; len(todo) == 0 {
		delete(x.todo, s)
	}
	return n
}

// alone strikes a night in one place only.
func (x *campaign) alone(t *testing.T, at spot) {
	t.Helper()
	one := x.trial(t, func(s stretch) int {
		if s == at.stretch {
			return at.n
		}
		return 0
	})
	few := !x.ordered(at.stretch) && at.n > len(x.stretches[at.stretch])-slack
	if len(one.missed) > 0 && (len(one.struck) > 0 || !few) {
		t.Errorf("%v is no such operation as in an undisturbed night", at)
	}
}

// trial is a night that is struck and gone on with until it is done.
type trial struct {
	*campaign
	place  *place
	next   func(stretch) int
	met    map[stretch]bool // stretches that were begun
	armed  int              // how often
	struck []spot
	missed []spot   // where no operation was struck that an undisturbed night has there
	faults []string // for the tally
}

// trial strikes a night where next says, and goes on after each strike. In the end
// everything must stand as if nothing had happened.
func (x *campaign) trial(t *testing.T, next func(stretch) int) *trial {
	t.Helper()
	y := &trial{campaign: x, place: x.nights.place(t, x.db, x.night), next: next, met: map[stretch]bool{}}
	for y.live(t) {
		if len(y.struck) > len(x.stretches) {
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

// readersDone says, when the reports of one reader begin to be struck, that those of
// readers who were struck before stand there now: what comes next writes them again.
func (y *trial) readersDone(t *testing.T, next stretch) {
	t.Helper()
	if next.step != "reports" || next.of == "" {
		return
	}
	outbox := tree(t, y.place.Outbox)
	for _, s := range y.struck {
		if s.step != next.step || s.of == "" {
			continue
		}
		for name, want := range y.nights.want[y.night+1].outbox {
			if strings.HasPrefix(name, s.of+"/") && outbox[name] != want {
				t.Errorf("struck at %v: %s is not what it is to be when %v begins", y.struck, name, next)
			}
		}
	}
}

// live goes on with the night until it ends or fails. It says whether it was
// struck.
func (y *trial) live(t *testing.T) bool {
	t.Helper()
	o := y.place.options(t)
	y.begin(&o)
	var at spot
	before := len(y.struck)
	over := "" // the step that was struck: gone on with all the same, it does not begin anew
	enter := func(s stretch) {
		at = spot{stretch: s}
		if !y.met[s] && (s.step != over || over == "" || y.retried()) {
			y.met[s], at.n = true, y.next(s)
		}
		if at.n > 0 {
			y.armed++
			y.readersDone(t, s)
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
			over = at.step
		}
		if !hit || y.ordered(at.stretch) && !slices.Equal(y.done()[:at.n], y.stretches[at.stretch][:at.n]) {
			y.missed = append(y.missed, at)
		}
	}
	if len(y.met) == 0 {
		enter(stretch{})
	}
	watch(&o, func(s stretch) {
		leave()
		enter(s)
	})
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
