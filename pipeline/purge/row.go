// Package purge is the life of a purge list: which records stand on it, who must
// approve it, what an execution may delete, and the receipt that proves it.
package purge

import (
	"strconv"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/deadline"
)

// Row returns the row of p on the list as of a day, and whether p is on it at
// all (要領 §10, and §4(5)ア for a deletion on request).
//
// A record is listed from notice_days before its first deletable day, that day
// included. Due and held is PurgeHeld, whatever else: holds win. Otherwise a
// standing decision makes it PurgeDecision from the first day on the list, and
// so does a duplicate hold that ran out on a due record. PurgeDue counts from
// the first deletable day; execution waits grace_days longer. Records that are
// 判定不能 are not listed; they stand in the association's report.
//
// The row holds nothing that changes from night to night while facts and state
// stay, so that equal lists are equal. Files of evidence are named by NameFiles.
func Row(p *pipeline.Person, v deadline.Verdict, asOf pipeline.Date, s *deadline.Settings) (pipeline.PurgeRow, bool) {
	if v.Request != nil {
		return requested(p, v, asOf), true
	}
	if v.Status != deadline.Dated || v.FirstDeletable.Sub(asOf) > s.NoticeDays() {
		return pipeline.PurgeRow{}, false
	}
	due := asOf >= v.FirstDeletable
	standing, ended := holdsOn(v.Holds, asOf)
	row := pipeline.PurgeRow{
		AgentID: p.Agent.ID, Case: v.Case, BaseKind: v.BaseKind, BaseOn: v.BaseOn, Period: v.Period,
		Extensions: v.Extensions, LastDay: v.LastDay, FirstDeletable: v.FirstDeletable,
		State: state(due, len(standing) > 0, len(ended) > 0 || decides(v.Decisions, asOf)),
		Holds: append(standing, ended...), Evidence: v.Evidence,
	}
	row.Reason = v.Reason + endedText(ended) + "削除の実行は " + s.Executable(v.FirstDeletable).String() + " 以降"
	if n := s.GraceDays(); n > 0 {
		row.Reason += "（遅れて届く利用履歴のため" + strconv.Itoa(n) + "日の猶予）"
	}
	row.Reason += "。"
	return row, true
}

// requested is the row of a deletion on request: it has no dates and is due at
// once, but reviewed like any other.
func requested(p *pipeline.Person, v deadline.Verdict, asOf pipeline.Date) pipeline.PurgeRow {
	r := v.Request
	standing, ended := holdsOn(v.Holds, asOf)
	e := pipeline.Evidence{Fact: deadline.BaseRequest, On: r.On, Row: r.Ref.Row}
	if r.Ref != (pipeline.Ref{}) {
		e.Ref = r.Ref.String()
	}
	return pipeline.PurgeRow{
		AgentID: p.Agent.ID, Case: pipeline.CaseRequest, BaseKind: deadline.BaseRequest, BaseOn: r.On,
		State:    state(true, len(standing) > 0, len(ended) > 0),
		Holds:    append(standing, ended...),
		Reason:   "要領§4(5)ア: 本人からの削除の申出（受付番号 " + r.No + "、証明書類: " + r.Proof + "）。" + endedText(ended) + "適用規則: " + v.RuleVersion + "。",
		Evidence: []pipeline.Evidence{e},
	}
}

func state(due, held, decide bool) string {
	switch {
	case due && held:
		return pipeline.PurgeHeld
	case decide:
		return pipeline.PurgeDecision
	case due:
		return pipeline.PurgeDue
	}
	return pipeline.PurgeNotice
}

// holdsOn parts the holds into those that stand on the day and those whose last
// day has passed. A hold that begins later is neither.
func holdsOn(holds []pipeline.Hold, asOf pipeline.Date) (standing, ended []pipeline.Hold) {
	for _, h := range holds {
		switch {
		case h.Since > asOf:
		case h.Until.IsZero() || asOf <= h.Until:
			standing = append(standing, h)
		default:
			ended = append(ended, h)
		}
	}
	return standing, ended
}

func decides(ds []deadline.Decision, asOf pipeline.Date) bool {
	for _, d := range ds {
		if d.Until.IsZero() || asOf <= d.Until {
			return true
		}
	}
	return false
}

func endedText(ended []pipeline.Hold) string {
	var b strings.Builder
	for _, h := range ended {
		b.WriteString(deadline.Decision{Code: deadline.DecisionDuplicate, On: h.Until}.Text())
	}
	return b.String()
}

// Overdue reports whether a row that is still there on asOf should be gone:
// PurgeDue after its first deletable day, and PurgeDecision too once a hold for
// a duplicate candidate ran out, since the duplicate ID is §10's own example of
// No.2. On the first deletable day itself nothing is overdue. A record held or
// waiting for another decision is not counted, nor one on request, which has no
// day.
func Overdue(row *pipeline.PurgeRow, asOf pipeline.Date) bool {
	if row.FirstDeletable.IsZero() || asOf <= row.FirstDeletable {
		return false
	}
	switch row.State {
	case pipeline.PurgeDue:
		return true
	case pipeline.PurgeDecision:
		_, ended := holdsOn(row.Holds, asOf)
		return len(ended) > 0
	}
	return false
}

// NameFiles fills in the file of every evidence from the batch of its Ref. It
// does not touch what the list's hash covers.
func NameFiles(row *pipeline.PurgeRow, nameOf func(batch string) string) {
	named := make([]pipeline.Evidence, len(row.Evidence)) // the verdict's own stay as they are
	copy(named, row.Evidence)
	for i := range named {
		if ref, err := pipeline.ParseRef(named[i].Ref); err == nil {
			named[i].File, named[i].Row = nameOf(ref.Batch), ref.Row
		}
	}
	row.Evidence = named
}
