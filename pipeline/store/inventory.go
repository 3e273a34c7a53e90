package store

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"

	"meibo/pipeline"
	"meibo/schemas"
)

// What an execution of a purge does with a table.
const (
	purgeRows  = "rows"
	purgeSweep = "sweep"
	purgeTerm  = "term"
	purgeNone  = "none"
)

// Inventory says of every table where data of people stands in it and what
// deleting a person does there, and which files the program writes:
// schemas/inventory.yaml.
type Inventory struct {
	Tables  []Holding `yaml:"tables"`  // in the order of deletion
	Folders []Folder  `yaml:"folders"` // of files; the first that matches counts
}

// Holding is one table of the inventory.
type Holding struct {
	Table    string   `yaml:"table"`
	Purge    string   `yaml:"purge"`
	By       []string `yaml:"by"` // columns that hold the 募集人ID
	Through  Through  `yaml:"through"`
	Term     string   `yaml:"term"`
	Owner    string   `yaml:"owner"` // who answers for the table (要領 §14)
	Personal []string `yaml:"personal"`
	Other    []string `yaml:"other"`
	Texts    []string `yaml:"texts"` // columns in which anybody may be named: redacted, in rows of others
}

// Through leads to the rows of a person by way of another table's rows, which
// hold the same value in the same column.
type Through struct {
	Table  string `yaml:"table"`
	Column string `yaml:"column"`
}

// LoadInventory reads the inventory shipped in the program. One that does not
// describe the schema to the last column is an error.
func LoadInventory() (*Inventory, error) {
	b, err := fs.ReadFile(schemas.FS, "inventory.yaml")
	if err != nil {
		return nil, fmt.Errorf("read inventory: %w", err)
	}
	var inv Inventory
	if err := yaml.UnmarshalWithOptions(b, &inv, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("inventory.yaml: %s", yaml.FormatError(err, false, true))
	}
	if err := inv.check(Tables()); err != nil {
		return nil, fmt.Errorf("inventory.yaml: %w", err)
	}
	return &inv, nil
}

func (inv *Inventory) check(tables []Table) error {
	var errs []error
	declared := map[string]bool{}
	for _, h := range inv.Tables {
		i := slices.IndexFunc(tables, func(t Table) bool { return t.Name == h.Table })
		switch {
		case declared[h.Table]:
			errs = append(errs, fmt.Errorf("%s: stands here twice", h.Table))
		case i < 0:
			errs = append(errs, fmt.Errorf("%s: there is no such table", h.Table))
		default:
			errs = append(errs, h.check(tables[i]))
		}
		declared[h.Table] = true
	}
	for _, t := range tables {
		if !declared[t.Name] {
			errs = append(errs, fmt.Errorf("%s: is not declared", t.Name))
		}
	}
	for i := range inv.Folders {
		errs = append(errs, inv.Folders[i].check())
	}
	return errors.Join(errs...)
}

func (h *Holding) check(t Table) error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(h.Table+": "+format, args...)) }
	columns := slices.Concat(h.Personal, h.Other)
	slices.Sort(columns)
	if want := slices.Sorted(slices.Values(t.all())); !slices.Equal(columns, want) {
		bad("declares %v, has %v", columns, want)
	}
	if h.Owner == "" {
		bad("nobody answers for it")
	}
	for _, c := range h.By {
		if !slices.Contains(t.all(), c) {
			bad("has no column %s", c)
		}
	}
	for _, c := range h.Texts {
		i := slices.IndexFunc(t.Columns, func(x Column) bool { return x.Name == c })
		if i < 0 || slices.Contains(h.By, c) || t.Columns[i].Max > 0 && t.Columns[i].Max < utf8.RuneCountInString(pipeline.Redacted) {
			bad("nothing can be redacted in %s", c)
		}
	}
	found := len(h.By) > 0 || h.Through.Table != ""
	switch h.Purge {
	case purgeRows:
		if !found {
			bad("no column leads to a person")
		}
	case purgeSweep:
		if len(h.Personal) == 0 || len(h.Texts) > 0 {
			bad("is swept by what is personal, row by row")
		}
	case purgeTerm:
		if h.Term == "" || found {
			bad("needs a term and no column")
		}
	case purgeNone:
		if len(h.Personal) > 0 || found {
			bad("holds data of people")
		}
	default:
		bad("purge %q", h.Purge)
	}
	return errors.Join(errs...)
}

// table returns the table of a holding.
func (h *Holding) table() Table {
	i := slices.IndexFunc(Tables(), func(t Table) bool { return t.Name == h.Table })
	return Tables()[i]
}

// where selects the rows with one of n values in one of the columns.
func where(columns []string, n int) string {
	in := " IN (" + marks(n) + ")"
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = quote(c) + in
	}
	return "WHERE " + strings.Join(parts, " OR ")
}
