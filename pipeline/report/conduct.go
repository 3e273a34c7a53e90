package report

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"meibo/pipeline"
)

// ConductRow is a finding with the words of its rule.
type ConductRow struct {
	pipeline.ConductFinding
	Title string // what the rule demands
	Text  string // what was found
}

// Conduct writes conduct_<day>.xlsx for compliance, and for an insurer of its
// own: the findings of the checks of conduct in the order given, each with its
// clause, the clocks that were measured, and the row of the file, and how many there
// are of each account in each month. A finding of another insurer's staff is
// ErrOtherReader for an insurer.
func Conduct(w io.Writer, m Meta, rows []ConductRow) (st Stats, err error) {
	defer wrap("conduct", &err)
	for i := range rows {
		if m.Columns.insurer() && rows[i].Insurer != m.Reader {
			return st, ErrOtherReader
		}
	}
	b, err := newBook(m, "業務記録の点検結果")
	if err != nil {
		return st, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	s, err := b.table(layout{
		name: "点検結果", title: b.title, rows: len(rows), fixed: 3, filter: true,
		legend: []legend{{alarm, pipeline.VerdictBreach}, {notice, pipeline.VerdictReview + "・" + pipeline.VerdictUnknown}},
		lines: []string{
			"記録が取扱要領に沿っているかを条項ごとに点検し、適合しなかったものを示します。記録を直すと、次の夜から表示されなくなります。",
		},
		columns: []column{
			{header: "判定", width: 10, align: "center"},
			{header: "条項", width: 14},
			{header: "記録", width: 16},
			{header: "日付", width: 12, align: "center"},
			{header: "求められること", width: 34},
			{header: "点検結果", width: 34},
			{header: "経過・日付", width: 24},
			{header: "対象\nアカウント", width: 14},
			{header: "保険会社", width: 9, align: "center"},
			{header: "根拠", width: 26},
			{header: "初回検出日", width: 12, align: "center"},
			{header: "規則の版", width: 16},
		},
	})
	if err != nil {
		return st, err
	}
	for i := range rows {
		if err := s.conduct(&rows[i]); err != nil {
			return st, err
		}
	}
	if err := s.finish(); err != nil {
		return st, err
	}
	if err := b.conductByAccount(rows); err != nil {
		return st, err
	}
	return Stats{Rows: len(rows)}, b.save(w)
}

// accountMonth is what the findings of one month say of one account.
type accountMonth struct {
	month            pipeline.YearMonth
	staff, insurer   string
	breaches, review int
	unknown, waived  int
	clauses          []string
}

// byAccount counts findings by month of the record, account and insurer, in that
// order; without is how many name no account. A breach that is waived on the day is
// not counted as one.
func byAccount(rows []ConductRow, asOf pipeline.Date) (out []accountMonth, without int) {
	type key struct {
		month          pipeline.YearMonth
		staff, insurer string
	}
	index := map[key]int{}
	for i := range rows {
		r := &rows[i]
		if r.StaffID == "" {
			without++
			continue
		}
		k := key{r.On.YearMonth(), r.StaffID, r.Insurer}
		at, known := index[k]
		if !known {
			at = len(out)
			index[k] = at
			out = append(out, accountMonth{month: k.month, staff: k.staff, insurer: k.insurer})
		}
		m := &out[at]
		switch {
		case r.WaivedBy != "" && asOf <= r.WaivedUntil:
			m.waived++
		case r.Verdict == pipeline.VerdictBreach:
			m.breaches++
		case r.Verdict == pipeline.VerdictReview:
			m.review++
		default:
			m.unknown++
		}
		if !slices.Contains(m.clauses, r.Clause) {
			m.clauses = append(m.clauses, r.Clause)
		}
	}
	slices.SortFunc(out, func(a, b accountMonth) int {
		return cmp.Or(cmp.Compare(b.month, a.month), cmp.Compare(a.insurer, b.insurer), cmp.Compare(a.staff, b.staff))
	})
	return out, without
}

// conductByAccount is the monthly list by person (手引 罰則, 要領§9(2)): counts alone, the
// newest month first. It decides nothing, and there is none if no finding names an account.
func (b *book) conductByAccount(rows []ConductRow) error {
	months, without := byAccount(rows, b.m.AsOf)
	if len(months) == 0 {
		return nil
	}
	l := layout{
		name: "対象者別", title: b.title + "（対象アカウント・月別）", rows: len(months), fixed: 2, filter: true,
		legend: []legend{{alarm, pipeline.VerdictBreach + "あり"}},
		lines: []string{
			"「点検結果」シートの内容を、記録の月と対象アカウントごとに数えたものです。処分を決めるものではありません。措置の前に、本人に弁明の機会を設けてください（手引 罰則、取扱要領§9(2)）。",
		},
		columns: []column{
			{header: "月", width: 11, align: "center"},
			{header: "対象\nアカウント", width: 16},
			{header: "保険会社", width: 11, align: "center"},
			{header: "条項", width: 44},
			{header: pipeline.VerdictBreach, width: 9, align: "right"},
			{header: pipeline.VerdictReview, width: 9, align: "right"},
			{header: pipeline.VerdictUnknown, width: 9, align: "right"},
			{header: "免除", width: 9, align: "right"},
		},
	}
	if without > 0 {
		l.lines = append(l.lines, "担当者の記載がない記録についての "+strconv.Itoa(without)+" 件は含みません。")
	}
	s, err := b.table(l)
	if err != nil {
		return err
	}
	for _, m := range months {
		if tone := toneIf(alarm, m.breaches > 0); m.month == 0 {
			s.text(tone, "日付なし")
		} else {
			s.month(asMonth, tone, m.month)
		}
		s.text(plain, m.staff)
		s.text(plain, m.insurer)
		s.wrap(plain, strings.Join(m.clauses, "、"))
		s.count(plain, m.breaches)
		s.count(plain, m.review)
		s.count(plain, m.unknown)
		s.count(plain, m.waived)
		if err := s.end(); err != nil {
			return err
		}
	}
	return s.finish()
}

func (s *sheet) conduct(r *ConductRow) error {
	tone := notice
	if r.Verdict == pipeline.VerdictBreach {
		tone = alarm
	}
	var clocks, sources []string
	for _, e := range r.Evidence {
		switch {
		case e.File != "":
			sources = append(sources, e.File+" "+strconv.Itoa(e.Row)+"行目")
		case e.Ref == "":
			clocks = append(clocks, strings.TrimSpace(e.Fact+" "+e.On.String()))
		}
	}
	s.text(tone, r.Verdict)
	s.text(plain, r.Clause)
	s.text(plain, r.Subject)
	s.date(plain, r.On)
	s.wrap(plain, r.Title)
	s.wrap(plain, r.Text)
	s.wrap(plain, strings.Join(clocks, "、"))
	s.text(plain, r.StaffID)
	s.text(plain, r.Insurer)
	s.wrap(plain, strings.Join(sources, "、"))
	s.date(plain, r.FirstSeen)
	s.text(plain, r.Version)
	return s.end()
}
