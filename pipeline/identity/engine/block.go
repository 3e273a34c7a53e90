package engine

import (
	"math"
	"math/bits"
	"slices"
)

// Block tells what one blocking key brought together.
type Block struct {
	Key     string `json:"key"` // Japanese
	Blocks  int    `json:"blocks"`
	Largest int    `json:"largest"` // records, before refining
	Refined int    `json:"refined"` // blocks above the cap that a further field split
	Chained int    `json:"chained"` // blocks no field could split: each record was compared with the next few only
	Pairs   int64  `json:"pairs"`   // compared under this key and no single key before it
}

// Candidates are the pairs worth weighing, with their patterns.
type Candidates struct {
	Blocks []Block
	Scored int64 // pairs compared

	pairs   []entry         // by pair key, each once
	width   int             // bits of a record's number
	chained map[uint32]bool // records of which not all pairs that share a key were compared
}

// pairKey makes one evenly spread key of two records, the smaller first.
func pairKey(a, b uint32, width int) uint64 {
	if a > b {
		a, b = b, a
	}
	return uint64(a)<<(64-width) | uint64(b)<<(64-2*width)
}

func (k *Candidates) pair(e entry) (a, b uint32) {
	return uint32(e.key >> (64 - k.width)), uint32(e.key << k.width >> (64 - k.width))
}

// blocker finds the pairs that share a key and compares them.
type blocker struct {
	c      *Columns
	blocks []uint32 // for each record, its block under each single key; 0: none
	w      []float32
	floor  float32
	mail   float32 // bits that mail addresses can bring
	unlike float32 // bits that unequal ones can bring
	width  int
	cores  []core
	turn   func(comparing bool)

	gatherer *gatherer
	to       []entry // room to sort in
}

// core is the state of one core.
type core struct {
	scratch
	sieve sieve
	es    []entry
	found []couple // not yet compared
	kept  []entry
	block Block

	chained []uint32

	_ [64]byte // keep the counters of two cores apart
}

// couple is two records to be compared.
type couple struct{ a, b uint32 }

// candidates compares all pairs that share a key and keeps those that weigh
// floor or more where no comparison costs more than worst. No pair of two single keys is compared
// twice, and memory is that of the keys, whatever the number of pairs. Before
// and after pairs are compared it says so to turn.
func (c *Columns) candidates(m Model, worst, floor float64, turn func(comparing bool)) *Candidates {
	b := &blocker{
		c: c, blocks: make([]uint32, len(c.rows)*singleKeys), w: m.table(len(c.rows), worst), floor: float32(floor),
		width: max(1, bits.Len(uint(len(c.rows)))), cores: make([]core, cores()), turn: turn,
		gatherer: newGatherer(),
	}
	b.unlike = float32(math.Inf(-1))
	for i, l := range m.Comparisons[compareMail].Levels {
		switch bits := float32(max(l.bits(), worst)); mailLevel(i) {
		case mailLocal, mailDerived, mailSimilar, mailConflict:
			b.unlike = max(b.unlike, bits)
			fallthrough
		default:
			b.mail = max(b.mail, bits)
		}
	}
	out := &Candidates{width: b.width, chained: map[uint32]bool{}}
	columns := c.singleKeys()
	for key, k := range singles() {
		out.Blocks = append(out.Blocks, b.run(k, key, columns[key]))
		columns[key] = nil
	}
	for _, k := range multiples() {
		out.Blocks = append(out.Blocks, b.run(k, singleKeys, nil))
	}
	b.compareFound(0)
	for _, k := range out.Blocks {
		out.Scored += k.Pairs
	}
	b.blocks, b.gatherer, b.to = nil, nil, nil
	for i := range b.cores {
		for _, r := range b.cores[i].chained {
			out.chained[r] = true
		}
	}
	out.pairs = b.gather()
	return out
}

// singleKeys works out the single keys of all records whose blocks may lie
// anywhere, a column for each key.
func (c *Columns) singleKeys() [singleKeys][]uint64 {
	var columns [singleKeys][]uint64
	var keys []int
	all := singles()
	for key := range all {
		if all[key].within == anywhere {
			keys = append(keys, key)
			columns[key] = make([]uint64, len(c.rows))
		}
	}
	c.eachPart(func(r int) {
		for _, key := range keys {
			columns[key][r] = all[key].one(c, &c.rows[r])
		}
	})
	return columns
}

