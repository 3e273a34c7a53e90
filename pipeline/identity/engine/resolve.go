// Package engine weighs the evidence that records are one person, and clusters them.
//
// Records go into a Builder, which interns and normalises them; Columns compare
// what the blocking keys bring together (Candidates), learn what agreement is
// worth (Train) or take a Model, and cluster (Resolve). Nothing depends on the
// order of the records or the number of cores. See rules.md §5.
package engine

import (
	"cmp"
	"fmt"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/identity"
)

// Result is who is one person, and whom to ask about.
type Result struct {
	Merges    []Merge    // strongest first
	Threshold float64    // bits from which records are one cluster
	Clusters  [][]uint32 // records of two and more that are one person, in the order of their IDs
	Pairs     []Pair     // 確定 and 要確認, most certain first
	Alarms    []Alarm
}

// Pair is two records that are or may be one person; the ID of A is the smaller.
type Pair struct {
	A, B        uint32
	Bits        float64
	Probability float64
	Class       string // pipeline.ClassConfirmed or ClassReview
	Decision    identity.Decision
}

// Resolve clusters the candidates under the model. Of several decisions on a
// pair the newest counts; 同一人 joins, 別人 keeps apart, and a 別人 whose
// fingerprint knew of no certificate comes back to review if there is one now.
func (c *Columns) Resolve(k *Candidates, m Model, decisions []identity.Decision) (Result, error) {
	if err := m.check(); err != nil {
		return Result{}, err
	}
	decided, extra, err := c.bind(k, decisions)
	if err != nil {
		return Result{}, err
	}
	w := c.weigher(k, m, decided)
	l := &linker{c: c, unseen: m.Unseen, chained: k.chained}
	var r Result
	parallel(2, func(_, i int) {
		if i == 0 {
			l.link(w.edges(extra), linkFloor)
			return
		}
		r.Threshold = w.threshold(m)
		r.Pairs = c.listed(w, m, extra)
	})
	r.Merges, r.Alarms = l.merges, l.alarms
	slices.SortFunc(r.Merges, func(x, y Merge) int {
		return cmp.Or(-cmp.Compare(x.Bits, y.Bits), byNumber(x.A, y.A), byNumber(x.B, y.B))
	})
	r.Clusters = c.Cut(r.Merges, r.Threshold)
	return r, nil
}

// bind finds the binding decision of each pair, and makes edges of those that no
// key brought together.
func (c *Columns) bind(k *Candidates, decisions []identity.Decision) (bound, []edge, error) {
	if len(decisions) == 0 {
		return nil, nil, nil
	}
	at := make(map[string]uint32, len(c.rows))
	for r := range c.rows {
		at[c.ID(r)] = uint32(r)
	}
	decided := bound{}
	for _, d := range decisions {
		if d.Verdict != identity.Same && d.Verdict != identity.Different && d.Verdict != identity.Later {
			return nil, nil, fmt.Errorf("decision on %s and %s: unknown verdict %q", d.A, d.B, d.Verdict)
		}
		a, okA := at[d.A]
		b, okB := at[d.B]
		if !okA || !okB || a == b {
			continue
		}
		key := pairKey(a, b, k.width)
		if old, ok := decided[key]; !ok || newer(d, old) {
			decided[key] = d
		}
	}
	var extra []edge
	for key, d := range decided {
		_, found := slices.BinarySearchFunc(k.pairs, key, func(e entry, key uint64) int { return cmp.Compare(e.key, key) })
		if found || d.Verdict == identity.Later {
			continue
		}
		x := edge{bits: decidedBits, apart: d.Verdict == identity.Different}
		x.a, x.b = k.pair(entry{key: key})
		extra = append(extra, x)
	}
	slices.SortFunc(extra, func(x, y edge) int { return cmp.Or(c.byID(x.a, y.a), c.byID(x.b, y.b)) })
	return decided, extra, nil
}

func newer(d, old identity.Decision) bool {
	return cmp.Or(cmp.Compare(d.No, old.No), cmp.Compare(d.At.String(), old.At.String()), cmp.Compare(d.Verdict, old.Verdict)) > 0
}

// Cut returns the clusters of two and more records at a threshold in bits.
func (c *Columns) Cut(merges []Merge, threshold float64) [][]uint32 {
	members := map[uint32][]uint32{}
	of := map[uint32]uint32{} // the first record of the cluster of a record
	for _, m := range merges {
		if m.Bits < threshold {
			continue
		}
		a, b := m.A, m.B
		if r, ok := of[a]; ok {
			a = r
		}
		if r, ok := of[b]; ok {
			b = r
		}
		if members[a] == nil {
			members[a] = []uint32{a}
		}
		if members[b] == nil {
			members[b] = []uint32{b}
		}
		for _, r := range members[b] {
			of[r] = a
		}
		members[a] = append(members[a], members[b]...)
		delete(members, b)
	}
	firsts := make([]entry, 0, len(members))
	for root, set := range members {
		slices.SortFunc(set, c.byID)
		members[root], of[set[0]] = set, root
		firsts = append(firsts, entry{rec: set[0]})
	}
	c.sortByID(firsts)
	out := make([][]uint32, len(firsts))
	for i, e := range firsts {
		out[i] = members[of[e.rec]]
	}
	return out
}

// listed are the pairs that are 確定, that people decided on and that they
// should look at.
func (c *Columns) listed(w weigher, m Model, extra []edge) []Pair {
	candidates := w.k.pairs
	if len(extra) > 0 {
		candidates = slices.Clone(candidates)
		for _, x := range extra {
			candidates = append(candidates, entry{pairKey(x.a, x.b, w.k.width), uint32(c.compare(x.a, x.b))})
		}
	}
	var out []Pair
	for _, e := range candidates {
		p, bits, d := pattern(e.rec), w.bits(e), w.decided[e.key]
		class := classOf(p, bits, m, d)
		if class == "" {
			continue
		}
		x := Pair{Bits: bits, Probability: Probability(bits), Class: class, Decision: d}
		x.A, x.B = w.k.pair(e)
		if c.byID(x.A, x.B) > 0 {
			x.A, x.B = x.B, x.A
		}
		out = append(out, x)
	}
	slices.SortFunc(out, func(x, y Pair) int {
		return cmp.Or(-cmp.Compare(x.Bits, y.Bits), byNumber(x.A, y.A), byNumber(x.B, y.B))
	})
	return out
}

// byNumber orders records as they stand in Columns.
func byNumber(a, b uint32) int { return cmp.Compare(a, b) }

// classOf: only an equal certificate with the birth date, or a person, makes a
// pair 確定, whatever it weighs.
func classOf(p pattern, bits float64, m Model, d identity.Decision) string {
	switch {
	case d.Verdict == identity.Same:
		return pipeline.ClassConfirmed
	case d.Verdict == identity.Later:
		return pipeline.ClassReview
	case d.Verdict == identity.Different:
		if p.cert() == certEqual && d.Fingerprint == noEvidence {
			return pipeline.ClassReview
		}
		return ""
	case p.confirms():
		return pipeline.ClassConfirmed
	case bits >= m.Review && p.keptApart() == "":
		return pipeline.ClassReview
	}
	return ""
}

// noEvidence is the fingerprint of a decision on two records that had nothing in
// common; see identity.Fingerprint.
const noEvidence = "none"
