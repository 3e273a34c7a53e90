package intake

import (
	"fmt"

	"meibo/pipeline"
)

// era is one 元号. Both ends are inclusive.
type era struct {
	letter, kanji, name, romaji string
	first, last                 pipeline.Date
}

// The eras in the order of time. Japan counts by the Gregorian calendar from
// 明治6年1月1日 (1873-01-01); the days of 明治 before it were lunar ones.
var eras = [...]era{
	{"M", "明", "明治", "Meiji", 18680125, 19120729},
	{"T", "大", "大正", "Taisho", 19120730, 19261224},
	{"S", "昭", "昭和", "Showa", 19261225, 19890107},
	{"H", "平", "平成", "Heisei", 19890108, 20190430},
	{"R", "令", "令和", "Reiwa", 20190501, 99991231},
}

// gregorianInJapan is the first day of the Gregorian calendar in Japan.
const gregorianInJapan pipeline.Date = 18730101

// year gives the Gregorian year of the era's year n, which counts from 1.
func (e *era) year(n int) int { return e.first.Year() + n - 1 }

// eraOf returns the era of d, which must not be before the first of them.
func eraOf(d pipeline.Date) *era {
	for i := len(eras) - 1; i > 0; i-- {
		if d >= eras[i].first {
			return &eras[i]
		}
	}
	return &eras[0]
}

// outgrown reports whether a year of three digits is one that people count to
// although the era is long over, like 昭和100年. It is still outside the era,
// but worth an offer.
func (e *era) outgrown(y, width int) bool {
	return width == 3 && y >= 100 && e.letter != "H" && e.letter != "R"
}

// within checks that d, the day w counts to, lies in the era that w names.
func (w written) within(d pipeline.Date) (pipeline.Date, *Finding) {
	e := w.era
	if d < gregorianInJapan {
		return 0, bad(CodeLunarDate,
			"明治5年までは旧暦の日付のため換算できません。西暦（新暦）の日付で書いてください。",
			"dates up to Meiji 5 are lunar and cannot be converted; write the Gregorian date")
	}
	if e.first <= d && d <= e.last {
		return d, nil
	}
	offer := w.offer(d)
	if e.letter == "H" && d > e.last {
		return d, doubtful(CodeEraEnded,
			"平成は31年4月30日までです。"+offer+"として取り込みました。元の書類と照らしてください。",
			"Heisei ended on 31.4.30; taken as "+offer+"; compare with the original")
	}
	if d < e.first {
		return 0, bad(CodeOutsideEra,
			fmt.Sprintf("%sは%d年%d月%d日からです。%sではありませんか。", e.name, e.first.Year(), e.first.Month(), e.first.Day(), offer),
			fmt.Sprintf("%s began on %s; did you mean %s?", e.romaji, e.first, offer))
	}
	return 0, bad(CodeOutsideEra,
		fmt.Sprintf("%sは%d年%d月%d日までです。%sではありませんか。", e.name, e.last.Year()-e.first.Year()+1, e.last.Month(), e.last.Day(), offer),
		fmt.Sprintf("%s ended on %s; did you mean %s?", e.romaji, e.last, offer))
}

// offer writes d in its right era, first in the style w was written in.
func (w written) offer(d pipeline.Date) string {
	e := eraOf(d)
	n := d.Year() - e.first.Year() + 1
	short := fmt.Sprintf("%s%d.%d.%d", e.letter, n, d.Month(), d.Day())
	long := fmt.Sprintf("%s%d年%d月%d日", e.name, n, d.Month(), d.Day())
	if w.kanji {
		return long + "（" + short + "）"
	}
	return short + "（" + long + "）"
}
