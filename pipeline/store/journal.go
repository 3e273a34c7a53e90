package store

import (
	"context"
	"fmt"

	"meibo/pipeline"
	"meibo/pipeline/run"
)

var _ run.Journal = (*Store)(nil)

// Runs lists the attempts of a job, newest first; at most limit, 0 is all.
func (s *Store) Runs(ctx context.Context, job string, limit int) ([]run.Row, error) {
	q, args := runsTable.query("WHERE job = ? ORDER BY as_of DESC, attempt DESC"), []any{job}
	if limit > 0 {
		q, args = q+" LIMIT ?", append(args, limit)
	}
	return collect(stream(ctx, s.db, runsTable, q, args...))
}

// Run returns one run, and false if there is none of that ID.
func (s *Store) Run(ctx context.Context, id string) (run.Row, bool, error) {
	return one(stream(ctx, s.db, runsTable, runsTable.query("WHERE run_id = ?"), id))
}

// Unfinished returns the newest run of the job if it is not done.
func (s *Store) Unfinished(ctx context.Context, job string) (run.Row, bool, error) {
	rows, err := s.Runs(ctx, job, 1)
	if err != nil || len(rows) == 0 || rows[0].State == run.StateDone {
		return run.Row{}, false, err
	}
	return rows[0], true, nil
}

// NewestDone returns the newest as-of day of the job with a finished run, and
// no date before the first.
func (s *Store) NewestDone(ctx context.Context, job string) (pipeline.Date, error) {
	var d pipeline.Date
	err := s.db.QueryRowxContext(ctx, "SELECT MAX(as_of) FROM runs WHERE job = ? AND state = ?", job, run.StateDone).Scan(&d)
	if err != nil {
		return 0, fmt.Errorf("read the newest day of %s: %w", job, err)
	}
	return d, nil
}

// PutRun adds or replaces the row of a run.
func (s *Store) PutRun(ctx context.Context, r run.Row) error {
	return s.Write(ctx, func(tx *Tx) error {
		return put(ctx, tx, runsTable, []run.Row{r}, runsTable.values())
	})
}

// Steps lists the steps of a run in order.
func (s *Store) Steps(ctx context.Context, runID string) ([]run.StepRow, error) {
	return collect(stream(ctx, s.db, stepsTable, stepsTable.ordered("WHERE run_id = ?"), runID))
}

// PutStep adds or replaces a step of a run. One that is done needs no notes of
// its progress any more.
func (s *Store) PutStep(ctx context.Context, r run.StepRow) error {
	return s.Write(ctx, func(tx *Tx) error {
		if r.State == run.StateDone {
			if err := tx.forgetProgress(ctx, r); err != nil {
				return err
			}
		}
		return put(ctx, tx, stepsTable, []run.StepRow{r}, stepsTable.values())
	})
}

// RunFiles lists the input files of a run in order of intake.
func (s *Store) RunFiles(ctx context.Context, runID string) ([]run.File, error) {
	return collect(stream(ctx, s.db, runFilesTable, runFilesTable.ordered("WHERE run_id = ?"), runID))
}
