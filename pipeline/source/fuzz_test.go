package source_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"meibo/pipeline"
	"meibo/pipeline/source"
)

// drain reads whatever opens and checks what holds for every file.
func drain(t *testing.T, b []byte, name string) {
	o := source.Options{Limits: source.Limits{TotalBytes: 8 << 20, TextBytes: 4 << 20}}
	table, err := open(b, name, o)
	if err != nil {
		refusal(t, err)
		return
	}
	last, ended := table.HeaderRow, false
	for row, err := range table.Rows() {
		if ended {
			t.Fatal("a row behind the end")
		}
		var f *pipeline.Fault
		switch {
		case err != nil && !errors.As(err, &f):
			t.Fatalf("an error of the world: %v", err)
		case f != nil && f.Row == 0:
			refusal(t, err)
			ended = true
			continue
		case f == nil && len(row.Cells) != len(table.Header):
			t.Fatalf("row %d has %d cells of %d", row.Number, len(row.Cells), len(table.Header))
		}
		if row.Number <= last {
			t.Fatalf("row %d behind row %d", row.Number, last)
		}
		last = row.Number
	}
	if lines := bytes.Count(b, []byte("\n")) + bytes.Count(b, []byte("\r")) + 1; table.Format == source.CSV && last > lines {
		t.Fatalf("row %d of %d lines", last, lines)
	}
}

// Whatever bytes arrive, rows come in order with all their cells, and every
// error is a fault with its texts.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{
		"id,name\n1,x\n", "\uFEFFid\tname\r\n\"A\n1\"\tE\r\nA2\r\n", "id\r1\r\"\r", "a,b\n\"x\"\"y\",\"\n1,\"z\"q\n",
		"id,\x8e\x52\n1,\xF0\x40\n", utf16Text("id,name\n1,山\n", true), utf16Text("id\n", false) + "\x00\xD8x", "a\x00,\n\n,\x1a",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		drain(t, in, "a.csv")
		if !strings.ContainsAny(string(in), "\r\x00\x1a") && !bytes.Contains(in, []byte("\uFEFF")) {
			text := "c1,c2,c3\n" + strings.ToValidUTF8(string(in), "?")
			if !strings.ContainsFunc(text, func(r rune) bool { return r == '\uFFFD' || r >= 0x80 && r < 0xA0 }) {
				sameAsEncodingCSV(t, text)
			}
		}
	})
}

// FuzzXLSX puts arbitrary XML where a sheet should be, in a sound package, and
// arbitrary bytes where a package should be.
func FuzzXLSX(f *testing.F) {
	for _, s := range []string{
		head, head + `<row r="2"><c r="B2" t="s"><v>1</v></c></row>`, `<row><c><f>1</f></c></row>`,
		head + `</sheetData><mergeCells><mergeCell ref="A1:B2"/></mergeCells><sheetData>`, `<row r="2" r='3'><!-- --><![CDATA[x]]>&#x41;`,
	} {
		f.Add([]byte(s))
		f.Add([]byte(book(s)[sheet1]))
	}
	f.Add(book(head).zip(f))
	f.Fuzz(func(t *testing.T, in []byte) {
		drain(t, in, "a.xlsx")
		b := book(string(in))
		drain(t, b.zip(t), "a.xlsx")
		b[sheet1] = string(in)
		drain(t, b.zip(t), "a.xlsx")
	})
}

// Whatever stands in a file, looking through it ends, and fails only for a content
// that cannot be looked at: an execution must come to its end over any file.
func FuzzTexts(f *testing.F) {
	for _, s := range []string{
		"", "id,name\n1,x\n", "\"a\n1\",\"x\r", "id,\x8e\x52\n1,\xF0\x40\n", utf16Text("id,name\n1,山\n", true) + "\x00", "\"\x00\xD8\"\"\xff",
		"PK\x03\x04", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1x",
	} {
		f.Add([]byte(s))
	}
	whole := book(head).zip(f)
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, b := range [][]byte{in, book(string(in)).zip(t), book("").with(t, sheet1, "", string(in)).zip(t)} {
			err := source.Texts(bytes.NewReader(b), int64(len(b)), nil, func([]string) bool { return true })
			if err != nil && !errors.Is(err, source.ErrOpaque) {
				t.Fatal(err)
			}
		}
	})
}
