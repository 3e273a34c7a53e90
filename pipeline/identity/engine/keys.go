package engine

// Blocking keys under which a record stands once. Multiple ones follow below.
const (
	keyCertificate = iota
	keyMail
	keyGivenBorn
	keyFamilyBorn
	keyName
	keyReadingDay
	keyReadingMonth
	keyBorn
	keyTurned
	keyMonthEnd
	singleKeys
)

// blocking is one named key: records that share it are compared.
type blocking struct {
	name   string // Japanese, for the report
	most   int    // records of a block of which all pairs are compared before it is refined
	loose  bool   // strangers meet under it, the more the larger the register; see cap
	within within
	finer  []func(c *Columns, r uint32) uint64
	one    func(c *Columns, w *row) uint64                      // the key of a record, 0 if it has not got what the key needs; or
	all    func(c *Columns, r uint32, put func(uint64, uint32)) // the keys of a record that may stand under several
}

// within says how far apart the records of a block may stand, which are in the
// order of their birth dates.
type within uint8

const (
	anywhere within = iota
	inYear
	inDay
)

// each puts the keys of a record, with its number.
func (k *blocking) each(c *Columns, r uint32, put func(uint64, uint32)) {
	if k.all != nil {
		k.all(c, r, put)
	} else if h := k.one(c, &c.rows[r]); h != 0 {
		put(h, r)
	}
}

// mostRefined is the cap of blocks that were refined already, and of keys that
// are narrow by themselves.
const mostRefined = 100

// manyRecords is from where on loose keys are refined the sooner, so that the
// pairs they bring grow with the register and not with its square.
const manyRecords = 1_000_000

// cap is the number of records of a block of which all pairs are compared, in a
// register of n.
func (k blocking) cap(n int) int {
	if !k.loose || n <= manyRecords {
		return k.most
	}
	return max(2, int(int64(k.most)*manyRecords/int64(n)))
}

// singles lists the single keys in their order. Loose ones have a low cap: in a
// small file 生年月日 alone brings candidates together, in a large one only with
// the initials.
func singles() [singleKeys]blocking {
	born, day, year := finerBorn, finerDay, finerYear
	return [singleKeys]blocking{
		keyCertificate: {
			name: "合格番号", most: mostRefined, finer: list(born, finerGiven),
			one: func(_ *Columns, w *row) uint64 { return keyed(w.cert, 1) },
		},
		keyMail: {
			name: "メールアドレス", most: mostRefined, finer: list(finerGiven, born),
			one: func(_ *Columns, w *row) uint64 { return keyed(w.email, 1) },
		},
		keyGivenBorn: {
			name: "名の読みと生年月日", most: mostRefined, within: inDay, finer: list(finerFamily, finerAgency),
			one: (*Columns).givenBorn,
		},
		keyFamilyBorn: {
			name: "氏の読みと生年月日", most: mostRefined, within: inDay, finer: list(finerGiven, finerAgency),
			one: (*Columns).familyBorn,
		},
		keyName: {name: "氏名", most: 12, loose: true, finer: list(year, day, finerAgency), one: (*Columns).nameKey},
		keyReadingDay: {
			name: "カナ氏名と月日", most: mostRefined, finer: list(year, finerName, finerAgency),
			one: func(c *Columns, w *row) uint64 { return c.readingWith(w, uint64(w.born&0xffff)) },
		},
		keyReadingMonth: {
			name: "カナ氏名と生年月", most: mostRefined, within: inYear, finer: list(day, finerName, finerAgency),
			one: func(c *Columns, w *row) uint64 { return c.readingWith(w, uint64(w.born>>8)) },
		},
		keyBorn: {
			name: "生年月日", most: 12, loose: true, within: inDay, finer: list(finerInitials, finerFamily, finerGiven, finerAgency),
			one: func(_ *Columns, w *row) uint64 { return keyed(uint64(w.born), 1) },
		},
		keyTurned: {
			name: "名と月日入替えの生年月日", most: mostRefined, within: inYear, finer: list(finerFamily, finerAgency),
			one: (*Columns).givenTurned,
		},
		keyMonthEnd: {
			name: "カナ氏名と月替わりの生年月日", most: mostRefined, finer: list(finerName, finerAgency),
			one: func(c *Columns, w *row) uint64 { return c.readingWith(w, monthEnd(w.born)) },
		},
	}
}

