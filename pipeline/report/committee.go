package report

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/xuri/excelize/v2"

	"meibo/pipeline"
)

// CommitteePack is what the 販売調査委員会 looks at each quarter (要領§7, §9): how much
// there was, what lapsed, what is overdue, and by which rules.
type CommitteePack struct {
	From, To pipeline.Date // the quarter, or what there is of it
	Nights   []NightPoint  // of that time, oldest first
	Tables   []StatTable   // a sheet each
	Settings []RuleInForce
}

// StatTable is a table of counts with their totals.
type StatTable struct {
	Sheet   string
	Title   string
	Head    string // of the first column
	Columns []string
	Rows    []StatRow
	People  bool     // counts of people: those of fewer than five are not shown
	Tied    []string // columns whose totals the first sheet shows too
	Note    string   // below the title; may be empty
}

// StatRow is one line of a StatTable.
type StatRow struct {
	Label  string
	Counts []int // as many as Columns
}

// RuleInForce is one setting of the rules on the day.
type RuleInForce struct {
	Group, Text, Value, Default, Clause, Version string

	Name    string        // of the setting in its file; may be empty
	From    pipeline.Date // in force since
	Changed bool          // within the quarter
}

// CommitteeName is the name of the committee's pack of a day.
func CommitteeName(day pipeline.Date) string { return "committee-pack_" + day.String() + ".xlsx" }

const (
	hiddenCount = "＊"
	hiddenNote  = "＊ は 5 未満の件数、または合計などから 5 未満の件数が分かる件数です。個人を含まない統計とするため表示しません（取扱要領§4(5)ウ）。"
	totalLabel  = "計"
)

