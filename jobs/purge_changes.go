package jobs

import (
	"context"
	"fmt"

	"meibo/pipeline"
	"meibo/pipeline/purge"
	"meibo/pipeline/report"
	"meibo/pipeline/store"
)

// publish puts a new list before its readers: what is different from the list
// before is noted with why, for rows of that one may go, and its head comes last.
func (n *night) publish(ctx context.Context, before, list pipeline.PurgeList, last func(context.Context, *store.Tx) error) error {
	changes := func(func(*purge.Change, error) bool) {} // there is none before the first
	if before.No > 0 {
		changes = purge.Diff(n.Store.PurgeRows(ctx, before.No), n.Store.PurgeRows(ctx, list.No), func(was *pipeline.PurgeRow) (string, error) {
			d, found, err := n.Store.Deadline(ctx, was.AgentID)
			return purge.GoneText(was, found, d.Status, d.LastDay, len(d.Extensions)), err
		})
	}
	_, err := n.Store.SyncPurgeChanges(ctx, list.No, changes, store.Sync{
		Apply: true,
		Last: func(ctx context.Context, tx *store.Tx, _ store.Diff) error {
			if err := tx.PutPurgeList(ctx, list); err != nil {
				return err
			}
			return last(ctx, tx)
		},
	})
	return err
}

// since is what readers of a list are told about the time since the one before:
// what changed, and which lists were executed or taken back in between.
func (h *House) since(ctx context.Context, list pipeline.PurgeList) (s report.PurgeSince, err error) {
	before, found, err := h.Store.PurgeList(ctx, list.No-1)
	if err != nil || !found {
		return s, err
	}
	s.Before, s.Changes = before.No, values(h.Store.PurgeChanges(ctx, list.No))
	s.Done, err = h.receiptsSince(ctx, before.AsOf, list.AsOf)
	return s, err
}

// receiptsSince are the receipts of executions, of their undoing and of replays
// between two nights: as of the day of the first or later, before the second.
func (h *House) receiptsSince(ctx context.Context, first, second pipeline.Date) ([]purge.Receipt, error) {
	all, err := h.Store.Receipts(ctx)
	if err != nil {
		return nil, fmt.Errorf("receipts since %s: %w", first, err)
	}
	var out []purge.Receipt
	for _, r := range all {
		if r.Kind != purge.ReceiptInquiries && first <= r.AsOf && r.AsOf < second {
			out = append(out, r)
		}
	}
	return out, nil
}

// pageChanges tells what the list of the night changed, and how many records
// were deleted since the night before.
func (n *night) pageChanges(ctx context.Context, p *report.Night, list pipeline.PurgeList) error {
	if list.AsOf == n.row.AsOf && list.No > 1 {
		p.Purge.Before = list.No - 1
		for c, err := range n.Store.PurgeChanges(ctx, list.No) {
			if err != nil {
				return err
			}
			p.Purge.Changes.Add(c.Kind)
		}
	}
	earlier, err := n.Store.Nights(ctx, n.row.AsOf, 1)
	if err != nil || len(earlier) == 0 {
		return err
	}
	done, err := n.receiptsSince(ctx, earlier[0].AsOf, n.row.AsOf)
	for _, r := range done {
		if r.Kind != purge.ReceiptUndone {
			p.Purge.Deleted += total(r.Persons)
		}
	}
	return err
}
