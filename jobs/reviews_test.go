package jobs_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"meibo/jobs"
	"meibo/pipeline/identity"
	"meibo/pipeline/purge"
	"meibo/pipeline/store"
)

// answered is a workbook of the outbox as a reviewer sends it back: for each
// subject, an ID or a pair of IDs, 判定, 理由 and 審査者 of its first row.
func (p *place) answered(t testing.TB, name string, answers map[string][3]string) string {
	t.Helper()
	f, err := excelize.OpenFile(filepath.Join(p.Outbox, "compliance", name))
	must(t, err)
	defer f.Close()
	sheet := f.GetSheetName(f.GetActiveSheetIndex())
	rows, err := f.GetRows(sheet)
	must(t, err)
	var head []string
	done := map[string]bool{}
	for i, row := range rows {
		plain := slices.Clone(row)
		for j := range plain {
			plain[j] = strings.ReplaceAll(plain[j], "\n", "")
		}
		if slices.Contains(plain, "判定") {
			head = plain
			continue
		}
		subject := ""
		for _, h := range []string{"募集人ID", "募集人ID A", "募集人ID B"} {
			if j := slices.Index(head, h); j >= 0 && j < len(row) {
				subject += row[j]
			}
		}
		a, found := answers[subject]
		if !found || done[subject] {
			continue
		}
		done[subject] = true
		for k, h := range []string{"判定", "理由", "審査者"} {
			cell, err := excelize.CoordinatesToCellName(slices.Index(head, h)+1, i+1)
			must(t, err)
			must(t, f.SetCellStr(sheet, cell, a[k]))
		}
	}
	if len(done) != len(answers) {
		t.Fatalf("%s holds %d of the %d subjects", name, len(done), len(answers))
	}
	var b bytes.Buffer
	_, err = f.WriteTo(&b)
	must(t, err)
	return b.String()
}

func TestReturnedPairsAreDecidedInTheSameNight(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.pairsInbox(t)
		p.night(t, sampleDays[0])
		returned := p.answered(t, "duplicates_2026-11-19.xlsx", map[string][3]string{
			"N1N2": {"同一人", "本人に確認", "c0001"}, "V1V2": {"別人", "生年月日が違う", "C0001"}, "C1C2": {"保留", "照会中", "C0001"},
		})
		p.put(t, "2026-11-20/compliance/duplicates_2026-11-19.xlsx", returned)
		p.night(t, sampleDays[1])
		if e := p.ended(t, sampleDays[1]); len(e) != 1 || !strings.Contains(e[0], "=3+") || !strings.HasSuffix(e[0], "-0") {
			t.Errorf("the returned workbook: %v", e)
		}
		decided := []string{"C1C2 確定 保留", "N1N2 確定 同一人", "flagged C1 C2 N1 N2"}
		equal(t, "second night", p.standing(t), decided)
		all, err := p.store(t).Decisions(t.Context(), 9)
		must(t, err)
		if len(all) != 3 || all[0].Verdict == "" || all[0].By != "C0001" || all[0].From == "" {
			t.Errorf("decisions: %+v", all)
		}
		p.again(t, sampleDays[1])

		// The same answers with one more word are another file, and say nothing new.
		p.put(t, "2026-11-21/compliance/reviews_again.csv", table("募集人ID A,募集人ID B,判定,理由,審査者",
			"N2,N1,同一人,本人に確認,C0001", "N1,N2,,,", "C1,C2,保留,照会中,C0001"))
		p.night(t, sampleDays[2])
		equal(t, "third night", p.ended(t, sampleDays[2])[0], "compliance/reviews_again.csv applied 3=0+3-0")
	})
}

func TestAReviewOfWhatHasChangedIsReportedAndNotApplied(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.pairsInbox(t)
		p.night(t, sampleDays[0])
		p.decide(t, "N1", "N2", identity.Later) // by another, since the list was made
		p.put(t, "2026-11-21/compliance/reviews_1.csv", table("募集人ID A,募集人ID B,リスト番号,募集人ID,判定,理由,審査者",
			"N1,N2,,,同一人,本人に確認,C0001",                         // decided elsewhere
			"V1,V2,,,別人,照会した,C0001",                           // a new equal certificate came tonight
			"X1,X2,,,別人,照会した,C0001",                           // on no list
			"C1,C2,,,別人,照会した,C0001", "C2,C1,,,同一人,照会した,C0002", // two things of one pair
			"N1,NOBODY,,,別人,照会した,C0001",
			"N1,V1,,,承認,照会した,C0001", "N1,,,,別人,照会した,C0001", ",,1,,承認,照会した,C0001", "C1,C2,,,別人,,",
		))
		p.night(t, sampleDays[2])
		equal(t, "faults", p.ended(t, sampleDays[2])[:12], []string{
			"compliance/reviews_1.csv applied 10=0+0-10",
			"  2 verdict review-outdated", "  3 verdict review-outdated", "  4 verdict review-outdated",
			"  5 verdict review-twice", "  6 verdict review-twice", "  7 verdict review-outdated",
			"  8 verdict review-misplaced", "  9 verdict review-misplaced", "  10 verdict review-misplaced",
			"  11 reason required", "  11 reviewer required",
		})
		p.with(t, func(h *jobs.House) {
			all, err := h.Store.Decisions(t.Context(), 9)
			must(t, err)
			if len(all) != 1 {
				t.Errorf("%d decisions, want the one by hand", len(all))
			}
		})
		p.again(t, sampleDays[2])
	})
}

