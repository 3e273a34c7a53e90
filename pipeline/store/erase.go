package store

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Rows are rows of one table as the database holds them, to the last column.
type Rows struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
	Rows    [][]any  `json:"rows"`            // string, int64, float64 or nil
	After   [][]any  `json:"after,omitempty"` // of rows that are redacted, each as that leaves it
}

// UnmarshalJSON reads whole numbers as such: a float would lose digits.
func (r *Rows) UnmarshalJSON(b []byte) error {
	type plain Rows
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode((*plain)(r)); err != nil {
		return err
	}
	for _, row := range slices.Concat(r.Rows, r.After) {
		if err := plainNumbers(row); err != nil {
			return err
		}
	}
	return nil
}

func plainNumbers(row []any) (err error) {
	for i, v := range row {
		n, ok := v.(json.Number)
		if !ok {
			continue
		}
		if strings.ContainsAny(n.String(), ".eE") {
			row[i], err = n.Float64()
		} else {
			row[i], err = n.Int64()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Extract returns everything that the inventory says belongs to these persons,
// in the order of deletion. Tables without a row are left out.
func (tx *Tx) Extract(ctx context.Context, inv *Inventory, agentIDs []string) ([]Rows, error) {
	ids := slices.Compact(slices.Sorted(slices.Values(agentIDs)))
	if len(ids) == 0 {
		return nil, nil
	}
	var out []Rows
	for i := range inv.Tables {
		h := &inv.Tables[i]
		rows, err := tx.holdings(ctx, h, anys(ids), inv)
		if err != nil {
			return nil, fmt.Errorf("extract from %s: %w", h.Table, err)
		}
		if len(rows.Rows) > 0 {
			out = append(out, rows)
		}
	}
	return out, nil
}

// holdings are the rows of the persons in one table.
func (tx *Tx) holdings(ctx context.Context, h *Holding, ids []any, inv *Inventory) (Rows, error) {
	t := h.table()
	out := Rows{Table: t.Name, Columns: t.all()}
	columns, values := h.By, ids
	if h.Through.Table != "" {
		way := slices.IndexFunc(inv.Tables, func(x Holding) bool { return x.Table == h.Through.Table })
		there, err := tx.holdings(ctx, &inv.Tables[way], ids, inv)
		if err != nil {
			return out, err
		}
		columns, values = []string{h.Through.Column}, there.column(h.Through.Column)
	}
	if len(columns) == 0 || len(values) == 0 {
		return out, nil
	}
	var args []any
	for range columns {
		args = append(args, values...)
	}
	err := tx.eachStored(ctx, t, scope{where: where(columns, len(values)), args: args}, func(row []any) {
		out.Rows = append(out.Rows, slices.Clone(row))
	})
	return out, err
}

func (r *Rows) column(name string) []any {
	at := slices.Index(r.Columns, name)
	out := make([]any, len(r.Rows))
	for i, row := range r.Rows {
		out[i] = row[at]
	}
	return out
}

// eachStored hands every row in scope to do, in key order; the slice is reused.
func (tx *Tx) eachStored(ctx context.Context, t Table, sc scope, do func([]any)) error {
	stored, err := openStored(ctx, tx.tx, t, sc)
	if err != nil {
		return err
	}
	defer stored.rows.Close()
	row := make([]any, len(t.Columns))
	for stored.ok {
		for i := range row {
			row[i] = stored.row[i].v
		}
		do(row)
		if err := stored.next(); err != nil {
			return err
		}
	}
	return nil
}

// Erase deletes just these rows, table by table in their order, and returns how
// many went in each. That one of them is not there is an error: what was to be
// kept for taking the deletion back would not be what was deleted.
func (tx *Tx) Erase(ctx context.Context, rows []Rows) (map[string]int, error) {
	out := map[string]int{}
	for i := range rows {
		r := &rows[i]
		t, err := r.table()
		if err != nil {
			return nil, err
		}
		keys := make([]any, 0, len(r.Rows)*t.Key)
		for _, row := range r.Rows {
			keys = append(keys, row[:t.Key]...)
		}
		n, err := deleteKeys(ctx, tx, t, keys)
		if err != nil {
			return nil, err
		}
		if int(n) != len(r.Rows) {
			return nil, fmt.Errorf("delete from %s: %d of %d rows were there", t.Name, n, len(r.Rows))
		}
		out[t.Name] += int(n)
	}
	return out, nil
}

// PutBack inserts the rows as they were, the tables in the reverse order. A row
// whose key is taken is an error: the person came back in the meantime.
func (tx *Tx) PutBack(ctx context.Context, rows []Rows) error {
	for i := range slices.Backward(rows) {
		r := &rows[i]
		t, err := r.table()
		if err != nil {
			return err
		}
		size := tx.dialect.rowsPerInsert(len(t.Columns))
		for part := range slices.Chunk(r.Rows, size) {
			if err := tx.exec(ctx, t.insert(len(part)), slices.Concat(part...)); err != nil {
				return fmt.Errorf("put back into %s: %w", t.Name, err)
			}
		}
	}
	return nil
}

// table finds the table of the rows, whose columns may not have changed since.
func (r *Rows) table() (Table, error) {
	i := slices.IndexFunc(Tables(), func(t Table) bool { return t.Name == r.Table })
	if i < 0 || !slices.Equal(Tables()[i].all(), r.Columns) {
		return Table{}, fmt.Errorf("%s no longer has the columns %v", r.Table, r.Columns)
	}
	return Tables()[i], nil
}

func textOf(v driver.Value) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	return fmt.Sprint(v)
}
