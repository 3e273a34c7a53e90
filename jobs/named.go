package jobs

import (
	"context"
	"slices"
)

// namesOthers reports whether a text that somebody typed names people on file by
// their 募集人ID, others than those whose own record it becomes part of: it would
// outlive them.
func (h *House) namesOthers(ctx context.Context, text string, own ...string) (bool, error) {
	named, err := h.Store.Agents(ctx, idsIn(text))
	for i := range named {
		if !slices.Contains(own, named[i].ID) {
			return true, nil
		}
	}
	return false, err
}
