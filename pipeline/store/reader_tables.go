package store

import (
	"meibo/pipeline"
	"meibo/pipeline/run"
)

// Deadline is the verdict on one person: when the record must go, and why.
type Deadline struct {
	AgentID        string
	Status         string
	Case           string // 1 to 4 of 要領 §10; empty: none applies
	BaseKind       string
	BaseOn         pipeline.Date
	Period         string
	Extensions     []pipeline.Extension
	LastDay        pipeline.Date
	FirstDeletable pipeline.Date
	Decisions      []string // why a person must decide
	Reason         string
	Evidence       []pipeline.Evidence
	RuleVersion    string
}

// Membership says to which cluster an ID belongs.
type Membership struct {
	AgentID   string
	ClusterID string
}

// Duplicate is a row of duplicate_list with the fingerprint of its evidence, by
// which a later run knows whether a human decision still fits.
type Duplicate struct {
	pipeline.DuplicateRow
	Fingerprint string // see identity.Pair
}

// Manifest says how far one report for one reader is (report_manifest).
type Manifest struct {
	Report string
	Reader string
	AsOf   pipeline.Date
	RunID  string
	Rows   int
	SHA256 string // hex, of the content
	State  string // ManifestUpdating or ManifestDone
}

// States of a report for a reader.
const (
	ManifestUpdating = "更新中" // being written: do not read
	ManifestDone     = "完了"
)

// Decision is what a person decided on a pair of IDs. The table is append-only:
// undoing writes UndoneAt, nothing else ever changes.
type Decision struct {
	No             int // rises from 1
	AgentA, AgentB string
	Verdict        string // 同一人, 別人 or 保留
	By             string
	At             pipeline.Instant
	Reason         string
	Fingerprint    string // of the evidence the person saw
	UndoneAt       pipeline.Instant
	UndoneBy       string

	// From is the row of a returned workbook that brought it; empty: it was
	// made by command. It stands in decision_origins.
	From pipeline.Provenance
}

// expiry_report and deadlines are streamed in order of person, as they are
// computed; readers come in by insurer through an index.
var expiryTable = mapping[pipeline.ExpiryRow]{
	Table{Name: "expiry_report", Key: 4, Reader: true, Columns: []Column{
		col("agent_id", maxID), col("insurer_code", maxCode), col("qualification_code", maxCode),
		col("certificate_no", maxCertificate), col("agency_no", maxID), col("agency_name", maxAgencyName),
		col("name", maxName), col("qualification_name", maxText), col("judged_on", maxDate),
		col("expires_on", maxDate), col("expiry_source", maxWord), col("state", maxWord), col("step", maxWord),
		col("next_exam", maxMonth), col("next_exam_source", maxWord), col("lines_allowed", 0),
		col("person_state", maxWord), col("cluster_state", maxWord), col("cluster_lines", 0),
	}},
	func(e *pipeline.ExpiryRow) []field {
		return []field{
			(*text)(&e.AgentID), (*text)(&e.InsurerCode), (*text)(&e.QualificationCode),
			(*text)(&e.CertificateNo), (*text)(&e.AgencyNo), (*text)(&e.AgencyName),
			(*text)(&e.Name), (*text)(&e.QualificationName),
			date{&e.JudgedOn},
			date{&e.ExpiresOn},
			(*text)(&e.ExpirySource), (*text)(&e.State), (*text)(&e.Step),
			month{&e.NextExam},
			source{&e.NextExamComputed},
			list[string]{&e.LinesAllowed},
			(*text)(&e.PersonState), (*text)(&e.ClusterState),
			list[string]{&e.ClusterLines},
		}
	},
}

