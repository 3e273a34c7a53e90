package intake

import (
	"cmp"
	"math/bits"
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

// add takes in rows, each once.
func (r *repeats) add(rows []keyed) {
	if r.parts == nil {
		return
	}
	for _, k := range rows {
		part := &r.parts[k.key>>56]
		*part = append(*part, k)
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
		same := doubled(part)
		for len(same) > 0 {
			n := 1
			for n < len(same) && same[n].key == same[0].key {
				n++
			}
			out = appendRepeats(out, same[:n])
			same = same[n:]
		}
	}
	slices.SortFunc(out, func(a, b repeat) int { return cmp.Compare(a.row, b.row) })
	return out
}

// doubled picks the rows whose key another row of the part has too, and puts
// them in the order of keys and rows. Nearly always there are none, which a
// table that is half empty shows faster than sorting.
func doubled(part []keyed) []keyed {
	if len(part) == 0 {
		return nil
	}
	var out []keyed
	slots := make([]uint32, 2<<bits.Len(uint(len(part)))) // position in part, from 1
	mask := uint64(len(slots) - 1)
	for i, k := range part {
		at := k.key & mask
		for slots[at] != 0 && part[slots[at]-1].key != k.key {
			at = (at + 1) & mask
		}
		if slots[at] == 0 {
			slots[at] = uint32(i + 1)
			continue
		}
		out = append(out, part[slots[at]-1], k)
	}
	slices.SortFunc(out, func(a, b keyed) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.row, b.row))
	})
	return slices.Compact(out) // a third row has named the first again
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
