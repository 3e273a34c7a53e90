package jobs_test

import (
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline/access"
	"meibo/pipeline/identity"
	"meibo/pipeline/purge"
)

func (p *place) stop(t testing.TB, who, by string) {
	t.Helper()
	p.with(t, func(h *jobs.House) {
		_, err := h.StopAccount(t.Context(), who, by, "目的外利用の疑い", sampleDays[0])
		must(t, err)
	})
}

// leftAlone are the rows that an execution left alone, by ID.
func leftAlone(e jobs.Executed) map[string]string {
	out := map[string]string{}
	for _, d := range e.Dropped {
		out[d.AgentID] = d.Code + " " + d.Reason
	}
	return out
}

// 要領§8(3): from the stop on nothing that the account said opens a deletion.
func TestAnApprovalCountsOnlyWhileItsAccountMayAct(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 2)
		p.approve(t, 1, "S1", "S2")
		equal(t, "approved by two", p.listState(t, 1), purge.ListApproved)
		p.stop(t, "S2", "S1")
		equal(t, "the list, at once", p.listState(t, 1), purge.ListFirst)
		p.with(t, func(h *jobs.House) {
			_, err := h.ExecutePurge(t.Context(), 1, 0)
			wrong(t, "one of two was stopped", err, "異なる2人の有効な承認が必要")
			list, err := h.ShowList(t.Context(), 1)
			must(t, err)
			equal(t, "what is shown", list.Approvals, []jobs.ApprovalText{
				{By: "S1", ExpiresOn: list.Whole[0].ExpiresOn}, {By: "S2", ExpiresOn: list.Whole[1].ExpiresOn, Void: true, Why: access.VoidStopped},
			})
		})
		p.approve(t, 1, "S3")
		equal(t, "on file", p.onFile(t)[0], "DUE00001")
		e := p.execute(t, 1)
		equal(t, "approvers", e.Receipt.Approvers, []string{"S1", "S3"})
		equal(t, "deleted", e.Planned, 2)
	})
}

// The same if the stop comes while the list is being executed: between the plan
// and the first deletion the process is killed.
func TestAStopReachesAnExecutionThatHasBegun(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 3)
		p.approve(t, 1, "S1", "S2")
		if !p.meibo(t, []string{"MEIBO_FAILPOINT=purge-start-after:1"}, "purge", "run", "1") {
			t.Fatal("it was never passed")
		}
		p.stop(t, "S2", "S1")
		e := p.execute(t, 1)
		equal(t, "on file", p.onFile(t), []string{"DUE00001", "DUE00002", "DUE00003", "HELD1", "LATER1", "REG1"})
		if e.Receipt == nil || len(e.Receipt.Persons) != 0 {
			t.Errorf("receipt %+v, want one of nobody", e.Receipt)
		}
		p.with(t, func(h *jobs.House) {
			list, err := h.ShowList(t.Context(), 1)
			must(t, err)
			for _, d := range list.Plan {
				equal(t, d.AgentID, d.Code, purge.DropNotApproved)
			}
			equal(t, "left alone", len(list.Plan), 3)
		})
	})
}

func TestAHoldStandsAgainOnceItsReleaserIsStopped(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 2)
		p.with(t, func(h *jobs.House) {
			_, err := h.Hold(t.Context(), jobs.HoldOrder{AgentID: "DUE00001", Reason: "苦情の調査", By: "S1"})
			must(t, err)
			_, err = h.Release(t.Context(), "DUE00001", 0, "S3", "終わった", 0)
			must(t, err)
		})
		p.approve(t, 1, "S1", "S2")
		p.stop(t, "S3", "S1")
		e := p.execute(t, 1)
		if why := leftAlone(e)["DUE00001"]; e.Planned != 1 || !strings.Contains(why, "苦情の調査") || !strings.Contains(why, "S3 のアクセスが停止されたため無効") {
			t.Errorf("deleted %d; DUE00001 stays for %q", e.Planned, why)
		}
		p.night(t, sampleDays[1])
		equal(t, "the next list", p.rowsOf(t, 2)[0].State, "保留")
		p.with(t, func(h *jobs.House) {
			x, err := h.Release(t.Context(), "DUE00001", 0, "S2", "確かに終わった", 0)
			must(t, err)
			equal(t, "released by", x.ReleasedBy, "S2")
			_, err = h.Release(t.Context(), "DUE00001", 0, "S2", "確かに終わった", 0)
			wrong(t, "released twice", err, "解除できる保留がありません")
		})
	})
}

