package jobs_test

import (
	"slices"
	"strings"
	"testing"

	"meibo/pipeline"
)

// faultText is the Japanese text of the fault of a code in the files of a day.
func (p *place) faultText(t testing.TB, d pipeline.Date, code string) (out []string) {
	t.Helper()
	s := p.store(t)
	batches, err := s.BatchesOn(t.Context(), d)
	must(t, err)
	for _, b := range batches {
		for f, err := range s.Faults(t.Context(), b.ID) {
			must(t, err)
			if string(f.Code) == code {
				out = append(out, f.JA)
			}
		}
	}
	slices.Sort(out)
	return out
}

func TestAMismatchIsRefusedAndShownToWhoMayKnow(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.correctable(t)
		p.put(t, "2026-11-20/1001/corrections_1.csv", table(correctionHeader,
			asked("U1", "A1", "訂正", "生年月日", "", "1980-04-02", "1980-04-11", "2026-11-18"),
			asked("U2", "A1", "訂正", "メールアドレス", "", "", "hana2@example.com", "2026-11-18"),
			asked("U3", "A1", "訂正", "旧氏名", "", "見本 花子", "試験 花", "2026-11-18"),
			asked("U4", "A1", "訂正", "廃止年月日", "D9", "", "2026-10-31", "2026-11-18"),
			asked("U5", "A1", "削除", "合格番号", "K10+C-9", "", "", "2026-11-18"),
			asked("U6", "A1", "訂正", "廃止年月日", "D1", "", "2019-10-31", "2026-11-18"),
			asked("U7", "NOBODY", "訂正", "氏名", "", "試験", "見本", "2026-11-18")))
		p.put(t, "2026-11-20/association/corrections_1.csv", table(correctionHeader,
			asked("U8", "A1", "訂正", "性別", "", "男", "女", "2026-11-18")))
		p.night(t, sampleDays[1])
		equal(t, "files", p.ended(t, sampleDays[1]), []string{
			"1001/corrections_1.csv applied 7=0+0-7",
			"  2 value_before correction-mismatch", "  3 value_before correction-mismatch", "  4 value_before correction-mismatch",
			"  5 target correction-target-unknown", "  6 target correction-target-unknown", "  7 value_after correction-impossible",
			"  8 agent_id unknown-agent",
			"association/corrections_1.csv applied 1=1+0-0", "  2 agent_id correction-routed",
		})
		texts := p.faultText(t, sampleDays[1], "correction-mismatch")
		var shown []string
		for _, text := range texts {
			_, value, _ := strings.Cut(text, "登録されている値: ")
			shown = append(shown, value)
		}
		slices.Sort(shown)
		equal(t, "stored values shown", shown, []string{"「1980-04-01」", "「hana@example.com」", "空欄"})
		for _, text := range p.faultText(t, sampleDays[1], "correction-routed") {
			if strings.Contains(text, "女") || strings.Contains(text, "登録されている値") {
				t.Errorf("whoever does not answer for a person is told what is stored: %s", text)
			}
		}
		equal(t, "birth date", valueOf(p.explained(t, "A1", sampleDays[1]), "生年月日"), "1980-04-01 ← association/agents_20261119.csv:2")
		equal(t, "history", p.history(t, "A1"), []string{
			"A1 U1 生年月日 1 却下 1001 correction-mismatch", "A1 U2 メールアドレス 1 却下 1001 correction-mismatch",
			"A1 U3 旧氏名 1 却下 1001 correction-mismatch", "A1 U4 廃止年月日 D9 1 却下 1001 correction-target-unknown",
			"A1 U5 合格番号 K10+C-9 1 却下 1001 correction-target-unknown", "A1 U6 廃止年月日 D1 1 却下 1001 correction-impossible",
			"A1 U8 性別 1 回送 association",
		})
		before := p.state(t).without(journal...)
		p.put(t, "2026-11-20/1001/corrections_1.csv", table(correctionHeader, // the same bytes: some rows were rejected
			asked("U1", "A1", "訂正", "生年月日", "", "1980-04-02", "1980-04-11", "2026-11-18"),
			asked("U2", "A1", "訂正", "メールアドレス", "", "", "hana2@example.com", "2026-11-18"),
			asked("U3", "A1", "訂正", "旧氏名", "", "見本 花子", "試験 花", "2026-11-18"),
			asked("U4", "A1", "訂正", "廃止年月日", "D9", "", "2026-10-31", "2026-11-18"),
			asked("U5", "A1", "削除", "合格番号", "K10+C-9", "", "", "2026-11-18"),
			asked("U6", "A1", "訂正", "廃止年月日", "D1", "", "2019-10-31", "2026-11-18"),
			asked("U7", "NOBODY", "訂正", "氏名", "", "試験", "見本", "2026-11-18")))
		p.night(t, sampleDays[1])
		same(t, "the same file again", p.state(t).without(journal...), before)
	})
}