// roomFor returns n entries of memory, that of es if it is enough.
func roomFor(es []entry, n int) []entry {
	if cap(es) < n {
		return make([]entry, n+n/8)
	}
	return es[:n]
}

// stretches cuts the records where years, or days, change, into stretches of
// least records and more. Those without a birth date are in none.
func (c *Columns) stretches(w within, least int) [][2]int {
	place := func(r int) uint64 {
		year := uint64(c.rows[r].born >> 16)
		if w == inYear {
			return year
		}
		return year*slots + slot(c.rows[r].born)
	}
	var out [][2]int
	start := 0
	for start < len(c.rows) && c.rows[start].born == 0 {
		start++
	}
	for end := start + 1; end <= len(c.rows); end++ {
		if end == len(c.rows) || end-start >= least && place(end) != place(end-1) {
			out = append(out, [2]int{start, end})
			start = end
		}
	}
	return out
}

// runWithin finds the pairs of a key whose blocks lie within a year or a day: the
// records of either stand together, so that a core's cache holds what it needs.
func (b *blocker) runWithin(k blocking, key int) Block {
	least, atOnce := 1, 16
	if k.within == inDay {
		least, atOnce = 1<<12, 256
	}
	return b.counted(k, func() {
		for some := range slices.Chunk(b.c.stretches(k.within, least), atOnce) {
			parallel(len(some), func(w, i int) {
				co := &b.cores[w]
				es := co.entriesOf(b.c, &k, some[i][0], some[i][1])
				co.sortBucket(es, 0)
				eachRun(es, func(block []entry) { b.block(co, k, key, block) })
			})
			b.compareFound(manyFound)
		}
	})
}

// entriesOf returns the entries of the records from start to end, most of those
// whose key comes once left out.
func (co *core) entriesOf(c *Columns, k *blocking, start, end int) []entry {
	es := co.es[:0]
	put := func(h uint64, r uint32) { es = append(es, entry{h, r}) }
	for r := start; r < end; r++ {
		k.each(c, uint32(r), put)
	}
	co.es = es
	co.sieve.reset(len(es))
	for i := range es {
		co.sieve.see(es[i].key)
	}
	n := 0
	for _, e := range es {
		if co.sieve.shared(e.key) {
			es[n] = e
			n++
		}
	}
	return es[:n]
}

// counted adds up what the cores count of a key.
func (b *blocker) counted(k blocking, do func()) Block {
	for i := range b.cores {
		b.cores[i].block = Block{}
	}
	do()
	out := Block{Key: k.name}
	for i := range b.cores {
		out.add(b.cores[i].block)
	}
	return out
}

func (b *Block) add(o Block) {
	b.Blocks += o.Blocks
	b.Largest = max(b.Largest, o.Largest)
	b.Refined += o.Refined
	b.Chained += o.Chained
	b.Pairs += o.Pairs
}

// run finds the pairs of one key. Single keys have their number, others
// singleKeys; column holds the single keys whose blocks may lie anywhere.
func (b *blocker) run(k blocking, key int, column []uint64) Block {
	if k.within != anywhere {
		return b.runWithin(k, key)
	}
	from := b.gatherer.shared(len(b.c.rows), func(r int, put func(uint64, uint32)) {
		if column == nil {
			k.all(b.c, uint32(r), put)
		} else if h := column[r]; h != 0 {
			put(h, uint32(r))
		}
	})
	b.to = roomFor(b.to, len(from))
	to := b.to
	bounds := bucketed(from, to)
	top := bucketBits(len(from))
	return b.counted(k, func() {
		const atOnce = 256 // buckets, before what they bring together is compared
		for first := 0; first < len(bounds)-1; first += atOnce {
			parallel(min(atOnce, len(bounds)-1-first), func(w, i int) {
				co := &b.cores[w]
				es := to[bounds[first+i]:bounds[first+i+1]]
				co.sortBucket(es, top)
				eachRun(es, func(block []entry) { b.block(co, k, key, block) })
			})
			b.compareFound(manyFound)
		}
	})
}

func (b *blocker) block(co *core, k blocking, key int, es []entry) {
	co.block.Blocks++
	co.block.Largest = max(co.block.Largest, len(es))
	b.split(co, k, key, es, 0)
}

