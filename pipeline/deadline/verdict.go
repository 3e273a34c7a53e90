package deadline

import (
	"cmp"
	"slices"
	"strings"

	"meibo/pipeline"
)

// Status of a record under 要領 §10; exactly one holds.
const (
	Registered   = "registered"   // a registration is open: no deadline
	Dated        = "dated"        // a last day stands
	Undetermined = "undetermined" // 判定不能: a base day is missing; never deletable
)

// Reasons why a person must decide on a record (the decision list).
const (
	DecisionPassAfterClosing = "廃止後資格" // a pass was posted after the closing
	DecisionLateActivity     = "期限後活動" // an activity after the last day
	DecisionWithdrawn        = "資格取消"  // a 取消 made the record due at once
	DecisionFutureOpening    = "登録予定"  // a registration opens on a day to come
	DecisionDuplicate        = "重複未判断" // the hold for an undecided duplicate ran out
)

// Codes of holds.
const (
	HoldSuspended  = "suspended"  // 強制停止
	HoldCorrection = "correction" // an open correction or deletion request
	HoldDuplicate  = "duplicate"  // an undecided duplicate candidate
	HoldNamed      = "named"      // by compliance
)

// Decision is one reason to put a record before a person.
type Decision struct {
	Code  string        `json:"code"`
	On    pipeline.Date `json:"on"`             // day of the fact behind it
	Until pipeline.Date `json:"until,omitzero"` // last day on which it stands; zero: until decided or until the fact is gone
}

// Row is a verdict as the store keeps it, one for each person. It depends on
// the as-of day through the facts alone (which registrations are open, which
// activities have happened), so that most nights change few rows. The state on
// a purge list is worked out from it, the day and the holds.
type Row struct {
	AgentID        string               `json:"agent_id"`
	Status         string               `json:"status"`              // Registered, Dated or Undetermined
	Case           string               `json:"case,omitempty"`      // Case1 to Case4; empty while registered
	BaseKind       string               `json:"base_kind,omitempty"` // BasePosted, BaseAcquired or BaseClosed
	BaseOn         pipeline.Date        `json:"base_on,omitzero"`
	Period         string               `json:"period,omitempty"` // 10年 or 半年
	Extensions     []pipeline.Extension `json:"extensions,omitempty"`
	LastDay        pipeline.Date        `json:"last_day,omitzero"`
	FirstDeletable pipeline.Date        `json:"first_deletable,omitzero"`
	Decisions      []Decision           `json:"decisions,omitempty"`
	Missing        []string             `json:"missing,omitempty"` // what the source must mend; only when Undetermined
	Reason         string               `json:"reason"`            // Japanese, with clause and rule version
	Evidence       []pipeline.Evidence  `json:"evidence,omitempty"`
	RuleVersion    string               `json:"rule_version"`
}

// Verdict is the decision on one record with everything that stands against
// its deletion. Holds win over everything; a hold with an end stands through
// that day.
type Verdict struct {
	Row
	Holds   []pipeline.Hold `json:"holds,omitempty"`
	Request *Request        `json:"request,omitempty"` // the person asked for the deletion of the whole record
}

// Circumstances are the facts about a record that stand outside it.
type Circumstances struct {
	Corrections []Correction
	Duplicates  []Candidate // undecided, of high weight
	Holds       []NamedHold
	Request     *Request
	// ClusterHoldsPass: another ID of the same confirmed cluster has a
	// qualification on file. Each ID is judged on its own record; the list says so.
	ClusterHoldsPass bool
}

// Correction is an open correction, or an open request to delete one item.
type Correction struct {
	No    string // 受付番号
	Since pipeline.Date
}

// Candidate is another ID that may be the same person.
type Candidate struct {
	Other     string
	FirstSeen pipeline.Date
	Void      string // in Japanese: why a decision that somebody made does not count; empty: nobody decided
}

