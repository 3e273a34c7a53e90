package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/access"
	"meibo/pipeline/deadline"
	"meibo/pipeline/purge"
	"meibo/pipeline/report"
	"meibo/pipeline/run"
)

// committeePrefix is how the names of committee packs begin.
const committeePrefix = "committee-pack_"

// quarterOf are the first and the last day of the calendar quarter of a day.
func quarterOf(d pipeline.Date) (first, last pipeline.Date) {
	first, _ = pipeline.NewDate(d.Year(), (d.Month()-1)/3*3+1, 1)
	end, _ := pipeline.NewDate(d.Year(), first.Month()+2, 1)
	return first, end.EndOfMonth()
}

// committeeFile writes the committee's pack (要領§7, §9) in the first night of a
// quarter, about the one before it.
func (n *night) committeeFile(ctx context.Context, w *run.Work, b *box) error {
	before, err := n.dayBefore(ctx)
	if err != nil || before.IsZero() {
		return err
	}
	from, to := quarterOf(before)
	if n.row.AsOf <= to {
		return nil
	}
	return n.writeCommittee(ctx, w, b, from, to)
}

func (n *night) writeCommittee(ctx context.Context, w *run.Work, b *box, from, to pipeline.Date) error {
	p, err := n.committeePack(ctx, from, to)
	if err != nil {
		return fmt.Errorf("committee pack: %w", err)
	}
	return b.write(w, report.CommitteeName(n.row.AsOf), func(out io.Writer) (report.Stats, error) {
		return report.Committee(out, n.meta(b.reader, n.row.AsOf), p)
	})
}

// Committee hands over the committee's pack of the quarter of a day to the folder of
// the association, for who may see statistics. There is one in a quarter: the
// figures of two days near each other could be subtracted, and what is left is of
// few. If the first night wrote it already (about the quarter before), or somebody
// asked before, it is that one; else one about the quarter so far, unless the next
// quarter is near. *ErrRequest is a quarter that cannot have one.
func (h *House) Committee(ctx context.Context, l Looker, asOf pipeline.Date) (out []HandedOver, err error) {
	if l.Purpose == "" {
		l.Purpose = access.PurposeQuality
	}
	seen, err := h.looking(ctx, l, "", []string{access.FieldStatistics}, asOf)
	if err != nil {
		return nil, err
	}
	err = h.alone(ctx, func(ctx context.Context) error {
		n, err := h.byDay(ctx, asOf)
		if err != nil {
			return err
		}
		from, last := quarterOf(asOf)
		switch day, err := n.packOf(ctx, from, asOf); {
		case err != nil:
			return err
		case !day.IsZero():
			out, err = n.packAgain(day)
			return errors.Join(err, seen.noted(ctx, 0))
		case last.Sub(asOf) < packsApart:
			return &ErrRequest{
				"四半期の終わりまで" + strconv.Itoa(packsApart) + "日を切っています。次の四半期の最初の夜に作成される資料をお使いください（日の近い2つの資料を比べると、伏せた人数が分かるため）。",
				"the next quarter, whose first night writes a pack, is less than " + strconv.Itoa(packsApart) + " days away: two packs of days near each other would tell what each hides",
			}
		}
		out, err = n.handOver(ctx, SenderAssociation, n.secrets.password(SenderAssociation), func(b *box, w *run.Work) error {
			return n.writeCommittee(ctx, w, b, from, asOf)
		}, func(made []report.ManifestFile) error { return n.noteReports(ctx, SenderAssociation, made) })
		if err != nil {
			return err
		}
		return seen.noted(ctx, 0)
	})
	return out, err
}

// packsApart is how many days a pack on request lies before the next one at least.
const packsApart = 28

// packOf is the day of the pack that was written from one day to another; zero:
// there is none. The folder tells of one whose writer was killed before the log knew.
func (n *night) packOf(ctx context.Context, from, to pipeline.Date) (day pipeline.Date, err error) {
	look := func(name string) {
		text, _ := strings.CutPrefix(strings.TrimSuffix(name, path.Ext(name)), committeePrefix)
		if d, err := pipeline.ParseDate(text); err == nil && from <= d && d <= to {
			day = max(day, d)
		}
	}
	for e, err := range n.Store.PurposesOf(ctx, committeePrefix) {
		if err != nil {
			return day, err
		}
		look(e.Fields)
	}
	root, err := n.boxFolder(SenderAssociation)
	if err != nil {
		return day, err
	}
	defer root.Close()
	entries, err := root.ReadDir(".")
	if err != nil {
		return day, fmt.Errorf("look for the committee's packs: %w", err)
	}
	for _, e := range entries {
		look(e.Name())
	}
	return day, nil
}

