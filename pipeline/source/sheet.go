package source

import (
	"bytes"
	"fmt"
	"slices"

	"meibo/pipeline"
)

// sheetReader reads the rows of one sheet in the order of the file.
type sheetReader struct {
	*scanner
	book *workbook

	columns int   // of the header; 0 while looking for it
	limit   int   // columns with something in them
	blanks  []int // columns of the header in which none stands
	skipTo  int   // rows up to this one are passed over
	merged  merges

	row   Row
	last  int    // number of the last row
	col   int    // number of the last cell in its row, from 1
	text  []byte // of the cells of the row that are not shared
	cells []pending
	stray int // column of the first value without a header in the row, from 0; or none
}

// none is no column.
const none = -1

// pending is a cell whose text is still in sheetReader.text.
type pending struct {
	col        int // from 0
	start, end int
	kind       CellKind
}

// stop is returned through the scanner when the loop body has had enough.
type stop struct{}

func (stop) Error() string { return "stop" }

// read yields the rows that are not blank. A sheet is read to its very end, so
// that damage behind the data is met too.
func (s *sheetReader) read(yield func(*Row, error) bool) error {
	if err := s.root("worksheet", mainSpaces...); err != nil {
		return err
	}
	seen := false
	err := s.children(func(name []byte) error {
		if string(name) != "sheetData" {
			return s.skip()
		}
		if seen {
			return s.damaged()
		}
		seen = true
		return s.children(func(name []byte) error {
			if string(name) != "row" {
				return s.skip()
			}
			return s.readRow(yield)
		})
	})
	if err != nil {
		return err
	}
	if !seen {
		return s.damaged()
	}
	return s.finish()
}

func (s *sheetReader) readRow(yield func(*Row, error) bool) error {
	n := s.last + 1
	for _, a := range s.attrs {
		if string(a.name) == "r" {
			var ok bool
			if n, ok = atoi(a.value); !ok || n <= s.last {
				return s.refuseAt(CodeBadRowNumber)
			}
		}
	}
	if n > maxRow {
		return s.refuseAt(CodeBadRowNumber)
	}
	s.last, s.col = n, 0
	if n <= s.skipTo {
		return s.skip()
	}
	s.begin()
	err := s.children(func(name []byte) error {
		if string(name) != "c" {
			return s.skip()
		}
		return s.readCell()
	})
	if err != nil {
		return err
	}
	s.settle()
	s.merged.fill(&s.row)
	var bad error
	if s.stray != none {
		bad = fault(n, CodeStrayCell, columnName(s.stray))
	} else if s.blankRow() {
		return nil
	}
	if !yield(&s.row, bad) {
		return stop{}
	}
	return nil
}

// refuseAt refuses the sheet and names the row.
func (s *sheetReader) refuseAt(code pipeline.Code) error {
	return refuse(code, fmt.Sprintf("%s:%d", s.part, s.last))
}

func (s *sheetReader) begin() {
	s.row.Number = s.last
	s.text, s.cells, s.stray = s.text[:0], s.cells[:0], none
	if s.columns == 0 {
		s.row.Cells = s.row.Cells[:0]
		return
	}
	if len(s.row.Cells) != s.columns {
		s.row.Cells = make([]Cell, s.columns)
	}
	clear(s.row.Cells)
}

// settle gives the row's cells their texts, all cut from one string.
func (s *sheetReader) settle() {
	text := string(s.text)
	for _, c := range s.cells {
		s.row.Cells[c.col] = Cell{text[c.start:c.end], c.kind}
	}
	for _, i := range s.blanks {
		if s.stray == none && filled(s.row.Cells[i]) {
			s.stray = i
		}
	}
}

func filled(c Cell) bool { return c.Kind == Formula || !blank(c.Text) }

func (s *sheetReader) blankRow() bool { return !slices.ContainsFunc(s.row.Cells, filled) }

// readCell reads one cell into the row.
func (s *sheetReader) readCell() error {
	col, style, typ, err := s.cellHead()
	if err != nil {
		return err
	}
	start := len(s.text)
	formula, value := false, false
	err = s.children(func(name []byte) error {
		switch string(name) {
		case "v":
			if value {
				return s.refuseAt(CodeBadCell)
			}
			value = true
			var err error
			s.text, err = s.appendContent(s.text)
			return err
		case "is":
			if typ != typeInline || value {
				return s.refuseAt(CodeBadCell)
			}
			value = true
			var err error
			s.text, err = s.appendRich(s.text)
			return err
		case "f":
			formula = true
		}
		return s.skip()
	})
	if err != nil {
		return err
	}
	return s.put(col, start, style, typ, formula)
}

