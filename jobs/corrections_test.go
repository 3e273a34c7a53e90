package jobs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/deadline"
)

const correctionHeader = "受付番号,募集人ID,区分,項目,対象,訂正前,訂正後,証明書類,申出日,受付者"

// asked is a row of corrections from a person's proof of residence.
func asked(no, id, division, item, target, before, after, on string) string {
	return strings.Join([]string{no, id, division, item, target, before, after, "住民票の写し", on, "受付 一子"}, ",")
}

// history lists what became of the corrections of some people, oldest version first.
func (p *place) history(t testing.TB, ids ...string) (out []string) {
	t.Helper()
	versions, err := p.store(t).Corrections(t.Context(), ids)
	must(t, err)
	for _, c := range versions {
		out = append(out, strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s %d %s %s %s",
			c.AgentID, c.ReceiptNo, c.Item, c.Target, c.No, c.State, c.Sender, c.Reason)), " "))
	}
	return out
}

func (p *place) explained(t testing.TB, id string, d pipeline.Date) (e *jobs.Explanation) {
	t.Helper()
	p.with(t, func(h *jobs.House) {
		var err error
		e, err = h.Explain(t.Context(), jobs.Looker{}, id, d)
		must(t, err)
	})
	return e
}

// valueOf is one value of an explanation, with where it came from.
func valueOf(e *jobs.Explanation, label string) string {
	for _, v := range e.Values {
		if v.Label == label {
			return v.Text + " ← " + v.From
		}
	}
	return ""
}

// correctable is a register of people with and without an insurer.
func (p *place) correctable(t testing.TB) {
	t.Helper()
	p.put(t, "2026-11-19/association/agents_20261119.csv", table(agentHeader,
		"A1,試験 花子,シケン ハナコ,,1980-04-01,女,hana@example.com,2018-04-01,",
		"A2,試験 次郎,,,1980-04-02,女,,2026-05-10,", "A3,試験 三郎,,,1980-04-03,男,,2026-11-01,", "A4,試験 四子,,,1980-04-04,女,,2018-04-01,"))
	p.put(t, "2026-11-19/exam-center/exam-results_20261119.csv", table(examHeader,
		"A1,試験 花子,1980-04-01,K10,合格,2024-05-10,,C-1,2024-05-15", "A1,試験 花子,1980-04-01,K11,合格,2024-05-10,,C-2,2024-05-15",
		"A3,試験 三郎,1980-04-03,K10,合格,2024-05-10,,C-3,2024-05-15"))
	p.put(t, "2026-11-19/1001/registrations_20261119.csv", table(registrationHeader,
		registered("1001", "1002", "D1", "A1", "登録", "2020-04-01", ""),
		registered("1001", "", "D1", "A4", "登録", "2020-04-01", "2024-03-31"), registered("1001", "", "D1", "A4", "登録", "2025-04-01", "")))
	p.put(t, "2026-11-19/1003/registrations_20261119.csv", table(registrationHeader, registered("1003", "", "D3", "A1", "届出", "2021-04-01", "")))
	p.night(t, sampleDays[0])
	for _, line := range p.ended(t, sampleDays[0]) {
		if strings.HasPrefix(line, "  ") {
			t.Errorf("the register begins with a fault: %s", line)
		}
	}
}

// registered is a row of registrations of one of the people above.
func registered(lead, others, agency, id, event, on, closed string) string {
	name := map[string]string{"A1": "試験 花子", "A4": "試験 四子"}[id]
	return fmt.Sprintf("%s,%s,%s,代理店%[3]s,%s,%s,,使用人,%s,%s,%s,自動車", lead, others, agency, id, name, event, on, closed)
}

func (p *place) registrationsOf(t testing.TB, id string) (out []string) {
	t.Helper()
	rows, err := p.store(t).Registrations(t.Context(), []string{id})
	must(t, err)
	for _, r := range rows {
		out = append(out, fmt.Sprintf("%s %s..%s %s", r.AgencyNo, r.OpenedOn, r.ClosedOn, r.Lines))
	}
	return out
}

