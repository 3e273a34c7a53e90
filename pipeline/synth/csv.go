package synth

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"os"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// encoding is a character encoding of CSV files.
type encoding int

const (
	utf8Plain encoding = iota
	utf8BOM
	cp932   // Windows-31J: letters it lacks are written in their usual form, or as 〓
	utf16LE // with BOM
)

// csvStyle is how a CSV file is written.
type csvStyle struct {
	encoding encoding
	tab      bool // tabs, not commas
	lf       bool // LF, not CRLF
}

// csvFile is a CSV file being written.
type csvFile struct {
	file  *os.File
	buf   *bufio.Writer
	coded io.WriteCloser // encodes into buf; nil for UTF-8
	csv   *csv.Writer
	style csvStyle
	dates dateStyle
	line  []string
}

func newCSV(path string, f format) (*csvFile, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	c := &csvFile{file: file, buf: bufio.NewWriterSize(file, 1<<16), style: f.csv, dates: f.dates}
	var out io.Writer = c.buf
	switch f.csv.encoding {
	case utf8BOM:
		if _, err := c.buf.WriteString("\ufeff"); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	case cp932:
		c.coded = transform.NewWriter(newWindows(c.buf), japanese.ShiftJIS.NewEncoder())
	case utf16LE:
		c.coded = transform.NewWriter(c.buf, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder())
	}
	if c.coded != nil {
		out = c.coded
	}
	c.csv = csv.NewWriter(out)
	c.csv.UseCRLF = !f.csv.lf
	if f.csv.tab {
		c.csv.Comma = '\t'
	}
	return c, nil
}

func (c *csvFile) row(cells []cell) error {
	c.line = c.line[:0]
	for _, v := range cells {
		s := v.text
		if v.day != 0 {
			s = c.dates.write(v.day)
		}
		if c.style.encoding == cp932 {
			s = inCP932(s)
		}
		c.line = append(c.line, s)
	}
	return c.csv.Write(c.line)
}

// raw writes bytes as they are; for rows that no decent program would write.
func (c *csvFile) raw(b []byte) error {
	c.csv.Flush()
	if err := c.csv.Error(); err != nil {
		return err
	}
	_, err := c.buf.Write(b)
	return err
}

func (c *csvFile) close() error {
	c.csv.Flush()
	err := c.csv.Error()
	if c.coded != nil {
		err = errors.Join(err, c.coded.Close())
	}
	return errors.Join(err, c.buf.Flush(), c.file.Close())
}
