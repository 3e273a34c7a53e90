package report

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// ErrUnmarkable says that a workbook is not one to open as a whole: too large,
// or built in a way that could not be kept. FaultyRows serves instead.
var ErrUnmarkable = errors.New("workbook is not one to be marked")

// What a workbook may hold to be opened as a whole. Opened, marked and saved, a
// cell costs a kilobyte, and so does each blank one before it in its row.
const (
	markBytes = 96 << 20 // unpacked
	markCells = 600_000  // of all sheets, and as many rows
)

// Marked is a sender's own workbook with its faults marked.
type Marked struct {
	b    *book
	rows int
}

// Mark opens the sender's workbook, colours the faulty cells, puts a comment in
// each and a new first sheet 取込結果 before all others. Everything else stays
// as it was sent, apart from what an earlier return had added.
//
// Only workbooks that the strict reader of intake has accepted are for Mark.
func Mark(m Meta, r Returned, src io.ReaderAt, size int64) (*Marked, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	if err := markable(src, size); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(m.TempDir, "meibo-report-*")
	if err != nil {
		return nil, err
	}
	r.sort()
	b := &book{m: m, title: ResultSheet, dir: dir}
	if err := b.mark(&r, io.NewSectionReader(src, 0, size)); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return &Marked{b, len(r.Faults)}, nil
}

// Write writes the workbook. Rows are the faults it shows.
func (k *Marked) Write(w io.Writer) (Stats, error) { return Stats{Rows: k.rows}, k.b.save(w) }

// Close lets go of the workbook.
func (k *Marked) Close() error { return k.b.close() }

// mark takes whatever goes wrong in the sender's workbook for a reason not to
// mark it: what the sender built must not stop the night.
func (b *book) mark(r *Returned, src io.Reader) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: panic: %v", ErrUnmarkable, p)
		}
	}()
	b.f, err = excelize.OpenReader(src, excelize.Options{TmpDir: b.dir, UnzipSizeLimit: markBytes, UnzipXMLSizeLimit: markBytes})
	if err == nil {
		err = errors.Join(b.unmark(r), b.markCells(r), b.resultFirst(r))
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnmarkable, err)
	}
	return nil
}

// author signs our comments, so that the next return can tell them from others.
const author = "meibo"

// unmark takes off what an earlier return had added to the sheet.
func (b *book) unmark(r *Returned) error {
	if i, err := b.f.GetSheetIndex(ResultSheet); err != nil {
		return err
	} else if i >= 0 && r.Sheet != ResultSheet {
		if err := b.f.DeleteSheet(ResultSheet); err != nil {
			return err
		}
	}
	comments, err := b.f.GetComments(r.Sheet)
	if err != nil {
		return err
	}
	for _, c := range comments {
		if c.Author != author {
			continue
		}
		if err := b.f.DeleteComment(r.Sheet, c.Cell); err != nil {
			return err
		}
		if err := b.fill(r.Sheet, c.Cell, 0); err != nil {
			return err
		}
		if _, noted, found := strings.Cut(textOf(c), noteMark); found {
			by, text, _ := strings.Cut(noted, noteEnd)
			if err := b.f.AddComment(r.Sheet, excelize.Comment{Author: by, Cell: c.Cell, Text: text}); err != nil {
				return err
			}
		}
	}
	return nil
}

// What the sender had noted in a cell stands below our own comment, behind
// these marks and the name of its author.
const (
	noteMark = "\n――――（"
	noteEnd  = "）\n"
)

// textOf is the text of a comment, without the looks of its parts.
func textOf(c excelize.Comment) string {
	text := c.Text
	for _, run := range c.Paragraph {
		text += run.Text
	}
	return text
}

// markCells colours the cells with errors and puts a comment in each. Warnings
// are only listed.
func (b *book) markCells(r *Returned) error {
	comments, err := b.f.GetComments(r.Sheet)
	if err != nil {
		return err
	}
	others := map[string]string{}
	for _, c := range comments {
		others[c.Cell] = noteMark + c.Author + noteEnd + textOf(c)
	}
	red, err := b.markFill()
	if err != nil {
		return err
	}
	for from := 0; from < len(r.Faults); {
		cell, to := r.cell(r.Faults[from], nil, 0), from+1
		for to < len(r.Faults) && r.cell(r.Faults[to], nil, 0) == cell {
			to++
		}
		spots := errorsOf(r.Faults[from:to])
		from = to
		if cell == "" || len(spots) == 0 {
			continue
		}
		if err := errors.Join(b.fill(r.Sheet, cell, red), b.comment(r.Sheet, cell, spotComment(spots), others[cell])); err != nil {
			return err
		}
	}
	return nil
}

func errorsOf(spots []Spot) (out []Spot) {
	for _, s := range spots {
		if s.isError() {
			out = append(out, s)
		}
	}
	return out
}

