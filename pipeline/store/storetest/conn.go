package storetest

import (
	"context"
	"database/sql/driver"
)

// conn passes everything on to a connection of MySQL's or SQLite's driver, both
// of which have all the methods that are asked for here.
type conn struct {
	driver.Conn
	b    *Breaker
	dead bool // cut: the pool has only to close it, which rolls back what it had begun
}

func (c *conn) gone() bool { return c.dead || c.b.isDown() }

// cut makes the connection useless to its user, who is told err.
func (c *conn) cut(err error) error {
	if c == nil { // there was none yet
		return ErrReset
	}
	c.dead = true
	return err
}

// PrepareContext counts.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	return broken(c.b, c, Prepare, func() (driver.Stmt, error) {
		s, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
		if err != nil {
			return nil, err
		}
		return &stmt{s, c}, nil
	})
}

// BeginTx counts.
func (c *conn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	return broken(c.b, c, Begin, func() (driver.Tx, error) {
		t, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
		if err != nil {
			return nil, err
		}
		return &tx{t, c}, nil
	})
}

// ExecContext counts.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return broken(c.b, c, Exec, func() (driver.Result, error) {
		return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
	})
}

// QueryContext counts, and so does each of its rows.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return broken(c.b, c, Query, func() (driver.Rows, error) {
		r, err := c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
		return wrapRows(c, r, err)
	})
}

// Ping does not count: it carries nothing.
func (c *conn) Ping(ctx context.Context) error {
	if c.gone() {
		return driver.ErrBadConn
	}
	return c.Conn.(driver.Pinger).Ping(ctx)
}

// ResetSession keeps a connection that was cut from being used again.
func (c *conn) ResetSession(ctx context.Context) error {
	if c.gone() {
		return driver.ErrBadConn
	}
	return c.Conn.(driver.SessionResetter).ResetSession(ctx)
}

// IsValid is false for a connection that was cut.
func (c *conn) IsValid() bool { return !c.gone() && c.Conn.(driver.Validator).IsValid() }

// CheckNamedValue is the driver's, where it has one.
func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

type tx struct {
	driver.Tx
	c *conn
}

// Commit counts. One that is to Fail leaves nothing behind, as a database that
// refuses it does.
func (t *tx) Commit() error {
	_, err := broken(t.c.b, t.c, Commit, func() (struct{}, error) { return struct{}{}, t.Tx.Commit() })
	if err != nil && !t.c.dead && t.c.b.Kind == Fail {
		_ = t.Tx.Rollback()
	}
	return err
}

// Rollback does not count.
func (t *tx) Rollback() error {
	if t.c.gone() {
		return driver.ErrBadConn
	}
	return t.Tx.Rollback()
}

type stmt struct {
	driver.Stmt
	c *conn
}

// ExecContext counts.
func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return broken(s.c.b, s.c, Exec, func() (driver.Result, error) {
		return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
	})
}

// QueryContext counts, and so does each of its rows.
func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return broken(s.c.b, s.c, Query, func() (driver.Rows, error) {
		r, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
		return wrapRows(s.c, r, err)
	})
}

type rows struct {
	driver.Rows
	c *conn
}

func wrapRows(c *conn, r driver.Rows, err error) (driver.Rows, error) {
	if err != nil {
		return nil, err
	}
	return &rows{r, c}, nil
}

// Next counts.
func (r *rows) Next(dest []driver.Value) error {
	_, err := broken(r.c.b, r.c, Next, func() (struct{}, error) { return struct{}{}, r.Rows.Next(dest) })
	return err
}
