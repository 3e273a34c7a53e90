package intake

import (
	"slices"

	"meibo/pipeline"
)

// recordKind ties the columns of a layout to a record of the register.
type recordKind struct {
	fields []field
	check  func(*decoder)          // what columns together show
	set    func(*decoder, *Record) // sets Value, Name and BornOn of a good row
}

// field is a column that a record kind needs, by its key and the shape of its value.
type field struct{ key, shape string }

const (
	aText  = "text"
	aDate  = "a date"
	aMonth = "a month"
	aFlag  = "a flag"

	aNumber = "a number"
)

func recordKindOf(name string) (recordKind, bool) {
	switch name {
	case RecordAgent:
		return recordKind{agentFields, checkAgent, setAgent}, true
	case RecordExamResult:
		return recordKind{examFields, checkExam, setExam}, true
	case RecordRegistration:
		return recordKind{registrationFields, checkRegistration, setRegistration}, true
	case RecordActivity:
		return recordKind{activityFields, func(*decoder) {}, setActivity}, true
	case RecordBulkInquiry:
		return recordKind{bulkFields, checkBulk, setValues}, true
	case RecordCorrection:
		return recordKind{correctionFields, checkCorrection, setCorrection}, true
	case RecordReview:
		return recordKind{reviewFields, checkReview, setValues}, true
	case RecordValues:
		return recordKind{nil, func(*decoder) {}, setValues}, true
	}
	return recordKind{}, false
}

// text, date, month and flag read a field of the record kind from the row.
func (d *decoder) text(field int) string { return d.vals[d.layout.fields[field]].text }

func (d *decoder) date(field int) pipeline.Date {
	return pipeline.Date(d.vals[d.layout.fields[field]].n)
}

func (d *decoder) month(field int) pipeline.YearMonth {
	return pipeline.YearMonth(d.vals[d.layout.fields[field]].n)
}

func (d *decoder) flag(field int) pipeline.Flag {
	return pipeline.Flag(d.vals[d.layout.fields[field]].n)
}

// blame notes a fault of a field.
func (d *decoder) blame(field int, f *Finding) { d.fault(d.layout.fields[field], f) }

// Fields of agents.
const (
	agentID = iota
	agentName
	agentNameKana
	agentFormerName
	agentBornOn
	agentSex
	agentEmail
	agentIDAcquiredOn
	agentSuspended
)

var agentFields = []field{
	agentID: {"agent_id", aText}, agentName: {"name", aText}, agentNameKana: {"name_kana", aText},
	agentFormerName: {"former_name", aText}, agentBornOn: {"born_on", aDate}, agentSex: {"sex", aText},
	agentEmail: {"email", aText}, agentIDAcquiredOn: {"id_acquired_on", aDate}, agentSuspended: {"suspended", aFlag},
}

func checkAgent(d *decoder) {
	// Without the column there is nothing to say row by row.
	i := d.layout.fields[agentIDAcquiredOn]
	if d.at[i] >= 0 && !d.wrote(i) && !d.blamed(d.layout.Columns[i].Key) {
		d.fault(i, doubtful(CodeIDAcquiredMissing,
			"空です。この人のID取得日がまだ登録されていなければ、登載情報の管理期間（取扱要領 §10 No.2）は判定不能になります。わかり次第、書いて送り直してください。",
			"empty: unless the register has it already, the retention of this person (§10 No.2) cannot be judged; send it once it is known"))
	}
}

func setAgent(d *decoder, r *Record) {
	r.Name, r.BornOn = d.text(agentName), d.date(agentBornOn)
	r.Value = &pipeline.Agent{
		ID:           d.text(agentID),
		Name:         r.Name,
		NameKana:     d.text(agentNameKana),
		FormerName:   d.text(agentFormerName),
		BornOn:       r.BornOn,
		Sex:          d.text(agentSex),
		Email:        d.text(agentEmail),
		IDAcquiredOn: d.date(agentIDAcquiredOn),
		Suspended:    d.flag(agentSuspended),
	}
}

// Fields of exam-results.
const (
	examAgentID = iota
	examName
	examBornOn
	examCode
	examPassCode
	examResult
	examJudgedOn
	examExpiresOn
	examNextExam
	examCertificateNo
	examAcquiredAt
	examPostedBy
	examPostedOn
)

var examFields = []field{
	examAgentID: {"agent_id", aText}, examName: {"name", aText}, examBornOn: {"born_on", aDate},
	examCode: {"qualification", aText}, examPassCode: {"pass_code", aText}, examResult: {"result", aText},
	examJudgedOn: {"judged_on", aDate}, examExpiresOn: {"expires_on", aDate}, examNextExam: {"next_exam", aMonth},
	examCertificateNo: {"certificate_no", aText}, examAcquiredAt: {"acquired_at", aText},
	examPostedBy: {"posted_by", aText}, examPostedOn: {"posted_on", aDate},
}

