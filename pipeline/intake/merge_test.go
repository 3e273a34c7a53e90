package intake

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meibo/pipeline"
)

var (
	mergeDay = pipeline.MustDate("2026-11-22")
	mergeRef = pipeline.Ref{Batch: "new", Row: 5}
)

func codesOf(faults []*pipeline.Fault) []string {
	var out []string
	for _, f := range faults {
		out = append(out, string(f.Severity)+" "+string(f.Code))
	}
	return out
}

func storedAgent() pipeline.Agent {
	return pipeline.Agent{
		ID: "A1", Name: "佐藤 花子", NameKana: "サトウハナコ", BornOn: pipeline.MustDate("1980-04-01"),
		Email: "old@example.jp", IDAcquiredOn: pipeline.MustDate("2010-04-01"),
		Suspended: pipeline.FlagYes, DuplicateFlag: true, Affiliated: true, From: "old//2",
	}
}

func TestMergeAgent(t *testing.T) {
	tests := []struct {
		name   string
		in     pipeline.Agent
		change func(*pipeline.Agent) // from what is stored to what is wanted; nil: nothing
		faults []string
	}{
		{"nothing written", pipeline.Agent{}, nil, nil},
		{"the same again", storedAgent(), nil, nil},
		{"another e-mail", pipeline.Agent{Email: "new@example.jp"}, func(a *pipeline.Agent) {
			a.Email, a.From = "new@example.jp", `{"":"old//2","email":"new//5"}`
		}, nil},
		{"another blank in the name", pipeline.Agent{Name: "佐藤　花子"}, func(a *pipeline.Agent) {
			a.Name, a.From = "佐藤　花子", `{"":"old//2","name":"new//5"}`
		}, nil},
		{"a stop is lifted", pipeline.Agent{Suspended: pipeline.FlagNo}, func(a *pipeline.Agent) {
			a.Suspended, a.From = pipeline.FlagNo, `{"":"old//2","suspended":"new//5"}`
		}, []string{"warning stop-lifted"}},
		{"another birth date", pipeline.Agent{BornOn: pipeline.MustDate("1980-01-04")}, func(a *pipeline.Agent) {
			a.BornOn, a.From = pipeline.MustDate("1980-01-04"), `{"":"old//2","born_on":"new//5"}`
		}, []string{"warning birth-date-changed"}},
		{
			"another ID取得日 sets the whole row aside",
			pipeline.Agent{Email: "new@example.jp", IDAcquiredOn: pipeline.MustDate("2010-04-02")},
			nil,
			[]string{"error id-acquired-differs"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			stored, want := storedAgent(), storedAgent()
			if tt.change != nil {
				tt.change(&want)
			}
			tt.in.ID = "A1"
			names := []pipeline.Name{{Kind: pipeline.NameKanji, Text: "佐藤 花子"}, {Kind: pipeline.NameKana, Text: "サトウハナコ"}}
			got := MergeAgent(&stored, names, tt.in, mergeRef)
			if d := cmp.Diff(want, got.Agent); d != "" {
				t.Errorf("agent (-want +got):\n%s", d)
			}
			if got.Changed != (tt.change != nil) {
				t.Errorf("changed = %v", got.Changed)
			}
			if d := cmp.Diff(tt.faults, codesOf(got.Faults)); d != "" {
				t.Errorf("faults (-want +got):\n%s", d)
			}
			if d := cmp.Diff(storedAgent(), stored); d != "" {
				t.Errorf("the stored agent was changed in place:\n%s", d)
			}
		})
	}
}

func TestMergeAgentFillsIDAcquiredOnce(t *testing.T) {
	stored := storedAgent()
	stored.IDAcquiredOn = 0
	in := pipeline.Agent{ID: "A1", IDAcquiredOn: pipeline.MustDate("2010-04-01")}
	c := MergeAgent(&stored, nil, in, mergeRef)
	if !c.Changed || c.Agent.IDAcquiredOn != in.IDAcquiredOn || len(c.Faults) > 0 {
		t.Errorf("an empty ID取得日 was not filled: %+v", c)
	}
}

