package engine

import (
	"cmp"
	"container/heap"
	"iter"
	"math"
	"slices"

	"meibo/pipeline/identity"
)

// Merge joins two clusters, named by their first records, at so many bits on
// average over all pairs between them. Cutting the merges below a threshold
// gives the clusters at that threshold.
type Merge struct {
	A, B uint32
	Bits float64
}

// Alarm tells of a group so large that something must be wrong: its weakest
// edges were left out until it fell apart, or, where so many records are alike
// that not all of their pairs were compared, it was clustered by those that were.
type Alarm struct {
	FirstID string
	Records int
	Floor   float64 // bits
	Sampled bool    // not all pairs were compared
}

// Limits of linking: an edge below linkFloor joins nobody; a component above
// mostLinked records is a giant.
const (
	linkFloor  = -8
	mostLinked = 3000
	giantStep  = 4
)

// edge is a weighed pair.
type edge struct {
	a, b  uint32
	bits  float64
	apart bool // must not be in one cluster
}

// bound are the decisions of people on pairs of records.
type bound map[uint64]identity.Decision

// linker clusters the records.
type linker struct {
	c       *Columns
	unseen  float64
	chained map[uint32]bool // see Candidates
	merges  []Merge
	alarms  []Alarm
}

// weigher makes edges of candidates.
type weigher struct {
	k       *Candidates
	table   []float32
	decided bound
}

func (c *Columns) weigher(k *Candidates, m Model, decided bound) weigher {
	return weigher{k, m.table(len(c.rows), math.Inf(-1)), decided}
}

func (w weigher) bits(e entry) float64 {
	p := pattern(e.rec)
	return float64(w.table[p&(1<<levelBits-1)]) + p.rareName() + p.rareAgency()
}

func (w weigher) edge(e entry) edge {
	a, b := w.k.pair(e)
	x := edge{a, b, w.bits(e), pattern(e.rec).forbids()}
	if pattern(e.rec).confirms() {
		x.bits = decidedBits
	}
	switch w.decided[e.key].Verdict {
	case identity.Same:
		x.bits, x.apart = decidedBits, false
	case identity.Different:
		x.apart = true
	}
	return x
}

// edges are those of all candidates, and further ones.
func (w weigher) edges(extra []edge) iter.Seq[edge] {
	return func(yield func(edge) bool) {
		for _, e := range w.k.pairs {
			if !yield(w.edge(e)) {
				return
			}
		}
		for _, x := range extra {
			if !yield(x) {
				return
			}
		}
	}
}

// decidedBits is what a human 同一人 weighs, and a pair that is 確定: no third
// record parts the two.
const decidedBits = 100

// confirms reports whether a pair is 確定 whatever it weighs: by an equal
// certificate and the birth date.
func (p pattern) confirms() bool { return p.cert() == certEqual && p.born() == bornEqual }

// forbids reports whether a constraint keeps a pair apart, whatever else agrees.
func (p pattern) forbids() bool { return p.constraint() != "" }

// constraint names, in Japanese, what keeps a pair apart: two exams of one kind
// on one day under two numbers; twins, who share family name, birth date and
// agency, and have nothing of their own in common; parents, children and siblings,
// who share the family name and often a mail address.
func (p pattern) constraint() string {
	switch {
	case p.cert() == certSameDay:
		return "同じ日の同じ種類の試験に別の合格番号がある"
	case p.cert() == certEqual || p.mail() == mailEqual:
		return ""
	case p.name().relative() && p.born() == bornEqual && (p.agency() != flatConflict || p.mail() == mailShared):
		return "氏・生年月日と代理店かメールアドレスが同じで名が異なる（双子など）"
	case p.name() == nameRelative && p.born() > bornEqual:
		return "氏が同じで名も生年月日も異なる（親子・兄弟など）"
	}
	return ""
}