func TestADeletionOfTheWholeRecordGoesByThePurgeList(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.correctable(t)
		equal(t, "before", p.purgeOf(t, "A3"), "")
		p.put(t, "2026-11-20/association/corrections_1.xlsx", workbook(t, correctionHeader,
			asked("U1", "A3", "削除", "", "", "", "", "R8.11.18"), asked("U2", "A2", "削除", "", "", "", "", "2026-11-20")))
		p.put(t, "2026-11-20/1001/corrections_1.csv", table(correctionHeader, asked("U3", "A2", "訂正", "性別", "", "女", "男", "2026-11-18")))
		p.night(t, sampleDays[1])
		equal(t, "asked for", p.purgeOf(t, "A3"), "申出 申出日 2026-11-18 対象 [] ")
		equal(t, "asked for, with a correction that is open", p.purgeOf(t, "A2"), "申出 申出日 2026-11-20 保留 [correction] ")
		e := p.explained(t, "A3", sampleDays[1])
		if e.Purge == nil || e.Purge.Case != pipeline.CaseRequest || e.Corrections[0].Clause != "要領§4(5)ア" {
			t.Errorf("explained as %+v, %+v", e.Purge, e.Corrections)
		}
		p.again(t, sampleDays[1])
	})
}

func TestOlderFilesLeaveWhatWasCorrectedAndNewerOnesReplaceIt(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.correctable(t)
		p.put(t, "2026-11-20/1001/corrections_20261120.csv", table(correctionHeader,
			asked("U1", "A1", "訂正", "生年月日", "", "1980-04-01", "1980-04-11", "2026-11-20"),
			asked("U1", "A1", "訂正", "ID取得日", "", "2018-04-01", "2018-04-02", "2026-11-20"),
			asked("U1", "A1", "訂正", "合格判定日", "K10+C-1", "2024-05-10", "2024-05-09", "2026-11-20"),
			asked("U1", "A1", "訂正", "登載日", "K10+C-1", "2024-05-15", "2024-05-14", "2026-11-20"),
			asked("U1", "A1", "訂正", "商品資格", "D1", "自動車", "自動車 火災", "2026-11-20"),
			asked("U1", "A1", "訂正", "登録事由発生年月日", "D1", "2020-04-01", "2020-04-02", "2026-11-20")))
		p.night(t, sampleDays[1])
		pass := "A1,試験 花子,1980-04-11,K10,合格,2024-05-10,,C-1,2024-05-15"
		end := "" // sets bytes apart that would be duplicates
		send := func(folder, mark string) {
			p.put(t, folder+"/association/agents_"+mark+".csv", table(agentHeader, "A1,試験 花子,,,1980-04-01,,new@example.com,2018-04-01,")+end)
			p.put(t, folder+"/exam-center/exam-results_"+mark+".csv", table(examHeader, pass)+end)
			p.put(t, folder+"/1001/registrations_"+mark+".csv", table(registrationHeader,
				registered("1001", "1002", "D1", "A1", "登録", "2020-04-01", ""))+end)
		}
		send("2026-11-21", "20261119_again")
		p.night(t, sampleDays[2])
		equal(t, "older files", p.ended(t, sampleDays[2]), []string{
			"1001/registrations_20261119_again.csv applied 1=0+1-0", "  2 event_on corrected-value", "  2 lines corrected-value",
			"association/agents_20261119_again.csv applied 1=1+0-0", "  2 born_on corrected-value", "  2 id_acquired_on corrected-value",
			"exam-center/exam-results_20261119_again.csv applied 1=0+1-0", "  2 judged_on corrected-value", "  2 posted_on corrected-value",
		})
		corrected := func(what string) {
			t.Helper()
			e := p.explained(t, "A1", sampleDays[2])
			equal(t, what, []string{valueOf(e, "生年月日"), valueOf(e, "ID取得日")}, []string{
				"1980-04-11 ← 1001/corrections_20261120.csv:2", "2018-04-02 ← 1001/corrections_20261120.csv:3",
			})
			equal(t, what, p.passesOf(t, "A1")[0], "K10+C-1 2024-05-09 2024-05-14 ")
			equal(t, what, p.registrationsOf(t, "A1")[0], "D1 2020-04-02.. 自動車 火災")
		}
		corrected("older files")
		p.again(t, sampleDays[2])

		later := sampleDays[2].AddDays(1)
		end = "\n"
		send(later.String(), "20261122")
		p.night(t, later)
		equal(t, "newer files", p.ended(t, later), []string{
			"1001/registrations_20261122.csv applied 1=1+0-0", "  2 event_on corrected-value-replaced", "  2 lines corrected-value-replaced",
			"association/agents_20261122.csv applied 1=0+0-1", "  2 id_acquired_on id-acquired-differs",
			"exam-center/exam-results_20261122.csv applied 1=1+0-0", "  2 judged_on corrected-value-replaced", "  2 posted_on posted-kept",
		})
		equal(t, "passes", p.passesOf(t, "A1")[0], "K10+C-1 2024-05-10 2024-05-14 ")
		equal(t, "registrations", p.registrationsOf(t, "A1")[0], "D1 2020-04-01.. 自動車")
		p.put(t, later.String()+"/association/agents_20261122_2.csv", table(agentHeader, "A1,試験 花子,,,1980-04-01,,,,"))
		p.night(t, later)
		equal(t, "birth date", valueOf(p.explained(t, "A1", later), "生年月日"), "1980-04-01 ← association/agents_20261122_2.csv:2")
		equal(t, "history", p.history(t, "A1"), []string{
			"A1 U1 ID取得日 1 適用 1001", "A1 U1 合格判定日 K10+C-1 1 適用 1001", "A1 U1 合格判定日 K10+C-1 2 更新 1001",
			"A1 U1 商品資格 D1 1 適用 1001", "A1 U1 商品資格 D1 2 更新 1001", "A1 U1 生年月日 1 適用 1001", "A1 U1 生年月日 2 更新 1001",
			"A1 U1 登載日 K10+C-1 1 適用 1001", "A1 U1 登録事由発生年月日 D1 1 適用 1001", "A1 U1 登録事由発生年月日 D1 2 更新 1001",
		})
		p.again(t, later)
	})
}

