package jobs

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/audit"
	"meibo/pipeline/durable"
)

// ledgerFile stands in state_dir, where no restore of the database reaches it.
const ledgerFile = "purge-ledger.jsonl"

// Kinds of lines of the ledger.
const (
	lineExecuted   = "executed"   // a part of an execution: these IDs are deleted
	lineUndone     = "undone"     // the newest execution of the list was taken back, but for these IDs
	lineReadmitted = "readmitted" // two people let these IDs come back
	lineReceipt    = "receipt"    // the number was given to a receipt
	lineReplayed   = "replayed"   // all lines before were carried out on a restored database
	lineExpired    = "expired"    // lines up to On were removed at the end of their term
)

// ErrLedger says that the ledger is not as it was written, or not all of it is there.
var ErrLedger = errors.New("the purge ledger was changed")

// ledgerEntry is one line. Persons stand in it as keyed HMACs of their IDs.
type ledgerEntry struct {
	No        int           `json:"no"` // counts up from 1, also past lines that were removed
	Kind      string        `json:"kind"`
	ListNo    int           `json:"list_no,omitempty"`
	Part      int           `json:"part,omitempty"` // of the execution, from 1
	On        pipeline.Date `json:"on"`
	KeepUntil pipeline.Date `json:"keep_until,omitzero"` // last day of the line; none: as long as those before it
	IDs       []string      `json:"ids,omitempty"`
	Receipt   string        `json:"receipt,omitempty"` // number given out; of lineExpired the highest of the lines removed
	Prev      string        `json:"prev"`
	Hash      string        `json:"hash"`
}

