package conduct

import "meibo/pipeline"

// Inquiry is the record of an inquiry and its answer as 要領 §11(1) looks at it.
// A flag that was left empty is unset.
type Inquiry struct {
	No          string // 受付番号
	ReceivedOn  pipeline.Date
	AnsweredOn  pipeline.Date // empty: not answered yet
	Way         string        // 照会方法
	Identified  pipeline.Flag // 本人確認
	CalledBack  pipeline.Flag // 折返し電話
	ByProxy     pipeline.Flag // 代理人
	MandateSeen pipeline.Flag // 委任状確認
	ProxyProved pipeline.Flag // 代理人証明書確認
	Ref         pipeline.Ref
}

// inquiryCheck looks at one demand; an empty reason is 適合.
type inquiryCheck struct {
	rule  string
	codes []string // what find may say
	find  func(q *Inquiry) string
}

func inquiryChecks() []inquiryCheck {
	return []inquiryCheck{
		{"Y-11(1)a", identification(), func(q *Inquiry) string {
			if q.Way == wayPhone || q.Way == wayMeeting { // their own rules ask for it
				return ""
			}
			return identified(q)
		}},
		{"Y-11(1)ア本人", identification(), func(q *Inquiry) string {
			if q.Way != wayPhone {
				return ""
			}
			return identified(q)
		}},
		{"Y-11(1)ア折返し", []string{"no-callback"}, func(q *Inquiry) string {
			return reasonIf("no-callback", q.Way == wayPhone && q.CalledBack != pipeline.FlagYes)
		}},
		{"Y-11(1)ウ", identification(), func(q *Inquiry) string {
			if q.Way != wayMeeting {
				return ""
			}
			return identified(q)
		}},
		{"Y-11(1)d", []string{"no-mandate", "no-proxy-proof", "no-mandate-nor-proof"}, proxyProofs},
		{"Y-11(1)e", []string{"proxy-by-phone", "proxy-answered-by-phone"}, func(q *Inquiry) string {
			switch {
			case q.Way != wayPhone || q.ByProxy != pipeline.FlagYes:
				return ""
			case q.AnsweredOn.IsZero():
				return "proxy-by-phone"
			}
			return "proxy-answered-by-phone"
		}},
		{"Y-12日付", []string{"answered-before-received"}, func(q *Inquiry) string {
			return reasonIf("answered-before-received", !q.AnsweredOn.IsZero() && q.AnsweredOn < q.ReceivedOn)
		}},
	}
}

func identification() []string { return []string{"not-identified", "identification-unwritten"} }

func identified(q *Inquiry) string {
	switch q.Identified {
	case pipeline.FlagYes:
		return ""
	case pipeline.FlagNo:
		return "not-identified"
	}
	return "identification-unwritten"
}

func proxyProofs(q *Inquiry) string {
	mandate, proof := q.MandateSeen == pipeline.FlagYes, q.ProxyProved == pipeline.FlagYes
	switch {
	case q.ByProxy != pipeline.FlagYes || mandate && proof:
		return ""
	case mandate:
		return "no-proxy-proof"
	case proof:
		return "no-mandate"
	}
	return "no-mandate-nor-proof"
}

func reasonIf(code string, found bool) string {
	if found {
		return code
	}
	return ""
}

// Inquiry checks one record. While it is not answered, what is missing may
// still be done: a breach is then a matter to look at.
func (r *Rules) Inquiry(q *Inquiry) []pipeline.ConductFinding {
	var found []breach
	for _, c := range inquiryChecks() {
		if code := c.find(q); code != "" {
			found = append(found, breach{rule: c.rule, reason: code})
		}
	}
	on := q.AnsweredOn
	if on.IsZero() {
		on = q.ReceivedOn
	}
	out := r.findings(subject{no: q.No, on: on, ref: q.Ref}, found)
	for i := range out {
		if q.AnsweredOn.IsZero() && out[i].Verdict == pipeline.VerdictBreach {
			out[i].Verdict = pipeline.VerdictReview
		}
	}
	return out
}
