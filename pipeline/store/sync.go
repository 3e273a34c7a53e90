package store

import (
	"context"
	"fmt"
	"iter"

	"github.com/jmoiron/sqlx"
)

// syncRows is the most rows that one transaction of a sync writes.
const syncRows = 2000

// Diff counts what a sync found, and changed unless it was a dry run.
type Diff struct {
	Inserted, Updated, Deleted, Unchanged int
}

// Written is the number of rows that differed.
func (d Diff) Written() int { return d.Inserted + d.Updated + d.Deleted }

// Sync says how computed rows are brought into the store.
type Sync struct {
	// Apply writes the differences. Without it they are only counted, by the
	// same code.
	Apply bool
	// First runs in the first transaction that writes a difference, before it.
	// It does not run when nothing differs.
	First func(context.Context, *Tx) error
	// Last runs in the last transaction, or in one of its own when nothing
	// differs, after all rows are in place.
	Last func(context.Context, *Tx, Diff) error
}

// scope restricts a sync to part of a table.
type scope struct {
	where string // a WHERE clause or empty
	args  []any
	// apply writes and removes rows; nil for upserting and deleting them.
	apply func(ctx context.Context, tx *Tx, put *writer, remove []any) error
}

// syncTable makes the rows of m within sc equal to computed, which must yield
// them in key order, each key once. Both sides are streamed side by side and
// only differences are written, in transactions of at most syncRows rows, so
// memory is constant and a sync that was cut short is completed by the next.
func syncTable[T any](ctx context.Context, s *Store, m mapping[T], sc scope, computed iter.Seq2[*T, error], o Sync) (Diff, error) {
	d, err := runSync(ctx, s, m, sc, computed, o)
	if err != nil {
		return d, fmt.Errorf("sync %s: %w", m.Name, err)
	}
	return d, nil
}

func runSync[T any](ctx context.Context, s *Store, m mapping[T], sc scope, computed iter.Seq2[*T, error], o Sync) (d Diff, err error) {
	stored, err := openStored(ctx, s.db, m.Table, sc)
	if err != nil {
		return d, err
	}
	defer stored.rows.Close()
	c := changes{store: s, options: o, effect: sc.apply, put: writer{table: m.Table}}
	if o.Apply {
		c.item = fmt.Sprint(m.Name, " ", sc.where, sc.args)
		done, err := s.Progress(ctx)
		if err != nil {
			return d, err
		}
		c.before = done[c.item]
	}
	if c.effect == nil {
		c.effect = replaceRows
	}
	var row T
	fields := m.fields(&row)
	previous := make([]any, 0, m.Key)
	for r, err := range computed {
		if err != nil {
			return c.diff, err
		}
		row = *r
		if previous, err = ascending(previous, fields[:m.Key]); err != nil {
			return c.diff, err
		}
		if err := c.meet(ctx, stored, fields); err != nil {
			return c.diff, err
		}
	}
	for stored.ok { // what is stored behind the last computed row
		if err := c.drop(ctx, stored); err != nil {
			return c.diff, err
		}
	}
	err = c.finish(ctx)
	return c.diff.after(c.before), err
}

// meet brings one computed row together with the stored row of its key.
func (c *changes) meet(ctx context.Context, stored *storedRows, fields []field) error {
	for stored.ok && stored.compareKey(fields) < 0 {
		if err := c.drop(ctx, stored); err != nil {
			return err
		}
	}
	if !stored.ok || stored.compareKey(fields) > 0 {
		c.diff.Inserted++
		return c.write(ctx, fields)
	}
	if stored.equal(fields) {
		c.diff.Unchanged++
		return stored.next()
	}
	c.diff.Updated++
	if err := c.write(ctx, fields); err != nil {
		return err
	}
	return stored.next()
}

// changes collects differences and writes them in small transactions.
type changes struct {
	store   *Store
	options Sync
	effect  func(ctx context.Context, tx *Tx, put *writer, remove []any) error
	diff    Diff
	put     writer
	remove  []any // key columns of one row after another
	removed int
	begun   bool // First has run
	item    string
	before  Diff // what an attempt of the same step wrote before it was cut short
}

func (c *changes) write(ctx context.Context, fields []field) error {
	if err := c.put.add(fields); err != nil {
		return err
	}
	return c.flushIfFull(ctx)
}

