package store

import (
	"context"
	"fmt"

	"meibo/pipeline/run"
)

// progress is what a step that has not ended did to one item of its work: a
// table, a file. It is stored in the transaction of the effect, so that a step
// which is done again over its own effect still counts it as work of this run.
type progress struct {
	RunID string
	Step  string
	Item  string
	Diff
}

var progressTable = mapping[progress]{
	Table{Name: "run_progress", Key: 3, Columns: []Column{
		col("run_id", maxRun), col("step", maxKind), col("item", maxProgress),
		col("inserted", 0), col("updated", 0), col("deleted", 0), col("unchanged", 0),
	}},
	func(p *progress) []field {
		return []field{
			(*text)(&p.RunID), (*text)(&p.Step), (*text)(&p.Item),
			integer[int]{&p.Inserted},
			integer[int]{&p.Updated},
			integer[int]{&p.Deleted},
			integer[int]{&p.Unchanged},
		}
	},
}

// Progress is what the step at work under ctx did so far, by item: in earlier
// attempts that were cut short, and in this one. Outside of a step it is empty.
func (s *Store) Progress(ctx context.Context) (map[string]Diff, error) {
	out := map[string]Diff{}
	step, ok := run.StepOf(ctx)
	if !ok || s.export {
		return out, nil
	}
	rows, err := collect(stream(ctx, s.db, progressTable, progressTable.ordered("WHERE run_id = ? AND step = ?"), step.RunID, step.Name))
	if err != nil {
		return nil, fmt.Errorf("read progress of step %s: %w", step.Name, err)
	}
	for _, p := range rows {
		out[p.Item] = p.Diff
	}
	return out, nil
}

// PutProgress notes all that the step at work under ctx did to an item so far,
// in this attempt and in earlier ones. It is forgotten when the step is
// journaled as done. Outside of a step it notes nothing.
func (tx *Tx) PutProgress(ctx context.Context, item string, d Diff) error {
	step, ok := run.StepOf(ctx)
	if !ok {
		return nil
	}
	p := progress{step.RunID, step.Name, item, d}
	return put(ctx, tx, progressTable, []progress{p}, progressTable.values())
}

// PutNotes notes what a step that is yet to come has to know, in the order given.
// They are forgotten like its progress, when it is journaled as done, or by
// DropNotes.
func (tx *Tx) PutNotes(ctx context.Context, runID, step string, items ...string) error {
	rows := make([]progress, len(items))
	for i, item := range items {
		rows[i] = progress{runID, step, item, Diff{Inserted: i}}
	}
	return put(ctx, tx, progressTable, rows, progressTable.values())
}

// Notes returns what was noted for a step that has not ended, in the order in
// which it was, and the items of its progress among it.
func (s *Store) Notes(ctx context.Context, runID, step string) ([]string, error) {
	rows, err := collect(stream(ctx, s.db, progressTable, progressTable.query("WHERE run_id = ? AND step = ? ORDER BY inserted, item"), runID, step))
	if err != nil {
		return nil, fmt.Errorf("read notes for step %s of run %s: %w", step, runID, err)
	}
	items := make([]string, len(rows))
	for i := range rows {
		items[i] = rows[i].Item
	}
	return items, nil
}

// DropNotes ends the notes for a step that no run journals.
func (tx *Tx) DropNotes(ctx context.Context, runID, step string) error {
	return tx.forgetProgress(ctx, run.StepRow{RunID: runID, Name: step})
}

// forgetProgress ends the notes of a step that is done.
func (tx *Tx) forgetProgress(ctx context.Context, step run.StepRow) error {
	_, err := tx.tx.ExecContext(ctx, "DELETE FROM run_progress WHERE run_id = ? AND step = ?", step.RunID, step.Name)
	if err != nil {
		return fmt.Errorf("forget progress of step %s: %w", step.Name, err)
	}
	return nil
}

// after is the whole of a piece of work of which before was done by an attempt
// that was cut short: what that one wrote, this one found unchanged.
func (d Diff) after(before Diff) Diff {
	return Diff{
		Inserted:  d.Inserted + before.Inserted,
		Updated:   d.Updated + before.Updated,
		Deleted:   d.Deleted + before.Deleted,
		Unchanged: d.Unchanged - before.Inserted - before.Updated,
	}
}
