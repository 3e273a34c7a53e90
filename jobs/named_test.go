package jobs_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/identity"
	"meibo/pipeline/purge"
)

const notedHeader = registrationHeader + ",備考"

// namedByOthers are files in which rows of others name DUE00001 and DUE00002.
func (p *place) namedByOthers(t testing.TB, d pipeline.Date) {
	t.Helper()
	p.put(t, d.String()+"/1001/registrations_DUE00001.csv", table(notedHeader,
		"1001,,D1,代理店D1,REG1,登録 三郎,1972-02-02,使用人,変更,2026-11-01,,自動車,紹介者 DUE00001"))
	p.put(t, d.String()+"/contact-center/activities_2.csv", table(activityHeader,
		"LATER1,照会,2026-11-10,窓口 DUE00001", "LATER1,照会,2026-11-10,窓口 ｄｕｅ００００２"))
	p.put(t, d.String()+"/1001/corrections_2.csv", table(correctionHeader,
		"K1,REG1,訂正,メールアドレス,,reg@example.com,neu@example.com,DUE00001の委任状,2026-11-10,受付 due00002"))
}

// namedByCommand writes into the database what people may have typed before the ID
// was on file.
func (p *place) namedByCommand(t testing.TB) {
	t.Helper()
	p.with(t, func(h *jobs.House) {
		_, err := h.Hold(t.Context(), jobs.HoldOrder{AgentID: "HELD1", By: "S1", Reason: "苦情の調査"})
		must(t, err)
	})
	db := p.sql(t)
	db.MustExec(`UPDATE holds SET reason = 'DUE00001 との取違え' WHERE agent_id = 'HELD1'`)
	db.MustExec(`UPDATE accounts SET stop_reason = 'DUE00002 の照会' WHERE account_id = 'S9'`)
	db.MustExec(`INSERT INTO statement_requests (receipt_no, agent_id, as_of, requested_on, proof, handled_by, system_user, at)
		VALUES ('Q1', 'REG1', '2026-11-20', '2026-11-20', '期限 丁丁子（1951-03-02生）と DUE00001 の委任状', 'S1', 'test', '2026-11-20T00:00:00.000000Z')`)
}

// lastList is the number of the newest list.
func (p *place) lastList(t testing.TB) int {
	t.Helper()
	l, _, err := p.store(t).LastPurgeList(t.Context())
	must(t, err)
	return l.No
}

// redacted are the rows of others that a receipt says were redacted, by table.
func redacted(r *purge.Receipt) map[string]int {
	out := map[string]int{}
	for _, c := range r.RowsDeleted {
		if c.Redacted > 0 {
			out[c.Of] = c.Redacted
		}
	}
	return out
}

// listNamedByOthers is an approved list of two persons whom rows of others name.
func (p *place) listNamedByOthers(t testing.TB) (no int) {
	t.Helper()
	p.purgeable(t, 2)
	p.namedByOthers(t, sampleDays[1])
	p.night(t, sampleDays[1])
	p.namedByCommand(t)
	no = p.lastList(t)
	p.approve(t, no, "S1", "S2")
	return no
}

