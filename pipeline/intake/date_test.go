package intake

import (
	"encoding/csv"
	"fmt"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"meibo/pipeline"
)

func TestReadDateVectors(t *testing.T) {
	f, err := os.Open("testdata/written-dates.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		id, text, want, outcome, note := row[0], row[1], row[2], row[3], row[4]
		d, got, ja, en := Written(text)
		if d.String() != want || got != outcome {
			t.Errorf("%s: Written(%q) = %s, %s (%s); want %s, %s", id, text, d, got, ja, want, outcome)
		}
		if (got == OutcomeOK) != (ja == "" && en == "") {
			t.Errorf("%s: Written(%q) is %s with message %q, %q", id, text, got, ja, en)
		}
		if _, offer, ok := strings.Cut(note, "offers "); ok && (!strings.Contains(ja, offer) || !strings.Contains(en, offer)) {
			t.Errorf("%s: Written(%q) does not offer %s: %q, %q", id, text, offer, ja, en)
		}
	}
}

func TestReadDate(t *testing.T) {
	tests := []struct {
		name, text, want string
		code             pipeline.Code // empty: no finding
	}{
		{"blanks around, also wide ones", "　 2018-10-22\u00a0", "2018-10-22", ""},
		{"dots", "2018.10.22", "2018-10-22", ""},
		{"one-digit month and day", "2018/1/2", "2018-01-02", ""},
		{"blanks inside", "2018/ 1/ 2", "2018-01-02", ""},
		{"blanks between the parts", "平成 30 年 4 月 1 日", "2018-04-01", ""},
		{"full-width slash", "２０１８／１０／２２", "2018-10-22", ""},
		{"widths mixed", "Ｈ30．4.１", "2018-04-01", ""},
		{"full-width hyphen", "２０１８－１０－２２", "2018-10-22", ""},
		{"minus sign", "2018−10−22", "2018-10-22", ""},
		{"vowel mark typed for a hyphen", "２０１８ー１０ー２２", "2018-10-22", ""},
		{"one kanji for the era", "平30.4.1", "2018-04-01", ""},
		{"one kanji and 年月日", "令元年5月1日", "2019-05-01", ""},
		{"letter and 元", "R元.5.1", "2019-05-01", ""},
		{"letter and 元年", "h元年1月8日", "1989-01-08", ""},
		{"letter with a dot", "S.64.1.7", "1989-01-07", ""},
		{"letter with 年月日", "H30年4月1日", "2018-04-01", ""},
		{"kanji era with slashes", "昭和64/1/7", "1989-01-07", ""},
		{"era with six digits", "H300401", "2018-04-01", ""},
		{"Meiji ligature", "㍾45年7月29日", "1912-07-29", ""},
		{"Taisho ligature", "㍽15.12.24", "1926-12-24", ""},
		{"Showa ligature", "㍼元年12月25日", "1926-12-25", ""},
		{"first Gregorian day of Japan", "明治6年1月1日", "1873-01-01", ""},
		{"kanji numerals", "平成三十年四月一日", "2018-04-01", ""},
		{"kanji numerals by place", "二〇一八年十月二十二日", "2018-10-22", ""},
		{"compatibility forms of 月 and 日", "2018年⑩月22⽇", "2018-10-22", ""},
		{"leap day", "R6.2.29", "2024-02-29", ""},
		{"zero-padded era", "H01.01.08", "1989-01-08", ""},

		{"T before the time", "2018-10-22T00:00:00", "2018-10-22", ""},
		{"zone behind the time", "2018-10-22T15:04:05.123+09:00", "2018-10-22", ""},
		{"hour without zero", "2018/10/22 9:30", "2018-10-22", ""},
		{"morning in kanji", "2018年10月22日 午前9時30分", "2018-10-22", ""},
		{"time closed up behind 日", "2018年10月22日9時30分", "2018-10-22", ""},
		{"AM", "2018/10/22 9:30 AM", "2018-10-22", ""},
		{"time behind eight digits", "20181022 09:30:00", "2018-10-22", ""},
		{"wareki with time", "H30.10.22 9:30", "2018-10-22", ""},
		{"no such hour", "2018-10-22 25:00", "", CodeBadTimeOfDay},
		{"no such minute", "2018-10-22 09:61:00", "", CodeBadTimeOfDay},
		{"midnight as 24:00", "2018-10-22 24:00", "2018-10-22", ""},

		{"weekday in full", "2018年10月22日（月曜日）", "2018-10-22", ""},
		{"weekday without brackets", "2018年10月22日月曜日", "2018-10-22", ""},
		{"weekday behind a blank", "2018/10/22 月", "2018-10-22", ""},
		{"weekday in one character", "2018/10/22㈪", "2018-10-22", ""},
		{"weekday in English", "2018-10-22 (Mon)", "2018-10-22", ""},
		{"weekday, then time", "2018/10/22(月) 9:30", "2018-10-22", ""},
		{"time, then weekday", "2018/10/22 9:30 (月)", "2018-10-22", ""},
		{"Sunday behind 日", "2018年10月21日(日)", "2018-10-21", ""},
		{"bracket left open", "2018年10月22日(月", "", CodeBadDate},
		{"no weekday", "2018年10月22日(犬)", "", CodeBadDate},

		{"Heisei after its end", "H31.5.1", "2019-05-01", CodeEraEnded},
		{"Heisei long after its end", "㍻40年1月1日", "2028-01-01", CodeEraEnded},
		{"Reiwa before it began", "令和元年4月30日", "", CodeOutsideEra},
		{"Meiji's last day is Taisho's first", "M45.7.30", "", CodeOutsideEra},
		{"Taisho before it began", "T1.7.29", "", CodeOutsideEra},
		{"Showa before it began", "S1.12.24", "", CodeOutsideEra},
		{"Heisei before it began", "平成元年1月7日", "", CodeOutsideEra},
		{"Showa far after its end", "S99.1.1", "", CodeOutsideEra},
		{"Showa counted on to 100", "昭和100年1月1日", "", CodeOutsideEra},
		{"three digits with a zero", "S064.1.7", "", CodeBadDate},
		{"lunar Meiji", "明治5年12月2日", "", CodeLunarDate},
		{"year zero of an era", "R0.5.1", "", CodeImpossibleDate},
		{"31 April in an era", "H31.4.31", "", CodeImpossibleDate},
		{"month zero", "2018/0/10", "", CodeImpossibleDate},
		{"day zero", "2018/10/0", "", CodeImpossibleDate},
		{"no leap year", "2100/2/29", "", CodeImpossibleDate},
		{"eight digits, no such month", "20181322", "", CodeImpossibleDate},
		{"null date of a database", "0000-00-00", "", CodeTwoDigitYear},
		{"century lost", "0018-10-22", "", CodeTwoDigitYear},

		{"year alone", "2018", "", CodeIncompleteDate},
		{"year and month", "2018/10", "", CodeIncompleteDate},
		{"year and month in kanji", "2018年10月", "", CodeIncompleteDate},
		{"year and month in six digits", "201810", "", CodeIncompleteDate},
		{"era and month", "H30.4", "", CodeIncompleteDate},
		{"era alone", "平成", "", CodeBadDate},
		{"cut off before 日", "2018年10月2", "", CodeIncompleteDate},
		{"two digits of year with 年", "18年10月22日", "", CodeTwoDigitYear},
		{"day first", "22/10/2018", "", CodeTwoDigitYear},
		{"six digits", "181022", "", CodeTwoDigitYear},
		{"era missing before the dots", "30.4.1", "", CodeTwoDigitYear},
		{"serial number as text", "43395", "", CodeNumberAsDate},
		{"serial number with time as text", "43395.5", "", CodeNumberAsDate},
		{"元 without era", "元年5月1日", "", CodeBadDate},
		{"元 for a month", "令和1年元月1日", "", CodeBadDate},
		{"unknown era", "X30.4.1", "", CodeBadDate},
		{"English month", "Oct 22, 2018", "", CodeBadDate},
		{"separators mixed", "2018/10-22", "", CodeBadDate},
		{"separators missing", "2018 10 22", "", CodeBadDate},
		{"negative", "-2018-10-22", "", CodeBadDate},
		{"three-digit month", "2018-010-22", "", CodeBadDate},
		{"three-digit day", "2018-10-022", "", CodeBadDate},
		{"word behind", "2018年10月22日頃", "", CodeBadDate},
		{"separator behind", "2018/10/22/", "", CodeBadDate},
		{"nine digits", "201810220", "", CodeBadDate},
		{"era with three digits", "H300.4.1", "", CodeBadDate},
		{"two eras", "平成令和1年5月1日", "", CodeBadDate},
		{"nothing", "", "", CodeBadDate},
		{"blanks alone", "　", "", CodeBadDate},
		{"no end to it", strings.Repeat("2018", 1000), "", CodeBadDate},
		{"bytes that are no text", "2018\xff10\xff22", "", CodeBadDate},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, f := ReadDate(tt.text)
			var code pipeline.Code
			if f != nil {
				code = f.Code
			}
			if d.String() != tt.want || code != tt.code {
				t.Errorf("ReadDate(%.40q) = %v, %+v; want %s, %s", tt.text, d, f, tt.want, tt.code)
			}
		})
	}
}

