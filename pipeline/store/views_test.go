package store

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"meibo/pipeline"
)

// insertRow adds a row to any table; columns that are not named hold nothing.
func insertRow(t testing.TB, s *Store, table string, values map[string]any) {
	t.Helper()
	tables := Tables()
	described := tables[slices.IndexFunc(tables, func(x Table) bool { return x.Name == table })]
	var args []any
	for _, c := range described.Columns {
		v, given := values[c.Name]
		switch {
		case given:
		case c.Max > 0:
			v = ""
		default:
			v = 0
		}
		args = append(args, v)
	}
	if _, err := s.db.ExecContext(t.Context(), described.insert(1), args...); err != nil {
		t.Fatal(err)
	}
}

// fillInsurers gives two insurers a row of every table they may read.
func fillInsurers(t testing.TB, s *Store) {
	t.Helper()
	fill(t, s)
	for i, code := range []string{"0101", "0102"} {
		insertRow(t, s, "conduct_findings", map[string]any{"rule_id": "R1", "subject_key": code, "insurer_code": code})
		insertRow(t, s, "deliveries", map[string]any{"delivery_id": "d" + code, "reader": code})
		write(t, s, func(tx *Tx) error {
			b := pipeline.Batch{ID: "x" + code, Sender: code, State: pipeline.BatchApplied, RowsRead: 1, Rejected: 1}
			if err := errors.Join(tx.PutBatch(t.Context(), b), tx.PutFaults(t.Context(), b.ID, sampleFaults()[:1+i])); err != nil {
				return err
			}
			for _, report := range []string{ReportExpiry, "conduct_findings"} {
				if err := tx.FinishReport(t.Context(), Manifest{Report: report, Reader: code, AsOf: day("2023-01-01"), Rows: 1}); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// seen counts the rows that each view of an insurer shows, by table.
func seen(t testing.TB, s *Store, code string) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, v := range insurerViews() {
		var n int
		if err := s.db.Get(&n, "SELECT COUNT(*) FROM "+quote(viewPrefix+code+"_"+v.table.Name)); err != nil {
			t.Fatal(err)
		}
		out[v.table.Name] = n
	}
	return out
}

func TestInsurersSeeTheirOwnRowsOfWhatIsComplete(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		fillInsurers(t, s)
		if err := s.SetInsurerViews(ctx, false, "0101", "0102"); err != nil {
			t.Fatal(err)
		}
		own := map[string]map[string]int{
			"0101": {"expiry_report": 2, "conduct_findings": 1, "import_batches": 2, "import_faults": 4, "deliveries": 1, "report_manifest": 2},
			"0102": {"expiry_report": 1, "conduct_findings": 1, "import_batches": 1, "import_faults": 2, "deliveries": 1, "report_manifest": 2},
		}
		for code, want := range own {
			wantEqual(t, code, seen(t, s, code), want)
		}
		for _, v := range insurerViews() {
			rows, err := s.db.QueryxContext(ctx, "SELECT * FROM "+quote(viewPrefix+"0101_"+v.table.Name)+" LIMIT 0")
			if err != nil {
				t.Fatal(err)
			}
			columns, err := rows.Columns()
			rows.Close()
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, "columns of the view of "+v.table.Name, columns, v.table.all())
		}

		write(t, s, func(tx *Tx) error { return tx.BeginReport(ctx, ReportExpiry, "0101") })
		write(t, s, func(tx *Tx) error { // the file is being applied: its rows are not all accounted for
			b := sampleBatch()
			b.Unchanged = 0
			return tx.PutBatch(ctx, b)
		})
		want := maps.Clone(own["0101"])
		want["expiry_report"], want["import_batches"], want["import_faults"] = 0, 1, 1
		wantEqual(t, "0101 while being updated", seen(t, s, "0101"), want)
		wantEqual(t, "0102 meanwhile", seen(t, s, "0102"), own["0102"])
	})
}

func TestViewsAreThoseOfTheInsurersGiven(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		there := func() []string {
			var codes []string
			for name := range must(s.insurerViewsThere(ctx))(t) {
				code, ok := strings.CutSuffix(strings.TrimPrefix(name, viewPrefix), "_expiry_report")
				if ok {
					codes = append(codes, code)
				}
			}
			slices.Sort(codes)
			return codes
		}
		for _, codes := range [][]string{{"0101", "0102"}, {"0101", "0102"}, {"0102", "A-1"}, {}, {"A-1"}} {
			for _, anew := range []bool{false, true} {
				if err := s.SetInsurerViews(ctx, anew, codes...); err != nil {
					t.Fatal(err)
				}
				wantEqual(t, "insurers with views", there(), codes)
			}
		}
		// A view made by an older program.
		for _, q := range s.dialect.replaceView(viewPrefix+"A-1_deliveries", "SELECT 1 AS one") {
			s.db.MustExec(q)
		}
		if err := s.SetInsurerViews(ctx, s.Dialect() == "mysql", "A-1"); err != nil {
			t.Fatal(err)
		}
		seen(t, s, "A-1")
		var n int
		if err := s.db.Get(&n, "SELECT COUNT(*) FROM `v_insurer_A-1_deliveries` WHERE reader = 'A-1'"); err != nil {
			t.Errorf("the older view is still there: %v", err)
		}
	})
}

func TestNoViewForACodeThatIsNotPlain(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		for name, codes := range map[string][]string{
			"empty": {""}, "quote": {"01'01"}, "back quote": {"01`01"}, "blank": {"a b"}, "underscore": {"a_b"}, "percent": {"a%"},
			"full width": {"０１０１"}, "hyphen first": {"-1"}, "21 characters": {strings.Repeat("1", 21)},
			"two that differ in case only": {"ab", "aB"},
		} {
			if err := s.SetInsurerViews(t.Context(), false, codes...); err == nil {
				t.Errorf("%s: a view was made", name)
			}
		}
		if there := must(s.insurerViewsThere(t.Context()))(t); len(there) > 0 {
			t.Errorf("views were made: %v", there)
		}
		if n := len(viewPrefix) + 20 + len("_conduct_findings"); n > 64 {
			t.Errorf("a name may have %d characters, MySQL takes 64", n)
		}
	})
}
