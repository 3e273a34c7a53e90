package source_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meibo/pipeline"
	"meibo/pipeline/source"
)

const sheet1 = "xl/worksheets/sheet1.xml"

// head is a header row with two columns, id and name.
const head = `<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c><c r="B1" t="inlineStr"><is><t>name</t></is></c></row>`

func TestXLSXCells(t *testing.T) {
	tests := []struct {
		name, cell string // of B2
		want       source.Cell
	}{
		{"shared string", `<c r="B2" t="s"><v>1</v></c>`, source.Cell{Text: "s1"}},
		{"shared string with spaces", `<c r="B2" t="s"><v> 1 </v></c>`, source.Cell{Text: "s1"}},
		{"number as stored", `<c r="B2"><v>1.8E3</v></c>`, source.Cell{Text: "1.8E3", Kind: source.Number}},
		{"number with its type", `<c r="B2" t="n"><v>-0.50</v></c>`, source.Cell{Text: "-0.50", Kind: source.Number}},
		{"19 digits", `<c r="B2"><v>1234567890123456789</v></c>`, source.Cell{Text: "1234567890123456789", Kind: source.Number}},
		{"date", `<c r="B2" s="1"><v>45000</v></c>`, source.Cell{Text: "45000", Kind: source.DateNumber}},
		{"number with 年 in its format", `<c r="B2" s="2"><v>2018</v></c>`, source.Cell{Text: "2018", Kind: source.Number}},
		{"text in a date format", `<c r="B2" s="1" t="s"><v>2</v></c>`, source.Cell{Text: "s2"}},
		{"true", `<c r="B2" t="b"><v>1</v></c>`, source.Cell{Text: "TRUE", Kind: source.Bool}},
		{"false", `<c r="B2" t="b"><v>0</v></c>`, source.Cell{Text: "FALSE", Kind: source.Bool}},
		{"error", `<c r="B2" t="e"><v>#N/A</v></c>`, source.Cell{Text: "#N/A", Kind: source.ErrorValue}},
		{"formula with number", `<c r="B2"><f>1+1</f><v>2</v></c>`, source.Cell{Text: "2", Kind: source.Number}},
		{"formula with text", `<c r="B2" t="str"><f>A1&amp;"x"</f><v>山&amp;川</v></c>`, source.Cell{Text: "山&川"}},
		{"formula with empty text", `<c r="B2" t="str"><f>""</f><v></v></c>`, source.Cell{}},
		{"formula never calculated", `<c r="B2"><f>1+1</f></c>`, source.Cell{Kind: source.Formula}},
		{"formula with empty value", `<c r="B2"><f>1+1</f><v/></c>`, source.Cell{Kind: source.Formula}},
		{"inline text keeps its spaces", `<c r="B2" t="inlineStr"><is><t xml:space="preserve"> a b </t></is></c>`, source.Cell{Text: " a b "}},
		{"rich text", `<c r="B2" t="inlineStr"><is><r><rPr><b/></rPr><t>山</t></r><r><t>田</t></r></is></c>`, source.Cell{Text: "山田"}},
		{"furigana", `<c r="B2" t="inlineStr"><is><t>山田</t><rPh sb="0" eb="2"><t>ヤマダ</t></rPh><phoneticPr fontId="1"/></is></c>`, source.Cell{Text: "山田"}},
		{"ISO date", `<c r="B2" t="d"><v>2018-10-22</v></c>`, source.Cell{Text: "2018-10-22"}},
		{"entities and character references", `<c r="B2" t="inlineStr"><is><t>&lt;&#x5c71;&#30000;&gt;&quot;&apos;</t></is></c>`, source.Cell{Text: `<山田>"'`}},
		{"CDATA and comment", `<c r="B2" t="inlineStr"><is><t>a<![CDATA[<&]]><!-- x -->b</t></is></c>`, source.Cell{Text: "a<&b"}},
		{"line ends", "<c r=\"B2\" t=\"inlineStr\"><is><t>a\r\nb\rc</t></is></c>", source.Cell{Text: "a\nb\nc"}},
		{"escaped characters", `<c r="B2" t="inlineStr"><is><t>a_x000D_b_x005F_x000D_c_xZZZZ_</t></is></c>`, source.Cell{Text: "a\rb_x000D_c_xZZZZ_"}},
		{"extension below the cell", `<c r="B2"><v>1</v><extLst><ext uri="x"><v>2</v></ext></extLst></c>`, source.Cell{Text: "1", Kind: source.Number}},
		{"element of another namespace", `<c r="B2"><y:v xmlns:y="urn:y">2</y:v><v>1</v></c>`, source.Cell{Text: "1", Kind: source.Number}},
		{"empty cell with a format", `<c r="B2" s="1"/>`, source.Cell{}},
		{"no references at all", `<c><v>7</v></c>`, source.Cell{Text: "7", Kind: source.Number}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data := head + `<row r="2"><c r="A2" t="s"><v>0</v></c>` + tt.cell + `</row>`
			g := read(t, book(data).zip(t), "agents_1.xlsx", source.Options{})
			if g.Refuse != "" || len(g.Rows) != 1 || len(g.Faults) > 0 {
				t.Fatalf("got %+v", g)
			}
			if c := (source.Cell{Text: g.Rows[0][1], Kind: g.Kinds[0][1]}); c != tt.want || g.Rows[0][0] != "s0" {
				t.Errorf("cell %+v, want %+v", c, tt.want)
			}
		})
	}
}

