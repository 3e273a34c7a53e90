package pipeline

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Origin says where a value or a row came from, precisely enough to open the
// file and look.
type Origin struct {
	File  string // name as the sender gave it, without its folder
	Sheet string // empty for CSV
	Row   int    // as a text editor or Excel numbers it; 0 is the whole file
}

// String gives file:row or file[sheet]:row.
func (o Origin) String() string {
	s := o.File
	if o.Sheet != "" {
		s += "[" + o.Sheet + "]"
	}
	if o.Row > 0 {
		s += ":" + strconv.Itoa(o.Row)
	}
	return s
}

// Ref is an Origin as the store keeps it: the batch stands for the file and its
// hash.
type Ref struct {
	Batch string
	Sheet string
	Row   int
}

// String gives batch/sheet/row; neither a batch id nor a sheet name can hold a slash.
func (r Ref) String() string { return r.Batch + "/" + r.Sheet + "/" + strconv.Itoa(r.Row) }

// ParseRef reads the form that String writes.
func ParseRef(s string) (Ref, error) {
	p := strings.Split(s, "/")
	if len(p) == 3 {
		if row, err := strconv.Atoi(p[2]); err == nil {
			return Ref{p[0], p[1], row}, nil
		}
	}
	return Ref{}, fmt.Errorf("reference %q: want batch/sheet/row", s)
}

// Provenance says for each value of a record where it came from: one Ref for
// the record, and others for the columns that a later row changed. It is kept
// as text because almost no reader looks inside: either a bare Ref, or a JSON
// object whose key "" is the record's own Ref.
type Provenance string

// Of returns where the value of column came from; column "" is the record itself.
func (p Provenance) Of(column string) Ref {
	m := p.refs()
	s, ok := m[column]
	if !ok {
		s = m[""]
	}
	r, _ := ParseRef(s)
	return r
}

// Batches returns the batches that brought the record or a value of it, in order.
func (p Provenance) Batches() []string {
	var out []string
	for _, s := range p.refs() {
		if r, err := ParseRef(s); err == nil {
			out = append(out, r.Batch)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// With returns p after a row at ref wrote the named columns.
func (p Provenance) With(ref Ref, columns ...string) Provenance {
	if p == "" {
		return Provenance(ref.String())
	}
	if len(columns) == 0 {
		return p
	}
	m := p.refs()
	for _, c := range columns {
		m[c] = ref.String()
	}
	maps.DeleteFunc(m, func(c, s string) bool { return c != "" && s == m[""] })
	if len(m) == 1 {
		return Provenance(m[""])
	}
	b, err := json.Marshal(m) // keys are sorted, so equal provenance is equal text
	if err != nil {
		panic(err) // a map of strings always marshals
	}
	return Provenance(b)
}

func (p Provenance) refs() map[string]string {
	m := map[string]string{}
	if strings.HasPrefix(string(p), "{") && json.Unmarshal([]byte(p), &m) == nil {
		return m
	}
	m[""] = string(p)
	return m
}
