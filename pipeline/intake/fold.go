package intake

import (
	"cmp"
	"slices"

	"meibo/pipeline"
)

// FoldFault is what is wrong with one event among the others of its agency,
// person and role. An error says that the event has no effect.
type FoldFault struct {
	Event pipeline.RegistrationEvent
	Fault *pipeline.Fault
}

// Fold works out the registrations of one agency, person and role from all of
// their events, in order of opening, an unknown one first.
//
// Events apply in date order, whatever order they stand in or arrived in:
//   - 登録 and 届出 open an interval on their day, or fill out the one that
//     opened on that day; they may carry its closing.
//   - 変更 and 廃止 apply to the newest interval begun on or before their day.
//     廃止 without one makes an interval of unknown opening (warning), 変更
//     without one is an error. An opening that arrives after its 廃止 needs no
//     rule of its own: it comes first in date order.
//   - Only written values change an interval; so a 変更 with an empty
//     廃止年月日 leaves an announced closing standing.
//   - A closing before the opening is an error.
//
// Events of one day apply in order of arrival, but see turnOfDay. Fold does not
// change the events it is given.
func Fold(events []pipeline.RegistrationEvent) ([]pipeline.Registration, []FoldFault) {
	events = slices.Clone(events)
	slices.SortFunc(events, inOrder)
	var f folding
	for len(events) > 0 {
		n := slices.IndexFunc(events, func(e pipeline.RegistrationEvent) bool { return e.On != events[0].On })
		if n < 0 {
			n = len(events)
		}
		f.turnOfDay(events[:n])
		for i := range n {
			f.apply(&events[i])
		}
		events = events[n:]
	}
	return f.intervals, f.faults
}

// inOrder orders events by day and arrival; the last terms only make the order total.
func inOrder(a, b pipeline.RegistrationEvent) int {
	return cmp.Or(cmp.Compare(a.On, b.On), cmp.Compare(a.Arrival, b.Arrival), cmp.Compare(a.Event, b.Event))
}

// folding holds the intervals begun so far, the newest last: events come in
// date order, and an unknown opening is made only while there is no interval.
type folding struct {
	intervals []pipeline.Registration
	faults    []FoldFault
	closedBy  *pipeline.RegistrationEvent // the 廃止 that closed the newest interval, if one did
}

func (f *folding) newest() *pipeline.Registration {
	if n := len(f.intervals); n > 0 {
		return &f.intervals[n-1]
	}
	return nil
}

func (f *folding) fault(code pipeline.Code, e *pipeline.RegistrationEvent) {
	f.faults = append(f.faults, FoldFault{*e, mergeFault(code)})
}

func opens(e *pipeline.RegistrationEvent) bool {
	return e.Event == pipeline.EventRegister || e.Event == pipeline.EventNotify
}

// turnOfDay puts the events of a day on which a registration opens into the
// order that makes sense of them. Where an earlier registration still stands,
// its 廃止 comes before the new opening, or it would never close; and 変更 comes
// after the opening, because the interval begun on its day is the newest.
func (f *folding) turnOfDay(day []pipeline.RegistrationEvent) {
	if !slices.ContainsFunc(day, func(e pipeline.RegistrationEvent) bool { return opens(&e) }) {
		return
	}
	on, last := day[0].On, f.newest()
	stands := last != nil && (last.ClosedOn.IsZero() || last.ClosedOn >= on)
	rank := func(e pipeline.RegistrationEvent) int {
		switch {
		case e.Event == pipeline.EventChange:
			return 2
		case e.Event == pipeline.EventClose && stands:
			return 0
		}
		return 1
	}
	slices.SortStableFunc(day, func(a, b pipeline.RegistrationEvent) int { return rank(a) - rank(b) })
}

func (f *folding) apply(e *pipeline.RegistrationEvent) {
	switch {
	case opens(e):
		f.open(e)
	case e.Event == pipeline.EventChange:
		f.change(e)
	case e.Event == pipeline.EventClose:
		f.close(e)
	}
}

func (f *folding) open(e *pipeline.RegistrationEvent) {
	last := f.newest()
	switch {
	case !e.ClosedOn.IsZero() && e.ClosedOn < e.On:
		f.fault(CodeClosedBeforeOpened, e)
		return
	case last != nil && last.OpenedOn == e.On: // 登録 and 届出 of one day are one interval
		f.fill(last, e, e.ClosedOn)
		return
	case last != nil && (last.ClosedOn.IsZero() || last.ClosedOn > e.On):
		f.fault(CodeOpenedWhileOpen, e)
	}
	f.begin(e, e.On, e.ClosedOn)
	f.closedBy = nil
}

func (f *folding) change(e *pipeline.RegistrationEvent) {
	last := f.newest()
	switch {
	case last == nil:
		f.fault(CodeChangeWithoutRegistration, e)
	case !e.ClosedOn.IsZero() && e.ClosedOn < last.OpenedOn:
		f.fault(CodeClosedBeforeOpened, e)
	default:
		f.fill(last, e, e.ClosedOn)
	}
}

func (f *folding) close(e *pipeline.RegistrationEvent) {
	on := e.ClosedOn
	if on.IsZero() {
		on = e.On
	}
	last := f.newest()
	switch {
	case last == nil:
		f.fault(CodeClosingWithoutOpening, e)
		f.begin(e, 0, on)
	case on < last.OpenedOn:
		f.fault(CodeClosedBeforeOpened, e)
		return
	default:
		f.warnOfMoved(last, e, on)
		f.fill(last, e, on)
	}
	f.closedBy = e
}

// warnOfMoved reports a 廃止 that moves a closing which another 廃止 made or
// which lay in the past by then. An announced closing may always be moved.
func (f *folding) warnOfMoved(last *pipeline.Registration, e *pipeline.RegistrationEvent, on pipeline.Date) {
	if last.ClosedOn.IsZero() || last.ClosedOn == on {
		return
	}
	switch {
	case f.closedBy != nil && f.closedBy.Arrival > e.Arrival:
		f.fault(CodeClosingMoved, f.closedBy) // it came later and was overruled: its sender must know
	case f.closedBy != nil || last.ClosedOn < e.On:
		f.fault(CodeClosingMoved, e)
	}
}

// begin adds the interval that e opens, or, with no opening day, that it closes.
func (f *folding) begin(e *pipeline.RegistrationEvent, opened, closed pipeline.Date) {
	f.intervals = append(f.intervals, pipeline.Registration{
		AgencyNo: e.AgencyNo, AgentID: e.AgentID, Role: e.Role, OpenedOn: opened, ClosedOn: closed,
		LeadInsurer: e.LeadInsurer, OtherInsurers: e.OtherInsurers,
		AgencyName: e.AgencyName, AgencyAddress: e.AgencyAddress,
		Lines: e.Lines, Note: e.Note, From: e.From,
	})
}

// fill writes into r what e says of it.
func (f *folding) fill(r *pipeline.Registration, e *pipeline.RegistrationEvent, closed pipeline.Date) {
	var columns []string
	columns = write(columns, "closed_on", &r.ClosedOn, closed)
	columns = write(columns, "lead_insurer", &r.LeadInsurer, e.LeadInsurer)
	columns = write(columns, "other_insurers", &r.OtherInsurers, e.OtherInsurers)
	columns = write(columns, "agency_name", &r.AgencyName, e.AgencyName)
	columns = write(columns, "agency_address", &r.AgencyAddress, e.AgencyAddress)
	columns = write(columns, "lines", &r.Lines, e.Lines)
	columns = write(columns, "note", &r.Note, e.Note)
	r.From = withEvent(r.From, *e, columns)
}
