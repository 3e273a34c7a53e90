package jobs_test

import (
	"context"
	"errors"
	"testing"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/run"
)

// cutNight does a night that is told to stop when the step begins.
func (p *place) cutNight(t testing.TB, step string, d pipeline.Date) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	errCut := errors.New("cut")
	o := p.options(t)
	o.Watch = func(name string, _ *run.Work) func(run.StepRow) {
		if name == step {
			cancel(errCut)
		}
		return func(run.StepRow) {}
	}
	h, err := jobs.Open(t.Context(), p.Config, o)
	must(t, err)
	defer func() { must(t, h.Close()) }()
	if _, err := h.Night(ctx, d, false); !errors.Is(err, errCut) {
		t.Fatalf("the night ended with %v, want it cut in step %s", err, step)
	}
}

// What an unfinished run has received lies in the house's archive, of which a
// rehearsal has no copy: files with passwords among it are not its to redact.
func TestDryRunOfAnUnfinishedNightTellsWhatItWrites(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"import", "lists"} {
		t.Run("cut before "+step, func(t *testing.T) {
			dir := t.TempDir()
			p := newPlace(t, dir, sqliteIn(dir))
			p.managersInbox(t)
			p.put(t, "2026-11-19/association/agents_1.csv", table(agentHeader, agent("P00"), agent("P01")))
			p.cutNight(t, step, sampleDays[0])
			p.rehearsed(t, "unfinished night", sampleDays[0])
		})
	}
}
