package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/audit"
	"meibo/pipeline/purge"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// replayList stands for a list where a replay keeps what it deletes, sealed as by
// an execution, until it is certified: one that was cut short then still knows
// whom to look for, and counts all of it.
const replayList = 0

// ErrInOrder says that there is nothing to replay: the database is not behind.
var ErrInOrder = errors.New("the database is not behind the ledger")

// ErrTampered says that the chain of a restored database is not the beginning of
// one that was signed: it is no plain backup.
var ErrTampered = errors.New("the audit chain is not the beginning of the one that was signed")

// replay puts a restored database in order.
type replay struct {
	*House
	by       string // account; may be empty
	day      pipeline.Date
	missing  []deletion
	back     []comeback // executions to take back once more
	beyond   beyond
	accept   bool       // persons that nothing can put back are given up
	kept     audit.Head // how far the chain of the backup reached
	of       int        // audit.Restore.Of: an earlier restore had given this chain up
	inv      *store.Inventory
	settings string          // version of the rules
	lost     []purge.Receipt // that the database does not know, from their files
	known    int             // number of the newest receipt that was ever given out, as far as known
	started  pipeline.Instant

	wanted  map[string]deletion // by HMAC
	work    *execution          // of replayList
	seal    *sealer
	receipt purge.Receipt
}

// Replay deletes in a restored database whom the ledger knows as deleted since
// the backup, guards their IDs again, puts back whom it knows as taken back since,
// takes the receipts of that time back from their files, and goes on with the
// audit chain from where the backup left it, with a signed line that says so. It
// returns the receipt of all that. ErrInOrder, ErrTooOld and ErrTampered refuse
// it, *ErrLostUndo where persons would be lost, and *ErrPurge somebody who may not
// act; by may be empty.
func (h *House) Replay(ctx context.Context, by string) (purge.Receipt, error) {
	return h.replay(ctx, by, false)
}

// ReplayWithLoss is Replay where there is no later backup: persons that nothing
// can put back are given up, and the receipt says how many.
func (h *House) ReplayWithLoss(ctx context.Context, by string) (purge.Receipt, error) {
	return h.replay(ctx, by, true)
}

func (h *House) replay(ctx context.Context, by string, accept bool) (r purge.Receipt, err error) {
	if by != "" {
		if by, err = h.activeAccount(ctx, by); err != nil {
			return r, err
		}
	}
	x := &replay{House: h, by: by, accept: accept, wanted: map[string]deletion{}, work: &execution{House: h, no: replayList}}
	err = run.Hold(ctx, h.Store, Nightly, h.o.Now, func(ctx context.Context) error {
		if err := h.tidy(); err != nil {
			return err
		}
		if err := x.prepare(ctx); err != nil {
			return err
		}
		done, err := x.certified(ctx)
		if err != nil {
			return err
		}
		if !done { // not by a process that was killed right after it
			for _, step := range []func(context.Context) error{x.open, x.putBack, x.remove, x.sweep, x.certify} {
				if err := step(ctx); err != nil {
					return err
				}
			}
		}
		return x.anchor(ctx)
	})
	return x.receipt, err
}

// prepare finds out what is missing and whether it can be made good.
func (x *replay) prepare(ctx context.Context) (err error) {
	x.started = pipeline.InstantOf(x.o.Now())
	if x.beyond, err = x.House.beyond(ctx); err != nil {
		return err
	}
	if x.beyond.behind() == nil {
		return ErrInOrder
	}
	x.missing = x.beyond.missing
	if x.day, err = x.Store.NewestDone(ctx, Nightly); err != nil {
		return err
	}
	if x.day <= x.beyond.told.forgotten {
		return fmt.Errorf("%w: its newest night is %s, deletions up to %s are forgotten", ErrTooOld, x.day, x.beyond.told.forgotten)
	}
	if x.kept, err = x.Store.AuditHead(ctx); err != nil {
		return err
	}
	if err := x.prefix(ctx); err != nil {
		return err
	}
	if x.inv, err = store.LoadInventory(); err != nil {
		return err
	}
	if x.lost, x.known, err = x.lostReceipts(ctx, x.beyond.known); err != nil {
		return err
	}
	for i := range x.lost {
		if x.lost[i].Kind == purge.ReceiptPurge && !x.beyond.told.tells(&x.lost[i]) {
			return fmt.Errorf("%w: it does not tell of all persons of receipt %s", ErrLedger, x.lost[i].No)
		}
	}
	for _, p := range x.missing {
		for _, id := range p.IDs {
			x.wanted[id] = p
		}
		x.day = max(x.day, p.On)
	}
	for i := range x.lost {
		x.day = max(x.day, x.lost[i].AsOf)
	}
	if x.back, err = x.comebacks(ctx, x.beyond.undone); err != nil {
		return err
	}
	for _, r := range x.back {
		x.day = max(x.day, r.on)
	}
	if gone := x.losses(); gone != nil && !x.accept {
		return gone
	}
	_, settings, err := x.rulesOn(x.day)
	if err != nil {
		return err
	}
	x.settings = settings.Version
	return nil
}

