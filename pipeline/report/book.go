package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"meibo/pipeline"
	"meibo/pipeline/failpoint"
)

// book is one workbook in the making.
type book struct {
	f     *excelize.File
	m     Meta
	title string
	dir   string // private folder for what spills
	first bool   // the sheet that a new file has is still to be named

	filled map[styleFill]int // styles of a marked workbook with another fill
}

func newBook(m Meta, title string) (*book, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(m.TempDir, "meibo-report-*") // 0700
	if err != nil {
		return nil, err
	}
	b := &book{f: excelize.NewFile(excelize.Options{TmpDir: dir}), m: m, title: title, dir: dir, first: true}
	if err := b.describe(); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

func (b *book) describe() error {
	made := b.m.Slot.UTC().Format(time.RFC3339)
	return errors.Join(
		b.f.SetDefaultFont(fontName),
		b.f.SetDocProps(&excelize.DocProperties{
			Title: b.title, Subject: b.title + " " + b.m.AsOf.String(), Creator: "meibo", LastModifiedBy: "meibo",
			Created: made, Modified: made, Language: "ja-JP", Description: notBinding + noOtherUse, Version: b.m.Version,
		}),
		b.f.SetAppProps(&excelize.AppProperties{Application: "meibo"}),
	)
}

// save writes the workbook. It opens on its first sheet, as a new file does;
// SetActiveSheet would read every streamed sheet back into memory.
func (b *book) save(w io.Writer) error { return Save(w, b.f, b.dir) }

// close removes everything that was spilled.
func (b *book) close() error {
	var err error
	if b.f != nil {
		err = b.f.Close()
	}
	failpoint.Near("remove-before")
	err = errors.Join(err, os.RemoveAll(b.dir))
	failpoint.Near("remove-after")
	return err
}

// addSheet makes the next sheet, with the look that all have.
func (b *book) addSheet(name string) error {
	if b.first {
		b.first = false
		if err := b.f.SetSheetName("Sheet1", name); err != nil {
			return err
		}
	} else if _, err := b.f.NewSheet(name); err != nil {
		return err
	}
	no, yes, zoom := false, true, 90.0
	return errors.Join(
		b.f.SetSheetDimension(name, ""),
		b.f.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &yes}),
		b.f.SetSheetView(name, -1, &excelize.ViewOptions{ShowGridLines: &no, ZoomScale: &zoom}),
	)
}

// page sets what the printer needs: A4 across, as wide as the page and as many
// pages high as it takes (tall 0) or exactly tall.
func (b *book) page(name string, tall int) error {
	a4, landscape, wide := 9, "landscape", 1
	side, top, bottom, header := 0.4, 0.5, 0.6, 0.3
	return errors.Join(
		b.f.SetPageLayout(name, &excelize.PageLayoutOptions{Size: &a4, Orientation: &landscape, FitToWidth: &wide, FitToHeight: &tall}),
		b.f.SetPageMargins(name, &excelize.PageLayoutMarginsOptions{
			Left: &side, Right: &side, Top: &top, Bottom: &bottom, Header: &header, Footer: &header,
		}),
		b.f.SetHeaderFooter(name, &excelize.HeaderFooterOptions{
			OddFooter: "&L" + footer(b.title+"　基準日 "+b.m.AsOf.String()) + "&C&P / &N" + "&R" + footer("提供先 "+b.m.reader()+"　meibo "+b.m.Version),
		}),
	)
}

// footer escapes text for a page footer, in which & begins a code. Excel takes
// 255 characters for all three parts and calls a longer footer damage.
func footer(s string) string {
	const part = 100
	r := []rune(strings.ReplaceAll(s, "&", "&&"))
	if len(r) <= part {
		return string(r)
	}
	return strings.TrimRight(string(r[:part-1]), "&") + "…"
}

// repeat prints row on top of every page of a sheet.
func (b *book) repeat(name string, row int) error {
	return b.f.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", RefersTo: fmt.Sprintf("'%s'!$%d:$%d", name, row, row), Scope: name,
	})
}

// style registers a style; excelize gives equal styles one number.
func (b *book) style(st *excelize.Style) (int, error) { return b.f.NewStyle(st) }

// cellName is A1 for column 1, row 1.
func cellName(col, row int) string {
	name, err := excelize.CoordinatesToCellName(col, row)
	if err != nil {
		panic(err) // both come from layouts in this package
	}
	return name
}

// serial is the day number Excel stores. It reports false before 1900-03-01:
// Excel counts a 29 February 1900 that never was.
func serial(d pipeline.Date) (int, bool) {
	if d < 1900_03_01 {
		return 0, false
	}
	return d.DayNumber() - excelEpoch, true
}

// excelEpoch is the DayNumber of 1899-12-30.
const excelEpoch = 693593

// widthOf is the width of text in columns of half-width characters; a line
// break does not count.
func widthOf(text string) (n int) {
	for _, r := range text {
		switch {
		case r < 0x20:
		case r < 0x1100, 0xff61 <= r && r <= 0xff9f:
			n++
		default:
			n += 2
		}
	}
	return n
}

// linesIn is how many lines text takes in a wrapped cell of the given width.
func linesIn(text string, width float64) (n int) {
	room := max(int(width)-1, 1)
	for line := range strings.SplitSeq(text, "\n") {
		n += max(1, (widthOf(line)+room-1)/room)
	}
	return n
}

// joined joins what is not empty.
func joined(sep string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), sep)
}
