package report

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/xuri/excelize/v2"

	"meibo/pipeline"
)

// column is one column of a table.
type column struct {
	header string
	width  float64 // in half-width characters
	align  string  // left, center or right; empty is Excel's own
	input  bool    // the reader fills it in
	// choices makes a drop-down of an input column.
	choices []string
}

// layout is a table on a sheet of its own.
type layout struct {
	name    string   // of the sheet
	title   string   // on top of it
	lines   []string // below the line of the report itself
	legend  []legend
	columns []column
	fixed   int  // columns that stay in sight
	filter  bool // buttons in the header
	locked  bool // only input cells can be changed
	rows    int  // shown in the line of the report
}

// legend explains a tone.
type legend struct {
	tone tone
	text string
}

// sheet writes a table row by row in constant memory. Cells are given from left
// to right; an error is kept and answered by end and finish.
type sheet struct {
	layout
	b      *book
	sw     *excelize.StreamWriter
	styles [][2][formats][tones]int // of each column, without and with a rule above; 0 is not made yet
	ruled  bool                     // the row in hand has a rule above it
	hidden []bool                   // columns that are not for this reader
	cells  []excelize.Cell          // of the row in hand, without hidden ones
	values []any                    // pointers to them
	col    int                      // next column
	shown  int                      // next cell
	tall   int                      // lines of text in the row's tallest cell
	header int                      // row of the header
	at     int                      // last row written
	part   int                      // of a table that takes several sheets, from 1
	body   int                      // rows below the header
	bare   bool                     // nothing stands above the header
	err    error
}

// Heights of rows in points.
const (
	titleHeight  = 27
	lineHeight   = 15.75
	headerHeight = 33
	rowHeight    = 17.25 // of rows of one line
	maxHeight    = 400   // Excel allows 409.5
)

// table begins a sheet with its title, its lines and its header.
func (b *book) table(l layout) (*sheet, error) {
	header := 3 + len(l.lines) + 1 // title, line, note, lines, header
	if len(l.legend) > 0 {
		header++
	}
	s, err := b.rows(l, header)
	if err != nil {
		return nil, err
	}
	return s, s.head()
}

// bare begins a sheet that has nothing above its header.
func (b *book) bare(l layout) (*sheet, error) {
	s, err := b.rows(l, 1)
	if err != nil {
		return nil, err
	}
	s.bare = true
	s.headers()
	return s, s.err
}

// sheetRows is how many rows go on one sheet before the next begins; Excel ends
// at 1,048,576.
const sheetRows = 1_000_000

// row writes one row of the body, on a further sheet if this one is full: with
// the same head, and a number behind its name.
func (s *sheet) row(values []any, height float64) error {
	if s.body == cmp.Or(s.b.m.SheetRows, sheetRows) {
		if err := s.turn(); err != nil {
			return err
		}
	}
	s.body++
	s.write(values, height)
	return s.err
}

// turn ends the sheet and begins the next of the same table.
func (s *sheet) turn() error {
	if err := s.finish(); err != nil {
		return err
	}
	l, part, begin := s.layout, s.part+1, s.b.table
	if s.bare {
		begin = s.b.bare
	}
	number := fmt.Sprintf(" (%d)", part)
	if part > 2 {
		l.name = strings.TrimSuffix(l.name, fmt.Sprintf(" (%d)", part-1))
	}
	l.name = clip(l.name, sheetName-len(number)) + number
	next, err := begin(l)
	if err != nil {
		return err
	}
	cells, values := s.cells, s.values // of the row in hand
	*s = *next
	s.part, s.cells, s.values = part, cells, values
	return nil
}

// sheetName is how long the name of a sheet may be, in characters.
const sheetName = 31

// clip cuts text to a number of characters.
func clip(text string, n int) string {
	if r := []rune(text); len(r) > n {
		return string(r[:n])
	}
	return text
}

