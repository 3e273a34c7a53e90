package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"

	"meibo/pipeline/run"
	"meibo/schemas"
)

// Where goose keeps which migrations were applied, in a register and in an
// export: by these tables the two are told apart.
const (
	versionTable       = "schema_version"
	exportVersionTable = "export_version"
)

func (s *Store) versionTable() string {
	if s.export {
		return exportVersionTable
	}
	return versionTable
}

// Migrations in Go stand between those in SQL: the tables that are indexed have
// numbers below indexesVersion, and whatever came later has later numbers.
const (
	indexesVersion = 22 // makes the indexes
	marksVersion   = 91 // adds leases.mark, which SQLite has no repeatable statement for
)

type index struct {
	name, table string
	columns     []string
}

// indexes serve look-ups by anything but the start of a primary key.
func indexes() []index {
	return []index{
		{"agents_by_birth", "agents", []string{"born_on"}},
		{"qualifications_by_certificate", "qualifications", []string{"certificate_no"}},
		{"registrations_by_agency", "registrations", []string{"agency_no"}},
		{"clusters_by_cluster", "clusters", []string{"cluster_id"}},
		{"duplicate_list_by_b", "duplicate_list", []string{"agent_id_b"}},
		{"expiry_report_by_insurer", "expiry_report", []string{"insurer_code", "agent_id", "qualification_code", "certificate_no"}},
		{"purge_list_by_agent", "purge_list", []string{"agent_id"}},
		{"import_batches_by_hash", "import_batches", []string{"sha256"}},
		{"import_batches_by_sender", "import_batches", []string{"sender", "kind", "as_of"}},
		{"runs_by_day", "runs", []string{"job", "as_of", "attempt"}},
	}
}

