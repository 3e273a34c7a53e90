package purge

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"meibo/pipeline"
)

// mark is an ID or an address, folded.
type mark struct {
	text, kind string
}

// longNumber is from how many digits on a number is taken for an ID wherever it
// stands for itself: days, telephone numbers and sums are made of shorter ones.
const longNumber = 8

// apart reports whether s[from:to] is the mark and no part of something longer:
// of another ID or address, or, if it is a short number, of a day, a telephone
// number or a count.
func (m *mark) apart(s string, from, to int) bool {
	before, after := s[:from], s[to:]
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(after)
	switch {
	case joins(last) || joins(first):
		return false
	case m.kind == TraceEmail:
		return !gluedBefore(before, ".-+%'", joins) && !gluedAfter(after, ".-", joins)
	case shortNumber(m.text):
		return !strings.ContainsRune("-./:_#第年月", last) && !strings.ContainsRune("-./:_年月日時分秒歳才件人名円回番号条項丁通枚部", first)
	}
	return true
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

// daysIn yields the days that stand in a folded text in the order year, month,
// day: 1970-01-02, 1970/1/2, 1970年1月2日, 19700102.
func daysIn(s string) iter.Seq[pipeline.Date] {
	return func(yield func(pipeline.Date) bool) {
		for i := strings.IndexAny(s, "0123456789"); 0 <= i && i < len(s); {
			if !isDigit(rune(s[i])) {
				i++
				continue
			}
			year, rest := digitsOf(s[i:])
			d, found := dayFrom(year, rest)
			if found && !yield(d) {
				return
			}
			i += len(year)
		}
	}
}

// digitsOf parts the digits at the beginning of a text from the rest.
func digitsOf(s string) (digits, rest string) {
	n := 0
	for n < len(s) && isDigit(rune(s[n])) {
		n++
	}
	return s[:n], s[n:]
}

// dayFrom reads a day that begins with these digits.
func dayFrom(digits, rest string) (pipeline.Date, bool) {
	if len(digits) == 8 {
		return dateOf(digits[:4], digits[4:6], digits[6:])
	}
	month, rest, ok := parted(rest, "年")
	if len(digits) != 4 || !ok {
		return 0, false
	}
	day, _, ok := parted(rest, "月")
	if !ok {
		return 0, false
	}
	return dateOf(digits, month, day)
}

// parted reads a sign that parts a day and the one or two digits behind it.
func parted(s, word string) (digits, rest string, ok bool) {
	for _, sign := range []string{"-", "/", ".", word} {
		if after, found := strings.CutPrefix(s, sign); found {
			digits, rest = digitsOf(after)
			return digits, rest, len(digits) == 1 || len(digits) == 2
		}
	}
	return "", "", false
}

func dateOf(year, month, day string) (pipeline.Date, bool) {
	d, err := pipeline.ParseDate(year + "-" + ("0" + month)[len(month)-1:] + "-" + ("0" + day)[len(day)-1:])
	return d, err == nil
}
