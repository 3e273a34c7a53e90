package intake

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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

// However many processors decode a file, the same is found in the same order.
func TestCheckDoesNotDependOnProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for name, text := range map[string]string{
		"shorter than a batch":    longAgents(batchRows - 1),
		"exactly a batch":         longAgents(batchRows),
		"many batches":            longAgents(40*batchRows + 17),
		"with a trailer":          longAgents(3*batchRows) + fmt.Sprintf("件数,%d,,,,,,,\n", 3*batchRows),
		"with a wrong trailer":    longAgents(3*batchRows) + "件数,1,,,,,,,\n",
		"trailers in the middle":  strings.ReplaceAll(longAgents(3*batchRows), "too,few\n", "件数,5,,,,,,,\n"),
		"quotes that never close": longAgents(2*batchRows) + "\"",
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			for i, processors := range []int{1, 2, 7} {
				runtime.GOMAXPROCS(processors)
				c := check(t, "agents", text, testEnv)
				got := append(faultList(c.Faults), fmt.Sprint(c.RowsRead, c.Rejected, c.Duplicates, c.Refused, c.Counts))
				if i == 0 {
					want = got
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Fatalf("%d processors (-one):\n%s", processors, d)
				}
			}
		})
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
