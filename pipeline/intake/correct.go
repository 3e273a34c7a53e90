package intake

import (
	"cmp"
	"slices"
	"strings"

	"meibo/pipeline"
)

// Subject is one person as corrections find and change them.
type Subject struct {
	Person     *pipeline.Person
	Registered []Registered          // of all agencies and roles, as corrected so far
	Active     []pipeline.Correction // that hold
}

// Correction is what one correction does to a person. Without an error among
// Faults it is applied.
type Correction struct {
	pipeline.Correction                          // with what it found
	Agent               *pipeline.Agent          // if that changes
	Names               []pipeline.Name          // not yet on file
	Qualifications      []pipeline.Qualification // that change or are new
	Replaced            []pipeline.Correction    // earlier ones of the same value
	Faults              []*pipeline.Fault
}

// Correct works out what c, which stands at ref, does to a person on a day
// (要領 §4(5)ア, §11(3)–(5)). 訂正前 must be what is on file, read as the item's
// own type; of a 削除 it may be left out. The sender must be entitled to correct
// this person: the text of a mismatch shows the stored value.
//
// A corrected 氏名 leaves the older one as a further name. A deleted
// qualification is withdrawn as of the day, and one whose key is corrected goes
// on under the new key, so that no older file brings the old one back.
// Registrations are folded from events, so their corrections are laid over
// these: see Overlay.
func (it Items) Correct(s *Subject, c pipeline.Correction, ref pipeline.Ref, asOf pipeline.Date) Correction {
	out := Correction{Correction: c}
	item, _ := it.Find(c.Item)
	change := correcting{Correction: &out, item: item, ref: ref, asOf: asOf}
	change.before, _ = item.Read(c.Before, asOf)
	change.after, _ = item.Read(c.After, asOf)
	var code pipeline.Code
	switch item.Of {
	case RecordAgent:
		code = change.agent(s.Person)
	case RecordExamResult:
		code = change.qualification(s.Person.Qualifications)
	default:
		code = change.registration(s.Registered)
	}
	if code != "" {
		out.Faults = []*pipeline.Fault{change.fault(code)}
		return out
	}
	out.State, out.Since = pipeline.CorrectionApplied, asOf
	for _, a := range s.Active {
		if a.Item == c.Item && a.Key() != c.Key() && a.TargetCode == out.TargetCode && a.TargetNo == out.TargetNo && a.TargetOn == out.TargetOn {
			out.Replaced = append(out.Replaced, a)
		}
	}
	return out
}

// correcting is one call of Correct.
type correcting struct {
	*Correction
	item          Item
	before, after string
	ref           pipeline.Ref
	asOf          pipeline.Date
	stored        string // set with a mismatch
}

func (c *correcting) deletes() bool { return c.Division == pipeline.DivisionDelete }

// matches reports whether 訂正前 is what is stored.
func (c *correcting) matches(s slot) bool {
	if c.deletes() && c.before == "" {
		return true
	}
	if c.stored = shown(s); c.item.Equal(c.before, c.stored) {
		return true
	}
	return false
}

func (c *correcting) fault(code pipeline.Code) *pipeline.Fault {
	f := mergeFault(code)
	if code == CodeCorrectionMismatch {
		ja, en := "「"+c.stored+"」", c.stored
		if c.stored == "" {
			ja, en = "空欄", "empty"
		}
		f.JA += "登録されている値: " + ja
		f.EN += "; on file: " + en
	}
	return f
}

func (c *correcting) agent(p *pipeline.Person) pipeline.Code {
	a := p.Agent
	s := agentSlot(&a, c.item.Key)
	if !c.matches(s) {
		return CodeCorrectionMismatch
	}
	in := pipeline.Agent{ID: a.ID}
	if _, text := s.(*string); text && c.after != "" {
		keep(agentSlot(&in, c.item.Key), c.after)
	}
	c.Names = newNames(p.Names, &p.Agent, in, c.ref)
	keep(s, c.after)
	a.From = a.From.With(c.ref, c.item.Key)
	c.Agent = &a
	return ""
}

