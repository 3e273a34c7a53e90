package jobs

import (
	"context"
	"fmt"

	"meibo/pipeline"
	"meibo/pipeline/audit"
	"meibo/pipeline/failpoint"
	"meibo/pipeline/purge"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// settle ends what has a last day, each night and after each execution: undo
// windows, approvals, and the guard over deleted IDs. In a rehearsal the keys and
// the ledger stay: they lie in the house's state_dir, and it has one of its own.
func (h *House) settle(ctx context.Context, w *run.Work, asOf pipeline.Date) error {
	if err := h.listStates(ctx, asOf); err != nil {
		return err
	}
	lists, err := h.Store.PurgeLists(ctx)
	if err != nil {
		return err
	}
	done, err := h.Store.Progress(ctx)
	if err != nil {
		return err
	}
	for _, list := range lists {
		ended, err := h.windowEnded(ctx, list, asOf)
		if err != nil {
			return err
		}
		switch {
		case ended:
			if err := h.settleList(ctx, list, asOf); err != nil {
				return err
			}
			w.Add(run.Counts{Read: 1, Applied: 1})
		case list.State == purge.ListUndone, list.State == purge.ListSettled:
			if err := h.dropUndoKey(ctx, list, asOf); err != nil {
				return err
			}
			if done[settledItem(list.No)].Updated > 0 { // by an attempt that was cut short
				if err := h.Store.Hide(ctx); err != nil {
					return err
				}
				w.Add(run.Counts{Read: 1, Applied: 1})
			}
		}
	}
	if err := h.replaceLists(ctx, lists, asOf); err != nil {
		return err
	}
	return h.expireGuard(ctx, w, asOf)
}

// replaceLists closes lists that nobody stands behind and that later ones took
// the place of: with their rows the register would keep what it no longer needs.
// A list may be approved for as long after the next one was made as an approval
// counts, or, so that mode automatic sees how long its rows have stood, as a row
// must stand published.
func (h *House) replaceLists(ctx context.Context, lists []pipeline.PurgeList, asOf pipeline.Date) error {
	term := max(h.Config.Purge.ApprovalDays, h.Config.Purge.ReviewDays)
	for i := range max(0, len(lists)-1) {
		l := lists[i]
		to, err := purge.Advance(l.State, purge.EventReplaced)
		if err != nil || asOf <= lists[i+1].AsOf.AddDays(term) {
			continue // it is approved or history, or may be approved yet
		}
		err = h.Store.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.ReplacePurgeList(ctx, l, to)
			return err
		})
		if err != nil {
			return err
		}
		failpoint.Hit("purge-replaced", "")
	}
	return nil
}

// windowEnded reports whether an executed list can no longer be taken back.
func (h *House) windowEnded(ctx context.Context, list pipeline.PurgeList, asOf pipeline.Date) (bool, error) {
	if list.State != purge.ListExecuted {
		return false, nil
	}
	last, err := h.undoUntil(ctx, list.No)
	return err == nil && asOf > last, err
}

// dropUndoKey destroys the key of a list that is history: of one that was settled
// at once, in case its process was killed before it could be; of one that was taken
// back with the end of its window, for until then a backup may be restored from
// before that.
func (h *House) dropUndoKey(ctx context.Context, list pipeline.PurgeList, asOf pipeline.Date) error {
	if list.State == purge.ListUndone {
		last, err := h.undoUntil(ctx, list.No)
		if err != nil || asOf <= last {
			return err
		}
	}
	return h.destroyUndoKey(ctx, list.No)
}

// undoUntil is the last day on which the execution of a list can be taken back,
// by what its receipt says: a setting that was changed since changes nothing.
func (h *House) undoUntil(ctx context.Context, no int) (pipeline.Date, error) {
	r, err := h.receiptOf(ctx, no)
	if err != nil || r == nil {
		return 0, err
	}
	for _, x := range r.Residual {
		if x.Place == placeUndo {
			return x.Until, nil
		}
	}
	return r.AsOf.AddDays(h.Config.Purge.UndoDays), nil
}

// settleList destroys the key of a list first, so that nobody can take it back
// whatever happens then, and what was sealed with it after that.
func (h *House) settleList(ctx context.Context, list pipeline.PurgeList, asOf pipeline.Date) error {
	if err := h.destroyUndoKey(ctx, list.No); err != nil {
		return err
	}
	to, err := purge.Advance(list.State, purge.EventSettled)
	if err != nil {
		return err
	}
	act := audit.Act{
		At: pipeline.InstantOf(h.slot(asOf)), Actor: Purge, Action: audit.UndoKeyGone,
		Facts: audit.Facts{"list": list.No, "day": asOf.String()},
	}
	err = h.Store.Write(ctx, func(tx *store.Tx) error {
		if err := dropKept(ctx, tx, list.No); err != nil {
			return err
		}
		if _, err := tx.MovePurgeList(ctx, list.No, list.State, to, list.ReceiptNo); err != nil {
			return err
		}
		if err := tx.PutProgress(ctx, settledItem(list.No), store.Diff{Updated: 1}); err != nil {
			return err
		}
		if h.rehearsal {
			return nil
		}
		return tx.AppendAudit(ctx, act)
	})
	failpoint.Hit("purge-settled", "")
	if err != nil {
		return err
	}
	return h.Store.Hide(ctx)
}

// settledItem is a list whose window has ended, in the notes of the step's progress.
func settledItem(no int) string { return fmt.Sprint("list ", no) }

// expireGuard forgets deleted IDs at the end of their term, first in the ledger:
// a guard without a line is nothing, a line without a guard looks like a restore.
func (h *House) expireGuard(ctx context.Context, w *run.Work, asOf pipeline.Date) error {
	work, err := h.noted(ctx, "guard")
	if err != nil {
		return err
	}
	n := 0
	defer func() {
		n += work.sum.Deleted
		w.Add(run.Counts{Read: n, Applied: n})
	}()
	if guarded, err := h.Store.HasGuard(ctx); err != nil || !guarded {
		return err
	}
	if err := h.ledger().Expire(ctx, asOf); err != nil {
		return err
	}
	return h.Store.Write(ctx, func(tx *store.Tx) error {
		if n, err = tx.ExpireGuard(ctx, asOf); err != nil {
			return err
		}
		return work.with(ctx, tx, store.Diff{Deleted: n})
	})
}