// A row of another that names a deleted person stays, and names nobody; the list
// comes to its end. Files that are sent again bring nothing back, a replay after a
// restore does the same, and an undo puts every text back.
func TestWhoeverNamesTheDeletedStaysAndNamesNobody(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		no := p.listNamedByOthers(t)
		before, restore := p.registerDump(t), p.backup(t)
		e := p.execute(t, no)
		equal(t, "state", p.listState(t, no), purge.ListExecuted)
		p.mentionsNobody(t, "DUE00001", "DUE00002", "due00002", "ｄｕｅ００００２", "丁丁子")
		equal(t, "redacted", redacted(e.Receipt), map[string]int{
			"accounts": 1, "activities": 2, "corrections": 1, "holds": 1, "import_batches": 1, "registration_events": 1,
			"registrations": 1, "run_files": 1, "statement_requests": 1,
		})
		equal(t, "left", len(e.Receipt.Left()), 0)
		x := p.explained(t, "REG1", sampleDays[1])
		if got := fmt.Sprint(x.Corrections); !strings.Contains(got, pipeline.Redacted+"の委任状") {
			t.Errorf("the correction: %s", got)
		}
		p.with(t, func(h *jobs.House) {
			c, err := h.VerifyReceipts(t.Context(), p.publicKey())
			must(t, err)
			equal(t, "damage", len(c.Damage), 0)
		})

		history := p.history(t, "REG1")
		p.namedByOthers(t, sampleDays[2])
		p.put(t, sampleDays[2].String()+"/1001/registrations_DUE00001.csv", table(notedHeader,
			"1001,,D1,代理店D1,REG1,登録 三郎,1972-02-02,使用人,変更,2026-11-01,,自動車,紹介者 DUE00001",
			"1001,,D1,代理店D1,LATER1,後日 花子,1971-01-01,使用人,登録,2026-11-02,,自動車,DUE00002 の後任"))
		p.put(t, sampleDays[2].String()+"/1001/incidents_1.csv", table(incidentHeader, "J-1,漏えい,2026-11-18,2026-11-18,2026-11-18,募集人ID：due00001,安全管理者,保険会社,,,協会,2026-11-18"))
		p.put(t, sampleDays[2].String()+"/compliance/purge-list_9.xlsx", workbook(t, "リスト番号,募集人ID,判定,理由,審査者", fmt.Sprintf("%d,HELD1,保留,DUE00002号とは別,S1", no)))
		p.night(t, sampleDays[2])
		var typed []string
		must(t, p.sql(t).Select(&typed, `SELECT reporter FROM incidents UNION ALL SELECT reason FROM holds`))
		equal(t, "typed since", typed, []string{"募集人ID：" + pipeline.Redacted, pipeline.Redacted + " との取違え", pipeline.Redacted + "号とは別"})
		equal(t, "history of the correction", p.history(t, "REG1"), history)
		var b strings.Builder
		must(t, p.store(t).Dump(t.Context(), &b))
		for line := range strings.Lines(b.String()) { // its file is named after DUE00001 once more
			if strings.Contains(strings.ToUpper(line), "DUE0000") && !strings.Contains(line, "registrations_DUE00001.csv") {
				t.Errorf("sent again: %s", line)
			}
		}

		restore()
		p.replay(t, "S1")
		p.mentionsNobody(t, "DUE00001", "DUE00002", "due00002", "ｄｕｅ００００２", "丁丁子")
		restore()
		equal(t, "restored", p.registerDump(t) == before, true)
	})
}

func TestUndoPutsTheTextsOfOthersBack(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		no := p.listNamedByOthers(t)
		p.sql(t).MustExec(`UPDATE purge_approvals SET reason = 'DUE00001 を確認'`)
		before := p.state(t).without("audit_events", "purge_lists", "purge_receipts", "leases", "run_settings", "runs", "run_steps", "run_progress", "report_manifest", "nights", "deliveries").dump
		e := p.execute(t, no)
		equal(t, "approvals", redacted(e.Receipt)["purge_approvals"], 2)
		p.sql(t).MustExec(`UPDATE accounts SET stop_reason = '退職' WHERE account_id = 'S9'`)
		p.with(t, func(h *jobs.House) {
			r, err := h.UndoPurge(t.Context(), no, []string{"S1", "S3"}, "取違え", 0)
			must(t, err)
			equal(t, "written since", r.Residual, []purge.Residual{{Place: purge.NoteWritten, Files: 1}})
			want := redacted(e.Receipt)
			delete(want, "accounts")
			equal(t, "said again", redacted(r), want)
		})
		p.sql(t).MustExec(`UPDATE accounts SET stop_reason = 'DUE00002 の照会' WHERE account_id = 'S9'`)
		p.sql(t).MustExec(`DELETE FROM purge_approvals WHERE reason = '取違え'`) // the two signatures
		after := p.state(t).without("audit_events", "purge_lists", "purge_receipts", "leases", "run_settings", "runs", "run_steps", "run_progress", "report_manifest", "nights", "deliveries").dump
		if after != before {
			t.Errorf("not as it was:\n%s", diffLines(before, after))
		}
	})
}

// What nothing may redact is told by its column, and the list ends all the same; to
// the sender it is told when it comes in.
func TestAnIDInTheKeyOfAnotherIsToldInTheReceipt(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 1)
		p.put(t, "2026-11-20/1001/corrections_2.csv", table(correctionHeader,
			"K-DUE00001,REG1,訂正,メールアドレス,,reg@example.com,neu@example.com,免許証,2026-11-10,受付 一子",
			"K-REG1,REG1,訂正,性別,,女,男,免許証,2026-11-10,受付 一子"))
		p.put(t, "2026-11-20/association/corrections_2.csv", table(correctionHeader,
			"K2-DUE00001,DUE00001,訂正,メールアドレス,,due1@example.com,neu@example.com,免許証,2026-11-10,受付 一子"))
		p.night(t, sampleDays[1])
		var told []string
		must(t, p.sql(t).Select(&told, `SELECT code FROM import_faults WHERE column_key = 'receipt_no'`))
		equal(t, "to the sender", told, []string{"receipt-names-person"})
		no := p.lastList(t)
		p.approve(t, no, "S1", "S2")
		e := p.execute(t, no)
		equal(t, "state", p.listState(t, no), purge.ListExecuted)
		equal(t, "left", e.Receipt.Left(), []purge.Residual{{Place: "表 corrections・列 receipt_no", Files: 1}})
		for _, s := range e.Receipt.Searched {
			equal(t, s.Place, s.Hits > 0 && strings.HasPrefix(s.Place, "表 "), s.Place == "表 corrections")
		}
		equal(t, "in the register", len(p.history(t, "REG1")), 2)
	})
}

