package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"meibo/pipeline"
)

// PairWeight is what a model found in a pair of duplicate_list.
type PairWeight struct {
	AgentA, AgentB string
	Effect         float64 // what a decision is expected to change, for the order of review
	Comparisons    string  // JSON, of the program's own making
}

var pairWeightsTable = mapping[PairWeight]{
	Table{Name: "pair_weights", Key: 2, Columns: []Column{
		col("agent_id_a", maxID), col("agent_id_b", maxID), col("effect", 0), col("comparisons", 0),
	}},
	func(p *PairWeight) []field {
		return []field{(*text)(&p.AgentA), (*text)(&p.AgentB), (*number)(&p.Effect), (*text)(&p.Comparisons)}
	},
}

// SyncPairWeights makes pair_weights equal to the computed rows, which come in
// order of AgentA and AgentB.
func (s *Store) SyncPairWeights(ctx context.Context, computed iter.Seq2[*PairWeight, error], o Sync) (Diff, error) {
	return syncTable(ctx, s, pairWeightsTable, scope{}, computed, o)
}

// PairWeights yields all rows in key order. The value is reused.
func (s *Store) PairWeights(ctx context.Context) iter.Seq2[*PairWeight, error] {
	return stream(ctx, s.db, pairWeightsTable, pairWeightsTable.ordered(""))
}

// PairWeightsOf returns the rows with one of these IDs as the smaller, in key order.
func (s *Store) PairWeightsOf(ctx context.Context, firsts []string) ([]PairWeight, error) {
	return lookup(ctx, s.db, pairWeightsTable, "agent_id_a", firsts)
}

// PairWeightOf returns the row of a pair, and false if there is none.
func (s *Store) PairWeightOf(ctx context.Context, a, b string) (PairWeight, bool, error) {
	return one(stream(ctx, s.db, pairWeightsTable, pairWeightsTable.query("WHERE agent_id_a = ? AND agent_id_b = ?"), a, b))
}

// ClusterEvent is a merge or a split of clusters. The table is append-only.
type ClusterEvent struct {
	RunID   string
	No      int // rises from 1 within the run
	AsOf    pipeline.Date
	Event   string // see identity.Event
	Cluster string
	Part    string
}

var clusterEventsTable = mapping[ClusterEvent]{
	Table{Name: "cluster_events", Key: 2, Columns: []Column{
		col("run_id", maxRun), col("event_no", 0), col("as_of", maxDate), col("event", maxWord),
		col("cluster_id", maxID), col("part_id", maxID),
	}},
	func(e *ClusterEvent) []field {
		return []field{
			(*text)(&e.RunID),
			integer[int]{&e.No},
			date{&e.AsOf},
			(*text)(&e.Event), (*text)(&e.Cluster), (*text)(&e.Part),
		}
	},
}

// AddClusterEvents appends the events of a run, in order of No. Those that an
// attempt of the same run appended are left as they are.
func (s *Store) AddClusterEvents(ctx context.Context, runID string, computed iter.Seq2[*ClusterEvent, error], o Sync) (Diff, error) {
	sc := scope{
		where: "WHERE run_id = ?", args: []any{runID},
		apply: func(ctx context.Context, tx *Tx, put *writer, remove []any) error {
			if len(remove) > 0 {
				return errors.New("events that were told cannot be taken back")
			}
			columns := len(put.table.Columns)
			for part := range slices.Chunk(put.args, columns*tx.dialect.rowsPerInsert(columns)) {
				if err := tx.exec(ctx, put.table.insert(len(part)/columns), part); err != nil {
					return fmt.Errorf("add to %s: %w", put.table.Name, err)
				}
			}
			return nil
		},
	}
	return syncTable(ctx, s, clusterEventsTable, sc, computed, o)
}

// ClusterEventsOf returns the events in which one of the IDs stands, the oldest
// first.
func (s *Store) ClusterEventsOf(ctx context.Context, ids ...string) ([]ClusterEvent, error) {
	var out []ClusterEvent
	for _, column := range []string{"cluster_id", "part_id"} {
		rows, err := lookup(ctx, s.db, clusterEventsTable, column, ids)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	slices.SortFunc(out, func(a, b ClusterEvent) int {
		return cmp.Or(cmp.Compare(a.AsOf, b.AsOf), cmp.Compare(len(a.RunID), len(b.RunID)), // its attempt is its end
			strings.Compare(a.RunID, b.RunID), cmp.Compare(a.No, b.No))
	})
	return slices.Compact(out), nil
}
