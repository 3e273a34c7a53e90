package jobs

import (
	"context"

	"meibo/pipeline/store"
)

// noted adds up what all attempts of the step at work did to one item. It is
// noted in the transaction of the effect, so that a step which was cut short
// counts in the end what its first attempt did too.
type noted struct {
	item string
	sum  store.Diff
}

// noted is what attempts that were cut short did to the item.
func (h *House) noted(ctx context.Context, item string) (*noted, error) {
	done, err := h.Store.Progress(ctx)
	return &noted{item, done[item]}, err
}

// with puts the sum with d into a transaction, which may be tried more than once;
// once it is committed, kept(d) belongs behind it.
func (n *noted) with(ctx context.Context, tx *store.Tx, d store.Diff) error {
	return tx.PutProgress(ctx, n.item, n.plus(d))
}

func (n *noted) kept(d store.Diff) { n.sum = n.plus(d) }

func (n *noted) plus(d store.Diff) store.Diff {
	return store.Diff{
		Inserted: n.sum.Inserted + d.Inserted, Updated: n.sum.Updated + d.Updated,
		Deleted: n.sum.Deleted + d.Deleted, Unchanged: n.sum.Unchanged + d.Unchanged,
	}
}
