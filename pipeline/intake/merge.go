package intake

import (
	"slices"

	"meibo/pipeline"
)

// Codes of faults that show only when a checked row meets the register.
const (
	CodeUnknownAgent              pipeline.Code = "unknown-agent"
	CodePurgedID                  pipeline.Code = "purged-id"
	CodeIdentityMismatch          pipeline.Code = "identity-mismatch"
	CodeNameDiffers               pipeline.Code = "name-differs"
	CodeBirthDateDiffers          pipeline.Code = "birth-date-differs"
	CodeBirthDateChanged          pipeline.Code = "birth-date-changed"
	CodeIDAcquiredDiffers         pipeline.Code = "id-acquired-differs"
	CodeStopLifted                pipeline.Code = "stop-lifted"
	CodeWithdrawalWithoutPass     pipeline.Code = "withdrawal-without-pass"
	CodeQualificationReinstated   pipeline.Code = "qualification-reinstated"
	CodePostedKept                pipeline.Code = "posted-kept"
	CodeCertificateReused         pipeline.Code = "certificate-reused"
	CodeChangeWithoutRegistration pipeline.Code = "change-without-registration"
	CodeClosingWithoutOpening     pipeline.Code = "closing-without-opening"
	CodeClosingMoved              pipeline.Code = "closing-moved"
	CodeOpenedWhileOpen           pipeline.Code = "opened-while-open"
	CodeNotTheLeadInsurer         pipeline.Code = "not-the-lead-insurer"
	CodeAgentNotOnFile            pipeline.Code = "agent-not-on-file"
	CodeNotTheirCompany           pipeline.Code = "not-their-company"
	CodeSpecialManagerTwice       pipeline.Code = "special-manager-twice"
	CodeReviewOutdated            pipeline.Code = "review-outdated"
	CodeReviewTwice               pipeline.Code = "review-twice"
	CodeNotOnThatList             pipeline.Code = "not-on-that-list"
	CodeApprovalNotDue            pipeline.Code = "approval-not-due"
	CodeApprovalOutdated          pipeline.Code = "approval-outdated"
	CodeReviewerUnknown           pipeline.Code = "reviewer-unknown"
	CodeReviewerMayNot            pipeline.Code = "reviewer-may-not"
	CodeReviewerInvolved          pipeline.Code = "reviewer-involved"
	CodeCorrectionRouted          pipeline.Code = "correction-routed"
	CodeCorrectionMismatch        pipeline.Code = "correction-mismatch"
	CodeCorrectionTargetUnknown   pipeline.Code = "correction-target-unknown"
	CodeCorrectionTargetUnclear   pipeline.Code = "correction-target-unclear"
	CodeCorrectionImpossible      pipeline.Code = "correction-impossible"
	CodeCorrectedValue            pipeline.Code = "corrected-value"
	CodeCorrectedValueReplaced    pipeline.Code = "corrected-value-replaced"
	CodeReceiptNamesPerson        pipeline.Code = "receipt-names-person"
)

// mergeFault returns the fault of that code. It has neither position nor
// header: the merge knows values, not files. Locate adds them.
func mergeFault(code pipeline.Code) *pipeline.Fault {
	i := slices.IndexFunc(mergeCatalogue, func(e mergeEntry) bool { return e.Code == code })
	e := mergeCatalogue[i]
	return &pipeline.Fault{Key: e.key, Code: code, Severity: e.Severity, JA: e.JA, EN: e.EN}
}

// Locate tells faults that a merge found where their row r stands and what
// their columns are called.
func Locate(r *Record, faults ...*pipeline.Fault) {
	for _, f := range faults {
		f.Origin = r.Origin
		if c := r.layout.Column(f.Key); c != nil {
			f.Header = c.Header
		}
	}
}

// SetsAside reports whether one of the faults is an error, so that their row
// must not be applied.
func SetsAside(faults []*pipeline.Fault) bool {
	return slices.ContainsFunc(faults, func(f *pipeline.Fault) bool {
		return f.Severity == pipeline.SeverityError
	})
}

// write puts v where dst points and adds key to the written columns, unless v
// was not written or says what is known: only a written value changes anything.
func write[T comparable](columns []string, key string, dst *T, v T) []string {
	var unwritten T
	if v == unwritten || v == *dst {
		return columns
	}
	*dst = v
	return append(columns, key)
}
