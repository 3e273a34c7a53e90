package synth

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"meibo/pipeline"
)

// bookStyle is how a workbook is laid out.
type bookStyle struct {
	sheet   string
	title   []string // rows above the header
	groups  []group  // a row of headings above the headers, merged across; other headers are merged over both rows
	shared  bool     // shared strings, which are held in memory: for small files
	date04  bool     // dates count from 1904
	hidden  bool     // a hidden sheet stands first
	trailer bool     // a last row 件数 and the number of rows
	stored  bool     // entries are not compressed
}

// group is a heading over the columns from … to, counted from 0, both included.
type group struct {
	name     string
	from, to int
}

// workbook is an XLSX file being written, row by row. The writer is our own
// because the same rows must give the same bytes, and because a register of
// millions is written in one pass without keeping a sheet in memory.
type workbook struct {
	file   *os.File
	zip    *zip.Writer
	sheet  *bufio.Writer
	f      format
	rows   int // rows written, title and header included
	data   int // rows written by the caller
	merges []string
	shared map[string]int
	texts  []string // shared strings in the order of their numbers
	uses   int
}

func newWorkbook(path string, k kind, f format) (*workbook, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	w := &workbook{file: file, zip: zip.NewWriter(file), f: f, shared: map[string]int{}}
	w.zip.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(out, flate.BestSpeed)
	})
	if err := w.begin(k); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return w, nil
}

// entry begins a part of the package. Its time is fixed: the ZIP format knows
// nothing before 1980.
func (w *workbook) entry(name string) (io.Writer, error) {
	h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	if w.f.book.stored {
		h.Method = zip.Store
	}
	return w.zip.CreateHeader(h)
}

func (w *workbook) part(name, content string) error {
	out, err := w.entry(name)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, xmlHead+content)
	return err
}

func (w *workbook) begin(k kind) error {
	for _, p := range w.skeleton() {
		if err := w.part(p[0], p[1]); err != nil {
			return err
		}
	}
	out, err := w.entry("xl/worksheets/sheet1.xml")
	if err != nil {
		return err
	}
	w.sheet = bufio.NewWriterSize(out, 1<<16)
	if _, err := w.sheet.WriteString(xmlHead + `<worksheet xmlns="` + nsMain + `"><sheetFormatPr defaultRowHeight="18"/><cols>` +
		`<col min="1" max="` + strconv.Itoa(len(k.headers)) + `" width="16" customWidth="1"/></cols><sheetData>`); err != nil {
		return err
	}
	for _, t := range w.f.book.title {
		if err := w.write(texts(t)); err != nil {
			return err
		}
	}
	return w.header(k)
}

// header writes the header row, or two where some columns share a heading: a
// header without one is then merged over both rows, and stands in the upper.
func (w *workbook) header(k kind) error {
	if len(w.f.book.groups) == 0 {
		return w.write(texts(k.headers...))
	}
	upper, lower := texts(k.headers...), make([]cell, len(k.headers))
	up, low := strconv.Itoa(w.rows+1), strconv.Itoa(w.rows+2)
	grouped := make([]bool, len(k.headers))
	for _, g := range w.f.book.groups {
		w.merges = append(w.merges, column(g.from)+up+":"+column(g.to)+up)
		for c := g.from; c <= g.to; c++ {
			grouped[c], lower[c], upper[c] = true, upper[c], cell{}
		}
		upper[g.from] = text(g.name)
	}
	for c := range k.headers {
		if !grouped[c] {
			w.merges = append(w.merges, column(c)+up+":"+column(c)+low)
		}
	}
	return errors.Join(w.write(upper), w.write(lower))
}

func (w *workbook) row(cells []cell) error {
	w.data++
	return w.write(cells)
}

func (w *workbook) write(cells []cell) error {
	w.rows++
	row := strconv.Itoa(w.rows)
	b := w.sheet.AvailableBuffer()
	b = append(b, `<row r="`...)
	b = append(append(b, row...), `">`...)
	for i, c := range cells {
		b = w.appendCell(b, column(i)+row, c)
	}
	_, err := w.sheet.Write(append(b, `</row>`...))
	return err
}

func (w *workbook) appendCell(b []byte, at string, c cell) []byte {
	s := c.text
	switch {
	case c.day != 0 && w.f.dates == datesReal:
		b = append(append(append(b, `<c r="`...), at...), `" s="1"><v>`...)
		return append(strconv.AppendInt(b, int64(w.serial(c.day)), 10), `</v></c>`...)
	case c.day != 0:
		s = w.f.dates.write(c.day)
	case c.num:
		b = append(append(append(b, `<c r="`...), at...), `"><v>`...)
		return append(append(b, s...), `</v></c>`...)
	}
	if s == "" {
		return b
	}
	b = append(append(b, `<c r="`...), at...)
	if w.f.book.shared {
		b = append(b, `" t="s"><v>`...)
		return append(strconv.AppendInt(b, int64(w.share(s)), 10), `</v></c>`...)
	}
	b = append(b, `" t="inlineStr"><is><t xml:space="preserve">`...)
	return append(append(b, escape(s)...), `</t></is></c>`...)
}

// serial is the number by which a workbook stores a day. From 1900 days are
// counted as if 1900 had been a leap year, so the count is right from March on.
func (w *workbook) serial(d pipeline.Date) int {
	if w.f.book.date04 {
		return d.Sub(19040101)
	}
	return d.Sub(18991230)
}

func (w *workbook) share(s string) int {
	w.uses++
	n, ok := w.shared[s]
	if !ok {
		n = len(w.texts)
		w.shared[s], w.texts = n, append(w.texts, s)
	}
	return n
}

func (w *workbook) close() error {
	return errors.Join(w.finish(), w.zip.Close(), w.file.Close())
}

func (w *workbook) finish() error {
	if w.f.book.trailer {
		if err := w.write([]cell{text("件数"), {text: strconv.Itoa(w.data), num: true}}); err != nil {
			return err
		}
	}
	tail := `</sheetData>`
	if len(w.merges) > 0 {
		tail += fmt.Sprintf(`<mergeCells count="%d"><mergeCell ref="%s"/></mergeCells>`, len(w.merges), strings.Join(w.merges, `"/><mergeCell ref="`))
	}
	if _, err := w.sheet.WriteString(tail + `</worksheet>`); err != nil {
		return err
	}
	if err := w.sheet.Flush(); err != nil {
		return err
	}
	if !w.f.book.shared {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<sst xmlns="%s" count="%d" uniqueCount="%d">`, nsMain, w.uses, len(w.texts))
	for _, s := range w.texts {
		b.WriteString(`<si><t xml:space="preserve">` + escape(s) + `</t></si>`)
	}
	return w.part("xl/sharedStrings.xml", b.String()+`</sst>`)
}

// column names a column, counted from 0; there are never more than 26.
func column(i int) string { return string(rune('A' + i)) }

func escape(s string) string {
	if !strings.ContainsAny(s, "&<>\r\n\t") {
		return s
	}
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#13;", "\n", "&#10;", "\t", "&#9;").Replace(s)
}
