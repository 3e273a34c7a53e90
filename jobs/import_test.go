package jobs_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/deadline"
	"meibo/pipeline/run"
)

// empty is a place without insurers that are expected to send anything.
func empty(t testing.TB) *place {
	t.Helper()
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.Insurers = p.Insurers[:2]
	for i := range p.Insurers {
		p.Insurers[i].Expect = nil
	}
	return p
}

func (p *place) batches(t testing.TB, d pipeline.Date) map[string]pipeline.Batch {
	t.Helper()
	all, err := p.store(t).BatchesOn(t.Context(), d)
	must(t, err)
	out := map[string]pipeline.Batch{}
	for _, b := range all {
		out[b.Sender+"/"+b.FileName] = b
	}
	return out
}

// faults are the codes that stand in the journal for a file.
func (p *place) faults(t testing.TB, b pipeline.Batch) (codes []string) {
	t.Helper()
	for f, err := range p.store(t).Faults(t.Context(), b.ID) {
		must(t, err)
		codes = append(codes, string(f.Code))
	}
	return codes
}

func (p *place) waiting(t testing.TB) []string { return slices.Sorted(maps.Keys(tree(t, p.Inbox))) }

func TestRejectedRowsComeInOnceTheirPersonIsKnown(t *testing.T) {
	p := empty(t)
	file := table(examHeader, exam("P01", "K10", "2022-01-10"), exam("LATER", "K10", "2022-01-10"))
	p.put(t, "association/agents_1.csv", table(agentHeader, agent("P01")))
	p.put(t, "exam-center/exam-results_1.csv", file)
	p.night(t, sampleDays[0])
	b := p.batches(t, sampleDays[0])["exam-center/exam-results_1.csv"]
	equal(t, "first time", [3]int{b.Applied, b.Unchanged, b.Rejected}, [3]int{1, 0, 1})
	equal(t, "faults", p.faults(t, b), []string{"unknown-agent"})

	p.put(t, "association/agents_2.csv", table(agentHeader, agent("LATER")))
	p.put(t, "exam-center/exam-results_1.csv", file)
	p.night(t, sampleDays[1])
	b = p.batches(t, sampleDays[1])["exam-center/exam-results_1.csv"]
	equal(t, "second time", [3]int{b.Applied, b.Unchanged, b.Rejected}, [3]int{1, 1, 0})

	p.put(t, "exam-center/exam-results_other-name.csv", file)
	p.night(t, sampleDays[2])
	b = p.batches(t, sampleDays[2])["exam-center/exam-results_other-name.csv"]
	equal(t, "third time", b.State, pipeline.BatchDuplicate)
}

func TestALateFileMovesTheDeadline(t *testing.T) {
	p := empty(t)
	p.put(t, "association/agents_1.csv", table(agentHeader, "P01,試験 p01,,,1980-04-01,,,2026-04-30,"))
	p.night(t, sampleDays[0])
	if got := purgeState(t, p.store(t), "P01"); got != pipeline.PurgeDue {
		t.Errorf("before the late file: %s", got)
	}
	p.put(t, "association/activities_late.csv", table(activityHeader, "P01,ログイン,2026-10-20,"))
	p.night(t, sampleDays[1])
	if got := purgeState(t, p.store(t), "P01"); got != "–" {
		t.Errorf("after the late file: %s", got)
	}
	v, _, err := p.store(t).Deadline(t.Context(), "P01")
	must(t, err)
	equal(t, "last day", v.LastDay, day("2027-04-20"))
}

func TestFilesThatMayNotComeInAreRefused(t *testing.T) {
	p := empty(t)
	want := map[string][]string{
		"association/agents_1.csv":        nil,
		"stranger/agents_1.csv":           {"unknown-sender"},
		"9999/registrations_1.xlsx":       {"unknown-sender"}, // insurers are configured, this is none of them
		"association/people_1.csv":        {"unknown-kind"},
		"association/agents.txt":          {"unknown-extension"},
		"1001/agents_1.csv":               {"kind-not-allowed"},
		"association/registrations_1.csv": {"kind-not-allowed"},
	}
	for i, name := range slices.Sorted(maps.Keys(want)) {
		p.put(t, name, table(agentHeader, agent("P01"))+strings.Repeat("\n", i)) // bytes of their own
	}
	r := p.night(t, sampleDays[0])
	got, refused := map[string][]string{}, []string{}
	for name, b := range p.batches(t, sampleDays[0]) {
		got[name] = p.faults(t, b)
		if b.State == pipeline.BatchRefused {
			refused = append(refused, name)
		}
	}
	equal(t, "faults", got, want)
	equal(t, "refused", slices.Sorted(slices.Values(r.Refused)), slices.Sorted(slices.Values(refused)))
	equal(t, "number refused", len(refused), len(want)-1)
	equal(t, "inbox", p.waiting(t), []string(nil))
}