// text is why a candidate holds.
func (c Candidate) text() string {
	if c.Void != "" {
		return duplicateOf + c.Other + " の判定が無効（" + c.Void + "。別の人の判定が必要。要領§10 No.2 の重複取得にあたる可能性）"
	}
	return duplicateOf + c.Other + " が未判断（要領§10 No.2 の重複取得にあたる可能性）"
}

// duplicateOf begins the reason of a hold by a candidate, whose ID follows.
const duplicateOf = "重複候補 "

// SameHold reports whether two holds, of one record on different days, are for one
// cause, whatever has become of it: a candidate that was undecided and whose decision
// is void now, a named hold whose release is.
func SameHold(a, b pipeline.Hold) bool {
	if a.Code != b.Code || a.By != b.By {
		return false
	}
	if a.Code == HoldDuplicate {
		return candidateIn(a.Reason) == candidateIn(b.Reason)
	}
	return strings.HasPrefix(a.Reason, b.Reason) || strings.HasPrefix(b.Reason, a.Reason)
}

// candidateIn is the ID in the reason of a hold by a candidate.
func candidateIn(reason string) string {
	id, _, _ := strings.Cut(strings.TrimPrefix(reason, duplicateOf), " ")
	return id
}

// NamedHold is a hold by compliance; all of several must be lifted.
type NamedHold struct {
	Reason   string
	By       string
	Since    pipeline.Date
	ReviewBy pipeline.Date // a reminder: the hold stands until it is lifted
}

// Request is a person's request to delete the whole record (要領 §4(5)ア).
type Request struct {
	No    string        `json:"no"` // 受付番号
	On    pipeline.Date `json:"on"`
	Proof string        `json:"proof"` // 証明書類
	Ref   pipeline.Ref  `json:"ref,omitzero"`
}

// Judge decides on p as of a day by the rules s (要領 §10).
//
// Facts count from their day: an activity or the opening of a registration on a
// later day is not yet one. Two readings are on the safe side: a qualification
// counts as on file although its 登載日 lies ahead, and somebody never yet
// registered whose registration opens on a later day is judged by No.1 or No.2
// until then, but never deleted without a person's decision (future_opening).
// A registration of unknown opening has been open for long.
//
// The order of p's slices does not matter.
func Judge(p *pipeline.Person, s *Settings, c Circumstances, asOf pipeline.Date) Verdict {
	j := judgement{p: p, s: s, c: &c, asOf: asOf}
	j.row.AgentID, j.row.RuleVersion = p.Agent.ID, s.Version
	j.registrations()
	switch {
	case j.open != nil:
		j.registered()
	case j.blind != nil:
		j.undetermined(Case4, BaseClosed, evidence("登録・届出", 0, j.blind.From.Of("")))
	default:
		j.dated()
	}
	if c.Request != nil && c.Request.On > asOf {
		c.Request = nil
	}
	return Verdict{Row: j.row, Holds: j.holds(), Request: c.Request}
}

// judgement is one call of Judge.
type judgement struct {
	p    *pipeline.Person
	s    *Settings
	c    *Circumstances
	asOf pipeline.Date
	row  Row

	open   *pipeline.Registration // the one that closes last
	closed *pipeline.Registration // newest closing
	future *pipeline.Registration // first to open after asOf
	blind  *pipeline.Registration // neither opening nor closing is on file

	activities []*pipeline.Activity // those that count, by day
	days       []pipeline.Date      // their days
}

// registrations sorts out what the registrations say on the day.
func (j *judgement) registrations() {
	for i := range j.p.Registrations {
		r := &j.p.Registrations[i]
		switch {
		case r.OpenedOn.IsZero() && r.ClosedOn.IsZero():
			j.blind = least(j.blind, r, func(*pipeline.Registration) pipeline.Date { return 0 })
		case r.OpenedOn > j.asOf:
			j.future = least(j.future, r, func(r *pipeline.Registration) pipeline.Date { return r.OpenedOn })
		case j.s.openOn(r, j.asOf):
			j.open = least(j.open, r, func(r *pipeline.Registration) pipeline.Date {
				if r.ClosedOn.IsZero() {
					return -maxDate - 1
				}
				return -r.ClosedOn
			})
		default:
			j.closed = least(j.closed, r, func(r *pipeline.Registration) pipeline.Date { return -r.ClosedOn })
		}
	}
}

