package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"math"
	"runtime/debug"
	"runtime/metrics"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/identity"
	"meibo/pipeline/identity/engine"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// identity finds out which IDs are one person, over the whole register, and
// sets 重複フラグ for the confirmed ones.
func (n *night) identity(ctx context.Context, w *run.Work) error {
	decisions, err := n.decisions(ctx)
	if err != nil {
		return err
	}
	found, err := n.suspects(ctx, decisions)
	if err != nil {
		return err
	}
	for _, s := range found.shared {
		w.Warn(sharedWarning(s))
	}
	result, err := identity.Resolve(n.cases(ctx, found), decisions)
	if err != nil {
		return err
	}
	return n.storeIdentity(ctx, w, result, found)
}

// suspicion is what the engine finds in the whole register.
type suspicion struct {
	pairs  []engine.Suspect
	scale  *engine.Scale
	shared []identity.Shared

	acquired map[string]pipeline.Date // ID取得日 of the suspects, filled as their records are read
}

// collectSoon is how far the heap may grow, in percent, while the columns are there:
// they hold no pointers, so looking at them costs the collector nothing.
const collectSoon = 40

// collectingSoon has the collector keep close to what is in use until it is undone.
// Where somebody asked for that already nothing is changed or undone, so that of
// two at once neither leaves it so for good.
func collectingSoon() (undo func()) {
	percent := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(percent)
	was := int(percent[0].Value.Uint64())
	if was <= collectSoon { // also where it is off
		return func() {}
	}
	debug.SetGCPercent(collectSoon)
	return func() { debug.SetGCPercent(was) }
}

// suspects streams the register into the engine's columns, which are given up
// once the pairs worth a closer look are known.
func (n *night) suspects(ctx context.Context, decisions []identity.Decision) (*suspicion, error) {
	defer collectingSoon()()
	columns, err := n.columns(ctx, n.row.AsOf)
	if err != nil {
		return nil, err
	}
	s := &suspicion{scale: columns.Scale(n.model), acquired: map[string]pipeline.Date{}}
	s.pairs, s.shared, err = columns.Suspects(columns.Candidates(), n.model, decisions)
	return s, err
}

// columns are the whole register as the engine sees it on a day.
func (h *House) columns(ctx context.Context, on pipeline.Date) (*engine.Columns, error) {
	n, err := h.Store.CountAgents(ctx)
	if err != nil {
		return nil, err
	}
	b := engine.NewRegister(n)
	for p, err := range h.Store.People(ctx) {
		if err != nil {
			return nil, err
		}
		if err := b.Add(engine.RecordOf(p, on)); err != nil {
			return nil, fmt.Errorf("take the register in: %w", err)
		}
	}
	return b.Build()
}

// cases yields the suspects with what their records have in common, in order of
// the IDs.
func (n *night) cases(ctx context.Context, s *suspicion) iter.Seq2[identity.Case, error] {
	return func(yield func(identity.Case, error) bool) {
		for some := range slices.Chunk(s.pairs, lookupSize/2) {
			people, err := n.peopleOf(ctx, some)
			if err != nil {
				yield(identity.Case{}, err)
				return
			}
			for id, p := range people {
				s.acquired[id] = p.Agent.IDAcquiredOn
			}
			for _, x := range some {
				if !yield(caseOf(x, s.scale, people[x.A], people[x.B], n.row.AsOf), nil) {
					return
				}
			}
		}
	}
}

// peopleOf reads the records of some suspects.
func (n *night) peopleOf(ctx context.Context, some []engine.Suspect) (map[string]*pipeline.Person, error) {
	var ids []string
	for _, x := range some {
		ids = append(ids, x.A, x.B)
	}
	return n.personsByID(ctx, ids)
}

// caseOf is a suspect as the rules judge it.
func caseOf(x engine.Suspect, scale *engine.Scale, a, b *pipeline.Person, on pipeline.Date) identity.Case {
	c := identity.Case{
		A: x.A, B: x.B, Evidence: identity.Compare(identity.RecordOf(a), identity.RecordOf(b)),
		Certificate: x.Certificate, Doubtful: x.Doubtful, Review: x.Review, Notes: scale.Explain(x).Found(),
	}
	c.Weight, c.Probability = scale.Weight(x)
	c.Effect = math.Round(100*c.Probability*float64(stake(a, on)+stake(b, on))) / 100
	return c
}

// stake is what hangs on a record for its person: 1, and 1 more for every pass
// on file and every open registration. The expected effect of a decision on two
// records is their stakes by the probability that they are one person.
func stake(p *pipeline.Person, on pipeline.Date) int {
	n := 1
	for i := range p.Qualifications {
		if p.Qualifications[i].OnFile() {
			n++
		}
	}
	for i := range p.Registrations {
		if p.Registrations[i].OpenOn(on) {
			n++
		}
	}
	return n
}

// sharedWarning says what became of a value that too many records share.
func sharedWarning(s identity.Shared) run.Warning {
	ja, en := "重複の判定に使いませんでした。", "was not used to find duplicates"
	if s.Chained {
		ja, en = "募集人IDの順に隣り合う組だけを重複の候補にしました。", "made candidates only of neighbours in order of ID"
	}
	return run.Warning{
		Code: "generic-value",
		JA:   fmt.Sprintf("%sが %d 件の募集人ID（生年月日 %d 通り）で共有されているため、%s", s.Key, s.IDs, s.BirthDates, ja),
		EN:   fmt.Sprintf("a value (%s) shared by %d IDs with %d birth dates %s", s.Key, s.IDs, s.BirthDates, en),
	}
}

