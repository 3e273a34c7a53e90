package purge

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"meibo/pipeline"
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
		{"the ID in the name of a file", []string{"corrections_T000001_2.csv"}, TraceID},
		{"the ID in full width", []string{"募集人ＩＤ：ｔ０００００１"}, TraceID},
		{"the birth date within a text", []string{"試験太郎（1970年1月2日生）の委任状"}, TraceName},
		{"the birth date by era", []string{"試験太郎", "S45.1.2"}, TraceName},
		{"the birth date by era within a text", []string{"試験太郎（昭和四十五年一月二日生）"}, TraceName},
		{"another day by era", []string{"試験太郎", "H45.1.2"}, ""},
		{"another day within a text", []string{"試験太郎（1970年1月12日生）の委任状"}, ""},
		{"the birth date with the year in both ways", []string{"試験太郎（1970年（昭和45年）1月2日生）"}, TraceName},
		{"an ID before an @", []string{"T000001@ok.example.jp"}, ""},
		{"a short ID before an @ in full width", []string{"Ｘ９＠ok.example.jp"}, ""},
		{"an ID within the address of another", []string{"x.T000001@ok.example.jp", "T000001_2+a@ok.example.jp", "taro@x-9.T000001.example.jp"}, ""},
		{"an ID beside the address of another", []string{"T000001 <x@ok.example.jp>"}, TraceID},
		{"an ID behind the address of another", []string{"x@ok.example.jp、T000001"}, TraceID},
		{"a longer address", []string{"jiro.taro@example.test", "taro@example.test.jp"}, ""},
		{"the address at the end of a sentence", []string{"Write to taro@example.test."}, TraceEmail},
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

// An ID that is a short number is no part of a day, a telephone number or a
// count; a long one is found wherever it stands for itself.
func TestTracesOfANumber(t *testing.T) {
	tr := NewTraces([]Traced{{ID: "11"}, {ID: "2026"}, {ID: "1234"}, {ID: "00001234"}})
	for _, tt := range []struct {
		name, cell string
		want       string
	}{
		{"a day", "2026-11-11", ""},
		{"a day in Japanese", "2026年11月11日", ""},
		{"a day with slashes", "受付 2026/11/20 済", ""},
		{"a time", "2026-11-20 11:11", ""},
		{"a telephone number", "090-1234-5678", ""},
		{"a fraction", "12.11", ""},
		{"a count", "11件", ""},
		{"a range", "11～12月", ""},
		{"the end of a range", "10～11月", ""},
		{"a range of sums", "1234～5000円", ""},
		{"a range of IDs", "IDは1234～1240", TraceID},
		{"the number of a file", "agents_11.csv", ""},
		{"a longer number", "110", ""},
		{"the ID", "11", TraceID},
		{"the ID in a sentence", "募集人ID 1234 の委任状", TraceID},
		{"the ID in full width", "（１２３４）", TraceID},
		{"in a list", "IDは 7、11", TraceID},
		{"a long number beside a sign", "委任状/00001234-1", TraceID},
		{"the end of a code", "S-11", ""},
		{"a long number within a longer one", "100001234", ""},
	} {
		if got := tr.In([]string{tt.cell}); got != tt.want {
			t.Errorf("%s: %q in %q, want %q", tt.name, got, tt.cell, tt.want)
		}
	}
}

func TestCodesWithoutNumbers(t *testing.T) {
	some := NewTraces([]Traced{{ID: "11"}, {ID: "B1"}})
	for cell, want := range map[string]string{
		`{"read":11,"B1":3}`: `{"read":,"B1":}`, "b11/一覧/11": "b11/一覧/", "00001234": "00001234", "": "", "第11号": "第号",
	} {
		if got := some.WithoutNumbers(cell); got != want {
			t.Errorf("%q: %q, want %q", cell, got, want)
		}
		if got := NewTraces([]Traced{{ID: "B1"}}).WithoutNumbers(cell); got != cell {
			t.Errorf("%q: %q although no ID is a number", cell, got)
		}
	}
}

