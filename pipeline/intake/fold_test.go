package intake

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"meibo/pipeline"
)

// events reads rows like "登録 2026-01-01 2026-06-30" (event, day, 廃止年月日), one
// a line, arriving in this order. They are all of one agency, person and role.
func events(rows string) []pipeline.RegistrationEvent {
	var out []pipeline.RegistrationEvent
	for row := range strings.Lines(rows) {
		f := strings.Fields(row)
		if len(f) == 0 {
			continue
		}
		n := len(out) + 1
		e := pipeline.RegistrationEvent{
			AgencyNo: "D1", AgentID: "A1", Role: "使用人", Event: f[0], On: pipeline.MustDate(f[1]),
			LeadInsurer: "0001", AgencyName: "代理店", Sender: "0001",
			Arrival: fmt.Sprintf("%04d", n), From: pipeline.Provenance("").With(pipeline.Ref{Batch: "b", Row: n}),
		}
		if len(f) > 2 {
			e.ClosedOn = pipeline.MustDate(f[2])
		}
		out = append(out, e)
	}
	return out
}

// spans shows intervals as opening..closing, with ? for an unknown opening.
func spans(rs []pipeline.Registration) []string {
	var out []string
	for _, r := range rs {
		opened := r.OpenedOn.String()
		if opened == "" {
			opened = "?"
		}
		out = append(out, opened+".."+r.ClosedOn.String())
	}
	return out
}

func foldFaults(fs []FoldFault) []string {
	var out []string
	for _, f := range fs {
		out = append(out, f.Event.Event+" "+f.Event.On.String()+" "+string(f.Fault.Code))
	}
	return out
}

