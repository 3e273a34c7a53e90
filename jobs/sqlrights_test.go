package jobs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"meibo/jobs"
)

func TestCheckSaysWhichRightsAreMissingAndWhichAreTooMany(t *testing.T) {
	p, dsn := byAccounts(t)
	sound, err := jobs.CheckRights(t.Context(), p.Config, jobs.SQLAccounts{})
	must(t, err)
	for _, a := range sound {
		if !a.Reached || len(a.Missing)+len(a.Excess) > 0 {
			t.Errorf("an account of a template: %+v", a)
		}
	}
	equal(t, "accounts", len(sound), 3)
	admin, err := sqlx.Open("mysql", dsn[len("mysql:"):])
	must(t, err)
	defer admin.Close()
	name := sound[0].Account
	admin.MustExec("GRANT DELETE ON agents TO '" + name + "'@'127.0.0.1'")
	admin.MustExec("REVOKE INSERT ON nights FROM '" + name + "'@'127.0.0.1'")
	got, err := jobs.CheckRights(t.Context(), p.Config, jobs.SQLAccounts{})
	must(t, err)
	want := jobs.AccountCheck{Settings: []string{"MEIBO_DB"}, Account: name, Reached: true, Missing: []string{"INSERT nights"}, Excess: []string{"DELETE agents"}}
	if d := cmp.Diff(want, got[0]); d != "" {
		t.Error(d)
	}
}
