package report

import "github.com/xuri/excelize/v2"

// The look of every workbook: one font, one header, few and pale colours that
// survive a black-and-white printer.
const (
	fontName = "游ゴシック"

	inkColor    = "1F2937"
	mutedColor  = "6B7280"
	lineColor   = "D5DAE1"
	headColor   = "1F4E79"
	inputColor  = "FFFDE7"
	inputBorder = "C9A227"
)

// tone is what a colour says; the same tone looks alike in every workbook.
type tone uint8

const (
	plain  tone = iota
	calm        // far away: 9か月前, 予告
	notice      // 3か月前, 保留, 要確認
	urgent      // 当月, 対象
	alarm       // 失効後, 要判断, 募集不可, 確定
	muted       // said again only so that filters keep rows together
	good        // 承認, 完了
	tones       // how many there are
)

// palette holds the fill and the ink of each tone.
var palette = [tones]struct{ fill, ink string }{
	plain:  {"", inkColor},
	calm:   {"DDEBF7", "1F4E79"},
	notice: {"FFF2CC", "6B4E00"},
	urgent: {"FCE0C5", "843C0C"},
	alarm:  {"F8D3D3", "8B1A1A"},
	muted:  {"", "A3A9B3"},
	good:   {"DFF0D8", "2E5E2E"},
}

// format is how a cell shows its value.
type format uint8

const (
	asText    format = iota // typed as text, so that nothing in it is ever run
	asWrap                  // text over several lines
	asDate                  // yyyy-mm-dd
	asMonth                 // yyyy-mm
	asMonthC                // yyyy-mm, computed by the program
	asCount                 // 1,234; none is a dash
	asFigure                // 1,234; none is 0, where it is news
	asNumber                // 12.3
	asShare                 // 12.3%
	asInput                 // unlocked, for the reviewer
	asGeneral               // as the spreadsheet likes
	formats                 // how many there are
)

var numberFormats = [formats]string{
	asText: "@", asWrap: "@", asInput: "@",
	asDate: "yyyy-mm-dd", asMonth: "yyyy-mm", asMonthC: `yyyy-mm"（計算）"`,
	asGeneral: "General",
	asCount:   `#,##0;-#,##0;"–"`, asFigure: "#,##0", asNumber: "0.0", asShare: "0.0%",
}

// boxFormat shows a zero as a number: in a box it is news.
var boxFormat = "#,##0"

// cellStyle is the style of a cell in the body of a table.
func cellStyle(f format, t tone, align string) *excelize.Style {
	st := &excelize.Style{
		Font:         &excelize.Font{Family: fontName, Size: 10, Color: palette[t].ink, Bold: bold(f, t)},
		Alignment:    &excelize.Alignment{Vertical: "center", Horizontal: align},
		CustomNumFmt: &numberFormats[f],
		Border:       []excelize.Border{{Type: "bottom", Style: 1, Color: lineColor}},
		Fill:         solid(palette[t].fill),
	}
	switch f {
	case asCount, asFigure, asNumber, asShare:
		if align == "" {
			st.Alignment.Horizontal, st.Alignment.Indent = "right", 1 // not against the next column
		}
	case asText:
		if align == "right" {
			st.Alignment.Indent = 1
		}
	case asWrap:
		st.Alignment.WrapText = true
	case asInput:
		st.Alignment.WrapText = true
		st.Fill = solid(inputColor)
		st.Protection = &excelize.Protection{Locked: false}
		st.Border = nil
		for _, side := range []string{"left", "right", "top", "bottom"} {
			st.Border = append(st.Border, excelize.Border{Type: side, Style: 1, Color: inputBorder})
		}
	}
	return st
}

// bold stresses words and numbers that have a colour; a column of bold dates
// would only shout.
func bold(f format, t tone) bool {
	return f != asDate && t != plain && t != muted && t != good
}

func solid(color string) excelize.Fill {
	if color == "" {
		return excelize.Fill{}
	}
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{color}}
}

func titleStyle() *excelize.Style {
	return &excelize.Style{
		Font:      &excelize.Font{Family: fontName, Size: 16, Bold: true, Color: headColor},
		Alignment: &excelize.Alignment{Vertical: "center"},
	}
}

func lineStyle() *excelize.Style {
	return &excelize.Style{
		Font:         &excelize.Font{Family: fontName, Size: 10, Color: inkColor},
		Alignment:    &excelize.Alignment{Vertical: "center"},
		CustomNumFmt: &numberFormats[asText],
	}
}

func noteStyle() *excelize.Style {
	st := lineStyle()
	st.Font = &excelize.Font{Family: fontName, Size: 9, Color: mutedColor}
	return st
}

// sectionStyle heads a table that stands beside or below others.
func sectionStyle() *excelize.Style {
	return &excelize.Style{
		Font:      &excelize.Font{Family: fontName, Size: 11, Bold: true, Color: headColor},
		Alignment: &excelize.Alignment{Vertical: "center"},
		Border:    []excelize.Border{{Type: "bottom", Style: 2, Color: headColor}},
	}
}

func headerStyle() *excelize.Style {
	return &excelize.Style{
		Font:      &excelize.Font{Family: fontName, Size: 10, Bold: true, Color: "FFFFFF"},
		Alignment: &excelize.Alignment{Vertical: "center", Horizontal: "center", WrapText: true},
		Fill:      solid(headColor),
		Border:    []excelize.Border{{Type: "left", Style: 1, Color: "FFFFFF"}, {Type: "right", Style: 1, Color: "FFFFFF"}},
	}
}

// inputHeaderStyle marks the columns that the reader fills in.
func inputHeaderStyle() *excelize.Style {
	st := headerStyle()
	st.Fill = solid(inputBorder)
	return st
}

// boxStyle is the big number on the first sheet.
func boxStyle(t tone) *excelize.Style {
	return &excelize.Style{
		Font:         &excelize.Font{Family: fontName, Size: 18, Bold: true, Color: palette[t].ink},
		Alignment:    &excelize.Alignment{Vertical: "center", Horizontal: "center"},
		Fill:         solid(boxFill(t)),
		CustomNumFmt: &boxFormat,
	}
}

func boxLabelStyle(t tone) *excelize.Style {
	return &excelize.Style{
		Font:      &excelize.Font{Family: fontName, Size: 10, Color: palette[t].ink},
		Alignment: &excelize.Alignment{Vertical: "center", Horizontal: "center"},
		Fill:      solid(boxFill(t)),
	}
}

// boxFill gives a box without a message a fill too, or it would not be one.
func boxFill(t tone) string {
	if t == plain {
		return "EEF1F5"
	}
	return palette[t].fill
}

// totalStyle closes a small table.
func totalStyle(f format, align string) *excelize.Style {
	st := cellStyle(f, plain, align)
	st.Font.Bold = true
	st.Border = []excelize.Border{{Type: "top", Style: 1, Color: headColor}, {Type: "bottom", Style: 1, Color: headColor}}
	return st
}
