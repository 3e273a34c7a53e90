package purge

import (
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"meibo/pipeline"
	"meibo/pipeline/deadline"
)

// reused yields rows as the store does: always by the same pointer.
func reused(rows []pipeline.PurgeRow) iter.Seq2[*pipeline.PurgeRow, error] {
	return func(yield func(*pipeline.PurgeRow, error) bool) {
		var r pipeline.PurgeRow
		for _, r = range rows {
			if !yield(&r, nil) {
				return
			}
		}
	}
}

func allChanges(t interface{ Fatal(...any) }, was, is []pipeline.PurgeRow) (out []Change) {
	gone := func(r *pipeline.PurgeRow) (string, error) { return r.AgentID + " went", nil }
	for c, err := range Diff(reused(was), reused(is), gone) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, *c)
	}
	return out
}

func TestDiff(t *testing.T) {
	row := func(id, state, reason string) pipeline.PurgeRow {
		return pipeline.PurgeRow{AgentID: id, State: state, Reason: reason, LastDay: day("2026-11-19")}
	}
	was := []pipeline.PurgeRow{row("T1", "対象", "a"), row("T2", "予告", "a"), row("T3", "予告", "a"), row("T5", "予告", "a")}
	is := []pipeline.PurgeRow{row("T2", "対象", "a"), row("T3", "予告", "b"), row("T4", "要判断", "a"), row("T5", "予告", "a")}
	want := []Change{
		{0, "T1", ChangeGone, "対象", "", "T1 went"},
		{0, "T2", ChangeState, "予告", "対象", "期限（2026-11-19）を過ぎ、対象になりました。"},
		{0, "T3", ChangeFacts, "予告", "予告", "根拠となる資料または適用規則が変わりました。"},
		{0, "T4", ChangeNew, "", "要判断", "期限は 2026-11-19 で、判断が必要です（掲載の理由をご覧ください）。"},
	}
	if diff := cmp.Diff(want, allChanges(t, was, is)); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if got := allChanges(t, is, is); got != nil {
		t.Errorf("a list differs from itself: %v", got)
	}
}

func TestDiffStopsAtAFault(t *testing.T) {
	broken := errors.New("broken")
	rows := []pipeline.PurgeRow{{AgentID: "T1"}}
	fails := func(yield func(*pipeline.PurgeRow, error) bool) { yield(nil, broken) }
	gone := func(*pipeline.PurgeRow) (string, error) { return "", broken }
	for name, seq := range map[string]iter.Seq2[*Change, error]{
		"the earlier list": Diff(fails, reused(rows), gone), "the later list": Diff(reused(rows), fails, gone),
		"why a row is gone": Diff(reused(rows), reused(nil), gone),
	} {
		n, err := 0, error(nil)
		for _, err = range seq {
			n++
		}
		if n != 1 || !errors.Is(err, broken) {
			t.Errorf("%s: %d changes and %v, want only the fault", name, n, err)
		}
	}
}