func (p *place) passesOf(t testing.TB, id string) (out []string) {
	t.Helper()
	rows, err := p.store(t).Qualifications(t.Context(), []string{id})
	must(t, err)
	for _, q := range rows {
		out = append(out, fmt.Sprintf("%s+%s %s %s %s", q.Code, q.CertificateNo, q.JudgedOn, q.PostedOn, q.WithdrawnOn))
	}
	return out
}

// purgeOf is the row of one person on the newest purge list.
func (p *place) purgeOf(t testing.TB, id string) string {
	t.Helper()
	s := p.store(t)
	list, _, err := s.LastPurgeList(t.Context())
	must(t, err)
	for r, err := range s.PurgeRows(t.Context(), list.No) {
		must(t, err)
		if r.AgentID != id {
			continue
		}
		var holds []string
		for _, h := range r.Holds {
			holds = append(holds, h.Code)
		}
		return fmt.Sprintf("%s %s %s %s %v %s", r.Case, r.BaseKind, r.BaseOn, r.State, holds, r.FirstDeletable)
	}
	return ""
}

// requestsFor reads correction-requests of a day: a line for each row.
func (p *place) requestsFor(t testing.TB, reader string, d pipeline.Date) (out []string) {
	t.Helper()
	name := filepath.Join(p.Outbox, reader, "correction-requests_"+d.String()+".xlsx")
	if _, err := os.Stat(name); os.IsNotExist(err) {
		return nil
	}
	manifest, err := os.ReadFile(filepath.Join(p.Outbox, reader, "manifest_"+d.String()+".json"))
	must(t, err)
	if !strings.Contains(string(manifest), filepath.Base(name)) {
		t.Errorf("the manifest of %s does not name %s", reader, filepath.Base(name))
	}
	f, err := excelize.OpenFile(name)
	must(t, err)
	defer f.Close()
	rows, err := f.GetRows(f.GetSheetName(0))
	must(t, err)
	below := false
	for _, r := range rows {
		if below {
			out = append(out, strings.Join(r, "|"))
		}
		below = below || len(r) > 0 && r[0] == "受付番号"
	}
	return out
}

func TestACorrectionOfOwnPeopleIsAppliedWithItsProof(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.correctable(t)
		p.put(t, "2026-11-20/1001/corrections_20261120.csv", table(correctionHeader,
			asked("U1", "a1", "訂正", "氏名", "", "試験　花子", "見本 花子", "2026-11-18"),
			asked("U1", "A1", "訂正", "生年月日", "", "S55.4.1", "1980-04-11", "2026-11-18"),
			asked("U1", "A1", "訂正", "ID取得日", "", "2018/04/01", "2018-04-02", "2026-11-18"),
			asked("U1", "A1", "訂正", "登載日", "K10+C-1", "2024-05-15", "2024-05-20", "2026-11-18"),
			asked("U1", "A1", "訂正", "廃止年月日", "D1", "", "2026-12-31", "2026-11-18"),
			asked("U1", "A1", "訂正", "登録事由発生年月日", "D1", "2020-04-01", "2020-05-01", "2026-11-18"),
			asked("U1", "A1", "訂正", "合格番号", "K11 C-2", "C-2", "C-22", "2026-11-18"),
			asked("U1", "A1", "削除", "メールアドレス", "", "hana@example.com", "", "2026-11-18")))
		p.put(t, "2026-11-20/association/corrections_20261120.csv", table(correctionHeader,
			asked("U2", "A2", "訂正", "氏名カナ", "", "", "シケン ジロウ", "2026-11-18")))
		p.night(t, sampleDays[1])
		equal(t, "files", p.ended(t, sampleDays[1]), []string{
			"1001/corrections_20261120.csv applied 8=8+0-0", "association/corrections_20261120.csv applied 1=1+0-0",
		})
		e := p.explained(t, "A1", sampleDays[1])
		for label, want := range map[string]string{
			"氏名":      "見本 花子 ← 1001/corrections_20261120.csv:2",
			"生年月日":    "1980-04-11 ← 1001/corrections_20261120.csv:3",
			"ID取得日":   "2018-04-02 ← 1001/corrections_20261120.csv:4",
			"氏名カナ":    "シケン ハナコ ← association/agents_20261119.csv:2",
			"メールアドレス": "",
		} {
			if got := valueOf(e, label); got != want {
				t.Errorf("%s: %q, want %q", label, got, want)
			}
		}
		further := false
		for _, n := range e.Names {
			further = further || n.Label == "旧氏名" && n.Text == "試験 花子"
		}
		if !further {
			t.Errorf("names %v, want the older one among them", e.Names)
		}
		equal(t, "passes", p.passesOf(t, "A1"), []string{
			"K10+C-1 2024-05-10 2024-05-20 ", "K11+C-2 2024-05-10 2024-05-15 2026-11-20", "K11+C-22 2024-05-10 2024-05-15 ",
		})
		equal(t, "registrations", p.registrationsOf(t, "A1"), []string{"D1 2020-05-01..2026-12-31 自動車", "D3 2021-04-01.. 自動車"})
		if len(e.Corrections) != 8 {
			t.Fatalf("%d corrections are explained, want 8", len(e.Corrections))
		}
		first := e.Corrections[0]
		want := jobs.CorrectionText{
			ReceiptNo: "U1", Division: "訂正", Item: first.Item, Target: first.Target, Before: first.Before, After: first.After,
			Proof: "住民票の写し", On: day("2026-11-18"), ReceivedBy: "受付 一子", Sender: "1001", State: pipeline.CorrectionApplied,
			Since: sampleDays[1], Clause: "要領§11(3)", From: first.From,
		}
		equal(t, "explained", first, want)
		if got := p.explained(t, "A2", sampleDays[1]).Corrections[0].Clause; got != "要領§11(4)" {
			t.Errorf("by the association: %s, want 要領§11(4)", got)
		}
		p.again(t, sampleDays[1])
	})
}

