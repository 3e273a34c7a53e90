package jobs_test

import (
	"encoding/json"
	"path"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline/purge"
	"meibo/pipeline/source"
)

// P17: no receipt of any kind, neither its JSON nor its workbook, holds anything
// of a person: no ID, name, date, address, number or reason, and no hash either.
func TestP17NoReceiptHoldsAnythingOfAPerson(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.put(t, "2026-11-19/association/inquiries_1.csv", table(receivedHeader, "Q77,2026-08-01,照会 太郎,090-1234-5678,DUE00001,回答 花子,回答の内容,2026-08-01,電話,1"))
	p.purgeable(t, 2)
	p.with(t, func(h *jobs.House) {
		_, err := h.Hold(t.Context(), jobs.HoldOrder{AgentID: "DUE00002", Reason: "苦情の調査中", By: "S3"})
		must(t, err)
	})
	restore := p.backup(t)
	p.approve(t, 1, "S1", "S2")
	p.execute(t, 1)
	hashes := p.ledgerIDs(t)
	if len(hashes) == 0 {
		t.Fatal("the ledger names nobody")
	}
	restore()
	p.replay(t, "S1")
	p.with(t, func(h *jobs.House) {
		_, err := h.Release(t.Context(), "DUE00002", 0, "S3", "調査の終了", 0)
		must(t, err)
	})
	p.night(t, sampleDays[1])
	list, _, err := p.store(t).LastPurgeList(t.Context())
	must(t, err)
	p.approve(t, list.No, "S1", "S2")
	p.execute(t, list.No)
	p.with(t, func(h *jobs.House) {
		_, err := h.UndoPurge(t.Context(), list.No, []string{"S1", "S3"}, "申請の取違え", 0)
		must(t, err)
	})

	planted := append(hashes,
		"DUE0000", "HELD1", "期限 丁", "丁丁子", "キゲン", "旧姓", "due1@", "due2@", "1951", "1952", "2020-01", "Q77", "照会 太郎", "090-1234", "回答 花子", "回答の内容",
		"苦情の調査中", "調査の終了", "申請の取違え")
	kinds := map[string]bool{}
	all, err := p.store(t).Receipts(t.Context())
	must(t, err)
	for i := range all {
		kinds[all[i].Kind] = true
		for _, ext := range []string{"json", "xlsx"} {
			name := "purge-receipt_" + all[i].No + "." + ext
			texts := p.textsOf(t, path.Join(p.Outbox, "compliance", name))
			if !strings.Contains(texts, all[i].No) {
				t.Errorf("%s does not hold its own number: the search is blind", name)
			}
			for _, x := range planted {
				if strings.Contains(texts, x) {
					t.Errorf("%s holds %q", name, x)
				}
			}
		}
	}
	equal(t, "kinds of receipts", kinds, map[string]bool{
		purge.ReceiptInquiries: true, purge.ReceiptPurge: true, purge.ReceiptReplayed: true, purge.ReceiptUndone: true,
	})
}

// ledgerIDs are the keyed hashes that the ledger holds.
func (p *place) ledgerIDs(t testing.TB) (out []string) {
	t.Helper()
	for line := range strings.Lines(tree(t, p.StateDir)["purge-ledger.jsonl"]) {
		var e struct {
			IDs []string `json:"ids"`
		}
		must(t, json.Unmarshal([]byte(line), &e))
		out = append(out, e.IDs...)
	}
	return out
}

// textsOf is everything that is written in a file, in all parts of a workbook.
func (p *place) textsOf(t testing.TB, name string) string {
	t.Helper()
	content := tree(t, path.Dir(name))[path.Base(name)]
	var b strings.Builder
	must(t, source.Texts(strings.NewReader(content), int64(len(content)), nil, func(row []string) bool {
		b.WriteString(strings.Join(row, "\t") + "\n")
		return true
	}))
	return b.String()
}