func TestXLSXRows(t *testing.T) {
	row := func(r, a, b string) string {
		return `<row r="` + r + `"><c r="A` + r + `"><v>` + a + `</v></c><c r="B` + r + `"><v>` + b + `</v></c></row>`
	}
	tests := []struct {
		name, data string
		want       string
		lines      []int
		faults     map[int]string
	}{
		{"rows keep their numbers", head + row("3", "1", "2") + row("10", "3", "4"), "1|2\n3|4\n", []int{3, 10}, nil},
		{"rows without numbers", head + `<row><c><v>1</v></c><c><v>2</v></c></row>`, "1|2\n", []int{2}, nil},
		{"trailing cells are missing", head + `<row r="2"><c r="A2"><v>1</v></c></row>`, "1|\n", []int{2}, nil},
		{"leading cells are missing", head + `<row r="2"><c r="B2"><v>1</v></c></row>`, "|1\n", []int{2}, nil},
		{"blank rows are skipped", head + `<row r="2"><c r="A2" s="1"/><c r="B2" t="inlineStr"><is><t>　 </t></is></c></row>` + row("3", "1", "2"), "1|2\n", []int{3}, nil},
		{"a value beside the header", head + `<row r="2"><c r="A2"><v>1</v></c><c r="D2"><v>9</v></c></row>` + row("3", "1", "2"), "1|2\n", []int{3}, map[int]string{2: "cell-outside-header"}},
		{"a value below no header", strings.Replace(head, "B1", "C1", 1) + `<row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2</v></c></row>`, "", nil, map[int]string{2: "cell-outside-header"}},
		{"formatted cells beside the header", head + `<row r="2"><c r="A2"><v>1</v></c><c r="XFD2" s="1"/></row>`, "1|\n", []int{2}, nil},
		{"empty text beside the header", head + `<row r="2"><c r="A2"><v>1</v></c><c r="D2" t="inlineStr"><is><t> </t></is></c></row>`, "1|\n", []int{2}, nil},
		{"hidden rows count", head + strings.Replace(row("2", "1", "2"), "<row", `<row hidden="1"`, 1), "1|2\n", []int{2}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.faults == nil {
				tt.faults = map[int]string{}
			}
			g := read(t, book(tt.data).zip(t), "agents_1.xlsx", source.Options{})
			if d := cmp.Diff(tt.want, join(g.Rows)); d != "" {
				t.Errorf("refused %q, rows (-want +got):\n%s", g.Refuse, d)
			}
			if d := cmp.Diff(tt.lines, g.Lines); d != "" {
				t.Errorf("lines (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.faults, g.Faults); d != "" {
				t.Errorf("faults (-want +got):\n%s", d)
			}
		})
	}
}