func TestRedact(t *testing.T) {
	tr := NewTraces([]Traced{
		{ID: "T000001", Names: []string{"試験　太郎", "シケン タロウ"}, Own: []string{"試験　太郎"}, BornOn: day("1970-01-02"), Emails: []string{"taro@example.test"}},
		{ID: "T0000011"},
		{ID: "11"},
	})
	const x = pipeline.Redacted
	for _, tt := range []struct {
		name string
		row  []string // the first two cells are texts
		want []string // nil: nothing to do
	}{
		{"an ID leaves the rest", []string{"T000001の委任状", "", "B1"}, []string{x + "の委任状", "", "B1"}},
		{"in small and in full-width letters", []string{"t000001、Ｔ０００００１１", "可", ""}, []string{x + "、" + x, "可", ""}},
		{"an address", []string{"", "<Taro@example.test>", ""}, []string{"", "<" + x + ">", ""}},
		{"name and birth date in one text", []string{"試験　太郎（1970-01-02生）", "", ""}, []string{x, "", ""}},
		{"a birth date by era", []string{"試験 太郎 様　昭和45年1月2日生、自動車", "S45.1.2", ""}, []string{x + " 様　" + x + "生、自動車", x, ""}},
		{"a birth date in full width", []string{"ｼｹﾝ ﾀﾛｳ（１９７０年１月２日生まれ）", "", ""}, []string{x, "", ""}},
		{"name and birth date in two texts", []string{"シケンタロウ", "生年月日：Ｓ４５／１／２", ""}, []string{x, "生年月日：" + x, ""}},
		{"a birth date with the year in both ways", []string{"試験太郎（1970年（昭和45年）1月2日生）", "昭和45年（1970年）1月2日", ""}, []string{x, x, ""}},
		{"the same beside an ID", []string{"T000001 S45(1970).1.2", "T000001の1970（昭和45）年1月2日", ""}, []string{x + " " + x, x + "の" + x, ""}},
		{"an ID in the address of another", []string{"T000001@ok.example.jp、x.T000001@ok.example.jp、taro@t000001.example.jp", "", ""}, nil},
		{"an ID beside the address of another", []string{"x@ok.example.jp/T000001、<T000001>y@ok.example.jp", "", ""}, []string{"x@ok.example.jp/" + x + "、<" + x + ">y@ok.example.jp", "", ""}},
		{"a serial", []string{"試験太郎", "25570", ""}, []string{x, x, ""}},
		{"the name and the birth date beside an ID", []string{"T000001 試験　太郎（S45.1.2）", "", ""}, []string{x + " " + x, "", ""}},
		{"the name beside an ID, and elsewhere", []string{"T000001 試験太郎", "試験太郎", ""}, []string{x + " " + x, "試験太郎", ""}},
		{"a name of others too beside an ID", []string{"T000001 シケン タロウ", "", ""}, []string{x + " シケン タロウ", "", ""}},
		{"a name written in another way", []string{"ｼｹﾝﾀﾛｳの届", "", "1970-01-02"}, []string{x + "の届", "", "1970-01-02"}},
		{"the birth date of a name that is another's own", []string{"1970年1月2日生まれの人", "", "試験太郎"}, []string{x + "生まれの人", "", "試験太郎"}},
		{"outside of the texts", []string{"可", "", "T000001"}, nil},
		{"a name alone", []string{"試験　太郎", "", "1980-01-02"}, nil},
		{"a day", []string{"11 2026-11-11", "", ""}, []string{x + " 2026-11-11", "", ""}},
		{"nobody", []string{"免許証", "", ""}, nil},
	} {
		got := tr.Redact(tt.row, []int{0, 1})
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: %s", tt.name, d)
		}
		if got != nil && (tr.In(got[:2]) != "" || tr.Redact(got, []int{0, 1}) != nil) {
			t.Errorf("%s: %q still tells of somebody", tt.name, got)
		}
	}
	if d := cmp.Diff([]int{0, 2}, tr.Cells([]string{"T000001", "1970-01-02", "試験太郎", "他"})); d != "" {
		t.Errorf("cells: %s", d)
	}
}

// Whatever stands around an ID, it is taken out and all the rest stays.
func TestRedactLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[A-Z]{1,3}[0-9]{1,8}|[0-9]{8,10}`).Filter(func(s string) bool { return !dayNumber(s) }).Draw(t, "id")
		word := rapid.SampledFrom([]string{"", "委任状", "（", "）", " ", "、", "ｶﾅ", "😀", "の写し"})
		tr := NewTraces([]Traced{{ID: id}})
		var told, kept string
		for range rapid.IntRange(1, 4).Draw(t, "times") {
			before, after := word.Draw(t, "before"), word.Draw(t, "after")
			told, kept = told+before+id+after+"・", kept+before+pipeline.Redacted+after+"・"
		}
		got := tr.Redact([]string{told}, []int{0})
		if d := cmp.Diff([]string{kept}, got); d != "" {
			t.Fatal(d)
		}
	})
}
