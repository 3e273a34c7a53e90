package pipeline

import (
	"encoding/csv"
	"os"
	"testing"

	"pgregory.net/rapid"
)

// Exactly the pairs of level "same" have one key; everything else is left to
// the looser keys of identity.
func TestCleanNameVectors(t *testing.T) {
	f, err := os.Open("testdata/names.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		id, a, b, level := row[0], row[1], row[2], row[3]
		if same := CleanName(a) == CleanName(b); same != (level == "same") {
			t.Errorf("%s: CleanName(%q) = %q, CleanName(%q) = %q; level is %s", id, a, CleanName(a), b, CleanName(b), level)
		}
	}
}

func TestCleanName(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain kanji stay", "山田太郎", "山田太郎"},
		{"ideographic blank", "山田　太郎", "山田太郎"},
		{"no-break blank and tab", "山田\u00a0\t太郎", "山田太郎"},
		{"zero-width space", "山田\u200b太郎", "山田太郎"},
		{"half-width kana with marks", "ﾜﾀﾅﾍﾞ ﾊﾟｳﾛ", "ワタナベパウロ"},
		{"decomposed kana", "カ\u3099", "ガ"},
		{"ideographic variation", "葛\U000e0100城", "葛城"},
		{"compatibility kanji", "神\ufa19", "神神"},
		{"supplementary kanji stay", "𠮷野家", "𠮷野家"},
		{"full-width Latin", "Ｏ’Ｂｒｉｅｎ", "o'brien"},
		{"acute accent typed for an apostrophe", "O´BRIEN", "o'brien"},
		{"typographic hyphen", "SMITH‐JONES", "smith-jones"},
		{"vowel mark typed as hyphen", "SMITHーJONES", "smith-jones"},
		{"vowel mark in kana stays", "オーノ", "オーノ"},
		{"diacritics stay", "Müller", "müller"},
		{"nothing", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := CleanName(tt.in); got != tt.want {
				t.Errorf("CleanName(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

// Cleaning a clean name changes nothing, or keys would depend on how often a
// name went through the register.
func TestCleanNameIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "name")
		once := CleanName(s)
		if twice := CleanName(once); twice != once {
			t.Fatalf("CleanName(%+q) = %+q, and cleaned again %+q", s, once, twice)
		}
	})
}

func TestCleanNameKeepsPlainNamesWithoutCopy(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { CleanName("佐々木ヒカル") }); n != 0 {
		t.Errorf("%v allocations for a plain name, want none", n)
	}
}
