package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"meibo/pipeline"
)

func TestCorrectionRequestsHideBirthDatesUnlessEncrypted(t *testing.T) {
	on := pipeline.MustDate("2026-11-20")
	asked := []pipeline.Correction{
		{
			AgentID: "A1", ReceiptNo: "U1", Item: "生年月日", Division: pipeline.DivisionCorrect, Before: "1980-04-01", After: "1980-04-11",
			Proof: "運転免許証", On: on, ReceivedBy: "受付", Sender: "association", Since: on,
		},
		{AgentID: "A1", ReceiptNo: "U2", Item: "生年月日", Division: pipeline.DivisionCorrect, After: "1980-04-11", Proof: "運転免許証", On: on, Since: on},
		{AgentID: "A1", ReceiptNo: "U3", Division: pipeline.DivisionDelete, Proof: "=1+1", On: on, Since: on},
	}
	for _, tt := range []struct {
		name      string
		encrypted bool
		want      [][]string // 受付番号 to 訂正後
	}{
		{"in the clear", false, [][]string{
			{"U1", "A1", "訂正", "生年月日", "", "●●●●-●●-0●", "●●●●-●●-1●"}, {"U2", "A1", "訂正", "生年月日", "", "", "●●●●-●●-●●"}, {"U3", "A1", "削除", "（記録全体）"},
		}},
		{"encrypted", true, [][]string{
			{"U1", "A1", "訂正", "生年月日", "", "1980-04-01", "1980-04-11"}, {"U2", "A1", "訂正", "生年月日", "", "", "1980-04-11"}, {"U3", "A1", "削除", "（記録全体）"},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := sampleMeta()
			m.Encrypted = tt.encrypted
			var b bytes.Buffer
			st, err := CorrectionRequests(&b, m, asked)
			if err != nil || st.Rows != 3 {
				t.Fatalf("%d rows, %v", st.Rows, err)
			}
			f, err := excelize.OpenReader(&b)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			rows, err := f.GetRows("訂正・削除の依頼")
			if err != nil {
				t.Fatal(err)
			}
			rows = rows[len(rows)-3:]
			for i, want := range tt.want {
				if got := rows[i][:len(want)]; strings.Join(got, "|") != strings.Join(want, "|") {
					t.Errorf("row %d: %q, want %q", i+1, got, want)
				}
			}
			if all := b.String(); !tt.encrypted && strings.Contains(all, "1980-04") {
				t.Error("a birth date stands in the clear")
			}
		})
	}
}
