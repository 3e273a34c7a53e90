package store

import (
	"context"
	"iter"
)

// AllInquiries streams every record of an inquiry in order of 受付番号. The value
// is reused.
func (s *Store) AllInquiries(ctx context.Context) iter.Seq2[*Inquiry, error] {
	return stream(ctx, s.db, inquiriesTable, inquiriesTable.ordered(""))
}

// DropInquiries destroys records of inquiries and counts those that were there.
func (tx *Tx) DropInquiries(ctx context.Context, receiptNos []string) (int, error) {
	n, err := deleteKeys(ctx, tx, inquiriesTable.Table, anys(receiptNos))
	return int(n), err
}
