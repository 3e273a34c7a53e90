package store

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestDumpsOfAllDatabasesAreEqual(t *testing.T) {
	a, b := openTest(t, newSQLite(t)), openTest(t, newMySQL(t))
	fill(t, a)
	fill(t, b)
	wantEqual(t, "dump of mysql against sqlite", dump(t, b), dump(t, a))
	for _, table := range Tables() {
		if has := strings.Contains(dump(t, a), "# "+table.Name+"\t"); has == table.Local {
			t.Errorf("dump has table %s: %t", table.Name, has)
		}
	}
	if strings.Contains(dump(t, a), "18:00:00") {
		t.Error("the dump holds a clock time of the run")
	}
}

func TestDumpTellsValuesApart(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		fill(t, s)
		for _, want := range []string{
			"# clusters\tagent_id\tcluster_id\n\"A0001\"\t\"A0001\"\n",
			`"A0002"	"A0003"	-	-	"確定"	"[]"	"同一人"`,
			`17.25	0.30000000000000004	"要確認"`,
			`"備考\\'\"\n"`,
		} {
			if !strings.Contains(dump(t, s), want) {
				t.Errorf("dump has no %s", want)
			}
		}
	})
}

func TestCopyHoldsTheSame(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		fill(t, s)
		for name, dsn := range map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "copy.db"), "mysql": newMySQL(t)} {
			dst := openTest(t, dsn)
			if err := s.CopyTo(ctx, dst); err != nil {
				t.Fatal(err)
			}
			wantEqual(t, "copy to "+name, dump(t, dst), dump(t, s))
			wantEqual(t, "clock columns too", must(dst.Runs(ctx, "nightly", 0))(t), must(s.Runs(ctx, "nightly", 0))(t))
			if err := s.CopyTo(ctx, dst); err == nil {
				t.Error("a copy over a register that is there was made")
			}
		}
	})
}