// prefix checks that the chain is a beginning of the one that was signed, or of one
// that an earlier restore gave up.
func (x *replay) prefix(ctx context.Context) error {
	lines, err := x.checkpoints()
	if err != nil {
		return err
	}
	of, ok, err := audit.Branch(lines, x.kept.Count, func(c audit.Checkpoint) (bool, error) {
		e, found, err := x.Store.AuditEvent(ctx, c.Count)
		return found && e.Hash == c.Head, err
	})
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("%w: %d events", ErrTampered, x.kept.Count)
	}
	x.of = of
	return nil
}

// open makes the key of what is kept. Without the one of an attempt that was cut
// short, what that kept is of no use: it came with the backup.
func (x *replay) open(ctx context.Context) (err error) {
	if _, err := x.undoKey(replayList); errors.Is(err, ErrUndoKey) {
		if err := x.Store.Write(ctx, func(tx *store.Tx) error { return tx.DropUndo(ctx, replayList) }); err != nil {
			return err
		}
	}
	if err := x.makeUndoKey(replayList); err != nil {
		return err
	}
	x.seal, err = x.sealer(replayList)
	return err
}

// remove deletes everybody the ledger names, by the inventory.
func (x *replay) remove(ctx context.Context) error {
	k, err := x.auditKeys()
	if err != nil {
		return err
	}
	var present []string
	for p, err := range x.Store.People(ctx) {
		if err != nil {
			return err
		}
		if _, deleted := x.wanted[k.surrogates.Surrogate(kindAgent, p.Agent.ID)]; deleted {
			present = append(present, p.Agent.ID)
		}
	}
	for ids := range slices.Chunk(present, partSize) {
		part, err := x.work.nextPart(ctx)
		if err != nil {
			return err
		}
		err = x.Store.Write(ctx, func(tx *store.Tx) error {
			rows, err := tx.Extract(ctx, x.inv, ids)
			if err != nil {
				return err
			}
			return x.erase(ctx, tx, part, len(ids), rows)
		})
		if err != nil {
			return fmt.Errorf("delete again: %w", err)
		}
	}
	return nil
}

// erase deletes rows and keeps them as a part.
func (x *replay) erase(ctx context.Context, tx *store.Tx, part, persons int, rows []store.Rows) error {
	gone, err := tx.Erase(ctx, rows)
	if err != nil {
		return err
	}
	return x.work.keep(ctx, tx, x.seal, part, persons, deletedCounts{Rows: gone}, rows)
}

// sweep deals with the rows of others that name one of the deleted, as an
// execution does, but by nothing that somebody who stays has too.
func (x *replay) sweep(ctx context.Context) error {
	_, err := x.work.clearOthers(ctx, &run.Work{}, nil, x.inv, x.seal)
	return err
}

// ending is how a list ended in the time that was lost.
type ending struct {
	state, receiptNo string
	on               pipeline.Date
}

