package conduct

import (
	"strconv"

	"meibo/pipeline"
)

// Correction is a 申出 with all versions of what became of it, oldest first.
type Correction struct {
	Subject  string // names the 申出 without data of the person
	Versions []pipeline.Correction
	Insurer  string // who answers for it, if an insurer; may read the finding
}

// Correction measures how fast a 申出 was passed on and answered (要領
// §11(3)–(5), すみやかに), in business days. When the proofs had been seen is not
// sent, so the clock starts with the 申出 and a late one is for a person to look
// at. A deletion of the whole record goes by the purge list and has no clock here.
func (r *Rules) Correction(c *Correction, asOf pipeline.Date) []pipeline.ConductFinding {
	first, last := &c.Versions[0], &c.Versions[len(c.Versions)-1]
	if first.WholeRecord() || first.On.IsZero() {
		return nil
	}
	routed, answered := c.milestones()
	var found []breach
	add := func(rule, code string, limit string, from, to pipeline.Date, what string) {
		if days := r.calendar.businessDays(from, to); days > r.days[limit] {
			found = append(found, breach{rule, code, measured(what, from, to, days)})
		}
	}
	if !routed.IsZero() {
		add("Y-11(4)依頼", "passed-on-late", settingCorrection, first.On, routed, "訂正依頼日")
	}
	switch {
	case last.Open():
		add("Y-11(4)対応", "open-too-long", settingOpen, routed, asOf, "基準日")
	case !answered.IsZero():
		start, what := first.On, "対応日"
		if !routed.IsZero() {
			start = routed
		}
		add("Y-11(3)", "answered-late", settingCorrection, start, answered, what)
	}
	return r.findings(subject{no: c.Subject, on: first.On, ref: last.From.Of(""), insurer: c.Insurer}, found)
}

// milestones are the days on which the 申出 was first passed on and first answered.
func (c *Correction) milestones() (routed, answered pipeline.Date) {
	for i := range c.Versions {
		switch v := &c.Versions[i]; v.State {
		case pipeline.CorrectionRouted:
			if routed.IsZero() {
				routed = v.Since
			}
		case pipeline.CorrectionApplied, pipeline.CorrectionRefused:
			if answered.IsZero() {
				answered = v.Since
			}
		}
	}
	return routed, answered
}

// measured are the two ends of a clock and what lies between.
func measured(what string, from, to pipeline.Date, days int) []pipeline.Evidence {
	return []pipeline.Evidence{
		{Fact: "起算日", On: from}, {Fact: what, On: to}, {Fact: "経過 " + strconv.Itoa(days) + " 営業日"},
	}
}

func correctionCodes() map[string][]string {
	return map[string][]string{
		"Y-11(3)": {"answered-late"}, "Y-11(4)依頼": {"passed-on-late"}, "Y-11(4)対応": {"open-too-long"},
	}
}
