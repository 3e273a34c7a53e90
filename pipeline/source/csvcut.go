package source

import (
	"bytes"
	"io"
	"iter"
)

// bufferSize is what is read of a CSV at a time: it stays in the processor's
// cache while it is looked at for line ends, characters and delimiters, and what
// is in it is worth handing to another processor. It is also the most that a
// text kept from a row can hold on to, unless the row is longer.
const bufferSize = 64 << 10

// csvCutter cuts a CSV into blocks of whole records. It looks no closer than
// that takes, because blocks are split side by side, and it is not.
type csvCutter struct {
	csvForm
	src   io.Reader
	place csvPlace // of rest
	rest  []byte   // read and not yet handed out
	eof   bool     // nothing comes behind rest
}

func newCSVCutter(r io.Reader, from csvPlace, form csvForm) *csvCutter {
	if form.encoding == EncodingUTF16LE || form.encoding == EncodingUTF16BE {
		r = newUTF16Reader(r, form.encoding == EncodingUTF16BE)
	}
	return &csvCutter{csvForm: form, src: r, place: from}
}

// likelyCommas returns the two delimiters, first the one seen more often at the
// beginning of the file.
func (c *csvCutter) likelyCommas() ([]byte, error) {
	b, err := c.more(nil)
	if err != nil {
		return nil, err
	}
	if bytes.Count(b, []byte{'\t'}) > bytes.Count(b, []byte{','}) {
		return []byte{'\t', ','}, nil
	}
	return []byte{',', '\t'}, nil
}

// rows yields the records from here on, without the blank ones, using b for all
// of them.
func (c *csvCutter) rows(b *csvReader) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		for {
			ok, err := c.cut(b)
			if err != nil {
				yield(nil, err)
				return
			}
			if !ok || !b.rows(yield) {
				return
			}
		}
	}
}

// cut makes b the next block; it reports false at the end of the file.
func (c *csvCutter) cut(b *csvReader) (bool, error) {
	b.csvForm, b.start, b.tooLarge = c.csvForm, c.place, false
	b.block = append(b.block[:0], c.rest...)
	for {
		if !c.eof {
			var err error
			if b.block, err = c.more(b.block); err != nil {
				return false, err
			}
		}
		n := c.wholeRecords(b)
		switch {
		case n > 0:
			c.rest = append(c.rest[:0], b.block[n:]...)
			b.block = b.block[:n]
			c.pass(b.block, countLineEnds(b.block))
			return true, nil
		case c.eof:
			return false, nil
		case len(b.block) == c.limit:
			b.tooLarge = true
			return true, c.skipLine(b)
		}
	}
}

func (c *csvCutter) pass(b []byte, lines int) {
	c.place.offset += c.size(b)
	c.place.line += lines
}

// more reads on behind b, up to the size of a buffer, or twice what is there
// already if no record ends in it, but never beyond the limit.
func (c *csvCutter) more(b []byte) ([]byte, error) {
	size := bufferSize
	for size <= len(b) {
		size *= 2
	}
	size = min(size, c.limit)
	if cap(b) < size {
		b = append(make([]byte, 0, size), b...)
	}
	n, eof, err := readFull(c.src, b[len(b):size])
	c.eof = eof
	return b[:len(b)+n], err
}

// wholeRecords is the length of all records that end in b.block. Between quotes
// a line end ends no record, and only from the beginning can be told what is
// between quotes; but a line with an even number of them leaves none open.
func (c *csvCutter) wholeRecords(b *csvReader) int {
	if c.eof {
		return len(b.block)
	}
	last := lastLineEnd(b.block)
	if bytes.IndexByte(b.block[:last], '"') < 0 {
		return last
	}
	b.look(b.block, false)
	for {
		end, n, more := b.lineEnd()
		if more {
			return b.pos
		}
		if quotes := bytes.Count(b.block[b.pos:b.pos+end], []byte{'"'}); quotes%2 == 1 {
			if _, n, _, more = b.split(); more {
				return b.pos
			}
		}
		b.pos += n
	}
}

// lastLineEnd is the position behind the last line end in b. A CR that is the
// last byte does not count: its LF may follow.
func lastLineEnd(b []byte) int {
	lf := bytes.LastIndexByte(b, '\n') + 1
	if len(b) == lf {
		return lf
	}
	return lf + bytes.LastIndexByte(b[lf:len(b)-1], '\r') + 1
}

// skipLine passes over the line that fills b.block, which it uses up.
func (c *csvCutter) skipLine(b *csvReader) error {
	for {
		b.look(b.block, c.eof)
		_, n, more := b.lineEnd()
		if !more {
			c.pass(b.block[:n], 1)
			c.rest = append(c.rest[:0], b.block[n:]...)
			return nil
		}
		n = len(b.block)
		if b.block[n-1] == '\r' {
			n-- // its LF may follow
		}
		c.pass(b.block[:n], 0)
		b.block = b.block[:copy(b.block, b.block[n:])]
		var err error
		if b.block, err = c.more(b.block); err != nil {
			return err
		}
	}
}
