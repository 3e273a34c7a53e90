package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"meibo/pipeline"
	"meibo/pipeline/purge"
)

// notFree says why columns that are long enough for a sentence are no texts in
// which somebody else may be named, so that nothing is redacted there.
func notFree(table, column string) (why string) {
	switch table + "." + column {
	case "agents.name", "agents.name_kana", "agents.former_name", "agents.email", "agent_names.name":
		return "the person's own"
	case "corrections.item", "corrections.target", "conduct_findings.subject_key", "run_progress.item", "import_faults.header", "import_faults.column_key":
		return "which thing of a known kind"
	case "incidents.account", "deliveries.cc", "account_notices.file_name", "accounts.notice":
		return "an account or address, or a name the program makes"
	case "corrections.reason", "purge_plan.code", "registrations.product_lines", "registration_events.product_lines", "conduct_findings.reason_code", "conduct_findings.clause":
		return "a code of a list"
	case "run_steps.error", "run_files.progress", "deadlines.rule_version", "purge_receipts.rule_version", "purge_receipts.version", "runs.version", "conduct_findings.rule_version":
		return "the program's own words, which name nobody"
	case "decisions.fingerprint", "accounts.password_hash", "purge_receipts.signature", "conduct_findings.evidence", "pair_weights.comparisons":
		return "what a value has in common, or where it stands, never the value"
	}
	switch column {
	case "origins", "arrival", "progress", "batch_id", "run_id", "delivery_id", "mail_id", "sealed":
		return "provenance"
	case "other_insurers", "sender", "reader", "holder", "hash", "list_hash", "config_hash", "previous_hash", "sha256", "key_id", "content", "id_hmac":
		return "codes or a hash"
	case "held_by", "released_by", "reviewed_by", "approved_by", "system_user", "decided_by", "undone_by", "stopped_by", "confirmed_by", "handled_by", "waived_by", "actor":
		if table == "activities" {
			return ""
		}
		return "an account"
	case "counts", "figures", "settings", "searched", "residual", "persons", "rows_deleted", "approvers", "approvals", "payload", "prev", "object", "peak_rss", "lines_allowed":
		return "counts and codes in JSON"
	}
	return ""
}

// Every column in which people write what they like is redacted for whoever is
// deleted, unless its rows go as a whole or with a term of their own.
func TestEveryFreeTextOfARowThatStaysIsRedacted(t *testing.T) {
	full := filled(t)
	for _, h := range inventory(t).Tables {
		if h.Purge == purgeSweep || h.Purge == purgeTerm && h.Table != "accounts" {
			continue
		}
		for i, c := range h.table().Columns {
			text, is := sampleValue(t, full, h.table(), c, i, 0).(string)
			free := is && c.Max != maxDate && c.Max != maxInstant && (c.Max == 0 || c.Max >= maxName)
			switch declared, why := slices.Contains(h.Texts, c.Name), notFree(h.Table, c.Name); {
			case declared && !is:
				t.Errorf("%s.%s is no text: %q", h.Table, c.Name, text)
			case declared && why != "":
				t.Errorf("%s.%s is redacted, and also said to be %s", h.Table, c.Name, why)
			case free && !declared && why == "" && !slices.Contains(h.By, c.Name) && (h.Table != "accounts" || c.Name != "name" && c.Name != "email" && c.Name != "account_id"):
				t.Errorf("somebody may be named in %s.%s: texts of inventory.yaml do not have it", h.Table, c.Name)
			}
		}
	}
}

func TestTheInventoryRefusesTextsThatCannotBeRedacted(t *testing.T) {
	for name, texts := range map[string][]string{"no such column": {"shoe_size"}, "leads to the person": {"agent_id"}, "too short for the words": {"role"}} {
		h := *inventory(t).holding(t, "registrations")
		h.Texts = texts
		if name == "too short for the words" {
			table := h.table()
			table.Columns = slices.Clone(table.Columns)
			table.Columns[2].Max = utf8.RuneCountInString(pipeline.Redacted) - 1
			if err := h.check(table); err == nil {
				t.Errorf("%s: passes", name)
			}
			continue
		}
		if err := h.check(h.table()); err == nil || !strings.Contains(err.Error(), texts[0]) {
			t.Errorf("%s: %v", name, err)
		}
	}
	h := *inventory(t).holding(t, "purpose_log")
	h.Texts = []string{"reason"}
	if err := h.check(h.table()); err == nil {
		t.Error("texts in rows that go as a whole pass")
	}
}

func (inv *Inventory) holding(t testing.TB, table string) *Holding {
	t.Helper()
	i := slices.IndexFunc(inv.Tables, func(h Holding) bool { return h.Table == table })
	if i < 0 {
		t.Fatalf("no table %s", table)
	}
	return &inv.Tables[i]
}

