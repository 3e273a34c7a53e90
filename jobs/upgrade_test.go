package jobs_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"

	"meibo/jobs"
	"meibo/pipeline/store"
	"meibo/schemas"
)

// wholeRegister is the first version with all tables from which a night decides;
// what an earlier one had no table for, the next night cannot know.
const wholeRegister = 22

// schemaVersions makes a register as an earlier program left it: the migrations
// in SQL as they are, those in Go as far as rows depend on them.
func schemaVersions(t testing.TB, db *sql.DB) *goose.Provider {
	t.Helper()
	files, err := fs.Sub(schemas.FS, "sql")
	must(t, err)
	statement := func(q string) *goose.GoFunc {
		return &goose.GoFunc{RunDB: func(ctx context.Context, db *sql.DB) error {
			_, err := db.ExecContext(ctx, q)
			return err
		}}
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files,
		goose.WithTableName("schema_version"), goose.WithDisableGlobalRegistry(true),
		goose.WithGoMigrations(
			goose.NewGoMigration(22, statement("CREATE INDEX agents_by_birth ON agents (born_on)"), nil),
			goose.NewGoMigration(91, statement("ALTER TABLE leases ADD COLUMN mark BIGINT NOT NULL DEFAULT 0"), nil),
		))
	must(t, err)
	return p
}

// older replaces the register of a place by one of an earlier version, with all
// rows that had a table then.
func (p *place) older(t testing.TB, version int64) {
	t.Helper()
	now := strings.TrimPrefix(p.DB, "sqlite:")
	then := filepath.Join(t.TempDir(), "older.db")
	db, err := sqlx.Open("sqlite", then)
	must(t, err)
	defer db.Close()
	_, err = schemaVersions(t, db.DB).UpTo(t.Context(), version)
	must(t, err)
	db.SetMaxOpenConns(1) // ATTACH is a connection's
	db.MustExec("ATTACH ? AS now", now)
	var tables []string
	must(t, db.Select(&tables, "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT IN ('schema_version', 'leases')"))
	for _, table := range tables {
		var columns []string
		must(t, db.Select(&columns, "SELECT name FROM pragma_table_info(?)", table))
		list := "`" + strings.Join(columns, "`, `") + "`"
		db.MustExec("INSERT INTO main." + table + " (" + list + ") SELECT " + list + " FROM now." + table)
	}
	p.DB = "sqlite:" + then
}

// The program takes over a register of any earlier version and goes on with it.
func TestANightOnARegisterOfAnyVersion(t *testing.T) {
	t.Parallel()
	c := everyKind(t)
	empty, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "empty.db"))
	must(t, err)
	defer empty.Close()
	var versions []int64
	for _, s := range schemaVersions(t, empty).ListSources() {
		versions = append(versions, s.Version)
	}
	versions = versions[:len(versions)-1]
	for i, version := range versions {
		if !*chaos && i%40 != 0 && i != len(versions)-1 {
			continue
		}
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			p := c.place(t, "sqlite", 1)
			p.older(t, version)
			p.goOn(t, 1)
			if !p.isDone(t, chaosDays[1]) {
				t.Fatal("the night was not done")
			}
			got, want := tables(t, p.state(t).dump), tables(t, c.want[2].dump)
			defer func() { count("register of an older version", p.kind(), 1, t.Failed()) }()
			for _, name := range []string{"agents", "deadlines", "qualifications", "registration_events", "registrations"} {
				if version >= wholeRegister && got[name] != want[name] {
					t.Errorf("%s:\n%s", name, diffLines(want[name], got[name]))
				}
			}
		})
	}
}

// The program that made a register can go on with it after a rehearsal by a newer
// one, which must be able to do the night all the same.
func TestARehearsalLeavesTheSchemaOfAnEarlierVersion(t *testing.T) {
	t.Parallel()
	const version = 150
	p := everyKind(t).place(t, "sqlite", 1)
	p.older(t, version)
	h, err := jobs.OpenToRehearse(t.Context(), p.Config, p.options(t))
	must(t, err)
	r, err := h.DryRun(t.Context(), chaosDays[1])
	must(t, errors.Join(err, h.Close()))
	if len(r.Changes) == 0 {
		t.Error("the night would write nothing")
	}
	s, err := store.Open(t.Context(), p.DB, store.Options{KeepSchema: true})
	must(t, err)
	defer s.Close()
	if got, err := s.SchemaVersion(t.Context()); got != version || err != nil {
		t.Errorf("schema %d, %v; it was %d", got, err, version)
	}
	if left, err := filepath.Glob(filepath.Join(p.StateDir, "dry-run-*")); len(left) > 0 || err != nil {
		t.Errorf("left: %v, %v", left, err)
	}
}
