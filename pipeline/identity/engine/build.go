package engine

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// Build closes the builder; see the function Build.
func (b *Builder) Build() (*Columns, error) { return Build(b) }

// Build closes builders, whose records count as added in their order, and works
// out what the values are worth. IDs that come twice, or that only some records
// have, are an *IDError. The result does not depend on the order of the records, as
// long as they have IDs.
func Build(builders ...*Builder) (*Columns, error) {
	a := newAssembly(builders)
	ids, mails := 0, 0
	for _, b := range builders {
		ids, mails = ids+len(b.ids.text), mails+len(b.mails.text)
	}
	if max(a.starts[len(a.from)], ids, mails) > math.MaxInt32 {
		return nil, errTooLarge
	}
	a.number()
	if err := a.order(); err != nil {
		return nil, err
	}
	pieces := a.gather()
	c := a.c
	c.resolveNames(pieces)
	c.agencies.seal()
	c.forms.seal()
	c.weigh()
	return c, nil
}

// assembly brings what several builders took in into one order.
type assembly struct {
	c      *Columns
	from   []*Builder
	starts []int    // number of the first record of each builder; one more than there are
	hints  []uint32 // the builder of every 1024th record
}

const hintBits = 10

func newAssembly(from []*Builder) *assembly {
	a := &assembly{from: from, starts: make([]int, len(from)+1)}
	for i, b := range from {
		a.starts[i+1] = a.starts[i] + len(b.rows)
	}
	for i := range from {
		for len(a.hints)<<hintBits < a.starts[i+1] {
			a.hints = append(a.hints, uint32(i))
		}
	}
	a.c = &Columns{formers: map[uint32][]uint32{}, forms: newForms(), register: len(from) > 0 && from[0].register}
	return a
}

// number gives records their numbers for IDs if none has one.
func (a *assembly) number() {
	if slices.ContainsFunc(a.from, func(b *Builder) bool { return b.named }) {
		return
	}
	for i, b := range a.from {
		b.ids = texts{}
		for r := range b.rows {
			b.ids.add(fmt.Sprintf("%09d", a.starts[i]+r+1))
		}
	}
}

// builder finds the builder of a record.
func (a *assembly) builder(n uint32) int {
	i := int(a.hints[n>>hintBits])
	for a.starts[i+1] <= int(n) {
		i++
	}
	return i
}

// at finds the builder of a record, and its number there.
func (a *assembly) at(n uint32) (*Builder, uint32) {
	i := a.builder(n)
	return a.from[i], n - uint32(a.starts[i])
}

func (a *assembly) id(n uint32) []byte {
	b, r := a.at(n)
	return b.ids.bytes(r)
}

// each calls do for every record with its builder, on all cores.
func (a *assembly) each(do func(n uint32, b *Builder, r uint32)) {
	parallel(len(a.from), func(_, i int) {
		for r := range a.from[i].rows {
			do(uint32(a.starts[i]+r), a.from[i], uint32(r))
		}
	})
}

// order finds the order of the records: that of their birth dates, then that of
// the hashes of their IDs, which is as good as that of the alphabet and cheaper.
func (a *assembly) order() error {
	es := make([]entry, a.starts[len(a.from)])
	a.each(func(n uint32, b *Builder, r uint32) { es[n] = entry{hashText(string(b.ids.bytes(r))), n} })
	if err := a.twice(es); err != nil {
		return err
	}
	place := a.calendar()
	a.each(func(n uint32, b *Builder, r uint32) { es[n].key = place(b.rows[r].born, es[n].key) })
	sortEntries(es)
	eachRun(es, func(same []entry) {
		slices.SortFunc(same, func(x, y entry) int { return bytes.Compare(a.id(x.rec), a.id(y.rec)) })
	})
	a.c.added = make([]uint32, len(es))
	for i, e := range es {
		a.c.added[i] = e.rec
	}
	return nil
}

// IDError is an ID that is missing, while other records have one, or that comes
// twice.
type IDError struct {
	ID            string // empty: missing
	Record, Again int    // in the order of adding, from 1; Again is 0 if the ID is missing
}

func (e *IDError) Error() string {
	if e.ID == "" {
		return fmt.Sprintf("record number %d has no ID, and others have one", e.Record)
	}
	return fmt.Sprintf("record %s stands twice, as number %d and number %d", e.ID, e.Record, e.Again)
}