// link clusters along the edges, which it walks twice: once to see what hangs
// together, once to keep what lies inside.
func (l *linker) link(edges iter.Seq[edge], floor float64) {
	root := newSets(len(l.c.rows))
	for e := range edges {
		if e.bits >= floor && !e.apart {
			root.join(e.a, e.b)
		}
	}
	type placed struct {
		root uint32
		edge
	}
	var inside []placed
	for e := range edges {
		if r := root.find(e.a); r == root.find(e.b) {
			inside = append(inside, placed{r, e})
		}
	}
	slices.SortFunc(inside, func(x, y placed) int {
		return cmp.Or(cmp.Compare(x.root, y.root), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	var part []edge
	for start := 0; start < len(inside); {
		end := start
		part = part[:0]
		for ; end < len(inside) && inside[end].root == inside[start].root; end++ {
			part = append(part, inside[end].edge)
		}
		l.component(part, floor)
		start = end
	}
}

// component clusters one component by average linkage.
func (l *linker) component(edges []edge, floor float64) {
	if len(edges) == 1 {
		e := edges[0]
		if l.c.byID(e.a, e.b) > 0 {
			e.a, e.b = e.b, e.a
		}
		l.merges = append(l.merges, Merge{e.a, e.b, e.bits})
		return
	}
	var records []uint32
	for _, e := range edges {
		records = append(records, e.a, e.b)
	}
	slices.Sort(records)
	records = slices.Compact(records)
	if len(records) > mostLinked {
		first := slices.MinFunc(records, l.c.byID)
		l.alarms = append(l.alarms, Alarm{FirstID: l.c.ID(int(first)), Records: len(records), Floor: floor + giantStep})
		l.link(slices.Values(slices.Clone(edges)), floor+giantStep)
		return
	}
	slices.SortFunc(records, l.c.byID)
	a := newAverage(len(records), l.unseen)
	if len(records) > mostRefined && slices.ContainsFunc(records, func(r uint32) bool { return l.chained[r] }) {
		a.sampled = true
		l.alarms = append(l.alarms, Alarm{FirstID: l.c.ID(int(records[0])), Records: len(records), Floor: floor, Sampled: true})
	}
	at := make(map[uint32]int, len(records))
	for i, r := range records {
		at[r] = i
	}
	for _, e := range edges {
		a.add(at[e.a], at[e.b], e.bits, e.apart)
	}
	for _, m := range a.run(floor) {
		l.merges = append(l.merges, Merge{records[m.i], records[m.j], m.mean})
	}
}

// sets is a union-find over all records.
type sets []uint32

func newSets(n int) sets {
	s := make(sets, n)
	for i := range s {
		s[i] = uint32(i)
	}
	return s
}

func (s sets) find(x uint32) uint32 {
	for s[x] != x {
		s[x] = s[s[x]]
		x = s[x]
	}
	return x
}

func (s sets) join(a, b uint32) {
	a, b = s.find(a), s.find(b)
	s[max(a, b)] = min(a, b)
}

// tie is what stands between two clusters.
type tie struct {
	sum   float64 // bits of the compared pairs
	n     int     // of them
	apart bool
}

// average is average linkage over the records of one component, numbered in the
// order of their IDs; a cluster goes by its first record.
type average struct {
	unseen  float64
	sampled bool // pairs that were not compared say nothing
	size    []int
	ties    []map[int]tie
	queue   joins
}

// joint is a possible merge; it is stale once either cluster has grown.
type joint struct {
	mean         float64
	i, j         int
	sizeI, sizeJ int
}

type joins []joint

func (q joins) Len() int { return len(q) }
func (q joins) Less(x, y int) bool {
	return cmp.Or(-cmp.Compare(q[x].mean, q[y].mean), cmp.Compare(q[x].i, q[y].i), cmp.Compare(q[x].j, q[y].j)) < 0
}
func (q joins) Swap(x, y int) { q[x], q[y] = q[y], q[x] }
func (q *joins) Push(x any)   { *q = append(*q, x.(joint)) }
func (q *joins) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

func newAverage(n int, unseen float64) *average {
	a := &average{unseen: unseen, size: make([]int, n), ties: make([]map[int]tie, n)}
	for i := range n {
		a.size[i], a.ties[i] = 1, map[int]tie{}
	}
	return a
}

func (a *average) add(i, j int, bits float64, apart bool) {
	t := a.ties[i][j]
	t = tie{t.sum + bits, t.n + 1, t.apart || apart}
	a.ties[i][j], a.ties[j][i] = t, t
}

func (a *average) push(i, j int) {
	t := a.ties[i][j]
	if t.apart {
		return
	}
	pairs := a.size[i] * a.size[j]
	if a.sampled {
		pairs = t.n
	}
	mean := (t.sum + float64(pairs-t.n)*a.unseen) / float64(pairs)
	i, j = min(i, j), max(i, j)
	heap.Push(&a.queue, joint{mean, i, j, a.size[i], a.size[j]})
}

// run merges down to floor and returns the merges in their order.
func (a *average) run(floor float64) []joint {
	for i, ties := range a.ties {
		for j := range ties {
			if i < j {
				a.push(i, j)
			}
		}
	}
	var out []joint
	for a.queue.Len() > 0 {
		m := heap.Pop(&a.queue).(joint)
		if a.size[m.i] != m.sizeI || a.size[m.j] != m.sizeJ {
			continue
		}
		if m.mean < floor {
			break
		}
		out = append(out, m)
		a.merge(m.i, m.j)
	}
	return out
}

// merge takes cluster j into i. A size of 0 makes all that names j stale.
func (a *average) merge(i, j int) {
	delete(a.ties[i], j)
	delete(a.ties[j], i)
	for k, t := range a.ties[j] {
		s := a.ties[i][k]
		s = tie{s.sum + t.sum, s.n + t.n, s.apart || t.apart}
		a.ties[i][k], a.ties[k][i] = s, s
		delete(a.ties[k], j)
	}
	a.size[i] += a.size[j]
	a.size[j], a.ties[j] = 0, nil
	for k := range a.ties[i] {
		a.push(i, k)
	}
}
