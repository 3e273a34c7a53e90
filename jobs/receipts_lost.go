package jobs

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"meibo/pipeline/audit"
	"meibo/pipeline/durable"
	"meibo/pipeline/purge"
	"meibo/pipeline/report"
)

// receiptsFolder keeps a copy of each receipt in state_dir: no restore of the
// database and no tidying of the outbox reaches it. Receipts hold nobody.
const receiptsFolder = "receipts"

// receiptPrefix begins the names of the files of receipts.
const receiptPrefix = "purge-receipt_"

// keepReceipt puts the copy of a receipt there.
func (h *House) keepReceipt(r *purge.Receipt) error {
	if err := h.makeOwn(receiptsFolder); err != nil {
		return err
	}
	_, err := durable.WriteIn(h.state, h.keptReceipt(r.No), 0o600, func(w io.Writer) error { return report.PurgeReceiptJSON(w, r) })
	return err
}

func (h *House) keptReceipt(no string) string {
	return h.own(receiptsFolder) + "/" + report.ReceiptName(no, "json")
}

// lostReceipts are the receipts that a restored database has lost, from their
// files: all that are unaltered, signed by a key of ours, and follow the one before
// them wherever that can be had. known is the highest number that any file bears, or
// that is known outside: one that cannot be taken back has been given out all the
// same.
func (h *House) lostReceipts(ctx context.Context, outside int) (lost []purge.Receipt, known int, err error) {
	all, err := h.Store.Receipts(ctx)
	if err != nil {
		return nil, 0, err
	}
	keys, err := h.receiptKeys()
	if err != nil {
		return nil, 0, err
	}
	box, err := h.boxFolder(SenderCompliance)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	if known, err = highestReceipt(box, "."); err != nil {
		return nil, 0, err
	}
	known = max(known, outside)
	n := 0
	if len(all) > 0 {
		if n, err = receiptNumber(all[len(all)-1].No); err != nil {
			return nil, 0, err
		}
	}
	for n++; n <= known; n++ {
		r, found, err := h.receiptAfter(all, purge.ReceiptNo(n), keys, box)
		if err != nil {
			return nil, 0, fmt.Errorf("take receipt %s back: %w", purge.ReceiptNo(n), err)
		}
		if found {
			all, lost = append(all, r), append(lost, r)
		}
	}
	return lost, known, nil
}

// receiptKeys are the public keys that ever signed, by their ID.
func (h *House) receiptKeys() (func(id string) (ed25519.PublicKey, bool), error) {
	k, err := h.auditKeys()
	if err != nil {
		return nil, err
	}
	lines, err := h.checkpoints()
	if err != nil {
		return nil, err
	}
	known := audit.KeysFrom(lines, k.signing.Public().(ed25519.PublicKey))
	return func(id string) (ed25519.PublicKey, bool) {
		key, found := known[id]
		return key, found
	}, nil
}

// highestReceipt is the highest number of a receipt that has a file in a folder,
// whole or not.
func highestReceipt(fsys durable.FS, dir string) (most int, err error) {
	entries, err := fsys.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("look for receipts: %w", err)
	}
	for _, e := range entries {
		no, _, _ := strings.Cut(strings.TrimPrefix(e.Name(), receiptPrefix), ".")
		if n, err := receiptNumber(no); err == nil {
			most = max(most, n)
		}
	}
	return most, nil
}

// receiptAfter reads one receipt from either place; found is false unless it
// proves itself and follows the receipts before it.
func (h *House) receiptAfter(before []purge.Receipt, no string, keys func(string) (ed25519.PublicKey, bool), box durable.FS) (r purge.Receipt, found bool, err error) {
	for _, at := range []struct {
		fsys durable.FS
		name string
	}{{h.state, h.keptReceipt(no)}, {box, report.ReceiptName(no, "json")}} {
		r, found, err := readReceipt(at.fsys, at.name)
		if err != nil {
			return r, false, err
		}
		if found && r.No == no && follows(before, r, keys) {
			return r, true, nil
		}
	}
	return r, false, nil
}

// follows reports whether nothing is wrong with a receipt behind those before it.
// Behind one that cannot be had, nothing but its own signature tells.
func follows(before []purge.Receipt, r purge.Receipt, keys func(string) (ed25519.PublicKey, bool)) bool {
	if n := len(before); n > 0 {
		before = before[n-1 : n : n]
	}
	damage, _ := purge.VerifyGiven(append(before, r), keys)
	return !slices.ContainsFunc(damage, func(d purge.Damage) bool { return d.No == r.No })
}

// readReceipt reads the file of a receipt; one that is none, or is not there, is
// not found.
func readReceipt(fsys durable.FS, name string) (r purge.Receipt, found bool, err error) {
	b, err := readIfThere(fsys, name)
	return r, err == nil && json.Unmarshal(b, &r) == nil, err
}
