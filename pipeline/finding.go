package pipeline

// Verdicts of the checks of conduct. What is VerdictFine is not stored.
const (
	VerdictFine    = "適合"
	VerdictBreach  = "違反"
	VerdictReview  = "要確認"  // a person must look
	VerdictUnknown = "判定不能" // what the check needs was not written
)

// ConductFinding is one row of conduct_findings: what a rule found in one
// record. It holds no name and no 募集人ID of its own accord.
type ConductFinding struct {
	RuleID   string
	Subject  string // the record, by its sender's own number
	On       Date   // day of what was done; empty: none is written
	Clause   string
	Version  string // of the rules
	Verdict  string // VerdictBreach, VerdictReview or VerdictUnknown
	Reason   string // code; the rules have the words
	StaffID  string // who acted; empty: not written
	Insurer  string // whose staff that is, which may read the row; empty: the association only
	Evidence []Evidence

	FirstSeen   Date // as-of day of the run that first found it
	WaivedBy    string
	WaivedUntil Date
}
