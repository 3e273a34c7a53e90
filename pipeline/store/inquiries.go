package store

import "context"

// DropInquiries destroys records of inquiries and counts those that were there.
func (tx *Tx) DropInquiries(ctx context.Context, receiptNos []string) (int, error) {
	n, err := deleteKeys(ctx, tx, inquiriesTable.Table, anys(receiptNos))
	return int(n), err
}