var deadlinesTable = mapping[Deadline]{
	Table{Name: "deadlines", Key: 1, Columns: []Column{
		col("agent_id", maxID), col("status", maxWord), col("retention_case", maxWord), col("base_kind", maxWord),
		col("base_on", maxDate), col("period", maxWord), col("extensions", 0), col("last_day", maxDate),
		col("first_deletable", maxDate), col("decisions", 0), col("reason", 0), col("evidence", 0),
		col("rule_version", maxText),
	}},
	func(d *Deadline) []field {
		return []field{
			(*text)(&d.AgentID), (*text)(&d.Status), (*text)(&d.Case), (*text)(&d.BaseKind),
			date{&d.BaseOn},
			(*text)(&d.Period),
			list[pipeline.Extension]{&d.Extensions},
			date{&d.LastDay},
			date{&d.FirstDeletable},
			list[string]{&d.Decisions},
			(*text)(&d.Reason),
			list[pipeline.Evidence]{&d.Evidence},
			(*text)(&d.RuleVersion),
		}
	},
}

var purgeListsTable = mapping[pipeline.PurgeList]{
	Table{Name: "purge_lists", Key: 1, Reader: true, Columns: []Column{
		col("list_no", 0), col("as_of", maxDate), col("rows", 0), col("hash", maxHash), col("state", maxWord),
		col("approvals", 0), col("receipt_no", maxCode),
	}},
	func(l *pipeline.PurgeList) []field {
		return []field{
			integer[int]{&l.No},
			date{&l.AsOf},
			integer[int]{&l.Rows},
			(*text)(&l.Hash), (*text)(&l.State),
			(*text)(&l.Approvals), (*text)(&l.ReceiptNo),
		}
	},
}

var purgeListTable = mapping[pipeline.PurgeRow]{
	Table{Name: "purge_list", Key: 2, Reader: true, Columns: []Column{
		col("list_no", 0), col("agent_id", maxID), col("retention_case", maxWord), col("base_kind", maxWord),
		col("base_on", maxDate), col("period", maxWord), col("extensions", 0), col("last_day", maxDate),
		col("first_deletable", maxDate), col("state", maxWord), col("holds", 0), col("reason", 0),
		col("evidence", 0),
	}},
	func(r *pipeline.PurgeRow) []field {
		return []field{
			integer[int]{&r.ListNo},
			(*text)(&r.AgentID), (*text)(&r.Case), (*text)(&r.BaseKind),
			date{&r.BaseOn},
			(*text)(&r.Period),
			list[pipeline.Extension]{&r.Extensions},
			date{&r.LastDay},
			date{&r.FirstDeletable},
			(*text)(&r.State),
			list[pipeline.Hold]{&r.Holds},
			(*text)(&r.Reason),
			list[pipeline.Evidence]{&r.Evidence},
		}
	},
}

var duplicatesTable = mapping[Duplicate]{
	Table{Name: "duplicate_list", Key: 2, Reader: true, Columns: []Column{
		col("agent_id_a", maxID), col("agent_id_b", maxID), col("weight", 0), col("probability", 0),
		col("class", maxWord), col("reasons", 0), col("decision", maxWord), col("decided_by", maxWho),
		col("decided_at", maxInstant), col("first_seen_on", maxDate), col("fingerprint", 0),
	}},
	func(d *Duplicate) []field {
		return []field{
			(*text)(&d.AgentA), (*text)(&d.AgentB), (*number)(&d.Weight), (*number)(&d.Probability),
			(*text)(&d.Class),
			list[string]{&d.Reasons},
			(*text)(&d.Decision), (*text)(&d.DecidedBy),
			instant{&d.DecidedAt},
			date{&d.FirstSeen},
			(*text)(&d.Fingerprint),
		}
	},
}

var clustersTable = mapping[Membership]{
	Table{Name: "clusters", Key: 1, Columns: []Column{col("agent_id", maxID), col("cluster_id", maxID)}},
	func(m *Membership) []field { return []field{(*text)(&m.AgentID), (*text)(&m.ClusterID)} },
}