// cleared sweeps and clears for these persons as an execution does, and returns
// what it kept, part by part, as it comes out of its JSON.
func cleared(t testing.TB, s *Store, traces *purge.Traces, limit int) (parts [][]Rows, redacted int) {
	t.Helper()
	for {
		rows, err := s.Sweep(t.Context(), inventory(t), traces, limit)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) == 0 {
			return parts, redacted
		}
		var c Cleared
		write(t, s, func(tx *Tx) (err error) {
			c, err = tx.Clear(t.Context(), rows)
			return err
		})
		for _, n := range c.Redacted {
			redacted += n
		}
		b, err := json.Marshal(c.Rows)
		if err != nil {
			t.Fatal(err)
		}
		var kept []Rows
		if err := json.Unmarshal(b, &kept); err != nil {
			t.Fatal(err)
		}
		parts = append(parts, kept)
	}
}

// restored puts back what cleared kept, the newest first.
func restored(t testing.TB, s *Store, parts [][]Rows) (left int) {
	t.Helper()
	for _, rows := range slices.Backward(parts) {
		write(t, s, func(tx *Tx) error {
			n, err := tx.Restore(t.Context(), rows)
			left += n
			return err
		})
	}
	return left
}

func hits(t testing.TB, s *Store, traces *purge.Traces) map[string]int {
	t.Helper()
	found, err := s.Search(t.Context(), inventory(t), traces)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, f := range found {
		for column, n := range f.Columns {
			out[f.Table+"."+column] += n
		}
	}
	return out
}

func countRows(t testing.TB, s *Store, table string) (n int) {
	t.Helper()
	if err := s.db.GetContext(t.Context(), &n, "SELECT COUNT(*) FROM "+quote(table)); err != nil {
		t.Fatal(err)
	}
	return n
}

// Whoever is named in whatever text of whatever table: nobody is any more once it
// is cleared, every row of another is still there, and all comes back to the last
// byte.
func TestWhoeverIsNamedInATextIsTakenOutOfIt(t *testing.T) {
	full := filled(t)
	persons := []purge.Traced{
		{ID: "PX0001", Names: []string{"削除　太郎"}, BornOn: day("1970-01-02"), Emails: []string{"px@example.test"}},
		{ID: "77777"},
		{ID: "PY-2"},
	}
	said := []string{
		"PX0001の委任状", "免許証（ｐｘ０００１ 写し）", "PY-2、77777", "px@example.test から", "削除　太郎（1970年1月2日生）", "PX0001 PY-2 PX0001", strings.Repeat("PY-2。", 12),
	}
	onEach(t, func(t *testing.T, s *Store) {
		if err := full.CopyTo(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		blank := dumped(t, s)
		for seed := range uint64(4) {
			dice := rand.New(rand.NewPCG(seed, 7))
			planted := plant(t, s, func(c Column) string {
				if text := said[dice.IntN(len(said))]; c.Max == 0 || utf8.RuneCountInString(text) <= c.Max {
					return text
				}
				return "PY-2"
			})
			before := dumped(t, s)
			rows := map[string]int{}
			for _, h := range inventory(t).Tables {
				rows[h.Table] = countRows(t, s, h.Table)
			}
			// Two groups, so that one text may be redacted twice.
			one, redacted := cleared(t, s, purge.NewTraces(persons[:1]), 1+dice.IntN(5))
			two, more := cleared(t, s, purge.NewTraces(persons[1:]), 100)
			all := purge.NewTraces(persons)
			if h := hits(t, s, all); len(h) > 0 {
				t.Fatalf("seed %d: still named in %v", seed, h)
			}
			if redacted+more < planted {
				t.Errorf("seed %d: %d rows redacted, at least %d named somebody", seed, redacted+more, planted)
			}
			for _, h := range inventory(t).Tables {
				if n := countRows(t, s, h.Table); h.Purge != purgeSweep && n != rows[h.Table] {
					t.Errorf("seed %d: %s has %d rows, had %d", seed, h.Table, n, rows[h.Table])
				}
			}
			if again, _ := cleared(t, s, all, 100); len(again) > 0 {
				t.Errorf("seed %d: cleared twice", seed)
			}
			if left := restored(t, s, append(one, two...)); left > 0 {
				t.Errorf("seed %d: %d rows did not come back", seed, left)
			}
			wantEqual(t, fmt.Sprintf("seed %d: dump", seed), dumped(t, s), before)
			unplant(t, s, full)
			wantEqual(t, "dump without them", dumped(t, s), blank)
		}
	})
}

// plant writes into every text of one row of each table, and returns how many rows.
func plant(t testing.TB, s *Store, say func(Column) string) (rows int) {
	t.Helper()
	for _, h := range inventory(t).Tables {
		if len(h.Texts) == 0 {
			continue
		}
		l := h.looker()
		key := firstKey(t, s, l.Table)
		for _, i := range l.free {
			text := say(l.Columns[i])
			s.db.MustExecContext(t.Context(), s.db.Rebind("UPDATE "+quote(h.Table)+" SET "+quote(l.Columns[i].Name)+" = ?"+whereKeys(l.Table, 1)), append([]any{text}, key...)...)
			if i < l.Key {
				key[i] = text
			}
		}
		rows++
	}
	return rows
}

func firstKey(t testing.TB, s *Store, table Table) (key []any) {
	t.Helper()
	err := eachRow(t.Context(), s.db, table, func(row []raw) error {
		for i := range table.Key {
			key = append(key, row[i].v)
		}
		return errEnough
	})
	if key == nil {
		t.Fatalf("%s is empty: %v", table.Name, err)
	}
	return key
}

// unplant makes the tables with texts what they were.
func unplant(t testing.TB, s, full *Store) {
	t.Helper()
	for _, h := range inventory(t).Tables {
		if len(h.Texts) == 0 {
			continue
		}
		s.db.MustExecContext(t.Context(), "DELETE FROM "+quote(h.Table))
		if err := full.copyTable(t.Context(), s, h.table()); err != nil {
			t.Fatal(err)
		}
	}
}

// A text within a key: two rows that say the same once nobody is named are one,
// and two again when that is taken back.
func TestTwoActivitiesThatDifferInWhomTheyNameBecomeOne(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		sample().put(t, s)
		write(t, s, func(tx *Tx) error {
			return tx.PutActivities(t.Context(), []pipeline.Activity{
				{AgentID: "A0001", On: day("2023-01-05"), Kind: "照会", Actor: "窓口 PX1"},
				{AgentID: "A0001", On: day("2023-01-05"), Kind: "照会", Actor: "窓口 PX2"},
			})
		})
		before, n := dumped(t, s), countRows(t, s, "activities")
		parts, redacted := cleared(t, s, traceOf("PX1", "PX2"), 100)
		if got := countRows(t, s, "activities"); redacted != 2 || got != n-1 {
			t.Errorf("%d redacted, %d rows of %d", redacted, got, n)
		}
		if after := dumped(t, s); !strings.Contains(after, "窓口 "+pipeline.Redacted) {
			t.Errorf("the activity is gone:\n%s", after)
		}
		if left := restored(t, s, parts); left > 0 {
			t.Errorf("%d left", left)
		}
		wantEqual(t, "dump", dumped(t, s), before)
	})
}

