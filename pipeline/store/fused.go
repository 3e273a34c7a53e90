package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// fused is a transaction that takes no more statements once one of them has
// failed. The database may have rolled all of it back by itself then: SQLite where
// its disk is full or fails, a server where two transactions wait for each other.
// What is said on that connection afterwards would be kept at once, without what
// came before it and without the proof that the lease is still held.
type fused struct {
	tx *sqlx.Tx
	// rows were read last. They may still fail when the statement was answered long
	// since; a connection has one result at a time, so those before them are done.
	rows  *sqlx.Rows
	blown error // the first failure
}

// failure is what the first statement that failed ended with, nil as long as none did.
func (f *fused) failure() error {
	if f.blown == nil && f.rows != nil {
		f.blown = f.rows.Err()
	}
	if f.blown != nil {
		return fmt.Errorf("after a statement that failed: %w", f.blown)
	}
	return nil
}

// through makes one call of the transaction, unless one before it failed.
func through[T any](f *fused, call func() (T, error)) (out T, err error) {
	if err := f.failure(); err != nil {
		return out, err
	}
	out, err = call()
	if !errors.Is(err, sql.ErrNoRows) {
		f.blown = err
	}
	return out, err
}

// ExecContext is that of sqlx.Tx.
func (f *fused) ExecContext(ctx context.Context, statement string, args ...any) (sql.Result, error) {
	return through(f, func() (sql.Result, error) { return f.tx.ExecContext(ctx, statement, args...) })
}

// QueryxContext is that of sqlx.Tx.
func (f *fused) QueryxContext(ctx context.Context, query string, args ...any) (*sqlx.Rows, error) {
	rows, err := through(f, func() (*sqlx.Rows, error) { return f.tx.QueryxContext(ctx, query, args...) })
	if err == nil {
		f.rows = rows
	}
	return rows, err
}

// GetContext is that of sqlx.Tx.
func (f *fused) GetContext(ctx context.Context, into any, query string, args ...any) error {
	_, err := through(f, func() (struct{}, error) { return struct{}{}, f.tx.GetContext(ctx, into, query, args...) })
	return err
}

// compiled is a statement of such a transaction.
type compiled struct {
	*sql.Stmt
	f *fused
}

// PrepareContext is that of sqlx.Tx.
func (f *fused) PrepareContext(ctx context.Context, statement string) (compiled, error) {
	return through(f, func() (compiled, error) {
		s, err := f.tx.PrepareContext(ctx, statement)
		return compiled{s, f}, err
	})
}

// ExecContext is that of sql.Stmt.
func (c compiled) ExecContext(ctx context.Context, args ...any) (sql.Result, error) {
	return through(c.f, func() (sql.Result, error) { return c.Stmt.ExecContext(ctx, args...) })
}
