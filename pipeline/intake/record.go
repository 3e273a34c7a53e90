package intake

import (
	"meibo/pipeline"
)

// Env is what the checks of a file need to know besides the file.
type Env struct {
	Sender string        // folder of the file: an insurer's code, association, exam-center …
	AsOf   pipeline.Date // the day the run decides for; nothing may have happened after it

	// Initial is import.initial: the first load, where 登載日 is required, or
	// ten years would start anew for everybody.
	Initial bool

	// Kinds holds the 資格種類コード of schemas/rules/qualifications.yaml.
	Kinds map[string]Kind

	// Items are the values that corrections may name.
	Items Items
}

// Kind is what the checks need to know of one 資格種類コード.
type Kind struct {
	// JudgedFrom is the first 合格判定日 this kind can have: an earlier one is
	// worth a warning. No date: any will do.
	JudgedFrom pipeline.Date

	// Expiry gives the last valid day by rule of a pass judged on that day, and
	// no date for 無期限. Nil: supplied dates are not compared with the rule.
	Expiry func(judgedOn pipeline.Date) pipeline.Date
}

// Record is one data row, read and checked as far as the row alone allows.
type Record struct {
	pipeline.Origin

	// Value is what the row says: a *pipeline.Agent, *ExamResult,
	// *pipeline.RegistrationEvent, *pipeline.Activity, *pipeline.Correction or *Values, as the
	// layout's record says. It is nil when Bad. From and Arrival are empty:
	// the batch that gives them is not known here.
	Value any

	// Name and BornOn are what the row calls its person, for comparison with
	// the register; empty where the kind has no such column or nothing stands in it.
	Name   string
	BornOn pipeline.Date

	// Faults holds everything that is wrong with the row; Bad says that one of
	// them is an error, so that the row is set aside.
	Faults []*pipeline.Fault
	Bad    bool

	// Key and Content are hashes of the key columns and of all columns, for
	// finding the same row again. They mean nothing outside one process.
	Key, Content uint64

	layout  *Layout
	written uint64 // bit i: column i of the layout holds a written value
}

// Wrote reports whether the row holds a written value for the column key. An
// absent or empty optional column never changes what is stored.
func (r *Record) Wrote(key string) bool {
	i, ok := r.layout.index[key]
	return ok && r.written>>i&1 == 1
}

// Columns returns the keys of the columns that hold a written value, in the
// order of the layout.
func (r *Record) Columns() []string {
	var keys []string
	for i := range r.layout.Columns {
		if r.written>>i&1 == 1 {
			keys = append(keys, r.layout.Columns[i].Key)
		}
	}
	return keys
}

// ExamResult is one row of an exam-results file: a pass, a completed course, a
// failure (which changes nothing) or a withdrawal. Its key is AgentID, Code and
// CertificateNo. An empty field was not written.
type ExamResult struct {
	AgentID       string
	Name          string // for comparison with the register only
	BornOn        pipeline.Date
	Code          string // 資格種類コード
	PassCode      string // 合格管理コード
	Result        string // pipeline.ResultPassed, ResultCompleted, ResultFailed or ResultWithdrawn
	JudgedOn      pipeline.Date
	ExpiresOn     pipeline.Date
	Unlimited     bool // 無期限 was written
	NextExam      pipeline.YearMonth
	CertificateNo string
	AcquiredAt    string
	PostedBy      string // 情報登載会社; empty: the sender, where the register has none yet
	PostedOn      pipeline.Date
}