func TestWhyARowChanged(t *testing.T) {
	base := pipeline.PurgeRow{
		AgentID: "T1", Case: "2", BaseKind: "ID取得日", BaseOn: day("2026-05-19"), LastDay: day("2026-11-19"), State: pipeline.PurgeNotice,
	}
	held := pipeline.Hold{Code: "named", Reason: "苦情の調査"}
	for _, c := range []struct {
		name    string
		was, is func(*pipeline.PurgeRow)
		want    string
	}{
		{"extended", nil, func(r *pipeline.PurgeRow) {
			r.LastDay, r.Extensions = day("2027-05-01"), []pipeline.Extension{{}}
		}, "利用履歴により期限が 2026-11-19 から 2027-05-01 に延びました（要領§10注）。"},
		{"a pass came", nil, func(r *pipeline.PurgeRow) {
			r.Case, r.BaseKind, r.BaseOn, r.LastDay = "1", "登載日", day("2026-11-01"), day("2036-11-01")
		}, "区分が No.2 から No.1 に変わりました。起点が ID取得日 2026-05-19 から 登載日 2026-11-01 に変わりました。期限が 2026-11-19 から 2036-11-01 に変わりました。"},
		{"held when due", nil, func(r *pipeline.PurgeRow) {
			r.State, r.Holds = pipeline.PurgeHeld, []pipeline.Hold{held}
		}, "保留になりました（苦情の調査）。"},
		{"released", func(r *pipeline.PurgeRow) {
			r.State, r.Holds = pipeline.PurgeHeld, []pipeline.Hold{held}
		}, func(r *pipeline.PurgeRow) { r.State = pipeline.PurgeDue }, "保留が解けました（苦情の調査）。"},
		{"a decision on its pair is void", func(r *pipeline.PurgeRow) {
			r.State, r.Holds = pipeline.PurgeHeld, []pipeline.Hold{held, {Code: "duplicate", Since: day("2026-11-01"), Until: day("2027-02-01"), Reason: "重複候補 T2 が未判断（要領§10 No.2）"}}
		}, func(r *pipeline.PurgeRow) {
			r.State, r.Holds = pipeline.PurgeHeld, []pipeline.Hold{held, {Code: "duplicate", Since: day("2026-11-18"), Until: day("2027-02-18"), Reason: "重複候補 T2 の判定が無効（M1 のアクセスが停止されたため）"}}
		}, "引き続き保留で、理由が変わりました（重複候補 T2 の判定が無効（M1 のアクセスが停止されたため））、最終日が 2027-02-01 から 2027-02-18 に変わりました。"},
		{"held by another pair instead", func(r *pipeline.PurgeRow) {
			r.State, r.Holds = pipeline.PurgeHeld, []pipeline.Hold{{Code: "duplicate", Reason: "重複候補 T2 が未判断"}}
		}, func(r *pipeline.PurgeRow) {
			r.State, r.Holds = pipeline.PurgeHeld, []pipeline.Hold{{Code: "duplicate", Reason: "重複候補 T20 が未判断"}}
		}, "保留になりました（重複候補 T20 が未判断）。保留が解けました（重複候補 T2 が未判断）。"},
		{"its release is void", func(r *pipeline.PurgeRow) {
			r.State, r.Holds = pipeline.PurgeHeld, []pipeline.Hold{held}
		}, func(r *pipeline.PurgeRow) {
			r.State, r.Holds = pipeline.PurgeHeld, []pipeline.Hold{{Code: "named", Reason: held.Reason + "（解除は無効）"}}
		}, "引き続き保留で、理由が変わりました（苦情の調査（解除は無効））。"},
		{"held from another day", func(r *pipeline.PurgeRow) {
			r.State, r.Holds = pipeline.PurgeHeld, []pipeline.Hold{{Code: "correction", Since: day("2026-11-01"), Reason: "申出 K1"}}
		}, func(r *pipeline.PurgeRow) {
			r.State, r.Holds = pipeline.PurgeHeld, []pipeline.Hold{{Code: "correction", Since: day("2026-11-02"), Reason: "申出 K1"}}
		}, "引き続き保留で、起算日が 2026-11-01 から 2026-11-02 に変わりました。"},
		{"to be decided", nil, func(r *pipeline.PurgeRow) { r.State = pipeline.PurgeDecision }, "判断が必要になりました（掲載の理由をご覧ください）。"},
		{"decided", func(r *pipeline.PurgeRow) { r.State = pipeline.PurgeDecision }, nil, "判断の必要がなくなりました。"},
		{"due again without a cause", func(r *pipeline.PurgeRow) { r.State = pipeline.PurgeHeld }, func(r *pipeline.PurgeRow) { r.State = pipeline.PurgeDue }, "状態が「保留」から「対象」に変わりました。"},
		{"asked for", nil, func(r *pipeline.PurgeRow) {
			r.Case, r.LastDay, r.State = pipeline.CaseRequest, 0, pipeline.PurgeDue
		}, "区分が No.2 から 申出 に変わりました。"},
	} {
		was, is := base, base
		for _, x := range []struct {
			row  *pipeline.PurgeRow
			with func(*pipeline.PurgeRow)
		}{{&was, c.was}, {&is, c.is}} {
			if x.with != nil {
				x.with(x.row)
			}
		}
		if got := changeOf(&was, &is); got == nil || got.Reason != c.want {
			t.Errorf("%s: %+v, want %s", c.name, got, c.want)
		}
	}
}

