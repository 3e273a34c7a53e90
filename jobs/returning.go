package jobs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"

	"meibo/pipeline"
	"meibo/pipeline/intake"
	"meibo/pipeline/report"
	"meibo/pipeline/run"
	"meibo/pipeline/source"
)

// wholeRows is the longest file, in rows, that goes back whole; of a longer one
// only the faulty rows do.
const wholeRows = 20_000

// returning is one file on its way back to its sender.
type returning struct {
	*night
	w     *run.Work
	box   *box
	taken map[string]bool // names in the box, in lower case
	names []string        // of what was written for this file
	file  report.Returned

	bytes *archived     // as sent
	plain []byte        // of a workbook with a password, once decrypted
	table *source.Table // nil if the file cannot be read as one
	rows  int           // of the table
}

// ownMeta is that of a report on what the reader itself sent: in the clear it
// comes back in the form it chose.
func (r *returning) ownMeta() report.Meta {
	m := r.meta(r.box.reader, r.row.AsOf)
	if m.Form == report.FormMinimised {
		m.Form = report.FormOwnData
	}
	return m
}

// send writes what the sender can correct and send back.
func (r *returning) send() error {
	defer func() {
		if r.bytes != nil {
			r.bytes.Close()
		}
	}()
	if err := r.read(); err != nil {
		return err
	}
	switch {
	case r.table == nil:
	case r.table.Format == source.CSV && r.mustLock():
		r.file.Locked = true
	case r.table.Format == source.CSV:
		if err := r.sendCSV(); err != nil {
			return err
		}
	case r.rows <= wholeRows && !slices.ContainsFunc(r.table.Header, intake.OursToIgnore):
		done, err := r.sendMarked()
		if done || err != nil {
			return err
		}
	}
	return r.sendRows()
}

// mustLock reports whether a CSV file may not go back as one: it cannot be locked,
// its sender outside of the house has agreed on a password, and it has columns that
// do not stand together in the clear. The workbook of the same rows can be
// corrected and sent back in its stead. Without a password there is no other form
// in which a sender could correct what it sent: its own rows come back as it chose
// to send them, and the file says so.
func (r *returning) mustLock() bool {
	id, _ := r.Config.role(r.box.reader)
	if role, _ := r.Rules.Disclosure.Role(id); !role.Outside || r.box.password == "" {
		return false
	}
	layout := r.layouts[r.file.Batch.Kind]
	return slices.ContainsFunc(r.Rules.Disclosure.Apart, func(pair []string) bool {
		return !slices.ContainsFunc(pair, func(header string) bool {
			return !slices.ContainsFunc(r.table.Header, func(h string) bool { return layout.Means(h, header) })
		})
	})
}

// name gives out the next name for this file.
func (r *returning) name(readable bool) string {
	s := report.Distinct(report.ReturnedName(r.file.Batch.FileName, readable), r.taken)
	r.names = append(r.names, s)
	return s
}

// read reads the archived bytes as the import did. Only a file that the strict
// reader takes to its very end counts as readable.
func (r *returning) read() error {
	b := r.file.Batch
	layout := r.layouts[b.Kind]
	if layout == nil {
		return nil // of no kind: there is nothing to say about its rows
	}
	if slices.ContainsFunc(r.file.Faults, func(s report.Spot) bool { return s.Code == CodeInternal }) {
		return nil // reading it is what this program fails on
	}
	var err error
	if r.bytes, err = r.openArchived(run.File{SHA256: b.SHA256}); err != nil {
		return err
	}
	table, err := layout.Open(r.bytes, r.bytes.size, b.FileName, r.bytes.options(r.reading(b.Sender, &r.plain)))
	if err != nil {
		return unreadable(err)
	}
	for _, err := range table.Rows() {
		if err = rowFault(err); err != nil {
			return unreadable(err)
		}
		r.rows++
	}
	r.table = table
	r.file.Sheet, r.file.Header, r.file.HeaderRow = table.Sheet, table.Header, table.HeaderRow
	if table.Format == source.CSV {
		r.file.Sheet = layout.Sheet
	}
	for i, f := range r.file.Faults {
		if column, ok := layout.ColumnOf(table, f.Fault); ok {
			r.file.Faults[i].Column = column + 1
		}
	}
	return nil
}

// unreadable takes a refusal for an answer, and passes on any other error.
func unreadable(err error) error {
	var f *pipeline.Fault
	if errors.As(err, &f) {
		return nil
	}
	return err
}

// rowFault forgets a fault that does not end the reading.
func rowFault(err error) error {
	var f *pipeline.Fault
	if errors.As(err, &f) && f.Row > 0 {
		return nil
	}
	return err
}