// digest is the hash of everything but itself.
func (e ledgerEntry) digest() string {
	e.Hash = ""
	b, err := json.Marshal(e)
	if err != nil {
		panic(err) // numbers, days and text always marshal
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// ledger says outside the database who was deleted, so that a database that was
// brought back from a backup can be told to delete them again (rules.md §4.8).
// Only who holds the lease may write to it.
type ledger struct {
	state durable.FS
	name  string
	holds func(context.Context) error // whether the lease still stands
}

func (h *House) ledger() ledger { return ledger{h.state, h.own(ledgerFile), h.Store.StillHolds} }

// Entries returns the lines in their order, as each tells them.
func (l ledger) Entries() (out []ledgerEntry, err error) {
	for e, err := range l.each() {
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// each yields the lines in their order, one in memory at a time. A line that was
// torn by a power cut is none: what it was to announce was never committed. Any
// other damage is ErrLedger.
func (l ledger) each() iter.Seq2[ledgerEntry, error] { return l.read(new(int64)) }

// read is each that counts the bytes as it goes; read to the end, all there are.
func (l ledger) read(size *int64) iter.Seq2[ledgerEntry, error] {
	return func(yield func(ledgerEntry, error) bool) {
		f, err := l.state.OpenFile(l.name, os.O_RDONLY, 0)
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		if err != nil {
			yield(ledgerEntry{}, fmt.Errorf("read purge ledger: %w", err))
			return
		}
		defer f.Close()
		parseLedger(counting{f, size}, yield)
	}
}

// counting counts what is read through it.
type counting struct {
	r io.Reader
	n *int64
}

func (c counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	*c.n += int64(n)
	return n, err
}

func parseLedger(r io.Reader, yield func(ledgerEntry, error) bool) {
	var last ledgerEntry // its IDs are of no interest
	lines := bufio.NewReader(r)
	for more := true; more; {
		line, err := lines.ReadBytes('\n')
		if more = err == nil; err != nil && !errors.Is(err, io.EOF) {
			yield(ledgerEntry{}, fmt.Errorf("read purge ledger: %w", err))
			return
		}
		var e ledgerEntry
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if d.Decode(&e) != nil {
			continue // torn; were it another one, the next would not follow
		}
		if err := e.follows(last); err != nil || !yield(e, nil) {
			if err != nil {
				yield(e, err)
			}
			return
		}
		last = e
		last.IDs = nil
	}
}

// follows checks a line by itself and behind the one before it; the zero value is
// none.
func (e ledgerEntry) follows(last ledgerEntry) error {
	switch {
	case e.digest() != e.Hash:
		return fmt.Errorf("%w: line %d is not what was written", ErrLedger, e.No)
	case last.Hash != "" && (e.Prev != last.Hash || e.No != last.No+1):
		return fmt.Errorf("%w: line %d does not follow line %d", ErrLedger, e.No, last.No)
	case last.Hash == "" && e.No != 1 && e.Kind != lineExpired:
		return fmt.Errorf("%w: the lines before line %d are gone", ErrLedger, e.No)
	}
	return nil
}

// speaksOf reports whether two lines tell of the same: of the same part of a list,
// for which the undoing of the list counts too; or both of receipts.
func (e ledgerEntry) speaksOf(x ledgerEntry) bool {
	if (e.Kind == lineReceipt) != (x.Kind == lineReceipt) || e.ListNo != x.ListNo {
		return false
	}
	return e.Part == x.Part || e.Kind == lineUndone || x.Kind == lineUndone
}

// Append adds a line durably: it is there before what it tells of is committed.
// A line that the newest of its kind, list and part says already is not added
// again, so that an interrupted step may be repeated; but it is made to last, for
// the attempt that wrote it may have been cut short before. Nothing is written by
// who lost the lease, or behind a line that somebody wrote meanwhile.
func (l ledger) Append(ctx context.Context, e ledgerEntry) error {
	var size int64
	var last, newest ledgerEntry // newest of those that speak of the same
	for x, err := range l.read(&size) {
		if err != nil {
			return err
		}
		switch {
		case x.Kind == lineReplayed:
			newest = ledgerEntry{} // list numbers before it may come again
		case x.Kind == lineReadmitted && e.Kind != lineReadmitted:
		case x.speaksOf(e):
			newest = x
		}
		last = x
	}
	if newest.Hash != "" && newest.Kind == e.Kind && slices.Equal(newest.IDs, e.IDs) && newest.On == e.On && newest.Receipt == e.Receipt {
		if err := durable.Settle(l.state, l.name); err != nil {
			return fmt.Errorf("append to purge ledger: %w", err)
		}
		return nil
	}
	e.No, e.Prev = 1, audit.Genesis
	if last.Hash != "" {
		e.No, e.Prev = last.No+1, last.Hash
	}
	e.Hash = e.digest()
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("append to purge ledger: %w", err)
	}
	if err := l.holds(ctx); err != nil {
		return err
	}
	if err := durable.Append(l.state, l.name, 0o600, size, line); err != nil {
		return fmt.Errorf("append to purge ledger: %w", err)
	}
	return nil
}

// Expire removes the lines at the beginning whose last day is before asOf, once
// there is an execution among them. What is left begins with a line that says so,
// follows the last one removed, and keeps the highest number of a receipt.
func (l ledger) Expire(ctx context.Context, asOf pipeline.Date) error {
	gone, executed, newest, receipt := 0, 0, pipeline.Date(0), ""
	for e, err := range l.each() {
		if err != nil {
			return err
		}
		if e.Kind == lineExecuted && e.KeepUntil >= asOf {
			break
		}
		gone, receipt = gone+1, max(receipt, e.Receipt)
		switch e.Kind {
		case lineExecuted:
			executed++
			newest = max(newest, e.On)
		case lineExpired:
			newest = max(newest, e.On)
		}
	}
	if executed == 0 {
		return nil
	}
	all, err := l.Entries()
	if err != nil {
		return err
	}
	// The line takes the number of the last one that goes, so that the rest of
	// the chain need not be written anew but for its links.
	first := ledgerEntry{No: all[gone-1].No, Kind: lineExpired, On: newest, Receipt: receipt, Prev: all[gone-1].Hash}
	first.Hash = first.digest()
	kept := append([]ledgerEntry{first}, all[gone:]...)
	var b bytes.Buffer
	for i := range kept {
		if i > 0 {
			kept[i].Prev = kept[i-1].Hash
			kept[i].Hash = kept[i].digest()
		}
		line, err := json.Marshal(kept[i])
		if err != nil {
			return fmt.Errorf("shorten purge ledger: %w", err)
		}
		b.Write(append(line, '\n'))
	}
	if err := l.holds(ctx); err != nil {
		return err
	}
	_, err = durable.WriteIn(l.state, l.name, 0o600, func(w io.Writer) error {
		_, err := w.Write(b.Bytes())
		return err
	})
	if err != nil {
		return fmt.Errorf("shorten purge ledger: %w", err)
	}
	return nil
}

// ledgerUndone notes, right before its transaction, that the execution of a list
// is taken back, but for some, by their surrogates.
func (h *House) ledgerUndone(ctx context.Context, listNo int, day pipeline.Date, out []string) error {
	return h.ledger().Append(ctx, ledgerEntry{Kind: lineUndone, ListNo: listNo, On: day, IDs: out})
}

// ledgerReceipt notes that a number was given to a receipt, once it was.
func (h *House) ledgerReceipt(ctx context.Context, no string, day pipeline.Date) error {
	all, err := h.ledger().Entries()
	if err != nil || reckoned(all).receipt >= no { // its files are written anew
		return err
	}
	return h.ledger().Append(ctx, ledgerEntry{Kind: lineReceipt, On: day, Receipt: no})
}
