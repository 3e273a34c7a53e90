package intake

import (
	"cmp"
	"slices"

	"meibo/pipeline"
)

// ActiveCorrections are those that were applied and not replaced since: what
// they say holds against older files, whatever else was asked or refused under
// their 受付番号. Whole deletions are not among them.
func ActiveCorrections(versions []pipeline.Correction) []pipeline.Correction {
	var applied []pipeline.Correction
	for _, c := range versions {
		if c.Item != "" && (c.State == pipeline.CorrectionApplied || c.State == pipeline.CorrectionReplaced) {
			applied = append(applied, c)
		}
	}
	return slices.DeleteFunc(pipeline.NewestVersions(applied), func(c pipeline.Correction) bool {
		return c.State != pipeline.CorrectionApplied
	})
}

// Protection is what corrections make of a row of another file: warnings, and
// the corrections whose value the row replaces, being newer.
type Protection struct {
	Faults   []*pipeline.Fault
	Replaced []pipeline.Correction
}

// meet decides between a row of data of that day and a correction of the column
// key; clear takes the value out of the row. Data older than 申出日 never
// overwrite; those of the same day or newer do, with a warning.
func (p *Protection) meet(c *pipeline.Correction, key string, data pipeline.Date, clear func()) {
	code := CodeCorrectedValueReplaced
	if data < c.On {
		code = CodeCorrectedValue
		clear()
	} else {
		p.Replaced = append(p.Replaced, *c)
	}
	f := mergeFault(code)
	f.Key = key
	p.Faults = append(p.Faults, f)
}

// Beside joins the warnings to the faults that the merge of the row found. A row
// that is set aside replaces nothing, and nothing need be kept from it.
func (p *Protection) Beside(merge []*pipeline.Fault) []*pipeline.Fault {
	if SetsAside(merge) {
		return merge
	}
	return append(p.Faults, merge...)
}

// onlyByCorrection: the days that no file moves. What a newer file says of them
// is for the merge to refuse.
func onlyByCorrection(key string) bool { return key == "id_acquired_on" || key == "posted_on" }

// ProtectAgent takes out of a row of agents what corrections of the stored
// agent keep it from changing.
func (it Items) ProtectAgent(stored *pipeline.Agent, in *pipeline.Agent, active []pipeline.Correction, data pipeline.Date) (p Protection) {
	for i := range active {
		c := &active[i]
		item, ok := it.Find(c.Item)
		if !ok || item.Of != RecordAgent || onlyByCorrection(item.Key) && data >= c.On {
			continue
		}
		s := agentSlot(in, item.Key)
		if v := shown(s); v == "" || v == shown(agentSlot(stored, item.Key)) {
			continue
		}
		p.meet(c, item.Key, data, func() { keep(s, "") })
	}
	return p
}

// ProtectExam does the same for a result. skip says that the row is about a
// qualification that was deleted, or goes on under another key, and is older.
func (it Items) ProtectExam(qs []pipeline.Qualification, in *ExamResult, active []pipeline.Correction, data pipeline.Date) (p Protection, skip bool) {
	i := slices.IndexFunc(qs, func(q pipeline.Qualification) bool { return q.Code == in.Code && q.CertificateNo == in.CertificateNo })
	if i < 0 || in.Result != pipeline.ResultPassed && in.Result != pipeline.ResultCompleted {
		return p, false
	}
	for j := range active {
		c := &active[j]
		item, ok := it.Find(c.Item)
		if !ok || item.Of != RecordExamResult || c.TargetCode != in.Code || c.TargetNo != in.CertificateNo {
			continue
		}
		if !qs[i].OnFile() {
			if removes(c, item) {
				p.meet(c, "certificate_no", data, func() { skip = true })
			}
			continue
		}
		s := resultSlot(in, item.Key)
		if v := shown(s); v == "" || v == shown(qualificationSlot(&qs[i], item.Key)) || onlyByCorrection(item.Key) && data >= c.On {
			continue
		}
		p.meet(c, item.Key, data, func() { keep(s, "") })
	}
	return p, skip
}

// removes reports whether the qualification is no longer on file under its key.
func removes(c *pipeline.Correction, item Item) bool {
	return c.Division == pipeline.DivisionDelete || item.Key == "qualification" || item.Key == "certificate_no"
}

