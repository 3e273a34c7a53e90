package jobs_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"meibo/pipeline/store"
	"meibo/pipeline/store/storetest"
)

// layout is every table of a database with its columns and indexes, and the
// migrations it remembers, each as often as it does.
func layout(t testing.TB, dsn string) string {
	t.Helper()
	kind, address, _ := strings.Cut(dsn, ":")
	db, err := sqlx.Open(kind, address)
	must(t, err)
	defer db.Close()
	queries := []string{"SELECT type, tbl_name, name, COALESCE(sql, '') FROM sqlite_master ORDER BY 1, 2, 3"}
	if kind == "mysql" {
		queries = []string{
			`SELECT table_name, column_name, column_type, is_nullable, COALESCE(column_default, ''), COALESCE(collation_name, '')
				FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position`,
			`SELECT table_name, index_name, seq_in_index, column_name, non_unique
				FROM information_schema.statistics WHERE table_schema = DATABASE() ORDER BY 1, 2, 3`,
		}
	}
	var out strings.Builder
	for _, q := range append(queries, "SELECT version_id, is_applied, COUNT(*) FROM schema_version GROUP BY 1, 2 ORDER BY 1, 2") {
		rows, err := db.Queryx(q)
		must(t, err)
		for rows.Next() {
			cells, err := rows.SliceScan()
			must(t, err)
			for _, c := range cells {
				if b, ok := c.([]byte); ok {
					c = string(b)
				}
				fmt.Fprintf(&out, "%v\t", c)
			}
			out.WriteByte('\n')
		}
		must(t, rows.Err())
	}
	return out.String()
}

// migrated brings an empty database up to date through b.
func migrated(t testing.TB, dsn string, b *storetest.Breaker) error {
	t.Helper()
	s, err := store.Open(t.Context(), dsn, store.Options{KeepSchema: true, Connector: b.Wrap})
	if err != nil {
		return err
	}
	defer s.Close() // a connection that was cut may say so here again
	return s.Migrate(t.Context())
}

// A server commits each change of its schema at once, so that a program which is
// killed between a change and its note in schema_version leaves one without the
// other. Whatever call is the last that gets through: migrating again ends with
// the layout of an undisturbed migration, and each version noted once.
func TestChaosMigrationEndsAtAnyCall(t *testing.T) {
	empty := map[string]func(testing.TB) string{
		"sqlite": func(t testing.TB) string { return sqliteIn(t.TempDir()) },
		"mysql":  emptyMySQL,
	}
	for db, random := range map[string]int{"sqlite": 3, "mysql": 2} {
		t.Run(db, func(t *testing.T) {
			t.Parallel()
			var undisturbed storetest.Breaker
			dsn := empty[db](t)
			must(t, migrated(t, dsn, &undisturbed))
			want, calls := layout(t, dsn), len(undisturbed.Calls())
			if calls < 200 {
				t.Fatalf("a migration has only %d calls", calls)
			}
			var moments []int
			if db == "mysql" { // no transaction takes a change of the schema back
				moments = []int{4, 6, 8} // where schema_version itself is made
			}
			dice := rand.New(rand.NewPCG(20261121, 7))
			for range random {
				moments = append(moments, 1+dice.IntN(calls))
			}
			if *chaos {
				// A change of the schema is four calls: an even step would meet one of them only.
				for n := 1; n <= calls; n += *stride/4 | 1 {
					moments = append(moments, n)
				}
			}
			for _, n := range moments {
				dsn := empty[db](t)
				b := &storetest.Breaker{Nth: n, Kind: storetest.Stop}
				b.At = b.Down
				err := migrated(t, dsn, b)
				if b.Hit() == "" {
					t.Errorf("a migration has no call %d of %d", n, calls)
				}
				must(t, migrated(t, dsn, &storetest.Breaker{}))
				if diff := diffLines(want, layout(t, dsn)); diff != "" {
					t.Errorf("after call %d (%s, %v): %s", n, b.Hit(), err, diff)
				}
				count("migration ends", db, 1, t.Failed())
			}
		})
	}
}
