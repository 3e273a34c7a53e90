package intake

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"meibo/pipeline"
)

// ReadYearMonth reads 2027-05, 2027/5, 202705, 2027年5月, R9.5 and their full
// width forms. A month of 平成 after its end reads with a warning; a month
// wholly outside its era is an error.
func ReadYearMonth(text string) (pipeline.YearMonth, *Finding) {
	text = trim(text)
	if m, err := pipeline.ParseYearMonth(text); err == nil && m.Year() >= 1000 {
		return m, nil
	}
	if text == "" || len(text) > longestDate {
		return 0, badYearMonth()
	}
	s := scanner{foldDate(text)}
	var w written
	var width int
	w.era, w.kanji = s.era()
	w.y, width = s.year(w.era != nil)
	switch {
	case w.era == nil && width == 6, w.era != nil && width == 4:
		w.y, w.m = w.y/100, w.y%100
	case w.era == nil && width != 4, w.era != nil && (width == 0 || width > 2):
		return 0, badYearMonth()
	default:
		if w.m = s.monthOnly(); w.m < 0 {
			return 0, badYearMonth()
		}
	}
	if s.blanks(); s.rest != "" {
		return 0, badYearMonth()
	}
	return w.month()
}

// monthOnly reads on behind the year to the month; -1 if there is none.
func (s *scanner) monthOnly() int {
	s.blanks()
	closing := ""
	if s.take("年") {
		closing = "月"
	} else if !s.take("-") && !s.take("/") && !s.take(".") {
		return -1
	}
	m, width := s.number()
	s.blanks()
	if width == 0 || width > 2 || !s.take(closing) {
		return -1
	}
	return m
}

// month turns w into a month of the calendar.
func (w written) month() (pipeline.YearMonth, *Finding) {
	if w.m < 1 || w.m > 12 || w.era != nil && w.y == 0 || w.era == nil && w.y < 1000 {
		return 0, badYearMonth()
	}
	if w.era == nil {
		return pipeline.YearMonth(w.y*100 + w.m), nil
	}
	// A month belongs to an era if any day of it does.
	e := w.era
	first := pipeline.Date(e.Year(w.y)*10000 + w.m*100 + 1)
	last := first.EndOfMonth()
	switch {
	case last < pipeline.GregorianInJapan:
		return 0, badYearMonth()
	case last >= e.First && first <= e.Last:
		return first.YearMonth(), nil
	}
	right := eraOf(first)
	offer := fmt.Sprintf("%s%d.%d", right.Letter, first.Year()-right.First.Year()+1, w.m)
	if e.Letter == "H" && first > e.Last {
		return first.YearMonth(), doubtful(CodeEraEnded,
			"平成は31年4月までです。"+offer+"として取り込みました。元の書類と照らしてください。",
			"Heisei ended in 31.4; taken as "+offer+"; compare with the original")
	}
	return 0, bad(CodeOutsideEra,
		e.Name+"にその年月はありません。"+offer+"ではありませんか。",
		e.Romaji+" has no such month; did you mean "+offer+"?")
}

func badYearMonth() *Finding {
	return bad(CodeBadYearMonth, "年月として読めません。2027-05 のように書いてください。",
		"not a year and month; write it like 2027-05")
}

// ReadFlag reads 1/0, ○/×, あり/なし, 有/無, TRUE/FALSE and Y/N in any width and
// case. Empty text is FlagUnset.
func ReadFlag(text string) (pipeline.Flag, *Finding) {
	switch strings.ToUpper(norm.NFKC.String(trim(text))) {
	case "":
		return pipeline.FlagUnset, nil
	case "1", "○", "〇", "◯", "あり", "有", "有り", "TRUE", "Y", "YES":
		return pipeline.FlagYes, nil
	case "0", "×", "✕", "✖", "なし", "無", "無し", "FALSE", "N", "NO":
		return pipeline.FlagNo, nil
	}
	return pipeline.FlagUnset, bad(CodeBadFlag,
		"1/0、○/×、あり/なし、有/無、TRUE/FALSE、Y/N のどれかで書いてください。",
		"write one of 1/0, ○/×, あり/なし, 有/無, TRUE/FALSE, Y/N")
}

// AgentID is how a 募集人ID that somebody typed is kept and compared.
func AgentID(text string) string { return foldID(text) }

// foldID brings an ID or code to the form in which it is kept and compared:
// NFKC, upper case, no blanks.
func foldID(s string) string {
	if isPlainID(s) {
		return s
	}
	return foldWord(s)
}

// isPlainID reports whether s is visible ASCII without small letters.
func isPlainID(s string) bool {
	for i := range len(s) {
		if c := s[i]; !plainByte(c) || 'a' <= c && c <= 'z' {
			return false
		}
	}
	return true
}

// foldWord is the form in which headers, codes and words of an enumeration are
// compared: NFKC, one case, no blanks or line breaks.
func foldWord(s string) string {
	s = strings.Map(func(r rune) rune {
		if isBlank(r) || unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, norm.NFKC.String(strings.ToValidUTF8(s, "\uFFFD"))) // norm passes over what follows a stray byte
	return norm.NFKC.String(s) // a dropped blank may have kept two runes from composing
}

// dropGuard drops the apostrophe that protects a spreadsheet from a text it
// could run; our own returned files carry it.
func dropGuard(s string) string { return pipeline.Unguard(s) }

// What a character may be in a mail address.
const (
	inLocal = 1 << iota // stands before the @
	inLabel             // letter, digit or hyphen of a host
)

var mailBytes = func() (class [256]uint8) {
	for c := byte('!'); c < 0x7f; c++ {
		if strings.IndexByte(`()<>[]:;,\"`, c) < 0 {
			class[c] = inLocal
		}
		if c == '-' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' {
			class[c] |= inLabel
		}
	}
	return class
}()

// isEmail reports whether s has the shape of a mail address: ASCII, one @, a
// host of at least two labels. Local parts are not judged by RFC 5322, since
// mobile carriers gave out addresses with two dots in a row.
func isEmail(s string) bool {
	at := strings.IndexByte(s, '@')
	if at < 1 || at > 64 || len(s)-at > 254 {
		return false
	}
	for i := range at {
		if mailBytes[s[i]]&inLocal == 0 {
			return false
		}
	}
	return isHost(s[at+1:])
}

// isHost reports whether s is two or more labels of letters, digits and inner
// hyphens, joined by dots.
func isHost(s string) bool {
	for labels := 1; ; labels++ {
		n := 0
		for n < len(s) && mailBytes[s[n]]&inLabel != 0 {
			n++
		}
		if n == 0 || n > 63 || s[0] == '-' || s[n-1] == '-' {
			return false
		}
		if n == len(s) {
			return labels >= 2
		}
		if s[n] != '.' {
			return false
		}
		s = s[n+1:]
	}
}

// splitSet takes apart a list written with 、 , / ; or blanks between its parts.
func splitSet(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool {
		switch r {
		case '、', '，', ',', '､', '/', '／', ';', '；':
			return true
		}
		return isBlank(r)
	})
}
