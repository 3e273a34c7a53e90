package store

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meibo/pipeline"
	"meibo/pipeline/run"
)

func TestLeaseHasOneHolder(t *testing.T) {
	onEach(t, func(t *testing.T, a *Store) {
		ctx, start := t.Context(), time.Date(2026, 11, 21, 18, 0, 0, 0, time.UTC)
		b := &Store{db: a.db, dialect: a.dialect} // another process
		at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }

		first, err := a.Acquire(ctx, "nightly", "a:1", at(0), time.Minute, nil)
		if err != nil {
			t.Fatal(err)
		}
		var held *run.ErrHeld
		if _, err := b.Acquire(ctx, "nightly", "b:2", at(59), time.Minute, nil); !errors.As(err, &held) {
			t.Fatalf("second holder: %v, want ErrHeld", err)
		}
		if held.Lease.Holder != "a:1" || held.Lease.Since.String() != "2026-11-21T18:00:00.000000Z" {
			t.Errorf("ErrHeld names %+v", held.Lease)
		}
		if err := a.Renew(ctx, first, at(50), time.Minute); err != nil {
			t.Errorf("renew: %v", err)
		}
		if _, err := b.Acquire(ctx, "nightly", "b:2", at(109), time.Minute, nil); !errors.As(err, &held) {
			t.Errorf("second holder after renewal: %v, want ErrHeld", err)
		}
		second, err := b.Acquire(ctx, "nightly", "b:2", at(110), time.Minute, nil)
		if err != nil || second.Token <= first.Token {
			t.Fatalf("expired lease: %+v, %v; want a higher token than %d", second, err, first.Token)
		}

		// The first holder wakes up: it can neither renew nor write nor release.
		if err := a.Renew(ctx, first, at(111), time.Minute); !errors.Is(err, run.ErrLeaseLost) {
			t.Errorf("renew of a lost lease: %v", err)
		}
		if err := a.Write(ctx, putAgent(t, "A1")); !errors.Is(err, run.ErrLeaseLost) {
			t.Errorf("write under a lost lease: %v", err)
		}
		if err := b.Write(ctx, putAgent(t, "A2")); err != nil {
			t.Errorf("write under the lease: %v", err)
		}
		if err := a.Release(ctx, first); err != nil {
			t.Errorf("release of a lost lease: %v", err)
		}
		if l, found, err := b.LeaseState(ctx, "nightly"); err != nil || !found || l.Holder != "b:2" {
			t.Errorf("lease after a stranger's release: %+v, %v", l, err)
		}
		if err := a.Write(ctx, putAgent(t, "A3")); err != nil {
			t.Errorf("write of a store without a lease: %v", err)
		}

		if err := b.Release(ctx, second); err != nil {
			t.Fatal(err)
		}
		third, err := a.Acquire(ctx, "nightly", "a:1", at(112), time.Minute, nil)
		if err != nil || third.Token <= second.Token {
			t.Errorf("released lease: %+v, %v", third, err)
		}
		dead := func(l run.Lease) bool { return strings.HasPrefix(l.Holder, "a:") }
		if l, err := b.Acquire(ctx, "nightly", "b:2", at(113), time.Minute, dead); err != nil || l.Token <= third.Token {
			t.Errorf("lease of a dead holder: %+v, %v", l, err)
		}
		got := must(a.Agents(ctx, []string{"A1", "A2", "A3"}))(t)
		wantEqual(t, "agents", got, []pipeline.Agent{{ID: "A2"}, {ID: "A3"}})
	})
}

// Token and holder both count: a lease that changed hands and came back to a
// holder of the same name is another one, and a lease that was freed is nobody's.
func TestAWriteProvesTokenAndHolder(t *testing.T) {
	gone := func(run.Lease) bool { return true }
	for _, c := range []struct {
		name string
		lose func(t *testing.T, other *Store, l run.Lease)
	}{
		{"taken by one of the same name", func(t *testing.T, other *Store, l run.Lease) {
			must(other.Acquire(t.Context(), l.Name, l.Holder, time.Now(), time.Minute, gone))(t)
		}},
		{"freed", func(t *testing.T, other *Store, l run.Lease) {
			if err := other.Release(t.Context(), l); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, s *Store) {
				l := must(s.Acquire(t.Context(), "nightly", "a:1", time.Now(), time.Minute, nil))(t)
				c.lose(t, &Store{db: s.db, dialect: s.dialect}, l)
				if err := s.Write(t.Context(), putAgent(t, "A1")); !errors.Is(err, run.ErrLeaseLost) {
					t.Errorf("write: %v, want ErrLeaseLost", err)
				}
				if err := s.Renew(t.Context(), l, time.Now(), time.Minute); !errors.Is(err, run.ErrLeaseLost) {
					t.Errorf("renew: %v, want ErrLeaseLost", err)
				}
			})
		})
	}
}

func TestOfManyWhoTryAtOnceOneGetsTheLease(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		for _, round := range []string{"never held", "expired"} {
			var got, held atomic.Int32
			var everyone sync.WaitGroup
			for i := range 8 {
				everyone.Go(func() {
					other := &Store{db: s.db, dialect: s.dialect}
					now := time.Unix(1000, 0)
					if round == "expired" {
						now = time.Unix(5000, 0)
					}
					_, err := other.Acquire(t.Context(), "nightly", fmt.Sprint(i), now, time.Minute, nil)
					var h *run.ErrHeld
					switch {
					case err == nil:
						got.Add(1)
					case errors.As(err, &h):
						held.Add(1)
					default:
						t.Errorf("%s: %v", round, err)
					}
				})
			}
			everyone.Wait()
			if got.Load() != 1 || held.Load() != 7 {
				t.Errorf("%s: %d got it, %d were told it is held", round, got.Load(), held.Load())
			}
		}
	})
}

