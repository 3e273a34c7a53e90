package jobs_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/japanese"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/deadline"
	"meibo/pipeline/store"
)

// readmeTables is the rows of all tables under a heading of the sample's README
// that begins with the text, without their headers.
func readmeTables(t testing.TB, heading string) [][]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(sampleDir, "README.md"))
	must(t, err)
	_, section, found := strings.Cut(string(b), "\n"+heading)
	if !found {
		t.Fatalf("the README has no %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n#")
	var rows [][]string
	for line := range strings.Lines(section) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "| `") { // headers, rules and text
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	if len(rows) == 0 {
		t.Fatalf("no table under %q", heading)
	}
	return rows
}

var quoted = regexp.MustCompile("`([^`]+)`")

// named are the IDs that stand in code in a cell.
func named(cell string) (ids []string) {
	for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

// sampleStore opens the register as it stood after that many sample nights.
func sampleStore(t testing.TB, n int) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), sqliteIn(nights(t).places[n-1]), store.Options{})
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// purgeState is how an ID stands after a night, as the README writes it.
func purgeState(t testing.TB, s *store.Store, id string) string {
	t.Helper()
	last, _, err := s.LastPurgeList(t.Context())
	must(t, err)
	rows, err := s.PurgeRowsOf(t.Context(), id)
	must(t, err)
	for _, r := range rows {
		if r.ListNo == last.No {
			return r.State
		}
	}
	v, _, err := s.Deadline(t.Context(), id)
	must(t, err)
	if v.Status == deadline.Undetermined {
		return "判定不能"
	}
	return "–"
}

func TestREADMEStatesOfDeletionAreThoseOfTheNights(t *testing.T) {
	stores := []*store.Store{sampleStore(t, 1), sampleStore(t, 2), sampleStore(t, 3)}
	checked := 0
	for _, heading := range []string{"### Never registered", "### Formerly registered"} {
		for _, row := range readmeTables(t, heading) {
			id := named(row[0])[0]
			for i, s := range stores {
				want, _, _ := strings.Cut(row[6+i], " (")
				if got := purgeState(t, s, id); got != want {
					t.Errorf("%s on %s: %s, the README says %s", id, sampleDays[i], got, want)
				}
				checked++
			}
			v, _, err := stores[2].Deadline(t.Context(), id)
			must(t, err)
			for i, got := range []pipeline.Date{v.BaseOn, v.LastDay, v.FirstDeletable} {
				cell := strings.Split(row[3+i], ", then ")
				if want := strings.TrimPrefix(cell[len(cell)-1], "–"); got.String() != want {
					t.Errorf("%s, day %d of its row: %s, the README says %s", id, i+1, got, want)
				}
			}
			cases := strings.Split(row[1], " → ")
			if want := strings.TrimPrefix(cases[len(cases)-1], "none"); v.Case != want {
				t.Errorf("%s: case %q, the README says %q", id, v.Case, want)
			}
		}
	}
	if checked != 177 {
		t.Errorf("checked %d states, the README has 177", checked)
	}
}

func TestREADMEDatesAreReadAsItSays(t *testing.T) {
	s := sampleStore(t, 3)
	warned := map[int]bool{}
	var batch string
	batches, err := s.BatchesOn(t.Context(), sampleDays[0])
	must(t, err)
	for _, b := range batches {
		if b.FileName == "agents_20261119_wareki.csv" {
			batch = b.ID
		}
	}
	for f, err := range s.Faults(t.Context(), batch) {
		must(t, err)
		warned[f.Row] = f.Key == "id_acquired_on" && f.Severity == pipeline.SeverityWarning
	}
	count := 0
	for _, row := range readmeTables(t, "## Names, dates, one person or two") {
		if !strings.HasPrefix(row[0], "`DATE") {
			continue
		}
		count++
		id := named(row[0])[0]
		agents, err := s.Agents(t.Context(), []string{id})
		must(t, err)
		if len(agents) != 1 {
			t.Errorf("%s is not in the register", id)
			continue
		}
		a := agents[0]
		got := "born " + a.BornOn.String()
		if strings.HasPrefix(row[2], "ID取得日") {
			got = "ID取得日 " + a.IDAcquiredOn.String()
			if warned[a.From.Of("id_acquired_on").Row] {
				got += ", with a warning"
			}
		}
		if got != row[2] {
			t.Errorf("%s, written %s: %s, the README says %s", id, row[1], got, row[2])
		}
	}
	if count != 21 {
		t.Errorf("%d rows of dates, want 21", count)
	}
}