// Migrate brings the schema up to date. It may be cut short at any point and
// run again: MySQL commits each DDL statement at once, so each is safe to repeat.
// *run.ErrHeld if an older program is at work: nothing is changed under it.
func (s *Store) Migrate(ctx context.Context) error {
	p, err := s.provider()
	if err != nil {
		return err
	}
	version, err := s.ownVersion(ctx)
	if err != nil {
		return err
	}
	if version > target(p) {
		return fmt.Errorf("version %d, this program knows %d: %w", version, target(p), ErrSchemaNewer)
	}
	if 0 < version && version < target(p) {
		if err := s.idle(ctx); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// idle is nil unless somebody works in the register: the holder of a lease that has
// not run out and whose process is not gone. The leases are read by the columns that
// they have had since their first version; an export has none.
func (s *Store) idle(ctx context.Context) error {
	var there int
	if err := s.db.GetContext(ctx, &there, s.dialect.hasTable(), leasesTable.Name); err != nil || there == 0 {
		return err
	}
	rows, err := s.db.QueryxContext(ctx, "SELECT name, holder, token, since, expires_at FROM leases WHERE holder <> '' ORDER BY name")
	if err != nil {
		return fmt.Errorf("read leases: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var l run.Lease
		if err := rows.Scan(&l.Name, &l.Holder, &l.Token, &instant{&l.Since}, &instant{&l.ExpiresAt}); err != nil {
			return fmt.Errorf("read leases: %w", err)
		}
		expired := s.now != nil && !s.now().Before(l.ExpiresAt.Time())
		if !expired && !run.HolderGone(l) {
			return &run.ErrHeld{Lease: l}
		}
	}
	return rows.Err()
}

// SchemaVersion is the number of the newest migration in the database; 0 for an
// empty one. It writes nothing.
func (s *Store) SchemaVersion(ctx context.Context) (int64, error) {
	var tables int
	if err := s.db.GetContext(ctx, &tables, s.dialect.hasTable(), s.versionTable()); err != nil {
		return 0, fmt.Errorf("look for the schema's version: %w", err)
	}
	if tables == 0 {
		return 0, nil
	}
	var version sql.NullInt64
	err := s.db.GetContext(ctx, &version, "SELECT MAX(version_id) FROM "+quote(s.versionTable())+" WHERE is_applied = 1")
	if err != nil {
		return 0, fmt.Errorf("read the schema's version: %w", err)
	}
	return version.Int64, nil
}

// ownVersion is SchemaVersion, or ErrPurpose where the other kind of database
// lives: migrating it would mix the two.
func (s *Store) ownVersion(ctx context.Context) (int64, error) {
	version, err := s.SchemaVersion(ctx)
	if err != nil || version > 0 {
		return version, err
	}
	other, what := exportVersionTable, "an export"
	if s.export {
		other, what = versionTable, "a register"
	}
	var there int
	if err := s.db.GetContext(ctx, &there, s.dialect.hasTable(), other); err != nil {
		return 0, fmt.Errorf("look for the schema's version: %w", err)
	}
	if there > 0 {
		return 0, fmt.Errorf("it holds %s: %w", what, ErrPurpose)
	}
	return 0, nil
}

// CheckSchema is nil where the schema is this program's: otherwise ErrSchemaOutdated,
// ErrSchemaNewer or ErrPurpose.
func (s *Store) CheckSchema(ctx context.Context) error {
	p, err := s.provider()
	if err != nil {
		return err
	}
	version, err := s.ownVersion(ctx)
	switch {
	case err != nil:
		return err
	case version < target(p):
		return fmt.Errorf("version %d of %d: %w", version, target(p), ErrSchemaOutdated)
	case version > target(p):
		return fmt.Errorf("version %d, this program knows %d: %w", version, target(p), ErrSchemaNewer)
	}
	return nil
}

func (s *Store) provider() (*goose.Provider, error) {
	files, err := fs.Sub(schemas.FS, "sql")
	if err != nil {
		return nil, fmt.Errorf("find migrations: %w", err)
	}
	foreign, err := s.foreign(files)
	if err != nil {
		return nil, fmt.Errorf("find migrations: %w", err)
	}
	p, err := goose.NewProvider(s.dialect.goose(), s.db.DB, files,
		goose.WithTableName(s.versionTable()),
		goose.WithDisableGlobalRegistry(true),
		goose.WithExcludeNames(foreign),
		goose.WithGoMigrations(
			goose.NewGoMigration(indexesVersion, &goose.GoFunc{RunDB: s.createIndexes}, nil),
			goose.NewGoMigration(marksVersion, &goose.GoFunc{RunDB: s.addMarks}, nil),
		),
	)
	if err != nil {
		return nil, fmt.Errorf("collect migrations: %w", err)
	}
	return p, nil
}

// foreign lists the migrations of tables that this database does not hold.
func (s *Store) foreign(files fs.FS) (out []string, err error) {
	if !s.export {
		return nil, nil
	}
	names, err := fs.Glob(files, "*.sql")
	for _, name := range names {
		if !forReaders(tableOf(name)) {
			out = append(out, name)
		}
	}
	return out, err
}

// tableOf reads the table from the name of a migration,
// <number>_<table>.sql or <number>_<table>_<change>.sql; empty if it has none.
func tableOf(name string) (table string) {
	_, rest, _ := strings.Cut(strings.TrimSuffix(name, ".sql"), "_")
	for _, t := range Tables() {
		if strings.HasPrefix(rest+"_", t.Name+"_") && len(t.Name) > len(table) {
			table = t.Name
		}
	}
	return table
}

func forReaders(table string) bool {
	return slices.ContainsFunc(Tables(), func(t Table) bool { return t.Name == table && t.Reader })
}

// target is the version after all migrations.
func target(p *goose.Provider) int64 {
	sources := p.ListSources()
	return sources[len(sources)-1].Version
}

func (s *Store) createIndexes(ctx context.Context, _ *sql.DB) error {
	for _, ix := range indexes() {
		if s.export && !forReaders(ix.table) {
			continue
		}
		if err := s.createIndex(ctx, ix); err != nil {
			return err
		}
	}
	return nil
}

// createIndex makes an index unless it is there. MySQL 8 has no CREATE INDEX IF
// NOT EXISTS: there, "exists already" is success.
func (s *Store) createIndex(ctx context.Context, ix index) error {
	_, err := s.db.ExecContext(ctx, "CREATE INDEX "+s.dialect.ifMissing()+quote(ix.name)+
		" ON "+quote(ix.table)+" ("+quoted(ix.columns)+")")
	if err != nil && !s.dialect.exists(err) {
		return fmt.Errorf("create index %s: %w", ix.name, err)
	}
	return nil
}

// addMarks adds the column by which a transaction is known again; an export has
// no leases.
func (s *Store) addMarks(ctx context.Context, _ *sql.DB) error {
	if s.export {
		return nil
	}
	return s.addColumn(ctx, "leases", "mark", "BIGINT NOT NULL DEFAULT 0")
}

// addColumn adds a column unless it is there. SQLite has no ADD COLUMN IF NOT
// EXISTS, so the table is asked first, and again if somebody else was faster.
func (s *Store) addColumn(ctx context.Context, table, column, definition string) error {
	there, err := s.hasColumn(ctx, table, column)
	if err != nil || there {
		return err
	}
	_, failed := s.db.ExecContext(ctx, "ALTER TABLE "+quote(table)+" ADD COLUMN "+quote(column)+" "+definition)
	if failed == nil || s.dialect.exists(failed) {
		return nil
	}
	if there, err = s.hasColumn(ctx, table, column); there {
		return nil
	}
	return fmt.Errorf("add column %s.%s: %w", table, column, errors.Join(failed, err))
}

func (s *Store) hasColumn(ctx context.Context, table, column string) (bool, error) {
	rows, err := s.db.QueryxContext(ctx, "SELECT * FROM "+quote(table)+" LIMIT 0")
	if err != nil {
		return false, fmt.Errorf("read columns of %s: %w", table, err)
	}
	columns, err := rows.Columns()
	if err := errors.Join(err, rows.Close()); err != nil {
		return false, fmt.Errorf("read columns of %s: %w", table, err)
	}
	return slices.Contains(columns, column), nil
}
