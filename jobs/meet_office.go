package jobs

import (
	"context"
	"fmt"

	"meibo/pipeline"
	"meibo/pipeline/intake"
	"meibo/pipeline/store"
)

// meetOffice takes the kinds that offices send beside the register.
func (t *taking) meetOffice(ctx context.Context, chunk []*intake.Record) (*meeting, error) {
	switch t.layout.Kind {
	case "inquiries":
		return t.meetInquiries(ctx, chunk)
	case "bulk-inquiries":
		return t.meetBulkInquiries(ctx, chunk)
	case "incidents":
		return t.meetIncidents(ctx, chunk)
	case "staff":
		return t.meetStaff(ctx, chunk)
	case "managers":
		return t.meetManagers(ctx, chunk)
	case kindReviews:
		return t.meetReviews(ctx, chunk)
	}
	return nil, fmt.Errorf("no step takes files of kind %q", t.layout.Kind)
}

func cells(r *intake.Record) *intake.Values { return r.Value.(*intake.Values) }

// keyed asks for one text column of a row.
func keyed(column string) func(*intake.Record) string {
	return func(r *intake.Record) string { return cells(r).Text(column) }
}

// filling writes what a row says into a stored record: an absent or empty cell
// never changes what is stored. It remembers the columns that changed.
type filling struct {
	*intake.Values
	changed []string
}

func fill[T comparable](f *filling, column string, into *T, v T) {
	var unwritten T
	if v != unwritten && v != *into {
		*into = v
		f.changed = append(f.changed, column)
	}
}

func (f *filling) text(column string, into *string) { fill(f, column, into, f.Text(column)) }

func (f *filling) date(column string, into *pipeline.Date) { fill(f, column, into, f.Date(column)) }

func (f *filling) flag(column string, into *pipeline.Flag) { fill(f, column, into, f.Flag(column)) }

// keeping says how a kind of record is kept up to date by the rows of files.
type keeping[T any] struct {
	key  func(*T) string
	fill func(*filling, *T)
	from func(*T) *pipeline.Provenance
	put  func(ctx context.Context, tx *store.Tx, rows []T) error
	note func(r *intake.Record, before, after *T) // of each row that changes a record; may be nil
}

// keep fills the rows of a chunk into the stored records of their keys.
func (k *keeping[T]) keep(t *taking, m *meeting, chunk []*intake.Record, stored []T) {
	known := make(map[string]T, len(stored))
	for _, row := range stored {
		known[k.key(&row)] = row
	}
	var changed []T
	for _, r := range chunk {
		var sent T
		k.fill(&filling{Values: cells(r)}, &sent)
		key := k.key(&sent)
		row := known[key]
		before := row
		f := &filling{Values: cells(r)}
		k.fill(f, &row)
		if len(f.changed) == 0 {
			continue
		}
		from := k.from(&row)
		*from = from.With(t.ref(r), f.changed...)
		known[key] = row
		changed = append(changed, row)
		if k.note != nil {
			k.note(r, &before, &row)
		}
	}
	m.applied = len(changed)
	m.write = func(ctx context.Context, tx *store.Tx) error { return k.put(ctx, tx, changed) }
}