func checkExam(d *decoder) {
	result, code := d.text(examResult), d.text(examCode)
	judged, expires, posted := d.date(examJudgedOn), d.date(examExpiresOn), d.date(examPostedOn)
	onFile := result == pipeline.ResultPassed || result == pipeline.ResultCompleted

	kind, known := d.env.Kinds[code]
	if code != "" && !known {
		d.blame(examCode, bad(CodeUnknownQualification,
			"資格種類の一覧にないコードです。コードを確かめてください。",
			"not in the list of qualification codes; check it"))
	}
	if expires != 0 && judged != 0 && expires < judged {
		d.blame(examExpiresOn, bad(CodeExpiryBeforeJudged,
			"合格判定日より前の日付です。合格判定日と資格有効期限年月日を確かめてください。",
			"lies before the day of judgement; check both dates"))
	} else if onFile && known && judged != 0 {
		d.compareExpiry(kind, judged, expires)
	}
	if onFile && known && judged != 0 && judged < kind.JudgedFrom {
		d.blame(examJudgedOn, doubtful(CodeJudgedTooEarly,
			"この資格種類の合格判定日は"+kind.JudgedFrom.String()+"以後のはずです。資格種類コードと合格判定日を確かめてください。",
			"passes of this kind are judged on or after "+kind.JudgedFrom.String()+"; check code and date"))
	}
	if posted != 0 && judged != 0 && posted < judged {
		d.blame(examPostedOn, bad(CodePostedBeforeJudged,
			"合格判定日より前の日付です。合格判定日と登載日を確かめてください。",
			"lies before the day of judgement; check both dates"))
	}
	if d.env.Initial && onFile && posted == 0 && !d.blamed("posted_on") {
		d.blame(examPostedOn, bad(CodePostedMissing,
			"初回の取り込みでは登載日が必須です（空のままでは管理期間の10年が今日から数え直しになります）。登載日を書いてください。",
			"required in the first load, or ten years would start anew today; write it"))
	}
}

// compareExpiry warns where the supplied end is not the one by rule. The
// supplied one is kept all the same.
func (d *decoder) compareExpiry(kind Kind, judged, expires pipeline.Date) {
	unlimited := d.text(examExpiresOn) != ""
	if kind.Expiry == nil || expires == 0 && !unlimited {
		return
	}
	if rule := kind.Expiry(judged); rule != expires {
		end := rule.String()
		if rule == 0 {
			end = "無期限"
		}
		d.blame(examExpiresOn, doubtful(CodeExpiryDiffers,
			"資格種類ごとの規則で計算した期限（"+end+"）と異なります。書かれた期限のまま取り込みましたが、確かめてください。",
			"differs from the end by rule, "+end+"; it was taken as written, but check it"))
	}
}

func setExam(d *decoder, r *Record) {
	r.Name, r.BornOn = d.text(examName), d.date(examBornOn)
	r.Value = &ExamResult{
		AgentID:       d.text(examAgentID),
		Name:          r.Name,
		BornOn:        r.BornOn,
		Code:          d.text(examCode),
		PassCode:      d.text(examPassCode),
		Result:        d.text(examResult),
		JudgedOn:      d.date(examJudgedOn),
		ExpiresOn:     d.date(examExpiresOn),
		Unlimited:     d.text(examExpiresOn) != "",
		NextExam:      d.month(examNextExam),
		CertificateNo: d.text(examCertificateNo),
		AcquiredAt:    d.text(examAcquiredAt),
		PostedBy:      d.text(examPostedBy),
		PostedOn:      d.date(examPostedOn),
	}
}

// Fields of registrations.
const (
	regLeadInsurer = iota
	regOtherInsurers
	regAgencyNo
	regAgencyName
	regAgencyAddress
	regAgentID
	regName
	regBornOn
	regRole
	regEvent
	regOn
	regClosedOn
	regLines
	regNote
)

var registrationFields = []field{
	regLeadInsurer: {"lead_insurer", aText}, regOtherInsurers: {"other_insurers", aText},
	regAgencyNo: {"agency_no", aText}, regAgencyName: {"agency_name", aText}, regAgencyAddress: {"agency_address", aText},
	regAgentID: {"agent_id", aText}, regName: {"name", aText}, regBornOn: {"born_on", aDate},
	regRole: {"role", aText}, regEvent: {"event", aText}, regOn: {"event_on", aDate},
	regClosedOn: {"closed_on", aDate}, regLines: {"lines", aText}, regNote: {"note", aText},
}

// checkRegistration looks only at rows that open an interval: whether a 廃止
// comes before its registration is for the register to say.
func checkRegistration(d *decoder) {
	event, on, closed := d.text(regEvent), d.date(regOn), d.date(regClosedOn)
	if (event == pipeline.EventRegister || event == pipeline.EventNotify) && closed != 0 && closed < on {
		d.blame(regClosedOn, bad(CodeClosedBeforeOpened,
			"登録事由発生年月日より前の日付です。登録事由発生年月日と廃止年月日を確かめてください。",
			"lies before the registration begins; check both dates"))
	}
}

func setRegistration(d *decoder, r *Record) {
	r.Name, r.BornOn = d.text(regName), d.date(regBornOn)
	r.Value = &pipeline.RegistrationEvent{
		AgencyNo:      d.text(regAgencyNo),
		AgentID:       d.text(regAgentID),
		Role:          d.text(regRole),
		Event:         d.text(regEvent),
		On:            d.date(regOn),
		ClosedOn:      d.date(regClosedOn),
		LeadInsurer:   d.text(regLeadInsurer),
		OtherInsurers: d.text(regOtherInsurers),
		AgencyName:    d.text(regAgencyName),
		AgencyAddress: d.text(regAgencyAddress),
		Lines:         d.text(regLines),
		Note:          d.text(regNote),
		Sender:        d.env.Sender,
	}
}

// Fields of activities.
const (
	activityAgentID = iota
	activityKind
	activityOn
	activityActor
)

var activityFields = []field{
	activityAgentID: {"agent_id", aText}, activityKind: {"activity", aText},
	activityOn: {"occurred_on", aDate}, activityActor: {"actor", aText},
}

func setActivity(d *decoder, r *Record) {
	r.Value = &pipeline.Activity{
		AgentID: d.text(activityAgentID),
		On:      d.date(activityOn),
		Kind:    d.text(activityKind),
		Actor:   d.text(activityActor),
	}
}

func setValues(d *decoder, r *Record) {
	r.Value = &Values{d.layout, slices.Clone(d.vals)}
}
