package jobs_test

import (
	"os"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"meibo/jobs"
	"meibo/pipeline/purge"
)

// sqlAccount makes the account of a template in schemas/grants and returns the
// address of the database for it.
func sqlAccount(t testing.TB, dsn, name string) string {
	t.Helper()
	cfg, err := mysql.ParseDSN(strings.TrimPrefix(dsn, "mysql:"))
	must(t, err)
	admin, err := sqlx.Open("mysql", cfg.FormatDSN())
	must(t, err)
	template, err := os.ReadFile("../schemas/grants/" + name + ".sql")
	must(t, err)
	cfg.User, cfg.Passwd = name+"_"+cfg.DBName, "Synthetic-1"
	text := strings.NewReplacer("{{account}}", cfg.User, "{{host}}", "127.0.0.1", "{{password}}", cfg.Passwd, "{{tls}}", "NONE",
		"{{database}}", cfg.DBName, "{{schema}}", strings.ReplaceAll(cfg.DBName, "_", `\_`)).Replace(string(template))
	t.Cleanup(func() {
		admin.MustExec("DROP USER '" + cfg.User + "'@'127.0.0.1'")
		admin.Close()
	})
	for statement := range strings.SplitSeq(text, ";\n") {
		if strings.TrimSpace(statement) != "" {
			admin.MustExec(statement)
		}
	}
	return "mysql:" + cfg.FormatDSN()
}

// byAccounts is a place on a server whose work is done by accounts that may do
// no more than it needs; admin is the address that may do everything.
func byAccounts(t *testing.T) (p *place, admin string) {
	t.Helper()
	admin = newMySQL(t)
	p = newPlace(t, t.TempDir(), sqlAccount(t, admin, "run"))
	p.ReviewDB, p.PurgeDB = sqlAccount(t, admin, "review"), sqlAccount(t, admin, "purge")
	return p, admin
}

// by is the place as a command with the account of dsn finds it.
func (p *place) by(dsn string) *place {
	other := *p
	other.DB = dsn
	return &other
}

// Every account does all that its commands do, and the nights what they do, with
// the rights of its template alone.
func TestEachCommandNeedsNoMoreThanItsAccount(t *testing.T) {
	p, admin := byAccounts(t)
	p.purgeable(t, 3)
	review, executor, all := p.by(p.ReviewDB), p.by(p.PurgeDB), p.by(admin)
	review.with(t, func(h *jobs.House) {
		v, err := h.Decide(t.Context(), jobs.Decision{A: "DUE00001", B: "DUE00002", Verdict: "別人", By: "S1", Reason: "確認済み"})
		must(t, err)
		_, err = h.UndoDecision(t.Context(), v.No, "S2")
		must(t, err)
	})
	review.with(t, func(h *jobs.House) {
		_, err := h.Hold(t.Context(), jobs.HoldOrder{AgentID: "DUE00003", By: "S1", Reason: "調査中"})
		must(t, err)
		_, err = h.Release(t.Context(), "DUE00003", 0, "S2", "調査が終わった", 0)
		must(t, err)
	})
	before := all.registerDump(t)
	review.approve(t, 1, "S1", "S2")
	e := executor.execute(t, 1)
	equal(t, "deleted", e.Planned, 3)
	executor.with(t, func(h *jobs.House) {
		_, err := h.UndoPurge(t.Context(), 1, []string{"S1", "S3"}, "申請の取違え", 0)
		must(t, err)
	})
	equal(t, "state", all.listState(t, 1), purge.ListUndone)
	if after := all.registerDump(t); after != before {
		t.Errorf("the register differs:\n%s", diffLines(before, after))
	}
	p.night(t, sampleDays[1])
	review.approve(t, 2, "S1", "S2")
	executor.execute(t, 2)
	executor.with(t, func(h *jobs.House) {
		must(t, h.Readmit(t.Context(), "DUE00001", []string{"S1", "S2"}, "新たに登録"))
	})
	p.night(t, sampleDays[1].AddDays(8))
	equal(t, "after the window", all.listState(t, 2), purge.ListSettled)
}

// Where time decides, the night deletes by the account of executions: its own
// cannot delete a person.
func TestNightsDeleteByTheAccountOfExecutions(t *testing.T) {
	p, admin := byAccounts(t)
	p.purgeable(t, 3)
	p.Purge.Mode, p.Purge.ReviewDays = purge.ModeAutomatic, 0
	own := *p
	own.PurgeDB = ""
	own.with(t, func(h *jobs.House) {
		if _, err := h.Night(t.Context(), sampleDays[1], false); err == nil || !strings.Contains(err.Error(), "denied") {
			t.Errorf("by the account of the nights: %v", err)
		}
	})
	equal(t, "nobody is gone", len(p.by(admin).onFile(t)), 6)
	p.night(t, sampleDays[2]) // goes on with the execution first
	equal(t, "those who stay", len(p.by(admin).onFile(t)), 3)
}

// A restored database is put in order by the account of executions, too.
func TestAReplayNeedsNoMoreThanTheAccountOfExecutions(t *testing.T) {
	p := newPlace(t, t.TempDir(), newMySQL(t))
	p.purgeable(t, 3)
	restore := p.backup(t)
	p.put(t, "2026-11-20/association/agents_2.csv", table(agentHeader, "DUE00004,期限 四郎,キゲン シロウ,,1960-04-04,男,,2020-01-04,"))
	p.night(t, sampleDays[1])
	p.approve(t, 2, "S1", "S2")
	p.execute(t, 2) // of a list that the backup does not know
	restore()
	p.by(sqlAccount(t, p.DB, "purge")).with(t, func(h *jobs.House) {
		r, err := h.Replay(t.Context(), "S1")
		must(t, err)
		equal(t, "deleted again", r.Persons[0].Count, 3)
	})
	equal(t, "the list", p.listState(t, 2), purge.ListSettled)
}
