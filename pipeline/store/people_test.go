package store

import (
	"context"
	"errors"
	"strings"
	"testing"

	"meibo/pipeline"
	"meibo/pipeline/run"
)

// TestPeopleOfManyBatches crosses the slices in which rows are read ahead.
func TestPeopleOfManyBatches(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		r := large(3*prefetchRows + 7)
		r.put(t, s)
		i := 0
		for p, err := range s.People(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if p.Agent.ID != r.agents[i].ID || len(p.Names) != 2 || len(p.Qualifications) != 3 || len(p.Registrations) != 1 || len(p.Activities) != 1 {
				t.Fatalf("person %d is %s with %d names, %d qualifications, %d registrations, %d activities", i,
					p.Agent.ID, len(p.Names), len(p.Qualifications), len(p.Registrations), len(p.Activities))
			}
			for j, q := range p.Qualifications {
				if q != r.qualifications[3*i+j] {
					t.Fatalf("person %d: qualification %+v, want %+v", i, q, r.qualifications[3*i+j])
				}
			}
			i++
		}
		if i != len(r.agents) {
			t.Errorf("%d people, want %d", i, len(r.agents))
		}
	})
}

// TestPeopleMayBeLeftAtAnyTime: a broken loop leaves no connection in use.
func TestPeopleMayBeLeftAtAnyTime(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		large(2*prefetchRows).put(t, s)
		for _, stopAt := range []int{0, 1, prefetchRows, prefetchRows + 1} {
			i := 0
			for range s.People(t.Context()) {
				if i++; i > stopAt {
					break
				}
			}
			if n := s.db.Stats().InUse; n != 0 {
				t.Errorf("left at %d: %d connections in use", stopAt, n)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var last error
		for _, last = range s.People(ctx) {
			cancel()
		}
		if !errors.Is(last, context.Canceled) {
			t.Errorf("a cancelled stream ended with %v", last)
		}
	})
}

func TestRowsOfNobodyStopThePeople(t *testing.T) {
	for name, id := range map[string]string{"before": "A0000", "between": "A0002x", "after": "Z"} {
		t.Run(name, func(t *testing.T) {
			s := openTest(t, newSQLite(t))
			sample().put(t, s)
			// Only a hand at the database can do this.
			conn, err := s.db.Connx(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			for _, q := range []string{
				"PRAGMA foreign_keys = OFF",
				"INSERT INTO agent_names (agent_id, kind, name, origins) VALUES ('" + id + "', '氏名', 'x', '')",
			} {
				if _, err := conn.ExecContext(t.Context(), q); err != nil {
					t.Fatal(err)
				}
			}
			var last error
			for _, last = range s.People(t.Context()) {
			}
			if last == nil || !strings.Contains(last.Error(), "agent_names has rows of "+id) {
				t.Errorf("People ended with %v", last)
			}
		})
	}
}

func TestPeopleOfAnEmptyRegister(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		for p, err := range s.People(t.Context()) {
			t.Errorf("somebody: %v, %v", p, err)
		}
		wantEqual(t, "nobody", must(s.Person(t.Context(), "A"))(t), (*pipeline.Person)(nil))
	})
}

// brittle is a column whose last row is too much for the program.
type brittle struct {
	field
	last string
}

func (b brittle) Scan(v any) error {
	err := b.field.Scan(v)
	if b.field.value() == b.last {
		panic(v)
	}
	return err
}

// TestPanicWhileReadingAheadComesToTheCaller: as an error, behind the rows that
// were read, and no connection stays in use.
func TestPanicWhileReadingAheadComesToTheCaller(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		r := large(2 * prefetchRows)
		r.put(t, s)
		broken := agentsTable
		broken.fields = func(a *pipeline.Agent) []field {
			fields := agentsTable.fields(a)
			fields[0] = brittle{fields[0], r.agents[len(r.agents)-1].ID}
			return fields
		}
		p := startPrefetch(t.Context(), s, broken)
		rows := 0
		var err error
		for ; err == nil; rows++ {
			var a *pipeline.Agent
			if a, err = p.next(); a == nil && err == nil {
				t.Fatal("the table ended")
			}
		}
		p.close()
		caught, ok := errors.AsType[*run.ErrPanic](err)
		if !ok || !strings.Contains(string(caught.Stack), "people_test.go") || rows <= prefetchRows {
			t.Fatalf("after %d rows: %v", rows, err)
		}
		if n := s.db.Stats().InUse; n != 0 {
			t.Errorf("%d connections in use", n)
		}
	})
}
