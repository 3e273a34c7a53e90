package pipeline_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"meibo/pipeline"
)

func TestSameText(t *testing.T) {
	const x = pipeline.Redacted
	for _, tt := range []struct {
		name, kept, told string
		want             bool
	}{
		{"the same", "免許証", "免許証", true},
		{"another", "免許証", "旅券", false},
		{"what was redacted", "委任状（" + x + "）の写し", "委任状（A0001）の写し", true},
		{"a cell that was redacted whole", x, "期限 一子の委任状", true},
		{"another end", "委任状（" + x + "）の写し", "委任状（A0001）の原本", false},
		{"another beginning", "委任状 " + x, "免許証 A0001", false},
		{"two places", x + "と" + x + "の届", "A1とA2の届", true},
		{"two places, one text between missing", x + "と" + x + "の届", "A1の届", false},
		{"the ends may not share a letter", "あ" + x + "あ", "あ", false},
		{"nothing was written", "", "", true},
		{"redacted in what is told is only text", "A1", x, false},
	} {
		if got := pipeline.SameText(tt.kept, tt.told); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// Whatever is taken out of a text, the text is known again.
func TestARedactedTextIsKnownAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.StringMatching(`[ab漢 ]{0,4}`), 1, 5).Draw(t, "parts")
		told := parts[0]
		for _, p := range parts[1:] {
			told += rapid.StringMatching(`[abX1]{1,4}`).Draw(t, "taken out") + p
		}
		if kept := strings.Join(parts, pipeline.Redacted); !pipeline.SameText(kept, told) {
			t.Fatalf("%q is not taken for %q", told, kept)
		}
	})
}
