package report

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"meibo/pipeline/purge"
)

// changesSheet is the second sheet of a purge list.
const changesSheet = "前回との違い"

// PurgeSince is what became of things since the purge list before.
type PurgeSince struct {
	Before  int             // its number; 0: there is none
	Done    []purge.Receipt // of executions between the two, of those taken back, and of replays
	Changes iter.Seq2[purge.Change, error]
}

// changeName is a kind of change as people read it.
func changeName(kind string) (string, tone) {
	switch kind {
	case purge.ChangeNew:
		return "追加", urgent
	case purge.ChangeState:
		return "状態変更", alarm
	case purge.ChangeFacts:
		return "内容変更", notice
	case purge.ChangeGone:
		return "除外", muted
	}
	return kind, plain
}

// writeChanges writes the differences to the list before, by kind and ID.
func (p *purgeBook) writeChanges(since PurgeSince) error {
	sorted := newSorter(p.b.dir, sortMemory)
	defer sorted.close()
	var counts PurgeChanges
	if since.Before > 0 {
		for c, err := range since.Changes {
			if err != nil {
				return err
			}
			counts.Add(c.Kind)
			payload, err := json.Marshal(c)
			if err != nil {
				return err
			}
			if err := sorted.add(fmt.Appendf(nil, "%d%s", slices.Index(purge.Changes[:], c.Kind), c.AgentID), payload); err != nil {
				return err
			}
		}
	}
	s, err := p.b.table(layout{
		name: changesSheet, title: p.b.title + "　" + changesSheet, rows: sorted.count, fixed: 2, filter: true, locked: true,
		lines: sinceLines(since, counts),
		columns: []column{
			{header: "前回との\n違い", width: 11, align: "center"},
			{header: "募集人ID", width: 16},
			{header: "前回の\n状態", width: 10, align: "center"},
			{header: "今回の\n状態", width: 10, align: "center"},
			{header: "理由", width: 90},
		},
	})
	if err != nil {
		return err
	}
	for rec, err := range sorted.sorted() {
		if err != nil {
			return err
		}
		var c purge.Change
		if err := json.Unmarshal(rec, &c); err != nil {
			return fmt.Errorf("read spilled changes: %w", err)
		}
		if err := changeRow(s, &c); err != nil {
			return err
		}
	}
	return s.finish()
}

func changeRow(s *sheet, c *purge.Change) error {
	name, t := changeName(c.Kind)
	s.text(t, name)
	s.text(plain, c.AgentID)
	s.text(plain, c.Was)
	s.text(plain, c.Is)
	s.wrap(plain, c.Reason)
	return s.end()
}

// sinceLines says above the differences what they are to.
func sinceLines(since PurgeSince, counts PurgeChanges) []string {
	if since.Before == 0 {
		return []string{"最初のリストです。比べる前回のリストはありません。"}
	}
	lines := []string{fmt.Sprintf("第%d号との違い　%s", since.Before, counts)}
	for i := range since.Done {
		lines = append(lines, doneLine(&since.Done[i]))
	}
	return append(lines, "「除外」は、このリストに載らなくなった人です。削除した人はここには載りません（人数を上に示します）。")
}

// doneLine is an execution in one line; it names nobody.
func doneLine(r *purge.Receipt) string {
	persons := 0
	for _, c := range r.Persons {
		persons += c.Count
	}
	what := map[string]string{
		purge.ReceiptPurge: "を実行し、%s人を削除しました", purge.ReceiptUndone: "の実行を取り消し、%s人の記録を戻しました", purge.ReceiptReplayed: "復元のあと、%s人の記録を再び削除しました",
	}[r.Kind]
	list := ""
	if r.ListNo > 0 {
		list = fmt.Sprintf("第%d号", r.ListNo)
	}
	return "この間に" + (list + fmt.Sprintf(what, thousands(persons))) + "（基準日 " + r.AsOf.String() + "、証明書 " + r.No + "）。"
}
