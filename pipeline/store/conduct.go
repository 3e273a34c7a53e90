package store

import (
	"context"
	"iter"

	"meibo/pipeline"
)

// Incident is one 事故報告 (L14) as its sender wrote it. What is empty was not
// written.
type Incident struct {
	Sender       string
	No           string // 事故ID, the sender's own
	Kind         string // 種類
	HappenedOn   pipeline.Date
	KnownOn      pipeline.Date // 認知
	ReportedOn   pipeline.Date
	Reporter     string
	ReportedTo   string
	Organisation string // 対象組織
	Account      string // 対象アカウント
	StoppedOn    pipeline.Date
	Told         string // 通知先
	ToldOn       pipeline.Date
	ClosedOn     pipeline.Date
	HeardOn      pipeline.Date // 弁明機会
	ResolvedOn   pipeline.Date // 決議
	ActedOn      pipeline.Date // 措置
	From         pipeline.Provenance
}

var incidentsTable = mapping[Incident]{
	Table{Name: "incidents", Key: 2, Columns: []Column{
		col("sender", maxSender), col("incident_id", maxReceipt), col("kind", maxWord), col("happened_on", maxDate),
		col("known_on", maxDate), col("reported_on", maxDate), col("reporter", maxName), col("reported_to", maxAgencyName),
		col("organisation", maxAgencyName), col("account", maxLogin), col("stopped_on", maxDate), col("told", maxAgencyName),
		col("told_on", maxDate), col("closed_on", maxDate), col("heard_on", maxDate), col("resolved_on", maxDate),
		col("acted_on", maxDate), col("origins", 0),
	}},
	func(i *Incident) []field {
		return []field{
			(*text)(&i.Sender), (*text)(&i.No), (*text)(&i.Kind),
			date{&i.HappenedOn},
			date{&i.KnownOn},
			date{&i.ReportedOn},
			(*text)(&i.Reporter), (*text)(&i.ReportedTo), (*text)(&i.Organisation), (*text)(&i.Account),
			date{&i.StoppedOn},
			(*text)(&i.Told),
			date{&i.ToldOn},
			date{&i.ClosedOn},
			date{&i.HeardOn},
			date{&i.ResolvedOn},
			date{&i.ActedOn},
			(*text)(&i.From),
		}
	},
}

var findingsTable = mapping[pipeline.ConductFinding]{
	Table{Name: "conduct_findings", Key: 3, Reader: true, Columns: []Column{
		col("rule_id", maxKind), col("subject_key", maxSubject), col("acted_on", maxDate),
		col("clause", maxText), col("rule_version", maxText), col("verdict", maxWord), col("reason_code", maxFaultCode),
		col("staff_id", maxID), col("insurer_code", maxCode), col("evidence", 0), col("first_seen", maxDate),
		col("waived_by", maxWho), col("waived_until", maxDate),
	}},
	func(f *pipeline.ConductFinding) []field {
		return []field{
			(*text)(&f.RuleID), (*text)(&f.Subject),
			keyDate{&f.On},
			(*text)(&f.Clause), (*text)(&f.Version), (*text)(&f.Verdict), (*text)(&f.Reason),
			(*text)(&f.StaffID), (*text)(&f.Insurer),
			list[pipeline.Evidence]{&f.Evidence},
			date{&f.FirstSeen},
			(*text)(&f.WaivedBy),
			date{&f.WaivedUntil},
		}
	},
}

// PutIncidents adds or replaces 事故報告.
func (tx *Tx) PutIncidents(ctx context.Context, rows []Incident) error {
	return put(ctx, tx, incidentsTable, rows, incidentsTable.values())
}

// Incidents returns what one sender reported under these 事故ID, in order.
func (s *Store) Incidents(ctx context.Context, sender string, nos []string) ([]Incident, error) {
	rows, err := lookup(ctx, s.db, incidentsTable, "incident_id", nos)
	return keep(rows, func(i *Incident) bool { return i.Sender == sender }), err
}

// AllIncidents streams all 事故報告 in key order. The pointer is reused.
func (s *Store) AllIncidents(ctx context.Context) iter.Seq2[*Incident, error] {
	return stream(ctx, s.db, incidentsTable, incidentsTable.ordered(""))
}

// AllInquiries streams all records of inquiries in key order. The pointer is reused.
func (s *Store) AllInquiries(ctx context.Context) iter.Seq2[*Inquiry, error] {
	return stream(ctx, s.db, inquiriesTable, inquiriesTable.ordered(""))
}

// AskedIn returns what was asked last by 一括照会 in files whose batches begin
// with a prefix without wildcards, in order of sender and 照会番号.
func (s *Store) AskedIn(ctx context.Context, prefix string) ([]BulkInquiry, error) {
	return collect(stream(ctx, s.db, bulkInquiriesTable, bulkInquiriesTable.ordered("WHERE origins LIKE ?"), prefix+"%"))
}

// Findings streams all findings of conduct in key order. The pointer is reused.
func (s *Store) Findings(ctx context.Context) iter.Seq2[*pipeline.ConductFinding, error] {
	return stream(ctx, s.db, findingsTable, findingsTable.ordered(""))
}

// SyncFindings makes conduct_findings equal to the computed findings, which
// come in order of rule, subject and day.
func (s *Store) SyncFindings(ctx context.Context, computed iter.Seq2[*pipeline.ConductFinding, error], o Sync) (Diff, error) {
	return syncTable(ctx, s, findingsTable, scope{}, computed, o)
}
