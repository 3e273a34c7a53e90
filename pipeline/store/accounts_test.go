package store

import (
	"cmp"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"meibo/pipeline"
	"meibo/pipeline/run"
)

const grantsDir = "../../schemas/grants/"

// account makes the account of a template in schemas/grants and returns the
// address of the database for it.
func account(t testing.TB, admin *Store, dsn, name, insurer string) string {
	t.Helper()
	cfg, err := mysql.ParseDSN(strings.TrimPrefix(dsn, mysqlScheme))
	if err != nil {
		t.Fatal(err)
	}
	cfg.User, cfg.Passwd = name+insurer+cfg.DBName[len(cfg.DBName)-10:], "Secret-1"
	template, err := os.ReadFile(grantsDir + name + ".sql")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(
		"{{account}}", cfg.User, "{{host}}", "127.0.0.1", "{{password}}", cfg.Passwd, "{{tls}}", "NONE",
		"{{database}}", cfg.DBName, "{{schema}}", cfg.DBName, "{{insurer}}", insurer,
	).Replace(string(template))
	if strings.Contains(text, "{{") {
		t.Fatalf("%s.sql has a placeholder that is not documented", name)
	}
	t.Cleanup(func() { admin.db.MustExec("DROP USER '" + cfg.User + "'@'127.0.0.1'") })
	for statement := range strings.SplitSeq(text, ";\n") {
		if strings.TrimSpace(statement) != "" {
			admin.db.MustExec(statement)
		}
	}
	return mysqlScheme + cfg.FormatDSN()
}

