package jobs_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline/run"
)

// A file outside its sender's folder is told by its place, not by its name,
// and stays where it lies.
func TestMisplacedFilesAreToldAndLeftAlone(t *testing.T) {
	p := empty(t)
	good := table(agentHeader, agent("P01"))
	for _, name := range []string{
		"見本太郎.csv", "agents_1.xlsx",
		"2026-11-19/見本太郎.csv", "2026-11-30/too-early-to-say.csv",
		"association/old/agents_0.csv", "association/old/deeper/agents_0.csv",
		"見本花子/mine/agents.csv",
	} {
		p.put(t, name, good)
	}
	must(t, os.MkdirAll(filepath.Join(p.Inbox, "association", "empty"), 0o755))
	outside := filepath.Join(t.TempDir(), "agents_9.csv")
	must(t, os.WriteFile(outside, []byte(good), 0o600))
	must(t, os.Symlink(outside, filepath.Join(p.Inbox, "association", "agents_9.csv")))
	before := p.waiting(t)
	var log strings.Builder
	p.log = textLog(&log)

	r := p.night(t, sampleDays[0])
	equal(t, "warnings", r.Warnings, []run.Warning{{
		Code: "misplaced-file",
		JA:   "送信元のフォルダーの直下にないため取り込まなかったファイルが7件あります（associationのフォルダーの中のフォルダーまたはリンク 3件、受信フォルダーの直下 2件、日付フォルダー2026-11-19の直下 1件、登録のない送信元のフォルダーの中 1件）。送信元のフォルダーの直下に移すか、不要であれば削除してください。",
		EN:   "7 files lie where no run takes them in (3 in folders or links of association, 2 in the inbox itself, 1 in the folder of 2026-11-19 itself, 1 in folders or links of unknown senders); move them into their sender's folder, or delete them",
	}})
	equal(t, "inbox", p.waiting(t), before)
	if strings.Contains(log.String(), "見本") {
		t.Error("the log names a file or a folder")
	}
	p.with(t, func(h *jobs.House) {
		c, err := h.Check(t.Context(), sampleDays[0])
		must(t, err)
		equal(t, "check", c.Warnings, r.Warnings)
	})
}

func TestWhatADesktopLeavesBehindIsPassedOver(t *testing.T) {
	p := empty(t)
	p.put(t, "association/agents_1.csv", table(agentHeader, agent("P01")))
	left := []string{
		"Thumbs.db", "association/THUMBS.DB", "association/.DS_Store", "association/desktop.ini", "association/~$agents_1.xlsx",
		"association/._agents_1.csv", "association/agents_0.csv.done", "2026-11-19/.DS_Store", "2026-11-19/association/Desktop.ini",
		".git/config", "association/sub/Thumbs.db",
	}
	for _, name := range left {
		p.put(t, name, "x")
	}
	r := p.night(t, sampleDays[0])
	equal(t, "warnings", warned(r), []string(nil))
	equal(t, "refused", r.Refused, []string(nil))
	equal(t, "files", p.ended(t, sampleDays[0]), []string{"association/agents_1.csv applied 1=1+0-0"})
	slices.Sort(left)
	equal(t, "inbox", p.waiting(t), left)
}

func TestCheckNeedsNoInbox(t *testing.T) {
	p := empty(t)
	p.with(t, func(h *jobs.House) {
		must(t, os.RemoveAll(p.Inbox))
		c, err := h.Check(t.Context(), sampleDays[0])
		must(t, err)
		equal(t, "warnings", len(c.Warnings), 0)
		if _, err := os.Stat(p.Inbox); err == nil {
			t.Error("check made the inbox")
		}
	})
}