// multiples lists the keys under which a record may stand more than once.
func multiples() []blocking {
	return []blocking{
		{name: "その他の合格番号", most: mostRefined, finer: list(finerBorn, finerGiven), all: (*Columns).furtherCertificates},
		{name: "旧氏と生年月日", most: mostRefined, within: inDay, finer: list(finerGiven, finerAgency), all: (*Columns).formerBorn},
		{name: "英字氏名と生年", most: 30, loose: true, finer: list(finerYear, finerDay, finerAgency), all: (*Columns).latinInitials},
		{name: "カナ氏名の一字違いと生年", most: 6, loose: true, within: inYear, finer: list(finerMonth, finerDay, finerAgency), all: (*Columns).slips},
	}
}

func list(fs ...func(*Columns, uint32) uint64) []func(*Columns, uint32) uint64 { return fs }

// The finer fields of a block that is too large; 0 where the record has none.
func finerBorn(c *Columns, r uint32) uint64  { return uint64(c.rows[r].born) }
func finerMonth(c *Columns, r uint32) uint64 { return uint64(c.rows[r].born >> 8) }
func finerDay(c *Columns, r uint32) uint64   { return uint64(c.rows[r].born & 0xffff) }
func finerYear(c *Columns, r uint32) uint64  { return uint64(c.rows[r].born >> 16) }
func finerFamily(c *Columns, r uint32) uint64 {
	fam, _ := c.reading(&c.rows[r])
	return c.forms.poly[fam]
}

func finerGiven(c *Columns, r uint32) uint64 {
	_, giv := c.reading(&c.rows[r])
	return c.forms.poly[giv]
}

func finerName(c *Columns, r uint32) uint64 {
	return c.forms.joined(c.rows[r].fam, c.rows[r].giv)
}
func finerAgency(c *Columns, r uint32) uint64 { return c.agencies.hashes[c.rows[r].agency] }

func finerInitials(c *Columns, r uint32) uint64 {
	fam, giv := c.reading(&c.rows[r])
	a, b := c.forms.initial[fam], c.forms.initial[giv]
	return uint64(min(a, b))<<32 | uint64(max(a, b)) // names change places
}

// reading returns the forms by which a name is read: kana, or else Latin letters.
func (c *Columns) reading(w *row) (fam, giv uint32) {
	fam, giv = w.kfam, w.kgiv
	if fam == 0 && c.forms.latin[w.fam] {
		fam = w.fam
	}
	if giv == 0 && c.forms.latin[w.giv] {
		giv = w.giv
	}
	return fam, giv
}

// full is the hash of a whole reading. Latin names are taken in any order: which
// is the family name is often in doubt.
func (c *Columns) full(fam, giv uint32) uint64 {
	if c.forms.latin[fam] && c.forms.latin[giv] && c.forms.poly[fam] > c.forms.poly[giv] {
		fam, giv = giv, fam
	}
	return c.forms.joined(fam, giv)
}

// keyed makes a key of two things, 0 if either is missing.
func keyed(a, b uint64) uint64 {
	if a == 0 || b == 0 {
		return 0
	}
	return someKey(mix(a, b))
}

func (c *Columns) givenBorn(w *row) uint64 {
	_, giv := c.reading(w)
	return keyed(c.forms.poly[giv], uint64(w.born))
}

func (c *Columns) familyBorn(w *row) uint64 {
	fam, _ := c.reading(w)
	return keyed(c.forms.poly[fam], uint64(w.born))
}

func (c *Columns) nameKey(w *row) uint64 {
	if w.fam == 0 {
		return 0
	}
	return keyed(c.full(w.fam, w.giv), 1)
}

