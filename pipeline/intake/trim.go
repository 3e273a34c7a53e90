package intake

import "strings"

// trim drops blanks around a value: ASCII ones, U+3000, U+00A0 and the other
// blanks of Unicode, and marks that no one can see (BOM, zero-width space).
func trim(s string) string {
	if n := len(s); n == 0 || beginsVisible(s) && (plainByte(s[n-1]) || n >= 3 && isKanaOrKanji(s[n-3:])) {
		return s
	}
	return strings.TrimFunc(s, isBlank)
}

func beginsVisible(s string) bool { return plainByte(s[0]) || len(s) >= 3 && isKanaOrKanji(s) }

// plainByte reports whether c is a visible ASCII character.
func plainByte(c byte) bool { return ' ' < c && c < 0x7f }

// isKanaOrKanji reports whether s begins with a character from U+3040 to
// U+CFFF, which nearly every value of a Japanese file begins and ends with.
func isKanaOrKanji(s string) bool {
	return s[1] < 0xc0 && (0xe3 < s[0] && s[0] <= 0xec || s[0] == 0xe3 && s[1] > 0x80)
}

func isBlank(r rune) bool {
	switch {
	case 0x3001 <= r && r <= 0x9fff: // kana and kanji, before all else
		return false
	case r <= ' ':
		return r == ' ' || '\t' <= r && r <= '\r'
	case r < 0x2000:
		return r == 0xa0 || r == 0x85 || r == 0x1680
	}
	switch r {
	case 0x2028, 0x2029, 0x202f, 0x205f, 0x2060, 0x3000, 0xfeff:
		return true
	}
	return r <= 0x200b // en quad to zero-width space
}
