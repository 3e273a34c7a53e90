// Package source turns files into rows: CSV and XLSX, vetted while read,
// encodings, header row, positions, limits.
//
// A file is never half believed. A CSV row that cannot be read is a fault of
// that row and the rest goes on; a workbook that is damaged anywhere is refused
// whole, because a workbook cut or flipped in one place can otherwise give a
// shorter or a different table. Errors come in three kinds:
//
//   - a *pipeline.Fault with Row > 0 is about that row, and reading goes on;
//   - a *pipeline.Fault with Row 0 refuses the file and is the last thing yielded;
//   - any other error is about the world (a disk, a pipe).
//
// No fault text holds a value of the file.
package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"

	"meibo/pipeline"
)

// CellKind says how a cell was stored, where its text alone would not tell.
type CellKind uint8

// The kinds of a cell. CSV has only Text.
const (
	Text       CellKind = iota
	Number              // Text is the number exactly as stored, such as 1.8E3
	DateNumber          // a number whose cell has a date or time format: a serial day
	Bool                // Text is TRUE or FALSE
	ErrorValue          // Text is #N/A, #REF! and the like
	Formula             // a formula whose value was never stored; Text is empty
)

// Cell is one cell of a row. Its text is as it stands in the file, untrimmed.
type Cell struct {
	Text string
	Kind CellKind
}

// Row is one row of a table. It is valid until the next step of the iteration;
// the texts of its cells may be kept.
type Row struct {
	Number int    // as Excel numbers it, or the physical line on which it starts
	Cells  []Cell // by column of the header; see Table.Rows for rows with a fault
}

// Format is the kind of file.
type Format string

// The formats that are read.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
)

// Options say how to read a file; the zero Options find everything out.
type Options struct {
	// Encoding of a CSV: EncodingUTF8, EncodingCP932, EncodingUTF16LE or
	// EncodingUTF16BE. Empty: found by byte order mark and content.
	Encoding string
	// Sheet to read. Empty: the first visible one not called 取込結果.
	Sheet string
	// Continued: the table may go on in further sheets of the workbook, called as the
	// first with (2), (3), … behind its name, each below a header of the same texts.
	// Their rows are numbered on: MaxRow for each sheet before. Limits.Rows holds for
	// each sheet.
	Continued bool
	// IsHeader tells the header row: the first row for which it is true; rows
	// above it are titles. Nil: the first row that is not empty. It is asked
	// again for the same row while the delimiter is being found, so it may
	// remember what it saw but must not count.
	IsHeader func(cells []string) bool
	// Decrypt returns the plain bytes of a workbook with a password; see
	// Decrypter. Nil: such a workbook is refused with CodeEncrypted.
	Decrypt func(r io.ReaderAt, size int64) ([]byte, error)
	// Limits that are zero have their default.
	Limits Limits
}

// resultSheet is where returned workbooks say what became of a file; a sender
// may leave it in when sending the corrected workbook back.
const resultSheet = "取込結果"

// Table is an open file whose header row was found.
type Table struct {
	Name      string   // file name without folders
	Sheet     string   // empty for CSV
	Header    []string // texts of the header row, untrimmed
	HeaderRow int      // row number of the header
	Format    Format
	Encoding  string // of a CSV
	Comma     rune   // of a CSV: ',' or '\t'
	Date1904  bool   // serial days count from 1904-01-01 instead of 1900

	limits Limits
	rows   func(yield func(*Row, error) bool) // from below the header
	cut    func() *csvCutter                  // the same of a CSV, in blocks
}

// Open looks at the file, vets it, and finds its header row. The name decides
// by its extension what the content must be. A *pipeline.Fault with Row 0 says
// why the file is refused. The reader is used until Close.
//
// A workbook with a password is refused with CodeEncrypted unless Options say
// how to decrypt it.
func Open(r io.ReaderAt, size int64, name string, o Options) (*Table, error) {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	t := &Table{Name: name, limits: o.Limits.withDefaults()}
	if err := t.open(r, size, o); err != nil {
		return nil, t.located(err)
	}
	return t, nil
}

