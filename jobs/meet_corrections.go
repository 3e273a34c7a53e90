package jobs

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/intake"
	"meibo/pipeline/store"
)

// correctionParts splits a file of corrections into transactions.
func (t *taking) correctionParts(chunk []*intake.Record) []part {
	var parts []part
	for group := range personRuns(chunk, chunkRows) {
		parts = append(parts, part{len(group), func(ctx context.Context) (*meeting, error) { return t.meetCorrections(ctx, group) }})
	}
	return parts
}

// personRuns yields the rows person by person, size of them or a few more at a
// time. Rows on one person bear on each other, in their order, and stay together.
func personRuns(chunk []*intake.Record, size int) iter.Seq[[]*intake.Record] {
	rows := slices.Clone(chunk)
	slices.SortStableFunc(rows, func(a, b *intake.Record) int {
		return cmp.Compare(correction(a).AgentID, correction(b).AgentID)
	})
	return func(yield func([]*intake.Record) bool) {
		for len(rows) > 0 {
			n := min(size, len(rows))
			for n < len(rows) && correction(rows[n]).AgentID == correction(rows[n-1]).AgentID {
				n++
			}
			if !yield(rows[:n]) {
				return
			}
			rows = rows[n:]
		}
	}
}

func correction(r *intake.Record) *pipeline.Correction { return r.Value.(*pipeline.Correction) }

// meetCorrections routes, refuses or applies 申出 (要領 §4(5)ア, §11(3)–(5)).
func (t *taking) meetCorrections(ctx context.Context, chunk []*intake.Record) (*meeting, error) {
	m := &meeting{}
	w := correctionWrites{}
	for rows := range personRuns(chunk, lookupSize) {
		known, err := t.correctables(ctx, rows)
		if err != nil {
			return nil, err
		}
		naming, err := t.receiptsNaming(ctx, rows)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if naming[r] {
				m.fault(r, []*pipeline.Fault{intake.Against(intake.CodeReceiptNamesPerson)})
			}
			t.meetCorrection(m, known[correction(r).AgentID], r)
		}
		for _, r := range rows {
			id := correction(r).AgentID
			if p := known[id]; p != nil {
				w.add(p)
				delete(known, id)
			}
		}
	}
	m.write = func(ctx context.Context, tx *store.Tx) error {
		if err := w.write(ctx, tx); err != nil {
			return err
		}
		return tx.AppendAudit(ctx, t.corrected(w.versions)...)
	}
	return m, nil
}

// correctable is a person as the corrections of a file find it and leave it.
type correctable struct {
	intake.Subject
	versions []pipeline.Correction // all, oldest first within a 申出
	folded   map[store.RegistrationKey][]pipeline.Registration

	added          []pipeline.Correction
	agent          *pipeline.Agent
	names          []pipeline.Name
	qualifications []pipeline.Qualification
	moved          []store.RegistrationKey // whose registrations change
}

// correctables reads the persons of some rows; an ID that the register does not
// know is left out.
func (t *taking) correctables(ctx context.Context, rows []*intake.Record) (map[string]*correctable, error) {
	who := ids(rows, func(r *intake.Record) string { return correction(r).AgentID })
	slices.Sort(who)
	persons, err := t.persons(ctx, who)
	if err != nil {
		return nil, err
	}
	out := map[string]*correctable{}
	for _, p := range persons {
		out[p.Agent.ID] = &correctable{Subject: intake.Subject{Person: p}, folded: map[store.RegistrationKey][]pipeline.Registration{}}
	}
	versions, err := t.Store.Corrections(ctx, who)
	if err != nil {
		return nil, err
	}
	for _, c := range versions {
		if p := out[c.AgentID]; p != nil {
			p.versions = append(p.versions, c)
		}
	}
	events, err := t.Store.Events(ctx, who)
	if err != nil {
		return nil, err
	}
	for len(events) > 0 {
		key := groupOf(&events[0])
		n := slices.IndexFunc(events, func(e pipeline.RegistrationEvent) bool { return groupOf(&e) != key })
		if n < 0 {
			n = len(events)
		}
		if p := out[key.AgentID]; p != nil {
			p.folded[key], _ = intake.Fold(events[:n])
		}
		events = events[n:]
	}
	for _, p := range out {
		p.overlay(t.layouts.Items())
	}
	return out, nil
}

