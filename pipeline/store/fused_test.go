package store

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"meibo/pipeline"
	"meibo/pipeline/store/storetest"
)

// after are the ways in which work goes on although a statement failed.
var after = map[string]func(failed error, next func() error) error{
	"and both errors are told":   func(failed error, next func() error) error { return errors.Join(failed, next()) },
	"and the failure is lost":    func(_ error, next func() error) error { return next() },
	"and nobody tells of either": func(_ error, next func() error) error { _ = next(); return nil },
}

// onFile are those of the IDs that somebody on another connection can see.
func onFile(t *testing.T, dsn string, ids ...string) (out []string) {
	t.Helper()
	for _, a := range must(openTest(t, dsn).Agents(t.Context(), ids))(t) {
		out = append(out, a.ID)
	}
	return out
}

// SQLite rolls a whole transaction back by itself when its disk is full or fails,
// as it does here for a row whose key is taken. What follows must not be kept alone.
func TestNothingFollowsATransactionThatSQLiteGaveUp(t *testing.T) {
	for how, then := range after {
		t.Run(how, func(t *testing.T) {
			dsn := newSQLite(t)
			s := openTest(t, dsn)
			write(t, s, putAgent(t, "A0"))
			err := s.Write(t.Context(), func(tx *Tx) error {
				if err := putAgent(t, "A1")(tx); err != nil {
					return err
				}
				failed := tx.exec(t.Context(), "INSERT OR ROLLBACK INTO agents SELECT * FROM agents WHERE agent_id = 'A0'", nil)
				if failed == nil {
					t.Error("a row was added twice")
				}
				return then(failed, func() error { return putAgent(t, "A2")(tx) })
			})
			if !s.dialect.duplicate(err) {
				t.Errorf("Write = %v, want the first failure", err)
			}
			wantEqual(t, "on file", onFile(t, dsn, "A0", "A1", "A2"), []string{"A0"})
			write(t, s, putAgent(t, "A3")) // the connection is as good as before
			wantEqual(t, "on file", onFile(t, dsn, "A0", "A1", "A2", "A3"), []string{"A0", "A3"})
		})
	}
}

// A server rolls one of two transactions back that wait for each other.
func TestNothingFollowsATransactionThatTheServerGaveUp(t *testing.T) {
	for how, then := range after {
		t.Run(how, func(t *testing.T) {
			dsn := newMySQL(t)
			s := openTest(t, dsn)
			for _, id := range []string{"A1", "A2"} {
				write(t, s, putAgent(t, id))
			}
			var meet, both sync.WaitGroup // both hold their first row
			meet.Add(2)
			errs := map[string]error{}
			var mu sync.Mutex
			for _, ids := range [][]string{{"A1", "A2", "B1"}, {"A2", "A1", "B2"}} {
				both.Go(func() {
					err := s.write(t.Context(), nil, func(tx *Tx) error {
						if err := putAgent(t, ids[0])(tx); err != nil {
							return err
						}
						meet.Done()
						meet.Wait()
						failed := putAgent(t, ids[1])(tx)
						return then(failed, func() error { return putAgent(t, ids[2])(tx) })
					})
					mu.Lock()
					defer mu.Unlock()
					errs[ids[2]] = err
				})
			}
			both.Wait()
			var want []string
			for id, err := range errs {
				switch {
				case err == nil:
					want = append(want, id)
				case !s.again(err):
					t.Errorf("write = %v, want what may be tried again", err)
				}
			}
			if len(want) != 1 {
				t.Errorf("%d transactions were kept, want 1: %v", len(want), errs)
			}
			slices.Sort(want)
			wantEqual(t, "on file", onFile(t, dsn, "B1", "B2"), want)
		})
	}
}

// Rows may fail when their statement was answered long since, and a compiled
// statement is one like any other.
func TestNothingFollowsAnyCallThatFailed(t *testing.T) {
	twice := func(tx *Tx) error { // more than one statement takes
		return tx.PutAgents(t.Context(), slices.Repeat([]pipeline.Agent{{ID: "A1"}}, 2500))
	}
	for _, c := range []struct {
		name string
		call storetest.Call
		do   func(tx *Tx) error
	}{
		{"a row", storetest.Next, func(tx *Tx) error { _, err := tx.StandingHolds(t.Context(), []string{"A0"}); return err }},
		{"a query", storetest.Query, func(tx *Tx) error { _, err := tx.StandingHolds(t.Context(), []string{"A0"}); return err }},
		{"a value", storetest.Query, func(tx *Tx) error { return addOne(t, tx) }},
		{"a statement", storetest.Exec, putAgent(t, "A1")},
		{"one of many rows", storetest.Exec, twice},
	} {
		t.Run(c.name, func(t *testing.T) {
			onEachDSN(t, func(t *testing.T, dsn string) {
				b := &storetest.Breaker{Kind: storetest.Fail, Only: c.call}
				s := broken(t, dsn, Options{}, b)
				err := s.Write(t.Context(), func(tx *Tx) error {
					b.Arm(1)
					if failed := c.do(tx); !errors.Is(failed, storetest.ErrRefused) {
						t.Errorf("it ended with %v", failed)
					}
					if next := putAgent(t, "A2")(tx); !errors.Is(next, storetest.ErrRefused) {
						t.Errorf("the next statement ended with %v", next)
					}
					return nil
				})
				if !errors.Is(err, storetest.ErrRefused) {
					t.Errorf("Write = %v, want the first failure", err)
				}
				wantEqual(t, "on file", onFile(t, dsn, "A1", "A2"), []string(nil))
			})
		})
	}
}
