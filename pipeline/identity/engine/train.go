package engine

import (
	"cmp"
	"math"
	"slices"

	"meibo/pipeline"
)

// keepMargin is how many bits a pair may lack of even odds and still be kept,
// each comparison counting against it for worstKept at most: training may come
// to think better of it.
const (
	keepMargin = -8
	worstKept  = -6
)

// Candidates compares all pairs that share a key, under a model that is lenient
// with what differs. The result serves training and linking alike.
func (c *Columns) Candidates() *Candidates { return c.CandidatesWatched(func(bool) {}) }

// CandidatesWatched is Candidates for whoever has a clock: it calls turn with
// true when it goes over from finding pairs to comparing them, and with false
// when it goes back.
func (c *Columns) CandidatesWatched(turn func(comparing bool)) *Candidates {
	m := c.facts.prepared()
	m.PairsEach = max(m.PairsEach, 0.25)
	mails := m.Comparisons[compareMail].Levels
	mails[mailMade].U = mails[mailEqual].U
	return c.candidates(m, worstKept, keepMargin, turn)
}

// weighed is a pattern and how many pairs show it.
type weighed struct {
	p pattern
	n float64
}

// Expectation-maximisation stops after so many rounds, or when no m moves.
const (
	rounds   = 100
	still    = 1e-5
	imagined = 20 // pairs that the starting values count for
)

// Train learns from the candidates how often the levels occur among true pairs.
// u is taken from the columns; m starts from what registers are like and follows
// the pairs by expectation-maximisation on the counts of patterns, which has one
// outcome whatever the order. on is the day it is done.
func (c *Columns) Train(k *Candidates, on pipeline.Date) Model {
	m := c.facts.prepared()
	m.TrainedOn = on
	start := c.facts.prepared().Comparisons
	patterns := k.patterns()
	for range rounds {
		if c.round(&m, start, patterns) < still {
			break
		}
	}
	m.even()
	m.shorten()
	return m
}

// stronger lists levels of which the first says more for one person than the
// second. Those of names differ in how rare a part agrees, which counts apart.
func stronger() [6][][2]int {
	pairs := func(first int, others ...int) (out [][2]int) {
		for _, l := range others {
			out = append(out, [2]int{first, l})
		}
		return out
	}
	return [6][][2]int{
		compareBorn: slices.Concat(
			pairs(int(bornEqual), int(bornNextDay), int(bornTurned), int(bornDigit)),
			pairs(int(bornDigit), int(bornNear)),
			pairs(int(bornNear), int(bornConflict)),
		),
		compareMail: slices.Concat(
			pairs(int(mailEqual), int(mailMade), int(mailShared), int(mailLocal)),
			pairs(int(mailMade), int(mailDerived)),
			pairs(int(mailLocal), int(mailSimilar)),
			pairs(int(mailShared), int(mailConflict)),
			pairs(int(mailDerived), int(mailConflict)),
			pairs(int(mailSimilar), int(mailConflict)),
		),
		compareCert:   {{int(certEqual), int(certConflict)}, {int(certConflict), int(certSameDay)}},
		compareSex:    {{int(flatEqual), int(flatConflict)}},
		compareAgency: {{int(flatEqual), int(flatConflict)}},
	}
}

// even gives levels that would weigh less than weaker ones the weight of both
// together: few pairs taught them, or none.
func (m *Model) even() {
	for i, pairs := range stronger() {
		ls := m.Comparisons[i].Levels
		group := newSets(len(ls))
		for again := true; again; {
			again = false
			for _, p := range pairs {
				if a, b := uint32(p[0]), uint32(p[1]); group.find(a) != group.find(b) && ls[a].bits() < ls[b].bits() {
					group.join(a, b)
					level(ls, group, group.find(a))
					again = true
				}
			}
		}
	}
}

// level gives all levels of a group the weight of the group.
func level(ls []Level, group sets, root uint32) {
	m, u := 0.0, 0.0
	for l := range ls {
		if group.find(uint32(l)) == root {
			m, u = m+ls[l].M, u+ls[l].U
		}
	}
	for l := range ls {
		if group.find(uint32(l)) == root {
			ls[l].M = ls[l].U * m / u
		}
	}
}

