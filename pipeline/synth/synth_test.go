package synth

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"meibo/pipeline"
)

func generate(t *testing.T, o Options) (string, Summary) {
	t.Helper()
	o.Out = t.TempDir()
	sum, err := Generate(o)
	if err != nil {
		t.Fatal(err)
	}
	return o.Out, sum
}

// rawTree returns the files below dir, byte for byte.
func rawTree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	paths, err := filepath.Glob(filepath.Join(dir, "*", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(paths, filepath.Join(dir, "truth.csv")) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimPrefix(path, dir)] = string(b)
	}
	return files
}

func TestEqualOptionsGiveEqualBytes(t *testing.T) {
	o := Options{Agents: 1500, Seed: 7, Nights: 3}
	a, sumA := generate(t, o)
	b, sumB := generate(t, o)
	first, second := rawTree(t, a), rawTree(t, b)
	if len(first) != sumA.Files+1 {
		t.Errorf("found %d files, the summary says %d and the truth", len(first), sumA.Files)
	}
	for name, content := range first {
		if second[name] != content {
			t.Errorf("%s differs between two runs with equal options", name)
		}
	}
	if diff := cmp.Diff(sumA, sumB); diff != "" {
		t.Errorf("summaries differ (-first +second):\n%s", diff)
	}
	o.Seed = 8
	c, _ := generate(t, o)
	if rawTree(t, c)["/truth.csv"] == first["/truth.csv"] {
		t.Error("another seed gives the same people")
	}
}

