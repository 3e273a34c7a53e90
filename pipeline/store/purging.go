package store

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"meibo/pipeline"
	"meibo/pipeline/purge"
)

// ErrTwice says that the same person already approved this very list.
var ErrTwice = errors.New("approved by the same person before")

// ErrNobody says that the register holds nobody of that ID, or nobody any more.
var ErrNobody = errors.New("the register holds nobody of that ID")

// AddHold adds a hold with the next number of its person, which it returns;
// ErrNobody if there is none to hold. A transaction that has locked the person by
// LockAgents is waited for, and what became of them by it is what counts.
func (tx *Tx) AddHold(ctx context.Context, h Hold) (int, error) {
	before, err := lookup(ctx, tx.tx, holdsTable, "agent_id", []string{h.AgentID})
	if err != nil {
		return 0, err
	}
	h.No = len(before) + 1 // holds are released, never removed but with their person
	n, err := addBeside(ctx, tx, holdsTable, &h, agentsTable.Table, h.AgentID)
	switch {
	case err != nil && tx.dialect.duplicate(err):
		err = fmt.Errorf("%w: %w", errRace, err) // to be numbered anew
	case err == nil && n == 0:
		err = ErrNobody
	}
	if err != nil {
		return 0, fmt.Errorf("add hold: %w", err)
	}
	return h.No, nil
}

// LockAgents lets nobody hold or change these people until the transaction ends. It
// comes before anything is read in it, so that all who held them earlier are seen.
func (tx *Tx) LockAgents(ctx context.Context, ids []string) error {
	_, err := lookupThen(ctx, tx.tx, agentsTable, "agent_id", ids, tx.dialect.lock())
	return err
}

// ReleaseHold notes the release of a hold; false if no such hold stands. A
// release by void, whose word counts no more, is taken for none.
func (tx *Tx) ReleaseHold(ctx context.Context, h Hold, void string) (bool, error) {
	n, err := affected(tx.tx.ExecContext(ctx,
		"UPDATE holds SET released_on = ?, released_by = ?, release_reason = ? WHERE agent_id = ? AND hold_no = ? AND (released_on IS NULL OR released_by = ?)",
		h.ReleasedOn.String(), h.ReleasedBy, h.ReleaseReason, h.AgentID, h.No, void))
	if err != nil {
		return false, fmt.Errorf("release hold %d: %w", h.No, err)
	}
	return n > 0, nil
}

// Holds returns all holds of these persons, released ones too, in key order.
func (s *Store) Holds(ctx context.Context, agentIDs []string) ([]Hold, error) {
	return lookup(ctx, s.db, holdsTable, "agent_id", agentIDs)
}

// HoldsReleasedBy returns the holds that these accounts released, in key order
// for each thousand of them.
func (s *Store) HoldsReleasedBy(ctx context.Context, accounts []string) ([]Hold, error) {
	return lookup(ctx, s.db, holdsTable, "released_by", accounts)
}

// StandingHolds streams the holds that nobody released, in key order.
func (s *Store) StandingHolds(ctx context.Context) iter.Seq2[*Hold, error] {
	return stream(ctx, s.db, holdsTable, holdsTable.ordered("WHERE released_on IS NULL"))
}

// StandingHolds is the same for some persons, as this transaction sees it: see
// LockAgents.
func (tx *Tx) StandingHolds(ctx context.Context, agentIDs []string) ([]Hold, error) {
	all, err := lookup(ctx, tx.tx, holdsTable, "agent_id", agentIDs)
	var out []Hold
	for _, h := range all {
		if h.ReleasedOn.IsZero() {
			out = append(out, h)
		}
	}
	return out, err
}

