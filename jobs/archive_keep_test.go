package jobs_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"meibo/jobs"
	"meibo/pipeline"
)

// noon is a moment of a day at the house.
func noon(t testing.TB, p *place, d pipeline.Date) time.Time {
	t.Helper()
	zone, err := p.Location()
	must(t, err)
	at, err := time.ParseInLocation("2006-01-02 15", d.String()+" 12", zone)
	must(t, err)
	return at
}

// archive is what lies in the archive, as if all of it had been put on a day.
func (p *place) archive(t testing.TB, put pipeline.Date) map[string]string {
	t.Helper()
	dir := filepath.Join(p.StateDir, "archive")
	files := tree(t, dir)
	for name := range files {
		must(t, os.Chtimes(filepath.Join(dir, name), time.Time{}, noon(t, p, put)))
	}
	return files
}

// A wrong address of the database must not cost the register its archive; nor does
// the register take what another one received before its time is over.
func TestANightOnAnotherDatabaseLeavesTheArchiveAlone(t *testing.T) {
	p := empty(t)
	first := p.DB
	p.put(t, "2026-11-19/association/agents_1.csv", agentList(3))
	p.night(t, sampleDays[0])
	owned := p.archive(t, sampleDays[0])
	p.DB = "sqlite:" + filepath.Join(p.dir, "typo.db")
	must(t, os.RemoveAll(p.Inbox))
	p.put(t, "2026-11-20/association/agents_2.csv", agentList(2))
	p.night(t, sampleDays[1])
	both := p.archive(t, sampleDays[1])
	if len(both) <= len(owned) {
		t.Fatal("the other register received nothing")
	}
	p.night(t, sampleDays[1].AddDays(400))
	after := p.archive(t, sampleDays[1])
	stillThere(t, "nights of the other", after, owned)
	if len(after) == len(both) {
		t.Error("the other register keeps its own files for ever")
	}
	p.DB = first
	must(t, os.RemoveAll(p.Inbox))
	p.put(t, "2026-11-21/association/agents_3.csv", agentList(4))
	p.night(t, sampleDays[2])
	stillThere(t, "a night of the first", p.archive(t, sampleDays[2]), after)
}

func stillThere(t *testing.T, behind string, now, was map[string]string) {
	t.Helper()
	for name := range was {
		if _, there := now[name]; !there {
			t.Errorf("behind %s, %s is gone", behind, name)
		}
	}
}

// What came after the backup is known to no batch of the restored database, and is
// the only copy there is: it stays as long as any received file.
func TestAfterARestoreTheArchiveKeepsWhatCameSinceTheBackup(t *testing.T) {
	p := empty(t)
	p.Archive.KeepDays = 5
	p.put(t, "2026-11-19/association/agents_1.csv", agentList(3))
	p.night(t, sampleDays[0])
	restore := p.backup(t)
	p.put(t, "2026-11-20/association/agents_2.csv", agentList(4))
	p.night(t, sampleDays[1])
	since := hashOf(t, p, sampleDays[1], "association/agents_2.csv")
	restore()
	p.replay(t, "")
	must(t, os.RemoveAll(p.Inbox))
	again := func() (err error) {
		p.with(t, func(h *jobs.House) { err = h.Again(t.Context(), since) })
		return err
	}
	kept := func() bool {
		_, there := p.archive(t, sampleDays[1])[since[:2]+"/"+since]
		return there
	}
	kept() // dates it
	p.night(t, sampleDays[1].AddDays(5))
	if !kept() {
		t.Errorf("what came since the backup is gone: %v", again())
	}
	p.night(t, sampleDays[1].AddDays(6))
	if kept() {
		t.Error("it stays for longer than archive.keep_days")
	}
}
