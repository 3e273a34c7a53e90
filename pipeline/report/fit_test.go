package report

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// payloads are cells that some spreadsheet would run, were they no typed text.
var payloads = []string{`=HYPERLINK("http://example.com","x")`, "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "　=1", "＝1+1", "﹢1"}

func TestFitCutsVisibly(t *testing.T) {
	for name, s := range map[string]string{
		"exactly full, kanji":        strings.Repeat("名", cellUnits),
		"exactly full, wide emoji":   strings.Repeat("𠮷", cellUnits/2) + "x",
		"exactly full, half width":   strings.Repeat("a", cellUnits),
		"short":                      "名",
		"many bytes, few UTF-16":     strings.Repeat("名", 20_000),
		"nothing":                    "",
		"one unit of a pair too few": strings.Repeat("𠮷", cellUnits/2),
	} {
		if got := fit(s); got != s {
			t.Errorf("%s: cut to %d runes", name, utf8.RuneCountInString(got))
		}
	}
	for name, s := range map[string]string{
		"one too many":         strings.Repeat("名", cellUnits+1),
		"one pair too many":    strings.Repeat("𠮷", cellUnits/2+1),
		"a million characters": strings.Repeat("a", 1_000_000),
	} {
		got := fit(s)
		units := len(utf16.Encode([]rune(got)))
		if !strings.HasSuffix(got, cutMark) || units > cellUnits || units < cellUnits-1 || !strings.HasPrefix(s, strings.TrimSuffix(got, cutMark)) {
			t.Errorf("%s: %d units, end %q", name, units, got[max(0, len(got)-60):])
		}
	}
}