// sendMarked writes the sender's own workbook with its faults marked. Done is
// false if the workbook is not one to be opened as a whole.
func (r *returning) sendMarked() (done bool, err error) {
	book := r.plain
	if book == nil {
		// Read beforehand: a fault of the disk must not pass for one of the workbook.
		if book, err = io.ReadAll(io.NewSectionReader(r.bytes, 0, r.bytes.size)); err != nil {
			return false, fmt.Errorf("read an archived file: %w", err)
		}
	}
	marked, err := report.Mark(r.ownMeta(), r.file, bytes.NewReader(book), int64(len(book)))
	if errors.Is(err, report.ErrUnmarkable) {
		// The reason may hold text of the file.
		r.o.Log.Info("workbook goes back without its other sheets", "run", r.row.ID, "batch", r.file.Batch.ID)
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer marked.Close()
	return true, r.box.write(r.w, r.name(true), marked.Write)
}

// sendRows writes a new workbook of the faulty rows, or of no rows if none
// could be read.
func (r *returning) sendRows() error {
	whole := r.refusedWhole() && r.rows <= wholeRows
	r.file.Partial = r.refusedWhole() && !whole
	return r.box.write(r.w, r.name(true), func(out io.Writer) (report.Stats, error) {
		return report.FaultyRows(out, r.ownMeta(), r.file, r.wanted(whole))
	})
}

// sendCSV writes the faulty rows as the sender wrote them; of a file that was
// refused whole all rows, since all of them are to come again.
func (r *returning) sendCSV() error {
	if !slices.ContainsFunc(r.file.Faults, func(s report.Spot) bool { return s.Row > 0 && s.Severity == pipeline.SeverityError }) {
		return nil // what is wrong does not stand in a row
	}
	form, err := csvForm(r.table, r.bytes)
	if err != nil {
		return err
	}
	return r.box.write(r.w, r.name(false), func(out io.Writer) (report.Stats, error) {
		return report.FaultyCSV(out, form, r.file, r.wanted(r.refusedWhole()))
	})
}

func (r *returning) refusedWhole() bool { return r.file.Batch.State == pipeline.BatchRefused }

// wanted yields all rows of the file or the faulty ones.
func (r *returning) wanted(all bool) iter.Seq2[report.ReturnedRow, error] {
	faulty := map[int]bool{}
	for _, f := range r.file.Faults {
		if f.Severity == pipeline.SeverityError {
			faulty[f.Row] = true
		}
	}
	return func(yield func(report.ReturnedRow, error) bool) {
		if r.table == nil {
			return
		}
		for row, err := range r.table.Rows() {
			if err = rowFault(err); err != nil {
				yield(report.ReturnedRow{}, err)
				return
			}
			if !all && !faulty[row.Number] {
				continue
			}
			if !yield(report.ReturnedRow{Number: row.Number, Cells: r.cells(row)}, nil) {
				return
			}
		}
	}
}

// cells gives the cells of a row the types they had.
func (r *returning) cells(row *source.Row) []any {
	out := make([]any, len(row.Cells))
	for i, c := range row.Cells {
		number, err := strconv.ParseFloat(c.Text, 64)
		switch {
		case c.Kind == source.DateNumber && err == nil:
			if r.table.Date1904 {
				number += days1904
			}
			out[i] = report.Serial(number)
		case c.Kind == source.Number && err == nil:
			out[i] = number
		case c.Kind == source.Bool:
			out[i] = c.Text == "TRUE"
		case c.Text != "":
			out[i] = c.Text
		}
	}
	return out
}

// days1904 lie between the beginnings of the two calendars of workbooks.
const days1904 = 1462

// csvForm is how the file was written.
func csvForm(t *source.Table, file io.ReaderAt) (report.CSVForm, error) {
	head := make([]byte, 1<<16)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return report.CSVForm{}, fmt.Errorf("read the form of a file: %w", err)
	}
	head = head[:n]
	form := report.CSVForm{Encoding: t.Encoding, Comma: t.Comma, LineEnd: "\r\n"}
	width, low := 1, 0 // bytes of a character, and which of them tells
	switch t.Encoding {
	case source.EncodingUTF16LE:
		width, form.BOM = 2, true
	case source.EncodingUTF16BE:
		width, low, form.BOM = 2, 1, true
	case source.EncodingUTF8:
		form.BOM = bytes.HasPrefix(head, []byte("\xEF\xBB\xBF"))
	}
	unit := func(i int) byte {
		if i+width > len(head) || width == 2 && head[i+1-low] != 0 {
			return 0
		}
		return head[i+low]
	}
	for i := 0; i < len(head); i += width {
		switch unit(i) {
		case '\n':
			form.LineEnd = "\n"
			return form, nil
		case '\r':
			if unit(i+width) != '\n' {
				form.LineEnd = "\r"
			}
			return form, nil
		}
	}
	return form, nil
}
