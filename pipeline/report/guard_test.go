package report

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// payloads are cells that some spreadsheet would run.
var payloads = []string{
	`=HYPERLINK("http://example.com","x")`, "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\tx",
	" =1", "　=1", "\u00a0-1", "\ufeff=1", "\u200b@x", "＝1+1", "＋1", "－1", "＠x", "　＝1", "﹦1", "﹢1", "\x00=1", "=", "  \n x",
}

var harmless = []string{"", " ", "山田 太郎", "A-1", "1-2", "'=1", "−1", "ー", "・x", "a\nb", "(=1)", "０＝１", "\xff=1"}

func TestGuardPrefixesWhatASpreadsheetWouldRun(t *testing.T) {
	for _, s := range payloads {
		if got := Guard(s); got != "'"+s {
			t.Errorf("Guard(%q) = %q", s, got)
		}
	}
	for _, s := range harmless {
		if got := Guard(s); got != s {
			t.Errorf("Guard(%q) = %q, want it unchanged", s, got)
		}
	}
}

func TestGuardLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text")
		got := Guard(s)
		if Guard(got) != got {
			t.Fatalf("guarding %q twice gives %q", s, Guard(got))
		}
		if got != s && got != "'"+s {
			t.Fatalf("Guard(%q) = %q", s, got)
		}
		if first := strings.TrimSpace(got); first != "" && strings.ContainsRune("=+-@", rune(first[0])) {
			t.Fatalf("Guard(%q) = %q still runs", s, got)
		}
	})
}

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
