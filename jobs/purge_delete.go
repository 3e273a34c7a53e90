package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"meibo/pipeline"
	"meibo/pipeline/failpoint"
	"meibo/pipeline/purge"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// partSize is how many persons one transaction deletes at most.
const partSize = 200

// deletedCounts is what one part of an execution deleted, as purge_undo keeps it.
type deletedCounts struct {
	Rows     map[string]int `json:"rows"`               // by table
	Redacted map[string]int `json:"redacted,omitempty"` // rows of others that stay, by table
	Cases    map[string]int `json:"cases,omitempty"`    // persons by case of 要領 §10
}

// errHeldMeanwhile says that somebody was held between the look and the deed.
var errHeldMeanwhile = errors.New("a person of the part was held in the meantime")

// remove deletes what is planned, part by part, and then the rows of others that
// name the deleted.
func (x *execution) remove(ctx context.Context, w *run.Work) error {
	if _, executing, err := x.executing(ctx); err != nil || !executing {
		return err
	}
	inv, err := store.LoadInventory()
	if err != nil {
		return err
	}
	seal, err := x.sealer(x.no)
	if err != nil {
		return err
	}
	work, err := x.noted(ctx, "persons")
	if err != nil {
		return err
	}
	w.Add(diffCounts(work.sum))
	for {
		rows, err := x.Store.NextPlanned(ctx, x.no, partSize)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		if err := x.removePart(ctx, w, work, inv, seal, rows); err != nil && !errors.Is(err, errHeldMeanwhile) {
			return err
		}
	}
	return x.sweep(ctx, w, inv, seal)
}

// nextPart is the number of the part to come.
func (x *execution) nextPart(ctx context.Context) (int, error) {
	parts, err := x.Store.UndoCounts(ctx, x.no)
	if err != nil || len(parts) == 0 {
		return 1, err
	}
	return parts[len(parts)-1].Part + 1, nil
}

// removePart deletes some persons in one transaction. Who was held since the
// plan was made is left alone, however late the hold came: the ledger, which is
// outside of the transaction, is written before it and anew if somebody is.
func (x *execution) removePart(ctx context.Context, w *run.Work, work *noted, inv *store.Inventory, seal *sealer, rows []store.PlanRow) error {
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = rows[i].AgentID
	}
	held, err := x.kept(ctx, ids)
	if err != nil {
		return err
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { _, is := held[id]; return is })
	part, err := x.nextPart(ctx)
	if err != nil {
		return err
	}
	guarded, err := x.guarded(ids)
	if err != nil {
		return err
	}
	if err := x.toLedger(ctx, part, guarded); err != nil {
		return err
	}
	failpoint.Hit("purge-ledger", "")
	done := store.Diff{Deleted: len(ids), Unchanged: len(rows) - len(ids)}
	err = x.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.LockAgents(ctx, ids); err != nil { // who holds one from here on is told that nobody is there
			return err
		}
		standing, err := tx.StandingHolds(ctx, ids)
		switch {
		case err != nil:
			return err
		case len(standing) > 0:
			return errHeldMeanwhile
		}
		if err := tx.PutPlan(ctx, leftOut(rows, held)); err != nil {
			return err
		}
		if err := x.erase(ctx, tx, inv, seal, part, ids); err != nil {
			return err
		}
		if err := tx.PutGuard(ctx, guarded); err != nil {
			return err
		}
		return work.with(ctx, tx, done)
	})
	if err != nil {
		return err
	}
	failpoint.Hit("purge-part", "")
	work.kept(done)
	w.Add(diffCounts(done))
	return nil
}

// leftOut are the rows of those who stay, dropped from the plan.
func leftOut(rows []store.PlanRow, held map[string]purge.Outcome) []store.PlanRow {
	var out []store.PlanRow
	for _, r := range rows {
		if o, is := held[r.AgentID]; is {
			r.Outcome = o
			out = append(out, r)
		}
	}
	return out
}

// erase deletes everything of the persons and keeps it sealed.
func (x *execution) erase(ctx context.Context, tx *store.Tx, inv *store.Inventory, seal *sealer, part int, ids []string) error {
	rows, err := tx.Extract(ctx, inv, ids)
	if err != nil || len(rows) == 0 {
		return err
	}
	counts := deletedCounts{Cases: casesIn(rows, x.no)}
	if counts.Rows, err = tx.Erase(ctx, rows); err != nil {
		return err
	}
	return x.keep(ctx, tx, seal, part, len(ids), counts, rows)
}

// keep stores sealed rows as a part.
func (x *execution) keep(ctx context.Context, tx *store.Tx, seal *sealer, part, persons int, counts deletedCounts, rows []store.Rows) error {
	sealed, err := seal.seal(part, rows)
	if err != nil {
		return err
	}
	b, err := json.Marshal(counts)
	if err != nil {
		return fmt.Errorf("count part %d: %w", part, err)
	}
	return tx.PutUndo(ctx, store.UndoPart{ListNo: x.no, Part: part, Persons: persons, Counts: string(b), Sealed: sealed})
}

// casesIn counts the persons by the case they stood under on the list of that number.
func casesIn(rows []store.Rows, listNo int) map[string]int {
	out := map[string]int{}
	for i := range rows {
		if rows[i].Table != "purge_list" {
			continue
		}
		no, kind := rows[i].Texts("list_no"), rows[i].Texts("retention_case")
		for j := range no {
			if no[j] == strconv.Itoa(listNo) {
				out[kind[j]]++
			}
		}
	}
	return out
}

// guarded are the persons' IDs as nobody can read them, until no source can
// bring them back.
func (x *execution) guarded(ids []string) ([]store.Guarded, error) {
	k, err := x.auditKeys()
	if err != nil {
		return nil, err
	}
	until := guardUntil(x.row.AsOf, x.Config.Purge.GuardMonths)
	out := make([]store.Guarded, len(ids))
	for i, id := range ids {
		out[i] = store.Guarded{IDHMAC: k.surrogates.Surrogate("agent", id), ListNo: x.no, PurgedOn: x.row.AsOf, KeepUntil: until}
	}
	return out, nil
}

// guardUntil is the last day of so many months: that of the same number in the
// last of them, or its end.
func guardUntil(day pipeline.Date, months int) pipeline.Date {
	m := day.YearMonth().AddMonths(months)
	if d, exists := pipeline.NewDate(m.Year(), m.Month(), day.Day()); exists {
		return d
	}
	first, _ := pipeline.NewDate(m.Year(), m.Month(), 1)
	return first.EndOfMonth()
}

func (x *execution) toLedger(ctx context.Context, part int, guarded []store.Guarded) error {
	e := ledgerEntry{Kind: lineExecuted, ListNo: x.no, Part: part, On: x.row.AsOf, KeepUntil: guardUntil(x.row.AsOf, x.Config.Purge.GuardMonths)}
	for _, g := range guarded {
		e.IDs = append(e.IDs, g.IDHMAC)
	}
	slices.Sort(e.IDs)
	return x.ledger().Append(ctx, e)
}
