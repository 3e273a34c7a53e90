package jobs

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/audit"
	"meibo/pipeline/failpoint"
	"meibo/pipeline/purge"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// placeUndo is what stays, sealed, as long as an execution can be taken back.
const placeUndo = "取消用の控え（暗号化）"

// certify ends an execution: with the receipt the list is 実行済. Its files are
// written behind that, again if they were not.
func (x *execution) certify(ctx context.Context, w *run.Work) error {
	list, executing, err := x.executing(ctx)
	if err != nil {
		return err
	}
	if executing {
		if err := x.receipt(ctx, list); err != nil {
			return err
		}
	}
	r, err := x.receiptOf(ctx, x.no)
	if err != nil || r == nil {
		return err
	}
	w.Add(run.Counts{Read: 1, Applied: 1})
	failpoint.Hit("purge-receipt-files", "")
	return x.writeReceiptFiles(ctx, r)
}

// receipt makes the proof and moves the list, in one transaction. Nobody signs that
// something is gone which the database's log still holds.
func (x *execution) receipt(ctx context.Context, list pipeline.PurgeList) error {
	if x.found == nil { // it was searched by a process that is gone
		if err := x.search(ctx, &run.Work{}); err != nil {
			return err
		}
	}
	if err := x.Store.Hide(ctx); err != nil {
		return err
	}
	r, err := x.proof(ctx, list)
	if err != nil {
		return err
	}
	to, err := purge.Advance(list.State, purge.EventFinished)
	if err != nil {
		return err
	}
	act := audit.Act{At: r.FinishedAt, Actor: Purge, SystemUser: systemUser(), Action: audit.PurgeExecuted}
	return x.Store.Write(ctx, func(tx *store.Tx) error {
		if err := x.putReceipt(ctx, tx, r); err != nil {
			return err
		}
		moved, err := tx.MovePurgeList(ctx, x.no, list.State, to, r.No)
		if err == nil && !moved {
			err = errOvertaken
		}
		if err != nil {
			return err
		}
		act.Facts = audit.Facts{"list": x.no, "receipt": r.No, "receipt_hash": r.Hash, "persons": total(r.Persons), "day": r.AsOf.String()}
		return tx.AppendAudit(ctx, act)
	})
}

func total(cs []purge.Count) (n int) {
	for _, c := range cs {
		n += c.Count
	}
	return n
}

// proof is the receipt of the execution, not yet numbered.
func (x *execution) proof(ctx context.Context, list pipeline.PurgeList) (*purge.Receipt, error) {
	_, settings, err := x.rulesOn(x.row.AsOf)
	if err != nil {
		return nil, err
	}
	rows, cases, err := x.deleted(ctx)
	if err != nil {
		return nil, err
	}
	parts, err := x.Store.UndoCounts(ctx, x.no)
	if err != nil {
		return nil, err
	}
	left := slices.Clone(x.found.residual)
	left = append(left,
		purge.Residual{Place: placeUndo, Files: len(parts), Until: x.row.AsOf.AddDays(x.Config.Purge.UndoDays)},
		purge.Residual{Place: "再出現の確認用の符号（鍵付き）", Files: total(cases), Until: guardUntil(x.row.AsOf, x.Config.Purge.GuardMonths)})
	return &purge.Receipt{
		Kind: purge.ReceiptPurge, ListNo: x.no, AsOf: x.row.AsOf, RuleVersion: settings.Version, ListHash: list.Hash,
		Persons: cases, RowsDeleted: rows, Approvers: approvers(list, x.row.AsOf),
		StartedAt: x.row.StartedAt, FinishedAt: pipeline.InstantOf(x.o.Now()), Version: x.o.Version, ConfigHash: x.row.ConfigHash,
		Searched: x.found.places, Residual: left,
	}, nil
}

// deleted adds up what the parts say.
func (x *execution) deleted(ctx context.Context) (rows, cases []purge.Count, err error) {
	parts, err := x.Store.UndoCounts(ctx, x.no)
	if err != nil {
		return nil, nil, err
	}
	byTable, redacted, byCase := map[string]int{}, map[string]int{}, map[string]int{}
	for _, p := range parts {
		var c deletedCounts
		if err := json.Unmarshal([]byte(p.Counts), &c); err != nil {
			return nil, nil, fmt.Errorf("counts of part %d of list %d: %w", p.Part, x.no, err)
		}
		addCounts(byTable, c.Rows)
		addCounts(redacted, c.Redacted)
		addCounts(byCase, c.Cases)
	}
	return countedRows(byTable, redacted), counted(byCase), nil
}

func addCounts(to, more map[string]int) {
	for k, n := range more {
		to[k] += n
	}
}