func TestWhyARowIsNewOrGone(t *testing.T) {
	row := pipeline.PurgeRow{Case: "2", LastDay: day("2026-11-19"), State: pipeline.PurgeDue, Holds: []pipeline.Hold{{Reason: "強制停止"}}}
	for state, want := range map[string]string{
		pipeline.PurgeNotice: "期限（2026-11-19）が近づいたため、予告として載せました。",
		pipeline.PurgeDue:    "期限（2026-11-19）を過ぎています。",
		pipeline.PurgeHeld:   "期限（2026-11-19）を過ぎていますが、保留中です（強制停止）。",
	} {
		row.State = state
		if got := entered(&row); got != want {
			t.Errorf("%s: %s", state, got)
		}
	}
	asked := row
	asked.Case = pipeline.CaseRequest
	used := row
	used.Extensions = []pipeline.Extension{{}}
	for _, c := range []struct {
		was    *pipeline.PurgeRow
		found  bool
		status string
		want   string
	}{
		{&row, false, "", "登録簿に記録がなくなりました。"},
		{&row, true, deadline.Registered, "登録・届出があるため、管理期間は進みません（要領§10）。"},
		{&row, true, deadline.Undetermined, "判定に必要な日付がなくなったため、判定不能です。"},
		{&row, true, deadline.Dated, "利用履歴により期限が 2026-11-19 から 2027-11-19 に延び、予告の時期ではなくなりました（要領§10注）。"},
		{&used, true, deadline.Dated, "期限が 2026-11-19 から 2027-11-19 に変わり、予告の時期ではなくなりました（要領§10）。"},
		{&asked, true, deadline.Dated, "削除の申出が取り下げられたか、処理済みです。"},
	} {
		if got := GoneText(c.was, c.found, c.status, day("2027-11-19"), 1); got != c.want {
			t.Errorf("%s: %s, want %s", c.status, got, c.want)
		}
	}
	if got := entered(&asked); got != "本人から削除の申出がありました（要領§4(5)ア）。" {
		t.Errorf("申出: %s", got)
	}
}

// Applied to the earlier list, the changes give the later one; and every change
// says why.
func TestDiffLaws(t *testing.T) {
	states := []string{pipeline.PurgeNotice, pipeline.PurgeDue, pipeline.PurgeHeld, pipeline.PurgeDecision}
	list := func(t *rapid.T, label string) (out []pipeline.PurgeRow) {
		for _, id := range []string{"T1", "T2", "T3", "T4"} {
			if rapid.Bool().Draw(t, label+id) {
				out = append(out, pipeline.PurgeRow{AgentID: id, Case: "2", State: rapid.SampledFrom(states).Draw(t, "state"), Reason: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "reason")})
			}
		}
		return out
	}
	rapid.Check(t, func(t *rapid.T) {
		was, is := list(t, "was"), list(t, "is")
		now := map[string]string{}
		for _, r := range was {
			now[r.AgentID] = r.State
		}
		last := ""
		for _, c := range allChanges(t, was, is) {
			if c.Reason == "" || c.AgentID <= last || now[c.AgentID] != c.Was || !slices.Contains(Changes[:], c.Kind) {
				t.Fatalf("change %+v after %s", c, last)
			}
			last = c.AgentID
			if now[c.AgentID] = c.Is; c.Kind == ChangeGone {
				delete(now, c.AgentID)
			}
		}
		want := map[string]string{}
		for _, r := range is {
			want[r.AgentID] = r.State
		}
		if diff := cmp.Diff(want, now); diff != "" {
			t.Fatal(diff)
		}
	})
}
