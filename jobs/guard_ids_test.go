package jobs_test

import (
	"os"
	"path/filepath"
	"testing"

	"meibo/jobs"
)

// A row stands among those set aside until its ID is let in again, whatever became of
// others of its file; where the file is gone, nobody can say so and it stays.
func TestReturnsEndWhenTheIDIsLetInAgain(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.purgeable(t, 2)
	p.approve(t, 1, "S1", "S2")
	p.execute(t, 1)
	p.put(t, "2026-11-20/association/agents_2.csv", table(agentHeader,
		"DUE00001,期限 新子,キゲン シンコ,,1950-03-01,女,new1@example.com,2026-11-20,",
		"ｄｕｅ00002,期限 古子,キゲン フルコ,,1951-03-02,女,new2@example.com,2020-01-02,"))
	p.night(t, sampleDays[1])
	listed := func() (rows []int) {
		p.with(t, func(h *jobs.House) {
			all, err := h.Returns(t.Context())
			must(t, err)
			for _, r := range all {
				rows = append(rows, r.Row)
			}
		})
		return rows
	}
	equal(t, "set aside", listed(), []int{2, 3})
	p.with(t, func(h *jobs.House) { must(t, h.Readmit(t.Context(), "DUE00001", []string{"S1", "S2"}, "再登録")) })
	equal(t, "once one is let in", listed(), []int{3})
	must(t, os.RemoveAll(filepath.Join(p.StateDir, "archive")))
	must(t, os.MkdirAll(filepath.Join(p.StateDir, "archive"), 0o700))
	equal(t, "without the file", listed(), []int{2, 3})
}
