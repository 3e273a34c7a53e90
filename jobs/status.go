package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"meibo/pipeline"
	"meibo/pipeline/run"
)

// configHash identifies everything that decides besides the facts: the
// configuration, the rules in force on the day and the model of identities, which
// must be readable.
func (h *House) configHash(asOf pipeline.Date) (string, error) {
	sum := sha256.New()
	sum.Write([]byte(h.Config.Hash()))
	if kinds, settings, err := h.rulesOn(asOf); err == nil {
		sum.Write([]byte(kinds.Version + settings.Hash()))
	}
	if rules, err := h.Rules.Conduct.On(asOf); err == nil {
		fmt.Fprintf(sum, "%s %+v", rules.Version, rules.Settings())
	}
	m, err := h.identityModel()
	if err != nil {
		return "", err
	}
	sum.Write([]byte(m.Hash))
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// late lists the files that a sender was expected to deliver for the night and
// did not, as sender/kind.
func (n *night) late(ctx context.Context) ([]string, error) { return n.House.Late(ctx, n.row.AsOf) }

// Late lists the expected files that did not arrive on the day, as sender/kind.
func (h *House) Late(ctx context.Context, asOf pipeline.Date) ([]string, error) {
	runs, err := h.Store.Runs(ctx, Nightly, 0)
	if err != nil {
		return nil, err
	}
	var came []string
	for _, r := range runs {
		if r.AsOf != asOf {
			continue
		}
		files, err := h.Store.RunFiles(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			came = append(came, f.Sender+"/"+f.Kind)
		}
	}
	var late []string
	for _, i := range h.Config.Insurers {
		for _, kind := range i.Expect {
			if x := i.Code + "/" + kind; !slices.Contains(came, x) {
				late = append(late, x)
			}
		}
	}
	return late, nil
}

// Status is how the house stands.
type Status struct {
	Day         pipeline.Date `json:"day"`
	DoneToday   bool          `json:"done_today"`
	NewestDone  pipeline.Date `json:"newest_done"`
	Unfinished  string        `json:"unfinished,omitempty"` // run id
	AtWork      *AtWork       `json:"at_work,omitempty"`    // nobody: what is unfinished waits to be gone on with
	Purge       *OpenPurge    `json:"unfinished_purge,omitempty"`
	Restored    *ErrRestored  `json:"restored,omitempty"` // the database was brought back from a backup: purge replay comes first
	Runs        []RunSummary  `json:"runs"`
	Late        []string      `json:"late_senders"`
	Overdue     int           `json:"overdue_deletions"`
	OpenReviews OpenReviews   `json:"open_reviews"`
}

// AtWork is who works on the register, as its lease says.
type AtWork struct {
	Holder string           `json:"holder"`
	Since  pipeline.Instant `json:"since"`
}

// OpenPurge is an execution of a list that was cut short.
type OpenPurge struct {
	RunID  string        `json:"run_id"`
	ListNo int           `json:"list_no"`
	AsOf   pipeline.Date `json:"as_of"`
}

// RunSummary is one run in the status.
type RunSummary struct {
	RunID      string           `json:"run_id"`
	AsOf       pipeline.Date    `json:"as_of"`
	State      string           `json:"state"`
	Counts     run.Counts       `json:"counts"`
	StartedAt  pipeline.Instant `json:"started_at"`
	FinishedAt pipeline.Instant `json:"finished_at"`
}

// OpenReviews counts what waits for a person.
type OpenReviews struct {
	Duplicates int `json:"duplicates"` // 要確認 pairs without a decision
	Due        int `json:"due"`        // rows of the newest purge list that may be approved
	Decisions  int `json:"decisions"`  // rows on its decision list
	Held       int `json:"held"`
}

// Status looks at the house as of a day.
func (h *House) Status(ctx context.Context, day pipeline.Date) (Status, error) {
	s := Status{Day: day, Runs: []RunSummary{}, Late: []string{}}
	runs, err := h.Store.Runs(ctx, Nightly, 10)
	if err != nil {
		return s, err
	}
	for _, r := range runs {
		s.Runs = append(s.Runs, RunSummary{r.ID, r.AsOf, r.State, r.Counts, r.StartedAt, r.FinishedAt})
	}
	if s.NewestDone, err = h.Store.NewestDone(ctx, Nightly); err != nil {
		return s, err
	}
	s.DoneToday = s.NewestDone >= day
	if row, found, err := h.Store.Unfinished(ctx, Nightly); err != nil {
		return s, err
	} else if found {
		s.Unfinished = row.ID
	}
	if row, found, err := h.Store.Unfinished(ctx, Purge); err != nil {
		return s, err
	} else if found {
		s.Purge = &OpenPurge{row.ID, row.DecisionNo, row.AsOf}
	} else if row, owing, err := h.owing(ctx); err != nil {
		return s, err
	} else if owing {
		s.Unfinished = row.ID
	}
	var held *run.ErrHeld
	if _, err := h.atRest(ctx); errors.As(err, &held) {
		s.AtWork = &AtWork{held.Lease.Holder, held.Lease.Since}
	} else if err != nil {
		return s, err
	}
	var behind *ErrRestored
	if err := h.InOrder(ctx); errors.As(err, &behind) {
		s.Restored = behind
	} else if err != nil {
		return s, err
	}
	if late, err := h.Late(ctx, day); err != nil {
		return s, err
	} else if late != nil {
		s.Late = late
	}
	if s.Overdue, err = h.Overdue(ctx, day); err != nil {
		return s, err
	}
	s.OpenReviews, err = h.openReviews(ctx)
	return s, err
}

func (h *House) openReviews(ctx context.Context) (o OpenReviews, err error) {
	for d, err := range h.Store.Duplicates(ctx) {
		if err != nil {
			return o, err
		}
		if d.Class == pipeline.ClassReview && d.Decision == "" {
			o.Duplicates++
		}
	}
	last, found, err := h.Store.LastPurgeList(ctx)
	if err != nil || !found {
		return o, err
	}
	for r, err := range h.Store.PurgeRows(ctx, last.No) {
		if err != nil {
			return o, err
		}
		switch r.State {
		case pipeline.PurgeDue:
			o.Due++
		case pipeline.PurgeDecision:
			o.Decisions++
		case pipeline.PurgeHeld:
			o.Held++
		}
	}
	return o, nil
}

// Serve runs the nightly job at its slots until the context ends. It begins
// with the latest slot that was missed, once. Stopped while it waits, or by the
// time a night is done, it returns nil; the cause of the context is the error
// only if it cut a night short.
func (h *House) Serve(ctx context.Context, tell func(Result, error)) error {
	slot, err := ParseSlot(h.Config.Schedule.Nightly)
	if err != nil {
		return err
	}
	last, err := h.lastSlot(ctx)
	if ctx.Err() != nil {
		return nil // stopped before anything was begun
	}
	if err != nil {
		return err
	}
	for {
		now := h.o.Now().In(h.zone)
		if due, passed := Missed(slot, last, now); passed > 0 {
			if passed > 1 {
				h.o.Log.Warn("slots were missed; only the latest is run", "missed", passed-1)
			}
			r, err := h.Night(ctx, pipeline.DateOf(due), true)
			if ctx.Err() != nil && err != nil {
				return context.Cause(ctx)
			}
			tell(r, err)
			last = due
			continue
		}
		timer := time.NewTimer(min(slot.Next(now).Sub(now), time.Minute))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// lastSlot is from when on slots count as missed: the slot of the newest day
// that is done, the end of that day if it has none, or the beginning of today
// for a house that has never run.
func (h *House) lastSlot(ctx context.Context) (time.Time, error) {
	newest, err := h.Store.NewestDone(ctx, Nightly)
	if err != nil {
		return time.Time{}, err
	}
	if newest.IsZero() {
		return h.slot(h.today()).Add(-time.Second), nil
	}
	next := newest.AddDays(1)
	end := time.Date(next.Year(), time.Month(next.Month()), next.Day(), 0, 0, 0, 0, h.zone).Add(-time.Second)
	if slot := h.slot(newest); slot.Before(end) {
		return slot, nil
	}
	return end, nil
}
