package pipeline

// The rows of the tables that others read. Names and meaning of the columns
// are a contract with readers outside the program.

// ExpiryRow is one row of expiry_report: a qualification with a reminder step,
// of a person with a registration open at the insurer.
type ExpiryRow struct {
	InsurerCode       string
	AgentID           string
	QualificationCode string
	CertificateNo     string
	AgencyNo          string // the newest open registration at that insurer; ties by number
	AgencyName        string
	Name              string
	QualificationName string
	JudgedOn          Date
	ExpiresOn         Date
	ExpirySource      string // supplied or computed
	State             string // 有効, 更新時期 or 失効 (無期限 has no step)
	Step              string // 9か月前, 3か月前, 当月 or 失効後
	NextExam          YearMonth
	NextExamComputed  bool
	LinesAllowed      []string // product lines the ID may sell today
	PersonState       string   // 募集可, 募集不可 or 未登録
	// Over all IDs of one confirmed cluster; empty when the ID stands alone.
	ClusterState string
	ClusterLines []string
}

// States of a row of a purge list.
const (
	PurgeNotice   = "予告"  // first day of deletion within notice_days
	PurgeDue      = "対象"  // due and unheld
	PurgeHeld     = "保留"  // due but held
	PurgeDecision = "要判断" // a person must decide
)

// CaseRequest is the retention case of a deletion on request (申出); the others
// are 1 to 4 of 要領 §10.
const CaseRequest = "申出"

// Extension is one activity that moved the last day (要領 §10注).
type Extension struct {
	On       Date   `json:"on"`
	Kind     string `json:"kind"`
	LastDay  Date   `json:"last_day"` // after this activity
	Evidence string `json:"evidence"` // Ref of the activity
}

// Hold is one reason why a due record may not be deleted yet.
type Hold struct {
	Code   string `json:"code"`   // suspended, correction, duplicate or named
	Reason string `json:"reason"` // Japanese, for the reviewer
	Since  Date   `json:"since,omitzero"`
	Until  Date   `json:"until,omitzero"` // the hold ends by itself after this day
	By     string `json:"by,omitempty"`
}

// Evidence is one fact a verdict rests on, and where it came from.
type Evidence struct {
	Fact string `json:"fact"`          // Japanese term, e.g. 登載日
	On   Date   `json:"on,omitzero"`   // its date
	Ref  string `json:"ref,omitempty"` // batch/sheet/row
	File string `json:"file,omitempty"`
	Row  int    `json:"row,omitempty"` // as a text editor or Excel numbers it
}

// PurgeRow is one row of purge_list: one person on one list.
type PurgeRow struct {
	ListNo         int
	AgentID        string
	Case           string // 1, 2, 3, 4 or CaseRequest
	BaseKind       string // 登載日, ID取得日, 廃止年月日 or 申出日
	BaseOn         Date
	Period         string // 10年 or 半年; empty for CaseRequest
	Extensions     []Extension
	LastDay        Date
	FirstDeletable Date
	State          string
	Holds          []Hold
	Reason         string // Japanese, with clause and rule version
	Evidence       []Evidence
}

// PurgeListPublished is the state of a list that reviewers may read.
const PurgeListPublished = "公開"

// PurgeList is one numbered list; a list equal to the last one keeps its number.
type PurgeList struct {
	No        int
	AsOf      Date
	Rows      int
	Hash      string // SHA-256 over the sorted rows, hex
	State     string
	Approvals string // JSON
	ReceiptNo string
}

// Classes of a pair of IDs.
const (
	ClassConfirmed = "確定"  // one person: same certificate number and birth date, or a human 同一人
	ClassReview    = "要確認" // a person must decide
)

// DuplicateRow is one row of duplicate_list: two IDs that may be one person,
// AgentA < AgentB.
type DuplicateRow struct {
	AgentA, AgentB string
	Weight         float64 // bits of evidence; NaN where no model scored the pair
	Probability    float64 // NaN where no model scored the pair
	Class          string
	Reasons        []string // Japanese
	Decision       string   // 同一人, 別人, 保留 or empty
	DecidedBy      string
	DecidedAt      Instant
	FirstSeen      Date // as-of day of the run that first listed the pair
}
