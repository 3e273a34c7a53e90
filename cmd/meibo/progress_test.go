package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"meibo/jobs"
	"meibo/pipeline/run"
)

// screen is a terminal that only remembers.
type screen struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestBarsEndWithTheRowsOfTheStep(t *testing.T) {
	var s screen
	for _, tt := range []struct {
		step           string
		read, expected int
	}{
		{"import", 1234, 0}, {"receive", 7, 7}, {"lists", 0, 0}, {"reports", 3, 9},
	} {
		w := &run.Work{}
		w.Expect(tt.expected)
		ended := bars(&s)(tt.step, w)
		w.Add(run.Counts{Read: tt.read, Applied: tt.read})
		ended(run.StepRow{})
	}
	for _, want := range []string{"import", "1234", "receive", "rows/s", "lists", "reports"} {
		if !strings.Contains(s.text(), want) {
			t.Errorf("the bars never say %q:\n%s", want, s.text())
		}
	}
}

func TestPace(t *testing.T) {
	tests := []struct {
		name     string
		read     int64
		expected int
		took     time.Duration
		want     string
	}{
		{"nothing read", 0, 100, time.Second, "0 rows/s"},
		{"half way", 500, 1000, 10 * time.Second, "50 rows/s 10s left"},
		{"how many is not known", 500, 0, 10 * time.Second, "50 rows/s"},
		{"all read", 1000, 1000, 2 * time.Second, "500 rows/s"},
		{"more than expected", 1001, 1000, time.Second, "1001 rows/s"},
		{"a clock that did not move", 5, 5, 0, "5000 rows/s"},
	}
	for _, tt := range tests {
		if got := pace(tt.read, tt.expected, tt.took); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestBeatsLogALineEverySoOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s screen
		w := &run.Work{}
		w.Expect(100)
		w.Add(run.Counts{Read: 40, Applied: 30, Rejected: 10})
		ended := beats(slog.New(slog.NewTextHandler(&s, nil)), 10*time.Second)("import", w)
		time.Sleep(25 * time.Second) // of the bubble's clock: it takes no time
		ended(run.StepRow{})
		if got := strings.Count(s.text(), "msg=working step=import read=40 expected=100 applied=30 rejected=10"); got != 2 {
			t.Errorf("%d lines in 25 seconds, want 2:\n%s", got, s.text())
		}
	})
}

// Programs read what run --json prints: its keys are a contract.
func TestJSONOfANight(t *testing.T) {
	r := jobs.Result{Report: run.Report{
		Run:      run.Row{ID: "nightly-2026-11-21-1", Job: "nightly", AsOf: 20261121, State: run.StateDone},
		Steps:    []run.StepRow{{Name: "import", State: run.StateDone, Counts: run.Counts{Read: 3, Applied: 1, Unchanged: 1, Rejected: 1}, PeakRSS: 1 << 20}},
		Warnings: []run.Warning{{Code: "still-growing", JA: "書き込み中", EN: "growing"}},
	}}
	var b bytes.Buffer
	writeJSON(&b, jsonOf(r))
	var got map[string]any
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"run_id": "nightly-2026-11-21-1", "job": "nightly", "as_of": "2026-11-21", "state": "done",
		"steps": []any{map[string]any{
			"name": "import", "state": "done", "seconds": 0.0, "read": 3.0, "applied": 1.0, "unchanged": 1.0, "rejected": 1.0, "peak_rss_bytes": 1048576.0,
		}},
		"warnings":      []any{map[string]any{"code": "still-growing", "ja": "書き込み中", "en": "growing"}},
		"refused_files": []any{}, "held_files": []any{}, "drift": []any{}, "late_senders": []any{}, "undelivered": []any{}, "overdue_deletions": 0.0,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("run --json (-want +got):\n%s", diff)
	}
	var empty map[string]any
	b.Reset()
	writeJSON(&b, jsonOf(jobs.Result{}))
	if err := json.Unmarshal(b.Bytes(), &empty); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(empty))); diff != "" {
		t.Errorf("keys of a run without steps (-want +got):\n%s", diff)
	}
}

func TestTableIsFlushForJapaneseEyes(t *testing.T) {
	var b bytes.Buffer
	printTable(&b, [][]string{{"工程", "読込"}, {"名寄せ", "1"}, {"ｶﾅ", "12345"}})
	want := "    工程   読込\n" + "  名寄せ      1\n" + "      ｶﾅ  12345\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}
