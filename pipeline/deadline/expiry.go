package deadline

import (
	"meibo/pipeline"
)

// Sources of a last valid day.
const (
	ExpirySupplied  = "supplied"
	ExpiryComputed  = "computed"
	ExpiryUnlimited = "unlimited"
)

// States of a qualification on a day.
const (
	StateValid     = "有効"   // through the last valid day
	StateRenewal   = "更新時期" // valid, and the renewal window is open
	StateLapsed    = "失効"
	StateUnlimited = "無期限"
)

// Expiry returns the last valid day of q and where it comes from. A supplied
// date or a supplied 無期限 always wins over the rule. The day is zero with
// ExpiryUnlimited; without a rule for the code or a 合格判定日 both are empty.
func (k *Kinds) Expiry(q *pipeline.Qualification) (last pipeline.Date, source string) {
	switch {
	case q.Unlimited:
		return 0, ExpiryUnlimited
	case !q.ExpiresOn.IsZero():
		return q.ExpiresOn, ExpirySupplied
	}
	last, unlimited := k.ByRule(q)
	switch {
	case unlimited:
		return 0, ExpiryUnlimited
	case last.IsZero():
		return 0, ""
	}
	return last, ExpiryComputed
}

// ByRule returns the last valid day that the rule alone gives q, whatever was
// supplied; zero where the rule has none.
func (k *Kinds) ByRule(q *pipeline.Qualification) (last pipeline.Date, unlimited bool) {
	rule := k.rule(q.Code)
	if rule.Unlimited {
		return 0, true
	}
	if rule.Months == 0 || q.JudgedOn.IsZero() {
		return 0, false
	}
	last, _ = Period(q.JudgedOn, rule.Months)
	if rule.MonthEnd {
		last = last.EndOfMonth()
	}
	return last, false
}

// Differs reports whether a supplied validity is not what the rule gives. It is
// worth a warning; the supplied one stands.
func (k *Kinds) Differs(q *pipeline.Qualification) bool {
	if !q.Unlimited && q.ExpiresOn.IsZero() {
		return false
	}
	last, unlimited := k.ByRule(q)
	if !unlimited && last.IsZero() {
		return false // the rule is silent
	}
	return unlimited != q.Unlimited || (!unlimited && last != q.ExpiresOn)
}

// State returns the state of q on day d: the last valid day itself is valid. A
// qualification without a known end has no state and counts as not valid.
func (k *Kinds) State(q *pipeline.Qualification, d pipeline.Date) string {
	last, source := k.Expiry(q)
	switch {
	case source == ExpiryUnlimited:
		return StateUnlimited
	case source == "":
		return ""
	case d > last:
		return StateLapsed
	case last.YearMonth().Sub(d.YearMonth()) <= k.rule(q.Code).RenewalMonths:
		return StateRenewal
	}
	return StateValid
}

// Step returns the step of the expiry report for q on day d, or the empty
// string. It looks at q alone: a pass replaced by a renewal has none (Replaced).
func (k *Kinds) Step(q *pipeline.Qualification, d pipeline.Date) string {
	last, source := k.Expiry(q)
	if source == ExpiryUnlimited || source == "" {
		return ""
	}
	rule := k.rule(q.Code)
	if d > last {
		if until, _ := Period(last, rule.Lapsed.Months); d <= until {
			return rule.Lapsed.Label
		}
		return ""
	}
	m := last.YearMonth().Sub(d.YearMonth())
	for i := range rule.Steps {
		if rule.Steps[i].To <= m && m <= rule.Steps[i].From {
			return rule.Steps[i].Label
		}
	}
	return ""
}

// NextExam returns 次回受験予定年月 as supplied, or else the month in which the
// renewal window opens, marked computed. What never lapses has none.
func (k *Kinds) NextExam(q *pipeline.Qualification) (month pipeline.YearMonth, computed bool) {
	if q.NextExam != 0 {
		return q.NextExam, false
	}
	last, source := k.Expiry(q)
	if source == ExpiryUnlimited || source == "" {
		return 0, false
	}
	return last.YearMonth().AddMonths(-k.rule(q.Code).RenewalMonths), true
}

// Replaced reports whether a newer pass of the same code among all makes q
// irrelevant for states and steps on day d: one judged later, or on the same
// day with a later end. It stays on record.
func (k *Kinds) Replaced(q *pipeline.Qualification, all []pipeline.Qualification, d pipeline.Date) bool {
	for i := range all {
		o := &all[i]
		if o.Code == q.Code && counts(o, d) && k.newer(o, q) {
			return true
		}
	}
	return false
}

func (k *Kinds) newer(a, b *pipeline.Qualification) bool {
	if a.JudgedOn != b.JudgedOn {
		return a.JudgedOn > b.JudgedOn
	}
	if ea, eb := k.end(a), k.end(b); ea != eb {
		return ea > eb
	}
	if a.CertificateNo != b.CertificateNo {
		return a.CertificateNo > b.CertificateNo
	}
	return a.AgentID > b.AgentID // two IDs of one person with the same certificate
}

// end orders validities: none known, then by day, then without end.
func (k *Kinds) end(q *pipeline.Qualification) pipeline.Date {
	last, source := k.Expiry(q)
	if source == ExpiryUnlimited {
		return maxDate + 1
	}
	return last
}

// counts reports whether q is on file on day d and has been passed by then.
func counts(q *pipeline.Qualification, d pipeline.Date) bool {
	return onFile(q, d) && q.JudgedOn <= d
}

// onFile reports whether q counts for 要領 §10 on day d: lapsed ones do,
// withdrawn ones do not.
func onFile(q *pipeline.Qualification, d pipeline.Date) bool {
	return q.WithdrawnOn.IsZero() || q.WithdrawnOn > d
}
