package pipeline_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"meibo/pipeline"
)

// payloads are cells that some spreadsheet would run.
var payloads = []string{
	`=HYPERLINK("http://example.com","x")`, "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\tx",
	" =1", "　=1", "\u00a0-1", "\ufeff=1", "\u200b@x", "＝1+1", "＋1", "－1", "＠x", "　＝1", "﹦1", "﹢1", "\x00=1", "=", "  \n x",
}

var harmless = []string{"", " ", "山田 太郎", "A-1", "1-2", "'=1", "−1", "ー", "・x", "a\nb", "(=1)", "０＝１", "\xff=1"}

func TestGuardPrefixesWhatASpreadsheetWouldRun(t *testing.T) {
	for _, s := range payloads {
		if got := pipeline.Guard(s); got != "'"+s {
			t.Errorf("Guard(%q) = %q", s, got)
		}
	}
	for _, s := range harmless {
		if got := pipeline.Guard(s); got != s {
			t.Errorf("Guard(%q) = %q, want it unchanged", s, got)
		}
	}
}

func TestGuardLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Arbitrary text seldom begins with what matters.
		s := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"'", " ", "\u3000", "\u00ad", "\x00", "\t", "\n", "=", "﹢", "＠"}), 0, 4).Draw(t, "begin"), "") +
			rapid.String().Draw(t, "text")
		got := pipeline.Guard(s)
		if pipeline.Guard(got) != got {
			t.Fatalf("guarding %q twice gives %q", s, pipeline.Guard(got))
		}
		if pipeline.Unguard(s) == s && pipeline.Unguard(got) != s {
			t.Fatalf("%q comes back as %q", s, pipeline.Unguard(got))
		}
		if plain := pipeline.Unguard(s); pipeline.Unguard(plain) != plain {
			t.Fatalf("Unguard(%q) = %q is guarded", s, plain)
		}
		if got != s && got != "'"+s {
			t.Fatalf("Guard(%q) = %q", s, got)
		}
		if first := strings.TrimSpace(got); first != "" && strings.ContainsRune("=+-@", rune(first[0])) {
			t.Fatalf("Guard(%q) = %q still runs", s, got)
		}
	})
}
