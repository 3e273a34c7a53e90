package report

import (
	"errors"
	"io"

	"meibo/pipeline"
)

// CorrectionRequests writes correction-requests_<day>.xlsx for who must answer:
// one row for each open 申出 that came to somebody else (要領 §11(4)(5)), those
// of the day first as they stand. Values are shown as they were asked for;
// unless m.Encrypted, of birth dates only the digits that differ.
func CorrectionRequests(w io.Writer, m Meta, asked []pipeline.Correction) (st Stats, err error) {
	defer wrap("correction requests", &err)
	b, err := newBook(m, "訂正・削除の依頼")
	if err != nil {
		return st, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if err := b.correctionRequests(asked); err != nil {
		return st, err
	}
	return Stats{Rows: len(asked)}, b.save(w)
}

func (b *book) correctionRequests(asked []pipeline.Correction) error {
	l := layout{
		name: "訂正・削除の依頼", title: b.title, rows: len(asked), fixed: 2, filter: true,
		legend: []legend{{notice, "本日回送"}},
		lines: []string{
			"ほかの窓口が受け付けた申出です。証明書類で確かめ、同じ受付番号・募集人ID・項目・対象の訂正・削除の申出（corrections_…）を送ってください（取扱要領§11(3)(4)）。",
			"対応が済むまで毎日お知らせします。その間、この人の記録は削除されません。",
		},
		columns: []column{
			{header: "受付番号", width: 13},
			{header: "募集人ID", width: 13},
			{header: "区分", width: 8, align: "center"},
			{header: "項目", width: 18},
			{header: "対象", width: 18},
			{header: "訂正前", width: 24},
			{header: "訂正後", width: 24},
			{header: "証明書類", width: 20},
			{header: "申出日", width: 12, align: "center"},
			{header: "受付者", width: 13},
			{header: "受付窓口", width: 20},
			{header: "回送日", width: 12, align: "center"},
		},
	}
	if !b.m.Encrypted {
		l.lines = append(l.lines, "このファイルは暗号化されないため、生年月日は相違する桁だけを表示しています。")
	}
	s, err := b.table(l)
	if err != nil {
		return err
	}
	for i := range asked {
		if err := s.correctionRequest(&asked[i]); err != nil {
			return err
		}
	}
	return s.finish()
}

func (s *sheet) correctionRequest(c *pipeline.Correction) error {
	before, after := c.Before, c.After
	if c.Item == bornOn && !s.b.m.Encrypted {
		before, after = maskEqual(before, after)
	}
	item := c.Item
	if c.WholeRecord() {
		item = "（記録全体）"
	}
	s.text(toneIf(notice, c.Since == s.b.m.AsOf), c.ReceiptNo)
	s.text(plain, c.AgentID)
	s.text(plain, c.Division)
	s.text(plain, item)
	s.text(plain, c.Target)
	s.wrap(plain, before)
	s.wrap(plain, after)
	s.wrap(plain, c.Proof)
	s.date(plain, c.On)
	s.text(plain, c.ReceivedBy)
	s.wrap(plain, s.b.m.company(c.Sender))
	s.date(plain, c.Since)
	return s.end()
}

// bornOn is the item that must not stand beside a 募集人ID in the clear.
const bornOn = "生年月日"
