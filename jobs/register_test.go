package jobs_test

import (
	"path/filepath"
	"slices"
	"testing"

	"meibo/jobs"
	"meibo/pipeline/run"
)

// Databases may share a folder for the state: what it knows of one of them says
// nothing of another, nor of one that was made anew.
func TestRegistersThatShareAFolder(t *testing.T) {
	dir := t.TempDir()
	p := newPlace(t, dir, sqliteIn(dir))
	p.Insurers = nil
	first := p.DB
	told := func(r jobs.Result) bool {
		return slices.ContainsFunc(r.Warnings, func(w run.Warning) bool { return w.Code == "other-register" })
	}
	night := func(db string, i int) {
		t.Helper()
		p.DB = db
		p.with(t, func(h *jobs.House) {
			dry, err := h.DryRun(t.Context(), sampleDays[i])
			must(t, err)
			equal(t, "told before", told(dry), db != first)
		})
		equal(t, "told that it may be the wrong database", told(p.night(t, sampleDays[i])), db != first)
	}
	night(first, 0)
	night(first, 1)
	second := "sqlite:" + filepath.Join(dir, "other.db")
	night(second, 0) // not "restored", though the first chain is longer
	night(first, 2)
	night(second, 1)
	for _, db := range []string{first, second} {
		p.DB = db
		p.with(t, func(h *jobs.House) {
			must(t, h.InOrder(t.Context()))
			report, err := h.VerifyAudit(t.Context(), "", "")
			must(t, err)
			if !report.OK() {
				t.Errorf("%s: %+v", filepath.Base(db), report)
			}
		})
	}
}
