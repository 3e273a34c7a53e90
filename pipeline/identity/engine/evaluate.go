package engine

import (
	"iter"

	"meibo/pipeline"
)

// Quality is how well clusters at a threshold fit the truth, counted over pairs
// of records in one cluster.
type Quality struct {
	Threshold float64 `json:"threshold"` // bits
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
}

// Truth says which records are one person.
type Truth struct {
	labels []uint64
	wanted float64 // pairs of records that are one person
}

// NewTruth takes a label for each record in the order in which they were added:
// those with equal labels other than 0 are one person. Labels are spread evenly,
// as those of Label.
func NewTruth(labels []uint64) *Truth {
	t := &Truth{labels: labels}
	es := newGatherer().shared(len(labels), func(i int, put func(uint64, uint32)) {
		if labels[i] != 0 {
			put(labels[i], uint32(i))
		}
	})
	sortEntries(es)
	eachRun(es, func(one []entry) { t.wanted += float64(len(one)) * float64(len(one)-1) / 2 })
	return t
}

// of is the label of a record of the columns.
func (t *Truth) of(c *Columns, r uint32) uint64 { return t.labels[c.added[r]] }

// Evaluate measures the merges of Resolve, which are the strongest first,
// against the truth. It returns the quality at the threshold of the model and at
// the best one.
func (c *Columns) Evaluate(merges []Merge, truth *Truth, threshold float64) (own, best Quality) {
	m := measure{c: c, truth: truth, of: map[uint32]uint32{}, members: map[uint32][]uint32{}}
	own, best = m.quality(threshold), m.quality(threshold)
	for i, x := range merges {
		m.merge(x.A, x.B)
		if i+1 < len(merges) && merges[i+1].Bits == x.Bits {
			continue
		}
		q := m.quality(x.Bits)
		if x.Bits >= threshold {
			own = q
			own.Threshold = threshold
		}
		if q.F1 > best.F1 {
			best = q
		}
	}
	return own, best
}

// Queue is what people are asked to look at: the pairs that are neither 確定 nor
// in one cluster.
type Queue struct {
	Pairs    int     `json:"pairs"`
	Share    float64 `json:"share"`            // of the records
	Answered float64 `json:"recall,omitempty"` // if they answer all rightly
}

// Queue counts the pairs to look at; own is the quality of the clusters, and
// truth may be nil.
func (c *Columns) Queue(r Result, truth *Truth, own Quality) Queue {
	cluster := map[uint32]uint32{}
	for _, set := range r.Clusters {
		for _, x := range set {
			cluster[x] = set[0] + 1
		}
	}
	var q Queue
	right := 0.0
	for _, p := range r.Pairs {
		if p.Class != pipeline.ClassReview || cluster[p.A] != 0 && cluster[p.A] == cluster[p.B] {
			continue
		}
		q.Pairs++
		if truth != nil {
			a, b := truth.of(c, p.A), truth.of(c, p.B)
			right += one(a != 0 && a == b)
		}
	}
	q.Share = float64(q.Pairs) / max(float64(len(c.rows)), 1)
	q.Answered = own.Recall
	if truth != nil && truth.wanted > 0 {
		q.Answered += right / truth.wanted
	}
	return q
}

// measure follows the clusters as they merge.
type measure struct {
	c            *Columns
	truth        *Truth
	found, right float64 // pairs of the clusters, and those of them that are true
	of           map[uint32]uint32
	members      map[uint32][]uint32
}

func (m *measure) quality(bits float64) Quality {
	q := Quality{Threshold: bits, Precision: 1, Recall: 1}
	if m.found > 0 {
		q.Precision = m.right / m.found
	}
	if m.truth.wanted > 0 {
		q.Recall = m.right / m.truth.wanted
	}
	if q.Precision+q.Recall > 0 {
		q.F1 = 2 * q.Precision * q.Recall / (q.Precision + q.Recall)
	}
	return q
}

func (m *measure) merge(a, b uint32) {
	x, y := m.cluster(a), m.cluster(b)
	if len(x) < len(y) {
		x, y = y, x
	}
	m.found += float64(len(x)) * float64(len(y))
	labels := make(map[uint64]int, len(y))
	for _, r := range y {
		labels[m.truth.of(m.c, r)]++
	}
	for _, r := range x {
		if t := m.truth.of(m.c, r); t != 0 {
			m.right += float64(labels[t])
		}
	}
	delete(m.members, m.root(y[0]))
	root := m.root(x[0])
	for _, r := range y {
		m.of[r] = root
	}
	m.members[root] = append(x, y...)
}

func (m *measure) root(r uint32) uint32 {
	if root, ok := m.of[r]; ok {
		return root
	}
	return r
}

func (m *measure) cluster(r uint32) []uint32 {
	if set, ok := m.members[m.root(r)]; ok {
		return set
	}
	return []uint32{r}
}

// Labels yields all IDs in their order, each with the name of its cluster: the
// smallest ID in it.
func (c *Columns) Labels(clusters [][]uint32) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		first := map[uint32]uint32{}
		for _, set := range clusters {
			for _, r := range set {
				first[r] = set[0]
			}
		}
		for _, r := range c.byIDs() {
			of, ok := first[r]
			if !ok {
				of = r
			}
			if !yield(c.ID(int(r)), c.ID(int(of))) {
				return
			}
		}
	}
}
