package source

import (
	"bytes"
	"fmt"
	"io"
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
	at := func(from csvPlace, form csvForm) *csvCutter {
		return newCSVCutter(io.NewSectionReader(r, from.offset, size-from.offset), from, form)
	}
	top, form := csvPlace{int64(bom), 1}, csvForm{encoding: enc, limit: t.limits.RowBytes}
	commas, err := at(top, form).likelyCommas()
	if err != nil {
		return err
	}
	if o.IsHeader == nil {
		commas = commas[:1]
	}
	for _, form.comma = range commas {
		var c csvReader
		n, header, err := findHeader(at(top, form).rows(&c), o.IsHeader, t.limits.HeaderRows, oneRow)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		if len(header) > t.limits.Columns {
			return refuse(CodeTooManyColumns, t.limits.Columns)
		}
		t.HeaderRow, t.Header, t.Comma = n, header, rune(form.comma)
		below := csvPlace{c.offsetAt(c.pos), c.line}
		form.columns, form.stray = len(header), blankColumns(header)
		t.cut = func() *csvCutter { return at(below, form) }
		t.rows = func(yield func(*Row, error) bool) { t.cut().rows(new(csvReader))(yield) }
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

// csvForm is what must be known of a CSV to split it.
type csvForm struct {
	encoding string
	comma    byte
	limit    int   // bytes of one record
	columns  int   // cells a row must have; 0 while looking for the header
	stray    []int // columns without a header, in which a value is a fault
}

// csvPlace is a place in a file.
type csvPlace struct {
	offset int64
	line   int // physical line, from 1
}

// size is the number of bytes that text b takes up in the file.
func (f *csvForm) size(b []byte) int64 {
	if f.encoding == EncodingUTF16LE || f.encoding == EncodingUTF16BE {
		return utf16Len(b)
	}
	return int64(len(b))
}

// csvReader splits a block of whole records. It is stricter than encoding/csv
// about bytes and quotes, but a bad record never costs its neighbours: after a
// fault it goes on with the next physical line.
type csvReader struct {
	csvForm
	block    []byte // as it stands in the file; UTF-16 as UTF-8
	start    csvPlace
	tooLarge bool // the block was a line beyond the limit; nothing of it is kept

	buf      []byte // what is split: the block, or its text in UTF-8
	pos, end int
	eof      bool   // no record goes on behind the end
	next     [3]int // where the next LF, CR and quote stand, if not before pos; end if nowhere
	clean    string // buf, if it holds only sound characters; the rows cut theirs from it
	line     int    // physical line of buf[pos]
	counted  int    // position up to which offset is known
	offset   int64  // in the file, of that position

	fields  []field
	decoded []byte // text of a block or record of CP932
	row     Row
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

// look goes to the beginning of text b. If whole, no record goes on behind it.
func (c *csvReader) look(b []byte, whole bool) {
	c.buf, c.pos, c.end, c.eof, c.next = b, 0, len(b), whole, [3]int{-1, -1, -1}
}

// rows yields the records of the block, without the blank ones. It may be
// called again and starts anew.
func (c *csvReader) rows(yield func(*Row, error) bool) bool {
	c.line, c.offset, c.counted = c.start.line, c.start.offset, 0
	if c.tooLarge {
		c.look(nil, true)
		c.row.Number, c.row.Cells = c.line, c.row.Cells[:0]
		return yield(&c.row, fault(c.line, CodeRowTooLarge, c.limit))
	}
	c.prepare()
	for c.pos < c.end {
		bad := c.cells(c.record())
		if bad == nil {
			if c.blankRow() {
				continue
			}
			bad = c.checkShape()
		}
		if !yield(&c.row, bad) {
			return false
		}
	}
	return true
}

// prepare looks at the characters of the whole block, which is faster than row
// by row. A sound block of CP932 is turned into UTF-8 before it is split: no
// delimiter, quote or line end is part of another character. Positions then are
// not those of the file, but they are asked for only while looking for the
// header and where something is not sound.
func (c *csvReader) prepare() {
	c.look(c.block, true)
	c.clean = ""
	switch {
	case bytes.IndexByte(c.block, 0) >= 0:
	case c.encoding != EncodingCP932:
		if badUTF8(c.block) < 0 {
			c.clean = string(c.block)
		}
	case c.columns > 0:
		var bad int
		if c.decoded, bad = appendCP932(c.decoded[:0], c.block, cp932Table()); bad < 0 {
			c.look(c.decoded, true)
			c.clean = string(c.decoded)
		}
	}
}

// offsetAt is the place in the file of buf[pos]. Places are asked for in
// ascending order.
func (c *csvReader) offsetAt(pos int) int64 {
	c.offset += c.size(c.buf[c.counted:pos])
	c.counted = pos
	return c.offset
}

func (c *csvReader) checkShape() error {
	if c.columns == 0 {
		return nil
	}
	if len(c.row.Cells) != c.columns {
		return fault(c.row.Number, CodeCellCount, c.columns, len(c.row.Cells))
	}
	for _, i := range c.stray {
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

// record is the raw bytes of a row and what was wrong with its shape.
type record struct {
	raw   []byte
	at    int // position of raw
	fault error
}

// record takes the next record and splits it into fields.
func (c *csvReader) record() record {
	rec, n, lines, _ := c.split()
	rec.at = c.pos
	c.row.Number = c.line
	c.pos += n
	c.line += lines
	return rec
}

// cells turns the fields of the record into the cells of the row.
func (c *csvReader) cells(rec record) error {
	c.row.Cells = c.row.Cells[:0]
	err := rec.fault
	if c.clean != "" {
		c.appendCells(c.clean[rec.at : rec.at+len(rec.raw)])
		return err
	}
	if err == nil {
		if i := bytes.IndexByte(rec.raw, 0); i >= 0 {
			err = fault(c.row.Number, CodeNUL, c.offsetAt(rec.at+i)+1)
		}
	}
	if c.encoding == EncodingCP932 {
		if bad := c.decode(rec.raw); bad >= 0 && err == nil {
			err = fault(c.row.Number, CodeBadBytes, strings.ToUpper(c.encoding), c.offsetAt(rec.at+bad)+1)
		}
		c.appendCells(string(c.decoded))
		return err
	}
	bad := badUTF8(rec.raw)
	c.appendCells(string(rec.raw))
	if bad < 0 {
		return err
	}
	if err == nil {
		err = fault(c.row.Number, CodeBadBytes, strings.ToUpper(c.encoding), c.offsetAt(rec.at+bad)+1)
	}
	for i := range c.row.Cells { // field by field, so that no position moves
		c.row.Cells[i].Text = strings.ToValidUTF8(c.row.Cells[i].Text, "\uFFFD")
	}
	return err
}

// decode turns a CP932 record into UTF-8 field by field: a half character at
// the end of a value must not swallow the delimiter behind it.
func (c *csvReader) decode(raw []byte) (bad int) {
	table := cp932Table()
	c.decoded, bad = c.decoded[:0], -1
	for i := range c.fields {
		f := &c.fields[i]
		start := len(c.decoded)
		text, b := appendCP932(c.decoded, raw[f.start:f.end], table)
		if b >= 0 && bad < 0 {
			bad = f.start + b
		}
		c.decoded = text
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