// Whoever found the lease's holder gone, and is overtaken before he takes it, is
// told who was faster.
func TestWhoIsOvertakenWhileHeTakesTheLeaseIsTold(t *testing.T) {
	s := openTest(t, newMySQL(t)) // SQLite lets one at a time begin
	other := func() *Store { return &Store{db: s.db, dialect: s.dialect} }
	gone := func(run.Lease) bool { return true }
	must(s.Acquire(t.Context(), "nightly", "gone:1", time.Now(), time.Minute, nil))(t)
	var faster run.Lease
	_, err := other().Acquire(t.Context(), "nightly", "late:2", time.Now(), time.Minute, func(run.Lease) bool {
		if faster.Token == 0 {
			faster = must(other().Acquire(t.Context(), "nightly", "fast:3", time.Now(), time.Minute, gone))(t)
		}
		return true
	})
	var held *run.ErrHeld
	if !errors.As(err, &held) {
		t.Errorf("overtaken: %v, want ErrHeld", err)
	}
	l, _, err := s.LeaseState(t.Context(), "nightly")
	if err != nil || l.Holder != "fast:3" || l.Token != faster.Token {
		t.Errorf("the lease is %+v, %v", l, err)
	}
}

func TestJournal(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		row := func(d string, attempt int, state string) run.Row {
			return run.Row{
				ID: run.RunID("nightly", day(d), attempt), Job: "nightly", AsOf: day(d), Attempt: attempt, State: state,
				Counts: run.Counts{Read: 5, Applied: 3, Unchanged: 1, Rejected: 1}, DecisionNo: 7,
				StartedAt: moment("2026-11-21T18:00:00.000001Z"), Version: "v1", ConfigHash: "ab",
			}
		}
		if _, found, err := s.Unfinished(ctx, "nightly"); found || err != nil {
			t.Errorf("before the first run: unfinished %t, %v", found, err)
		}
		if d, err := s.NewestDone(ctx, "nightly"); d != 0 || err != nil {
			t.Errorf("before the first run: newest %s, %v", d, err)
		}
		done, again, failed := row("2026-11-20", 1, run.StateDone), row("2026-11-20", 2, run.StateDone), row("2026-11-21", 1, run.StateRunning)
		for _, r := range []run.Row{failed, done, again} {
			if err := s.PutRun(ctx, r); err != nil {
				t.Fatal(err)
			}
		}
		failed.State, failed.FinishedAt = run.StateFailed, moment("2026-11-21T18:10:00.000000Z")
		if err := s.PutRun(ctx, failed); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "runs", must(s.Runs(ctx, "nightly", 0))(t), []run.Row{failed, again, done})
		wantEqual(t, "newest run", must(s.Runs(ctx, "nightly", 1))(t), []run.Row{failed})
		wantEqual(t, "runs of another job", must(s.Runs(ctx, "purge", 0))(t), []run.Row(nil))
		if r, found, err := s.Run(ctx, again.ID); !found || err != nil || r.Attempt != 2 {
			t.Errorf("Run = %+v, %t, %v", r, found, err)
		}
		r, found, err := s.Unfinished(ctx, "nightly")
		if !found || err != nil {
			t.Fatalf("unfinished: %t, %v", found, err)
		}
		wantEqual(t, "unfinished", r, failed)
		if d := must(s.NewestDone(ctx, "nightly"))(t); d != day("2026-11-20") {
			t.Errorf("newest finished day %s", d)
		}

		step := run.StepRow{
			RunID: failed.ID, Seq: 2, Name: "import", State: run.StateFailed, Counts: run.Counts{Read: 9, Applied: 9},
			PeakRSS: 5 << 30, StartedAt: moment("2026-11-21T18:00:01.000000Z"), Error: "disk full",
		}
		other := run.StepRow{RunID: failed.ID, Seq: 1, Name: "receive", State: run.StateDone}
		for _, x := range []run.StepRow{step, other} {
			if err := s.PutStep(ctx, x); err != nil {
				t.Fatal(err)
			}
		}
		step.State, step.Error = run.StateDone, ""
		if err := s.PutStep(ctx, step); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "steps", must(s.Steps(ctx, failed.ID))(t), []run.StepRow{other, step})
	})
}

func TestRunFilesProgressWithTheirEffect(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		files := []run.File{
			{RunID: "r", Seq: 1, Path: "association/agents_1.csv", Sender: "association", Kind: "agents", Name: "agents_1.csv", SHA256: "ab", Size: 3 << 30, State: run.FileListed},
			{RunID: "r", Seq: 2, Path: "0101/登録_1.xlsx", Sender: "0101", State: run.FileListed},
		}
		write(t, s, func(tx *Tx) error { return tx.PutRunFiles(ctx, files) })
		changed := files[0]
		changed.State, changed.Progress, changed.BatchID = run.FileApplying, 2000, "b1"
		stop := errors.New("stop")
		_ = s.Write(ctx, func(tx *Tx) error {
			return errors.Join(tx.UpdateRunFile(ctx, changed), putAgent(t, "A1")(tx), stop)
		})
		wantEqual(t, "after a stop", must(s.RunFiles(ctx, "r"))(t), files)
		write(t, s, func(tx *Tx) error {
			return errors.Join(tx.UpdateRunFile(ctx, changed), putAgent(t, "A1")(tx))
		})
		wantEqual(t, "after a commit", must(s.RunFiles(ctx, "r"))(t), []run.File{changed, files[1]})
	})
}
