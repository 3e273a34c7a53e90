package jobs_test

import (
	"bytes"
	"io"
	"path"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/purge"
	"meibo/pipeline/source"
)

// P13: whoever is due by 要領 §10, from the first deletable day on, and whoever
// asked to be deleted, the night it is taken in, stands in nothing for insurers,
// agencies and persons, though the record is still there, held or not.
func TestP13WhoIsDueOrAskedToGoStandsInNothingForOthers(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.put(t, "2026-11-19/association/agents_1.csv", table(agentHeader,
			"STAYS1,残留 一郎,ザンリュウ イチロウ,,1980-04-01,男,,2015-01-01,", "ASKED1,申出 二子,モウシデ ニコ,,1981-05-02,女,asked1@example.com,2015-01-01,",
			"CLOSED1,廃業 三郎,ハイギョウ サブロウ,,1982-06-03,男,,2015-01-01,", "STOPPED1,停止 四子,テイシ ヨンコ,,1983-07-04,女,,2015-01-01,1"))
		p.put(t, "2026-11-19/exam-center/exam-results_1.csv", table(examHeader,
			"STAYS1,残留 一郎,1980-04-01,K10,合格,2022-02-10,,C-1,2022-02-15", "ASKED1,申出 二子,1981-05-02,K10,合格,2022-02-10,,C-2,2022-02-15"))
		registered := func(id, name, born, closed string) string {
			return "1001,,D1,代理店D1," + id + "," + name + "," + born + ",使用人,登録,2015-04-01," + closed + ",自動車"
		}
		p.put(t, "2026-11-19/1001/registrations_1.csv", table(registrationHeader,
			registered("STAYS1", "残留 一郎", "1980-04-01", ""), registered("ASKED1", "申出 二子", "1981-05-02", ""),
			registered("CLOSED1", "廃業 三郎", "1982-06-03", "2026-05-19"), registered("STOPPED1", "停止 四子", "1983-07-04", "2026-05-19")))
		p.night(t, sampleDays[0])
		equal(t, "in the report the night before", p.inReport(t), []string{"ASKED1", "STAYS1"})
		equal(t, "found the night before", p.foundBy(t, sampleDays[0]), "STAYS1 ASKED1 CLOSED1 STOPPED1")

		p.put(t, "2026-11-20/1001/corrections_1.csv", table(correctionHeader, asked("U1", "ASKED1", "削除", "", "", "", "", "2026-11-19")))
		p.put(t, "2026-11-20/1002/corrections_1.csv", table(correctionHeader, asked("U2", "ASKED1", "訂正", "生年月日", "", "1981-05-02", "1981-05-12", "2026-11-19")))
		p.put(t, "2026-11-20/association/corrections_1.csv", table(correctionHeader,
			asked("U3", "STAYS1", "訂正", "生年月日", "", "1980-04-01", "1980-04-11", "2026-11-19")))
		p.put(t, "2026-11-20/1001/bulk-inquiries_1.csv", table(bulkHeader,
			"1,,残留 一郎,,1980-04-01,", "2,,申出 二子,,1981-05-02,", "3,,廃業 三郎,,1982-06-03,", "4,,停止 四子,,1983-07-04,"))
		before := tree(t, path.Join(p.Outbox, "1001"))
		p.night(t, sampleDays[1])
		equal(t, "on file", p.onFile(t), []string{"ASKED1", "CLOSED1", "STAYS1", "STOPPED1"})
		equal(t, "in the report", p.inReport(t), []string{"STAYS1"})
		equal(t, "found", p.foundBy(t, sampleDays[1]), "STAYS1 - - -")
		equal(t, "answers", answered(t, path.Join(p.Outbox, "1001", "bulk-answers_bulk-inquiries_1_csv.xlsx")),
			[]string{"1|1|STAYS1|募集可|K10 基礎単位 C-1 更新時期 2027-02-28", "2|0|||", "3|0|||", "4|0|||"})
		if asks := strings.Join(p.requestsFor(t, "1001", sampleDays[1]), " "); !strings.Contains(asks, "U3|STAYS1") || strings.Contains(asks, "ASKED1") {
			t.Errorf("1001 is asked to answer %s", asks)
		}
		if asks := strings.Join(p.requestsFor(t, "association", sampleDays[1]), " "); !strings.Contains(asks, "U2|ASKED1") {
			t.Errorf("nobody is asked to answer for ASKED1: %s", asks)
		}
		p.namesNobody(t, before)
	})
}

// inReport are the IDs that insurer 1001 sees in its view.
func (p *place) inReport(t testing.TB) (out []string) {
	t.Helper()
	driver, dsn, _ := strings.Cut(p.DB, ":")
	db, err := sqlx.Open(driver, dsn)
	must(t, err)
	defer db.Close()
	must(t, db.Select(&out, "SELECT DISTINCT agent_id FROM v_insurer_1001_expiry_report ORDER BY agent_id"))
	return out
}

// foundBy is what each of the four gets who asks for the own ID.
func (p *place) foundBy(t testing.TB, d pipeline.Date) string {
	t.Helper()
	var out []string
	p.with(t, func(h *jobs.House) {
		for _, q := range []jobs.Inquiry{
			{Name: "残留 一郎", Born: "1980-04-01"},
			{Name: "申出 二子", Born: "1981-05-02"},
			{Name: "廃業 三郎", Born: "1982-06-03"},
			{Name: "停止 四子", Born: "1983-07-04"},
		} {
			f, err := h.Lookup(t.Context(), jobs.Looker{}, q, d)
			must(t, err)
			if f.AgentID == "" {
				f.AgentID = "-"
			}
			out = append(out, f.AgentID)
		}
	})
	return strings.Join(out, " ")
}

// namesNobody looks through every file that 1001 got since for those who are to
// go; it must find who stays, or it would be blind.
func (p *place) namesNobody(t testing.TB, before map[string]string) {
	t.Helper()
	gone := purge.NewTraces([]purge.Traced{
		{ID: "ASKED1", Names: []string{"申出 二子"}, BornOn: day("1981-05-02"), Emails: []string{"asked1@example.com"}},
		{ID: "CLOSED1", Names: []string{"廃業 三郎"}, BornOn: day("1982-06-03")},
		{ID: "STOPPED1", Names: []string{"停止 四子"}, BornOn: day("1983-07-04")},
	})
	stays, found := purge.NewTraces([]purge.Traced{{ID: "STAYS1"}}), 0
	closed := func(io.ReaderAt, int64) ([]byte, error) { return nil, source.ErrOpaque }
	for name, content := range tree(t, path.Join(p.Outbox, "1001")) {
		if before[name] == content {
			continue
		}
		must(t, source.Texts(bytes.NewReader([]byte(content)), int64(len(content)), closed, func(row []string) bool {
			if kind := gone.In(row); kind != "" {
				t.Errorf("%s names somebody who is to go, by %s", name, kind)
			}
			if stays.In(row) != "" {
				found++
			}
			return true
		}))
	}
	if found < 3 { // report, answer, request
		t.Errorf("STAYS1 stands in %d rows, want at least 3", found)
	}
}
