package intake

import (
	"slices"

	"meibo/pipeline"
)

// EventKey is what makes two registration rows say the same thing once more.
type EventKey struct {
	AgencyNo, AgentID, Role, Event string
	On                             pipeline.Date
}

// KeyOf returns the key of an event.
func KeyOf(e pipeline.RegistrationEvent) EventKey {
	return EventKey{e.AgencyNo, e.AgentID, e.Role, e.Event, e.On}
}

// MergeEvents adds in to stored, or, where an event of its key is stored,
// lets its written values replace what is there. It reports whether anything
// changed and leaves the slice it was given as it is.
//
// A repeated event keeps its first arrival, so that sending a file again does
// not put its rows behind those that came in between.
func MergeEvents(stored []pipeline.RegistrationEvent, in pipeline.RegistrationEvent) ([]pipeline.RegistrationEvent, bool) {
	key := KeyOf(in)
	i := slices.IndexFunc(stored, func(e pipeline.RegistrationEvent) bool { return KeyOf(e) == key })
	if i < 0 {
		return append(slices.Clip(stored), in), true
	}
	e := stored[i]
	var columns []string
	columns = write(columns, "closed_on", &e.ClosedOn, in.ClosedOn)
	columns = write(columns, "lead_insurer", &e.LeadInsurer, in.LeadInsurer)
	columns = write(columns, "other_insurers", &e.OtherInsurers, in.OtherInsurers)
	columns = write(columns, "agency_name", &e.AgencyName, in.AgencyName)
	columns = write(columns, "agency_address", &e.AgencyAddress, in.AgencyAddress)
	columns = write(columns, "lines", &e.Lines, in.Lines)
	columns = write(columns, "note", &e.Note, in.Note)
	if len(columns) == 0 {
		return stored, false
	}
	e.Sender = in.Sender
	e.From = withEvent(e.From, in, columns)
	out := slices.Clone(stored)
	out[i] = e
	return out, true
}

// RegistrationChange is what the registration rows of one file do to one
// agency, person and role.
type RegistrationChange struct {
	Events        []pipeline.RegistrationEvent // all events after the file
	Written       []pipeline.RegistrationEvent // those of Events that are new or changed
	Registrations []pipeline.Registration      // folded from Events
	Faults        []FoldFault                  // of the keys that the file holds
}

// MergeRegistrations works out what the rows in of one file do to the stored
// events of the same agency, person and role. Rows that are wrong among the
// others are set aside together with all rows of their key, and what was stored
// under that key stays. A row that neither Written nor Faults mentions said
// what the register already knew.
func MergeRegistrations(stored, in []pipeline.RegistrationEvent) RegistrationChange {
	replaces := map[EventKey]bool{}
	for _, e := range stored {
		replaces[KeyOf(e)] = true
	}
	refused := map[EventKey]bool{}
	var setAside []FoldFault
	for {
		c := mergeRows(stored, in, refused)
		i := slices.IndexFunc(c.Faults, isError)
		if i < 0 {
			c.Faults = append(setAside, c.Faults...)
			return c
		}
		// A new row that is wrong has no effect, so its error is its own, and so
		// are those after it. But once a row is refused that replaced a stored
		// one, the stored one stands again, and later rows may lean on it.
		for _, f := range c.Faults[i:] {
			if !isError(f) {
				continue
			}
			key := KeyOf(f.Event)
			refused[key] = true
			setAside = append(setAside, f)
			if replaces[key] {
				break
			}
		}
	}
}

func isError(f FoldFault) bool { return f.Fault.Severity == pipeline.SeverityError }

// mergeRows merges and folds the rows whose keys are not refused.
func mergeRows(stored, in []pipeline.RegistrationEvent, refused map[EventKey]bool) RegistrationChange {
	c := RegistrationChange{Events: stored}
	written := map[EventKey]bool{} // whether the rows of a key changed anything
	for _, e := range in {
		if key := KeyOf(e); !refused[key] {
			var changed bool
			c.Events, changed = MergeEvents(c.Events, e)
			written[key] = written[key] || changed
		}
	}
	c.Registrations, c.Faults = Fold(c.Events)
	c.Faults = slices.DeleteFunc(c.Faults, func(f FoldFault) bool {
		_, held := written[KeyOf(f.Event)]
		return !held
	})
	for _, e := range c.Events {
		if written[KeyOf(e)] {
			c.Written = append(c.Written, e)
		}
	}
	return c
}
