package jobs

import (
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/purge"
)

// deletion is one part of an execution.
type deletion struct {
	ledgerEntry
	newest bool          // nothing was executed after it: its commit may never have happened
	letIn  []string      // those of the IDs that may be taken in again since
	undone pipeline.Date // when its list was taken back, perhaps but for some; zero: it was not
	out    []string      // those of the IDs that this did not bring back
}

// reckoning is what the lines of the ledger come to.
type reckoning struct {
	parts      []deletion    // that stand
	undone     []deletion    // that were taken back
	readmitted []string      // IDs that were let in again and not deleted since
	forgotten  pipeline.Date // day up to which older parts are forgotten
	receipt    string        // the highest number that was given out; empty: none

	// How many persons each part of each list deleted at most, standing or not.
	deleted map[[2]int]int

	// What came before the last replay, among parts and undone: numbers of lists
	// may come again behind it.
	settledParts, settledUndone int
}

func reckoned(all []ledgerEntry) *reckoning {
	r := &reckoning{deleted: map[[2]int]int{}}
	for _, e := range all {
		r.receipt = max(r.receipt, e.Receipt)
		switch e.Kind {
		case lineExpired:
			r.forgotten = max(r.forgotten, e.On)
		case lineReplayed:
			r.settledParts, r.settledUndone = len(r.parts), len(r.undone)
		case lineUndone:
			r.takeBack(e)
		case lineReadmitted:
			r.readmit(e)
		case lineExecuted:
			r.execute(e)
		}
	}
	if n := len(r.parts); n > r.settledParts {
		r.parts[n-1].newest = true
	}
	return r
}

// execute notes a part; the newest line of a part counts.
func (r *reckoning) execute(e ledgerEntry) {
	part := [2]int{e.ListNo, e.Part}
	r.deleted[part] = max(r.deleted[part], len(e.IDs))
	again := func(x deletion) bool { return x.ListNo == e.ListNo && x.Part == e.Part }
	r.parts = slices.Concat(r.parts[:r.settledParts], slices.DeleteFunc(slices.Clone(r.parts[r.settledParts:]), again), []deletion{{ledgerEntry: e}})
	r.undone = slices.Concat(r.undone[:r.settledUndone], slices.DeleteFunc(slices.Clone(r.undone[r.settledUndone:]), again))
	r.readmitted = without(r.readmitted, e.IDs)
}

// takeBack notes that a list was undone, also one that was executed before a replay
// whose backup knew of it: of any other the replay has used the number up. Those
// whom this did not bring back stay deleted: of their parts so much stands.
func (r *reckoning) takeBack(e ledgerEntry) {
	var kept []deletion
	settled := r.settledParts
	for i, p := range r.parts {
		if p.ListNo != e.ListNo || i < settled && !p.undone.IsZero() {
			kept = append(kept, p)
			continue
		}
		p.undone, p.out = e.On, e.IDs
		r.undone = append(r.undone, p)
		if p.IDs = without(p.IDs, without(p.IDs, e.IDs)); len(p.IDs) > 0 {
			kept = append(kept, p)
		} else if i < settled {
			r.settledParts--
		}
	}
	r.parts = kept
}

// tells reports whether the ledger tells of all persons of a receipt of an execution,
// or may have forgotten them by now. Where it does not, it was cut or lost: a part is
// on the ledger before it is committed.
func (r *reckoning) tells(receipt *purge.Receipt) bool {
	persons := 0
	for part, n := range r.deleted {
		if part[0] == receipt.ListNo {
			persons += n
		}
	}
	return receipt.AsOf <= r.forgotten || persons >= total(receipt.Persons)
}

// newestPart is the number of the newest part of a list that the ledger tells of; 0:
// of none.
func (r *reckoning) newestPart(listNo int) (newest int) {
	for part := range r.deleted {
		if part[0] == listNo {
			newest = max(newest, part[1])
		}
	}
	return newest
}

func (r *reckoning) readmit(e ledgerEntry) {
	for i := range r.parts {
		p := &r.parts[i]
		for _, id := range e.IDs {
			if slices.Contains(p.IDs, id) {
				p.letIn = append(slices.Clone(p.letIn), id)
			}
		}
	}
	r.readmitted = append(without(r.readmitted, e.IDs), e.IDs...)
}

// guarded are the IDs of a part that no file may bring back.
func (d *deletion) guarded() []string { return without(d.IDs, d.letIn) }

// takenBack are the numbers of the lists that were not executed again since.
func (r *reckoning) takenBack() (out []int) {
	for _, p := range r.undone {
		stands := slices.ContainsFunc(r.parts, func(x deletion) bool { return x.ListNo == p.ListNo && x.undone.IsZero() })
		if !stands && !slices.Contains(out, p.ListNo) {
			out = append(out, p.ListNo)
		}
	}
	return out
}

// without is the list but for some of it; what was handed in stays as it is.
func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(x string) bool { return slices.Contains(some, x) })
}
