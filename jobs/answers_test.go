package jobs_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"meibo/pipeline"
)

// answered reads the answers of a workbook: number, hits, ID, standing and
// qualifications, joined.
func answered(t testing.TB, path string) (out []string) {
	t.Helper()
	f, err := excelize.OpenFile(path)
	must(t, err)
	defer f.Close()
	rows, err := f.GetRows("回答")
	must(t, err)
	begun := false
	for _, r := range rows {
		for len(r) < 7 {
			r = append(r, "")
		}
		if begun {
			out = append(out, strings.Join([]string{r[0], r[1], r[3], r[4], r[6]}, "|"))
		}
		begun = begun || r[0] == "照会番号"
	}
	return out
}

func TestBulkInquiriesAreAnsweredInTheSameNight(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.put(t, "2026-11-19/association/agents_1.csv", table(agentHeader,
			"P01,試験 花子,シケン ハナコ,旧姓 花子,1980-04-01,,,2026-10-01,",
			"P02,二重 太郎,ニジュウ タロウ,,1970-07-07,,,2026-10-01,", "P03,二重太郎,ニジュウ タロウ,,1970-07-07,,,2026-10-01,",
			"P04,期限 到来,,,1988-08-08,,,2026-04-01,"))
		p.put(t, "2026-11-19/1001/bulk-inquiries_b.csv", table(bulkHeader,
			"9,,旧姓花子,,S55.4.1,", "1,,二重 太郎,,1970-07-07,", "2,,試験 花男,,1980-04-01,", "3,p01,,,,", "4,,,ｼｹﾝ ﾊﾅｺ,1980-04-01,",
			"5,P01,別人 一郎,,,", "6,,期限 到来,,1988-08-08,", "7,P04,,,,"))
		p.put(t, "2026-11-20/1001/bulk-inquiries_c.xlsx", workbook(t, bulkHeader, "3,P01,,,,"))
		p.night(t, sampleDays[0])
		equal(t, "answers", answered(t, filepath.Join(p.Outbox, "1001", "bulk-answers_bulk-inquiries_b_csv.xlsx")), []string{
			"9|1|P01|未登録|", "1|2|||", "2|0|||", "3|1|P01|未登録|", "4|1|P01|未登録|", "5|0|||", "6|0|||", "7|0|||",
		})
		bulk := func() (out []string) {
			all, err := p.store(t).Activities(t.Context(), []string{"P01", "P02", "P03", "P04"})
			must(t, err)
			for _, a := range all {
				out = append(out, a.AgentID+" "+a.Kind+" "+a.Actor+" "+a.On.String())
			}
			return out
		}
		equal(t, "activities", bulk(), []string{"P01 一括照会 1001 2026-11-19"})
		pairs, err := p.store(t).DuplicatesOf(t.Context(), "P02")
		must(t, err)
		if len(pairs) != 1 || pairs[0].AgentB != "P03" || pairs[0].Class != pipeline.ClassReview {
			t.Errorf("no case was opened for two IDs of one person: %+v", pairs)
		}
		p.again(t, sampleDays[0])
		p.night(t, sampleDays[1])
		equal(t, "asked once more", answered(t, filepath.Join(p.Outbox, "1001", "bulk-answers_bulk-inquiries_c.xlsx")), []string{"3|1|P01|未登録|"})
		equal(t, "activities of both nights", bulk(), []string{"P01 一括照会 1001 2026-11-19"})
	})
}

// A file that comes again, whole or with its bad row mended, is answered again.
// Its other rows ask nothing new: nobody is kept longer for their sake. What is
// asked otherwise under its number, or finds somebody only now, is an inquiry of
// its day.
func TestAnInquiryAskedAgainWordByWordRestartsNoClock(t *testing.T) {
	fresh := func(id string) string { return id + ",試験 " + strings.ToLower(id) + ",,,1980-04-01,,,2026-10-01," }
	onBoth(t, func(t *testing.T, p *place) {
		p.put(t, "2026-11-19/association/agents_1.csv", table(agentHeader, fresh("P01"), fresh("P02")))
		rows := []string{"1,P01,,,,", "2,P03,,,,", "3,P02,,,,", "4,,,,1980-04-01,"}
		p.put(t, "2026-11-19/1001/bulk-inquiries_1.csv", table(bulkHeader, rows...))
		p.put(t, "2026-11-20/association/agents_2.csv", table(agentHeader, fresh("P03")))
		p.put(t, "2026-11-20/1001/bulk-inquiries_1.csv", table(bulkHeader, rows...))
		rows[2], rows[3] = "3,P02,試験 p02,,,", "4,,試験 p01,,1980-04-01,"
		p.put(t, "2026-11-21/1001/bulk-inquiries_1.csv", table(bulkHeader, rows...))
		want := [][]string{
			{"1 2026-11-19", "2 2026-11-19", "3 2026-11-19"},
			{"1 2026-11-19", "2 2026-11-19", "3 2026-11-19"},
			{"1 2026-11-19", "2 2026-11-19", "3 2026-11-21", "4 2026-11-21"},
		}
		answers := [][]string{
			{"1|1|P01|未登録|", "2|0|||", "3|1|P02|未登録|"},
			{"1|1|P01|未登録|", "2|1|P03|未登録|", "3|1|P02|未登録|"},
			{"1|1|P01|未登録|", "2|1|P03|未登録|", "3|1|P02|未登録|", "4|1|P01|未登録|"},
		}
		for i, d := range sampleDays {
			p.night(t, d)
			asked, err := p.store(t).BulkInquiries(t.Context(), "1001", []string{"1", "2", "3", "4"})
			must(t, err)
			var got []string
			for _, q := range asked {
				got = append(got, q.No+" "+q.AskedOn.String())
			}
			equal(t, "asked first, as of "+d.String(), got, want[i])
			equal(t, "answers of "+d.String(), answered(t, filepath.Join(p.Outbox, "1001", "bulk-answers_bulk-inquiries_1_csv.xlsx")), answers[i])
		}
		all, err := p.store(t).Activities(t.Context(), []string{"P01", "P02", "P03"})
		must(t, err)
		var noted []string
		for _, a := range all {
			noted = append(noted, a.AgentID+" "+a.On.String())
		}
		equal(t, "inquiries", noted, []string{"P01 2026-11-19", "P01 2026-11-21", "P02 2026-11-19", "P02 2026-11-21", "P03 2026-11-20"})
		p.again(t, sampleDays[2])
	})
}

func TestAnAnswerHoldsNoBirthDate(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.put(t, "2026-11-19/association/agents_1.csv", table(agentHeader, "P01,試験 p01,,,1980-04-01,,,2026-10-01,"))
	p.put(t, "2026-11-19/1001/bulk-inquiries_b.xlsx", workbook(t, bulkHeader, "1,,試験 p01,,1980-04-01,"))
	p.night(t, sampleDays[0])
	f, err := excelize.OpenFile(filepath.Join(p.Outbox, "1001", "bulk-answers_bulk-inquiries_b.xlsx"))
	must(t, err)
	defer f.Close()
	rows, err := f.GetRows("回答")
	must(t, err)
	text := strings.Join(slices.Concat(rows...), "\n")
	if !strings.Contains(text, "P01") || strings.Contains(text, "1980") {
		t.Errorf("the answer reads:\n%s", text)
	}
}
