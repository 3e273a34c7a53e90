package jobs

import (
	"context"
	"fmt"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/intake"
	"meibo/pipeline/store"
)

// meeting is what checked rows do to the register: what is wrong with them
// there, and the writes. Nothing is written before write is called.
type meeting struct {
	found   []finding
	applied int                   // rows that change the register
	refused []pipeline.Correction // what is noted of rows that are set aside
	write   func(ctx context.Context, tx *store.Tx) error
}

// finding is what the register holds against one row.
type finding struct {
	record *intake.Record
	faults []*pipeline.Fault
}

// fault notes what the register holds against a row and reports whether the
// row must be set aside.
func (m *meeting) fault(r *intake.Record, faults []*pipeline.Fault) (aside bool) {
	if len(faults) == 0 {
		return false
	}
	intake.Locate(r, faults...)
	m.found = append(m.found, finding{r, faults})
	return intake.SetsAside(faults)
}

// part is some rows that are written in one transaction.
type part struct {
	rows int
	meet func(ctx context.Context) (*meeting, error)
}

// meet works out what a chunk of rows does to the register as it stands. Rows
// about persons who were purged do nothing.
func (t *taking) meet(ctx context.Context, chunk []*intake.Record) (*meeting, error) {
	chunk, back, err := t.reappeared(ctx, chunk)
	if err != nil {
		return nil, err
	}
	m, err := t.meetKind(ctx, chunk)
	if err != nil {
		return nil, err
	}
	m.found = append(back, m.found...)
	return m, nil
}

func (t *taking) meetKind(ctx context.Context, chunk []*intake.Record) (*meeting, error) {
	switch t.layout.RecordKind {
	case intake.RecordAgent:
		return t.meetAgents(ctx, chunk)
	case intake.RecordExamResult:
		return t.meetExams(ctx, chunk)
	case intake.RecordActivity:
		return t.meetActivities(ctx, chunk)
	case intake.RecordRegistration:
		r, err := t.meetRegistrations(ctx, chunk)
		if err != nil {
			return nil, err
		}
		return &r.meeting, nil
	case intake.RecordCorrection:
		return t.meetCorrections(ctx, chunk)
	case intake.RecordBulkInquiry, intake.RecordReview, intake.RecordValues:
		return t.meetOffice(ctx, chunk)
	}
	return nil, fmt.Errorf("no step takes records of kind %q", t.layout.RecordKind)
}

// parts splits a chunk into what one transaction takes.
func (t *taking) parts(ctx context.Context, chunk []*intake.Record) ([]part, error) {
	if t.layout.RecordKind == intake.RecordRegistration {
		return t.registrationParts(ctx, chunk)
	}
	if t.layout.RecordKind == intake.RecordCorrection {
		return t.correctionParts(chunk), nil
	}
	return []part{{len(chunk), func(ctx context.Context) (*meeting, error) { return t.meet(ctx, chunk) }}}, nil
}

func (t *taking) ref(r *intake.Record) pipeline.Ref {
	return pipeline.Ref{Batch: t.batch.ID, Sheet: r.Sheet, Row: r.Row}
}

// people is what the register knows of the persons a chunk names.
type people map[string]*pipeline.Person