func TestAPairHoldsAgainOnceWhoDecidedIsStopped(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.put(t, "2026-11-19/association/agents_2.csv", table(agentHeader,
			"SAME1,重複 花,チョウフク ハナ,,1980-05-05,女,,2020-01-01,", "SAME2,重複 花,チョウフク ハナ,,1980-05-05,女,,2020-01-01,"))
		p.purgeable(t, 1)
		decide := func(by string) {
			p.with(t, func(h *jobs.House) {
				_, err := h.Decide(t.Context(), jobs.Decision{A: "SAME1", B: "SAME2", Verdict: identity.Different, By: by, Reason: "別の人"})
				must(t, err)
			})
		}
		states := func(no int) (out []string) {
			for _, r := range p.rowsOf(t, no) {
				if strings.HasPrefix(r.AgentID, "SAME") {
					out = append(out, r.State)
				}
			}
			return out
		}
		decide("S3")
		p.night(t, sampleDays[1])
		equal(t, "decided", states(2), []string{"対象", "対象"})
		p.approve(t, 2, "S1", "S2")
		p.stop(t, "S3", "S1")
		e := p.execute(t, 2)
		if why := leftAlone(e); e.Planned != 1 || !strings.HasPrefix(why["SAME1"], purge.DropHeld) || !strings.HasPrefix(why["SAME2"], purge.DropHeld) {
			t.Errorf("deleted %d; what stays: %v", e.Planned, why)
		}
		decide("S2")
		p.night(t, sampleDays[2])
		equal(t, "decided by another", states(3), []string{"対象", "対象"})
	})
}

// purge.approvers: association. One place decides for every way to speak on a
// deletion, and what was said under another setting counts no more.
func TestOnlyTheAssociationDecidesWhereItIsSetSo(t *testing.T) {
	dir := t.TempDir()
	p := newPlace(t, dir, sqliteIn(dir))
	p.put(t, "2026-11-19/association/managers_1.xlsx", workbook(t, managerHeader,
		"一般管理者,1001,M1,,保険 一,,,", "一般管理者,ASSOCIATION,K1,,協会 管,,,"))
	p.put(t, "2026-11-19/association/staff_2.xlsx", workbook(t, staffHeader, "O1,窓口 一,o1@kyokai.example,コンタクトセンター,"))
	p.purgeable(t, 2)
	p.approve(t, 1, "M1", "O1")
	equal(t, "any active account, by default", p.listState(t, 1), purge.ListApproved)

	p.Purge.Approvers = access.DecidersAssociation
	p.with(t, func(h *jobs.House) {
		lists, err := h.PurgeLists(t.Context())
		must(t, err)
		equal(t, "listed", lists[0].State, purge.ListExpired)
		shown, err := h.ShowList(t.Context(), 1)
		must(t, err)
		equal(t, "shown", shown.State, purge.ListExpired)
		for _, a := range shown.Approvals {
			if !a.Void || a.Why != access.VoidOutside {
				t.Errorf("the approval of %s is shown as one that counts", a.By)
			}
		}
	})
	p.with(t, func(h *jobs.House) {
		const refused = "行えるのは協会の職員と管理者だけです"
		_, err := h.ExecutePurge(t.Context(), 1, 0)
		wrong(t, "approved before the setting", err, "有効な承認が必要")
		_, err = h.Approve(t.Context(), 1, "M1", "", 0)
		wrong(t, "approve", err, refused)
		_, err = h.Approve(t.Context(), 1, "O1", "", 0)
		wrong(t, "approve, by the contact center", err, refused)
		_, err = h.Hold(t.Context(), jobs.HoldOrder{AgentID: "DUE00001", Reason: "調査", By: "M1"})
		wrong(t, "hold", err, refused)
		_, err = h.Release(t.Context(), "HELD1", 0, "M1", "調査", 0)
		wrong(t, "release", err, refused)
		_, err = h.UndoPurge(t.Context(), 1, []string{"S1", "M1"}, "誤り", 0)
		wrong(t, "undo", err, refused)
		err = h.Readmit(t.Context(), "DUE00001", []string{"S1", "M1"}, "誤り")
		wrong(t, "readmit", err, refused)
		_, err = h.Replay(t.Context(), "M1")
		wrong(t, "replay", err, refused)
	})
	p.put(t, "2026-11-20/compliance/reviews_1.csv", table("募集人ID A,募集人ID B,リスト番号,募集人ID,判定,理由,審査者",
		",,1,DUE00001,承認,確認した,M1", ",,1,DUE00002,承認,確認した,K1"))
	p.night(t, sampleDays[1])
	equal(t, "reviews", p.ended(t, sampleDays[1]), []string{
		"compliance/reviews_1.csv applied 2=1+0-1", "  2 reviewer reviewer-may-not",
	})
	p.approve(t, 1, "K1", "S1")
	if e := p.execute(t, 1); e.Planned != 2 {
		t.Errorf("%d deleted, want 2", e.Planned)
	}
}