// An error says what was probably meant, in the style it was written in first.
func TestReadDateOffersTheRightReading(t *testing.T) {
	tests := []struct{ text, want string }{
		{"R1.4.30", "令和は2019年5月1日からです。H31.4.30（平成31年4月30日）ではありませんか。"},
		{"令和元年4月30日", "令和は2019年5月1日からです。平成31年4月30日（H31.4.30）ではありませんか。"},
		{"昭和64年1月8日", "昭和は64年1月7日までです。平成1年1月8日（H1.1.8）ではありませんか。"},
		{"s65-3-4", "昭和は64年1月7日までです。H2.3.4（平成2年3月4日）ではありませんか。"},
		{"昭和100年1月1日", "昭和は64年1月7日までです。令和7年1月1日（R7.1.1）ではありませんか。"},
		{"M45.7.30", "明治は45年7月29日までです。T1.7.30（大正1年7月30日）ではありませんか。"},
		{"平成35年3月31日", "平成は31年4月30日までです。令和5年3月31日（R5.3.31）として取り込みました。元の書類と照らしてください。"},
	}
	for _, tt := range tests {
		if _, f := ReadDate(tt.text); f == nil || f.JA != tt.want {
			t.Errorf("ReadDate(%q) says %+v, want %s", tt.text, f, tt.want)
		}
	}
}

