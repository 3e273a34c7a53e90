package report

import (
	"cmp"
	"slices"
	"strings"

	"meibo/pipeline"
)

// ResultSheet is the first sheet of every returned workbook. Intake passes it
// over, so it may stay in when the corrected workbook is sent back.
const ResultSheet = "取込結果"

// The columns that are added to returned rows. Intake ignores columns whose
// header begins with エラー.
const (
	errorRowHeader  = "エラー行番号"
	errorTextHeader = "エラー内容"
)

// Returned is what became of one file, for the sender to correct it.
type Returned struct {
	Batch     pipeline.Batch
	Kind      string // in Japanese
	Sheet     string // that was read; empty for CSV or if none could be read
	Header    []string
	HeaderRow int // row of the header in the file
	Faults    []Spot

	// Partial says that the data sheet holds only the faulty rows of a file that
	// was refused whole: it shows what is wrong, but the file itself must come again.
	Partial bool
	// Locked says that nothing but this locked workbook goes back of a CSV file.
	Locked bool
}

// Spot is a fault and the cell it is about.
type Spot struct {
	*pipeline.Fault
	Column int // from 1; 0 is the whole row or file
}

// ReturnedRow is one row of the sender's file.
type ReturnedRow struct {
	Number int   // in the file
	Cells  []any // string, float64, bool or Serial; nil is empty
}

// Serial is a day as workbooks count it from 1899-12-30, with the time of day
// as a fraction.
type Serial float64

func (s Spot) isError() bool { return s.Severity == pipeline.SeverityError }

// word is what the sender reads for the severity.
func (s Spot) word() string {
	if s.isError() {
		return "エラー"
	}
	return "警告"
}

// Errors counts the faults that set a row or the file aside.
func (r *Returned) Errors() (n int) {
	for _, s := range r.Faults {
		if s.isError() {
			n++
		}
	}
	return n
}

// sort puts the faults in the order in which a reader goes through the sheet.
func (r *Returned) sort() {
	slices.SortStableFunc(r.Faults, func(a, b Spot) int {
		return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.Column, b.Column))
	})
}

// places says for each row of the file in which row of the data sheet it
// stands; nil is the same row.
type places map[int]int

func (p places) of(row int) (int, bool) {
	if p == nil {
		return row, true
	}
	at, ok := p[row]
	return at, ok
}

// cell is where to correct a fault on the data sheet, empty if nowhere. A fault
// of a whole row is shown in its first column.
func (r *Returned) cell(s Spot, p places, shift int) string {
	row := s.Row
	switch {
	case len(r.Header) == 0, row == 0 && s.Column == 0:
		return ""
	case row == 0:
		row = r.HeaderRow
	}
	at, ok := p.of(row)
	if !ok {
		return ""
	}
	return cellName(max(s.Column, 1)+shift, at)
}

// maxLinks is how many faults of a list link to their cells.
const maxLinks = 2000

// resultSheet writes 取込結果. sheet is the data sheet, empty if there is none;
// shift is how many columns stand there before the sender's own.
func (b *book) resultSheet(r *Returned, sheet string, p places, shift int) error {
	s, err := b.table(layout{
		name: ResultSheet, title: "取込結果　" + r.Batch.FileName, lines: r.lines(sheet), rows: len(r.Faults), fixed: 0, filter: true,
		legend: []legend{{alarm, "エラー"}, {notice, "警告"}},
		columns: []column{
			{header: "区分", width: 11, align: "center"},
			{header: "元の行", width: 10, align: "center"},
			{header: "項目", width: 22},
			{header: "内容と直し方", width: 78},
			{header: "直すセル", width: 11, align: "center"},
			{header: "コード", width: 24},
		},
	})
	if err != nil {
		return err
	}
	for i, f := range r.Faults {
		if err := s.fault(r, f, sheet, r.cell(f, p, shift), i < maxLinks); err != nil {
			return err
		}
	}
	return s.finish()
}

func (s *sheet) fault(r *Returned, f Spot, sheet, cell string, link bool) error {
	t := notice
	if f.isError() {
		t = alarm
	}
	s.text(t, f.word())
	if f.Row > 0 {
		s.put(asText, plain, f.Row)
	} else {
		s.text(plain, "ファイル全体")
	}
	s.text(plain, f.Header)
	s.wrap(plain, f.JA)
	s.text(plain, cell)
	s.text(muted, string(f.Code))
	if err := s.end(); err != nil || cell == "" || sheet == "" || !link {
		return err
	}
	target := "'" + strings.ReplaceAll(sheet, "'", "''") + "'!" + cell
	return s.b.f.SetCellHyperLink(s.name, cellName(5, s.at), target, "Location")
}

// lines tell the sender what became of the file and what to do now.
func (r *Returned) lines(sheet string) []string {
	b := r.Batch
	lines := []string{
		"種類 " + cmp.Or(r.Kind, "不明") + "　｜　送信元 " + b.Sender + "　｜　" + r.verdict(),
		joined("　", "読込 "+thousands(b.RowsRead)+"行", "反映 "+thousands(b.Applied), "変更なし "+thousands(b.Unchanged),
			"重複 "+thousands(b.Duplicates), "差し戻し "+thousands(b.Rejected)) +
			"　｜　エラー " + thousands(r.Errors()) + "件　警告 " + thousands(len(r.Faults)-r.Errors()) + "件",
	}
	return append(lines, r.advice(sheet))
}

func (r *Returned) verdict() string {
	if r.Batch.State == pipeline.BatchRefused {
		return "ファイル全体を取り込みませんでした"
	}
	return "誤りのある行だけを差し戻しました（ほかの行は取り込み済みです）"
}

func (r *Returned) advice(sheet string) string {
	const back = "このファイル名のまま送り返してください。「" + ResultSheet + "」シートと「エラー」で始まる列は読み飛ばします。"
	switch {
	case sheet == "" || !slices.ContainsFunc(r.Faults, func(s Spot) bool { return s.Row > 0 }):
		return "下の内容を確かめ、元のファイルを直して、ファイル全体を送り直してください。"
	case r.Partial:
		return "「" + sheet + "」には誤りのある行だけを載せています。これを手がかりに元のファイルを直し、ファイル全体を送り直してください。"
	}
	advice := "「" + sheet + "」の色の付いたセルを直し、" + back
	if r.Locked {
		return advice + "募集人IDと生年月日を含むため、暗号化できないCSVでは返却していません。"
	}
	if _, ext := splitName(r.Batch.FileName); !strings.EqualFold(ext, ".xlsx") {
		advice += "代わりにCSVの方を直してもかまいません（どちらか一方だけを送ってください）。"
	}
	return advice
}

// byRow gives the faults of each row, in the order of its columns.
func (r *Returned) byRow() map[int][]Spot {
	out := map[int][]Spot{}
	for _, f := range r.Faults {
		if f.Row > 0 {
			out[f.Row] = append(out[f.Row], f)
		}
	}
	return out
}

// told is everything that is wrong with a row, in one text.
func told(spots []Spot) string {
	var lines []string
	for _, s := range spots {
		line := s.JA
		if s.Header != "" {
			line = "「" + s.Header + "」" + line
		}
		if !s.isError() {
			line = "（警告）" + line
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// spotComment is the comment in a faulty cell.
func spotComment(spots []Spot) string {
	lines := make([]string, len(spots))
	for i, s := range spots {
		lines[i] = "【" + s.word() + "】" + s.JA
	}
	return strings.Join(lines, "\n")
}
