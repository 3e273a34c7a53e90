package jobs

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"

	"meibo/pipeline/audit"
	"meibo/pipeline/durable"
	"meibo/pipeline/purge"
	"meibo/pipeline/report"
	"meibo/pipeline/store"
)

// putReceipt numbers the receipt, chains it to the one before it, signs and
// stores it, in the transaction that does what it certifies. The transaction
// may be tried again: the receipt then gets its number anew.
func (h *House) putReceipt(ctx context.Context, tx *store.Tx, r *purge.Receipt) error {
	return h.putReceiptBehind(ctx, tx, r, 0)
}

// putReceiptBehind is putReceipt with a number above known, which was given out
// although the database does not know it.
func (h *House) putReceiptBehind(ctx context.Context, tx *store.Tx, r *purge.Receipt, known int) error {
	k, err := h.auditKeys()
	if err != nil {
		return err
	}
	last, found, err := tx.LastReceipt(ctx)
	if err != nil {
		return err
	}
	n, previous := 0, ""
	if found {
		if n, err = receiptNumber(last.No); err != nil {
			return err
		}
		previous = last.Hash
	}
	r.No = purge.ReceiptNo(max(n, known) + 1)
	r.Seal(previous, audit.KeyID(k.signing.Public().(ed25519.PublicKey)), k.signing)
	return tx.PutReceipt(ctx, *r)
}

func receiptNumber(no string) (n int, err error) {
	if _, err := fmt.Sscanf(no, "R-%d", &n); err != nil || purge.ReceiptNo(n) != no {
		return 0, fmt.Errorf("%q is no number of a receipt", no)
	}
	return n, nil
}

// writeReceiptFiles puts a receipt into the outbox of compliance, for people and
// for programs, and a copy into state_dir. It gives the same bytes whenever it is
// done again.
func (h *House) writeReceiptFiles(ctx context.Context, r *purge.Receipt) (err error) {
	if h.rehearsal {
		return nil
	}
	if err := h.Store.StillHolds(ctx); err != nil {
		return err
	}
	if err := errors.Join(h.keepReceipt(r), h.ledgerReceipt(ctx, r.No, r.AsOf)); err != nil {
		return fmt.Errorf("keep receipt %s: %w", r.No, err)
	}
	root, err := h.boxFolder(SenderCompliance)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	m := h.disclosed(report.Meta{
		AsOf: r.AsOf, Slot: h.slot(r.AsOf), Version: r.Version, Reader: SenderCompliance, ReaderName: "審査担当",
		TempDir: h.Config.tempDir(),
	})
	for ext, write := range map[string]func(io.Writer) error{
		"json": func(w io.Writer) error { return report.PurgeReceiptJSON(w, r) },
		"xlsx": func(w io.Writer) error { _, err := report.PurgeReceipt(w, m, r); return err },
	} {
		if err := h.MayWrite(SenderCompliance, report.ReceiptName(r.No, ext)); err != nil {
			return err
		}
		if _, err := durable.WriteIn(root, report.ReceiptName(r.No, ext), outboxFile, write); err != nil {
			return fmt.Errorf("write receipt %s: %w", r.No, err)
		}
	}
	return nil
}