// Committee writes committee-pack_<day>.xlsx for the association. It names nobody,
// and shows no count from which one of fewer than five people could be told.
func Committee(w io.Writer, m Meta, p CommitteePack) (st Stats, err error) {
	defer wrap("committee pack", &err)
	b, err := newBook(m, "販売調査委員会 資料")
	if err != nil {
		return st, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if err := b.addSheet(summarySheet); err != nil {
		return st, err
	}
	for i := range p.Tables {
		t := &p.Tables[i]
		if err := b.statTable(t); err != nil {
			return st, fmt.Errorf("sheet %s: %w", t.Sheet, err)
		}
		st.Rows += len(t.Rows)
	}
	if err := b.rulesInForce(p.Settings); err != nil {
		return st, err
	}
	if err := b.committeeSummary(&p); err != nil {
		return st, err
	}
	return st, b.save(w)
}

// statTable writes a table with its totals.
func (b *book) statTable(t *StatTable) error {
	counts := make([][]int, len(t.Rows))
	for i, r := range t.Rows {
		if len(r.Counts) != len(t.Columns) {
			return fmt.Errorf("row %d has %d counts for %d columns", i+1, len(r.Counts), len(t.Columns))
		}
		counts[i] = r.Counts
	}
	all := withTotals(counts)
	hidden := t.hidden(all, smallCell)
	l := layout{name: t.Sheet, title: t.Title, rows: len(t.Rows), fixed: 1, columns: []column{{header: t.Head, width: 34}}}
	if t.Note != "" {
		l.lines = append(l.lines, t.Note)
	}
	if t.People {
		l.lines = append(l.lines, hiddenNote)
	}
	shown := len(t.Columns)
	if shown > 1 && t.People {
		shown++ // of one column the total would say it again, and of unlike ones nothing
	}
	for _, c := range append(slices.Clone(t.Columns), totalLabel)[:shown] {
		l.columns = append(l.columns, column{header: c, width: 14})
	}
	s, err := b.table(l)
	if err != nil {
		return err
	}
	for i := range all {
		s.ruled = i == len(t.Rows)
		if s.ruled {
			s.text(plain, totalLabel)
		} else {
			s.text(plain, t.Rows[i].Label)
		}
		for j := range shown {
			if hidden[i][j] {
				s.put(asCount, muted, hiddenCount)
			} else {
				s.count(plain, all[i][j])
			}
		}
		if err := s.end(); err != nil {
			return err
		}
	}
	return s.finish()
}

// hidden says which cells of the table with its totals are not shown.
func (t *StatTable) hidden(all [][]int, small int) [][]bool {
	if t.People {
		var tied []int
		for _, c := range t.Tied {
			tied = append(tied, slices.Index(t.Columns, c))
		}
		return suppress(all, small, tied...)
	}
	out := make([][]bool, len(all))
	for i := range all {
		out[i] = make([]bool, len(all[i]))
	}
	return out
}

func (b *book) rulesInForce(all []RuleInForce) error {
	s, err := b.table(layout{
		name: "規則の設定", title: "基準日に施行されている規則の設定", rows: len(all), fixed: 2, filter: true,
		legend: []legend{{notice, "この四半期に変更"}},
		lines:  []string{"規則は版ごとに施行日を持ち、基準日に施行されている版で判定します。"},
		columns: []column{
			{header: "区分", width: 17},
			{header: "設定", width: 50},
			{header: "値", width: 18},
			{header: "既定値", width: 18},
			{header: "条項", width: 30},
			{header: "版", width: 18},
			{header: "施行日", width: 12, align: "center"},
			{header: "設定名", width: 22},
		},
	})
	if err != nil {
		return err
	}
	for _, r := range all {
		s.text(plain, r.Group)
		s.wrap(toneIf(notice, r.Changed), r.Text)
		s.wrap(toneIf(notice, r.Changed || r.Default != "" && r.Value != r.Default), r.Value)
		s.wrap(muted, r.Default)
		s.wrap(plain, r.Clause)
		s.text(plain, r.Version)
		s.date(toneIf(notice, r.Changed), r.From)
		s.text(muted, r.Name)
		if err := s.end(); err != nil {
			return err
		}
	}
	return s.finish()
}

// month is what the nights of one month came to.
type month struct {
	label  string
	nights int
	sums   [8]int // as monthColumns; the last is the largest of the month
}

var monthColumns = [...]string{"ファイル", "反映した行", "差戻した行", "新規の募集人", "変更の募集人", "新たな失効", "削除実行済", "期限超過（最大）"}

// peopleFrom is the first of monthColumns that counts people.
const peopleFrom = 3

func (p *CommitteePack) months() (out []month) {
	for _, n := range p.Nights {
		label := n.AsOf.YearMonth().String()
		if len(out) == 0 || out[len(out)-1].label != label {
			out = append(out, month{label: label})
		}
		m := &out[len(out)-1]
		m.nights++
		for i, v := range [...]int{n.Files, n.Applied, n.Rejected, n.New, n.Changed, n.Lapsed, n.Deleted} {
			m.sums[i] += v
		}
		m.sums[7] = max(m.sums[7], n.Overdue)
	}
	return out
}

// committeeSummary fills the first sheet: the quarter in figures, month by month,
// with a chart of the files.
func (b *book) committeeSummary(p *CommitteePack) error {
	c := b.canvas(summarySheet, 2, 12, 9, 12, 13, 13, 14, 14, 13, 13, 18)
	months := p.months()
	row := c.top("販売調査委員会 資料　"+p.From.String()+"〜"+p.To.String(), len(p.Nights))
	c.set(2, 4, noteStyle(), hiddenNote)
	row++
	var all [8]int
	shown, total := monthsShown(months, &all)
	for _, x := range []struct {
		from, to int
		tone     tone
		label    string
		value    any
	}{
		{2, 3, plain, "処理した夜", len(p.Nights)},
		{4, 5, plain, "受領ファイル", all[0]},
		{6, 7, plain, "反映した行", all[1]},
		{8, 8, someTone(urgent, all[2]), "差し戻した行", all[2]},
		{9, 10, plain, "新たに失効した資格", total[5]},
		{11, 11, someTone(alarm, all[7]), "削除 期限超過（最大）", total[7]},
	} {
		c.boxOf(x.from, x.to, row, x.tone, x.label, x.value)
	}
	row += 3
	c.section(2, 11, row, "月別の推移")
	c.headers(2, row+1, append([]string{"月", "夜数"}, monthColumns[:]...)...)
	for i, m := range months {
		at := row + 2 + i
		c.set(2, at, cellStyle(asText, plain, "center"), m.label)
		c.set(3, at, cellStyle(asCount, plain, ""), m.nights)
		for k := range monthColumns {
			c.set(4+k, at, cellStyle(asCount, plain, "right"), shown[i][k])
		}
	}
	at := row + 2 + len(months)
	c.set(2, at, totalStyle(asText, "center"), totalLabel)
	c.set(3, at, totalStyle(asCount, ""), len(p.Nights))
	for k := range monthColumns {
		c.set(4+k, at, totalStyle(asCount, "right"), total[k])
	}
	if len(months) > 0 {
		c.section(2, 11, at+2, "取込行数の推移")
		first := row + 2
		area := func(col string) string { return fmt.Sprintf("'%s'!$%s$%d:$%s$%d", c.name, col, first, col, at-1) }
		name := func(col string) string { return fmt.Sprintf("'%s'!$%s$%d", c.name, col, row+1) }
		c.chart(frame{2, at + 3, 11, at + 18}, "月別の取込行数", "行", excelize.ColStacked, area("B"),
			series{name("E"), chartColors[step9], area("E")}, series{name("F"), chartColors[stepLapsed], area("F")})
	}
	return c.finish()
}

// monthsShown are the figures of the months and of all, with small counts of people
// hidden; the largest of a month does not add up. Totals are hidden where they are
// small, and never for another cell: sheets behind this one may show them too.
func monthsShown(months []month, all *[8]int) (shown [][8]any, total [8]any) {
	shown = make([][8]any, len(months))
	for k := range monthColumns {
		column := make([]int, len(months), len(months)+1)
		for i, m := range months {
			column[i] = m.sums[k]
			if all[k] += m.sums[k]; k == len(monthColumns)-1 {
				all[k] = max(all[k]-m.sums[k], m.sums[k])
			}
		}
		hidden := hiddenMonths(append(column, all[k]), k)
		for i, m := range months {
			shown[i][k] = orHidden(m.sums[k], hidden[i])
		}
		total[k] = orHidden(all[k], hidden[len(months)])
	}
	return shown, total
}

// hiddenMonths says which figures of one of the monthColumns are not shown; its last
// is that of all months.
func hiddenMonths(figures []int, k int) []bool {
	switch {
	case k < peopleFrom || len(figures) == 1:
		return make([]bool, len(figures))
	case k == len(monthColumns)-1:
		return suppressMost(figures, smallCell)
	}
	column := make([][]int, len(figures)-1)
	for i := range column {
		column[i] = figures[i : i+1]
	}
	out := make([]bool, len(figures))
	for i, row := range suppress(withTotals(column), smallCell, 0) {
		out[i] = row[0]
	}
	return out
}

func orHidden(n int, hidden bool) any {
	if hidden {
		return hiddenCount
	}
	return n
}
