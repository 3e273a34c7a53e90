package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"meibo/pipeline/purge"
)

// ErrRestored says that the database is older than what is known outside of it:
// it was brought back from a backup, and persons who were deleted since may be
// in it. Nothing but status, check and purge replay may work on it.
type ErrRestored struct {
	Parts    int `json:"parts"`    // of executions that it does not know
	Events   int `json:"events"`   // of the audit chain that it has lost, as far as known
	Receipts int `json:"receipts"` // that it has lost, as far as known
}

func (e *ErrRestored) Error() string {
	return fmt.Sprintf("the database was restored: it does not know %d parts of executed purges, %d audit events and %d receipts", e.Parts, e.Events, e.Receipts)
}

// ErrTooOld says that the backup is older than the ledger reaches: who was
// deleted in between is no longer known.
var ErrTooOld = errors.New("the backup is older than the purge ledger reaches")

// beyond is how the database stands to what is known outside of it.
type beyond struct {
	told    *reckoning    // the ledger
	missing []deletion    // executed, and the database does not know it
	untold  []ledgerEntry // lines of executions that the database knows, and the ledger has lost
	undone  []deletion    // taken back, and the database does not know it
	events  int           // of the audit chain that the database has lost
	inDB    int           // number of its newest receipt
	known   int           // number of the newest receipt ledger and state_dir know of
}

// behind is *ErrRestored for a database that was brought back from a backup. That
// it does not know of an execution that was taken back is no sign of it by
// itself: the line comes before the transaction, which may never have happened.
func (o *beyond) behind() error {
	lost := max(0, o.known-o.inDB)
	if len(o.missing) == 0 && o.events == 0 && lost == 0 {
		return nil
	}
	return &ErrRestored{Parts: len(o.missing), Events: o.events, Receipts: lost}
}

// InOrder returns *ErrRestored for a database that was brought back from a
// backup and not put in order by Replay since.
func (h *House) InOrder(ctx context.Context) error {
	o, err := h.beyond(ctx)
	if err != nil {
		return err
	}
	return o.behind()
}

// beyond compares the database with the ledger, the checkpoints and the receipts
// in state_dir.
func (h *House) beyond(ctx context.Context) (o beyond, err error) {
	all, err := h.ledger().Entries()
	if err != nil {
		return o, err
	}
	told := reckoned(all)
	o.told = told
	if o.missing, err = h.unknownParts(ctx, told.parts); err != nil {
		return o, err
	}
	if o.undone, err = h.stillExecuted(ctx, told.undone); err != nil {
		return o, err
	}
	if o.untold, err = h.untold(ctx, told); err != nil {
		return o, err
	}
	if o.events, err = h.lostEvents(ctx); err != nil {
		return o, err
	}
	if o.known, err = highestReceipt(h.state, h.own(receiptsFolder)); err != nil {
		return o, err
	}
	if told.receipt != "" {
		n, err := receiptNumber(told.receipt)
		if err != nil {
			return o, fmt.Errorf("%w: %w", ErrLedger, err)
		}
		o.known = max(o.known, n)
	}
	newest, found, err := h.Store.LastReceipt(ctx)
	if err == nil && found {
		o.inDB, err = receiptNumber(newest.No)
	}
	return o, err
}

