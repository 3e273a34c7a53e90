package store

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/access"
)

// Tables of who may work with the register and of what was looked at: internal,
// described in schemas/README.md.

const maxPasswordHash = 200 // a PHC string

var accountsTable = mapping[access.Account]{
	Table{Name: "accounts", Key: 2, Columns: []Column{
		col("insurer_code", maxCode), col("account_id", maxLogin), col("kind", maxWord), col("title", maxWord),
		col("name", maxName), col("email", maxEmail), col("stopped_on", maxDate), col("stopped_by", maxWho),
		// A hash holds a random salt, so that two runs over the same input differ.
		col("stop_reason", 0), col("password_state", maxWord), clock("password_hash", maxPasswordHash), col("notice", maxNotice),
	}},
	func(a *access.Account) []field {
		return []field{
			(*text)(&a.Insurer), (*text)(&a.ID), (*text)(&a.Kind), (*text)(&a.Title), (*text)(&a.Holder), (*text)(&a.Email),
			date{&a.StoppedOn},
			(*text)(&a.StoppedBy), (*text)(&a.StopReason), (*text)(&a.Password), (*text)(&a.Hash), (*text)(&a.Notice),
		}
	},
}

const maxNotice = 120

// Notice is an encrypted workbook with drawn passwords. It lies sealed in the
// folder of the state until its reader's box has it.
type Notice struct {
	Reader   string // folder of the outbox
	File     string
	AsOf     pipeline.Date
	Accounts int
	SHA256   string // of the encrypted file
	State    string
}

// States of a notice.
const (
	NoticeSealed    = "封緘"  // its passwords hold; it is not yet in the outbox
	NoticeDelivered = "提供済" //
	NoticeLost      = "紛失"  // it never left; its accounts wait for another
)

var noticesTable = mapping[Notice]{
	Table{Name: "account_notices", Key: 2, Columns: []Column{
		col("reader", maxSender), col("file_name", maxNotice), col("as_of", maxDate), col("accounts", 0),
		clock("sha256", maxHash), col("state", maxWord),
	}},
	func(n *Notice) []field {
		return []field{
			(*text)(&n.Reader), (*text)(&n.File),
			date{&n.AsOf},
			integer[int]{&n.Accounts},
			(*text)(&n.SHA256), (*text)(&n.State),
		}
	},
}

var purposeTable = mapping[access.Entry]{
	Table{Name: "purpose_log", Key: 1, Columns: []Column{
		col("seq", 0), col("at", maxInstant), col("actor", maxWho), col("role", maxWord), col("purpose", maxWord),
		col("subject", maxHash), col("fields", maxFile), col("rows", 0), col("reason", 0), col("run_id", maxRun),
		col("denied", maxNotice),
	}},
	func(e *access.Entry) []field {
		return []field{
			integer[int]{&e.Seq},
			instant{&e.At},
			(*text)(&e.Actor), (*text)(&e.Role), (*text)(&e.Purpose), (*text)(&e.Subject), (*text)(&e.Fields),
			integer[int]{&e.Rows},
			(*text)(&e.Reason), (*text)(&e.RunID), (*text)(&e.Denied),
		}
	},
}

// PutAccounts adds or replaces accounts.
func (tx *Tx) PutAccounts(ctx context.Context, rows []access.Account) error {
	return put(ctx, tx, accountsTable, rows, accountsTable.values())
}

// Accounts returns all accounts in key order: ログインID first, then insurer by
// insurer.
func (s *Store) Accounts(ctx context.Context) ([]access.Account, error) {
	return collect(stream(ctx, s.db, accountsTable, accountsTable.ordered("")))
}

// StoppedAccounts returns the accounts whose access is stopped, in key order.
func (s *Store) StoppedAccounts(ctx context.Context) ([]access.Account, error) {
	return collect(stream(ctx, s.db, accountsTable, accountsTable.ordered("WHERE stopped_on IS NOT NULL")))
}

// AccountsOf returns the accounts with these IDs, whoever's they are, in key order.
func (s *Store) AccountsOf(ctx context.Context, ids []string) ([]access.Account, error) {
	return lookup(ctx, s.db, accountsTable, "account_id", ids)
}

// AnyAccount reports whether the register has an account at all.
func (s *Store) AnyAccount(ctx context.Context) (bool, error) {
	_, found, err := one(stream(ctx, s.db, accountsTable, accountsTable.query("LIMIT 1")))
	return found, err
}