func TestFold(t *testing.T) {
	tests := []struct {
		name, rows  string
		want, fault []string
	}{
		{"no rows", "", nil, nil},
		{"a registration", "登録 2026-01-01", []string{"2026-01-01.."}, nil},
		{"a closed interval in one row", "届出 2026-01-01 2026-03-31", []string{"2026-01-01..2026-03-31"}, nil},
		{
			"opened, changed, closed, whatever the order of the rows",
			"廃止 2026-03-31 2026-03-31\n変更 2026-02-01\n登録 2026-01-01",
			[]string{"2026-01-01..2026-03-31"},
			nil,
		},
		{"a closing announced for later", "登録 2026-01-01\n廃止 2026-03-01 2026-12-31", []string{"2026-01-01..2026-12-31"}, nil},
		{
			"a change leaves an announced closing standing", "登録 2026-01-01 2026-12-31\n変更 2026-02-01",
			[]string{"2026-01-01..2026-12-31"},
			nil,
		},
		{
			"a change moves an announced closing", "登録 2026-01-01 2026-12-31\n変更 2026-02-01 2027-03-31",
			[]string{"2026-01-01..2027-03-31"},
			nil,
		},
		{
			"closed earlier than announced", "登録 2026-01-01 2026-12-31\n廃止 2026-06-30 2026-06-30",
			[]string{"2026-01-01..2026-06-30"},
			nil,
		},
		{
			"registered again", "登録 2024-01-01\n廃止 2024-06-30 2024-06-30\n登録 2026-01-01",
			[]string{"2024-01-01..2024-06-30", "2026-01-01.."},
			nil,
		},
		{"an opening in the future", "登録 2030-01-01", []string{"2030-01-01.."}, nil},
		{
			"a closing before a future opening is not its closing", "登録 2030-01-01\n廃止 2026-06-30 2026-06-30",
			[]string{"?..2026-06-30", "2030-01-01.."},
			[]string{"廃止 2026-06-30 closing-without-opening"},
		},
		{
			"a closing alone", "廃止 2026-06-30 2026-06-30",
			[]string{"?..2026-06-30"},
			[]string{"廃止 2026-06-30 closing-without-opening"},
		},
		{
			"the opening comes after its closing", "廃止 2026-06-30 2026-06-30\n登録 2020-04-01",
			[]string{"2020-04-01..2026-06-30"},
			nil,
		},
		{
			"an opening dated after a closing without opening is another registration",
			"廃止 2026-06-30 2026-06-30\n登録 2026-07-01",
			[]string{"?..2026-06-30", "2026-07-01.."},
			[]string{"廃止 2026-06-30 closing-without-opening"},
		},
		{
			"a change after a closing without opening", "廃止 2026-06-30 2026-06-30\n変更 2026-07-05",
			[]string{"?..2026-06-30"},
			[]string{"廃止 2026-06-30 closing-without-opening"},
		},
		{"a change alone", "変更 2026-02-01", nil, []string{"変更 2026-02-01 change-without-registration"}},
		{
			"a change before the registration", "変更 2026-02-01\n登録 2026-03-01",
			[]string{"2026-03-01.."},
			[]string{"変更 2026-02-01 change-without-registration"},
		},
		{
			"closed before opened in one row", "登録 2026-02-01 2026-01-31", nil,
			[]string{"登録 2026-02-01 closed-before-opened"},
		},
		{
			"closed before opened", "登録 2026-02-01\n廃止 2026-03-01 2026-01-31",
			[]string{"2026-02-01.."},
			[]string{"廃止 2026-03-01 closed-before-opened"},
		},
		{
			"a change closes before the opening", "登録 2026-02-01\n変更 2026-03-01 2026-01-31",
			[]string{"2026-02-01.."},
			[]string{"変更 2026-03-01 closed-before-opened"},
		},
		{"closed on the day of the opening", "登録 2026-02-01\n廃止 2026-02-01 2026-02-01", []string{"2026-02-01..2026-02-01"}, nil},
		{
			"registered again on the day of the closing",
			"登録 2026-01-01\n廃止 2026-06-01 2026-06-01\n登録 2026-06-01",
			[]string{"2026-01-01..2026-06-01", "2026-06-01.."},
			nil,
		},
		{
			"registered again on the day of the closing, the rows the other way round",
			"登録 2026-01-01\n登録 2026-06-01\n廃止 2026-06-01 2026-06-01",
			[]string{"2026-01-01..2026-06-01", "2026-06-01.."},
			nil,
		},
		{
			"closed and registered again on one day, the first opening unknown",
			"廃止 2026-06-01 2026-06-01\n登録 2026-06-01",
			[]string{"?..2026-06-01", "2026-06-01.."},
			[]string{"廃止 2026-06-01 closing-without-opening"},
		},
		{"registered and notified on one day", "届出 2026-01-01\n登録 2026-01-01", []string{"2026-01-01.."}, nil},
		{"a change on the day of the opening, sent first", "変更 2026-01-01\n登録 2026-01-01", []string{"2026-01-01.."}, nil},
		{
			"closed twice: the later event decides", "登録 2026-01-01\n廃止 2026-05-31 2026-05-31\n廃止 2026-06-30 2026-06-30",
			[]string{"2026-01-01..2026-06-30"},
			[]string{"廃止 2026-06-30 closing-moved"},
		},
		{
			"closed twice, the earlier day sent later: its sender is told",
			"登録 2026-01-01\n廃止 2026-06-30 2026-06-30\n廃止 2026-05-31 2026-05-31",
			[]string{"2026-01-01..2026-06-30"},
			[]string{"廃止 2026-05-31 closing-moved"},
		},
		{
			"opened while open", "登録 2026-01-01\n登録 2026-02-01\n廃止 2026-03-01 2026-03-01",
			[]string{"2026-01-01..", "2026-02-01..2026-03-01"},
			[]string{"登録 2026-02-01 opened-while-open"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, faults := Fold(events(tt.rows))
			if d := cmp.Diff(tt.want, spans(got)); d != "" {
				t.Errorf("registrations (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.fault, foldFaults(faults)); d != "" {
				t.Errorf("faults (-want +got):\n%s", d)
			}
		})
	}
}

func TestFoldTakesOnlyWrittenValuesAndSaysWhereFrom(t *testing.T) {
	es := events("登録 2026-01-01\n変更 2026-02-01\n廃止 2026-03-01 2026-03-31")
	es[0].OtherInsurers, es[0].Lines, es[0].Note = "0002 0003", "自動車 火災", "初回"
	es[1].OtherInsurers, es[1].AgencyName = "0004", "新代理店"
	es[2].AgencyName = ""
	want := []pipeline.Registration{{
		AgencyNo: "D1", AgentID: "A1", Role: "使用人",
		OpenedOn: pipeline.MustDate("2026-01-01"), ClosedOn: pipeline.MustDate("2026-03-31"),
		LeadInsurer: "0001", OtherInsurers: "0004", AgencyName: "新代理店", Lines: "自動車 火災", Note: "初回",
		From: `{"":"b//1","agency_name":"b//2","closed_on":"b//3","other_insurers":"b//2"}`,
	}}
	got, _ := Fold(es)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("Fold (-want +got):\n%s", d)
	}
}

