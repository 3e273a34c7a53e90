package identity

import (
	"slices"

	"meibo/pipeline"
)

// clusters is a union-find over the records that some confirmed pair or human
// 別人 names; all others stand alone.
type clusters struct {
	parent  map[uint32]uint32
	members map[uint32][]uint32 // by root
	apart   map[uint32][]uint32 // records that people said are different
}

// cluster joins confirmed pairs, human ones first, each time in order of ID. A
// pair that would bring two different people together is not joined but sent
// back to review.
func (t *table) cluster(cases []verdict) [][]string {
	c := clusters{map[uint32]uint32{}, map[uint32][]uint32{}, map[uint32][]uint32{}}
	for _, v := range cases {
		if v.decision.Verdict == Different {
			c.apart[v.a] = append(c.apart[v.a], v.b)
			c.apart[v.b] = append(c.apart[v.b], v.a)
		}
	}
	for _, human := range []bool{true, false} {
		for i := range cases {
			v := &cases[i]
			if v.class != pipeline.ClassConfirmed || human != (v.decision.Verdict == Same) {
				continue
			}
			if !c.join(v.a, v.b) {
				v.class = pipeline.ClassReview
				v.notes = append(v.notes, "同一人とすると、別人と判断された募集人IDどうしが同じ人になるため、審査が必要")
			}
		}
	}
	return t.named(c)
}

// named returns the clusters with agent IDs; records are numbered in their order.
func (t *table) named(c clusters) [][]string {
	var sets [][]uint32
	for _, set := range c.members {
		slices.Sort(set)
		sets = append(sets, set)
	}
	slices.SortFunc(sets, func(a, b []uint32) int { return slices.Compare(a, b) })
	var out [][]string
	for _, set := range sets {
		ids := make([]string, len(set))
		for i, r := range set {
			ids[i] = string(t.id(int(r)))
		}
		out = append(out, ids)
	}
	return out
}

func (c *clusters) root(r uint32) uint32 {
	p, ok := c.parent[r]
	if !ok {
		return r
	}
	p = c.root(p)
	c.parent[r] = p
	return p
}

// join makes a and b one cluster unless some of theirs are kept apart.
func (c *clusters) join(a, b uint32) bool {
	a, b = c.root(a), c.root(b)
	if a == b {
		return true
	}
	small, large := c.of(a), c.of(b)
	if len(small) > len(large) {
		a, b, small, large = b, a, large, small
	}
	for _, r := range small {
		for _, other := range c.apart[r] {
			if c.root(other) == b {
				return false
			}
		}
	}
	c.parent[a] = b
	c.members[b] = append(large, small...)
	delete(c.members, a)
	return true
}

func (c *clusters) of(root uint32) []uint32 {
	if m, ok := c.members[root]; ok {
		return m
	}
	return []uint32{root}
}
