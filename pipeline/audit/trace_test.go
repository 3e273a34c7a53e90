package audit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meibo/pipeline"
	"meibo/pipeline/audit"
)

// register is a chain of nights with a decision behind each, a receipt behind the
// second, and what the tables show of nights and receipts.
func register(t *testing.T, nights int) (events []audit.Event, traces []audit.Trace) {
	t.Helper()
	first := pipeline.MustDate("2026-11-01")
	var head audit.Head
	add := func(day pipeline.Date, hour int, action audit.Action, facts audit.Facts) {
		at := pipeline.InstantOf(time.Date(2026, 11, day.Day(), hour, 0, 0, 0, time.UTC))
		e, err := audit.Act{At: at, Actor: "nightly", Action: action, Facts: facts}.After(head)
		if err != nil {
			t.Fatal(err)
		}
		head = audit.HeadOf(e)
		events = append(events, e)
	}
	seen := func(what string, day pipeline.Date, key string) {
		at := pipeline.InstantOf(time.Date(2026, 11, day.Day(), 12, 0, 0, 0, time.UTC))
		traces = append(traces, audit.Trace{What: what, Day: day, At: at, Key: key})
	}
	for i := range nights {
		day := first.AddDays(i)
		add(day, 3, audit.RunFinished, audit.Facts{"run": "nightly-" + day.String(), "day": day.String()})
		seen(fmt.Sprintf("runs nightly-%s-1", day), day, audit.RunTrace(day))
		add(day, 9, audit.DecisionMade, audit.Facts{"decision": i + 1})
		if i == 1 {
			add(day, 10, audit.PurgeExecuted, audit.Facts{"receipt": "R-000001", "receipt_hash": "aa", "day": day.String()})
			seen("purge_receipts R-000001", day, audit.ReceiptTrace("R-000001", "aa"))
		}
	}
	return events, traces
}

// Events: night 1, decision 2, night 3, decision 4, receipt 5, night 6, decision 7.
func TestWhatTheTablesShowHasItsEvent(t *testing.T) {
	whole, traces := register(t, 3)
	// again is the chain up to n and then what the nights after it would append.
	again := func(n int, days ...string) []audit.Event {
		events := append([]audit.Event{}, whole[:n]...)
		head := audit.Head{Hash: audit.Genesis}
		if n > 0 {
			head = audit.HeadOf(events[n-1])
		}
		for _, day := range days {
			at := pipeline.InstantOf(time.Date(2026, 11, pipeline.MustDate(day).Day(), 3, 0, 0, 0, time.UTC))
			e, err := audit.Act{At: at, Actor: "nightly", Action: audit.RunFinished, Facts: audit.Facts{"day": day}}.After(head)
			if err != nil {
				t.Fatal(err)
			}
			head = audit.HeadOf(e)
			events = append(events, e)
		}
		return events
	}
	for _, tt := range []struct {
		name   string
		events []audit.Event
		gaps   []audit.Gap
		older  int
		want   []audit.Finding
	}{
		{name: "nothing is gone", events: whole},
		{name: "a decision at the end, which leaves no trace", events: whole[:6]},
		{name: "the last night", events: whole[:5], want: []audit.Finding{{Damage: audit.CutTail, Number: 6, Trace: "runs nightly-2026-11-03-1"}}},
		{name: "the receipt and what follows", events: whole[:4], want: []audit.Finding{{Damage: audit.CutTail, Number: 5, Trace: "purge_receipts R-000001"}}},
		{name: "all", events: nil, want: []audit.Finding{{Damage: audit.CutTail, Number: 1, Trace: "runs nightly-2026-11-01-1"}}},
		{
			name: "a night, and the next one went on", events: again(2, "2026-11-03"),
			want: []audit.Finding{{Damage: audit.Rewritten, Number: 2, Until: 3, Trace: "runs nightly-2026-11-02-1"}},
		},
		{
			name: "a receipt, and the next night went on", events: again(4, "2026-11-03"),
			want: []audit.Finding{{Damage: audit.Rewritten, Number: 2, Until: 5, Trace: "purge_receipts R-000001"}},
		},
		{name: "lost with a restore that was signed", events: again(4, "2026-11-03"), gaps: []audit.Gap{{First: 5, Last: 5}}},
		{
			name: "a restore excuses nothing that it had kept", events: again(2, "2026-11-03"), gaps: []audit.Gap{{First: 5, Last: 5}},
			want: []audit.Finding{{Damage: audit.Rewritten, Number: 2, Until: 3, Trace: "runs nightly-2026-11-02-1"}},
		},
		{name: "nights older than the whole chain", events: again(0, "2026-11-03"), older: 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := audit.Report{Restores: tt.gaps}
			r.Compare(tt.events, traces)
			if d := cmp.Diff(tt.want, r.Findings); d != "" || r.Older != tt.older {
				t.Errorf("findings (-want +got):\n%s\nolder %d, want %d", d, r.Older, tt.older)
			}
		})
	}
}

// Of a chain that is damaged by itself nothing more is said.
func TestOneDamageIsNamedOnce(t *testing.T) {
	events, traces := register(t, 3)
	damaged := audit.Report{Findings: []audit.Finding{{Damage: audit.Altered, Number: 2}}}
	damaged.Compare(events[:1], traces)
	if len(damaged.Findings) != 1 {
		t.Errorf("findings: %+v", damaged.Findings)
	}
	lines := audit.Report{Findings: []audit.Finding{{Damage: audit.CheckpointCut, Number: 2}}}
	lines.Compare(events[:5], traces)
	if len(lines.Findings) != 2 || lines.Findings[1].Number != 6 {
		t.Errorf("findings: %+v", lines.Findings)
	}
}