// untold are the lines that a ledger which was lost or cut needs to tell of all
// that the database knows as deleted: the guard holds the same surrogates.
func (h *House) untold(ctx context.Context, told *reckoning) (lines []ledgerEntry, err error) {
	receipts, err := h.Store.ReceiptsAfter(ctx, purge.ReceiptPurge, told.forgotten)
	receipts = slices.DeleteFunc(receipts, func(r purge.Receipt) bool { return told.tells(&r) })
	if err != nil || len(receipts) == 0 {
		return nil, err
	}
	known := map[string]bool{}
	for _, p := range told.parts {
		for _, id := range p.IDs {
			known[id] = true
		}
	}
	for i := range receipts {
		r := &receipts[i]
		rows, err := h.Store.GuardedBy(ctx, r.ListNo, r.AsOf)
		if err != nil {
			return nil, err
		}
		line := ledgerEntry{Kind: lineExecuted, ListNo: r.ListNo, Part: told.newestPart(r.ListNo) + 1, On: r.AsOf}
		for _, g := range rows {
			if !known[g.IDHMAC] {
				line.IDs, line.KeepUntil = append(line.IDs, g.IDHMAC), max(line.KeepUntil, g.KeepUntil)
			}
		}
		if len(line.IDs) > 0 {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// lostEvents is how many events of the chain the newest checkpoint has signed
// and the database does not hold. A chain that is another one but long enough
// was tampered with, which audit verify tells.
func (h *House) lostEvents(ctx context.Context) (int, error) {
	lines, err := h.checkpoints()
	if err != nil || len(lines) == 0 {
		return 0, err
	}
	head, err := h.Store.AuditHead(ctx)
	return max(0, newestCount(lines)-head.Count), err
}

// unknownParts are those of the parts that the database does not know. The newest
// one is unknown while its list is being executed, too: its transaction comes
// after its line, and is done again when the execution goes on.
func (h *House) unknownParts(ctx context.Context, parts []deletion) (missing []deletion, err error) {
	newest, err := h.Store.NewestDone(ctx, Nightly)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		if len(p.IDs) == 0 || p.KeepUntil < newest { // nobody, or nobody is to be known any more
			continue
		}
		known, err := h.knows(ctx, p)
		if err != nil {
			return nil, err
		}
		if known {
			continue
		}
		missing = append(missing, p)
	}
	return missing, nil
}

// knows reports whether the database knows of a part: a part is one transaction, so
// that the guard of any of its IDs tells. Of one whose IDs were all let in again
// its list does.
func (h *House) knows(ctx context.Context, p deletion) (bool, error) {
	if ids := p.guarded(); len(ids) > 0 {
		known, err := h.Store.Guarded(ctx, ids[:1])
		if err != nil || len(known) > 0 && known[0].PurgedOn >= p.On {
			return err == nil, err
		}
	} else if known, err := h.Store.Guarded(ctx, p.letIn); err != nil || len(known) > 0 { // from before they were let in
		return err == nil, err
	}
	list, _, err := h.Store.PurgeList(ctx, p.ListNo)
	switch {
	case err != nil:
		return false, err
	case p.newest && list.State == purge.ListExecuting:
		return true, nil
	}
	after := []string{purge.ListExecuting, purge.ListExecuted, purge.ListSettled}
	if !p.undone.IsZero() {
		after = []string{purge.ListUndone}
	}
	return len(p.guarded()) == 0 && slices.Contains(after, list.State), nil
}

// stillExecuted are those of the parts that were taken back of which the database
// only knows that they were executed.
func (h *House) stillExecuted(ctx context.Context, undone []deletion) (out []deletion, err error) {
	for _, p := range undone {
		guarded, err := h.guardedBy(ctx, p)
		if err != nil {
			return nil, err
		}
		if len(guarded) > 0 {
			out = append(out, p)
		}
	}
	return out, nil
}

// guardedBy are the surrogates of a part that are guarded by its very execution,
// but for those whom taking it back did not bring back.
func (h *House) guardedBy(ctx context.Context, p deletion) (out []string, err error) {
	rows, err := h.Store.Guarded(ctx, without(p.IDs, p.out))
	for _, g := range rows {
		if g.ListNo == p.ListNo && g.PurgedOn == p.On {
			out = append(out, g.IDHMAC)
		}
	}
	return out, err
}

// heal brings the outside up to a database that is in order: an undo whose process
// was killed between the ledger and the database did not happen, a ledger that lost
// lines gets them back, and the newest receipt of a process that was killed right
// behind its commit gets its files.
func (h *House) heal(ctx context.Context, o beyond) error {
	if h.rehearsal {
		return nil
	}
	for _, p := range o.undone {
		e := ledgerEntry{Kind: lineExecuted, ListNo: p.ListNo, Part: p.Part, On: p.On, KeepUntil: p.KeepUntil, IDs: p.guarded()}
		if err := h.ledger().Append(ctx, e); err != nil {
			return err
		}
	}
	for _, line := range o.untold {
		h.o.Log.Warn("the purge ledger was lost or cut: noted again from the guard", "list", line.ListNo, "persons", len(line.IDs))
		if err := h.ledger().Append(ctx, line); err != nil {
			return err
		}
	}
	if o.inDB <= o.known {
		return nil
	}
	newest, found, err := h.Store.LastReceipt(ctx)
	if err != nil || !found {
		return err
	}
	if err := h.writeReceiptFiles(ctx, &newest); err != nil || newest.Kind != purge.ReceiptUndone {
		return err
	}
	return h.signChain(ctx, newest.AsOf, "")
}