// login opens the database as an account, without a look at its schema.
func login(t testing.TB, dsn string) *sqlx.DB {
	t.Helper()
	s, err := Open(t.Context(), dsn, Options{KeepSchema: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s.db
}

// may tries a statement that changes nothing and reports whether the account
// had the right to it.
func may(t testing.TB, db *sqlx.DB, statement string) bool {
	t.Helper()
	_, err := db.ExecContext(t.Context(), statement)
	switch mysqlCode(err) {
	case 1044, 1045, 1142, 1143, 1227, 1410: // the database, a file, a table, a column, the server, GRANT
		return false
	case 1364: // an INSERT of nothing was refused for what it lacks
		return true
	}
	if err != nil {
		t.Errorf("%s: %v", statement, err)
	}
	return true
}

// rightsOn tries all verbs on a table: S, I, U and D for what the account may
// do, u if it may update some columns only, which are returned.
func rightsOn(t testing.TB, db *sqlx.DB, table string, columns []string) (rights string, some []string) {
	t.Helper()
	name := quote(table)
	if may(t, db, "SELECT * FROM "+name+" LIMIT 0") {
		rights = "S"
	}
	if may(t, db, "INSERT INTO "+name+" () VALUES ()") {
		rights += "I"
	}
	for _, c := range columns {
		if may(t, db, "UPDATE "+name+" SET "+quote(c)+" = "+quote(c)+" WHERE 1 = 0") {
			some = append(some, c)
		}
	}
	switch {
	case len(some) == len(columns):
		rights, some = rights+"U", nil
	case len(some) > 0:
		rights += "u"
	}
	if may(t, db, "DELETE FROM "+name+" WHERE 1 = 0") {
		rights += "D"
	}
	return rights, some
}

// documentedRights reads the table of schemas/grants/README.md: account → table → rights.
func documentedRights(t testing.TB) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile(grantsDir + "README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "## Rights on tables")
	out := map[string]map[string]string{}
	var accounts []string
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) < 2 || strings.HasPrefix(cells[0], "-") {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if accounts == nil {
			accounts = cells
			continue
		}
		for i, rights := range cells[1:] {
			if out[accounts[i+1]] == nil {
				out[accounts[i+1]] = map[string]string{}
			}
			out[accounts[i+1]][cells[0]] = strings.TrimPrefix(rights, "-")
		}
	}
	return out
}

// TestEachAccountMayDoWhatIsDocumentedAndNoMore tries every verb on every table
// as each account.
func TestEachAccountMayDoWhatIsDocumentedAndNoMore(t *testing.T) {
	dsn := newMySQL(t)
	admin := openTest(t, dsn)
	someColumns := map[string][]string{
		"review decisions": {"undone_at", "undone_by"}, "review purge_lists": {"state", "approvals"},
		"review conduct_findings": {"waived_by", "waived_until"}, "purge purge_lists": {"state", "approvals", "receipt_no"},
		"review purge_approvals": {"approved_at", "expires_on", "system_user", "reason"},
		"review holds":           {"released_on", "released_by", "release_reason"}, "run holds": {"released_on", "released_by", "release_reason"},
	}
	for _, h := range inventory(t).Tables { // an execution redacts just these
		texts := slices.DeleteFunc(h.table().values(), func(c string) bool { return !slices.Contains(h.Texts, c) })
		if h.Table != "purge_plan" && len(texts) > 0 {
			someColumns["purge "+h.Table] = texts
		}
	}
	tables := append(Tables(), Table{Name: versionTable, Columns: []Column{{Name: "version_id"}, {Name: "is_applied"}}})
	for name, want := range documentedRights(t) {
		db := login(t, account(t, admin, dsn, name, ""))
		t.Logf("account %s", name)
		if len(want) != len(tables) {
			t.Errorf("%s: rights on %d tables are documented, there are %d", name, len(want), len(tables))
		}
		for _, table := range tables {
			rights, some := rightsOn(t, db, table.Name, table.all())
			t.Logf("  %-20s %s %s", table.Name, cmp.Or(rights, "-"), strings.Join(some, ", "))
			if rights != want[table.Name] {
				t.Errorf("%s may %q on %s, documented is %q", name, rights, table.Name, want[table.Name])
			}
			wantEqual(t, "columns that "+name+" may update in "+table.Name, some, someColumns[name+" "+table.Name])
		}
		ddl := name == "migrate"
		for statement, want := range map[string]bool{
			"CREATE TABLE x_" + name + " (a INT)":              ddl,
			"ALTER TABLE nights ADD COLUMN x_" + name + " INT": ddl,
			"CREATE INDEX x_" + name + " ON nights (as_of)":    ddl,
			"CREATE VIEW v_" + name + " AS SELECT 1 AS a":      ddl,
			"DROP VIEW IF EXISTS v_none":                       ddl,
			"DROP TABLE IF EXISTS x_none":                      ddl,
			"TRUNCATE TABLE purge_receipts":                    ddl,
			"CREATE USER 'x'@'127.0.0.1' IDENTIFIED BY 'x'":    false,
			"GRANT SELECT ON agents TO CURRENT_USER":           false,
			"SELECT * FROM mysql.user LIMIT 0":                 false,
			"SELECT 1 INTO OUTFILE '/tmp/x'":                   false,
			"SET GLOBAL max_connections = 100":                 false,
			"CREATE DATABASE x_none":                           false,
		} {
			if got := may(t, db, statement); got != want {
				t.Errorf("%s: %s: %t, want %t", name, statement, got, want)
			}
		}
	}
}

func TestMigrateNeedsNoMoreThanItsAccount(t *testing.T) {
	dsn := newMySQL(t)
	admin, err := Open(t.Context(), dsn, Options{KeepSchema: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { admin.Close() })
	s := openTest(t, account(t, admin, dsn, "migrate", "")) // migrates an empty database
	for _, codes := range [][]string{{"0101", "0102"}, {"0102"}} {
		if err := s.SetInsurerViews(t.Context(), true, codes...); err != nil {
			t.Error(err)
		}
	}
}

func TestARunNeedsNoMoreThanItsAccount(t *testing.T) {
	dsn := newMySQL(t)
	admin := openTest(t, dsn)
	fill(t, admin)
	s, err := Open(t.Context(), account(t, admin, dsn, "run", ""), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, apply := t.Context(), Sync{Apply: true}
	lease, err := s.Acquire(ctx, "nightly", "test", moment("2023-01-01T18:00:00.000000Z").Time(), 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	sample().put(t, s)
	key := RegistrationKey{AgencyNo: "T1", AgentID: "A0001", Role: "使用人"}
	write(t, s, func(tx *Tx) error {
		return errors.Join(
			tx.PutRegistrations(ctx, []RegistrationKey{key}, nil), tx.PutFaults(ctx, "b1", nil), tx.PutBatch(ctx, sampleBatch()),
			tx.PutPurgeList(ctx, pipeline.PurgeList{No: 4, Approvals: "[]"}), tx.PutNight(ctx, Night{AsOf: day("2023-01-01")}),
			tx.FinishReport(ctx, Manifest{Report: ReportExpiry, Reader: "0102"}), tx.BeginReport(ctx, ReportExpiry, "0101"),
			tx.PutRunFiles(ctx, []run.File{{RunID: "r", Seq: 1}}),
		)
	})
	for what, err := range map[string]error{
		"deadlines":  second(s.SyncDeadlines(ctx, pointers[Deadline](), apply)),
		"expiry":     second(s.SyncExpiry(ctx, pointers[pipeline.ExpiryRow](), apply)),
		"purge":      second(s.SyncPurgeList(ctx, 3, pointers[pipeline.PurgeRow](), apply)),
		"duplicates": second(s.SyncDuplicates(ctx, pointers[Duplicate](), apply)),
		"clusters":   second(s.SyncClusters(ctx, pointers[Membership](), apply)),
		"flags":      second(s.SyncDuplicateFlags(ctx, ids(), apply)),
		"run":        s.PutRun(ctx, run.Row{ID: "r", State: run.StateRunning}),
		"step":       s.PutStep(ctx, run.StepRow{RunID: "r", Seq: 1}),
		"release":    s.Release(ctx, lease),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := s.SetInsurerViews(ctx, false, "0101"); !errors.Is(err, ErrDenied) {
		t.Errorf("views made by a run: %v, want ErrDenied", err)
	}
	if err := admin.SetInsurerViews(ctx, false, "0101"); err != nil {
		t.Fatal(err)
	}
	if err := s.SetInsurerViews(ctx, false, "0101"); err != nil {
		t.Errorf("views in place: %v", err)
	}
	if err := s.SetInsurerViews(ctx, false); !errors.Is(err, ErrDenied) {
		t.Errorf("views of an insurer that is gone: %v, want ErrDenied", err)
	}
}

func TestAnInsurersAccountSeesItsOwnRowsAndNoTable(t *testing.T) {
	dsn := newMySQL(t)
	admin := openTest(t, dsn)
	fillInsurers(t, admin)
	if err := admin.SetInsurerViews(t.Context(), false, "0101", "0102"); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), account(t, admin, dsn, "report", "0101"), Options{KeepSchema: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	wantEqual(t, "rows", seen(t, s, "0101"), map[string]int{
		"expiry_report": 2, "conduct_findings": 1, "import_batches": 2, "import_faults": 4, "deliveries": 1, "report_manifest": 2,
	})
	for _, v := range insurerViews() {
		for code, want := range map[string]string{"0101": "S", "0102": ""} {
			rights, _ := rightsOn(t, s.db, viewPrefix+code+"_"+v.table.Name, v.table.all())
			if rights != want {
				t.Errorf("0101 may %q on the view of %s of %s, want %q", rights, v.table.Name, code, want)
			}
		}
	}
	for _, table := range append(Tables(), Table{Name: versionTable, Columns: []Column{{Name: "version_id"}}}) {
		if rights, _ := rightsOn(t, s.db, table.Name, table.all()); rights != "" {
			t.Errorf("0101 may %q on %s", rights, table.Name)
		}
	}
	var visible []string
	if err := s.db.Select(&visible, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"); err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(visible, func(name string) bool { return !strings.HasPrefix(name, viewPrefix+"0101_") }); i >= 0 {
		t.Errorf("0101 sees that there is a %s", visible[i])
	}
}
