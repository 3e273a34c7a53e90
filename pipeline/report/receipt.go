package report

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"meibo/pipeline"
	"meibo/pipeline/purge"
)

// ReceiptName is the name of a receipt's file; ext is xlsx or json.
func ReceiptName(no, ext string) string { return "purge-receipt_" + no + "." + ext }

// PurgeReceiptJSON writes a receipt with all that its signature covers, for
// programs and for meibo purge verify.
func PurgeReceiptJSON(w io.Writer, r *purge.Receipt) error { return writeJSON(w, r) }

// PurgeReceipt writes the 削除証明書 for people: one page to print and file, with
// what was deleted, on whose word, what was searched afterwards and where copies
// may remain until when. It says no more than the receipt, which names nobody.
func PurgeReceipt(w io.Writer, m Meta, r *purge.Receipt) (st Stats, err error) {
	defer wrap("purge receipt "+r.No, &err)
	b, err := newBook(m, "削除証明書 "+r.No)
	if err != nil {
		return st, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if err := b.addSheet("削除証明書"); err != nil {
		return st, err
	}
	p := &receiptPage{canvas: b.canvas("削除証明書", 2, 24, 14, 22, 14, 14, 2), r: r}
	p.write()
	if p.err == nil {
		p.note(b.portrait(p.name))
	}
	if p.err != nil {
		return st, p.err
	}
	return Stats{Rows: len(r.Persons)}, b.save(w)
}

// portrait sets the printed page upright, one page wide and as many as it takes.
func (b *book) portrait(name string) error {
	upright, yes := "portrait", true
	return errors.Join(
		b.page(name, 0),
		b.f.SetPageLayout(name, &excelize.PageLayoutOptions{Orientation: &upright}),
		b.f.SetPageMargins(name, &excelize.PageLayoutMarginsOptions{Horizontally: &yes}),
	)
}

// receiptPage is the page in the making; row is the next one.
type receiptPage struct {
	*canvas
	r   *purge.Receipt
	row int
}

const receiptLast = 6 // column at the right edge

func (p *receiptPage) write() {
	p.heading()
	p.facts()
	p.counts(personsTitle(p.r.Kind), "区分", "件数（人・記録）", p.r.Persons, receiptCase)
	deleted, redacted := rowsOf(p.r)
	p.counts(rowsTitle(p.r.Kind), "表", "行数", deleted, tableTitle)
	if len(redacted) > 0 {
		p.counts(redactedTitle(p.r.Kind), "表", "行数", redacted, tableTitle)
	}
	p.searched()
	p.residual()
	p.left()
	p.notes()
	p.proof()
}

func (p *receiptPage) heading() {
	title := titleStyle()
	title.Font.Size, title.Alignment.Horizontal = 22, "center"
	p.span(2, receiptLast, 1, title, "削　除　証　明　書")
	p.height(1, 42)
	no := lineStyle()
	no.Font.Bold, no.Font.Size, no.Alignment.Horizontal = true, 12, "right"
	p.span(2, receiptLast, 2, no, "証明書番号 "+p.r.No)
	says := lineStyle()
	says.Alignment.WrapText = true
	says.Font.Size = 11
	p.span(2, receiptLast, 3, says, statement(p.r))
	p.height(3, 36)
	p.span(2, receiptLast, 4, noteStyle(), p.b.m.line(total(p.r.Persons)))
	note := noteStyle()
	note.Alignment.WrapText = true
	p.span(2, receiptLast, 5, note, notBinding+"\n"+noOtherUse)
	p.height(5, 27)
	p.row = 7
}

// statement says in one sentence what is certified.
func statement(r *purge.Receipt) string {
	switch r.Kind {
	case purge.ReceiptPurge:
		return "取扱要領§10の管理期間を経過した者および削除の申出があった者の登載情報を、承認された一覧に基づいて下記のとおり削除し、削除後の検索の結果を確認したことを証明します。"
	case purge.ReceiptUndone:
		for _, x := range r.Residual {
			if x.Note() {
				return "下記の一覧に基づく削除を取消可能期間内に取り消し、特記事項に記したものを除いて、記録を削除前の状態に戻したことを証明します。"
			}
		}
		return "下記の一覧に基づく削除を取消可能期間内に取り消し、記録を削除前の状態に戻したことを証明します。"
	case purge.ReceiptReplayed:
		return "データベースの復元によって戻った削除済みの記録を、削除台帳に基づいて下記のとおり再び削除し、削除後の検索の結果を確認したことを証明します。"
	case purge.ReceiptInquiries:
		return "取扱要領§12の保存期間を経過した照会記録を、下記のとおり破棄したことを証明します。"
	}
	return "下記のとおり実施したことを証明します。"
}

func personsTitle(kind string) string {
	if kind == purge.ReceiptUndone {
		return "元に戻した記録"
	}
	return "削除した記録"
}

func rowsTitle(kind string) string {
	if kind == purge.ReceiptUndone {
		return "元に戻した行（表別）"
	}
	return "削除した行（表別）"
}

// rowsOf are the rows of each table that went, and those of others out of which
// the persons were taken.
func rowsOf(r *purge.Receipt) (deleted, redacted []purge.Count) {
	for _, c := range r.RowsDeleted {
		if c.Count > 0 {
			deleted = append(deleted, c)
		}
		if c.Redacted > 0 {
			redacted = append(redacted, purge.Count{Of: c.Of, Count: c.Redacted})
		}
	}
	return deleted, redacted
}

func redactedTitle(kind string) string {
	if kind == purge.ReceiptUndone {
		return "文中の置換えを元に戻した、ほかの人の行（表別）"
	}
	return "文中の氏名・募集人IDなどを「" + pipeline.Redacted + "」に置き換えた、ほかの人の行（表別）"
}

// facts are the terms of what was done, name and value.
func (p *receiptPage) facts() {
	r := p.r
	at := func(i pipeline.Instant) string {
		if i.IsZero() {
			return "–"
		}
		return i.Time().In(p.b.m.Slot.Location()).Format("2006-01-02 15:04:05")
	}
	list := "–"
	if r.ListNo > 0 {
		list = fmt.Sprintf("第%d号", r.ListNo)
	}
	approvers := strings.Join(r.Approvers, "、")
	if approvers == "" {
		approvers = "–（承認を要しない）"
	}
	p.title("概要")
	for _, x := range [][2]string{
		{"種別", r.Kind},
		{"基準日", r.AsOf.String()},
		{"削除一覧", list},
		{"一覧のハッシュ", orDash(r.ListHash)},
		{"適用規則", r.RuleVersion},
		{"承認者・実施者", approvers},
		{"開始", at(r.StartedAt)},
		{"終了", at(r.FinishedAt)},
		{"プログラム", "meibo " + r.Version},
		{"設定のハッシュ", orDash(r.ConfigHash)},
	} {
		p.fact(x[0], x[1])
	}
	p.row++
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func (p *receiptPage) title(text string) {
	p.section(2, receiptLast, p.row, text)
	p.row++
}

// fact is a line with a name and a value over the rest of the width.
func (p *receiptPage) fact(name, value string) {
	label := cellStyle(asText, plain, "left")
	label.Font.Color = mutedColor
	p.set(2, p.row, label, name)
	p.span(3, receiptLast, p.row, cellStyle(asWrap, plain, "left"), value)
	p.height(p.row, rowHeight*float64(linesIn(value, 14+22+14+16)))
	p.row++
}

// counts is a table of counts with their sum; an empty one is one line.
func (p *receiptPage) counts(title, of, count string, all []purge.Count, name func(string) string) {
	p.title(title)
	if len(all) == 0 {
		p.none()
		return
	}
	p.head(of, count)
	for _, c := range all {
		p.span(2, 4, p.row, cellStyle(asText, plain, "left"), name(c.Of))
		p.span(5, receiptLast, p.row, cellStyle(asCount, plain, ""), c.Count)
		p.row++
	}
	p.span(2, 4, p.row, totalStyle(asText, "left"), "合計")
	p.span(5, receiptLast, p.row, totalStyle(asCount, ""), total(all))
	p.row += 2
}

func (p *receiptPage) head(left, right string) {
	p.span(2, 4, p.row, headerStyle(), left)
	p.span(5, receiptLast, p.row, headerStyle(), right)
	p.row++
}

func (p *receiptPage) none() {
	p.span(2, receiptLast, p.row, noteStyle(), "該当なし")
	p.row += 2
}

func total(all []purge.Count) (n int) {
	for _, c := range all {
		n += c.Count
	}
	return n
}

// searched tells what was looked at afterwards; a hit in a place whose copies
// have a last day stands in the next table too.
func (p *receiptPage) searched() {
	p.title("削除後の検索（募集人ID・メールアドレス・氏名と生年月日）")
	if len(p.r.Searched) == 0 {
		p.none()
		return
	}
	p.span(2, 4, p.row, headerStyle(), "検索した場所")
	p.set(5, p.row, headerStyle(), "調べた数")
	p.set(6, p.row, headerStyle(), "残存")
	p.row++
	for _, s := range p.r.Searched {
		t := plain
		if s.Hits > 0 {
			t = notice
		}
		p.span(2, 4, p.row, cellStyle(asText, plain, "left"), placeTitle(s.Place))
		p.set(5, p.row, cellStyle(asCount, plain, ""), s.Things)
		p.set(6, p.row, cellStyle(asCount, t, ""), s.Hits)
		p.row++
	}
	p.row++
}

func (p *receiptPage) residual() {
	p.title("保存期限まで写しが残る場所")
	left := p.r.Left()
	copies := slices.DeleteFunc(slices.Clone(p.r.Residual), func(x purge.Residual) bool { return x.Note() || slices.Contains(left, x) })
	if len(copies) == 0 {
		p.none()
		return
	}
	p.span(2, 4, p.row, headerStyle(), "場所")
	p.set(5, p.row, headerStyle(), "件数")
	p.set(6, p.row, headerStyle(), "残る最終日")
	p.row++
	for _, x := range copies {
		p.span(2, 4, p.row, cellStyle(asText, plain, "left"), placeTitle(x.Place))
		p.set(5, p.row, cellStyle(asCount, plain, ""), x.Files)
		p.date(6, p.row, x.Until)
		p.row++
	}
	p.row++
}

// left tells what stays in rows of others without a last day, if anything does.
func (p *receiptPage) left() {
	left := p.r.Left()
	if len(left) == 0 {
		return
	}
	p.title("ほかの人の記録の番号・コードなどに残った値（登録元の訂正が必要）")
	p.head("場所", "行数")
	p.residuals(notice, left)
}

// notes are how many persons and rows the receipt stands for otherwise than by
// its counts, if there are any.
func (p *receiptPage) notes() {
	notes := slices.DeleteFunc(slices.Clone(p.r.Residual), func(x purge.Residual) bool { return !x.Note() })
	if len(notes) == 0 {
		return
	}
	p.title("特記事項")
	p.head("内容", "件数（人・行）")
	p.residuals(plain, notes)
}

// residuals are lines of a place, or a note, and its count.
func (p *receiptPage) residuals(t tone, all []purge.Residual) {
	for _, x := range all {
		p.span(2, 4, p.row, cellStyle(asText, t, "left"), placeTitle(x.Place))
		p.span(5, receiptLast, p.row, cellStyle(asCount, t, ""), x.Files)
		p.row++
	}
	p.row++
}

func (p *receiptPage) date(col, row int, d pipeline.Date) {
	if n, ok := serial(d); ok {
		p.set(col, row, cellStyle(asDate, plain, "center"), n)
		return
	}
	p.set(col, row, cellStyle(asText, plain, "center"), "–")
}

// proof is what a machine needs to check the certificate.
func (p *receiptPage) proof() {
	p.title("証明")
	previous := p.r.PreviousHash
	if previous == "" {
		previous = "–（最初の証明書）"
	}
	p.fact("前の証明書のハッシュ", previous)
	p.fact("この証明書のハッシュ", p.r.Hash)
	p.fact("署名鍵", p.r.KeyID)
	p.fact("署名（Ed25519）", p.r.Signature)
	p.fact("検証方法", "公開鍵だけで確認できます: meibo purge verify　（内容は同名の .json と同じです）")
}

// receiptCase is the name of what was counted: a case of 要領 §10 or a clause.
func receiptCase(of string) string {
	if name := caseName(of); name != of {
		return name
	}
	return of
}

// placeTitle says where something was searched: a table by its title.
func placeTitle(place string) string {
	if title := tableTitle(place); title != place {
		return title
	}
	return place
}

// tableTitle is what people call a table of the register.
func tableTitle(table string) string {
	if title, ok := tableTitles()[table]; ok {
		return title + "（" + table + "）"
	}
	return table
}

func tableTitles() map[string]string {
	return map[string]string{
		"agents": "募集人基本情報", "agent_names": "氏名の履歴", "qualifications": "試験・資格", "registrations": "登録・届出",
		"registration_events": "登録・届出の履歴", "activities": "利用履歴", "agencies": "代理店", "corrections": "訂正・削除の申出",
		"inquiries": "照会記録", "bulk_inquiries": "一括照会", "staff": "協会の利用者", "managers": "会社管理者",
		"deadlines": "削除期限", "clusters": "同一人のまとまり", "decisions": "重複の判定", "decision_origins": "重複の判定の出典",
		"duplicate_list": "重複候補", "expiry_report": "資格有効期限報告", "purge_list": "削除予定リスト", "purge_lists": "削除予定リストの見出し",
		"purge_changes": "削除予定リストの前回との違い", "purge_reviews": "削除予定リストの審査", "purge_approvals": "削除の承認", "purge_plan": "削除の計画", "purge_undo": "取消用の暗号化データ",
		"purge_guard": "再出現の確認", "purge_receipts": "削除証明書", "holds": "保留", "import_faults": "取込時の指摘",
		"import_batches": "受付ファイル", "import_statistics": "受付の統計", "conduct_findings": "募集行為の点検", "deliveries": "提供の記録",
		"audit_events": "監査記録", "report_manifest": "報告の作成記録", "runs": "処理の記録", "run_steps": "処理の段階",
		"run_files": "処理したファイル", "run_progress": "処理の途中経過", "run_settings": "処理時の設定", "nights": "夜間処理の集計", "leases": "実行権",
	}
}
