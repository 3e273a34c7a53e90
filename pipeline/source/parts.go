package source

import (
	"errors"
	"iter"

	"meibo/pipeline"
)

// Part is a stretch of the rows of a table that lies in memory, so that it can
// be read while others are. The zero Part is empty and ready to be filled.
type Part struct {
	table *Table
	csv   csvReader // of a CSV
	rows  []partRow // of a workbook
	cells []Cell    // of rows
}

// partRow is a row of a workbook with what is wrong with it.
type partRow struct {
	Row
	bad *pipeline.Fault
}

// partRows is how many rows of a workbook make a part.
const partRows = 512

// Parts yields the rows below the header in parts, in order. It asks blank for
// the memory of each: for a new Part, or one that is no longer needed. A nil
// part comes with the refusal or error that ends the iteration.
//
// Nobody counts the rows as Rows does: that is for the caller, who must end
// with TooManyRows where the parts together have more than RowLimit.
func (t *Table) Parts(blank func() *Part) iter.Seq2[*Part, error] {
	if t.cut == nil {
		return t.sheetParts(blank)
	}
	return func(yield func(*Part, error) bool) {
		c := t.cut()
		for {
			p := blank()
			p.table = t
			ok, err := c.cut(&p.csv)
			if err != nil {
				yield(nil, t.located(err))
				return
			}
			if !ok || !yield(p, nil) {
				return
			}
		}
	}
}

// sheetParts copies rows of a workbook, which can only be read one after the other.
func (t *Table) sheetParts(blank func() *Part) iter.Seq2[*Part, error] {
	return func(yield func(*Part, error) bool) {
		var p *Part
		for row, err := range t.rows {
			if row == nil {
				if p == nil || yield(p, nil) {
					yield(nil, t.located(err))
				}
				return
			}
			if p == nil {
				p = blank()
				p.table, p.rows, p.cells = t, p.rows[:0], p.cells[:0]
			}
			p.add(row, err)
			if len(p.rows) < partRows {
				continue
			}
			if !yield(p, nil) {
				return
			}
			p = nil
		}
		if p != nil {
			yield(p, nil)
		}
	}
}

func (p *Part) add(row *Row, err error) {
	start := len(p.cells)
	p.cells = append(p.cells, row.Cells...)
	r := partRow{Row: Row{row.Number, p.cells[start:len(p.cells):len(p.cells)]}}
	// Where append moves the cells, earlier rows keep the memory they have.
	errors.As(err, &r.bad)
	p.rows = append(p.rows, r)
}

// Rows yields the rows of the part as Table.Rows does; every error is a fault of
// a row. It may be called again and starts anew.
func (p *Part) Rows() iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		if p.table.Format == CSV {
			p.csv.rows(func(row *Row, err error) bool { return yield(row, p.table.located(err)) })
			return
		}
		for i := range p.rows {
			var err error
			if bad := p.rows[i].bad; bad != nil {
				err = p.table.located(bad)
			}
			if !yield(&p.rows[i].Row, err) {
				return
			}
		}
	}
}

// RowLimit is how many rows a table may have below its header.
func (t *Table) RowLimit() int { return t.limits.Rows }

// TooManyRows refuses a table for more rows than RowLimit.
func (t *Table) TooManyRows() error { return t.located(refuse(CodeTooManyRows, t.limits.Rows)) }