func TestWhatIsNoDeliveryIsLeftAlone(t *testing.T) {
	p := empty(t)
	outside := filepath.Join(t.TempDir(), "agents_1.csv")
	must(t, os.WriteFile(outside, []byte(table(agentHeader, agent("OUTSIDE"))), 0o644))
	p.put(t, "association/agents_1.csv", table(agentHeader, agent("P01")))
	must(t, os.Symlink(outside, filepath.Join(p.Inbox, "association", "agents_2.csv")))
	must(t, os.Symlink(filepath.Dir(outside), filepath.Join(p.Inbox, "contact-center")))
	p.put(t, "association/.agents_3.csv", table(agentHeader, agent("P03")))
	p.put(t, "association/~$agents_4.xlsx", "lock")
	p.put(t, "association/sub/agents_5.csv", table(agentHeader, agent("P05")))
	p.put(t, "agents_6.csv", table(agentHeader, agent("P06")))
	p.put(t, "2026-11-20/association/agents_7.csv", table(agentHeader, agent("P07")))
	r := p.night(t, sampleDays[0])
	equal(t, "received", r.Steps[0].Counts.Read, 1)
	var known []string
	for x, err := range p.store(t).People(t.Context()) {
		must(t, err)
		known = append(known, x.Agent.ID)
	}
	equal(t, "register", known, []string{"P01"})
	if _, err := os.Lstat(filepath.Join(p.Inbox, "association", "agents_2.csv")); err != nil {
		t.Error("the link was removed")
	}
	r = p.night(t, sampleDays[1])
	equal(t, "received on the next night", r.Steps[0].Counts.Read, 1)
}

func TestAFileIsCompleteWhenMarkedOrUnchanged(t *testing.T) {
	p := empty(t)
	p.Import.Settle = 150 * time.Millisecond
	growing := filepath.Join(p.Inbox, "association", "agents_growing.csv")
	p.put(t, "association/agents_growing.csv", table(agentHeader, agent("P01")))
	p.put(t, "association/agents_still.csv", table(agentHeader, agent("P02")))
	p.put(t, "association/agents_marked.csv", table(agentHeader, agent("P03")))
	p.put(t, "association/agents_marked.csv.done", "")
	// A sender that never rests.
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				_ = os.Chtimes(growing, time.Time{}, time.Unix(1_700_000_000+int64(i), 0))
			}
		}
	}()
	r := p.night(t, sampleDays[0])
	close(stop)
	<-stopped
	if len(r.Warnings) != 1 || r.Warnings[0].Code != "still-growing" {
		t.Errorf("warnings %v, want one of the file that grows", r.Warnings)
	}
	equal(t, "inbox", p.waiting(t), []string{"association/agents_growing.csv"})
	equal(t, "received", slices.Sorted(maps.Keys(p.batches(t, sampleDays[0]))),
		[]string{"association/agents_marked.csv", "association/agents_still.csv"})
	p.Import.Settle = 0
	p.night(t, sampleDays[1])
	equal(t, "inbox", p.waiting(t), []string(nil))
}

// Within a night everybody is known before what is said of them, whatever the
// senders and files are called.
func TestKindsAreTakenInTheirOrder(t *testing.T) {
	p := empty(t)
	p.put(t, "association/agents_9.csv", table(agentHeader, agent("P01")))
	p.put(t, "1001/exam-results_1.csv", table(examHeader, exam("P01", "C01", "2026-01-10")))
	p.put(t, "1001/activities_0.csv", table(activityHeader, "P01,照会,2026-10-20,"))
	p.put(t, "1001/registrations_5.xlsx", workbook(t, registrationHeader, registration("1001", "", "D1", "P01", "登録", "2020-04-01", "")))
	r := p.night(t, sampleDays[0])
	if n := r.Steps[1].Counts; n.Applied != 4 || n.Rejected != 0 {
		t.Errorf("import: %+v", n)
	}
	files, err := p.store(t).RunFiles(t.Context(), r.Run.ID)
	must(t, err)
	var kinds []string
	for _, f := range files {
		kinds = append(kinds, f.Kind)
	}
	equal(t, "order", kinds, []string{"agents", "exam-results", "registrations", "activities"})
}