// Whatever shape a sound workbook takes, the table is the same.
func TestXLSXShapes(t *testing.T) {
	data := head + `<row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2" s="1"><v>45000</v></c></row>`
	b := book(data)
	prefixed := strings.NewReplacer("<worksheet xmlns=", "<x:worksheet xmlns:x=", "</", "</x:", "<", "<x:").Replace(strings.TrimPrefix(b[sheet1], decl))
	strict := strings.NewReplacer(mainNS, "http://purl.oclc.org/ooxml/spreadsheetml/main", relNS, "http://purl.oclc.org/ooxml/officeDocument/relationships")
	strictBook := parts{}
	for name, text := range b {
		strictBook[name] = strict.Replace(text)
	}
	odd := b.with(t, "xl/データ/表.xml", "", b[sheet1]).
		with(t, "[Content_Types].xml", "/xl/worksheets/sheet1.xml", "/xl/データ/表.xml").
		with(t, "xl/_rels/workbook.xml.rels", "worksheets/sheet1.xml", "%E3%83%87%E3%83%BC%E3%82%BF/./%E8%A1%A8.xml")
	delete(odd, sheet1)
	tests := []struct {
		name string
		book parts
	}{
		{"as it is", b},
		{"prefixed elements", b.with(t, sheet1, b[sheet1], prefixed)},
		{"strict namespaces", strictBook},
		{"byte order mark", b.with(t, sheet1, decl, "\uFEFF"+decl)},
		{"no XML declaration", b.with(t, sheet1, decl, "")},
		{"part of another name", odd},
		{"absolute target", b.with(t, "xl/_rels/workbook.xml.rels", `"worksheets/`, `"/xl/worksheets/`)},
		{"part name in other case", b.with(t, "xl/_rels/workbook.xml.rels", "sheet1.xml", "Sheet1.xml")},
		{"relationship prefix of another name", b.with(t, "xl/workbook.xml", "xmlns:r=", "xmlns:rel=").with(t, "xl/workbook.xml", "r:id", "rel:id")},
		{"comments and instructions", b.with(t, sheet1, "<sheetData>", "<?x y?><!-- <row/> --><sheetData>")},
		{"elements before and behind", b.with(t, sheet1, "</sheetData>", `</sheetData><sheetProtection sheet="1"/><extLst><ext><x14:row xmlns:x14="urn:x"/></ext></extLst>`)},
		{"space behind the root", b.with(t, sheet1, "</worksheet>", "</worksheet>\r\n<!-- end -->\n")},
		{"single quotes and spaces in tags", b.with(t, sheet1, `<c r="A2" t="s">`, "<c\n r = 'A2'\tt='s' >").with(t, sheet1, "</row>", "</row >")},
	}
	want := read(t, b.zip(t), "a.xlsx", source.Options{})
	if join(want.Rows) != "s1|45000\n" || want.Kinds[0][1] != source.DateNumber {
		t.Fatalf("got %+v", want)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(want, read(t, tt.book.zip(t), "a.xlsx", source.Options{})); d != "" {
				t.Errorf("table (-want +got):\n%s", d)
			}
		})
	}
}

