package report

import "slices"

// smallCell is the number of people from which on a count is shown; below it, and
// above 0, it could be somebody (要領§4(5)ウ: statistics without personal data).
const smallCell = 5

// withTotals is a table of counts with a column and a row of totals.
func withTotals(n [][]int) [][]int {
	if len(n) == 0 {
		return nil
	}
	total := make([]int, len(n[0])+1)
	out := make([][]int, 0, len(n)+1)
	for _, row := range n {
		sum := 0
		for j, v := range row {
			sum += v
			total[j] += v
		}
		total[len(row)] += sum
		out = append(out, append(slices.Clone(row), sum))
	}
	return append(out, total)
}

// suppress says which cells of a table with totals are not shown, so that nobody
// learns of a count of fewer than small people, not even from totals and from what
// else is shown: for whatever is hidden because it is small, the rest of the table
// allows a range of at least small whole numbers besides its own, one of them
// not small. Among the cells that would do, the smallest counts go.
//
// The totals of tied columns stand in other tables too. They are hidden where they
// are small, as they are there, and never to protect another cell: what one table
// hides no other tells, and each can be protected by itself.
func suppress(n [][]int, small int, tied ...int) [][]bool {
	hidden := make([][]bool, len(n))
	for i := range n {
		hidden[i] = make([]bool, len(n[i]))
		for j, v := range n[i] {
			hidden[i][j] = 0 < v && v < small
		}
	}
	t := &cellTable{n: n, hidden: hidden, tied: tied}
	for i := range n {
		for j, v := range n[i] {
			for 0 < v && v < small && !t.safe(i, j, small) {
				if !t.protect(i, j, small) {
					break // everything is hidden
				}
			}
		}
	}
	return hidden
}

// cellTable asks what hidden cells may be, for who sees the others.
type cellTable struct {
	n      [][]int
	hidden [][]bool
	tied   []int // columns whose totals stand elsewhere
}

// open reports whether a cell must stay as it is. The row of totals has, in a table
// of one column, the same total twice.
func (t *cellTable) open(i, j int) bool {
	return i == len(t.n)-1 && (slices.Contains(t.tied, j) || len(t.n[0]) == 2 && len(t.tied) > 0)
}

// safe reports whether a hidden cell can be so many, as far as anybody sees.
func (t *cellTable) safe(i, j, small int) bool {
	lo, hi := t.interval(i, j)
	return hi >= small && hi-lo >= small
}

// interval is the range of whole numbers that a hidden cell may be.
func (t *cellTable) interval(i, j int) (lo, hi int) {
	up, down := t.flow(i, j, true), t.flow(i, j, false)
	if !t.plus(i, j) {
		up, down = down, up
	}
	v := t.n[i][j]
	return v - min(v, down), v + up
}

// plus reports whether a cell counts towards the equations of its line and column,
// or is their sum: every row and every column of signed cells then sums to 0.
func (t *cellTable) plus(i, j int) bool {
	return (i == len(t.n)-1) == (j == len(t.n[0])-1)
}

// endless is more than any count.
const endless = 1 << 40

// room is by how much a signed cell may rise or fall.
func (t *cellTable) room(i, j int, rise bool) int {
	if !t.hidden[i][j] {
		return 0
	}
	if rise == t.plus(i, j) {
		return endless
	}
	return t.n[i][j]
}

