package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// TableChanges tells how the rows of one table differ between two moments.
type TableChanges struct {
	Table    string `json:"table"`
	Inserted int    `json:"inserted"`
	Changed  int    `json:"changed"`
	Removed  int    `json:"removed"`
	// Examples are keys of the first such rows, their parts joined by slashes;
	// parts that hold a name or an address are left out.
	Examples Examples `json:"examples"`
}

// Examples are keys of rows, at most ExampleRows of each sort.
type Examples struct {
	Inserted []string `json:"inserted,omitempty"`
	Changed  []string `json:"changed,omitempty"`
	Removed  []string `json:"removed,omitempty"`
}

// ExampleRows bounds the keys shown of one sort of change.
const ExampleRows = 3

// Clone copies a SQLite database as it stands into a new file at path.
func (s *Store) Clone(ctx context.Context, path string) error {
	if err := createPrivate(path); err != nil {
		return fmt.Errorf("clone %s: %w", s.address, err)
	}
	if _, err := s.db.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return fmt.Errorf("clone %s: %w", s.address, err)
	}
	return nil
}

// ChangesSince compares every table with what it held before, and leaves out
// those without a difference. Columns that depend on the clock or the machine
// do not count, nor do tables about processes, as in Dump. Both sides are
// streamed, so memory is constant.
func (s *Store) ChangesSince(ctx context.Context, before *Store) ([]TableChanges, error) {
	out := []TableChanges{}
	for _, t := range Tables() {
		if t.Local {
			continue
		}
		c, err := s.tableChanges(ctx, before, t)
		if err != nil {
			return nil, fmt.Errorf("compare %s: %w", t.Name, err)
		}
		if c.Inserted+c.Changed+c.Removed > 0 {
			out = append(out, c)
		}
	}
	return out, nil
}

func (s *Store) tableChanges(ctx context.Context, before *Store, t Table) (c TableChanges, err error) {
	c.Table = t.Name
	old, err := openStored(ctx, before.db, t, scope{})
	if err != nil {
		return c, err
	}
	defer old.rows.Close()
	now, err := openStored(ctx, s.db, t, scope{})
	if err != nil {
		return c, err
	}
	defer now.rows.Close()
	for old.ok || now.ok {
		switch order := keyOrder(old, now); {
		case order < 0:
			c.Removed++
			c.Examples.Removed = example(c.Examples.Removed, old)
			err = old.next()
		case order > 0:
			c.Inserted++
			c.Examples.Inserted = example(c.Examples.Inserted, now)
			err = now.next()
		default:
			if !sameContent(old, now) {
				c.Changed++
				c.Examples.Changed = example(c.Examples.Changed, now)
			}
			if err = old.next(); err == nil {
				err = now.next()
			}
		}
		if err != nil {
			return c, err
		}
	}
	return c, nil
}

// keyOrder compares the rows two walks stand at; a walk at its end is last.
func keyOrder(a, b *storedRows) int {
	switch {
	case !b.ok:
		return -1
	case !a.ok:
		return 1
	}
	for i := range a.table.Key {
		if c := compare(a.row[i].v, b.row[i].v); c != 0 {
			return c
		}
	}
	return 0
}

func sameContent(a, b *storedRows) bool {
	for i, c := range a.table.Columns {
		if !c.Clock && compare(a.row[i].v, b.row[i].v) != 0 {
			return false
		}
	}
	return true
}

// namingKeys are key columns whose values may be about a person by themselves.
var namingKeys = []string{"name", "subject_key", "reviewed_by", "approved_by"}

func example(keys []string, s *storedRows) []string {
	if len(keys) == ExampleRows {
		return keys
	}
	var parts []string
	for i, c := range s.table.Columns[:s.table.Key] {
		if !slices.Contains(namingKeys, c.Name) {
			parts = append(parts, fmt.Sprint(s.row[i].v))
		}
	}
	return append(keys, strings.Join(parts, "/"))
}
