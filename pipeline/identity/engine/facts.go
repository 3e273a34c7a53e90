package engine

import (
	"bytes"
	"math"
)

// facts are what the columns as a whole say: how often values are missing, how
// far chance makes them agree.
type facts struct {
	records     int
	kanji, kana float64 // share of records with that writing of the name
	famMissing  float64 // share of records without a family name in any writing
	givMissing  float64
	former      float64
	women       float64 // of those whose sex is known
	sexed       float64 // share whose sex is known
	sameBorn    float64 // chance that two people share a birth date
	nearFamily  float64 // chance that the family names of two people are near each other
	nearGiven   float64
	nearBorn    float64
	similarMail float64
	namesakes   float64 // pairs of records of one name whose mail addresses are both made of it
}

// weigh works out how rare values are and which say nothing.
func (c *Columns) weigh() {
	c.facts = facts{records: len(c.rows)}
	c.findCommon()
	c.dropGenericDates()
	c.dropGenericMail()
	c.dropGenericCertificates()
	c.derive()
	each := []func(){
		func() { c.givenRarity(func(w *row) uint32 { return w.giv }, func(w *row, b uint8) { w.givBits = b }) },
		func() { c.givenRarity(func(w *row) uint32 { return w.kgiv }, func(w *row, b uint8) { w.kgivBits = b }) },
		func() { c.familyRarity(func(w *row) uint32 { return w.fam }, func(w *row, b uint8) { w.famBits = b }) },
		func() {
			c.familyRarity(func(w *row) uint32 { return w.kfam }, func(w *row, b uint8) { w.kfamBits = b })
		},
		c.agencyRarity,
		c.namesakes,
		c.count,
		c.sample,
	}
	parallel(len(each), func(_, i int) { each[i]() })
}

// tally counts one column by its number.
func (c *Columns) tally(size int, of func(*row) uint32) []uint32 {
	counts := make([]uint32, size)
	for i := range c.rows {
		counts[of(&c.rows[i])]++
	}
	return counts
}

// quarters is how rare a value is that count of n bear, in quarter bits. A value
// so rare that few bear it counts for 16 bits at most: it may be a slip, and
// families share rare names.
func quarters(count, n float64) uint8 {
	if count <= 0 || n <= 0 {
		return 0
	}
	return uint8(max(0, min(4*math.Log2(n/count)+0.5, 64)))
}

// era numbers the generation of a packed birth date: its year without the last
// digit.
func era(born uint32) uint32 { return born >> 20 }

func (c *Columns) familyRarity(of func(*row) uint32, set func(*row, uint8)) {
	counts := c.tally(c.forms.len(), of)
	total := float64(len(c.rows)) - float64(counts[0])
	bits := make([]uint8, len(counts))
	for v, n := range counts {
		bits[v] = quarters(float64(n), total)
	}
	bits[0] = 0
	for i := range c.rows {
		set(&c.rows[i], bits[of(&c.rows[i])])
	}
}

// mostAgencyBits is what an agency can weigh, in half bits: people of one small
// agency are often relatives.
const mostAgencyBits = 24

func (c *Columns) agencyRarity() {
	counts := c.tally(c.agencies.len(), func(w *row) uint32 { return w.agency })
	total := float64(len(c.rows)) - float64(counts[0])
	bits := make([]uint8, len(counts))
	for v := 1; v < len(counts); v++ {
		bits[v] = uint8(max(0, min(2*math.Log2(total/float64(counts[v])), mostAgencyBits)))
	}
	for i := range c.rows {
		c.rows[i].agencyBits = bits[c.rows[i].agency]
	}
}

// givenRarity: a given name counts by how rare it is in its generation: 大翔 is
// rare among all, but not among the young.
func (c *Columns) givenRarity(of func(*row) uint32, set func(*row, uint8)) {
	counts := c.tally(c.forms.len(), of)
	total := float64(len(c.rows)) - float64(counts[0])
	inEra := newCounter(c.forms.len())
	var eras [1 << 12]float64
	for i := range c.rows {
		w := &c.rows[i]
		if v := of(w); v != 0 && w.born != 0 {
			e := era(w.born)
			eras[e&4095]++
			inEra.add(uint64(v)<<12 | uint64(e))
		}
	}
	const trust = 4 // a generation's own count weighs as much as so many bearers of all
	bits := make([]uint8, len(inEra.keys))
	for i, k := range inEra.keys {
		if k != 0 {
			share := float64(counts[k>>12]) / total
			bits[i] = quarters((float64(inEra.counts[i])+trust*share)/(eras[k&4095]+trust), 1)
		}
	}
	for i := range c.rows {
		w := &c.rows[i]
		switch v := of(w); {
		case v == 0:
		case w.born == 0:
			set(w, quarters(float64(counts[v]), total))
		default:
			set(w, bits[inEra.find(uint64(v)<<12|uint64(era(w.born)))])
		}
	}
}

// counter counts keys other than 0.
type counter struct {
	keys   []uint64
	counts []uint32
	used   int
}

func newCounter(n int) *counter {
	size := 1 << 10
	for size < 2*n {
		size *= 2
	}
	return &counter{keys: make([]uint64, size), counts: make([]uint32, size)}
}

