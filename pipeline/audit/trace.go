package audit

import (
	"cmp"
	"slices"
	"strings"

	"meibo/pipeline"
)

// Trace is what the database shows, apart from the chain, of something of which
// the chain must hold an event. Events and checkpoints that are cut off together
// leave it behind.
type Trace struct {
	What string           // where it stands: a table and its key
	Day  pipeline.Date    // for which it was done
	At   pipeline.Instant // when it was done, by the clock
	Key  string           // of RunTrace or ReceiptTrace
}

// RunTrace is the key of the event that a finished night leaves.
func RunTrace(day pipeline.Date) string { return "run " + day.String() }

// ReceiptTrace is the key of the event that tells of a receipt.
func ReceiptTrace(no, hash string) string { return "receipt " + no + " " + hash }

// trace is the key of what an event tells of; empty: nothing that is looked for.
func (e *Event) trace() string {
	switch {
	case e.Action == RunFinished:
		return "run " + e.Fact("day")
	case e.Fact("receipt") != "":
		return ReceiptTrace(e.Fact("receipt"), e.Fact("receipt_hash"))
	}
	return ""
}

// takenBack are the numbers of the receipts that replays took back from their files:
// the events of these may have been given up with what one of them restored from.
// That nobody made them up their own signatures and chain tell.
func takenBack(events []Event) map[string]bool {
	out := map[string]bool{}
	for i := range events {
		if e := &events[i]; e.Action == PurgeReplayed {
			for _, no := range e.facts(TakenBack) {
				out[no] = true
			}
		}
	}
	return out
}

// TakenBack is the fact of a replay that lists the receipts it took back.
const TakenBack = "taken_back"

// receipt is the number of the receipt that a trace is of; empty: of none.
func (t *Trace) receipt() string {
	_, rest, _ := strings.Cut(t.Key, "receipt ")
	no, _, _ := strings.Cut(rest, " ")
	return no
}

// Compare adds to a report the first of the traces of which a chain without
// damage of its own has no event. Without a later trace the end was cut off; with
// one the chain was cut and went on. What a signed restore took out is passed
// over; what is older than the whole chain is counted (Report.Older), for a
// program before the chain may have done it.
func (r *Report) Compare(events []Event, traces []Trace) {
	if slices.ContainsFunc(r.Findings, func(f Finding) bool { return !f.Damage.ofCheckpoints() }) {
		return // its consequence
	}
	at := map[string]int{}
	for i := range events {
		if key := events[i].trace(); key != "" && at[key] == 0 {
			at[key] = events[i].Seq
		}
	}
	back := takenBack(events)
	traces = slices.SortedStableFunc(slices.Values(traces), func(a, b Trace) int { return cmp.Compare(a.Day, b.Day) })
	for _, t := range traces {
		if at[t.Key] > 0 || back[t.receipt()] {
			continue
		}
		before, after := around(t, traces, at)
		switch {
		case len(events) > 0 && t.At.Time().Before(events[0].At.Time()):
			r.Older++
			continue
		case slices.ContainsFunc(r.Restores, func(g Gap) bool { return before < g.First && (after == 0 || after >= g.First) }):
			continue
		case after > 0:
			r.Findings = append(r.Findings, Finding{Damage: Rewritten, Number: before + 1, Until: after, Trace: t.What})
		default:
			r.Findings = append(r.Findings, Finding{Damage: CutTail, Number: len(events) + 1, Trace: t.What})
		}
		return
	}
}

// around are the last event known to stand before the day of a trace, and the
// first known to stand behind it; 0: none.
func around(t Trace, traces []Trace, at map[string]int) (before, after int) {
	for _, o := range traces {
		switch seq := at[o.Key]; {
		case seq == 0:
		case o.Day < t.Day:
			before = max(before, seq)
		case o.Day > t.Day && (after == 0 || seq < after):
			after = seq
		}
	}
	return before, after
}

// ofCheckpoints reports whether the damage is to the file of checkpoints alone.
func (d Damage) ofCheckpoints() bool {
	switch d {
	case CheckpointAltered, CheckpointForged, CheckpointDropped, CheckpointReordered, CheckpointCut:
		return true
	}
	return false
}
