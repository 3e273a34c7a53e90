package jobs_test

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"meibo/pipeline"
	"meibo/pipeline/store"
)

// Headers of what offices send beside the register.
const (
	inquiryHeader  = "受付番号,受付日,照会者氏名,連絡先,募集人ID,回答者名,回答内容,回答日,照会方法,本人確認,折返し電話,代理人,委任状確認,代理人証明書確認"
	bulkHeader     = "照会番号,募集人ID,氏名,氏名カナ,生年月日,合格番号"
	incidentHeader = "事故ID,種類,発生,認知,報告,報告者,報告先,対象組織,対象アカウント,アクセス停止,通知先,通知"
	staffHeader    = "ログインID,氏名(漢字),メールアドレス,所属,停止"
)

// ended lists what became of each file of a day, and its faults.
func (p *place) ended(t testing.TB, d pipeline.Date) (out []string) {
	t.Helper()
	s := p.store(t)
	batches, err := s.BatchesOn(t.Context(), d)
	must(t, err)
	slices.SortFunc(batches, func(a, b pipeline.Batch) int {
		return strings.Compare(path.Join(a.Sender, a.FileName), path.Join(b.Sender, b.FileName))
	})
	for _, b := range batches {
		out = append(out, fmt.Sprintf("%s/%s %s %d=%d+%d-%d", b.Sender, b.FileName, b.State, b.RowsRead, b.Applied, b.Unchanged, b.Rejected))
		for f, err := range s.Faults(t.Context(), b.ID) {
			must(t, err)
			out = append(out, fmt.Sprintf("  %d %s %s", f.Row, f.Key, f.Code))
		}
	}
	return out
}

// plain leaves out where records came from.
var plain = cmpopts.IgnoreTypes(pipeline.Provenance(""))

func wantRows[T any](t testing.TB, what string, got, want []T) {
	t.Helper()
	if d := cmp.Diff(want, got, plain); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// again does the night of a day once more and reports rows it wrote.
func (p *place) again(t testing.TB, d pipeline.Date) {
	t.Helper()
	before := p.state(t).without(journal...)
	r := p.night(t, d)
	if r.Run.Counts.Applied != 0 {
		t.Errorf("the second run of %s applied %d rows", d, r.Run.Counts.Applied)
	}
	same(t, "second run of "+d.String(), p.state(t).without(journal...), before)
}

func TestInquiriesAreKeptWhateverTheProcedureLacked(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.Insurers = nil
		p.put(t, "2026-11-19/association/agents_1.csv", table(agentHeader, agent("P01")))
		p.put(t, "2026-11-19/association/inquiries_1.csv", table(inquiryHeader,
			"U-1,R8.11.18,試験 花子,03-0000-0000,p01,協会 一郎,募集人IDを回答,2026-11-19,電話,○,,,,",
			"U-2,2026-11-18,代理 二郎,03-0000-0001,NOBODY,協会 一郎,該当なし,,電話,,無,有,×,",
			"U-3,2026-11-18,,03-0000-0001,P01,協会 一郎,該当なし,,メール,はい,,,,"))
		p.put(t, "2026-11-20/association/inquiries_2.xlsx", workbook(t, inquiryHeader,
			"U-2,2026-11-18,代理 二郎,03-0000-0001,P01,協会 一郎,該当なし,2026-11-20,電話,あり,,,,"))
		p.night(t, sampleDays[0])
		equal(t, "first night", p.ended(t, sampleDays[0]), []string{
			"association/agents_1.csv applied 1=1+0-0",
			"association/inquiries_1.csv applied 3=2+0-1",
			"  3 agent_id agent-not-on-file",
			"  4 identified bad-flag", "  4 inquirer required", "  4 way unknown-value",
		})
		p.night(t, sampleDays[1])
		equal(t, "second night", p.ended(t, sampleDays[1]), []string{"association/inquiries_2.xlsx applied 1=1+0-0"})
		first := store.Inquiry{
			ReceiptNo: "U-1", ReceivedOn: day("2026-11-18"), Inquirer: "試験 花子", Contact: "03-0000-0000", AgentID: "P01",
			Answerer: "協会 一郎", Answer: "募集人IDを回答", AnsweredOn: day("2026-11-19"), Way: "電話", Identified: pipeline.FlagYes,
		}
		rows, err := p.store(t).Inquiries(t.Context(), []string{"U-1", "U-2", "U-3"})
		must(t, err)
		wantRows(t, "inquiries", rows, []store.Inquiry{first, {
			ReceiptNo: "U-2", ReceivedOn: day("2026-11-18"), Inquirer: "代理 二郎", Contact: "03-0000-0001", AgentID: "P01",
			Answerer: "協会 一郎", Answer: "該当なし", AnsweredOn: day("2026-11-20"), Way: "電話", Identified: pipeline.FlagYes,
			CalledBack: pipeline.FlagNo, ByProxy: pipeline.FlagYes, MandateSeen: pipeline.FlagNo,
		}})
		p.again(t, sampleDays[1])
	})
}

