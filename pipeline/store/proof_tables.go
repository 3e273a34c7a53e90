package store

// Tables that prove what was done: deletions, approvals and deliveries. Their
// rows are described in schemas/README.md.

var receiptsTable = Table{Name: "purge_receipts", Key: 1, Reader: true, Columns: []Column{
	col("receipt_no", maxCode), col("kind", maxWord), col("list_no", 0), col("as_of", maxDate),
	col("rule_version", maxText), col("list_hash", maxHash), col("persons", 0), col("rows_deleted", 0),
	col("approvers", 0), clock("started_at", maxInstant), clock("finished_at", maxInstant),
	col("version", maxText), col("config_hash", maxHash), col("searched", 0), col("residual", 0),
	// The chain and the signature cover the clock times.
	clock("previous_hash", maxHash), clock("hash", maxHash), col("key_id", maxHash), clock("signature", maxSignature),
}}

// Approvals stand apart from purge_lists because the run's account writes that
// table and must not be able to approve.
var approvalsTable = Table{Name: "purge_approvals", Key: 3, Columns: []Column{
	col("list_no", 0), col("list_hash", maxHash), col("approved_by", maxWho), col("approved_at", maxInstant),
	col("expires_on", maxDate), col("system_user", maxWho), col("reason", 0),
}}

var deliveriesTable = Table{Name: "deliveries", Key: 1, Reader: true, Columns: []Column{
	col("delivery_id", maxRun), col("reader", maxSender), col("report", maxKind), col("sha256", maxHash),
	col("rows", 0), col("encryption", maxKind), col("file_channel", maxKind), col("key_channel", maxKind),
	col("test_mail_on", maxDate), col("cc", 0), clock("at", maxInstant),
}}
