package source

import (
	"errors"
	"io"
	"iter"
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
	return nil
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