func TestREADMEPairsAreClassedAsItSays(t *testing.T) {
	s := sampleStore(t, 3)
	class := map[[2]string]string{}
	for d, err := range s.Duplicates(t.Context()) {
		must(t, err)
		class[[2]string{d.AgentA, d.AgentB}] = d.Class
	}
	count := 0
	for _, row := range readmeTables(t, "## Names, dates, one person or two") {
		ids := named(row[0])
		if len(ids) != 2 {
			continue
		}
		count++
		want := regexp.MustCompile(`^[^;* ]+`).FindString(row[2])
		if want == "two" { // "two people"
			want = ""
		}
		if strings.HasSuffix(row[2], "*") {
			want = "" // not listed yet, says the README
		}
		if got := class[[2]string(ids)]; got != want {
			t.Errorf("%v: class %q, the README says %q", ids, got, want)
		}
	}
	if count != 11 {
		t.Errorf("%d pairs, want 11", count)
	}
}

// steps are the expiry steps of one ID by qualification, the same in the reports
// of all three insurers of its agency.
func steps(t testing.TB, s *store.Store, id string) map[string]string {
	t.Helper()
	rows, err := s.ExpiryOf(t.Context(), id)
	must(t, err)
	by := map[string]map[string]string{}
	for _, r := range rows {
		if by[r.InsurerCode] == nil {
			by[r.InsurerCode] = map[string]string{}
		}
		by[r.InsurerCode][r.QualificationCode] = r.Step
	}
	for _, code := range []string{"1002", "1004"} {
		if !maps.Equal(by[code], by["1001"]) {
			t.Errorf("%s: insurer %s sees %v, insurer 1001 %v", id, code, by[code], by["1001"])
		}
	}
	return by["1001"]
}

func TestREADMEStepsOfExpiry(t *testing.T) {
	units := func(step string) map[string]string {
		return map[string]string{"K10": step, "K11": step, "K12": step, "K13": step}
	}
	stores := []*store.Store{sampleStore(t, 1), sampleStore(t, 2), sampleStore(t, 3)}
	said := map[string]string{}
	for _, row := range readmeTables(t, "## Expiry and exams") {
		for _, id := range named(row[0]) {
			said[id] = row[2]
		}
	}
	for _, x := range []struct {
		id    string
		night int
		want  map[string]string
	}{
		{"EXP10M01", 3, nil},
		{"EXP09M01", 3, units("9か月前")},
		{"EXP04M01", 3, units("9か月前")},
		{"EXP03M01", 3, units("3か月前")},
		{"EXP01M01", 3, units("3か月前")},
		{"EXPNOW01", 3, units("当月")},
		{"EXPOUT01", 3, units("失効後")},
		{"EXPOUT12", 3, units("失効後")},
		{"EXPOUT13", 3, nil},
		{"EXPDAY01", 1, map[string]string{"C01": "当月"}},
		{"EXPDAY01", 2, map[string]string{"C01": "当月"}},
		{"EXPDAY01", 3, map[string]string{"C01": "失効後"}},
		{"EXPDAY02", 1, map[string]string{"C01": "当月"}},
		{"EXPDAY02", 3, map[string]string{"C01": "当月"}},
		{"EXPEND01", 2, map[string]string{"B01": "失効後"}},
		{"EXPEND01", 3, nil},
		{"EXPNEXT1", 1, units("当月")},
		{"EXPNEXT1", 2, map[string]string{"K12": "当月", "K13": "当月"}},
		{"EXPNEXT1", 3, map[string]string{"K12": "当月", "K13": "当月"}},
		{"EXPLINE1", 3, map[string]string{"K11": "失効後"}},
		{"EXPBASE1", 3, map[string]string{"K10": "失効後"}},
		{"EXPJIBAI1", 3, nil},
		{"EXPNEVER1", 3, nil},
		{"EXPSPEC1", 3, map[string]string{"X01": "3か月前"}},
	} {
		if _, ok := said[x.id]; !ok {
			t.Errorf("%s stands in no row of the README", x.id)
		}
		if got := steps(t, stores[x.night-1], x.id); !maps.Equal(got, x.want) {
			t.Errorf("%s on night %d: %v, the README says %s", x.id, x.night, got, said[x.id])
		}
	}
}

