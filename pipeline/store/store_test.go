package store

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jmoiron/sqlx"

	"meibo/pipeline"
)

// onEach runs one test against every database there is, each time on an empty
// one of its own.
func onEach(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Run("sqlite", func(t *testing.T) { test(t, openTest(t, newSQLite(t))) })
	t.Run("mysql", func(t *testing.T) { test(t, openTest(t, newMySQL(t))) })
}

func newSQLite(t testing.TB) string {
	return "sqlite:" + filepath.Join(t.TempDir(), "register 名簿?#.db") // a path may hold anything
}

// newMySQL makes a database on the server that TEST_MYSQL names and drops it
// when the test ends.
func newMySQL(t testing.TB) string {
	t.Helper()
	base := os.Getenv("TEST_MYSQL") // user:password@tcp(127.0.0.1:3306)/
	if base == "" {
		t.Fatal("TEST_MYSQL is not set: use make test")
	}
	admin, err := sqlx.Open("mysql", base)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("t%d", time.Now().UnixNano())
	admin.MustExec("CREATE DATABASE " + name)
	t.Cleanup(func() {
		admin.MustExec("DROP DATABASE " + name)
		admin.Close()
	})
	return "mysql:" + base + name
}

// openTest opens a database and brings its schema up to date.
func openTest(t testing.TB, dsn string) *Store {
	t.Helper()
	s, err := Open(t.Context(), dsn, Options{KeepSchema: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func write(t testing.TB, s *Store, do func(tx *Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), do); err != nil {
		t.Fatal(err)
	}
}

// must returns what a reader returned, or ends the test.
func must[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// all copies what a stream yields.
func all[T any](t testing.TB, rows iter.Seq2[*T, error]) []T {
	t.Helper()
	out, err := collect(rows)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// pointers streams rows as computed results come: through one reused value.
func pointers[T any](rows ...T) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		var row T
		for i := range rows {
			row = rows[i]
			if !yield(&row, nil) {
				return
			}
		}
	}
}

var same = cmp.Options{
	cmpopts.EquateEmpty(),
	cmpopts.EquateNaNs(),
	cmp.AllowUnexported(pipeline.Instant{}),
	cmp.Comparer(func(a, b pipeline.Instant) bool { return a.String() == b.String() }),
}

func wantEqual(t testing.TB, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, same); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func day(s string) pipeline.Date { return pipeline.MustDate(s) }

func moment(s string) pipeline.Instant {
	i, err := pipeline.ParseInstant(s)
	if err != nil {
		panic(err)
	}
	return i
}

var nan = math.NaN()

func dump(t testing.TB, s *Store) string {
	t.Helper()
	var b strings.Builder
	if err := s.Dump(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestMigrationsMayBeRepeated(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		version := must(s.SchemaVersion(ctx))(t)
		if err := s.Migrate(ctx); err != nil {
			t.Fatalf("a second time: %v", err)
		}
		// As if the process had died after each statement, before its number was kept.
		if _, err := s.db.ExecContext(ctx, "DELETE FROM "+versionTable+" WHERE version_id > 0"); err != nil {
			t.Fatal(err)
		}
		if err := s.Migrate(ctx); err != nil {
			t.Fatalf("over a schema that is there: %v", err)
		}
		if got := must(s.SchemaVersion(ctx))(t); got != version {
			t.Errorf("version %d after repeating, want %d", got, version)
		}
	})
}

func TestSchemaIsAsDescribed(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		described := map[string]bool{versionTable: true}
		for _, table := range Tables() {
			described[table.Name] = true
			rows, err := s.db.QueryxContext(t.Context(), "SELECT * FROM "+quote(table.Name)+" LIMIT 0")
			if err != nil {
				t.Fatal(err)
			}
			columns, err := rows.Columns()
			rows.Close()
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, table.Name, columns, table.all())
		}
		var tables []string
		if err := s.db.SelectContext(t.Context(), &tables, s.dialect.tables()); err != nil {
			t.Fatal(err)
		}
		for _, name := range tables {
			if !described[name] {
				t.Errorf("table %s is in the database but not in Tables()", name)
			}
		}
		if len(tables) != len(described) {
			t.Errorf("%d tables in the database, %d described", len(tables), len(described))
		}
	})
}

func TestEveryColumnIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../schemas/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range Tables() {
		_, section, found := strings.Cut(string(text), "\n### "+table.Name+"\n")
		if !found {
			t.Errorf("schemas/README.md has no section ### %s", table.Name)
			continue
		}
		section, _, _ = strings.Cut(section, "\n### ")
		for _, c := range table.Columns {
			if !strings.Contains(section, "`"+c.Name+"`") {
				t.Errorf("schemas/README.md: section %s does not say what %s is", table.Name, c.Name)
			}
		}
	}
}

