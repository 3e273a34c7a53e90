package store

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"meibo/pipeline"
)

// People yields everyone in order of ID: a merge-join of five tables that are
// read side by side in key order, in constant memory. The person and its slices
// are reused for the next one: copy what you keep (strings are safe).
func (s *Store) People(ctx context.Context) iter.Seq2[*pipeline.Person, error] {
	return func(yield func(*pipeline.Person, error) bool) {
		j, err := s.join(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
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

// peopleJoin holds the five cursors.
type peopleJoin struct {
	agents         *cursor[pipeline.Agent]
	names          *side[pipeline.Name]
	qualifications *side[pipeline.Qualification]
	registrations  *side[pipeline.Registration]
	activities     *side[pipeline.Activity]
	person         pipeline.Person
	closers        []func() error
}

func (s *Store) join(ctx context.Context) (*peopleJoin, error) {
	j := &peopleJoin{}
	var errs [5]error
	j.agents, errs[0] = open(ctx, s.db, agentsTable, agentsTable.ordered(""))
	j.names, errs[1] = beside(ctx, s, j, namesTable, func(n *pipeline.Name) string { return n.AgentID })
	j.qualifications, errs[2] = beside(ctx, s, j, qualificationsTable, func(q *pipeline.Qualification) string { return q.AgentID })
	j.registrations, errs[3] = beside(ctx, s, j, registrationsTable, func(r *pipeline.Registration) string { return r.AgentID })
	j.activities, errs[4] = beside(ctx, s, j, activitiesTable, func(a *pipeline.Activity) string { return a.AgentID })
	if errs[0] == nil {
		j.closers = append(j.closers, j.agents.rows.Close)
	}
	if err := errors.Join(errs[:]...); err != nil {
		j.close()
		return nil, err
	}
	return j, nil
}

func (j *peopleJoin) close() {
	for _, c := range j.closers {
		c() // reading has ended: an error of closing changes nothing
	}
}

// next returns nil after the last person.
func (j *peopleJoin) next() (*pipeline.Person, error) {
	ok, err := j.agents.next()
	if err != nil || !ok {
		return nil, err
	}
	p := &j.person
	p.Agent = j.agents.row
	if p.Names, err = j.names.of(p.Agent.ID); err != nil {
		return nil, err
	}
	if p.Qualifications, err = j.qualifications.of(p.Agent.ID); err != nil {
		return nil, err
	}
	if p.Registrations, err = j.registrations.of(p.Agent.ID); err != nil {
		return nil, err
	}
	if p.Activities, err = j.activities.of(p.Agent.ID); err != nil {
		return nil, err
	}
	return p, nil
}

// side walks one table beside agents, one row ahead.
type side[T any] struct {
	*cursor[T]
	id    func(*T) string
	ahead bool // row holds the next row
	group []T
}

func beside[T any](ctx context.Context, s *Store, j *peopleJoin, m mapping[T], id func(*T) string) (*side[T], error) {
	c, err := open(ctx, s.db, m, m.ordered(""))
	if err != nil {
		return nil, err
	}
	j.closers = append(j.closers, c.rows.Close)
	ahead, err := c.next()
	return &side[T]{cursor: c, id: id, ahead: ahead}, err
}

// of returns the rows of one agent; agents must be asked for in order. Rows of
// an ID that is not in agents would be judged by nobody, so they stop the work.
func (t *side[T]) of(agent string) ([]T, error) {
	t.group = t.group[:0]
	for t.ahead {
		switch id := t.id(&t.row); {
		case id < agent:
			return nil, fmt.Errorf("table %s has rows of %s, who is not in agents", t.table, id)
		case id > agent:
			return t.group, nil
		}
		t.group = append(t.group, t.row)
		var err error
		if t.ahead, err = t.next(); err != nil {
			return nil, err
		}
	}
	return t.group, nil
}
