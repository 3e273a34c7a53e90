package jobs_test

import (
	"errors"
	"testing"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/purge"
)

// automatic is a place whose second night deletes three persons by itself.
func automatic(t testing.TB) *place {
	t.Helper()
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.purgeable(t, 3)
	p.Purge.Mode, p.Purge.ReviewDays = purge.ModeAutomatic, 0
	return p
}

// deletedOn are the days of the executions, as their receipts tell.
func (p *place) deletedOn(t testing.TB) (days []pipeline.Date) {
	t.Helper()
	receipts, err := p.store(t).Receipts(t.Context())
	must(t, err)
	for _, r := range receipts {
		days = append(days, r.AsOf)
	}
	return days
}

func (p *place) resume(t testing.TB) (r jobs.Result, found bool) {
	t.Helper()
	p.with(t, func(h *jobs.House) {
		var err error
		r, found, err = h.Resume(t.Context())
		must(t, err)
	})
	return r, found
}

// Where time decides, an execution belongs to its night: whoever goes on with a night
// that was cut short deletes whom it would have deleted, on its day.
func TestResumeOfANightDoesItsExecution(t *testing.T) {
	t.Parallel()
	p := automatic(t)
	p.cutNight(t, "reports", sampleDays[1])
	r, found := p.resume(t)
	equal(t, "resumed", found, true)
	equal(t, "warnings", warned(r), []string{"purged"})
	equal(t, "executed", p.deletedOn(t), sampleDays[1:2])
	_, found = p.resume(t)
	equal(t, "once more", found, false)
}

func TestTheNextNightDoesTheExecutionOfAnUnfinishedOneFirst(t *testing.T) {
	t.Parallel()
	p := automatic(t)
	p.cutNight(t, "reports", sampleDays[1])
	equal(t, "warnings", warned(p.night(t, sampleDays[2])), []string{"finished-earlier-run", "purged"})
	equal(t, "executed", p.deletedOn(t), sampleDays[1:2])
}

// A night killed behind its end owes its execution, and only that: what a night that
// came to its end left standing, a resume leaves alone.
func TestResumeDoesTheExecutionThatANightOwes(t *testing.T) {
	t.Parallel()
	killed := func(t *testing.T) *place {
		t.Helper()
		p := automatic(t)
		if !p.meibo(t, []string{"MEIBO_FAILPOINT=run-after-end:1"}, "run", "--as-of", sampleDays[1].String()) {
			t.Fatal("the night was not killed")
		}
		equal(t, "killed before the execution", len(p.deletedOn(t)), 0)
		return p
	}
	t.Run("resumed", func(t *testing.T) {
		p := killed(t)
		unfinished := func() (id string) {
			p.with(t, func(h *jobs.House) {
				s, err := h.Status(t.Context(), sampleDays[1])
				must(t, err)
				id = s.Unfinished
			})
			return id
		}
		equal(t, "status", unfinished(), "nightly-2026-11-20-1")
		r, found := p.resume(t)
		equal(t, "resumed", [2]any{found, r.Run.ID}, [2]any{true, "nightly-2026-11-20-1"})
		equal(t, "warnings", warned(r), []string{"purged"})
		equal(t, "executed", p.deletedOn(t), sampleDays[1:2])
		equal(t, "status in the end", unfinished(), "")
		_, found = p.resume(t)
		equal(t, "once more", found, false)
	})
	t.Run("with other settings", func(t *testing.T) {
		p := killed(t)
		p.Purge.ReviewDays = 1
		p.with(t, func(h *jobs.House) {
			_, _, err := h.Resume(t.Context())
			if changed, is := errors.AsType[*jobs.ErrConfigChanged](err); !is || changed.Run != "nightly-2026-11-20-1" {
				t.Errorf("resume: %v", err)
			}
			if err := h.UnfinishedConfig(t.Context()); !errors.As(err, new(*jobs.ErrConfigChanged)) {
				t.Errorf("for the daemon: %v", err)
			}
		})
		equal(t, "executed", len(p.deletedOn(t)), 0)
	})
	t.Run("nothing is owed", func(t *testing.T) {
		p := automatic(t)
		for _, id := range []string{"DUE00001", "DUE00002", "DUE00003"} {
			p.with(t, func(h *jobs.House) {
				_, err := h.Hold(t.Context(), jobs.HoldOrder{AgentID: id, Reason: "調査中", By: "S1"})
				must(t, err)
			})
		}
		equal(t, "warnings", warned(p.night(t, sampleDays[1])), []string(nil))
		p.with(t, func(h *jobs.House) {
			_, err := h.Release(t.Context(), "DUE00001", 0, "S2", "調査が終わった", 0)
			must(t, err)
		})
		_, found := p.resume(t)
		equal(t, "resumed", found, false)
		equal(t, "executed", len(p.deletedOn(t)), 0)
	})
}

// A rehearsal of a night that would delete says of how many, and of which list.
func TestDryRunTellsOfTheExecutionBehindTheNight(t *testing.T) {
	t.Parallel()
	p := automatic(t)
	var r jobs.Result
	p.with(t, func(h *jobs.House) {
		var err error
		r, err = h.DryRun(t.Context(), sampleDays[1])
		must(t, err)
	})
	equal(t, "warnings", warned(r), []string{"purge-would-delete"})
	equal(t, "told", r.Warnings[0].EN,
		"the night would then execute list 1 and delete 3 records; a rehearsal does not, and the changes are not among those told")
	equal(t, "executed", len(p.deletedOn(t)), 0)
}

// Returned workbooks that wait keep an execution from being done only where it would
// delete somebody, whatever night they are for.
func TestExecutionsWaitForWorkbooksOfAnyNight(t *testing.T) {
	t.Parallel()
	review := func(p *place, d pipeline.Date, id string) {
		p.put(t, d.String()+"/compliance/reviews_1.csv", table("リスト番号,募集人ID,判定,理由,審査者", "1,"+id+",保留,照会中,S1"))
	}
	p := automatic(t)
	review(p, sampleDays[2], "DUE00001")
	equal(t, "somebody would go", warned(p.night(t, sampleDays[1])), []string{"purge-waits"})
	p.Purge.Mode = purge.ModeApprove
	p.approve(t, 1, "S1", "S2")
	p.with(t, func(h *jobs.House) {
		_, err := h.ExecutePurge(t.Context(), 1, 0)
		wrong(t, "with a workbook of tomorrow", err, "審査結果が 1 件")
	})
	p.Purge.Mode = purge.ModeAutomatic
	equal(t, "taken in", warned(p.night(t, sampleDays[2])), []string{"purged"})
	equal(t, "on file", p.onFile(t), []string{"DUE00001", "HELD1", "LATER1", "REG1"})
	review(p, sampleDays[2].AddDays(2), "HELD1")
	equal(t, "nobody would go", warned(p.night(t, sampleDays[2].AddDays(1))), []string(nil))
}