func TestAKeyThatTwoDatabasesWouldCutIsNeverMade(t *testing.T) {
	// InnoDB indexes 3,072 bytes, four a character.
	for _, table := range Tables() {
		bytes := 0
		for _, c := range table.Columns[:table.Key] {
			bytes += max(4*c.Max, 8)
		}
		if bytes > 3072 {
			t.Errorf("key of %s takes %d bytes", table.Name, bytes)
		}
	}
}

func TestOpenLooksAtTheSchema(t *testing.T) {
	t.Run("sqlite is brought up to date", func(t *testing.T) {
		s, err := Open(t.Context(), newSQLite(t), Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.CheckSchema(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("mysql waits for migrate", func(t *testing.T) {
		dsn := newMySQL(t)
		if _, err := Open(t.Context(), dsn, Options{}); !errors.Is(err, ErrSchemaOutdated) {
			t.Fatalf("Open of an empty database: %v, want ErrSchemaOutdated", err)
		}
		openTest(t, dsn)
		s, err := Open(t.Context(), dsn, Options{})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
	})
	onEach(t, func(t *testing.T, s *Store) {
		_, err := s.db.ExecContext(t.Context(), "INSERT INTO "+versionTable+" (version_id, is_applied) VALUES (99999, 1)")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.CheckSchema(t.Context()); !errors.Is(err, ErrSchemaNewer) {
			t.Errorf("CheckSchema of a newer schema: %v, want ErrSchemaNewer", err)
		}
		if err := s.Migrate(t.Context()); !errors.Is(err, ErrSchemaNewer) {
			t.Errorf("Migrate of a newer schema: %v, want ErrSchemaNewer", err)
		}
	})
}

func TestOpenRefusesAnAddressItDoesNotKnow(t *testing.T) {
	for _, dsn := range []string{"", "sqlite:", "postgres://x", "meibo.db"} {
		_, err := Open(t.Context(), dsn, Options{})
		var faults pipeline.SettingFaults
		if !errors.Is(err, ErrAddress) || !errors.As(err, &faults) || !strings.Contains(faults.Japanese(), "sqlite:ファイル名") {
			t.Errorf("Open(%q): %v, want ErrAddress, in Japanese too", dsn, err)
		}
	}
}

// Two first runs at the same moment both make the file.
func TestSQLiteIsMadeByManyAtOnce(t *testing.T) {
	for range 3 {
		dsn := newSQLite(t)
		opened := make(chan error)
		for range 4 {
			go func() {
				s, err := Open(t.Context(), dsn, Options{})
				if err == nil {
					err = s.Close()
				}
				opened <- err
			}()
		}
		for range 4 {
			if err := <-opened; err != nil {
				t.Error(err)
			}
		}
	}
}

func TestSQLiteFileIsPrivate(t *testing.T) {
	s := openTest(t, newSQLite(t))
	path := strings.TrimPrefix(s.address, "sqlite:")
	for _, name := range []string{path, path + "-wal"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %s, want readable to its owner only", name, info.Mode())
		}
	}
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "foreign_keys": "1", "secure_delete": "1", "busy_timeout": "10000", "synchronous": "2",
	} {
		var got string
		if err := s.db.Get(&got, "PRAGMA "+pragma); err != nil || got != want {
			t.Errorf("PRAGMA %s = %s, %v; want %s", pragma, got, err, want)
		}
	}
}

func TestAScratchFileDoesNotWaitForTheDisk(t *testing.T) {
	s, err := Open(t.Context(), newSQLite(t), Options{Scratch: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var got string
	if err := s.db.Get(&got, "PRAGMA synchronous"); err != nil || got != "0" {
		t.Errorf("PRAGMA synchronous = %s, %v; want 0", got, err)
	}
	fill(t, s)
}

// TestServerRefusesWhatDoesNotFit proves that strict mode is on.
func TestServerRefusesWhatDoesNotFit(t *testing.T) {
	s := openTest(t, newMySQL(t))
	_, err := s.db.Exec("INSERT INTO clusters (agent_id, cluster_id) VALUES (?, ?)", strings.Repeat("A", 21), "C")
	if mysqlCode(err) != 1406 {
		t.Errorf("21 characters in a column of 20: %v, want error 1406", err)
	}
	cfg, err := mysql.ParseDSN(strings.TrimPrefix(os.Getenv("TEST_MYSQL"), "mysql:"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(s.Redacted(), cfg.Passwd) || !strings.Contains(s.Redacted(), "***") {
		t.Errorf("Redacted() = %q", s.Redacted())
	}
}
