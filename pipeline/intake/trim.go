package intake

import "strings"

// trim drops blanks around a value: ASCII ones, U+3000, U+00A0 and the other
// blanks of Unicode, and marks that no one can see (BOM, zero-width space).
func trim(s string) string {
	if n := len(s); n == 0 || plainByte(s[0]) && plainByte(s[n-1]) {
		return s
	}
	return strings.TrimFunc(s, isBlank)
}

// plainByte reports whether a byte at an end of a text is a visible ASCII character.
func plainByte(c byte) bool { return c > ' ' && c < 0x7f }

func isBlank(r rune) bool {
	switch {
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
