package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"meibo/pipeline"
	"meibo/pipeline/failpoint"
)

// Step is one restartable part of a job. Do must leave the same result whether
// it ran once or was cut short and ran again.
type Step struct {
	Name string
	Do   func(ctx context.Context, w *Work) error
}

// Runner takes runs through their steps. Now only measures and stamps; the day
// a run decides for is its AsOf.
type Runner struct {
	Journal Journal
	Log     *slog.Logger
	Now     func() time.Time
	// Watch, if set, is told of each step that begins; the function it returns
	// is called when the step has ended.
	Watch func(step string, w *Work) (ended func(StepRow))
}

// Report is what became of a run; it lists every step, also those never
// reached, and is valid whatever the error.
type Report struct {
	Run      Row
	Steps    []StepRow
	Warnings []Warning
}

// Counts is the sum over the steps that were done in this process.
func (r Report) Counts() (c Counts) {
	for _, s := range r.Steps {
		if s.State == StateDone {
			c = c.Add(s.Counts)
		}
	}
	return c
}

// ErrUnbalanced says that a step lost count of rows; its run fails, because a
// night whose numbers do not add up cannot be trusted.
var ErrUnbalanced = errors.New("rows read are not the sum of applied, unchanged, rejected and duplicates")

// Do takes row through steps in order and stops at the first that fails. Steps
// that the journal knows as done are not done again. When the context ends the
// run stays unfinished and can be resumed.
func (r *Runner) Do(ctx context.Context, row Row, steps []Step) (Report, error) {
	rep := Report{Run: row, Steps: notReached(row.ID, steps)}
	finished, err := r.finished(ctx, row.ID)
	if err != nil {
		return rep, err
	}
	rep.Run.State = StateRunning
	if err := r.Journal.PutRun(ctx, rep.Run); err != nil {
		return rep, fmt.Errorf("journal run %s: %w", row.ID, err)
	}
	failpoint.Hit("run-begun", "")
	var failed error
	for i, s := range steps {
		if o, was := finished[s.Name]; was {
			o.State = StateReused
			rep.Steps[i] = o
			continue
		}
		if failed == nil {
			w := &Work{}
			rep.Steps[i], failed = r.step(ctx, rep.Steps[i], s, w)
			rep.Warnings = append(rep.Warnings, w.Warnings()...)
		}
	}
	return r.end(ctx, rep, failed)
}

// notReached lists the steps of a run before any was begun.
func notReached(runID string, steps []Step) []StepRow {
	rows := make([]StepRow, len(steps))
	for i, s := range steps {
		rows[i] = StepRow{RunID: runID, Seq: i + 1, Name: s.Name, State: StateNotReached}
	}
	return rows
}

func (r *Runner) finished(ctx context.Context, id string) (map[string]StepRow, error) {
	steps, err := r.Journal.Steps(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read steps of run %s: %w", id, err)
	}
	done := map[string]StepRow{}
	for _, s := range steps {
		if s.State == StateDone {
			done[s.Name] = s
		}
	}
	return done, nil
}

// step does s, which o says was not reached, and returns what became of it. A
// step whose begin or end is not in the journal counts as not done.
func (r *Runner) step(ctx context.Context, o StepRow, s Step, w *Work) (StepRow, error) {
	if ctx.Err() != nil {
		return o, context.Cause(ctx)
	}
	begun := o
	begun.State, begun.StartedAt = StateRunning, pipeline.InstantOf(r.Now())
	if err := r.Journal.PutStep(ctx, begun); err != nil {
		return o, fmt.Errorf("journal step %s: %w", s.Name, err)
	}
	o = begun
	ended := func(StepRow) {}
	if r.Watch != nil {
		ended = r.Watch(s.Name, w)
	}
	// Peak memory is stated per step, so what an earlier step left is given back first.
	debug.FreeOSMemory()
	resetPeak()
	err := r.guarded(context.WithValue(ctx, stepKey{}, begun), s, w)
	o.Counts, o.PeakRSS, o.FinishedAt = w.Counts(), peakRSS(), pipeline.InstantOf(r.Now())
	if err == nil && !o.Counts.Balanced() {
		err = fmt.Errorf("%w: %+v", ErrUnbalanced, o.Counts)
	}
	o.State = StateDone
	if err != nil {
		o.State, o.Error = StateFailed, err.Error()
		if ctx.Err() != nil {
			o.State, err = StateRunning, context.Cause(ctx)
		}
	}
	failpoint.Hit("step-before", s.Name)
	// The journal is written even when the run was told to stop.
	if jerr := r.Journal.PutStep(context.WithoutCancel(ctx), o); jerr != nil {
		err = errors.Join(err, fmt.Errorf("journal step %s: %w", s.Name, jerr))
		if o.State == StateDone {
			o.State, o.Error = StateFailed, err.Error()
		}
	}
	failpoint.Hit("step-after", s.Name)
	ended(o)
	r.logStep(o, err)
	if err != nil {
		return o, fmt.Errorf("%s: %w", s.Name, err)
	}
	return o, nil
}

type stepKey struct{}

// StepOf is the step at work under ctx, for a store that notes its progress;
// false outside of a step.
func StepOf(ctx context.Context) (StepRow, bool) {
	s, ok := ctx.Value(stepKey{}).(StepRow)
	return s, ok
}

// guarded does s; a fault of this program in it fails the step and not the
// process, so that journal and lease are left in order.
func (r *Runner) guarded(ctx context.Context, s Step, w *Work) error {
	err := Guard(func() error { return s.Do(ctx, w) })
	if p, ok := errors.AsType[*ErrPanic](err); ok {
		r.Log.Error("internal error", "step", s.Name, "what", p.What, "stack", string(p.Stack))
	}
	return err
}

func (r *Runner) logStep(o StepRow, err error) {
	level, args := slog.LevelInfo, []any{
		"run", o.RunID, "step", o.Name, "state", o.State, "seconds", fmt.Sprintf("%.1f", o.Seconds()),
		"read", o.Counts.Read, "applied", o.Counts.Applied, "unchanged", o.Counts.Unchanged, "rejected", o.Counts.Rejected,
	}
	if err != nil {
		level, args = slog.LevelError, append(args, "err", err)
	}
	r.Log.Log(context.Background(), level, "step", args...)
}

func (r *Runner) end(ctx context.Context, rep Report, failed error) (Report, error) {
	rep.Run.State = StateDone
	rep.Run.Counts = Counts{} // an attempt that was cut short has left its own sum
	for _, s := range rep.Steps {
		rep.Run.Counts = rep.Run.Counts.Add(s.Counts)
	}
	switch {
	case failed == nil:
		rep.Run.FinishedAt = pipeline.InstantOf(r.Now())
	case ctx.Err() != nil:
		rep.Run.State = StateRunning
	default:
		rep.Run.State = StateFailed
	}
	failpoint.Hit("run-before-end", "")
	if err := r.Journal.PutRun(context.WithoutCancel(ctx), rep.Run); err != nil {
		// As the journal has it: not ended, to be resumed.
		rep.Run.State, rep.Run.FinishedAt = StateRunning, pipeline.Instant{}
		return rep, errors.Join(failed, fmt.Errorf("journal end of run %s: %w", rep.Run.ID, err))
	}
	failpoint.Hit("run-after-end", "")
	return rep, failed
}
