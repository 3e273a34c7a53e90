package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"meibo/pipeline/failpoint"
	"meibo/pipeline/run"
)

// Tx is one transaction. Its methods are the only way to change the store. Once
// one of them met a statement that failed, the others fail by the same error.
type Tx struct {
	tx      *fused
	dialect dialect
}

// CommitUnknownError says that the connection broke while a transaction was
// being committed and that the database could not be asked afterwards: it may
// have been kept or not. Read the state that it would have left before doing
// anything again; a job does so when it is resumed.
type CommitUnknownError struct{ Err error }

func (e *CommitUnknownError) Error() string {
	return fmt.Sprintf("commit: outcome unknown: %v", e.Err)
}

func (e *CommitUnknownError) Unwrap() error { return e.Err }

// undoneError says that a transaction certainly left nothing, although its
// commit got no answer that says so: it may be done again.
type undoneError struct{ err error }

func (e *undoneError) Error() string { return fmt.Sprintf("commit: nothing was kept: %v", e.err) }

func (e *undoneError) Unwrap() error { return e.err }

// errUnanswered says that a commit got no answer and its transaction is safe to
// repeat, kept or not.
var errUnanswered = errors.New("the commit was not answered")

// Write runs fn in one transaction: all that fn did is kept, or none of it.
// After a statement that failed nothing is kept, whatever fn returns. What may
// pass, such as a deadlock or a busy database, is tried again up to five times
// with growing pauses, so fn must not act outside tx.
//
// While the store holds a lease, the transaction also proves that nobody took
// it over, else run.ErrLeaseLost, and is known by its mark: when its commit is
// not answered, the database is asked on another connection whether it was
// kept. Only if it certainly was not is it done again. Where that cannot be
// found out, and always without a lease, the error is a *CommitUnknownError.
func (s *Store) Write(ctx context.Context, fn func(*Tx) error) error {
	h := s.lease.Load()
	if h == nil {
		return s.retry(ctx, func() error { return s.unmarked(s.write(ctx, nil, fn)) })
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return s.retry(ctx, func() error {
		err := s.write(ctx, h, fn)
		return s.settle(ctx, err, func(ctx context.Context) (bool, error) { return s.kept(ctx, h, err) })
	})
}

// unmarked is what a commit without a mark that ended with err comes to, as
// nobody can be asked what became of it. In an export the transaction may be
// done again in any case: it puts and deletes whole rows by key, which comes to
// the same if done twice, and nobody but the holder of the register's lease
// writes there.
func (s *Store) unmarked(err error) error {
	var unknown *CommitUnknownError
	switch {
	case !errors.As(err, &unknown):
		return err
	case s.dialect.answered(unknown.Err):
		return fmt.Errorf("commit: %w", unknown.Err)
	case s.export:
		return &undoneError{unknown.Err}
	}
	return err
}

const tries = 5

// pause is how long to wait after a try that failed.
func pause(ctx context.Context, try int, unit time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Duration(try*try) * unit):
		return nil
	}
}

func (s *Store) retry(ctx context.Context, do func() error) error {
	for try := 1; ; try++ {
		err := do()
		if err == nil || try == tries || !s.again(err) {
			return err
		}
		if stopped := pause(ctx, try, 20*time.Millisecond); stopped != nil {
			return errors.Join(err, stopped)
		}
	}
}

// again reports whether what ended with err may be done once more.
func (s *Store) again(err error) bool {
	var undone *undoneError
	return s.dialect.retryable(err) || errors.As(err, &undone) || errors.Is(err, errRace) || errors.Is(err, errUnanswered) || errors.Is(err, ErrReading)
}