// twice refuses IDs that are missing or come twice, of which it names the first by
// the alphabet.
func (a *assembly) twice(hashed []entry) error {
	for i, b := range a.from {
		for r := range b.rows {
			if len(b.ids.bytes(uint32(r))) == 0 {
				return &IDError{Record: a.starts[i] + r + 1}
			}
		}
	}
	g := newGatherer()
	es := g.shared(len(hashed), func(i int, put func(uint64, uint32)) { put(hashed[i].key, hashed[i].rec) })
	sortEntries(es)
	var worst *IDError
	eachRun(es, func(same []entry) {
		slices.SortFunc(same, func(x, y entry) int {
			return cmp.Or(bytes.Compare(a.id(x.rec), a.id(y.rec)), cmp.Compare(x.rec, y.rec))
		})
		for i := len(same) - 1; i > 0; i-- {
			id := a.id(same[i].rec)
			if bytes.Equal(id, a.id(same[i-1].rec)) && (worst == nil || string(id) <= worst.ID) {
				worst = &IDError{string(id), int(same[i-1].rec) + 1, int(same[i].rec) + 1}
			}
		}
	})
	if worst != nil {
		return worst
	}
	return nil
}

// slots is how many slots a year has, one for each day of months of 31; days that
// do not exist share that of another.
const slots = 13 * 32

// slot is that of a packed birth date within its year.
func slot(born uint32) uint64 {
	month, day := min(born>>12&15*10+born>>8&15, 12), min(born>>4&15*10+born&15, 31)
	return uint64(month*32 + day)
}

// calendar returns a function that makes a sorting key of a birth date and a
// hash. Keys are spread evenly whatever the years of the records, and those of
// one slot of a year stand together.
func (a *assembly) calendar() func(born uint32, hash uint64) uint64 {
	before := make([]uint64, 1<<16+1)
	for _, b := range a.from {
		for i := range b.rows {
			before[b.rows[i].born>>16+1]++
		}
	}
	for y := range 1 << 16 {
		before[y+1] += before[y]
	}
	width := bits.Len(uint(a.starts[len(a.from)]))
	finer := max(bits.Len(slots), 22-width)
	return func(born uint32, hash uint64) uint64 {
		year := born >> 16
		at := before[year]<<finer + (before[year+1]-before[year])<<finer*slot(born)/slots
		return at<<(64-width-finer) | hash>>(width+finer)
	}
}

// gather copies the records into Columns in their order, and returns the pieces
// of their names. Builders are emptied.
func (a *assembly) gather() *interner {
	c, all := a.c, &shelf{newInterner(true), newInterner(false)}
	if len(a.from) > 0 {
		all = a.from[0].shelf
	}
	known := map[*shelf]*shelved{}
	here := make([]*shelved, len(a.from))
	for i, b := range a.from {
		if known[b.shelf] == nil {
			known[b.shelf] = &shelved{all.pieces.absorb(b.shelf.pieces), all.agencies.absorb(b.shelf.agencies)}
		}
		here[i] = known[b.shelf]
	}
	c.agencies = all.agencies
	c.rows = make([]row, len(c.added))
	c.eachPart(func(i int) {
		n := c.added[i]
		at := a.builder(n)
		b := a.from[at]
		c.rows[i] = b.rows[n-uint32(a.starts[at])]
		here[at].renumber(&c.rows[i])
	})
	c.ids = a.texts(func(b *Builder) *texts { return &b.ids })
	c.mails = a.texts(func(b *Builder) *texts { return &b.mails })
	for i := range c.rows {
		if c.rows[i].flags&flagFormers != 0 {
			a.further(uint32(i), here)
		}
	}
	a.certificates()
	a.earlier()
	for _, b := range a.from {
		*b = Builder{}
	}
	return all.pieces
}

// further copies the former names that do not fit a row.
func (a *assembly) further(r uint32, here []*shelved) {
	n := a.c.added[r]
	at := a.builder(n)
	b, n := a.from[at], n-uint32(a.starts[at])
	if list := b.formers[n]; list != nil {
		for i, p := range list {
			list[i] = here[at].pieces[p]
		}
		a.c.formers[r] = list
	}
}

// texts puts the texts of all builders one behind the other.
func (a *assembly) texts(of func(*Builder) *texts) texts {
	size := 0
	before := make([]uint32, len(a.from))
	for i, b := range a.from {
		before[i] = uint32(size)
		size += len(of(b).text)
	}
	out := texts{ends: make([]uint32, a.starts[len(a.from)]), text: make([]byte, size)}
	parallel(len(a.from), func(_, i int) {
		t := of(a.from[i])
		copy(out.text[before[i]:], t.text)
		ends := out.ends[a.starts[i]:a.starts[i+1]]
		for r, end := range t.ends {
			ends[r] = before[i] + end
		}
		*t = texts{}
	})
	return out
}

// shelved are the numbers of pieces and agencies on the common shelf by those on
// another.
type shelved struct{ pieces, agencies []uint32 }

func (s *shelved) renumber(w *row) {
	w.fam, w.giv, w.kfam, w.kgiv = s.pieces[w.fam], s.pieces[w.giv], s.pieces[w.kfam], s.pieces[w.kgiv]
	w.former, w.agency = s.pieces[w.former], s.agencies[w.agency]
}