// packAgain tells of the pack of a day where it lies.
func (n *night) packAgain(day pipeline.Date) ([]HandedOver, error) {
	root, err := n.boxFolder(SenderAssociation)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	m, err := readManifest(root, report.ManifestName(day))
	if err != nil {
		return nil, err
	}
	for _, f := range m.Files {
		if f.Name != report.CommitteeName(day) {
			continue
		}
		file := fileOf(SenderAssociation, day, f)
		o := &outgoing{House: n.House}
		if sum, err := o.look(root, &file); err == nil && sum == f.SHA256 {
			return []HandedOver{{SenderAssociation, f.Name, day, f.Rows, file.Encryption, f.SHA256}}, nil
		}
	}
	return nil, &ErrRequest{
		"この四半期の委員会資料（基準日 " + day.String() + "）は作成済みですが、outbox にありません。保管した写しをお使いください（同じ四半期に作り直すと、2つを比べて伏せた人数が分かるため作成しません）。",
		"the pack of this quarter, of " + day.String() + ", was written but is no longer in the outbox: use the copy that was kept, for a second one would tell what the first hides",
	}
}

// committeePack counts what the committee looks at: of the quarter what happened in
// it, and of the register what stands there on the day.
func (n *night) committeePack(ctx context.Context, from, to pipeline.Date) (report.CommitteePack, error) {
	p := report.CommitteePack{From: from, To: to}
	nights, err := n.Store.Nights(ctx, to.AddDays(1), 400)
	if err != nil {
		return p, err
	}
	for _, e := range nights {
		var point report.NightPoint
		if err := json.Unmarshal([]byte(e.Figures), &point); err != nil {
			return p, fmt.Errorf("figures of %s: %w", e.AsOf, err)
		}
		if e.AsOf >= from {
			p.Nights = append(p.Nights, point)
		}
	}
	for _, count := range []func(context.Context, *report.CommitteePack) error{
		n.countRegister, n.countLapses, n.countDeadlines, n.countDeletions, n.countFindings, n.countFiles,
	} {
		if err := count(ctx, &p); err != nil {
			return p, err
		}
	}
	p.Settings, err = n.rulesInForce(from, to)
	return p, err
}

// crossed counts things by a row and a column, both in a fixed order.
type crossed struct {
	rows, columns []string
	counts        map[string][]int
}

func newCrossed(columns ...string) *crossed {
	return &crossed{columns: columns, counts: map[string][]int{}}
}

func (x *crossed) add(row, column string, by int) {
	i := slices.Index(x.columns, column)
	if i < 0 {
		return
	}
	if x.counts[row] == nil {
		x.counts[row] = make([]int, len(x.columns))
		x.rows = append(x.rows, row)
	}
	x.counts[row][i] += by
}

// table gives the rows in the order of their names.
func (x *crossed) table(sheet, title, head string, people bool) report.StatTable {
	t := report.StatTable{Sheet: sheet, Title: title, Head: head, Columns: x.columns, People: people}
	slices.Sort(x.rows)
	for _, r := range x.rows {
		t.Rows = append(t.Rows, report.StatRow{Label: r, Counts: x.counts[r]})
	}
	return t
}

// countRegister counts qualifications by kind and state, and IDs by what may be sold.
func (n *night) countRegister(ctx context.Context, p *report.CommitteePack) error {
	const unknown = "状態不明"
	held := newCrossed(deadline.StateValid, deadline.StateRenewal, deadline.StateLapsed, deadline.StateUnlimited, unknown)
	people := newCrossed("件数")
	for x, err := range n.Store.People(ctx) {
		if err != nil {
			return err
		}
		people.add(n.kinds.Standing(x.Registrations, x.Qualifications, n.row.AsOf).State, "件数", 1)
		for i := range x.Qualifications {
			q := &x.Qualifications[i]
			if !q.OnFile() || n.kinds.Replaced(q, x.Qualifications, n.row.AsOf) {
				continue
			}
			k, _ := n.kinds.Kind(q.Code)
			held.add(q.Code+" "+k.Name, cmp.Or(n.kinds.State(q, n.row.AsOf), unknown), 1)
		}
	}
	p.Tables = append(p.Tables,
		people.table("募集人の状態", "募集人の状態（募集人IDの数）", "募集人の状態", true),
		held.table("資格の状態", "資格の状態（種類別、更新された資格を除く）", "資格種類", true))
	return nil
}

// countLapses counts the expiry reports of all insurers.
func (n *night) countLapses(ctx context.Context, p *report.CommitteePack) error {
	x := newCrossed("失効後", "当月", "3か月前", "9か月前")
	readers, err := n.expiryReaders(ctx)
	if err != nil {
		return err
	}
	for _, code := range readers {
		name := code
		if i, ok := n.Config.Insurer(code); ok {
			name += " " + i.Name
		}
		for r, err := range n.Store.Expiry(ctx, code) {
			if err != nil {
				return err
			}
			x.add(name, r.Step, 1)
		}
	}
	p.Tables = append(p.Tables, x.table("失効", "資格有効期限報告書の件数（保険会社別）", "保険会社", true))
	return nil
}