// Approve notes one person's approval of a list; ErrTwice if the same person
// approved the same content before, which the table's key refuses.
func (tx *Tx) Approve(ctx context.Context, a Approval) error {
	w := writer{table: approvalMapping.Table}
	if err := w.add(approvalMapping.fields(&a)); err != nil {
		return err
	}
	err := tx.exec(ctx, w.table.insert(1), w.args)
	switch {
	case err != nil && tx.dialect.duplicate(err):
		return ErrTwice
	case err != nil:
		return fmt.Errorf("approve list %d: %w", a.ListNo, err)
	}
	return nil
}

// Approvals returns who approved a list, by content and person.
func (s *Store) Approvals(ctx context.Context, listNo int) ([]Approval, error) {
	return collect(stream(ctx, s.db, approvalMapping, approvalMapping.ordered("WHERE list_no = ?"), listNo))
}

// PurgeList returns the head of one list, and false if there is no such list.
func (s *Store) PurgeList(ctx context.Context, no int) (pipeline.PurgeList, bool, error) {
	return one(stream(ctx, s.db, purgeListsTable, purgeListsTable.query("WHERE list_no = ?"), no))
}

// ApprovePurgeList moves a list on, or leaves it in its state, by its approvals,
// which readers see as JSON; false if it was no longer in the state from.
func (tx *Tx) ApprovePurgeList(ctx context.Context, no int, from, to, approvals string) (bool, error) {
	return tx.movePurgeList(ctx, no, from, to, "approvals", approvals)
}

// AddPurgeList adds the head of a list; one with its number is an error.
func (tx *Tx) AddPurgeList(ctx context.Context, l pipeline.PurgeList) error {
	if err := add(ctx, tx, purgeListsTable, &l); err != nil {
		return fmt.Errorf("add list %d: %w", l.No, err)
	}
	return nil
}

// MovePurgeList moves a list on in its execution and after; false if it was no
// longer in the state from.
func (tx *Tx) MovePurgeList(ctx context.Context, no int, from, to, receiptNo string) (bool, error) {
	return tx.movePurgeList(ctx, no, from, to, "receipt_no", receiptNo)
}

func (tx *Tx) movePurgeList(ctx context.Context, no int, from, to, column, value string) (bool, error) {
	now, found, err := one(stream(ctx, tx.tx, purgeListsTable, purgeListsTable.query("WHERE list_no = ?"), no))
	if err != nil || !found || now.State != from {
		return false, err
	}
	_, err = tx.tx.ExecContext(ctx,
		"UPDATE purge_lists SET state = ?, "+column+" = ? WHERE list_no = ? AND state = ?", to, value, no, from)
	if err != nil {
		return false, fmt.Errorf("move list %d to %s: %w", no, to, err)
	}
	return true, nil
}

// ReplacePurgeList moves a list on that later ones took the place of, and removes
// its rows and what was noted of their changes; false if it was no longer in the
// state from.
func (tx *Tx) ReplacePurgeList(ctx context.Context, l pipeline.PurgeList, to string) (bool, error) {
	moved, err := tx.MovePurgeList(ctx, l.No, l.State, to, l.ReceiptNo)
	if err != nil || !moved {
		return false, err
	}
	for _, t := range []Table{purgeListTable.Table, changesTable.Table} {
		if _, err := tx.tx.ExecContext(ctx, "DELETE FROM "+quote(t.Name)+" WHERE list_no = ?", l.No); err != nil {
			return false, fmt.Errorf("remove list %d from %s: %w", l.No, t.Name, err)
		}
	}
	return true, nil
}

// FirstListedAs returns the day of the first of the lists on which the person's
// row has stood, without a break up to the list no, in the state it has there;
// zero if it is not on it.
func (s *Store) FirstListedAs(ctx context.Context, agentID string, no int, same func(a, b *pipeline.PurgeRow) bool) (pipeline.Date, error) {
	rows, err := s.PurgeRowsOf(ctx, agentID)
	if err != nil {
		return 0, err
	}
	var day pipeline.Date
	var last *pipeline.PurgeRow
	for i := len(rows) - 1; i >= 0; i-- {
		r := &rows[i]
		if r.ListNo > no {
			continue
		}
		if last == nil && r.ListNo != no || last != nil && (r.ListNo != last.ListNo-1 || !same(r, last)) {
			break
		}
		head, _, err := s.PurgeList(ctx, r.ListNo)
		if err != nil {
			return 0, err
		}
		day, last = head.AsOf, r
	}
	return day, nil
}

