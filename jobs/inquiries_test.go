package jobs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/purge"
)

const receivedHeader = "受付番号,受付日,照会者氏名,連絡先,募集人ID,回答者名,回答内容,回答日,照会方法,本人確認"

// P14: a record of an inquiry is there on its last day and gone the night after
// it, at the end of a month too; the receipt counts and names nobody.
func TestP14ARecordOfAnInquiryGoesWhenItsTimeIsOver(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.purgeable(t, 1)
		cases := []struct{ received, answered, last pipeline.Date }{
			{day("2027-05-31"), day("2027-05-31"), day("2027-08-31")},
			{day("2027-05-20"), day("2027-06-01"), day("2027-09-01")}, // the later of the two
			{day("2027-06-05"), day("2027-06-05"), day("2027-09-05")}, // held
		}
		var rows []string
		for i, c := range cases {
			id := []string{"REG1", "REG1", "HELD1"}[i]
			rows = append(rows, fmt.Sprintf("Q%d,%s,照会 太郎%d,090-0000-000%d,%s,回答 花子,秘密の回答%d,%s,電話,1", i+1, c.received, i, i, id, i, c.answered))
		}
		p.put(t, "2027-06-06/association/inquiries_1.csv", table(receivedHeader, rows...))
		p.night(t, day("2027-06-06"))
		p.with(t, func(h *jobs.House) {
			_, err := h.Hold(t.Context(), jobs.HoldOrder{AgentID: "HELD1", By: "S1", Reason: "係争中", Code: "inquiry"})
			must(t, err)
		})
		left := func(d pipeline.Date) int {
			p.night(t, d)
			n := 0
			for _, err := range p.store(t).AllInquiries(t.Context()) {
				must(t, err)
				n++
			}
			return n
		}
		for _, x := range []struct {
			on   string
			left int
		}{{"2027-08-31", 3}, {"2027-09-01", 2}, {"2027-09-02", 1}, {"2027-09-30", 1}} {
			if n := left(day(x.on)); n != x.left {
				t.Errorf("after the night of %s %d records are left, want %d", x.on, n, x.left)
			}
		}
		receipts, err := p.store(t).Receipts(t.Context())
		must(t, err)
		if len(receipts) != 2 {
			t.Fatalf("%d receipts, want one for each night that destroyed something", len(receipts))
		}
		for _, r := range receipts {
			equal(t, "kind", r.Kind, purge.ReceiptInquiries)
			equal(t, "counts", r.Persons, []purge.Count{{Of: "要領§12", Count: 1}})
			b, err := os.ReadFile(filepath.Join(p.Outbox, "compliance", "purge-receipt_"+r.No+".json"))
			must(t, err)
			if strings.Contains(string(b), "照会 太郎") || strings.Contains(string(b), "REG1") {
				t.Errorf("receipt %s names somebody", r.No)
			}
		}
		p.mentionsNobody(t, "照会 太郎0", "090-0000-0000", "秘密の回答0", "照会 太郎1", "秘密の回答1")
		if r := p.audited(t, p.publicKey()); !r.OK() {
			t.Errorf("audit: %v", r.Findings)
		}
	})
}
