package synth

import (
	"fmt"
	"strconv"

	"meibo/pipeline"
)

// format says how one sender writes one kind of file.
type format struct {
	workbook bool
	dates    dateStyle
	limit    int // rows of one file; more go into further files
	csv      csvStyle
	book     bookStyle
}

// plainStyle is how Generate writes: registrations of insurers as workbooks
// with real dates, all else as UTF-8 CSV.
func plainStyle(_ string, k kind) format {
	if k.name == registrations.name {
		return format{workbook: true, dates: datesReal, limit: 100_000, book: bookStyle{sheet: "登録届出"}}
	}
	return format{dates: datesISO, limit: 1_000_000}
}

// dateStyle is a way to write dates.
type dateStyle int

const (
	datesISO      dateStyle = iota // 2026-11-21
	datesSlash                     // 2026/11/21
	datesDot                       // 2026.11.21
	datesCompact                   // 20261121
	datesKanji                     // 2026年11月21日
	datesEra                       // R8.11.21
	datesEraKanji                  // 令和8年11月21日, the first year 元年
	datesReal                      // a date cell of a workbook; ISO in CSV
)

func (s dateStyle) write(d pipeline.Date) string {
	if d.IsZero() {
		return ""
	}
	y, m, day := d.Year(), d.Month(), d.Day()
	switch s {
	case datesSlash:
		return fmt.Sprintf("%d/%02d/%02d", y, m, day)
	case datesDot:
		return fmt.Sprintf("%d.%d.%d", y, m, day)
	case datesCompact:
		return strconv.Itoa(int(d))
	case datesKanji:
		return fmt.Sprintf("%d年%d月%d日", y, m, day)
	case datesEra:
		e := eraOf(d)
		return fmt.Sprintf("%s%d.%d.%d", e.letter, y-e.before, m, day)
	case datesEraKanji:
		e, n := eraOf(d), ""
		if n = strconv.Itoa(y - e.before); n == "1" {
			n = "元"
		}
		return fmt.Sprintf("%s%s年%d月%d日", e.name, n, m, day)
	}
	return d.String()
}

// era is a 元号; its year n is the year before+n.
type era struct {
	letter, name string
	first        pipeline.Date
	before       int
}

// eraOf returns the era of a day from 1912-07-30 on; earlier ones count as 明治.
func eraOf(d pipeline.Date) era {
	for _, e := range []era{
		{"R", "令和", 20190501, 2018}, {"H", "平成", 19890108, 1988}, {"S", "昭和", 19261225, 1925}, {"T", "大正", 19120730, 1911},
	} {
		if d >= e.first {
			return e
		}
	}
	return era{"M", "明治", 18680125, 1867}
}
