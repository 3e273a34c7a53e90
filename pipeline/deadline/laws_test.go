package deadline

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"meibo/pipeline"
)

// drawDay draws a day of four years, or none in one of ten.
func drawDay(t *rapid.T, label string) pipeline.Date {
	if rapid.IntRange(0, 9).Draw(t, label+" missing") == 0 {
		return 0
	}
	return day("2023-01-01").AddDays(rapid.IntRange(0, 1460).Draw(t, label))
}

// drawPerson draws a record with few facts close together, so that edges meet.
func drawPerson(t *rapid.T) *pipeline.Person {
	p := &pipeline.Person{Agent: pipeline.Agent{ID: "T1", IDAcquiredOn: drawDay(t, "acquired")}}
	for i := range rapid.IntRange(0, 2).Draw(t, "qualifications") {
		q := pipeline.Qualification{Code: "K10", CertificateNo: fmt.Sprint(i), PostedOn: drawDay(t, "posted")}
		if rapid.IntRange(0, 2).Draw(t, "withdrawn") == 0 {
			q.WithdrawnOn = drawDay(t, "withdrawn on")
		}
		p.Qualifications = append(p.Qualifications, q)
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "registrations") {
		r := pipeline.Registration{AgencyNo: fmt.Sprint(i), OpenedOn: drawDay(t, "opened"), ClosedOn: drawDay(t, "closed")}
		if r.ClosedOn != 0 && r.ClosedOn < r.OpenedOn {
			r.OpenedOn, r.ClosedOn = r.ClosedOn, r.OpenedOn
		}
		p.Registrations = append(p.Registrations, r)
	}
	for range rapid.IntRange(0, 5).Draw(t, "activities") {
		p.Activities = append(p.Activities, pipeline.Activity{On: day("2023-01-01").AddDays(rapid.IntRange(0, 1460).Draw(t, "active")), Kind: pipeline.ActivityLogin})
	}
	return p
}

func TestVerdictLaws(t *testing.T) {
	s := rules(t)
	rapid.Check(t, func(t *rapid.T) {
		p, asOf := drawPerson(t), day("2023-06-01").AddDays(rapid.IntRange(0, 2000).Draw(t, "as of"))
		v := Judge(p, s, Circumstances{}, asOf)
		exactlyOneStatus(t, v)
		shuffled := &pipeline.Person{
			Agent:          p.Agent,
			Qualifications: rapid.Permutation(p.Qualifications).Draw(t, "q"),
			Registrations:  rapid.Permutation(p.Registrations).Draw(t, "r"),
			Activities:     rapid.Permutation(p.Activities).Draw(t, "a"),
		}
		if diff := cmp.Diff(v, Judge(shuffled, s, Circumstances{}, asOf)); diff != "" {
			t.Fatalf("order matters (-one +other):\n%s", diff)
		}

		more := *p
		more.Activities = append(slices.Clone(p.Activities), pipeline.Activity{On: day("2023-01-01").AddDays(rapid.IntRange(0, 1800).Draw(t, "one more")), Kind: pipeline.ActivityInquiry})
		w := Judge(&more, s, Circumstances{}, asOf)
		if w.Status != v.Status || w.LastDay < v.LastDay {
			t.Fatalf("one more activity: %s, %s before; %s, %s after", v.Status, v.LastDay, w.Status, w.LastDay)
		}
		if on := more.Activities[len(more.Activities)-1].On; (on <= v.BaseOn || on > asOf) && w.LastDay != v.LastDay {
			t.Fatalf("an activity on %s, on or before the base %s or after %s, moves the last day", on, v.BaseOn, asOf)
		}
	})
}

func exactlyOneStatus(t *rapid.T, v Verdict) {
	t.Helper()
	dated := v.BaseOn != 0 && v.LastDay >= v.BaseOn && v.FirstDeletable == v.LastDay.AddDays(1) && v.Period != "" && v.Case != ""
	switch v.Status {
	case Registered:
		if v.Case != "" || v.LastDay != 0 || v.FirstDeletable != 0 || len(v.Decisions) > 0 || len(v.Missing) > 0 {
			t.Fatalf("registered with a deadline: %+v", v.Row)
		}
	case Dated:
		if !dated || len(v.Missing) > 0 {
			t.Fatalf("dated without a day: %+v", v.Row)
		}
	case Undetermined:
		if v.LastDay != 0 || v.FirstDeletable != 0 || len(v.Missing) == 0 {
			t.Fatalf("undetermined with a day: %+v", v.Row)
		}
	default:
		t.Fatalf("status %q", v.Status)
	}
	if v.Reason == "" || v.RuleVersion == "" {
		t.Fatalf("no reason or rule: %+v", v.Row)
	}
}

