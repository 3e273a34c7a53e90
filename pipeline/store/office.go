package store

import (
	"context"

	"meibo/pipeline"
)

// Inquiry is the record of one inquiry of a person about their own entries and
// of its answer (要領 §12). A flag that was not written is 未記入.
type Inquiry struct {
	ReceiptNo   string // 受付番号
	ReceivedOn  pipeline.Date
	Inquirer    string // 照会者氏名
	Contact     string
	AgentID     string // as the inquirer named it; the register may hold no such ID
	Answerer    string
	Answer      string
	AnsweredOn  pipeline.Date
	Way         string // 電話, 書面 or 対面
	Identified  pipeline.Flag
	CalledBack  pipeline.Flag
	ByProxy     pipeline.Flag
	MandateSeen pipeline.Flag
	ProxyProved pipeline.Flag
	From        pipeline.Provenance
}

// BulkInquiry is one row of an insurer's 一括照会, as it was asked last.
type BulkInquiry struct {
	Sender        string // 保険会社コード
	No            string // 照会番号, the sender's own
	AgentID       string
	Name          string
	NameKana      string
	BornOn        pipeline.Date
	CertificateNo string
	AskedOn       pipeline.Date // as-of day of the night that took it in
	From          pipeline.Provenance
}

// Staff is one ログインID of the association or its contact center (要領 §5(3)).
type Staff struct {
	LoginID string
	Name    string
	Email   string
	Office  string // 協会 or コンタクトセンター
	Stopped pipeline.Flag
	From    pipeline.Provenance
}

// Manager is one 管理者ID of an insurer (要領 §5(2)), without its password.
type Manager struct {
	Insurer    string // 保険会社コード
	ID         string // 管理者ID; of a 特別管理者 given by the program
	Role       string // 特別管理者, 指定管理者 or 一般管理者
	Name       string
	Department string
	Email      string
	Stopped    pipeline.Flag
	From       pipeline.Provenance
}

// RoleSpecial is the manager whose ID the program gives.
const RoleSpecial = "特別管理者"

// PurgeReview is what one reviewer said of one row of a purge list. It approves
// nothing by itself.
type PurgeReview struct {
	ListNo  int
	AgentID string
	By      string
	Verdict string // 承認, 保留 or 解除
	Reason  string
	AsOf    pipeline.Date // day of the night that took it in
	From    pipeline.Provenance
}

// PutPurgeReviews adds reviews, or replaces what the same reviewer said before.
func (tx *Tx) PutPurgeReviews(ctx context.Context, rows []PurgeReview) error {
	return put(ctx, tx, purgeReviewsTable, rows, purgeReviewsTable.values())
}

// PurgeReviews returns what reviewers said of these IDs on any list, in order of
// list, ID and reviewer.
func (s *Store) PurgeReviews(ctx context.Context, agentIDs []string) ([]PurgeReview, error) {
	return lookup(ctx, s.db, purgeReviewsTable, "agent_id", agentIDs)
}

// PutInquiries adds or replaces records of inquiries.
func (tx *Tx) PutInquiries(ctx context.Context, rows []Inquiry) error {
	return put(ctx, tx, inquiriesTable, rows, inquiriesTable.values())
}

// PutBulkInquiries adds or replaces rows of 一括照会.
func (tx *Tx) PutBulkInquiries(ctx context.Context, rows []BulkInquiry) error {
	return put(ctx, tx, bulkInquiriesTable, rows, bulkInquiriesTable.values())
}

// PutStaff adds or replaces ログインID.
func (tx *Tx) PutStaff(ctx context.Context, rows []Staff) error {
	return put(ctx, tx, staffTable, rows, staffTable.values())
}

// PutManagers adds or replaces 管理者ID.
func (tx *Tx) PutManagers(ctx context.Context, rows []Manager) error {
	return put(ctx, tx, managersTable, rows, managersTable.values())
}

// Managers returns all 管理者ID of these insurers, in key order.
func (s *Store) Managers(ctx context.Context, insurers []string) ([]Manager, error) {
	return lookup(ctx, s.db, managersTable, "insurer_code", insurers)
}

// Inquiries returns the records with these 受付番号 that exist, in order.
func (s *Store) Inquiries(ctx context.Context, receiptNos []string) ([]Inquiry, error) {
	return lookup(ctx, s.db, inquiriesTable, "receipt_no", receiptNos)
}

// BulkInquiries returns what one insurer asked under these 照会番号, in order.
func (s *Store) BulkInquiries(ctx context.Context, sender string, nos []string) ([]BulkInquiry, error) {
	rows, err := lookup(ctx, s.db, bulkInquiriesTable, "inquiry_no", nos)
	return keep(rows, func(q *BulkInquiry) bool { return q.Sender == sender }), err
}

// Staff returns the ログインID of this list that exist, in order.
func (s *Store) Staff(ctx context.Context, loginIDs []string) ([]Staff, error) {
	return lookup(ctx, s.db, staffTable, "login_id", loginIDs)
}

// keep drops the rows for which wanted is false.
func keep[T any](rows []T, wanted func(*T) bool) []T {
	var out []T
	for i := range rows {
		if wanted(&rows[i]) {
			out = append(out, rows[i])
		}
	}
	return out
}
