package store

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"meibo/pipeline"
	"meibo/pipeline/run"
	"meibo/pipeline/store/storetest"
)

// broken opens a database of either kind with calls that break.
func broken(t *testing.T, dsn string, o Options, b *storetest.Breaker) *Store {
	t.Helper()
	openTest(t, dsn)
	o.Connector = b.Wrap
	s, err := Open(t.Context(), dsn, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func onEachDSN(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, newSQLite(t)) })
	t.Run("mysql", func(t *testing.T) { test(t, newMySQL(t)) })
}

// addOne counts in the database itself, so that what is done twice shows.
func addOne(t *testing.T, tx *Tx) error {
	_, err := tx.AddDecision(t.Context(), Decision{AgentA: "A1", AgentB: "A2", Verdict: "同一人", By: "C0001"})
	return err
}

func decisions(t *testing.T, dsn string) int {
	t.Helper()
	s, err := Open(t.Context(), dsn, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	n := 0
	if err := s.db.Get(&n, "SELECT COUNT(*) FROM decisions"); err != nil {
		t.Fatal(err)
	}
	return n
}

// Under a lease a commit of unknown outcome is asked about: what was kept is
// not done again, what was not is.
func TestACommitWithoutAnAnswerIsDoneOnce(t *testing.T) {
	for _, kind := range []storetest.Kind{storetest.Lost, storetest.Cut} {
		t.Run(string(kind), func(t *testing.T) {
			onEachDSN(t, func(t *testing.T, dsn string) {
				b := &storetest.Breaker{Only: storetest.Commit, Nth: 3, Kind: kind} // lease, first, second
				s := broken(t, dsn, Options{}, b)
				l, err := s.Acquire(t.Context(), "nightly", "a:1", time.Unix(1000, 0), time.Minute, nil)
				if err != nil {
					t.Fatal(err)
				}
				tried := 0
				for range 3 {
					err := s.Write(t.Context(), func(tx *Tx) error { tried++; return addOne(t, tx) })
					if kind == storetest.Cut && s.Dialect() == "sqlite" && b.Hit() != "" && tried == 2 {
						// In this process nothing is cut on the way: the answer is the database's.
						var unknown *CommitUnknownError
						if err == nil || errors.As(err, &unknown) {
							t.Errorf("Write = %v, want an error that says nothing was kept", err)
						}
						continue
					}
					if err != nil {
						t.Errorf("Write = %v", err)
					}
				}
				if b.Hit() == "" {
					t.Error("nothing was broken")
				}
				want, tries := 3, 3
				switch {
				case kind == storetest.Cut && s.Dialect() == "sqlite":
					want = 2
				case kind == storetest.Cut:
					tries = 4
				}
				if got := decisions(t, dsn); got != want || tried != tries {
					t.Errorf("%d rows after %d tries, want %d after %d", got, tried, want, tries)
				}
				if err := s.Release(t.Context(), l); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// Taking the lease is a commit too.
func TestALeaseTakenWithoutAnAnswerIsHeld(t *testing.T) {
	for _, kind := range []storetest.Kind{storetest.Lost, storetest.Cut} {
		b := &storetest.Breaker{Only: storetest.Commit, Nth: 1, Kind: kind}
		s := broken(t, newMySQL(t), Options{}, b)
		l, err := s.Acquire(t.Context(), "nightly", "a:1", time.Unix(1000, 0), time.Minute, nil)
		if err != nil || l.Token != 1 || b.Hit() == "" {
			t.Errorf("%s: %+v, %v", kind, l, err)
		}
		if err := s.Write(t.Context(), putAgent(t, "A1")); err != nil {
			t.Errorf("%s: write under it: %v", kind, err)
		}
	}
}

// A lease that was taken over while nobody knew whether the last transaction
// was kept ends the run; whoever took it over goes on from what is there.
func TestACommitWithoutAnAnswerUnderALostLease(t *testing.T) {
	onEachDSN(t, func(t *testing.T, dsn string) {
		thief := openTest(t, dsn)
		b := &storetest.Breaker{Only: storetest.Commit, Nth: 2, Kind: storetest.Lost}
		s := broken(t, dsn, Options{}, b)
		if _, err := s.Acquire(t.Context(), "nightly", "a:1", time.Unix(1000, 0), time.Minute, nil); err != nil {
			t.Fatal(err)
		}
		h := s.lease.Load()
		err := s.write(t.Context(), h, putAgent(t, "A1"))
		var unknown *CommitUnknownError
		if !errors.As(err, &unknown) {
			t.Fatalf("write = %v, want a CommitUnknownError", err)
		}
		if _, err := thief.Acquire(t.Context(), "nightly", "b:2", time.Unix(5000, 0), time.Minute, nil); err != nil {
			t.Fatal(err)
		}
		if was, err := s.kept(t.Context(), h, unknown.Err); was || !errors.Is(err, run.ErrLeaseLost) {
			t.Errorf("kept = %t, %v, want ErrLeaseLost", was, err)
		}
		if err := s.Write(t.Context(), putAgent(t, "A2")); !errors.Is(err, run.ErrLeaseLost) {
			t.Errorf("Write = %v, want ErrLeaseLost", err)
		}
		got := must(thief.Agents(t.Context(), []string{"A1", "A2"}))(t)
		wantEqual(t, "agents", got, []pipeline.Agent{{ID: "A1"}})
	})
}

// A database that is away for good leaves the outcome unknown: the run stops,
// and its operator is told why.
func TestADatabaseThatStaysAwayLeavesTheOutcomeUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the pauses take no time in here
		s, asked, start := &Store{dialect: mysqlDialect{}}, 0, time.Now()
		away := func(err error) error {
			return s.settle(t.Context(), err, func(context.Context) (bool, error) { asked++; return false, storetest.ErrReset })
		}
		err := away(&CommitUnknownError{storetest.ErrReset})
		var unknown *CommitUnknownError
		if !errors.As(err, &unknown) || !Unreachable(err) || asked != tries {
			t.Errorf("asked %d times, then %v", asked, err)
		}
		if got, want := time.Since(start), 6*time.Second; got != want {
			t.Errorf("waited for %s, want %s", got, want)
		}
		if stop := errors.New("stop"); away(stop) != stop || asked != tries {
			t.Error("an error that leaves nothing open was asked about")
		}
	})
}

// A COMMIT without an answer may still be under way: who asks whether it was kept
// waits until it has ended one way or the other.
func TestACommitThatIsStillUnderWayIsWaitedFor(t *testing.T) {
	s := openTest(t, newMySQL(t))
	ctx := t.Context()
	must(s.Acquire(ctx, "nightly", "a:1", time.Now(), time.Minute, nil))(t)
	h := s.lease.Load()
	tx := must(s.db.BeginTxx(ctx, nil))(t)
	defer tx.Rollback()
	if err := h.fence(ctx, tx); err != nil {
		t.Fatal(err)
	}
	kept := make(chan error, 1)
	go func() {
		was, err := s.kept(ctx, h, storetest.ErrReset)
		if err == nil && !was {
			err = errors.New("it was not kept")
		}
		kept <- err
	}()
	tick := time.NewTicker(150 * time.Millisecond) // asked more often than ten times a second, the server tells what it told before
	defer tick.Stop()
	for waiting := 0; waiting == 0; <-tick.C {
		select {
		case err := <-kept:
			t.Fatalf("asked before it had ended: %v", err)
		default:
		}
		if err := s.db.GetContext(ctx, &waiting, "SELECT COUNT(*) FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'"); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-kept; err != nil {
		t.Error(err)
	}
}