// Registered is a registration as corrected, with the opening that its events
// have, by which corrections know it.
type Registered struct {
	pipeline.Registration
	Opening pipeline.Date
}

// Overlay lays the corrections that hold over the registrations of one agency,
// person and role as folded from events, and returns what the register shows,
// in order of opening.
func (it Items) Overlay(folded []pipeline.Registration, active []pipeline.Correction) []Registered {
	var out []Registered
	for _, r := range folded {
		x, removed := Registered{r, r.OpenedOn}, false
		for i := range active {
			c := &active[i]
			item, ok := it.Find(c.Item)
			if !ok || item.Of != RecordRegistration || !isOf(c, r, folded) {
				continue
			}
			if c.Division == pipeline.DivisionDelete {
				removed = true
				continue
			}
			after, _ := item.Read(c.After, 0)
			keep(registrationSlot(&x.Registration, item.Key), after)
			x.From = x.From.With(c.From.Of(""), item.Key)
		}
		// An opening that came since on the corrected day is the same registration.
		moved := x.OpenedOn != x.Opening && slices.ContainsFunc(folded, func(o pipeline.Registration) bool { return o.OpenedOn == x.OpenedOn })
		if !removed && !moved {
			out = append(out, x)
		}
	}
	slices.SortStableFunc(out, func(a, b Registered) int { return cmp.Compare(a.OpenedOn, b.OpenedOn) })
	return out
}

// isOf reports whether a correction is of that registration. One whose opening
// was not known then is the oldest.
func isOf(c *pipeline.Correction, r pipeline.Registration, folded []pipeline.Registration) bool {
	if c.TargetCode != r.AgencyNo || c.TargetNo != r.Role {
		return false
	}
	return c.TargetOn == r.OpenedOn || c.TargetOn.IsZero() && r.OpenedOn == folded[0].OpenedOn
}

// ProtectRegistrations judges the rows in of one file, after which the events
// fold into folded, by the corrections of that agency, person and role. Rows
// that say what is laid over anyway are passed over.
func (it Items) ProtectRegistrations(folded []pipeline.Registration, in []pipeline.RegistrationEvent, active []pipeline.Correction, data pipeline.Date) (faults []FoldFault, replaced []pipeline.Correction) {
	for i := range active {
		c := &active[i]
		item, ok := it.Find(c.Item)
		if !ok || item.Of != RecordRegistration {
			continue
		}
		after, _ := item.Read(c.After, 0)
		var p Protection
		for _, e := range in {
			n := lands(folded, &e)
			if n < 0 || !isOf(c, folded[n], folded) {
				continue
			}
			key := "event"
			if c.Division != pipeline.DivisionDelete {
				key = item.Key
				v := eventValue(&e, key)
				if v == "" || v == after || v != shown(registrationSlot(&folded[n], key)) {
					continue
				}
			}
			p.Faults = nil
			p.meet(c, key, data, func() {})
			faults = append(faults, FoldFault{e, p.Faults[0]})
		}
		if len(p.Replaced) > 0 {
			replaced = append(replaced, *c)
		}
	}
	return faults, replaced
}

// lands is the interval that an event writes to, -1 if none.
func lands(folded []pipeline.Registration, e *pipeline.RegistrationEvent) int {
	if opens(e) {
		return slices.IndexFunc(folded, func(r pipeline.Registration) bool { return r.OpenedOn == e.On })
	}
	n := -1
	for i := range folded {
		if folded[i].OpenedOn <= e.On {
			n = i
		}
	}
	closed := eventValue(e, "closed_on")
	if n > 0 && e.Event == pipeline.EventClose && folded[n].OpenedOn == e.On && folded[n-1].ClosedOn.String() == closed {
		return n - 1 // it closed the one before, on the day the next began
	}
	return n
}

// eventValue is what an event says of a column of its registration.
func eventValue(e *pipeline.RegistrationEvent, key string) string {
	switch key {
	case "other_insurers":
		return e.OtherInsurers
	case "agency_name":
		return e.AgencyName
	case "agency_address":
		return e.AgencyAddress
	case "lines":
		return e.Lines
	case "note":
		return e.Note
	case "closed_on":
		if e.ClosedOn.IsZero() && e.Event == pipeline.EventClose {
			return e.On.String()
		}
		return e.ClosedOn.String()
	case "event_on":
		if opens(e) {
			return e.On.String()
		}
	}
	return ""
}
