package source_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"meibo/pipeline"
	"meibo/pipeline/source"
)

// got is a table as a test compares it.
type got struct {
	Header []string
	Rows   [][]string
	Lines  []int          // of the good rows
	Faults map[int]string // code by row
	Refuse pipeline.Code  // of the file
	Kinds  [][]source.CellKind
}

// open opens bytes under a name.
func open(b []byte, name string, o source.Options) (*source.Table, error) {
	return source.Open(bytes.NewReader(b), int64(len(b)), name, o)
}

// read reads bytes to the end. A file that is refused anywhere has no rows.
func read(t testing.TB, b []byte, name string, o source.Options) got {
	t.Helper()
	table, err := open(b, name, o)
	if err != nil {
		return got{Refuse: refusal(t, err)}
	}
	defer table.Close()
	g := got{Header: table.Header, Faults: map[int]string{}}
	for row, err := range table.Rows() {
		var f *pipeline.Fault
		switch {
		case errors.As(err, &f) && f.Row > 0:
			if row == nil || row.Number != f.Row {
				t.Fatalf("row of fault %v: %v", f, row)
			}
			g.Faults[f.Row] += string(f.Code)
		case err != nil:
			return got{Refuse: refusal(t, err)}
		default:
			if len(row.Cells) != len(table.Header) {
				t.Fatalf("row %d has %d cells, the header %d", row.Number, len(row.Cells), len(table.Header))
			}
			texts, kinds := make([]string, len(row.Cells)), make([]source.CellKind, len(row.Cells))
			for i, c := range row.Cells {
				texts[i], kinds[i] = c.Text, c.Kind
			}
			g.Rows, g.Kinds, g.Lines = append(g.Rows, texts), append(g.Kinds, kinds), append(g.Lines, row.Number)
		}
	}
	return g
}

// refusal returns the code for which a file was refused.
func refusal(t testing.TB, err error) pipeline.Code {
	t.Helper()
	var f *pipeline.Fault
	if !errors.As(err, &f) || f.Row != 0 || f.File == "" || f.JA == "" || f.EN == "" || strings.Contains(f.JA+f.EN, "%!") {
		t.Fatalf("want a refusal with its texts, got %#v", err)
	}
	return f.Code
}

// join writes rows so that a failing test can be read.
func join(rows [][]string) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(strings.Join(r, "|") + "\n")
	}
	return b.String()
}

// parts are the files of a workbook by name.
type parts map[string]string

const (
	mainNS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	relNS  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	decl   = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
)

// book is a minimal workbook around the content of <sheetData>; its shared
// strings are s0, s1 and s2, and format 1 is a date.
func book(data string) parts {
	return parts{
		"[Content_Types].xml": decl + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
			`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`,
		"_rels/.rels": decl + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
			`<Relationship Id="rId1" Type="` + relNS + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml": decl + `<workbook xmlns="` + mainNS + `" xmlns:r="` + relNS + `"><sheets><sheet name="名簿" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": decl + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
			`<Relationship Id="rId1" Type="` + relNS + `/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="rId2" Type="` + relNS + `/styles" Target="styles.xml"/>` +
			`<Relationship Id="rId3" Type="` + relNS + `/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>`,
		"xl/styles.xml": decl + `<styleSheet xmlns="` + mainNS + `"><numFmts count="1"><numFmt numFmtId="176" formatCode="0&quot;年&quot;"/></numFmts>` +
			`<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="176"/></cellXfs></styleSheet>`,
		"xl/sharedStrings.xml":     decl + `<sst xmlns="` + mainNS + `"><si><t>s0</t></si><si><t>s1</t></si><si><t>s2</t></si></sst>`,
		"xl/worksheets/sheet1.xml": decl + `<worksheet xmlns="` + mainNS + `"><sheetData>` + data + `</sheetData></worksheet>`,
	}
}

// with returns the parts with old replaced by new in one of them; the part is
// made if old is empty.
func (p parts) with(t testing.TB, name, old, new string) parts {
	t.Helper()
	p = maps.Clone(p)
	if old != "" && !strings.Contains(p[name], old) {
		t.Fatalf("%s does not hold %q", name, old)
	}
	if old == "" {
		p[name] = new
	} else {
		p[name] = strings.Replace(p[name], old, new, 1)
	}
	return p
}

// zip packs the parts in the order of their names.
func (p parts) zip(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(p)) {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(p[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