// countedRows are the rows of each table that went, and those that were redacted.
func countedRows(deleted, redacted map[string]int) []purge.Count {
	of := maps.Clone(deleted)
	for t := range redacted {
		of[t] += 0
	}
	out := counted(of)
	for i := range out {
		out[i].Redacted = redacted[out[i].Of]
	}
	return out
}

func counted(m map[string]int) []purge.Count {
	out := []purge.Count{}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, purge.Count{Of: k, Count: m[k]})
	}
	return out
}

// receiptOf is the receipt of a list's execution; nil if there is none.
func (h *House) receiptOf(ctx context.Context, no int) (*purge.Receipt, error) {
	all, err := h.Store.Receipts(ctx)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].ListNo == no && all[i].Kind == purge.ReceiptPurge {
			return &all[i], nil
		}
	}
	return nil, nil
}

// purgeCheckpoint signs how far the audit chain reaches once a list is executed,
// and does nothing if that was done.
func (h *House) purgeCheckpoint(ctx context.Context, row run.Row) error {
	lines, err := h.checkpoints()
	if err != nil {
		return err
	}
	if slices.ContainsFunc(lines, func(c audit.Checkpoint) bool { return c.RunID == row.ID }) {
		return nil
	}
	return h.signChain(ctx, row.AsOf, row.ID)
}

// signChain signs how far the audit chain reaches, unless it is not the one that
// was signed before: so a backup from before this moment counts as one. runID may
// be empty.
func (h *House) signChain(ctx context.Context, day pipeline.Date, runID string) error {
	head, err := h.Store.AuditHead(ctx)
	if err != nil {
		return err
	}
	if same, err := h.chainAsSigned(ctx); err != nil || !same {
		return err
	}
	k, err := h.auditKeys()
	if err != nil {
		return err
	}
	return h.addCheckpoint(ctx, func(lines []audit.Checkpoint) audit.Checkpoint {
		return audit.Checkpoint{Day: day, At: pipeline.InstantOf(h.o.Now()), RunID: runID, Count: head.Count, Head: head.Hash}.Next(lines, k.signing)
	})
}

// ReceiptsChecked is what a look at all receipts came to.
type ReceiptsChecked struct {
	Receipts int            `json:"receipts"`
	Last     string         `json:"last,omitempty"` // number of the newest
	Damage   []purge.Damage `json:"damage"`

	// Of files: those whose link to the one before could not be checked, for that
	// was not given; and how many were given more than once, which count once.
	Unchained  []string `json:"unchained,omitempty"`
	Duplicates int      `json:"duplicates,omitempty"`
}

// VerifyReceipts checks content, signature and chain of all receipts with public
// keys alone: the one in the file, and those that took over from it by the
// checkpoints. An empty name is the key that lies in state_dir. Files of receipts
// that do not say what the register holds are named too.
func (h *House) VerifyReceipts(ctx context.Context, publicKey string) (c ReceiptsChecked, err error) {
	if publicKey == "" {
		publicKey = filepath.Join(filepath.Dir(h.Config.signingKey()), publicFile)
	}
	key, err := ReadPublicKey(publicKey)
	if errors.Is(err, fs.ErrNotExist) && h.env(signingVariable) != "" {
		var private ed25519.PrivateKey
		if private, err = signingFrom(h.env(signingVariable), ""); err == nil {
			key = private.Public().(ed25519.PublicKey)
		}
	}
	if err != nil {
		return c, err
	}
	lines, err := h.checkpoints()
	if err != nil {
		return c, err
	}
	known := audit.KeysFrom(lines, key)
	all, err := h.Store.Receipts(ctx)
	if err != nil {
		return c, err
	}
	told, err := h.receiptsTold(ctx)
	if err != nil {
		return c, err
	}
	c.Receipts, c.Damage = len(all), []purge.Damage{}
	if len(all) > 0 {
		c.Last = all[len(all)-1].No
	}
	c.Damage = append(c.Damage, purge.Verify(all, func(id string) (ed25519.PublicKey, bool) {
		k, found := known[id]
		return k, found
	}, told)...)
	files, err := h.alteredFiles(ctx, all)
	c.Damage = append(c.Damage, files...)
	return c, err
}

// receiptsTold is how many receipts there must be by what the audit chain tells.
func (h *House) receiptsTold(ctx context.Context) (most int, err error) {
	for _, action := range []audit.Action{audit.PurgeExecuted, audit.PurgeUndone, audit.PurgeReplayed, audit.Destroyed} {
		for e, err := range h.Store.AuditBackward(ctx, action) {
			if err != nil {
				return 0, err
			}
			if n, err := receiptNumber(e.Fact("receipt")); err == nil {
				most = max(most, n)
			}
			break
		}
	}
	return most, nil
}
