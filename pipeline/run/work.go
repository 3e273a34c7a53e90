package run

import (
	"sync"
	"sync/atomic"
)

// Work is what a step counts in. A watcher may read it while the step runs.
type Work struct {
	read, applied, unchanged, rejected, duplicates, expected atomic.Int64

	mu       sync.Mutex
	warnings []Warning
}

// Warning is something the operator should see although the run went on. It
// holds no personal data: it goes into the log too.
type Warning struct {
	Code string `json:"code"`
	JA   string `json:"ja"`
	EN   string `json:"en"`
}

// Expect tells how many rows the step will read, for the time left; 0 is unknown.
func (w *Work) Expect(rows int) { w.expected.Store(int64(rows)) }

// Expected is what Expect was told.
func (w *Work) Expected() int { return int(w.expected.Load()) }

// Add counts rows.
func (w *Work) Add(c Counts) {
	w.read.Add(int64(c.Read))
	w.applied.Add(int64(c.Applied))
	w.unchanged.Add(int64(c.Unchanged))
	w.rejected.Add(int64(c.Rejected))
	w.duplicates.Add(int64(c.Duplicates))
}

// Counts is what was counted so far.
func (w *Work) Counts() Counts {
	return Counts{
		Read:       int(w.read.Load()),
		Applied:    int(w.applied.Load()),
		Unchanged:  int(w.unchanged.Load()),
		Rejected:   int(w.rejected.Load()),
		Duplicates: int(w.duplicates.Load()),
	}
}

// Warn adds a warning to the run's report.
func (w *Work) Warn(x Warning) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.warnings = append(w.warnings, x)
}

// Warnings lists the warnings in the order they were given.
func (w *Work) Warnings() []Warning {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Warning(nil), w.warnings...)
}
