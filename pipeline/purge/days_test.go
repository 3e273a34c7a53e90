package purge

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"meibo/pipeline"
)

func TestDaysInTexts(t *testing.T) {
	const showa, heisei, reiwa = "1980-03-12", "1989-05-08", "2019-05-01"
	for text, want := range map[string]string{
		"1980-03-12": showa, "1980/3/12": showa, "1980.03.12": showa, "19800312": showa, "1980年3月12日": showa,
		"１９８０年３月１２日生": showa, "生年月日:1980 年 3 月 12 日": showa, "1980. 3. 12": showa, "1980‐03‐12": showa,
		"昭和55年3月12日": showa, "昭和五十五年三月十二日": showa, "昭55.3.12": showa, "㍼55年3月12日": showa, "昭和 55 年 3 月 12 日生まれ": showa,
		"S55.3.12": showa, "s55/3/12": showa, "Ｓ５５．３．１２": showa, "S.55.3.12": showa, "S55-03-12": showa, "S550312": showa, "S55年3月12日": showa,
		"（S55.3.12生）": showa, "一九八〇年三月十二日": showa, "二〇一九年五月一日": reiwa,
		"平成元年5月8日": heisei, "H1.5.8": heisei, "H元.5.8": heisei, "平成1年5月8日": heisei, "昭和64年5月8日": heisei, "㍻元年5月8日": heisei,
		"令和元年5月1日": reiwa, "平成31年5月1日": reiwa, "R1.5.1": reiwa,

		"1980年（昭和55年）3月12日": showa, "1980（昭和55）年3月12日": showa, "昭和55年（1980年）3月12日": showa, "S55(1980).3.12": showa, "昭和55(1980)/3/12": showa,
		"1980年 (S55) 3月12日": showa, "1989年（平成元年）5月8日": heisei, "平成元年（1989年）5月8日": heisei, "一九八〇年（昭和五十五年）三月十二日": showa, "H元(1989)年5月8日": heisei,
		"1980年（昭和55年）3月": "", "1980（昭和55）3": "", "1980年（満55）3月12日": "", "1980年（昭和）3月12日": "", "1980年（昭和55年3月12日": showa, "1980年（": "",

		"1980年3月": "", "3月12日": "", "55.3.12": "", "CS55.3.12": "", "昭和55年": "", "平成": "", "S55": "", "昭和55年13月1日": "",
		"1980-03-123": "", "119800312": "", "03-1980-3312": "", "平和1年5月8日": "", "": "", "R0.5.1": "", "大手町1-2-3": "",
	} {
		var got []string
		for d := range daysIn(fold(text)) {
			got = append(got, d.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// A day is found in every form in which people write it, and where it stands is
// just what was written.
func TestDaysInTextsLaws(t *testing.T) {
	word := rapid.SampledFrom([]string{"", "試験太郎", "（", "生", " ", "　", "、", "S", "平成", "の届", "💡", "ID:", "7"})
	rapid.Check(t, func(t *rapid.T) {
		d := pipeline.DateFromNumber(rapid.IntRange(pipeline.GregorianInJapan.DayNumber(), day("2099-12-31").DayNumber()).Draw(t, "day"))
		form := rapid.SampledFrom(manyForms(d)).Draw(t, "form")
		before, after := word.Draw(t, "before"), word.Draw(t, "after")
		text := before + " " + form + " " + after
		folded, at := foldedAt(text)
		found := slices.Collect(daysIn(folded))
		if len(found) != 1 || found[0].Date != d || text[at[found[0].from]:at[found[0].to]] != form {
			t.Fatalf("%s in %q: %v", d, text, found)
		}
	})
}

// manyForms are the forms in which people write a day.
func manyForms(d pipeline.Date) (out []string) {
	y, m, day := d.Year(), d.Month(), d.Day()
	out = append(out, d.String(), fmt.Sprintf("%d/%d/%d", y, m, day), fmt.Sprintf("%d年%d月%d日", y, m, day), fmt.Sprintf("%04d%02d%02d", y, m, day))
	for _, e := range pipeline.Eras() {
		if d < e.First || d > e.Last {
			continue
		}
		n := y - e.First.Year() + 1
		for _, word := range []string{e.Name, e.Kanji, e.Sign, e.Letter, strings.ToLower(e.Letter)} {
			out = append(out, fmt.Sprintf("%s%d年%d月%d日", word, n, m, day), fmt.Sprintf("%s%d.%d.%d", word, n, m, day), fmt.Sprintf("%s%02d/%02d/%02d", word, n, m, day),
				fmt.Sprintf("%d年（%s%d年）%d月%d日", y, word, n, m, day), fmt.Sprintf("%d(%s%d)年%d月%d日", y, word, n, m, day),
				fmt.Sprintf("%s%d年（%d年）%d月%d日", word, n, y, m, day), fmt.Sprintf("%s%d(%d).%d.%d", word, n, y, m, day))
			if n == 1 {
				out = append(out, fmt.Sprintf("%s元年%d月%d日", word, m, day), fmt.Sprintf("%s元.%d.%d", word, m, day))
			}
		}
		out = append(out, fmt.Sprintf("%s%02d%02d%02d", e.Letter, n, m, day))
	}
	for _, form := range slices.Clone(out) {
		out = append(out, strings.Map(func(r rune) rune {
			if '!' <= r && r <= '~' {
				return r - '!' + '！'
			}
			return r
		}, form))
	}
	return out
}
