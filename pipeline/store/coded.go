package store

import (
	"context"

	"meibo/pipeline"
)

// Coded is one row that has a fault of the code that was asked for.
type Coded struct {
	Batch pipeline.Batch
	Sheet string
	Row   int
}

// FaultsCoded returns every row with a fault of that code, in order of batch
// and row.
func (s *Store) FaultsCoded(ctx context.Context, code pipeline.Code) ([]Coded, error) {
	rows, err := collect(stream(ctx, s.db, faultsTable, faultsTable.ordered("WHERE code = ?"), string(code)))
	if err != nil {
		return nil, err
	}
	var out []Coded
	for i := range rows {
		c := Coded{Sheet: rows[i].Sheet, Row: rows[i].Row}
		if n := len(out); n > 0 && out[n-1].Batch.ID == rows[i].Batch {
			c.Batch = out[n-1].Batch
		} else if c.Batch, _, err = s.Batch(ctx, rows[i].Batch); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}