// AccountNow returns one account as this transaction sees it.
func (tx *Tx) AccountNow(ctx context.Context, insurer, id string) (access.Account, bool, error) {
	return one(stream(ctx, tx.tx, accountsTable, accountsTable.query("WHERE insurer_code = ? AND account_id = ?"), insurer, id))
}

// AllManagers and AllStaff return what files said of every account, in key order.
func (s *Store) AllManagers(ctx context.Context) ([]Manager, error) {
	return collect(stream(ctx, s.db, managersTable, managersTable.ordered("")))
}

// AllStaff returns every ログインID in key order.
func (s *Store) AllStaff(ctx context.Context) ([]Staff, error) {
	return collect(stream(ctx, s.db, staffTable, staffTable.ordered("")))
}

// PutNotice adds a notice or replaces its state.
func (tx *Tx) PutNotice(ctx context.Context, n Notice) error {
	return put(ctx, tx, noticesTable, []Notice{n}, noticesTable.values())
}

// Notices returns all notices of accounts in key order.
func (s *Store) Notices(ctx context.Context) ([]Notice, error) {
	return collect(stream(ctx, s.db, noticesTable, noticesTable.ordered("")))
}

// AppendPurpose notes looks in the purpose log. The numbers have no gap; see
// AppendAudit for how two who append at once come behind each other.
func (tx *Tx) AppendPurpose(ctx context.Context, entries ...access.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	last, _, err := one(stream(ctx, tx.tx, purposeTable, purposeTable.query("ORDER BY seq DESC LIMIT 1")))
	if err != nil {
		return err
	}
	w := writer{table: purposeTable.Table}
	for _, e := range entries {
		last.Seq++
		e.Seq = last.Seq
		if err := w.add(purposeTable.fields(&e)); err != nil {
			return err
		}
	}
	err = tx.exec(ctx, w.table.insert(w.rows), w.args)
	switch {
	case err != nil && tx.dialect.duplicate(err):
		return fmt.Errorf("append to the purpose log: %w: %w", errRace, err)
	case err != nil:
		return fmt.Errorf("append to the purpose log: %w", err)
	}
	return nil
}

// Purposes yields the purpose log in order. The value is reused.
func (s *Store) Purposes(ctx context.Context) iter.Seq2[*access.Entry, error] {
	return stream(ctx, s.db, purposeTable, purposeTable.ordered(""))
}

// PurposesAt returns the entries of one moment as this transaction sees them.
func (tx *Tx) PurposesAt(ctx context.Context, at pipeline.Instant) ([]access.Entry, error) {
	return collect(stream(ctx, tx.tx, purposeTable, purposeTable.ordered("WHERE "+quote("at")+" = ?"), at.String()))
}

// PurposesOf yields, in order, the entries whose fields begin with a text without
// wildcards of LIKE but the underscore, such as the name of a report. The value is
// reused.
func (s *Store) PurposesOf(ctx context.Context, fields string) iter.Seq2[*access.Entry, error] {
	return stream(ctx, s.db, purposeTable, purposeTable.ordered("WHERE "+quote("fields")+" LIKE ?"), fields+"%")
}

// LastPurposeAt returns when each of these actors was shown people last; who
// never was is left out.
func (s *Store) LastPurposeAt(ctx context.Context, actors []string) (map[string]pipeline.Instant, error) {
	entries, err := lookup(ctx, s.db, purposeTable, "actor", actors)
	out := map[string]pipeline.Instant{}
	for _, e := range entries {
		if e.Denied == "" && e.At.Time().After(out[e.Actor].Time()) {
			out[e.Actor] = e.At
		}
	}
	return out, err
}

// PurposeCounts counts the looks that were allowed by role and purpose.
func (s *Store) PurposeCounts(ctx context.Context) (map[access.Use]int, error) {
	columns := strings.Join([]string{quote("role"), quote("purpose")}, ", ")
	rows, err := s.db.QueryContext(ctx, "SELECT "+columns+", COUNT(*) FROM "+quote(purposeTable.Name)+" WHERE denied = '' GROUP BY "+columns)
	if err != nil {
		return nil, fmt.Errorf("count the purpose log: %w", err)
	}
	defer rows.Close()
	out := map[access.Use]int{}
	for rows.Next() {
		var u access.Use
		var n int
		if err := rows.Scan(&u.Role, &u.Purpose, &n); err != nil {
			return nil, fmt.Errorf("count the purpose log: %w", err)
		}
		out[u] = n
	}
	return out, rows.Err()
}