func groupOf(e *pipeline.RegistrationEvent) store.RegistrationKey {
	return store.RegistrationKey{AgencyNo: e.AgencyNo, AgentID: e.AgentID, Role: e.Role}
}

// overlay works out anew what holds and what the register shows.
func (p *correctable) overlay(items intake.Items) {
	p.Active = intake.ActiveCorrections(p.versions)
	p.Registered, p.Person.Registrations = nil, nil
	for _, key := range p.groups() {
		for _, r := range items.Overlay(p.folded[key], p.Active) {
			p.Registered = append(p.Registered, r)
			p.Person.Registrations = append(p.Person.Registrations, r.Registration)
		}
	}
}

func (p *correctable) groups() []store.RegistrationKey {
	var keys []store.RegistrationKey
	for k := range p.folded {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compareGroups)
	return keys
}

// note adds a version to the history of its 申出.
func (p *correctable) note(c pipeline.Correction) pipeline.Correction {
	c.No = nextVersion(p.versions, c.Key())
	p.versions = append(p.versions, c)
	return c
}

// meetCorrection decides on one row. Who may correct comes before everything:
// to anyone else the register says nothing.
func (t *taking) meetCorrection(m *meeting, p *correctable, r *intake.Record) {
	if p == nil {
		m.fault(r, []*pipeline.Fault{intake.Against(intake.CodeUnknownAgent)})
		return
	}
	items := t.layouts.Items()
	c := *correction(r)
	c.Sender, c.Since, c.From = t.file.Sender, t.row.AsOf, pipeline.Provenance("").With(t.ref(r))
	entitled := t.mayCorrect(items, p, &c)
	before := p.seen(&c)
	switch {
	case before != nil && before.State == pipeline.CorrectionRefused && before.From == c.From:
		again := items.Correct(&p.Subject, c, t.ref(r), t.row.AsOf)
		m.fault(r, refusal(pipeline.Code(before.Reason), again.Faults))
		return
	case before != nil && before.State == pipeline.CorrectionRouted && entitled:
	case before != nil && before.State != pipeline.CorrectionRefused:
		if before.State == pipeline.CorrectionRouted {
			m.fault(r, []*pipeline.Fault{intake.Against(intake.CodeCorrectionRouted)})
		}
		return
	}
	switch {
	case !entitled:
		c.State = pipeline.CorrectionRouted
		m.fault(r, []*pipeline.Fault{intake.Against(intake.CodeCorrectionRouted)})
	case c.WholeRecord():
		c.State = pipeline.CorrectionReceived
	default:
		t.correct(m, p, r, c)
		return
	}
	p.added = append(p.added, p.note(c))
	m.applied++
}

// refusal is why a row is set aside again: as before, with what is stored now.
func refusal(code pipeline.Code, now []*pipeline.Fault) []*pipeline.Fault {
	if len(now) > 0 && now[0].Code == code {
		return now
	}
	return []*pipeline.Fault{intake.Against(code)}
}

// seen is what became last of the same request of the same sender, or of this
// very row; nil if it is new.
func (p *correctable) seen(c *pipeline.Correction) *pipeline.Correction {
	var last *pipeline.Correction
	for i := range p.versions {
		v := &p.versions[i]
		if v.State == pipeline.CorrectionRefused && v.From == c.From && v.SameRequest(c) {
			return v
		}
		if v.SameRequest(c) && (last == nil || v.No > last.No) {
			last = v
		}
	}
	return last
}

// mayCorrect reports whether the sender of c corrects this person: of somebody
// registered the 代申 of one of the open registrations, of one registration
// that is open its own, and the association of people without any. A person who
// is due or asked to go stands in nothing for insurers any more, so that the
// association may answer in their place: else the request would stay open, and
// hold the deletion for ever.
func (t *taking) mayCorrect(items intake.Items, p *correctable, c *pipeline.Correction) bool {
	leads := correctors(items, p.Person, c, t.row.AsOf)
	if len(leads) > 0 && slices.Contains(leads, c.Sender) {
		return true
	}
	if c.Sender != SenderAssociation {
		return false
	}
	return len(leads) == 0 || absences{t.settings, t.row.AsOf, requestsOf(p.versions).whole}.of(p.Person)
}

