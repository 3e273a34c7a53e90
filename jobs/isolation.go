package jobs

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"meibo/pipeline"
)

// ErrForeign says that a report for an insurer would have named a person who is
// not its own: the report is not written and the run fails (rules §6).
var ErrForeign = errors.New("a person without an open registration for the reader")

// own is the writer's view of one insurer: the code is fixed when it is made, and
// whatever passes is compared once more with the registrations, which the list
// before it was worked out from long ago.
type own struct {
	insurer string
	asOf    pipeline.Date
	look    func(context.Context, []string) ([]pipeline.Registration, error)
}

func (n *night) ownOf(insurer string) own {
	return own{insurer: insurer, asOf: n.row.AsOf, look: n.Store.Registrations}
}

// expiry passes rows on, in groups of people looked up together. Rows of other
// insurers and people without an open registration for this one are ErrForeign.
func (o own) expiry(ctx context.Context, rows iter.Seq2[pipeline.ExpiryRow, error]) iter.Seq2[pipeline.ExpiryRow, error] {
	return func(yield func(pipeline.ExpiryRow, error) bool) {
		var group []pipeline.ExpiryRow
		var ids []string
		pass := func() bool {
			if err := o.check(ctx, ids); err != nil {
				yield(pipeline.ExpiryRow{}, err)
				return false
			}
			for _, r := range group {
				if !yield(r, nil) {
					return false
				}
			}
			group, ids = group[:0], ids[:0]
			return true
		}
		for r, err := range rows {
			if err == nil && r.InsurerCode != o.insurer {
				err = fmt.Errorf("a row of insurer %s among those of %s: %w", r.InsurerCode, o.insurer, ErrForeign)
			}
			if err != nil {
				yield(r, err)
				return
			}
			if len(ids) == 0 || ids[len(ids)-1] != r.AgentID {
				if len(ids) == lookupSize && !pass() {
					return
				}
				ids = append(ids, r.AgentID)
			}
			group = append(group, r)
		}
		pass()
	}
}

// check compares people with the registrations of the day.
func (o own) check(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	rows, err := o.look(ctx, ids)
	if err != nil {
		return err
	}
	related := map[string]bool{}
	for i := range rows {
		if r := &rows[i]; r.OpenOn(o.asOf) && slices.Contains(r.Insurers(), o.insurer) {
			related[r.AgentID] = true
		}
	}
	for _, id := range ids {
		if !related[id] {
			return fmt.Errorf("insurer %s: %w", o.insurer, ErrForeign)
		}
	}
	return nil
}
