package jobs_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/jmoiron/sqlx"

	"meibo/jobs"
	"meibo/pipeline/run"
)

// hasWarning reports whether a night warned so.
func hasWarning(r jobs.Result, code string) bool {
	return slices.ContainsFunc(r.Warnings, func(w run.Warning) bool { return w.Code == code })
}

// Databases may share a folder for the state: what it knows of one of them says
// nothing of another, nor of one that was made anew.
func TestRegistersThatShareAFolder(t *testing.T) {
	dir := t.TempDir()
	p := newPlace(t, dir, sqliteIn(dir))
	p.Insurers = nil
	first := p.DB
	told := func(r jobs.Result) bool { return hasWarning(r, "other-register") }
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

// A notice that waits for its register to go on holds the only copy of passwords that
// count already: another register, which knows nothing of it, leaves it there.
func TestANoticeOfAnotherRegisterStays(t *testing.T) {
	p := empty(t)
	p.night(t, sampleDays[0])
	notice := filepath.Join(p.StateDir, "notices", "1001_account-notice_2026-11-19.xlsx")
	must(t, os.MkdirAll(filepath.Dir(notice), 0o700))
	must(t, os.WriteFile(notice, []byte("sealed"), 0o600))
	p.DB = "sqlite:" + filepath.Join(p.dir, "other.db")
	p.night(t, sampleDays[1])
	if _, err := os.Stat(notice); err != nil {
		t.Errorf("the notice of the first register: %v", err)
	}
}

// A register that was at work before finds nothing of itself where state_dir points
// to: a disk that is not mounted, a relative path from another folder. It makes no
// keys there and takes nothing over; with keys made on purpose it goes on.
func TestAKnownRegisterMakesNoKeysInAnEmptyFolder(t *testing.T) {
	p := empty(t)
	p.night(t, sampleDays[0])
	p.StateDir = filepath.Join(p.dir, "not-mounted")
	p.with(t, func(h *jobs.House) {
		_, err := h.Night(t.Context(), sampleDays[1], false)
		refusedState(t, "a night", err)
		_, err = h.ExecutePurge(t.Context(), 1, 0)
		refusedState(t, "a purge", err)
		_, err = h.DryRun(t.Context(), sampleDays[1])
		refusedState(t, "a rehearsal", err)
	})
	for name := range tree(t, p.StateDir) {
		t.Errorf("%s was made", name)
	}
	_, _, err := jobs.MakeKeys(p.Config)
	must(t, err)
	equal(t, "told that the folder is new", hasWarning(p.night(t, sampleDays[1]), "state-lost"), true)
	equal(t, "told again", hasWarning(p.night(t, sampleDays[2]), "state-lost"), false)
}

func refusedState(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, jobs.ErrOtherState) || !errors.Is(err, jobs.ErrConfig) {
		t.Errorf("%s: %v, want ErrOtherState, which is one of the configuration", what, err)
	}
}

// With the folder of another register it would use that one's keys.
func TestAKnownRegisterDoesNotMoveIntoTheFolderOfAnother(t *testing.T) {
	first, second := empty(t), empty(t)
	first.night(t, sampleDays[0])
	second.night(t, sampleDays[0])
	before := tree(t, second.StateDir)
	first.StateDir = second.StateDir
	first.with(t, func(h *jobs.House) {
		_, err := h.Night(t.Context(), sampleDays[1], false)
		refusedState(t, "a night", err)
	})
	sameTree(t, "the other's folder", tree(t, second.StateDir), before)
}

// A database from before registers had an identity is the one its folder names: as
// another it would be told apart from its ledger and its checkpoints.
func TestARegisterFromBeforeIdentitiesKeepsItsFolder(t *testing.T) {
	p := empty(t)
	p.night(t, sampleDays[0])
	db, err := sqlx.Open("sqlite", p.DB[len("sqlite:"):])
	must(t, err)
	db.MustExec("DELETE FROM register_identity")
	must(t, db.Close())
	equal(t, "told that it is another register", hasWarning(p.night(t, sampleDays[1]), "other-register"), false)
	id, err := p.store(t).RegisterID(t.Context())
	must(t, err)
	equal(t, "the identity", id+"\n", read(t, filepath.Join(p.StateDir, "audit", "register")))
	if _, err := os.Stat(filepath.Join(p.StateDir, "registers")); err == nil {
		t.Error("it got a folder of its own")
	}
}
