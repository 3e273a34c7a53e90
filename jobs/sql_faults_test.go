package jobs_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"meibo/jobs"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
	"meibo/pipeline/store/storetest"
)

// sqlNight is the night whose calls are broken: the second, which finds an
// archive, an outbox and answers.
const sqlNight = 1

// onDatabase goes on with a night or begins it, with all calls of the database
// passing through b.
func (p *place) onDatabase(t testing.TB, b *storetest.Breaker, night int) error {
	t.Helper()
	o := p.options(t)
	o.Connector = b.Wrap
	return p.onMachine(t, o, night)
}

// onMachine goes on with a night or begins it, on disks and databases that may
// break.
func (p *place) onMachine(t testing.TB, o jobs.Options, night int) error {
	t.Helper()
	h, err := jobs.Open(t.Context(), p.Config, o)
	if err != nil {
		return err
	}
	defer h.Close() // a connection that was cut may say so here again
	r, found, err := h.Resume(t.Context())
	if err == nil && (!found || r.Run.AsOf != chaosDays[night]) {
		_, err = h.Night(t.Context(), chaosDays[night], false)
	}
	return err
}

// goOnHere goes on with a night in this process as if the one that failed were
// gone, and its lease with it.
func (p *place) goOnHere(t testing.TB, night int) {
	t.Helper()
	p.freeLease(t)
	p.with(t, func(h *jobs.House) {
		_, _, err := h.Resume(t.Context()) // of a night that is done, only the checkpoint may be missing
		must(t, err)
	})
	if !p.isDone(t, chaosDays[night]) {
		must(t, p.onDatabase(t, &storetest.Breaker{}, night))
	}
}

// freeLease takes the lease away from this process, as if it were gone.
func (p *place) freeLease(t testing.TB) {
	t.Helper()
	s := p.store(t)
	gone := func(run.Lease) bool { return true }
	l, err := s.Acquire(t.Context(), jobs.Nightly, "whoever comes next", time.Now(), run.LeaseTTL, gone)
	must(t, err)
	must(t, s.Release(t.Context(), l))
}

// breakCall breaks one call of a night, goes on, and compares; false if the
// night has fewer calls.
func (c *chaosNights) breakCall(t *testing.T, db string, night int, b *storetest.Breaker) bool {
	t.Helper()
	p := c.place(t, db, night)
	err := p.onDatabase(t, b, night)
	if b.Hit() == "" {
		must(t, err)
		return false
	}
	what := fmt.Sprintf("call %d (%s) %s", b.Nth, b.Hit(), b.Kind)
	var unknown *store.CommitUnknownError
	if errors.As(err, &unknown) {
		t.Errorf("%s: %v, although the database could be asked", what, err)
	}
	if err != nil {
		p.goOnHere(t, night)
	}
	c.compare(t, fmt.Sprintf("SQL %s: %s", b.Hit(), b.Kind), p, night)
	if t.Failed() {
		t.Fatal(what, err)
	}
	return true
}

// calls are those of an undisturbed night.
func (c *chaosNights) calls(t *testing.T, db string, night int) []storetest.Call {
	t.Helper()
	var b storetest.Breaker
	p := c.place(t, db, night)
	must(t, p.onDatabase(t, &b, night))
	c.compare(t, "SQL: none", p, night)
	if len(b.Calls()) < 300 {
		t.Fatalf("a night has only %d calls", len(b.Calls()))
	}
	return b.Calls()
}

// Whatever call of the database fails, and however it does: going on leaves
// what an undisturbed night leaves, and nothing twice.
func TestChaosSQLFailsAtAnyCall(t *testing.T) {
	c := everyKind(t)
	for _, x := range []struct {
		db    string
		night int // the first brings the migrations of an empty database too
		short []storetest.Kind
	}{
		{"sqlite", sqlNight, []storetest.Kind{storetest.Fail, storetest.Lost}},
		{"mysql", sqlNight, []storetest.Kind{storetest.Fail, storetest.Lost}},
		{"sqlite", 0, []storetest.Kind{storetest.Cut}},
	} {
		calls := c.calls(t, x.db, x.night)
		for i, kind := range []storetest.Kind{storetest.Fail, storetest.Cut, storetest.Lost} {
			if !*chaos && !slices.Contains(x.short, kind) {
				continue
			}
			t.Run(fmt.Sprintf("%s night %d %s", x.db, x.night+1, kind), func(t *testing.T) {
				t.Parallel()
				for _, n := range places(rand.New(rand.NewPCG(20261121, uint64(i))), x.db, calls, kind) {
					t.Run(fmt.Sprint("call ", n), func(t *testing.T) { // whose connections end with it
						c.breakCall(t, x.db, x.night, &storetest.Breaker{Nth: n, Kind: kind})
					})
				}
			})
		}
	}
}

// places picks the calls of a night to break. The full form takes every commit;
// of the other calls, and of the readings of a row the first and last of each
// query, every so manieth, on a server every fifth of those. The short form takes
// one call of each kind.
func places(dice *rand.Rand, db string, calls []storetest.Call, kind storetest.Kind) (out []int) {
	if !*chaos {
		return oneOfEach(dice, calls, kind)
	}
	every := *stride
	if db == "mysql" {
		every *= 5
	}
	alike := 0
	for i, call := range calls {
		edge := i == 0 || calls[i-1] != storetest.Next || i+1 == len(calls) || calls[i+1] != storetest.Next
		switch {
		case call == storetest.Commit:
		case call == storetest.Next && (!edge || kind != storetest.Fail):
			continue
		default:
			if alike++; alike%every != 0 {
				continue
			}
		}
		out = append(out, i+1)
	}
	return out
}

func oneOfEach(dice *rand.Rand, calls []storetest.Call, kind storetest.Kind) (out []int) {
	seen := map[storetest.Call]bool{}
	if kind != storetest.Fail { // of which one kind of call is like the other
		seen = map[storetest.Call]bool{storetest.Connect: true, storetest.Prepare: true, storetest.Query: true}
	}
	for _, i := range dice.Perm(len(calls)) {
		if !seen[calls[i]] {
			seen[calls[i]] = true
			out = append(out, i+1)
		}
	}
	return out
}
