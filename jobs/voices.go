package jobs

import (
	"context"
	"fmt"
	"math"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/access"
	"meibo/pipeline/deadline"
	"meibo/pipeline/identity"
	"meibo/pipeline/purge"
	"meibo/pipeline/store"
)

// voices are those whose word on deletions counts, by the accounts as they are and
// the setting purge.approvers: one rule for approvals, of lists and rows, releases
// of holds and decisions that took one away (access.Voices).
func (h *House) voices(ctx context.Context) (*access.Voices, error) {
	read := h.Store.StoppedAccounts
	if h.Config.Purge.Approvers != access.DecidersAny {
		read = h.Store.Accounts
	}
	all, err := read(ctx)
	return access.NewVoices(h.Config.Purge.Approvers, all), err
}

// released reports whether a hold is lifted.
func released(v *access.Voices, x *store.Hold) bool {
	return !x.ReleasedOn.IsZero() && v.Counts(x.ReleasedBy, access.For)
}

// heldFor is why a hold stands, which tells of a release that is void.
func heldFor(v *access.Voices, x *store.Hold) string {
	if x.ReleasedOn.IsZero() {
		return x.Reason
	}
	return fmt.Sprintf("%s（%s の解除は、解除した %sため無効。別の人の解除が必要）", x.Reason, x.ReleasedOn, silenced(v, x.ReleasedBy))
}

// silenced is why somebody's word counts no more, to be followed by ため.
func silenced(v *access.Voices, who string) string {
	if v.Void(who) == access.VoidOutside {
		return who + " が、削除について決められる人（設定 purge.approvers）ではない"
	}
	return who + " のアクセスが停止された"
}

// named is a hold as the rules know it.
func named(v *access.Voices, x *store.Hold) deadline.NamedHold {
	return deadline.NamedHold{Reason: heldFor(v, x), By: x.By, Since: x.Since, ReviewBy: x.ReviewBy}
}

// standing are the holds that nobody who may act released. Few records have one.
func (h *House) standing(ctx context.Context) ([]store.Hold, *access.Voices, error) {
	v, err := h.voices(ctx)
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
	void, err := h.Store.HoldsReleasedBy(ctx, v.Silent())
	return append(out, void...), v, err
}

// standingOf are the same of some persons.
func (h *House) standingOf(ctx context.Context, ids []string) ([]store.Hold, *access.Voices, error) {
	v, err := h.voices(ctx)
	if err != nil {
		return nil, nil, err
	}
	all, err := h.Store.Holds(ctx, ids)
	return slices.DeleteFunc(all, func(x store.Hold) bool { return released(v, &x) }), v, err
}

// undecided are, by ID, the pairs on which nobody who may act has decided
// although somebody did: they hold as pairs do that nobody decided on, from the
// day of the stop, or of the decision where the setting voids it. The flag of a
// second ID goes by the decision all the same, until another one is made.
func (h *House) undecided(ctx context.Context) (map[string][]deadline.Candidate, error) {
	v, err := h.voices(ctx)
	if err != nil || len(v.Silent()) == 0 {
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
		if newest[[2]string{d.AgentA, d.AgentB}] != d || v.Counts(d.By, wordOf(d.Verdict)) {
			continue
		}
		on := v.Since(d.By, pipeline.DateOf(d.At.Time().In(h.zone)))
		why := fmt.Sprintf("%sと判定した %sため", d.Verdict, silenced(v, d.By))
		out[d.AgentA] = append(out[d.AgentA], deadline.Candidate{Other: d.AgentB, FirstSeen: on, Void: why})
		out[d.AgentB] = append(out[d.AgentB], deadline.Candidate{Other: d.AgentA, FirstSeen: on, Void: why})
	}
	return out, nil
}

// wordOf is what a decision on a pair says of deletions: one put off frees nobody.
func wordOf(verdict string) access.Word {
	if verdict == identity.Later {
		return access.Against
	}
	return access.For
}

// unapproved are those of the planned persons for whom too few approvals are
// left: somebody who had approved may decide no more, since while the list was
// being executed, or between a kill and the resume.
func (x *execution) unapproved(ctx context.Context, v *access.Voices, ids []string) (map[string]purge.Outcome, error) {
	out := map[string]purge.Outcome{}
	list, err := x.purgeListOf(ctx, x.no)
	if err != nil || x.Config.Purge.Mode == purge.ModeAutomatic || !slices.ContainsFunc(approvers(list, x.row.AsOf), func(who string) bool { return !v.Counts(who, access.For) }) {
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
