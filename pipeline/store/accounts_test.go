package store

import (
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"meibo/pipeline"
)

// account makes a server account with the rights given as "RIGHT, RIGHT ON
// table" and returns the address of the same database for it.
func account(t *testing.T, s *Store, dsn string, grants []string) string {
	t.Helper()
	cfg, err := mysql.ParseDSN(strings.TrimPrefix(dsn, mysqlScheme))
	if err != nil {
		t.Fatal(err)
	}
	cfg.User, cfg.Passwd = "u"+cfg.DBName[1:], "Secret-1"
	name := "'" + cfg.User + "'@'127.0.0.1'"
	s.db.MustExec("CREATE USER " + name + " IDENTIFIED BY 'Secret-1'")
	t.Cleanup(func() { s.db.MustExec("DROP USER " + name) })
	for _, g := range grants {
		rights, table, _ := strings.Cut(g, " ON ")
		s.db.MustExec("GRANT " + rights + " ON " + quote(cfg.DBName) + "." + table + " TO " + name)
	}
	return mysqlScheme + cfg.FormatDSN()
}

// TestARunNeedsNoDeleteOnTheRegister: the grants are those of schemas/README.md.
func TestARunNeedsNoDeleteOnTheRegister(t *testing.T) {
	dsn := newMySQL(t)
	owner := openTest(t, dsn)
	grants := []string{"SELECT, INSERT, UPDATE ON *"}
	for _, table := range []string{
		"registrations", "deadlines", "clusters", "expiry_report", "purge_list", "duplicate_list", "import_faults",
	} {
		grants = append(grants, "DELETE ON "+table)
	}
	s, err := Open(t.Context(), account(t, owner, dsn, grants), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, apply := t.Context(), Sync{Apply: true}
	fill(t, s)
	r := sample()
	key := RegistrationKey{AgencyNo: "T1", AgentID: "A0001", Role: "使用人"}
	write(t, s, func(tx *Tx) error { return tx.PutRegistrations(ctx, []RegistrationKey{key}, nil) })
	write(t, s, func(tx *Tx) error { return tx.PutFaults(ctx, "b1", nil) })
	for what, err := range map[string]error{
		"deadlines":  second(s.SyncDeadlines(ctx, pointers[Deadline](), apply)),
		"expiry":     second(s.SyncExpiry(ctx, pointers[pipeline.ExpiryRow](), apply)),
		"purge":      second(s.SyncPurgeList(ctx, 3, pointers[pipeline.PurgeRow](), apply)),
		"duplicates": second(s.SyncDuplicates(ctx, pointers[Duplicate](), apply)),
		"clusters":   second(s.SyncClusters(ctx, pointers[Membership](), apply)),
		"flags":      second(s.SyncDuplicateFlags(ctx, ids(), apply)),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, table := range []string{"agents", "agent_names", "qualifications", "registration_events", "agencies", "activities", "decisions", "runs"} {
		if _, err := s.db.ExecContext(ctx, "DELETE FROM "+table); mysqlCode(err) != 1142 {
			t.Errorf("DELETE FROM %s: %v, want error 1142", table, err)
		}
	}
	wantEqual(t, "agents are all there", len(must(s.Agents(ctx, []string{"A0001", "A0002", "A0003"}))(t)), len(r.agents))
}

func TestAnInsurersAccountSeesItsViewOnly(t *testing.T) {
	dsn := newMySQL(t)
	owner := openTest(t, dsn)
	fill(t, owner)
	if err := owner.CreateInsurerViews(t.Context(), "0101", "0102"); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), account(t, owner, dsn, []string{"SELECT ON v_insurer_0101_expiry_report"}), Options{KeepSchema: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var own []string
	if err := s.db.Select(&own, "SELECT agent_id FROM v_insurer_0101_expiry_report ORDER BY agent_id"); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "own rows", own, []string{"A0001", "A0002"})
	for _, q := range []string{
		"SELECT * FROM v_insurer_0102_expiry_report", "SELECT * FROM expiry_report", "SELECT * FROM agents", "DELETE FROM v_insurer_0101_expiry_report",
	} {
		if _, err := s.db.Exec(q); mysqlCode(err) != 1142 {
			t.Errorf("%s: %v, want error 1142", q, err)
		}
	}
}
