package store

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"meibo/pipeline/audit"
	"meibo/pipeline/run"
)

var auditTable = mapping[audit.Event]{
	Table{Name: "audit_events", Key: 1, Columns: []Column{
		col("seq", 0), col("at", maxInstant), col("actor", maxWho), col("system_user", maxWho), col("action", maxKind),
		col("object", maxHash), col("payload", 0), col("prev", maxHash), col("hash", maxHash),
	}},
	func(e *audit.Event) []field {
		return []field{
			integer[int]{&e.Seq},
			instant{&e.At},
			(*text)(&e.Actor), (*text)(&e.SystemUser), (*text)(&e.Action),
			(*text)(&e.Object), (*text)(&e.Payload), (*text)(&e.Prev), (*text)(&e.Hash),
		}
	},
}

// errRace says that another transaction took the next number of the audit
// chain first: the whole transaction is to be done again behind it.
var errRace = errors.New("another row came first")

// AppendAudit adds acts to the audit chain, in the transaction that does what
// they tell of. The numbers have no gap: who reads the head and is overtaken
// meets its key when it writes, and Write does the whole transaction again.
func (tx *Tx) AppendAudit(ctx context.Context, acts ...audit.Act) error {
	if len(acts) == 0 {
		return nil
	}
	head, err := auditHead(ctx, tx.tx)
	if err != nil {
		return err
	}
	w := writer{table: auditTable.Table}
	for _, a := range acts {
		e, err := a.After(head)
		if err != nil {
			return err
		}
		if err := w.add(auditTable.fields(&e)); err != nil {
			return err
		}
		head = audit.HeadOf(e)
	}
	err = tx.exec(ctx, w.table.insert(w.rows), w.args)
	switch {
	case err != nil && tx.dialect.duplicate(err):
		return fmt.Errorf("append to the audit chain: %w: %w", errRace, err)
	case err != nil:
		return fmt.Errorf("append to the audit chain: %w", err)
	}
	return nil
}

// NewestAudit returns the last event of the chain as this transaction sees it,
// and false before the first.
func (tx *Tx) NewestAudit(ctx context.Context) (audit.Event, bool, error) {
	return newestAudit(ctx, tx.tx)
}

func newestAudit(ctx context.Context, q queryer) (audit.Event, bool, error) {
	return one(stream(ctx, q, auditTable, auditTable.query("ORDER BY seq DESC LIMIT 1")))
}

func auditHead(ctx context.Context, q queryer) (audit.Head, error) {
	e, found, err := newestAudit(ctx, q)
	if err != nil || !found {
		return audit.Head{Hash: audit.Genesis}, err
	}
	return audit.HeadOf(e), nil
}

// AuditHead is how far the chain reaches.
func (s *Store) AuditHead(ctx context.Context) (audit.Head, error) { return auditHead(ctx, s.db) }

// AuditEvents yields the whole chain in order. The value is reused.
func (s *Store) AuditEvents(ctx context.Context) iter.Seq2[*audit.Event, error] {
	return stream(ctx, s.db, auditTable, auditTable.ordered(""))
}

// AuditEvent returns one event by its number, and false if there is none.
func (s *Store) AuditEvent(ctx context.Context, seq int) (audit.Event, bool, error) {
	return one(stream(ctx, s.db, auditTable, auditTable.query("WHERE seq = ?"), seq))
}

// AuditBackward yields the events of one action, newest first. The value is reused.
func (s *Store) AuditBackward(ctx context.Context, action audit.Action) iter.Seq2[*audit.Event, error] {
	return stream(ctx, s.db, auditTable, auditTable.query("WHERE action = ? ORDER BY seq DESC"), string(action))
}

// PutRun adds or replaces the row of a run.
func (tx *Tx) PutRun(ctx context.Context, r run.Row) error {
	return put(ctx, tx, runsTable, []run.Row{r}, runsTable.values())
}
