package synth

import (
	"strings"

	"meibo/pipeline"
)

// Senders that are not insurers.
const (
	association   = "association"
	examCenter    = "exam-center"
	contactCenter = "contact-center"
)

// kind is a kind of input file with its columns, in the order of the contract.
type kind struct {
	name    string
	headers []string
	series  string // sets files of one sender and kind apart: stands in the file name
	file    string // the file name without its ending, where it does not follow the pattern
	order   []int  // columns of the file, by their place in headers; nil: all, in order
}

// arrange puts the cells of a row in the order of the file.
func (k kind) arrange(cells []cell) []cell {
	if k.order == nil || len(cells) != len(k.headers) {
		return cells
	}
	out := make([]cell, len(k.order))
	for i, c := range k.order {
		out[i] = cells[c]
	}
	return out
}

// of returns the kind for a further series of files.
func (k kind) of(series string, order ...int) kind {
	k.series, k.order = series, order
	return k
}

// The kinds that are generated.
var (
	agents = kind{name: "agents", headers: []string{
		"募集人ID", "氏名", "氏名カナ", "旧氏名", "生年月日", "性別", "メールアドレス", "ID取得日", "強制停止フラグ",
	}}
	exams = kind{name: "exam-results", headers: []string{
		"募集人ID", "氏名", "生年月日", "資格種類コード", "合格管理コード", "合否", "合格判定日", "資格有効期限年月日",
		"次回受験予定年月", "合格番号", "資格取得会社", "情報登載会社", "登載日",
	}}
	registrations = kind{name: "registrations", headers: []string{
		"代理申請会社", "非代理申請会社", "代理店登録番号", "代理店名", "事務所所在地", "募集人ID", "氏名", "生年月日", "役割",
		"登録事由", "登録事由発生年月日", "廃止年月日", "商品資格", "備考",
	}}
	activities = kind{name: "activities", headers: []string{"募集人ID", "区分", "発生日", "実施者"}}
)

// cell is one value before a file decides how to write it.
type cell struct {
	text string
	day  pipeline.Date // a date, written in the style of the file; text is then ignored
	num  bool          // text is a number, and a number in workbooks
}

func text(s string) cell        { return cell{text: s} }
func date(d pipeline.Date) cell { return cell{day: d} }

func texts(ss ...string) []cell {
	cells := make([]cell, len(ss))
	for i, s := range ss {
		cells[i].text = s
	}
	return cells
}

func agentCells(a pipeline.Agent) []cell {
	stop := ""
	switch a.Suspended {
	case pipeline.FlagYes:
		stop = "1"
	case pipeline.FlagNo:
		stop = "0"
	}
	return []cell{
		text(a.ID), text(a.Name), text(a.NameKana), text(a.FormerName), date(a.BornOn), text(a.Sex), text(a.Email),
		date(a.IDAcquiredOn), text(stop),
	}
}

func examCells(a pipeline.Agent, q pipeline.Qualification) []cell {
	expires := date(q.ExpiresOn)
	if q.Unlimited {
		expires = text("無期限")
	}
	return []cell{
		text(q.AgentID), text(a.Name), date(a.BornOn), text(q.Code), text(q.PassCode), text(q.Result), date(q.JudgedOn),
		expires, text(q.NextExam.String()), text(q.CertificateNo), text(q.AcquiredAt), text(q.PostedBy), date(q.PostedOn),
	}
}

func eventCells(a pipeline.Agent, e pipeline.RegistrationEvent) []cell {
	return []cell{
		text(e.LeadInsurer), text(e.OtherInsurers), text(e.AgencyNo), text(e.AgencyName), text(e.AgencyAddress),
		text(e.AgentID), text(a.Name), date(a.BornOn), text(e.Role), text(e.Event), date(e.On), date(e.ClosedOn),
		text(e.Lines), text(e.Note),
	}
}

func activityCells(a pipeline.Activity) []cell {
	return []cell{text(a.AgentID), text(a.Kind), date(a.On), text(a.Actor)}
}

// examSender returns who delivers the result: insurers their own exams, the
// exam center all others.
func examSender(q pipeline.Qualification) string {
	if q.Code == "C01" && q.PostedBy != "" {
		return q.PostedBy
	}
	return examCenter
}

// activitySender returns who delivers the use: inquiries come from the contact
// center, some checks from the insurers, all else from the association.
func activitySender(a pipeline.Activity) string {
	switch {
	case a.Kind == pipeline.ActivityInquiry:
		return contactCenter
	case strings.HasPrefix(a.Kind, "受験申込") && a.Actor != "":
		return a.Actor
	}
	return association
}
