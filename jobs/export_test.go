package jobs_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"meibo/jobs"
	"meibo/pipeline/store"
)

// sameExport compares an export with the register's tables of the same names.
// Only of runs it knows less: the one that made it was still at work.
func (p *place) sameExport(t testing.TB, what string) {
	t.Helper()
	s, err := store.Open(t.Context(), p.Export.DB, store.Options{Export: true})
	must(t, err)
	defer s.Close()
	var b strings.Builder
	must(t, s.Dump(t.Context(), &b))
	got, register := tables(t, b.String()), tables(t, p.state(t).dump)
	if len(got) < 12 || got["agents"] != "" {
		t.Errorf("%s holds %d tables", what, len(got))
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if name != "runs" && name != "run_steps" && got[name] != register[name] {
			t.Errorf("%s: %s differs:\n%s", what, name, diffLines(register[name], got[name]))
		}
	}
}

func counts(r jobs.Result, step string) (read, applied int) {
	for _, s := range r.Steps {
		if s.Name == step {
			return s.Counts.Read, s.Counts.Applied
		}
	}
	return 0, 0
}

func TestEveryNightIsExported(t *testing.T) {
	for _, db := range []string{"sqlite", "mysql"} {
		t.Run(db, func(t *testing.T) {
			p := newPlace(t, t.TempDir(), "")
			p.DB, p.Export.DB = sqliteIn(p.dir), "sqlite:"+filepath.Join(p.dir, "export.db")
			if db == "mysql" {
				p.Export.DB = emptyMySQL(t)
				_, err := jobs.Migrate(t.Context(), p.Config, p.now)
				must(t, err)
			}
			p.smallInbox(t)
			for _, d := range sampleDays {
				p.night(t, d)
				p.sameExport(t, "export of "+d.String())
			}
			r := p.night(t, sampleDays[2])
			if read, applied := counts(r, "export"); read == 0 || applied != 0 {
				t.Errorf("a second run of the day exported %d of %d rows", applied, read)
			}
		})
	}
}

func TestAKilledExportIsCompleted(t *testing.T) {
	p := newPlace(t, t.TempDir(), "")
	p.DB, p.Export.DB = sqliteIn(p.dir), "sqlite:"+filepath.Join(p.dir, "export.db")
	p.smallInbox(t)
	p.night(t, sampleDays[0])
	p.killAndResume(t, "export-table-expiry_report", sampleDays[1])
	p.sameExport(t, "export")
}

func TestADryRunExportsNothing(t *testing.T) {
	p := newPlace(t, t.TempDir(), "")
	p.DB, p.Export.DB = sqliteIn(p.dir), "sqlite:"+filepath.Join(p.dir, "export.db")
	p.smallInbox(t)
	p.with(t, func(h *jobs.House) {
		_, err := h.DryRun(t.Context(), sampleDays[0])
		must(t, err)
	})
	if _, err := os.Stat(filepath.Join(p.dir, "export.db")); err == nil {
		t.Error("a dry run made an export")
	}
}

// TestANightNeedsNoMoreThanTheRunsAccount does the nights as the account of
// schemas/grants/run.sql, which may make no views.
func TestANightNeedsNoMoreThanTheRunsAccount(t *testing.T) {
	p := newPlace(t, t.TempDir(), newMySQL(t))
	owner := p.DB
	p.DB = runAccount(t, owner)
	p.smallInbox(t)
	warned := func(r jobs.Result) bool {
		for _, w := range r.Warnings {
			if w.Code == "views-not-current" {
				return true
			}
		}
		return false
	}
	if !warned(p.night(t, sampleDays[0])) {
		t.Error("no warning although there are no views")
	}
	c := p.Config
	c.DB = owner
	_, err := jobs.Migrate(t.Context(), c, p.now)
	must(t, err)
	if warned(p.night(t, sampleDays[1])) {
		t.Error("a warning although the views are there")
	}
	db, err := sqlx.Open("mysql", strings.TrimPrefix(owner, "mysql:"))
	must(t, err)
	defer db.Close()
	var views []string
	must(t, db.Select(&views, "SELECT table_name FROM information_schema.views WHERE table_schema = DATABASE() AND table_name LIKE '%expiry_report'"))
	slices.Sort(views)
	var want []string
	for _, i := range p.Insurers {
		want = append(want, "v_insurer_"+i.Code+"_expiry_report")
	}
	if d := cmp.Diff(want, views); d != "" {
		t.Errorf("views (-want +got):\n%s", d)
	}
}

func runAccount(t testing.TB, dsn string) string {
	t.Helper()
	cfg, err := mysql.ParseDSN(strings.TrimPrefix(dsn, "mysql:"))
	must(t, err)
	template, err := os.ReadFile("../schemas/grants/run.sql")
	must(t, err)
	admin, err := sqlx.Open("mysql", strings.TrimPrefix(dsn, "mysql:"))
	must(t, err)
	cfg.User, cfg.Passwd = "run_"+cfg.DBName, "Secret-1"
	t.Cleanup(func() {
		admin.MustExec("DROP USER '" + cfg.User + "'@'127.0.0.1'")
		admin.Close()
	})
	text := strings.NewReplacer(
		"{{account}}", cfg.User, "{{host}}", "127.0.0.1", "{{password}}", cfg.Passwd, "{{tls}}", "NONE",
		"{{database}}", cfg.DBName, "{{schema}}", strings.ReplaceAll(cfg.DBName, "_", `\_`),
	).Replace(string(template))
	for statement := range strings.SplitSeq(text, ";\n") {
		if strings.TrimSpace(statement) != "" {
			admin.MustExec(statement)
		}
	}
	return "mysql:" + cfg.FormatDSN()
}
