package jobs

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/deadline"
	"meibo/pipeline/identity"
	"meibo/pipeline/purge"
	"meibo/pipeline/store"
)

// stopped are the accounts whose access is stopped, by name, and since when. What they said
// that opens the way to a deletion counts no more from then on, whenever they
// said it (要領§8(3)): approvals, releases of holds, and decisions on pairs that
// took a hold away. What they said against a deletion stands.
type stopped map[string]pipeline.Date

func (h *House) stopped(ctx context.Context) (stopped, error) {
	all, err := h.Store.StoppedAccounts(ctx)
	if err != nil {
		return nil, err
	}
	out := stopped{}
	for i := range all {
		out[all[i].Name()] = all[i].StoppedOn
	}
	return out, nil
}

// released reports whether a hold is lifted.
func (s stopped) released(x *store.Hold) bool {
	return !x.ReleasedOn.IsZero() && !s.has(x.ReleasedBy)
}

// reason is why a hold stands, which tells of a release that is void.
func (s stopped) reason(x *store.Hold) string {
	if x.ReleasedOn.IsZero() {
		return x.Reason
	}
	return fmt.Sprintf("%s（%s の解除は、解除した %s のアクセスが停止されたため無効。別の人の解除が必要）", x.Reason, x.ReleasedOn, x.ReleasedBy)
}

func (s stopped) has(name string) bool { return !s[name].IsZero() }

// named is a hold as the rules know it.
func (s stopped) named(x *store.Hold) deadline.NamedHold {
	return deadline.NamedHold{Reason: s.reason(x), By: x.By, Since: x.Since, ReviewBy: x.ReviewBy}
}

// standing are the holds that nobody who may act released. Few records have one.
func (h *House) standing(ctx context.Context) ([]store.Hold, stopped, error) {
	gone, err := h.stopped(ctx)
	if err != nil {
		return nil, nil, err
	}
	var out []store.Hold
	for x, err := range h.Store.StandingHolds(ctx) {
		if err != nil {
			return nil, nil, err
		}
		out = append(out, *x)
	}
	void, err := h.Store.HoldsReleasedBy(ctx, slices.Sorted(maps.Keys(gone)))
	return append(out, void...), gone, err
}

// standingOf are the same of some persons.
func (h *House) standingOf(ctx context.Context, ids []string) ([]store.Hold, stopped, error) {
	gone, err := h.stopped(ctx)
	if err != nil {
		return nil, nil, err
	}
	all, err := h.Store.Holds(ctx, ids)
	return slices.DeleteFunc(all, func(x store.Hold) bool { return gone.released(&x) }), gone, err
}

// undecided are, by ID, the pairs on which nobody who may act has decided
// although somebody did: they hold as pairs do that nobody decided on, from the
// day of the stop. The flag of a second ID goes by the decision all the same,
// until another one is made.
func (h *House) undecided(ctx context.Context) (map[string][]deadline.Candidate, error) {
	gone, err := h.stopped(ctx)
	if err != nil || len(gone) == 0 {
		return nil, err
	}
	all, err := h.Store.Decisions(ctx, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	newest := map[[2]string]*store.Decision{}
	for i := range all { // oldest first
		if d := &all[i]; d.UndoneAt.IsZero() {
			newest[[2]string{d.AgentA, d.AgentB}] = d
		}
	}
	out := map[string][]deadline.Candidate{}
	for i := range all {
		d := &all[i]
		if newest[[2]string{d.AgentA, d.AgentB}] != d || !gone.has(d.By) || d.Verdict == identity.Later {
			continue
		}
		on := gone[d.By]
		out[d.AgentA] = append(out[d.AgentA], deadline.Candidate{Other: d.AgentB, FirstSeen: on})
		out[d.AgentB] = append(out[d.AgentB], deadline.Candidate{Other: d.AgentA, FirstSeen: on})
	}
	return out, nil
}

// unapproved are those of the planned persons for whom too few approvals are
// left: the access of somebody who had approved was stopped while the list was
// being executed, or between a kill and the resume.
func (x *execution) unapproved(ctx context.Context, gone stopped, ids []string) (map[string]purge.Outcome, error) {
	out := map[string]purge.Outcome{}
	list, err := x.purgeListOf(ctx, x.no)
	if err != nil || x.Config.Purge.Mode == purge.ModeAutomatic || !slices.ContainsFunc(approvers(list, x.row.AsOf), gone.has) {
		return out, err
	}
	g, err := x.given(ctx, list, x.row.AsOf)
	if err != nil {
		return nil, err
	}
	barred, err := x.barred(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		rows, err := x.Store.PurgeRowsOf(ctx, id)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(rows, func(r pipeline.PurgeRow) bool { return r.ListNo == x.no })
		if i < 0 {
			continue
		}
		if n := len(purge.ApproversOf(&rows[i], list.Hash, g.all, barred[id], x.row.AsOf, x.Config.Purge.ApprovalDays)); n < purge.Approvers {
			out[id] = purge.Unapproved(id, n)
		}
	}
	return out, nil
}
