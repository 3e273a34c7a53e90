package jobs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline"
)

// found lists conduct_findings: rule, record, day, reason, verdict, insurer, and
// the file and row of the record.
func (p *place) found(t testing.TB) []string {
	t.Helper()
	out := []string{}
	for f, err := range p.store(t).Findings(t.Context()) {
		must(t, err)
		e := f.Evidence[0]
		out = append(out, strings.Join([]string{
			f.RuleID, f.Subject, f.On.String(), f.Reason, f.Verdict, f.Insurer, e.File, f.FirstSeen.String(),
		}, "|"))
	}
	return out
}

func TestProcedureFindingsStandWhileTheirRecordGivesCause(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.put(t, "2026-11-19/association/agents_1.csv", table(agentHeader, agent("P01")))
		p.put(t, "2026-11-19/association/inquiries_1.csv", table(inquiryHeader,
			"U-1,2026-11-18,試験 花子,03-0000-0000,P01,協会 一郎,募集人IDを回答,2026-11-19,電話,○,○,,,",
			"U-2,2026-11-18,代理 二郎,03-0000-0001,P01,協会 一郎,募集人IDを回答,2026-11-19,電話,,×,○,○,",
			"U-3,2026-11-18,試験 花子,03-0000-0000,P01,協会 一郎,確認中,,対面,無,,,,"))
		p.put(t, "2026-11-19/1001/incidents_1.csv", table(incidentHeader+",弁明機会,決議,措置",
			"J-1,漏えい,2026-11-18,2026-11-18 10:00,2026-11-18,担当 一,安全管理者,1001,M-1,2026-11-18,協会,2026-11-19,,,",
			"J-2,目的外利用,,,,,,保険会社,M-2,,委員会,,,,2026-11-18",
			",漏えい,,,,,,,,,,,,,"))
		p.put(t, "2026-11-20/association/inquiries_2.csv", table(inquiryHeader,
			"U-2,2026-11-18,代理 二郎,03-0000-0001,P01,協会 一郎,募集人IDを回答,2026-11-19,電話,○,○,無,,"))
		p.night(t, sampleDays[0])
		equal(t, "files", p.ended(t, sampleDays[0])[:2], []string{"1001/incidents_1.csv applied 3=2+0-1", "  4 incident_id required"})
		first := []string{
			"Y-11(1)d|U-2|2026-11-19|no-proxy-proof|違反||inquiries_1.csv|2026-11-19",
			"Y-11(1)e|U-2|2026-11-19|proxy-answered-by-phone|違反||inquiries_1.csv|2026-11-19",
			"Y-11(1)ア折返し|U-2|2026-11-19|no-callback|違反||inquiries_1.csv|2026-11-19",
			"Y-11(1)ア本人|U-2|2026-11-19|identification-unwritten|判定不能||inquiries_1.csv|2026-11-19",
			"Y-11(1)ウ|U-3|2026-11-18|not-identified|要確認||inquiries_1.csv|2026-11-19",
			"Y-8(3)停止|1001/J-2||stop-unwritten|判定不能|1001|incidents_1.csv|2026-11-19",
			"Y-8(3)連絡|1001/J-2||wrong-party|違反|1001|incidents_1.csv|2026-11-19",
			"Y-9(2)|1001/J-2||step-unwritten|判定不能|1001|incidents_1.csv|2026-11-19",
		}
		equal(t, "findings", p.found(t), first)
		for _, name := range []string{"compliance", "1001"} {
			if _, err := os.Stat(filepath.Join(p.Outbox, name, "conduct_2026-11-19.xlsx")); err != nil {
				t.Error(err)
			}
		}
		if _, err := os.Stat(filepath.Join(p.Outbox, "1002", "conduct_2026-11-19.xlsx")); err == nil {
			t.Error("an insurer without findings got a file of them")
		}
		p.again(t, sampleDays[0])
		p.night(t, sampleDays[1])
		equal(t, "after the record was mended", p.found(t), first[4:])
	})
}

func TestAnInsurersFindingsAreItsOwn(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.put(t, "2026-11-19/1001/incidents_1.csv", table(incidentHeader, "J-1,漏えい,,2026-11-18,2026-11-18,,,代理店,,,保険会社,"))
	p.put(t, "2026-11-19/1002/incidents_1.csv", table(incidentHeader, "J-1,漏えい,,2026-11-18,2026-11-18,,,代理店,,,保険会社,"))
	p.put(t, "2026-11-19/association/incidents_1.csv", table(incidentHeader, "J-1,漏えい,,2026-11-18,2026-11-18,,,協会本部,,,委員会,2026-11-20"))
	p.night(t, sampleDays[0])
	equal(t, "findings", p.found(t), []string{
		"Y-8(2)|1001/J-1|2026-11-18|notice-unwritten|判定不能|1001|incidents_1.csv|2026-11-19",
		"Y-8(2)|1002/J-1|2026-11-18|notice-unwritten|判定不能|1002|incidents_1.csv|2026-11-19",
		"Y-8(4)|association/J-1|2026-11-18|told-late|違反||incidents_1.csv|2026-11-19",
	})
	for reader, want := range map[string]int{"1001": 1, "1002": 1, jobs.SenderCompliance: 3} {
		manifests, err := p.store(t).Manifests(t.Context())
		must(t, err)
		for _, m := range manifests {
			if m.Report == "conduct_findings" && m.Reader == reader {
				equal(t, "findings of "+reader, m.Rows, want)
			}
		}
	}
}

func TestARequestThatWaitsTooLongIsShown(t *testing.T) {
	p := after(t, 3)
	p.night(t, sampleDays[2].AddDays(14))
	var open []string
	for f, err := range p.store(t).Findings(t.Context()) {
		must(t, err)
		if f.RuleID == "Y-11(4)対応" {
			open = append(open, f.Verdict+" "+f.Evidence[len(f.Evidence)-1].Fact)
			if strings.Contains(f.Subject, "DUP") || f.Verdict != pipeline.VerdictReview {
				t.Errorf("finding %+v", *f)
			}
		}
	}
	if len(open) == 0 {
		t.Error("no request of the sample nights is found open after more than five business days")
	}
}