// least keeps the registration with the lower rank, and of equals the one with
// the lower key, so that order does not matter.
func least(a, b *pipeline.Registration, rank func(*pipeline.Registration) pipeline.Date) *pipeline.Registration {
	if a == nil || cmp.Or(cmp.Compare(rank(b), rank(a)), compareKeys(b, a)) < 0 {
		return b
	}
	return a
}

func compareKeys(a, b *pipeline.Registration) int {
	return cmp.Or(
		strings.Compare(a.AgencyNo, b.AgencyNo),
		strings.Compare(a.Role, b.Role),
		cmp.Compare(a.OpenedOn, b.OpenedOn),
	)
}

// openOn is Registration.OpenOn by the version's closing_day_counts.
func (s *Settings) openOn(r *pipeline.Registration, d pipeline.Date) bool {
	return r.OpenOn(d) && (s.closingDayCounts || r.ClosedOn != d)
}

// dated works out case, base and last day of somebody not registered.
func (j *judgement) dated() {
	j.takeActivities()
	posted, known := newestPosted(j.p.Qualifications, j.onFile)
	t := j.term(posted)
	if t.no == Case1 && !known {
		j.undetermined(Case1, BasePosted, evidence("資格情報", 0, posted.From.Of("")))
		return
	}
	if t.base.IsZero() {
		j.undetermined(t.no, t.baseKind)
		return
	}
	r := &j.row
	r.Status, r.Case, r.BaseKind, r.BaseOn = Dated, t.no, t.baseKind, t.base
	r.Period, r.LastDay, r.FirstDeletable = PeriodName(t.months), t.last, t.first
	j.evidence(&t, posted)
	for _, m := range t.moved {
		a := j.activities[m.activity]
		r.Extensions = append(r.Extensions, pipeline.Extension{On: a.On, Kind: a.Kind, LastDay: m.last, Evidence: refText(a.From.Of(""))})
	}
	j.decisions(&t, posted)
	r.Reason = j.reason(&t)
}

// term applies the bare rule with the qualification posted last, if any.
func (j *judgement) term(posted *pipeline.Qualification) term {
	var postedOn, closedOn pipeline.Date
	if posted != nil {
		postedOn = posted.PostedOn
	}
	if j.closed != nil {
		closedOn = j.closed.ClosedOn
	}
	return j.s.term(j.closed != nil, posted != nil, j.p.Agent.IDAcquiredOn, postedOn, closedOn, j.days)
}

func (j *judgement) onFile(q *pipeline.Qualification) bool { return onFile(q, j.asOf) }

// newestPosted returns the qualification on file with the newest 登載日, nil
// without any. known is false when one on file has no 登載日, so that the newest
// is not known.
func newestPosted(qs []pipeline.Qualification, onFile func(*pipeline.Qualification) bool) (newest *pipeline.Qualification, known bool) {
	known = true
	for i := range qs {
		q := &qs[i]
		if !onFile(q) {
			continue
		}
		known = known && !q.PostedOn.IsZero()
		if newest == nil || cmp.Or(cmp.Compare(q.PostedOn, newest.PostedOn),
			strings.Compare(newest.Code, q.Code), strings.Compare(newest.CertificateNo, q.CertificateNo)) > 0 {
			newest = q
		}
	}
	return newest, known
}

// takeActivities picks the activities that count by the day, in order.
func (j *judgement) takeActivities() {
	for i := range j.p.Activities {
		if a := &j.p.Activities[i]; a.On <= j.asOf && j.s.extends(a.Kind) {
			j.activities = append(j.activities, a)
		}
	}
	slices.SortFunc(j.activities, func(a, b *pipeline.Activity) int {
		return cmp.Or(cmp.Compare(a.On, b.On), strings.Compare(a.Kind, b.Kind),
			strings.Compare(a.Actor, b.Actor), strings.Compare(string(a.From), string(b.From)))
	})
	for _, a := range j.activities {
		j.days = append(j.days, a.On)
	}
}

