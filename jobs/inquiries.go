package jobs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/audit"
	"meibo/pipeline/purge"
	"meibo/pipeline/report"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

const (
	kindInquiries = "inquiries" // of file
	holdInquiry   = "inquiry"   // code of a named hold that keeps a person's records of inquiries
	clause12      = "要領§12"
)

// inquiries destroys the records of inquiries whose last day has passed (要領
// §12). The text leaves no room for a review; a named hold of the code inquiry
// keeps the records of its person. All of a night go in one transaction with
// their receipt, which counts them.
func (n *night) inquiries(ctx context.Context, w *run.Work) error {
	work, err := n.noted(ctx, kindInquiries)
	if err != nil {
		return err
	}
	gone := work.sum.Deleted
	old, seen, err := n.oldInquiries(ctx)
	if err != nil {
		return err
	}
	w.Add(run.Counts{Read: seen + gone, Applied: len(old) + gone, Unchanged: seen - len(old)})
	if len(old) > 0 {
		if err := n.destroyInquiries(ctx, old, seen, work); err != nil {
			return fmt.Errorf("destroy records of inquiries: %w", err)
		}
	}
	return n.missingReceiptFiles(ctx)
}

// oldInquiries are the records that must go, and how many records there are.
func (n *night) oldInquiries(ctx context.Context) (old []store.Inquiry, seen int, err error) {
	held, err := n.inquiriesKept(ctx)
	if err != nil {
		return nil, 0, err
	}
	for q, err := range n.Store.AllInquiries(ctx) {
		if err != nil {
			return nil, 0, err
		}
		seen++
		// Of a record without any day nobody can say that its time is over.
		_, first := n.settings.InquiryDeadline(q.ReceivedOn, q.AnsweredOn)
		if !first.IsZero() && n.row.AsOf >= first && !held[q.AgentID] {
			old = append(old, *q)
		}
	}
	return old, seen, nil
}

func (n *night) destroyInquiries(ctx context.Context, old []store.Inquiry, seen int, work *noted) error {
	residual, err := n.copiesOf(ctx, old)
	if err != nil {
		return err
	}
	nos := make([]string, len(old))
	for i := range old {
		nos[i] = old[i].ReceiptNo
	}
	return n.Store.Write(ctx, func(tx *store.Tx) error {
		gone, err := tx.DropInquiries(ctx, nos)
		if err != nil {
			return err
		}
		at := pipeline.InstantOf(n.slot(n.row.AsOf)) // not the clock: a night done again certifies the same
		r := &purge.Receipt{
			Kind: purge.ReceiptInquiries, AsOf: n.row.AsOf, RuleVersion: n.settings.Version,
			Persons: []purge.Count{{Of: clause12, Count: gone}}, RowsDeleted: []purge.Count{{Of: kindInquiries, Count: gone}},
			StartedAt: at, FinishedAt: at, Version: n.o.Version, ConfigHash: n.row.ConfigHash,
			Searched: []purge.Searched{{Place: kindInquiries, Things: seen - gone}}, Residual: residual,
		}
		if err := work.with(ctx, tx, store.Diff{Deleted: gone}); err != nil {
			return err
		}
		if err := n.putReceipt(ctx, tx, r); err != nil || n.rehearsal {
			return err
		}
		return tx.AppendAudit(ctx, n.batchAct(audit.Destroyed, audit.Facts{
			"run": n.dayRun(), "records": gone, "receipt": r.No, "receipt_hash": r.Hash,
		}))
	})
}

// copiesOf are the places where a copy of the records may remain until the end
// of its own term: the files that brought them, in the archive, and rows of such
// files that went back to their sender.
func (n *night) copiesOf(ctx context.Context, old []store.Inquiry) ([]purge.Residual, error) {
	batches := map[string]bool{}
	for i := range old {
		for _, batch := range old[i].From.Batches() {
			batches[batch] = true
		}
	}
	var days []pipeline.Date
	seen := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(batches)) {
		b, found, err := n.Store.Batch(ctx, id)
		if err != nil {
			return nil, err
		}
		if !found || seen[b.SHA256] {
			continue
		}
		seen[b.SHA256] = true
		until, err := n.archivedUntil(ctx, b.SHA256)
		if err != nil {
			return nil, err
		}
		if until >= n.row.AsOf {
			days = append(days, until)
		}
	}
	s := &fileSearch{House: n.House}
	s.count(placeArchive, len(seen), days)
	if err := n.returnedInquiries(s); err != nil {
		return nil, err
	}
	return s.residual, nil
}

// archivedUntil is the last day of an archived file; zero if it is gone.
func (h *House) archivedUntil(ctx context.Context, sum string) (pipeline.Date, error) {
	f, err := h.archive.Open(sum)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if err := f.Close(); err != nil {
		return 0, err
	}
	batches, err := h.Store.BatchesOf(ctx, sum)
	if err != nil {
		return 0, err
	}
	return h.lastArchived(sum, newestOf(batches))
}

// returnedInquiries counts what went back of files of inquiries.
func (n *night) returnedInquiries(s *fileSearch) error {
	readers, err := n.readerFolders()
	if err != nil {
		return err
	}
	for _, reader := range readers {
		if reader != SenderAssociation && reader != SenderContactCenter {
			continue
		}
		root, err := n.boxFolder(reader)
		if err != nil {
			return err
		}
		days, err := n.boxDays(root)
		if err = errors.Join(err, root.Close()); err != nil {
			return err
		}
		var until []pipeline.Date
		for name := range days.stamps {
			if strings.HasPrefix(name, "rejects_"+kindInquiries) {
				until = append(until, days.of(name).AddDays(n.Config.OutboxKeepDays))
			}
		}
		s.count(placeOutbox+"/"+reader, len(until), until)
	}
	return nil
}

// missingReceiptFiles writes the files of receipts whose program was killed
// before it did.
func (h *House) missingReceiptFiles(ctx context.Context) (err error) {
	if h.rehearsal {
		return nil
	}
	receipts, err := h.Store.Receipts(ctx)
	if err != nil || len(receipts) == 0 {
		return err
	}
	root, err := h.boxFolder(SenderCompliance)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	for i := range receipts {
		r := &receipts[i]
		_, errX := root.Lstat(report.ReceiptName(r.No, "xlsx"))
		_, errJ := root.Lstat(report.ReceiptName(r.No, "json"))
		_, errK := h.state.Lstat(h.keptReceipt(r.No))
		if errX == nil && errJ == nil && errK == nil {
			continue
		}
		if err := h.writeReceiptFiles(ctx, r); err != nil {
			return err
		}
	}
	return nil
}