func TestACorrectionFromElsewhereIsRoutedAndHolds(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.correctable(t)
		p.put(t, "2026-11-20/association/corrections_1.csv", table(correctionHeader,
			asked("U1", "A1", "訂正", "生年月日", "", "1980-04-01", "1980-04-11", "2026-11-18"),
			asked("U2", "A1", "訂正", "備考", "D3", "", "更新済み", "2026-11-18"),
			asked("U3", "A4", "削除", "", "", "", "", "2026-11-18")))
		p.put(t, "2026-11-20/1002/corrections_1.csv", table(correctionHeader,
			asked("U4", "A2", "訂正", "性別", "", "女", "男", "2026-11-18")))
		p.night(t, sampleDays[1])
		equal(t, "files", p.ended(t, sampleDays[1]), []string{
			"1002/corrections_1.csv applied 1=1+0-0", "  2 agent_id correction-routed",
			"association/corrections_1.csv applied 3=3+0-0",
			"  2 agent_id correction-routed", "  3 agent_id correction-routed", "  4 agent_id correction-routed",
		})
		proof := "|住民票の写し|2026-11-18|受付 一子|"
		birth := "U1|A1|訂正|生年月日||●●●●-●●-0●|●●●●-●●-1●" + proof + "協会|2026-11-20"
		whole := "U3|A4|削除|（記録全体）|||" + proof + "協会|2026-11-20"
		equal(t, "for 1001", p.requestsFor(t, "1001", sampleDays[1]), []string{birth, whole})
		equal(t, "for 1003", p.requestsFor(t, "1003", sampleDays[1]), []string{birth, "U2|A1|訂正|備考|D3||更新済み" + proof + "協会|2026-11-20"})
		equal(t, "for 1002", p.requestsFor(t, "1002", sampleDays[1]), nil)
		equal(t, "for the association", p.requestsFor(t, "association", sampleDays[1]), []string{"U4|A2|訂正|性別||女|男" + proof + "みなと火災海上保険（1002）|2026-11-20"})
		if got := p.purgeOf(t, "A4"); got != "" {
			t.Errorf("a routed deletion is on the purge list: %s", got)
		}
		e := p.explained(t, "A1", sampleDays[1])
		if len(e.Verdict.Holds) != 2 || e.Verdict.Holds[0].Code != deadline.HoldCorrection || !e.Corrections[0].Open {
			t.Errorf("holds %v, corrections %v; want two open ones", e.Verdict.Holds, e.Corrections)
		}
		equal(t, "birth date", valueOf(e, "生年月日"), "1980-04-01 ← association/agents_20261119.csv:2")
		p.again(t, sampleDays[1])

		p.put(t, "2026-11-21/1001/corrections_2.csv", table(correctionHeader,
			asked("U1", "A1", "訂正", "生年月日", "", "1980-04-01", "1980-04-11", "2026-11-18"),
			asked("U3", "A4", "削除", "", "", "", "", "2026-11-18")))
		p.put(t, "2026-11-21/1003/corrections_2.csv", table(correctionHeader, asked("U2", "A1", "訂正", "備考", "D3", "別の備考", "更新済み", "2026-11-18")))
		p.put(t, "2026-11-21/association/corrections_2.csv", table(correctionHeader, asked("U4", "A2", "訂正", "性別", "", "女", "男", "2026-11-18")))
		p.night(t, sampleDays[2])
		equal(t, "history", p.history(t, "A1", "A2", "A4"), []string{
			"A1 U1 生年月日 1 回送 association", "A1 U1 生年月日 2 適用 1001",
			"A1 U2 備考 D3 1 回送 association", "A1 U2 備考 D3 2 却下 1003 correction-mismatch",
			"A2 U4 性別 1 回送 1002", "A2 U4 性別 2 適用 association",
			"A4 U3 1 回送 association", "A4 U3 2 受付 1001",
		})
		for _, reader := range []string{"1001", "1003", "association"} {
			equal(t, "for "+reader, p.requestsFor(t, reader, sampleDays[2]), nil)
		}
		if e := p.explained(t, "A1", sampleDays[2]); len(e.Verdict.Holds) != 0 {
			t.Errorf("holds %v, want none once all is answered", e.Verdict.Holds)
		}
		equal(t, "on request", p.purgeOf(t, "A4"), "申出 申出日 2026-11-18 対象 [] ")
		p.again(t, sampleDays[2])
	})
}