func (c *correcting) qualification(qs []pipeline.Qualification) pipeline.Code {
	i := slices.IndexFunc(qs, func(q pipeline.Qualification) bool {
		return q.OnFile() && sameTarget(c.Target, q.Code+"+"+q.CertificateNo)
	})
	if i < 0 {
		return CodeCorrectionTargetUnknown
	}
	q := qs[i]
	c.TargetCode, c.TargetNo = q.Code, q.CertificateNo
	s := qualificationSlot(&q, c.item.Key)
	switch {
	case !c.matches(s):
		return CodeCorrectionMismatch
	case c.deletes():
		c.Qualifications = []pipeline.Qualification{c.withdrawn(q)}
		return ""
	}
	keep(s, c.after)
	q.PostedGiven = q.PostedGiven || c.item.Key == "posted_on"
	q.From = q.From.With(c.ref, c.item.Key)
	if !q.ExpiresOn.IsZero() && q.ExpiresOn < q.JudgedOn || q.PostedOn < q.JudgedOn && q.PostedGiven {
		return CodeCorrectionImpossible
	}
	if q.Code != c.TargetCode || q.CertificateNo != c.TargetNo { // it goes on under another key
		if slices.ContainsFunc(qs, func(o pipeline.Qualification) bool { return o.Code == q.Code && o.CertificateNo == q.CertificateNo }) {
			return CodeCorrectionImpossible
		}
		c.Qualifications = []pipeline.Qualification{c.withdrawn(qs[i])}
	}
	c.Qualifications = append(c.Qualifications, q)
	return ""
}

func (c *correcting) withdrawn(q pipeline.Qualification) pipeline.Qualification {
	q.WithdrawnOn = c.asOf
	q.From = q.From.With(c.ref, "withdrawn_on")
	return q
}

// registration finds the registration that c is about: of those at the agency
// (and in the role, if 対象 names one) the one that holds 訂正前, rather an open
// one, rather the newest.
func (c *correcting) registration(all []Registered) pipeline.Code {
	var at, fit []Registered
	for _, r := range all {
		if !sameTarget(c.Target, r.AgencyNo) && !sameTarget(c.Target, r.AgencyNo+"+"+r.Role) {
			continue
		}
		at = append(at, r)
		if c.matches(registrationSlot(&r.Registration, c.item.Key)) {
			fit = append(fit, r)
		}
	}
	newer := func(a, b Registered) int {
		return cmp.Or(compareBool(b.OpenOn(c.asOf), a.OpenOn(c.asOf)), cmp.Compare(b.OpenedOn, a.OpenedOn))
	}
	slices.SortStableFunc(fit, newer)
	switch {
	case len(at) == 0:
		return CodeCorrectionTargetUnknown
	case len(fit) == 0:
		slices.SortStableFunc(at, newer)
		c.matches(registrationSlot(&at[0].Registration, c.item.Key)) // the one meant most likely is shown
		return CodeCorrectionMismatch
	case len(fit) > 1 && newer(fit[0], fit[1]) == 0:
		return CodeCorrectionTargetUnclear
	}
	r := fit[0]
	c.TargetCode, c.TargetNo, c.TargetOn = r.AgencyNo, r.Role, r.Opening
	if c.deletes() {
		return ""
	}
	keep(registrationSlot(&r.Registration, c.item.Key), c.after)
	taken := func(o Registered) bool {
		return o.AgencyNo == r.AgencyNo && o.Role == r.Role && o.Opening != r.Opening && o.OpenedOn == r.OpenedOn
	}
	if !r.ClosedOn.IsZero() && r.ClosedOn < r.OpenedOn || slices.ContainsFunc(all, taken) {
		return CodeCorrectionImpossible
	}
	return ""
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// sameTarget compares 対象, as oneTarget gives it, with a key of the register.
// Whoever writes K10C-1 means K10+C-1.
func sameTarget(target, key string) bool {
	key = oneTarget(key)
	return target == key || strings.ReplaceAll(target, "+", "") == strings.ReplaceAll(key, "+", "")
}

// TargetAgency reports whether 対象 of a correction is a registration at that agency.
func (it Items) TargetAgency(c *pipeline.Correction, r *pipeline.Registration) bool {
	item, _ := it.Find(c.Item)
	return c.Item != "" && item.Of == RecordRegistration &&
		(sameTarget(c.Target, r.AgencyNo) || sameTarget(c.Target, r.AgencyNo+"+"+r.Role))
}