// caseName is a case of 要領 §10 as the pack calls it.
func caseName(c string) string {
	if _, err := strconv.Atoi(c); err == nil {
		return "No." + c
	}
	return c
}

// Columns of what stands to be deleted. They have no record in common: tables that
// share some would tell of each other what each hides.
const (
	dueInTime      = "対象（期限内）"
	decisionInTime = "要判断（期限内）"
	overdueColumn  = "期限超過"
	deletedColumn  = "削除した募集人"
)

// deletionState is the column in which a row of a purge list is counted.
func deletionState(r *pipeline.PurgeRow, asOf pipeline.Date) string {
	if purge.Overdue(r, asOf) {
		return overdueColumn
	}
	switch r.State {
	case pipeline.PurgeDue:
		return dueInTime
	case pipeline.PurgeDecision:
		return decisionInTime
	}
	return r.State
}

// countDeadlines counts the newest purge list, and what of it is overdue.
func (n *night) countDeadlines(ctx context.Context, p *report.CommitteePack) error {
	listed := newCrossed(pipeline.PurgeNotice, dueInTime, pipeline.PurgeHeld, decisionInTime, overdueColumn)
	last, found, err := n.Store.LastPurgeList(ctx)
	if err != nil {
		return err
	}
	if found {
		for r, err := range n.Store.PurgeRows(ctx, last.No) {
			if err != nil {
				return err
			}
			listed.add(caseName(r.Case), deletionState(r, n.row.AsOf), 1)
		}
	}
	t := listed.table("削除予定", "削除予定リスト（取扱要領§10の区分別）", "区分（取扱要領§10）", true)
	t.Tied = []string{overdueColumn}
	t.Note = "期限超過は、削除できる最初の日を過ぎた「対象」と、重複の保留期間が切れた「要判断」の記録です。ほかの列には含みません。"
	p.Tables = append(p.Tables, t)
	return nil
}

// countDeletions counts who was deleted within the quarter, by the receipts, but
// for those whom taking it back brought back. What was deleted again after a
// restore is counted once.
func (n *night) countDeletions(ctx context.Context, p *report.CommitteePack) error {
	x := newCrossed(deletedColumn)
	receipts, err := n.Store.Receipts(ctx)
	if err != nil {
		return err
	}
	type what struct {
		list int
		kind string
	}
	back := map[what]int{}
	for _, r := range receipts {
		if r.Kind == purge.ReceiptUndone {
			for _, c := range r.Persons {
				back[what{r.ListNo, c.Of}] += c.Count
			}
		}
	}
	for _, r := range receipts {
		if r.Kind != purge.ReceiptPurge || r.AsOf < p.From || r.AsOf > p.To {
			continue
		}
		for _, c := range r.Persons {
			if n := c.Count - back[what{r.ListNo, c.Of}]; n > 0 {
				x.add(caseName(c.Of), deletedColumn, n)
			}
		}
	}
	t := x.table("削除の実行", "削除した記録（削除証明書による）", "区分（取扱要領§10）", true)
	t.Tied = []string{deletedColumn}
	p.Tables = append(p.Tables, t)
	return nil
}

func (n *night) countFindings(ctx context.Context, p *report.CommitteePack) error {
	x := newCrossed(pipeline.VerdictBreach, pipeline.VerdictReview, pipeline.VerdictUnknown)
	for f, err := range n.Store.Findings(ctx) {
		if err != nil {
			return err
		}
		x.add(f.Clause, f.Verdict, 1)
	}
	p.Tables = append(p.Tables, x.table("業務記録の点検", "業務記録の点検結果（条項別）", "条項", true))
	return nil
}

// countFiles counts files and rows of the quarter; rows are no people.
func (n *night) countFiles(ctx context.Context, p *report.CommitteePack) error {
	x, names := newCrossed("ファイル", "拒否", "読込", "反映", "変更なし", "差戻し"), n.names()
	for d := p.From; d <= min(p.To, n.row.AsOf); d = d.AddDays(1) {
		batches, err := n.Store.BatchesOn(ctx, d)
		if err != nil {
			return err
		}
		for _, b := range batches {
			row := cmp.Or(names[b.Sender], b.Sender) + "　" + cmp.Or(names[b.Kind], b.Kind)
			x.add(row, "ファイル", 1)
			if b.State == pipeline.BatchRefused {
				x.add(row, "拒否", 1)
			}
			x.add(row, "読込", b.RowsRead)
			x.add(row, "反映", b.Applied)
			x.add(row, "変更なし", b.Unchanged)
			x.add(row, "差戻し", b.Rejected)
		}
	}
	p.Tables = append(p.Tables, x.table("ファイル", "受領したファイルと行（個人の数ではありません）", "送付元と種類", false))
	return nil
}