// rows begins a sheet whose header is to stand in the given row.
func (b *book) rows(l layout, header int) (*sheet, error) {
	hidden, err := b.m.Columns.hidden(b.title, l.columns, b.m.Encrypted)
	if err != nil {
		return nil, err
	}
	if err := b.addSheet(l.name); err != nil {
		return nil, err
	}
	sw, err := b.f.NewStreamWriter(l.name)
	if err != nil {
		return nil, err
	}
	s := &sheet{layout: l, b: b, sw: sw, header: header, hidden: hidden, part: 1}
	for _, gone := range hidden[:s.fixed] {
		if gone {
			s.fixed--
		}
	}
	s.styles = make([][2][formats][tones]int, len(l.columns))
	s.cells = make([]excelize.Cell, s.place(len(l.columns)))
	s.values = make([]any, len(s.cells))
	for i := range s.cells {
		s.values[i] = &s.cells[i]
	}
	return s, s.begin()
}

// place is how many cells stand before the i-th column.
func (s *sheet) place(i int) (n int) {
	for _, gone := range s.hidden[:i] {
		if !gone {
			n++
		}
	}
	return n
}

// begin sets what must stand before the first row.
func (s *sheet) begin() error {
	for i, c := range s.columns {
		if s.hidden[i] {
			continue
		}
		if err := s.sw.SetColWidth(s.place(i)+1, s.place(i)+1, c.width); err != nil {
			return err
		}
	}
	return s.sw.SetPanes(&excelize.Panes{
		Freeze: true, XSplit: s.fixed, YSplit: s.header,
		TopLeftCell: cellName(s.fixed+1, s.header+1), ActivePane: pane(s.fixed),
		Selection: []excelize.Selection{{SQRef: cellName(s.fixed+1, s.header+1), ActiveCell: cellName(s.fixed+1, s.header+1), Pane: pane(s.fixed)}},
	})
}

func pane(fixed int) string {
	if fixed > 0 {
		return "bottomRight"
	}
	return "bottomLeft"
}

// head writes everything above the first row of data.
func (s *sheet) head() error {
	s.line(titleStyle(), titleHeight, s.title)
	s.line(lineStyle(), lineHeight, s.b.m.line(s.rows))
	for _, text := range s.lines {
		s.line(lineStyle(), lineHeight, text)
	}
	s.line(noteStyle(), lineHeight, notBinding+noOtherUse)
	if len(s.legend) > 0 {
		s.legendRow()
	}
	s.headers()
	return s.err
}

func (s *sheet) headers() {
	var values []any
	for i, c := range s.columns {
		if s.hidden[i] {
			continue
		}
		look := headerStyle()
		if c.input {
			look = inputHeaderStyle()
		}
		values = append(values, excelize.Cell{StyleID: s.make(look), Value: c.header})
	}
	s.write(values, headerHeight)
}

func (s *sheet) line(st *excelize.Style, height float64, text string) {
	s.write([]any{excelize.Cell{StyleID: s.make(st), Value: fit(text)}}, height)
}

func (s *sheet) legendRow() {
	values := []any{excelize.Cell{StyleID: s.make(noteStyle()), Value: "色の見方"}}
	for _, g := range s.legend {
		st := cellStyle(asText, g.tone, "center")
		values = append(values, excelize.Cell{StyleID: s.make(st), Value: g.text})
	}
	s.write(values, rowHeight)
}

func (s *sheet) make(st *excelize.Style) int {
	id, err := s.b.style(st)
	s.err = errors.Join(s.err, err)
	return id
}

func (s *sheet) write(values []any, height float64) {
	s.at++
	if err := s.sw.SetRow(cellName(1, s.at), values, excelize.RowOpts{Height: height}); err != nil && s.err == nil {
		s.err = fmt.Errorf("sheet %s row %d: %w", s.name, s.at, err)
	}
}

// put fills the next cell, unless its column is not for this reader.
func (s *sheet) put(f format, t tone, v any) {
	if s.hidden[s.col] {
		s.col++
		return
	}
	rule := 0
	if s.ruled {
		rule = 1
	}
	id := &s.styles[s.col][rule][f][t]
	if *id == 0 {
		st := cellStyle(f, t, s.columns[s.col].align)
		if s.ruled && f != asInput {
			st.Border = append(st.Border, excelize.Border{Type: "top", Style: 2, Color: headColor})
		}
		*id = s.make(st)
	}
	s.cells[s.shown] = excelize.Cell{StyleID: *id, Value: v}
	s.col, s.shown = s.col+1, s.shown+1
}

