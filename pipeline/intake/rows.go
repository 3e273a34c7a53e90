package intake

import (
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/source"
)

// Records yields the data rows of t in order, good and bad. A refusal of the
// file (a *pipeline.Fault with Row 0) or an error of the world comes with a nil
// record and ends the iteration; what was yielded before it must then not be
// used. Records may be kept.
func (l *Layout) Records(t *source.Table, env Env) iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		d, _, err := newDecoder(l, t, env)
		if err != nil {
			yield(nil, err)
			return
		}
		n := 0
		for row, err := range dataRows(t.Rows()) {
			if err != nil {
				yield(nil, err)
				return
			}
			if row.trailer {
				if row.total != n {
					yield(nil, trailerMismatch(t, row, n))
				}
				return
			}
			n++
			d.read(row)
			if !yield(d.record(), nil) {
				return
			}
		}
	}
}

// dataRow is a row of a table and what source found wrong with it. It is valid
// as long as its source.Row is; a trailer longer.
type dataRow struct {
	number int
	cells  []source.Cell
	broken *pipeline.Fault

	trailer bool // nothing stands in it but a number of rows, and none follows it
	total   int  // that number
}

// dataRows yields the rows with their faults. An error is the last thing
// yielded, and no fault of a row.
func dataRows(rows iter.Seq2[*source.Row, error]) iter.Seq2[dataRow, error] {
	return func(yield func(dataRow, error) bool) {
		var held dataRow // it is a trailer if no other follows it
		for row, err := range rows {
			broken, err := faultOf(err)
			if err != nil {
				yield(dataRow{}, err)
				return
			}
			if held.trailer {
				held.trailer = false
				if !yield(held, nil) {
					return
				}
			}
			r := dataRow{number: row.Number, cells: row.Cells, broken: broken}
			if total, ok := trailerTotal(row); ok {
				r.cells, r.trailer, r.total = slices.Clone(r.cells), true, total
				held = r
			} else if !yield(r, nil) {
				return
			}
		}
		if held.trailer {
			yield(held, nil)
		}
	}
}

// faultOf tells the fault of a row from what ends a file.
func faultOf(err error) (*pipeline.Fault, error) {
	if err == nil {
		return nil, nil
	}
	var f *pipeline.Fault
	if errors.As(err, &f) && f.Row > 0 {
		return f, nil
	}
	return nil, err
}

var trailer = regexp.MustCompile(`^(?:件数|合計|合計件数|総件数)[::]?([0-9][0-9,]*)件?$`)

// trailerTotal reports whether nothing stands in the row but 件数 or 合計 and a
// number.
func trailerTotal(row *source.Row) (total int, ok bool) {
	var text strings.Builder
	for i := range row.Cells {
		cell := trim(row.Cells[i].Text)
		if cell == "" {
			continue
		}
		// Nearly every row shows with its first cell that it is data.
		if text.Len() == 0 && !beginsTrailer(cell) || text.Len()+len(cell) > longestTrailer {
			return 0, false
		}
		text.WriteString(foldWord(cell))
	}
	m := trailer.FindStringSubmatch(text.String())
	if m == nil {
		return 0, false
	}
	total = number(strings.ReplaceAll(m[1], ",", ""))
	return total, total >= 0
}

func beginsTrailer(cell string) bool {
	return strings.HasPrefix(cell, "件") || strings.HasPrefix(cell, "合") || strings.HasPrefix(cell, "総")
}

// longestTrailer keeps trailerTotal from looking closely at data, in bytes.
const longestTrailer = 80

func trailerMismatch(t *source.Table, h dataRow, rows int) *pipeline.Fault {
	at := pipeline.Origin{File: t.Name, Sheet: t.Sheet}
	return placed(at, "", "", bad(CodeTrailerMismatch,
		fmt.Sprintf("最終行（%d行目）の件数は%d件ですが、データは%d行あります。途中で切れていないか確かめ、ファイル全体を送り直してください。", h.number, h.total, rows),
		fmt.Sprintf("the last row (%d) says %d rows, but there are %d; check that nothing was cut off and send the whole file again", h.number, h.total, rows)))
}
