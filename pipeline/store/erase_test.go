package store

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"meibo/pipeline"
	"meibo/pipeline/purge"
)

func inventory(t testing.TB) *Inventory {
	t.Helper()
	inv, err := LoadInventory()
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// P12: a table or column that nobody declared fails the build, in the program's
// description of the schema or in the database alone, and so does a declaration
// of what is not there.
func TestP12TheInventoryDeclaresEveryColumn(t *testing.T) {
	inv := inventory(t)
	more := slices.Clone(Tables())
	more[0].Columns = append(slices.Clone(more[0].Columns), col("shoe_size", 0))
	if err := inv.check(more); err == nil || !strings.Contains(err.Error(), "shoe_size") {
		t.Errorf("a new column: %v", err)
	}
	if err := inv.check(append(slices.Clone(Tables()), Table{Name: "shoes"})); err == nil || !strings.Contains(err.Error(), "shoes: is not declared") {
		t.Errorf("a new table: %v", err)
	}
	if err := inv.check(Tables()[1:]); err == nil || !strings.Contains(err.Error(), "no such table") {
		t.Errorf("a table that went: %v", err)
	}
	onEach(t, func(t *testing.T, s *Store) {
		live := tableNames(t, s)
		for _, h := range inv.Tables {
			live = slices.DeleteFunc(live, func(name string) bool { return name == h.Table })
		}
		wantEqual(t, "tables in the database alone", live, []string{versionTable})
		if got := undeclared(t, s, inv); len(got) > 0 {
			t.Errorf("columns that nobody declared: %v", got)
		}
		s.db.MustExec("ALTER TABLE activities ADD COLUMN shoe_size INTEGER")
		wantEqual(t, "a column in the database alone", undeclared(t, s, inv), []string{"activities.shoe_size"})
	})
}

// undeclared are the columns of the database that the inventory does not have.
func undeclared(t testing.TB, s *Store, inv *Inventory) (out []string) {
	t.Helper()
	for _, h := range inv.Tables {
		rows, err := s.db.QueryxContext(t.Context(), "SELECT * FROM "+quote(h.Table)+" LIMIT 0")
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		rows.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range columns {
			if !slices.Contains(slices.Concat(h.Personal, h.Other), c) {
				out = append(out, h.Table+"."+c)
			}
		}
	}
	return out
}

func tableNames(t testing.TB, s *Store) (out []string) {
	t.Helper()
	if err := s.db.SelectContext(t.Context(), &out, s.dialect.tables()); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// whole fills the database with people, reports, lists and faults, and with an
// office's records about one of them.
func whole(t testing.TB, s *Store) {
	t.Helper()
	fill(t, s)
	ctx := t.Context()
	write(t, s, func(tx *Tx) error {
		for _, err := range []error{
			tx.PutInquiries(ctx, []Inquiry{{ReceiptNo: "Q1", AgentID: "A0001", ReceivedOn: day("2023-01-01")}}),
			tx.PutBulkInquiries(ctx, []BulkInquiry{{Sender: "0101", No: "1", Name: "吉田花子", BornOn: day("1980-02-29"), AskedOn: day("2023-01-01")}}),
			tx.PutPurgeReviews(ctx, []PurgeReview{{ListNo: 3, AgentID: "A0001", By: "S1", Verdict: "保留", AsOf: day("2023-01-01")}}),
			tx.PutFaults(ctx, "b1", []*pipeline.Fault{{
				Origin: pipeline.Origin{Row: 9}, Code: "unknown-agent", Severity: pipeline.SeverityError, Key: "agent_id",
				JA: "募集人ID「A0001」は登録されていません。", EN: "A0001 is unknown",
			}}),
		} {
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func traceOf(ids ...string) *purge.Traces {
	var persons []purge.Traced
	for _, id := range ids {
		persons = append(persons, purge.Traced{ID: id})
	}
	return purge.NewTraces(persons)
}

func dumped(t testing.TB, s *Store) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.Dump(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// erased takes a person out as an execution does and returns what went.
func erased(t testing.TB, s *Store, id string) []Rows {
	t.Helper()
	inv := inventory(t)
	var went []Rows
	write(t, s, func(tx *Tx) (err error) {
		if went, err = tx.Extract(t.Context(), inv, []string{id}); err != nil {
			return err
		}
		_, err = tx.Erase(t.Context(), went)
		return err
	})
	swept, err := s.Sweep(t.Context(), inv, traceOf(id), 100)
	if err != nil {
		t.Fatal(err)
	}
	write(t, s, func(tx *Tx) error {
		c, err := tx.Clear(t.Context(), swept)
		if len(c.Redacted) > 0 {
			t.Errorf("redacted: %v", c.Redacted)
		}
		return err
	})
	return append(went, swept...)
}

func TestNothingOfAPersonIsLeft(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		whole(t, s)
		before := dumped(t, s)
		went := erased(t, s, "A0001")
		found, err := s.Search(t.Context(), inventory(t), traceOf("A0001"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			if want := map[string]int{"inquiries": 1}[f.Table]; f.Hits != want {
				t.Errorf("%s: %d rows still name the person, want %d", f.Table, f.Hits, want)
			}
			if f.Hits > 0 && (f.Term == "" || f.Columns["agent_id"] != 1) {
				t.Errorf("%s: %+v", f.Table, f)
			}
		}
		after := dumped(t, s)
		for _, id := range []string{"A0002", "A0003"} {
			if before, after := strings.Count(before, id), strings.Count(after, id); after == 0 || after > before {
				t.Errorf("%s stood %d times, and stands %d times", id, before, after)
			}
		}

		// What went comes back from its JSON to the last byte.
		b, err := json.Marshal(went)
		if err != nil {
			t.Fatal(err)
		}
		var back []Rows
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		write(t, s, func(tx *Tx) error { return tx.PutBack(t.Context(), back) })
		wantEqual(t, "dump", dumped(t, s), before)
		if err := s.Write(t.Context(), func(tx *Tx) error { return tx.PutBack(t.Context(), back) }); err == nil {
			t.Error("rows are put back over others")
		}
		wantEqual(t, "dump", dumped(t, s), before)
	})
}

func TestEraseDeletesJustWhatWasKept(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		whole(t, s)
		before := dumped(t, s)
		err := s.Write(t.Context(), func(tx *Tx) error {
			rows, err := tx.Extract(t.Context(), inventory(t), []string{"A0003"})
			if err != nil {
				return err
			}
			last := &rows[len(rows)-1]
			last.Rows = append(last.Rows, slices.Clone(last.Rows[0]))
			last.Rows[len(last.Rows)-1][0] = "A9999"
			return second(tx.Erase(t.Context(), rows))
		})
		if err == nil || !strings.Contains(err.Error(), "1 of 2 rows were there") {
			t.Errorf("got %v", err)
		}
		wantEqual(t, "dump", dumped(t, s), before)
	})
}
