package report

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"meibo/pipeline"
)

func samplePack() CommitteePack {
	p := CommitteePack{From: pipeline.MustDate("2026-10-01"), To: pipeline.MustDate("2026-12-31")}
	for i, d := range []string{"2026-10-30", "2026-10-31", "2026-11-01", "2026-12-01"} {
		p.Nights = append(p.Nights, NightPoint{AsOf: pipeline.MustDate(d), Files: 10 + i, Applied: 1000, Rejected: 3, New: 40, Changed: []int{20, 1, 2, 30}[i], Lapsed: 9, Overdue: []int{0, 3, 0, 12}[i]})
	}
	p.Tables = []StatTable{
		{Sheet: "失効", Title: "失効", Head: "保険会社", Columns: []string{"失効後", "当月"}, People: true, Rows: []StatRow{
			{"0001", []int{1234, 77}}, {"0002", []int{2, 88}}, {"0003", []int{45, 99}},
		}},
		{Sheet: "ファイル", Title: "ファイル", Head: "送付元と種類", Columns: []string{"ファイル"}, Rows: []StatRow{{"0001 agents", []int{2}}}},
	}
	p.Settings = []RuleInForce{{Group: "保管と削除", Name: "months_no1", Value: "120", Default: "120", Clause: "要領§10", Version: "v", From: p.From, Changed: true}}
	return p
}