// endings are those of all lists that the ledger or a lost receipt tells of. Where
// the receipt of a list's undoing cannot be had, the ledger tells of it.
func (x *replay) endings() map[int]ending {
	out := map[int]ending{}
	defer func() {
		for _, no := range x.beyond.told.takenBack() {
			if e, is := out[no]; is {
				e.state = purge.ListUndone
				out[no] = e
			}
		}
	}()
	for _, p := range x.missing {
		out[p.ListNo] = ending{state: purge.ListSettled, on: p.On}
	}
	for i := range x.lost {
		switch r := &x.lost[i]; r.Kind {
		case purge.ReceiptPurge:
			out[r.ListNo] = ending{purge.ListSettled, r.No, r.AsOf}
		case purge.ReceiptUndone:
			out[r.ListNo] = ending{purge.ListUndone, r.No, r.AsOf}
		}
	}
	return out
}

// guard brings back what the database knew of the executions: whose IDs may not
// come back and whose may again, and that their lists are used up.
func (x *replay) guard(ctx context.Context, tx *store.Tx, lists map[int]ending) error {
	if err := tx.DropGuard(ctx, x.beyond.told.readmitted); err != nil {
		return err
	}
	var rows []store.Guarded
	for _, p := range x.missing {
		for _, id := range p.guarded() {
			rows = append(rows, store.Guarded{IDHMAC: id, ListNo: p.ListNo, PurgedOn: p.On, KeepUntil: p.KeepUntil})
		}
	}
	if err := tx.PutGuard(ctx, rows); err != nil {
		return err
	}
	for _, no := range slices.Sorted(maps.Keys(lists)) {
		if err := x.usedUp(ctx, tx, no, lists[no]); err != nil {
			return err
		}
	}
	return nil
}

// usedUp makes a list one that was executed and can no longer be taken back, or
// one that was taken back.
func (x *replay) usedUp(ctx context.Context, tx *store.Tx, no int, e ending) error {
	list, found, err := x.Store.PurgeList(ctx, no)
	if err != nil {
		return err
	}
	if err := dropKept(ctx, tx, no); err != nil {
		return err
	}
	if !found {
		return tx.AddPurgeList(ctx, pipeline.PurgeList{No: no, AsOf: e.on, State: e.state, Approvals: "[]", ReceiptNo: e.receiptNo})
	}
	_, err = tx.MovePurgeList(ctx, no, list.State, e.state, cmp.Or(e.receiptNo, list.ReceiptNo))
	return err
}

// certify searches for the deleted and writes the receipt with its event, in the
// transaction that lets the database know of the deletions again.
func (x *replay) certify(ctx context.Context) error {
	r, err := x.proof(ctx)
	if err != nil {
		return err
	}
	if err := x.Store.Hide(ctx); err != nil { // before anybody signs that it is gone
		return err
	}
	lines, err := x.checkpoints()
	if err != nil {
		return err
	}
	facts := audit.Facts{"persons": total(r.Persons), "kept": x.kept.Count, "lost": newestCount(lines), "receipts": len(x.lost)}
	if len(x.lost) > 0 {
		var nos []string
		for i := range x.lost {
			nos = append(nos, x.lost[i].No)
		}
		facts[audit.TakenBack] = nos
	}
	act, _, err := x.act(audit.PurgeReplayed, x.by, facts)
	if err != nil {
		return err
	}
	lists := x.endings()
	for no, e := range lists {
		if e.state == purge.ListUndone {
			continue // until its window ends another backup may be restored
		}
		if err := x.destroyUndoKey(ctx, no); err != nil { // what it opened is lost
			return err
		}
	}
	return x.Store.Write(ctx, func(tx *store.Tx) error {
		if err := x.guard(ctx, tx, lists); err != nil {
			return err
		}
		if err := tx.DropUndo(ctx, replayList); err != nil {
			return err
		}
		x.receipt = r
		for _, lost := range x.lost {
			if err := tx.PutReceipt(ctx, lost); err != nil {
				return err
			}
		}
		if err := x.putReceiptBehind(ctx, tx, &x.receipt, x.known); err != nil {
			return err
		}
		facts["receipt"], facts["receipt_hash"] = x.receipt.No, x.receipt.Hash
		return tx.AppendAudit(ctx, act)
	})
}

