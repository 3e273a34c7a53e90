package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// shownCells writes a table with what is hidden as ＊.
func shownCells(n [][]int, hidden [][]bool) string {
	var lines []string
	for i := range n {
		var cells []string
		for j, v := range n[i] {
			if hidden[i][j] {
				cells = append(cells, "*")
			} else {
				cells = append(cells, fmt.Sprint(v))
			}
		}
		lines = append(lines, strings.Join(cells, " "))
	}
	return strings.Join(lines, " / ")
}

func TestSmallCellsAreHidden(t *testing.T) {
	tests := []struct {
		name string
		n    [][]int
		want string
	}{
		{"nothing small", [][]int{{10, 20}, {30, 40}}, "10 20 30 / 30 40 70 / 40 60 100"},
		{"nobody is no secret", [][]int{{0, 20}, {30, 0}}, "0 20 20 / 30 0 30 / 30 20 50"},
		{"a rectangle hides a small one", [][]int{{3, 20, 9}, {30, 40, 8}, {9, 9, 9}}, "* 20 * 32 / 30 40 8 78 / * 9 * 27 / 42 69 26 137"},
		{"a row alone", [][]int{{3, 20}}, "* * 23 / * * 23"},
		{"all of them are few", [][]int{{1}}, "* * / * *"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := withTotals(tt.n)
			if got := shownCells(n, suppress(n, smallCell)); got != tt.want {
				t.Errorf("shown %s, want %s", got, tt.want)
			}
		})
	}
}

// guesses are the numbers that a hidden cell of a table may be for who sees the
// rest, found by trying all tables with no cell above most: nothing of the way in
// which cells were hidden is used.
func guesses(n [][]int, hidden [][]bool, most int) map[[2]int]map[int]bool {
	rows, cols := len(n)-1, len(n[0])-1
	out := map[[2]int]map[int]bool{}
	try := make([][]int, rows)
	for i := range try {
		try[i] = make([]int, cols)
	}
	fits := func(full [][]int) bool {
		for i := range full {
			for j, v := range full[i] {
				if !hidden[i][j] && v != n[i][j] {
					return false
				}
			}
		}
		return true
	}
	var fill func(k int)
	fill = func(k int) {
		if k == rows*cols {
			full := withTotals(try)
			if !fits(full) {
				return
			}
			for i := range full {
				for j, v := range full[i] {
					if hidden[i][j] {
						if out[[2]int{i, j}] == nil {
							out[[2]int{i, j}] = map[int]bool{}
						}
						out[[2]int{i, j}][v] = true
					}
				}
			}
			return
		}
		i, j := k/cols, k%cols
		if !hidden[i][j] {
			try[i][j] = n[i][j]
			fill(k + 1)
			return
		}
		for v := range most + 1 {
			try[i][j] = v
			fill(k + 1)
		}
	}
	fill(0)
	return out
}

// Whoever sees a table cannot tell of a small count how many they are, nor that
// they are few; and no more is hidden than that takes if nothing is small.
func TestSmallCountsCannotBeWorkedOut(t *testing.T) {
	const small, most = 3, 10
	rapid.Check(t, func(t *rapid.T) {
		rows, cols := rapid.IntRange(1, 2).Draw(t, "rows"), rapid.IntRange(1, 2).Draw(t, "cols")
		if rapid.Bool().Draw(t, "wide") {
			rows, cols = 1, 3
		}
		inner := make([][]int, rows)
		for i := range inner {
			inner[i] = rapid.SliceOfN(rapid.IntRange(0, 7), cols, cols).Draw(t, "row")
		}
		n := withTotals(inner)
		var tied []int
		if tie := rapid.IntRange(-1, cols-1).Draw(t, "tied"); tie >= 0 {
			tied = []int{tie}
		}
		hidden := suppress(n, small, tied...)
		for _, j := range tied {
			if total := n[rows][j]; hidden[rows][j] != (0 < total && total < small) {
				t.Fatalf("%s: the total of column %d stands elsewhere", shownCells(n, hidden), j)
			}
		}
		all := guesses(n, hidden, most)
		anySmall := false
		for i := range n {
			for j, v := range n[i] {
				if v == 0 || v >= small {
					continue
				}
				anySmall = true
				got := all[[2]int{i, j}]
				big := false
				for g := range got {
					big = big || g >= small
				}
				if !hidden[i][j] || len(got) <= small || !big {
					t.Fatalf("%s: the %d at %d,%d can only be %v", shownCells(n, hidden), v, i, j, got)
				}
			}
		}
		if !anySmall && slices.ContainsFunc(hidden, func(row []bool) bool { return slices.Contains(row, true) }) {
			t.Fatalf("%s: hidden without need", shownCells(n, hidden))
		}
	})
}

// The range that a cell may have is the one that all tables give.
func TestIntervalsAreThoseOfAllTables(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inner := [][]int{
			rapid.SliceOfN(rapid.IntRange(0, 4), 2, 2).Draw(t, "first"), rapid.SliceOfN(rapid.IntRange(0, 4), 2, 2).Draw(t, "second"),
		}
		n := withTotals(inner)
		hidden := make([][]bool, len(n))
		for i := range hidden {
			hidden[i] = rapid.SliceOfN(rapid.Bool(), len(n[0]), len(n[0])).Draw(t, "hidden")
		}
		c := &cellTable{n: n, hidden: hidden}
		const most = 16 // above what any bounded cell can reach
		for cell, got := range guesses(n, hidden, most) {
			lo, hi := c.interval(cell[0], cell[1])
			values := make([]int, 0, len(got))
			for v := range got {
				values = append(values, v)
			}
			if least := slices.Min(values); least != lo {
				t.Fatalf("%s at %v: from %d, all tables say %d", shownCells(n, hidden), cell, lo, least)
			}
			if largest := slices.Max(values); largest != hi && hi < most {
				t.Fatalf("%s at %v: up to %d, all tables say %d", shownCells(n, hidden), cell, hi, largest)
			}
		}
	})
}
