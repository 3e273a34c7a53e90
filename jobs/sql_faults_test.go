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
	defer s.Close()
	gone := func(run.Lease) bool { return true }
	l, err := s.Acquire(t.Context(), jobs.Nightly, "whoever comes next", time.Now(), run.LeaseTTL, gone)
	must(t, err)
	must(t, s.Release(t.Context(), l))
}

// sqlStriker breaks calls of the databases: of all, or only the commits.
type sqlStriker struct {
	kind    storetest.Kind
	only    storetest.Call
	breaker *storetest.Breaker
}

func (s *sqlStriker) begin(o *jobs.Options) {
	s.breaker = &storetest.Breaker{Kind: s.kind, Only: s.only}
	o.Connector = s.breaker.Wrap
}

func (s *sqlStriker) arm(n int) { s.breaker.Arm(n) }

func (s *sqlStriker) done() (kinds []string) {
	for _, call := range s.breaker.Calls() {
		kinds = append(kinds, string(call))
	}
	return kinds
}

// ordered: in some steps people are read ahead while others are worked on, but
// committed in order.
func (s *sqlStriker) ordered(at stretch) bool {
	ahead := slices.Contains([]string{"identity", "deadlines", "lists"}, at.step) || at == stretch{step: "reports"}
	return s.only == storetest.Commit || !ahead
}

func (s *sqlStriker) retried() bool { return s.kind != storetest.Fail }

func (s *sqlStriker) hit() string { return string(s.breaker.Hit()) }

func (s *sqlStriker) fault() string { return fmt.Sprintf("SQL %s: %s", s.hit(), s.kind) }

// judge: nobody is told that a commit may have happened while it can be found out.
func (s *sqlStriker) judge(t *testing.T, what string, err error) {
	t.Helper()
	var unknown *store.CommitUnknownError
	if errors.As(err, &unknown) {
		t.Errorf("%s: %s: %v, although the database could be asked", s.kind, what, err)
	}
}

// calls are those of an undisturbed night.
func (c *chaosNights) calls(t *testing.T, db string, night int) []storetest.Call {
	t.Helper()
	var b storetest.Breaker
	p := c.place(t, db, night)
	must(t, p.onDatabase(t, &b, night))
	c.undisturbed(t, p, night)
	if len(b.Calls()) < 300 {
		t.Fatalf("a night has only %d calls", len(b.Calls()))
	}
	return b.Calls()
}

// rowsAlike is of how many rows inside a reading one is tried: their reading goes
// on alike from the second to the last.
const rowsAlike = 16

// amid says that a call reads a row between others.
func amid(calls []string, n int) bool {
	return n > 0 && n+1 < len(calls) && !slices.ContainsFunc(calls[n-1:n+2], func(c string) bool { return c != string(storetest.Next) })
}

// Whatever call of the database fails, and however it does: going on leaves
// what an undisturbed night leaves, and nothing twice.
func TestChaosSQLFailsAtAnyCall(t *testing.T) {
	c := everyKind(t)
	for i, kind := range []storetest.Kind{storetest.Fail, storetest.Cut, storetest.Lost} {
		for _, x := range []struct {
			db    string
			night int  // the first brings the migrations of an empty database too
			short bool // in short form too
		}{{"sqlite", sqlNight, true}, {"sqlite", 0, kind == storetest.Cut}, {"mysql", sqlNight, kind != storetest.Cut}} {
			if !*chaos && !x.short {
				continue
			}
			t.Run(fmt.Sprintf("%s, night %d, %s", x.db, x.night+1, kind), func(t *testing.T) {
				t.Parallel()
				campaign := newCampaign(t, c, x.db, x.night, &sqlStriker{kind: kind})
				if campaign.size() < 300 {
					t.Fatalf("a night has only %d calls", campaign.size())
				}
				if *chaos { // every call meets one kind of accident, every commit all
					all := -1
					campaign.strike(t, func(s stretch, n int) bool {
						all++
						return all%3 == i && (!amid(campaign.stretches[s], n) || all%(3*rowsAlike) == i)
					})
					commits := newCampaign(t, c, x.db, x.night, &sqlStriker{kind: kind, only: storetest.Commit})
					if commits.size() < 50 {
						t.Fatalf("a night has only %d commits", commits.size())
					}
					commits.every(t, 1, 0)
				} else {
					campaign.some(t, rand.New(rand.NewPCG(20261121, uint64(i))), 2, string(storetest.Commit))
				}
			})
		}
	}
}
