package report

import (
	"errors"
	"io"
	"strings"

	"meibo/pipeline"
)

// Statement is what is on file about one ID (要領§5(1)).
type Statement struct {
	Agent          pipeline.Agent
	Names          []pipeline.Name
	Qualifications []HeldQualification
	Registrations  []pipeline.Registration
}

// StatementName is the name of a person's statement of a day.
func StatementName(agentID string, day pipeline.Date) string {
	return "statement_" + NamePart(agentID) + "_" + day.String() + ".xlsx"
}

// PersonStatement writes statement_<ID>_<day>.xlsx for the person itself (要領
// §4(1)ア): 基本情報, qualifications and registrations as they are on file, without
// the three flags or anything made of them (§5(1)注). The birth date stands there
// only if m.Encrypted.
func PersonStatement(w io.Writer, m Meta, x Statement) (st Stats, err error) {
	defer wrap("statement", &err)
	b, err := newBook(m, "登載情報のお知らせ")
	if err != nil {
		return st, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	rows := b.statementRows(&x)
	for _, write := range []func() error{
		func() error { return b.statementBasics(rows) },
		func() error { return b.statementQualifications(&x) },
		func() error { return b.statementRegistrations(&x) },
	} {
		if err := write(); err != nil {
			return st, err
		}
	}
	return Stats{Rows: len(rows) + len(x.Qualifications) + len(x.Registrations)}, b.save(w)
}

func (b *book) statementRows(x *Statement) (rows [][2]string) {
	a := &x.Agent
	add := func(label, value string) {
		if value == "" {
			value = "（登載なし）"
		}
		rows = append(rows, [2]string{label, value})
	}
	add("募集人ID", a.ID)
	add("氏名", a.Name)
	add("氏名カナ", a.NameKana)
	add("旧氏名", names(&pipeline.Person{Agent: *a, Names: x.Names}, pipeline.NameFormer))
	if b.m.Encrypted {
		add(bornOn, a.BornOn.String())
	}
	add("性別", a.Sex)
	add("メールアドレス", a.Email)
	add("募集人ID取得日", a.IDAcquiredOn.String())
	return rows
}

func (b *book) statementBasics(rows [][2]string) error {
	l := layout{
		name: "基本情報", title: b.title, rows: len(rows),
		lines: []string{
			"ご本人からの請求により、募集人・資格情報システムに登載されている情報をお知らせします（取扱要領§4(1)）。",
			"事実と異なるところがあるときは、証明書類を添えて、所属代理店の代理申請会社または協会にお申し出ください（取扱要領§11(3)(4)）。",
		},
		columns: []column{{header: "項目", width: 24}, {header: "内容", width: 90}},
	}
	if !b.m.Encrypted {
		l.lines = append(l.lines, "このファイルは暗号化されないため、生年月日は記載していません。")
	}
	s, err := b.table(l)
	if err != nil {
		return err
	}
	for _, r := range rows {
		s.text(plain, r[0])
		s.wrap(plain, r[1])
		if err := s.end(); err != nil {
			return err
		}
	}
	return s.finish()
}

// saidOfNone is the line over a table that is empty.
func saidOfNone(rows int, line string) []string {
	if rows > 0 {
		return nil
	}
	return []string{line}
}

func (b *book) statementQualifications(x *Statement) error {
	columns := append(heldColumns(),
		column{header: "合格管理\nコード", width: 12},
		column{header: "資格取得\n会社", width: 20},
		column{header: "情報登載\n会社", width: 20},
		column{header: "登載日", width: 12, align: "center"},
	)
	s, err := b.table(layout{
		name: "資格情報", title: b.title + "　資格情報", rows: len(x.Qualifications), fixed: 2, filter: true,
		lines:  saidOfNone(len(x.Qualifications), "資格情報は登載されていません。"),
		legend: []legend{{notice, stateRenewal}, {alarm, stateLapsed}}, columns: columns,
	})
	if err != nil {
		return err
	}
	for i := range x.Qualifications {
		q := &x.Qualifications[i]
		s.held(q)
		s.text(plain, q.PassCode)
		s.wrap(plain, b.m.company(q.AcquiredAt))
		s.wrap(plain, b.m.company(q.PostedBy))
		s.date(plain, q.PostedOn)
		if err := s.end(); err != nil {
			return err
		}
	}
	return s.finish()
}

func (b *book) statementRegistrations(x *Statement) error {
	s, err := b.table(layout{
		name: "登録・届出情報", title: b.title + "　登録・届出情報", rows: len(x.Registrations), fixed: 2, filter: true,
		lines:  saidOfNone(len(x.Registrations), "登録・届出情報は登載されていません。"),
		legend: []legend{{muted, "廃止"}},
		columns: []column{
			{header: "代理店登録番号", width: 17},
			{header: "代理店名", width: 34},
			{header: "事務所所在地", width: 40},
			{header: "役割", width: 11, align: "center"},
			{header: "登録事由\n発生年月日", width: 13, align: "center"},
			{header: "廃止年月日", width: 12, align: "center"},
			{header: "代理申請会社", width: 20},
			{header: "非代理申請会社", width: 22},
			{header: "商品資格", width: 28},
			{header: "備考", width: 28},
		},
	})
	if err != nil {
		return err
	}
	for i := range x.Registrations {
		r := &x.Registrations[i]
		t := plain
		if !r.OpenOn(b.m.AsOf) {
			t = muted
		}
		s.text(t, r.AgencyNo)
		s.wrap(t, r.AgencyName)
		s.wrap(t, r.AgencyAddress)
		s.text(t, r.Role)
		s.date(t, r.OpenedOn)
		s.date(t, r.ClosedOn)
		s.wrap(t, b.m.company(r.LeadInsurer))
		s.wrap(t, b.m.companies(r.OtherInsurers))
		s.wrap(t, strings.ReplaceAll(r.Lines, " ", "・"))
		s.wrap(t, r.Note)
		if err := s.end(); err != nil {
			return err
		}
	}
	return s.finish()
}
