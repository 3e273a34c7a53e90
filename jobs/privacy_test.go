package jobs_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline/report"
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

// Passwords, those that files bring and those that are drawn, and the addresses
// and names of accounts stand in no log line, no error, no warning and no
// journal; nor does a locked notice show them.
func TestNoSecretOfAnAccountLeavesThroughLogs(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	var told strings.Builder
	p.log = textLog(&told)
	p.put(t, "2026-11-19/1001/managers_1.csv", table(managerHeader,
		"特別管理者,1001,,,特別 太郎,本社,toku@1001.example,", "一般管理者,1001,M1,,一般 一郎,,ippan@1001.example,",
		"指定管理者,1001,M2,Geheim-1,指定 花子,,shitei@1001.example,"))
	p.put(t, "2026-11-19/1001/managers_2.csv", table(managerHeader, "一般管理者,1002,M3,Geheim-2,他社 三郎,,tasha@1001.example,"))
	p.put(t, "2026-11-19/association/staff_1.csv", table(staffHeader, "S1,協会 一,kyokai@kyokai.example,協会,"))
	p.withPassword(t, func(h *jobs.House) {
		r, err := h.Night(t.Context(), sampleDays[0], false)
		must(t, err)
		fmt.Fprintf(&told, "%+v\n%+v\n%+v\n", r.Warnings, r.Refused, r.Late)
		_, err = h.ResetAccount(t.Context(), "M2", "S1", sampleDays[0])
		must(t, err)
		for _, id := range []string{"S1", "M9", ""} { // nobody to tell it; nobody at all
			_, err := h.ResetAccount(t.Context(), id, "S1", sampleDays[0])
			fmt.Fprintln(&told, err)
		}
		_, err = h.StopAccount(t.Context(), "M1", "M2", "理由", sampleDays[0])
		fmt.Fprintln(&told, err)
	})
	secret := map[string]bool{agreed: true}
	for _, s := range []string{"Geheim-1", "Geheim-2", "toku@", "ippan@", "shitei@", "tasha@", "kyokai@", "特別 太郎", "一般 一郎", "指定 花子"} {
		secret[s] = true
	}
	for no, accounts := range []int{2, 1} {
		drawn := p.issued(t, report.AccountNoticeName(sampleDays[0], no+1))
		if len(drawn) != accounts {
			t.Errorf("notice %d holds %d passwords, want %d", no+1, len(drawn), accounts)
		}
		for _, password := range drawn {
			secret[password] = true
		}
	}
	dump := p.state(t).dump
	if finds(dump, secret) < 5 {
		t.Error("the search does not even find the addresses in the register")
	}
	last := tables(t, dump)
	for _, name := range append([]string{"report_manifest", "import_batches", "import_faults", "audit_events", "purpose_log"}, journal...) {
		told.WriteString(last[name])
	}
	for name, content := range tree(t, p.Outbox) {
		if strings.Contains(name, "account-notice_") || strings.HasSuffix(name, ".json") {
			told.WriteString(content)
		}
	}
	if n := finds(told.String(), secret); n > 0 {
		t.Errorf("%d passwords, addresses or names of accounts stand in what was told", n)
	}
	for s := range secret {
		if !strings.Contains(s, "@") && !strings.Contains(s, " ") && strings.Contains(dump, s) {
			t.Error("a password stands in the register")
		}
	}
}
