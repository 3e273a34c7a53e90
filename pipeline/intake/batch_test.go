package intake

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meibo/pipeline"
	"meibo/pipeline/source"
)

// longAgents is a file of several batches with rows that are faulty, say the
// same again, contradict each other, and warn, one after the other.
func longAgents(rows int) string {
	var b strings.Builder
	b.WriteString(agentsHead)
	for i := range rows {
		id, name, born, acquired := fmt.Sprintf("H%06d", i), "見本　太郎", "1980-04-01", "2010-04-01"
		switch i % 50 {
		case 7:
			born = "1980-02-30"
		case 8, 9:
			born = "" // the same fault as in the row before
		case 20:
			id = fmt.Sprintf("H%06d", i-19) // another's ID
		case 21:
			id, name = "H000000", "別人"
		case 30, 31:
			acquired = ""
		case 40:
			b.WriteString("too,few\n")
			continue
		}
		fmt.Fprintf(&b, "%s,%s,ミホン タロウ,,%s,男,,%s,\n", id, name, born, acquired)
	}
	return b.String()
}

// However many processors decode a file, the same is found in the same order,
// and the same as row by row.
func TestCheckDoesNotDependOnProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for name, text := range map[string]string{
		"a single part":            longAgents(100),
		"two parts":                longAgents(1500),
		"many parts":               longAgents(20_497),
		"with a trailer":           longAgents(3000) + "件数,3000,,,,,,,\n",
		"with a trailer and blank": longAgents(3000) + "件数,3000,,,,,,,\n" + strings.Repeat(",,,,,,,,\n", 20_000),
		"with a wrong trailer":     longAgents(3000) + "件数,1,,,,,,,\n",
		"trailers in the middle":   strings.ReplaceAll(longAgents(3000), "too,few\n", "件数,5,,,,,,,\n"),
		"nothing but trailers":     agentsHead + strings.Repeat("件数,12000,,,,,,,\n", 12_001),
		"quotes that never close":  longAgents(3000) + "\"",
		"line ends in values":      strings.ReplaceAll(longAgents(3000), "見本　太郎", "\"見本\n太郎\""),
		"a row beyond the limit":   longAgents(1500) + strings.Repeat("x", 1<<20) + "\n" + strings.TrimPrefix(longAgents(1500), agentsHead),
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			for i, processors := range []int{1, 2, 7} {
				runtime.GOMAXPROCS(processors)
				c := check(t, "agents", text, testEnv)
				got := append(faultList(c.Faults), fmt.Sprint(c.RowsRead, c.Rejected, c.Duplicates, c.Refused, c.Counts))
				if i == 0 {
					want = got
					sameRowByRow(t, c, text)
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Fatalf("%d processors (-one):\n%s", processors, d)
				}
			}
		})
	}
}

// sameRowByRow compares c with what the rows of text say one after the other.
func sameRowByRow(t *testing.T, c *Checked, text string) {
	t.Helper()
	l := shipped(t)["agents"]
	table, err := opener(l, text)()
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	var want []*pipeline.Fault
	for r, err := range l.Records(table, testEnv) {
		if err != nil {
			if c.Refused == nil || c.Refused.Error() != err.Error() {
				t.Errorf("row by row: %v; check: %v", err, c.Refused)
			}
			break
		}
		rows++
		want = append(want, r.Faults...)
	}
	got := slices.DeleteFunc(slices.Clone(c.Faults), func(f *pipeline.Fault) bool { return f.Row == 0 || f.Code == CodeDuplicateKey })
	if d := cmp.Diff(faultList(want), faultList(got)); d != "" || rows != c.RowsRead {
		t.Errorf("%d rows checked, %d row by row; faults (-row by row):\n%s", c.RowsRead, rows, d)
	}
}

// A table with a row too many is refused at that row, wherever its parts end.
func TestRowLimitDoesNotDependOnProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	l, text := shipped(t)["agents"], longAgents(3000)+"件数,3000,,,,,,,\n"
	for _, limit := range []int{1, 700, 1500, 3000, 3001} {
		for _, processors := range []int{1, 2} {
			runtime.GOMAXPROCS(processors)
			c, err := l.Check(func() (*source.Table, error) {
				return l.Open(strings.NewReader(text), int64(len(text)), "f.csv", source.Options{Limits: source.Limits{Rows: limit}})
			}, testEnv)
			if err != nil {
				t.Fatal(err)
			}
			want := source.CodeTooManyRows
			if limit == 3001 {
				want = CodeTooManyRejects
			}
			if c.Refused == nil || c.Refused.Code != want || c.RowsRead != min(limit, 3000) {
				t.Errorf("limit %d, %d processors: %d rows read, refused: %v", limit, processors, c.RowsRead, c.Refused)
			}
			last := c.Faults[len(c.Faults)-1].Row
			if last > limit+1 {
				t.Errorf("limit %d, %d processors: a fault of row %d", limit, processors, last)
			}
		}
	}
}

// A cell like the one above it is judged like it, with or without a finding.
func TestRowsAlikeHaveFaultsAlike(t *testing.T) {
	c := check(t, "agents", agentsHead+strings.Join([]string{
		"H1,見本,,,1980-02-30,男,,2010-04-01,",
		"H2,見本,,,1980-02-30,男,,2010-04-01,",
		"H3,見本,,,1980-02-01,男,,,",
		"too,few",
		"H4,見本,,,1980-02-01,男,,,",
		"H5,見本,,,1980-02-01,男,,2010-04-01,",
		"",
	}, "\n"), testEnv)
	got := faultList(c.Faults)
	var rows []string
	for _, f := range c.Faults {
		rows = append(rows, fmt.Sprintf("%d %s", f.Row, f.Code))
	}
	want := []string{
		"2 impossible-date", "3 impossible-date", "4 id-acquired-missing", "5 cell-count", "6 id-acquired-missing",
	}
	if d := cmp.Diff(want, rows); d != "" {
		t.Errorf("(-want +got):\n%s\n%v", d, got)
	}
}
