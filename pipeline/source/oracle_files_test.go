package source_test

import (
	"os"
	"path/filepath"
	"testing"

	"meibo/pipeline/source"
)

// What excelize does not write itself, by hand: both readers must see the same.
func TestHandMadeWorkbooksAgreeWithExcelize(t *testing.T) {
	tests := []struct{ name, rows string }{
		{"shared strings", `<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v>2</v></c></row>`},
		{"inline strings", `<row r="2"><c r="A2" t="inlineStr"><is><t xml:space="preserve"> 山 田 </t></is></c><c r="B2" t="inlineStr"><is><t/></is></c></row>`},
		{"inline rich text", `<row r="2"><c r="A2" t="inlineStr"><is><r><rPr><b/></rPr><t>山</t></r><r><t>田</t></r></is></c></row>`},
		{"inline furigana", `<row r="2"><c r="A2" t="inlineStr"><is><t>山田</t><rPh sb="0" eb="2"><t>ヤマダ</t></rPh></is></c></row>`},
		{"booleans", `<row r="2"><c r="A2" t="b"><v>1</v></c><c r="B2" t="b"><v>0</v></c></row>`},
		{"errors", `<row r="2"><c r="A2" t="e"><v>#N/A</v></c><c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>`},
		{"formulas with values", `<row r="2"><c r="A2"><f>1+1</f><v>2</v></c><c r="B2" t="str"><f>"山"&amp;"田"</f><v>山田</v></c></row>`},
		{"formula without a value", `<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2"><f>1+1</f></c></row>`},
		{"shared formulas", `<row r="2"><c r="A2"><f t="shared" ref="A2:A3" si="0">1+1</f><v>2</v></c></row><row r="3"><c r="A3"><f t="shared" si="0"/><v>3</v></c></row>`},
		{"numbers as stored", `<row r="2"><c r="A2"><v>1.8E3</v></c><c r="B2"><v>0.1000</v></c></row><row r="3"><c r="A3"><v>12345678901234</v></c><c r="B3" s="1"><v>45000.5</v></c></row>`},
		{"sparse rows", `<row r="5"><c r="B5" t="s"><v>1</v></c></row><row r="900"><c r="A900"><v>7</v></c></row>`},
		{"rows without numbers", `<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>`},
		{"empty rows and cells", `<row r="2"/><row r="3"><c r="A3" s="1"/><c r="B3"><v/></c></row><row r="4"><c r="B4"><v>1</v></c></row>`},
		{"character references", `<row r="2"><c r="A2" t="inlineStr"><is><t>&lt;&#x5c71;&#30000;&gt;</t></is></c></row>`},
		{"line ends", "<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>a\r\nb\nc</t></is></c></row>"},
	}
	for _, tt := range tests {
		b := book(head + tt.rows)
		t.Run(tt.name, func(t *testing.T) { sameAsExcelize(t, b.zip(t)) })
		t.Run(tt.name+", not packed", func(t *testing.T) { sameAsExcelize(t, b.zipStored(t)) })
	}
	t.Run("days from 1904", func(t *testing.T) {
		b := book(head+`<row r="2"><c r="A2" s="1"><v>43000</v></c></row>`).with(t, "xl/workbook.xml", "<sheets>", `<workbookPr date1904="1"/><sheets>`)
		sameAsExcelize(t, b.zip(t))
	})
	t.Run("rich text and furigana shared", func(t *testing.T) {
		b := book(head+`<row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2" t="s"><v>2</v></c></row>`).with(t, "xl/sharedStrings.xml", "<si><t>s1</t></si><si><t>s2</t></si>",
			`<si><r><rPr><b/></rPr><t xml:space="preserve">髙 </t></r><r><t>﨑</t></r></si><si><t>渡邉</t><rPh sb="0" eb="2"><t>ワタナベ</t></rPh><phoneticPr fontId="1"/></si>`)
		sameAsExcelize(t, b.zip(t))
	})
}

// The files were made once with LibreOffice 7.4: out of a workbook with texts,
// dates, numbers, booleans, formulas, errors, rich text and a gap, one that
// counts its days from 1904, and out of a CSV.
func TestLibreOfficeWorkbooksAgreeWithExcelize(t *testing.T) {
	for name, rows := range map[string]int{"cells.xlsx": 10, "cells-1904.xlsx": 10, "from-csv.xlsx": 5} {
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join("testdata", "libreoffice", name))
			if err != nil {
				t.Fatal(err)
			}
			sameAsExcelize(t, b)
			if g := read(t, b, name, source.Options{}); len(g.Rows) != rows || len(g.Faults) > 0 {
				t.Errorf("%d rows, faults %v", len(g.Rows), g.Faults)
			}
		})
	}
}
