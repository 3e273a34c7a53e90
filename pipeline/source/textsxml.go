package source

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
)

// written collects what stands in the parts of a workbook.
type written struct {
	see     func([]string) bool
	stopped bool
	shared  []string // the table of texts

	row   []string // cells of the row in hand
	cell  strings.Builder
	kind  string // of the cell in hand
	loose strings.Builder
	depth int // of rows, texts and comments that are open
}

func (w *written) emit(row []string) bool {
	w.stopped = w.stopped || !w.see(row)
	return !w.stopped
}

// xml reads one part to its end. Text stands together as far as a reader of the
// workbook sees it so: a row, an entry of the table of texts, a comment, a
// paragraph, however often its look changes in between.
func (w *written) xml(r io.Reader, table bool) error {
	d := xml.NewDecoder(io.LimitReader(r, largestEntry))
	d.Strict = true
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, ErrOpaque }
	w.row, w.depth = w.row[:0], 0
	w.cell.Reset()
	w.loose.Reset()
	for !w.stopped {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			w.start(t)
		case xml.EndElement:
			w.end(t.Name.Local, table)
		case xml.CharData:
			if w.depth > 0 {
				w.cell.Write(t)
			} else {
				w.loose.Write(t)
			}
		case xml.Comment:
			w.emit([]string{string(t)})
		}
	}
	return nil
}

// together are the elements whose text belongs together.
func together(name string) bool {
	return name == "row" || name == "si" || name == "comment" || name == "p"
}

func (w *written) start(t xml.StartElement) {
	name := t.Name.Local
	if together(name) {
		w.depth++
	}
	switch name {
	case "c":
		w.cell.Reset()
		w.kind = ""
		for _, a := range t.Attr {
			if a.Name.Local == "t" {
				w.kind = a.Value
			}
		}
	case "row", "v", "t", "r", "f", "is", "rPr", "sz", "color", "rFont", "family", "charset", "xf", "col":
		// their attributes are places and looks
	default:
		var values []string
		for _, a := range t.Attr {
			values = append(values, a.Value)
		}
		if len(values) > 0 {
			w.emit(values)
		}
	}
}

func (w *written) end(name string, table bool) {
	switch {
	case name == "c" && w.depth > 0:
		w.row = append(w.row, w.resolve(w.cell.String()))
		w.cell.Reset()
	case name == "row":
		w.depth--
		w.emit(w.row)
		w.row = w.row[:0]
	case together(name):
		w.depth--
		if w.depth > 0 {
			return // a paragraph within a row or a comment
		}
		text := w.cell.String()
		if table && name == "si" {
			w.shared = append(w.shared, text)
		}
		w.emit([]string{text})
		w.cell.Reset()
	case w.depth == 0 && w.loose.Len() > 0:
		if text := w.loose.String(); strings.TrimSpace(text) != "" {
			w.emit([]string{text})
		}
		w.loose.Reset()
	}
}

// resolve is the text of a cell that names an entry of the table of texts.
func (w *written) resolve(text string) string {
	if w.kind != "s" {
		return text
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 0 || n >= len(w.shared) {
		return text
	}
	return w.shared[n]
}
