package jobs_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"meibo/jobs"
	"meibo/pipeline"
)

// P7: once the undo window has ended, no table holds an ID, an address, or a
// name with its birth date of a deleted person; before, none but sealed.
func TestP7NothingOfTheDeletedIsLeftInTheDatabase(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 3)
		p.approve(t, 1, "S1", "S2")
		p.execute(t, 1)
		p.night(t, sampleDays[0].AddDays(8))
		var dump bytes.Buffer
		must(t, p.store(t).Dump(t.Context(), &dump))
		for _, trace := range []string{"DUE0000", "due1@", "due2@", "due3@", "丁丁子", "キゲン", "旧姓 1"} {
			if bytes.Contains(dump.Bytes(), []byte(trace)) {
				t.Errorf("the dump still holds %q", trace)
			}
		}
		if strings.HasPrefix(p.DB, "sqlite:") {
			for name, content := range tree(t, filepath.Dir(strings.TrimPrefix(p.DB, "sqlite:"))) {
				if strings.HasPrefix(name, "meibo.db") && strings.Contains(content, "DUE00001") {
					t.Errorf("%s still holds an ID", name)
				}
			}
		}
	})
}

// P13: who is due stands in no insurer's report, from the first deletable day on.
func TestP13DuePeopleStandInNoInsurersReport(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.put(t, "2026-11-19/association/agents_1.csv", table(agentHeader, "P1,試験 一子,,,1980-04-01,女,,2015-01-01,", "P2,試験 二子,,,1980-04-02,女,,2015-01-01,"))
		p.put(t, "2026-11-19/exam-center/exam-results_1.csv", table(examHeader,
			"P1,試験 一子,1980-04-01,K10,合格,2021-05-10,,C-1,2021-05-15", "P2,試験 二子,1980-04-02,K10,合格,2021-05-10,,C-2,2021-05-15"))
		p.put(t, "2026-11-19/1001/registrations_1.csv", table(registrationHeader,
			"1001,,D1,代理店D1,P1,試験 一子,1980-04-01,使用人,登録,2015-04-01,2016-04-01,自動車", "1001,,D1,代理店D1,P2,試験 二子,1980-04-02,使用人,登録,2015-04-01,,自動車"))
		p.night(t, sampleDays[0])
		for _, r := range p.rowsOf(t, 1) {
			rows, err := p.store(t).ExpiryOf(t.Context(), r.AgentID)
			must(t, err)
			if r.State == pipeline.PurgeDue && len(rows) > 0 {
				t.Errorf("%s is due and stands in %d rows", r.AgentID, len(rows))
			}
		}
		if rows, err := p.store(t).ExpiryOf(t.Context(), "P2"); err != nil || len(rows) == 0 {
			t.Errorf("the registered one stands in no report: %v", err)
		}
	})
}

// P17: the receipt verifies with the public key alone, and holds nothing of a
// person; every damage is named.
func TestP17TheReceiptProvesItselfAndNamesNobody(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.purgeable(t, 3)
	p.approve(t, 1, "S1", "S2")
	p.execute(t, 1)
	content, err := os.ReadFile(filepath.Join(p.Outbox, "compliance", "purge-receipt_R-000001.json"))
	must(t, err)
	for i := range 3 {
		for _, planted := range []string{fmt.Sprintf("DUE%05d", i+1), fmt.Sprintf("due%d@", i+1), "期限", "キゲン", fmt.Sprintf("%d-03-%02d", 1951+i, 2+i)} {
			if bytes.Contains(content, []byte(planted)) {
				t.Errorf("the receipt holds %q", planted)
			}
		}
	}
	public := filepath.Join(t.TempDir(), "public.pub")
	b, err := os.ReadFile(p.publicKey())
	must(t, err)
	must(t, os.WriteFile(public, b, 0o600))
	verified := func() string {
		var c jobs.ReceiptsChecked
		p.with(t, func(h *jobs.House) {
			c, err = h.VerifyReceipts(t.Context(), public)
			must(t, err)
		})
		return fmt.Sprint(c.Damage)
	}
	equal(t, "undamaged", verified(), "[]")
	db, err := sqlx.Open("sqlite", strings.TrimPrefix(p.DB, "sqlite:"))
	must(t, err)
	defer db.Close()
	db.MustExec(`UPDATE purge_receipts SET persons = '[{"of":"2","count":2}]'`)
	equal(t, "altered", verified(), "[{R-000001 altered}]")
	db.MustExec(`DELETE FROM purge_receipts`)
	equal(t, "cut", verified(), "[{R-000001 cut}]")
}