func TestRegistrationsOverFilesAndNights(t *testing.T) {
	p := empty(t)
	p.put(t, "association/agents_1.csv", table(agentHeader, agent("P01"), agent("P02")))
	// Two files of one night: the closing stands in the one that is read first.
	p.put(t, "1001/registrations_1.xlsx", workbook(t, registrationHeader, registration("1001", "", "D1", "P01", "廃止", "2025-09-30", "2025-09-30")))
	p.put(t, "1001/registrations_2.xlsx", workbook(t, registrationHeader, registration("1001", "", "D1", "P01", "登録", "2020-04-01", "")))
	p.put(t, "1001/registrations_3.xlsx", workbook(t, registrationHeader, registration("1001", "1002", "D2", "P02", "登録", "2021-04-01", "")))
	p.night(t, sampleDays[0])
	rs, err := p.store(t).Registrations(t.Context(), []string{"P01"})
	must(t, err)
	if len(rs) != 1 || rs[0].OpenedOn != day("2020-04-01") || rs[0].ClosedOn != day("2025-09-30") {
		t.Errorf("registrations %+v, want one from 2020-04-01 to 2025-09-30", rs)
	}

	// The former 非代申 takes over as 代申; from then on it alone may close.
	p.put(t, "1002/registrations_1.xlsx", workbook(t, registrationHeader, registration("1002", "1001", "D2", "P02", "変更", "2026-11-20", "")))
	p.night(t, sampleDays[1])
	v, _, err := p.store(t).Deadline(t.Context(), "P02")
	must(t, err)
	equal(t, "after the change", v.Status, deadline.Registered)
	closing := registration("1002", "1001", "D2", "P02", "廃止", "2026-11-20", "2026-11-20")
	p.put(t, "1001/registrations_4.xlsx", workbook(t, registrationHeader, closing))
	p.night(t, sampleDays[2])
	b := p.batches(t, sampleDays[2])["1001/registrations_4.xlsx"]
	equal(t, "closing by the former lead", p.faults(t, b), []string{"not-the-lead-insurer"})
	p.put(t, "1002/registrations_4.xlsx", workbook(t, registrationHeader, closing))
	p.night(t, sampleDays[2].AddDays(1))
	v, _, err = p.store(t).Deadline(t.Context(), "P02")
	must(t, err)
	equal(t, "after its closing by the lead", v.Status, deadline.Dated)
}

func TestOnlyConfiguredInsurersGetAFolder(t *testing.T) {
	p := empty(t)
	p.put(t, "association/agents_1.csv", table(agentHeader, agent("P01")))
	p.put(t, "exam-center/exam-results_1.csv", table(examHeader, exam("P01", "K10", "2021-11-10")))
	p.put(t, "1001/registrations_1.xlsx", workbook(t, registrationHeader, registration("1001", "7777 A/B", "D1", "P01", "登録", "2020-04-01", "")))
	for _, d := range sampleDays[:2] {
		p.night(t, d)
	}
	for name := range tree(t, p.Outbox) {
		reader, _, _ := strings.Cut(name, "/")
		if _, known := p.Insurer(reader); !known && !slices.Contains([]string{"association", "compliance", "exam-center", "contact-center"}, reader) {
			t.Errorf("%s was written for nobody", name)
		}
	}
}

func TestWithoutInsurersFoldersOfFourDigitsAreTakenForSome(t *testing.T) {
	p := empty(t)
	p.Insurers = nil
	p.put(t, "association/agents_1.csv", table(agentHeader, agent("P01")))
	p.put(t, "4321/activities_1.csv", table(activityHeader, "P01,照会,2026-10-20,"))
	p.put(t, "abcd/activities_1.csv", table(activityHeader, "P01,照会,2026-10-21,"))
	r := p.night(t, sampleDays[0])
	equal(t, "refused", r.Refused, []string{"abcd/activities_1.csv"})
	if !slices.ContainsFunc(r.Warnings, func(w run.Warning) bool {
		return w.Code == "insurers-not-configured" && strings.Contains(w.EN, "4321")
	}) {
		t.Errorf("warnings %v, want one that 4321 was assumed", r.Warnings)
	}
}

func TestAFileAboveItsLimitsLeavesNothing(t *testing.T) {
	p := empty(t)
	rows := []string{}
	for i := range 60 {
		row := agent("P" + string(rune('A'+i/10)) + string(rune('0'+i%10)))
		if i%2 == 0 {
			row = strings.Replace(row, "1980-04-01", "1980-02-30", 1)
		}
		rows = append(rows, row)
	}
	p.put(t, "association/agents_1.csv", table(agentHeader, rows...))
	r := p.night(t, sampleDays[0])
	equal(t, "refused", r.Refused, []string{"association/agents_1.csv"})
	for x, err := range p.store(t).People(t.Context()) {
		must(t, err)
		t.Errorf("%s of a refused file is in the register", x.Agent.ID)
	}
}

func TestCheckSaysWhatAnImportWouldAndWritesNothing(t *testing.T) {
	p := after(t, 1)
	before := p.state(t)
	for _, x := range []struct{ file, verdict string }{
		{"2026-11-20/1003/registrations_20261120.xlsx", pipeline.BatchRefused},
		{"2026-11-20/contact-center/activities_20261120_copy.csv", pipeline.BatchDuplicate},
		{"2026-11-20/association/agents_20261120.csv", pipeline.BatchApplied},
	} {
		p.with(t, func(h *jobs.House) {
			c, err := h.CheckFile(t.Context(), filepath.Join(p.Inbox, x.file), "", sampleDays[1])
			must(t, err)
			if c.Verdict != x.verdict {
				t.Errorf("%s: %s, want %s", x.file, c.Verdict, x.verdict)
			}
		})
	}
	same(t, "after checks", p.state(t), before)
}
