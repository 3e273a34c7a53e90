package jobs

import (
	"context"
	"slices"
	"strings"

	"meibo/pipeline/purge"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// noteOwed says, in the notes of a night that is done for the job purge, that the
// execution which follows it in mode automatic is still to come.
const noteOwed = "owed"

// oweExecution notes it with the end of the night: whoever is killed behind that
// end, the execution is not forgotten, and no later one takes its place.
func (n *night) oweExecution(ctx context.Context, tx *store.Tx) error {
	if n.Config.Purge.Mode != purge.ModeAutomatic {
		return nil
	}
	return tx.PutNotes(ctx, n.row.ID, Purge, noteOwed)
}

// owing is the newest night if it is done but for the execution that follows it.
func (h *House) owing(ctx context.Context) (run.Row, bool, error) {
	row, err := h.lastNight(ctx)
	if err != nil || row.ID == "" {
		return row, false, err
	}
	notes, err := h.Store.Notes(ctx, row.ID, Purge)
	return row, slices.Contains(notes, noteOwed), err
}

// owed does the execution that a night owes since its process ended in between;
// found is false if there is nothing to tell of it, as it deletes nobody.
func (h *House) owed(ctx context.Context) (r Result, found bool, err error) {
	row, owing, err := h.owing(ctx)
	if err != nil || !owing {
		return r, false, err
	}
	if row, err = h.sameConfig(ctx, row); err != nil {
		return r, true, err
	}
	r.Run = row
	if r.Steps, err = h.Store.Steps(ctx, row.ID); err != nil {
		return r, true, err
	}
	for i := range r.Steps {
		r.Steps[i].State = run.StateReused
	}
	r.Warnings, err = h.purgeAutomatically(ctx, row)
	return r, err != nil || len(r.Warnings) > 0, err
}

// ofPurges are the warnings that tell of executions.
func ofPurges(all []run.Warning) (out []run.Warning) {
	for _, w := range all {
		if strings.HasPrefix(w.Code, Purge) {
			out = append(out, w)
		}
	}
	return out
}