// givenTurned is the given name beside the birth date, that and the same with day
// and month changed places having one key.
func (c *Columns) givenTurned(w *row) uint64 {
	t := turned(w.born)
	if t == 0 {
		return 0
	}
	giv := w.giv
	if giv == 0 {
		_, giv = c.reading(w)
	}
	return keyed(c.forms.poly[giv], uint64(min(w.born, t)))
}

// readingWith is the whole reading beside a part of the birth date.
func (c *Columns) readingWith(w *row, part uint64) uint64 {
	if part == 0 {
		return 0
	}
	fam, giv := c.reading(w)
	if fam == 0 {
		return 0
	}
	return keyed(c.full(fam, giv), part)
}

// monthEnd numbers the turn of the month at which a day stands: the last of one
// month and the first of the next have one number. 0 for days between.
func monthEnd(born uint32) uint64 {
	switch day := born & 0xff; {
	case born == 0 || day > 1 && day < 0x28:
		return 0
	case day == 1:
		d := unpackDate(born)
		return uint64(d.Year()*12 + d.Month())
	}
	if d := unpackDate(born); exists(d) && d == d.EndOfMonth() {
		return uint64(d.Year()*12 + d.Month() + 1)
	}
	return 0
}

// formerBorn puts every family name a person had beside the birth date.
func (c *Columns) formerBorn(r uint32, put func(uint64, uint32)) {
	w := &c.rows[r]
	if w.born == 0 {
		return
	}
	for _, f := range [3]uint32{w.fam, w.kfam, w.former} {
		if f != 0 {
			put(someKey(mix(c.forms.poly[f], uint64(w.born)+1)), r)
		}
	}
	if w.flags&flagFormers != 0 {
		for _, f := range c.formers[r] {
			put(someKey(mix(c.forms.poly[f], uint64(w.born)+1)), r)
		}
	}
}

// latinInitials puts each of the two names beside the initial of the other; the
// year joins in where that is too wide.
func (c *Columns) latinInitials(r uint32, put func(uint64, uint32)) {
	w := &c.rows[r]
	if !c.forms.latin[w.fam] && !c.forms.latin[w.giv] {
		return
	}
	for _, p := range [2][2]uint32{{w.fam, w.giv}, {w.giv, w.fam}} {
		if p[0] != 0 && p[1] != 0 && c.forms.latin[p[0]] {
			put(someKey(mix(c.forms.poly[p[0]], uint64(c.forms.initial[p[1]])+2)), r)
		}
	}
}

// slips puts the neighbourhood of a reading: itself, and itself without each of
// its letters, beside the year of birth. Two readings one slip apart share one.
func (c *Columns) slips(r uint32, put func(uint64, uint32)) {
	w := &c.rows[r]
	fam, giv := c.reading(w)
	if fam == 0 || w.born == 0 {
		return
	}
	if c.forms.latin[fam] && c.forms.latin[giv] && c.forms.poly[fam] > c.forms.poly[giv] {
		fam, giv = giv, fam
	}
	a, b := c.forms.of(fam), c.forms.of(giv)
	n := len(a) + len(b)
	if n < 4 || n > 40 {
		return
	}
	at := func(i int) rune {
		if i < len(a) {
			return a[i]
		}
		return b[i-len(a)]
	}
	var pow, after [41]uint64 // after[i]: hash of the letters from i on
	pow[0] = 1
	for i := n - 1; i >= 0; i-- {
		pow[n-i] = pow[n-i-1] * polyBase
		after[i] = (uint64(at(i))+1)*pow[n-i-1] + after[i+1]
	}
	year := uint64(w.born>>16) + 3
	put(someKey(mix(after[0], year)), r)
	before := uint64(0)
	for i := range n {
		if i == 0 || at(i) != at(i-1) { // else the same as before
			put(someKey(mix(before*pow[n-i-1]+after[i+1], year)), r)
		}
		before = before*polyBase + uint64(at(i)) + 1
	}
}