// The person asks the one 代申 to delete everything while a correction asked for
// elsewhere is open: no insurer is to see the person any more, so the association
// answers, and once it has nothing holds the deletion.
func TestADeletionOfTheWholeRecordLeavesOpenRequestsToTheAssociation(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.correctable(t)
		ask := asked("U1", "A1", "訂正", "性別", "", "女", "男", "2026-11-18")
		p.put(t, "2026-11-20/association/corrections_1.csv", table(correctionHeader, ask))
		p.night(t, sampleDays[1])
		open := []string{"U1|A1|訂正|性別||女|男|住民票の写し|2026-11-18|受付 一子|協会|2026-11-20"}
		equal(t, "for 1001", p.requestsFor(t, "1001", sampleDays[1]), open)
		equal(t, "for 1003, another 代申", p.requestsFor(t, "1003", sampleDays[1]), open)

		p.put(t, "2026-11-21/1001/corrections_1.csv", table(correctionHeader, asked("U2", "A1", "削除", "", "", "", "", "2026-11-20")))
		p.night(t, sampleDays[2])
		equal(t, "asked for, with a correction that is open", p.purgeOf(t, "A1"), "申出 申出日 2026-11-20 保留 [correction] ")
		equal(t, "for 1001, asked to delete", p.requestsFor(t, "1001", sampleDays[2]), nil)
		equal(t, "for 1003, asked to delete", p.requestsFor(t, "1003", sampleDays[2]), nil)
		equal(t, "for the association", p.requestsFor(t, "association", sampleDays[2]), open)

		dayAfter := sampleDays[2].AddDays(1)
		p.put(t, "2026-11-22/association/corrections_2.csv", table(correctionHeader, ask, // not the bytes of the first file
			asked("U3", "NOBODY1", "訂正", "性別", "", "女", "男", "2026-11-18")))
		p.night(t, dayAfter)
		equal(t, "history", p.history(t, "A1"), []string{"A1 U1 性別 1 回送 association", "A1 U1 性別 2 適用 association", "A1 U2 1 受付 1001"})
		equal(t, "free to go", p.purgeOf(t, "A1"), "申出 申出日 2026-11-20 対象 [] ")
		equal(t, "once it is answered", p.requestsFor(t, "association", dayAfter), nil)
	})
}
