package store

import (
	"context"
	"fmt"
	"iter"

	"meibo/pipeline"
)

// People yields everyone in order of ID: a merge-join of five tables that are
// read side by side in key order, in constant memory. The person and its slices
// are reused for the next one: copy what you keep (strings are safe).
func (s *Store) People(ctx context.Context) iter.Seq2[*pipeline.Person, error] {
	return func(yield func(*pipeline.Person, error) bool) {
		j := s.join(ctx)
		defer j.close()
		for {
			p, err := j.next()
			if err != nil {
				yield(nil, err)
				return
			}
			if p == nil || !yield(p, nil) {
				return
			}
		}
	}
}

// peopleJoin reads agents and four tables beside it.
type peopleJoin struct {
	agents         *prefetch[pipeline.Agent]
	names          *side[pipeline.Name]
	qualifications *side[pipeline.Qualification]
	registrations  *side[pipeline.Registration]
	activities     *side[pipeline.Activity]
	person         pipeline.Person
}

func (s *Store) join(ctx context.Context) *peopleJoin {
	return &peopleJoin{
		agents:         startPrefetch(ctx, s, agentsTable),
		names:          beside(ctx, s, namesTable, func(n *pipeline.Name) string { return n.AgentID }),
		qualifications: beside(ctx, s, qualificationsTable, func(q *pipeline.Qualification) string { return q.AgentID }),
		registrations:  beside(ctx, s, registrationsTable, func(r *pipeline.Registration) string { return r.AgentID }),
		activities:     beside(ctx, s, activitiesTable, func(a *pipeline.Activity) string { return a.AgentID }),
	}
}

func (j *peopleJoin) close() {
	j.agents.close()
	j.names.close()
	j.qualifications.close()
	j.registrations.close()
	j.activities.close()
}

// next returns nil after the last person, when the other tables must have
// ended too.
func (j *peopleJoin) next() (*pipeline.Person, error) {
	agent, err := j.agents.next()
	if err != nil {
		return nil, err
	}
	id := afterEveryone
	if agent != nil {
		j.person.Agent, id = *agent, agent.ID
	}
	p := &j.person
	if p.Names, err = j.names.of(id); err != nil {
		return nil, err
	}
	if p.Qualifications, err = j.qualifications.of(id); err != nil {
		return nil, err
	}
	if p.Registrations, err = j.registrations.of(id); err != nil {
		return nil, err
	}
	if p.Activities, err = j.activities.of(id); err != nil {
		return nil, err
	}
	if agent == nil {
		return nil, nil
	}
	return p, nil
}

// afterEveryone sorts behind every ID: no UTF-8 text holds this byte.
const afterEveryone = "\xff"

// side walks one table beside agents, one row ahead.
type side[T any] struct {
	*prefetch[T]
	table string
	id    func(*T) string
	ahead *T // the row after the last group; nil at the end
	begun bool
	group []T
}

func beside[T any](ctx context.Context, s *Store, m mapping[T], id func(*T) string) *side[T] {
	return &side[T]{prefetch: startPrefetch(ctx, s, m), table: m.Name, id: id}
}

// of returns the rows of one agent; agents must be asked for in order. Rows of
// an ID that is not in agents would be judged by nobody, so they stop the work.
func (t *side[T]) of(agent string) (group []T, err error) {
	if !t.begun {
		t.begun = true
		if t.ahead, err = t.next(); err != nil {
			return nil, err
		}
	}
	t.group = t.group[:0]
	for t.ahead != nil {
		switch id := t.id(t.ahead); {
		case id < agent:
			return nil, fmt.Errorf("table %s has rows of %s, who is not in agents", t.table, id)
		case id > agent:
			return t.group, nil
		}
		t.group = append(t.group, *t.ahead)
		if t.ahead, err = t.next(); err != nil {
			return nil, err
		}
	}
	return t.group, nil
}
