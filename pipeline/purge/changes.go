package purge

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/deadline"
)

// Kinds of change from one list to the next.
const (
	ChangeNew   = "new"
	ChangeGone  = "gone"
	ChangeState = "state" // another state; facts may have changed too
	ChangeFacts = "facts" // the same state on other facts
)

// Changes are the kinds in the order in which people read them.
var Changes = [...]string{ChangeNew, ChangeState, ChangeFacts, ChangeGone}

// Change is one difference of a list to the one before.
type Change struct {
	ListNo  int // of the later list
	AgentID string
	Kind    string
	Was, Is string // states; empty where the row is not on that list
	Reason  string // in Japanese
}

// Diff yields what changed from one list to the next, by ID. Both come in order
// of ID, and neither is held in memory. gone tells why a row of the earlier list
// is on the later one no more.
func Diff(was, is iter.Seq2[*pipeline.PurgeRow, error], gone func(*pipeline.PurgeRow) (string, error)) iter.Seq2[*Change, error] {
	return func(yield func(*Change, error) bool) {
		left, stopLeft := iter.Pull2(was)
		defer stopLeft()
		right, stopRight := iter.Pull2(is)
		defer stopRight()
		a, errA, moreA := left()
		b, errB, moreB := right()
		for moreA || moreB {
			var c *Change
			err := errA
			if err == nil {
				err = errB
			}
			before := err == nil && moreA && (!moreB || a.AgentID < b.AgentID)
			after := err == nil && moreB && (!moreA || b.AgentID < a.AgentID)
			switch {
			case err != nil:
			case before:
				c = &Change{AgentID: a.AgentID, Kind: ChangeGone, Was: a.State}
				c.Reason, err = gone(a)
			case after:
				c = &Change{AgentID: b.AgentID, Kind: ChangeNew, Is: b.State, Reason: entered(b)}
			default:
				c = changeOf(a, b)
			}
			if (c != nil || err != nil) && !yield(c, err) || err != nil {
				return
			}
			if !after {
				a, errA, moreA = left()
			}
			if !before {
				b, errB, moreB = right()
			}
		}
	}
}

// changeOf compares a person's rows on two lists; nil: they are the same.
func changeOf(was, is *pipeline.PurgeRow) *Change {
	c := &Change{AgentID: is.AgentID, Kind: ChangeFacts, Was: was.State, Is: is.State}
	switch {
	case was.State != is.State:
		c.Kind = ChangeState
	case RowHash(was) == RowHash(is):
		return nil
	}
	c.Reason = strings.Join(differences(was, is), "。") + "。"
	return c
}

// entered tells why a row is new on a list.
func entered(r *pipeline.PurgeRow) string {
	switch {
	case r.Case == pipeline.CaseRequest:
		return "本人から削除の申出がありました（要領§4(5)ア）。"
	case r.State == pipeline.PurgeNotice:
		return fmt.Sprintf("期限（%s）が近づいたため、予告として載せました。", r.LastDay)
	case r.State == pipeline.PurgeHeld:
		return fmt.Sprintf("期限（%s）を過ぎていますが、保留中です（%s）。", r.LastDay, holdReasons(r.Holds))
	case r.State == pipeline.PurgeDecision:
		return fmt.Sprintf("期限は %s で、判断が必要です（掲載の理由をご覧ください）。", r.LastDay)
	}
	return fmt.Sprintf("期限（%s）を過ぎています。", r.LastDay)
}