// Killed between the redaction and the receipt, an execution counts in the end what
// its first attempt redacted, once, and can be taken back whole.
func TestAnExecutionKilledAfterTheRedactionGoesOn(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 2)
		p.namedByCommand(t)
		p.approve(t, 1, "S1", "S2")
		before := p.registerDump(t)
		if !p.meibo(t, []string{"MEIBO_FAILPOINT=purge-swept:1"}, "purge", "run", "1") {
			t.Fatal("the point was never passed")
		}
		p.meibo(t, nil, "resume")
		receipts, err := p.store(t).Receipts(t.Context())
		must(t, err)
		equal(t, "receipts", len(receipts), 1)
		equal(t, "redacted", redacted(&receipts[0]), map[string]int{"accounts": 1, "holds": 1, "statement_requests": 1})
		p.with(t, func(h *jobs.House) {
			_, err := h.UndoPurge(t.Context(), 1, []string{"S1", "S3"}, "取違え", 0)
			must(t, err)
		})
		if after := p.registerDump(t); after != before {
			t.Errorf("not as it was:\n%s", diffLines(before, after))
		}
	})
}

// An execution that an older program left 実行中, because it found somebody named in
// a text, comes to its end: it is searched and swept again.
func TestARowThatNamesSomebodyAfterTheSweepIsClearedToo(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.purgeable(t, 1)
	p.approve(t, 1, "S1", "S2")
	p.meibo(t, []string{"MEIBO_FAILPOINT=purge-part:1"}, "purge", "run", "1")
	p.sql(t).MustExec(`UPDATE run_steps SET state = '完了' WHERE name = 'delete'`)
	p.sql(t).MustExec(`UPDATE accounts SET stop_reason = 'DUE00001 の照会' WHERE account_id = 'S9'`)
	e := p.execute(t, 1)
	equal(t, "redacted", redacted(e.Receipt), map[string]int{"accounts": 1})
	equal(t, "state", p.listState(t, 1), purge.ListExecuted)
	p.mentionsNobody(t, "DUE00001")
}

// What people type by command may not name others who are on file: it would
// outlive them.
func TestWhatIsTypedNamesNobodyElseOnFile(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.purgeable(t, 1)
	ask := jobs.StatementRequest{AgentID: "REG1", ReceiptNo: "Q1", RequestedOn: sampleDays[0], Proof: "REG1 の運転免許証", By: "S1"}
	p.with(t, func(h *jobs.House) {
		for name, spoil := range map[string]func(q *jobs.StatementRequest){
			"proof":   func(q *jobs.StatementRequest) { q.Proof = "ｄｕｅ００００１の委任状" },
			"receipt": func(q *jobs.StatementRequest) { q.ReceiptNo = "Q1 DUE00001" },
		} {
			q := ask
			spoil(&q)
			_, err := h.Statement(t.Context(), q, sampleDays[0])
			if e, is := errors.AsType[*jobs.ErrRequest](err); !is || !strings.Contains(e.JA, "ほかの人の募集人ID") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := h.Statement(t.Context(), ask, sampleDays[0]); err != nil {
			t.Errorf("one that names nobody else: %v", err)
		}
		for reason, refused := range map[string]bool{"DUE00001 の照会": true, "退職": false} {
			_, err := h.StopAccount(t.Context(), "S3", "S1", reason, sampleDays[0])
			if e, is := errors.AsType[*jobs.ErrAccount](err); is != refused || is && !strings.Contains(e.JA, "募集人ID") {
				t.Errorf("stop: %v", err)
			}
		}
		for reason, refused := range map[string]bool{"DUE00001 に同じ": true, "REG1 とは別の人": false} {
			_, err := h.Decide(t.Context(), jobs.Decision{A: "REG1", B: "LATER1", Verdict: identity.Different, By: "S1", Reason: reason})
			if e, is := errors.AsType[*jobs.ErrDecision](err); is != refused || is && !strings.Contains(e.JA, "募集人ID") {
				t.Errorf("decide: %v", err)
			}
		}
	})
	if d := cmp.Diff(0, strings.Count(p.registerDump(t), "DUE00001 の")); d != "" {
		t.Error(d)
	}
}
