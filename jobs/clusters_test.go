package jobs_test

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline/identity"
	"meibo/pipeline/run"
)

// told is what the nights told of the clusters of some IDs.
func (p *place) told(t testing.TB, ids ...string) (out []string) {
	t.Helper()
	p.with(t, func(h *jobs.House) {
		events, err := h.Store.ClusterEventsOf(t.Context(), ids...)
		must(t, err)
		for _, e := range events {
			out = append(out, fmt.Sprintf("%s %s %s %s", e.AsOf, e.Event, e.Cluster, e.Part))
		}
	})
	return out
}

func TestMergesAndSplitsAreTold(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		p.pairsInbox(t)
		p.night(t, sampleDays[0])
		p.decide(t, "C1", "C2", identity.Different)
		p.decide(t, "N1", "N2", identity.Same)
		p.decide(t, "N2", "X1", identity.Same)
		p.night(t, sampleDays[1])
		equal(t, "events", p.told(t, "C1", "C2", "N1", "N2", "X1"), []string{
			"2026-11-19 統合 C1 C2", "2026-11-20 分割 C1 C2", "2026-11-20 統合 N1 N2", "2026-11-20 統合 N1 X1",
		})
		p.with(t, func(h *jobs.House) {
			for _, name := range []string{"N1", "x1"} { // its name, and one that was merged into it
				c, pairs, err := h.PairsOf(t.Context(), name)
				must(t, err)
				equal(t, "the cluster of "+name, c, jobs.Cluster{ID: "N1", Members: []string{"N1", "N2", "X1"}})
				if len(pairs) != 2 {
					t.Errorf("%s: %d pairs, want 2", name, len(pairs))
				}
			}
			if _, _, err := h.PairsOf(t.Context(), "NOBODY"); !errors.Is(err, jobs.ErrNoSuchAgent) {
				t.Errorf("an unknown ID: %v", err)
			}
		})
		p.night(t, sampleDays[1])
		if n := len(p.told(t, "C1", "C2", "N1", "N2", "X1")); n != 4 {
			t.Errorf("%d events after the same night again, want 4", n)
		}
	})
}

// A night that was cut short while the clusters changed tells the same, once.
func TestEventsAreToldOnceThoughTheNightIsCutShort(t *testing.T) {
	steps := func(r jobs.Result) (counts run.Counts) {
		for _, s := range r.Steps {
			if s.Name == "identity" {
				counts = s.Counts
			}
		}
		return counts
	}
	undisturbed := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	undisturbed.pairsInbox(t)
	want := steps(undisturbed.night(t, sampleDays[0]))
	if want.Applied == 0 {
		t.Fatal("the step counts nothing")
	}

	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.pairsInbox(t)
	p.with(t, func(h *jobs.House) {})
	db, err := sql.Open("sqlite", strings.TrimPrefix(p.DB, "sqlite:"))
	must(t, err)
	defer db.Close()
	exec := func(q string) {
		t.Helper()
		_, err := db.ExecContext(t.Context(), q)
		must(t, err)
	}
	exec("CREATE TRIGGER cut BEFORE UPDATE OF duplicate_flag ON agents BEGIN SELECT RAISE(ABORT, 'cut short'); END")
	p.with(t, func(h *jobs.House) {
		if _, err := h.Night(t.Context(), sampleDays[0], false); err == nil || !strings.Contains(err.Error(), "cut short") {
			t.Fatalf("the night was not cut short: %v", err)
		}
	})
	exec("DROP TRIGGER cut")
	p.with(t, func(h *jobs.House) {
		r, found, err := h.Resume(t.Context())
		if err != nil || !found {
			t.Fatalf("resume: %v, %v", found, err)
		}
		equal(t, "counts of the step", steps(r), want)
	})
	equal(t, "events", p.told(t, "C1", "C2"), []string{"2026-11-19 統合 C1 C2"})
}