// meetInquiries keeps the records of inquiries (要領 §12). What the procedure of
// §11 lacks is for compliance to find: the record is kept whatever it says.
func (t *taking) meetInquiries(ctx context.Context, chunk []*intake.Record) (*meeting, error) {
	stored, err := t.Store.Inquiries(ctx, ids(chunk, keyed("receipt_no")))
	if err != nil {
		return nil, err
	}
	agents, err := t.Store.Agents(ctx, ids(chunk, keyed("agent_id")))
	if err != nil {
		return nil, err
	}
	onFile := make(map[string]bool, len(agents))
	for _, a := range agents {
		onFile[a.ID] = true
	}
	m := &meeting{}
	for _, r := range chunk {
		m.fault(r, intake.NotOnFile(onFile[cells(r).Text("agent_id")]))
	}
	k := keeping[store.Inquiry]{
		key:  func(q *store.Inquiry) string { return q.ReceiptNo },
		from: func(q *store.Inquiry) *pipeline.Provenance { return &q.From },
		put:  func(ctx context.Context, tx *store.Tx, rows []store.Inquiry) error { return tx.PutInquiries(ctx, rows) },
		fill: func(f *filling, q *store.Inquiry) {
			f.text("receipt_no", &q.ReceiptNo)
			f.date("received_on", &q.ReceivedOn)
			f.text("inquirer", &q.Inquirer)
			f.text("contact", &q.Contact)
			f.text("agent_id", &q.AgentID)
			f.text("answerer", &q.Answerer)
			f.text("answer", &q.Answer)
			f.date("answered_on", &q.AnsweredOn)
			f.text("way", &q.Way)
			f.flag("identified", &q.Identified)
			f.flag("called_back", &q.CalledBack)
			f.flag("by_proxy", &q.ByProxy)
			f.flag("mandate_seen", &q.MandateSeen)
			f.flag("proxy_proved", &q.ProxyProved)
		},
	}
	k.keep(t, m, chunk, stored)
	return m, nil
}

// meetBulkInquiries notes what an insurer asks. Other than a record that is
// kept up to date, a question asked anew under its number replaces the old one
// whole: leaving out a condition widens the search. One that is asked once more
// word by word is answered once more and keeps the day it was asked first: a file
// that comes again for the sake of some mended rows asks nothing new in the others.
func (t *taking) meetBulkInquiries(ctx context.Context, chunk []*intake.Record) (*meeting, error) {
	stored, err := t.Store.BulkInquiries(ctx, t.file.Sender, ids(chunk, keyed("inquiry_no")))
	if err != nil {
		return nil, err
	}
	known := make(map[string]store.BulkInquiry, len(stored))
	for _, q := range stored {
		known[q.No] = q
	}
	m := &meeting{}
	var asked []store.BulkInquiry
	for _, r := range chunk {
		v := cells(r)
		q := store.BulkInquiry{
			Sender: t.file.Sender, No: v.Text("inquiry_no"), AgentID: v.Text("agent_id"), Name: v.Text("name"),
			NameKana: v.Text("name_kana"), BornOn: v.Date("born_on"), CertificateNo: v.Text("certificate_no"),
		}
		before := known[q.No]
		q.AskedOn, q.From = before.AskedOn, before.From
		if q != before {
			q.AskedOn = t.row.AsOf
		}
		if q.From = pipeline.Provenance("").With(t.ref(r)); q == before {
			continue
		}
		known[q.No] = q
		asked = append(asked, q)
	}
	m.applied = len(asked)
	m.write = func(ctx context.Context, tx *store.Tx) error { return tx.PutBulkInquiries(ctx, asked) }
	return m, nil
}

// meetStaff keeps the ログインID of the association (要領 §5(3)).
func (t *taking) meetStaff(ctx context.Context, chunk []*intake.Record) (*meeting, error) {
	stored, err := t.Store.Staff(ctx, ids(chunk, keyed("login_id")))
	if err != nil {
		return nil, err
	}
	accounts, err := t.accountsOf(ctx)
	if err != nil {
		return nil, err
	}
	m := &meeting{}
	k := keeping[store.Staff]{
		key:  func(s *store.Staff) string { return s.LoginID },
		from: func(s *store.Staff) *pipeline.Provenance { return &s.From },
		put:  func(ctx context.Context, tx *store.Tx, rows []store.Staff) error { return tx.PutStaff(ctx, rows) },
		fill: func(f *filling, s *store.Staff) {
			f.text("login_id", &s.LoginID)
			f.text("name", &s.Name)
			f.text("email", &s.Email)
			f.text("office", &s.Office)
			f.flag("stopped", &s.Stopped)
		},
		note: func(r *intake.Record, before, s *store.Staff) {
			accounts.put(r, ofStaff(accounts.known[s.LoginID], *before, s, t.row.AsOf))
		},
	}
	k.keep(t, m, chunk, stored)
	accounts.with(m)
	return m, nil
}
