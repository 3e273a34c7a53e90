package pipeline

// What a 申出 asks for (区分).
const (
	DivisionCorrect = "訂正"
	DivisionDelete  = "削除"
)

// States of a version of a correction.
const (
	CorrectionReceived = "受付" // deletion of a whole record: it goes by the purge list
	CorrectionRouted   = "回送" // passed on to who may correct; open until they answer
	CorrectionApplied  = "適用" // in the register, and kept against older files
	CorrectionRefused  = "却下" // not what is on file; Reason is the code of the fault
	CorrectionReplaced = "更新" // was applied; a newer file or correction has another value
)

// Correction is one version of a 申出 to correct or delete what is on file of a
// person (要領 §4(5)ア, §11(3)–(5)). The key of the 申出 is AgentID, ReceiptNo,
// Item and Target; a version never changes, what happens next is the next one.
type Correction struct {
	AgentID   string
	ReceiptNo string // 受付番号
	Item      string // 項目 as its layout heads it; empty: the whole record
	Target    string // 対象 in one spelling: 資格種類コード+合格番号, or 代理店登録番号
	No        int    // of the version, from 1

	Division   string // DivisionCorrect or DivisionDelete
	Before     string // 訂正前, as written
	After      string // 訂正後, as written
	Proof      string // 証明書類
	On         Date   // 申出日
	ReceivedBy string // 受付者
	Sender     string
	State      string
	Since      Date   // as-of day from which the state stands
	Reason     string // of CorrectionRefused: code of the fault

	// What the item was found in: 資格種類コード and 合格番号, or 代理店登録番号,
	// 役割 and the opening that the events say. Empty while routed.
	TargetCode string
	TargetNo   string
	TargetOn   Date

	From Provenance
}

// CorrectionKey names one 申出 of one thing.
type CorrectionKey struct{ AgentID, ReceiptNo, Item, Target string }

// Key names the 申出 that c is a version of.
func (c *Correction) Key() CorrectionKey {
	return CorrectionKey{c.AgentID, c.ReceiptNo, c.Item, c.Target}
}

// WholeRecord reports whether the person asks for the deletion of everything
// (要領 §4(5)ア).
func (c *Correction) WholeRecord() bool { return c.Division == DivisionDelete && c.Item == "" }

// Open reports whether somebody still has to answer: the person is on hold. A
// whole deletion that was received is no hold but a row of the purge list.
func (c *Correction) Open() bool { return c.State == CorrectionRouted }

// SameRequest reports whether o, from a file or on file, says what c says that is on
// file, whatever became of it; see SameText.
func (c *Correction) SameRequest(o *Correction) bool {
	return c.Key() == o.Key() && c.Division == o.Division && c.On == o.On && c.Sender == o.Sender &&
		SameText(c.Before, o.Before) && SameText(c.After, o.After) && SameText(c.Proof, o.Proof) && SameText(c.ReceivedBy, o.ReceivedBy)
}

// NewestVersions returns the newest version of each 申出, in the order in which
// the 申出 first stand in versions.
func NewestVersions(versions []Correction) []Correction {
	at := make(map[CorrectionKey]int, len(versions))
	var out []Correction
	for _, c := range versions {
		i, found := at[c.Key()]
		switch {
		case !found:
			at[c.Key()] = len(out)
			out = append(out, c)
		case c.No > out[i].No:
			out[i] = c
		}
	}
	return out
}
