package purge

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTraces(t *testing.T) {
	tr := NewTraces([]Traced{
		{ID: "T000001", Names: []string{"試験　太郎", "シケン タロウ"}, BornOn: day("1970-01-02"), Emails: []string{"taro@example.test"}},
		{ID: "X9"},
	})
	tests := []struct {
		name string
		row  []string
		want string
	}{
		{"the ID", []string{"a", "T000001"}, TraceID},
		{"the ID in small letters", []string{"t000001"}, TraceID},
		{"the ID in a sentence", []string{"募集人ID「T000001」は登録されていません。"}, TraceID},
		{"the ID in running Japanese", []string{"募集人T000001の登録"}, TraceID},
		{"the ID in JSON", []string{`{"agent_id":"T000001"}`}, TraceID},
		{"a longer ID", []string{"T0000012", "AT000001"}, ""},
		{"a short ID", []string{"X9"}, TraceID},
		{"a short ID at the end", []string{"IDは X9"}, TraceID},
		{"a short ID inside a word", []string{"AX9", "X90"}, ""},
		{"the address", []string{"Taro@Example.test"}, TraceEmail},
		{"the name alone", []string{"試験 太郎", "1970-01-03"}, ""},
		{"the birth date alone", []string{"試験 次郎", "1970-01-02"}, ""},
		{"name and birth date", []string{"試験太郎", "1970-01-02"}, TraceName},
		{"in a text", []string{"氏名は試験 太郎です", "1970/1/2"}, TraceName},
		{"half-width kana", []string{"ｼｹﾝﾀﾛｳ", "19700102"}, TraceName},
		{"the birth date with a time", []string{"試験太郎", "1970-01-02 00:00:00"}, TraceName},
		{"the birth date as a serial", []string{"試験太郎", "25570"}, TraceName},
		{"nothing", nil, ""},
	}
	for _, tt := range tests {
		if got := tr.In(tt.row); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// An ID standing for itself is found wherever it stands and whoever else is
// sought; nothing is found where no ID is.
func TestTracesLaws(t *testing.T) {
	id := rapid.StringMatching(`[A-Z]{1,3}[0-9]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		persons := make([]Traced, rapid.IntRange(1, 30).Draw(t, "persons"))
		for i := range persons {
			persons[i].ID = id.Draw(t, "id")
		}
		tr := NewTraces(persons)
		p := persons[rapid.IntRange(0, len(persons)-1).Draw(t, "who")]
		text := rapid.StringMatching(`([a-zA-Z0-9あ漢 ]* )?`).Draw(t, "before") + p.ID + rapid.StringMatching(`( [a-z0-9あ漢]*)?`).Draw(t, "after")
		if tr.In([]string{"", text}) == "" {
			t.Fatalf("%q not found in %q", p.ID, text)
		}
		other := strings.ToLower(fmt.Sprintf("#%s#%s", strings.Repeat("z", 9), rapid.StringMatching(`[0-9]{9,12}`).Draw(t, "number")))
		if got := tr.In([]string{other}); got != "" {
			t.Fatalf("%s found in %q", got, other)
		}
	})
}