// cellType is the t attribute of a cell.
type cellType uint8

const (
	typeNumber cellType = iota
	typeShared
	typeInline
	typeFormulaText
	typeBool
	typeError
	typeISODate
)

// cellHead reads place, format and type of a cell. Cells without a reference
// follow the one before.
func (s *sheetReader) cellHead() (col, style int, typ cellType, err error) {
	n, ok := s.col+1, true
	for _, a := range s.attrs {
		switch string(a.name) {
		case "r":
			var row int
			n, row, ok = cellRef(a.value)
			if !ok || row != s.last || n <= s.col {
				return 0, 0, 0, s.refuseAt(CodeBadCellRef)
			}
		case "s":
			if style, ok = atoi(a.value); !ok {
				return 0, 0, 0, s.refuseAt(CodeBadCell)
			}
		case "t":
			switch string(a.value) {
			case "n":
			case "s":
				typ = typeShared
			case "inlineStr":
				typ = typeInline
			case "str":
				typ = typeFormulaText
			case "b":
				typ = typeBool
			case "e":
				typ = typeError
			case "d":
				typ = typeISODate
			default:
				return 0, 0, 0, s.refuseAt(CodeBadCell)
			}
		}
	}
	if n > maxColumn {
		return 0, 0, 0, s.refuseAt(CodeBadCellRef)
	}
	s.col = n
	return n - 1, style, typ, nil
}

// put checks the value in text[start:] against its type and places the cell.
func (s *sheetReader) put(col, start, style int, typ cellType, formula bool) error {
	if typ != typeInline && typ != typeFormulaText {
		trimmed := bytes.Trim(s.text[start:], " \t\n\r")
		s.text = s.text[:start+copy(s.text[start:], trimmed)]
	}
	v := s.text[start:]
	kind := Text
	switch {
	case len(v) == 0 && formula && typ != typeFormulaText:
		kind = Formula
	case len(v) == 0:
		return nil
	default:
		var ok bool
		if kind, ok = s.check(v, start, style, typ); !ok {
			return s.refuseAt(CodeBadCell)
		}
	}
	if typ == typeShared && kind == Text {
		i, ok := atoi(v)
		if !ok || i >= len(s.book.strings) {
			return s.refuseAt(CodeBadString)
		}
		s.text = s.text[:start]
		return s.place(col, Cell{s.book.strings[i], Text})
	}
	if s.fits(col) {
		s.cells = append(s.cells, pending{col, start, len(s.text), kind})
		return s.place(col, Cell{})
	}
	return s.place(col, Cell{string(v), kind})
}

// fits reports whether column col (from 0) is one of those that are read.
func (s *sheetReader) fits(col int) bool {
	if s.columns > 0 {
		return col < s.columns
	}
	return col < s.limit
}

// place puts a cell into the row, or notes that it stands outside the header
// with something in it.
func (s *sheetReader) place(col int, c Cell) error {
	switch {
	case s.fits(col):
		for len(s.row.Cells) <= col { // only while the header is not known
			s.row.Cells = append(s.row.Cells, Cell{})
		}
		s.row.Cells[col] = c
	case !filled(c): // people colour whole rows
	case col >= s.limit:
		return refuse(CodeTooManyColumns, s.limit)
	case s.stray == none:
		s.stray = col
	}
	return nil
}

// check tells the kind of a value that is not empty, and whether it fits its type.
func (s *sheetReader) check(v []byte, start, style int, typ cellType) (CellKind, bool) {
	switch typ {
	case typeNumber:
		if style < len(s.book.dates) && s.book.dates[style] {
			return DateNumber, isNumber(v)
		}
		return Number, isNumber(v)
	case typeBool:
		switch string(v) {
		case "1", "true":
			s.text = append(s.text[:start], "TRUE"...)
			return Bool, true
		case "0", "false":
			s.text = append(s.text[:start], "FALSE"...)
			return Bool, true
		}
		return Bool, false
	case typeError:
		return ErrorValue, v[0] == '#'
	}
	return Text, true
}