// people reads the persons of a chunk; exams says that their qualifications
// are wanted too.
func (t *taking) people(ctx context.Context, ids []string, exams bool) (people, error) {
	found := people{}
	agents, err := t.Store.Agents(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, a := range agents {
		found[a.ID] = &pipeline.Person{Agent: a}
	}
	names, err := t.Store.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		if p := found[n.AgentID]; p != nil {
			p.Names = append(p.Names, n)
		}
	}
	if !exams {
		return found, nil
	}
	qualifications, err := t.Store.Qualifications(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, q := range qualifications {
		if p := found[q.AgentID]; p != nil {
			p.Qualifications = append(p.Qualifications, q)
		}
	}
	return found, nil
}

func ids(chunk []*intake.Record, id func(*intake.Record) string) []string {
	seen := make(map[string]bool, len(chunk))
	out := make([]string, 0, len(chunk))
	for _, r := range chunk {
		if x := id(r); !seen[x] {
			seen[x] = true
			out = append(out, x)
		}
	}
	return out
}

func (t *taking) meetAgents(ctx context.Context, chunk []*intake.Record) (*meeting, error) {
	who := ids(chunk, func(r *intake.Record) string { return r.Value.(*pipeline.Agent).ID })
	known, err := t.people(ctx, who, false)
	if err != nil {
		return nil, err
	}
	guard, err := t.guard(ctx, who)
	if err != nil {
		return nil, err
	}
	m := &meeting{}
	var agents []pipeline.Agent
	var names []pipeline.Name
	for _, r := range chunk {
		in := *r.Value.(*pipeline.Agent)
		var stored *pipeline.Agent
		var had []pipeline.Name
		if p := known[in.ID]; p != nil {
			stored, had = &p.Agent, p.Names
		}
		var p intake.Protection
		if stored != nil {
			p = guard.items.ProtectAgent(stored, &in, guard.active[in.ID], guard.data)
		}
		c := intake.MergeAgent(stored, had, in, t.ref(r))
		if m.fault(r, p.Beside(c.Faults)) || !c.Changed {
			continue
		}
		guard.replace(p.Replaced, t.ref(r))
		agents, names = append(agents, c.Agent), append(names, c.NewNames...)
	}
	m.applied = len(agents)
	m.write = func(ctx context.Context, tx *store.Tx) error {
		if err := tx.PutAgents(ctx, agents); err != nil {
			return err
		}
		if err := tx.PutNames(ctx, names); err != nil {
			return err
		}
		return tx.PutCorrections(ctx, guard.replaced)
	}
	return m, nil
}

func (t *taking) meetExams(ctx context.Context, chunk []*intake.Record) (*meeting, error) {
	result := func(r *intake.Record) *intake.ExamResult { return r.Value.(*intake.ExamResult) }
	who := ids(chunk, func(r *intake.Record) string { return result(r).AgentID })
	known, err := t.people(ctx, who, true)
	if err != nil {
		return nil, err
	}
	guard, err := t.guard(ctx, who)
	if err != nil {
		return nil, err
	}
	holders, err := t.Store.Certificates(ctx, ids(chunk, func(r *intake.Record) string { return result(r).CertificateNo }))
	if err != nil {
		return nil, err
	}
	m := &meeting{}
	var changed []pipeline.Qualification
	for _, r := range chunk {
		in := *result(r) // what protects it changes a copy
		var p intake.Protection
		skip := false
		if person := known[in.AgentID]; person != nil {
			p, skip = guard.items.ProtectExam(person.Qualifications, &in, guard.active[in.AgentID], guard.data)
		}
		c := intake.MergeExam(known[in.AgentID], &in, intake.ExamContext{
			Ref: t.ref(r), AsOf: t.row.AsOf, Sender: t.file.Sender,
			HeldElsewhere: func(number string) bool {
				held := holders[store.Certificate{Code: in.Code, No: number}]
				return slices.ContainsFunc(held, func(id string) bool { return id != in.AgentID })
			},
		})
		if skip && !intake.SetsAside(c.Faults) {
			c = intake.ExamChange{}
		}
		if m.fault(r, p.Beside(c.Faults)) || !c.Changed {
			continue
		}
		guard.replace(p.Replaced, t.ref(r))
		changed = append(changed, c.Qualification)
	}
	m.applied = len(changed)
	m.write = func(ctx context.Context, tx *store.Tx) error {
		if err := tx.PutQualifications(ctx, changed); err != nil {
			return err
		}
		return tx.PutCorrections(ctx, guard.replaced)
	}
	return m, nil
}

func (t *taking) meetActivities(ctx context.Context, chunk []*intake.Record) (*meeting, error) {
	activity := func(r *intake.Record) *pipeline.Activity { return r.Value.(*pipeline.Activity) }
	who := ids(chunk, func(r *intake.Record) string { return activity(r).AgentID })
	agents, err := t.Store.Agents(ctx, who)
	if err != nil {
		return nil, err
	}
	known := people{}
	for _, a := range agents {
		known[a.ID] = &pipeline.Person{Agent: a}
	}
	stored, err := t.Store.Activities(ctx, who)
	if err != nil {
		return nil, err
	}
	type key struct {
		agent, kind, actor string
		on                 pipeline.Date
	}
	keyOf := func(a *pipeline.Activity) key { return key{a.AgentID, a.Kind, a.Actor, a.On} }
	have := make(map[key]bool, len(stored))
	for i := range stored {
		have[keyOf(&stored[i])] = true
	}
	m := &meeting{}
	var added []pipeline.Activity
	for _, r := range chunk {
		a := *activity(r)
		if m.fault(r, intake.CheckPerson(known[a.AgentID], "", 0, nil)) || have[keyOf(&a)] {
			continue
		}
		have[keyOf(&a)] = true
		a.From = pipeline.Provenance("").With(t.ref(r))
		added = append(added, a)
	}
	m.applied = len(added)
	m.write = func(ctx context.Context, tx *store.Tx) error { return tx.PutActivities(ctx, added) }
	return m, nil
}
