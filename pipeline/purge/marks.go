package purge

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// mark is an ID or an address, folded, and whose it is.
type mark struct {
	text, kind string
	of         *Traced
}

// apart reports whether s[from:to] is the mark and no part of something longer:
// of another ID or address, or, if it is a number, of a day, a telephone
// number or a count.
func (m *mark) apart(s string, from, to int) bool {
	before, after := s[:from], s[to:]
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(after)
	number := strings.IndexFunc(m.text, notDigit) < 0
	switch {
	case joins(first), joins(last) && (m.kind == TraceEmail || label(before, number) == ""):
		return false
	case m.kind == TraceEmail:
		return !gluedBefore(before, ".-+%'", joins) && !gluedAfter(after, ".-", joins)
	case inAddress(before, after):
		return false
	case dayNumber(m.text):
		return isIDOfDay(before, m.text, after)
	case shortNumber(m.text):
		return isID(before, m.text, after)
	}
	return true
}

// longestAddress is how long a mail address may be at most, in bytes.
const longestAddress = 254

// inAddress reports whether what stands between two folded texts is a part of a mail
// address, or right beside an @.
func inAddress(before, after string) bool {
	domain := func(r rune) bool { return joins(r) || r == '.' || r == '-' }
	local := func(r rune) bool { return domain(r) || r == '_' || r == '+' || r == '%' }
	return strings.HasPrefix(strings.TrimLeftFunc(after[:min(len(after), longestAddress)], local), "@") ||
		strings.HasSuffix(strings.TrimRightFunc(before[max(0, len(before)-longestAddress):], domain), "@")
}

func shortNumber(s string) bool { return len(s) < longNumber && strings.IndexFunc(s, notDigit) < 0 }

func notDigit(r rune) bool { return !isDigit(r) }

// WithoutNumbers is a text of codes and counts without its short numbers, of which
// none is a 募集人ID there; the text itself while no ID is a short number.
func (t *Traces) WithoutNumbers(cell string) string {
	if !t.low {
		return cell
	}
	var b strings.Builder
	for i := 0; i < len(cell); {
		digits, rest := digitsOf(cell[i:])
		if n := len(digits); n > 0 {
			if n >= longNumber || i > 0 && joins(rune(cell[i-1])) || rest != "" && joins(rune(rest[0])) {
				b.WriteString(digits)
			}
			i += n
			continue
		}
		b.WriteByte(cell[i])
		i++
	}
	return b.String()
}

// joins: in running Japanese a kanji or kana beside an ID does not belong to it.
func joins(r rune) bool {
	return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// gluedBefore reports whether a text ends with one of the signs and, before it,
// something that belongs to what follows.
func gluedBefore(s, signs string, belongs func(rune) bool) bool {
	n := len(s)
	return n >= 2 && strings.IndexByte(signs, s[n-1]) >= 0 && belongs(rune(s[n-2]))
}

func gluedAfter(s, signs string, belongs func(rune) bool) bool {
	return len(s) >= 2 && strings.IndexByte(signs, s[0]) >= 0 && belongs(rune(s[1]))
}

// fold is the form in which texts and marks are compared: small letters and
// full-width ones are the capital ones of ASCII. Most texts are in it already.
func fold(s string) string {
	ascii, folded := true, true
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z':
			folded = false
		case c < utf8.RuneSelf:
		case c == '\xef', c == '\xe3' && strings.HasPrefix(s[i:], "\u3000"): // first bytes of what is full-width
			return strings.Map(foldRune, s)
		default:
			ascii = false
		}
	}
	switch {
	case folded:
		return s
	case ascii:
		return strings.ToUpper(s)
	}
	return strings.Map(foldRune, s)
}

func foldRune(r rune) rune {
	switch {
	case '！' <= r && r <= '～':
		r -= '！' - '!'
	case r == '\u3000':
		return ' '
	}
	if 'a' <= r && r <= 'z' {
		r -= 'a' - 'A'
	}
	return r
}

// foldedAt is a text folded, and for each of its bytes, and its end, where in the
// text it comes from.
func foldedAt(s string) (folded string, at []int) {
	var b strings.Builder
	for i, r := range s {
		n, _ := b.WriteRune(foldRune(r))
		for range n {
			at = append(at, i)
		}
	}
	return b.String(), append(at, len(s))
}