// decisions are those that the run takes notice of: it fixed the newest when it
// began, and what was undone later still stood then.
func (n *night) decisions(ctx context.Context) ([]identity.Decision, error) {
	stored, err := n.Store.Decisions(ctx, math.MaxInt32) // a file of this run may have brought some since
	if err != nil {
		return nil, err
	}
	var out []identity.Decision
	for i := range stored {
		if d := &stored[i]; inForce(d, n.row) {
			out = append(out, identity.Decision{No: d.No, A: d.AgentA, B: d.AgentB, Verdict: d.Verdict, By: d.By, At: d.At, Fingerprint: d.Fingerprint})
		}
	}
	return out, nil
}

func (n *night) storeIdentity(ctx context.Context, w *run.Work, found identity.Result, s *suspicion) error {
	seen, err := n.firstSeen(ctx)
	if err != nil {
		return err
	}
	pairs := func(yield func(*store.Duplicate, error) bool) {
		for _, p := range found.Pairs {
			d := store.Duplicate{DuplicateRow: p.Row(), Fingerprint: p.Fingerprint}
			d.FirstSeen = n.row.AsOf
			if day, ok := seen[[2]string{p.A, p.B}]; ok {
				d.FirstSeen = day
			}
			if !yield(&d, nil) {
				return
			}
		}
	}
	apply := store.Sync{Apply: true}
	content := newDigest()
	members := identity.Named(found.Clusters, s.acquired)
	ids := slices.Sorted(maps.Keys(members))
	for _, sync := range []func() (store.Diff, error){
		func() (store.Diff, error) { return n.Store.SyncPairWeights(ctx, s.weights(found.Pairs), apply) },
		func() (store.Diff, error) {
			return n.Store.SyncDuplicates(ctx, digested(pairs, content), n.reported(reportDuplicates, SenderCompliance, content))
		},
		func() (store.Diff, error) { return n.tellClusters(ctx, members) },
		func() (store.Diff, error) { return n.Store.SyncClusters(ctx, memberships(ids, members), apply) },
		func() (store.Diff, error) { return n.Store.SyncDuplicateFlags(ctx, each(ids), apply) },
	} {
		d, err := sync()
		if err != nil {
			return err
		}
		w.Add(diffCounts(d))
	}
	return nil
}

// weights are what the model found in the listed pairs, which are some of the
// suspects, in their order.
func (s *suspicion) weights(pairs []identity.Pair) iter.Seq2[*store.PairWeight, error] {
	return func(yield func(*store.PairWeight, error) bool) {
		i := 0
		for _, p := range pairs {
			for s.pairs[i].A != p.A || s.pairs[i].B != p.B {
				i++
			}
			b, err := json.Marshal(s.scale.Explain(s.pairs[i]))
			if !yield(&store.PairWeight{AgentA: p.A, AgentB: p.B, Effect: p.Effect, Comparisons: string(b)}, err) {
				return
			}
		}
	}
}

// eventsTold marks that all events of the step are stored.
const eventsTold = "cluster events told"

// tellClusters appends what happens to the clusters before it does: once the
// table of clusters changes, nobody can tell any more, and an attempt that comes
// after one that was cut short goes by the mark.
func (n *night) tellClusters(ctx context.Context, members map[string]string) (store.Diff, error) {
	done, err := n.Store.Progress(ctx)
	if err != nil {
		return store.Diff{}, err
	}
	if d, told := done[eventsTold]; told {
		return d, nil
	}
	was := map[string]string{}
	for m, err := range n.Store.Clusters(ctx) {
		if err != nil {
			return store.Diff{}, err
		}
		was[m.AgentID] = m.ClusterID
	}
	events := identity.Events(was, members)
	if len(events) == 0 {
		return store.Diff{}, nil
	}
	rows := func(yield func(*store.ClusterEvent, error) bool) {
		for i, e := range events {
			row := store.ClusterEvent{RunID: n.row.ID, No: i + 1, AsOf: n.row.AsOf, Event: e.Kind, Cluster: e.Cluster, Part: e.Part}
			if !yield(&row, nil) {
				return
			}
		}
	}
	return n.Store.AddClusterEvents(ctx, n.row.ID, rows, store.Sync{
		Apply: true,
		Last: func(ctx context.Context, tx *store.Tx, d store.Diff) error {
			return tx.PutProgress(ctx, eventsTold, d)
		},
	})
}

// firstSeen is since when each pair of the stored list has been known.
func (n *night) firstSeen(ctx context.Context) (map[[2]string]pipeline.Date, error) {
	out := map[[2]string]pipeline.Date{}
	for d, err := range n.Store.Duplicates(ctx) {
		if err != nil {
			return nil, err
		}
		out[[2]string{d.AgentA, d.AgentB}] = d.FirstSeen
	}
	return out, nil
}

func memberships(ids []string, cluster map[string]string) iter.Seq2[*store.Membership, error] {
	return func(yield func(*store.Membership, error) bool) {
		for _, id := range ids {
			if !yield(&store.Membership{AgentID: id, ClusterID: cluster[id]}, nil) {
				return
			}
		}
	}
}

// each yields values that cannot fail.
func each[T any](values []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range values {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// diffCounts tells a sync in the numbers of a step: what was computed or is
// gone was read, what differed was applied.
func diffCounts(d store.Diff) run.Counts {
	return run.Counts{Read: d.Written() + d.Unchanged, Applied: d.Written(), Unchanged: d.Unchanged}
}

// heavy reports whether an open pair holds deletions back: people put it off, the
// records have a name or a number in common, or the model finds one person at
// least as likely as two. What it only asks about in passing holds nothing.
func heavy(d *store.Duplicate) bool {
	return d.Class == pipeline.ClassReview &&
		(d.Decision != "" || d.Fingerprint != identity.NoEvidence || !(d.Probability < 0.5))
}
