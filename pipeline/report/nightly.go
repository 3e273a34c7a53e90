package report

import (
	"errors"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"meibo/pipeline"
)

const (
	nightSheet   = "夜間処理"
	historySheet = "推移"

	// What the page shows of a list; the rest stands on sheets of its own.
	shownFiles  = 14
	shownFaults = 8
	shownLate   = 6
	shownNotes  = 6
	historyDays = 30
)

// Nightly writes nightly_<day>.xlsx for the association: the night on one page,
// the last 30 nights, and behind them the whole lists.
func Nightly(w io.Writer, m Meta, n Night) (st Stats, err error) {
	defer wrap("nightly report", &err)
	b, err := newBook(m, "夜間処理報告")
	if err != nil {
		return st, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if n.AsOf != m.AsOf {
		return st, fmt.Errorf("the night is of %s and the report of %s", n.AsOf, m.AsOf)
	}
	n = n.canonical()
	if err := b.addSheet(nightSheet); err != nil {
		return st, err
	}
	sheets := []func(*book, *Night) error{writeHistory, writeFiles, writeFaults, writeUndetermined, writeDifferences, writePage}
	for _, write := range sheets {
		if err := write(b, &n); err != nil {
			return st, err
		}
	}
	return Stats{Rows: len(n.Files)}, b.save(w)
}

// writePage fills the first sheet: boxes on top, tables to the left, charts to
// the right.
func writePage(b *book, n *Night) error {
	c := b.canvas(nightSheet, 2, 19, 20, 34, 10, 10, 10, 10, 10, 9, 3, 22, 12, 12, 12, 12, 12)
	row := c.top("夜間処理報告　"+n.AsOf.String()+"　"+n.State, len(n.Files))
	c.set(2, 4, noteStyle(), joined("　｜　", "処理番号 "+n.RunID, n.Purge.line(), checkpointLine(n.Checkpoint)))
	nightBoxes(c, row+1, n)
	row += 7
	left := filesTable(c, row, n)
	left = faultsTable(c, left+1, n)
	left = lateTable(c, left+1, n)
	notesTable(c, left+1, n)
	nightCharts(c, row, n)
	return c.finish()
}

func checkpointLine(head string) string {
	if head == "" {
		return ""
	}
	return "監査チェックポイント " + head
}

// nightBoxes shows the numbers that are looked at first, in two rows.
func nightBoxes(c *canvas, row int, n *Night) {
	rejected := n.rows(func(f NightFile) int { return f.Rejected })
	type box struct {
		from, to int
		tone     tone
		label    string
		n        int
	}
	for i, line := range [][]box{
		{
			{2, 3, plain, "受領ファイル", len(n.Files)},
			{4, 4, plain, "反映した行", n.rows(func(f NightFile) int { return f.Applied })},
			{5, 6, someTone(urgent, rejected), "差し戻した行", rejected},
			{7, 8, plain, "新規の募集人", n.People.New},
			{9, 10, plain, "変更のあった募集人", n.People.Changed},
			{12, 12, plain, "募集人ID 総数", n.People.Total},
			{13, 14, someTone(alarm, n.Expiry.NewlyLapsed), "新たに失効した資格", n.Expiry.NewlyLapsed},
			{15, 17, someTone(notice, len(n.Warnings)), "警告", len(n.Warnings)},
		},
		{
			{2, 3, someTone(urgent, n.Purge.Due), "削除 対象", n.Purge.Due},
			{4, 4, someTone(alarm, n.Purge.Overdue), "削除 期限超過", n.Purge.Overdue},
			{5, 6, someTone(notice, n.Purge.Held), "削除 保留", n.Purge.Held},
			{7, 8, someTone(notice, n.Purge.Decision), "削除 要判断", n.Purge.Decision},
			{9, 10, plain, "削除 実行済", n.Purge.Deleted},
			{12, 12, someTone(notice, n.Duplicates.Review), "重複 要確認", n.Duplicates.Review},
			{13, 14, plain, "重複 確定", n.Duplicates.Confirmed},
			{15, 17, someTone(alarm, len(n.Late)), "未着の送付元", len(n.Late)},
		},
	} {
		for _, x := range line {
			c.box(x.from, x.to, row+3*i, x.tone, x.label, x.n)
		}
		if i == 0 {
			c.height(row+2, 6)
		}
	}
}

// filesTable returns the first row below it, as the tables after it do.
func filesTable(c *canvas, row int, n *Night) int {
	c.section(2, 10, row, "受領したファイル")
	c.headers(2, row+1, "送付元", "種類", "ファイル名", "状態", "読込", "反映", "変更なし", "差戻し", "警告")
	row += 2
	for i, f := range n.Files[:min(shownFiles, len(n.Files))] {
		state, t := batchState(f.State)
		c.set(2, row+i, cellStyle(asText, plain, ""), c.b.m.called(f.Sender))
		c.set(3, row+i, cellStyle(asText, plain, ""), c.b.m.called(f.Kind))
		c.set(4, row+i, cellStyle(asText, plain, ""), f.Name)
		c.set(5, row+i, cellStyle(asText, t, "center"), state)
		for k, v := range []int{f.Read, f.Applied, f.Unchanged} {
			c.set(6+k, row+i, cellStyle(asCount, plain, ""), v)
		}
		c.set(9, row+i, cellStyle(asCount, someTone(urgent, f.Rejected), ""), f.Rejected)
		c.set(10, row+i, cellStyle(asCount, someTone(notice, f.Warnings), ""), f.Warnings)
	}
	return more(c, row, len(n.Files), shownFiles, "受領したファイルはありません。", "「ファイル」シート")
}

// more closes a shortened table and returns the first row below it.
func more(c *canvas, row, n, shown int, none, where string) int {
	switch {
	case n == 0:
		c.set(2, row, noteStyle(), none)
		return row + 1
	case n > shown:
		c.set(2, row+shown, noteStyle(), fmt.Sprintf("ほか %s件は%sをご覧ください。", thousands(n-shown), where))
		return row + shown + 1
	}
	return row + n
}

func batchState(s string) (string, tone) {
	switch s {
	case pipeline.BatchApplied:
		return "反映", good
	case pipeline.BatchRefused:
		return "拒否", alarm
	case pipeline.BatchHeld:
		return "留め置き", notice
	case pipeline.BatchDuplicate:
		return "既受領", muted
	}
	return s, plain
}

func severityName(s pipeline.Severity) (string, tone) {
	if s == pipeline.SeverityError {
		return "エラー", urgent
	}
	return "警告", notice
}

func faultsTable(c *canvas, row int, n *Night) int {
	c.section(2, 10, row, "不備の内訳（件数の多い順）")
	c.headers(2, row+1, "種類")
	c.span(3, 8, row+1, headerStyle(), "内容")
	c.headers(9, row+1, "区分", "件数")
	row += 2
	for i, f := range n.Faults[:min(shownFaults, len(n.Faults))] {
		name, t := severityName(f.Severity)
		c.set(2, row+i, cellStyle(asText, plain, ""), c.b.m.called(f.Kind))
		c.span(3, 8, row+i, cellStyle(asText, plain, ""), f.Text)
		c.set(9, row+i, cellStyle(asText, t, "center"), name)
		c.set(10, row+i, cellStyle(asCount, plain, ""), f.Count)
	}
	return more(c, row, len(n.Faults), shownFaults, "不備はありません。", "「不備」シート")
}

func lateTable(c *canvas, row int, n *Night) int {
	c.section(2, 5, row, "未着の送付元")
	c.headers(2, row+1, "送付元", "種類", "最後に届いた基準日", "遅れ(日)")
	row += 2
	for i, l := range n.Late[:min(shownLate, len(n.Late))] {
		last := l.LastOn.String()
		if last == "" {
			last = "一度も届いていません"
		}
		c.set(2, row+i, cellStyle(asText, plain, ""), c.b.m.called(l.Sender))
		c.set(3, row+i, cellStyle(asText, plain, ""), c.b.m.called(l.Kind))
		c.set(4, row+i, cellStyle(asText, plain, ""), last)
		c.set(5, row+i, cellStyle(asCount, alarm, ""), l.Days)
	}
	return more(c, row, len(n.Late), shownLate, "すべての送付元から届いています。", "nightly の JSON ")
}

func notesTable(c *canvas, row int, n *Night) {
	c.section(2, 10, row, "警告")
	row++
	for i, text := range n.Warnings[:min(shownNotes, len(n.Warnings))] {
		c.set(2, row+i, lineStyle(), "・"+text)
	}
	more(c, row, len(n.Warnings), shownNotes, "警告はありません。", "nightly の JSON ")
}

func nightCharts(c *canvas, row int, n *Night) {
	last := historyHeader + max(1, len(history(n)))
	column := func(col, color string) series {
		return series{
			name:  fmt.Sprintf("'%s'!$%s$%d", historySheet, col, historyHeader),
			color: color,
			cells: fmt.Sprintf("'%s'!$%s$%d:$%s$%d", historySheet, col, historyHeader+1, col, last),
		}
	}
	days := column("B", "").cells
	c.section(12, 17, row, "直近30夜の推移")
	const high = 12
	place := func(i int) frame { return frame{12, row + 1 + high*i, 17, row + high*(i+1)} }
	c.chart(place(0), "取込行数", "行", excelize.ColStacked, days,
		column("D", chartColors[step9]), column("E", chartColors[stepLapsed]))
	c.chart(place(1), "募集人の新規・変更", "人", excelize.ColStacked, days,
		column("F", "7FB069"), column("G", chartColors[stepLater]))
	c.chart(place(2), "失効・削除・重複", "件数", excelize.Line, days,
		column("H", chartColors[stepLapsed]), column("I", chartColors[stepNow]), column("J", "6B2C2C"), column("L", chartColors[step9]))
}

// history is what the charts show.
func history(n *Night) []NightPoint { return n.History[max(0, len(n.History)-historyDays):] }

// historyHeader is the header's row on 推移: title, line and note stand above it.
const historyHeader = 4

func writeHistory(b *book, n *Night) error {
	points := history(n)
	l := layout{name: historySheet, title: "直近30夜の推移", rows: len(points), fixed: 1}
	l.columns = append(l.columns, column{header: "基準日", width: 13, align: "center"})
	// The charts name days by text: they would show the serial of a date.
	l.columns = append(l.columns, column{header: "月日", width: 8, align: "center"})
	for _, h := range []string{"ファイル", "反映した行", "差戻した行", "新規の募集人", "変更の募集人", "新たな失効", "削除対象", "削除期限超過", "削除実行済", "重複要確認", "警告"} {
		l.columns = append(l.columns, column{header: h, width: 13})
	}
	s, err := b.table(l)
	if err != nil {
		return err
	}
	for _, p := range points {
		s.date(plain, p.AsOf)
		s.text(plain, fmt.Sprintf("%d/%d", p.AsOf.Month(), p.AsOf.Day()))
		for _, v := range []int{p.Files, p.Applied, p.Rejected, p.New, p.Changed, p.Lapsed, p.Due, p.Overdue, p.Deleted, p.Review, p.Warnings} {
			s.count(plain, v)
		}
		if err := s.end(); err != nil {
			return err
		}
	}
	return s.finish()
}

func writeFiles(b *book, n *Night) error {
	l := layout{name: "ファイル", title: "受領したファイル", rows: len(n.Files), fixed: 3, filter: true, columns: []column{
		{header: "送付元", width: 20},
		{header: "種類", width: 20},
		{header: "ファイル名", width: 44},
		{header: "状態", width: 11, align: "center"},
	}}
	for _, h := range []string{"読込", "反映", "変更なし", "差戻し", "重複行", "警告"} {
		l.columns = append(l.columns, column{header: h, width: 11})
	}
	s, err := b.table(l)
	if err != nil {
		return err
	}
	for _, f := range n.Files {
		state, t := batchState(f.State)
		s.text(plain, s.b.m.called(f.Sender))
		s.text(plain, s.b.m.called(f.Kind))
		s.text(plain, f.Name)
		s.text(t, state)
		s.count(plain, f.Read)
		s.count(plain, f.Applied)
		s.count(plain, f.Unchanged)
		s.count(someTone(urgent, f.Rejected), f.Rejected)
		s.count(plain, f.Duplicates)
		s.count(someTone(notice, f.Warnings), f.Warnings)
		if err := s.end(); err != nil {
			return err
		}
	}
	return s.finish()
}

func writeFaults(b *book, n *Night) error {
	s, err := b.table(layout{name: "不備", title: "不備の内訳（件数の多い順）", rows: len(n.Faults), filter: true, columns: []column{
		{header: "種類", width: 20},
		{header: "区分", width: 10, align: "center"},
		{header: "件数", width: 10},
		{header: "内容", width: 80},
		{header: "コード", width: 28},
	}})
	if err != nil {
		return err
	}
	for _, f := range n.Faults {
		name, t := severityName(f.Severity)
		s.text(plain, s.b.m.called(f.Kind))
		s.text(t, name)
		s.count(plain, f.Count)
		s.wrap(plain, f.Text)
		s.text(muted, string(f.Code))
		if err := s.end(); err != nil {
			return err
		}
	}
	return s.finish()
}

func writeUndetermined(b *book, n *Night) error {
	s, err := b.table(layout{
		name: "判定不能", title: "保管期限を判定できない募集人", rows: len(n.Undetermined), fixed: 1, filter: true,
		lines: []string{"次の項目がないため取扱要領§10の期限を計算できず、削除の対象になりません。提供元で補ってください。"},
		columns: []column{
			{header: "募集人ID", width: 16},
			{header: "足りない項目", width: 24},
			{header: "提供元", width: 40},
		},
	})
	if err != nil {
		return err
	}
	for _, u := range n.Undetermined {
		s.text(plain, u.AgentID)
		s.text(notice, u.Missing)
		s.text(plain, u.Source)
		if err := s.end(); err != nil {
			return err
		}
	}
	return s.finish()
}

func writeDifferences(b *book, n *Night) error {
	s, err := b.table(layout{
		name: "有効期限の相違", title: "登載された有効期限と計算値の相違", rows: len(n.Differences), fixed: 1, filter: true,
		lines: []string{"登載された有効期限をそのまま用いています。規則どおりに計算した日と違うものを示します。"},
		columns: []column{
			{header: "募集人ID", width: 16},
			{header: "資格種類\nコード", width: 10, align: "center"},
			{header: "合格番号", width: 20},
			{header: "登載された\n有効期限", width: 14, align: "center"},
			{header: "計算した\n有効期限", width: 14, align: "center"},
			{header: "差（日）", width: 10},
		},
	})
	if err != nil {
		return err
	}
	for _, d := range n.Differences {
		s.text(plain, d.AgentID)
		s.text(plain, d.Code)
		s.text(plain, d.CertificateNo)
		s.date(notice, d.Supplied)
		s.date(plain, d.Computed)
		s.count(plain, d.Supplied.Sub(d.Computed))
		if err := s.end(); err != nil {
			return err
		}
	}
	return s.finish()
}
