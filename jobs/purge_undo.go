package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/audit"
	"meibo/pipeline/failpoint"
	"meibo/pipeline/purge"
	"meibo/pipeline/store"
)

// UndoPurge takes an execution back within its window: the rows stand again as
// they were, byte by byte. It needs two different people and a reason. *ErrPurge
// is wrong use, among it a window that has ended and an ID that is there again.
func (h *House) UndoPurge(ctx context.Context, no int, by []string, reason string, asOf pipeline.Date) (r *purge.Receipt, err error) {
	if by, err = h.twoAccounts(ctx, by); err != nil {
		return nil, err
	}
	if reason, err = h.checkReason(ctx, reason); err != nil {
		return nil, err
	}
	err = h.alone(ctx, func(ctx context.Context) error {
		if _, _, err := h.resumePurge(ctx); err != nil {
			return err
		}
		day, err := h.workDay(ctx, asOf)
		if err != nil {
			return err
		}
		list, err := h.mayUndo(ctx, no, day)
		if err != nil {
			return err
		}
		done, err := h.receiptOf(ctx, no)
		if err != nil {
			return err
		}
		u := &undoing{House: h, list: list, done: done, day: day, by: by, reason: reason}
		r, err = u.do(ctx)
		return err
	})
	return r, err
}

func (h *House) mayUndo(ctx context.Context, no int, day pipeline.Date) (list pipeline.PurgeList, err error) {
	if list, err = h.purgeListOf(ctx, no); err != nil {
		return list, err
	}
	switch list.State {
	case purge.ListExecuted:
	case purge.ListSettled:
		return list, wrongPurge("一覧 %d の取消可能期間は終わり、取消用の鍵は廃棄済みです。取り消せません。", "the time to take list %d back is over, and the key for it is destroyed", no)
	default:
		return list, wrongPurge("一覧 %d は「%s」のため取り消せません。", "list %d is %s and cannot be taken back", no, list.State)
	}
	last, err := h.undoUntil(ctx, no)
	if err == nil && day > last {
		err = wrongPurge("一覧 %d の取消可能期間は %s に終わりました。", "list %d could be taken back until %s", no, last)
	}
	return list, err
}

// undoing is one execution being taken back.
type undoing struct {
	*House
	list   pipeline.PurgeList
	done   *purge.Receipt // of the execution
	day    pipeline.Date
	by     []string
	reason string
}

func (u *undoing) do(ctx context.Context) (*purge.Receipt, error) {
	no := u.list.No
	seal, err := u.sealer(no)
	if errors.Is(err, ErrUndoKey) {
		return nil, wrongPurge("一覧 %d の取消用の鍵がないため、取り消せません。", "the key to take list %d back is gone", no)
	}
	if err != nil {
		return nil, err
	}
	to, err := purge.Advance(u.list.State, purge.EventUndone)
	if err != nil {
		return nil, err
	}
	act, _, err := u.act(audit.PurgeUndone, u.by[0], nil)
	if err != nil {
		return nil, err
	}
	r, err := u.receipt(act.At)
	if err != nil {
		return nil, err
	}
	// Before the ledger says that it is undone: after a restore nobody would be
	// deleted again by it.
	if err := u.possible(ctx, seal); err != nil {
		return nil, err
	}
	if err := u.sign(ctx, act); err != nil {
		return nil, err
	}
	if err := u.ledgerUndone(no, u.day); err != nil {
		return nil, err
	}
	failpoint.Hit("purge-undo-ledger", "")
	err = u.Store.Write(ctx, func(tx *store.Tx) error {
		if err := u.signed(ctx); err != nil {
			return err
		}
		if err := u.putBack(ctx, tx, seal); err != nil {
			return err
		}
		if err := errors.Join(tx.DropPlan(ctx, no), tx.DropUndo(ctx, no)); err != nil {
			return err
		}
		if err := u.putReceipt(ctx, tx, r); err != nil {
			return err
		}
		if _, err := tx.MovePurgeList(ctx, no, u.list.State, to, r.No); err != nil {
			return err
		}
		act.Facts = audit.Facts{"list": no, "by": u.by, "receipt": r.No, "receipt_hash": r.Hash, "day": u.day.String()}
		return tx.AppendAudit(ctx, act)
	})
	if err != nil {
		return nil, err
	}
	failpoint.Hit("purge-undone", "")
	return r, errors.Join(u.destroyUndoKey(no), u.writeReceiptFiles(ctx, r))
}

// possible reports with *ErrPurge that somebody of the list is in the register
// again, or was deleted once more by a later list, which stands.
func (u *undoing) possible(ctx context.Context, seal *sealer) error {
	parts, err := u.Store.UndoCounts(ctx, u.list.No)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if p.Persons == 0 {
			continue
		}
		rows, err := u.openPart(ctx, seal, u.list.No, p.Part)
		if err != nil {
			return err
		}
		if _, err := u.free(ctx, rows); err != nil {
			return err
		}
	}
	return nil
}

