package jobs

import (
	"context"

	"meibo/pipeline"
	"meibo/pipeline/intake"
	"meibo/pipeline/store"
)

// meetIncidents keeps the 事故報告 of a sender (要領 §8). What is not written is
// for the checks of conduct to judge: the record is kept whatever it says.
func (t *taking) meetIncidents(ctx context.Context, chunk []*intake.Record) (*meeting, error) {
	stored, err := t.Store.Incidents(ctx, t.file.Sender, ids(chunk, keyed("incident_id")))
	if err != nil {
		return nil, err
	}
	m := &meeting{}
	k := keeping[store.Incident]{
		key:  func(i *store.Incident) string { return i.No },
		from: func(i *store.Incident) *pipeline.Provenance { return &i.From },
		put: func(ctx context.Context, tx *store.Tx, rows []store.Incident) error {
			return tx.PutIncidents(ctx, rows)
		},
		fill: func(f *filling, i *store.Incident) {
			i.Sender = t.file.Sender
			f.text("incident_id", &i.No)
			f.text("kind", &i.Kind)
			f.date("happened_on", &i.HappenedOn)
			f.date("known_on", &i.KnownOn)
			f.date("reported_on", &i.ReportedOn)
			f.text("reporter", &i.Reporter)
			f.text("reported_to", &i.ReportedTo)
			f.text("organisation", &i.Organisation)
			f.text("account", &i.Account)
			f.date("stopped_on", &i.StoppedOn)
			f.text("told", &i.Told)
			f.date("told_on", &i.ToldOn)
			f.date("closed_on", &i.ClosedOn)
			f.date("heard_on", &i.HeardOn)
			f.date("resolved_on", &i.ResolvedOn)
			f.date("acted_on", &i.ActedOn)
		},
	}
	k.keep(t, m, chunk, stored)
	return m, nil
}