func TestMergeAgentTakesANewOne(t *testing.T) {
	in := storedAgent()
	in.From = ""
	want := storedAgent()
	want.DuplicateFlag, want.Affiliated, want.From = false, false, "new//5" // flags are the program's own
	c := MergeAgent(nil, nil, in, mergeRef)
	if d := cmp.Diff(want, c.Agent); d != "" || !c.Changed || len(c.Faults) > 0 {
		t.Errorf("a new agent: changed %v, faults %v (-want +got):\n%s", c.Changed, codesOf(c.Faults), d)
	}
}

func TestNamesAreNeverDropped(t *testing.T) {
	kanji := func(s string) pipeline.Name { return pipeline.Name{Kind: pipeline.NameKanji, Text: s} }
	kana := func(s string) pipeline.Name { return pipeline.Name{Kind: pipeline.NameKana, Text: s} }
	former := func(s string) pipeline.Name { return pipeline.Name{Kind: pipeline.NameFormer, Text: s} }
	latin := func(s string) pipeline.Name { return pipeline.Name{Kind: pipeline.NameLatin, Text: s} }
	sato := &pipeline.Agent{ID: "A1", Name: "佐藤花子", From: "old//2"}
	tests := []struct {
		name   string
		stored *pipeline.Agent
		known  []pipeline.Name
		in     pipeline.Agent
		want   []pipeline.Name
	}{
		{
			"a new agent", nil, nil,
			pipeline.Agent{Name: "佐藤花子", NameKana: "サトウハナコ", FormerName: "田中花子"},
			[]pipeline.Name{kanji("佐藤花子"), kana("サトウハナコ"), former("田中花子")},
		},
		{
			"a name in Latin script", nil, nil,
			pipeline.Agent{Name: "O’BRIEN ＭＡＲＹ・Ann"},
			[]pipeline.Name{kanji("O’BRIEN ＭＡＲＹ・Ann"), latin("O’BRIEN ＭＡＲＹ・Ann")},
		},
		{"half Latin is not Latin", nil, nil, pipeline.Agent{Name: "佐藤 Mary"}, []pipeline.Name{kanji("佐藤 Mary")}},
		{
			"the name changes", sato,
			[]pipeline.Name{kanji("佐藤花子")},
			pipeline.Agent{Name: "田中花子"},
			[]pipeline.Name{kanji("田中花子"), former("佐藤花子")},
		},
		{
			"the name changes, and the row names the former one", sato,
			[]pipeline.Name{kanji("佐藤花子")},
			pipeline.Agent{Name: "田中花子", FormerName: "佐藤花子"},
			[]pipeline.Name{kanji("田中花子"), former("佐藤花子")},
		},
		{
			"the name changes back", sato,
			[]pipeline.Name{kanji("佐藤花子"), kanji("田中花子"), former("田中花子")},
			pipeline.Agent{Name: "田中花子"},
			[]pipeline.Name{former("佐藤花子")},
		},
		{
			"the same name in another writing is no former name", sato,
			[]pipeline.Name{kanji("佐藤花子")},
			pipeline.Agent{Name: "佐藤 花子"},
			[]pipeline.Name{kanji("佐藤 花子")},
		},
		{"an empty name changes nothing", sato, []pipeline.Name{kanji("佐藤花子")}, pipeline.Agent{}, nil},
		{
			"another reading", sato,
			[]pipeline.Name{kanji("佐藤花子"), kana("サトウハナコ")},
			pipeline.Agent{NameKana: "サトウカコ"},
			[]pipeline.Name{kana("サトウカコ")},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.in.ID = "A1"
			c := MergeAgent(tt.stored, tt.known, tt.in, mergeRef)
			var got []pipeline.Name
			for _, n := range c.NewNames {
				wantFrom := pipeline.Provenance("new//5")
				if tt.stored != nil && n.Kind == pipeline.NameFormer && n.Text == tt.stored.Name && tt.in.FormerName == "" {
					wantFrom = "old//2" // it came with the older file
				}
				if n.AgentID != "A1" || n.From != wantFrom {
					t.Errorf("%s is of %q from %q, want A1 from %q", n.Kind, n.AgentID, n.From, wantFrom)
				}
				got = append(got, pipeline.Name{Kind: n.Kind, Text: n.Text})
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("new names (-want +got):\n%s", d)
			}
			again := MergeAgent(&c.Agent, slices.Concat(tt.known, c.NewNames), tt.in, mergeRef)
			if again.Changed {
				t.Errorf("the same row once more changes something: %+v", again)
			}
		})
	}
}