var decisionsTable = mapping[Decision]{
	Table{Name: "decisions", Key: 1, Columns: []Column{
		col("seq", 0), col("agent_id_a", maxID), col("agent_id_b", maxID), col("verdict", maxWord),
		col("decided_by", maxWho), col("decided_at", maxInstant), col("reason", 0), col("fingerprint", 0),
		col("undone_at", maxInstant), col("undone_by", maxWho),
	}},
	func(d *Decision) []field {
		return []field{
			integer[int]{&d.No},
			(*text)(&d.AgentA), (*text)(&d.AgentB), (*text)(&d.Verdict),
			(*text)(&d.By),
			instant{&d.At},
			(*text)(&d.Reason), (*text)(&d.Fingerprint),
			instant{&d.UndoneAt},
			(*text)(&d.UndoneBy),
		}
	},
}

var batchesTable = mapping[pipeline.Batch]{
	Table{Name: "import_batches", Key: 1, Reader: true, Columns: []Column{
		col("batch_id", maxBatch), col("sender", maxSender), col("kind", maxKind), col("file_name", maxFile),
		col("sha256", maxHash), clock("received_at", maxInstant), col("as_of", maxDate), col("state", maxWord),
		col("rows_read", 0), col("applied", 0), col("unchanged", 0), col("rejected", 0), col("duplicates", 0),
	}},
	func(b *pipeline.Batch) []field {
		return []field{
			(*text)(&b.ID), (*text)(&b.Sender), (*text)(&b.Kind), (*text)(&b.FileName),
			(*text)(&b.SHA256),
			instant{&b.ReceivedAt},
			date{&b.AsOf},
			(*text)(&b.State),
			integer[int]{&b.RowsRead},
			integer[int]{&b.Applied},
			integer[int]{&b.Unchanged},
			integer[int]{&b.Rejected},
			integer[int]{&b.Duplicates},
		}
	},
}

// faultRow is one row of import_faults; pipeline.Fault names the file instead
// of the batch.
type faultRow struct {
	Batch    string
	Row      int
	Key      string
	Code     string
	Severity string
	Sheet    string
	Header   string
	JA, EN   string
}

var faultsTable = mapping[faultRow]{
	Table{Name: "import_faults", Key: 4, Reader: true, Columns: []Column{
		col("batch_id", maxBatch), col("row_no", 0), col("column_key", maxColumnKey), col("code", maxFaultCode),
		col("severity", maxWord), col("sheet", maxSheet), col("header", maxColumnKey),
		col("message_ja", 0), col("message_en", 0),
	}},
	func(f *faultRow) []field {
		return []field{
			(*text)(&f.Batch),
			integer[int]{&f.Row},
			(*text)(&f.Key), (*text)(&f.Code),
			(*text)(&f.Severity), (*text)(&f.Sheet), (*text)(&f.Header),
			(*text)(&f.JA), (*text)(&f.EN),
		}
	},
}

var manifestTable = mapping[Manifest]{
	Table{Name: "report_manifest", Key: 2, Reader: true, Columns: []Column{
		col("report", maxKind), col("reader", maxSender), col("as_of", maxDate), col("run_id", maxRun),
		col("rows", 0), col("sha256", maxHash), col("state", maxWord),
	}},
	func(m *Manifest) []field {
		return []field{
			(*text)(&m.Report), (*text)(&m.Reader),
			date{&m.AsOf},
			(*text)(&m.RunID),
			integer[int]{&m.Rows},
			(*text)(&m.SHA256), (*text)(&m.State),
		}
	},
}

var runsTable = mapping[run.Row]{
	Table{Name: "runs", Key: 1, Reader: true, Columns: []Column{
		col("run_id", maxRun), col("job", maxKind), col("as_of", maxDate), col("attempt", 0),
		col("state", maxWord), col("counts", 0), col("decision_no", 0), clock("started_at", maxInstant),
		clock("finished_at", maxInstant), col("version", maxText), col("config_hash", maxHash),
	}},
	func(r *run.Row) []field {
		return []field{
			(*text)(&r.ID), (*text)(&r.Job),
			date{&r.AsOf},
			integer[int]{&r.Attempt},
			(*text)(&r.State), (*counts)(&r.Counts),
			integer[int]{&r.DecisionNo},
			instant{&r.StartedAt},
			instant{&r.FinishedAt},
			(*text)(&r.Version), (*text)(&r.ConfigHash),
		}
	},
}

