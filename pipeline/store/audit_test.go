package store

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"sync"
	"testing"

	"meibo/pipeline/audit"
	"meibo/pipeline/run"
)

// made is an act of somebody, about the n-th thing.
func made(n int) audit.Act {
	return audit.Act{
		At: moment("2026-11-19T18:15:00.000001Z"), Actor: "C0001", SystemUser: "op", Action: audit.DecisionMade,
		Object: audit.NewKeyed([]byte("k")).Surrogate("pair", fmt.Sprint(n)), Facts: audit.Facts{"decision": n},
	}
}

// chain is what is stored, and its verdict without a checkpoint.
func chain(t testing.TB, s *Store) []audit.Event {
	t.Helper()
	events := all(t, s.AuditEvents(t.Context()))
	key := ed25519.NewKeyFromSeed(make([]byte, 32)).Public().(ed25519.PublicKey)
	if r := audit.Verify(events, nil, key); !r.OK() {
		t.Fatalf("the chain is damaged: %+v", r.Findings)
	}
	return events
}

func TestAuditEventsAreAppendedWithWhatTheyTellOf(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		if h := must(s.AuditHead(ctx))(t); h != (audit.Head{Hash: audit.Genesis}) {
			t.Errorf("head before the first event: %+v", h)
		}
		write(t, s, func(tx *Tx) error { return tx.AppendAudit(ctx, made(1), made(2)) })
		// What is taken back leaves no event, and no gap.
		stop := errors.New("stop")
		err := s.Write(ctx, func(tx *Tx) error {
			return errors.Join(tx.PutNight(ctx, Night{AsOf: day("2026-11-19")}), tx.AppendAudit(ctx, made(3)), stop)
		})
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		write(t, s, func(tx *Tx) error {
			if e, found, err := tx.NewestAudit(ctx); err != nil || !found || e.Seq != 2 {
				t.Errorf("newest event %d, %t, %v", e.Seq, found, err)
			}
			return errors.Join(tx.AppendAudit(ctx), tx.PutRun(ctx, run.Row{ID: "r"}), tx.AppendAudit(ctx, made(4)))
		})
		events := chain(t, s)
		var want []audit.Event
		var h audit.Head
		for _, n := range []int{1, 2, 4} {
			e, err := made(n).After(h)
			if err != nil {
				t.Fatal(err)
			}
			want, h = append(want, e), audit.HeadOf(e)
		}
		wantEqual(t, "chain", events, want)
		wantEqual(t, "head", must(s.AuditHead(ctx))(t), h)
		e, found, err := s.AuditEvent(ctx, 2)
		if err != nil || !found {
			t.Fatal(found, err)
		}
		wantEqual(t, "event 2", e, want[1])
		newest := all(t, s.AuditBackward(ctx, audit.DecisionMade))
		if len(newest) != 3 || newest[0].Seq != 3 {
			t.Errorf("backward: %+v", newest)
		}
		if got := all(t, s.AuditBackward(ctx, audit.RunFinished)); len(got) != 0 {
			t.Errorf("of another action: %+v", got)
		}
	})
}

func TestAnActThatIsNoneLeavesNothing(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		bad := made(1)
		bad.Facts = audit.Facts{"who": "見本太郎"}
		err := s.Write(t.Context(), func(tx *Tx) error { return tx.AppendAudit(t.Context(), made(1), bad) })
		if !errors.Is(err, audit.ErrEvent) || len(chain(t, s)) > 0 {
			t.Errorf("%v, want ErrEvent and no event", err)
		}
	})
}

// Many write at once: none is lost, no number is given twice or left out.
func TestTheAuditChainHasNoGapUnderManyWriters(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		const writers, each = 3, 8
		var done sync.WaitGroup
		for w := range writers {
			done.Go(func() {
				for i := range each {
					// As often as it takes: what counts is that each goes in once.
					for {
						err := s.Write(t.Context(), func(tx *Tx) error { return tx.AppendAudit(t.Context(), made(w*each+i)) })
						if err == nil {
							break
						}
						if !errors.Is(err, errRace) && !s.dialect.retryable(err) {
							t.Error(err)
							return
						}
					}
				}
			})
		}
		done.Wait()
		seen := map[string]bool{}
		for _, e := range chain(t, s) {
			seen[e.Object] = true
		}
		if len(seen) != writers*each {
			t.Errorf("%d different events, want %d", len(seen), writers*each)
		}
	})
}

// Two transactions that have seen the same head: the second is done again
// behind the first.
func TestWhoIsOvertakenInTheAuditChainTriesAgain(t *testing.T) {
	s := openTest(t, newMySQL(t))
	tries := 0
	write(t, s, func(tx *Tx) error {
		if _, _, err := tx.NewestAudit(t.Context()); err != nil { // fixes what this transaction sees
			return err
		}
		if tries++; tries == 1 {
			write(t, s, func(other *Tx) error { return other.AppendAudit(t.Context(), made(1)) })
		}
		return tx.AppendAudit(t.Context(), made(2))
	})
	if events := chain(t, s); tries != 2 || len(events) != 2 || events[0].Object != made(1).Object {
		t.Errorf("%d tries, chain %+v", tries, events)
	}
}
