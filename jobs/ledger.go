package jobs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	lineUndone     = "undone"     // the newest execution of the list was taken back
	lineReadmitted = "readmitted" // two people let these IDs come back
	lineReplayed   = "replayed"   // all lines before were carried out on a restored database
	lineExpired    = "expired"    // lines up to On were removed at the end of their term
)

// ErrLedger says that the ledger is not as it was written.
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
}

func (h *House) ledger() ledger { return ledger{h.state, h.own(ledgerFile)} }

// Entries returns the lines in their order. A line that was torn by a power cut
// is none: what it was to announce was never committed. Any other damage is
// ErrLedger.
func (l ledger) Entries() ([]ledgerEntry, error) {
	f, err := l.state.OpenFile(l.name, os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read purge ledger: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("read purge ledger: %w", err)
	}
	return parseLedger(b)
}

func parseLedger(b []byte) ([]ledgerEntry, error) {
	var out []ledgerEntry
	for line := range bytes.Lines(b) {
		var e ledgerEntry
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&e); err != nil {
			continue // torn; were it another one, the next would not follow
		}
		switch n := len(out); {
		case e.digest() != e.Hash:
			return nil, fmt.Errorf("%w: line %d is not what was written", ErrLedger, e.No)
		case n > 0 && (e.Prev != out[n-1].Hash || e.No != out[n-1].No+1):
			return nil, fmt.Errorf("%w: line %d does not follow line %d", ErrLedger, e.No, out[n-1].No)
		case n == 0 && e.No != 1 && e.Kind != lineExpired:
			return nil, fmt.Errorf("%w: the lines before line %d are gone", ErrLedger, e.No)
		}
		out = append(out, e)
	}
	return out, nil
}

// Append adds a line durably: it is there before what it tells of is committed.
// A line that the newest of its kind, list and part says already is not added
// again, so that an interrupted step may be repeated.
func (l ledger) Append(e ledgerEntry) error {
	all, err := l.Entries()
	if err != nil {
		return err
	}
	if newest, found := newestLike(all, e); found && slices.Equal(newest.IDs, e.IDs) && newest.On == e.On {
		return nil
	}
	if n := len(all); n > 0 {
		e.No, e.Prev = all[n-1].No+1, all[n-1].Hash
	} else {
		e.No, e.Prev = 1, audit.Genesis
	}
	e.Hash = e.digest()
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("append to purge ledger: %w", err)
	}
	if err := durable.Append(l.state, l.name, 0o600, line); err != nil {
		return fmt.Errorf("append to purge ledger: %w", err)
	}
	return nil
}

// newestLike is the newest line on the same list and part, if it is of the same
// kind and no replay came after it.
func newestLike(all []ledgerEntry, e ledgerEntry) (ledgerEntry, bool) {
	for _, x := range slices.Backward(all) {
		switch {
		case x.Kind == lineReplayed:
			return x, false
		case x.Kind == lineReadmitted && e.Kind != lineReadmitted:
			continue
		case x.ListNo == e.ListNo && (x.Part == e.Part || x.Kind == lineUndone):
			return x, x.Kind == e.Kind
		}
	}
	return ledgerEntry{}, false
}

// Expire removes the lines at the beginning whose last day is before asOf. What
// is left begins with a line that says so and follows the last one removed.
func (l ledger) Expire(asOf pipeline.Date) error {
	all, err := l.Entries()
	if err != nil {
		return err
	}
	gone, newest := 0, pipeline.Date(0)
	for _, e := range all {
		if e.Kind == lineExecuted && e.KeepUntil >= asOf {
			break
		}
		gone, newest = gone+1, max(newest, e.On)
	}
	if gone == 0 || gone == 1 && all[0].Kind == lineExpired {
		return nil
	}
	// The line takes the number of the last one that goes, so that the rest of
	// the chain need not be written anew but for its links.
	first := ledgerEntry{No: all[gone-1].No, Kind: lineExpired, On: newest, Prev: all[gone-1].Hash}
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
	_, err = durable.WriteIn(l.state, l.name, 0o600, func(w io.Writer) error {
		_, err := w.Write(b.Bytes())
		return err
	})
	if err != nil {
		return fmt.Errorf("shorten purge ledger: %w", err)
	}
	return nil
}

// deletion is one part of an execution that stands: nobody took it back.
type deletion struct {
	ledgerEntry
	newest bool // nothing was executed after it: its commit may never have happened
}

// standing are the parts that were carried out and not taken back, without the
// IDs that were let in again, and the day up to which older ones are forgotten.
func standing(all []ledgerEntry) (parts []deletion, forgotten pipeline.Date) {
	since := 0 // the first part after the last replay: list numbers before it may come again
	for _, e := range all {
		same := func(x deletion) bool { return x.ListNo == e.ListNo }
		switch e.Kind {
		case lineExpired:
			forgotten = max(forgotten, e.On)
		case lineReplayed:
			since = len(parts)
		case lineUndone:
			parts = append(parts[:since], slices.DeleteFunc(parts[since:], same)...)
		case lineReadmitted:
			for i := range parts {
				parts[i].IDs = slices.DeleteFunc(slices.Clone(parts[i].IDs), func(id string) bool { return slices.Contains(e.IDs, id) })
			}
		case lineExecuted:
			again := func(x deletion) bool { return same(x) && x.Part == e.Part }
			parts = append(parts[:since], slices.DeleteFunc(parts[since:], again)...)
			parts = append(parts, deletion{ledgerEntry: e})
		}
	}
	if n := len(parts); n > 0 && n > since {
		parts[n-1].newest = true
	}
	return parts, forgotten
}

// ledgerUndone notes, right before its transaction, that the execution of a list
// is taken back.
func (h *House) ledgerUndone(listNo int, day pipeline.Date) error {
	return h.ledger().Append(ledgerEntry{Kind: lineUndone, ListNo: listNo, On: day})
}
