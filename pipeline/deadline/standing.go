package deadline

import (
	"cmp"
	"slices"
	"strings"

	"meibo/pipeline"
)

// States of a person on a day.
const (
	MaySell       = "募集可"
	MayNotSell    = "募集不可" // registered, but 基礎単位 is missing or lapsed
	NotRegistered = "未登録"
)

// Standing is what a person may sell on a day. Lines is never nil, in the order
// of the rules.
type Standing struct {
	State string
	Lines []string
}

// Cluster is what the other IDs of a person's confirmed cluster bring. The zero
// Cluster is an ID that stands alone.
type Cluster struct {
	Confirmed bool
	Others    []pipeline.Qualification // of all other IDs of the cluster
}

// Standing works out what may be sold on day d through regs with the
// qualifications quals (§2 of the rules; 要領 §6 leaves the judgement itself to
// the insurer).
//
// A line may be sold where a registration open on d names it, 基礎単位 is valid
// and so is the line's own unit. A registration for lines without exam alone
// (自賠責) needs neither. A registration that names no lines restricts nothing:
// the lines are those of the units held. MaySell with no lines is somebody whose
// 基礎単位 is valid but who holds no unit of a registered line.
func (k *Kinds) Standing(regs []pipeline.Registration, quals []pipeline.Qualification, d pipeline.Date) Standing {
	return k.standing(regs, d, k.unitsHeld(quals, d))
}

// unitsHeld returns whether 基礎単位 is valid on d, and the lines with a valid
// unit as bits by their place in k.lines.
func (k *Kinds) unitsHeld(quals []pipeline.Qualification, d pipeline.Date) (u units) {
	for i := range quals {
		q := &quals[i]
		covers := k.rule(q.Code).Covers
		if covers == "" || !counts(q, d) {
			continue
		}
		if s := k.State(q, d); s == StateLapsed || s == "" || k.Replaced(q, quals, d) {
			continue
		}
		if covers == CoversBase {
			u.base = true
		} else {
			u.lines |= 1 << k.lineIndex(covers)
		}
	}
	return u
}

type units struct {
	base  bool
	lines uint64
}

func (k *Kinds) standing(regs []pipeline.Registration, d pipeline.Date, u units) Standing {
	var allowed uint64
	registered := false
	for i := range regs {
		if !regs[i].OpenOn(d) {
			continue
		}
		registered = true
		allowed |= k.allowed(regs[i].Lines, u)
	}
	s := Standing{State: NotRegistered, Lines: make([]string, 0, len(k.lines))}
	if !registered {
		return s
	}
	s.State = MayNotSell
	if u.base || allowed != 0 {
		s.State = MaySell
	}
	for i := range k.lines {
		if allowed&(1<<i) != 0 {
			s.Lines = append(s.Lines, k.lines[i].name)
		}
	}
	return s
}

// allowed returns the lines of one registration that may be sold with units u.
func (k *Kinds) allowed(written string, u units) (lines uint64) {
	if written == "" {
		if u.base {
			return u.lines
		}
		return 0
	}
	noExam := true // as long as only such lines stand there
	for name := range strings.FieldsSeq(written) {
		i := k.lineIndex(name)
		if i < 0 || !k.lines[i].noExam {
			noExam = false
		}
		if i >= 0 && (k.lines[i].baseOnly || u.lines&(1<<i) != 0) {
			lines |= 1 << i
		}
	}
	if !u.base && !noExam {
		return 0
	}
	return lines
}

// lineIndex finds a line by its name, with or without 保険 at the end, or
// returns -1.
func (k *Kinds) lineIndex(name string) int {
	for i := range k.lines {
		if rest, ok := strings.CutPrefix(name, k.lines[i].name); ok && (rest == "" || rest == "保険") {
			return i
		}
	}
	return -1
}

// ExpiryRows returns the rows of the expiry report for one person on day d: one
// for each qualification with a step and each insurer with a registration open
// there, sorted by insurer, code and certificate.
func (k *Kinds) ExpiryRows(p *pipeline.Person, c Cluster, d pipeline.Date) []pipeline.ExpiryRow {
	due := k.withStep(p, d)
	if len(due) == 0 {
		return nil
	}
	agencies := agencyByInsurer(p.Registrations, d)
	if len(agencies) == 0 {
		return nil
	}
	own := k.Standing(p.Registrations, p.Qualifications, d)
	var whole Standing
	if c.Confirmed {
		whole = k.Standing(p.Registrations, slices.Concat(p.Qualifications, c.Others), d)
	}
	rows := make([]pipeline.ExpiryRow, 0, len(due)*len(agencies))
	for _, a := range agencies {
		for _, q := range due {
			row := k.expiryRow(q, d)
			row.InsurerCode, row.AgencyNo, row.AgencyName = a.insurer, a.reg.AgencyNo, a.reg.AgencyName
			row.Name = p.Agent.Name
			row.PersonState, row.LinesAllowed = own.State, own.Lines
			row.ClusterState, row.ClusterLines = whole.State, whole.Lines
			rows = append(rows, row)
		}
	}
	return rows
}

// withStep returns the qualifications that the report names, in key order.
func (k *Kinds) withStep(p *pipeline.Person, d pipeline.Date) (due []*pipeline.Qualification) {
	for i := range p.Qualifications {
		q := &p.Qualifications[i]
		if counts(q, d) && k.Step(q, d) != "" && !k.Replaced(q, p.Qualifications, d) {
			due = append(due, q)
		}
	}
	slices.SortFunc(due, func(a, b *pipeline.Qualification) int {
		return cmp.Or(strings.Compare(a.Code, b.Code), strings.Compare(a.CertificateNo, b.CertificateNo))
	})
	return due
}

func (k *Kinds) expiryRow(q *pipeline.Qualification, d pipeline.Date) pipeline.ExpiryRow {
	last, source := k.Expiry(q)
	next, computed := k.NextExam(q)
	return pipeline.ExpiryRow{
		AgentID: q.AgentID, QualificationCode: q.Code, CertificateNo: q.CertificateNo,
		QualificationName: k.rule(q.Code).Name, JudgedOn: q.JudgedOn,
		ExpiresOn: last, ExpirySource: source,
		State: k.State(q, d), Step: k.Step(q, d),
		NextExam: next, NextExamComputed: computed,
	}
}

// agency is the registration under which an insurer's report names a person.
type agency struct {
	insurer string
	reg     *pipeline.Registration
}

// agencyByInsurer returns the newest registration open on d for each insurer,
// the lowest agency number first among those of one day, sorted by insurer.
func agencyByInsurer(regs []pipeline.Registration, d pipeline.Date) []agency {
	var out []agency
	for i := range regs {
		r := &regs[i]
		if !r.OpenOn(d) {
			continue
		}
		for _, insurer := range r.Insurers() {
			out = append(out, agency{insurer, r})
		}
	}
	slices.SortFunc(out, func(a, b agency) int {
		return cmp.Or(
			strings.Compare(a.insurer, b.insurer),
			cmp.Compare(b.reg.OpenedOn, a.reg.OpenedOn),
			strings.Compare(a.reg.AgencyNo, b.reg.AgencyNo),
			strings.Compare(a.reg.Role, b.reg.Role),
		)
	})
	return slices.CompactFunc(out, func(a, b agency) bool { return a.insurer == b.insurer })
}
