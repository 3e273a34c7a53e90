package pipeline

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// guard is the apostrophe that a spreadsheet takes for "what follows is text".
const guard = "'"

// Guard makes text safe to stand in a CSV file that a spreadsheet will open: a
// cell that the spreadsheet would run as a formula gets a leading apostrophe.
// That is a cell whose first rune that is no blank is, after NFKC, one of
// = + - @, so full-width ＝＋－＠ and small ﹢ too; and one that begins with a tab,
// a carriage return or a line feed. Workbooks need no apostrophe: their cells
// are typed as text. Numbers are not for Guard, or -1 would become text.
func Guard(text string) string {
	if runs(text) {
		return guard + text
	}
	return text
}

// Unguard drops what Guard added, once or several times. No text that it
// returns is guarded, so that whatever was read comes back from a file that
// Guard went over: Unguard(Guard(Unguard(s))) == Unguard(s). An apostrophe
// before anything harmless ('s-Gravenhage) is part of the text.
func Unguard(text string) string {
	if rest := strings.TrimLeft(text, guard); len(rest) < len(text) && runs(rest) {
		return rest
	}
	return text
}

// runs reports whether a spreadsheet would take text for a formula.
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