func TestSummaryAgreesWithFiles(t *testing.T) {
	dir, sum := generate(t, Options{Agents: 3000, Seed: 3, Nights: 2})
	people, second := map[string]bool{}, 0
	truth := readCSV(t, filepath.Join(dir, "truth.csv"))[1:]
	ids := map[string]bool{}
	for _, row := range truth {
		ids[row[0]] = true
		people[row[1]] = true
		if strings.HasPrefix(row[2], "second-id") {
			second++
		}
	}
	if len(ids) != len(truth) || len(ids) != sum.Agents {
		t.Errorf("truth has %d rows and %d IDs, summary says %d", len(truth), len(ids), sum.Agents)
	}
	if len(people) != sum.People || second != sum.SecondIDs || sum.Agents != sum.People+sum.SecondIDs {
		t.Errorf("truth: %d people, %d second IDs; summary: %+v", len(people), second, sum)
	}
	want := Summary{AgentRows: sum.AgentRows, ExamRows: sum.ExamRows, Registrations: sum.Registrations, Activities: sum.Activities}
	got := Summary{}
	for name := range rawTree(t, dir) {
		path := filepath.Join(dir, name)
		switch kind, _, _ := strings.Cut(filepath.Base(name), "_"); kind {
		case "agents":
			got.AgentRows += len(readCSV(t, path)) - 1
		case "exam-results":
			got.ExamRows += len(readCSV(t, path)) - 1
		case "registrations":
			got.Registrations += len(readBook(t, path)) - 1
		case "activities":
			got.Activities += len(readCSV(t, path)) - 1
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows in files (-summary +files):\n%s", diff)
	}
}

// The shares of the traps stay near the rates that the package states.
func TestTrapsOccurAtTheirRates(t *testing.T) {
	words, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	const n = 100_000
	r := &register{seed: 1, agents: n, agencies: n / 12, insurers: []string{"1001"}, first: 20261119, words: words}
	count := map[trap]int{}
	for slot := range n {
		_, trap := r.origin(slot)
		count[trap]++
	}
	for _, tt := range []struct {
		trap trap
		rate float64
	}{{trapSecond, rateSecond}, {trapTwin, rateTwin}, {trapStranger, rateStranger}} {
		if got := float64(count[tt.trap]) / n; got < tt.rate*0.8 || got > tt.rate*1.2 {
			t.Errorf("%s: share %.5f, want about %.5f", tt.trap, got, tt.rate)
		}
	}
}

func TestTrapsAreWhatTheySay(t *testing.T) {
	words, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	r := &register{seed: 5, agents: 40_000, agencies: 3000, insurers: []string{"1001", "1002"}, first: 20261119, words: words}
	seen := trap(0)
	for slot := range r.agents {
		f := r.record(slot)
		seen |= f.trap
		p, id := f.person, f.agent.ID
		switch {
		case f.trap&trapSecond != 0 && p.no == slot+1, f.trap&trapSecond == 0 && p.no != slot+1:
			t.Errorf("%s: trap %s, person %d", id, f.trap, p.no)
		case f.trap&trapBirth == 0 && f.agent.BornOn != p.born:
			t.Errorf("%s: birth date differs without a slip", id)
		case f.trap&trapBirth != 0 && f.agent.BornOn == p.born:
			t.Errorf("%s: a slip left the birth date as it was", id)
		case f.trap&trapTwin != 0:
			if o := r.person(slot - 1); o.born != p.born || o.surname != p.surname || o.given.kanji == p.given.kanji {
				t.Errorf("%s: no twin of the ID before", id)
			}
		case f.trap&trapNoKanji != 0 && f.agent.Name != f.agent.NameKana, f.trap&trapNoKana != 0 && f.agent.NameKana != "":
			t.Errorf("%s: trap %s not in the record", id, f.trap)
		}
	}
	if all := trap(trapMailbox<<1 - 1); seen != all {
		t.Errorf("traps seen: %s; missing: %s", seen, all&^seen)
	}
}

// Dates of a life come in their order, and nothing lies ahead of the first night.
func TestHistoryIsPossible(t *testing.T) {
	words, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	r := &register{seed: 9, agents: 1_000_000, agencies: 80_000, insurers: []string{"1001", "1002"}, first: 20261119, words: words}
	rapid.Check(t, func(t *rapid.T) {
		f := r.history(rapid.IntRange(0, r.agents-1).Draw(t, "slot"))
		if f.agent.IDAcquiredOn >= r.first || f.agent.BornOn >= f.agent.IDAcquiredOn {
			t.Errorf("born %s, ID acquired %s", f.agent.BornOn, f.agent.IDAcquiredOn)
		}
		for _, q := range f.qualifications {
			if q.PostedOn >= r.first || q.PostedOn < q.JudgedOn || q.ExpiresOn != 0 && q.ExpiresOn < q.JudgedOn {
				t.Errorf("%s judged %s, posted %s, expires %s", q.Code, q.JudgedOn, q.PostedOn, q.ExpiresOn)
			}
		}
		for _, e := range f.events {
			if e.On >= r.first || e.ClosedOn != 0 && e.ClosedOn < e.On {
				t.Errorf("%s on %s, closed %s", e.Event, e.On, e.ClosedOn)
			}
		}
	})
}

func TestFullWorkbookIsContinuedInTheNext(t *testing.T) {
	dir := t.TempDir()
	s := &shelf{dir: dir, day: 20261121, style: func(string, kind) format {
		return format{workbook: true, limit: 3, dates: datesReal, book: bookStyle{sheet: "登録"}}
	}}
	for i := range 7 {
		cells := make([]cell, len(registrations.headers))
		cells[5] = text(fmt.Sprintf("A%d", i))
		if err := s.put("1001", registrations, cells); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, name := range []string{"registrations_20261121.xlsx", "registrations_20261121_2.xlsx", "registrations_20261121_3.xlsx"} {
		got = append(got, len(readBook(t, filepath.Join(dir, "1001", name)))-1)
	}
	if diff := cmp.Diff([]int{3, 3, 1}, got); diff != "" {
		t.Errorf("rows of the workbooks (-want +got):\n%s", diff)
	}
}

func TestGenerateRefuses(t *testing.T) {
	used := t.TempDir()
	if err := os.Mkdir(filepath.Join(used, "2026-11-20"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		o    Options
	}{
		{"no agents", Options{Out: "x"}},
		{"no folder", Options{Agents: 1}},
		{"a negative number of nights", Options{Agents: 1, Nights: -1, Out: "x"}},
		{"an insurer without a code", Options{Agents: 1, Out: "x", Insurers: []string{""}}},
		{"a folder that holds one of the nights", Options{Agents: 1, Nights: 3, LastNight: 20261121, Out: used}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Generate(tt.o); err == nil {
				t.Errorf("Generate(%+v) went on", tt.o)
			}
		})
	}
}

func TestOneAgentIsARegister(t *testing.T) {
	_, sum := generate(t, Options{Agents: 1, Nights: 2})
	if sum.Agents != 2 || sum.People < 1 { // one, and the newcomer of the second night
		t.Errorf("summary %+v", sum)
	}
}

// Memory must not grow with the register: a tenfold register may not need much
// more heap than the small one.
func TestMemoryDoesNotGrow(t *testing.T) {
	small, large := heapOf(t, 3_000), heapOf(t, 30_000)
	if large > small+8<<20 {
		t.Errorf("heap after 3,000 agents %d bytes, after 30,000 %d", small, large)
	}
}

// heapOf returns the live heap at the end of a register, before its files close.
func heapOf(t *testing.T, agents int) uint64 {
	t.Helper()
	o, err := Options{Agents: agents, Out: t.TempDir()}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	r, err := newRegister(o)
	if err != nil {
		t.Fatal(err)
	}
	var m runtime.MemStats
	g := &generator{register: r, style: plainStyle, truth: filepath.Join(o.Out, "truth.csv"), extra: func(int, *shelf, *truth) error {
		runtime.GC()
		runtime.ReadMemStats(&m)
		return nil
	}}
	if err := g.generate(o); err != nil {
		t.Fatal(err)
	}
	return m.HeapAlloc
}

func TestDateStyles(t *testing.T) {
	for _, tt := range []struct {
		day   string
		style dateStyle
		want  string
	}{
		{"2026-11-21", datesISO, "2026-11-21"},
		{"2026-01-02", datesSlash, "2026/01/02"},
		{"2026-01-02", datesDot, "2026.1.2"},
		{"2026-01-02", datesCompact, "20260102"},
		{"2026-01-02", datesKanji, "2026年1月2日"},
		{"2019-04-30", datesEra, "H31.4.30"},
		{"2019-05-01", datesEra, "R1.5.1"},
		{"2019-05-01", datesEraKanji, "令和元年5月1日"},
		{"1989-01-07", datesEraKanji, "昭和64年1月7日"},
		{"1989-01-08", datesEraKanji, "平成元年1月8日"},
		{"1926-12-24", datesEra, "T15.12.24"},
		{"1912-07-29", datesEra, "M45.7.29"},
	} {
		if got := tt.style.write(pipeline.MustDate(tt.day)); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.day, got, tt.want)
		}
	}
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return rows
}

func readBook(t *testing.T, path string) [][]string {
	t.Helper()
	b, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	defer b.Close()
	rows, err := b.GetRows(b.GetSheetName(b.GetActiveSheetIndex()))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return rows
}
