package purge

import (
	"fmt"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/deadline"
)

// Modes of the purge (rules.md §4, purge.mode).
const (
	ModeApprove   = "approve"   // two people approve before anything is deleted
	ModeAutomatic = "automatic" // 要領 §10 自動的に: what stood published and unheld for review_days is due without a word
)

// Settings say how a list becomes a deletion.
type Settings struct {
	Mode         string
	ReviewDays   int     // mode automatic: days a row stands published before it may go
	ApprovalDays int     // days an approval counts
	UndoDays     int     // days a deletion can be taken back
	MaxCount     int     // more rows than this in one execution are refused
	MaxPercent   float64 // and so is a larger share of the register
}

// States of a row on a plan.
const (
	PlanPlanned = "planned"
	PlanDeleted = "deleted"
	PlanDropped = "dropped"
)

// Codes of why a row left the plan.
const (
	DropNotApproved = "not-approved" // fewer than two people stand behind it
	DropNotDue      = "not-due"      // it is not 対象 on the list
	DropGone        = "gone"         // the register no longer has the record
	DropRegistered  = "registered"   // a registration is open
	DropExtended    = "extended"     // the last day moved
	DropHeld        = "held"         // a hold stands
	DropDecision    = "decision"     // a person must decide
	DropChanged     = "changed"      // facts, provenance or rules changed
	DropGrace       = "grace"        // the days of grace are not over
	DropReview      = "review"       // mode automatic: not published long enough
)

// Candidate is a row of a list with everything that speaks for or against its
// deletion on the day of the execution.
type Candidate struct {
	Row         *pipeline.PurgeRow // as listed, and as approved
	Found       bool               // the register has the record
	Verdict     deadline.Verdict   // from today's facts; only if Found
	Today       *pipeline.PurgeRow // the row as it would be listed today; nil: not listed
	Approvers   []string           // as ApproversOf tells
	PublishedOn pipeline.Date      // since when these facts have stood on a list as 対象
}

// Outcome is what a plan says of one row.
type Outcome struct {
	AgentID string
	State   string // PlanPlanned or PlanDropped
	Code    string // why it was dropped
	Reason  string // the same in Japanese
}

// Plan decides whether a row of a list is deleted in an execution on a day. The
// list's verdict counts for nothing by itself: only a row whose facts of today
// give the very row that was approved, 対象, past its days of grace, is planned
// (rules.md §4.3). A deletion on request (申出) knows neither dates nor grace.
func Plan(c *Candidate, s Settings, r *deadline.Settings, asOf pipeline.Date) Outcome {
	o := Outcome{AgentID: c.Row.AgentID, State: PlanDropped}
	drop := func(code, format string, args ...any) Outcome {
		o.Code, o.Reason = code, fmt.Sprintf(format, args...)
		return o
	}
	if c.Row.State != pipeline.PurgeDue {
		return drop(DropNotDue, "一覧では「%s」のため、削除の対象ではありません。", c.Row.State)
	}
	if !c.Found {
		return drop(DropGone, "すでに登録簿にありません。")
	}
	if code, reason := changed(c, asOf); code != "" {
		return drop(code, "%s", reason)
	}
	if due := r.Executable(c.Row.FirstDeletable); c.Row.Case != pipeline.CaseRequest && asOf < due {
		return drop(DropGrace, "遅れて届く利用履歴のための猶予期間中です。%s 以降に実行できます。", due)
	}
	switch due := c.PublishedOn.AddDays(s.ReviewDays); {
	case s.Mode == ModeAutomatic && (c.PublishedOn.IsZero() || asOf < due):
		return drop(DropReview, "一覧に載せてから%d日を過ぎていません（%s 以降に実行できます）。", s.ReviewDays, due)
	case s.Mode != ModeAutomatic && len(c.Approvers) < Approvers:
		return Unapproved(o.AgentID, len(c.Approvers))
	}
	o.State = PlanPlanned
	return o
}

// Unapproved is what a plan says of a row behind which only so many people stand.
func Unapproved(agentID string, people int) Outcome {
	return Outcome{
		AgentID: agentID, State: PlanDropped, Code: DropNotApproved,
		Reason: fmt.Sprintf("有効な承認が%d人分です。異なる%d人の承認が必要です。", people, Approvers),
	}
}

// changed tells why today's facts no longer give the row that was approved.
func changed(c *Candidate, asOf pipeline.Date) (code, reason string) {
	was, is, v := c.Row, c.Today, &c.Verdict
	request := was.Case == pipeline.CaseRequest
	standing, _ := holdsOn(v.Holds, asOf)
	switch {
	case request && (is == nil || is.Case != pipeline.CaseRequest):
		return DropChanged, "削除の申出が取り下げられたか、処理済みです。"
	case !request && v.Status == deadline.Registered:
		return DropRegistered, "登録・届出があるため、管理期間は進みません（要領§10）。"
	case !request && v.Status != deadline.Dated:
		return DropChanged, "判定に必要な日付がなくなったため、判定不能です。"
	case len(standing) > 0:
		return DropHeld, "保留中です（" + holdReasons(standing) + "）。"
	case !request && v.FirstDeletable > was.FirstDeletable:
		return DropExtended, fmt.Sprintf("管理期間の末日が %s から %s に延びました（要領§10注）。", was.LastDay, v.LastDay)
	case is == nil:
		return DropChanged, "今日の事実では一覧に載りません。"
	case is.State == pipeline.PurgeDecision:
		return DropDecision, "判断が必要になりました（" + is.Reason + "）"
	case is.State != pipeline.PurgeDue || RowHash(is) != RowHash(was):
		return DropChanged, "一覧を作ったあとに事実または規則が変わりました。新しい一覧で改めて承認してください。"
	}
	return "", ""
}

func holdReasons(hs []pipeline.Hold) string {
	out := make([]string, len(hs))
	for i := range hs {
		out[i] = hs[i].Reason
	}
	return strings.Join(out, "、")
}

// TooManyError says that an execution would delete more than it may.
type TooManyError struct {
	Planned, Register int
	Max               int // the smaller of the two limits, in records
}

func (e *TooManyError) Error() string {
	return fmt.Sprintf("%d of %d records would be deleted, at most %d may be (max_purge)", e.Planned, e.Register, e.Max)
}

// CheckSize refuses a plan above max_count records, or above max_percent of the
// register, with a *TooManyError. At least one record may always be deleted:
// a share of a small register would else forbid every deletion.
func CheckSize(planned, register int, s Settings) error {
	most := min(s.MaxCount, max(1, int(float64(register)*s.MaxPercent/100)))
	if planned > most {
		return &TooManyError{Planned: planned, Register: register, Max: most}
	}
	return nil
}