// A narrower circle voids what others said for a deletion, and nothing that they
// said against one; in execution, nightly list and explanation alike.
func TestANarrowerCircleVoidsReleasesAndDecisionsOfOthers(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.put(t, "2026-11-19/association/managers_1.xlsx", workbook(t, managerHeader, "一般管理者,1001,M1,,保険 一,,,"))
		p.put(t, "2026-11-19/association/agents_2.csv", table(agentHeader,
			"SAME1,重複 花,チョウフク ハナ,,1980-05-05,女,,2020-01-01,", "SAME2,重複 花,チョウフク ハナ,,1980-05-05,女,,2020-01-01,"))
		p.purgeable(t, 3)
		p.with(t, func(h *jobs.House) {
			hold := func(id, by string) {
				_, err := h.Hold(t.Context(), jobs.HoldOrder{AgentID: id, Reason: "苦情の調査", By: by})
				must(t, err)
			}
			hold("DUE00001", "S1")
			hold("DUE00002", "M1@1001")
			_, err := h.Release(t.Context(), "DUE00001", 0, "M1@1001", "終わった", 0)
			must(t, err)
		})
		decide := func(by string, frees bool, repeats int) {
			p.with(t, func(h *jobs.House) {
				v, err := h.Decide(t.Context(), jobs.Decision{A: "SAME1", B: "SAME2", Verdict: identity.Different, By: by, Reason: "別の人"})
				must(t, err)
				equal(t, "frees nobody", v.FreesNot, !frees)
				equal(t, "repeats", v.Repeats, repeats)
			})
		}
		decide("M1@1001", true, 0)
		decide("S1", true, 1)
		decide("M1@1001", true, 2)
		p.night(t, sampleDays[1])
		states := func(no int) (out []string) {
			for _, r := range p.rowsOf(t, no) {
				if strings.HasPrefix(r.AgentID, "DUE") || strings.HasPrefix(r.AgentID, "SAME") {
					out = append(out, r.AgentID+" "+r.State)
				}
			}
			return out
		}
		equal(t, "while anybody decides", states(2), []string{"DUE00001 対象", "DUE00002 保留", "DUE00003 対象", "SAME1 対象", "SAME2 対象"})
		p.approve(t, 2, "S1", "S2")

		p.Purge.Approvers = access.DecidersAssociation
		e := p.execute(t, 2)
		why := leftAlone(e)
		if e.Planned != 1 || !strings.Contains(why["DUE00001"], "設定 purge.approvers") || !strings.HasPrefix(why["SAME1"], purge.DropHeld) || !strings.HasPrefix(why["SAME2"], purge.DropHeld) {
			t.Errorf("deleted %d; what stays: %v", e.Planned, why)
		}
		decide("M1@1001", false, 0)
		p.night(t, sampleDays[2])
		last, _, err := p.store(t).LastPurgeList(t.Context())
		must(t, err)
		equal(t, "the next list", states(last.No), []string{"DUE00001 保留", "DUE00002 保留", "SAME1 保留", "SAME2 保留"})
		if x := p.explained(t, "DUE00001", sampleDays[2]); x.Purge == nil || !strings.Contains(x.Purge.Holds[0].Reason, "設定 purge.approvers") {
			t.Errorf("explained: %+v", x.Purge)
		}
		if x := p.explained(t, "SAME1", sampleDays[2]); x.Purge == nil ||
			!strings.Contains(x.Purge.Holds[0].Reason, "重複候補 SAME2 の判定が無効（別人と判定した M1@1001 が、削除について決められる人（設定 purge.approvers）ではないため") {
			t.Errorf("explained: %+v", x.Purge)
		}
		p.with(t, func(h *jobs.House) {
			_, err := h.Release(t.Context(), "DUE00001", 0, "S2", "確かに終わった", 0)
			must(t, err)
		})
		p.Purge.Approvers = access.DecidersAny
		p.night(t, sampleDays[2].AddDays(1))
		last, _, err = p.store(t).LastPurgeList(t.Context())
		must(t, err)
		equal(t, "once anybody decides again", states(last.No), []string{"DUE00001 対象", "DUE00002 保留", "SAME1 対象", "SAME2 対象"})
	})
}
