package run

import (
	"errors"
	"testing"

	"meibo/pipeline"
)

func TestRunID(t *testing.T) {
	if got, want := RunID("nightly", testDay, 3), "nightly-2026-11-21-3"; got != want {
		t.Errorf("RunID = %s, want %s", got, want)
	}
}

func TestBegin(t *testing.T) {
	row := func(job string, day pipeline.Date, attempt int, state string) Row {
		return Row{ID: RunID(job, day, attempt), Job: job, AsOf: day, Attempt: attempt, State: state}
	}
	tests := []struct {
		name string
		have []Row
		want string
		err  error
	}{
		{"the first run ever", nil, "nightly-2026-11-21-1", nil},
		{"the day after a finished one", []Row{row("nightly", testDay-1, 4, StateDone)}, "nightly-2026-11-21-1", nil},
		{"the same day again", []Row{row("nightly", testDay, 1, StateDone)}, "nightly-2026-11-21-2", nil},
		{"after attempts that failed", []Row{row("nightly", testDay, 1, StateFailed), row("nightly", testDay, 2, StateRunning)}, "nightly-2026-11-21-3", nil},
		{"past the ninth attempt", []Row{row("nightly", testDay, 9, StateDone), row("nightly", testDay, 10, StateDone)}, "nightly-2026-11-21-11", nil},
		{"a newer day is done", []Row{row("nightly", testDay, 2, StateDone), row("nightly", testDay+1, 1, StateDone)}, "nightly-2026-11-21-3", ErrBackward},
		{"a newer day failed", []Row{row("nightly", testDay+1, 1, StateFailed)}, "nightly-2026-11-21-1", nil},
		{"a newer day of another job is done", []Row{row("purge", testDay+1, 1, StateDone)}, "nightly-2026-11-21-1", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := newMemory()
			for _, r := range tt.have {
				if err := j.PutRun(t.Context(), r); err != nil {
					t.Fatal(err)
				}
			}
			got, err := newRunner(j).Begin(t.Context(), "nightly", testDay, "v1", "cafe")
			if !errors.Is(err, tt.err) {
				t.Errorf("Begin: %v, want %v", err, tt.err)
			}
			if got.ID != tt.want || got.ID != RunID(got.Job, got.AsOf, got.Attempt) {
				t.Errorf("Begin = %+v, want %s", got, tt.want)
			}
			if got.Version != "v1" || got.ConfigHash != "cafe" || got.StartedAt.IsZero() || !got.FinishedAt.IsZero() {
				t.Errorf("Begin = %+v, want version, settings and start", got)
			}
			if len(j.runs) != len(tt.have) {
				t.Errorf("the journal has %d runs, want %d: Begin writes nothing", len(j.runs), len(tt.have))
			}
		})
	}
}

func TestBeginWithABrokenJournal(t *testing.T) {
	for _, call := range []string{"newest done", "runs"} {
		j := newMemory()
		j.broken = fails(call)
		if _, err := newRunner(j).Begin(t.Context(), "nightly", testDay, "v1", "cafe"); !errors.Is(err, errDisk) {
			t.Errorf("%s fails: %v, want %v", call, err, errDisk)
		}
	}
}