func TestRepeatedRowReplacesWhatItWrites(t *testing.T) {
	stored := events("登録 2026-01-01\n廃止 2026-03-31 2026-03-31")
	stored[0].Note = "備考"
	before := slices.Clone(stored)
	again := events("廃止 2026-03-31 2026-02-28")[0]
	again.Arrival, again.AgencyName, again.Sender = "9999", "", "0009"
	again.From = "c//7"

	got, changed := MergeEvents(stored, again)
	if !changed || len(got) != 2 || got[1].ClosedOn != again.ClosedOn {
		t.Errorf("a repeated key with another closing: changed %v, %+v", changed, got)
	}
	if got[1].AgencyName != "代理店" || got[1].Arrival != "0002" || got[1].Sender != "0009" {
		t.Errorf("an unwritten value, or the arrival, was replaced: %+v", got[1])
	}
	if r := got[1].From.Of("closed_on"); r.Batch != "c" {
		t.Errorf("the closing is said to come from %v", r)
	}
	if d := cmp.Diff(before, stored); d != "" {
		t.Errorf("the stored events were changed in place:\n%s", d)
	}
	if _, changed := MergeEvents(got, again); changed {
		t.Error("the same row once more changes something")
	}
}

func TestMergeRegistrations(t *testing.T) {
	tests := []struct {
		name, stored, in     string
		want, written, fault []string
	}{
		{
			"a change sent before its registration, in one file", "", "変更 2026-02-01\n登録 2026-01-01",
			[]string{"2026-01-01.."},
			[]string{"変更 2026-02-01", "登録 2026-01-01"},
			nil,
		},
		{
			"a change that nothing opened is not kept", "登録 2026-03-01", "変更 2026-02-01\n廃止 2026-04-01 2026-04-01",
			[]string{"2026-03-01..2026-04-01"},
			[]string{"廃止 2026-04-01"},
			[]string{"変更 2026-02-01 change-without-registration"},
		},
		{
			"a wrong correction of a closing leaves the closing standing",
			"登録 2026-03-01\n廃止 2026-04-01 2026-04-01", "廃止 2026-04-01 2026-01-01",
			[]string{"2026-03-01..2026-04-01"},
			nil,
			[]string{"廃止 2026-04-01 closed-before-opened"},
		},
		{
			"what leans on a wrong correction stands on what was stored",
			"登録 2026-03-01", "登録 2026-03-01 2026-02-01\n変更 2026-05-01",
			[]string{"2026-03-01.."},
			[]string{"変更 2026-05-01"},
			[]string{"登録 2026-03-01 closed-before-opened"},
		},
		{"nothing new", "登録 2026-03-01", "登録 2026-03-01", []string{"2026-03-01.."}, nil, nil},
		{
			"only faults of the file's own rows are told", "廃止 2026-01-01 2026-01-01", "登録 2026-03-01",
			[]string{"?..2026-01-01", "2026-03-01.."},
			[]string{"登録 2026-03-01"},
			nil,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := MergeRegistrations(events(tt.stored), events(tt.in))
			if d := cmp.Diff(tt.want, spans(c.Registrations)); d != "" {
				t.Errorf("registrations (-want +got):\n%s", d)
			}
			var written []string
			for _, e := range c.Written {
				written = append(written, e.Event+" "+e.On.String())
			}
			if d := cmp.Diff(tt.written, written); d != "" {
				t.Errorf("written (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.fault, foldFaults(c.Faults)); d != "" {
				t.Errorf("faults (-want +got):\n%s", d)
			}
			regs, _ := Fold(c.Events)
			if d := cmp.Diff(c.Registrations, regs); d != "" {
				t.Errorf("the events kept do not fold to the registrations (-change +fold):\n%s", d)
			}
		})
	}
}

