package store

import (
	"database/sql"
	"errors"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dialect is everything in which the databases differ. It stays this small on
// purpose: a query that needs more belongs in Go or in plainer SQL.
type dialect interface {
	// name is how people and goose call it.
	name() string
	goose() goose.Dialect
	// upsert is the tail of an INSERT that replaces set where key exists; with
	// nothing to set, the row that exists stays as it is.
	upsert(key, set []string) string
	// retryable reports whether the same transaction may succeed if tried again.
	retryable(err error) bool
	// answered reports whether the database itself said err, so that whatever
	// it belongs to has ended; a broken connection says nothing.
	answered(err error) bool
	// ifMissing stands between CREATE INDEX and the name.
	ifMissing() string
	// exists reports whether DDL failed because its object is there already.
	exists(err error) bool
	// duplicate reports whether an INSERT met a row with its key.
	duplicate(err error) bool
	// hasTable counts the tables of the name that is its one parameter.
	hasTable() string
	// tables lists the names of all tables.
	tables() string
	// views lists the names of all views with the statement that made each,
	// empty where the server does not keep it as it was written.
	views() string
	// replaceView lists the statements that make a view whether it is there or not.
	replaceView(name, body string) []string
	// lock ends a SELECT whose rows nobody else may change, nor read in order to
	// write, until the transaction ends.
	lock() string
	// transaction is how a transaction that writes is begun; nil: as the database
	// does by itself.
	transaction() *sql.TxOptions
	// denied reports whether the account lacks a right.
	denied(err error) bool
	// prepares reports whether compiling a statement once pays: in process it
	// does, over a network it costs one more round trip.
	prepares() bool
	// rowsPerInsert caps the rows of one INSERT of that many columns.
	rowsPerInsert(columns int) int
}

type sqliteDialect struct{}

func (sqliteDialect) name() string         { return "sqlite" }
func (sqliteDialect) goose() goose.Dialect { return goose.DialectSQLite3 }

func (sqliteDialect) upsert(key, set []string) string {
	on := " ON CONFLICT(" + quoted(key) + ") DO "
	if len(set) == 0 {
		return on + "NOTHING"
	}
	return on + "UPDATE SET " + each(set, "%=excluded.%")
}

func (sqliteDialect) retryable(err error) bool {
	code := sqliteCode(err)
	return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED
}

// answered: SQLite works in this process, where nothing is under way any more
// once a call has returned.
func (sqliteDialect) answered(error) bool { return true }

func (sqliteDialect) ifMissing() string { return "IF NOT EXISTS " }

// exists: see ifMissing.
func (sqliteDialect) exists(error) bool { return false }

func (sqliteDialect) duplicate(err error) bool { return sqliteCode(err) == sqlite3.SQLITE_CONSTRAINT }

func (sqliteDialect) hasTable() string {
	return "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = ?"
}

func (sqliteDialect) tables() string {
	return "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
}

func (sqliteDialect) views() string { return "SELECT name, sql FROM sqlite_master WHERE type = 'view'" }

func (sqliteDialect) replaceView(name, body string) []string {
	return []string{"DROP VIEW IF EXISTS " + quote(name), createView(name, body)}
}

// lock: a transaction is the only one that writes, from its beginning.
func (sqliteDialect) lock() string { return "" }

// transaction: SQLite knows no other isolation than that of one after another.
func (sqliteDialect) transaction() *sql.TxOptions { return nil }

func (sqliteDialect) denied(error) bool { return false }

func (sqliteDialect) prepares() bool { return true }

// rowsPerInsert: longer statements gain nothing in process, and a fixed small
// one is compiled once.
func (sqliteDialect) rowsPerInsert(columns int) int { return max(1, min(50, 30_000/columns)) }

// sqliteCode is the primary result code of err, 0 if it is none of SQLite's.
func sqliteCode(err error) int {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Code() & 0xff
}

// mysqlDialect is that of MySQL, MariaDB and TiDB.
type mysqlDialect struct {
	tidb bool // goose makes its own table in another way there
}

func (mysqlDialect) name() string { return "mysql" }

func (d mysqlDialect) goose() goose.Dialect {
	if d.tidb {
		return goose.DialectTiDB
	}
	return goose.DialectMySQL
}

func (mysqlDialect) upsert(key, set []string) string {
	if len(set) == 0 {
		set = key[:1]
		return " ON DUPLICATE KEY UPDATE " + each(set, "%=%")
	}
	return " ON DUPLICATE KEY UPDATE " + each(set, "%=VALUES(%)")
}

func (mysqlDialect) retryable(err error) bool {
	switch mysqlCode(err) {
	case 1205, 1213, // lock wait, deadlock
		1020,             // MariaDB with snapshot isolation: the row has changed since it was read
		8022, 8028, 9007: // TiDB: commit may be retried, schema changed, write conflict
		return true
	}
	return false
}

// answered: TiDB says by 8501 that it does not know either.
func (mysqlDialect) answered(err error) bool {
	code := mysqlCode(err)
	return code != 0 && code != 8501
}

func (mysqlDialect) ifMissing() string { return "" }

func (mysqlDialect) exists(err error) bool {
	switch mysqlCode(err) {
	case 1050, 1060, 1061: // table or view, column, index
		return true
	}
	return false
}

func (mysqlDialect) duplicate(err error) bool { return mysqlCode(err) == 1062 }

func (mysqlDialect) hasTable() string {
	return "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?"
}

func (mysqlDialect) tables() string {
	return "SELECT table_name FROM information_schema.tables" +
		" WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name"
}

func (mysqlDialect) views() string {
	return "SELECT table_name, '' FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'VIEW'"
}

// replaceView keeps the rights that were granted on a view.
func (mysqlDialect) replaceView(name, body string) []string {
	return []string{"CREATE OR REPLACE VIEW " + quote(name) + " AS " + body}
}

func (mysqlDialect) lock() string { return " FOR UPDATE" }

// transaction: where a server was set to READ COMMITTED, what a statement reads in
// order to write is not locked, and a hold would not keep a deletion waiting.
func (mysqlDialect) transaction() *sql.TxOptions {
	return &sql.TxOptions{Isolation: sql.LevelRepeatableRead}
}

func (mysqlDialect) denied(err error) bool {
	switch mysqlCode(err) {
	case 1044, 1142, 1143, 1227, 1370: // on the database, a table, a column, the server, a routine
		return true
	}
	return false
}

func (mysqlDialect) prepares() bool { return false }

// rowsPerInsert keeps below the server's 65,535 placeholders.
func (mysqlDialect) rowsPerInsert(columns int) int { return max(1, min(1000, 60_000/columns)) }

func mysqlCode(err error) uint16 {
	var e *mysql.MySQLError
	if !errors.As(err, &e) {
		return 0
	}
	return e.Number
}

// each writes the pattern once per name, % standing for the quoted name.
func each(names []string, pattern string) string {
	var b strings.Builder
	for i, n := range names {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strings.ReplaceAll(pattern, "%", quote(n)))
	}
	return b.String()
}

// quoted joins names by commas. Back quotes are read by all databases; some
// column names (rows) are words of MySQL's grammar.
func quoted(names []string) string { return each(names, "%") }

func quote(name string) string { return "`" + name + "`" }
