package jobs

import (
	"context"

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
	s.holds, err = h.namedHolds(ctx)
	return s, err
}

// of are the circumstances of one record on a day.
func (s *surroundings) of(id string, asOf pipeline.Date) deadline.Circumstances {
	c := deadline.Circumstances{
		Duplicates: s.pairs[id], Holds: s.holds[id], ClusterHoldsPass: s.kin.holdPass(id, asOf),
	}
	s.asked.circumstances(id, &c)
	return c
}

// namedHolds are the holds that nobody released, by ID. Few records have one.
func (h *House) namedHolds(ctx context.Context) (map[string][]deadline.NamedHold, error) {
	out := map[string][]deadline.NamedHold{}
	for x, err := range h.Store.StandingHolds(ctx) {
		if err != nil {
			return nil, err
		}
		out[x.AgentID] = append(out[x.AgentID], deadline.NamedHold{Reason: x.Reason, By: x.By, Since: x.Since, ReviewBy: x.ReviewBy})
	}
	return out, nil
}
