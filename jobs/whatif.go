package jobs

import (
	"context"
	"fmt"

	"meibo/pipeline"
	"meibo/pipeline/deadline"
	"meibo/pipeline/purge"
)

// WhatIf is one person whose place on the list of the day other rules would change.
type WhatIf struct {
	AgentID string     `json:"agent_id"`
	Kind    string     `json:"kind"` // added, removed or changed
	Was     *WhatIfRow `json:"was,omitempty"`
	Is      *WhatIfRow `json:"is,omitempty"`
}

// WhatIfRow is the row of a person by one set of rules.
type WhatIfRow struct {
	Case           string        `json:"retention_case"`
	BaseOn         pipeline.Date `json:"base_on,omitzero"`
	LastDay        pipeline.Date `json:"last_day,omitzero"`
	FirstDeletable pipeline.Date `json:"first_deletable,omitzero"`
	Executable     pipeline.Date `json:"executable_on,omitzero"` // first day on which it may be executed: past the days of grace
	HeldUntil      pipeline.Date `json:"held_until,omitzero"`    // the latest end of its holds; zero: none has one
	State          string        `json:"state"`
}

// Kinds of what would change.
const (
	WhatIfAdded   = "added"
	WhatIfRemoved = "removed"
	WhatIfChanged = "changed"
)

func whatIfRow(r *pipeline.PurgeRow, s *deadline.Settings) *WhatIfRow {
	out := &WhatIfRow{Case: r.Case, BaseOn: r.BaseOn, LastDay: r.LastDay, FirstDeletable: r.FirstDeletable, State: r.State}
	if !r.FirstDeletable.IsZero() { // a deletion on request has no dates
		out.Executable = s.Executable(r.FirstDeletable)
	}
	for _, hold := range r.Holds {
		out.HeldUntil = max(out.HeldUntil, hold.Until)
	}
	return out
}

// WhatIf tells, by ID, what the list of a day would be by the rules of another
// retention file, compared with the rules in force, both from the facts on file.
// It writes nothing. A file that is no retention file is ErrConfig.
func (h *House) WhatIf(ctx context.Context, name string, file []byte, asOf pipeline.Date) ([]WhatIf, error) {
	other, err := deadline.ParseRetention(name, file)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	then, err := other.RulesOn(asOf)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, noVersion(name, asOf, err))
	}
	_, now, err := h.rulesOn(asOf)
	if err != nil {
		return nil, err
	}
	around, err := h.surroundings(ctx)
	if err != nil {
		return nil, err
	}
	out := []WhatIf{}
	for p, err := range h.Store.People(ctx) {
		if err != nil {
			return nil, err
		}
		row := func(s *deadline.Settings) *WhatIfRow {
			v := deadline.Judge(p, s, around.of(p.Agent.ID, asOf), asOf)
			if r, listed := purge.Row(p, v, asOf, s); listed {
				return whatIfRow(&r, s)
			}
			return nil
		}
		was, is := row(now), row(then)
		switch {
		case was == nil && is == nil || was != nil && is != nil && *was == *is:
		case was == nil:
			out = append(out, WhatIf{p.Agent.ID, WhatIfAdded, nil, is})
		case is == nil:
			out = append(out, WhatIf{p.Agent.ID, WhatIfRemoved, was, nil})
		default:
			out = append(out, WhatIf{p.Agent.ID, WhatIfChanged, was, is})
		}
	}
	return out, nil
}