// flow is by how much a signed hidden cell may rise, or fall, if the others of its
// row and column make up for it, those of theirs for these, and so on: the largest
// flow from its row to its column over the other hidden cells.
func (t *cellTable) flow(i, j int, rise bool) int {
	rows, cols := len(t.n), len(t.n[0])
	used := make([][]int, rows) // net change of each signed cell so far
	for r := range used {
		used[r] = make([]int, cols)
	}
	left := func(r, c int, up bool) int {
		if r == i && c == j {
			return 0
		}
		u := used[r][c]
		if !up {
			u = -u
		}
		return max(0, t.room(r, c, up)-u)
	}
	total := 0
	for total < endless {
		path := t.path(i, j, func(r, c int) bool { return left(r, c, !rise) > 0 }, func(r, c int) bool { return left(r, c, rise) > 0 })
		if path == nil {
			return total
		}
		most := endless
		for k, cell := range path {
			most = min(most, left(cell[0], cell[1], (k%2 == 0) != rise))
		}
		for k, cell := range path {
			by := most
			if (k%2 == 0) == rise {
				by = -most
			}
			used[cell[0]][cell[1]] += by
		}
		total += most
	}
	return total
}

// path walks from row i to column j by the fewest cells, forth along rows and back
// along columns.
func (t *cellTable) path(i, j int, forth, back func(r, c int) bool) [][2]int {
	rows, cols := len(t.n), len(t.n[0])
	from := make([][2]int, rows+cols) // by which cell a row or column was reached
	seen := make([]bool, rows+cols)
	seen[i] = true
	for queue := []int{i}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for next := range rows + cols {
			r, c, open := at, next-rows, forth
			if at >= rows {
				r, c, open = next, at-rows, back
			}
			if seen[next] || (at < rows) == (next < rows) || !open(r, c) {
				continue
			}
			seen[next], from[next] = true, [2]int{r, c}
			queue = append(queue, next)
		}
	}
	if !seen[rows+j] {
		return nil
	}
	var out [][2]int
	for at := rows + j; at != i; {
		cell := from[at]
		out = append(out, cell)
		if at >= rows {
			at = cell[0]
		} else {
			at = rows + cell[1]
		}
	}
	slices.Reverse(out)
	return out
}

// protect hides the corners of a rectangle with a cell, so that they can make up for
// each other: those that make it safe and show the most of the others. If no
// rectangle does, it hides the one that hides least and says that there is more to
// do; false: everything is hidden.
func (t *cellTable) protect(i, j, small int) bool {
	best, least, made := [][2]int(nil), 0, false
	for r := range t.n {
		for c := range t.n[r] {
			if r == i || c == j {
				continue
			}
			added, cost := t.uncovered([][2]int{{i, c}, {r, j}, {r, c}})
			if len(added) == 0 || slices.ContainsFunc(added, func(cell [2]int) bool { return t.open(cell[0], cell[1]) }) {
				continue
			}
			t.cover(added, true)
			safe := t.safe(i, j, small)
			t.cover(added, false)
			if best == nil || safe && !made || safe == made && cost < least {
				best, least, made = added, cost, safe
			}
		}
	}
	t.cover(best, true)
	return best != nil
}

// uncovered are those of the cells that are shown, and what is lost with them: a
// zero protects nobody well.
func (t *cellTable) uncovered(cells [][2]int) (out [][2]int, cost int) {
	const zero = 1 << 20
	for _, cell := range cells {
		if t.hidden[cell[0]][cell[1]] {
			continue
		}
		out, cost = append(out, cell), cost+1+t.n[cell[0]][cell[1]]
		if t.n[cell[0]][cell[1]] == 0 {
			cost += zero
		}
	}
	return out, cost
}

func (t *cellTable) cover(cells [][2]int, on bool) {
	for _, cell := range cells {
		t.hidden[cell[0]][cell[1]] = on
	}
}

// suppressMost is suppress for a column of which the last cell is the largest of the
// others and no sum: with a small one the smallest of the rest is hidden too, or what
// is hidden could only be small.
func suppressMost(n []int, small int) []bool {
	hidden := make([]bool, len(n))
	next := -1
	for i, v := range n {
		hidden[i] = 0 < v && v < small
		if v >= small && i < len(n)-1 && (next < 0 || v < n[next]) {
			next = i
		}
	}
	if next >= 0 && slices.Contains(hidden, true) {
		hidden[next] = true
	}
	return hidden
}
