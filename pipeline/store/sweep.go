package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/purge"
)

// ErrMoved says that a row to be redacted is no longer what it was when it was
// looked at: look again.
var ErrMoved = errors.New("a row changed in the meantime")

// Found is what a search met in one table.
type Found struct {
	Table   string
	Rows    int            // looked at
	Hits    int            // those with a trace
	Columns map[string]int // hits by the columns that hold the trace; nil: none
	Term    string         // of a table of the class term: how long hits may remain
}

// Search looks through every column of every table for the persons and returns
// what it met in each.
func (s *Store) Search(ctx context.Context, inv *Inventory, traces *purge.Traces) ([]Found, error) {
	var found []Found
	for i := range inv.Tables {
		h := &inv.Tables[i]
		l := h.looker()
		f := Found{Table: h.Table, Term: h.Term}
		err := eachRow(ctx, s.db, l.Table, func(row []raw) error {
			f.Rows++
			cells := l.texts(row, traces)
			if traces.In(cells) == "" {
				return nil
			}
			f.Hits++
			if f.Columns == nil {
				f.Columns = map[string]int{}
			}
			for _, i := range traces.Cells(cells) {
				f.Columns[l.Columns[i].Name]++
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("search %s: %w", h.Table, err)
		}
		found = append(found, f)
	}
	return found, nil
}

// Sweep returns rows of others that name one of the persons: in tables that are
// worked out anew or tell of files the rows, which go as a whole; in all others
// those that name the person in a text, with what redacting leaves of them. At
// most limit rows are returned; call it until none is left.
func (s *Store) Sweep(ctx context.Context, inv *Inventory, traces *purge.Traces, limit int) ([]Rows, error) {
	var out []Rows
	for i := range inv.Tables {
		h := &inv.Tables[i]
		if h.Purge != purgeSweep && len(h.Texts) == 0 || limit == 0 {
			continue
		}
		r, err := s.sweepTable(ctx, h, traces, limit)
		if err != nil {
			return nil, fmt.Errorf("sweep %s: %w", h.Table, err)
		}
		if len(r.Rows) > 0 {
			out = append(out, r)
			limit -= len(r.Rows)
		}
	}
	return out, nil
}

// errEnough ends a look through a table early.
var errEnough = errors.New("enough rows")

func (s *Store) sweepTable(ctx context.Context, h *Holding, traces *purge.Traces, limit int) (Rows, error) {
	l := h.looker()
	r := Rows{Table: l.Name, Columns: l.all()}
	err := eachRow(ctx, s.db, l.Table, func(row []raw) error {
		cells := l.texts(row, traces)
		if traces.In(cells) == "" {
			return nil
		}
		values := make([]any, len(row))
		for i := range row {
			values[i] = row[i].v
		}
		if h.Purge != purgeSweep {
			after := l.redacted(traces, cells, values)
			if after == nil {
				return nil
			}
			r.After = append(r.After, after)
		}
		if r.Rows = append(r.Rows, values); len(r.Rows) == limit {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return r, err
}

// looker knows what a search sees of the rows of a table.
type looker struct {
	Table
	free    []int  // columns of texts in which anybody may be named
	counted []bool // columns that are neither texts nor about persons
}

func (h *Holding) looker() *looker {
	l := &looker{Table: h.table()}
	l.counted = make([]bool, len(l.Columns))
	for i, c := range l.Columns {
		free := slices.Contains(h.Texts, c.Name)
		if free {
			l.free = append(l.free, i)
		}
		l.counted[i] = !free && !slices.Contains(h.Personal, c.Name)
	}
	return l
}

// texts are the values of a row as texts, as far as they can tell of a person:
// that a number, or a day or code in a column that is not about persons, is also
// somebody's 募集人ID or birth date says nothing.
func (l *looker) texts(row []raw, traces *purge.Traces) []string {
	out := make([]string, len(row))
	for i := range row {
		cell, is := row[i].v.(string)
		switch {
		case !is || l.counted[i] && strings.Trim(cell, "0123456789-:.TZ ") == "":
		case l.counted[i]:
			out[i] = traces.WithoutNumbers(cell)
		default:
			out[i] = cell
		}
	}
	return out
}

// Fits reports whether a column takes a text: whether it is not too long.
func Fits(table, column, text string) bool {
	h := Holding{Table: table}
	columns := h.table().Columns
	i := slices.IndexFunc(columns, func(c Column) bool { return c.Name == column })
	return i >= 0 && !columns[i].tooLong(text)
}

// redacted is what is left of a row whose cells name a person; nil if nothing can
// be redacted in it.
func (l *looker) redacted(traces *purge.Traces, cells []string, values []any) []any {
	told := traces.Redact(cells, l.free)
	if told == nil {
		return nil
	}
	after := slices.Clone(values)
	for _, i := range l.free {
		if told[i] == cells[i] {
			continue
		}
		if l.Columns[i].tooLong(told[i]) {
			told[i] = pipeline.Redacted
		}
		after[i] = told[i]
	}
	if slices.Equal(after, values) || traces.Redact(told, l.free) != nil {
		return nil // no redaction ends this
	}
	return after
}

// Keep drops the rows that keep does not want, by their place. The slices that held
// them stay as they are.
func (r *Rows) Keep(keep func(at int) bool) {
	var rows, after [][]any
	for i := range r.Rows {
		if !keep(i) {
			continue
		}
		rows = append(rows, r.Rows[i])
		if r.After != nil {
			after = append(after, r.After[i])
		}
	}
	r.Rows, r.After = rows, after
}

// Cleared is what Clear did.
type Cleared struct {
	Rows              []Rows // what Restore wants
	Deleted, Redacted map[string]int
}

// Clear deletes the rows of a sweep, or redacts them, and counts either by table.
// ErrMoved says that one of those to be redacted is no longer there as it was; that
// one to be deleted is not there is an error as in Erase. Where the text is part of
// a key and a row says the same already, the row is given up: its entry in After
// becomes nil.
func (tx *Tx) Clear(ctx context.Context, rows []Rows) (c Cleared, err error) {
	c.Redacted = map[string]int{}
	var whole []Rows
	for i := range rows {
		r := rows[i]
		if r.After == nil {
			whole = append(whole, r)
		} else if r.After, err = tx.redactRows(ctx, &r); err != nil {
			return c, fmt.Errorf("redact in %s: %w", r.Table, err)
		} else {
			c.Redacted[r.Table] += len(r.Rows)
		}
		c.Rows = append(c.Rows, r)
	}
	c.Deleted, err = tx.Erase(ctx, whole)
	return c, err
}

func (tx *Tx) redactRows(ctx context.Context, r *Rows) (after [][]any, err error) {
	t, err := r.table()
	if err != nil {
		return nil, err
	}
	after = slices.Clone(r.After)
	for i := range after {
		if after[i], err = tx.redact(ctx, t, r.Rows[i], after[i]); err != nil {
			return nil, err
		}
	}
	return after, nil
}

// redact brings one row from what it says to what redacting leaves of it, which it
// returns, or nil if another row says that.
func (tx *Tx) redact(ctx context.Context, t Table, before, after []any) ([]any, error) {
	there, err := tx.stands(ctx, t, before)
	switch {
	case err != nil:
		return nil, err
	case !there:
		return nil, ErrMoved
	case slices.Equal(before[:t.Key], after[:t.Key]):
		return after, tx.change(ctx, t, before, after)
	}
	if _, err := deleteKeys(ctx, tx, t, before[:t.Key]); err != nil {
		return nil, err
	}
	taken, err := tx.taken(ctx, t, [][]any{after})
	if err != nil || len(taken) > 0 {
		return nil, err
	}
	return after, tx.exec(ctx, t.insert(1), after)
}

// Restore undoes Clear: the rows stand again as they were. A row whose key is
// taken by now is passed over, as in PutBackMissing, and one that says something
// else than redacting left is as somebody wants it; left counts these.
func (tx *Tx) Restore(ctx context.Context, rows []Rows) (left int, err error) {
	for i := range slices.Backward(rows) {
		r := &rows[i]
		if r.After == nil {
			if err := tx.PutBackMissing(ctx, rows[i:i+1]); err != nil {
				return 0, err
			}
			continue
		}
		for j := range slices.Backward(r.Rows) {
			done, err := tx.unredact(ctx, r, j)
			if err != nil {
				return 0, fmt.Errorf("put back in %s: %w", r.Table, err)
			}
			if !done {
				left++
			}
		}
	}
	return left, nil
}

func (tx *Tx) unredact(ctx context.Context, r *Rows, i int) (done bool, err error) {
	t, err := r.table()
	if err != nil {
		return false, err
	}
	before, after := r.Rows[i], r.After[i]
	if after == nil { // its key was given up for another's
		return true, tx.insertMissing(ctx, t, [][]any{before})
	}
	if there, err := tx.stands(ctx, t, after); err != nil || !there {
		return false, err
	}
	if slices.Equal(before[:t.Key], after[:t.Key]) {
		return true, tx.change(ctx, t, after, before)
	}
	if _, err := deleteKeys(ctx, tx, t, after[:t.Key]); err != nil {
		return false, err
	}
	return true, tx.insertMissing(ctx, t, [][]any{before})
}

// stands reports whether a row is there, to the last column.
func (tx *Tx) stands(ctx context.Context, t Table, row []any) (found bool, err error) {
	err = tx.eachStored(ctx, t, scope{where: whereKeys(t, 1), args: row[:t.Key]}, func(stored []any) {
		found = slices.EqualFunc(stored, row, func(a, b any) bool { return a == b })
	})
	return found, err
}

// change writes the columns in which two rows of one key differ, and no others: on
// a server the account that executes may change just these.
func (tx *Tx) change(ctx context.Context, t Table, from, to []any) error {
	var set []string
	var args []any
	for i, c := range t.Columns {
		if from[i] != to[i] {
			set, args = append(set, quote(c.Name)+" = ?"), append(args, to[i])
		}
	}
	_, err := tx.tx.ExecContext(ctx, "UPDATE "+quote(t.Name)+" SET "+strings.Join(set, ", ")+whereKeys(t, 1), append(args, to[:t.Key]...)...)
	return err
}
