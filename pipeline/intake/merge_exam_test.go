package intake

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"meibo/pipeline"
)

func storedPass() pipeline.Qualification {
	return pipeline.Qualification{
		AgentID: "A1", Code: "K10", CertificateNo: "H1", PassCode: "P1", Result: pipeline.ResultPassed,
		JudgedOn: pipeline.MustDate("2024-05-01"), ExpiresOn: pipeline.MustDate("2029-05-31"),
		PostedBy: "exam-center", PostedOn: pipeline.MustDate("2024-05-10"), From: "old//2",
	}
}

func TestMergeExam(t *testing.T) {
	withdrawn := func(q *pipeline.Qualification) {
		q.WithdrawnOn, q.From = mergeDay, `{"":"old//2","withdrawn_on":"new//5"}`
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