var stepsTable = mapping[run.StepRow]{
	Table{Name: "run_steps", Key: 2, Reader: true, Columns: []Column{
		col("run_id", maxRun), col("seq", 0), col("name", maxKind), col("state", maxWord), col("counts", 0),
		clock("peak_rss", 0), clock("started_at", maxInstant), clock("finished_at", maxInstant), col("error", 0),
	}},
	func(s *run.StepRow) []field {
		return []field{
			(*text)(&s.RunID),
			integer[int]{&s.Seq},
			(*text)(&s.Name), (*text)(&s.State), (*counts)(&s.Counts),
			integer[int64]{&s.PeakRSS},
			instant{&s.StartedAt},
			instant{&s.FinishedAt},
			(*text)(&s.Error),
		}
	},
}

var runFilesTable = mapping[run.File]{
	Table{Name: "run_files", Key: 2, Columns: []Column{
		col("run_id", maxRun), col("seq", 0), col("path", maxPath), col("sender", maxSender), col("kind", maxKind),
		col("file_name", maxFile), col("sha256", maxHash), col("size", 0), col("batch_id", maxBatch),
		col("state", maxWord), col("progress", 0),
	}},
	func(f *run.File) []field {
		return []field{
			(*text)(&f.RunID),
			integer[int]{&f.Seq},
			(*text)(&f.Path), (*text)(&f.Sender), (*text)(&f.Kind),
			(*text)(&f.Name), (*text)(&f.SHA256),
			integer[int64]{&f.Size},
			(*text)(&f.BatchID),
			(*text)(&f.State),
			integer[int]{&f.Progress},
		}
	},
}

// leaseRow is a lease and the newest transaction of its holder that was kept.
type leaseRow struct {
	run.Lease
	Mark int64
}

var leasesTable = mapping[leaseRow]{
	Table{Name: "leases", Key: 1, Local: true, Columns: []Column{
		col("name", maxKind), col("holder", maxText), col("token", 0), col("since", maxInstant),
		col("expires_at", maxInstant), col("mark", 0),
	}},
	func(l *leaseRow) []field {
		return []field{
			(*text)(&l.Name), (*text)(&l.Holder),
			integer[int64]{&l.Token},
			instant{&l.Since},
			instant{&l.ExpiresAt},
			integer[int64]{&l.Mark},
		}
	},
}

// Tables describes every table of the schema, parents before children. It is
// the one list behind migration checks, Dump, CopyTo and the documentation.
func Tables() []Table {
	return []Table{
		agentsTable.Table, namesTable.Table, qualificationsTable.Table, eventsTable.Table,
		registrationsTable.Table, agenciesTable.Table, activitiesTable.Table,
		inquiriesTable.Table, bulkInquiriesTable.Table, staffTable.Table, managersTable.Table,
		accountsTable.Table, noticesTable.Table, purposeTable.Table,
		correctionsTable.Table, incidentsTable.Table,
		deadlinesTable.Table, clustersTable.Table, clusterEventsTable.Table, pairWeightsTable.Table, decisionsTable.Table, decisionOriginsTable.Table, purgeReviewsTable.Table,
		expiryTable.Table, purgeListsTable.Table, purgeListTable.Table, changesTable.Table, approvalsTable, receiptsTable,
		holdsTable.Table, planTable.Table, undoTable.Table, guardTable.Table,
		duplicatesTable.Table, findingsTable.Table, deliveriesTable, deliveryMailsTable.Table, deliveryAddressesTable.Table,
		rostersTable.Table, statementsTable.Table,
		batchesTable.Table, faultsTable.Table, statisticsTable.Table, manifestTable.Table,
		auditTable.Table, runsTable.Table, stepsTable.Table, runFilesTable.Table, progressTable.Table, leasesTable.Table, identityTable.Table, nightsTable.Table, settingsTable.Table,
	}
}