func (s *sheet) text(t tone, v string) {
	if v == "" {
		s.put(asText, t, nil)
		return
	}
	s.put(asText, t, fit(v))
}

// wrap is text over several lines; the row grows with it.
func (s *sheet) wrap(t tone, v string) {
	if !s.hidden[s.col] {
		s.tall = max(s.tall, linesIn(v, s.columns[s.col].width))
	}
	s.put(asWrap, t, fit(v))
}

// rich is text of several styles in one cell; the row grows with it.
func (s *sheet) rich(text string, runs []excelize.RichTextRun) {
	if !s.hidden[s.col] {
		s.tall = max(s.tall, linesIn(text, s.columns[s.col].width))
	}
	if len(runs) == 0 {
		s.put(asWrap, plain, nil)
		return
	}
	s.put(asWrap, plain, runs)
}

func (s *sheet) date(t tone, d pipeline.Date) {
	switch n, ok := serial(d); {
	case d.IsZero():
		s.put(asDate, t, nil)
	case ok:
		s.put(asDate, t, n)
	default:
		s.put(asText, t, d.String())
	}
}

func (s *sheet) month(f format, t tone, m pipeline.YearMonth) {
	first, _ := pipeline.NewDate(m.Year(), m.Month(), 1)
	if n, ok := serial(first); ok {
		s.put(f, t, n)
		return
	}
	s.text(t, m.String())
}

// number leaves out what is not known.
func (s *sheet) number(f format, t tone, x float64) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		s.put(f, t, nil)
		return
	}
	s.put(f, t, x)
}

func (s *sheet) count(t tone, n int) { s.put(asCount, t, n) }

// figure is a count of which none says something: days left, hits.
func (s *sheet) figure(t tone, n int) { s.put(asFigure, t, n) }

// input is an empty cell for the reader, or one that says what was decided.
func (s *sheet) input(v string) {
	if v == "" {
		s.put(asInput, plain, nil)
		return
	}
	s.put(asInput, plain, fit(v))
}

// end writes the row in hand. Cells that were not given are empty.
func (s *sheet) end() error {
	for s.col < len(s.columns) {
		s.put(asText, plain, nil)
	}
	height := rowHeight
	if s.tall > 1 {
		height = min(float64(s.tall)*13.5+6, maxHeight)
	}
	err := s.row(s.values, height)
	s.col, s.shown, s.tall, s.ruled = 0, 0, 0, false
	return err
}

// finish closes the sheet: filters, drop-downs, protection and the printed page.
func (s *sheet) finish() error {
	f, last := s.b.f, max(s.at, s.header+1)
	area := cellName(1, s.header) + ":" + cellName(len(s.cells), last)
	errs := []error{
		s.err,
		s.b.page(s.name, 0),
		s.b.repeat(s.name, s.header),
		f.AddIgnoredErrors(s.name, area, excelize.IgnoredErrorsNumberStoredAsText),
	}
	if s.filter {
		errs = append(errs, f.AutoFilter(s.name, area, nil))
	}
	for i, c := range s.columns {
		if at := s.place(i) + 1; len(c.choices) > 0 && !s.hidden[i] {
			errs = append(errs, f.AddDataValidation(s.name, dropDown(c, cellName(at, s.header+1)+":"+cellName(at, last))))
		}
	}
	if s.locked {
		errs = append(errs, f.ProtectSheet(s.name, &excelize.SheetProtectionOptions{
			AutoFilter: true, FormatColumns: true, FormatRows: true, SelectLockedCells: true, SelectUnlockedCells: true,
		}))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return s.sw.Flush()
}

func dropDown(c column, area string) *excelize.DataValidation {
	dv := excelize.NewDataValidation(true)
	dv.SetSqref(area)
	if err := dv.SetDropList(c.choices); err != nil {
		panic(err) // the choices are constants of this package
	}
	dv.SetError(excelize.DataValidationErrorStyleStop, c.header, "一覧から選んでください: "+joined(" / ", c.choices...))
	return dv
}
