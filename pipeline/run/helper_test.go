package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"meibo/pipeline"
)

// memory is a journal that forgets everything with the process. broken, if set,
// may make a call fail: it is told what is asked and of which run and step.
type memory struct {
	mu     sync.Mutex
	runs   map[string]Row
	steps  map[string]map[int]StepRow
	leases map[string]Lease
	renews int
	broken func(call string) error
}

var _ Journal = (*memory)(nil)

func newMemory() *memory {
	return &memory{runs: map[string]Row{}, steps: map[string]map[int]StepRow{}, leases: map[string]Lease{}}
}

// open locks the journal for one call; the caller unlocks. A context that has
// ended is refused, as a database does.
func (m *memory) open(ctx context.Context, format string, args ...any) error {
	m.mu.Lock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.broken != nil {
		return m.broken(fmt.Sprintf(format, args...))
	}
	return nil
}

func (m *memory) Acquire(ctx context.Context, name, holder string, now time.Time, ttl time.Duration, takeOver func(Lease) bool) (Lease, error) {
	err := m.open(ctx, "acquire")
	defer m.mu.Unlock()
	if err != nil {
		return Lease{}, err
	}
	l := m.leases[name]
	if l.Holder != "" && now.Before(l.ExpiresAt.Time()) && !takeOver(l) {
		return Lease{}, &ErrHeld{Lease: l}
	}
	l = Lease{
		Name: name, Holder: holder, Token: l.Token + 1,
		Since: pipeline.InstantOf(now), ExpiresAt: pipeline.InstantOf(now.Add(ttl)),
	}
	m.leases[name] = l
	return l, nil
}

func (m *memory) Renew(ctx context.Context, l Lease, now time.Time, ttl time.Duration) error {
	err := m.open(ctx, "renew")
	defer m.mu.Unlock()
	if err != nil {
		return err
	}
	held := m.leases[l.Name]
	if held.Token != l.Token || held.Holder != l.Holder {
		return fmt.Errorf("lease %s: %w", l.Name, ErrLeaseLost)
	}
	held.ExpiresAt = pipeline.InstantOf(now.Add(ttl))
	m.leases[l.Name] = held
	m.renews++
	return nil
}

func (m *memory) Release(ctx context.Context, l Lease) error {
	err := m.open(ctx, "release")
	defer m.mu.Unlock()
	if err != nil {
		return err
	}
	if held := m.leases[l.Name]; held.Token == l.Token {
		m.leases[l.Name] = Lease{Name: l.Name, Token: l.Token}
	}
	return nil
}

// held returns who holds the lease and how often it was renewed.
func (m *memory) held(name string) (l Lease, renews int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.leases[name], m.renews
}

func (m *memory) Runs(ctx context.Context, job string, limit int) ([]Row, error) {
	err := m.open(ctx, "runs")
	defer m.mu.Unlock()
	if err != nil {
		return nil, err
	}
	rows := slices.DeleteFunc(slices.Collect(maps.Values(m.runs)), func(r Row) bool { return r.Job != job })
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(b.AsOf, a.AsOf), cmp.Compare(b.Attempt, a.Attempt))
	})
	if limit > 0 {
		rows = rows[:min(limit, len(rows))]
	}
	return rows, nil
}

func (m *memory) Unfinished(ctx context.Context, job string) (Row, bool, error) {
	rows, err := m.Runs(ctx, job, 1)
	if err != nil || len(rows) == 0 || rows[0].State == StateDone {
		return Row{}, false, err
	}
	return rows[0], true, nil
}

func (m *memory) NewestDone(ctx context.Context, job string) (pipeline.Date, error) {
	err := m.open(ctx, "newest done")
	defer m.mu.Unlock()
	var newest pipeline.Date
	for _, r := range m.runs {
		if r.Job == job && r.State == StateDone {
			newest = max(newest, r.AsOf)
		}
	}
	return newest, err
}

func (m *memory) PutRun(ctx context.Context, r Row) error {
	err := m.open(ctx, "put run %s", r.State)
	defer m.mu.Unlock()
	if err == nil {
		m.runs[r.ID] = r
	}
	return err
}

func (m *memory) Steps(ctx context.Context, runID string) ([]StepRow, error) {
	err := m.open(ctx, "steps")
	defer m.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return slices.SortedFunc(maps.Values(m.steps[runID]), func(a, b StepRow) int { return cmp.Compare(a.Seq, b.Seq) }), nil
}

func (m *memory) PutStep(ctx context.Context, s StepRow) error {
	err := m.open(ctx, "put step %s %s", s.Name, s.State)
	defer m.mu.Unlock()
	if err != nil {
		return err
	}
	if m.steps[s.RunID] == nil {
		m.steps[s.RunID] = map[int]StepRow{}
	}
	m.steps[s.RunID][s.Seq] = s
	return nil
}

// fails makes one call of the journal fail.
func fails(want string) func(string) error {
	return func(call string) error {
		if call == want {
			return errDisk
		}
		return nil
	}
}

var (
	errDisk = errors.New("no space left on device")
	errStep = errors.New("the rules file is gone")
	errStop = errors.New("told to stop")
)

const testDay = pipeline.Date(2026_11_21)

// newRunner returns a runner whose clock moves on by a second with each look.
func newRunner(j Journal) *Runner {
	now := time.Date(2026, 11, 21, 18, 0, 0, 0, time.UTC)
	return &Runner{
		Journal: j,
		Log:     slog.New(slog.DiscardHandler),
		Now: func() time.Time {
			now = now.Add(time.Second)
			return now
		},
	}
}

func begin(t *testing.T, r *Runner, day pipeline.Date) Row {
	t.Helper()
	row, err := r.Begin(t.Context(), "nightly", day, "v1", "cafe")
	if err != nil {
		t.Fatal(err)
	}
	return row
}