func (t *Table) open(r io.ReaderAt, size int64, o Options) error {
	if size > t.limits.FileBytes {
		return refuse(CodeTooLarge, t.limits.FileBytes>>20)
	}
	magic, err := readMagic(r, size)
	if err != nil {
		return err
	}
	switch strings.ToLower(path.Ext(t.Name)) {
	case ".csv":
		t.Format = CSV
		if magic != magicNone {
			return refuse(CodeWrongExtension)
		}
		return t.openCSV(r, size, o)
	case ".xlsx":
		t.Format = XLSX
		switch magic {
		case magicZIP:
			return t.openXLSX(r, size, o)
		case magicOLE:
			return t.openOLE(r, size, o)
		}
		return refuse(CodeWrongExtension)
	}
	return refuse(CodeUnknownFormat)
}

// openOLE opens a workbook with a password where Options say how.
func (t *Table) openOLE(r io.ReaderAt, size int64, o Options) error {
	err := refuseOLE(r, size)
	var f *pipeline.Fault
	if o.Decrypt == nil || !errors.As(err, &f) || f.Code != CodeEncrypted {
		return err
	}
	plain, err := o.Decrypt(r, size)
	if err != nil {
		return err
	}
	return t.openXLSX(bytes.NewReader(plain), int64(len(plain)), o)
}

// Rows yields the rows below the header in order, without those whose cells are
// all blank. Each row is yielded once. A good row has one cell for each header.
//
// A row with a fault comes together with it, so that it can be shown to its
// sender: with CodeCellCount the row has the cells it was written with (a
// trailer such as 件数 has its own count), with CodeBadQuotes one cell with the
// whole line, otherwise the cells with U+FFFD where bytes did not decode. The
// row is nil only beside a refusal or another error, which end the iteration.
//
// Rows may be called again and starts anew.
func (t *Table) Rows() iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		n := 0
		t.rows(func(row *Row, err error) bool {
			if row != nil {
				if n++; n > t.limits.Rows {
					yield(nil, t.TooManyRows())
					return false
				}
			}
			return yield(row, t.located(err))
		})
	}
}

// Close lets go of the file. It does not close the reader given to Open.
func (t *Table) Close() error {
	t.rows = func(yield func(*Row, error) bool) {
		yield(nil, errors.New("rows of a closed table"))
	}
	t.cut = nil
	return nil
}

// located fills in where a fault is, and wraps what is not a fault.
func (t *Table) located(err error) error {
	if err == nil {
		return nil
	}
	var f *pipeline.Fault
	if errors.As(err, &f) {
		f.File, f.Sheet = t.Name, t.Sheet
		return f
	}
	return fmt.Errorf("read %s: %w", t.Name, err)
}

// findHeader runs over rows until isHeader is true, at most limit rows that are
// not blank; number is 0 if it never is. A header can be several rows deep:
// where bottom says that cells of the row reach further down, the last of the
// rows is taken in which isHeader still holds, for only there stands the lower
// part of divided cells.
func findHeader(rows iter.Seq2[*Row, error], isHeader func([]string) bool, limit int, bottom func(row int) int) (number int, header []string, err error) {
	seen, reach := 0, 0
	for row, err := range rows {
		var f *pipeline.Fault
		if err != nil && (!errors.As(err, &f) || f.Row == 0) {
			return 0, nil, err
		}
		if number > 0 && row.Number > reach {
			break
		}
		texts := make([]string, len(row.Cells))
		for i, c := range row.Cells {
			texts[i] = c.Text
		}
		if isHeader != nil && !isHeader(texts) {
			if seen++; number > 0 || seen == limit {
				break
			}
			continue
		}
		if f != nil && f.Code != CodeCellCount {
			f.Row = 0 // without its header the file cannot be read
			return 0, nil, f
		}
		number, header = row.Number, texts
		if isHeader != nil {
			reach = bottom(number)
		}
		if reach <= number {
			break
		}
	}
	return number, header, nil
}

// blank reports whether a cell counts as empty: nothing but the spaces that are
// trimmed from every value (U+3000 and U+00A0 too).
func blank(s string) bool {
	if s == "" {
		return true
	}
	// Nearly every cell that holds something shows it with its first byte.
	if c := s[0]; c > ' ' && c != 0xC2 && c != 0xE3 && c != 0xEF {
		return false
	}
	return strings.Trim(s, " \t\r\n\v\f\u00A0\u3000\uFEFF") == ""
}
