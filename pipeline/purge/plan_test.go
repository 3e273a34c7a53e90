package purge

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"meibo/pipeline"
	"meibo/pipeline/deadline"
)

func TestALifeOfAList(t *testing.T) {
	state := ListPublished
	for _, step := range []struct {
		e    Event
		want string
	}{
		{EventApproved, ListFirst},
		{EventLapsed, ListExpired},
		{EventApproved, ListFirst},
		{EventApproved, ListApproved},
		{EventLapsed, ListFirst},
		{EventApproved, ListApproved},
		{EventApproved, ListApproved},
		{EventStarted, ListExecuting},
		{EventFinished, ListExecuted},
		{EventUndone, ListUndone},
	} {
		next, err := Advance(state, step.e)
		if err != nil || next != step.want {
			t.Fatalf("%s, %s: %s, %v; want %s", state, step.e, next, err, step.want)
		}
		state = next
	}
}

// Whatever does not stand in the picture is refused: nothing is executed that
// two people did not approve, and nothing executed becomes a proposal again.
func TestNothingElseHappensToAList(t *testing.T) {
	states := []string{ListPublished, ListFirst, ListApproved, ListExecuting, ListExecuted, ListSettled, ListExpired, ListReplaced, ListUndone}
	allowed := map[Event][]string{
		EventApproved: {ListPublished, ListFirst, ListApproved, ListExpired},
		EventSilence:  {ListPublished},
		EventLapsed:   {ListFirst, ListApproved},
		EventStarted:  {ListApproved},
		EventFinished: {ListExecuting},
		EventSettled:  {ListExecuted},
		EventUndone:   {ListExecuted},
		EventReplaced: {ListPublished, ListExpired},
	}
	for e, from := range allowed {
		for _, s := range states {
			next, err := Advance(s, e)
			var refused *StateError
			switch ok := slices.Contains(from, s); {
			case ok && err != nil:
				t.Errorf("%s, %s: %v", s, e, err)
			case !ok && (!errors.As(err, &refused) || next != s):
				t.Errorf("%s, %s: became %s, %v", s, e, next, err)
			}
		}
	}
}

const sum = "0f"

func word(by, on string) Approval { return Approval{By: by, On: day(on), ListHash: sum} }