// A row that somebody changed since is left as it is: both when it is to be
// redacted and when that is to be taken back.
func TestWhatSomebodyWroteSinceStands(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		whole(t, s)
		say := func(text string) {
			s.db.MustExecContext(t.Context(), s.db.Rebind("UPDATE corrections SET proof = ?"), text)
		}
		say("PX1の委任状")
		rows, err := s.Sweep(t.Context(), inventory(t), traceOf("PX1"), 100)
		if err != nil || len(rows) != 1 {
			t.Fatalf("%d tables, %v", len(rows), err)
		}
		say("PX1の委任状 訂正")
		err = s.Write(t.Context(), func(tx *Tx) error { return second(tx.Clear(t.Context(), rows)) })
		if err == nil || !strings.Contains(err.Error(), ErrMoved.Error()) {
			t.Errorf("a row that changed: %v", err)
		}
		parts, _ := cleared(t, s, traceOf("PX1"), 100)
		wantEqual(t, "redacted", strings.Contains(dumped(t, s), pipeline.Redacted+"の委任状 訂正"), true)
		say("免許証")
		if left := restored(t, s, parts); left != countRows(t, s, "corrections") {
			t.Errorf("%d left", left)
		}
		wantEqual(t, "what was written since", bytes.Contains([]byte(dumped(t, s)), []byte("委任状")), false)
	})
}

// What stands in a code, a number or a key is told by its column, and stays; what
// is only the same number as an ID is nobody's trace.
func TestWhatCannotBeRedactedIsTold(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		whole(t, s)
		s.db.MustExecContext(t.Context(), s.db.Rebind("UPDATE corrections SET receipt_no = ?, proof = ?"), "K-PX1", "PX1")
		before := countRows(t, s, "corrections")
		cleared(t, s, traceOf("PX1"), 2)
		wantEqual(t, "left", hits(t, s, traceOf("PX1")), map[string]int{"corrections.receipt_no": before})
		wantEqual(t, "numbers", hits(t, s, traceOf("1", "3", "7", "2023")), map[string]int{})
	})
}