// proof is the receipt, not yet numbered: of everything that was deleted, by
// attempts that were cut short too.
func (x *replay) proof(ctx context.Context) (r purge.Receipt, err error) {
	places, residual, err := x.search(ctx)
	if err != nil {
		return r, err
	}
	rows, notes, err := x.work.deleted(ctx)
	if err != nil {
		return r, err
	}
	for _, c := range notes {
		if c.Count > 0 {
			residual = append(residual, purge.Residual{Place: c.Of, Files: c.Count})
		}
	}
	parts, err := x.Store.UndoCounts(ctx, replayList)
	if err != nil {
		return r, err
	}
	persons := 0
	for _, p := range parts {
		persons += p.Persons
	}
	approvers := []string{}
	if x.by != "" {
		approvers = append(approvers, x.by)
	}
	config, err := x.configHash(x.day)
	if err != nil {
		return r, err
	}
	return purge.Receipt{
		Kind: purge.ReceiptReplayed, AsOf: x.day, RuleVersion: x.settings,
		Persons: []purge.Count{{Of: "復元後の再削除", Count: persons}}, RowsDeleted: rows, Approvers: approvers,
		StartedAt: x.started, FinishedAt: pipeline.InstantOf(x.o.Now()), Version: x.o.Version, ConfigHash: config,
		Searched: places, Residual: residual,
	}, nil
}

// newestCount is how far the chain reached that the newest line signed.
func newestCount(lines []audit.Checkpoint) int {
	if len(lines) == 0 {
		return 0
	}
	return lines[len(lines)-1].Count
}

// search looks through every table and file for the deleted, part by part; what
// was looked at is told even if there is nobody.
func (x *replay) search(ctx context.Context) (places []purge.Searched, residual []purge.Residual, err error) {
	var s searched
	look := func(t *purge.Traces) error { return x.work.searchFor(ctx, t, x.inv, &s) }
	if err := x.work.eachSearch(ctx, x.seal, look); err != nil {
		return nil, nil, err
	}
	if len(s.places) == 0 {
		if err := look(purge.NewTraces(nil)); err != nil {
			return nil, nil, err
		}
	}
	slices.SortFunc(s.residual, func(a, b purge.Residual) int {
		return cmp.Or(strings.Compare(a.Place, b.Place), cmp.Compare(a.Until, b.Until))
	})
	return s.places, s.residual, nil
}

// certified reports whether the last thing the database tells is the very
// replay that is to be done: a process that was killed behind it did it.
func (x *replay) certified(ctx context.Context) (bool, error) {
	if len(x.missing) > 0 || len(x.back) > 0 {
		return false, nil
	}
	e, found, err := x.Store.AuditEvent(ctx, x.kept.Count)
	if err != nil || !found || e.Action != audit.PurgeReplayed {
		return false, err
	}
	receipts, err := x.Store.Receipts(ctx)
	if err != nil || len(receipts) == 0 {
		return false, err
	}
	x.receipt = receipts[len(receipts)-1]
	return x.receipt.No == e.Fact("receipt"), nil
}

// anchor closes the account outside the database: the ledger says that all was
// carried out, and a signed checkpoint that the chain goes on from the backup.
func (x *replay) anchor(ctx context.Context) error {
	for i := range x.lost { // one of the files of each may be gone or altered
		if err := x.writeReceiptFiles(ctx, &x.lost[i]); err != nil {
			return err
		}
	}
	if err := x.writeReceiptFiles(ctx, &x.receipt); err != nil {
		return err
	}
	if err := x.destroyUndoKey(ctx, replayList); err != nil {
		return err
	}
	if err := x.Store.Hide(ctx); err != nil { // also what was kept under that key
		return err
	}
	if err := x.ledger().Append(ctx, ledgerEntry{Kind: lineReplayed, On: x.receipt.AsOf}); err != nil {
		return err
	}
	head, err := x.Store.AuditHead(ctx)
	if err != nil {
		return err
	}
	k, err := x.auditKeys()
	if err != nil {
		return err
	}
	return x.addCheckpoint(ctx, func(lines []audit.Checkpoint) audit.Checkpoint {
		return audit.Checkpoint{
			Day: x.receipt.AsOf, At: x.receipt.FinishedAt, Count: head.Count, Head: head.Hash,
			Restore: &audit.Restore{Kept: head.Count - 1, Lost: newestCount(lines), Of: x.of},
		}.Next(lines, k.signing)
	})
}