func TestCheckPerson(t *testing.T) {
	p := &pipeline.Person{
		Agent: pipeline.Agent{ID: "A1", Name: "佐藤 花子", FormerName: "鈴木花子", BornOn: pipeline.MustDate("1980-04-01")},
		Names: []pipeline.Name{{Kind: pipeline.NameFormer, Text: "田中花子"}},
	}
	born, other := p.Agent.BornOn, pipeline.MustDate("1980-04-02")
	tests := []struct {
		name   string
		person *pipeline.Person
		called string
		bornOn pipeline.Date
		want   []string
	}{
		{"both agree", p, "佐藤　花子", born, nil},
		{"the former name of the register", p, "鈴木花子", born, nil},
		{"a name from long ago", p, "田中 花子", born, nil},
		{"another name", p, "佐藤桃子", born, []string{"warning name-differs"}},
		{"another birth date", p, "佐藤花子", other, []string{"warning birth-date-differs"}},
		{"another person", p, "佐藤桃子", other, []string{"error identity-mismatch"}},
		{"another name and no birth date in the row", p, "佐藤桃子", 0, []string{"warning name-differs"}},
		{"an ID that is not on file", nil, "佐藤花子", born, []string{"error unknown-agent"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, codesOf(CheckPerson(tt.person, tt.called, tt.bornOn, nil))); d != "" {
				t.Errorf("faults (-want +got):\n%s", d)
			}
		})
	}
	t.Run("a variant, once names fold", func(t *testing.T) {
		fold := func(s string) string { return strings.ReplaceAll(pipeline.CleanName(s), "齋", "斎") }
		v := &pipeline.Person{Agent: pipeline.Agent{ID: "A1", Name: "斎藤花子", BornOn: born}}
		if got := CheckPerson(v, "齋藤花子", born, fold); got != nil {
			t.Errorf("faults %v; want none", codesOf(got))
		}
	})
}

func TestMergeCatalogue(t *testing.T) {
	seen := map[pipeline.Code]bool{}
	for _, e := range mergeCatalogue {
		if e.key == "" || e.JA == "" || e.EN == "" || seen[e.Code] {
			t.Errorf("%s: stands twice, or lacks column or text", e.Code)
		}
		seen[e.Code] = true
		f := mergeFault(e.Code)
		if f.Key != e.key || f.Severity != e.Severity || f.JA != e.JA || f.EN != e.EN {
			t.Errorf("%s: the fault %+v is not the entry", e.Code, f)
		}
		if !strings.HasSuffix(e.JA, "。") || !strings.Contains(e.JA, "ください") && e.Severity == pipeline.SeverityError {
			t.Errorf("%s: %q does not say what to do", e.Code, e.JA)
		}
	}
}

// A fault of a merge is shown at its cell, so its column must be one of the file's.
func TestLocateFindsTheColumns(t *testing.T) {
	layouts, err := LoadLayouts()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range mergeCatalogue {
		located := false
		for _, kind := range layouts.Kinds() {
			at := pipeline.Origin{File: kind + ".csv", Row: 7}
			f := mergeFault(e.Code)
			Locate(&Record{Origin: at, layout: layouts[kind]}, f)
			if f.Origin != at {
				t.Errorf("%s in %s stands at %v", e.Code, kind, f.Origin)
			}
			located = located || f.Header != ""
		}
		if !located {
			t.Errorf("%s: no layout has its column %s", e.Code, e.key)
		}
	}
}