func TestBulkInquiriesMustSayWhomTheySeek(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.Insurers = nil
		p.put(t, "2026-11-19/1001/bulk-inquiries_1.xlsx", workbook(t, bulkHeader,
			"1,P01,,,,", "2,,試験 花子,,1980-04-01,", "3,,,シケン ハナコ,S55.4.1,", "4,,,,1980-04-01,H-1",
			"5,,試験 花子,シケン ハナコ,,H-1", "6,,,,1980-04-01,", "7,,試験 花子,,1980-13-01,"))
		p.put(t, "2026-11-19/1002/bulk-inquiries_1.csv", table(bulkHeader, "1,P02,,,,"))
		p.put(t, "2026-11-20/1001/bulk-inquiries_2.csv", table(bulkHeader, "1,P01,,,,", "2,P09,,,,"))
		p.night(t, sampleDays[0])
		equal(t, "first night", p.ended(t, sampleDays[0]), []string{
			"1001/bulk-inquiries_1.xlsx applied 7=4+0-3",
			"  6 agent_id inquiry-too-vague", "  7 agent_id inquiry-too-vague", "  8 born_on impossible-date",
			"1002/bulk-inquiries_1.csv applied 1=1+0-0",
		})
		p.night(t, sampleDays[1])
		equal(t, "second night", p.ended(t, sampleDays[1]), []string{"1001/bulk-inquiries_2.csv applied 2=2+0-0"})
		rows, err := p.store(t).BulkInquiries(t.Context(), "1001", []string{"1", "2", "3", "4", "5"})
		must(t, err)
		born := day("1980-04-01")
		wantRows(t, "asked by 1001", rows, []store.BulkInquiry{
			{Sender: "1001", No: "1", AgentID: "P01", AskedOn: sampleDays[0]},
			{Sender: "1001", No: "2", AgentID: "P09", AskedOn: sampleDays[1]},
			{Sender: "1001", No: "3", NameKana: "シケン ハナコ", BornOn: born, AskedOn: sampleDays[0]},
			{Sender: "1001", No: "4", BornOn: born, CertificateNo: "H-1", AskedOn: sampleDays[0]},
		})
		p.again(t, sampleDays[1])
	})
}

func TestStaffAreLetInAgainOnlyByAWrittenNo(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.Insurers = nil
		p.put(t, "2026-11-19/association/staff_1.xlsx", workbook(t, staffHeader,
			"k01,協会 一郎,ichiro@kyokai.example,協会,有", "K02,窓口 二子,niko@kyokai.example,コンタクトセンター,", "K03,窓口 三郎,,支部,"))
		p.put(t, "2026-11-20/association/staff_2.csv", table(staffHeader,
			"K01,協会 一朗,ichiro@kyokai.example,協会,", "K02,窓口 二子,niko@kyokai.example,コンタクトセンター,無"))
		p.night(t, sampleDays[0])
		equal(t, "first night", p.ended(t, sampleDays[0]), []string{
			"association/staff_1.xlsx applied 3=2+0-1", "  4 email required", "  4 office unknown-value",
		})
		p.night(t, sampleDays[1])
		rows, err := p.store(t).Staff(t.Context(), []string{"K01", "K02", "K03"})
		must(t, err)
		wantRows(t, "staff", rows, []store.Staff{
			{LoginID: "K01", Name: "協会 一朗", Email: "ichiro@kyokai.example", Office: "協会", Stopped: pipeline.FlagYes},
			{LoginID: "K02", Name: "窓口 二子", Email: "niko@kyokai.example", Office: "コンタクトセンター", Stopped: pipeline.FlagNo},
		})
		p.again(t, sampleDays[1])
	})
}
