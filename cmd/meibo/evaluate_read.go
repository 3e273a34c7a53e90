package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"meibo/pipeline"
	"meibo/pipeline/identity"
	"meibo/pipeline/identity/engine"
	"meibo/pipeline/source"
)

// evaluationRead is what a file holds.
type evaluationRead struct {
	builders []*engine.Builder // in the order of the file
	truth    []uint64          // labels; nil if the file has none
	dates    datesRead
}

// read takes the file in, a stretch of it on each core.
func (e *evaluation) read() (*evaluationRead, error) {
	file, err := os.Open(e.file)
	if err != nil {
		return nil, usage(err, "CSV ファイルを読めません。", "cannot read the CSV file")
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("read the size of %s: %w", e.file, err)
	}
	// What a file may be called, and how long it may be, is for senders to keep to.
	name := strings.TrimSuffix(filepath.Base(e.file), filepath.Ext(e.file)) + ".csv"
	table, err := source.Open(file, info.Size(), name, source.Options{Limits: source.Limits{Rows: math.MaxInt32, FileBytes: math.MaxInt64}})
	if err != nil {
		return nil, unreadable(err)
	}
	defer table.Close()
	at, err := e.seats(table.Header)
	if err != nil {
		return nil, err
	}
	return readParts(table, at, dateOrder(table, at[seatBorn]))
}

// datesLooked is at how many rows dateOrder looks: most dates settle it.
const datesLooked = 20_000

// dateOrder finds out whether the day or the month comes first in the birth dates.
// Rows that cannot be read are for the reading proper to tell of.
func dateOrder(table *source.Table, column int) (d datesRead) {
	if column < 0 {
		return d
	}
	n := 0
	for row := range table.Rows() {
		if n++; n > datesLooked || row == nil {
			break
		}
		if column < len(row.Cells) {
			d.weigh(row.Cells[column].Text)
		}
	}
	d.decide()
	return d
}

// unreadable says what is wrong with the file in the words of source, which
// knows the place.
func unreadable(err error) error {
	var f *pipeline.Fault
	if errors.As(err, &f) {
		return usage(nil, "CSV として読めません。"+f.MessageJA(), "not readable as CSV: "+f.MessageEN())
	}
	return usage(err, "CSV ファイルを読めません。", "cannot read the CSV file")
}

// stretch is some parts of the file, and what was read of them.
type stretch struct {
	parts   []*source.Part
	builder *engine.Builder
	truth   []uint64
	dates   datesRead
	err     error
}

// stretchParts is how many parts make a stretch: about a megabyte.
const stretchParts = 16

// readParts reads the parts of the table on all cores and puts them in order.
func readParts(table *source.Table, at []int, dates datesRead) (*evaluationRead, error) {
	work := make(chan *stretch)
	spare := make(chan *source.Part, 4*stretchParts)
	var done sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		done.Go(func() {
			b := engine.NewBuilder(8192)
			for s := range work {
				s.dates.Order = dates.Order
				s.read(b, at)
				s.release(spare)
			}
		})
	}
	all, err := handOut(table, work, spare)
	close(work)
	done.Wait()
	out := &evaluationRead{dates: dates}
	if at[seatTruth] >= 0 {
		out.truth = []uint64{}
	}
	for _, s := range all {
		if s.err != nil {
			return nil, unreadable(s.err)
		}
		out.builders, out.truth = append(out.builders, s.builder), append(out.truth, s.truth...)
		out.dates.add(s.dates)
	}
	if err != nil {
		return nil, unreadable(err)
	}
	return out, nil
}

// handOut hands the stretches of a table out, and returns them in order.
func handOut(table *source.Table, work chan<- *stretch, spare <-chan *source.Part) ([]*stretch, error) {
	blank := func() *source.Part {
		select {
		case p := <-spare:
			return p
		default:
			return &source.Part{}
		}
	}
	var all []*stretch
	next := &stretch{}
	send := func() {
		if len(next.parts) > 0 {
			all = append(all, next)
			work <- next
			next = &stretch{}
		}
	}
	for part, err := range table.Parts(blank) {
		if err != nil {
			send()
			return all, err
		}
		if next.parts = append(next.parts, part); len(next.parts) == stretchParts {
			send()
		}
	}
	send()
	return all, nil
}