func TestXLSXRefused(t *testing.T) {
	row2 := `<row r="2"><c r="A2"><v>1</v></c></row>`
	b := book(head + row2)
	sheet := func(old, new string) parts { return b.with(t, sheet1, old, new) }
	types := func(add string) parts { return b.with(t, "[Content_Types].xml", "</Types>", add+"</Types>") }
	tests := []struct {
		name string
		book parts
		want pipeline.Code
	}{
		{"sheet cut in the middle", sheet(row2+"</sheetData></worksheet>", ""), source.CodeDamaged},
		{"sheet cut inside a tag", sheet("</sheetData></worksheet>", "</sheetD"), source.CodeDamaged},
		{"elements that do not pair", sheet("</v></c>", "</c></v>"), source.CodeDamaged},
		{"a second root", sheet("</worksheet>", "</worksheet><worksheet/>"), source.CodeDamaged},
		{"text behind the root", sheet("</worksheet>", "</worksheet>x"), source.CodeDamaged},
		{"text between cells", sheet(row2, `<row r="2">x</row>`), source.CodeDamaged},
		{"a second sheetData", sheet("</sheetData>", "</sheetData><sheetData/>"), source.CodeDamaged},
		{"no sheetData", sheet("<sheetData>"+head+row2+"</sheetData>", ""), source.CodeDamaged},
		{"unknown entity", sheet("<t>id</t>", "<t>&nbsp;</t>"), source.CodeDamaged},
		{"control character", sheet("<t>id</t>", "<t>i\x01d</t>"), source.CodeDamaged},
		{"NUL", sheet("<t>id</t>", "<t>i\x00d</t>"), source.CodeDamaged},
		{"attribute twice", sheet(`<row r="2">`, `<row r="2" r="3">`), source.CodeDamaged},
		{"attribute without quotes", sheet(`<row r="2">`, `<row r=2>`), source.CodeDamaged},
		{"namespace changed inside", sheet(`<row r="2">`, `<row r="2" xmlns="urn:x">`), source.CodeDamaged},
		{"DOCTYPE", sheet("<worksheet", `<!DOCTYPE x [<!ENTITY a "b">]><worksheet`), source.CodeDoctype},
		{"DOCTYPE in a part nobody reads", b.with(t, "docProps/app.xml", "", "<!DOCTYPE x><x/>"), source.CodeDoctype},
		{"XML in UTF-16", b.with(t, sheet1, b[sheet1], utf16Text("<worksheet/>", false)), source.CodeXMLEncoding},
		{"XML that says Shift_JIS", sheet("UTF-8", "Shift_JIS"), source.CodeXMLEncoding},
		{"XML that is not UTF-8", sheet("<t>id</t>", "<t>\x8e\x52</t>"), source.CodeXMLEncoding},
		{"another root", b.with(t, sheet1, b[sheet1], `<chartsheet xmlns="`+mainNS+`"/>`), source.CodeBadPackage},
		{"another namespace", sheet(mainNS, "urn:x"), source.CodeBadPackage},
		{"row number twice", sheet(`<row r="2"><c r="A2">`, `<row r="1"><c r="A1">`), source.CodeBadRowNumber},
		{"row beyond Excel's last", sheet(`<row r="2"><c r="A2">`, `<row r="2000000000"><c r="A2">`), source.CodeBadRowNumber},
		{"row just beyond Excel's last", sheet(`<row r="2"><c r="A2">`, `<row r="1048577"><c>`), source.CodeBadRowNumber},
		{"row number that is none", sheet(`<row r="2">`, `<row r="x">`), source.CodeBadRowNumber},
		{"cell of another row", sheet(`r="A2"`, `r="A3"`), source.CodeBadCellRef},
		{"cells out of order", sheet(row2, `<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>1</v></c></row>`), source.CodeBadCellRef},
		{"cell twice", sheet(row2, `<row r="2"><c r="A2"><v>1</v></c><c r="A2"><v>2</v></c></row>`), source.CodeBadCellRef},
		{"cell beyond XFD", sheet(`r="A2"`, `r="XFE2"`), source.CodeBadCellRef},
		{"bad cell name", sheet(`r="A2"`, `r="2A"`), source.CodeBadCellRef},
		{"merge of nothing", sheet("</sheetData>", `</sheetData><mergeCells><mergeCell ref="B2:A1"/></mergeCells>`), source.CodeBadCellRef},
		{"value far right", sheet(`r="A2"`, `r="XFD2"`), source.CodeTooManyColumns},
		{"unknown cell type", sheet(`<c r="A2">`, `<c r="A2" t="x">`), source.CodeBadCell},
		{"text in a number", sheet("<v>1</v>", "<v>H00050</v>"), source.CodeBadCell},
		{"two values", sheet("<v>1</v>", "<v>1</v><v>2</v>"), source.CodeBadCell},
		{"a truth that is neither", sheet(`<c r="A2"><v>1`, `<c r="A2" t="b"><v>2`), source.CodeBadCell},
		{"string index out of range", sheet(`<c r="A2"><v>1`, `<c r="A2" t="s"><v>3`), source.CodeBadString},
		{"string index below zero", sheet(`<c r="A2"><v>1`, `<c r="A2" t="s"><v>-1`), source.CodeBadString},
		{"two tables of strings", b.with(t, "xl/_rels/workbook.xml.rels", "</Relationships>", `<Relationship Id="rId8" Type="`+relNS+`/sharedStrings" Target="x.xml"/></Relationships>`), source.CodeBadPackage},
		{"strings missing", without(b, "xl/sharedStrings.xml"), source.CodeBadPackage},
		{"styles missing", without(b, "xl/styles.xml"), source.CodeBadPackage},
		{"sheet missing", without(b, sheet1), source.CodeBadPackage},
		{"content types missing", without(b, "[Content_Types].xml"), source.CodeBadPackage},
		{"relationships missing", without(b, "xl/_rels/workbook.xml.rels"), source.CodeBadPackage},
		{"sheet of another content type", b.with(t, "[Content_Types].xml", "worksheet+xml", "x+xml"), source.CodeBadPackage},
		{"two sheets of one name", b.with(t, "xl/workbook.xml", `</sheets>`, `<sheet name="名簿" sheetId="2" r:id="rId1"/></sheets>`), source.CodeBadPackage},
		{"path out of the folder", b.with(t, "../x.xml", "", "<x/>"), source.CodeBadPackage},
		{"back-slash in a name", b.with(t, `xl\x.xml`, "", "<x/>"), source.CodeBadPackage},
		{"absolute name", b.with(t, "/x.xml", "", "<x/>"), source.CodeBadPackage},
		{"names that differ in case", b.with(t, "XL/styles.xml", "", "<x/>"), source.CodeBadPackage},
		{"macro", b.with(t, "xl/vbaProject.bin", "", "x"), source.CodeMacro},
		{"macro by content type", b.with(t, "[Content_Types].xml", "vnd.openxmlformats-officedocument.spreadsheetml.sheet.main", "vnd.ms-excel.sheet.macroEnabled.main"), source.CodeMacro},
		{"macro under another name", types(`<Override PartName="/xl/x.bin" ContentType="application/vnd.ms-office.vbaProject"/>`).with(t, "xl/x.bin", "", "x"), source.CodeMacro},
		{"external link", b.with(t, "xl/externalLinks/externalLink1.xml", "", "<x/>"), source.CodeExternalLink},
		{"embedded file", b.with(t, "xl/embeddings/oleObject1.bin", "", "x"), source.CodeEmbedded},
		{"hidden sheet only", b.with(t, "xl/workbook.xml", `sheetId="1"`, `sheetId="1" state="hidden"`), source.CodeNoSheet},
		{"our own note only", b.with(t, "xl/workbook.xml", "名簿", "取込結果"), source.CodeNoSheet},
		{"empty sheet", book(""), source.CodeNoHeader},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if g := read(t, tt.book.zip(t), "registrations_1.xlsx", source.Options{}); g.Refuse != tt.want {
				t.Errorf("refused with %q (rows %q, faults %v), want %q", g.Refuse, join(g.Rows), g.Faults, tt.want)
			}
		})
	}
}