func (c *changes) drop(ctx context.Context, stored *storedRows) error {
	c.diff.Deleted++
	for _, f := range stored.row[:stored.table.Key] {
		c.remove = append(c.remove, f.v)
	}
	c.removed++
	if err := c.flushIfFull(ctx); err != nil {
		return err
	}
	return stored.next()
}

func (c *changes) flushIfFull(ctx context.Context) error {
	if c.put.rows+c.removed < syncRows {
		return nil
	}
	return c.flush(ctx, false)
}

// finish writes what is left together with Last.
func (c *changes) finish(ctx context.Context) error {
	if c.put.rows+c.removed == 0 && c.options.Last == nil {
		return nil
	}
	return c.flush(ctx, true)
}

func (c *changes) flush(ctx context.Context, last bool) error {
	if !c.options.Apply {
		c.reset()
		return nil
	}
	err := c.store.Write(ctx, func(tx *Tx) error { return c.apply(ctx, tx, last) })
	if err != nil {
		return err
	}
	c.begun = c.begun || c.put.rows+c.removed > 0
	c.reset()
	return nil
}

func (c *changes) apply(ctx context.Context, tx *Tx, last bool) error {
	if c.options.First != nil && !c.begun && c.put.rows+c.removed > 0 {
		if err := c.options.First(ctx, tx); err != nil {
			return err
		}
	}
	if err := c.effect(ctx, tx, &c.put, c.remove); err != nil {
		return err
	}
	whole := c.diff.after(c.before)
	if c.put.rows+c.removed > 0 && !c.store.export {
		if err := tx.PutProgress(ctx, c.item, whole); err != nil {
			return err
		}
	}
	if last && c.options.Last != nil {
		return c.options.Last(ctx, tx, whole)
	}
	return nil
}

func replaceRows(ctx context.Context, tx *Tx, put *writer, remove []any) error {
	if _, err := deleteKeys(ctx, tx, put.table, remove); err != nil {
		return err
	}
	return put.upsert(ctx, tx, put.table.values())
}

func (c *changes) reset() {
	c.put.reset()
	c.remove, c.removed = c.remove[:0], 0
}

// storedRows walks a table in key order as the driver gives its values.
type storedRows struct {
	table Table
	rows  *sqlx.Rows
	row   []raw
	into  []any
	last  []any // key of the row before
	ok    bool  // row holds a row
}

func openStored(ctx context.Context, q queryer, t Table, sc scope) (*storedRows, error) {
	rows, err := q.QueryxContext(ctx, t.ordered(sc.where), sc.args...)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", t.Name, err)
	}
	s := &storedRows{table: t, rows: rows, row: make([]raw, len(t.Columns)), into: make([]any, len(t.Columns))}
	for i := range s.row {
		s.into[i] = &s.row[i]
	}
	if err := s.next(); err != nil {
		rows.Close()
		return nil, err
	}
	return s, nil
}

// next also proves that the database orders keys as Go does: a merge over
// another order would delete and insert at random.
func (s *storedRows) next() (err error) {
	if s.ok = s.rows.Next(); !s.ok {
		return s.rows.Err()
	}
	if err := s.rows.Scan(s.into...); err != nil {
		return err
	}
	s.last, err = ascending(s.last, fieldsOf(s.row[:s.table.Key]))
	return err
}

func fieldsOf(row []raw) []field {
	out := make([]field, len(row))
	for i := range row {
		out[i] = &row[i]
	}
	return out
}

func (s *storedRows) compareKey(fields []field) int {
	for i := range s.table.Key {
		if c := compare(s.row[i].v, fields[i].value()); c != 0 {
			return c
		}
	}
	return 0
}

func (s *storedRows) equal(fields []field) bool {
	for i := s.table.Key; i < len(fields); i++ {
		if compare(s.row[i].v, fields[i].value()) != 0 {
			return false
		}
	}
	return true
}

// ascending returns the key of fields if it is above the previous one; previous
// is empty before the first row.
func ascending(previous []any, key []field) ([]any, error) {
	order := -1
	if len(previous) == len(key) {
		order = 0
		for i, f := range key {
			if order = compare(previous[i], f.value()); order != 0 {
				break
			}
		}
	}
	if order >= 0 {
		return previous, fmt.Errorf("rows are not in key order: %v does not come after %v", values(key), previous)
	}
	previous = previous[:0]
	for _, f := range key {
		previous = append(previous, f.value())
	}
	return previous, nil
}

func values(fields []field) []any {
	out := make([]any, len(fields))
	for i, f := range fields {
		out[i] = f.value()
	}
	return out
}
