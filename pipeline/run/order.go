package run

import (
	"context"
	"errors"
	"fmt"

	"meibo/pipeline"
)

// ErrBackward says that a newer day is finished already: deciding for an older
// one would undo it.
var ErrBackward = errors.New("a newer day is finished already")

// BackwardError is ErrBackward with its days.
type BackwardError struct{ Newest, Asked pipeline.Date }

func (e *BackwardError) Error() string {
	return fmt.Sprintf("%v: %s is done, %s was asked for", ErrBackward, e.Newest, e.Asked)
}

// Unwrap returns ErrBackward.
func (e *BackwardError) Unwrap() error { return ErrBackward }

// Begin returns a new attempt of job for asOf, not yet journaled. A day before
// the newest finished one is ErrBackward; the attempt comes with it, for a
// rehearsal that keeps nothing.
func (r *Runner) Begin(ctx context.Context, job string, asOf pipeline.Date, version, configHash string) (Row, error) {
	newest, err := r.Journal.NewestDone(ctx, job)
	if err != nil {
		return Row{}, fmt.Errorf("read newest finished day of %s: %w", job, err)
	}
	runs, err := r.Journal.Runs(ctx, job, 0)
	if err != nil {
		return Row{}, fmt.Errorf("list runs of %s: %w", job, err)
	}
	attempt := 1
	for _, x := range runs {
		if x.AsOf == asOf {
			attempt = max(attempt, x.Attempt+1)
		}
	}
	row := Row{
		ID: RunID(job, asOf, attempt), Job: job, AsOf: asOf, Attempt: attempt,
		StartedAt: pipeline.InstantOf(r.Now()), Version: version, ConfigHash: configHash,
	}
	if asOf < newest {
		return row, &BackwardError{newest, asOf}
	}
	return row, nil
}
