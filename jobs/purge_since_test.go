package jobs_test

import (
	"testing"

	"meibo/jobs"
)

// Who looks at a list sees what a hold that was made, lifted or voided since makes of
// its rows, and not only after the next night.
func TestShowTellsOfHoldsSinceTheList(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.purgeable(t, 3)
	now := func(no int) map[string]jobs.NowText {
		out := map[string]jobs.NowText{}
		p.with(t, func(h *jobs.House) {
			l, err := h.ShowList(t.Context(), no)
			must(t, err)
			for _, x := range l.Entries {
				if x.Now != nil {
					out[x.AgentID] = *x.Now
				}
			}
		})
		return out
	}
	hold := func(id string) {
		p.with(t, func(h *jobs.House) {
			_, err := h.Hold(t.Context(), jobs.HoldOrder{AgentID: id, Reason: "苦情の調査", By: "S1", AsOf: sampleDays[0]})
			must(t, err)
		})
	}
	release := func(id, by string) {
		p.with(t, func(h *jobs.House) {
			_, err := h.Release(t.Context(), id, 0, by, "終わった", 0)
			must(t, err)
		})
	}
	held := jobs.NowText{State: "保留", Note: "一覧の後に保留（苦情の調査）"}
	equal(t, "as listed", now(1), map[string]jobs.NowText{})
	hold("DUE00001")
	hold("DUE00002")
	hold("HELD1") // 強制停止 holds it already
	equal(t, "held", now(1), map[string]jobs.NowText{"DUE00001": held, "DUE00002": held})
	release("DUE00002", "S3")
	equal(t, "one is released", now(1), map[string]jobs.NowText{"DUE00001": held})

	p.night(t, sampleDays[1])
	equal(t, "the next list says it itself", now(2), map[string]jobs.NowText{})
	equal(t, "the first stays as it was", now(1), map[string]jobs.NowText{"DUE00001": held})
	release("DUE00001", "S2")
	equal(t, "released", now(2), map[string]jobs.NowText{"DUE00001": {State: "対象", Note: "一覧の後に保留がなくなり、現在は対象"}})
	p.stop(t, "S3", "S1")
	void := jobs.NowText{State: "保留", Note: "一覧の後に保留（苦情の調査（2026-11-19 の解除は、解除した S3 のアクセスが停止されたため無効。別の人の解除が必要））"}
	equal(t, "a release is void", now(2)["DUE00002"], void)

	p.approve(t, 2, "S1", "S2")
	p.execute(t, 2)
	equal(t, "history", now(2), map[string]jobs.NowText{})
}