func (t *counter) find(key uint64) int {
	mask := uint64(len(t.keys) - 1)
	at := fold(key, mixA) & mask
	for t.keys[at] != 0 && t.keys[at] != key {
		at = (at + 1) & mask
	}
	return int(at)
}

// add counts a key, and returns how often it was counted before.
func (t *counter) add(key uint64) uint32 {
	at := t.find(key)
	if t.keys[at] == 0 {
		if t.used++; 2*t.used > len(t.keys) {
			t.grow()
			at = t.find(key)
		}
		t.keys[at] = key
	}
	t.counts[at]++
	return t.counts[at] - 1
}

func (t *counter) grow() {
	old := *t
	t.keys, t.counts = make([]uint64, 2*len(old.keys)), make([]uint32, 2*len(old.keys))
	for i, k := range old.keys {
		if k != 0 {
			at := t.find(k)
			t.keys[at], t.counts[at] = k, old.counts[i]
		}
	}
}

// derive marks the mail addresses that are made of their owner's name.
func (c *Columns) derive() {
	roman := make([][]byte, c.forms.len())
	parts := spans(len(roman), 64)
	parallel(len(parts)-1, func(_, p int) {
		for n := parts[p]; n < parts[p+1]; n++ {
			roman[n] = romaji(c.forms.of(uint32(n)))
		}
	})
	c.eachPart(func(r int) {
		w := &c.rows[r]
		if w.email == 0 {
			return
		}
		local := c.localOf(uint32(r))
		for _, f := range [4]uint32{w.kfam, w.kgiv, w.fam, w.giv} {
			if s := roman[f]; len(s) >= 3 && bytes.Contains(local, s) {
				w.flags |= flagDerived
				break
			}
		}
	})
}

// count works out the shares of facts.
func (c *Columns) count() {
	f := &c.facts
	var kanji, kana, fam, giv, former, women, sexed float64
	years := make([]float64, 1<<16)
	dated := 0.0
	for i := range c.rows {
		w := &c.rows[i]
		kanji += one(w.fam != 0 || w.giv != 0)
		kana += one(w.kfam != 0 || w.kgiv != 0)
		fam += one(w.fam == 0 && w.kfam == 0)
		giv += one(w.giv == 0 && w.kgiv == 0)
		former += one(w.former != 0)
		women += one(w.sex == 2)
		sexed += one(w.sex != 0)
		if w.born != 0 {
			years[w.born>>16]++
			dated++
		}
	}
	n := max(float64(len(c.rows)), 1)
	f.kanji, f.kana, f.famMissing, f.givMissing = kanji/n, kana/n, fam/n, giv/n
	f.former, f.sexed, f.women = former/n, sexed/n, 0.5
	if sexed > 0 {
		f.women = women / sexed
	}
	squares := 0.0
	for _, y := range years {
		squares += y * y
	}
	f.sameBorn = 1.0 / 365
	if dated > 0 {
		f.sameBorn = max(squares/dated/dated/365.25, 1e-6)
	}
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// namesakes counts the pairs of records of one name whose mail addresses are made
// of it. Of many records it looks at a share of the names.
func (c *Columns) namesakes() {
	const enough = 1 << 17
	share := uint64(len(c.rows)/enough + 1)
	bearers := newCounter(min(len(c.rows), enough))
	pairs := 0.0
	for i := range c.rows {
		w := &c.rows[i]
		if w.flags&flagDerived == 0 || w.fam == 0 && w.kfam == 0 {
			continue
		}
		name := c.forms.joined(w.fam, w.giv)
		if w.fam == 0 {
			name = c.forms.joined(w.kfam, w.kgiv)
		}
		if name = someKey(mix(name, mixA)); name>>16%share != 0 {
			continue
		}
		pairs += float64(bearers.add(name))
	}
	c.facts.namesakes = pairs * float64(share)
}

// sampleSize is how many pairs of strangers are looked at.
const sampleSize = 1 << 17

// sample looks at pairs of records drawn by a fixed seed, to see how often
// people who have nothing to do with each other look alike.
func (c *Columns) sample() {
	var fam, giv, born, mail, mails, borns, n float64
	seed := uint64(1)
	for range min(sampleSize, 128*len(c.rows)) { // few records have few pairs
		if len(c.rows) < 2 {
			break
		}
		x := uint32(mix(seed, 1) >> 32 * uint64(len(c.rows)) >> 32)
		y := uint32(mix(seed, 2) >> 32 * uint64(len(c.rows)) >> 32)
		seed++
		a, b := &c.rows[x], &c.rows[y]
		n++
		fam += one(c.comparePart(a.fam, b.fam, a.kfam, b.kfam) == partNear)
		giv += one(c.comparePart(a.giv, b.giv, a.kgiv, b.kgiv) == partNear)
		if a.born != 0 && b.born != 0 {
			borns++
			born += one(comparedDates(a.born, b.born) == bornNear)
		}
		if a.email != 0 && b.email != 0 && a.email != b.email {
			mails++
			mail += one(similarMail(c.localOf(x), c.localOf(y)))
		}
	}
	f := &c.facts
	f.nearFamily, f.nearGiven = (fam+1)/(n+400), (giv+1)/(n+400)
	f.nearBorn, f.similarMail = (born+1)/(borns+50), (mail+1)/(mails+400)
}
