package pipeline

import (
	"strings"
	"unicode/utf8"
)

// Era is one 元号. Both ends are inclusive.
type Era struct {
	Letter, Kanji, Name, Sign string // S, 昭, 昭和, ㍼
	Romaji                    string
	First, Last               Date
}

// GregorianInJapan is the first day of the Gregorian calendar in Japan, 明治6年1月1日;
// the days of 明治 before it were lunar ones.
const GregorianInJapan Date = 18730101

// Eras are all of them in the order of time.
func Eras() []Era {
	return []Era{
		{"M", "明", "明治", "㍾", "Meiji", 18680125, 19120729},
		{"T", "大", "大正", "㍽", "Taisho", 19120730, 19261224},
		{"S", "昭", "昭和", "㍼", "Showa", 19261225, 19890107},
		{"H", "平", "平成", "㍻", "Heisei", 19890108, 20190430},
		{"R", "令", "令和", "㋿", "Reiwa", 20190501, 99991231},
	}
}

// Year gives the Gregorian year of the era's year n, which counts from 1.
func (e *Era) Year(n int) int { return e.First.Year() + n - 1 }

const (
	kanjiDigits = "〇一二三四五六七八九"
	kanjiUnits  = "十百千"
)

// TakeNumber takes a number from the front of a text, in narrow digits or in kanji:
// 30, 三十, 二千十八, 二〇一八. The width is the count of its digits; 0 says that no
// number stands there, and the rest is then where reading stopped.
func TakeNumber(text string) (n, width int, rest string) {
	for width < len(text) && text[width]-'0' <= 9 {
		if width < 9 {
			n = n*10 + int(text[width]-'0')
		}
		width++
	}
	if width > 0 {
		return n, width, text[width:]
	}
	return takeKanji(text)
}

func takeKanji(rest string) (n, width int, _ string) {
	digit, units, placed := -1, 0, 0
	for rest != "" {
		r, size := utf8.DecodeRuneInString(rest)
		if at := strings.IndexRune(kanjiDigits, r); at >= 0 {
			if digit < 0 {
				digit = 0
			} else if units > 0 {
				return 0, 0, rest // 三十二一
			}
			digit = digit*10 + at/3
			placed++
		} else if at := strings.IndexRune(kanjiUnits, r); at >= 0 && placed <= 1 {
			n += max(digit, 1) * [...]int{10, 100, 1000}[at/3]
			digit, placed = -1, 0
			units++
		} else {
			break
		}
		if placed > 8 || units > 3 {
			return 0, 0, rest
		}
		rest = rest[size:]
	}
	if units == 0 {
		return max(digit, 0), placed, rest
	}
	n += max(digit, 0)
	for k := n; k > 0; k /= 10 {
		width++
	}
	return n, width, rest
}