func TestREADMERegistrationsOfTheCast(t *testing.T) {
	third := sampleStore(t, 3)
	type interval struct{ opened, closed string }
	for _, x := range []struct {
		id   string
		want []interval
	}{
		{"REGMIX01", []interval{{"2020-04-01", "2025-09-30"}}},
		{"REGNOOP1", []interval{{"2019-04-01", "2025-06-30"}}},
	} {
		rs, err := third.Registrations(t.Context(), []string{x.id})
		must(t, err)
		var got []interval
		for _, r := range rs {
			got = append(got, interval{r.OpenedOn.String(), r.ClosedOn.String()})
		}
		if !slices.Equal(got, x.want) {
			t.Errorf("%s: registrations %v, the README says %v", x.id, got, x.want)
		}
	}
	for _, x := range []struct {
		id    string
		night int
		open  bool
	}{
		{"REGOPEN1", 1, true},
		{"REGANN01", 3, true},
		{"REGTODAY1", 1, true},
		{"REGTODAY1", 2, true},
		{"REGTODAY1", 3, false},
		{"REGLEAD1", 1, true},
		{"REGLEAD1", 2, true},
		{"REGLEAD1", 3, true},
		{"REGTWO01", 3, true},
		{"REGROLE1", 3, true},
		{"REGBACK1", 3, true},
		{"REGCUT01", 2, false},
		{"REGCUT01", 3, true},
	} {
		s := sampleStore(t, x.night)
		v, _, err := s.Deadline(t.Context(), x.id)
		must(t, err)
		agents, err := s.Agents(t.Context(), []string{x.id})
		must(t, err)
		if open := v.Status == deadline.Registered; open != x.open || agents[0].Affiliated != x.open {
			t.Errorf("%s on night %d: registered %v, flag %v, the README says %v", x.id, x.night, open, agents[0].Affiliated, x.open)
		}
	}
	rs, err := third.Registrations(t.Context(), []string{"REGLEAD1"})
	must(t, err)
	if r := rs[len(rs)-1]; r.LeadInsurer != "1002" || r.OtherInsurers != "1001" {
		t.Errorf("REGLEAD1: 代申 %s, 非代申 %s, the README says 1002 and 1001", r.LeadInsurer, r.OtherInsurers)
	}
}

func TestREADMEFilesRefusedAndDuplicate(t *testing.T) {
	r := nights(t).results
	for i, want := range [][]string{nil, {"1003/registrations_20261120.xlsx"}, nil} {
		equal(t, "refused on "+sampleDays[i].String(), r[i].Refused, want)
	}
	s := sampleStore(t, 3)
	var duplicates []string
	rejected := map[string]int{}
	for _, d := range sampleDays {
		batches, err := s.BatchesOn(t.Context(), d)
		must(t, err)
		for _, b := range batches {
			if b.State == pipeline.BatchDuplicate {
				duplicates = append(duplicates, b.Sender+"/"+b.FileName)
			}
			if b.Rejected > 0 {
				rejected[b.FileName] = b.Rejected
			}
			if b.RowsRead != b.Applied+b.Unchanged+b.Rejected+b.Duplicates {
				t.Errorf("%s: its rows do not add up: %+v", b.ID, b)
			}
		}
	}
	equal(t, "duplicates", duplicates, []string{"contact-center/activities_20261120_copy.csv"})
	equal(t, "rows set aside", rejected, map[string]int{
		"agents_20261119_wareki.csv": 19, "corrections_20261120.xlsx": 2, "exam-results_20261119_2.csv": 17, "registrations_20261119_2.xlsx": 14,
		"activities_20261119_2.csv": 6, "agents_20261120.csv": 1,
	})
}

// Rows with an error are set aside, and nothing of them is in the register.
func TestREADMEFaultyPeopleAreNotInTheRegister(t *testing.T) {
	third := sampleStore(t, 3)
	mended := []string{"FLTA04", "FLTA08"} // sent back on the third night
	for _, row := range readmeTables(t, "## Faulty rows") {
		for _, id := range named(row[0]) {
			if !strings.HasPrefix(id, "FLTA") && !strings.HasPrefix(id, "NOBODY") || id == "FLTA19" {
				continue // the others are in the register and only have faulty rows
			}
			p, err := third.Person(t.Context(), id)
			must(t, err)
			if (p != nil) != slices.Contains(mended, id) {
				t.Errorf("%s: in the register: %v", id, p != nil)
			}
		}
	}
}

