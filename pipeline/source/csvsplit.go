package source

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// split finds the end of the record at pos: its bytes, their number with the
// line end, and the number of lines. More is true if the end is not in the buffer.
func (c *csvReader) split() (rec record, n, lines int, more bool) {
	seg := c.buf[c.pos:c.end]
	end, n, more := c.lineEnd()
	if quote := c.find(nextQuote, '"') - c.pos; !more && quote >= end {
		c.plainFields(seg[:end])
		return record{raw: seg[:end]}, n, 1, false
	}
	rEnd, rN, lines, state := c.quotedFields(seg)
	switch {
	case state == quotesOpen && !c.eof && len(seg) < c.limit:
		return rec, 0, 0, true
	case state != quotesGood && more:
		return rec, 0, 0, true
	case state != quotesGood:
		// Going on with the very next line loses no row to a quote that was
		// never closed; continuation lines then show up as faults of their own.
		c.fields = append(c.fields[:0], field{0, end, false})
		return record{raw: seg[:end], fault: fault(c.line, CodeBadQuotes)}, n, 1, false
	}
	return record{raw: seg[:rEnd]}, rN, lines, false
}

// lineEnd returns the length of the physical line at pos without and with its
// end, which is LF, CRLF or CR.
func (c *csvReader) lineEnd() (end, n int, more bool) {
	lf, cr := c.find(nextLF, '\n'), c.find(nextCR, '\r')
	switch e := min(lf, cr); {
	case e == c.end:
		return e - c.pos, e - c.pos, !c.eof
	case cr < lf && cr+1 == c.end && !c.eof: // its LF may follow
		return 0, 0, true
	case cr+1 == lf && lf < c.end:
		return e - c.pos, e + 2 - c.pos, false
	default:
		return e - c.pos, e + 1 - c.pos, false
	}
}

// find returns where b stands next. It looks at each byte of a buffer once, so
// that a file without quotes or CR does not pay for them.
func (c *csvReader) find(which int, b byte) int {
	if at := c.next[which]; at >= c.pos {
		return at
	}
	at := c.end
	if i := bytes.IndexByte(c.buf[c.pos:c.end], b); i >= 0 {
		at = c.pos + i
	}
	c.next[which] = at
	return at
}

// plainFields splits a line without quotes. Values are too short for a search
// of each to pay, so it looks at eight bytes at a time.
func (c *csvReader) plainFields(line []byte) {
	const low, ones = 0x7f7f7f7f7f7f7f7f, 0x0101010101010101
	fields, start, i := c.fields[:0], 0, 0
	for commas := ones * uint64(c.comma); i+8 <= len(line); i += 8 {
		x := binary.LittleEndian.Uint64(line[i:]) ^ commas // a comma is a zero byte
		for hits := ^((x&low + low) | x | low); hits != 0; hits &= hits - 1 {
			at := i + bits.TrailingZeros64(hits)/8
			fields = append(fields, field{start, at, false})
			start = at + 1
		}
	}
	for ; i < len(line); i++ {
		if line[i] == c.comma {
			fields = append(fields, field{start, i, false})
			start = i + 1
		}
	}
	c.fields = append(fields, field{start, len(line), false})
}

// What quotedFields found.
const (
	quotesGood = iota
	quotesBad  // a quote inside a bare value, or text behind a closing one
	quotesOpen // never closed within the bytes given
)

// quotedFields splits a record with quotes by RFC 4180: a quoted value starts
// right behind a delimiter, doubles its quotes and may hold line ends.
func (c *csvReader) quotedFields(seg []byte) (end, n, lines, state int) {
	c.fields = c.fields[:0]
	for i := 0; ; i++ { // i goes from delimiter to delimiter
		if i < len(seg) && seg[i] == '"' {
			var inside int
			if i, inside = c.quotedField(seg, i+1); i < 0 {
				return 0, 0, 0, quotesOpen
			}
			lines += inside
		} else {
			start := i
			for i < len(seg) && seg[i] != c.comma && seg[i] != '\n' && seg[i] != '\r' {
				if seg[i] == '"' {
					return 0, 0, 0, quotesBad
				}
				i++
			}
			c.fields = append(c.fields, field{start, i, false})
		}
		switch {
		case i+1 >= len(seg) && !c.eof && (i == len(seg) || seg[i] == '\r'):
			return 0, 0, 0, quotesOpen // what follows is not in the buffer
		case i == len(seg):
			return i, i, lines + 1, quotesGood
		case bytes.HasPrefix(seg[i:], []byte("\r\n")):
			return i, i + 2, lines + 1, quotesGood
		case seg[i] == '\n', seg[i] == '\r':
			return i, i + 1, lines + 1, quotesGood
		case seg[i] != c.comma:
			return 0, 0, 0, quotesBad
		}
	}
}

// quotedField reads a value from behind its opening quote to behind its closing
// one, and counts the line ends inside. It returns -1 if it is not closed.
func (c *csvReader) quotedField(seg []byte, i int) (end, lines int) {
	f := field{start: i}
	for {
		j := bytes.IndexByte(seg[i:], '"')
		if j < 0 || i+j+1 == len(seg) && !c.eof { // the quote may be a doubled one
			return -1, 0
		}
		lines += countLineEnds(seg[i : i+j])
		i += j + 1
		if i == len(seg) || seg[i] != '"' {
			f.end = i - 1
			c.fields = append(c.fields, f)
			return i, lines
		}
		f.escaped = true
		i++
	}
}

// countLineEnds counts LF, CRLF and CR. A value never ends between CR and LF,
// because a quote would stand there.
func countLineEnds(b []byte) int {
	n := bytes.Count(b, []byte{'\n'})
	if cr := bytes.Count(b, []byte{'\r'}); cr > 0 {
		n += cr - bytes.Count(b, []byte("\r\n"))
	}
	return n
}
