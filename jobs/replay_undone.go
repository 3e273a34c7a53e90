package jobs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/purge"
	"meibo/pipeline/store"
)

// LostUndo is a list that was taken back after the backup was made, and whose
// persons the backup holds no more, not even sealed.
type LostUndo struct {
	ListNo   int           `json:"list_no"`
	Persons  int           `json:"persons"`
	UndoneOn pipeline.Date `json:"undone_on"` // a backup from after this holds them
}

// ErrLostUndo says that a replay would end with persons lost who ought to be on
// file: a later backup has them.
type ErrLostUndo struct{ Lists []LostUndo }

func (e *ErrLostUndo) Error() string {
	n := 0
	for _, l := range e.Lists {
		n += l.Persons
	}
	return fmt.Sprintf("%d persons of %d executions that were taken back are in neither the backup nor a sealed copy", n, len(e.Lists))
}

// comeback is one execution that was taken back, which the database does not
// know: whom to put back.
type comeback struct {
	no     int
	on     pipeline.Date // when it was taken back
	hmacs  []string      // of those whom the database knows as deleted by it
	sealed bool          // they are in the database, and their key is there
}

// comebacks are the executions to take back once more, in order of number. Those
// who were deleted later, too, do not come back.
func (x *replay) comebacks(ctx context.Context, undone []deletion) (out []comeback, err error) {
	byList := map[int]*comeback{}
	for _, p := range undone {
		r := byList[p.ListNo]
		if r == nil {
			r = &comeback{no: p.ListNo}
			byList[p.ListNo] = r
		}
		hmacs, err := x.guardedBy(ctx, p)
		if err != nil {
			return nil, err
		}
		r.on, r.hmacs = max(r.on, p.undone), append(r.hmacs, hmacs...)
	}
	for _, no := range slices.Sorted(maps.Keys(byList)) {
		r := byList[no]
		r.hmacs = slices.DeleteFunc(r.hmacs, func(id string) bool { _, again := x.wanted[id]; return again })
		if r.sealed, err = x.canOpen(ctx, no); err != nil {
			return nil, err
		}
		out = append(out, *r)
	}
	return out, nil
}

// canOpen reports whether what an execution deleted is sealed in the database, and
// its key is there.
func (x *replay) canOpen(ctx context.Context, no int) (bool, error) {
	parts, err := x.Store.UndoCounts(ctx, no)
	if err != nil || len(parts) == 0 {
		return false, err
	}
	seal, err := x.sealer(no)
	if errors.Is(err, ErrUndoKey) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	full, _, err := x.Store.UndoOf(ctx, no, parts[0].Part)
	if err != nil {
		return false, err
	}
	_, err = seal.open(parts[0].Part, full.Sealed)
	return err == nil, nil // the key of another list of that number opens nothing
}

// losses are the executions whose persons nothing can put back; nil if there is
// none.
func (x *replay) losses() *ErrLostUndo {
	var e ErrLostUndo
	for _, r := range x.back {
		if !r.sealed && len(r.hmacs) > 0 {
			e.Lists = append(e.Lists, LostUndo{r.no, len(r.hmacs), r.on})
		}
	}
	if len(e.Lists) == 0 {
		return nil
	}
	return &e
}

// putBack takes executions back once more, each in one transaction, so that one
// that was cut short goes on with the next.
func (x *replay) putBack(ctx context.Context) error {
	for _, r := range x.back {
		if err := x.putBackList(ctx, r); err != nil {
			return fmt.Errorf("put back list %d: %w", r.no, err)
		}
	}
	return nil
}

func (x *replay) putBackList(ctx context.Context, r comeback) error {
	list, found, err := x.Store.PurgeList(ctx, r.no)
	if err != nil {
		return err
	}
	b := &puttingBack{House: x.House, no: r.no, inv: x.inv}
	if r.sealed {
		if b.seal, err = x.sealer(r.no); err != nil {
			return err
		}
		if b.stays, err = x.staying(ctx, b, r); err != nil {
			return err
		}
	}
	part, err := x.work.nextPart(ctx)
	if err != nil {
		return err
	}
	return x.Store.Write(ctx, func(tx *store.Tx) error {
		note := map[string]int{purge.NoteLost: len(r.hmacs)}
		if r.sealed {
			came, err := b.into(ctx, tx)
			if err != nil {
				return err
			}
			note = map[string]int{purge.NotePutBack: came.people()}
		}
		if err := tx.DropGuard(ctx, r.hmacs); err != nil {
			return err
		}
		if err := dropKept(ctx, tx, r.no); err != nil {
			return err
		}
		if found {
			if _, err := tx.MovePurgeList(ctx, r.no, list.State, purge.ListUndone, list.ReceiptNo); err != nil {
				return err
			}
		}
		return x.work.keep(ctx, tx, x.seal, part, 0, deletedCounts{Cases: note}, nil)
	})
}

// staying are the persons of a list who do not come back with the others: they are
// on file, were deleted again, or came back by themselves before it was undone.
func (x *replay) staying(ctx context.Context, b *puttingBack, r comeback) (out []string, err error) {
	err = b.each(ctx, func(rows []store.Rows, persons bool) error {
		if !persons {
			return nil
		}
		traced := tracedIn(rows)
		byID, err := x.hmacs(traced)
		if err != nil {
			return err
		}
		for _, p := range traced {
			if !slices.Contains(r.hmacs, byID[p.ID]) {
				out = append(out, p.ID)
			}
		}
		cannot, err := b.obstaclesIn(ctx, traced)
		for _, s := range cannot {
			out = append(out, s.AgentID)
		}
		return err
	})
	slices.Sort(out)
	return slices.Compact(out), err
}
