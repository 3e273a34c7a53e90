package pipeline

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// CleanName is the safe clean-up of a name, the L1 key of the rules on who is
// the same person: width, case, blanks, variation selectors, CJK compatibility
// characters, and the apostrophes and hyphens of Latin names. Two names with
// equal keys are the same name written differently; variants of kanji, kana
// spelling and diacritics stay apart. Names stored are never cleaned, only
// compared so.
//
// A name of plain kanji and kana is its own key and is returned without a copy.
func CleanName(name string) string {
	if plainName(name) {
		return name
	}
	// What is invisible goes first: it may stand between two runes that compose.
	// So does ´ for an apostrophe, of which NFKC would make an accent.
	s := strings.Map(visible, strings.ReplaceAll(name, "´", "'"))
	s = strings.Map(foldLatin, norm.NFKC.String(s))
	s = strings.Map(visible, s) // compatibility forms may bring blanks in
	return latinHyphens(norm.NFC.String(s))
}

// plainName reports whether every rune of s is a unified ideograph, 々, or
// composed kana of full width, none of which CleanName touches.
func plainName(s string) bool {
	for _, r := range s {
		switch {
		case 0x4e00 <= r && r <= 0x9fff, // kanji
			0x30a1 <= r && r <= 0x30fa, r == 0x30fc, // katakana
			0x3041 <= r && r <= 0x3096, // hiragana
			r == '々',
			0x3400 <= r && r <= 0x4dbf,
			0x20000 <= r && r <= 0x2f7ff, 0x30000 <= r && r <= 0x323af:
		default:
			return false
		}
	}
	return true
}

// visible drops blanks, controls and other marks that no one can see, and
// variation selectors, which choose a glyph but not a character.
func visible(r rune) rune {
	switch {
	case r == ' ', r == 0x3000,
		0xfe00 <= r && r <= 0xfe0f, 0xe0100 <= r && r <= 0xe01ef, 0x180b <= r && r <= 0x180f:
		return -1
	case r < 0x80 && r > ' ' && r != 0x7f, 0x3001 <= r && r <= 0x9fff:
		return r
	case unicode.IsSpace(r), unicode.IsControl(r), unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}

// foldLatin brings letters to one case and apostrophes and hyphens to one form.
func foldLatin(r rune) rune {
	switch r {
	case '’', '‘', 'ʼ', 'ʻ', '‛', '′', '`', 'ʹ', 'ˈ', '＇':
		return '\''
	case '‐', '‑', '‒', '–', '—', '―', '−', '﹣', '－', '⁃':
		return '-'
	}
	return unicode.ToLower(unicode.ToUpper(r))
}

// latinHyphens turns a long vowel mark between two Latin letters into the
// hyphen it was typed for. Anywhere else it is a vowel, and 一 is a kanji.
func latinHyphens(s string) string {
	if !strings.ContainsRune(s, 'ー') {
		return s
	}
	runes := []rune(s)
	for i := 1; i+1 < len(runes); i++ {
		if runes[i] == 'ー' && unicode.Is(unicode.Latin, runes[i-1]) && unicode.Is(unicode.Latin, runes[i+1]) {
			runes[i] = '-'
		}
	}
	return string(runes)
}
