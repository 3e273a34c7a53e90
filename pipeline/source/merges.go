package source

import "bytes"

// merge is a merged range over several rows; only its first column matters,
// because the columns beside it hold nothing.
type merge struct{ left, top, bottom int }

// merges gives merged cells of the rows above to the rows they reach into.
type merges struct {
	byTop  map[int][]merge
	active []heldMerge
}

type heldMerge struct {
	merge
	cell Cell
}

// fill completes a row; rows must come in order.
func (m *merges) fill(row *Row) {
	if m.byTop == nil {
		return
	}
	going := m.active[:0]
	for _, h := range m.active {
		if h.bottom < row.Number {
			continue
		}
		going = append(going, h)
		for len(row.Cells) < h.left {
			row.Cells = append(row.Cells, Cell{})
		}
		if c := &row.Cells[h.left-1]; !filled(*c) {
			*c = h.cell
		}
	}
	m.active = going
	for _, g := range m.byTop[row.Number] {
		if g.left <= len(row.Cells) && filled(row.Cells[g.left-1]) {
			m.active = append(m.active, heldMerge{g, row.Cells[g.left-1]})
		}
	}
}

// bottom returns the last row into which cells of a row reach, or the row itself.
func (m *merges) bottom(row int) int {
	last := row
	for top, ranges := range m.byTop {
		for _, g := range ranges {
			if top <= row && g.bottom > last {
				last = g.bottom
			}
		}
	}
	return last
}

// readMerges collects the merged ranges of a sheet. They stand behind its data,
// so that a sheet with any is read one more time.
func (x *scanner) readMerges(limit int) (merges, error) {
	m := merges{byTop: map[int][]merge{}}
	if err := x.root("worksheet", mainSpaces...); err != nil {
		return m, err
	}
	err := x.children(func(name []byte) error {
		if string(name) != "mergeCells" {
			return x.skip()
		}
		return x.children(func([]byte) error {
			ref, err := x.value("ref")
			if err != nil {
				return err
			}
			from, to, _ := bytes.Cut([]byte(ref), []byte(":"))
			if g, ok := mergeOf(from, to); !ok {
				return refuse(CodeBadCellRef, x.part)
			} else if g.bottom > g.top && g.left <= limit {
				m.byTop[g.top] = append(m.byTop[g.top], g)
			}
			return x.skip()
		})
	})
	if err != nil {
		return m, err
	}
	return m, x.finish()
}

func mergeOf(from, to []byte) (merge, bool) {
	left, top, ok := cellRef(from)
	if len(to) == 0 {
		return merge{left, top, top}, ok
	}
	right, bottom, ok2 := cellRef(to)
	return merge{left, top, bottom}, ok && ok2 && right >= left && bottom >= top
}
