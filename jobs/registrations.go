package jobs

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/intake"
	"meibo/pipeline/store"
)

// lookupSize is how many persons or agencies one look-up asks for.
const lookupSize = 5000

// registrationMeeting is what the rows of a registrations file do to the
// register. Rows bear on each other (a 変更 may stand before its 登録, an
// agency's 代申 may change within the file), so a file is met as a whole.
type registrationMeeting struct {
	meeting
	groups   []registrationGroup
	agencies []pipeline.Agency // those the file changed, in order of number
}

// registrationGroup is one person at one agency in one role.
type registrationGroup struct {
	key     store.RegistrationKey
	rows    int
	written []pipeline.RegistrationEvent
	regs    []pipeline.Registration
	applied int

	replaced []pipeline.Correction // versions that end corrections which newer rows replaced
}

// sentEvent is one row of the file with the event it holds.
type sentEvent struct {
	*intake.Record
	pipeline.RegistrationEvent
}

func (e sentEvent) group() store.RegistrationKey {
	return store.RegistrationKey{AgencyNo: e.AgencyNo, AgentID: e.AgentID, Role: e.Role}
}

func compareGroups(a, b store.RegistrationKey) int {
	return cmp.Or(cmp.Compare(a.AgencyNo, b.AgencyNo), cmp.Compare(a.AgentID, b.AgentID), cmp.Compare(a.Role, b.Role))
}

// arrivalOf sorts events of one day in order of arrival: day, attempt, file, row.
func (t *taking) arrivalOf(row int) string {
	return fmt.Sprintf("%s.%03d.%05d.%07d", t.row.AsOf, t.row.Attempt, t.file.Seq, row)
}

func (t *taking) meetRegistrations(ctx context.Context, chunk []*intake.Record) (*registrationMeeting, error) {
	m := &registrationMeeting{}
	sent := make([]sentEvent, len(chunk))
	for i, r := range chunk {
		ev := *r.Value.(*pipeline.RegistrationEvent)
		ev.Sender, ev.Arrival, ev.From = t.file.Sender, t.arrivalOf(r.Row), pipeline.Provenance("").With(t.ref(r))
		sent[i] = sentEvent{r, ev}
	}
	aside := map[*intake.Record]bool{}
	if err := t.checkPersons(ctx, m, sent, aside); err != nil {
		return nil, err
	}
	agencies, err := t.agenciesOf(ctx, sent)
	if err != nil {
		return nil, err
	}
	judged := byAgency(sent)
	judgeSenders(m, judged, agencies, t.row.AsOf, aside)
	good := slices.DeleteFunc(slices.Clone(sent), func(e sentEvent) bool { return aside[e.Record] })
	if err := t.fold(ctx, m, good, aside); err != nil {
		return nil, err
	}
	m.agencies = mergeAgencies(judged, agencies, t.row.AsOf, aside)
	return m, nil
}

// checkPersons sets aside rows whose person the register does not know, or
// knows under another name and birth date.
func (t *taking) checkPersons(ctx context.Context, m *registrationMeeting, sent []sentEvent, aside map[*intake.Record]bool) error {
	for group := range slices.Chunk(sent, lookupSize) {
		who := make([]string, len(group))
		for i, e := range group {
			who[i] = e.AgentID
		}
		slices.Sort(who)
		known, err := t.people(ctx, slices.Compact(who), false)
		if err != nil {
			return err
		}
		for _, e := range group {
			if m.fault(e.Record, intake.CheckPerson(known[e.AgentID], e.Name, e.BornOn, nil)) {
				aside[e.Record] = true
			}
		}
	}
	return nil
}

func (t *taking) agenciesOf(ctx context.Context, sent []sentEvent) (map[string]*pipeline.Agency, error) {
	numbers := make([]string, len(sent))
	for i, e := range sent {
		numbers[i] = e.AgencyNo
	}
	slices.Sort(numbers)
	out := map[string]*pipeline.Agency{}
	for group := range slices.Chunk(slices.Compact(numbers), lookupSize) {
		found, err := t.Store.Agencies(ctx, group)
		if err != nil {
			return nil, err
		}
		for i := range found {
			out[found[i].No] = &found[i]
		}
	}
	return out, nil
}

