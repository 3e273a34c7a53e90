package intake

import (
	"fmt"

	"meibo/pipeline"
)

// era is one 元号.
type era = pipeline.Era

// The eras in the order of time.
var eras = pipeline.Eras()

// eraOf returns the era of d, which must not be before the first of them.
func eraOf(d pipeline.Date) *era {
	for i := len(eras) - 1; i > 0; i-- {
		if d >= eras[i].First {
			return &eras[i]
		}
	}
	return &eras[0]
}

// outgrown reports whether a year of three digits is one that people count to
// although the era is long over, like 昭和100年. It is still outside the era,
// but worth an offer.
func outgrown(e *era, y, width int) bool {
	return width == 3 && y >= 100 && e.Letter != "H" && e.Letter != "R"
}

// within checks that d, the day w counts to, lies in the era that w names.
func (w written) within(d pipeline.Date) (pipeline.Date, *Finding) {
	e := w.era
	if d < pipeline.GregorianInJapan {
		return 0, bad(CodeLunarDate,
			"明治5年までは旧暦の日付のため換算できません。西暦（新暦）の日付で書いてください。",
			"dates up to Meiji 5 are lunar and cannot be converted; write the Gregorian date")
	}
	if e.First <= d && d <= e.Last {
		return d, nil
	}
	offer := w.offer(d)
	if e.Letter == "H" && d > e.Last {
		return d, doubtful(CodeEraEnded,
			"平成は31年4月30日までです。"+offer+"として取り込みました。元の書類と照らしてください。",
			"Heisei ended on 31.4.30; taken as "+offer+"; compare with the original")
	}
	if d < e.First {
		return 0, bad(CodeOutsideEra,
			fmt.Sprintf("%sは%d年%d月%d日からです。%sではありませんか。", e.Name, e.First.Year(), e.First.Month(), e.First.Day(), offer),
			fmt.Sprintf("%s began on %s; did you mean %s?", e.Romaji, e.First, offer))
	}
	return 0, bad(CodeOutsideEra,
		fmt.Sprintf("%sは%d年%d月%d日までです。%sではありませんか。", e.Name, e.Last.Year()-e.First.Year()+1, e.Last.Month(), e.Last.Day(), offer),
		fmt.Sprintf("%s ended on %s; did you mean %s?", e.Romaji, e.Last, offer))
}

// offer writes d in its right era, first in the style w was written in.
func (w written) offer(d pipeline.Date) string {
	e := eraOf(d)
	n := d.Year() - e.First.Year() + 1
	short := fmt.Sprintf("%s%d.%d.%d", e.Letter, n, d.Month(), d.Day())
	long := fmt.Sprintf("%s%d年%d月%d日", e.Name, n, d.Month(), d.Day())
	if w.kanji {
		return long + "（" + short + "）"
	}
	return short + "（" + long + "）"
}
