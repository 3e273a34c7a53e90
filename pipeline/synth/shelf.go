package synth

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"meibo/pipeline"
)

// table is a file that takes rows.
type table interface {
	row([]cell) error
	close() error
}

// shelf is the inbox of one night: an open file for each sender and kind.
type shelf struct {
	dir   string
	day   pipeline.Date
	style func(sender string, k kind) format
	open  []*book // in the order of first use
	files int
}

// book is the series of files of one sender and kind.
type book struct {
	sender string
	kind   kind
	format format
	table  table
	rows   int // in the file that is open
	number int // of that file, from 1
}

// put adds a row to the sender's file of the kind; a full file is closed and
// the next begun.
func (s *shelf) put(sender string, k kind, cells []cell) error {
	b, err := s.ready(sender, k)
	if err != nil {
		return err
	}
	b.rows++
	if err := b.table.row(k.arrange(cells)); err != nil {
		return fmt.Errorf("write %s of %s: %w", k.name, sender, err)
	}
	return nil
}

// raw adds bytes as they are to the sender's CSV file of the kind.
func (s *shelf) raw(sender string, k kind, line []byte) error {
	b, err := s.ready(sender, k)
	if err != nil {
		return err
	}
	c, ok := b.table.(*csvFile)
	if !ok {
		return fmt.Errorf("write %s of %s: bytes go into CSV only", k.name, sender)
	}
	b.rows++
	return c.raw(line)
}

// ready returns the book of the sender and kind with a file that takes a row.
func (s *shelf) ready(sender string, k kind) (*book, error) {
	b := s.book(sender, k)
	if b.table != nil && b.rows == b.format.limit {
		if err := b.table.close(); err != nil {
			return nil, fmt.Errorf("close %s of %s: %w", k.name, sender, err)
		}
		b.table = nil
	}
	if b.table == nil {
		if err := s.begin(b); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (s *shelf) book(sender string, k kind) *book {
	for _, b := range s.open {
		if b.sender == sender && b.kind.name == k.name && b.kind.series == k.series {
			return b
		}
	}
	b := &book{sender: sender, kind: k, format: s.style(sender, k)}
	s.open = append(s.open, b)
	return b
}

func (s *shelf) begin(b *book) error {
	b.number, b.rows = b.number+1, 0
	stem := b.kind.name + "_" + strings.ReplaceAll(s.day.String(), "-", "")
	if b.kind.series != "" {
		stem += "_" + b.kind.series
	}
	if b.number > 1 {
		stem += fmt.Sprintf("_%d", b.number)
	}
	if b.kind.file != "" {
		stem = b.kind.file
	}
	t, err := s.create(b.sender, stem, b.kind, b.format)
	b.table = t
	return err
}

// create begins a file under the sender's folder and writes its header.
func (s *shelf) create(sender, stem string, k kind, f format) (table, error) {
	dir := filepath.Join(s.dir, sender)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder of a sender: %w", err)
	}
	s.files++
	if f.workbook {
		w, err := newWorkbook(filepath.Join(dir, stem+".xlsx"), k, f)
		if err != nil {
			return nil, fmt.Errorf("begin a workbook: %w", err)
		}
		return w, nil
	}
	c, err := newCSV(filepath.Join(dir, stem+".csv"), f)
	if err != nil {
		return nil, fmt.Errorf("begin a CSV file: %w", err)
	}
	return c, c.row(k.arrange(texts(k.headers...)))
}

// close closes every open file.
func (s *shelf) close() error {
	var errs []error
	for _, b := range slices.Clone(s.open) {
		if b.table != nil {
			errs = append(errs, b.table.close())
			b.table = nil
		}
	}
	return errors.Join(errs...)
}