func TestREADMENamesAreKeptAsSent(t *testing.T) {
	s := sampleStore(t, 3)
	for id, want := range map[string]string{
		"NAMEIBM1": "髙﨑　德子", "NAMENEC1": "髙﨑", "NAMEHALF1": "草彅", "NAMESUPP1": "吉野",
	} {
		agents, err := s.Agents(t.Context(), []string{id})
		must(t, err)
		if len(agents) != 1 || !strings.HasPrefix(agents[0].Name, want) {
			t.Errorf("%s is not recorded as the README says", id)
		}
	}
	names, err := s.Names(t.Context(), []string{"NAMECHG1"})
	must(t, err)
	kanji := 0
	for _, n := range names {
		if n.Kind == pipeline.NameKanji {
			kanji++
		}
	}
	if kanji != 2 {
		t.Errorf("NAMECHG1 has %d names, want the earlier and the later", kanji)
	}
}

func TestREADMEPostingAndExpiryOfExams(t *testing.T) {
	for _, x := range []struct {
		id    string
		night int
		want  string
	}{
		{"EXMPOST1", 2, "2026-11-20"},
		{"EXMPOST1", 3, "2026-11-18"},
		{"EXMPOST2", 2, "2026-11-18"},
		{"EXMPOST2", 3, "2026-11-18"},
	} {
		qs, err := sampleStore(t, x.night).Qualifications(t.Context(), []string{x.id})
		must(t, err)
		var got []string
		for _, q := range qs {
			if strings.HasPrefix(q.From.Of("").Batch, "202611") && q.PostedOn >= day("2026-11-01") {
				got = append(got, q.PostedOn.String())
			}
		}
		if !slices.Equal(got, []string{x.want}) {
			t.Errorf("%s on night %d: posted on %v, the README says %s", x.id, x.night, got, x.want)
		}
	}
	qs, err := sampleStore(t, 3).Qualifications(t.Context(), []string{"EXMFAIL1"})
	must(t, err)
	for _, q := range qs {
		if q.JudgedOn >= day("2026-11-01") {
			t.Errorf("the 不合格 of EXMFAIL1 is in the register: %s", q.Code)
		}
	}
}

// The faults that the README tells of each faulty person, by the row it stands in.
func TestREADMEFaultsByCode(t *testing.T) {
	want := map[string][]string{
		"FLTA01": {"required"}, "FLTA02": {"required"}, "FLTA03": {"impossible-date"}, "FLTA04": {"outside-era"},
		"FLTA05": {"in-future"}, "FLTA06": {"too-early"}, "FLTA07": {"unknown-value"}, "FLTA08": {"bad-email"},
		"FLTA09": {"bad-flag"}, "FLTA10": {"too-long"}, "FLTA11TOOLONGFORANIDXX": {"too-long"},
		"FLTA12": {"two-digit-year"}, "FLTA13": {"incomplete-date"}, "FLTA15": {"duplicate-key", "duplicate-key"},
		"FLTA16": {"bad-date", "bad-email", "bad-flag", "impossible-date", "unknown-value"},
		"":       {"required"}, "FLTA17": {"cell-count"},
	}
	b, err := os.ReadFile(filepath.Join(sampleDir, "inbox", sampleDays[0].String(), "association", "agents_20261119_wareki.csv"))
	must(t, err)
	lines := strings.Split(string(b), "\n") // IDs are ASCII whatever the encoding; no cell holds a newline
	column := slices.Index(strings.Split(strings.TrimSpace(headerOf(t, b)), ","), "募集人ID")
	got := map[string][]string{}
	p := &place{Config: jobs.Config{DB: sqliteIn(nights(t).places[0])}}
	for f, err := range p.store(t).Faults(t.Context(), p.batches(t, sampleDays[0])["association/agents_20261119_wareki.csv"].ID) {
		must(t, err)
		if f.Severity != pipeline.SeverityError {
			continue
		}
		id := ""
		if cells := strings.Split(lines[f.Row-1], ","); column < len(cells) {
			id = strings.TrimSpace(cells[column])
		}
		if !strings.HasPrefix(id, "FLTA") && id != "" {
			t.Errorf("%s: %s", id, f.Code)
		}
		got[id] = append(got[id], string(f.Code))
	}
	for id, codes := range want {
		if !slices.Equal(slices.Sorted(slices.Values(got[id])), codes) {
			t.Errorf("%q: %v, the README says %v", id, got[id], codes)
		}
	}
}

// headerOf is the first line of a CP932 file.
func headerOf(t testing.TB, b []byte) string {
	t.Helper()
	line, _, _ := strings.Cut(string(b), "\n")
	text, err := japanese.ShiftJIS.NewDecoder().String(line)
	must(t, err)
	return text
}
