package jobs

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"meibo/pipeline"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// FileCheck is what an import would say of one file.
type FileCheck struct {
	Path       string            `json:"path"`
	Sender     string            `json:"sender"`
	Kind       string            `json:"kind"`
	Verdict    string            `json:"verdict"` // pipeline.BatchApplied, BatchRefused, BatchHeld or BatchDuplicate
	RowsRead   int               `json:"rows_read"`
	Rejected   int               `json:"rejected"`
	Duplicates int               `json:"duplicates"`
	Faults     []*pipeline.Fault `json:"-"`
	Messages   []FaultText       `json:"faults"`
}

// FaultText is a fault as programs read it.
type FaultText struct {
	Sheet    string            `json:"sheet,omitempty"`
	Row      int               `json:"row"`
	Column   string            `json:"column"`
	Code     pipeline.Code     `json:"code"`
	Severity pipeline.Severity `json:"severity"`
	JA       string            `json:"ja"`
	EN       string            `json:"en"`
}

// CheckFile says what an import on asOf would make of a file, and writes
// nothing. The sender is the name of the folder the file lies in, unless given.
// The file is judged against the register as it stands.
func (h *House) CheckFile(ctx context.Context, name, sender string, asOf pipeline.Date) (c FileCheck, err error) {
	kinds, settings, err := h.rulesOn(asOf)
	if err != nil {
		return c, err
	}
	if sender == "" {
		abs, err := filepath.Abs(name)
		if err != nil {
			return c, fmt.Errorf("check %s: %w", name, err)
		}
		sender = filepath.Base(filepath.Dir(abs))
	}
	base := filepath.Base(name)
	f := run.File{Sender: sender, Kind: kindOf(sender, base), Name: base, Seq: 1}
	c = FileCheck{Path: name, Sender: sender, Kind: f.Kind}
	n := &night{House: h, row: run.Row{AsOf: asOf, Attempt: 1}, kinds: kinds, settings: settings}
	layout, fault := n.admit(f)
	if fault != nil {
		c.Verdict, c.Faults = pipeline.BatchRefused, []*pipeline.Fault{fault}
		c.tell()
		return c, nil
	}
	src, err := os.Open(name)
	if err != nil {
		return c, fmt.Errorf("check: %w", err)
	}
	defer src.Close()
	if f.SHA256, f.Size, err = hashOf(src); err != nil {
		return c, fmt.Errorf("check: %w", err)
	}
	t := &taking{night: n, file: &f, layout: layout, env: n.env(f)}
	t.bytes = func() (*archived, error) {
		again, err := os.Open(name)
		return &archived{ReaderAt: again, Closer: again, size: f.Size}, err
	}
	faults, refused, err := t.judgeSafely(ctx)
	if err != nil {
		return c, err
	}
	c.Faults, c.RowsRead, c.Rejected, c.Duplicates = faults, t.batch.RowsRead, t.batch.Rejected, t.batch.Duplicates
	c.Verdict = pipeline.BatchApplied
	before, err := n.appliedBefore(ctx, f)
	switch {
	case err != nil:
		return c, err
	case refused:
		c.Verdict = pipeline.BatchRefused
	case before != nil:
		c.Verdict = pipeline.BatchDuplicate
	case t.held:
		c.Verdict = pipeline.BatchHeld
	}
	c.tell()
	return c, nil
}

func (c *FileCheck) tell() {
	c.Messages = []FaultText{}
	for _, f := range c.Faults {
		c.Messages = append(c.Messages, FaultText{f.Sheet, f.Row, f.Header, f.Code, f.Severity, f.MessageJA(), f.MessageEN()})
	}
}

// HouseCheck is what meibo check says of the house itself.
type HouseCheck struct {
	Database string        `json:"database"`
	Schema   int64         `json:"schema"`
	Kinds    []string      `json:"kinds"`
	Rules    string        `json:"rules"`
	NextSlot time.Time     `json:"next_slot,omitzero"`
	Day      pipeline.Date `json:"day"`
	Insurers int           `json:"insurers"`
	Warnings []run.Warning `json:"warnings"`

	Accounts []AccountCheck `json:"accounts,omitempty"` // of a server; see CheckRights
}

// Check looks at configuration, layouts, rules, database and schedule. Opening
// the house has read and checked all of them.
func (h *House) Check(ctx context.Context, day pipeline.Date) (c HouseCheck, err error) {
	_, settings, err := h.rulesOn(day)
	if err != nil {
		return c, err
	}
	c = HouseCheck{Database: store.Redact(h.Config.DB), Kinds: h.layouts.Kinds(), Rules: settings.Version, Day: day, Insurers: len(h.Config.Insurers)}
	if c.Schema, err = h.Store.SchemaVersion(ctx); err != nil {
		return c, err
	}
	strays, err := h.strayNow(day)
	if err != nil {
		return c, err
	}
	c.Warnings = append([]run.Warning{}, strays...)
	if spec := h.Config.Schedule.Nightly; spec != "" {
		slot, err := ParseSlot(spec)
		if err != nil {
			return c, err
		}
		c.NextSlot = slot.Next(h.o.Now().In(h.zone))
	}
	return c, nil
}