// correctors are the insurers that answer c, in order; none for a person
// without an open registration.
func correctors(items intake.Items, p *pipeline.Person, c *pipeline.Correction, asOf pipeline.Date) []string {
	var all, own []string
	for i := range p.Registrations {
		r := &p.Registrations[i]
		if !r.OpenOn(asOf) || r.LeadInsurer == "" {
			continue
		}
		all = append(all, r.LeadInsurer)
		if items.TargetAgency(c, r) {
			own = append(own, r.LeadInsurer)
		}
	}
	if len(own) > 0 {
		all = own
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// correct applies a correction, or refuses it. Either answers what was routed.
func (t *taking) correct(m *meeting, p *correctable, r *intake.Record, c pipeline.Correction) {
	items, ref := t.layouts.Items(), t.ref(r)
	done := items.Correct(&p.Subject, c, ref, t.row.AsOf)
	if m.fault(r, done.Faults) {
		c = done.Correction
		c.State, c.Reason = pipeline.CorrectionRefused, string(done.Faults[0].Code)
		if !p.refusedBefore(&c) {
			m.refused = append(m.refused, p.note(c))
		}
		return
	}
	for _, old := range done.Replaced {
		old.State, old.Since, old.From = pipeline.CorrectionReplaced, t.row.AsOf, pipeline.Provenance("").With(ref)
		p.added = append(p.added, p.note(old))
	}
	p.added = append(p.added, p.note(done.Correction))
	p.take(&done)
	p.overlay(items)
	m.applied++
}

// refusedBefore reports whether the last word on the 申出 was the same refusal of
// the same request: asking again is no news.
func (p *correctable) refusedBefore(c *pipeline.Correction) bool {
	for _, v := range pipeline.NewestVersions(p.versions) {
		if v.Key() == c.Key() {
			return v.State == pipeline.CorrectionRefused && v.Reason == c.Reason && v.SameRequest(c)
		}
	}
	return false
}

// take makes the person what the correction left.
func (p *correctable) take(done *intake.Correction) {
	if done.Agent != nil {
		p.Person.Agent, p.agent = *done.Agent, done.Agent
	}
	p.Person.Names, p.names = append(p.Person.Names, done.Names...), append(p.names, done.Names...)
	for _, q := range done.Qualifications {
		i := slices.IndexFunc(p.Person.Qualifications, func(o pipeline.Qualification) bool {
			return o.Code == q.Code && o.CertificateNo == q.CertificateNo
		})
		if i < 0 {
			p.Person.Qualifications = append(p.Person.Qualifications, q)
		} else {
			p.Person.Qualifications[i] = q
		}
		p.qualifications = append(p.qualifications, q)
	}
	key := store.RegistrationKey{AgencyNo: done.TargetCode, AgentID: done.AgentID, Role: done.TargetNo}
	if _, registration := p.folded[key]; registration && !slices.Contains(p.moved, key) {
		p.moved = append(p.moved, key)
	}
}

// correctionWrites gathers what the corrections of some people write.
type correctionWrites struct {
	agents         []pipeline.Agent
	names          []pipeline.Name
	qualifications []pipeline.Qualification
	keys           []store.RegistrationKey
	registrations  []pipeline.Registration
	versions       []pipeline.Correction
}

func (w *correctionWrites) add(p *correctable) {
	if p.agent != nil {
		w.agents = append(w.agents, *p.agent)
	}
	w.names = append(w.names, p.names...)
	for i, q := range p.qualifications { // the last version of each
		later := slices.ContainsFunc(p.qualifications[i+1:], func(o pipeline.Qualification) bool {
			return o.Code == q.Code && o.CertificateNo == q.CertificateNo
		})
		if !later {
			w.qualifications = append(w.qualifications, q)
		}
	}
	for _, r := range p.Registered {
		if key := (store.RegistrationKey{AgencyNo: r.AgencyNo, AgentID: r.AgentID, Role: r.Role}); slices.Contains(p.moved, key) {
			w.registrations = append(w.registrations, r.Registration)
		}
	}
	w.keys = append(w.keys, p.moved...)
	w.versions = append(w.versions, p.added...)
}

func (w *correctionWrites) write(ctx context.Context, tx *store.Tx) error {
	for _, put := range []func() error{
		func() error { return tx.PutAgents(ctx, w.agents) },
		func() error { return tx.PutNames(ctx, w.names) },
		func() error { return tx.PutQualifications(ctx, w.qualifications) },
		func() error { return tx.PutRegistrations(ctx, w.keys, w.registrations) },
		func() error { return tx.PutCorrections(ctx, w.versions) },
	} {
		if err := put(); err != nil {
			return err
		}
	}
	return nil
}
