// Package store keeps the register, its reports and its journal in SQL, on
// SQLite and on MySQL, MariaDB and TiDB alike.
package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"
)

// Faults of the database's schema and settings that an operator mends.
var (
	// ErrSchemaOutdated says that migrations wait: `meibo migrate`.
	ErrSchemaOutdated = errors.New("the database's schema is older than this program: run meibo migrate")
	// ErrSchemaNewer says that a newer program has migrated the database.
	ErrSchemaNewer = errors.New("the database's schema is newer than this program: install the newer program")
	// ErrPurpose says that the database serves another purpose: a register
	// cannot be an export, nor an export a register.
	ErrPurpose = errors.New("the database serves another purpose")
	// ErrAddress says that a database address cannot be read or is not allowed.
	ErrAddress = errors.New("database address")
	// ErrUntrusted says that a server does not prove who it is: it has no TLS, or
	// a certificate that no known authority gave for its name.
	ErrUntrusted = errors.New("the database server does not prove who it is")
)

// Options changes how Open treats a database.
type Options struct {
	// KeepSchema opens the database without looking at its schema, for
	// `meibo migrate` and `meibo check`; only Migrate and SchemaVersion work
	// before the schema is current.
	KeepSchema bool
	// Scratch is for a throw-away SQLite file, such as that of a dry run: it is
	// fast because a power cut may spoil it.
	Scratch bool
	// Export opens a database that ExportTo fills: it holds the tables for
	// readers and no others.
	Export bool
	// TLSCA names a PEM file with the authorities that vouch for a server; empty:
	// those of the system. It replaces them.
	TLSCA string
	// Now tells whether a lease has run out that stands in the way of migrations;
	// nil: none has.
	Now func() time.Time
	// Connector, if set, stands between the pool and the driver: tests break
	// calls and connections there.
	Connector func(driver.Connector) driver.Connector
}

// Store is one open database. Its methods may be used from several goroutines.
type Store struct {
	db      *sqlx.DB
	dialect dialect
	address string           // without a password
	export  bool             // holds the tables for readers only
	now     func() time.Time // see Options

	lease atomic.Pointer[held] // what this process holds, checked by every Write
}

// Open opens the database at dsn, "sqlite:PATH" or "mysql:DSN", and checks its
// schema. SQLite is created and brought up to date at once, unless an older
// program is at work in it: *run.ErrHeld. Another database with waiting migrations
// gives ErrSchemaOutdated, one from the future ErrSchemaNewer. No error and no log of this package holds a password.
func Open(ctx context.Context, dsn string, o Options) (*Store, error) {
	s, err := connect(ctx, dsn, o)
	if err != nil {
		return nil, err
	}
	s.export, s.now = o.Export, o.Now
	if !o.KeepSchema {
		err = s.CheckSchema(ctx)
		if errors.Is(err, ErrSchemaOutdated) && s.Dialect() == "sqlite" {
			err = s.Migrate(ctx)
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", s.address, err), s.Close())
	}
	return s, nil
}

func connect(ctx context.Context, dsn string, o Options) (*Store, error) {
	if path, ok := strings.CutPrefix(dsn, sqliteScheme); ok && path != "" {
		return connectSQLite(ctx, path, o)
	}
	if rest, ok := strings.CutPrefix(dsn, mysqlScheme); ok {
		return connectMySQL(ctx, rest, o)
	}
	return nil, badAddress("「sqlite:ファイル名」か「mysql:接続文字列」の形にしてください。", "want sqlite:PATH or mysql:DSN", nil)
}

// pool opens the connections that c makes.
func (o Options) pool(c driver.Connector, name string) *sqlx.DB {
	if o.Connector != nil {
		c = o.Connector(c)
	}
	return sqlx.NewDb(sql.OpenDB(c), name)
}

func connectSQLite(ctx context.Context, path string, o Options) (*Store, error) {
	if err := createPrivate(path); err != nil {
		return nil, fmt.Errorf("open sqlite:%s: %w", path, err)
	}
	connector, err := sqlite.NewConnector(sqliteURI(path, o.Scratch))
	if err != nil {
		return nil, fmt.Errorf("open sqlite:%s: %w", path, err)
	}
	db := o.pool(connector, "sqlite")
	s := &Store{db: db, dialect: sqliteDialect{}, address: sqliteScheme + path}
	// Of two processes that make the file at the same moment, one is told at
	// once, whatever busy_timeout says, that it cannot switch to the log.
	if err := s.retry(ctx, func() error { return db.PingContext(ctx) }); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", s.address, err), db.Close())
	}
	return s, nil
}

// createPrivate makes the database file readable to its owner only, as SQLite
// would not; its companions (-wal, -shm) inherit the mode.
func createPrivate(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func connectMySQL(ctx context.Context, dsn string, o Options) (*Store, error) {
	cfg, err := mysqlConfig(dsn)
	if err != nil {
		return nil, err
	}
	if err := trust(cfg, o.TLSCA); err != nil {
		return nil, err
	}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", redacted(cfg), err)
	}
	db := o.pool(connector, "mysql")
	db.SetConnMaxLifetime(3 * time.Minute) // below any server's idle timeout
	db.SetMaxIdleConns(8)
	s := &Store{db: db, dialect: mysqlDialect{}, address: redacted(cfg)}
	if err := s.checkServer(ctx, wantsTLS(cfg)); err != nil {
		if untrusted(err) {
			err = fmt.Errorf("%w: %w", ErrUntrusted, err)
		}
		return nil, errors.Join(fmt.Errorf("open %s: %w", s.address, err), db.Close())
	}
	return s, nil
}

// checkServer refuses a server that did not take the settings asked for: what
// it would bend silently must not reach it.
func (s *Store) checkServer(ctx context.Context, encrypted bool) error {
	conn, err := s.db.Connx(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	var mode, collation, version string
	err = conn.QueryRowxContext(ctx, "SELECT @@sql_mode, @@collation_connection, VERSION()").Scan(&mode, &collation, &version)
	if err != nil {
		return fmt.Errorf("read the server's settings: %w", err)
	}
	s.dialect = mysqlDialect{tidb: strings.Contains(version, "TiDB")} // such as 8.0.11-TiDB-v8.5.1
	if !strings.Contains(mode, "STRICT_TRANS_TABLES") && !strings.Contains(mode, "STRICT_ALL_TABLES") {
		return fmt.Errorf("the server works with sql_mode %q: strict mode is needed", mode)
	}
	if collation != "utf8mb4_bin" {
		return fmt.Errorf("the server compares by %s: utf8mb4_bin is needed", collation)
	}
	if !encrypted {
		return nil
	}
	var name, cipher string
	if err := conn.QueryRowxContext(ctx, "SHOW STATUS LIKE 'Ssl_cipher'").Scan(&name, &cipher); err != nil {
		return fmt.Errorf("read the connection's cipher: %w", err)
	}
	if cipher == "" {
		return fmt.Errorf("%w: the connection is not encrypted", ErrUntrusted)
	}
	return nil
}

// Close closes the database. A lease that is still held stays held until it
// expires.
func (s *Store) Close() error { return s.db.Close() }

// Dialect is "sqlite" or "mysql" (which also stands for MariaDB and TiDB).
func (s *Store) Dialect() string { return s.dialect.name() }

// Redacted is the address of the database without its password.
func (s *Store) Redacted() string { return s.address }
