package intake

import (
	"slices"

	"meibo/pipeline"
)

// ExamContext is what MergeExam needs to know besides the row and the register.
type ExamContext struct {
	Ref    pipeline.Ref
	AsOf   pipeline.Date // day of the import
	Sender string        // 情報登載会社 of a row that names none

	// NameKey makes the names of a row and of the register comparable; nil
	// stands for pipeline.CleanName.
	NameKey func(string) string

	// HeldElsewhere reports whether the register knows the certificate number
	// of the row's kind under another agent ID; nil leaves certificates unchecked.
	HeldElsewhere func(certificateNo string) bool
}

// ExamChange is what a row of exam-results does to the register.
type ExamChange struct {
	Qualification pipeline.Qualification // after the row; meaningless unless Changed
	Changed       bool
	Faults        []*pipeline.Fault
}

// MergeExam works out what the row in does to the qualifications on file for
// its person; a nil p is an agent the register does not know, which sets the
// row aside.
//
// 不合格 changes nothing. 取消 withdraws the qualification of the same key as of
// the day of the import. Otherwise only written values change what is stored,
// except 登載日: the first posting counts, and a supplied date replaces only a
// computed one that is later.
func MergeExam(p *pipeline.Person, in *ExamResult, c ExamContext) ExamChange {
	faults := CheckPerson(p, in.Name, in.BornOn, c.NameKey)
	if SetsAside(faults) || in.Result == pipeline.ResultFailed {
		return ExamChange{Faults: faults}
	}
	i := slices.IndexFunc(p.Qualifications, func(q pipeline.Qualification) bool {
		return q.Code == in.Code && q.CertificateNo == in.CertificateNo
	})
	var change ExamChange
	switch {
	case in.Result == pipeline.ResultWithdrawn && i < 0:
		change.Faults = []*pipeline.Fault{mergeFault(CodeWithdrawalWithoutPass)}
	case in.Result == pipeline.ResultWithdrawn:
		change = withdraw(p.Qualifications[i], c)
	case i < 0:
		change = newQualification(in, c)
	default:
		change = updateQualification(p.Qualifications[i], in, c)
	}
	change.Faults = append(faults, change.Faults...)
	return change
}

func withdraw(q pipeline.Qualification, c ExamContext) ExamChange {
	if !q.OnFile() {
		return ExamChange{} // withdrawn before: the first day stands
	}
	q.WithdrawnOn = c.AsOf
	q.From = q.From.With(c.Ref, "withdrawn_on")
	return ExamChange{Qualification: q, Changed: true}
}

func newQualification(in *ExamResult, c ExamContext) ExamChange {
	q := pipeline.Qualification{
		AgentID: in.AgentID, Code: in.Code, CertificateNo: in.CertificateNo,
		PassCode: in.PassCode, Result: in.Result, JudgedOn: in.JudgedOn,
		ExpiresOn: in.ExpiresOn, Unlimited: in.Unlimited, NextExam: in.NextExam,
		AcquiredAt: in.AcquiredAt, PostedBy: in.PostedBy,
		PostedOn: in.PostedOn, PostedGiven: !in.PostedOn.IsZero(),
		From: pipeline.Provenance("").With(c.Ref),
	}
	if q.PostedBy == "" {
		q.PostedBy = c.Sender
	}
	if !q.PostedGiven {
		q.PostedOn = c.AsOf
	}
	change := ExamChange{Qualification: q, Changed: true}
	if c.HeldElsewhere != nil && q.CertificateNo != "" && c.HeldElsewhere(q.CertificateNo) {
		change.Faults = []*pipeline.Fault{mergeFault(CodeCertificateReused)}
	}
	return change
}

func updateQualification(q pipeline.Qualification, in *ExamResult, c ExamContext) ExamChange {
	var change ExamChange
	var columns []string
	columns = write(columns, "pass_code", &q.PassCode, in.PassCode)
	columns = write(columns, "result", &q.Result, in.Result)
	columns = write(columns, "judged_on", &q.JudgedOn, in.JudgedOn)
	columns = writeExpiry(columns, &q, in)
	columns = write(columns, "next_exam", &q.NextExam, in.NextExam)
	columns = write(columns, "acquired_at", &q.AcquiredAt, in.AcquiredAt)
	columns = write(columns, "posted_by", &q.PostedBy, in.PostedBy)

	switch {
	case in.PostedOn.IsZero() || in.PostedOn == q.PostedOn:
	case !q.PostedGiven && in.PostedOn < q.PostedOn:
		q.PostedOn, q.PostedGiven = in.PostedOn, true
		columns = append(columns, "posted_on")
	default:
		change.Faults = append(change.Faults, mergeFault(CodePostedKept))
	}
	if !q.OnFile() {
		q.WithdrawnOn = 0
		if !slices.Contains(columns, "result") {
			columns = append(columns, "result")
		}
		change.Faults = append(change.Faults, mergeFault(CodeQualificationReinstated))
	}
	q.From = q.From.With(c.Ref, columns...)
	change.Qualification, change.Changed = q, len(columns) > 0
	return change
}

// writeExpiry takes a supplied date or 無期限; either replaces the other.
func writeExpiry(columns []string, q *pipeline.Qualification, in *ExamResult) []string {
	if !in.Unlimited && in.ExpiresOn.IsZero() || in.Unlimited == q.Unlimited && in.ExpiresOn == q.ExpiresOn {
		return columns
	}
	q.Unlimited, q.ExpiresOn = in.Unlimited, in.ExpiresOn
	return append(columns, "expires_on")
}

// CheckPerson compares the 氏名 and 生年月日 of a row with the agent whose ID it
// bears. An unknown agent (nil p) and a row of which both differ are errors;
// one of the two is a warning. The name may be any name the person ever had; a
// birth date the row does not hold differs from nothing. A nil nameKey stands
// for pipeline.CleanName.
func CheckPerson(p *pipeline.Person, name string, bornOn pipeline.Date, nameKey func(string) string) []*pipeline.Fault {
	if p == nil {
		return []*pipeline.Fault{mergeFault(CodeUnknownAgent)}
	}
	if nameKey == nil {
		nameKey = pipeline.CleanName
	}
	bornDiffers := !bornOn.IsZero() && !p.Agent.BornOn.IsZero() && bornOn != p.Agent.BornOn
	nameDiffers := name != "" && !bears(p, nameKey(name), nameKey)
	switch {
	case nameDiffers && bornDiffers:
		return []*pipeline.Fault{mergeFault(CodeIdentityMismatch)}
	case nameDiffers:
		return []*pipeline.Fault{mergeFault(CodeNameDiffers)}
	case bornDiffers:
		return []*pipeline.Fault{mergeFault(CodeBirthDateDiffers)}
	}
	return nil
}

func bears(p *pipeline.Person, key string, nameKey func(string) string) bool {
	if key == nameKey(p.Agent.Name) || p.Agent.FormerName != "" && key == nameKey(p.Agent.FormerName) {
		return true
	}
	return slices.ContainsFunc(p.Names, func(n pipeline.Name) bool { return key == nameKey(n.Text) })
}
