package jobs

import (
	"context"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/deadline"
)

// surroundings are the facts about records that stand outside of them. All are
// read at once, so that whoever walks through the register twice sees the same.
type surroundings struct {
	kin   *kin
	pairs map[string][]deadline.Candidate
	asked requests
	holds map[string][]deadline.NamedHold
}

func (h *House) surroundings(ctx context.Context) (s *surroundings, err error) {
	s = &surroundings{}
	if s.kin, err = h.kin(ctx); err != nil {
		return nil, err
	}
	if s.pairs, err = h.openPairs(ctx); err != nil {
		return nil, err
	}
	if s.asked, err = h.requests(ctx); err != nil {
		return nil, err
	}
	standing, v, err := h.standing(ctx)
	s.holds = map[string][]deadline.NamedHold{}
	for i := range standing {
		x := &standing[i]
		s.holds[x.AgentID] = append(s.holds[x.AgentID], named(v, x))
	}
	return s, err
}

// seenBy are candidates as of a day. Only an access stopped later than that day
// makes one appear later, and a stop acts at once, for whatever day.
func seenBy(asOf pipeline.Date, all []deadline.Candidate) []deadline.Candidate {
	out := slices.Clone(all)
	for i := range out {
		out[i].FirstSeen = min(out[i].FirstSeen, asOf)
	}
	return out
}

// of are the circumstances of one record on a day.
func (s *surroundings) of(id string, asOf pipeline.Date) deadline.Circumstances {
	c := deadline.Circumstances{
		Duplicates: seenBy(asOf, s.pairs[id]), Holds: s.holds[id], ClusterHoldsPass: s.kin.holdPass(id, asOf),
	}
	s.asked.circumstances(id, &c)
	return c
}