// PurgeChanges streams what changed from the list before, in order of ID. The
// value is reused.
func (s *Store) PurgeChanges(ctx context.Context, listNo int) iter.Seq2[*purge.Change, error] {
	return stream(ctx, s.db, changesTable, changesTable.ordered("WHERE list_no = ?"), listNo)
}

// PutPlan adds rows to a plan, or replaces them.
func (tx *Tx) PutPlan(ctx context.Context, rows []PlanRow) error {
	return put(ctx, tx, planTable, rows, planTable.values())
}

// Plan streams the plan of a list in order of ID. The value is reused.
func (s *Store) Plan(ctx context.Context, listNo int) iter.Seq2[*PlanRow, error] {
	return stream(ctx, s.db, planTable, planTable.ordered("WHERE list_no = ?"), listNo)
}

// NextPlanned returns at most limit rows of a plan that are still to be deleted,
// in order of ID.
func (s *Store) NextPlanned(ctx context.Context, listNo, limit int) ([]PlanRow, error) {
	return collect(stream(ctx, s.db, planTable,
		planTable.query("WHERE list_no = ? AND state = ? ORDER BY agent_id LIMIT ?"), listNo, purge.PlanPlanned, limit))
}

// PlanCounts counts the rows of a plan by state and code.
func (s *Store) PlanCounts(ctx context.Context, listNo int) (map[[2]string]int, error) {
	out := map[[2]string]int{}
	for r, err := range s.Plan(ctx, listNo) {
		if err != nil {
			return nil, err
		}
		out[[2]string{r.State, r.Code}]++
	}
	return out, nil
}

// DropPlan removes the rows of a plan in one of the states, or all of them: what
// was deleted must not stay known by its ID.
func (tx *Tx) DropPlan(ctx context.Context, listNo int, states ...string) error {
	where, args := "", []any{listNo}
	if len(states) > 0 {
		where = " AND state IN (" + marks(len(states)) + ")"
		args = append(args, anys(states)...)
	}
	_, err := tx.tx.ExecContext(ctx, "DELETE FROM purge_plan WHERE list_no = ?"+where, args...)
	if err != nil {
		return fmt.Errorf("drop the plan of list %d: %w", listNo, err)
	}
	return nil
}

// PutUndo adds a part of what an execution deleted, or replaces it.
func (tx *Tx) PutUndo(ctx context.Context, parts ...UndoPart) error {
	return put(ctx, tx, undoTable, parts, undoTable.values())
}

// Undo streams the parts of a list's execution in their order. The value is reused.
func (s *Store) Undo(ctx context.Context, listNo int) iter.Seq2[*UndoPart, error] {
	return stream(ctx, s.db, undoTable, undoTable.ordered("WHERE list_no = ?"), listNo)
}

// DropUndo removes what would be needed to take an execution back.
func (tx *Tx) DropUndo(ctx context.Context, listNo int) error {
	if _, err := tx.tx.ExecContext(ctx, "DELETE FROM purge_undo WHERE list_no = ?", listNo); err != nil {
		return fmt.Errorf("drop the parts of list %d: %w", listNo, err)
	}
	return nil
}

// PutGuard guards purged IDs against coming back.
func (tx *Tx) PutGuard(ctx context.Context, rows []Guarded) error {
	return put(ctx, tx, guardTable, rows, guardTable.values())
}

// DropGuard lets these IDs come back.
func (tx *Tx) DropGuard(ctx context.Context, hmacs []string) error {
	_, err := deleteKeys(ctx, tx, guardTable.Table, anys(hmacs))
	return err
}