// A list that took its time is good for the pairs that stand as it showed them,
// whatever newer lists say of others. One that does not tell what it showed is
// good only while it is the newest.
func TestAReviewOfAnOlderListHoldsForWhatItShowed(t *testing.T) {
	answers := map[string][3]string{"N1N2": {"別人", "本人に確認", "C0001"}, "V1V2": {"別人", "照会した", "C0001"}}
	tests := []struct {
		name   string
		change func(old string) string // of the workbook of the first night
		file   string
		want   []string
	}{
		{"with its marks", func(old string) string { return old }, "duplicates_2026-11-19.xlsx", []string{" verdict review-outdated"}},
		{"without its marks", func(old string) string { return withoutColumn(t, old, "照合符号") }, "duplicates_2026-11-19.xlsx", []string{" verdict review-outdated", " verdict review-outdated"}},
		{"with the marks, named otherwise", func(old string) string { return old }, "reviews_mine.xlsx", []string{" verdict review-outdated"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
			p.pairsInbox(t)
			p.night(t, sampleDays[0])
			returned := tt.change(p.answered(t, "duplicates_2026-11-19.xlsx", answers))
			p.night(t, sampleDays[1])
			p.night(t, sampleDays[2]) // brings V1 and V2 an equal certificate, and lists them anew
			p.put(t, "compliance/"+tt.file, returned)
			p.night(t, sampleDays[2].AddDays(1))
			var got []string
			for _, line := range p.ended(t, sampleDays[2].AddDays(1))[1:] {
				_, fault, _ := strings.Cut(strings.TrimSpace(line), " ")
				got = append(got, " "+fault)
			}
			equal(t, "faults", got, tt.want)
			all, err := p.store(t).Decisions(t.Context(), 9)
			must(t, err)
			equal(t, "decisions", len(all), len(answers)-len(tt.want))
		})
	}
}

// withoutColumn clears the header and the cells of a column.
func withoutColumn(t testing.TB, content, header string) string {
	t.Helper()
	f, err := excelize.OpenReader(strings.NewReader(content))
	must(t, err)
	defer f.Close()
	sheet := f.GetSheetName(f.GetActiveSheetIndex())
	found, err := f.SearchSheet(sheet, header)
	must(t, err)
	if len(found) != 1 {
		t.Fatalf("%d cells hold %s", len(found), header)
	}
	column, _, err := excelize.CellNameToCoordinates(found[0])
	must(t, err)
	name, err := excelize.ColumnNumberToName(column)
	must(t, err)
	must(t, f.RemoveCol(sheet, name))
	var b bytes.Buffer
	_, err = f.WriteTo(&b)
	must(t, err)
	return b.String()
}

func TestReviewsOfAPurgeListAreNoted(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.Insurers = nil
		p.put(t, "2026-11-19/association/agents_1.csv", table(agentHeader,
			"DUE,試験 期限,,,1980-04-01,,,2020-01-01,", "SOON,試験 予告,,,1980-04-01,,,2026-06-10,"))
		p.put(t, "2026-11-19/association/staff_1.xlsx", workbook(t, staffHeader,
			"C0001,審査 一,c1@kyokai.example,協会,", "C0002,審査 二,c2@kyokai.example,協会,", "C0009,退職 九,c9@kyokai.example,協会,1"))
		p.night(t, sampleDays[0])
		p.put(t, "2026-11-20/compliance/purge-list_1.xlsx", p.answered(t, "purge-list_1.xlsx", map[string][3]string{
			"DUE": {"承認", "期限経過", "C0001"}, "SOON": {"承認", "期限経過", "C0001"},
		}))
		p.put(t, "2026-11-21/compliance/reviews_2.csv", table("リスト番号,募集人ID,判定,理由,審査者",
			"1,due,解除,見直し,C0001", "1,DUE,承認,期限経過,C0002", "9,DUE,承認,期限経過,C0002", "1,SOON,保留,確認中,C0002",
			"1,DUE,承認,期限経過,C0009", "1,DUE,承認,期限経過,NOBODY"))
		p.night(t, sampleDays[1])
		equal(t, "second night", p.ended(t, sampleDays[1])[0], "compliance/purge-list_1.xlsx applied 2=1+0-1")
		p.night(t, sampleDays[2])
		equal(t, "third night", p.ended(t, sampleDays[2])[:4], []string{
			"compliance/reviews_2.csv applied 6=3+0-3", "  4 agent_id not-on-that-list", "  6 reviewer reviewer-unknown", "  7 reviewer reviewer-unknown",
		})
		rows, err := p.store(t).PurgeReviews(t.Context(), []string{"DUE", "SOON"})
		must(t, err)
		wantRows(t, "reviews", rows, []store.PurgeReview{
			{ListNo: 1, AgentID: "DUE", By: "C0001", Verdict: "解除", Reason: "見直し", AsOf: sampleDays[2]},
			{ListNo: 1, AgentID: "DUE", By: "C0002", Verdict: "承認", Reason: "期限経過", AsOf: sampleDays[2]},
			{ListNo: 1, AgentID: "SOON", By: "C0002", Verdict: "保留", Reason: "確認中", AsOf: sampleDays[2]},
		})
		holds, err := p.store(t).Holds(t.Context(), []string{"DUE", "SOON"})
		must(t, err)
		if len(holds) != 1 || holds[0].AgentID != "SOON" || holds[0].By != "C0002" || holds[0].From == "" || holds[0].Since != sampleDays[2] {
			t.Errorf("holds: %+v", holds)
		}
		equal(t, "approved by one", p.listState(t, 1), purge.ListFirst)
		p.again(t, sampleDays[2])
	})
}
