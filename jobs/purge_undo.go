package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/audit"
	"meibo/pipeline/failpoint"
	"meibo/pipeline/intake"
	"meibo/pipeline/purge"
	"meibo/pipeline/store"
)

// ErrStays says that some persons of a list cannot come back, so that nothing was
// taken back: two people who sign for a list have to know whom it leaves out.
type ErrStays struct {
	ListNo  int
	Persons []Stays // in order of ID
}

func (e *ErrStays) Error() string {
	return fmt.Sprintf("%d persons of list %d cannot come back; nothing was taken back", len(e.Persons), e.ListNo)
}

// UndoPurge takes an execution back within its window: the rows stand again as
// they were, byte by byte. It needs two different people and a reason. Where
// somebody cannot come back, who is in the register again or was deleted once more
// since, it is *ErrStays, unless except names just these: then all others come
// back. *ErrPurge is wrong use, among it a window that has ended.
func (h *House) UndoPurge(ctx context.Context, no int, by []string, reason string, asOf pipeline.Date, except ...string) (r *purge.Receipt, err error) {
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
		u := &undoing{House: h, list: list, done: done, day: day, by: by, reason: reason, except: idsGiven(except)}
		r, err = u.do(ctx)
		return err
	})
	return r, err
}

// idsGiven are 募集人ID as they were typed, in their one form, sorted, each once.
func idsGiven(typed []string) []string {
	out := make([]string, len(typed))
	for i := range typed {
		out[i] = intake.AgentID(typed[i])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (h *House) mayUndo(ctx context.Context, no int, day pipeline.Date) (list pipeline.PurgeList, err error) {
	if list, err = h.purgeListOf(ctx, no); err != nil {
		return list, err
	}
	last, err := h.undoUntil(ctx, no)
	if err != nil {
		return list, err
	}
	switch {
	case list.State == purge.ListExecuted && day > last:
		err = wrongPurge("一覧 %d の取消可能期間は %s に終わりました。", "list %d could be taken back until %s", no, last)
	case list.State == purge.ListExecuted:
	case list.State != purge.ListSettled:
		err = wrongPurge("一覧 %d は「%s」のため取り消せません。", "list %d is %s and cannot be taken back", no, list.State)
	case day > last && last > 0:
		err = wrongPurge("一覧 %d の取消可能期間は %s に終わり、取消用の鍵は廃棄済みです。取り消せません。", "the time to take list %d back ended on %s, and the key for it is destroyed", no, last)
	default: // within its window only a replay settles a list
		err = wrongPurge("一覧 %d で削除した人は、データベースの復元後に meibo purge replay で削除し直しました。取消用の控えは復元で失われたため、取り消せません。",
			"who was on list %d was deleted again after a restore, in which what could be put back was lost", no)
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
	except []string // IDs of those who shall stay out
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
	back := &puttingBack{House: u.House, no: no, seal: seal, stays: u.except}
	if back.inv, err = store.LoadInventory(); err != nil {
		return nil, err
	}
	// Before the ledger says that it is undone: after a restore nobody would be
	// deleted again by it.
	if err := u.possible(ctx, back); err != nil {
		return nil, err
	}
	if err := u.sign(ctx, act); err != nil {
		return nil, err
	}
	if err := u.toLedger(ctx); err != nil {
		return nil, err
	}
	failpoint.Hit("purge-undo-ledger", "")
	var r *purge.Receipt
	err = u.Store.Write(ctx, func(tx *store.Tx) error {
		if err := u.signed(ctx); err != nil {
			return err
		}
		came, err := back.into(ctx, tx)
		if err != nil {
			return err
		}
		if r, err = u.receipt(act.At, came); err != nil {
			return err
		}
		if err := dropKept(ctx, tx, no); err != nil {
			return err
		}
		if err := u.putReceipt(ctx, tx, r); err != nil {
			return err
		}
		if _, err := tx.MovePurgeList(ctx, no, u.list.State, to, r.No); err != nil {
			return err
		}
		act.Facts = audit.Facts{"list": no, "by": u.by, "receipt": r.No, "receipt_hash": r.Hash, "day": u.day.String()}
		if len(u.except) > 0 {
			act.Facts["stay"] = len(u.except)
		}
		return tx.AppendAudit(ctx, act)
	})
	if err != nil {
		return nil, err
	}
	failpoint.Hit("purge-undone", "")
	if err := u.writeReceiptFiles(ctx, r); err != nil {
		return r, err
	}
	// The key stays until the window ends: a backup from between execution and
	// undo holds these persons under it alone.
	return r, u.signChain(ctx, u.day, "")
}

// toLedger notes that the list is taken back, and but for whom.
func (u *undoing) toLedger(ctx context.Context) error {
	k, err := u.auditKeys()
	if err != nil {
		return err
	}
	var out []string
	for _, id := range u.except {
		out = append(out, k.surrogates.Surrogate(kindAgent, id))
	}
	slices.Sort(out)
	return u.ledgerUndone(ctx, u.list.No, u.day, out)
}

// possible checks that all who are to come back can: *ErrStays names those who
// cannot and were not left out, *ErrPurge refuses to leave out anybody else.
func (u *undoing) possible(ctx context.Context, back *puttingBack) error {
	cannot, err := back.obstacles(ctx)
	if err != nil {
		return err
	}
	named := make([]string, len(cannot))
	for i := range cannot {
		named[i] = cannot[i].AgentID
	}
	switch {
	case len(without(named, u.except)) > 0:
		return &ErrStays{u.list.No, cannot}
	case len(without(u.except, named)) > 0:
		return wrongPurge("--except には、戻せない人の募集人ID だけを指定してください（%d 人は、戻せる人か、一覧 %d で削除した人ではありません）。",
			"%d of the IDs to leave out can come back, or are not on list %d", len(without(u.except, named)), u.list.No)
	case len(named) > 0 && len(named) == total(u.done.Persons):
		return wrongPurge("一覧 %d で削除した人は全員、登録簿に戻っているか、後の一覧で再び削除されているため、取り消すものがありません。",
			"everybody on list %d is in the register again or was deleted once more: there is nothing to take back", u.list.No)
	}
	return nil
}

// receipt is the proof that an execution was taken back: who, when and how much.
func (u *undoing) receipt(at pipeline.Instant, came putBackCounts) (*purge.Receipt, error) {
	_, settings, err := u.rulesOn(u.day)
	if err != nil {
		return nil, err
	}
	var left []purge.Residual
	if len(u.except) > 0 {
		left = append(left, purge.Residual{Place: purge.NoteStayed, Files: len(u.except)})
	}
	if came.Written > 0 {
		left = append(left, purge.Residual{Place: purge.NoteWritten, Files: came.Written})
	}
	config, err := u.configHash(u.day)
	if err != nil {
		return nil, err
	}
	return &purge.Receipt{
		Kind: purge.ReceiptUndone, ListNo: u.list.No, AsOf: u.day, RuleVersion: settings.Version, ListHash: u.list.Hash,
		Persons: counted(came.Persons), RowsDeleted: countedRows(came.Rows, came.Redacted), Approvers: u.by, StartedAt: at,
		FinishedAt: pipeline.InstantOf(u.o.Now()), Version: u.o.Version, ConfigHash: config, Residual: left,
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
