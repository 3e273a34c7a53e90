package synth

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func flatFile(t *testing.T, records int, seed uint64) ([]byte, FlatSummary) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "people.csv")
	sum, err := GenerateFlat(FlatOptions{Records: records, Seed: seed, File: name})
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b, sum
}

func TestFlatFilesAreTheSameAgain(t *testing.T) {
	a, _ := flatFile(t, 2000, 4)
	b, _ := flatFile(t, 2000, 4)
	c, _ := flatFile(t, 2000, 5)
	if !bytes.Equal(a, b) {
		t.Error("one seed gave two files")
	}
	if bytes.Equal(a, c) {
		t.Error("two seeds gave one file")
	}
	longer, _ := flatFile(t, 2500, 4)
	if longer, a = longer[:bytes.IndexByte(longer, '\n')], a[:bytes.IndexByte(a, '\n')]; !bytes.Equal(longer, a) {
		t.Error("the header depends on the number of records")
	}
}

// What is written agrees with the truth beside it.
func TestFlatFilesTellTheTruth(t *testing.T) {
	const n = 40_000
	b, sum := flatFile(t, n, 1)
	rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := func(row []string, column string) string { return row[slices.Index(flatHeader(), column)] }
	first, certs, people, traps := map[string][]string{}, map[string]string{}, map[string]int{}, map[string]int{}
	for _, row := range rows[1:] {
		who := at(row, "truth")
		people[who]++
		for trap := range strings.SplitSeq(at(row, "trap"), "+") {
			traps[trap]++
		}
		if old := first[who]; old == nil {
			first[who] = row
		} else if at(row, "trap") == "second-id" && !strings.Contains(at(old, "trap"), "+") && at(row, "born") != at(old, "born") {
			t.Errorf("%s: another birth date than %s without a birth-slip", at(row, "id"), at(old, "id"))
		}
		if c := at(row, "certificate"); c != "" {
			if owner, ok := certs[c]; ok && owner != who {
				t.Errorf("certificate %s belongs to %s and %s", c, owner, who)
			}
			certs[c] = who
		}
	}
	if len(rows) != n+1 || sum.Records != n || sum.People != len(people) || sum.SecondIDs != n-len(people) {
		t.Errorf("summary %+v; the file has %d records of %d people", sum, len(rows)-1, len(people))
	}
	share := func(name string, got int, rate float64, of int) {
		if f := float64(got) / float64(of); f < rate*0.75 || f > rate*1.25 {
			t.Errorf("%s: %d of %d, want a share of %.4f", name, got, of, rate)
		}
	}
	share("second IDs", sum.SecondIDs, flatSecond, n)
	share("twins", sum.Twins, flatTwin, n)
	share("sons", sum.Sons, flatSon, n)
	share("foreigners", sum.Foreign, flatForeign, n)
	share("new mail", traps["email-changed"], flatNewMail, sum.SecondIDs)
	share("kana slips", traps["kana-slip"], flatKanaSlip, sum.SecondIDs)
	share("no kanji", traps["kanji-missing"], flatNoKanji, n)
	share("no kana", traps["kana-missing"], flatNoKana, n)
}

func TestFlatOptionsAreChecked(t *testing.T) {
	for name, o := range map[string]FlatOptions{
		"no records": {File: "x.csv"}, "no file": {Records: 1}, "too many": {Records: MaxAgents + 1, File: "x.csv"},
	} {
		if _, err := GenerateFlat(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
