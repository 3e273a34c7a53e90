package jobs_test

import (
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/run"
)

// Files may come in any order and at any time of day.
func TestLawTheOrderOfArrivalIsNoMatter(t *testing.T) {
	want := nights(t).states[0]
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	var names []string
	from := filepath.Join(sampleDir, "inbox", sampleDays[0].String())
	must(t, filepath.WalkDir(from, func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names = append(names, name)
		}
		return err
	}))
	dice := rand.New(rand.NewPCG(1, 2))
	dice.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range names {
		b, err := os.ReadFile(name)
		must(t, err)
		rel, err := filepath.Rel(from, name)
		must(t, err)
		p.put(t, sampleDays[0].String()+"/"+filepath.ToSlash(rel), string(b))
		came := time.Date(2026, 11, 1+dice.IntN(18), dice.IntN(24), 0, 0, 0, time.UTC)
		must(t, os.Chtimes(filepath.Join(p.Inbox, sampleDays[0].String(), rel), came, came))
	}
	p.night(t, sampleDays[0])
	same(t, "shuffled", p.state(t), want)
}

// A night that lies in the senders' own folders is the night of its dated folder.
func TestLawDatedAndPlainFoldersAreTheSame(t *testing.T) {
	want, _ := smallNights(t, t.TempDir())
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.Insurers = p.Insurers[:3]
	other := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	other.smallInbox(t)
	for i, d := range sampleDays {
		must(t, os.CopyFS(p.Inbox, os.DirFS(filepath.Join(other.Inbox, d.String()))))
		p.night(t, d)
		same(t, d.String(), p.state(t).without("run_files"), want[i].without("run_files"))
	}
}

// wroteNothing says that every step after receive found nothing left to write.
func wroteNothing(t testing.TB, r jobs.Result) {
	t.Helper()
	if n := len(r.Steps); n < 6 || r.Steps[0].Name != "receive" || r.Steps[n-1].Name != "deliver" {
		t.Errorf("the night did not go through all steps: %+v", r.Steps)
	}
	for _, s := range r.Steps {
		if s.Name != "receive" && s.Counts.Applied != 0 {
			t.Errorf("step %s wrote %d rows", s.Name, s.Counts.Applied)
		}
		if s.State != run.StateDone {
			t.Errorf("step %s is %s", s.Name, s.State)
		}
	}
}

func TestLawASecondRunWritesNothing(t *testing.T) {
	p := after(t, 3)
	r := p.night(t, sampleDays[2])
	wroteNothing(t, r)
	equal(t, "received", r.Steps[0].Counts, run.Counts{})
	same(t, "second run", p.state(t).without(journal...), nights(t).states[2].without(journal...))
}

// The same files again, on the same day: those that were applied without a
// rejected row have no effect; the others are read again and say nothing new.
func TestLawTheSameFilesAgainChangeNothing(t *testing.T) {
	p := after(t, 3)
	p.sampleInbox(t, sampleDays[2])
	wroteNothing(t, p.night(t, sampleDays[2]))
	same(t, "same files", p.state(t).without(journal...), nights(t).states[2].without(journal...))
}

// The files of all nights again, a night later: only the journal of imports
// knows of it, where clean files are duplicates and no row is applied.
func TestLawOldFilesOnALaterNightChangeNothing(t *testing.T) {
	later := sampleDays[2].AddDays(1)
	quiet, p := after(t, 3), after(t, 3)
	quiet.night(t, later)
	p.sampleInbox(t, sampleDays...)
	for _, name := range slices.Sorted(maps.Keys(tree(t, p.Inbox))) {
		if strings.HasPrefix(path.Base(name), "managers") { // its passwords are removed again, which is an event
			must(t, os.Remove(filepath.Join(p.Inbox, name)))
		}
	}
	r := p.night(t, later)
	if n := r.Steps[1].Counts.Applied; n != 0 {
		t.Errorf("import applied %d rows of files that were applied before", n)
	}
	equal(t, "refused", r.Refused, []string{"1003/registrations_20261120.xlsx"})
	about := append([]string{"import_batches", "import_faults", "import_statistics", "nights", "purpose_log", "deliveries"}, journal...)
	got, want := p.state(t).without(about...), quiet.state(t).without(about...)
	for _, s := range []state{got, want} {
		maps.DeleteFunc(s.outbox, func(name, _ string) bool { return !aboutPeople(name) })
	}
	same(t, "old files", got, want)
	batches, err := p.store(t).BatchesOn(t.Context(), later)
	must(t, err)
	if len(batches) == 0 {
		t.Error("no batch tells that the files came")
	}
	for _, b := range batches {
		clean := b.Rejected == 0 && b.State != pipeline.BatchRefused
		if clean != (b.State == pipeline.BatchDuplicate) {
			t.Errorf("%s with %d rejected rows is %s", b.ID, b.Rejected, b.State)
		}
	}
}

// aboutPeople tells the reports on the register from those on the files that came.
func aboutPeople(name string) bool {
	base := path.Base(name)
	for _, prefix := range []string{"expiry-report_", "purge-list_", "duplicates_"} {
		if strings.HasPrefix(base, prefix) {
			return true
		}
	}
	return false
}

// Neither the zone of the machine nor its processors show in what is written.
// The program does the nights here, as an operator would.
func TestLawZoneAndProcessorsOfTheMachineAreNoMatter(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.sampleInbox(t, sampleDays...)
	p.meibo(t, []string{"TZ=America/New_York", "GOMAXPROCS=1", "LANG=C"}, "run",
		"--from", sampleDays[0].String(), "--to", sampleDays[2].String())
	same(t, "elsewhere", p.state(t), nights(t).states[2])
}

func TestDryRunChangesNothingAndCountsAsTheNightDoes(t *testing.T) {
	p := after(t, 1)
	all := func() map[string]string {
		files := tree(t, p.dir)
		for name := range files {
			if strings.HasPrefix(name, "meibo.db") {
				delete(files, name) // compared by its content
			}
		}
		return files
	}
	before, dump := all(), p.state(t)
	var dry jobs.Result
	p.with(t, func(h *jobs.House) {
		var err error
		dry, err = h.DryRun(t.Context(), sampleDays[1])
		must(t, err)
	})
	sameTree(t, "after the rehearsal", all(), before)
	same(t, "after the rehearsal", p.state(t), dump)

	real := p.night(t, sampleDays[1])
	for i := range real.Steps {
		if s := real.Steps[i]; s.Name != "reports" && s.Name != "deliver" { // a rehearsal finds an empty outbox
			equal(t, "counts of "+s.Name, dry.Steps[i].Counts, s.Counts)
		}
	}
	equal(t, "reports", dry.Steps[5].Counts.Read, real.Steps[5].Counts.Read)
	equal(t, "refused", dry.Refused, real.Refused)
	equal(t, "late", dry.Late, real.Late)
	equal(t, "overdue", dry.Overdue, real.Overdue)
	equal(t, "warnings", dry.Warnings, real.Warnings)
	same(t, "the night after a rehearsal", p.state(t), nights(t).states[1])
}

func TestDryRunMayLookAtAnEarlierDay(t *testing.T) {
	p := after(t, 3)
	before := p.state(t)
	p.with(t, func(h *jobs.House) {
		r, err := h.DryRun(t.Context(), sampleDays[0])
		must(t, err)
		equal(t, "day", r.Run.AsOf, sampleDays[0])
	})
	same(t, "after the rehearsal", p.state(t), before)
	if entries, _ := filepath.Glob(filepath.Join(p.StateDir, "dry-run-*")); len(entries) > 0 {
		t.Errorf("the copy is still there: %v", entries)
	}
}
