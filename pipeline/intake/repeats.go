package intake

import (
	"cmp"
	"slices"
)

// repeats finds rows of one file that share a key. Rows are noted as they come,
// in parts by hash, and compared at the end: a part stays in the processor's
// cache, where a map of a whole register would miss it once a row.
type repeats struct {
	parts *[256][]keyed // by the high bits of the key's hash; nil: rows may repeat
}

// keyed is one row, small because there is one a row.
type keyed struct {
	key, content uint64
	row          uint32
}

// repeat is a row whose key another row of the file has too.
type repeat struct {
	row, other   int
	contradicted bool // some row with the key says something else
}

func newRepeats(wanted bool) *repeats {
	if !wanted {
		return &repeats{}
	}
	return &repeats{parts: new([256][]keyed)}
}

// add takes in the row that d holds.
func (r *repeats) add(d *decoder) {
	if r.parts == nil {
		return
	}
	if key, content, ok := d.hashes(); ok {
		part := &r.parts[key>>56]
		*part = append(*part, keyed{key, content, uint32(d.row)})
	}
}

// found lists, in order of rows, every row that contradicts another of its key,
// and of those that agree all but the first.
func (r *repeats) found() []repeat {
	if r.parts == nil {
		return nil
	}
	var out []repeat
	for _, part := range r.parts {
		slices.SortFunc(part, func(a, b keyed) int {
			return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.row, b.row))
		})
		for len(part) > 0 {
			n := 1
			for n < len(part) && part[n].key == part[0].key {
				n++
			}
			if n > 1 {
				out = appendRepeats(out, part[:n])
			}
			part = part[n:]
		}
	}
	slices.SortFunc(out, func(a, b repeat) int { return cmp.Compare(a.row, b.row) })
	return out
}

func appendRepeats(out []repeat, same []keyed) []repeat {
	first := same[0]
	contradicted := slices.ContainsFunc(same, func(k keyed) bool { return k.content != first.content })
	if contradicted {
		out = append(out, repeat{int(first.row), int(same[1].row), true})
	}
	for _, k := range same[1:] {
		out = append(out, repeat{int(k.row), int(first.row), contradicted})
	}
	return out
}

// rowSet is a set of row numbers, a bit each.
type rowSet struct{ bits []uint64 }

func (s *rowSet) add(row int) {
	for row/64 >= len(s.bits) {
		s.bits = append(s.bits, make([]uint64, 1+len(s.bits))...)
	}
	s.bits[row/64] |= 1 << (row % 64)
}

func (s *rowSet) has(row int) bool {
	return row/64 < len(s.bits) && s.bits[row/64]>>(row%64)&1 == 1
}
