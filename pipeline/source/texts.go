package source

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"

	"meibo/pipeline"
)

// ErrOpaque says that what is written in a file cannot be told: it is locked
// with a password nobody gave, or damaged, or too large when unpacked.
var ErrOpaque = errors.New("the content cannot be looked at")

// Bounds of Texts.
const (
	longestLine  = 1 << 20   // of a text file, in bytes; longer ones are cut with an overlap
	lineOverlap  = 512       // longer than anything that is searched for
	largestEntry = 512 << 20 // of a workbook, unpacked
)

// Texts hands everything that is written in a file to do, row by row with its
// cells as text, whatever kind of file it is: a text in any of the encodings
// that are read, guessed wide rather than right, or a workbook with all of its
// parts. It looks for what somebody may find there, not for a table: a row may
// come more than once. The slice is reused. do returns false to stop.
//
// decrypt opens a workbook with a password; nil: none can be opened. That it cannot
// be opened is a *pipeline.Fault or ErrOpaque, and ErrOpaque then; whatever else
// failed, and that the file could not be read, is told as it is.
func Texts(r io.ReaderAt, size int64, decrypt func(r io.ReaderAt, size int64) ([]byte, error), do func(row []string) bool) error {
	if size == 0 {
		return nil
	}
	world := newWorldReader(r, size)
	magic, err := readMagic(world, size)
	if err != nil {
		return err
	}
	stopped := false
	see := func(row []string) bool {
		stopped = stopped || !do(row)
		return !stopped
	}
	switch magic {
	case magicZIP:
		err = packedTexts(world, size, see)
	case magicOLE:
		if decrypt == nil {
			return ErrOpaque
		}
		plain, failed := decrypt(r, size)
		if _, bad := errors.AsType[*pipeline.Fault](failed); bad {
			failed = errors.Join(ErrOpaque, failed)
		}
		if failed != nil {
			return failed
		}
		err = packedTexts(bytes.NewReader(plain), int64(len(plain)), see)
	default:
		err = plainTexts(world.all, see)
	}
	switch {
	case stopped:
		return nil
	case world.err() != nil:
		return fmt.Errorf("read the file: %w", world.err())
	}
	return err
}

// plainTexts reads a text as UTF-8 and, where its bytes speak for it, in the
// other encodings too.
func plainTexts(open func() io.Reader, see func([]string) bool) error {
	invalid, nulls, quoted := false, false, false
	err := eachLine(open(), func(line []byte) bool {
		invalid = invalid || !utf8.Valid(line)
		nulls = nulls || bytes.IndexByte(line, 0) >= 0
		quoted = quoted || bytes.Count(line, []byte{'"'})%2 == 1
		return see(cellsOf(string(line)))
	})
	var others []encoding.Encoding
	if invalid {
		others = append(others, japanese.ShiftJIS)
	}
	if nulls {
		others = append(others, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM))
	}
	for _, e := range others {
		if err == nil {
			err = eachLine(e.NewDecoder().Reader(open()), func(line []byte) bool { return see(cellsOf(string(line))) })
		}
	}
	if err == nil && quoted { // cells over several lines
		for _, e := range append(others, encoding.Nop) {
			err = errors.Join(err, quotedTexts(e.NewDecoder().Reader(open()), see))
		}
	}
	return err
}

// cellsOf cuts a line at everything that may stand between two cells.
func cellsOf(line string) []string {
	return strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == '\t' || r == ';' || r == '"' || r == '\r' })
}

func quotedTexts(r io.Reader, see func([]string) bool) error {
	c := csv.NewReader(r)
	c.FieldsPerRecord, c.LazyQuotes, c.ReuseRecord = -1, true, true
	for {
		row, err := c.Read()
		var broken *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &broken):
			continue // its lines were seen by themselves
		case err != nil:
			return err
		}
		if !see(row) {
			return nil
		}
	}
}

// eachLine yields lines without their ends; one that is too long in parts.
func eachLine(r io.Reader, do func([]byte) bool) error {
	in := bufio.NewReaderSize(r, longestLine)
	var tail []byte
	for {
		line, err := in.ReadSlice('\n')
		if len(line) > 0 && !do(append(tail, bytes.TrimSuffix(line, []byte{'\n'})...)) {
			return nil
		}
		tail = tail[:0]
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			tail = append(tail, line[len(line)-lineOverlap:]...)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// packedTexts reads every entry of a workbook, the table of its texts first.
func packedTexts(r io.ReaderAt, size int64, see func([]string) bool) error {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return errors.Join(ErrOpaque, err)
	}
	slices.SortStableFunc(z.File, func(a, b *zip.File) int { return rank(a.Name) - rank(b.Name) })
	w := &written{see: see}
	for _, e := range z.File {
		if e.UncompressedSize64 > largestEntry {
			return fmt.Errorf("%w: an entry has %d bytes", ErrOpaque, e.UncompressedSize64)
		}
		if err := w.entry(e); err != nil {
			return err
		}
		if w.stopped {
			return nil
		}
	}
	return nil
}

func rank(name string) int {
	if strings.EqualFold(name, "xl/sharedStrings.xml") {
		return 0
	}
	return 1
}

func (w *written) entry(e *zip.File) error {
	f, err := e.Open()
	if err != nil {
		return errors.Join(ErrOpaque, err)
	}
	defer f.Close()
	if !isXML(e.Name) {
		return w.raw(f)
	}
	if err := w.xml(f, rank(e.Name) == 0); err != nil {
		return errors.Join(ErrOpaque, err)
	}
	return nil
}

func isXML(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".xml") || strings.HasSuffix(name, ".rels") || strings.HasSuffix(name, ".vml")
}

// raw reads an entry that is none of a workbook's own.
func (w *written) raw(f io.Reader) error {
	b, err := io.ReadAll(io.LimitReader(f, largestEntry))
	if err != nil {
		return errors.Join(ErrOpaque, err)
	}
	if len(b) >= 4 && binary.LittleEndian.Uint32(b) == 0x04034b50 {
		return fmt.Errorf("%w: a package within the package", ErrOpaque)
	}
	return plainTexts(func() io.Reader { return bytes.NewReader(b) }, w.emit)
}
