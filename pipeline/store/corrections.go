package store

import (
	"context"
	"iter"

	"meibo/pipeline"
)

const (
	maxItem  = 60  // 項目, 対象 of a correction
	maxValue = 400 // 訂正前, 訂正後: the longest value that can be corrected
)

var correctionsTable = mapping[pipeline.Correction]{
	Table{Name: "corrections", Key: 5, Columns: []Column{
		col("agent_id", maxID), col("receipt_no", maxReceipt), col("item", maxItem), col("target", maxItem),
		col("version_no", 0), col("division", maxWord), col("value_before", maxValue), col("value_after", maxValue),
		col("proof", maxText), col("requested_on", maxDate), col("received_by", maxActor), col("sender", maxSender),
		col("state", maxWord), col("state_since", maxDate), col("reason", maxFaultCode), col("target_code", maxCode),
		col("target_no", maxCertificate), col("target_on", maxDate), col("origins", 0),
	}},
	func(c *pipeline.Correction) []field {
		return []field{
			(*text)(&c.AgentID), (*text)(&c.ReceiptNo), (*text)(&c.Item), (*text)(&c.Target),
			integer[int]{&c.No},
			(*text)(&c.Division), (*text)(&c.Before), (*text)(&c.After), (*text)(&c.Proof),
			date{&c.On},
			(*text)(&c.ReceivedBy), (*text)(&c.Sender), (*text)(&c.State),
			date{&c.Since},
			(*text)(&c.Reason), (*text)(&c.TargetCode), (*text)(&c.TargetNo),
			date{&c.TargetOn},
			(*text)(&c.From),
		}
	},
}

// PutCorrections adds versions of corrections. One that is there stays as it
// is: the table is a history.
func (tx *Tx) PutCorrections(ctx context.Context, versions []pipeline.Correction) error {
	return put(ctx, tx, correctionsTable, versions, nil)
}

// Corrections returns all versions of the corrections of these IDs in key order.
func (s *Store) Corrections(ctx context.Context, agentIDs []string) ([]pipeline.Correction, error) {
	return lookup(ctx, s.db, correctionsTable, "agent_id", agentIDs)
}

// AllCorrections streams all versions in key order. The pointer is reused.
func (s *Store) AllCorrections(ctx context.Context) iter.Seq2[*pipeline.Correction, error] {
	return stream(ctx, s.db, correctionsTable, correctionsTable.ordered(""))
}
