package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gocarina/gocsv"
)

// errorColumn holds what was wrong with a bad row.
const errorColumn = "error"

// sheet is a small CSV file in memory whose columns are found by name; the
// columns a command does not know pass through.
type sheet struct {
	header []string
	rows   [][]string
	torn   map[int]error // rows whose cells cannot be told apart: no answer is tried
}

// readSheet reads a CSV file in UTF-8 whose first row is the header.
func readSheet(name string) (*sheet, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, usage(err, "CSV ファイルを読めません。", "cannot read the CSV file")
	}
	r, ok := gocsv.DefaultCSVReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff")))).(*csv.Reader)
	if !ok {
		return nil, errors.New("the CSV reader is not encoding/csv's")
	}
	r.FieldsPerRecord = -1 // a row of another length is that row's fault, not the file's
	all, err := r.ReadAll()
	if err != nil {
		return nil, usage(err, "CSV として読めません。引用符（\"）の対応を確認してください。", "not readable as CSV; check its quotes")
	}
	if len(all) == 0 {
		return nil, usage(nil, "CSV が空です。1 行目に見出しが必要です。", "the CSV is empty; the first row must be a header")
	}
	if !utf8.ValidString(strings.Join(all[0], "")) {
		return nil, usage(nil, "CSV が UTF-8 ではありません。UTF-8 で保存し直してください。", "the CSV is not UTF-8; save it as UTF-8")
	}
	s := &sheet{header: all[0], rows: all[1:], torn: map[int]error{}}
	for i := range s.rows {
		s.square(i)
	}
	return s, nil
}

// square gives the row as many cells as the header, and notes it as torn if it
// had another number of them or bytes that are no text.
func (s *sheet) square(i int) {
	row := s.rows[i]
	if got, want := len(row), len(s.header); got != want {
		s.torn[i] = badRow(fmt.Sprintf("セルが %d 個あります。見出しは %d 個です。", got, want), fmt.Sprintf("%d cells under a header of %d", got, want))
		row = append(row, slices.Repeat([]string{""}, max(want-got, 0))...)[:want]
	}
	for c, v := range row {
		if !utf8.ValidString(v) {
			s.torn[i] = badRow("UTF-8 ではない文字があります。", "bytes that are not UTF-8")
			row[c] = strings.ToValidUTF8(v, "\ufffd")
		}
	}
	s.rows[i] = row
}

// badRow is what the column error says of a row.
func badRow(ja, en string) error { return &failure{code: exitFailed, ja: ja, en: en} }

// column finds a column by its header, blanks around it aside; -1 if there is none.
func (s *sheet) column(name string) int {
	return slices.IndexFunc(s.header, func(h string) bool { return strings.TrimSpace(h) == name })
}

// has reports whether all the named columns are there.
func (s *sheet) has(names ...string) bool {
	return !slices.ContainsFunc(names, func(n string) bool { return s.column(n) < 0 })
}

// single refuses a file in which one of the named columns stands twice: it
// would be unclear which one counts.
func (s *sheet) single(names []string) error {
	for _, n := range names {
		first := s.column(n)
		if first >= 0 && slices.ContainsFunc(s.header[first+1:], func(h string) bool { return strings.TrimSpace(h) == n }) {
			return usage(nil, fmt.Sprintf("CSV に列 %s が 2 つあります。", n), fmt.Sprintf("the CSV has the column %s twice", n))
		}
	}
	return nil
}

// get returns the cell of the named column without blanks around it, empty if
// there is no such column.
func (s *sheet) get(row int, name string) string {
	if i := s.column(name); i >= 0 {
		return strings.TrimSpace(s.rows[row][i])
	}
	return ""
}

// set writes the cell of the named column, which replaces an input column of
// that name or is added at the end.
func (s *sheet) set(row int, name, value string) {
	i := s.add(name)
	for len(s.rows[row]) <= i {
		s.rows[row] = append(s.rows[row], "")
	}
	s.rows[row][i] = value
}

// add returns the index of the named column, which it adds where it is missing.
func (s *sheet) add(name string) int {
	i := s.column(name)
	if i < 0 {
		i = len(s.header)
		s.header = append(s.header, name)
	}
	return i
}

// write prints the sheet: UTF-8 without BOM, LF, in input order.
func (s *sheet) write(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(s.header); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	for _, r := range s.rows {
		r = append(r, slices.Repeat([]string{""}, len(s.header)-len(r))...)
		if err := out.Write(r); err != nil {
			return fmt.Errorf("write CSV: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

// question is what a command answers for each row of a file.
type question struct {
	needs, answers []string
	fill           func(s *sheet, row int) error
}

// answer fills a file a row at a time and prints it. What fill says was wrong
// with a row goes into the column error and makes the command exit 1. With no
// rows at all the answer's columns stand there all the same.
func (a *app) answer(s *sheet, q question) error {
	if err := s.single(slices.Concat(q.needs, q.answers, []string{errorColumn})); err != nil {
		return err
	}
	for _, c := range q.answers {
		s.add(c)
	}
	cleared := q.answers
	if s.has(errorColumn) {
		cleared = append(slices.Clone(cleared), errorColumn) // of an earlier round
	}
	bad := false
	for i := range s.rows {
		for _, c := range cleared {
			s.set(i, c, "")
		}
		err := s.torn[i]
		if err == nil {
			err = q.fill(s, i)
		}
		if err != nil {
			bad = true
			s.set(i, errorColumn, a.rowText(err))
		}
	}
	if err := s.write(a.out); err != nil {
		return err
	}
	if bad {
		return outcome(exitFailed)
	}
	return nil
}

// rowText is one line in the reader's language, whatever the number of faults.
func (a *app) rowText(err error) string {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var texts []string
		for _, e := range many.Unwrap() {
			texts = append(texts, a.rowText(e))
		}
		return strings.Join(texts, a.say(" ", "; "))
	}
	var f *failure
	if errors.As(err, &f) {
		return a.say(f.ja, f.en)
	}
	return err.Error()
}