func without(p parts, name string) parts {
	q := parts{}
	for n, text := range p {
		if n != name {
			q[n] = text
		}
	}
	return q
}

func TestXLSXSheetChoice(t *testing.T) {
	b := book(head + `<row r="2"><c r="A2"><v>1</v></c></row>`)
	second := strings.Replace(b[sheet1], "<v>1</v>", "<v>2</v>", 1)
	b = b.with(t, "xl/worksheets/sheet2.xml", "", second).
		with(t, "[Content_Types].xml", "</Types>", `<Override PartName="/xl/worksheets/sheet2.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`).
		with(t, "xl/_rels/workbook.xml.rels", "</Relationships>", `<Relationship Id="rId9" Type="`+relNS+`/worksheet" Target="worksheets/sheet2.xml"/></Relationships>`).
		with(t, "xl/workbook.xml", "</sheets>", `<sheet name="二枚目" sheetId="2" r:id="rId9"/></sheets>`)
	tests := []struct {
		name, old, new, want string
		sheet, read          string
		code                 pipeline.Code
	}{
		{"the first", `"1"`, `"1"`, "", "名簿", "1|\n", ""},
		{"the first visible", `sheetId="1"`, `sheetId="1" state="veryHidden"`, "", "二枚目", "2|\n", ""},
		{"not our own note", "名簿", "取込結果", "", "二枚目", "2|\n", ""},
		{"by name", `"1"`, `"1"`, "二枚目", "二枚目", "2|\n", ""},
		{"by a name that is not there", `"1"`, `"1"`, "三枚目", "", "", source.CodeNoSheet},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := b.with(t, "xl/workbook.xml", tt.old, tt.new).zip(t)
			o := source.Options{Sheet: tt.want}
			g := read(t, file, "a.xlsx", o)
			if join(g.Rows) != tt.read || g.Refuse != tt.code {
				t.Fatalf("rows %q refused %q, want %q %q", join(g.Rows), g.Refuse, tt.read, tt.code)
			}
			if table, err := open(file, "a.xlsx", o); err == nil && table.Sheet != tt.sheet {
				t.Errorf("sheet %q, want %q", table.Sheet, tt.sheet)
			}
		})
	}
}

