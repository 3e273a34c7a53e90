package jobs_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline/report"
)

// A new list says what is different from the one before, and why: in the
// workbook, on the page of the night and beside purge show. Written again, on
// the same night or a later one, it has the same bytes.
func TestAListSaysWhatChangedSinceTheLast(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 2)
		first := tree(t, p.Outbox)
		if x := p.textsOf(t, p.Outbox+"/compliance/purge-list_1.xlsx"); !strings.Contains(x, "最初のリストです") {
			t.Error("the first list does not say that it is the first")
		}
		p.approve(t, 1, "S1", "S2")
		p.with(t, func(h *jobs.House) {
			_, err := h.Hold(t.Context(), jobs.HoldOrder{AgentID: "DUE00002", Reason: "苦情の調査", By: "S3"})
			must(t, err)
		})
		p.execute(t, 1)
		p.put(t, "2026-11-20/association/agents_2.csv", table(agentHeader, "NEW1,新規 四郎,,,1981-04-01,,,2026-06-01,"))
		p.put(t, "2026-11-20/1001/registrations_2.csv", table(registrationHeader, "1001,,D1,代理店D1,LATER1,後日 花子,1971-01-01,使用人,登録,2026-11-01,,自動車"))
		p.night(t, sampleDays[1])

		var shown jobs.ListShown
		p.with(t, func(h *jobs.House) {
			var err error
			shown, err = h.ShowList(t.Context(), 2)
			must(t, err)
		})
		var got []string
		for _, c := range shown.Changes {
			got = append(got, fmt.Sprintf("%s %s %s→%s %s", c.Kind, c.AgentID, c.Was, c.Is, c.Reason))
		}
		equal(t, "changes", got, []string{
			"state DUE00002 対象→保留 保留になりました（苦情の調査）。",
			"gone LATER1 予告→ 登録・届出があるため、管理期間は進みません（要領§10）。",
			"new NEW1 →予告 期限（2026-12-01）が近づいたため、予告として載せました。",
		})
		equal(t, "in between", shown.Done, []jobs.ReceiptText{{No: "R-000001", Kind: "削除", ListNo: 1, Persons: 1}})

		second := tree(t, p.Outbox)
		texts := p.textsOf(t, p.Outbox+"/compliance/purge-list_2.xlsx")
		for _, want := range []string{
			"第1号との違い　追加 1・状態変更 1・内容変更 0・除外 1", "この間に第1号を実行し、1人を削除しました（基準日 2026-11-19、証明書 R-000001）。",
			"登録・届出があるため、管理期間は進みません（要領§10）。",
		} {
			if !strings.Contains(texts, want) {
				t.Errorf("the workbook does not hold %q", want)
			}
		}
		var page report.Night
		must(t, json.Unmarshal([]byte(second["association/nightly_2026-11-20.json"]), &page))
		equal(t, "on the page", page.Purge.Changes, report.PurgeChanges{New: 1, State: 1, Gone: 1})
		equal(t, "deleted since the night before", page.Purge.Deleted, 1)

		p.night(t, sampleDays[1]) // done again
		p.night(t, sampleDays[2]) // nothing new
		third := tree(t, p.Outbox)
		for _, name := range []string{"compliance/purge-list_1.xlsx", "compliance/purge-list_2.xlsx", "association/nightly_2026-11-20.json"} {
			if before := max(first[name], second[name]); third[name] != before {
				t.Errorf("%s was written with other bytes", name)
			}
		}
		must(t, json.Unmarshal([]byte(third["association/nightly_2026-11-21.json"]), &page))
		if page.Purge.ListNo == 2 {
			equal(t, "changes of the same list", page.Purge.Changes, report.PurgeChanges{})
		}
	})
}
