package synth

const (
	xmlHead  = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	nsMain   = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	nsRel    = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	nsPkg    = "http://schemas.openxmlformats.org/package/2006/"
	typeMain = "application/vnd.openxmlformats-officedocument.spreadsheetml."
)

// skeleton returns the parts of the package before the sheet of the rows: name
// and content. Style 1 is a date as yyyy-mm-dd.
func (w *workbook) skeleton() [][2]string {
	b := w.f.book
	types := `<Types xmlns="` + nsPkg + `content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="` + typeMain + `sheet.main+xml"/>` +
		`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + typeMain + `worksheet+xml"/>` +
		`<Override PartName="/xl/styles.xml" ContentType="` + typeMain + `styles+xml"/>`
	rels := `<Relationships xmlns="` + nsPkg + `relationships">` +
		`<Relationship Id="rId1" Type="` + nsRel + `/worksheet" Target="worksheets/sheet1.xml"/>` +
		`<Relationship Id="rId2" Type="` + nsRel + `/styles" Target="styles.xml"/>`
	sheets := `<sheet name="` + escape(b.sheet) + `" sheetId="1" r:id="rId1"/>`
	var more [][2]string
	if b.shared {
		types += `<Override PartName="/xl/sharedStrings.xml" ContentType="` + typeMain + `sharedStrings+xml"/>`
		rels += `<Relationship Id="rId3" Type="` + nsRel + `/sharedStrings" Target="sharedStrings.xml"/>`
	}
	if b.hidden {
		types += `<Override PartName="/xl/worksheets/sheet2.xml" ContentType="` + typeMain + `worksheet+xml"/>`
		rels += `<Relationship Id="rId4" Type="` + nsRel + `/worksheet" Target="worksheets/sheet2.xml"/>`
		sheets = `<sheet name="コード表" sheetId="2" state="hidden" r:id="rId4"/>` + sheets
		more = append(more, [2]string{"xl/worksheets/sheet2.xml", `<worksheet xmlns="` + nsMain + `"><sheetData><row r="1">` +
			`<c r="A1" t="inlineStr"><is><t>役割</t></is></c><c r="B1" t="inlineStr"><is><t>代理店主</t></is></c></row></sheetData></worksheet>`})
	}
	properties := ``
	if b.date04 {
		properties = `<workbookPr date1904="1"/>`
	}
	view := ``
	if b.hidden {
		view = `<bookViews><workbookView firstSheet="1" activeTab="1"/></bookViews>`
	}
	return append([][2]string{
		{"[Content_Types].xml", types + `</Types>`},
		{"_rels/.rels", `<Relationships xmlns="` + nsPkg + `relationships"><Relationship Id="rId1" Type="` + nsRel + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="` + nsMain + `" xmlns:r="` + nsRel + `">` + properties + view + `<sheets>` + sheets + `</sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", rels + `</Relationships>`},
		{"xl/styles.xml", `<styleSheet xmlns="` + nsMain + `"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/></numFmts>` +
			`<fonts count="1"><font><sz val="11"/><name val="游ゴシック"/></font></fonts>` +
			`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
			`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
			`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
			`<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
			`<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>`},
	}, more...)
}
