package store

import (
	"context"
	"iter"

	"meibo/pipeline"
)

// AgencyRoster is what an agency was last told of its people (代理店登録関係事項
// 照合表).
type AgencyRoster struct {
	AgencyNo  string
	Reader    string        // in whose folder it lies: the 代申 on that day
	Content   string        // of what it showed, in hex
	People    int           // who stood in it
	WrittenOn pipeline.Date // empty: its content is known, and nothing was written yet
}

var rostersTable = mapping[AgencyRoster]{
	Table{Name: "agency_rosters", Key: 1, Columns: []Column{
		col("agency_no", maxID), col("reader", maxSender), col("content", maxHash), col("people", 0), col("written_on", maxDate),
	}},
	func(r *AgencyRoster) []field {
		return []field{
			(*text)(&r.AgencyNo), (*text)(&r.Reader), (*text)(&r.Content),
			integer[int]{&r.People},
			date{&r.WrittenOn},
		}
	},
}

// AgencyRosters yields what every agency was last told, in order of number. The
// value behind the pointer is reused.
func (s *Store) AgencyRosters(ctx context.Context) iter.Seq2[*AgencyRoster, error] {
	return stream(ctx, s.db, rostersTable, rostersTable.ordered(""))
}

// PutAgencyRosters adds what agencies were told, or replaces what was known of it.
func (tx *Tx) PutAgencyRosters(ctx context.Context, rows []AgencyRoster) error {
	return put(ctx, tx, rostersTable, rows, rostersTable.values())
}

// StatementRequest is a person's own request for what is on file about them, with
// the document that proved who asked (要領§4(1)ア).
type StatementRequest struct {
	ReceiptNo   string
	AgentID     string
	AsOf        pipeline.Date // of the statement
	RequestedOn pipeline.Date
	Proof       string // 証明書類
	HandledBy   string // account
	SystemUser  string
	At          pipeline.Instant
}

var statementsTable = mapping[StatementRequest]{
	Table{Name: "statement_requests", Key: 2, Columns: []Column{
		col("receipt_no", maxReceipt), col("agent_id", maxID), col("as_of", maxDate), col("requested_on", maxDate),
		col("proof", maxText), col("handled_by", maxWho), col("system_user", maxWho), clock("at", maxInstant),
	}},
	func(r *StatementRequest) []field {
		return []field{
			(*text)(&r.ReceiptNo), (*text)(&r.AgentID),
			date{&r.AsOf},
			date{&r.RequestedOn},
			(*text)(&r.Proof), (*text)(&r.HandledBy), (*text)(&r.SystemUser),
			instant{&r.At},
		}
	},
}

// AddStatementRequest records a request. One that is recorded already stays as it
// is.
func (tx *Tx) AddStatementRequest(ctx context.Context, r StatementRequest) error {
	return addMissing(ctx, tx, statementsTable, []StatementRequest{r})
}

// StatementRequests returns the requests of these people, in key order.
func (s *Store) StatementRequests(ctx context.Context, agentIDs []string) ([]StatementRequest, error) {
	return lookup(ctx, s.db, statementsTable, "agent_id", agentIDs)
}
