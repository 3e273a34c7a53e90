package intake

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

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

func storedPass() pipeline.Qualification {
	return pipeline.Qualification{
		AgentID: "A1", Code: "K10", CertificateNo: "H1", PassCode: "P1", Result: pipeline.ResultPassed,
		JudgedOn: pipeline.MustDate("2024-05-01"), ExpiresOn: pipeline.MustDate("2029-05-31"),
		PostedBy: "exam-center", PostedOn: pipeline.MustDate("2024-05-10"), From: "old//2",
	}
}

func TestMergeExam(t *testing.T) {
	withdrawn := func(q *pipeline.Qualification) {
		q.WithdrawnOn, q.From = mergeDay, `{"":"old//2","result":"new//5"}`
	}
	tests := []struct {
		name   string
		stored func(*pipeline.Qualification) // on top of storedPass
		in     ExamResult                    // the key and 合格 are filled in
		change func(*pipeline.Qualification) // nil: nothing changes
		faults []string
	}{
		{"only the key", nil, ExamResult{}, nil, nil},
		{"a failure changes nothing", nil, ExamResult{Result: pipeline.ResultFailed, PassCode: "P9"}, nil, nil},
		{"another pass code", nil, ExamResult{PassCode: "P2"}, func(q *pipeline.Qualification) {
			q.PassCode, q.From = "P2", `{"":"old//2","pass_code":"new//5"}`
		}, nil},
		{"no end instead of an expiry", nil, ExamResult{Unlimited: true}, func(q *pipeline.Qualification) {
			q.Unlimited, q.ExpiresOn, q.From = true, 0, `{"":"old//2","expires_on":"new//5"}`
		}, nil},
		{
			"an expiry instead of no end",
			func(q *pipeline.Qualification) { q.Unlimited, q.ExpiresOn = true, 0 },
			ExamResult{ExpiresOn: pipeline.MustDate("2030-01-31")},
			func(q *pipeline.Qualification) {
				q.Unlimited, q.ExpiresOn, q.From = false, pipeline.MustDate("2030-01-31"), `{"":"old//2","expires_on":"new//5"}`
			},
			nil,
		},
		{"a supplied posting before the computed one", nil, ExamResult{PostedOn: pipeline.MustDate("2024-05-02")}, func(q *pipeline.Qualification) {
			q.PostedOn, q.PostedGiven, q.From = pipeline.MustDate("2024-05-02"), true, `{"":"old//2","posted_on":"new//5"}`
		}, nil},
		{
			"a supplied posting after the computed one", nil,
			ExamResult{PostedOn: pipeline.MustDate("2024-05-11")},
			nil,
			[]string{"warning posted-kept"},
		},
		{"a supplied posting on the computed day", nil, ExamResult{PostedOn: pipeline.MustDate("2024-05-10")}, nil, nil},
		{
			"a supplied posting does not move a supplied one",
			func(q *pipeline.Qualification) { q.PostedGiven = true },
			ExamResult{PostedOn: pipeline.MustDate("2024-05-02")},
			nil,
			[]string{"warning posted-kept"},
		},
		{"withdrawn", nil, ExamResult{Result: pipeline.ResultWithdrawn}, withdrawn, nil},
		{
			"withdrawn a second time",
			func(q *pipeline.Qualification) { q.WithdrawnOn = pipeline.MustDate("2026-01-01") },
			ExamResult{Result: pipeline.ResultWithdrawn},
			nil, nil,
		},
		{
			"withdrawn, of another certificate", nil,
			ExamResult{Result: pipeline.ResultWithdrawn, CertificateNo: "H2"},
			nil,
			[]string{"error withdrawal-without-pass"},
		},
		{
			"passed after it was withdrawn",
			func(q *pipeline.Qualification) { q.WithdrawnOn = pipeline.MustDate("2026-01-01") },
			ExamResult{},
			func(q *pipeline.Qualification) { q.WithdrawnOn, q.From = 0, `{"":"old//2","result":"new//5"}` },
			[]string{"warning qualification-reinstated"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			stored := storedPass()
			if tt.stored != nil {
				tt.stored(&stored)
			}
			want := stored
			p := examPerson(stored)
			fillResult(&tt.in)
			c := MergeExam(p, &tt.in, ExamContext{Ref: mergeRef, AsOf: mergeDay, Sender: "association"})
			if d := cmp.Diff(tt.faults, codesOf(c.Faults)); d != "" {
				t.Errorf("faults (-want +got):\n%s", d)
			}
			if c.Changed != (tt.change != nil) {
				t.Fatalf("changed = %v", c.Changed)
			}
			if tt.change == nil {
				return
			}
			tt.change(&want)
			if d := cmp.Diff(want, c.Qualification); d != "" {
				t.Errorf("qualification (-want +got):\n%s", d)
			}
		})
	}
}

