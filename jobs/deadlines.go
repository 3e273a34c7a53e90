package jobs

import (
	"context"

	"meibo/pipeline"
	"meibo/pipeline/deadline"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// deadlines judges everybody on the day and stores the verdicts that changed.
// Persons stream by one at a time, so memory does not grow with the register.
func (n *night) deadlines(ctx context.Context, w *run.Work) error {
	kin, err := n.kin(ctx)
	if err != nil {
		return err
	}
	verdicts := func(yield func(*store.Deadline, error) bool) {
		var row store.Deadline
		for p, err := range n.Store.People(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			c := deadline.Circumstances{ClusterHoldsPass: kin.holdPass(p.Agent.ID, n.row.AsOf)}
			row = storedVerdict(deadline.Judge(p, n.settings, c, n.row.AsOf))
			w.Add(run.Counts{Read: 1, Unchanged: 1})
			if !yield(&row, nil) {
				return
			}
		}
	}
	apply := store.Sync{Apply: true}
	verdict, err := n.Store.SyncDeadlines(ctx, verdicts, apply)
	if err != nil {
		return err
	}
	// Persons were counted while they streamed by; a verdict that is gone was
	// not among them.
	w.Add(run.Counts{
		Read: verdict.Deleted, Applied: verdict.Written(), Unchanged: verdict.Deleted - verdict.Written(),
	})
	registered := func(yield func(string, error) bool) {
		for d, err := range n.Store.Deadlines(ctx) {
			if err != nil {
				yield("", err)
				return
			}
			if d.Status == deadline.Registered && !yield(d.AgentID, nil) {
				return
			}
		}
	}
	flags, err := n.Store.SyncAffiliated(ctx, registered, apply)
	w.Add(run.Counts{Read: flags.Written(), Applied: flags.Written()})
	return err
}

// storedVerdict is the part of a verdict that does not change from day to day
// while the facts stay.
func storedVerdict(v deadline.Verdict) store.Deadline {
	d := store.Deadline{
		AgentID: v.AgentID, Status: v.Status, Case: v.Case, BaseKind: v.BaseKind, BaseOn: v.BaseOn,
		Period: v.Period, Extensions: v.Extensions, LastDay: v.LastDay, FirstDeletable: v.FirstDeletable,
		Reason: v.Reason, Evidence: v.Evidence, RuleVersion: v.RuleVersion,
	}
	for _, x := range v.Decisions {
		d.Decisions = append(d.Decisions, x.Code)
	}
	return d
}

// kin is what confirmed clusters bring together: for each ID with a second one,
// the qualifications of the others. Few people have one, so it is kept in memory.
type kin struct {
	cluster map[string]string
	members map[string][]string
	passes  map[string][]pipeline.Qualification
}

func (h *House) kin(ctx context.Context) (*kin, error) {
	k := &kin{map[string]string{}, map[string][]string{}, map[string][]pipeline.Qualification{}}
	var ids []string
	for m, err := range h.Store.Clusters(ctx) {
		if err != nil {
			return nil, err
		}
		k.cluster[m.AgentID] = m.ClusterID
		k.members[m.ClusterID] = append(k.members[m.ClusterID], m.AgentID)
		ids = append(ids, m.AgentID)
	}
	for len(ids) > 0 {
		n := min(lookupSize, len(ids))
		qs, err := h.Store.Qualifications(ctx, ids[:n])
		if err != nil {
			return nil, err
		}
		for _, q := range qs {
			k.passes[q.AgentID] = append(k.passes[q.AgentID], q)
		}
		ids = ids[n:]
	}
	return k, nil
}

// others returns the qualifications of the other IDs of id's cluster, and
// whether there is a cluster.
func (k *kin) others(id string) (qs []pipeline.Qualification, clustered bool) {
	c, ok := k.cluster[id]
	if !ok {
		return nil, false
	}
	for _, m := range k.members[c] {
		if m != id {
			qs = append(qs, k.passes[m]...)
		}
	}
	return qs, true
}

// holdPass reports whether another ID of the cluster has a qualification on file.
func (k *kin) holdPass(id string, asOf pipeline.Date) bool {
	qs, _ := k.others(id)
	for _, q := range qs {
		if q.OnFile() || q.WithdrawnOn > asOf {
			return true
		}
	}
	return false
}
