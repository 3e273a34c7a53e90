package report

import (
	"io"
	"iter"
	"slices"

	"github.com/xuri/excelize/v2"
)

// FaultyRows writes a new workbook of 取込結果 and a sheet of the given rows,
// with what is wrong beside each of them. Without a header there is only the
// list: nothing of the file could be read.
func FaultyRows(w io.Writer, m Meta, r Returned, rows iter.Seq2[ReturnedRow, error]) (st Stats, err error) {
	defer wrap("rejects", &err)
	r.sort()
	b, err := newBook(m, ResultSheet)
	if err != nil {
		return st, err
	}
	defer b.close()
	if err := b.addSheet(ResultSheet); err != nil { // it comes first, and is filled last
		return st, err
	}
	sheet, at := "", places{}
	if len(r.Header) > 0 {
		sheet = r.dataSheet()
		if st.Rows, err = b.rowsSheet(&r, sheet, rows, at); err != nil {
			return st, err
		}
	}
	if err := b.resultSheet(&r, sheet, at, len(addedColumns())); err != nil {
		return st, err
	}
	return st, b.save(w)
}

func (r *Returned) dataSheet() string {
	if r.Sheet == "" || r.Sheet == ResultSheet {
		return "データ"
	}
	return r.Sheet
}

// textWidth is the width of the column that says what is wrong.
const textWidth = 60

// addedColumns stand before those of the sender.
func addedColumns() []column {
	return []column{
		{header: errorRowHeader, width: 13, align: "center"},
		{header: errorTextHeader, width: textWidth},
	}
}

// rowsSheet writes the header and the rows, and notes where each went. Its
// first row is the header: unlike a report it is to be sent back.
func (b *book) rowsSheet(r *Returned, name string, rows iter.Seq2[ReturnedRow, error], at places) (n int, err error) {
	columns := addedColumns()
	for _, h := range r.Header {
		columns = append(columns, column{header: fit(h), width: min(max(float64(widthOf(h))+4, 14), 40)})
	}
	s, err := b.bare(layout{name: name, columns: columns, fixed: len(addedColumns()), filter: true})
	if err != nil {
		return 0, err
	}
	out := rowsSheet{sheet: s, looks: map[look]int{}}
	spots := r.byRow()
	at[r.HeaderRow] = 1
	for row, err := range rows {
		if err != nil {
			return n, err
		}
		n++
		if err := out.write(row, spots[row.Number]); err != nil {
			return n, err
		}
		if s.part == 1 {
			at[row.Number] = s.at
		}
	}
	return n, s.finish()
}

// rowsSheet writes rows as they were sent. Cells beyond the header stand behind
// it, where the sender sees them.
type rowsSheet struct {
	*sheet
	looks map[look]int
}

// misread reports whether a row could not be read cell by cell: its cells are
// too few, or not characters. In a workbook it could pass for a good one.
func misread(s Spot) bool { return s.isError() && s.Key == "" && s.Header == "" }

// lookAgain stands behind such a row, outside the header, where a value keeps
// the row faulty until its sender has looked.
const lookAgain = "← この行は見直しが必要です。直してから、このセルを消してください。"

// look is a style by what it shows.
type look struct {
	f format
	t tone
}

func (s *rowsSheet) style(f format, t tone) int {
	id, ok := s.looks[look{f, t}]
	if !ok {
		id = s.make(cellStyle(f, t, ""))
		s.looks[look{f, t}] = id
	}
	return id
}

func (s *rowsSheet) write(row ReturnedRow, spots []Spot) error {
	marked := map[int]bool{}
	for _, f := range spots {
		if f.isError() {
			marked[max(f.Column, 1)] = true
		}
	}
	text := told(spots)
	values := []any{
		excelize.Cell{StyleID: s.style(asText, plain), Value: row.Number},
		excelize.Cell{StyleID: s.style(asWrap, plain), Value: fit(text)},
	}
	for i, v := range row.Cells {
		t := plain
		if marked[i+1] {
			t = alarm
		}
		values = append(values, s.sent(t, v))
	}
	if slices.ContainsFunc(spots, misread) {
		for len(values) < len(s.columns) {
			values = append(values, nil)
		}
		values = append(values, excelize.Cell{StyleID: s.style(asText, alarm), Value: lookAgain})
	}
	return s.row(values, min(max(rowHeight, float64(linesIn(text, textWidth))*13.5+6), maxHeight))
}

// sent gives a cell the type it had, so that it is read as it was.
func (s *rowsSheet) sent(t tone, v any) excelize.Cell {
	switch x := v.(type) {
	case string:
		return excelize.Cell{StyleID: s.style(asText, t), Value: fit(x)}
	case Serial:
		return excelize.Cell{StyleID: s.style(asDate, t), Value: float64(x)}
	case nil:
		return excelize.Cell{StyleID: s.style(asText, t)}
	}
	return excelize.Cell{StyleID: s.style(asGeneral, t), Value: v}
}
