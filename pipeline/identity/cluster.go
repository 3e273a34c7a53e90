package identity

import (
	"slices"

	"meibo/pipeline"
)

// clusters is a union-find over the records that some confirmed pair or human
// 別人 names; all others stand alone.
type clusters struct {
	parent  map[string]string
	members map[string][]string // by root
	apart   map[string][]string // records that people said are different
}

// cluster joins confirmed pairs, human ones first, each time in order of ID. A
// pair that would bring two different people together is not joined but sent
// back to review.
func cluster(all []verdict) [][]string {
	c := clusters{map[string]string{}, map[string][]string{}, map[string][]string{}}
	for i := range all {
		if v := &all[i]; v.decision.Verdict == Different {
			c.apart[v.A] = append(c.apart[v.A], v.B)
			c.apart[v.B] = append(c.apart[v.B], v.A)
		}
	}
	for _, human := range []bool{true, false} {
		for i := range all {
			v := &all[i]
			if v.class != pipeline.ClassConfirmed || human != (v.decision.Verdict == Same) {
				continue
			}
			if !c.join(v.A, v.B) {
				v.class = pipeline.ClassReview
				v.notes = append(v.notes, "同一人とすると、別人と判断された募集人IDどうしが同じ人になるため、審査が必要")
			}
		}
	}
	var out [][]string
	for _, set := range c.members {
		slices.Sort(set)
		out = append(out, set)
	}
	slices.SortFunc(out, slices.Compare[[]string])
	return out
}

func (c *clusters) root(r string) string {
	p, ok := c.parent[r]
	if !ok {
		return r
	}
	p = c.root(p)
	c.parent[r] = p
	return p
}

// join makes a and b one cluster unless some of theirs are kept apart.
func (c *clusters) join(a, b string) bool {
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

func (c *clusters) of(root string) []string {
	if m, ok := c.members[root]; ok {
		return m
	}
	return []string{root}
}