// byAgency sorts the rows as the register meets them: agency by agency, in
// order of day and then of row.
func byAgency(sent []sentEvent) []sentEvent {
	out := slices.Clone(sent)
	slices.SortFunc(out, func(a, b sentEvent) int {
		return cmp.Or(cmp.Compare(a.AgencyNo, b.AgencyNo), cmp.Compare(a.On, b.On), cmp.Compare(a.Row, b.Row))
	})
	return out
}

// judgeSenders sets aside rows of an insurer that may not send them, judged by
// the agency as the register and the rows before know it.
func judgeSenders(m *registrationMeeting, sent []sentEvent, agencies map[string]*pipeline.Agency, asOf pipeline.Date, aside map[*intake.Record]bool) {
	seen := map[string]*pipeline.Agency{}
	for _, e := range sent {
		agency, ok := seen[e.AgencyNo]
		if !ok {
			agency = agencies[e.AgencyNo]
		}
		if f := intake.CheckSender(agency, e.RegistrationEvent); f != nil && m.fault(e.Record, []*pipeline.Fault{f}) {
			aside[e.Record] = true
		}
		if aside[e.Record] {
			continue
		}
		merged, _ := intake.MergeAgency(agency, e.RegistrationEvent, asOf)
		seen[e.AgencyNo] = &merged
	}
}

// mergeAgencies works out the agencies after the rows that stand.
func mergeAgencies(sent []sentEvent, agencies map[string]*pipeline.Agency, asOf pipeline.Date, aside map[*intake.Record]bool) []pipeline.Agency {
	var out []pipeline.Agency
	for _, e := range sent {
		if aside[e.Record] {
			continue
		}
		merged, changed := intake.MergeAgency(agencies[e.AgencyNo], e.RegistrationEvent, asOf)
		if !changed {
			continue
		}
		agencies[e.AgencyNo] = &merged
		if n := len(out); n > 0 && out[n-1].No == e.AgencyNo {
			out[n-1] = merged
		} else {
			out = append(out, merged)
		}
	}
	return out
}

// fold works out the registrations group by group, with what is stored.
func (t *taking) fold(ctx context.Context, m *registrationMeeting, good []sentEvent, aside map[*intake.Record]bool) error {
	slices.SortFunc(good, func(a, b sentEvent) int {
		return cmp.Or(compareGroups(a.group(), b.group()), cmp.Compare(a.Row, b.Row))
	})
	for rest := good; len(rest) > 0; {
		// A look-up ends at the end of a group.
		n := min(lookupSize, len(rest))
		for n < len(rest) && rest[n].group() == rest[n-1].group() {
			n++
		}
		stored, err := t.storedEvents(ctx, rest[:n])
		if err != nil {
			return err
		}
		guard, err := t.guard(ctx, agentsOf(rest[:n]))
		if err != nil {
			return err
		}
		for group := range groups(rest[:n]) {
			m.foldGroup(guard, group, stored[group[0].group()], aside)
		}
		rest = rest[n:]
	}
	return nil
}

func (t *taking) storedEvents(ctx context.Context, sent []sentEvent) (map[store.RegistrationKey][]pipeline.RegistrationEvent, error) {
	events, err := t.Store.Events(ctx, agentsOf(sent))
	if err != nil {
		return nil, err
	}
	out := map[store.RegistrationKey][]pipeline.RegistrationEvent{}
	for _, e := range events {
		k := store.RegistrationKey{AgencyNo: e.AgencyNo, AgentID: e.AgentID, Role: e.Role}
		out[k] = append(out[k], e)
	}
	return out, nil
}

// agentsOf lists the IDs of some rows, each once.
func agentsOf(sent []sentEvent) []string {
	who := make([]string, len(sent))
	for i, e := range sent {
		who[i] = e.AgentID
	}
	slices.Sort(who)
	return slices.Compact(who)
}

// groups yields the runs of rows of one group.
func groups(sent []sentEvent) func(yield func([]sentEvent) bool) {
	return func(yield func([]sentEvent) bool) {
		for len(sent) > 0 {
			n := 1
			for n < len(sent) && sent[n].group() == sent[0].group() {
				n++
			}
			if !yield(sent[:n]) {
				return
			}
			sent = sent[n:]
		}
	}
}

