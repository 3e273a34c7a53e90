package report

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"

	"meibo/pipeline"
)

// CSVForm is how a file was written, so that it goes back alike.
type CSVForm struct {
	Encoding string // utf-8, cp932, utf-16le or utf-16be
	BOM      bool
	Comma    rune
	LineEnd  string // CRLF, LF or CR
}

// FaultyCSV writes the header and the rows with two columns behind them: the
// row's number in the file as sent, and what is wrong with it. A cell that a
// spreadsheet would run gets an apostrophe, which intake drops.
//
// A row that had too few or too many cells keeps them, and so stays faulty
// until its sender has looked at it; the same holds for bytes that were no
// character. All cells of the rows are texts.
func FaultyCSV(w io.Writer, form CSVForm, r Returned, rows iter.Seq2[ReturnedRow, error]) (st Stats, err error) {
	defer wrap("rejects", &err)
	r.sort()
	c, err := newCSVWriter(w, form)
	if err != nil {
		return st, err
	}
	c.row(append(slices.Clone(r.Header), errorRowHeader, errorTextHeader))
	spots := r.byRow()
	for row, err := range rows {
		if err != nil {
			return st, err
		}
		cells := make([]string, len(row.Cells), len(row.Cells)+2)
		for i, v := range row.Cells {
			cells[i], _ = v.(string)
		}
		switch s := spots[row.Number]; {
		case len(s) > 0:
			cells = append(cells, strconv.Itoa(row.Number), strings.ReplaceAll(told(s), "\n", " ／ "))
		case len(cells) == len(r.Header):
			cells = append(cells, "", "") // a trailer keeps its own count
		}
		c.row(cells)
		st.Rows++
	}
	st.Guarded = c.guarded
	return st, c.flush()
}

// csvWriter writes rows in an encoding. The first error sticks to the writer
// below and is answered by flush.
type csvWriter struct {
	form    CSVForm
	w       *bufio.Writer
	append  func(dst []byte, text string) []byte
	buf     []byte
	guarded int
}

func newCSVWriter(w io.Writer, form CSVForm) (*csvWriter, error) {
	c := &csvWriter{form: form, w: bufio.NewWriterSize(w, 1<<16)}
	switch form.Encoding {
	case "utf-8":
		c.append = func(dst []byte, text string) []byte { return append(dst, text...) }
	case "cp932":
		c.append = cp932Appender()
	case "utf-16le":
		c.append = func(dst []byte, text string) []byte { return appendUTF16(dst, text, binary.LittleEndian) }
	case "utf-16be":
		c.append = func(dst []byte, text string) []byte { return appendUTF16(dst, text, binary.BigEndian) }
	default:
		return nil, fmt.Errorf("encoding %q is not written", form.Encoding)
	}
	if form.BOM {
		c.w.Write(c.append(nil, "\uFEFF"))
	}
	return c, nil
}

func (c *csvWriter) row(cells []string) {
	var line strings.Builder
	for i, text := range cells {
		if i > 0 {
			line.WriteRune(c.form.Comma)
		}
		guarded := pipeline.Guard(text)
		if guarded != text {
			c.guarded++
		}
		line.WriteString(c.quoted(guarded))
	}
	line.WriteString(c.form.LineEnd)
	c.buf = c.append(c.buf[:0], line.String())
	c.w.Write(c.buf)
}

func (c *csvWriter) quoted(text string) string {
	if !strings.ContainsAny(text, "\"\r\n"+string(c.form.Comma)) {
		return text
	}
	return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
}

func (c *csvWriter) flush() error { return c.w.Flush() }

func appendUTF16(dst []byte, text string, order binary.AppendByteOrder) []byte {
	for _, u := range utf16.Encode([]rune(text)) {
		dst = order.AppendUint16(dst, u)
	}
	return dst
}

// notCP932 is a byte that CP932 does not have: where a character could not be
// read, the row must not pass for a good one when it comes back as it is.
const notCP932 = 0xFF

// cp932Appender writes characters that CP932 lacks, which can only stand in our
// own texts, as question marks.
func cp932Appender() func([]byte, string) []byte {
	enc := japanese.ShiftJIS.NewEncoder()
	return func(dst []byte, text string) []byte {
		if out, err := enc.Bytes([]byte(text)); err == nil && !strings.ContainsRune(text, utf8.RuneError) {
			return append(dst, out...)
		}
		for _, r := range text {
			switch out, err := encodeRune(enc, r); {
			case r == utf8.RuneError:
				dst = append(dst, notCP932)
			case err != nil:
				dst = append(dst, '?')
			default:
				dst = append(dst, out...)
			}
		}
		return dst
	}
}

func encodeRune(enc *encoding.Encoder, r rune) ([]byte, error) {
	enc.Reset()
	return enc.Bytes(utf8.AppendRune(nil, r))
}