func examPerson(qs ...pipeline.Qualification) *pipeline.Person {
	return &pipeline.Person{
		Agent:          pipeline.Agent{ID: "A1", Name: "佐藤花子", BornOn: pipeline.MustDate("1980-04-01")},
		Qualifications: qs,
	}
}

func fillResult(in *ExamResult) {
	in.AgentID, in.Name, in.BornOn, in.Code = "A1", "佐藤花子", pipeline.MustDate("1980-04-01"), "K10"
	if in.CertificateNo == "" {
		in.CertificateNo = "H1"
	}
	if in.Result == "" {
		in.Result = pipeline.ResultPassed
	}
}

func TestMergeExamTakesANewPass(t *testing.T) {
	in := ExamResult{JudgedOn: pipeline.MustDate("2026-11-01"), CertificateNo: "H9"}
	fillResult(&in)
	c := ExamContext{Ref: mergeRef, AsOf: mergeDay, Sender: "0001", HeldElsewhere: func(no string) bool { return no == "H9" }}
	got := MergeExam(examPerson(storedPass()), &in, c)
	want := pipeline.Qualification{
		AgentID: "A1", Code: "K10", CertificateNo: "H9", Result: pipeline.ResultPassed, JudgedOn: in.JudgedOn,
		PostedBy: "0001", PostedOn: mergeDay, From: "new//5",
	}
	if d := cmp.Diff(want, got.Qualification); d != "" || !got.Changed {
		t.Errorf("changed %v (-want +got):\n%s", got.Changed, d)
	}
	if d := cmp.Diff([]string{"warning certificate-reused"}, codesOf(got.Faults)); d != "" {
		t.Errorf("faults (-want +got):\n%s", d)
	}

	in.PostedOn, in.PostedBy = pipeline.MustDate("2026-11-05"), "0002"
	got = MergeExam(examPerson(), &in, ExamContext{Ref: mergeRef, AsOf: mergeDay, Sender: "0001"})
	if q := got.Qualification; q.PostedOn != in.PostedOn || !q.PostedGiven || q.PostedBy != "0002" {
		t.Errorf("posted %v by %s, given %v; want what the row says", q.PostedOn, q.PostedBy, q.PostedGiven)
	}
}

func TestMergeExamAsksWhoItIs(t *testing.T) {
	in := ExamResult{}
	fillResult(&in)
	if got := MergeExam(nil, &in, ExamContext{}); got.Changed || !SetsAside(got.Faults) {
		t.Errorf("a pass of an unknown agent was taken: %+v", got)
	}
	in.Name, in.BornOn = "鈴木桃子", pipeline.MustDate("1990-01-01")
	if got := MergeExam(examPerson(), &in, ExamContext{}); got.Changed || !SetsAside(got.Faults) {
		t.Errorf("a pass of another person was taken: %+v", got)
	}
	in.BornOn = pipeline.MustDate("1980-04-01")
	got := MergeExam(examPerson(), &in, ExamContext{})
	if d := cmp.Diff([]string{"warning name-differs"}, codesOf(got.Faults)); d != "" || !got.Changed {
		t.Errorf("a pass under another name: changed %v, faults (-want +got):\n%s", got.Changed, d)
	}
}