// Whatever form a day is written in, it reads as that day.
func TestReadDateReadsEveryFormOfEveryDay(t *testing.T) {
	first, last := pipeline.GregorianInJapan.DayNumber(), pipeline.MustDate("2099-12-31").DayNumber()
	rapid.Check(t, func(t *rapid.T) {
		d := pipeline.DateFromNumber(rapid.IntRange(first, last).Draw(t, "day"))
		text := rapid.SampledFrom(formsOf(d)).Draw(t, "form")
		if rapid.Bool().Draw(t, "full width") {
			text = widen(text)
		}
		text += rapid.SampledFrom([]string{"", " ", "(水)", "（水曜日）", " 9:30", " 00:00:00"}).Draw(t, "tail")
		if got, f := ReadDate(text); got != d || f != nil {
			t.Fatalf("ReadDate(%q) = %v, %+v; want %v", text, got, f, d)
		}
	})
}

func formsOf(d pipeline.Date) []string {
	y, m, day := d.Year(), d.Month(), d.Day()
	forms := []string{d.String(), fmt.Sprintf("%04d%02d%02d", y, m, day), fmt.Sprintf("%d年%d月%d日", y, m, day)}
	e := eraOf(d)
	years := []string{fmt.Sprint(y - e.First.Year() + 1)}
	if y == e.First.Year() {
		years = append(years, "元")
	}
	for _, sep := range []string{".", "/", "-"} {
		forms = append(forms, fmt.Sprintf("%d%s%d%s%d", y, sep, m, sep, day))
		for _, n := range years {
			for _, name := range []string{e.Letter, strings.ToLower(e.Letter), e.Kanji, e.Name} {
				forms = append(forms, fmt.Sprintf("%s%s%s%d%s%02d", name, n, sep, m, sep, day))
			}
		}
	}
	ligature := map[string]string{"M": "㍾", "T": "㍽", "S": "㍼", "H": "㍻", "R": "㋿"}[e.Letter]
	for _, n := range years {
		for _, name := range []string{e.Letter, e.Kanji, e.Name, ligature} {
			forms = append(forms, fmt.Sprintf("%s%s年%d月%d日", name, n, m, day))
		}
	}
	return forms
}

// widen writes the printable ASCII of s in full width.
func widen(s string) string {
	return strings.Map(func(r rune) rune {
		if '!' <= r && r <= '~' {
			return r - '!' + '！'
		}
		return r
	}, s)
}

// No day may be read into an era it does not lie in, but for 平成 with a warning.
func TestReadDateKeepsEveryEraApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := &eras[rapid.IntRange(0, len(eras)-1).Draw(t, "era")]
		n, m, day := rapid.IntRange(0, 99).Draw(t, "year"), rapid.IntRange(0, 13).Draw(t, "month"), rapid.IntRange(0, 32).Draw(t, "day")
		d, f := ReadDate(fmt.Sprintf("%s%d.%d.%d", e.Letter, n, m, day))
		switch {
		case f.IsError():
			if d != 0 {
				t.Fatalf("an error came with %v", d)
			}
		case f != nil:
			if e.Letter != "H" || d <= e.Last {
				t.Fatalf("%s%d.%d.%d reads as %v with a warning", e.Letter, n, m, day, d)
			}
		case d < e.First || d > e.Last || d.Year() != e.Year(n) || d.Month() != m || d.Day() != day:
			t.Fatalf("%s%d.%d.%d reads as %v", e.Letter, n, m, day, d)
		}
	})
}

