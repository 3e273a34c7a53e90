package store

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"meibo/pipeline"
	"meibo/pipeline/run"
)

// queryer is the database or a transaction.
type queryer interface {
	QueryxContext(ctx context.Context, query string, args ...any) (*sqlx.Rows, error)
}

// cursor walks the rows of one statement. The row is reused.
type cursor[T any] struct {
	table string
	rows  *sqlx.Rows
	row   T
	into  []any
}

// open runs a statement made by m.query or m.ordered.
func open[T any](ctx context.Context, q queryer, m mapping[T], statement string, args ...any) (*cursor[T], error) {
	rows, err := q.QueryxContext(ctx, statement, args...)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", m.Name, err)
	}
	c := &cursor[T]{table: m.Name, rows: rows}
	c.into = destinations(m.fields(&c.row))
	return c, nil
}

// next reads one row into c.row; false at the end.
func (c *cursor[T]) next() (bool, error) {
	if !c.rows.Next() {
		if err := c.rows.Err(); err != nil {
			return false, fmt.Errorf("read %s: %w", c.table, err)
		}
		return false, nil
	}
	if err := c.rows.Scan(c.into...); err != nil {
		return false, fmt.Errorf("read %s: %w", c.table, err)
	}
	return true, nil
}

// stream yields the rows of a statement. The value behind the pointer is reused
// from row to row: copy what you keep.
func stream[T any](ctx context.Context, q queryer, m mapping[T], statement string, args ...any) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		c, err := open(ctx, q, m, statement, args...)
		if err != nil {
			yield(nil, err)
			return
		}
		defer c.rows.Close()
		for {
			ok, err := c.next()
			if err != nil {
				yield(nil, err)
				return
			}
			if !ok || !yield(&c.row, nil) {
				return
			}
		}
	}
}

func destinations(fields []field) []any {
	out := make([]any, len(fields))
	for i, f := range fields {
		out[i] = safely{f}
	}
	return out
}

// safely turns a panic while a column is taken in into an error: through
// sql.Rows.Scan it would leave a lock behind, for which Close waits for ever.
type safely struct{ field }

func (s safely) Scan(v any) error { return run.Guard(func() error { return s.field.Scan(v) }) }

func collect[T any](rows iter.Seq2[*T, error]) ([]T, error) {
	var out []T
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		out = append(out, *row)
	}
	return out, nil
}

// one returns the first row, and false if there is none.
func one[T any](rows iter.Seq2[*T, error]) (row T, found bool, err error) {
	for r, err := range rows {
		if err != nil {
			return row, false, err
		}
		return *r, true, nil
	}
	return row, false, nil
}

// lookup returns the rows whose column has one of the values, in key order.
func lookup[T any](ctx context.Context, q queryer, m mapping[T], column string, values []string) ([]T, error) {
	return lookupThen(ctx, q, m, column, values, "")
}

