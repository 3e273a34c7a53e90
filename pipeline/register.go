package pipeline

import "strings"

// Flag is a yes or no that may also be unwritten: an unwritten flag never
// changes what is stored.
type Flag int8

// The three states of a flag.
const (
	FlagUnset Flag = iota
	FlagNo
	FlagYes
)

// Agent is one 募集人ID with its basic information (要領 §5(1)基本情報). An
// empty field was never supplied.
type Agent struct {
	ID           string // 募集人ID, opaque text
	Name         string // 氏名, byte for byte as recorded
	NameKana     string // 氏名カナ
	FormerName   string // 旧氏名; all earlier names stand in Names
	BornOn       Date   // 生年月日
	Sex          string // 男, 女 or empty
	Email        string
	IDAcquiredOn Date // ID取得日; empty: 要領 §10 No.2 is 判定不能
	Suspended    Flag // 強制停止フラグ, for operators only (§5(1)注)

	// Computed by the program, for operators only (§5(1)注).
	DuplicateFlag bool // 重複フラグ: in a confirmed cluster
	Affiliated    bool // 保険会社所属フラグ: a registration is open on the as-of day

	From Provenance
}

// The kinds of a person's names.
const (
	NameKanji  = "氏名"
	NameKana   = "カナ"
	NameFormer = "旧氏名"
	NameLatin  = "英字"
)

// Name is one of the names of a person; earlier names are never dropped.
type Name struct {
	AgentID string
	Kind    string // NameKanji, NameKana, NameFormer or NameLatin
	Text    string // as recorded
	From    Provenance
}

// Results of an exam that put a qualification on file.
const (
	ResultPassed    = "合格"
	ResultCompleted = "修了"
	ResultFailed    = "不合格"
	ResultWithdrawn = "取消"
)

// Qualification is one pass or completed course (資格情報). Its key is AgentID,
// Code and CertificateNo.
type Qualification struct {
	AgentID       string
	Code          string // 資格種類コード
	CertificateNo string // 資格(修了)・合格番号
	PassCode      string // 合格管理コード
	Result        string // ResultPassed or ResultCompleted
	JudgedOn      Date   // 合格判定日（事由発生年月日）
	ExpiresOn     Date   // 資格有効期限年月日 as supplied; empty: computed by rule
	Unlimited     bool   // 無期限 as supplied
	NextExam      YearMonth
	AcquiredAt    string // 資格取得会社
	PostedBy      string // 情報登載会社
	PostedOn      Date   // 登載日: the first posting counts, a correction does not move it
	PostedGiven   bool   // PostedOn was supplied, not computed from the import's day
	WithdrawnOn   Date   // as-of day of the 取消; empty while on file
	From          Provenance
}

// OnFile reports whether the qualification counts for 要領 §10: lapsed ones do,
// withdrawn ones do not.
func (q Qualification) OnFile() bool { return q.WithdrawnOn.IsZero() }

// Events of a registration row (登録事由).
const (
	EventRegister = "登録"
	EventNotify   = "届出"
	EventChange   = "変更"
	EventClose    = "廃止"
)

// RegistrationEvent is one row of an insurer's registrations file: a fact as
// sent. Registrations are folded from events. An empty field was not written.
// Its key is AgencyNo, AgentID, Role, Event and On.
type RegistrationEvent struct {
	AgencyNo      string // 代理店登録番号・記号
	AgentID       string
	Role          string // 役割: 代理店主, 代表者, 役員 or 使用人
	Event         string
	On            Date // 登録事由発生年月日
	ClosedOn      Date // 廃止年月日
	LeadInsurer   string
	OtherInsurers string // codes, sorted, each once, joined by one space
	AgencyName    string
	AgencyAddress string
	Lines         string // 商品資格, in the order written, joined by one space
	Note          string
	Sender        string // who sent the row
	Arrival       string // sorts events of one day in order of arrival: day, sender, file, row
	From          Provenance
}

// Registration is an interval of one person at one agency in one role
// (登録・届出). Its key is AgencyNo, AgentID, Role and OpenedOn.
type Registration struct {
	AgencyNo      string
	AgentID       string
	Role          string
	OpenedOn      Date // empty: unknown, the closing came without its opening
	ClosedOn      Date // the last day of the relation; empty: open
	LeadInsurer   string
	OtherInsurers string
	AgencyName    string
	AgencyAddress string
	Lines         string
	Note          string
	From          Provenance
}

// OpenOn reports whether the registration stands on day d. Both ends are
// inclusive: the closing day itself still counts as registered. An unknown
// opening counts as long ago.
func (r Registration) OpenOn(d Date) bool {
	return r.OpenedOn <= d && (r.ClosedOn.IsZero() || d <= r.ClosedOn)
}

// Insurers returns the codes of the insurers who may see the person through r,
// 代申 first.
func (r Registration) Insurers() []string {
	codes := strings.Fields(r.OtherInsurers)
	out := make([]string, 0, 1+len(codes))
	if r.LeadInsurer != "" {
		out = append(out, r.LeadInsurer)
	}
	for _, c := range codes {
		if c != r.LeadInsurer {
			out = append(out, c)
		}
	}
	return out
}

// Agency is what the register knows of an agency across its people's rows; it
// decides which insurers may send rows for it. 非代理申請会社 of the newest row
// replace the older list.
type Agency struct {
	No            string
	LeadInsurer   string
	OtherInsurers string
	Name          string
	Address       string
	AsOf          Date // day of the newest event that wrote to it
	From          Provenance
}

// Kinds of activity that extend 要領 §10 No.2 and No.4.
const (
	ActivityLogin      = "ログイン"
	ActivityCheck5     = "受験申込チェック5件"
	ActivityCheck100   = "受験申込チェック100件"
	ActivityCheckLarge = "受験申込チェック大口"
	ActivityInquiry    = "照会"
	ActivityBulk       = "一括照会"
)

// Activity is one use of the system that names a person (利用履歴).
type Activity struct {
	AgentID string
	On      Date
	Kind    string
	Actor   string // 実施者: insurer or user code, may be empty
	From    Provenance
}

// Person is one 募集人ID with everything on file for it: what the rules judge.
// Slices are in key order.
type Person struct {
	Agent          Agent
	Names          []Name
	Qualifications []Qualification
	Registrations  []Registration
	Activities     []Activity
}

// States of a batch.
const (
	BatchApplied   = "applied"   // its good rows are in the register
	BatchRefused   = "refused"   // nothing of it was kept
	BatchHeld      = "held"      // waits for an operator's --accept
	BatchDuplicate = "duplicate" // the same bytes were applied before without a rejected row
)

// Batch is one received file and what became of it. RowsRead is the sum of
// Applied, Unchanged, Rejected and Duplicates.
type Batch struct {
	ID         string
	Sender     string
	Kind       string
	FileName   string
	SHA256     string // hex
	ReceivedAt Instant
	AsOf       Date
	State      string
	RowsRead   int
	Applied    int // changed the register
	Unchanged  int // said what the register already knew
	Rejected   int
	Duplicates int // said again what an earlier row of the same file said
}