// However often and with whatever dates a pass is sent, its posting only ever
// moves to an earlier day, and never once it was supplied.
func TestPostingNeverMovesOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p *pipeline.Person = examPerson()
		asOf := pipeline.MustDate("2026-01-01")
		for range rapid.IntRange(1, 6).Draw(t, "files") {
			asOf = asOf.AddDays(rapid.IntRange(0, 9).Draw(t, "nights"))
			in := ExamResult{JudgedOn: pipeline.MustDate("2025-12-01")}
			fillResult(&in)
			if rapid.Bool().Draw(t, "supplied") {
				in.PostedOn = pipeline.MustDate("2025-12-20").AddDays(rapid.IntRange(0, 40).Draw(t, "posted"))
			}
			c := MergeExam(p, &in, ExamContext{Ref: mergeRef, AsOf: asOf})
			if len(p.Qualifications) == 1 && c.Changed {
				was, is := p.Qualifications[0], c.Qualification
				if is.PostedOn > was.PostedOn || was.PostedGiven && is.PostedOn != was.PostedOn {
					t.Fatalf("posted on %s (given %v), then %s", was.PostedOn, was.PostedGiven, is.PostedOn)
				}
			}
			if c.Changed {
				p = examPerson(c.Qualification)
			}
		}
	})
}

