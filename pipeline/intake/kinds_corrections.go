package intake

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"meibo/pipeline"
)

// Codes of faults that a row of corrections shows by itself.
const (
	CodeCorrectionItemUnknown   pipeline.Code = "correction-item-unknown"
	CodeCorrectionItemFixed     pipeline.Code = "correction-item-fixed"
	CodeCorrectionTargetMissing pipeline.Code = "correction-target-missing"
	CodeCorrectionNothing       pipeline.Code = "correction-nothing"
)

// Fields of corrections.
const (
	corrReceiptNo = iota
	corrAgentID
	corrDivision
	corrItem
	corrTarget
	corrBefore
	corrAfter
	corrProof
	corrOn
	corrReceivedBy
)

var correctionFields = []field{
	corrReceiptNo: {"receipt_no", aText}, corrAgentID: {"agent_id", aText}, corrDivision: {"division", aText},
	corrItem: {"item", aText}, corrTarget: {"target", aText}, corrBefore: {"value_before", aText},
	corrAfter: {"value_after", aText}, corrProof: {"proof", aText}, corrOn: {"requested_on", aDate},
	corrReceivedBy: {"received_by", aText},
}

// checkCorrection sees to it that the row names something that can be corrected
// and that its values are values of that. Whether they are those on file is for
// the register to say.
func checkCorrection(d *decoder) {
	text, division := d.text(corrItem), d.text(corrDivision)
	if text == "" && division == pipeline.DivisionDelete && d.text(corrTarget)+d.text(corrBefore)+d.text(corrAfter) != "" {
		// Half a row must not ask for the deletion of a whole person.
		d.blame(corrItem, bad(CodeRequired,
			"「対象」「訂正前」「訂正後」のどれかが書かれていますが、「項目」が空です。資格や登録などの一部を削除するときは項目を書いてください。記録全体の削除を申し出るときは、この3つの欄を空にしてください。",
			"the item is missing though a target or a value is written; write the item, or empty those to ask for the deletion of the whole record"))
	}
	if text == "" || division == "" {
		return
	}
	item, known := d.env.Items.Find(text)
	switch {
	case !known, item.Key == "" && division == pipeline.DivisionCorrect:
		d.blame(corrItem, bad(CodeCorrectionItemUnknown,
			"訂正・削除できる項目名ではありません。募集人基本情報、試験結果・資格情報、登録・届出のどれかの見出し（例: 氏名、合格判定日、廃止年月日）を書いてください。",
			"no item of the register; write a header of agents, exam-results or registrations, such as 氏名, 合格判定日 or 廃止年月日"))
		return
	case item.Fixed && !(division == pipeline.DivisionDelete && item.Of != RecordAgent),
		division == pipeline.DivisionDelete && item.Of == RecordAgent && !item.Optional():
		d.blame(corrItem, fixedItem(item))
		return
	case item.Of != RecordAgent && d.text(corrTarget) == "" && !d.blamed("target"):
		d.blame(corrTarget, bad(CodeCorrectionTargetMissing,
			"どの資格・登録のことかを示す「対象」が空です。資格は「資格種類コード+合格番号」、登録は「代理店登録番号」を書いてください。",
			"which qualification or registration is meant; write code+certificate number, or the agency's number"))
	}
	if _, known := d.env.Kinds[foldID(d.text(corrAfter))]; item.Key == "qualification" && d.text(corrAfter) != "" && !known {
		d.blame(corrAfter, bad(CodeUnknownQualification,
			"資格種類の一覧にないコードです。コードを確かめてください。",
			"not in the list of qualification codes; check it"))
	}
	d.checkValues(item, division)
}

func fixedItem(item Item) *Finding {
	what := "この項目は申出では訂正・削除できません。"
	switch {
	case item.Of == RecordRegistration:
		what += "登録・届出のファイルで送り直すか、対象の登録を「削除」して、正しい内容で届け出てください。"
	case item.Of == RecordExamResult:
		what += "試験結果・資格情報のファイルで送り直してください。"
	case item.Key == "agent_id":
		what += "募集人IDを誤って取得した場合は、項目を空にした「削除」で申し出てください。"
	case item.Key == "suspended":
		what += "強制停止は運営者の措置で（要領§5(1)注）、本人の申出で訂正する登載情報（要領§11(3)）ではありません。協会が募集人基本情報のファイルで変更します。"
	case item.column == nil:
		what += "運営者のためのフラグで（要領§5(1)注）、プログラムが計算する項目です。元になる資格情報や登録を訂正してください。"
	default:
		what += "項目と区分を確かめてください。"
	}
	return bad(CodeCorrectionItemFixed, what, "no request changes this item; send the right data in a file of its own kind, or check item and division")
}

// checkValues reads 訂正前 and 訂正後 as values of the item.
func (d *decoder) checkValues(item Item, division string) {
	before, f := item.Read(d.text(corrBefore), d.env.AsOf)
	if f != nil {
		d.blame(corrBefore, f)
	}
	after, g := item.Read(d.text(corrAfter), d.env.AsOf)
	if g != nil {
		d.blame(corrAfter, g)
	}
	if division != pipeline.DivisionCorrect || f.IsError() || g.IsError() || d.blamed("value_before") || d.blamed("value_after") {
		return
	}
	switch {
	case after == "" && !item.Optional():
		d.blame(corrAfter, emptyRequired())
	case after == before:
		d.blame(corrAfter, bad(CodeCorrectionNothing,
			"訂正前と訂正後が同じです。正しい値を書いてください。", "the values before and after are the same; write the right one"))
	}
}

func setCorrection(d *decoder, r *Record) {
	c := &pipeline.Correction{
		AgentID: d.text(corrAgentID), ReceiptNo: d.text(corrReceiptNo), Target: oneTarget(d.text(corrTarget)),
		Division: d.text(corrDivision), Before: d.text(corrBefore), After: d.text(corrAfter),
		Proof: d.text(corrProof), On: d.date(corrOn), ReceivedBy: d.text(corrReceivedBy), Sender: d.env.Sender,
	}
	if item, ok := d.env.Items.Find(d.text(corrItem)); ok && d.text(corrItem) != "" {
		c.Item = item.Header
		if item.Of == RecordAgent {
			c.Target = "" // there is one of them
		}
	} else {
		c.Target = ""
	}
	r.Value = c
}

// oneTarget brings 対象 to one spelling: its parts as IDs, joined by +.
func oneTarget(text string) string {
	parts := strings.FieldsFunc(norm.NFKC.String(text), func(r rune) bool {
		return isBlank(r) || strings.ContainsRune("+/,;:、・\n\r", r)
	})
	for i, p := range parts {
		parts[i] = foldID(p)
	}
	return strings.Join(parts, "+")
}