// split finds the pairs of a block, or refines it first if it is too large.
func (b *blocker) split(co *core, k blocking, key int, es []entry, depth int) {
	most := k.cap(len(b.c.rows))
	if depth > 0 {
		most = mostRefined
	}
	switch {
	case len(es) <= most:
		b.name(key, es)
		b.pairs(co, key, es, len(es))
		return
	case depth == len(k.finer):
		co.block.Chained++
		b.chain(co, key, es)
		return
	}
	co.block.Refined++
	for i := range es {
		es[i].key = someKey(mix(es[i].key, k.finer[depth](b.c, es[i].rec)+uint64(depth)+1))
	}
	sortByKey(es)
	eachRun(es, func(part []entry) { b.split(co, k, key, part, depth+1) })
}

// name gives the block of a single key a name, for later keys to see who is in
// it: that of its first record, who is in no other block under this key.
func (b *blocker) name(key int, es []entry) {
	if key < singleKeys {
		for _, e := range es {
			b.blocks[int(e.rec)*singleKeys+key] = es[0].rec + 1
		}
	}
}

// chain pairs each record of a block with the next few in the order of the IDs,
// so that nobody is left out, and lets later keys pair the others.
func (b *blocker) chain(co *core, key int, es []entry) {
	slices.SortFunc(es, func(x, y entry) int { return b.c.byID(x.rec, y.rec) })
	b.pairs(co, key, es, 4)
	for _, e := range es {
		co.chained = append(co.chained, e.rec)
	}
}

// pairs pairs every record of a block with those after it, reach places at most,
// unless a key before this one has brought the two together.
func (b *blocker) pairs(co *core, key int, es []entry, reach int) {
	for i := range es {
		x := es[i].rec
		kx := b.blocks[int(x)*singleKeys:][:key]
		for _, e := range es[i+1 : min(len(es), i+1+reach)] {
			if y := e.rec; x != y && !covered(kx, b.blocks[int(y)*singleKeys:][:key]) {
				co.block.Pairs++
				co.found = append(co.found, couple{x, y})
			}
		}
	}
}

// manyFound is how many pairs are found before they are compared.
const manyFound = 1 << 22

// compareFound compares the pairs that were found if they are many.
func (b *blocker) compareFound(many int) {
	n := 0
	for i := range b.cores {
		n += len(b.cores[i].found)
	}
	if n == 0 || n < many {
		return
	}
	b.turn(true)
	for i := range b.cores {
		found := b.cores[i].found
		bounds := spans(len(found), len(found)/1024+1)
		parallel(len(bounds)-1, func(w, p int) { b.compare(&b.cores[w], found[bounds[p]:bounds[p+1]]) })
		b.cores[i].found = found[:0]
	}
	b.turn(false)
}

// compare keeps those pairs that are worth weighing.
func (b *blocker) compare(co *core, pairs []couple) {
	for _, p := range pairs {
		x, y := p.a, p.b
		p := b.c.compareAllButMail(x, y)
		rare := float32(p.rareName() + p.rareAgency())
		most := b.mail
		if e, f := b.c.rows[x].email, b.c.rows[y].email; e != f && e != 0 && f != 0 {
			most = b.unlike // to see how like each other they are costs as much as all else
		}
		if b.w[p&(1<<levelBits-1)]+rare+most < b.floor {
			continue
		}
		p |= pattern(b.c.compareMail(x, y, p.name())) << mailShift
		if b.w[p&(1<<levelBits-1)]+rare >= b.floor {
			co.kept = append(co.kept, entry{pairKey(x, y, b.width), uint32(p)})
		}
	}
}

func covered(a, b []uint32) bool {
	for i, k := range a {
		if k == b[i] && k != 0 {
			return true
		}
	}
	return false
}

// gather puts the kept pairs of all cores in order, each once.
func (b *blocker) gather() []entry {
	n := 0
	for i := range b.cores {
		n += len(b.cores[i].kept)
	}
	all := make([]entry, 0, n)
	for i := range b.cores {
		all = append(all, b.cores[i].kept...)
		b.cores[i].kept = nil
	}
	sortEntries(all)
	return slices.CompactFunc(all, func(x, y entry) bool { return x.key == y.key })
}
