package store

import (
	"context"
	"slices"

	"meibo/pipeline"
)

// Night is what one night came to, in figures that the report of later nights
// draws as a line: JSON of the report's own, without personal data.
type Night struct {
	AsOf    pipeline.Date
	Figures string
}

var nightsTable = mapping[Night]{
	Table{Name: "nights", Key: 1, Columns: []Column{col("as_of", maxDate), col("figures", 0)}},
	func(n *Night) []field { return []field{date{&n.AsOf}, (*text)(&n.Figures)} },
}

// Nights returns the newest nights before a day, at most limit, oldest first.
func (s *Store) Nights(ctx context.Context, before pipeline.Date, limit int) ([]Night, error) {
	rows, err := collect(stream(ctx, s.db, nightsTable,
		nightsTable.query("WHERE as_of < ? ORDER BY as_of DESC LIMIT ?"), before.String(), limit))
	slices.Reverse(rows)
	return rows, err
}

// PutNight adds or replaces the figures of a night.
func (tx *Tx) PutNight(ctx context.Context, n Night) error {
	return put(ctx, tx, nightsTable, []Night{n}, nightsTable.values())
}