// release gives the memory of the parts back.
func (s *stretch) release(spare chan<- *source.Part) {
	for _, p := range s.parts {
		select {
		case spare <- p:
		default:
		}
	}
	s.parts = nil
}

// read reads the rows of the stretch into the builder of its core, and cuts it off
// there. A row with too few or too many cells is read as far as it goes, as files
// of the public have them, and so is a column without a header, such as the row
// numbers of some programs; any other fault ends the reading.
func (s *stretch) read(b *engine.Builder, at []int) {
	x := reader{cells: make([]string, len(at)), dates: &s.dates}
	for _, part := range s.parts {
		for row, err := range part.Rows() {
			var f *pipeline.Fault
			if err != nil && !(errors.As(err, &f) && (f.Code == source.CodeCellCount || f.Code == source.CodeStrayCell)) {
				s.err = err
				return
			}
			for f, i := range at {
				if x.cells[f] = ""; i >= 0 && i < len(row.Cells) {
					x.cells[f] = row.Cells[i].Text
				}
			}
			if s.err = b.Add(x.record()); s.err != nil {
				return
			}
			if at[seatTruth] >= 0 {
				s.truth = append(s.truth, engine.Label(x.cells[seatTruth]))
			}
		}
	}
	s.builder = b.Cut()
}

// The fields in the order of evaluateFields.
const (
	seatID = iota
	seatFamily
	seatGiven
	seatName
	seatKanaFamily
	seatKanaGiven
	seatKana
	seatFormer
	seatBorn
	seatSex
	seatEmail
	seatAgency
	seatCertificate
	seatTruth
)

// seats finds the column of each field, -1 for those the file has not.
func (e *evaluation) seats(header []string) ([]int, error) {
	at := make([]int, len(evaluateFields()))
	for i, f := range evaluateFields() {
		column, mapped := e.fields[f]
		if !mapped {
			column = f
		}
		named := func(h string) bool { return strings.TrimSpace(h) == column }
		at[i] = slices.IndexFunc(header, named)
		if at[i] >= 0 && slices.ContainsFunc(header[at[i]+1:], named) {
			return nil, usage(nil, fmt.Sprintf("CSV に列 %s が 2 つあります。", column), fmt.Sprintf("the CSV has two columns %s", column))
		}
		if mapped && at[i] < 0 {
			return nil, usage(nil, fmt.Sprintf("CSV に列 %s がありません。", column), fmt.Sprintf("the CSV has no column %s", column))
		}
	}
	if at[seatName] < 0 && (at[seatFamily] < 0 || at[seatGiven] < 0) {
		return nil, usage(nil, "--map で family と given、または name を指定してください。", "--map: family and given, or name, are needed")
	}
	return at, nil
}

// reader reads cells into records. The lists of most have one entry, for which
// it has the memory.
type reader struct {
	cells       []string // in the order of evaluateFields
	dates       *datesRead
	former      [1]string
	certificate [1]identity.Certificate
}

// record reads the cells of a row; it is good until the next call.
func (x *reader) record() engine.Record {
	cells := x.cells
	r := engine.Record{
		ID: cells[seatID], Family: trimCell(cells[seatFamily]), Given: trimCell(cells[seatGiven]), Name: trimCell(cells[seatName]),
		KanaFamily: trimCell(cells[seatKanaFamily]), KanaGiven: trimCell(cells[seatKanaGiven]), Kana: trimCell(cells[seatKana]),
		Born: x.dates.date(cells[seatBorn]), Sex: trimCell(cells[seatSex]), Email: trimCell(cells[seatEmail]), Agency: trimCell(cells[seatAgency]),
	}
	if s := cells[seatFormer]; s != "" {
		x.former[0] = trimCell(s)
		if r.Former = x.former[:]; isSeveral(s) {
			r.Former = several(s)
		}
	}
	if s := cells[seatCertificate]; s != "" && identity.NumberKey(s) != "" {
		x.certificate[0].Number = trimCell(s)
		if r.Certificates = x.certificate[:]; isSeveral(s) {
			r.Certificates = certificates(s)
		}
	}
	return r
}
