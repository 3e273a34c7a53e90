package report

import (
	"errors"
	"io"
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
// clause, the clocks that were measured, and the row of the file. A finding of
// another insurer's staff is ErrOtherReader for an insurer.
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
	return Stats{Rows: len(rows)}, b.save(w)
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