// lookupThen is lookup by statements with an end of their own.
func lookupThen[T any](ctx context.Context, q queryer, m mapping[T], column string, values []string, end string) ([]T, error) {
	const chunk = 1000 // placeholders of one statement
	values = slices.Compact(slices.Sorted(slices.Values(values)))
	var out []T
	for part := range slices.Chunk(values, chunk) {
		where := "WHERE " + quote(column) + " IN (" + marks(len(part)) + ")"
		rows, err := collect(stream(ctx, q, m, m.ordered(where)+end, anys(part)...))
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

func anys(values []string) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

// Agents returns the agents with these IDs that exist, in order of ID.
func (s *Store) Agents(ctx context.Context, ids []string) ([]pipeline.Agent, error) {
	return lookup(ctx, s.db, agentsTable, "agent_id", ids)
}

// Names returns all names of these IDs in key order.
func (s *Store) Names(ctx context.Context, ids []string) ([]pipeline.Name, error) {
	return lookup(ctx, s.db, namesTable, "agent_id", ids)
}

// Qualifications returns all qualifications of these IDs in key order, the
// withdrawn ones too.
func (s *Store) Qualifications(ctx context.Context, ids []string) ([]pipeline.Qualification, error) {
	return lookup(ctx, s.db, qualificationsTable, "agent_id", ids)
}

// Events returns all registration events of these IDs, in order of agent,
// agency and role, and within these as they apply: by day, then by arrival.
func (s *Store) Events(ctx context.Context, ids []string) ([]pipeline.RegistrationEvent, error) {
	events, err := lookup(ctx, s.db, eventsTable, "agent_id", ids)
	slices.SortStableFunc(events, func(a, b pipeline.RegistrationEvent) int {
		return cmp.Or(
			strings.Compare(a.AgentID, b.AgentID), strings.Compare(a.AgencyNo, b.AgencyNo),
			strings.Compare(a.Role, b.Role), cmp.Compare(a.On, b.On), strings.Compare(a.Arrival, b.Arrival),
		)
	})
	return events, err
}

// Registrations returns all registrations of these IDs in key order.
func (s *Store) Registrations(ctx context.Context, ids []string) ([]pipeline.Registration, error) {
	return lookup(ctx, s.db, registrationsTable, "agent_id", ids)
}

// Activities returns all activities of these IDs in key order.
func (s *Store) Activities(ctx context.Context, ids []string) ([]pipeline.Activity, error) {
	return lookup(ctx, s.db, activitiesTable, "agent_id", ids)
}

// Agencies returns the agencies with these numbers that exist, in order.
func (s *Store) Agencies(ctx context.Context, numbers []string) ([]pipeline.Agency, error) {
	return lookup(ctx, s.db, agenciesTable, "agency_no", numbers)
}

// AllAgencies yields every agency in order of number. The value behind the
// pointer is reused.
func (s *Store) AllAgencies(ctx context.Context) iter.Seq2[*pipeline.Agency, error] {
	return stream(ctx, s.db, agenciesTable, agenciesTable.ordered(""))
}

// Roster returns the registrations at one agency, in order of person.
func (s *Store) Roster(ctx context.Context, agencyNo string) ([]pipeline.Registration, error) {
	return lookup(ctx, s.db, registrationsTable, "agency_no", []string{agencyNo})
}

// Certificate is a certificate number, which is given out per kind.
type Certificate struct{ Code, No string }

// Certificates says under which IDs certificates with these numbers stand; the
// IDs are sorted, each once.
func (s *Store) Certificates(ctx context.Context, numbers []string) (map[Certificate][]string, error) {
	rows, err := lookup(ctx, s.db, qualificationsTable, "certificate_no", numbers)
	if err != nil {
		return nil, err
	}
	out := map[Certificate][]string{}
	for _, q := range rows {
		c := Certificate{q.Code, q.CertificateNo}
		out[c] = append(out[c], q.AgentID)
	}
	for no, ids := range out {
		out[no] = slices.Compact(slices.Sorted(slices.Values(ids)))
	}
	return out, nil
}

// AgentsNamed returns the people born on that day who bear one of the names,
// byte for byte, as 氏名, カナ or 旧氏名; an empty list of names asks for all
// born on that day. It serves look-ups, whose clean-up is the caller's.
func (s *Store) AgentsNamed(ctx context.Context, born pipeline.Date, names []string) ([]pipeline.Agent, error) {
	agents, err := collect(stream(ctx, s.db, agentsTable, agentsTable.ordered("WHERE born_on = ?"), born.String()))
	if err != nil || len(names) == 0 {
		return agents, err
	}
	ids := make([]string, len(agents))
	for i, a := range agents {
		ids[i] = a.ID
	}
	all, err := s.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	bears := map[string]bool{}
	for _, n := range all {
		if slices.Contains(names, n.Text) {
			bears[n.AgentID] = true
		}
	}
	return slices.DeleteFunc(agents, func(a pipeline.Agent) bool { return !bears[a.ID] }), nil
}

// Person returns everything on file for one ID, or nil if there is nothing.
func (s *Store) Person(ctx context.Context, id string) (*pipeline.Person, error) {
	ids := []string{id}
	agents, err := s.Agents(ctx, ids)
	if err != nil || len(agents) == 0 {
		return nil, err
	}
	p := &pipeline.Person{Agent: agents[0]}
	if p.Names, err = s.Names(ctx, ids); err != nil {
		return nil, err
	}
	if p.Qualifications, err = s.Qualifications(ctx, ids); err != nil {
		return nil, err
	}
	if p.Registrations, err = s.Registrations(ctx, ids); err != nil {
		return nil, err
	}
	if p.Activities, err = s.Activities(ctx, ids); err != nil {
		return nil, err
	}
	return p, nil
}
