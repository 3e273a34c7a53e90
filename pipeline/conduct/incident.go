package conduct

import (
	"strconv"

	"meibo/pipeline"
)

// Party is who an incident happened at, or who was told of it.
type Party string

// The parties of 要領 §8. An empty one was not written, PartyOther not understood.
const (
	PartyAgency      Party = "代理店"
	PartyInsurer     Party = "保険会社"
	PartyAssociation Party = "協会"
	PartyCommittee   Party = "委員会"
	PartyOther       Party = "その他"
)

// Incident is one 事故報告 as 要領 §8 and §9(2) look at it. What is empty was
// not written.
type Incident struct {
	No         string // 事故ID
	Kind       string // 種類
	At         Party  // 対象組織
	Account    string // 対象アカウント
	KnownOn    pipeline.Date
	StoppedOn  pipeline.Date // アクセス停止
	Told       Party         // 通知先
	ToldOn     pipeline.Date // 通知
	HeardOn    pipeline.Date // 弁明機会
	ResolvedOn pipeline.Date // 決議
	ActedOn    pipeline.Date // 措置

	LastUse   pipeline.Date // newest day on which Account used the system
	ByInsurer bool          // an insurer sent the record
	Insurer   string        // which; may read the findings
	Ref       pipeline.Ref
}

// Incident checks who was told of an incident, and when, and in which order the
// committee went on. Only 漏えい and 目的外利用 fall under §8; of an unwritten
// 種類 nothing can be said.
func (r *Rules) Incident(i *Incident) []pipeline.ConductFinding {
	var found []breach
	switch i.Kind {
	case "":
		found = append(found, breach{rule: "Y-8種類", reason: "kind-unwritten"})
	case kindLeak, kindMisuse:
		found = r.afterLeak(i)
	}
	found = append(found, committee(i)...)
	on := i.KnownOn
	if on.IsZero() {
		on = i.ToldOn
	}
	return r.findings(subject{no: i.No, on: on, ref: i.Ref, staff: i.Account, insurer: i.Insurer}, found)
}

// afterLeak goes by who must tell whom: an agency's manager the insurer (§8(2)),
// an insurer the association, after it stopped the access (§8(3)), and the
// association the committee (§8(4)). An insurer that reports its agency to the
// association answers by §8(3).
func (r *Rules) afterLeak(i *Incident) []breach {
	switch {
	case i.At == PartyAgency && i.ByInsurer && i.Told == PartyAssociation, i.At == PartyInsurer:
		out := append(r.told(i, "Y-8(3)連絡", PartyAssociation), r.stopped(i)...)
		return append(out, usedAfterStop(i)...)
	case i.At == PartyAgency:
		return r.told(i, "Y-8(2)", PartyInsurer)
	case i.At == PartyAssociation, i.At == PartyCommittee:
		return r.told(i, "Y-8(4)", PartyCommittee)
	}
	return []breach{{rule: "Y-8対象組織", reason: "organisation-unknown"}}
}

// told checks 通知先 and the clock from 認知 to 通知 (T1).
func (r *Rules) told(i *Incident, rule string, whom Party) []breach {
	one := func(code string, facts ...pipeline.Evidence) []breach { return []breach{{rule, code, facts}} }
	switch {
	case i.Told != "" && i.Told != whom:
		return one("wrong-party")
	case i.Told == "" || i.ToldOn.IsZero():
		return one("notice-unwritten")
	case i.KnownOn.IsZero():
		return one("known-unwritten")
	case i.ToldOn < i.KnownOn:
		return one("told-before-known")
	}
	if days := r.calendar.businessDays(i.KnownOn, i.ToldOn); days > r.days[settingNotice] {
		return one("told-late", measured("通知", i.KnownOn, i.ToldOn, days)...)
	}
	return nil
}

// stopped checks the clock from 認知 to アクセス停止 (T2), in days of the calendar:
// access is stopped on a Sunday, too.
func (r *Rules) stopped(i *Incident) []breach {
	const rule = "Y-8(3)停止"
	switch {
	case i.StoppedOn.IsZero():
		return []breach{{rule: rule, reason: "stop-unwritten"}}
	case i.KnownOn.IsZero():
		return []breach{{rule: rule, reason: "known-unwritten"}}
	}
	if days := i.StoppedOn.Sub(i.KnownOn); days > r.days[settingStop] {
		return []breach{{rule, "stopped-late", []pipeline.Evidence{
			{Fact: "起算日", On: i.KnownOn}, {Fact: "アクセス停止", On: i.StoppedOn}, {Fact: "経過 " + strconv.Itoa(days) + " 日"},
		}}}
	}
	return nil
}

// usedAfterStop finds an account that went on working. On the day of the stop
// itself it may have worked before.
func usedAfterStop(i *Incident) []breach {
	const rule = "Y-8(3)利用"
	switch {
	case i.StoppedOn.IsZero():
		return nil // said already
	case i.Account == "":
		return []breach{{rule: rule, reason: "account-unwritten"}}
	case i.LastUse > i.StoppedOn:
		return []breach{{rule, "used-after-stop", []pipeline.Evidence{{Fact: "アクセス停止", On: i.StoppedOn}, {Fact: "最後の利用", On: i.LastUse}}}}
	}
	return nil
}

// committee checks 弁明機会 ≤ 決議 ≤ 措置 (§9(2)): a measure rests on both.
func committee(i *Incident) []breach {
	const rule = "Y-9(2)"
	facts := []pipeline.Evidence{{Fact: "弁明機会", On: i.HeardOn}, {Fact: "決議", On: i.ResolvedOn}, {Fact: "措置", On: i.ActedOn}}
	heard, resolved := !i.HeardOn.IsZero(), !i.ResolvedOn.IsZero()
	acted := !i.ActedOn.IsZero()
	switch {
	case heard && resolved && i.HeardOn > i.ResolvedOn,
		acted && resolved && i.ResolvedOn > i.ActedOn,
		acted && heard && i.HeardOn > i.ActedOn:
		return []breach{{rule, "out-of-order", facts}}
	case acted && (!heard || !resolved), resolved && !heard:
		return []breach{{rule, "step-unwritten", facts}}
	}
	return nil
}

func incidentCodes() map[string][]string {
	told := []string{"wrong-party", "notice-unwritten", "known-unwritten", "told-before-known", "told-late"}
	return map[string][]string{
		"Y-8種類": {"kind-unwritten"}, "Y-8対象組織": {"organisation-unknown"},
		"Y-8(2)": told, "Y-8(3)連絡": told, "Y-8(4)": told,
		"Y-8(3)停止": {"stop-unwritten", "known-unwritten", "stopped-late"},
		"Y-8(3)利用": {"account-unwritten", "used-after-stop"},
		"Y-9(2)":   {"out-of-order", "step-unwritten"},
	}
}

// checked is what the program can find by one rule.
type checked struct {
	record string
	codes  []string
}

// reasons lists all rules that the program checks.
func reasons() map[string]checked {
	out := map[string]checked{}
	for _, c := range inquiryChecks() {
		out[c.rule] = checked{"inquiries", c.codes}
	}
	for id, codes := range correctionCodes() {
		out[id] = checked{"corrections", codes}
	}
	for id, codes := range incidentCodes() {
		out[id] = checked{"incidents", codes}
	}
	return out
}