// differences are what is different between a person's rows, each in a few words.
func differences(was, is *pipeline.PurgeRow) (out []string) {
	say := func(differ bool, format string, args ...any) {
		if differ {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	say(was.Case != is.Case, "区分が %s から %s に変わりました", caseText(was.Case), caseText(is.Case))
	say(was.BaseKind != is.BaseKind || was.BaseOn != is.BaseOn, "起点が %s %s から %s %s に変わりました", was.BaseKind, was.BaseOn, is.BaseKind, is.BaseOn)
	moved := was.LastDay != is.LastDay && is.Case != pipeline.CaseRequest
	extended := moved && len(is.Extensions) > len(was.Extensions)
	say(extended, "利用履歴により期限が %s から %s に延びました（要領§10注）", was.LastDay, is.LastDay)
	say(moved && !extended, "期限が %s から %s に変わりました", dayText(was.LastDay), dayText(is.LastDay))
	out = append(out, holdChanges(was.Holds, is.Holds)...)
	turned := was.State != is.State
	say(turned && is.State == pipeline.PurgeDecision, "判断が必要になりました（掲載の理由をご覧ください）")
	say(turned && was.State == pipeline.PurgeDecision, "判断の必要がなくなりました")
	say(was.State == pipeline.PurgeNotice && is.State == pipeline.PurgeDue && !is.LastDay.IsZero(), "期限（%s）を過ぎ、対象になりました", is.LastDay)
	switch {
	case len(out) > 0:
	case turned:
		say(true, "状態が「%s」から「%s」に変わりました", was.State, is.State)
	default:
		say(true, "根拠となる資料または適用規則が変わりました")
	}
	return out
}

// holdChanges tells which holds came, went, or stand for the same cause otherwise.
func holdChanges(was, is []pipeline.Hold) (out []string) {
	gone := added(is, was)
	for _, h := range added(was, is) {
		i := slices.IndexFunc(gone, func(g pipeline.Hold) bool { return deadline.SameHold(g, h) })
		if i < 0 {
			out = append(out, "保留になりました（"+h.Reason+"）")
			continue
		}
		out = append(out, heldOtherwise(gone[i], h))
		gone = slices.Delete(gone, i, i+1)
	}
	for _, h := range gone {
		out = append(out, "保留が解けました（"+h.Reason+"）")
	}
	return out
}

// heldOtherwise tells what is different in a hold that stands for the same cause.
func heldOtherwise(was, is pipeline.Hold) string {
	var what []string
	if was.Reason != is.Reason {
		what = append(what, "理由が変わりました（"+is.Reason+"）")
	}
	if was.Until != is.Until {
		what = append(what, fmt.Sprintf("最終日が %s から %s に変わりました", dayText(was.Until), dayText(is.Until)))
	}
	if len(what) == 0 {
		what = append(what, fmt.Sprintf("起算日が %s から %s に変わりました", dayText(was.Since), dayText(is.Since)))
	}
	return "引き続き保留で、" + strings.Join(what, "、")
}

// added are the holds that only the later row has.
func added(was, is []pipeline.Hold) []pipeline.Hold {
	return slices.DeleteFunc(slices.Clone(is), func(h pipeline.Hold) bool { return slices.Contains(was, h) })
}

func caseText(c string) string {
	if c == pipeline.CaseRequest {
		return c
	}
	return "No." + c
}

func dayText(d pipeline.Date) string {
	if d.IsZero() {
		return "なし"
	}
	return d.String()
}

// GoneText tells why a row is no longer listed, by the verdict of today: its
// status, last day and number of extensions; found is false for a record that is
// not on file.
func GoneText(was *pipeline.PurgeRow, found bool, status string, lastDay pipeline.Date, extensions int) string {
	switch {
	case !found:
		return "登録簿に記録がなくなりました。"
	case was.Case == pipeline.CaseRequest:
		return "削除の申出が取り下げられたか、処理済みです。"
	case status == deadline.Registered:
		return "登録・届出があるため、管理期間は進みません（要領§10）。"
	case status != deadline.Dated:
		return "判定に必要な日付がなくなったため、判定不能です。"
	case extensions > len(was.Extensions):
		return fmt.Sprintf("利用履歴により期限が %s から %s に延び、予告の時期ではなくなりました（要領§10注）。", was.LastDay, lastDay)
	}
	return fmt.Sprintf("期限が %s から %s に変わり、予告の時期ではなくなりました（要領§10）。", dayText(was.LastDay), dayText(lastDay))
}
