package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/gocarina/gocsv"
)

// sheet is a small CSV file in memory whose columns are found by name; the
// columns a command does not know pass through.
type sheet struct {
	header []string
	rows   [][]string
}

// readSheet reads a CSV file with a header row and the named columns.
func readSheet(name string, need ...string) (*sheet, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, usage(err, "CSV ファイルを読めません。", "cannot read the CSV file")
	}
	all, err := gocsv.DefaultCSVReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff")))).ReadAll()
	if err != nil {
		return nil, usage(err, "CSV として読めません。", "not readable as CSV")
	}
	if len(all) == 0 {
		return nil, usage(nil, "CSV が空です。1 行目に見出しが必要です。", "the CSV is empty; the first row must be a header")
	}
	s := &sheet{header: all[0], rows: all[1:]}
	for _, n := range need {
		if s.column(n) < 0 {
			return nil, usage(nil, fmt.Sprintf("CSV に列 %s がありません。", n), fmt.Sprintf("the CSV has no column %s", n))
		}
	}
	return s, nil
}

func (s *sheet) column(name string) int { return slices.Index(s.header, name) }

// get returns the cell of the named column, empty if there is none.
func (s *sheet) get(row int, name string) string {
	if i := s.column(name); i >= 0 && i < len(s.rows[row]) {
		return s.rows[row][i]
	}
	return ""
}

// set writes the cell of the named column, which replaces an input column of
// that name or is added at the end.
func (s *sheet) set(row int, name, value string) {
	i := s.column(name)
	if i < 0 {
		i = len(s.header)
		s.header = append(s.header, name)
	}
	for len(s.rows[row]) <= i {
		s.rows[row] = append(s.rows[row], "")
	}
	s.rows[row][i] = value
}

// write prints the sheet: UTF-8 without BOM, LF, in input order.
func (s *sheet) write(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(s.header); err != nil {
		return err
	}
	for _, r := range s.rows {
		for len(r) < len(s.header) {
			r = append(r, "")
		}
		if err := out.Write(r); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// answer fills a row at a time; fill says what was wrong with a row, which gets
// a column error and makes the command exit 1. With no rows at all the answer's
// columns stand there all the same.
func (s *sheet) answer(w io.Writer, columns []string, fill func(row int) error) error {
	for _, c := range columns {
		if s.column(c) < 0 {
			s.header = append(s.header, c)
		}
	}
	bad := false
	for i := range s.rows {
		for _, c := range columns {
			s.set(i, c, "")
		}
		if err := fill(i); err != nil {
			bad = true
			s.set(i, "error", err.Error())
		}
	}
	if err := s.write(w); err != nil {
		return err
	}
	if bad {
		return outcome(exitFailed)
	}
	return nil
}
