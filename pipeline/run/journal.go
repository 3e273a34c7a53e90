// Package run takes a job through its steps: journal, resume, lease and counts.
package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meibo/pipeline"
)

// States of a run and of its steps.
const (
	StateRunning = "running" // begun and not ended: interrupted if nobody holds the lease
	StateDone    = "done"
	StateFailed  = "failed" // a step failed; resume goes on at that step
	// StateReused marks a step that an earlier attempt of the same run finished.
	StateReused = "reused"
	// StateNotReached marks a step behind one that failed; it is never stored.
	StateNotReached = "not-reached"
)

// Row is one attempt of one job for one day, as table runs keeps it.
type Row struct {
	ID         string // <job>-<day>-<attempt>
	Job        string
	AsOf       pipeline.Date
	Attempt    int // from 1
	State      string
	Counts     Counts // sum over the steps
	DecisionNo int    // newest decision this run takes notice of, fixed when it begins
	StartedAt  pipeline.Instant
	FinishedAt pipeline.Instant // zero while unfinished
	Version    string           // of the program
	ConfigHash string           // of the settings in force, hex
}

// RunID is the identity of one attempt.
func RunID(job string, asOf pipeline.Date, attempt int) string {
	return fmt.Sprintf("%s-%s-%d", job, asOf, attempt)
}

// Counts is what a step did, in numbers that must add up: Read is the sum of
// Applied, Unchanged, Rejected and Duplicates.
type Counts struct {
	Read       int `json:"read"`
	Applied    int `json:"applied"`
	Unchanged  int `json:"unchanged"`
	Rejected   int `json:"rejected"`
	Duplicates int `json:"duplicates,omitempty"`
}

// Add returns the sum of c and o.
func (c Counts) Add(o Counts) Counts {
	return Counts{
		Read:       c.Read + o.Read,
		Applied:    c.Applied + o.Applied,
		Unchanged:  c.Unchanged + o.Unchanged,
		Rejected:   c.Rejected + o.Rejected,
		Duplicates: c.Duplicates + o.Duplicates,
	}
}

// Balanced reports whether every row read is accounted for.
func (c Counts) Balanced() bool {
	return c.Read == c.Applied+c.Unchanged+c.Rejected+c.Duplicates
}

// StepRow is what became of one step of one run, as table run_steps keeps it.
type StepRow struct {
	RunID      string
	Seq        int // position in the job, from 1
	Name       string
	State      string
	Counts     Counts
	PeakRSS    int64 // bytes, of the whole process when the step ended
	StartedAt  pipeline.Instant
	FinishedAt pipeline.Instant
	Error      string // what failed, without personal data
}

// Seconds is how long the step took.
func (s StepRow) Seconds() float64 {
	if s.FinishedAt.IsZero() {
		return 0
	}
	return s.FinishedAt.Time().Sub(s.StartedAt.Time()).Seconds()
}

// States of a file of a run.
const (
	FileListed   = "listed"   // journaled and in the archive, nothing of it applied yet
	FileAccepted = "accepted" // listed, and let in by an operator although it would be held
	FileAgain    = "again"    // listed by an operator from the archive, though applied before
	FileApplying = "applying" // Progress rows of it are in the register
	FileSettled  = "settled"  // applied, refused or held: its batch says which
	// FileDuplicate marks bytes that had no effect: they were applied before
	// without a rejected row.
	FileDuplicate = "duplicate"
)

// File is one input file of a run: the run journals its list first, and going
// on tomorrow uses only these.
type File struct {
	RunID    string
	Seq      int    // order of intake within the night, from 1
	Path     string // below the inbox, with slashes
	Sender   string
	Kind     string // empty when the name or sender is unknown: the file is refused
	Name     string // as the sender gave it
	SHA256   string // hex
	Size     int64  // bytes
	BatchID  string
	State    string
	Progress int // data rows of the file whose effect is committed
}

// Lease is the right to work: one holder at a time, with a token that rises
// each time it changes hands, so that a holder who slept past its end is told.
type Lease struct {
	Name      string
	Holder    string // host:pid:start, for the message to whoever comes second
	Token     int64
	Since     pipeline.Instant
	ExpiresAt pipeline.Instant
}

// ErrHeld says that another run holds the lease.
type ErrHeld struct{ Lease Lease }

func (e *ErrHeld) Error() string {
	return fmt.Sprintf("another run holds the lease %q: %s, since %s", e.Lease.Name, e.Lease.Holder, e.Lease.Since)
}

// ErrLeaseLost says that the lease was taken over while this run still worked.
var ErrLeaseLost = errors.New("the lease was taken over by another run")

// Journal remembers runs across attempts and processes. The store implements it.
type Journal interface {
	// Acquire takes the lease if it is free, expired at now, or if takeOver says
	// that its holder is gone. Otherwise it returns *ErrHeld.
	Acquire(ctx context.Context, name, holder string, now time.Time, ttl time.Duration, takeOver func(Lease) bool) (Lease, error)
	// Renew prolongs l to now+ttl; ErrLeaseLost if the token has moved on.
	Renew(ctx context.Context, l Lease, now time.Time, ttl time.Duration) error
	// Release frees the lease if l still holds it.
	Release(ctx context.Context, l Lease) error

	// Runs lists the attempts of a job, newest first; at most limit, 0 is all.
	Runs(ctx context.Context, job string, limit int) ([]Row, error)
	// Unfinished returns the newest run of the job that is not done, if it is
	// the newest run at all.
	Unfinished(ctx context.Context, job string) (Row, bool, error)
	// NewestDone returns the newest as-of day of the job with a finished run.
	NewestDone(ctx context.Context, job string) (pipeline.Date, error)
	// PutRun adds or replaces the row of a run.
	PutRun(ctx context.Context, r Row) error
	// Steps lists the steps of a run in order.
	Steps(ctx context.Context, runID string) ([]StepRow, error)
	// PutStep adds or replaces a step of a run.
	PutStep(ctx context.Context, s StepRow) error
}