// ExpireGuard removes the IDs whose last day is before asOf, and counts them.
func (tx *Tx) ExpireGuard(ctx context.Context, asOf pipeline.Date) (int, error) {
	n, err := affected(tx.tx.ExecContext(ctx, "DELETE FROM purge_guard WHERE keep_until < ?", asOf.String()))
	if err != nil {
		return 0, fmt.Errorf("expire guarded IDs: %w", err)
	}
	return int(n), nil
}

// Guarded returns those of the HMACs that are guarded, in order.
func (s *Store) Guarded(ctx context.Context, hmacs []string) ([]Guarded, error) {
	return lookup(ctx, s.db, guardTable, "id_hmac", hmacs)
}

// GuardedBy returns the guarded IDs of the list that was executed on a day.
func (s *Store) GuardedBy(ctx context.Context, listNo int, on pipeline.Date) ([]Guarded, error) {
	return collect(stream(ctx, s.db, guardTable, guardTable.ordered("WHERE list_no = ? AND purged_on = ?"), listNo, on.String()))
}

// HasGuard reports whether any ID is guarded at all: most nights, none is.
func (s *Store) HasGuard(ctx context.Context) (bool, error) {
	_, found, err := one(stream(ctx, s.db, guardTable, guardTable.query("ORDER BY id_hmac LIMIT 1")))
	return found, err
}

// PutReceipt adds a receipt; one with its number is an error.
func (tx *Tx) PutReceipt(ctx context.Context, r purge.Receipt) error {
	w := writer{table: receiptMapping.Table}
	if err := w.add(receiptMapping.fields(&r)); err != nil {
		return err
	}
	if err := tx.exec(ctx, w.table.insert(1), w.args); err != nil {
		return fmt.Errorf("put receipt %s: %w", r.No, err)
	}
	return nil
}

// Receipts returns all receipts in order of number.
func (s *Store) Receipts(ctx context.Context) ([]purge.Receipt, error) {
	return collect(stream(ctx, s.db, receiptMapping, receiptMapping.ordered("")))
}

// ReceiptsAfter returns the receipts of one kind of the days after one.
func (s *Store) ReceiptsAfter(ctx context.Context, kind string, day pipeline.Date) ([]purge.Receipt, error) {
	return collect(stream(ctx, s.db, receiptMapping, receiptMapping.ordered("WHERE kind = ? AND as_of > ?"), kind, day.String()))
}

// LastReceipt returns the newest receipt, and false before the first.
func (s *Store) LastReceipt(ctx context.Context) (purge.Receipt, bool, error) {
	return one(stream(ctx, s.db, receiptMapping, receiptMapping.query("ORDER BY receipt_no DESC LIMIT 1")))
}

// LastReceipt is the same as the transaction sees it.
func (tx *Tx) LastReceipt(ctx context.Context) (purge.Receipt, bool, error) {
	return one(stream(ctx, tx.tx, receiptMapping, receiptMapping.query("ORDER BY receipt_no DESC LIMIT 1")))
}

// ErrReading says that others read the database, for whom its log still keeps
// what was deleted.
var ErrReading = errors.New("somebody reads the database: try again when they have ended")

// Hide forgets for good what SQLite may still keep of deleted rows in its log.
// A server does so by itself, at the end of its own terms. For those who read it
// waits as often as for a busy database, ten seconds each time; then ErrReading.
func (s *Store) Hide(ctx context.Context) error {
	if s.Dialect() != "sqlite" {
		return nil
	}
	err := s.retry(ctx, func() error {
		var busy, pages, moved int // that somebody reads is no error of the statement
		err := s.db.QueryRowxContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved)
		if err == nil && busy != 0 {
			err = ErrReading
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("truncate the log of %s: %w", s.address, err)
	}
	return nil
}
