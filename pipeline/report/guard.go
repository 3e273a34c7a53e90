package report

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Guard makes text safe to stand in a CSV file that a spreadsheet will open: a
// cell that the spreadsheet would run as a formula gets a leading apostrophe.
// That is a cell whose first rune that is no blank is, after NFKC, one of
// = + - @, so full-width ＝＋－＠ too; and one that begins with a tab, a carriage
// return or a line feed. Workbooks need no apostrophe: their cells are typed as
// text. Numbers are not for Guard, or -1 would become text. Intake drops the
// apostrophe again.
func Guard(text string) string {
	if runs(text) {
		return "'" + text
	}
	return text
}

func runs(text string) bool {
	for text != "" {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == '\t', r == '\r', r == '\n':
			return true
		case unicode.IsSpace(r), unicode.Is(unicode.Cf, r), r == 0:
			text = text[n:] // blanks and what is invisible
			continue
		}
		first, _ := utf8.DecodeRuneInString(norm.NFKC.String(text[:n]))
		return strings.ContainsRune("=+-@", first)
	}
	return false
}

// A cell of a workbook holds 32,767 UTF-16 units; a longer text ends in cutMark.
const (
	cellUnits = 32767
	cutMark   = "…（以下、文字数の上限のため省略）"
)

// fit cuts text to what a cell holds, visibly.
func fit(text string) string {
	if len(text) <= cellUnits { // bytes are never fewer than UTF-16 units
		return text
	}
	room := cellUnits - len([]rune(cutMark))
	units, keep := 0, 0
	for i, r := range text {
		units++
		if r >= 0x10000 {
			units++
		}
		if units <= room {
			keep = i + utf8.RuneLen(r)
		}
		if units > cellUnits {
			return text[:keep] + cutMark
		}
	}
	return text
}
