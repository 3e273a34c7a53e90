package jobs_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"meibo/pipeline/access"
	"meibo/pipeline/report"
)

// issued are the passwords of a notice by ID.
func (p *place) issued(t testing.TB, name string) map[string]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(p.Outbox, "1001", name))
	must(t, err)
	if bytes.HasPrefix(b, []byte("PK")) {
		t.Fatal("the notice is not encrypted")
	}
	f, err := excelize.OpenReader(bytes.NewReader(b), excelize.Options{Password: agreed})
	must(t, err)
	defer f.Close()
	rows, err := f.GetRows(f.GetSheetName(0))
	must(t, err)
	out := map[string]string{}
	for _, r := range rows {
		if len(r) >= 5 && r[1] == "1001" {
			out[r[2]] = r[4]
		}
	}
	return out
}

// Whenever the night is killed, the password that left is the one that lets in.
func TestADrawnPasswordThatLeftIsTheValidOne(t *testing.T) {
	for _, at := range []string{"notice-sealed:1", "notice-committed:1", "notice-copied:1", "notice-delivered:1"} {
		t.Run(at, func(t *testing.T) {
			dir := t.TempDir()
			p := newPlace(t, dir, sqliteIn(dir))
			p.put(t, "2026-11-19/1001/managers_1.csv", table(managerHeader,
				"特別管理者,1001,,,特別 太郎,本社,toku@1001.example,", "一般管理者,1001,M1,,一般 一郎,,,",
				"指定管理者,1001,M2,Geheim-1,指定 花子,,,"))
			env := []string{"MEIBO_PASSWORD_1001=" + agreed}
			if !p.meibo(t, append(env, "MEIBO_FAILPOINT="+at), "run", "--as-of", "2026-11-19") {
				t.Fatal("it was never passed")
			}
			p.meibo(t, env, "resume", "--as-of", "2026-11-20")
			name := report.AccountNoticeName(sampleDays[0], 1)
			issued := p.issued(t, name)
			if len(issued) != 2 {
				t.Fatalf("%d passwords were issued, want those of SP-1001-01 and M1", len(issued))
			}
			accounts, err := p.store(t).Accounts(t.Context())
			must(t, err)
			everywhere := p.everywhere(t)
			for _, a := range accounts {
				password := issued[a.ID]
				if a.ID == "M2" {
					password = "Geheim-1"
				}
				if ok, err := access.Verify(a.Hash, password); !ok || err != nil {
					t.Errorf("%s: the password does not let in (%v)", a.ID, err)
				}
				if strings.Contains(everywhere, password) {
					t.Errorf("the password of %s stands somewhere in the clear", a.ID)
				}
			}
			if left, _ := os.ReadDir(filepath.Join(p.StateDir, "notices")); len(left) > 0 {
				t.Errorf("%d sealed notices stay behind", len(left))
			}
		})
	}
}
