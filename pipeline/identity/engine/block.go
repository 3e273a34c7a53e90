package engine

import (
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

	pairs []entry // by pair key, each once
	width int     // bits of a record's number
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

// blocker compares what the keys bring together.
type blocker struct {
	c     *Columns
	keys  []uint64 // singleKeys for each record, as refined
	w     []float32
	floor float32
	mail  float32 // bits that mail addresses can bring
	width int
	cores []core
	parts [32][]entry // what collect gathers
}

// core is the state of one core.
type core struct {
	scratch
	kept  []entry
	block Block
	_     [64]byte // keep the counters of two cores apart
}

// candidates compares all pairs that share a key and keeps those that weigh
// floor or more where no comparison costs more than worst. No pair of two single keys is compared
// twice, and memory is that of the keys, whatever the number of pairs.
func (c *Columns) candidates(m Model, worst, floor float64) *Candidates {
	b := &blocker{
		c: c, keys: make([]uint64, len(c.rows)*singleKeys), w: m.table(len(c.rows), worst), floor: float32(floor),
		width: max(1, bits.Len(uint(len(c.rows)))), cores: make([]core, cores()),
	}
	for _, l := range m.Comparisons[compareMail].Levels {
		b.mail = max(b.mail, float32(l.bits()))
	}
	c.eachPart(func(r int) { c.keysOf(uint32(r), b.keys[r*singleKeys:(r+1)*singleKeys]) })
	out := &Candidates{width: b.width}
	from, to := make([]entry, 0, len(c.rows)), make([]entry, len(c.rows))
	for key, k := range singles() {
		from = b.collect(from, len(c.rows), func(r int, put func(uint64, uint32)) {
			if h := b.keys[r*singleKeys+key]; h != 0 {
				put(h, uint32(r))
			}
		})
		out.Blocks = append(out.Blocks, b.run(k, key, from, to[:len(from)]))
	}
	for _, k := range multiples() {
		from = b.collect(from, len(c.rows), func(r int, put func(uint64, uint32)) {
			k.all(c, uint32(r), func(h uint64) { put(h, uint32(r)) })
		})
		if len(from) > len(to) {
			to = make([]entry, len(from))
		}
		out.Blocks = append(out.Blocks, b.run(k, singleKeys, from, to[:len(from)]))
	}
	out.Blocks = append(out.Blocks, b.slips(from, to))
	for _, k := range out.Blocks {
		out.Scored += k.Pairs
	}
	b.keys, b.parts = nil, [32][]entry{}
	out.pairs = b.gather()
	return out
}

// collect gathers what each of n things puts, on all cores, into the memory of
// into if it is enough.
func (b *blocker) collect(into []entry, n int, each func(i int, put func(uint64, uint32))) []entry {
	parts := spans(n, len(b.parts))
	if n == 0 {
		return into[:0]
	}
	parallel(len(parts)-1, func(_, p int) {
		es := b.parts[p][:0]
		put := func(h uint64, r uint32) { es = append(es, entry{h, r}) }
		for i := parts[p]; i < parts[p+1]; i++ {
			each(i, put)
		}
		b.parts[p] = es
	})
	into = into[:0]
	for p := range len(parts) - 1 {
		into = append(into, b.parts[p]...)
	}
	return into
}

// slips runs the key of slips in parts by the year of birth, because it has ten
// entries a record.
func (b *blocker) slips(from, to []entry) Block {
	k := blocking{name: "カナ氏名の一字違いと生年", most: 6, finer: list(finerMonth, finerDay, finerAgency)}
	const parts = 12
	var byYear [parts][]uint32
	for r := range b.c.rows {
		if y := b.c.rows[r].born >> 16; y != 0 {
			p := mix(uint64(y), 1) >> 32 % parts
			byYear[p] = append(byYear[p], uint32(r))
		}
	}
	total := Block{Key: k.name}
	for _, rs := range byYear {
		from = b.collect(from, len(rs), func(i int, put func(uint64, uint32)) {
			r := rs[i]
			b.c.slips(r, func(h uint64) { put(h, r) })
		})
		if len(from) > len(to) {
			to = make([]entry, len(from)+len(from)/8)
		}
		total.add(b.run(k, singleKeys, from, to[:len(from)]))
	}
	return total
}

func (b *Block) add(o Block) {
	b.Blocks += o.Blocks
	b.Largest = max(b.Largest, o.Largest)
	b.Refined += o.Refined
	b.Chained += o.Chained
	b.Pairs += o.Pairs
}

// run compares the pairs of one key. Single keys have their number, others
// singleKeys.
func (b *blocker) run(k blocking, key int, from, to []entry) Block {
	bounds := bucketed(from, to)
	top := bucketBits(len(from))
	for i := range b.cores {
		b.cores[i].block = Block{}
	}
	parallel(len(bounds)-1, func(w, i int) {
		co := &b.cores[w]
		es := to[bounds[i]:bounds[i+1]]
		co.sortBucket(es, top)
		for start := 0; start < len(es); {
			end := start + 1
			for end < len(es) && es[end].key == es[start].key {
				end++
			}
			if end-start > 1 {
				co.block.Blocks++
				co.block.Largest = max(co.block.Largest, end-start)
				b.split(co, k, key, es[start:end], 0)
			}
			start = end
		}
	})
	out := Block{Key: k.name}
	for i := range b.cores {
		out.add(b.cores[i].block)
	}
	return out
}

// split compares the pairs of a block, or refines it first if it is too large.
func (b *blocker) split(co *core, k blocking, key int, es []entry, depth int) {
	most := k.most
	if depth > 0 {
		most = mostRefined
	}
	switch {
	case len(es) <= most:
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
	if key < singleKeys {
		for _, e := range es {
			b.keys[int(e.rec)*singleKeys+key] = e.key
		}
	}
	for start := 0; start < len(es); {
		end := start + 1
		for end < len(es) && es[end].key == es[start].key {
			end++
		}
		if end-start > 1 {
			b.split(co, k, key, es[start:end], depth+1)
		}
		start = end
	}
}

// chain compares each record of a block with the next few in the order of the
// IDs, so that nobody is left out, and lets later keys compare the others.
func (b *blocker) chain(co *core, key int, es []entry) {
	slices.SortFunc(es, func(x, y entry) int { return b.c.byID(x.rec, y.rec) })
	b.pairs(co, key, es, 4)
	if key < singleKeys {
		for _, e := range es {
			b.keys[int(e.rec)*singleKeys+key] = 0
		}
	}
}

// pairs compares every record of a block with those after it, reach places at
// most, unless a key before this one has brought the two together.
func (b *blocker) pairs(co *core, key int, es []entry, reach int) {
	for i := range es {
		x := es[i].rec
		kx := b.keys[int(x)*singleKeys:][:singleKeys]
		for _, e := range es[i+1 : min(len(es), i+1+reach)] {
			y := e.rec
			if x == y || covered(kx[:key], b.keys[int(y)*singleKeys:][:key]) {
				continue
			}
			co.block.Pairs++
			p := b.c.compareAllButMail(x, y)
			rare := float32(p.rareName() + p.rareAgency())
			if b.w[p&(1<<levelBits-1)]+rare+b.mail < b.floor {
				continue
			}
			p |= pattern(b.c.compareMail(x, y, p.name())) << mailShift
			if b.w[p&(1<<levelBits-1)]+rare >= b.floor {
				co.kept = append(co.kept, entry{pairKey(x, y, b.width), uint32(p)})
			}
		}
	}
}

func covered(a, b []uint64) bool {
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
