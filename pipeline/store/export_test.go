package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"meibo/pipeline"
	"meibo/pipeline/run"
	"meibo/schemas"
)

// openExport makes an empty export.
func openExport(t testing.TB, dsn string) *Store {
	t.Helper()
	s, err := Open(t.Context(), dsn, Options{KeepSchema: true, Export: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// readerDump is the part of a dump that belongs to readers. The journal's
// running rows and clock columns are not compared.
func readerDump(t testing.TB, s *Store) string {
	t.Helper()
	var b strings.Builder
	for _, table := range Tables() {
		if !table.Reader {
			continue
		}
		fmt.Fprintf(&b, "# %s\n", table.Name)
		rows, err := openStored(t.Context(), s.db, table, ended(table))
		if err != nil {
			t.Fatal(err)
		}
		for rows.ok {
			for i := range rows.row {
				b.Write(appendValue([]byte("\t"), rows.row[i].v))
			}
			b.WriteByte('\n')
			if err := rows.next(); err != nil {
				t.Fatal(err)
			}
		}
		rows.rows.Close()
	}
	return b.String()
}

func written(diffs map[string]Diff) int {
	n := 0
	for _, d := range diffs {
		n += d.Written()
	}
	return n
}

// fromEachToEach runs a test with a filled register and an empty export, on all
// pairs of databases.
func fromEachToEach(t *testing.T, test func(t *testing.T, s, dst *Store)) {
	databases := map[string]func(testing.TB) string{"sqlite": newSQLite, "mysql": newMySQL}
	for from, open := range databases {
		for to, openDst := range databases {
			t.Run(from+" to "+to, func(t *testing.T) {
				s := openTest(t, open(t))
				fillInsurers(t, s)
				insertRow(t, s, "duplicate_list", map[string]any{"agent_id_a": "B1", "agent_id_b": "B2", "fingerprint": strings.Repeat("f", 300)})
				insertRow(t, s, "purge_receipts", map[string]any{"receipt_no": "R-1", "persons": `{"4":2}`})
				write(t, s, func(tx *Tx) error {
					return errors.Join(
						tx.FinishReport(t.Context(), Manifest{Report: "purge_list", Reader: "compliance", AsOf: day("2023-01-01"), Rows: 2}),
						tx.FinishReport(t.Context(), Manifest{Report: "nightly", Reader: "association", AsOf: day("2023-01-01")}),
					)
				})
				if err := s.PutRun(t.Context(), run.Row{ID: "now", State: run.StateRunning}); err != nil {
					t.Fatal(err)
				}
				if err := s.PutStep(t.Context(), run.StepRow{RunID: "now", Seq: 1, State: run.StateDone}); err != nil {
					t.Fatal(err)
				}
				test(t, s, openExport(t, openDst(t)))
			})
		}
	}
}

func TestAnExportHoldsWhatReadersMayRead(t *testing.T) {
	fromEachToEach(t, func(t *testing.T, s, dst *Store) {
		ctx := t.Context()
		diffs := must(s.ExportTo(ctx, dst, ExportOptions{}))(t)
		wantEqual(t, "export", readerDump(t, dst), readerDump(t, s))
		if d := diffs["expiry_report"]; d.Inserted != 3 || diffs["run_steps"].Inserted != 1 {
			t.Errorf("first export: %+v", diffs)
		}
		again := must(s.ExportTo(ctx, dst, ExportOptions{}))(t)
		if written(again) != 0 || again["expiry_report"].Unchanged != 3 {
			t.Errorf("a second export wrote: %+v", again)
		}

		// A night later.
		write(t, s, func(tx *Tx) error {
			b := sampleBatch()
			b.RowsRead, b.Rejected = 11, 3
			return errors.Join(
				tx.PutBatch(ctx, b), tx.PutFaults(ctx, b.ID, sampleFaults()[:2]),
				tx.PutPurgeList(ctx, pipeline.PurgeList{No: 4, AsOf: day("2023-01-02"), Approvals: "[]"}),
				tx.FinishReport(ctx, Manifest{Report: ReportExpiry, Reader: "0101", AsOf: day("2023-01-02"), Rows: 1}),
			)
		})
		rows := sampleExpiry()[:2]
		rows[0].Step = "当月"
		if _, err := s.SyncExpiry(ctx, pointers(rows...), Sync{Apply: true}); err != nil {
			t.Fatal(err)
		}
		diffs = must(s.ExportTo(ctx, dst, ExportOptions{}))(t)
		wantEqual(t, "export a night later", readerDump(t, dst), readerDump(t, s))
		wantEqual(t, "what was written of expiry_report", diffs["expiry_report"], Diff{Updated: 1, Deleted: 1, Unchanged: 1})
	})
}

func TestAnExportHoldsNoRegister(t *testing.T) {
	for name, dsn := range map[string]string{"sqlite": newSQLite(t), "mysql": newMySQL(t)} {
		t.Run(name, func(t *testing.T) {
			dst := openExport(t, dsn)
			var tables []string
			if err := dst.db.Select(&tables, dst.dialect.tables()); err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, x := range Tables() {
				if x.Reader {
					want = append(want, x.Name)
				}
			}
			want = append(want, exportVersionTable)
			slices.Sort(tables)
			slices.Sort(want)
			wantEqual(t, "tables", tables, want)
			if err := dst.Migrate(t.Context()); err != nil {
				t.Errorf("migrated again: %v", err)
			}
			if err := dst.SetInsurerViews(t.Context(), false, "0101"); err != nil {
				t.Error(err)
			}
			seen(t, dst, "0101")
		})
	}
}

func TestEveryMigrationNamesItsTable(t *testing.T) {
	names, err := fs.Glob(schemas.FS, "sql/*.sql")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(schemas.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		if table := tableOf(path.Base(name)); table == "" || !strings.Contains(string(text), "TABLE IF NOT EXISTS "+quote(table)) && !strings.Contains(string(text), "ALTER TABLE "+quote(table)) {
			t.Errorf("%s is not about table %q", name, table)
		}
	}
}

func TestADatabaseIsARegisterOrAnExport(t *testing.T) {
	for name, dsn := range map[string]func(testing.TB) string{"sqlite": newSQLite, "mysql": newMySQL} {
		t.Run(name, func(t *testing.T) {
			register, export := dsn(t), dsn(t)
			r, x := openTest(t, register), openExport(t, export)
			for address, o := range map[string]Options{register: {Export: true}, export: {}} {
				if _, err := Open(t.Context(), address, o); !errors.Is(err, ErrPurpose) {
					t.Errorf("Open with %+v: %v, want ErrPurpose", o, err)
				}
				o.KeepSchema = true
				s, err := Open(t.Context(), address, o)
				if err != nil {
					t.Fatal(err)
				}
				if err := s.Migrate(t.Context()); !errors.Is(err, ErrPurpose) {
					t.Errorf("Migrate with %+v: %v, want ErrPurpose", o, err)
				}
				s.Close()
			}
			for _, pair := range [][2]*Store{{r, r}, {x, x}, {x, r}} {
				if _, err := pair[0].ExportTo(t.Context(), pair[1], ExportOptions{}); !errors.Is(err, ErrPurpose) {
					t.Errorf("ExportTo: %v, want ErrPurpose", err)
				}
			}
		})
	}
}

// TestNobodyReadsHalfAnExport cuts an export short behind each of its tables.
func TestNobodyReadsHalfAnExport(t *testing.T) {
	fromEachToEach(t, func(t *testing.T, s, dst *Store) {
		if err := dst.SetInsurerViews(t.Context(), false, "0101"); err != nil {
			t.Fatal(err)
		}
		must(s.ExportTo(t.Context(), dst, ExportOptions{}))(t)
		rows := sampleExpiry()
		rows[0].Step, rows[2].Step = "当月", "失効後"
		if _, err := s.SyncExpiry(t.Context(), pointers(rows...), Sync{Apply: true}); err != nil {
			t.Fatal(err)
		}
		purge := samplePurge(3)[:1]
		if _, err := s.SyncPurgeList(t.Context(), 3, pointers(purge...), Sync{Apply: true}); err != nil {
			t.Fatal(err)
		}
		write(t, s, func(tx *Tx) error {
			b := sampleBatch()
			b.RowsRead, b.Rejected = 11, 3
			return errors.Join(tx.PutBatch(t.Context(), b), tx.PutFaults(t.Context(), b.ID, sampleFaults()[:2]))
		})
		states := func() (out []string) {
			for _, m := range must(dst.Manifests(t.Context()))(t) {
				if m.State != ManifestDone {
					out = append(out, m.Report+" "+m.Reader)
				}
			}
			return out
		}
		for _, step := range []struct {
			behind   string
			updating []string
			seen     map[string]int // by 0101
		}{
			{"import_faults", nil, map[string]int{"expiry_report": 2, "conduct_findings": 1, "import_batches": 1, "import_faults": 1, "deliveries": 1, "report_manifest": 2}},
			{"expiry_report", []string{"expiry_report 0101", "expiry_report 0102"}, map[string]int{"expiry_report": 0, "conduct_findings": 1, "import_batches": 2, "import_faults": 3, "deliveries": 1, "report_manifest": 2}},
			{"purge_list", []string{"purge_list compliance"}, map[string]int{"expiry_report": 2, "conduct_findings": 1, "import_batches": 2, "import_faults": 3, "deliveries": 1, "report_manifest": 2}},
		} {
			ctx, stop := context.WithCancel(t.Context())
			_, err := s.ExportTo(ctx, dst, ExportOptions{Done: func(table string, _ Diff) {
				if table == step.behind {
					stop()
				}
			}})
			stop()
			if err == nil {
				t.Fatalf("the export went on behind %s", step.behind)
			}
			wantEqual(t, "更新中 behind "+step.behind, states(), step.updating)
			wantEqual(t, "seen behind "+step.behind, seen(t, dst, "0101"), step.seen)
		}
		must(s.ExportTo(t.Context(), dst, ExportOptions{}))(t)
		wantEqual(t, "completed export", readerDump(t, dst), readerDump(t, s))
	})
}

func TestWhatIsHalfWrittenIsNotExported(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		fill(t, s)
		dst := openExport(t, newSQLite(t))
		write(t, s, func(tx *Tx) error { return tx.BeginReport(t.Context(), ReportExpiry, "0101") })
		if _, err := s.ExportTo(t.Context(), dst, ExportOptions{}); !errors.Is(err, ErrUpdating) {
			t.Errorf("ExportTo: %v, want ErrUpdating", err)
		}
	})
}

func TestAnExportEndsWithTheLease(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		fill(t, s)
		dst := openExport(t, newSQLite(t))
		now := moment("2023-01-01T18:00:00.000000Z").Time()
		if _, err := s.Acquire(t.Context(), "nightly", "one", now, time.Minute, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := s.db.ExecContext(t.Context(), "UPDATE leases SET holder = 'two', token = token + 1"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ExportTo(t.Context(), dst, ExportOptions{}); !errors.Is(err, run.ErrLeaseLost) {
			t.Errorf("ExportTo without the lease: %v, want ErrLeaseLost", err)
		}
		wantEqual(t, "rows written all the same", len(all(t, dst.Expiry(t.Context(), ""))), 0)
	})
}

// TestAnExportNeedsNoMoreThanItsAccounts: it reads the register as the run does
// and writes the export as the export's account.
func TestAnExportNeedsNoMoreThanItsAccounts(t *testing.T) {
	registerDSN, exportDSN := newMySQL(t), newMySQL(t)
	register, export := openTest(t, registerDSN), openExport(t, exportDSN)
	fillInsurers(t, register)
	s, err := Open(t.Context(), account(t, register, registerDSN, "run", ""), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	dst, err := Open(t.Context(), account(t, export, exportDSN, "export", ""), Options{Export: true})
	if err != nil {
		t.Fatal(err)
	}
	defer dst.Close()
	must(s.ExportTo(t.Context(), dst, ExportOptions{}))(t)
	wantEqual(t, "export", readerDump(t, export), readerDump(t, register))
	for _, table := range Tables() {
		if !table.Reader {
			continue
		}
		if rights, _ := rightsOn(t, dst.db, table.Name, table.all()); rights != "SIUD" {
			t.Errorf("the export's account may %q on %s, want SIUD", rights, table.Name)
		}
	}
	if rights, _ := rightsOn(t, dst.db, exportVersionTable, []string{"version_id"}); rights != "S" {
		t.Errorf("the export's account may %q on %s, want S", rights, exportVersionTable)
	}
	for _, statement := range []string{"CREATE TABLE x (a INT)", "DROP TABLE IF EXISTS x", "CREATE VIEW x AS SELECT 1 AS a", "CREATE USER 'x'@'127.0.0.1'"} {
		if may(t, dst.db, statement) {
			t.Errorf("the export's account may %s", statement)
		}
	}
}
