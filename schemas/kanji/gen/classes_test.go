package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sourceOf makes a source in which the runes of everyday are 常用漢字 and each
// arrow reads "from to kind".
func sourceOf(everyday string, arrows ...string) *source {
	s := &source{everyday: map[rune]string{}, arrows: map[rune]map[rune]kind{}, joins: map[[2]rune]kind{}}
	for _, r := range everyday {
		s.everyday[r] = "常用漢字"
	}
	for _, a := range arrows {
		f := strings.Fields(a)
		s.add(f[0], f[1], kind(f[2][0]), !strings.HasSuffix(a, " shape"))
	}
	return s
}

func TestClasses(t *testing.T) {
	tests := []struct {
		name     string
		everyday string
		arrows   []string
		want     string // as variants.txt has it, a class after a blank
	}{
		{"a glyph and its everyday kanji", "高", []string{"髙 高 K"}, "高 K:髙"},
		{"two everyday kanji with an arrow", "真眞", []string{"眞 真 K"}, "眞 K:真"},
		{"an arrow of a rare shape joins no everyday kanji", "王玉", []string{"玉 王 J shape"}, ""},
		{"an arrow of a rare shape attaches another glyph", "剣", []string{"釼 剣 K shape"}, "剣 K:釼"},
		{"two ways of one hop: the lowest code point", "明朋", []string{"眀 朋 K", "眀 明 K"}, "明 K:眀"},
		{"親字・正字 before a lower code point", "弓乃", []string{"𢎗 弓 J", "𢎗 乃 K"}, "乃 K:𢎗"},
		{"親字・正字 after a shorter way", "弓乃", []string{"𢎗 弓 J", "𢎗 𢎧 K", "𢎧 乃 K"}, "乃 K:𢎧 弓 J:𢎗"},
		{"no way leads through an everyday kanji", "学明", []string{"a 明 K", "明 b K", "b 学 K"}, "学 K:b 明 K:a"},
		{"two hops", "崎", []string{"𡼋 嵜 J", "嵜 崎 K"}, "崎 JK:𡼋 K:嵜"},
		{"through a joined everyday kanji", "徳德", []string{"德 徳 P", "惪 德 K"}, "徳 KP:惪 P:德"},
		{"an arrow in two sources is named by the first", "高", []string{"髙 高 K", "髙 高 J"}, "高 K:髙"},
		{"rare glyphs follow their best arrow", "", []string{"桝 枡 K", "桝 a J", "b 桝 J"}, "枡 JK:b K:桝"},
		{"rare glyphs in a circle", "", []string{"b a K", "a c K", "c b K", "d c J"}, "a JKK:d K:b KK:c"},
		{"two circles that share nothing", "", []string{"a b K", "b a K", "c d K", "d c K"}, "a K:b c K:d"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			classes, err := sourceOf(tt.everyday, tt.arrows...).classes()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, strings.Join(strings.Fields(variants(classes)), " ")); diff != "" {
				t.Errorf("classes, -want +got:\n%s", diff)
			}
		})
	}
}

func TestClassesRefuseAChainOfEverydayKanji(t *testing.T) {
	_, err := sourceOf("明眀朋", "眀 明 K", "眀 朋 K").classes()
	if err == nil || !strings.Contains(err.Error(), "joined only through 眀") {
		t.Errorf("明 and 朋 joined through an everyday 眀: error %v, want a refusal that names 眀", err)
	}
}