func TestWhoApproved(t *testing.T) {
	due := &pipeline.PurgeRow{AgentID: "T1", State: pipeline.PurgeDue}
	row := func(by, id string) Approval { return Approval{By: by, On: day("2025-10-01"), AgentID: id} }
	tests := []struct {
		name  string
		given []Approval
		asOf  string
		want  []string
	}{
		{"nobody", nil, "2025-10-01", nil},
		{"two people", []Approval{word("B", "2025-10-01"), word("A", "2025-10-02")}, "2025-10-02", []string{"A", "B"}},
		{"one person twice", []Approval{word("A", "2025-10-01"), word("A", "2025-10-02"), row("A", "T1")}, "2025-10-02", []string{"A"}},
		{"on the fourteenth day", []Approval{word("A", "2025-10-01")}, "2025-10-15", []string{"A"}},
		{"on the fifteenth day", []Approval{word("A", "2025-10-01")}, "2025-10-16", nil},
		{"given later", []Approval{word("A", "2025-10-03")}, "2025-10-02", nil},
		{"another list", []Approval{{By: "A", On: day("2025-10-01"), ListHash: "ff"}}, "2025-10-01", nil},
		{"the row alone", []Approval{row("A", "T1"), row("B", "T2")}, "2025-10-01", []string{"A"}},
		{"the list and the row", []Approval{word("A", "2025-10-01"), row("B", "T1")}, "2025-10-01", []string{"A", "B"}},
		{"somebody who corrected the record", []Approval{word("A", "2025-10-01"), word("X", "2025-10-01")}, "2025-10-01", []string{"A"}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, ApproversOf(due, sum, tt.given, []string{"X"}, day(tt.asOf), 14)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	for _, state := range []string{pipeline.PurgeNotice, pipeline.PurgeHeld, pipeline.PurgeDecision} {
		if got := ApproversOf(&pipeline.PurgeRow{AgentID: "T1", State: state}, sum, tests[1].given, nil, day("2025-10-02"), 14); got != nil {
			t.Errorf("%s can be approved: %v", state, got)
		}
	}
}

func TestAListByItsApprovals(t *testing.T) {
	two := []Approval{word("A", "2025-10-01"), word("B", "2025-10-05")}
	tests := []struct {
		name, state string
		given       []Approval
		asOf, want  string
	}{
		{"none", ListPublished, nil, "2025-10-01", ListPublished},
		{"one", ListPublished, two, "2025-10-04", ListFirst},
		{"two at once", ListPublished, two, "2025-10-05", ListApproved},
		{"the first grew old", ListApproved, two, "2025-10-16", ListFirst},
		{"both grew old", ListApproved, two, "2025-10-20", ListExpired},
		{"nobody came back to it", ListExpired, two, "2025-11-20", ListExpired},
		{"one person twice", ListPublished, []Approval{two[0], two[0]}, "2025-10-01", ListFirst},
		{"another list", ListPublished, []Approval{{By: "A", On: day("2025-10-01"), ListHash: "ff"}}, "2025-10-01", ListPublished},
		{"being executed", ListExecuting, nil, "2025-10-01", ListExecuting},
	}
	for _, tt := range tests {
		got, err := ListState(pipeline.PurgeList{Hash: sum, State: tt.state}, tt.given, day(tt.asOf), 14)
		if err != nil || got != tt.want {
			t.Errorf("%s: %s, %v; want %s", tt.name, got, err, tt.want)
		}
	}
}

// candidateOf is a record as it stood on a list of one day, on a later day.
func candidateOf(t testing.TB, p *pipeline.Person, listed deadline.Circumstances, on string, later *pipeline.Person, now deadline.Circumstances, asOf string) *Candidate {
	t.Helper()
	s := rules(t)
	was, ok := Row(p, deadline.Judge(p, s, listed, day(on)), day(on), s)
	if !ok {
		t.Fatal("not on the list")
	}
	c := &Candidate{Row: &was, Approvers: []string{"A", "B"}, PublishedOn: day(on)}
	if later == nil {
		return c
	}
	c.Found, c.Verdict = true, deadline.Judge(later, s, now, day(asOf))
	if is, ok := Row(later, c.Verdict, day(asOf), s); ok {
		c.Today = &is
	}
	return c
}

func TestPlan(t *testing.T) {
	with := func(change func(p *pipeline.Person)) *pipeline.Person {
		p := never()
		change(p)
		return p
	}
	request := deadline.Circumstances{Request: &deadline.Request{No: "U-1", On: day("2025-10-01"), Proof: "運転免許証"}}
	tests := []struct {
		name   string
		later  *pipeline.Person
		listed deadline.Circumstances
		now    deadline.Circumstances
		on     string // the list's day
		asOf   string
		change func(*Candidate)
		want   string // code; empty: planned
	}{
		{name: "nothing changed", later: never(), on: "2025-10-01", asOf: "2025-10-04"},
		{name: "the last day of grace", later: never(), on: "2025-10-01", asOf: "2025-10-03", want: DropGrace},
		{name: "one approval", later: never(), on: "2025-10-01", asOf: "2025-10-04", change: func(c *Candidate) { c.Approvers = []string{"A"} }, want: DropNotApproved},
		{name: "only announced on the list", later: never(), on: "2025-09-30", asOf: "2025-10-04", want: DropNotDue},
		{name: "gone already", on: "2025-10-01", asOf: "2025-10-04", want: DropGone},
		{
			name: "an activity came late", on: "2025-10-01", asOf: "2025-10-04", want: DropExtended,
			later: with(func(p *pipeline.Person) {
				p.Activities = []pipeline.Activity{{On: day("2025-09-30"), Kind: pipeline.ActivityLogin}}
			}),
		},
		{
			name: "an activity after the end", on: "2025-10-01", asOf: "2025-10-04", want: DropDecision,
			later: with(func(p *pipeline.Person) {
				p.Activities = []pipeline.Activity{{On: day("2025-10-02"), Kind: pipeline.ActivityLogin}}
			}),
		},
		{
			name: "registered since", on: "2025-10-01", asOf: "2025-10-04", want: DropRegistered,
			later: with(func(p *pipeline.Person) {
				p.Registrations = []pipeline.Registration{{OpenedOn: day("2025-10-03")}}
			}),
		},
		{
			name: "suspended since", on: "2025-10-01", asOf: "2025-10-04", want: DropHeld,
			later: with(func(p *pipeline.Person) { p.Agent.Suspended = pipeline.FlagYes }),
		},
		{
			name: "held by compliance", later: never(), on: "2025-10-01", asOf: "2025-10-04", want: DropHeld,
			now: deadline.Circumstances{Holds: []deadline.NamedHold{{Reason: "調査", By: "S1", Since: day("2025-10-03")}}},
		},
		{
			name: "a correction is open", later: never(), on: "2025-10-01", asOf: "2025-10-04", want: DropHeld,
			now: deadline.Circumstances{Corrections: []deadline.Correction{{No: "U-2", Since: day("2025-10-02")}}},
		},
		{
			name: "the base day was corrected to an earlier one", on: "2025-10-01", asOf: "2025-10-04", want: DropChanged,
			later: with(func(p *pipeline.Person) { p.Agent.IDAcquiredOn = day("2025-03-01") }),
		},
		{
			name: "the same day from another file", on: "2025-10-01", asOf: "2025-10-04", want: DropChanged,
			later: with(func(p *pipeline.Person) { p.Agent.From = "b7//9" }),
		},
		{
			name: "the base day is missing", on: "2025-10-01", asOf: "2025-10-04", want: DropChanged,
			later: with(func(p *pipeline.Person) { p.Agent.IDAcquiredOn = 0 }),
		},
		{name: "on request, at once", later: never(), listed: request, now: request, on: "2025-10-01", asOf: "2025-10-01"},
		{name: "the request was withdrawn", later: never(), listed: request, on: "2025-10-01", asOf: "2025-10-04", want: DropChanged},
	}
	for _, tt := range tests {
		c := candidateOf(t, never(), tt.listed, tt.on, tt.later, tt.now, tt.asOf)
		if tt.change != nil {
			tt.change(c)
		}
		got := Plan(c, Settings{Mode: ModeApprove}, rules(t), day(tt.asOf))
		if planned := got.State == PlanPlanned; got.Code != tt.want || planned != (tt.want == "") || (got.Reason == "") != planned {
			t.Errorf("%s: %+v, want %q", tt.name, got, tt.want)
		}
	}
}

func TestPlanWithoutAWord(t *testing.T) {
	s := Settings{Mode: ModeAutomatic, ReviewDays: 10}
	for asOf, want := range map[string]string{"2025-10-10": DropReview, "2025-10-11": ""} {
		c := candidateOf(t, never(), deadline.Circumstances{}, "2025-10-01", never(), deadline.Circumstances{}, asOf)
		c.Approvers = nil
		if got := Plan(c, s, rules(t), day(asOf)); got.Code != want {
			t.Errorf("on %s: %+v, want %q", asOf, got, want)
		}
		if c.PublishedOn = 0; Plan(c, s, rules(t), day(asOf)).Code != DropReview {
			t.Errorf("on %s: a row published on no known day may go", asOf)
		}
	}
}

func TestCheckSize(t *testing.T) {
	tests := []struct {
		name              string
		planned, register int
		ok                bool
	}{
		{"up to the count", 100, 1_000_000, true},
		{"above the count", 101, 1_000_000, false},
		{"up to the share", 5, 100, true},
		{"above the share", 6, 100, false},
		{"the only one of a small register", 1, 3, true},
		{"two of a small register", 2, 3, false},
		{"nothing of nothing", 0, 0, true},
	}
	for _, tt := range tests {
		err := CheckSize(tt.planned, tt.register, Settings{MaxCount: 100, MaxPercent: 5})
		var many *TooManyError
		if (err == nil) != tt.ok || err != nil && !errors.As(err, &many) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// A row is planned only while today's facts give the very row that was approved,
// and never before its days of grace are over.
func TestPlanLaws(t *testing.T) {
	s := rules(t)
	rapid.Check(t, func(t *rapid.T) {
		p := never()
		p.Agent.IDAcquiredOn = day("2025-01-01").AddDays(rapid.IntRange(0, 90).Draw(t, "acquired"))
		listed := day("2025-07-01").AddDays(rapid.IntRange(0, 120).Draw(t, "listed"))
		was, ok := Row(p, deadline.Judge(p, s, deadline.Circumstances{}, listed), listed, s)
		if !ok {
			return
		}
		asOf := listed.AddDays(rapid.IntRange(0, 20).Draw(t, "days to the execution"))
		now := *p
		for range rapid.IntRange(0, 2).Draw(t, "activities since") {
			now.Activities = append(now.Activities, pipeline.Activity{On: listed.AddDays(rapid.IntRange(-60, 20).Draw(t, "on")), Kind: pipeline.ActivityLogin})
		}
		c := &Candidate{Row: &was, Found: true, Verdict: deadline.Judge(&now, s, deadline.Circumstances{}, asOf), Approvers: []string{"A", "B"}}
		is, ok := Row(&now, c.Verdict, asOf, s)
		if ok {
			c.Today = &is
		}
		got := Plan(c, Settings{Mode: ModeApprove}, s, asOf)
		want := ok && was.State == pipeline.PurgeDue && RowHash(&is) == RowHash(&was) && asOf >= is.FirstDeletable.AddDays(s.GraceDays())
		if (got.State == PlanPlanned) != want {
			t.Fatalf("listed %s, executed %s, activities %v: %+v", listed, asOf, now.Activities, got)
		}
	})
}
