package jobs

import (
	"context"
	"errors"
	"fmt"

	"meibo/pipeline"
	"meibo/pipeline/purge"
)

// ErrRestored says that the database is older than what is known outside of it:
// it was brought back from a backup, and persons who were deleted since may be
// in it. Nothing but status, check and purge replay may work on it.
type ErrRestored struct {
	Parts  int `json:"parts"`  // of executions that it does not know
	Events int `json:"events"` // of the audit chain that it has lost, as far as known
}

func (e *ErrRestored) Error() string {
	return fmt.Sprintf("the database was restored: it does not know %d parts of executed purges and %d audit events", e.Parts, e.Events)
}

// ErrTooOld says that the backup is older than the ledger reaches: who was
// deleted in between is no longer known.
var ErrTooOld = errors.New("the backup is older than the purge ledger reaches")

// InOrder returns *ErrRestored for a database that was brought back from a
// backup and not put in order by Replay since.
func (h *House) InOrder(ctx context.Context) error {
	missing, _, err := h.unknownParts(ctx)
	if err != nil {
		return err
	}
	lost, err := h.lostEvents(ctx)
	if err != nil {
		return err
	}
	if len(missing) == 0 && lost == 0 {
		return nil
	}
	return &ErrRestored{Parts: len(missing), Events: lost}
}

// lostEvents is how many events of the chain the newest checkpoint has signed
// and the database does not hold. A chain that is another one but long enough
// was tampered with, which audit verify tells.
func (h *House) lostEvents(ctx context.Context) (int, error) {
	lines, err := h.checkpoints()
	if err != nil || len(lines) == 0 {
		return 0, err
	}
	head, err := h.Store.AuditHead(ctx)
	if err != nil {
		return 0, err
	}
	return max(0, lines[len(lines)-1].Count-head.Count), nil
}

// unknownParts are the parts of executions in the ledger that the database does
// not know, and the day up to which the ledger has forgotten older ones. The
// newest part is unknown while its list is being executed, too: its transaction
// comes after its line, and is done again when the execution goes on.
func (h *House) unknownParts(ctx context.Context) (missing []deletion, forgotten pipeline.Date, err error) {
	all, err := h.ledger().Entries()
	if err != nil || len(all) == 0 {
		return nil, 0, err
	}
	parts, forgotten := standing(all)
	newest, err := h.Store.NewestDone(ctx, Nightly)
	if err != nil {
		return nil, 0, err
	}
	for _, p := range parts {
		if len(p.IDs) == 0 || p.KeepUntil < newest { // nobody, or nobody is to be known any more
			continue
		}
		known, err := h.Store.Guarded(ctx, p.IDs[:1]) // a part is one transaction
		if err != nil {
			return nil, 0, err
		}
		if len(known) > 0 && known[0].PurgedOn >= p.On {
			continue
		}
		if p.newest {
			list, _, err := h.Store.PurgeList(ctx, p.ListNo)
			if err != nil {
				return nil, 0, err
			}
			if list.State == purge.ListExecuting {
				continue
			}
		}
		missing = append(missing, p)
	}
	return missing, forgotten, nil
}
