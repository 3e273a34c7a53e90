package source

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
)

// openCSV finds encoding, delimiter and header row.
func (t *Table) openCSV(r io.ReaderAt, size int64, o Options) error {
	enc, bom, err := findEncoding(r, size, o.Encoding)
	if err != nil {
		return err
	}
	t.Encoding = enc
	size, err = withoutEOFMark(r, size, enc)
	if err != nil {
		return err
	}
	at := func(off int64, line int, comma byte, columns int) *csvReader {
		return newCSVReader(io.NewSectionReader(r, off, size-off), csvReader{
			encoding: enc, comma: comma, limit: t.limits.RowBytes, offset: off, line: line, columns: columns,
		})
	}
	commas, err := likelyCommas(at(int64(bom), 1, ',', 0))
	if err != nil {
		return err
	}
	if o.IsHeader == nil {
		commas = commas[:1]
	}
	for _, comma := range commas {
		c := at(int64(bom), 1, comma, 0)
		n, header, err := findHeader(c.rows(nil), o.IsHeader, t.limits.HeaderRows, oneRow)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		if len(header) > t.limits.Columns {
			return refuse(CodeTooManyColumns, t.limits.Columns)
		}
		t.HeaderRow, t.Header, t.Comma = n, header, rune(comma)
		off, line, stray := c.offset, c.line, blankColumns(header)
		t.rows = func(yield func(*Row, error) bool) { at(off, line, comma, len(header)).rows(stray)(yield) }
		return nil
	}
	return refuse(CodeNoHeader, t.limits.HeaderRows)
}

// oneRow is the depth of a header in a format without merged cells.
func oneRow(row int) int { return row }

// withoutEOFMark leaves out the Ctrl-Z with which some hosts still end a file.
func withoutEOFMark(r io.ReaderAt, size int64, encoding string) (int64, error) {
	var last [1]byte
	if encoding != EncodingUTF8 && encoding != EncodingCP932 || size == 0 {
		return size, nil
	}
	if _, err := r.ReadAt(last[:], size-1); err != nil && err != io.EOF {
		return 0, fmt.Errorf("read the last byte: %w", err)
	}
	if last[0] == 0x1A {
		size--
	}
	return size, nil
}

// likelyCommas returns the two delimiters, first the one seen more often at the
// beginning of the file.
func likelyCommas(c *csvReader) ([]byte, error) {
	if err := c.fill(); err != nil {
		return nil, err
	}
	b := c.buf[:c.end]
	if bytes.Count(b, []byte{'\t'}) > bytes.Count(b, []byte{','}) {
		return []byte{'\t', ','}, nil
	}
	return []byte{',', '\t'}, nil
}

// csvReader splits a CSV into records. It is stricter than encoding/csv about
// bytes and quotes, but a bad record never costs its neighbours: after a fault
// it goes on with the next physical line.
type csvReader struct {
	src      io.Reader
	encoding string
	comma    byte
	limit    int // bytes of one record
	columns  int // cells a row must have; 0 while looking for the header

	offset int64 // in the file, of buf[pos]
	line   int   // physical line of buf[pos], from 1

	buf      []byte
	pos, end int
	eof      bool
	next     [3]int // where the next LF, CR and quote stand, if not before pos; end if nowhere
	clean    string // buf[:len(clean)], if it holds only sound characters; the rows cut theirs from it

	fields []field
	text   []byte // decoded text of a CP932 record
	row    Row
}

// field is one cell of the current record, by position from its start.
type field struct {
	start, end int
	escaped    bool // holds doubled quotes
}

// Indexes of csvReader.next.
const (
	nextLF = iota
	nextCR
	nextQuote
)

// bufferSize is what is read at a time: it stays in the processor's cache while
// it is looked at for line ends, characters and delimiters. It is also the most
// that a text kept from a row can hold on to.
const bufferSize = 64 << 10

func newCSVReader(r io.Reader, c csvReader) *csvReader {
	c.src = r
	if c.encoding == EncodingUTF16LE || c.encoding == EncodingUTF16BE {
		c.src = newUTF16Reader(r, c.encoding == EncodingUTF16BE)
	}
	c.buf = make([]byte, min(c.limit, bufferSize))
	c.next = [3]int{-1, -1, -1}
	return &c
}

// rows yields the records from here on, without the blank ones. A value in one
// of the stray columns, which have no header, is a fault.
func (c *csvReader) rows(stray []int) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		for {
			rec, ok, err := c.record()
			if err != nil {
				yield(nil, err)
				return
			}
			if !ok {
				return
			}
			bad := c.cells(rec)
			if bad == nil {
				if c.blankRow() {
					continue
				}
				bad = c.checkShape(stray)
			}
			if !yield(&c.row, bad) {
				return
			}
		}
	}
}

func (c *csvReader) checkShape(stray []int) error {
	if c.columns == 0 {
		return nil
	}
	if len(c.row.Cells) != c.columns {
		return fault(c.row.Number, CodeCellCount, c.columns, len(c.row.Cells))
	}
	for _, i := range stray {
		if !blank(c.row.Cells[i].Text) {
			return fault(c.row.Number, CodeStrayCell, columnName(i))
		}
	}
	return nil
}

func (c *csvReader) blankRow() bool {
	for i := range c.row.Cells {
		if !blank(c.row.Cells[i].Text) {
			return false
		}
	}
	return true
}

// record is the raw bytes of a row, its place, and what was wrong with its shape.
type record struct {
	raw    []byte
	offset int64
	clean  string // raw, if it is known to be sound
	fault  error
}

