package intake

import (
	"testing"

	"meibo/pipeline"
)

func TestReadYearMonth(t *testing.T) {
	tests := []struct {
		name, text, want string
		code             pipeline.Code
	}{
		{"dash", "2027-05", "2027-05", ""},
		{"slash, one digit", "2027/5", "2027-05", ""},
		{"six digits", "202705", "2027-05", ""},
		{"年月", "2027年5月", "2027-05", ""},
		{"dot", "2027.5", "2027-05", ""},
		{"wareki", "R9.5", "2027-05", ""},
		{"wareki in kanji", "令和9年5月", "2027-05", ""},
		{"wareki, four digits", "R0905", "2027-05", ""},
		{"full width", "２０２７／０５", "2027-05", ""},
		{"blanks", "　2027年 5月 ", "2027-05", ""},
		{"month in which the era changed", "H31.4", "2019-04", ""},
		{"month in which the era began", "昭和64年1月", "1989-01", ""},
		{"first month of an era", "平成元年1月", "1989-01", ""},
		{"Heisei after its end", "H31.5", "2019-05", CodeEraEnded},
		{"before the era", "R1.4", "", CodeOutsideEra},
		{"after the era", "S64.2", "", CodeOutsideEra},
		{"lunar", "M5.12", "", CodeBadYearMonth},
		{"no such month", "2027-13", "", CodeBadYearMonth},
		{"month zero", "2027/0", "", CodeBadYearMonth},
		{"two digits of year", "27/5", "", CodeBadYearMonth},
		{"a whole date", "2027-05-01", "", CodeBadYearMonth},
		{"月 missing", "2027年5", "", CodeBadYearMonth},
		{"year alone", "2027", "", CodeBadYearMonth},
		{"nothing", "", "", CodeBadYearMonth},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, f := ReadYearMonth(tt.text)
			var code pipeline.Code
			if f != nil {
				code = f.Code
			}
			if m.String() != tt.want || code != tt.code {
				t.Errorf("ReadYearMonth(%q) = %v, %+v; want %s, %s", tt.text, m, f, tt.want, tt.code)
			}
		})
	}
}

func TestReadFlag(t *testing.T) {
	want := map[pipeline.Flag][]string{
		pipeline.FlagYes:   {"1", "１", "○", "〇", "◯", "あり", "有", "TRUE", "true", "Y", "ｙ", " ○ "},
		pipeline.FlagNo:    {"0", "０", "×", "なし", "無", "FALSE", "False", "N", "ｎ"},
		pipeline.FlagUnset: {"", "　"},
	}
	for flag, texts := range want {
		for _, text := range texts {
			if got, f := ReadFlag(text); got != flag || f != nil {
				t.Errorf("ReadFlag(%q) = %v, %+v; want %v", text, got, f, flag)
			}
		}
	}
	for _, text := range []string{"2", "はい", "-", "△", "1.0"} {
		if got, f := ReadFlag(text); !f.IsError() || got != pipeline.FlagUnset {
			t.Errorf("ReadFlag(%q) = %v, %+v; want an error", text, got, f)
		}
	}
}

func TestFoldID(t *testing.T) {
	tests := []struct{ in, want string }{
		{"A0001", "A0001"},
		{"ａ０００１", "A0001"},
		{"a 00\u300001", "A0001"},
		{"東京-12ｶ", "東京-12カ"},
		{"0012", "0012"},
	}
	for _, tt := range tests {
		if got := foldID(tt.in); got != tt.want {
			t.Errorf("foldID(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestDropGuard(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"formula", "'=1+1", "=1+1"},
		{"plus", "'+81", "+81"},
		{"minus", "'-1", "-1"},
		{"at", "'@x", "@x"},
		{"full-width formula", "'＝1", "＝1"},
		{"behind blanks", "' =1", " =1"},
		{"an apostrophe of its own", "'s-Gravenhage", "'s-Gravenhage"},
		{"guarded again on its way back", "''=1", "=1"},
		{"small plus", "'﹢1", "﹢1"},
		{"behind what is invisible", "'\u00ad=1", "\u00ad=1"},
		{"no guard", "=1", "=1"},
		{"an apostrophe alone", "'", "'"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := dropGuard(tt.in); got != tt.want {
				t.Errorf("dropGuard(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestIsEmail(t *testing.T) {
	for _, s := range []string{"a@example.jp", "A.b+c@mail.example.co.jp", "a..b.@docomo.example", "x_1@ex-ample.jp"} {
		if !isEmail(s) {
			t.Errorf("isEmail(%q) = false", s)
		}
	}
	for _, s := range []string{
		"a", "a@", "@example.jp", "a@example", "a@@example.jp", "a b@example.jp", "a@example..jp",
		"a@-example.jp", "a@example.jp.", "a@例え.jp", "山@example.jp", "a@example.jp;b@example.jp", "a@exa_mple.jp", "<a@example.jp>",
	} {
		if isEmail(s) {
			t.Errorf("isEmail(%q) = true", s)
		}
	}
}

func TestTrim(t *testing.T) {
	blanks := []string{"", " ", "\t", "\r\n", "\u00a0", "\u3000", "\u2003", "\u200b", "\ufeff", "\u00a0\u3000 "}
	for _, core := range []string{"", "a", "é", "あ", "一", "髙", "ー", "ﾀ", "𠮷", "a b", "あ　い", "\xff", "\xe3"} {
		for _, left := range blanks {
			for _, right := range blanks {
				if got := trim(left + core + right); got != core {
					t.Errorf("trim(%q) = %q, want %q", left+core+right, got, core)
				}
			}
		}
	}
}
