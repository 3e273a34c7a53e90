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

// NotOnFile warns where the register holds nobody of an ID whose row is kept
// all the same.
func NotOnFile(known bool) []*pipeline.Fault {
	if known {
		return nil
	}
	return []*pipeline.Fault{mergeFault(CodeAgentNotOnFile)}
}

// NotTheirCompany refuses a manager whom another insurer than their own sends.
func NotTheirCompany() *pipeline.Fault { return mergeFault(CodeNotTheirCompany) }

// SpecialManagerTwice refuses rows about one 特別管理者 that contradict each other.
func SpecialManagerTwice() *pipeline.Fault { return mergeFault(CodeSpecialManagerTwice) }