// patterns counts the patterns, in their order. Those that a constraint forbids
// teach nothing: twins would pass for people who change their given names.
func (k *Candidates) patterns() []weighed {
	t := newCounter(1 << 12)
	for _, e := range k.pairs {
		t.add(uint64(e.rec) + 1)
	}
	var out []weighed
	for i, key := range t.keys {
		if p := pattern(key - 1); key != 0 && !p.forbids() {
			out = append(out, weighed{p, float64(t.counts[i])})
		}
	}
	slices.SortFunc(out, func(a, b weighed) int { return int(int64(a.p) - int64(b.p)) })
	return out
}

// round does one step of expectation and one of maximisation, and returns the
// greatest change of an m.
func (c *Columns) round(m *Model, start []Comparison, patterns []weighed) float64 {
	table := m.table(len(c.rows), math.Inf(-1))
	var sums [6][32]float64
	total, madeAlike, madeOne := 0.0, 0.0, 0.0
	for _, w := range patterns {
		bits := float64(table[w.p&(1<<levelBits-1)]) + w.p.rareName() + w.p.rareAgency()
		n := w.n * Probability(bits)
		total += n
		for i, l := range w.p.levels() {
			sums[i][l] += n
		}
		switch w.p.mail() {
		case mailMade:
			madeAlike, madeOne = madeAlike+w.n-n, madeOne+n
		case mailDerived:
			madeOne += n
		}
	}
	moved := 0.0
	for i := range m.Comparisons {
		ls := m.Comparisons[i].Levels
		known := 0.0
		for l := 1; l < len(ls); l++ {
			known += sums[i][l]
		}
		for l := 1; l < len(ls); l++ {
			v := (sums[i][l] + imagined*start[i].Levels[l].M) / (known + imagined)
			v = min(max(v, 1e-5), 1)
			moved = max(moved, math.Abs(v-ls[l].M))
			ls[l].M = v
		}
	}
	made := &m.Comparisons[compareMail].Levels[mailMade]
	// However many namesakes share their addresses: what agrees speaks for nobody's
	// being two people.
	made.U = min(c.facts.madeAlike(madeAlike, madeOne), made.M)
	m.PairsEach = max(total, 1) / max(float64(len(c.rows)), 1)
	return moved
}

// shorten cuts all numbers to six digits, so that the model reads and writes as it is.
func (m *Model) shorten() {
	cut := func(v *float64) {
		if *v > 0 {
			scale := math.Pow(10, 6-math.Ceil(math.Log10(*v)))
			*v = math.Round(*v*scale) / scale
		}
	}
	cut(&m.PairsEach)
	for i := range m.Comparisons {
		for l := range m.Comparisons[i].Levels {
			cut(&m.Comparisons[i].Levels[l].M)
			cut(&m.Comparisons[i].Levels[l].U)
		}
	}
}

// Shift is a level that is no longer as frequent among true pairs as the model
// learnt.
type Shift struct {
	Comparison string  `json:"comparison"` // Japanese
	Level      string  `json:"level"`      // Japanese
	Was        float64 `json:"was"`        // m of the model
	Now        float64 `json:"now"`        // m among the true pairs of today, as far as the model knows them
}

// By is how far the level shifted.
func (s Shift) By() float64 { return math.Abs(s.Now - s.Was) }

// Drift is how far the true pairs of today differ from those the model was
// trained on: the greatest shift, 0 to 1.
func (c *Columns) Drift(k *Candidates, m Model) float64 { return c.Shifts(k, m)[0].By() }

// Shifts lists all levels, those first that shifted most.
func (c *Columns) Shifts(k *Candidates, m Model) []Shift {
	now := m
	now.Comparisons = nil
	for _, x := range m.Comparisons {
		x.Levels = slices.Clone(x.Levels)
		now.Comparisons = append(now.Comparisons, x)
	}
	c.round(&now, m.Comparisons, k.patterns())
	now.even() // as the model is
	var out []Shift
	for i, x := range m.Comparisons {
		for l := 1; l < len(x.Levels); l++ {
			out = append(out, Shift{x.Name, x.Levels[l].Name, x.Levels[l].M, now.Comparisons[i].Levels[l].M})
		}
	}
	slices.SortStableFunc(out, func(a, b Shift) int { return -cmp.Compare(a.By(), b.By()) })
	return out
}
