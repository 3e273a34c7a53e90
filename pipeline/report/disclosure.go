package report

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Disclosure is the table of what leaves the house: which columns of which
// report are for which role (rules §6, 要領§5(1)注). What it does not give is not
// written.
type Disclosure struct {
	Version  string           `yaml:"version"`
	Roles    []DisclosureRole `yaml:"roles"`
	Flags    []string         `yaml:"flags"`     // headers that only roles with flags may see
	Apart    [][]string       `yaml:"apart"`     // pairs that never stand together in the clear
	FreeMail []string         `yaml:"free_mail"` // domains to which nothing is mailed
	Reports  []DisclosureLine `yaml:"reports"`
}

// DisclosureRole is one kind of reader.
type DisclosureRole struct {
	ID      string `yaml:"id"`
	Name    string `yaml:"name"`
	Clause  string `yaml:"clause"`
	Outside bool   `yaml:"outside"` // outside of the association: told how a file is encrypted
	Flags   bool   `yaml:"flags"`   // an operator (要領§2), who may see the three flags
}

// DisclosureLine gives columns of one report to some roles.
type DisclosureLine struct {
	Report    string   `yaml:"report"`
	Title     string   `yaml:"title"` // what the titles of its workbooks begin with
	Roles     []string `yaml:"roles"`
	Clause    string   `yaml:"clause"`
	Columns   []string `yaml:"columns"`   // in any form
	Encrypted []string `yaml:"encrypted"` // only when the file is encrypted
	Own       bool     `yaml:"own"`       // the reader's own file comes back: its columns as they came
}

// ErrUndisclosed says that a report or a column of it is for nobody of that
// role: a fault of the program or of rules/delivery.yaml, never of the data.
var ErrUndisclosed = errors.New("rules/delivery.yaml does not give it to this reader")

// ParseDisclosure reads rules/delivery.yaml; name stands before its errors. A
// table that gives an operator's flag to somebody else, or lets 募集人ID and
// 生年月日 stand together in the clear, is refused.
func ParseDisclosure(name string, b []byte) (*Disclosure, error) {
	var d Disclosure
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(&d); err != nil {
		return nil, fmt.Errorf("%s: %s", name, yaml.FormatError(err, false, true))
	}
	if d.Version == "" || len(d.Roles) == 0 || len(d.Reports) == 0 {
		return nil, fmt.Errorf("%s: want version, roles and reports", name)
	}
	given := map[string]bool{}
	for i := range d.Reports {
		l := &d.Reports[i]
		if err := d.checkLine(l); err != nil {
			return nil, fmt.Errorf("%s: report %s: %w", name, cmp.Or(l.Report, fmt.Sprint("number ", i+1)), err)
		}
		for _, role := range l.Roles {
			if key := l.Title + " " + role; given[key] {
				return nil, fmt.Errorf("%s: report %s is given to %s twice", name, l.Report, role)
			} else {
				given[key] = true
			}
		}
	}
	return &d, nil
}

func (d *Disclosure) checkLine(l *DisclosureLine) error {
	if l.Report == "" || l.Title == "" || l.Clause == "" || len(l.Roles) == 0 {
		return errors.New("want report, title, clause and roles")
	}
	if l.Own != (len(l.Columns)+len(l.Encrypted) == 0) {
		return errors.New("want columns, or own and no columns")
	}
	all := slices.Concat(l.Columns, l.Encrypted)
	for _, id := range l.Roles {
		role, ok := d.Role(id)
		if !ok {
			return fmt.Errorf("no role %q", id)
		}
		if i := slices.IndexFunc(all, d.isFlag); i >= 0 && !role.Flags {
			return fmt.Errorf("column %s is for operators only, and %s is none (要領§5(1)注)", all[i], id)
		}
	}
	for _, pair := range d.Apart {
		together := !slices.ContainsFunc(pair, func(c string) bool { return !slices.Contains(l.Columns, c) })
		if len(pair) < 2 || together {
			return fmt.Errorf("columns %s stand together in the clear", strings.Join(pair, " and "))
		}
	}
	return nil
}

func (d *Disclosure) isFlag(column string) bool {
	return slices.ContainsFunc(d.Flags, func(f string) bool { return strings.Contains(column, f) })
}

// Title is what people call a report of that name; empty: there is none.
func (d *Disclosure) Title(report string) string {
	i := slices.IndexFunc(d.Reports, func(l DisclosureLine) bool { return l.Report == report })
	if i < 0 {
		return ""
	}
	return d.Reports[i].Title
}

// Role returns the role of that id.
func (d *Disclosure) Role(id string) (DisclosureRole, bool) {
	i := slices.IndexFunc(d.Roles, func(r DisclosureRole) bool { return r.ID == id })
	if i < 0 {
		return DisclosureRole{}, false
	}
	return d.Roles[i], true
}

// For is what one role gets to see.
func (d *Disclosure) For(role string) *Columns { return &Columns{d, role} }

// Columns is a Disclosure as one reader's writer holds it: the role is fixed.
type Columns struct {
	table *Disclosure
	role  string
}

// insurer reports whether the reader sees its own people and records only.
func (c *Columns) insurer() bool { return c != nil && c.role == "insurer" }

// hidden says of each column of a sheet whether it is left out in this form. A
// column that the role never gets is an error: no writer asks for one.
func (c *Columns) hidden(title string, columns []column, encrypted bool) ([]bool, error) {
	if c == nil {
		return nil, fmt.Errorf("report %q: %w", title, ErrUndisclosed)
	}
	l := c.line(title)
	switch {
	case l == nil:
		return nil, fmt.Errorf("report %q for %s: %w", title, c.role, ErrUndisclosed)
	case l.Own:
		return make([]bool, len(columns)), nil
	}
	out := make([]bool, len(columns))
	for i := range columns {
		name := strings.ReplaceAll(columns[i].header, "\n", "")
		switch {
		case slices.Contains(l.Columns, name):
		case slices.Contains(l.Encrypted, name):
			out[i] = !encrypted
		default:
			return nil, fmt.Errorf("report %q for %s: column %s: %w", title, c.role, name, ErrUndisclosed)
		}
	}
	return out, nil
}

// line finds the line whose title is the longest beginning of a workbook's.
func (c *Columns) line(title string) (best *DisclosureLine) {
	for i := range c.table.Reports {
		l := &c.table.Reports[i]
		if slices.Contains(l.Roles, c.role) && strings.HasPrefix(title, l.Title) && (best == nil || len(l.Title) > len(best.Title)) {
			best = l
		}
	}
	return best
}