func TestCommitteePackHidesSmallCountsOfPeople(t *testing.T) {
	var out bytes.Buffer
	st, err := Committee(&out, sampleMeta(), samplePack())
	if err != nil || st.Rows != 4 {
		t.Fatalf("%d rows, %v", st.Rows, err)
	}
	wellFormed(t, out.Bytes())
	f := open(t, out.Bytes())
	lines := func(sheet, first string, n int) (all []string) {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range rows {
			if slices.Contains(r, first) && len(all) == 0 {
				for _, r := range rows[i : i+n] {
					all = append(all, strings.TrimSpace(strings.Join(r, " ")))
				}
			}
		}
		return all
	}
	for name, c := range map[string]struct{ got, want []string }{
		"by insurer":          {lines("失効", "保険会社", 5), []string{"保険会社 失効後 当月 計", "0001 1,234 77 1,311", "0002 ＊ ＊ 90", "0003 ＊ ＊ 144", "計 1,281 264 1,545"}},
		"files are no people": {lines("ファイル", "送付元と種類", 3), []string{"送付元と種類 ファイル", "0001 agents 2", "計 2"}},
		"by month": {lines("概要", "月", 5), []string{
			"月 夜数 " + strings.Join(monthColumns[:], " "),
			"2026-10 2 21 2,000 6 80 ＊ 18 0 ＊", "2026-11 1 12 1,000 3 40 ＊ 9 0 0", "2026-12 1 13 1,000 3 40 30 9 0 ＊", "計 4 46 4,000 12 160 53 36 0 12",
		}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(c.got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

// pack is what one small house publishes: who was deleted, by case and by month, and
// who stands to be deleted by case, of which the only night knows how many are overdue.
type pack struct{ deleted, listed [][]int }

// figures are all that stands in a pack, in a fixed order.
func (p pack) figures() []int {
	d, l := p.deleted, p.listed
	a, b, x, y := d[0][0]+d[0][1], d[1][0]+d[1][1], d[0][0]+d[1][0], d[0][1]+d[1][1]
	over := l[0][1] + l[1][1]
	return []int{
		a, b, a + b, // deleted, by case
		x, y, x + y, // by month
		l[0][0], l[0][1], l[0][0] + l[0][1], l[1][0], l[1][1], l[1][0] + l[1][1], l[0][0] + l[1][0], over, l[0][0] + l[1][0] + over,
		over, over, // of the only month, the largest of all
	}
}

// hidden says which of the figures are not shown.
func (p pack) hidden() []bool {
	f := p.figures()
	deleted := StatTable{Columns: []string{"削除"}, Tied: []string{"削除"}, People: true}
	listed := StatTable{Columns: []string{"予告", "期限超過"}, Tied: []string{"期限超過"}, People: true}
	var out []bool
	for _, row := range deleted.hidden(withTotals([][]int{f[0:1], f[1:2]}), smallCell) {
		out = append(out, row[0]) // the total of one column is not shown beside it
	}
	out = append(out, hiddenMonths(f[3:6], 6)...)
	for _, row := range listed.hidden(withTotals(p.listed), smallCell) {
		out = append(out, row...)
	}
	return append(out, hiddenMonths(f[15:17], 7)...)
}

// worlds calls yield with every table of two lines and columns of up to most.
func worlds(most int, yield func(x [][]int)) {
	for n := range (most + 1) * (most + 1) * (most + 1) * (most + 1) {
		b := most + 1
		yield([][]int{{n % b, n / b % b}, {n / b / b % b, n / b / b / b}})
	}
}

// Whoever sees all sheets of a pack cannot tell of a small count on any of them how
// many they are, nor that they are few: not by what another sheet says of the same
// people. All packs that look the same are tried.
func TestSheetsOfThePackTellNothingOfEachOther(t *testing.T) {
	const most = 11
	counts := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, 7), 2, 2), 2, 2)
	rapid.Check(t, func(t *rapid.T) {
		p := pack{counts.Draw(t, "deleted"), counts.Draw(t, "listed")}
		figures, hidden := p.figures(), p.hidden()
		low, high := slices.Clone(figures), slices.Clone(figures)
		try := func(q pack) {
			other := q.figures()
			for i := range figures {
				if !hidden[i] && other[i] != figures[i] {
					return
				}
			}
			for i, v := range other {
				low[i], high[i] = min(low[i], v), max(high[i], v)
			}
		}
		worlds(most, func(x [][]int) { try(pack{x, p.listed}) })
		worlds(most, func(x [][]int) { try(pack{p.deleted, x}) })
		for i, v := range figures {
			if 0 < v && v < smallCell && (!hidden[i] || high[i] < smallCell || high[i]-low[i] < smallCell) {
				t.Fatalf("%+v: of %v, hidden %v, the %d at %d can only be %d to %d", p, figures, hidden, v, i, low[i], high[i])
			}
		}
	})
}

// A writer refuses rows of another reader, whoever hands them in.
func TestWritersRefuseRowsOfAnotherReader(t *testing.T) {
	m := sampleMeta()
	insurer := m
	insurer.Columns = shippedDisclosure().For("insurer")
	agency := pipeline.Agency{No: "A1", LeadInsurer: "0001"}
	entry := func(no string) []RosterEntry {
		return []RosterEntry{{Registration: pipeline.Registration{AgencyNo: no, AgentID: "X"}}}
	}
	for name, c := range map[string]struct {
		write func(w *bytes.Buffer) error
		want  error
	}{
		"its own answer":   {func(w *bytes.Buffer) error { _, err := BulkAnswers(w, m, []BulkAnswer{{Asker: "0001"}}); return err }, nil},
		"another's answer": {func(w *bytes.Buffer) error { _, err := BulkAnswers(w, m, []BulkAnswer{{Asker: "0002"}}); return err }, ErrOtherReader},
		"nobody's answer":  {func(w *bytes.Buffer) error { _, err := BulkAnswers(w, m, []BulkAnswer{{}}); return err }, ErrOtherReader},
		"its own finding": {func(w *bytes.Buffer) error {
			_, err := Conduct(w, insurer, []ConductRow{{ConductFinding: pipeline.ConductFinding{Insurer: "0001"}}})
			return err
		}, nil},
		"another's finding": {func(w *bytes.Buffer) error {
			_, err := Conduct(w, insurer, []ConductRow{{ConductFinding: pipeline.ConductFinding{Insurer: "0002"}}})
			return err
		}, ErrOtherReader},
		"its own people": {func(w *bytes.Buffer) error {
			_, err := AgencyRoster(w, m, Roster{Agency: agency, Entries: entry("A1")})
			return err
		}, nil},
		"another agency's people": {func(w *bytes.Buffer) error {
			_, err := AgencyRoster(w, m, Roster{Agency: agency, Entries: entry("A2")})
			return err
		}, ErrOtherAgency},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := c.write(&out); !errors.Is(err, c.want) || (c.want != nil) != (out.Len() == 0) {
				t.Errorf("error %v and %d bytes, want %v", err, out.Len(), c.want)
			}
		})
	}
}
