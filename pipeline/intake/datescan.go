package intake

import (
	"regexp"
	"strings"

	"meibo/pipeline"
)

// scanner takes a folded date text apart from left to right.
type scanner struct{ rest string }

// scanDate takes the whole of a folded text apart.
func scanDate(text string) (written, *Finding) {
	s := scanner{text}
	var w written
	w.era, w.kanji = s.era()
	y, width := s.year(w.era != nil)
	switch {
	case width == 0:
		return w, badForm()
	case w.era != nil && width == 6:
		w.y, w.m, w.d = y/10000, y/100%100, y%100
		return w, s.tail(false)
	case w.era != nil && width > 2 && !outgrown(w.era, y, width):
		return w, badForm()
	case w.era == nil && width == 8:
		w.y, w.m, w.d = y/10000, y/100%100, y%100
		return w, s.tail(false)
	case w.era == nil && width != 4:
		return w, s.notAYear(y, width)
	}
	w.y = y
	return w, s.monthAndDay(&w)
}

// era takes an era's name, kanji or letter from the front; nil if there is none.
func (s *scanner) era() (e *era, kanji bool) {
	s.blanks()
	for i := range eras {
		e := &eras[i]
		if s.take(e.Name) || s.take(e.Kanji) {
			return e, true
		}
		if strings.HasPrefix(s.rest, e.Letter) {
			t := scanner{s.rest[1:]}
			t.blanks()
			t.take(".")
			if _, width := t.year(true); width > 0 {
				s.rest = s.rest[1:]
				s.blanks()
				s.take(".")
				return e, false
			}
		}
	}
	return nil, false
}

// notAYear explains a first number that is neither a year nor a whole date.
func (s *scanner) notAYear(n, width int) *Finding {
	switch {
	case width == 5 && strings.Trim(s.rest, ".0123456789") == "":
		return bad(CodeNumberAsDate,
			"表計算ソフトの日付の通し番号のようです。2018-10-22 のように日付で書いてください。",
			"this looks like a spreadsheet's serial number of a day; write the date, like 2018-10-22")
	case width == 6 && s.rest == "" && n/100 >= 1868 && n%100 >= 1 && n%100 <= 12:
		return incomplete()
	case width <= 2, width == 6 && s.rest == "":
		return twoDigitYear()
	}
	return badForm()
}

// monthAndDay reads on behind the year.
func (s *scanner) monthAndDay(w *written) *Finding {
	afterYear, afterMonth, afterDay := "年", "月", "日"
	s.blanks()
	if !s.take(afterYear) {
		if s.rest == "" {
			return incomplete()
		}
		afterYear = s.rest[:1]
		if !strings.Contains("./-", afterYear) {
			return badForm()
		}
		s.rest = s.rest[1:]
		afterMonth, afterDay = afterYear, ""
	}
	var width int
	if w.m, width = s.number(); width == 0 {
		return s.cutShort()
	} else if width > 2 {
		return badForm()
	}
	s.blanks()
	if !s.take(afterMonth) {
		return s.cutShort()
	}
	if w.d, width = s.number(); width == 0 {
		return s.cutShort()
	} else if width > 2 {
		return badForm()
	}
	if afterDay != "" {
		s.blanks()
		// Without 日 the text may have been cut in the middle of the day.
		if !s.take(afterDay) {
			return s.cutShort()
		}
	}
	return s.tail(afterDay != "")
}

// cutShort tells a date that ends early from one that goes on wrongly.
func (s *scanner) cutShort() *Finding {
	if s.blanks(); s.rest == "" {
		return incomplete()
	}
	return badForm()
}

func (s *scanner) blanks() { s.rest = strings.TrimLeft(s.rest, " ") }

func (s *scanner) take(prefix string) bool {
	rest, ok := strings.CutPrefix(s.rest, prefix)
	s.rest = rest
	return ok
}

// year takes a year from the front; the first year of an era may stand as 元.
func (s *scanner) year(ofEra bool) (n, width int) {
	if s.blanks(); ofEra && s.take("元") {
		return 1, 1
	}
	return s.number()
}

// number takes a number from the front, in digits or in kanji. The width is
// the count of its digits, 0 if there is no number.
func (s *scanner) number() (n, width int) {
	s.blanks()
	n, width, s.rest = pipeline.TakeNumber(s.rest)
	return n, width
}

const weekdayName = `(?:[日月火水木金土](?:曜日?)?(?:・?祝日?)?|(?:MON|TUES?|WED(?:NES)?|THU(?:RS?)?|FRI|SAT(?:UR)?|SUN)(?:DAY)?\.?)`

var (
	// A weekday in brackets, in a form no other word has, or behind a blank.
	weekday = regexp.MustCompile(`^(?: *\( *` + weekdayName + ` *\)| *\[ *` + weekdayName + ` *\]| *〔` + weekdayName +
		`〕| *【` + weekdayName + `】| *[日月火水木金土]曜日?| +` + weekdayName + `)`)

	// Hour, minute and second stand in groups 1 to 3 (10:20:30) or 4 to 6 (10時20分30秒).
	clock = regexp.MustCompile(`^T? *(?:(?:午前|午後|[AP]\.?M\.?) *)?` +
		`(?:(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,]\d{1,9})?)?|(\d{1,2})時(?: *(\d{1,2})分(?: *(\d{1,2})秒)?)?)` +
		` *(?:[AP]\.?M\.?)? *(?:Z|UTC|GMT|JST|[+-]\d{2}(?::?\d{2})?)?$`)
)

// tail drops a weekday and a time of day; nothing else may follow a date.
// closed says that the date ended in 日, so that a time needs no blank before it.
func (s *scanner) tail(closed bool) *Finding {
	if at := weekday.FindString(s.rest); at != "" {
		s.rest = s.rest[len(at):]
		closed = true
	}
	if s.rest == "" || strings.Trim(s.rest, " ") == "" {
		return nil
	}
	if !closed && s.rest[0] != ' ' && s.rest[0] != 'T' {
		return badForm()
	}
	s.blanks()
	rest := strings.TrimRight(s.rest, " ")
	for i := len(rest) - 1; i > 0; i-- { // a weekday may also follow the time
		if at := weekday.FindString(rest[i:]); at == rest[i:] {
			rest = strings.TrimRight(rest[:i], " ")
			break
		}
	}
	m := clock.FindStringSubmatch(rest)
	if m == nil {
		return badForm()
	}
	h, minute, second := number(m[1]+m[4]), number(m[2]+m[5]), number(m[3]+m[6])
	if h > 24 || minute > 59 || second > 60 || h == 24 && (minute > 0 || second > 0) {
		return bad(CodeBadTimeOfDay, "後ろの時刻がありえない値です。日付だけを書いてください。",
			"the time of day behind the date does not exist; write the date alone")
	}
	return nil
}