// record takes the next record and splits it into fields.
func (c *csvReader) record() (record, bool, error) {
	for {
		if c.pos == c.end {
			if c.eof {
				return record{}, false, nil
			}
			if err := c.fill(); err != nil {
				return record{}, false, err
			}
			continue
		}
		rec, n, lines, more := c.split()
		if more && c.end-c.pos < c.limit {
			if err := c.fill(); err != nil {
				return record{}, false, err
			}
			continue
		}
		if more { // no end within the limit
			return c.tooLarge()
		}
		rec.offset = c.offset
		if end := c.pos + len(rec.raw); end <= len(c.clean) {
			rec.clean = c.clean[c.pos:end]
		}
		c.row.Number = c.line
		c.line += lines
		c.advance(n)
		return rec, true, nil
	}
}

// tooLarge gives up on the line at pos and skips to its end.
func (c *csvReader) tooLarge() (record, bool, error) {
	rec := record{fault: fault(c.line, CodeRowTooLarge, c.limit)}
	c.row.Number = c.line
	c.fields = c.fields[:0]
	for {
		_, n, more := c.lineEnd()
		if !more {
			c.advance(n)
			c.line++
			return rec, true, nil
		}
		// A CR that is the last byte stays: its LF may follow.
		keep := 0
		if c.buf[c.end-1] == '\r' {
			keep = 1
		}
		c.advance(c.end - c.pos - keep)
		if err := c.fill(); err != nil {
			return rec, false, err
		}
	}
}

func (c *csvReader) advance(n int) {
	switch c.encoding {
	case EncodingUTF16LE, EncodingUTF16BE:
		c.offset += utf16Len(c.buf[c.pos : c.pos+n])
	default:
		c.offset += int64(n)
	}
	c.pos += n
}

// fill reads more behind what is still unread, growing the buffer up to the limit.
func (c *csvReader) fill() error {
	if c.eof {
		return nil
	}
	if c.end == len(c.buf) && c.pos < len(c.buf)/2 && len(c.buf) < c.limit {
		grown := make([]byte, min(2*len(c.buf), c.limit))
		copy(grown, c.buf[c.pos:c.end])
		c.buf, c.end, c.pos = grown, c.end-c.pos, 0
	} else {
		c.end = copy(c.buf, c.buf[c.pos:c.end])
		c.pos = 0
	}
	n, eof, err := readFull(c.src, c.buf[c.end:])
	if err != nil {
		return err
	}
	c.end, c.eof = c.end+n, eof
	c.next = [3]int{-1, -1, -1}
	c.clean = ""
	if b := c.buf[:c.end]; c.encoding != EncodingCP932 && bytes.IndexByte(b, 0) < 0 {
		if !c.eof {
			b = b[:bytes.LastIndexAny(b, "\r\n")+1] // not half a character
		}
		if badUTF8(b) < 0 {
			c.clean = string(b)
		}
	}
	return nil
}

// cells turns the fields of the record into the cells of the row.
func (c *csvReader) cells(rec record) error {
	c.row.Cells = c.row.Cells[:0]
	err := rec.fault
	if rec.clean != "" {
		c.appendCells(rec.clean)
		return err
	}
	if err == nil {
		if i := bytes.IndexByte(rec.raw, 0); i >= 0 {
			err = fault(c.row.Number, CodeNUL, c.place(rec, i))
		}
	}
	if c.encoding == EncodingCP932 {
		if bad := c.decode(rec.raw); bad >= 0 && err == nil {
			err = fault(c.row.Number, CodeBadBytes, strings.ToUpper(c.encoding), c.place(rec, bad))
		}
		c.appendCells(string(c.text))
		return err
	}
	bad := badUTF8(rec.raw)
	c.appendCells(string(rec.raw))
	if bad < 0 {
		return err
	}
	if err == nil {
		err = fault(c.row.Number, CodeBadBytes, strings.ToUpper(c.encoding), c.place(rec, bad))
	}
	for i := range c.row.Cells { // field by field, so that no position moves
		c.row.Cells[i].Text = strings.ToValidUTF8(c.row.Cells[i].Text, "\uFFFD")
	}
	return err
}

// place is the position in the file, from 1, of byte i of the record.
func (c *csvReader) place(rec record, i int) int64 {
	if c.encoding == EncodingUTF16LE || c.encoding == EncodingUTF16BE {
		return rec.offset + utf16Len(rec.raw[:i]) + 1
	}
	return rec.offset + int64(i) + 1
}

// decode turns a CP932 record into UTF-8 field by field: a half character at
// the end of a value must not swallow the delimiter behind it.
func (c *csvReader) decode(raw []byte) (bad int) {
	table := cp932Table()
	c.text, bad = c.text[:0], -1
	for i := range c.fields {
		f := &c.fields[i]
		start := len(c.text)
		text, b := appendCP932(c.text, raw[f.start:f.end], table)
		if b >= 0 && bad < 0 {
			bad = f.start + b
		}
		c.text = text
		f.start, f.end = start, len(text)
	}
	return bad
}

func (c *csvReader) appendCells(text string) {
	c.row.Cells = slices.Grow(c.row.Cells, len(c.fields))[:len(c.fields)]
	for i, f := range c.fields {
		s := text[f.start:f.end]
		if f.escaped {
			s = strings.ReplaceAll(s, `""`, `"`)
		}
		c.row.Cells[i].Text = s
	}
}