// free are the surrogates of the persons in a part, all of whom may come back.
func (u *undoing) free(ctx context.Context, rows []store.Rows) (hmacs []string, err error) {
	k, err := u.auditKeys()
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, t := range tracedIn(rows) {
		ids, hmacs = append(ids, t.ID), append(hmacs, k.surrogates.Surrogate("agent", t.ID))
	}
	there, err := u.Store.Agents(ctx, ids)
	if err != nil {
		return nil, err
	}
	if len(there) > 0 {
		return nil, wrongPurge("削除した募集人ID のうち %d 件がすでに登録簿に戻っているため、取り消せません。", "%d of the deleted IDs are in the register again: the execution cannot be taken back", len(there))
	}
	guarded, err := u.Store.Guarded(ctx, hmacs)
	if err != nil {
		return nil, err
	}
	for _, g := range guarded {
		if g.ListNo != u.list.No {
			return nil, wrongPurge("削除した募集人ID が、後の一覧 %d で再び削除されているため、取り消せません。先に一覧 %d を取り消してください。",
				"some of the deleted IDs were deleted again by list %d, which stands: list %d has to be taken back first", g.ListNo, g.ListNo)
		}
	}
	return hmacs, nil
}

// putBack opens part after part and puts its rows back, the newest first: a row of
// another may have been redacted twice. Of rows of others, those come back that the
// nights since have not made anew, and texts that say what redacting left.
func (u *undoing) putBack(ctx context.Context, tx *store.Tx, seal *sealer) error {
	parts, err := u.Store.UndoCounts(ctx, u.list.No)
	if err != nil {
		return err
	}
	for _, p := range slices.Backward(parts) {
		rows, err := u.openPart(ctx, seal, u.list.No, p.Part)
		if err != nil {
			return err
		}
		if p.Persons == 0 {
			if _, err := tx.Restore(ctx, rows); err != nil {
				return err
			}
			continue
		}
		hmacs, err := u.free(ctx, rows)
		if err != nil {
			return err
		}
		if err := errors.Join(tx.PutBack(ctx, rows), tx.DropGuard(ctx, hmacs)); err != nil {
			return err
		}
	}
	return nil
}

// receipt is the proof that an execution was taken back: who, when and how much.
func (u *undoing) receipt(at pipeline.Instant) (*purge.Receipt, error) {
	_, settings, err := u.rulesOn(u.day)
	if err != nil {
		return nil, err
	}
	return &purge.Receipt{
		Kind: purge.ReceiptUndone, ListNo: u.list.No, AsOf: u.day, RuleVersion: settings.Version, ListHash: u.list.Hash,
		Persons: u.done.Persons, RowsDeleted: u.done.RowsDeleted, Approvers: u.by, StartedAt: at,
		FinishedAt: pipeline.InstantOf(u.o.Now()), Version: u.o.Version, ConfigHash: u.configHash(u.day),
	}, nil
}

// sign notes the two people and their reason as approvals of what they take
// back: of the receipt. It is done by the account of those who approve, before
// anything is put back, for the account that executes cannot sign. Who signed in
// an attempt that was cut short has signed.
func (u *undoing) sign(ctx context.Context, act audit.Act) error {
	return u.storeOf(ctx, u.Config.ReviewDB, func(s *store.Store) error {
		missing, err := u.unsigned(ctx, s)
		if err != nil || len(missing) == 0 {
			return err
		}
		return s.Write(ctx, func(tx *store.Tx) error {
			for _, by := range missing {
				err := tx.Approve(ctx, store.Approval{
					ListNo: u.list.No, ListHash: u.done.Hash, By: by, At: act.At, ExpiresOn: u.day, SystemUser: act.SystemUser, Reason: u.reason,
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// unsigned are those of the two people who have not signed for the receipt.
func (u *undoing) unsigned(ctx context.Context, s *store.Store) ([]string, error) {
	all, err := s.Approvals(ctx, u.list.No)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(u.by), func(by string) bool {
		return slices.ContainsFunc(all, func(a store.Approval) bool { return a.By == by && a.ListHash == u.done.Hash })
	}), nil
}

// signed is an error unless both signatures stand in the database that is to
// get its rows back.
func (u *undoing) signed(ctx context.Context) error {
	missing, err := u.unsigned(ctx, u.Store)
	if err == nil && len(missing) > 0 {
		err = fmt.Errorf("take list %d back: %d of %d signatures are not in this database", u.list.No, len(missing), len(u.by))
	}
	return err
}
