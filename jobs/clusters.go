package jobs

import (
	"context"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/intake"
)

// Cluster is the IDs of one person, by confirmed pairs.
type Cluster struct {
	ID      string   `json:"id"` // that of its oldest record
	Members []string `json:"members"`
}

// ClusterEvent is a merge or a split of clusters.
type ClusterEvent struct {
	AsOf    pipeline.Date `json:"as_of"`
	RunID   string        `json:"run_id"`
	Event   string        `json:"event"`
	Cluster string        `json:"cluster_id"`
	Part    string        `json:"part_id"`
}

// Cluster finds the cluster of an ID, which may be its name of today, an earlier
// one or a member: a cluster's name is a member's ID, and leads to wherever that
// record is. A record that stands alone is a cluster by itself.
func (h *House) Cluster(ctx context.Context, id string) (Cluster, error) {
	c := Cluster{ID: id, Members: []string{id}}
	members, err := h.Store.ClusterOf(ctx, id)
	if err != nil || len(members) == 0 {
		return c, err
	}
	c = Cluster{ID: members[0].ClusterID}
	for _, m := range members {
		c.Members = append(c.Members, m.AgentID)
	}
	return c, nil
}

// PairsOf lists the pairs of the cluster of an ID, with all the others in which
// one of its members stands. ErrNoSuchAgent is an ID that the register does not
// hold.
func (h *House) PairsOf(ctx context.Context, id string) (Cluster, []Pair, error) {
	id = intake.AgentID(id)
	known, err := h.Store.Agents(ctx, []string{id})
	if err != nil {
		return Cluster{}, nil, err
	}
	if len(known) == 0 {
		return Cluster{}, nil, ErrNoSuchAgent
	}
	c, err := h.Cluster(ctx, id)
	if err != nil {
		return c, nil, err
	}
	all, err := h.Pairs(ctx)
	return c, slices.DeleteFunc(all, func(p Pair) bool {
		return !slices.Contains(c.Members, p.AgentA) && !slices.Contains(c.Members, p.AgentB)
	}), err
}

// lineage adds the clusters of two IDs and what happened to them.
func (h *House) lineage(ctx context.Context, e *PairExplanation) error {
	var ids []string
	for _, id := range []string{e.AgentA, e.AgentB} {
		c, err := h.Cluster(ctx, id)
		if err != nil {
			return err
		}
		ids = append(ids, id, c.ID)
		same := func(x Cluster) bool { return x.ID == c.ID }
		if len(c.Members) > 1 && !slices.ContainsFunc(e.Clusters, same) {
			e.Clusters = append(e.Clusters, c)
		}
	}
	events, err := h.Store.ClusterEventsOf(ctx, ids...)
	if err != nil {
		return err
	}
	for _, x := range events {
		e.Events = append(e.Events, ClusterEvent{AsOf: x.AsOf, RunID: x.RunID, Event: x.Event, Cluster: x.Cluster, Part: x.Part})
	}
	return nil
}