// The chain is the smallest fixed point of the note: as long as some activity
// lies on or before the last day and carries it further, it does.
func TestChainIsTheFixedPoint(t *testing.T) {
	s := rules(t)
	rapid.Check(t, func(t *rapid.T) {
		base := day("2024-08-01").AddDays(rapid.IntRange(0, 60).Draw(t, "base"))
		var events []pipeline.Date
		for range rapid.IntRange(0, 8).Draw(t, "events") {
			events = append(events, base.AddDays(rapid.IntRange(-30, 900).Draw(t, "event")))
		}
		want, _ := Period(base, 6)
		for moved := true; moved; {
			moved = false
			for _, e := range events {
				if last, _ := Period(e, 6); e <= want && last > want {
					want, moved = last, true
				}
			}
		}
		no, last, first := s.Case(base, nil, nil, false, events)
		if no != Case2 || last != want || first != want.AddDays(1) {
			t.Fatalf("base %s, events %v: last day %s, want %s", base, events, last, want)
		}
		ten, _ := Period(base, 120)
		if _, last, _ := s.Case(base, []pipeline.Date{base}, nil, false, events); last != ten {
			t.Fatalf("No.1 from %s ends on %s, want %s whatever the events", base, last, ten)
		}
	})
}

// With every fact in the past, Judge and the bare rule say the same.
func TestJudgeAndCaseAgree(t *testing.T) {
	s := rules(t)
	rapid.Check(t, func(t *rapid.T) {
		p := drawPerson(t)
		var posted, closed, events []pipeline.Date
		open := false
		for i := range p.Qualifications {
			p.Qualifications[i].WithdrawnOn = 0
			if p.Qualifications[i].PostedOn == 0 {
				p.Qualifications[i].PostedOn = day("2023-03-31")
			}
			posted = append(posted, p.Qualifications[i].PostedOn)
		}
		for i := range p.Registrations {
			if r := &p.Registrations[i]; r.ClosedOn == 0 {
				r.OpenedOn = max(r.OpenedOn, day("2023-01-01"))
				open = true
			} else {
				closed = append(closed, r.ClosedOn)
			}
		}
		for _, a := range p.Activities {
			events = append(events, a.On)
		}
		no, last, first := s.Case(p.Agent.IDAcquiredOn, posted, closed, open, events)
		v := Judge(p, s, Circumstances{}, day("2030-01-01"))
		if no == CaseUndetermined {
			no = v.Case
			if v.Status != Undetermined {
				t.Fatalf("Case cannot tell, Judge: %+v", v.Row)
			}
		}
		if v.Case != no || v.LastDay != last || v.FirstDeletable != first {
			t.Fatalf("Case: %s, %s, %s; Judge: %s, %s, %s", no, last, first, v.Case, v.LastDay, v.FirstDeletable)
		}
	})
}

// A night on which nothing happens changes no row: the as-of day works through
// the facts alone.
func TestRowStaysWhileNothingHappens(t *testing.T) {
	s := rules(t)
	rapid.Check(t, func(t *rapid.T) {
		p := drawPerson(t)
		a := day("2023-06-01").AddDays(rapid.IntRange(0, 2000).Draw(t, "as of"))
		b := a.AddDays(rapid.IntRange(1, 200).Draw(t, "nights"))
		happens := func(d pipeline.Date) bool { return a < d && d <= b }
		for _, q := range p.Qualifications {
			if happens(q.WithdrawnOn) {
				return
			}
		}
		for _, r := range p.Registrations {
			if happens(r.OpenedOn) || r.ClosedOn != 0 && happens(r.ClosedOn.AddDays(1)) {
				return
			}
		}
		for _, x := range p.Activities {
			if happens(x.On) {
				return
			}
		}
		if diff := cmp.Diff(Judge(p, s, Circumstances{}, a).Row, Judge(p, s, Circumstances{}, b).Row); diff != "" {
			t.Fatalf("from %s to %s nothing happened, but (-then +now):\n%s", a, b, diff)
		}
	})
}

func BenchmarkJudge(b *testing.B) {
	s := rules(b)
	registered := &pipeline.Person{Agent: pipeline.Agent{ID: "T1", IDAcquiredOn: day("2020-01-10"), From: "b1//2"}}
	registered.Registrations = []pipeline.Registration{{AgencyNo: "A1", Role: "使用人", OpenedOn: day("2020-04-01"), From: "b2/一覧/7"}}
	registered.Qualifications = []pipeline.Qualification{{Code: "K10", PostedOn: day("2020-02-10"), From: "b3//8"}}
	never := &pipeline.Person{Agent: registered.Agent, Activities: []pipeline.Activity{
		{On: day("2020-05-01"), Kind: pipeline.ActivityLogin, From: "b4//1"},
		{On: day("2020-10-01"), Kind: pipeline.ActivityLogin, From: "b5//1"},
	}}
	for name, p := range map[string]*pipeline.Person{"registered": registered, "never": never} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Judge(p, s, Circumstances{}, 2026_06_01)
			}
		})
	}
}