// comment adds a comment; what the sender had noted in the cell stands below it.
func (b *book) comment(sheet, cell, text, noted string) error {
	if noted != "" {
		if err := b.f.DeleteComment(sheet, cell); err != nil {
			return err
		}
		text += noted
	}
	const width, letter, line = 320, 15, 20 // in pixels
	height := line * (linesIn(text, 2*width/letter) + 1)
	return b.f.AddComment(sheet, excelize.Comment{
		Author: author, Cell: cell, Width: width, Height: uint(min(height, 400)), Text: text,
	})
}

// markFill registers the fill of faulty cells and returns its number.
func (b *book) markFill() (int, error) {
	id, err := b.f.NewStyle(&excelize.Style{Fill: solid(palette[alarm].fill)})
	if err != nil {
		return 0, err
	}
	return *b.f.Styles.CellXfs.Xf[id].FillID, nil
}

// fill changes the fill of a cell and nothing else of its look: a style that
// went through excelize's own description would lose colours of the theme.
func (b *book) fill(sheet, cell string, fill int) error {
	id, err := b.f.GetCellStyle(sheet, cell)
	if err != nil {
		return err
	}
	if _, err := b.f.NewStyle(&excelize.Style{}); err != nil { // reads the styles in
		return err
	}
	formats := b.f.Styles.CellXfs
	if id >= len(formats.Xf) {
		return fmt.Errorf("cell %s has style %d of %d", cell, id, len(formats.Xf))
	}
	key := styleFill{id, fill}
	if b.filled == nil {
		b.filled = map[styleFill]int{}
	}
	filled, ok := b.filled[key]
	if !ok {
		yes, xf := fill > 0, formats.Xf[id]
		xf.FillID, xf.ApplyFill = &fill, &yes
		filled = len(formats.Xf)
		formats.Xf = append(formats.Xf, xf)
		formats.Count = len(formats.Xf)
		b.filled[key] = filled
	}
	return b.f.SetCellStyle(sheet, cell, cell, filled)
}

// styleFill is a style with another fill.
type styleFill struct{ style, fill int }

// resultFirst adds 取込結果 before all other sheets and opens the workbook there.
func (b *book) resultFirst(r *Returned) error {
	if _, err := b.f.NewSheet(ResultSheet); err != nil {
		return err
	}
	if err := b.f.MoveSheet(ResultSheet, b.f.GetSheetName(0)); err != nil {
		return err
	}
	// Moving a sheet leaves names behind that belong to a sheet by its place.
	if names := b.f.WorkBook.DefinedNames; names != nil {
		for i := range names.DefinedName {
			if at := names.DefinedName[i].LocalSheetID; at != nil {
				next := *at + 1
				names.DefinedName[i].LocalSheetID = &next
			}
		}
	}
	b.f.SetActiveSheet(0)
	return b.resultSheet(r, r.Sheet, nil, 0)
}

// markable reports whether a workbook can be opened as a whole and kept as it is.
func markable(src io.ReaderAt, size int64) error {
	z, err := zip.NewReader(src, size)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnmarkable, err)
	}
	var total uint64
	drawings, comments, cells := 0, 0, 0
	for _, e := range z.File {
		total += e.UncompressedSize64
		switch name := strings.ToLower(e.Name); {
		case total > markBytes:
			return fmt.Errorf("%w: it unpacks to more than %d bytes", ErrUnmarkable, markBytes)
		case strings.HasSuffix(name, ".vml"):
			drawings++
		case strings.HasPrefix(name, "xl/comments") && strings.Count(name, "/") == 1:
			comments++
		case strings.Contains(name, "comment"):
			return fmt.Errorf("%w: comments where they would be lost", ErrUnmarkable)
		case strings.HasSuffix(name, ".xml") && !strings.HasSuffix(name, "sharedstrings.xml"):
			if err := extent(e, &cells); err != nil {
				return err
			}
		}
	}
	if drawings != comments {
		// Buttons and pictures in headers are drawn in the same way, and
		// excelize would put our comments among them.
		return fmt.Errorf("%w: legacy drawings that are no comments", ErrUnmarkable)
	}
	return nil
}

// extent adds what the rows of a part cost in memory, if it is a sheet.
func extent(e *zip.File, cells *int) error {
	in, err := e.Open()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnmarkable, err)
	}
	defer in.Close()
	// Declared sizes may lie.
	d := xml.NewDecoder(io.LimitReader(in, markBytes))
	d.Strict = false
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.ErrUnsupported }
	row, column, sheet := 0, 0, false
	for {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrUnmarkable, e.Name, err)
		}
		start, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		switch name := start.Name.Local; {
		case !sheet && name != "worksheet":
			return nil
		case name == "worksheet":
			sheet = true
		case name == "row":
			next := row + 1
			if n, err := strconv.Atoi(attr(start, "r")); err == nil {
				next = max(next, n)
			}
			*cells += next - row
			row, column = next, 0
		case name == "c":
			next := column + 1
			if c, _, err := excelize.CellNameToCoordinates(attr(start, "r")); err == nil {
				next = max(next, c)
			}
			*cells += next - column
			column = next
		}
		if *cells > markCells {
			return fmt.Errorf("%w: more than %d cells", ErrUnmarkable, markCells)
		}
	}
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