func TestReadDateOfTheCommonFormDoesNotAllocate(t *testing.T) {
	for _, text := range []string{"2018-10-22", "2018/10/22", "20181022", "2018/10/22 00:00:00"} {
		if n := testing.AllocsPerRun(100, func() { ReadDate(text) }); n != 0 {
			t.Errorf("ReadDate(%q): %v allocations, want none", text, n)
		}
	}
}

func TestReadSerial(t *testing.T) {
	tests := []struct {
		name, text      string
		dated, date1904 bool
		want            string
		code            pipeline.Code
	}{
		{"a day", "43395", true, false, "2018-10-22", ""},
		{"time dropped", "43395.99999", true, false, "2018-10-22", ""},
		{"with an exponent", "4.3395E4", true, false, "2018-10-22", ""},
		{"first serial", "1", true, false, "1900-01-01", ""},
		{"before the day that never was", "59", true, false, "1900-02-28", ""},
		{"the day that never was", "60", true, false, "", CodeImpossibleDate},
		{"its afternoon", "60.5", true, false, "", CodeImpossibleDate},
		{"after the day that never was", "61", true, false, "1900-03-01", ""},
		{"last serial", "73050", true, false, "2099-12-31", ""},
		{"one too many", "73051", true, false, "", CodeNumberAsDate},
		{"zero", "0", true, false, "", CodeNumberAsDate},
		{"a time without a day", "0.5", true, false, "", CodeNumberAsDate},
		{"negative", "-1", true, false, "", CodeNumberAsDate},
		{"counting from 1904", "41933", true, true, "2018-10-22", ""},
		{"60 counting from 1904", "60", true, true, "1904-03-01", ""},
		{"typed year", "2018", false, false, "", CodeNumberAsDate},
		{"serial without a date format", "43395", false, false, "", CodeNumberAsDate},
		{"eight digits", "20181022", false, false, "2018-10-22", ""},
		{"eight digits in a date format", "20181022", true, false, "2018-10-22", ""},
		{"eight digits with an exponent", "2.0181022E7", false, false, "2018-10-22", ""},
		{"eight digits, no such day", "20180230", false, false, "", CodeImpossibleDate},
		{"eight digits and a fraction", "20181022.5", false, false, "", CodeNumberAsDate},
		{"seven digits", "2018102", false, false, "", CodeNumberAsDate},
		{"no number", "abc", true, false, "", CodeBadDate},
		{"NaN", "NaN", true, false, "", CodeBadDate},
		{"endless", "1E400", true, false, "", CodeBadDate},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, f := ReadSerial(tt.text, tt.dated, tt.date1904)
			var code pipeline.Code
			if f != nil {
				code = f.Code
			}
			if d.String() != tt.want || code != tt.code {
				t.Errorf("ReadSerial(%s, %t, %t) = %v, %+v; want %s, %s", tt.text, tt.dated, tt.date1904, d, f, tt.want, tt.code)
			}
		})
	}
}

func FuzzReadDate(f *testing.F) {
	for _, s := range []string{"2018-10-22", "H30.4.1", "平成三十年四月一日", "㋿1年5月1日(水) 9:30", "R1.4.30", "20181022", "元"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, finding := ReadDate(text)
		if finding.IsError() != (d == 0) {
			t.Fatalf("ReadDate(%q) = %v, %+v", text, d, finding)
		}
		if _, ok := pipeline.NewDate(d.Year(), d.Month(), d.Day()); d != 0 && !ok {
			t.Fatalf("ReadDate(%q) = %v, which does not exist", text, d)
		}
		if again, f2 := ReadDate(d.String()); d != 0 && (again != d || f2 != nil) {
			t.Fatalf("ReadDate(%q) = %v, which reads as %v", text, d, again)
		}
		ReadYearMonth(text)
		ReadSerial(text, true, false)
	})
}

func BenchmarkReadDate(b *testing.B) {
	for _, text := range []string{"2018-10-22", "2018/10/22 00:00:00", "H30.10.22", "平成30年10月22日"} {
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				ReadDate(text)
			}
		})
	}
}
