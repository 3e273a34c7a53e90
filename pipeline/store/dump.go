package store

import (
	"bufio"
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"strconv"

	"github.com/jmoiron/sqlx"
)

// Dump writes all tables as text: one line a table with its columns, then one
// line a row in key order, values quoted and parted by tabs, NULL as -. Equal
// content gives equal bytes on every database; of an export, its tables. Left out are columns that depend
// on the clock or the machine (Column.Clock: import_batches.received_at;
// started_at and finished_at of runs and run_steps; run_steps.peak_rss) and
// tables about processes (Table.Local: leases, and goose's schema_version).
//
// A dump holds personal data.
func (s *Store) Dump(ctx context.Context, w io.Writer) error {
	b := bufio.NewWriterSize(w, 1<<16)
	for _, t := range Tables() {
		if t.Local || s.export && !t.Reader {
			continue
		}
		if err := dumpTable(ctx, s.db, t, b); err != nil {
			return fmt.Errorf("dump %s: %w", t.Name, err)
		}
	}
	return b.Flush()
}

func dumpTable(ctx context.Context, db *sqlx.DB, t Table, w *bufio.Writer) error {
	w.WriteString("# " + t.Name)
	for _, c := range t.Columns {
		if !c.Clock {
			w.WriteString("\t" + c.Name)
		}
	}
	w.WriteByte('\n')
	var line []byte
	return eachRow(ctx, db, t, func(row []raw) error {
		line = line[:0]
		for i, c := range t.Columns {
			if c.Clock {
				continue
			}
			if len(line) > 0 {
				line = append(line, '\t')
			}
			line = appendValue(line, row[i].v)
		}
		_, err := w.Write(append(line, '\n'))
		return err
	})
}

func appendValue(b []byte, v driver.Value) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, '-')
	case string:
		return strconv.AppendQuote(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		return strconv.AppendFloat(b, v, 'g', -1, 64)
	}
	return fmt.Append(b, v)
}

// eachRow hands every row of t to do, in key order.
func eachRow(ctx context.Context, db *sqlx.DB, t Table, do func([]raw) error) error {
	rows, err := openStored(ctx, db, t, scope{})
	if err != nil {
		return err
	}
	defer rows.rows.Close()
	for rows.ok {
		if err := do(rows.row); err != nil {
			return err
		}
		if err := rows.next(); err != nil {
			return err
		}
	}
	return nil
}

// CopyTo copies all tables into dst, whose schema must be current and whose
// tables must be empty; leases are not copied, so that dst is nobody's. A dry
// run works on such a copy: the same code, another database.
func (s *Store) CopyTo(ctx context.Context, dst *Store) error {
	for _, t := range Tables() {
		if t.Local && t.Name != identityTable.Name { // the copy is of the same register
			continue
		}
		if err := s.copyTable(ctx, dst, t); err != nil {
			return fmt.Errorf("copy %s: %w", t.Name, err)
		}
	}
	return nil
}

func (s *Store) copyTable(ctx context.Context, dst *Store, t Table) error {
	var there int
	if err := dst.db.GetContext(ctx, &there, "SELECT COUNT(*) FROM "+quote(t.Name)); err != nil {
		return err
	}
	if there > 0 {
		return fmt.Errorf("the destination holds %d rows", there)
	}
	w := writer{table: t}
	flush := func() error {
		if w.rows == 0 {
			return nil
		}
		err := dst.Write(ctx, func(tx *Tx) error { return w.upsert(ctx, tx, t.values()) })
		w.reset()
		return err
	}
	err := eachRow(ctx, s.db, t, func(row []raw) error {
		for i := range row {
			w.args = append(w.args, row[i].v)
		}
		if w.rows++; w.rows < syncRows {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return flush()
}
