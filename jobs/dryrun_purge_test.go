package jobs_test

import (
	"path/filepath"
	"testing"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/purge"
)

// What ends on a night, an undo window, an approval, a list nobody stands behind or
// the guard over deleted IDs, ends in its rehearsal too, and no key of the house
// with it.
func TestDryRunTellsOfWhatEndsOnANight(t *testing.T) {
	t.Parallel()
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.purgeable(t, 1) // dumps tell guarded IDs apart by nothing but their days
	p.approve(t, 1, "S1", "S2")
	p.execute(t, 1)
	keys := func() map[string]string { return tree(t, filepath.Join(p.StateDir, "keys")) }
	before := keys()
	rehearsed := func(what string, d pipeline.Date, wants ...string) {
		t.Helper()
		changed := p.rehearsed(t, what, d)[0]
		for _, table := range wants {
			if changed[table] == [3]int{} {
				t.Errorf("%s: nothing changes in %s: %v", what, table, changed)
			}
		}
	}
	p.with(t, func(h *jobs.House) {
		_, err := h.DryRun(t.Context(), sampleDays[0].AddDays(8))
		must(t, err)
	})
	equal(t, "keys after a rehearsal", keys(), before)
	rehearsed("the undo window ends", sampleDays[0].AddDays(8), "purge_undo", "purge_lists")
	equal(t, "list 1", p.listState(t, 1), purge.ListSettled)

	p.night(t, day("2026-12-31")) // LATER1 is due
	p.approve(t, 3, "S1")
	rehearsed("an approval is void and a list is replaced", day("2027-01-20"), "purge_lists", "purge_list")
	equal(t, "lists 2 and 3", []string{p.listState(t, 2), p.listState(t, 3)}, []string{purge.ListReplaced, purge.ListExpired})
	p.put(t, "association/agents_9.csv", table(agentHeader, agent("NEW1")))
	rehearsed("the guard ends", day("2027-12-25"), "purge_guard")
}