func TestWhatWasDeletedOnRequestComesBackByNoOlderFile(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.correctable(t)
		p.put(t, "2026-11-20/1001/corrections_1.csv", table(correctionHeader,
			asked("U1", "A1", "削除", "合格番号", "K11+C-2", "C-2", "", "2026-11-20"),
			asked("U2", "A1", "訂正", "合格番号", "K10+C-1", "C-1", "C-10", "2026-11-20"),
			asked("U3", "A4", "削除", "代理店登録番号", "D1", "", "", "2026-11-20")))
		p.night(t, sampleDays[1])
		equal(t, "files", p.ended(t, sampleDays[1]), []string{"1001/corrections_1.csv applied 3=3+0-0"})
		gone := []string{
			"K10+C-1 2024-05-10 2024-05-15 2026-11-20", "K10+C-10 2024-05-10 2024-05-15 ", "K11+C-2 2024-05-10 2024-05-15 2026-11-20",
		}
		equal(t, "passes", p.passesOf(t, "A1"), gone)
		equal(t, "registrations", p.registrationsOf(t, "A4"), []string{"D1 2020-04-01..2024-03-31 自動車"})

		end := "" // sets bytes apart that would be duplicates
		resend := func(folder, mark string) {
			p.put(t, folder+"/exam-center/exam-results_"+mark+".csv", table(examHeader,
				"A1,試験 花子,1980-04-01,K10,合格,2024-05-10,,C-1,2024-05-15", "A1,試験 花子,1980-04-01,K11,合格,2024-05-10,,C-2,2024-05-15")+end)
			p.put(t, folder+"/1001/registrations_"+mark+".csv", table(registrationHeader,
				registered("1001", "", "D1", "A4", "登録", "2025-04-01", ""), registered("1001", "", "D1", "A4", "変更", "2026-10-01", ""))+end)
		}
		resend("2026-11-21", "2026-11-19_again")
		p.night(t, sampleDays[2])
		equal(t, "older files", p.ended(t, sampleDays[2]), []string{
			"1001/registrations_2026-11-19_again.csv applied 2=1+1-0", "  2 event corrected-value", "  3 event corrected-value",
			"exam-center/exam-results_2026-11-19_again.csv applied 2=0+2-0", "  2 certificate_no corrected-value", "  3 certificate_no corrected-value",
		})
		equal(t, "passes", p.passesOf(t, "A1"), gone)
		equal(t, "registrations", p.registrationsOf(t, "A4"), []string{"D1 2020-04-01..2024-03-31 自動車"})
		p.again(t, sampleDays[2])

		later := sampleDays[2].AddDays(1)
		end = "\n"
		resend(later.String(), "20261122")
		p.night(t, later)
		equal(t, "newer files", p.ended(t, later), []string{
			"1001/registrations_20261122.csv applied 2=2+0-0", "  2 event corrected-value-replaced", "  3 event corrected-value-replaced",
			"exam-center/exam-results_20261122.csv applied 2=2+0-0",
			"  2 certificate_no corrected-value-replaced", "  2 result qualification-reinstated",
			"  3 certificate_no corrected-value-replaced", "  3 result qualification-reinstated",
		})
		equal(t, "registrations", p.registrationsOf(t, "A4"), []string{"D1 2020-04-01..2024-03-31 自動車", "D1 2025-04-01.. 自動車"})
		p.again(t, later)
	})
}

