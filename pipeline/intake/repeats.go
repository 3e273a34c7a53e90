package intake

// repeats finds rows of one file that share a key.
type repeats struct {
	first map[uint64]firstRow // by hash of the key; nil: rows may repeat
	list  []repeat            // every later row with a key seen before
}

// firstRow is the first row with a key, small because there is one a row.
type firstRow struct {
	content      uint64
	row          uint32
	contradicted bool // a later row says something else
}

type repeat struct {
	key uint64
	row int
}

func newRepeats(wanted bool) *repeats {
	if !wanted {
		return &repeats{}
	}
	return &repeats{first: make(map[uint64]firstRow)}
}

// add takes in the row that d holds.
func (r *repeats) add(d *decoder) {
	if r.first == nil {
		return
	}
	key, content, ok := d.hashes()
	if !ok {
		return
	}
	first, again := r.first[key]
	switch {
	case !again:
		r.first[key] = firstRow{content: content, row: uint32(d.row)}
		return
	case first.content != content && !first.contradicted:
		first.contradicted = true
		r.first[key] = first
	}
	r.list = append(r.list, repeat{key, d.row})
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