// drawEvents draws events of one agency, person and role over few days; with
// distinct, each has a day of its own.
func drawEvents(t *rapid.T, distinct bool) []pipeline.RegistrationEvent {
	first := pipeline.MustDate("2026-01-01")
	text := rapid.SampledFrom([]string{"", "", "x", "y"})
	type key struct {
		event string
		on    pipeline.Date
	}
	rows := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) pipeline.RegistrationEvent {
		kinds := []string{pipeline.EventRegister, pipeline.EventNotify, pipeline.EventChange, pipeline.EventClose}
		e := pipeline.RegistrationEvent{
			AgencyNo: "D1", AgentID: "A1", Role: "使用人", Sender: "0001", AgencyName: "代理店",
			Event: rapid.SampledFrom(kinds).Draw(t, "event"),
			On:    first.AddDays(rapid.IntRange(0, 12).Draw(t, "day")),
			Lines: text.Draw(t, "lines"), Note: text.Draw(t, "note"),
		}
		if e.Event == pipeline.EventClose || rapid.IntRange(0, 3).Draw(t, "closes") == 0 {
			e.ClosedOn = e.On.AddDays(rapid.SampledFrom([]int{0, 0, 0, 3, 20, -4}).Draw(t, "closing"))
		}
		return e
	}), 0, 8, func(e pipeline.RegistrationEvent) key {
		if distinct {
			return key{"", e.On}
		}
		return key{e.Event, e.On}
	}).Draw(t, "events")
	for i := range rows {
		rows[i].Arrival = fmt.Sprintf("%04d", i)
		rows[i].From = pipeline.Provenance("").With(pipeline.Ref{Batch: "b", Row: i + 1})
	}
	return rows
}

func TestFoldIsBlindToTheOrderOfItsEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		es := drawEvents(t, false)
		before := slices.Clone(es)
		want, wantFaults := Fold(es)
		if d := cmp.Diff(before, es, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("Fold changed the events it was given:\n%s", d)
		}
		got, gotFaults := Fold(rapid.Permutation(es).Draw(t, "order"))
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("registrations in another order (-want +got):\n%s", d)
		}
		if d := cmp.Diff(wantFaults, gotFaults); d != "" {
			t.Fatalf("faults in another order (-want +got):\n%s", d)
		}
	})
}

func TestFoldedIntervalsAreSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rs, _ := Fold(drawEvents(t, false))
		for i, r := range rs {
			if !r.ClosedOn.IsZero() && r.ClosedOn < r.OpenedOn {
				t.Fatalf("closed before opened: %v", spans(rs))
			}
			if i > 0 && r.OpenedOn <= rs[i-1].OpenedOn {
				t.Fatalf("two intervals of one opening, or out of order: %v", spans(rs))
			}
			if r.OpenedOn.IsZero() && r.ClosedOn.IsZero() {
				t.Fatalf("an interval of which neither end is known: %v", spans(rs))
			}
		}
	})
}

func TestChangeWithoutClosingMovesNoClosing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		es := drawEvents(t, false)
		want, _ := Fold(es)
		es = slices.DeleteFunc(es, func(e pipeline.RegistrationEvent) bool {
			return e.Event == pipeline.EventChange && e.ClosedOn.IsZero()
		})
		got, _ := Fold(es)
		if d := cmp.Diff(spans(want), spans(got)); d != "" {
			t.Fatalf("with and without the changes (-with +without):\n%s", d)
		}
	})
}

// Insurers send what came back until it is taken. However the events were
// spread over nights and files, the register ends up the same.
func TestNightsAndFilesDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		es := drawEvents(t, true)
		want, _ := Fold(es)

		var stored []pipeline.RegistrationEvent
		pending := rapid.Permutation(es).Draw(t, "order")
		for moved := true; moved && len(pending) > 0; {
			moved = false
			var back []pipeline.RegistrationEvent
			for len(pending) > 0 {
				n := rapid.IntRange(1, len(pending)).Draw(t, "rows of the file")
				c := MergeRegistrations(stored, pending[:n])
				if again := MergeRegistrations(c.Events, c.Written); len(again.Written) > 0 {
					t.Fatalf("the same rows once more write %d", len(again.Written))
				}
				for _, f := range c.Faults {
					if f.Fault.Severity == pipeline.SeverityError {
						back = append(back, f.Event)
					}
				}
				moved = moved || len(c.Written) > 0
				stored, pending = c.Events, pending[n:]
			}
			pending = back
		}
		got, _ := Fold(stored)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("all at once, and over nights (-once +nights):\n%s", d)
		}
	})
}
