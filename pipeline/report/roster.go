package report

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"meibo/pipeline"
)

// Roster is one agency with its people as of a day.
type Roster struct {
	Agency    pipeline.Agency
	LeadName  string // 代理申請会社 as people call it; may be empty
	Entries   []RosterEntry
	Elsewhere int // people whose registration there is another insurer's, and who are not listed
}

// RosterEntry is one registration open at the agency, with what its person holds.
type RosterEntry struct {
	Registration   pipeline.Registration
	Name           string
	BornOn         pipeline.Date
	State          string   // 募集可, 募集不可 or 未登録, of this ID alone
	Lines          []string // that may be sold
	Qualifications []HeldQualification
}

// HeldQualification is one qualification with its state on the day.
type HeldQualification struct {
	pipeline.Qualification
	KindName         string
	State            string
	Last             pipeline.Date // last valid day; empty: without end, or withdrawn
	NextExam         pipeline.YearMonth
	NextExamComputed bool
}

// ErrOtherAgency says that a roster would have listed somebody of another agency.
var ErrOtherAgency = errors.New("a registration of another agency")

// RosterName is the name of an agency's roster of a day.
func RosterName(agencyNo string, day pipeline.Date) string {
	return "agency-roster_" + NamePart(agencyNo) + "_" + day.String() + ".xlsx"
}

