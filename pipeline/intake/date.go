package intake

import (
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"meibo/pipeline"
)

// Outcomes of reading a written date, as `meibo date` prints them.
const (
	OutcomeOK      = "ok"
	OutcomeWarning = "warning"
	OutcomeError   = "error"
)

// longestDate bounds the work on a text that is no date, in bytes.
const longestDate = 160

// Written says how a written date is read: the day, the outcome (OutcomeOK,
// OutcomeWarning or OutcomeError) and, unless it is ok, why and what to do. An
// error has no day.
func Written(text string) (d pipeline.Date, outcome, ja, en string) {
	d, f := ReadDate(text)
	switch {
	case f == nil:
		return d, OutcomeOK, "", ""
	case f.IsError():
		return 0, OutcomeError, f.JA, f.EN
	}
	return d, OutcomeWarning, f.JA, f.EN
}

// ReadDate reads a date as people in Japan write it: Gregorian with a year of
// four digits, or wareki in all its forms, full width or not. A time of day
// and a trailing weekday are dropped. 平成 after 31.4.30 (it stands on many
// certificates) reads with a warning; any other day outside its era is an
// error that offers the right reading. An error comes with no date.
func ReadDate(text string) (pipeline.Date, *Finding) {
	if d, ok := plainDate(text); ok {
		return d, nil
	}
	text = trim(text)
	if text == "" {
		return 0, bad(CodeBadDate, "日付が書かれていません。2018-10-22 のように書いてください。",
			"no date is written; write it like 2018-10-22")
	}
	if len(text) > longestDate {
		return 0, badForm()
	}
	w, f := scanDate(foldDate(text))
	if f != nil {
		return 0, f
	}
	return w.day()
}

// plainDate is the fast way for what nearly every file holds: 2018-10-22,
// 2018/10/22, 2018.1.2 and 20181022, also with a clock time behind a blank or T.
func plainDate(s string) (pipeline.Date, bool) {
	if len(s) < 8 {
		return 0, false
	}
	if len(s) == 10 && s[4] == '-' && s[7] == '-' && s[0] > '0' {
		if y, m, d := number(s[:4]), twoDigits(s[5:]), twoDigits(s[8:]); y > 0 && m > 0 && d > 0 {
			return pipeline.NewDate(y, m, d)
		}
		return 0, false
	}
	y := number(s[:4])
	if y < 1000 {
		return 0, false
	}
	sep := s[4]
	if sep != '-' && sep != '/' && sep != '.' {
		return plainDigits(s, y)
	}
	m, rest := shortNumber(s[5:])
	if rest == "" || rest[0] != sep {
		return 0, false
	}
	d, rest := shortNumber(rest[1:])
	if rest != "" && !plainClock(rest) {
		return 0, false
	}
	return pipeline.NewDate(y, m, d)
}

// twoDigits reads the two digits that s begins with; -1 if they are none.
func twoDigits(s string) int {
	a, b := s[0]-'0', s[1]-'0'
	if a > 9 || b > 9 {
		return -1
	}
	return int(a)*10 + int(b)
}

// plainDigits reads 20181022, whose year is y.
func plainDigits(s string, y int) (pipeline.Date, bool) {
	if len(s) != 8 {
		return 0, false
	}
	return pipeline.NewDate(y, number(s[4:6]), number(s[6:]))
}

// shortNumber takes one or two digits from the front; -1 if there are none.
func shortNumber(s string) (n int, rest string) {
	switch {
	case s == "" || s[0]-'0' > 9:
		return -1, s
	case len(s) == 1 || s[1]-'0' > 9:
		return int(s[0] - '0'), s[1:]
	}
	return int(s[0]-'0')*10 + int(s[1]-'0'), s[2:]
}

// plainClock reports whether s is " 15:04", " 15:04:05" or the same behind T.
func plainClock(s string) bool {
	if len(s) != 6 && len(s) != 9 || s[0] != ' ' && s[0] != 'T' || s[3] != ':' {
		return false
	}
	h, m := number(s[1:3]), number(s[4:6])
	if len(s) == 9 && (s[6] != ':' || number(s[7:9]) < 0 || number(s[7:9]) > 59) {
		return false
	}
	return 0 <= h && h <= 23 && 0 <= m && m <= 59
}

// number reads ASCII digits, at most nine; -1 if there is anything else.
func number(s string) int {
	if s == "" || len(s) > 9 {
		return -1
	}
	n := 0
	for i := range len(s) {
		c := s[i] - '0'
		if c > 9 {
			return -1
		}
		n = n*10 + int(c)
	}
	return n
}

// foldDate brings width, case, era ligatures (㍻, ㋿) and the many dashes to one form.
func foldDate(s string) string {
	s = strings.Map(func(r rune) rune {
		switch r {
		case '‐', '‑', '‒', '–', '—', '―', '−', 'ー', 'ｰ':
			return '-'
		case '\t', '\n', '\r', '\v', '\f', '\u0085', '\u2028', '\u2029':
			return ' '
		}
		return r
	}, s)
	return strings.ToUpper(norm.NFKC.String(s))
}

// written is a date taken apart, before it is known whether that day exists.
type written struct {
	era     *era // nil: Gregorian
	kanji   bool // the era was written in kanji
	y, m, d int
}

// day turns w into a day of the calendar.
func (w written) day() (pipeline.Date, *Finding) {
	y := w.y
	if w.era != nil {
		if w.y == 0 {
			return 0, bad(CodeImpossibleDate, w.era.Name+"に0年はありません。年を確かめてください。",
				w.era.Romaji+" has no year 0; check the year")
		}
		y = w.era.Year(w.y)
	} else if y < 1000 {
		return 0, bad(CodeTwoDigitYear, "年が千年より前です。西暦の4桁で書いてください。",
			"the year is before 1000; write the Gregorian year with its four digits")
	}
	if w.m < 1 || w.m > 12 {
		return 0, bad(CodeImpossibleDate, "月は1から12までです。日付を確かめてください。",
			"months go from 1 to 12; check the date")
	}
	d, ok := pipeline.NewDate(y, w.m, w.d)
	if !ok {
		last := pipeline.DaysIn(y, w.m)
		return 0, bad(CodeImpossibleDate,
			fmt.Sprintf("暦にない日です（その月は%d日までです）。日付を確かめてください。", last),
			fmt.Sprintf("no such day: that month ends on day %d; check the date", last))
	}
	if w.era != nil {
		return w.within(d)
	}
	return d, nil
}

func badForm() *Finding {
	return bad(CodeBadDate, "日付として読めません。2018-10-22 または H30.10.22 のように書いてください。",
		"not a date; write it like 2018-10-22 or H30.10.22")
}

func incomplete() *Finding {
	return bad(CodeIncompleteDate, "年・月・日がそろっていません。2018-10-22 のように日まで書いてください。",
		"year, month and day are not all there; write the whole date, like 2018-10-22")
}

func twoDigitYear() *Finding {
	return bad(CodeTwoDigitYear, "年を読み取れません。西暦は4桁で先頭に、和暦は元号をつけて書いてください。",
		"which number is the year is unclear; write the Gregorian year first, with four digits, or put the era before it")
}
