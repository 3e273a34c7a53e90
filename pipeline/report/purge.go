package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"meibo/pipeline"
)

// The states of a purge list in the order in which a reviewer needs them.
var (
	purgeStates = [...]string{pipeline.PurgeDue, pipeline.PurgeDecision, pipeline.PurgeHeld, pipeline.PurgeNotice}
	purgeTones  = [...]tone{urgent, alarm, notice, calm}
)

// Columns that reviewers fill in; intake finds them again by these headers.
const (
	colVerdict  = "判定"
	colGrounds  = "理由"
	colReviewer = "審査者"
)

func reviewColumns(choices ...string) []column {
	return []column{
		{header: colVerdict, width: 8, align: "center", input: true, choices: choices},
		{header: colGrounds, width: 18, input: true},
		{header: colReviewer, width: 10, input: true},
	}
}

// PurgeList writes purge-list_<list_no>.xlsx for compliance: one line per person
// with everything the deadline rests on, and columns to answer in. Only those
// can be changed; the protection has no password, since it guards against slips
// and not against intent (approval binds to the hash of the list).
//
// rows is read once, in any order. Rows of another list, or other than list.Rows
// of them, stop the report: the list would not be the one its hash names. What is
// different from the list before stands on a second sheet.
func PurgeList(w io.Writer, m Meta, list pipeline.PurgeList, rows iter.Seq2[pipeline.PurgeRow, error], since PurgeSince) (st Stats, err error) {
	defer wrap("purge list "+strconv.Itoa(list.No), &err)
	b, err := newBook(m, fmt.Sprintf("削除予定リスト 第%d号", list.No))
	if err != nil {
		return st, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	p := &purgeBook{b: b, list: list, rows: newSorter(b.dir, sortMemory)}
	defer p.rows.close()
	if err := p.collect(rows); err != nil {
		return st, err
	}
	if err := p.write(); err != nil {
		return st, err
	}
	if err := p.writeChanges(since); err != nil {
		return st, err
	}
	return Stats{Rows: p.rows.count}, b.save(w)
}

type purgeBook struct {
	b      *book
	list   pipeline.PurgeList
	rows   *sorter
	counts [len(purgeStates)]int
}

// collect sorts by state, first day of deletion and ID.
func (p *purgeBook) collect(rows iter.Seq2[pipeline.PurgeRow, error]) error {
	for r, err := range rows {
		if err != nil {
			return err
		}
		if r.ListNo != p.list.No {
			return fmt.Errorf("a row belongs to list %d", r.ListNo)
		}
		state := slices.Index(purgeStates[:], r.State)
		if state < 0 {
			return fmt.Errorf("unknown state %q", r.State)
		}
		p.counts[state]++
		payload, err := json.Marshal(r)
		if err != nil {
			return err
		}
		key := fmt.Appendf(nil, "%d%08d%s", state, int(r.FirstDeletable), r.AgentID)
		if err := p.rows.add(key, payload); err != nil {
			return err
		}
	}
	if p.rows.count != p.list.Rows {
		return fmt.Errorf("%d rows, but the list has %d", p.rows.count, p.list.Rows)
	}
	return nil
}

func (p *purgeBook) layout() layout {
	var counts []string
	var legends []legend
	for i, state := range purgeStates {
		counts = append(counts, fmt.Sprintf("%s %s件", state, thousands(p.counts[i])))
		legends = append(legends, legend{purgeTones[i], state})
	}
	return layout{
		name: "削除予定リスト", title: p.b.title, rows: p.rows.count, legend: legends, fixed: 3, filter: true, locked: true,
		lines: []string{
			fmt.Sprintf("リスト番号 %d　｜　リストのハッシュ（SHA-256） %s", p.list.No, p.list.Hash),
			"状態別　" + strings.Join(counts, "　｜　"),
			"黄色の欄（判定・理由・審査者）にご記入のうえ、ファイル名を変えずにご返送ください。「承認」できるのは状態が「対象」の行だけです。空欄の行は未審査として扱います。前回のリストとの違いは「" + changesSheet + "」シートにあります。",
		},
		columns: append([]column{
			{header: "リスト\n番号", width: 6, align: "center"},
			{header: "状態", width: 7, align: "center"},
			{header: "募集人ID", width: 12},
			{header: "区分\n（取扱要領§10）", width: 14},
			{header: "起点の\n事実", width: 11, align: "center"},
			{header: "起点日", width: 11, align: "center"},
			{header: "期間", width: 6, align: "center"},
			{header: "延長の経緯", width: 21},
			{header: "期限\n（最終日）", width: 11, align: "center"},
			{header: "削除できる\n最初の日", width: 11, align: "center"},
			{header: "保留の理由", width: 20},
			{header: "掲載の理由", width: 50},
			{header: "根拠となる事実と出典", width: 31},
		}, reviewColumns("承認", "保留", "解除")...),
	}
}

func (p *purgeBook) write() error {
	s, err := p.b.table(p.layout())
	if err != nil {
		return err
	}
	for rec, err := range p.rows.sorted() {
		if err != nil {
			return err
		}
		var r pipeline.PurgeRow
		if err := json.Unmarshal(rec, &r); err != nil {
			return fmt.Errorf("read spilled rows: %w", err)
		}
		if err := purgeRow(s, &r); err != nil {
			return err
		}
	}
	return s.finish()
}

func purgeRow(s *sheet, r *pipeline.PurgeRow) error {
	t := purgeTones[slices.Index(purgeStates[:], r.State)]
	s.count(plain, r.ListNo)
	s.text(t, r.State)
	s.text(plain, r.AgentID)
	s.wrap(plain, caseName(r.Case))
	s.text(plain, r.BaseKind)
	s.date(plain, r.BaseOn)
	s.text(plain, r.Period)
	s.wrap(plain, linesOf(r.Extensions, extensionLine))
	s.date(plain, r.LastDay)
	s.date(t, r.FirstDeletable)
	s.wrap(plain, linesOf(r.Holds, holdLine))
	s.wrap(plain, r.Reason)
	s.wrap(plain, linesOf(r.Evidence, evidenceLine))
	s.input("")
	s.input("")
	s.input("")
	return s.end()
}

// linesOf writes one line for each value.
func linesOf[T any](all []T, line func(T) string) string {
	lines := make([]string, len(all))
	for i, v := range all {
		lines[i] = line(v)
	}
	return strings.Join(lines, "\n")
}

// caseName is what a case of 要領 §10 means.
func caseName(c string) string {
	switch c {
	case "1":
		return "No.1 登録歴なし・資格あり"
	case "2":
		return "No.2 登録歴なし・資格なし"
	case "3":
		return "No.3 登録終了・資格あり"
	case "4":
		return "No.4 登録終了・資格なし"
	case pipeline.CaseRequest:
		return "本人の申出による削除（§4(5)ア）"
	}
	return c
}

func extensionLine(x pipeline.Extension) string {
	return fmt.Sprintf("%s %s → %sまで%s", x.On, x.Kind, x.LastDay, source("", x.Evidence))
}

func holdLine(h pipeline.Hold) string {
	term := ""
	if !h.Since.IsZero() {
		term = h.Since.String() + "から"
	}
	if !h.Until.IsZero() {
		term += h.Until.String() + "まで"
	}
	who := h.By
	if who != "" {
		who += "による"
	}
	return joined("　", "・"+h.Reason, joined("、", term, who))
}

// evidenceLine is a fact, and below it where it stands.
func evidenceLine(e pipeline.Evidence) string {
	return joined("\n", joined(" ", e.Fact, e.On.String()), source(e.File, e.Ref))
}

// source says where a fact stands: file and row, or the batch for want of a name.
func source(file, ref string) string {
	at, err := pipeline.ParseRef(ref)
	if err != nil {
		if file == "" {
			return ""
		}
		return "（" + file + "）"
	}
	row := ""
	if at.Row > 0 {
		row = fmt.Sprintf("%d行目", at.Row)
	}
	if file == "" {
		file = "受付 " + at.Batch
	}
	return "（" + joined(" ", file, at.Sheet, row) + "）"
}
