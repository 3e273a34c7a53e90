package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"meibo/pipeline/run"
)

// Tx is one transaction. Its methods are the only way to change the store.
type Tx struct {
	tx      *sqlx.Tx
	dialect dialect
}

// CommitUnknownError says that the connection broke while a transaction was
// being committed: it may have been kept or not. Read the state that it would
// have left before doing anything again.
type CommitUnknownError struct{ Err error }

func (e *CommitUnknownError) Error() string {
	return fmt.Sprintf("commit: outcome unknown: %v", e.Err)
}

func (e *CommitUnknownError) Unwrap() error { return e.Err }

// Write runs fn in one transaction: all that fn did is kept, or none of it.
// A deadlock or a busy database is tried again up to five times with growing
// pauses, so fn must not act outside tx. While the store holds a lease, the
// transaction also proves that nobody took it over, else run.ErrLeaseLost.
func (s *Store) Write(ctx context.Context, fn func(*Tx) error) error {
	return s.retry(ctx, func() error { return s.write(ctx, true, fn) })
}

func (s *Store) retry(ctx context.Context, do func() error) error {
	const tries = 5
	for try := 1; ; try++ {
		err := do()
		if err == nil || try == tries || !s.dialect.retryable(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(time.Duration(try*try) * 20 * time.Millisecond):
		}
	}
}

func (s *Store) write(ctx context.Context, fenced bool, fn func(*Tx) error) error {
	tx, err := s.db.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() // a no-op once committed
	if l := s.lease.Load(); fenced && l != nil {
		if err := fence(ctx, tx, *l); err != nil {
			return err
		}
	}
	if err := fn(&Tx{tx, s.dialect}); err != nil {
		return err
	}
	return s.commit(ctx, tx)
}

// fence locks the lease's row for the length of the transaction: whoever wants
// to take it over waits until this transaction has ended.
func fence(ctx context.Context, tx *sqlx.Tx, l run.Lease) error {
	n, err := affected(tx.ExecContext(ctx,
		"UPDATE leases SET token = token WHERE name = ? AND token = ? AND holder = ?", l.Name, l.Token, l.Holder))
	if err != nil {
		return fmt.Errorf("check lease %s: %w", l.Name, err)
	}
	if n == 0 {
		return fmt.Errorf("lease %s: %w", l.Name, run.ErrLeaseLost)
	}
	return nil
}

func (s *Store) commit(ctx context.Context, tx *sqlx.Tx) error {
	err := tx.Commit()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrTxDone), ctx.Err() != nil && errors.Is(err, ctx.Err()):
		// database/sql gave up before it asked the server.
		return fmt.Errorf("commit: %w", err)
	case s.dialect.undone(err):
		return fmt.Errorf("commit: %w", err)
	}
	return &CommitUnknownError{err}
}

func affected(r sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}
