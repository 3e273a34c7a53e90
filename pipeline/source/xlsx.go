package source

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"meibo/pipeline"
)

// openXLSX vets the whole workbook and finds the header row of its sheet.
func (t *Table) openXLSX(r io.ReaderAt, size int64, o Options) error {
	p, err := openPackage(r, size, t.limits)
	if err != nil {
		return err
	}
	book, err := openWorkbook(p, t.limits)
	if err != nil {
		return err
	}
	ref, ok := book.sheet(o.Sheet)
	if !ok {
		return refuse(CodeNoSheet)
	}
	t.Sheet, t.Date1904 = ref.name, book.date1904
	var merged merges
	if p.merges[partKey(ref.part)] {
		if merged, err = book.readMerges(ref.part, t.limits.Columns); err != nil {
			return err
		}
	}
	rows := book.rows(ref.part, sheetReader{limit: t.limits.Columns, merged: merged})
	n, header, err := findHeader(rows, o.IsHeader, t.limits.HeaderRows, merged.bottom)
	if err != nil {
		return err
	}
	for len(header) > 0 && blank(header[len(header)-1]) {
		header = header[:len(header)-1]
	}
	if len(header) == 0 {
		return refuse(CodeNoHeader, t.limits.HeaderRows)
	}
	t.HeaderRow, t.Header = n, header
	t.rows = book.rows(ref.part, sheetReader{
		limit: t.limits.Columns, columns: len(header), blanks: blankColumns(header), skipTo: n,
	})
	if !o.Continued {
		return nil
	}
	return t.goOn(book, o)
}

// goOn appends the rows of the sheets in which the table goes on.
func (t *Table) goOn(book *workbook, o Options) error {
	sheets, each := []iter.Seq2[*Row, error]{t.rows}, t.limits.Rows
	for {
		ref, ok := book.sheet(fmt.Sprintf("%s (%d)", t.Sheet, len(sheets)+1))
		if !ok {
			break
		}
		n, header, err := findHeader(book.rows(ref.part, sheetReader{limit: t.limits.Columns}), o.IsHeader, t.limits.HeaderRows, new(merges).bottom)
		if err != nil {
			return err
		}
		if len(header) < len(t.Header) || !slices.Equal(header[:len(t.Header)], t.Header) {
			return refuse(CodeNoHeader, t.limits.HeaderRows)
		}
		sheets = append(sheets, book.rows(ref.part, sheetReader{
			limit: t.limits.Columns, columns: len(t.Header), blanks: blankColumns(t.Header), skipTo: n,
		}))
	}
	t.limits.Rows = each * len(sheets)
	t.rows = func(yield func(*Row, error) bool) {
		for i, rows := range sheets {
			for row, err := range rows {
				if !yield(numberedOn(row, err, i*MaxRow)) || row == nil {
					return
				}
			}
		}
	}
	return nil
}

// numberedOn adds the rows of the sheets before to the number of a row and of what
// is wrong with it.
func numberedOn(row *Row, err error, before int) (*Row, error) {
	var f *pipeline.Fault
	if row != nil {
		row.Number += before
		if errors.As(err, &f) {
			f.Row += before
		}
	}
	return row, err
}

// rows yields the rows of a sheet, from its beginning each time.
func (w *workbook) rows(part string, proto sheetReader) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		x, shut, err := w.open(part)
		if err != nil {
			yield(nil, err)
			return
		}
		defer shut()
		s := proto
		s.scanner, s.book = x, w
		if err := s.read(yield); err != nil && !errors.Is(err, stop{}) {
			yield(nil, err)
		}
	}
}

// readMerges reads a sheet for its merged ranges only.
func (w *workbook) readMerges(part string, columns int) (merges, error) {
	x, shut, err := w.open(part)
	if err != nil {
		return merges{}, err
	}
	defer shut()
	return x.readMerges(columns)
}