// A header of two lines: 募集人ID and 氏名 reach down into the row in which all
// headers stand, the group above the dates does not.
func TestXLSXMergedHeader(t *testing.T) {
	in := func(ref, text string) string {
		return `<c r="` + ref + `" t="inlineStr"><is><t>` + text + `</t></is></c>`
	}
	data := `<row r="1">` + in("A1", "募集人一覧") + `</row>` +
		`<row r="2">` + in("A2", "募集人ID") + in("B2", "氏名") + in("C2", "資格") + `</row>` +
		`<row r="3">` + in("C3", "判定日") + in("D3", "期限") + `</row>` +
		`<row r="4">` + in("A4", "A1") + in("B4", "山田") + in("C4", "x") + in("D4", "y") + `</row>`
	b := book(data).with(t, sheet1, "</sheetData>", `</sheetData><mergeCells count="4"><mergeCell ref="A1:D1"/>`+
		`<mergeCell ref="A2:A3"/><mergeCell ref="B2:B3"/><mergeCell ref="C2:D2"/></mergeCells>`)
	o := source.Options{IsHeader: func(cells []string) bool { return len(cells) >= 4 && cells[0] == "募集人ID" && cells[3] == "期限" }}
	table, err := open(b.zip(t), "a.xlsx", o)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"募集人ID", "氏名", "判定日", "期限"}, table.Header); d != "" || table.HeaderRow != 3 {
		t.Errorf("header in row %d (-want +got):\n%s", table.HeaderRow, d)
	}
	if g := read(t, b.zip(t), "a.xlsx", o); join(g.Rows) != "A1|山田|x|y\n" {
		t.Errorf("rows %q", join(g.Rows))
	}
}

// Where all that is required stands already in the upper row, the lower row is
// still part of the header, and a note merged beside the data is not.
func TestXLSXHeaderOfTwoRows(t *testing.T) {
	in := func(ref, text string) string {
		return `<c r="` + ref + `" t="inlineStr"><is><t>` + text + `</t></is></c>`
	}
	b := book(`<row r="1">`+in("A1", "募集人ID")+in("B1", "資格")+in("D1", "注")+`</row>`+
		`<row r="2">`+in("B2", "判定日")+in("C2", "期限")+`</row>`+
		`<row r="3">`+in("A3", "A1")+in("B3", "x")+in("C3", "y")+`</row>`+
		`<row r="4">`+in("A4", "A2")+`</row>`).
		with(t, sheet1, "</sheetData>", `</sheetData><mergeCells><mergeCell ref="A1:A2"/><mergeCell ref="B1:C1"/><mergeCell ref="D1:D9"/></mergeCells>`)
	o := source.Options{IsHeader: func(cells []string) bool { return cells[0] == "募集人ID" }}
	table, err := open(b.zip(t), "a.xlsx", o)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"募集人ID", "判定日", "期限", "注"}, table.Header); d != "" || table.HeaderRow != 2 {
		t.Errorf("header in row %d (-want +got):\n%s", table.HeaderRow, d)
	}
	if g := read(t, b.zip(t), "a.xlsx", o); join(g.Rows) != "A1|x|y|\nA2|||\n" {
		t.Errorf("rows %q", join(g.Rows))
	}
}

func TestXLSXDate1904(t *testing.T) {
	b := book(head)
	for _, v := range []string{"1", "true"} {
		table, err := open(b.with(t, "xl/workbook.xml", "<sheets>", `<workbookPr date1904="`+v+`"/><sheets>`).zip(t), "a.xlsx", source.Options{})
		if err != nil || !table.Date1904 {
			t.Errorf("date1904=%q: %+v, %v", v, table, err)
		}
	}
	if table, err := open(b.zip(t), "a.xlsx", source.Options{}); err != nil || table.Date1904 {
		t.Errorf("no date1904: %+v, %v", table, err)
	}
}
