package pipeline

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestWithin(t *testing.T) {
	for _, tt := range []struct {
		name, text, sought string
		want               []string
	}{
		{"as it is", "試験太郎の届", "試験太郎", []string{"試験太郎"}},
		{"with a blank", "試験　太郎 の届", "試験太郎", []string{"試験　太郎"}},
		{"without one", "試験太郎様", "試験 太郎", []string{"試験太郎"}},
		{"half-width kana", "（ｶﾞﾀ ﾊﾟｳﾛ）", "ガタ　パウロ", []string{"ｶﾞﾀ ﾊﾟｳﾛ"}},
		{"twice", "林一、林 一", "林　一", []string{"林一", "林 一"}},
		{"an apostrophe", "Ｏ´Brien氏", "O’BRIEN", []string{"Ｏ´Brien"}},
		{"a hyphen typed as a vowel mark", "SMITHーJONES", "Smith-Jones", []string{"SMITHーJONES"}},
		{"a variation selector", "葛\U000e0100城", "葛城", []string{"葛\U000e0100城"}},
		{"a compatibility character", "髙島\ufa19", "髙島神", []string{"髙島\ufa19"}},
		{"another", "試験次郎", "試験太郎", nil},
		{"nothing sought", "試験次郎", "　", nil},
	} {
		found, ok := Within(tt.text, tt.sought)
		var got []string
		for _, at := range found {
			got = append(got, tt.text[at[0]:at[1]])
		}
		if d := cmp.Diff(tt.want, got); d != "" || !ok {
			t.Errorf("%s: %v %s", tt.name, ok, d)
		}
	}
}

// A name is found wherever CleanName says that the text holds it, and what was
// found is that name.
func TestWithinLaws(t *testing.T) {
	piece := rapid.SampledFrom([]string{
		"試験", "太郎", " ", "　", "ｶﾞ", "ﾊﾟ", "ガ", "カ\u3099", "ー", "A", "b", "Ｃ", "'", "´", "’", "-", "\U000e0100", "葛", "\u200b", "①", "㍿", "ß", "é", "e\u0301", "\xff", "ﾞ",
	})
	text := rapid.Custom(func(t *rapid.T) (s string) {
		for range rapid.IntRange(0, 8).Draw(t, "pieces") {
			s += piece.Draw(t, "piece")
		}
		return s
	})
	rapid.Check(t, func(t *rapid.T) {
		name := text.Draw(t, "name")
		in := text.Draw(t, "before") + name + text.Draw(t, "after")
		found, ok := Within(in, name)
		if !ok {
			return // told: whoever redacts takes the whole
		}
		if key := CleanName(name); key != "" && strings.Contains(CleanName(in), key) != (len(found) > 0) {
			t.Fatalf("%q in %q: %v", name, in, found)
		}
		last := 0
		for _, at := range found {
			if at[0] < last || at[1] <= at[0] || at[1] > len(in) {
				t.Fatalf("%q in %q: %v", name, in, found)
			}
			last = at[1]
		}
	})
}
