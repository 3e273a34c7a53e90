package purge

import (
	"iter"
	"strings"
	"unicode/utf8"

	"meibo/pipeline"
)

// The eras in the order of time.
var eras = pipeline.Eras()

// dayIn is a day and where in a text it stands.
type dayIn struct {
	pipeline.Date
	from, to int
}

// daysIn yields the days that stand in a folded text with their year first:
// 1970-01-02, 1970/1/2, 1970年1月2日, 19700102, and the same by era: 昭和45年1月2日,
// 昭45.1.2, S45/1/2, S450102, ㍼45年, 平成元年, also with numbers in kanji, and with the
// year in both ways, as 1970年(昭和45年)1月2日. A day that an era never had, as 平成35年,
// is the day it counts to.
func daysIn(s string) iter.Seq[dayIn] {
	return func(yield func(dayIn) bool) {
		if !strings.ContainsAny(s, "0123456789") && !strings.Contains(s, "年") {
			return // most texts hold none
		}
		for i := 0; i < len(s); {
			d := dayIn{from: i}
			var found bool
			switch c := s[i]; {
			case isDigit(rune(c)):
				d.Date, d.to, found = westernDay(s, i)
			case c >= utf8.RuneSelf || strings.IndexByte("MTSHR", c) >= 0 && (i == 0 || !joins(rune(s[i-1]))):
				d.Date, d.to, found = dayOfEra(s, i)
			}
			switch {
			case found && !yield(d):
				return
			case found:
				i = d.to
			case isDigit(rune(s[i])):
				digits, _ := digitsOf(s[i:])
				i += len(digits)
			default:
				_, n := utf8.DecodeRuneInString(s[i:])
				i += n
			}
		}
	}
}

// westernDay reads the day of a year of four digits that begins at a place.
func westernDay(s string, at int) (_ pipeline.Date, to int, ok bool) {
	digits, _ := digitsOf(s[at:])
	if len(digits) == 8 {
		year, month, day := numberOf(digits[:4]), numberOf(digits[4:6]), numberOf(digits[6:])
		d, ok := pipeline.NewDate(year, month, day)
		return d, at + len(digits), ok
	}
	if len(digits) != 4 {
		return 0, 0, false
	}
	return monthAndDay(s, at+4, numberOf(digits))
}

// dayOfEra reads the day of a year by era, or of a year in kanji, that begins at a
// place.
func dayOfEra(s string, at int) (_ pipeline.Date, to int, ok bool) {
	if e, rest := takeEra(s[at:]); e != nil {
		return yearOfEra(s, len(s)-len(rest), e)
	}
	if year, width, rest := pipeline.TakeNumber(s[at:]); width == 4 && strings.HasPrefix(skipBlanks(rest), "年") {
		return monthAndDay(s, len(s)-len(rest), year)
	}
	return 0, 0, false
}

// takeEra takes an era in any form from the front of a text; nil if none stands there.
func takeEra(s string) (e *pipeline.Era, rest string) {
	for i := range eras {
		e := &eras[i]
		for _, word := range []string{e.Name, e.Kanji, e.Sign, e.Letter} {
			if rest, ok := strings.CutPrefix(s, word); ok {
				return e, skipBlanks(strings.TrimPrefix(skipBlanks(rest), "."))
			}
		}
	}
	return nil, s
}

func yearOfEra(s string, at int, e *pipeline.Era) (_ pipeline.Date, to int, ok bool) {
	if rest, first := strings.CutPrefix(s[at:], "元"); first {
		return monthAndDay(s, len(s)-len(rest), e.Year(1))
	}
	n, width, rest := pipeline.TakeNumber(s[at:])
	switch {
	case width == 6:
		d, ok := pipeline.NewDate(e.Year(n/10000), n/100%100, n%100)
		return d, len(s) - len(rest), ok
	case width == 0 || width > 3 || n == 0:
		return 0, 0, false
	}
	return monthAndDay(s, len(s)-len(rest), e.Year(n))
}

// monthAndDay reads on behind a year.
func monthAndDay(s string, at, year int) (_ pipeline.Date, to int, ok bool) {
	rest, sign := s[at:], "年"
	if again, closed := yearAgain(rest); again != "" {
		rest = again
		if closed {
			sign = ""
		}
	}
	month, rest, ok := part(rest, sign)
	if !ok {
		return 0, 0, false
	}
	day, rest, ok := part(rest, "月")
	if !ok {
		return 0, 0, false
	}
	if closed, is := strings.CutPrefix(skipBlanks(rest), "日"); is {
		rest = closed
	}
	d, ok := pipeline.NewDate(year, month, day)
	return d, len(s) - len(rest), ok
}

// yearAgain is what stands behind a year that stands behind another one in brackets,
// of the other calendar: 1970年(昭和45年)1月2日, S45(1970).1.2; empty without. closed
// says that a 年 stood before the brackets, and no sign need follow them.
func yearAgain(s string) (rest string, closed bool) {
	s, closed = strings.CutPrefix(skipBlanks(s), "年")
	s, is := strings.CutPrefix(skipBlanks(s), "(")
	if !is {
		return "", false
	}
	e, s := takeEra(skipBlanks(s))
	rest, first := strings.CutPrefix(s, "元")
	if e == nil || !first {
		var width int
		_, width, rest = pipeline.TakeNumber(s)
		if e == nil && width != 4 || e != nil && (width < 1 || 2 < width) {
			return "", false
		}
	}
	rest, is = strings.CutPrefix(skipBlanks(strings.TrimPrefix(skipBlanks(rest), "年")), ")")
	if !is {
		return "", false
	}
	return rest, closed
}

// partSigns part year, month and day where no 年 and 月 do; ー is typed for a hyphen.
const partSigns = "-/.‐‑‒–—―−ーｰ・"

// part reads a sign or word that parts a day and the number of one or two digits
// behind it.
func part(s, word string) (n int, rest string, ok bool) {
	s = skipBlanks(s)
	rest, ok = strings.CutPrefix(s, word)
	if !ok {
		r, size := utf8.DecodeRuneInString(s)
		if s == "" || !strings.ContainsRune(partSigns, r) {
			return 0, "", false
		}
		rest = s[size:]
	}
	n, width, rest := pipeline.TakeNumber(skipBlanks(rest))
	return n, rest, width == 1 || width == 2
}

// blanks may stand between the parts of a day.
const blanks = " \t\r\n\u00a0"

func skipBlanks(s string) string { return strings.TrimLeft(s, blanks) }

// digitsOf parts the digits at the beginning of a text from the rest.
func digitsOf(s string) (digits, rest string) {
	n := 0
	for n < len(s) && isDigit(rune(s[n])) {
		n++
	}
	return s[:n], s[n:]
}

// numberOf is the number that a few digits make.
func numberOf(digits string) (n int) {
	for i := range len(digits) {
		n = n*10 + int(digits[i]-'0')
	}
	return n
}