// foldGroup adds the change of one group and locates its faults.
func (m *registrationMeeting) foldGroup(g *guard, group []sentEvent, stored []pipeline.RegistrationEvent, aside map[*intake.Record]bool) {
	in := make([]pipeline.RegistrationEvent, len(group))
	for i, e := range group {
		in[i] = e.RegistrationEvent
	}
	c := intake.MergeRegistrations(stored, in)
	m.tell(group, c.Faults, aside)
	out := registrationGroup{key: group[0].group(), rows: len(group), written: c.Written, regs: c.Registrations}
	changed := map[intake.EventKey]bool{}
	for _, ev := range c.Written {
		changed[intake.KeyOf(ev)] = true
	}
	if active := g.active[out.key.AgentID]; len(active) > 0 {
		faults := out.protect(g, active, group, aside)
		m.tell(group, faults, aside)
		for _, f := range faults {
			if f.Fault.Code == intake.CodeCorrectedValueReplaced {
				changed[intake.KeyOf(f.Event)] = true
			}
		}
	}
	for _, e := range group {
		if changed[intake.KeyOf(e.RegistrationEvent)] && !aside[e.Record] {
			out.applied++
		}
	}
	m.groups = append(m.groups, out)
}

// tell locates the faults of events at the rows that hold them.
func (m *registrationMeeting) tell(group []sentEvent, faults []intake.FoldFault, aside map[*intake.Record]bool) {
	for _, f := range faults {
		for _, e := range group {
			if intake.KeyOf(e.RegistrationEvent) != intake.KeyOf(f.Event) {
				continue
			}
			fault := *f.Fault
			if m.fault(e.Record, []*pipeline.Fault{&fault}) {
				aside[e.Record] = true
			}
		}
	}
}

// protect lays what was corrected over what the events say, unless a row that
// stands is newer.
func (r *registrationGroup) protect(g *guard, active []pipeline.Correction, group []sentEvent, aside map[*intake.Record]bool) []intake.FoldFault {
	active = slices.DeleteFunc(slices.Clone(active), func(c pipeline.Correction) bool {
		return c.TargetCode != r.key.AgencyNo || c.TargetNo != r.key.Role
	})
	var in []pipeline.RegistrationEvent
	for _, e := range group {
		if !aside[e.Record] {
			in = append(in, e.RegistrationEvent)
		}
	}
	faults, replaced := g.items.ProtectRegistrations(r.regs, in, active, g.data)
	for _, c := range replaced {
		i := slices.IndexFunc(faults, func(f intake.FoldFault) bool { return f.Fault.Code == intake.CodeCorrectedValueReplaced })
		r.replaced = append(r.replaced, g.superseded(c, faults[i].Event.From.Of("")))
		active = slices.DeleteFunc(active, func(a pipeline.Correction) bool { return a.Key() == c.Key() })
	}
	folded := r.regs
	r.regs = nil
	for _, x := range g.items.Overlay(folded, active) {
		r.regs = append(r.regs, x.Registration)
	}
	return faults
}

// registrationParts splits the file's change into transactions. The agencies go
// with the first: writing them again changes nothing.
func (t *taking) registrationParts(ctx context.Context, chunk []*intake.Record) ([]part, error) {
	m, err := t.meetRegistrations(ctx, chunk)
	if err != nil {
		return nil, err
	}
	parts := []part{{0, func(context.Context) (*meeting, error) {
		return &meeting{write: func(ctx context.Context, tx *store.Tx) error { return tx.PutAgencies(ctx, m.agencies) }}, nil
	}}}
	for rest := m.groups; len(rest) > 0; {
		n, rows := 0, 0
		for n < len(rest) && (n == 0 || rows+rest[n].rows <= chunkRows) {
			rows += rest[n].rows
			n++
		}
		batch := rest[:n]
		parts = append(parts, part{rows, func(context.Context) (*meeting, error) { return writeGroups(batch), nil }})
		rest = rest[n:]
	}
	return parts, nil
}

func writeGroups(groups []registrationGroup) *meeting {
	var events []pipeline.RegistrationEvent
	var keys []store.RegistrationKey
	var regs []pipeline.Registration
	var replaced []pipeline.Correction
	m := &meeting{}
	for _, g := range groups {
		m.applied += g.applied
		if len(g.written) > 0 || len(g.replaced) > 0 {
			events, keys, regs = append(events, g.written...), append(keys, g.key), append(regs, g.regs...)
			replaced = append(replaced, g.replaced...)
		}
	}
	m.write = func(ctx context.Context, tx *store.Tx) error {
		if err := tx.PutEvents(ctx, events); err != nil {
			return err
		}
		if err := tx.PutRegistrations(ctx, keys, regs); err != nil {
			return err
		}
		return tx.PutCorrections(ctx, replaced)
	}
	return m
}
