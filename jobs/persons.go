package jobs

import (
	"context"

	"meibo/pipeline"
)

// persons reads everything on file for the IDs, which are in order; an ID that
// is not in the register is left out.
func (h *House) persons(ctx context.Context, ids []string) ([]*pipeline.Person, error) {
	agents, err := h.Store.Agents(ctx, ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*pipeline.Person, len(agents))
	for _, a := range agents {
		byID[a.ID] = &pipeline.Person{Agent: a}
	}
	if err := join(byID, func(n pipeline.Name) string { return n.AgentID },
		func(p *pipeline.Person, n pipeline.Name) { p.Names = append(p.Names, n) })(h.Store.Names(ctx, ids)); err != nil {
		return nil, err
	}
	if err := join(byID, func(q pipeline.Qualification) string { return q.AgentID },
		func(p *pipeline.Person, q pipeline.Qualification) { p.Qualifications = append(p.Qualifications, q) })(h.Store.Qualifications(ctx, ids)); err != nil {
		return nil, err
	}
	if err := join(byID, func(r pipeline.Registration) string { return r.AgentID },
		func(p *pipeline.Person, r pipeline.Registration) { p.Registrations = append(p.Registrations, r) })(h.Store.Registrations(ctx, ids)); err != nil {
		return nil, err
	}
	if err := join(byID, func(a pipeline.Activity) string { return a.AgentID },
		func(p *pipeline.Person, a pipeline.Activity) { p.Activities = append(p.Activities, a) })(h.Store.Activities(ctx, ids)); err != nil {
		return nil, err
	}
	out := make([]*pipeline.Person, 0, len(byID))
	for _, id := range ids {
		if p := byID[id]; p != nil {
			out = append(out, p)
		}
	}
	return out, nil
}

// personsByID are the same by ID, which may stand in any order and more than once.
func (h *House) personsByID(ctx context.Context, ids []string) (map[string]*pipeline.Person, error) {
	persons, err := h.persons(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[string]*pipeline.Person, len(persons))
	for _, p := range persons {
		out[p.Agent.ID] = p
	}
	return out, nil
}

// join hands each row of a look-up to the person it belongs to.
func join[T any](byID map[string]*pipeline.Person, id func(T) string, add func(*pipeline.Person, T)) func([]T, error) error {
	return func(rows []T, err error) error {
		for _, r := range rows {
			if p := byID[id(r)]; p != nil {
				add(p, r)
			}
		}
		return err
	}
}