// extends reports whether an activity of this kind is one of 要領 §10注.
func (s *Settings) extends(kind string) bool {
	switch kind {
	case pipeline.ActivityLogin, pipeline.ActivityCheck5, pipeline.ActivityCheck100,
		pipeline.ActivityCheckLarge, pipeline.ActivityInquiry:
		return true
	case pipeline.ActivityBulk:
		return s.bulkInquiryExtends
	}
	return false
}

// decisions collects why a person must decide.
func (j *judgement) decisions(t *term, posted *pipeline.Qualification) {
	s, add := j.s, func(d Decision) { j.row.Decisions = append(j.row.Decisions, d) }
	if s.passAfterClosing && t.no == Case3 && posted.PostedOn > t.base {
		add(Decision{Code: DecisionPassAfterClosing, On: posted.PostedOn})
	}
	if s.lateActivity && t.late < len(j.days) {
		add(Decision{Code: DecisionLateActivity, On: j.days[t.late]})
	}
	if on := j.withdrawnIntoDue(); !on.IsZero() && s.withdrawnGraceDays > 0 {
		add(Decision{Code: DecisionWithdrawn, On: on, Until: addDays(on, s.withdrawnGraceDays)})
	}
	if s.futureOpening && j.future != nil {
		add(Decision{Code: DecisionFutureOpening, On: j.future.OpenedOn})
	}
}

// withdrawnIntoDue returns the newest day on which a 取消 alone made the record
// due at once, or zero: due on that day without what was withdrawn, not with it.
func (j *judgement) withdrawnIntoDue() (on pipeline.Date) {
	qs := j.p.Qualifications
	for i := range qs {
		w := qs[i].WithdrawnOn
		if w.IsZero() || w > j.asOf || w <= on {
			continue
		}
		before, _ := newestPosted(qs, func(q *pipeline.Qualification) bool { return q.WithdrawnOn.IsZero() || q.WithdrawnOn >= w })
		after, _ := newestPosted(qs, func(q *pipeline.Qualification) bool { return q.WithdrawnOn.IsZero() || q.WithdrawnOn > w })
		was, is := j.term(before), j.term(after)
		if !is.base.IsZero() && is.first <= w && (was.base.IsZero() || was.first > w) {
			on = w
		}
	}
	return on
}

// holds collects what stands against deletion, ended duplicate holds included.
func (j *judgement) holds() (holds []pipeline.Hold) {
	if j.p.Agent.Suspended == pipeline.FlagYes {
		holds = append(holds, pipeline.Hold{Code: HoldSuspended, Reason: "強制停止フラグあり（要領§5(1)）"})
	}
	for _, c := range j.c.Corrections {
		holds = append(holds, pipeline.Hold{Code: HoldCorrection, Since: c.Since, Reason: "訂正・削除の申出が処理中（受付番号 " + c.No + "、要領§11(3)(4)）"})
	}
	for _, c := range j.c.Duplicates {
		// The days of the hold count from when the record is due, or else a
		// candidate long undecided would protect nobody.
		until := addDays(max(c.FirstSeen, j.row.FirstDeletable), j.s.duplicateHoldDays)
		holds = append(holds, pipeline.Hold{Code: HoldDuplicate, Since: c.FirstSeen, Until: until, Reason: c.text()})
	}
	for _, h := range j.c.Holds {
		reason := h.Reason
		if !h.ReviewBy.IsZero() {
			reason += "（見直し期限 " + h.ReviewBy.String() + "）"
		}
		holds = append(holds, pipeline.Hold{Code: HoldNamed, Since: h.Since, By: h.By, Reason: reason})
	}
	slices.SortStableFunc(holds, func(a, b pipeline.Hold) int {
		return cmp.Or(strings.Compare(a.Code, b.Code), cmp.Compare(a.Since, b.Since), strings.Compare(a.Reason, b.Reason), strings.Compare(a.By, b.By))
	})
	return holds
}
