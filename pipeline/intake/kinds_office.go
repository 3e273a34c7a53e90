package intake

import "meibo/pipeline"

// Fields of bulk-inquiries.
const (
	bulkAgentID = iota
	bulkName
	bulkNameKana
	bulkBornOn
	bulkCertificateNo
)

var bulkFields = []field{
	bulkAgentID: {"agent_id", aText}, bulkName: {"name", aText}, bulkNameKana: {"name_kana", aText},
	bulkBornOn: {"born_on", aDate}, bulkCertificateNo: {"certificate_no", aText},
}

// checkBulk asks for enough to look for one person by (要領 §11(1)).
func checkBulk(d *decoder) {
	for _, f := range bulkFields {
		if d.blamed(f.key) {
			return // what is missing may be what could not be read
		}
	}
	named := d.text(bulkName) != "" || d.text(bulkNameKana) != "" || d.text(bulkCertificateNo) != ""
	if d.text(bulkAgentID) != "" || d.date(bulkBornOn) != 0 && named {
		return
	}
	d.blame(bulkAgentID, bad(CodeInquiryTooVague,
		"照会の条件が足りません。募集人ID、生年月日と氏名（または氏名カナ）、合格番号と生年月日のどれかの組を書いてください。",
		"not enough to look for anybody; give an agent ID, a birth date with a name or its kana, or a certificate number with a birth date"))
}

// Fields of reviews.
const (
	reviewListNo = iota
	reviewAgentID
	reviewAgentA
	reviewAgentB
	reviewVerdict
)

var reviewFields = []field{
	reviewListNo: {"list_no", aNumber}, reviewAgentID: {"agent_id", aText},
	reviewAgentA: {"agent_id_a", aText}, reviewAgentB: {"agent_id_b", aText}, reviewVerdict: {"verdict", aText},
}

// checkReview sees to it that a verdict is one of its list and has a subject. A
// row without a verdict is undecided and says nothing.
func checkReview(d *decoder) {
	verdict, fits := d.text(reviewVerdict), false
	if verdict == "" {
		return
	}
	a, b := d.text(reviewAgentA), d.text(reviewAgentB)
	switch {
	case a != "" || b != "":
		fits = a != "" && b != "" && a != b && (verdict == "同一人" || verdict == "別人" || verdict == "保留")
	default:
		fits = d.text(reviewAgentID) != "" && d.wrote(d.layout.fields[reviewListNo]) &&
			(verdict == "承認" || verdict == "保留" || verdict == "解除")
	}
	if !fits {
		d.blame(reviewVerdict, bad(CodeReviewMisplaced,
			"この審査リストでは使えない判定か、対象を示す列（募集人ID、リスト番号など）が空です。審査リストの行と見出しはそのままにして、判定・理由・審査者だけを書いてください。",
			"a verdict that this list does not know, or no subject; leave rows and headers of the list as they are and fill in verdict, reason and reviewer only"))
	}
}

// Against is the fault of that code that the register holds against a row.
func Against(code pipeline.Code) *pipeline.Fault { return mergeFault(code) }

// NotOnFile warns where the register holds nobody of an ID whose row is kept
// all the same.
func NotOnFile(known bool) []*pipeline.Fault {
	if known {
		return nil
	}
	return []*pipeline.Fault{mergeFault(CodeAgentNotOnFile)}
}
