package store

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// PurgeReviewsOn streams what reviewers said of the rows of one list, in key
// order. The value is reused.
func (s *Store) PurgeReviewsOn(ctx context.Context, listNo int) iter.Seq2[*PurgeReview, error] {
	return stream(ctx, s.db, purgeReviewsTable, purgeReviewsTable.ordered("WHERE list_no = ?"), listNo)
}

// ManagersCalled returns the managers with these 管理者ID, of whatever insurer.
func (s *Store) ManagersCalled(ctx context.Context, ids []string) ([]Manager, error) {
	return lookup(ctx, s.db, managersTable, "manager_id", ids)
}

// CountAgents counts the records of the register.
func (s *Store) CountAgents(ctx context.Context) (n int, err error) {
	if err := s.db.GetContext(ctx, &n, "SELECT COUNT(*) FROM agents"); err != nil {
		return 0, fmt.Errorf("count agents: %w", err)
	}
	return n, nil
}

// UndoCounts returns the parts of a list's execution in their order, without
// what they hold.
func (s *Store) UndoCounts(ctx context.Context, listNo int) ([]UndoPart, error) {
	var out []UndoPart
	rows, err := s.db.QueryxContext(ctx, "SELECT part, persons, counts FROM purge_undo WHERE list_no = ? ORDER BY part", listNo)
	if err != nil {
		return nil, fmt.Errorf("count the parts of list %d: %w", listNo, err)
	}
	defer rows.Close()
	for rows.Next() {
		u := UndoPart{ListNo: listNo}
		if err := rows.Scan(&u.Part, &u.Persons, &u.Counts); err != nil {
			return nil, fmt.Errorf("count the parts of list %d: %w", listNo, err)
		}
		out = append(out, u)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("count the parts of list %d: %w", listNo, err)
	}
	return out, nil
}

// UndoOf returns one part with what it holds, and false if there is none.
func (s *Store) UndoOf(ctx context.Context, listNo, part int) (UndoPart, bool, error) {
	return one(stream(ctx, s.db, undoTable, undoTable.query("WHERE list_no = ? AND part = ?"), listNo, part))
}

// PutBackMissing inserts those of the rows whose key is free: what is worked out
// anew each night may be there again, and then is newer.
func (tx *Tx) PutBackMissing(ctx context.Context, rows []Rows) error {
	for i := range slices.Backward(rows) {
		t, err := rows[i].table()
		if err != nil {
			return err
		}
		if err := tx.insertMissing(ctx, t, rows[i].Rows); err != nil {
			return fmt.Errorf("put back: %w", err)
		}
	}
	return nil
}

// addMissing adds those of the rows whose key is free.
func addMissing[T any](ctx context.Context, tx *Tx, m mapping[T], rows []T) error {
	values := make([][]any, len(rows))
	for i := range rows {
		w := writer{table: m.Table}
		if err := w.add(m.fields(&rows[i])); err != nil {
			return err
		}
		values[i] = w.args
	}
	return tx.insertMissing(ctx, m.Table, values)
}

// insertMissing inserts those of the rows whose key is free. It looks first, for
// leaving that to the INSERT would take the right to change rows.
func (tx *Tx) insertMissing(ctx context.Context, t Table, rows [][]any) error {
	taken, err := tx.taken(ctx, t, rows)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(slices.Clone(rows), func(row []any) bool {
		key := keyText(t, row)
		there := taken[key]
		taken[key] = true
		return there
	})
	for part := range slices.Chunk(rows, tx.dialect.rowsPerInsert(len(t.Columns))) {
		if err := tx.exec(ctx, t.insert(len(part)), slices.Concat(part...)); err != nil {
			return fmt.Errorf("add to %s: %w", t.Name, err)
		}
	}
	return nil
}

// taken are the keys of those rows that are there.
func (tx *Tx) taken(ctx context.Context, t Table, rows [][]any) (map[string]bool, error) {
	const chunk = 100 // as in deleteKeys
	out := map[string]bool{}
	for part := range slices.Chunk(rows, chunk) {
		var keys []any
		for _, row := range part {
			keys = append(keys, row[:t.Key]...)
		}
		err := tx.eachStored(ctx, t, scope{where: whereKeys(t, len(part)), args: keys}, func(row []any) { out[keyText(t, row)] = true })
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// keyText is the key of a row, whichever way its values were read.
func keyText(t Table, row []any) string {
	var b strings.Builder
	for _, v := range row[:t.Key] {
		fmt.Fprintf(&b, "%q ", textOf(v))
	}
	return b.String()
}

// RenewApproval gives a void approval of the same content by the same person
// anew.
func (tx *Tx) RenewApproval(ctx context.Context, a Approval) error {
	_, err := tx.tx.ExecContext(ctx,
		"UPDATE purge_approvals SET approved_at = ?, expires_on = ?, system_user = ?, reason = ? WHERE list_no = ? AND list_hash = ? AND approved_by = ?",
		a.At.String(), a.ExpiresOn.String(), a.SystemUser, a.Reason, a.ListNo, a.ListHash, a.By)
	if err != nil {
		return fmt.Errorf("renew approval of list %d: %w", a.ListNo, err)
	}
	return nil
}

// Texts are the values of one column as text, row by row; NULL is empty.
func (r *Rows) Texts(column string) []string {
	at := slices.Index(r.Columns, column)
	out := make([]string, len(r.Rows))
	for i, row := range r.Rows {
		out[i] = textOf(row[at])
	}
	return out
}
