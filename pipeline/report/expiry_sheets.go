package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"meibo/pipeline"
)

func stepLegend() (all []legend) {
	for i, name := range stepNames[:stepLater] {
		all = append(all, legend{stepTones[i], name})
	}
	return all
}

func (e *expiry) detailLayout() layout {
	return layout{
		name: "明細", title: "資格有効期限　明細（有効期限順）", rows: e.details.count, fixed: 2, filter: true, legend: stepLegend(),
		columns: []column{
			{header: "段階", width: 9, align: "center"},
			{header: "有効期限", width: 11, align: "center"},
			{header: "残日数", width: 8},
			{header: "代理店\n登録番号", width: 12},
			{header: "代理店名", width: 26},
			{header: "募集人ID", width: 12},
			{header: "氏名", width: 15},
			{header: "資格種類\nコード", width: 9, align: "center"},
			{header: "資格名", width: 19},
			{header: "合格番号", width: 15},
			{header: "合格判定日", width: 11, align: "center"},
			{header: "資格の\n状態", width: 9, align: "center"},
			{header: "期限の\n根拠", width: 8, align: "center"},
			{header: "次回受験\n予定年月", width: 15, align: "center"},
			{header: "募集人の\n状態", width: 9, align: "center"},
			{header: "募集できる商品", width: 32},
			{header: "本人単位の状態\n（同一人の全ID）", width: 20},
		},
	}
}

func (e *expiry) writeDetails() error {
	s, err := e.b.table(e.detailLayout())
	if err != nil {
		return err
	}
	for rec, err := range e.details.sorted() {
		if err != nil {
			return err
		}
		var r pipeline.ExpiryRow
		u := unpacking{b: rec}
		unpackRow(&u, &r)
		if err := u.end(); err != nil {
			return err
		}
		if err := e.detail(s, &r); err != nil {
			return err
		}
	}
	e.details.close()
	return s.finish()
}

func (e *expiry) detail(s *sheet, r *pipeline.ExpiryRow) error {
	t := stepTones[slices.Index(stepNames[:], r.Step)]
	s.text(t, r.Step)
	s.date(t, r.ExpiresOn)
	s.figure(plain, r.ExpiresOn.Sub(e.b.m.AsOf))
	s.text(plain, r.AgencyNo)
	s.wrap(plain, r.AgencyName)
	s.text(plain, r.AgentID)
	s.wrap(plain, r.Name)
	s.text(plain, r.QualificationCode)
	s.wrap(plain, r.QualificationName)
	s.text(plain, r.CertificateNo)
	s.date(plain, r.JudgedOn)
	s.text(plain, r.State)
	s.text(plain, sourceName(r.ExpirySource))
	if r.NextExamComputed {
		s.month(asMonthC, plain, r.NextExam)
	} else {
		s.month(asMonth, plain, r.NextExam)
	}
	s.text(standingTone(r.PersonState), r.PersonState)
	s.wrap(plain, strings.Join(r.LinesAllowed, "・"))
	s.wrap(plain, standing(r.ClusterState, r.ClusterLines))
	return s.end()
}

// sourceName says where an expiry day comes from.
func sourceName(source string) string {
	switch source {
	case "supplied":
		return "登載値"
	case "computed":
		return "計算値"
	}
	return source
}

func (e *expiry) writeAgencies() error {
	s, err := e.b.table(layout{
		name: "代理店別", title: "資格有効期限　代理店別の件数", rows: len(e.agencies), fixed: 2, filter: true,
		columns: []column{
			{header: "代理店登録番号", width: 17},
			{header: "代理店名", width: 40},
			{header: "対象者数", width: 11},
			{header: "うち募集不可", width: 13},
			{header: stepNames[stepLapsed], width: 11},
			{header: stepNames[stepNow], width: 11},
			{header: stepNames[step3], width: 11},
			{header: stepNames[step9], width: 11},
			{header: "資格の計", width: 11},
		},
	})
	if err != nil {
		return err
	}
	for _, no := range slices.Sorted(maps.Keys(e.agencies)) {
		a := e.agencies[no]
		s.text(plain, a.no)
		s.text(plain, a.name)
		s.count(plain, a.people)
		s.count(someTone(alarm, a.blocked), a.blocked)
		for i := range stepLater {
			s.count(someTone(stepTones[i], a.steps[i]), a.steps[i])
		}
		s.count(plain, a.sum())
		if err := s.end(); err != nil {
			return err
		}
	}
	return s.finish()
}

// someTone colours a number only if there is something to see.
func someTone(t tone, n int) tone {
	if n == 0 {
		return plain
	}
	return t
}

func (e *expiry) writeLapsed() error {
	s, err := e.b.table(layout{
		name: "失効者", title: "資格が失効した募集人（代理店順）", rows: e.lapsed.count, fixed: 4, filter: true,
		lines: []string{"有効期限を過ぎて12か月以内の資格がある方です。更新により置き換えられた資格は含みません。"},
		columns: []column{
			{header: "代理店\n登録番号", width: 14},
			{header: "代理店名", width: 28},
			{header: "募集人ID", width: 13},
			{header: "氏名", width: 16},
			{header: "失効した資格", width: 44},
			{header: "最初の\n有効期限", width: 12, align: "center"},
			{header: "直近の\n有効期限", width: 12, align: "center"},
			{header: "最初の失効\nからの日数", width: 11},
			{header: "募集人の\n状態", width: 10, align: "center"},
			{header: "募集できる商品", width: 32},
			{header: "本人単位の状態\n（同一人の全ID）", width: 24},
		},
	})
	if err != nil {
		return err
	}
	for rec, err := range e.lapsed.sorted() {
		if err != nil {
			return err
		}
		var p lapsedPerson
		u := unpacking{b: rec}
		unpackRow(&u, &p.row)
		p.names = u.list()
		p.first, p.newest = pipeline.Date(u.num()), pipeline.Date(u.num())
		if err := u.end(); err != nil {
			return err
		}
		if err := e.lapsedRow(s, &p); err != nil {
			return err
		}
	}
	e.lapsed.close()
	return s.finish()
}

func (e *expiry) lapsedRow(s *sheet, p *lapsedPerson) error {
	s.text(plain, p.row.AgencyNo)
	s.wrap(plain, p.row.AgencyName)
	s.text(plain, p.row.AgentID)
	s.wrap(plain, p.row.Name)
	s.wrap(plain, strings.Join(p.names, "、"))
	s.date(alarm, p.first)
	s.date(plain, p.newest)
	s.count(plain, e.b.m.AsOf.Sub(p.first))
	s.text(standingTone(p.row.PersonState), p.row.PersonState)
	s.wrap(plain, strings.Join(p.row.LinesAllowed, "・"))
	s.wrap(plain, standing(p.row.ClusterState, p.row.ClusterLines))
	return s.end()
}

// worst are the n agencies with most lapses, those without any left out.
func (e *expiry) worst(n int) []*agencyCount {
	var all []*agencyCount
	for _, a := range e.agencies {
		if a.steps[stepLapsed] > 0 {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b *agencyCount) int {
		return cmp.Or(b.steps[stepLapsed]-a.steps[stepLapsed], b.blocked-a.blocked, cmp.Compare(a.no, b.no))
	})
	return all[:min(n, len(all))]
}
