package jobs_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// secrets are all names, readings, local parts of mail addresses and dates of
// birth of the sample's people, in every way the samples write them.
func secrets(t testing.TB) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	add := func(s string) {
		if s = strings.TrimSpace(s); len([]rune(s)) >= 3 {
			out[s] = true
		}
	}
	s := sampleStore(t, 3)
	for p, err := range s.People(t.Context()) {
		must(t, err)
		for _, n := range p.Names {
			add(n.Text)
			add(strings.NewReplacer(" ", "", "　", "").Replace(n.Text))
		}
		for _, text := range []string{p.Agent.Name, p.Agent.NameKana, p.Agent.FormerName} {
			add(text)
		}
		local, _, _ := strings.Cut(p.Agent.Email, "@")
		add(local)
		if b := p.Agent.BornOn; !b.IsZero() && b.Year() < 2016 {
			y, m, d := b.Year(), b.Month(), b.Day()
			for _, f := range []string{"%04d-%02d-%02d", "%04d/%02d/%02d", "%04d%02d%02d", "%d.%d.%d", "%d/%d/%d", "%d年%d月%d日"} {
				add(fmt.Sprintf(f, y, m, d))
			}
		}
	}
	f, err := os.Open(filepath.Join(sampleDir, "truth.csv"))
	must(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	must(t, err)
	for i, name := range rows[0] {
		switch name {
		case "name", "kana", "name_kana", "former", "former_name", "family", "given", "kana_family", "kana_given", "born", "born_on":
			for _, r := range rows[1:] {
				add(r[i])
			}
		case "email":
			for _, r := range rows[1:] {
				local, _, _ := strings.Cut(r[i], "@")
				add(local)
			}
		}
	}
	return out
}

// finds lists what of the secrets stands in the text, without saying it: a test
// log is a log too.
func finds(text string, all map[string]bool) (n int) {
	for s := range all {
		if strings.Contains(text, s) {
			n++
		}
	}
	return n
}

// No log line, no journaled error and no warning of the nights holds anything
// of a person but the ID.
func TestNoPersonalDataLeavesThroughLogs(t *testing.T) {
	all := secrets(t)
	if len(all) < 5000 {
		t.Fatalf("only %d names, addresses and dates to look for", len(all))
	}
	u := nights(t)
	last := tables(t, u.states[2].dump)
	if finds(last["agents"][:2000], all) < 20 {
		t.Fatal("the search does not even find people in the register")
	}
	var told strings.Builder
	told.WriteString(u.log)
	for _, r := range u.results {
		fmt.Fprintf(&told, "%+v\n%+v\n%+v\n", r.Warnings, r.Refused, r.Late)
	}
	for _, name := range append([]string{"report_manifest", "import_batches"}, journal...) {
		told.WriteString(last[name])
	}
	if strings.Count(u.log, "\n") < 18 {
		t.Errorf("the nights logged only:\n%s", u.log)
	}
	if n := finds(told.String(), all); n > 0 {
		t.Errorf("%d names, addresses or dates of birth stand in what the nights told", n)
	}
}

// What a broken night says holds no personal data either.
func TestNoPersonalDataInTheErrorOfABrokenNight(t *testing.T) {
	all := secrets(t)
	p := after(t, 1)
	var log strings.Builder
	p.log = textLog(&log)
	// The archive loses a file between receive and import.
	p.breakNight(t, sampleDays[1])
	var told strings.Builder
	told.WriteString(log.String())
	s := p.store(t)
	steps, err := s.Steps(t.Context(), "nightly-2026-11-20-1")
	must(t, err)
	failed := ""
	for _, x := range steps {
		failed += x.Error
	}
	if failed == "" {
		t.Error("no step failed")
	}
	told.WriteString(failed)
	if n := finds(told.String(), all); n > 0 {
		t.Errorf("%d names, addresses or dates of birth stand in what the broken night told", n)
	}
}

// A folder that belongs to no sender may be named after anybody.
func TestTheNameOfAStrangersFolderIsNotLogged(t *testing.T) {
	dir := t.TempDir()
	p := newPlace(t, dir, sqliteIn(dir))
	var log strings.Builder
	p.log = textLog(&log)
	p.put(t, "見本太郎/agents_見本花子.csv", table(agentHeader, agent("S1")))
	r := p.night(t, sampleDays[0])
	equal(t, "refused", r.Refused, []string{"見本太郎/agents_見本花子.csv"}) // whoever runs it must know
	if got := log.String(); strings.Contains(got, "見本") || !strings.Contains(got, "sender=unknown") {
		t.Errorf("logged:\n%s", got)
	}
}