// settle finds out what became of a transaction that ended with err: nil if its
// commit was not answered but was kept, *undoneError if it was not. Any other
// error stays as it is. kept may fail because the database is away: it is asked
// as often as a transaction is tried, for six seconds, so that a server that
// restarts stops no run.
func (s *Store) settle(ctx context.Context, err error, kept func(context.Context) (bool, error)) error {
	var unknown *CommitUnknownError
	if !errors.As(err, &unknown) {
		return err
	}
	// Also a run that was told to stop wants to know.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	for try := 1; ; try++ {
		was, failed := kept(ctx)
		switch {
		case failed == nil && was:
			return nil
		case failed == nil && s.dialect.answered(unknown.Err):
			return fmt.Errorf("commit: %w", unknown.Err)
		case failed == nil:
			return &undoneError{unknown.Err}
		case errors.Is(failed, run.ErrLeaseLost):
			return errors.Join(failed, err)
		case try == tries || pause(ctx, try, 200*time.Millisecond) != nil:
			return &CommitUnknownError{errors.Join(unknown.Err, fmt.Errorf("ask whether it was kept: %w", failed))}
		}
	}
}

// write does fn in a transaction of its own, under h unless it is nil.
func (s *Store) write(ctx context.Context, h *held, fn func(*Tx) error) error {
	tx, err := s.db.BeginTxx(ctx, s.dialect.transaction())
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() // a no-op once committed
	if h != nil {
		if err := h.fence(ctx, tx); err != nil {
			return err
		}
	}
	f := &fused{tx: tx}
	if err := fn(&Tx{f, s.dialect}); err != nil {
		return err
	}
	if err := f.failure(); err != nil { // which fn made light of
		return err
	}
	return s.commit(ctx, tx)
}

// fence puts the next mark into the lease's row, which stays locked for the
// length of the transaction: whoever wants to take it over waits until this
// transaction has ended.
func (h *held) fence(ctx context.Context, tx *sqlx.Tx) error {
	h.mark++
	n, err := affected(tx.ExecContext(ctx,
		"UPDATE leases SET mark = ? WHERE name = ? AND token = ? AND holder = ?", h.mark, h.Name, h.Token, h.Holder))
	if err != nil {
		return fmt.Errorf("check lease %s: %w", h.Name, err)
	}
	if n == 0 {
		return fmt.Errorf("lease %s: %w", h.Name, run.ErrLeaseLost)
	}
	return nil
}

// kept reports whether the newest transaction under h, whose commit ended with
// err, was kept. Without the database's answer it may still be under way, with
// the lease's row locked: writing to that row waits for its end, and even where
// nothing waits, in a cluster, it cannot be kept any more once its mark was
// overwritten.
func (s *Store) kept(ctx context.Context, h *held, err error) (bool, error) {
	if !s.dialect.answered(err) {
		n, err := affected(s.db.ExecContext(ctx,
			"UPDATE leases SET mark = ? WHERE name = ? AND token = ? AND holder = ? AND mark <> ?",
			h.mark+1, h.Name, h.Token, h.Holder, h.mark))
		if err != nil {
			return false, err
		}
		if n > 0 {
			h.mark++
			return false, nil
		}
	}
	row, _, err := readLease(ctx, s.db, h.Name)
	switch {
	case err != nil:
		return false, err
	case row.Holder != h.Holder || row.Token != h.Token:
		return false, fmt.Errorf("lease %s: %w", h.Name, run.ErrLeaseLost)
	}
	return row.Mark == h.mark, nil
}

// commit tells apart what the transaction's error may mean. That a context has
// ended says nothing about a COMMIT that was sent, so it is looked at before.
func (s *Store) commit(ctx context.Context, tx *sqlx.Tx) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	failpoint.Near("commit-before")
	err := tx.Commit()
	failpoint.Near("commit-after")
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrTxDone): // rolled back when the context ended
		return fmt.Errorf("commit: %w", errors.Join(err, ctx.Err()))
	case s.dialect.retryable(err):
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

// Unreachable reports whether err comes from a connection that broke or could
// not be made, rather than from the database's answer.
func Unreachable(err error) bool {
	var network *net.OpError // not net.Error, which every error of the system is
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) || errors.As(err, &network)
}