func TestCheckSender(t *testing.T) {
	known := &pipeline.Agency{No: "D1", LeadInsurer: "0001", OtherInsurers: "0002 0003", AsOf: pipeline.MustDate("2026-06-01")}
	tests := []struct {
		name, sender, event, lead, others, closed string
		agency                                    *pipeline.Agency
		on                                        string // empty: after the register's day
		want                                      pipeline.Code
	}{
		{name: "the lead insurer registers", sender: "0001", event: "登録", lead: "0001", agency: known},
		{name: "another insurer of the agency registers", sender: "0002", event: "登録", lead: "0001", agency: known},
		{name: "a stranger registers", sender: "0009", event: "登録", lead: "0001", agency: known, want: CodeNotTheLeadInsurer},
		{
			name: "a stranger names itself among the others", sender: "0009", event: "登録", lead: "0001", others: "0009",
			agency: known, want: CodeNotTheLeadInsurer,
		},
		{name: "a stranger registers under its own lead", sender: "0009", event: "登録", lead: "0009", agency: known, want: CodeNotTheLeadInsurer},
		{name: "the lead insurer closes", sender: "0001", event: "廃止", lead: "0001", closed: "2026-07-01", agency: known},
		{name: "another insurer closes", sender: "0002", event: "廃止", lead: "0001", closed: "2026-07-01", agency: known, want: CodeNotTheLeadInsurer},
		{
			name: "another insurer closes and names itself the lead", sender: "0002", event: "廃止", lead: "0002", closed: "2026-07-01",
			agency: known, want: CodeNotTheLeadInsurer,
		},
		{
			name: "another insurer closes by a change", sender: "0002", event: "変更", lead: "0001", closed: "2026-07-01",
			agency: known, want: CodeNotTheLeadInsurer,
		},
		{name: "another insurer becomes the lead", sender: "0002", event: "変更", lead: "0002", agency: known},
		{name: "a stranger becomes the lead", sender: "0009", event: "変更", lead: "0009", agency: known, want: CodeLeadInsurerChanged},
		{
			name: "a stranger becomes the lead and closes in one row", sender: "0009", event: "変更", lead: "0009", closed: "2026-07-01",
			agency: known, want: CodeNotTheLeadInsurer,
		},
		{name: "the lead insurer names another lead", sender: "0001", event: "変更", lead: "0002", agency: known, want: CodeNotTheLeadInsurer},
		{
			name: "the lead insurer reports what was when another was the lead", sender: "0001", event: "登録", lead: "0007",
			on: "2020-01-01", agency: known,
		},
		{name: "the lead of an unknown agency", sender: "0005", event: "登録", lead: "0005"},
		{name: "another insurer of an unknown agency", sender: "0005", event: "登録", lead: "0001", others: "0004 0005"},
		{name: "a stranger to an unknown agency", sender: "0005", event: "登録", lead: "0001", want: CodeNotTheLeadInsurer},
		{
			name: "another insurer closes at an unknown agency", sender: "0005", event: "廃止", lead: "0001", others: "0005",
			closed: "2026-07-01", want: CodeNotTheLeadInsurer,
		},
		{name: "the association sends no registrations", sender: SenderAssociation, event: "登録", lead: "0001", agency: known, want: CodeNotTheLeadInsurer},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ev := pipeline.RegistrationEvent{
				Sender: tt.sender, Event: tt.event, LeadInsurer: tt.lead, OtherInsurers: tt.others, On: pipeline.MustDate("2026-07-01"),
			}
			if tt.on != "" {
				ev.On = pipeline.MustDate(tt.on)
			}
			if tt.closed != "" {
				ev.ClosedOn = pipeline.MustDate(tt.closed)
			}
			var got pipeline.Code
			if f := CheckSender(tt.agency, ev); f != nil {
				got = f.Code
			}
			if got != tt.want {
				t.Errorf("CheckSender = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestMergeAgency(t *testing.T) {
	ev := func(on, lead, others, name, address string) pipeline.RegistrationEvent {
		return pipeline.RegistrationEvent{
			AgencyNo: "D1", On: pipeline.MustDate(on), LeadInsurer: lead, OtherInsurers: others,
			AgencyName: name, AgencyAddress: address, From: "new//5",
		}
	}
	stored, _ := MergeAgency(nil, ev("2026-06-01", "0001", "0002", "代理店", ""), mergeDay)
	tests := []struct {
		name    string
		ev      pipeline.RegistrationEvent
		want    pipeline.Agency
		changed bool
	}{
		{
			"a newer row decides what it writes", ev("2026-07-01", "0003", "", "新代理店", ""),
			pipeline.Agency{LeadInsurer: "0003", OtherInsurers: "0002", Name: "新代理店", AsOf: pipeline.MustDate("2026-07-01")},
			true,
		},
		{
			"an older row only fills", ev("2026-05-01", "0003", "0009", "旧代理店", "東京都"),
			pipeline.Agency{LeadInsurer: "0001", OtherInsurers: "0002", Name: "代理店", Address: "東京都", AsOf: pipeline.MustDate("2026-06-01")},
			true,
		},
		{
			"a later row of the same day decides", ev("2026-06-01", "0001", "0004", "代理店", ""),
			pipeline.Agency{LeadInsurer: "0001", OtherInsurers: "0004", Name: "代理店", AsOf: pipeline.MustDate("2026-06-01")},
			true,
		},
		{
			"a row of the future counts from today", ev("2027-01-01", "0001", "0002", "改称代理店", ""),
			pipeline.Agency{LeadInsurer: "0001", OtherInsurers: "0002", Name: "改称代理店", AsOf: mergeDay},
			true,
		},
		{
			"a row of the future that says nothing new", ev("2027-01-01", "0001", "", "代理店", ""),
			pipeline.Agency{LeadInsurer: "0001", OtherInsurers: "0002", Name: "代理店", AsOf: pipeline.MustDate("2026-06-01")},
			false,
		},
		{
			"the same again", ev("2026-06-01", "0001", "0002", "代理店", ""),
			pipeline.Agency{LeadInsurer: "0001", OtherInsurers: "0002", Name: "代理店", AsOf: pipeline.MustDate("2026-06-01")},
			false,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.No, tt.want.From = "D1", "new//5"
			got, changed := MergeAgency(&stored, tt.ev, mergeDay)
			if d := cmp.Diff(tt.want, got); d != "" || changed != tt.changed {
				t.Errorf("changed %v (-want +got):\n%s", changed, d)
			}
		})
	}
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
		for _, kind := range []string{"agents", "exam-results", "registrations"} {
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
