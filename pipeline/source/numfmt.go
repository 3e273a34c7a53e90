package source

import "strings"

// isBuiltinDate reports whether a number format that every Excel knows without
// writing it down shows a date or time; 27–36 and 50–58 are the Japanese ones.
func isBuiltinDate(id int) bool {
	return id >= 14 && id <= 22 || id >= 27 && id <= 36 || id >= 45 && id <= 47 || id >= 50 && id <= 58
}

// isDateFormat reports whether a format code shows numbers as dates or times:
// it has a letter of one outside quotes, brackets and escapes. So 0"年" does
// not, and neither do General (G/標準 in Japanese) and exponents.
func isDateFormat(code string) bool {
	code = strings.ToLower(code)
	for _, general := range []string{"general", "g/標準"} {
		code = strings.ReplaceAll(code, general, "")
	}
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case '"', '[':
			shut := byte('"')
			if c == '[' {
				shut = ']'
			}
			n := strings.IndexByte(code[i+1:], shut)
			if n < 0 {
				return false
			}
			if c == '[' && isElapsed(code[i+1:i+1+n]) {
				return true
			}
			i += n + 1
		case '\\', '_', '*', '!': // the next character is literal, a width or a filler
			i++
		case 'e':
			if i+1 < len(code) && (code[i+1] == '+' || code[i+1] == '-') {
				i++ // an exponent
				continue
			}
			return true
		case 'y', 'm', 'd', 'h', 's', 'g':
			return true
		case 'a':
			if strings.HasPrefix(code[i:], "aaa") || strings.HasPrefix(code[i:], "am/pm") || strings.HasPrefix(code[i:], "a/p") {
				return true
			}
		}
	}
	return false
}

// isElapsed reports whether a bracket counts hours, minutes or seconds: [h], [mm].
func isElapsed(s string) bool {
	return s != "" && (strings.Trim(s, "h") == "" || strings.Trim(s, "m") == "" || strings.Trim(s, "s") == "")
}
