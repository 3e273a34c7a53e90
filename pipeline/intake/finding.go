package intake

import "meibo/pipeline"

// Finding is one thing that is wrong with one written value, before it is
// known where the value stands. Nil means nothing is wrong. The texts say what
// is wrong and what to do; they never repeat the value itself, only the
// reading that is offered instead.
type Finding struct {
	Code     pipeline.Code
	Severity pipeline.Severity
	JA, EN   string
}

// IsError reports whether the value could not be taken; a nil Finding is none.
func (f *Finding) IsError() bool { return f != nil && f.Severity == pipeline.SeverityError }

func bad(code pipeline.Code, ja, en string) *Finding {
	return &Finding{Code: code, Severity: pipeline.SeverityError, JA: ja, EN: en}
}

func doubtful(code pipeline.Code, ja, en string) *Finding {
	return &Finding{Code: code, Severity: pipeline.SeverityWarning, JA: ja, EN: en}
}
