package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"meibo/schemas"
)

// versionTable is where goose keeps which migrations were applied.
const versionTable = "schema_version"

// indexesVersion is the migration that makes the indexes. The tables are SQL
// files with the numbers below it; whatever follows gets the next numbers.
const indexesVersion = 22

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
func (s *Store) Migrate(ctx context.Context) error {
	p, err := s.provider()
	if err != nil {
		return err
	}
	version, err := s.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	if version > target(p) {
		return fmt.Errorf("version %d, this program knows %d: %w", version, target(p), ErrSchemaNewer)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// SchemaVersion is the number of the newest migration in the database; 0 for an
// empty one. It writes nothing.
func (s *Store) SchemaVersion(ctx context.Context) (int64, error) {
	var tables int
	if err := s.db.GetContext(ctx, &tables, s.dialect.hasTable(), versionTable); err != nil {
		return 0, fmt.Errorf("look for the schema's version: %w", err)
	}
	if tables == 0 {
		return 0, nil
	}
	var version sql.NullInt64
	err := s.db.GetContext(ctx, &version, "SELECT MAX(version_id) FROM "+quote(versionTable)+" WHERE is_applied = 1")
	if err != nil {
		return 0, fmt.Errorf("read the schema's version: %w", err)
	}
	return version.Int64, nil
}

func (s *Store) checkSchema(ctx context.Context) error {
	p, err := s.provider()
	if err != nil {
		return err
	}
	version, err := s.SchemaVersion(ctx)
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
	p, err := goose.NewProvider(s.dialect.goose(), s.db.DB, files,
		goose.WithTableName(versionTable),
		goose.WithDisableGlobalRegistry(true),
		goose.WithGoMigrations(goose.NewGoMigration(indexesVersion, &goose.GoFunc{RunDB: s.createIndexes}, nil)),
	)
	if err != nil {
		return nil, fmt.Errorf("collect migrations: %w", err)
	}
	return p, nil
}

// target is the version after all migrations.
func target(p *goose.Provider) int64 {
	sources := p.ListSources()
	return sources[len(sources)-1].Version
}

func (s *Store) createIndexes(ctx context.Context, _ *sql.DB) error {
	for _, ix := range indexes() {
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
