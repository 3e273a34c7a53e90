package store

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"meibo/pipeline"
	"meibo/pipeline/run"
)

// at is an empty database brought to one version of the schema.
func at(t *testing.T, dsn string, version int64) *Store {
	t.Helper()
	s, err := Open(t.Context(), dsn, Options{KeepSchema: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	p := must(s.provider())(t)
	if _, err := p.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	return s
}

// versions are all that a register ever had, but the newest.
func versions(t *testing.T) (out []int64) {
	t.Helper()
	s := openTest(t, newSQLite(t))
	for _, source := range must(s.provider())(t).ListSources() {
		out = append(out, source.Version)
	}
	return out[:len(out)-1]
}

// columnsOf lists the columns that a table has now.
func columnsOf(t *testing.T, s *Store, table string) []string {
	t.Helper()
	rows, err := s.db.QueryxContext(t.Context(), "SELECT * FROM "+quote(table)+" LIMIT 0")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	return must(rows.Columns())(t)
}

// tablesNow lists the tables of the schema that are there already.
func tablesNow(t *testing.T, s *Store) []Table {
	t.Helper()
	var names []string
	if err := s.db.SelectContext(t.Context(), &names, s.dialect.tables()); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(Tables(), func(x Table) bool { return !slices.Contains(names, x.Name) })
}

// sampled takes the rows of a full register over into those tables and columns
// that are there, as a program of that time would have written them.
func sampled(t *testing.T, s, full *Store) {
	t.Helper()
	for _, table := range tablesNow(t, s) {
		there := columnsOf(t, s, table.Name)
		rows := 0
		err := eachRow(t.Context(), full.db, table, func(row []raw) error {
			var names []string
			var args []any
			for i, c := range table.Columns {
				if slices.Contains(there, c.Name) {
					names, args = append(names, c.Name), append(args, row[i].v)
				}
			}
			rows++
			_, err := s.db.ExecContext(t.Context(), "INSERT INTO "+quote(table.Name)+" ("+quoted(names)+") VALUES ("+
				marks(len(args))+")", args...)
			return err
		})
		if err != nil {
			t.Fatalf("fill %s: %v", table.Name, err)
		}
		if rows == 0 {
			t.Errorf("the sample has no row of %s", table.Name)
		}
	}
}

// content is all rows of the tables, by the columns given.
func content(t *testing.T, s *Store, columns map[string][]string) string {
	t.Helper()
	var b strings.Builder
	for _, table := range Tables() {
		names, ok := columns[table.Name]
		if !ok {
			continue
		}
		fmt.Fprintf(&b, "# %s\n", table.Name)
		rows, err := s.db.QueryxContext(t.Context(), "SELECT "+quoted(names)+" FROM "+quote(table.Name)+" ORDER BY "+quoted(table.keys()))
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values := must(rows.SliceScan())(t)
			for i := range values {
				if v, ok := values[i].([]byte); ok {
					values[i] = string(v)
				}
			}
			fmt.Fprintln(&b, values...)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
	}
	return b.String()
}

// filled is a register with a row and more in every table.
func filled(t *testing.T) *Store {
	t.Helper()
	s := openTest(t, newSQLite(t))
	for _, table := range Tables() {
		w := writer{table: table}
		for n := range 3 {
			for i, c := range table.Columns {
				w.args = append(w.args, sampleValue(t, s, table, c, i, n))
			}
			w.rows++
		}
		write(t, s, func(tx *Tx) error { return w.upsert(t.Context(), tx, table.values()) })
	}
	return s
}

// sampleValue makes up the n-th value of a column: of its type in the schema and
// as long as it may be.
func sampleValue(t *testing.T, s *Store, table Table, c Column, i, n int) any {
	t.Helper()
	var kind string
	if err := s.db.Get(&kind, "SELECT type FROM pragma_table_info(?) WHERE name = ?", table.Name, c.Name); err != nil {
		t.Fatal(err)
	}
	switch {
	case strings.Contains(kind, "INT"):
		return int64(100*i + n)
	case strings.HasPrefix(kind, "DATE"), c.Max == maxDate && strings.HasPrefix(kind, "CHAR"):
		return fmt.Sprintf("2026-11-%02d", 10+n)
	case strings.Contains(kind, "CHAR"):
		return strings.Repeat(string(rune('あ'+i)), max(c.Max-1, 0)) + string(rune('a'+n))
	case strings.Contains(kind, "TEXT"):
		return strings.Repeat("参", 100) + string(rune('a'+n))
	}
	return float64(n) / 4
}

// From whatever version a register comes, its rows are the same afterwards, and
// its schema that of a new one.
func TestARegisterOfAnyVersionIsBroughtUpToDate(t *testing.T) {
	full := filled(t)
	all := versions(t)
	onEachDSN(t, func(t *testing.T, first string) {
		for i, version := range all {
			if strings.HasPrefix(first, mysqlScheme) && i%6 != 0 && i != len(all)-1 {
				continue // DDL is slow there
			}
			t.Run(fmt.Sprint(version), func(t *testing.T) {
				dsn := newSQLite(t)
				if strings.HasPrefix(first, mysqlScheme) {
					dsn = newMySQL(t)
				}
				upgrade(t, dsn, version, full)
			})
		}
	})
}

func upgrade(t *testing.T, dsn string, version int64, full *Store) {
	t.Helper()
	s := at(t, dsn, version)
	sampled(t, s, full)
	columns := map[string][]string{}
	for _, table := range tablesNow(t, s) {
		columns[table.Name] = columnsOf(t, s, table.Name)
	}
	if columns[leasesTable.Name] != nil {
		s.db.MustExec("UPDATE leases SET holder = '', expires_at = NULL") // nobody is at work
	}
	before := content(t, s, columns)
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "rows", strings.Split(content(t, s, columns), "\n"), strings.Split(before, "\n"))
	for _, table := range Tables() {
		wantEqual(t, table.Name, columnsOf(t, s, table.Name), table.all())
	}
	if _, err := s.Acquire(t.Context(), "upgraded", "a:1", moment("2026-11-21T00:00:00.000000Z").Time(), 1, nil); err != nil {
		t.Error(err)
	}
}

// A register does not move under an older program that is at work in it; whoever
// has ended, or whose time is over, is nobody to wait for.
func TestASchemaIsNotMovedUnderARunAtWork(t *testing.T) {
	now := time.Date(2026, 11, 21, 18, 0, 0, 0, time.UTC)
	later := now.Add(time.Minute)
	onEachDSN(t, func(t *testing.T, dsn string) {
		const before int64 = marksVersion - 1 // leases have a column less
		s := at(t, dsn, before)
		s.now = func() time.Time { return now }
		s.db.MustExec("INSERT INTO leases (name, holder, token) VALUES ('nightly', '', 4)")
		for _, c := range []struct {
			name, holder string
			expires      time.Time
			held         bool
		}{
			{"nobody", "", later, false},
			{"a process of this host", run.Holder(), later, true},
			{"a process of this host, but its time is over", run.Holder(), now, false},
			{"a process of this host that is gone", fmt.Sprintf("%s:%d:1", run.Host(), os.Getpid()), later, false},
			{"a process of another host whose time is over", "another-host:1:1", now, false},
			{"a process of another host", "another-host:1:1", later, true},
		} {
			s.db.MustExec("UPDATE leases SET holder = ?, since = ?, expires_at = ?", c.holder, pipeline.InstantOf(now), pipeline.InstantOf(c.expires))
			var held *run.ErrHeld
			err := s.idle(t.Context())
			switch got := errors.As(err, &held); {
			case got != c.held || !got && err != nil:
				t.Errorf("%s: %v, want held %t", c.name, err, c.held)
			case got && (held.Lease.Holder != c.holder || held.Lease.Token != 4 || !held.Lease.ExpiresAt.Time().Equal(c.expires)):
				t.Errorf("%s: %+v", c.name, held.Lease)
			}
		}
		var held *run.ErrHeld
		if err := s.Migrate(t.Context()); !errors.As(err, &held) {
			t.Errorf("migrated under a run at work: %v", err)
		}
		if s.Dialect() == "sqlite" { // any command would migrate it
			if _, err := Open(t.Context(), dsn, Options{Now: s.now}); !errors.As(err, &held) {
				t.Errorf("opened under a run at work: %v", err)
			}
		}
		wantEqual(t, "version", must(s.SchemaVersion(t.Context()))(t), before)
		s.now = func() time.Time { return later }
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.db.MustExec("UPDATE leases SET holder = ?", run.Holder())
		s.now = nil // whoever is up to date may look on
		current, err := Open(t.Context(), dsn, Options{})
		if err != nil {
			t.Fatal(err)
		}
		current.Close()
	})
}