// AgencyRoster writes agency-roster_<agency_no>_<day>.xlsx, the 代理店登録関係事項
// 照合表 (要領§4(3)): who is registered at the agency and what they hold, and a
// sheet of the qualifications. It shows the one ID alone, since that somebody has
// another would tell an operator's flag (§5(1)注), and birth dates only if
// m.Encrypted. An entry of another agency stops the report.
func AgencyRoster(w io.Writer, m Meta, r Roster) (st Stats, err error) {
	defer wrap("agency roster", &err)
	for i := range r.Entries {
		if r.Entries[i].Registration.AgencyNo != r.Agency.No {
			return st, ErrOtherAgency
		}
	}
	b, err := newBook(m, "代理店登録関係事項照合表")
	if err != nil {
		return st, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	for _, write := range []func(*Roster) error{b.rosterPeople, b.rosterQualifications} {
		if err := write(&r); err != nil {
			return st, err
		}
	}
	return Stats{Rows: len(r.Entries)}, b.save(w)
}

func (r *Roster) about() string {
	lead := r.Agency.LeadInsurer
	if r.LeadName != "" {
		lead = r.LeadName + "（" + lead + "）"
	}
	return joined("　｜　",
		"代理店登録番号 "+r.Agency.No, "代理店名 "+r.Agency.Name, "事務所所在地 "+r.Agency.Address,
		"代理申請会社 "+lead, "非代理申請会社 "+orNone(strings.ReplaceAll(r.Agency.OtherInsurers, " ", "、")),
	)
}

func orNone(s string) string {
	if s == "" {
		return "なし"
	}
	return s
}

func (b *book) rosterPeople(r *Roster) error {
	l := layout{
		name: "照合表", title: b.title, rows: len(r.Entries), fixed: 3, filter: true,
		legend: []legend{{alarm, blocked}},
		lines: []string{
			r.about(),
			"登録・届出の内容に相違があるときは、照合結果と備考にご記入のうえ、証明書類を添えて代理申請会社にお申し出ください（取扱要領§11(3)）。",
		},
		columns: []column{
			{header: "募集人ID", width: 13},
			{header: "氏名", width: 18},
			{header: "生年月日", width: 12, align: "center"},
			{header: "役割", width: 10, align: "center"},
			{header: "登録事由\n発生年月日", width: 12, align: "center"},
			{header: "廃止年月日", width: 12, align: "center"},
			{header: "非代理\n申請会社", width: 12},
			{header: "商品資格", width: 31},
			{header: "募集人の\n状態", width: 10, align: "center"},
			{header: "募集できる商品", width: 31},
			{header: "有効な\n資格", width: 8},
			{header: "最初に来る\n有効期限", width: 12, align: "center"},
			{header: "照合結果", width: 11, align: "center", input: true, choices: []string{"相違なし", "相違あり"}},
			{header: "備考", width: 20, input: true},
		},
	}
	if r.Elsewhere > 0 {
		l.lines = append(l.lines, fmt.Sprintf("このほか、代理申請会社が異なる登録が %s 件あります。その保険会社の照合表をご覧ください。", thousands(r.Elsewhere)))
	}
	s, err := b.table(l)
	if err != nil {
		return err
	}
	for i := range r.Entries {
		if err := s.rosterEntry(&r.Entries[i]); err != nil {
			return err
		}
	}
	return s.finish()
}

func (s *sheet) rosterEntry(e *RosterEntry) error {
	reg := &e.Registration
	s.text(plain, reg.AgentID)
	s.text(plain, e.Name)
	s.date(plain, e.BornOn)
	s.text(plain, reg.Role)
	s.date(plain, reg.OpenedOn)
	s.date(plain, reg.ClosedOn)
	s.wrap(plain, strings.ReplaceAll(reg.OtherInsurers, " ", "、"))
	s.wrap(plain, strings.ReplaceAll(reg.Lines, " ", "・"))
	s.text(standingTone(e.State), e.State)
	s.wrap(plain, strings.Join(e.Lines, "・"))
	valid, first := 0, pipeline.Date(0)
	for _, q := range e.Qualifications {
		if !q.valid(s.b.m.AsOf) {
			continue
		}
		valid++
		if !q.Last.IsZero() && (first.IsZero() || q.Last < first) {
			first = q.Last
		}
	}
	s.count(plain, valid)
	s.date(plain, first)
	s.input("")
	s.input("")
	return s.end()
}

func (q *HeldQualification) valid(day pipeline.Date) bool {
	return q.OnFile() && (q.Unlimited || q.State == stateUnlimited || !q.Last.IsZero() && day <= q.Last)
}

const (
	stateUnlimited = "無期限"
	stateLapsed    = "失効"
	stateRenewal   = "更新時期"
)

// heldColumns show one qualification, wherever one stands.
func heldColumns() []column {
	return []column{
		{header: "資格種類\nコード", width: 9, align: "center"},
		{header: "資格名", width: 28},
		{header: "合格番号", width: 16},
		{header: "合格判定日", width: 12, align: "center"},
		{header: "有効期限", width: 12, align: "center"},
		{header: "資格の状態", width: 12, align: "center"},
		{header: "次回受験\n予定年月", width: 15, align: "center"},
	}
}

func (s *sheet) held(q *HeldQualification) {
	s.text(plain, q.Code)
	s.text(plain, q.KindName)
	s.text(plain, q.CertificateNo)
	s.date(plain, q.JudgedOn)
	if q.State == stateUnlimited {
		s.text(plain, stateUnlimited)
	} else {
		s.date(plain, q.Last)
	}
	s.text(map[string]tone{stateLapsed: alarm, stateRenewal: notice}[q.State], q.State)
	if q.NextExam == 0 {
		s.text(plain, "")
	} else if q.NextExamComputed {
		s.month(asMonthC, plain, q.NextExam)
	} else {
		s.month(asMonth, plain, q.NextExam)
	}
}

func (b *book) rosterQualifications(r *Roster) error {
	rows, seen := 0, map[string]bool{}
	for i := range r.Entries {
		if e := &r.Entries[i]; !seen[e.Registration.AgentID] {
			seen[e.Registration.AgentID] = true
			rows += len(e.Qualifications)
		}
	}
	s, err := b.table(layout{
		name: "資格", title: b.title + "　資格", rows: rows, fixed: 2, filter: true,
		legend:  []legend{{notice, stateRenewal}, {alarm, stateLapsed}},
		lines:   []string{r.about()},
		columns: append([]column{{header: "募集人ID", width: 13}, {header: "氏名", width: 18}}, heldColumns()...),
	})
	if err != nil {
		return err
	}
	clear(seen)
	for i := range r.Entries {
		e := &r.Entries[i]
		if seen[e.Registration.AgentID] { // registered in another role too
			continue
		}
		seen[e.Registration.AgentID] = true
		for k := range e.Qualifications {
			s.text(plain, e.Registration.AgentID)
			s.text(plain, e.Name)
			s.held(&e.Qualifications[k])
			if err := s.end(); err != nil {
				return err
			}
		}
	}
	return s.finish()
}