func TestCorrectionsOfOneFileBuildOnEachOther(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.correctable(t)
		p.put(t, "2026-11-20/1001/corrections_1.csv", table(correctionHeader,
			asked("U2", "A1", "訂正", "性別", "", "男", "女", "2026-11-18"), // not yet: the next row makes it so
			asked("U1", "A1", "訂正", "性別", "", "女", "男", "2026-11-18"),
			asked("U1", "A1", "訂正", "性別", "", "女", "男", "2026-11-18"),
			asked("U3", "A1", "訂正", "性別", "", "男", "女", "2026-11-19"),
			asked("U4", "A1", "訂正", "廃止年月日", "D1", "", "2026-12-31", "2026-11-18"),
			asked("U5", "A1", "訂正", "廃止年月日", "D1", "2026-12-31", "", "2026-11-19")))
		p.night(t, sampleDays[1])
		equal(t, "files", p.ended(t, sampleDays[1]), []string{"1001/corrections_1.csv applied 6=4+1-1", "  2 value_before correction-mismatch"})
		equal(t, "sex", valueOf(p.explained(t, "A1", sampleDays[1]), "性別"), "女 ← 1001/corrections_1.csv:5")
		equal(t, "registrations", p.registrationsOf(t, "A1")[0], "D1 2020-04-01.. 自動車")
		equal(t, "history", p.history(t, "A1"), []string{
			"A1 U1 性別 1 適用 1001", "A1 U1 性別 2 更新 1001", "A1 U2 性別 1 却下 1001 correction-mismatch", "A1 U3 性別 1 適用 1001",
			"A1 U4 廃止年月日 D1 1 適用 1001", "A1 U4 廃止年月日 D1 2 更新 1001", "A1 U5 廃止年月日 D1 1 適用 1001",
		})
		p.again(t, sampleDays[1])
	})
}
