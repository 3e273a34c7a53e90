package engine

import (
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/identity"
)

// cert is one certificate. In a register every record has several, with their
// days: they stand in one list without a pointer.
type cert struct {
	number uint64        // hash; 0 once the number turned out to be generic
	rec    uint32        // its record
	kind   uint32        // hash of 資格種類コード
	on     pipeline.Date // judged
}

// certList holds the certificates of the records that have several, or with
// their days, in the order of the records.
type certList struct {
	all    []cert
	starts []uint32 // by record, and one more; nil if there are no certificates
}

// of returns the certificates of a record.
func (l *certList) of(r uint32) []cert {
	if l.starts == nil {
		return nil
	}
	return l.all[l.starts[r]:l.starts[r+1]]
}

// index makes the starts for n records.
func (l *certList) index(n int) {
	if len(l.all) == 0 {
		return
	}
	l.starts = make([]uint32, n+1)
	for i := range l.all {
		l.starts[l.all[i].rec+1]++
	}
	for r := range n {
		l.starts[r+1] += l.starts[r]
	}
}

func (b *Builder) certificates(n uint32, w *row, r *Record) uint64 {
	first := uint64(0)
	for _, x := range r.Certificates {
		id := Label(x.Number)
		if id == 0 {
			continue
		}
		if first == 0 {
			first = id
		}
		if len(r.Certificates) > 1 || x.JudgedOn != 0 {
			b.certs.all = append(b.certs.all, cert{id, n, uint32(hashText(x.Code) >> 32), x.JudgedOn})
			w.flags |= flagCerts
		}
	}
	return first
}

// certificates copies the certificates of all records into one list.
func (a *assembly) certificates() {
	total := 0
	for _, b := range a.from {
		b.certs.index(len(b.rows))
		total += len(b.certs.all)
	}
	list := certList{all: make([]cert, 0, total)}
	for r := range a.c.rows {
		if a.c.rows[r].flags&flagCerts == 0 {
			continue
		}
		b, n := a.at(a.c.added[r])
		for _, x := range b.certs.of(n) {
			x.rec = uint32(r)
			list.all = append(list.all, x)
		}
	}
	list.index(len(a.c.rows))
	a.c.certs = list
}

// numbers puts every certificate number of a record.
func (c *Columns) numbers(r uint32, put func(uint64)) {
	if c.rows[r].flags&flagCerts == 0 {
		if n := c.rows[r].cert; n != 0 {
			put(n)
		}
		return
	}
	for _, x := range c.certs.of(r) {
		if x.number != 0 {
			put(x.number)
		}
	}
}

// severalPeople is from how many people on a certificate number says nothing in a
// file, and is in doubt in a register: two may be a slip of the pen.
const severalPeople = 3

// dropGenericCertificates forgets the numbers that too many share: in a file
// severalPeople, in a register what identity.Settings say. There it notes those
// that are in doubt.
func (c *Columns) dropGenericCertificates() {
	g := newGatherer()
	es := g.shared(len(c.rows), func(r int, put func(uint64, uint32)) {
		c.numbers(uint32(r), func(n uint64) { put(n, uint32(r)) })
	})
	sortEntries(es)
	generic := map[uint64]bool{}
	eachRun(es, func(run []entry) {
		slices.SortFunc(run, func(x, y entry) int { return byNumber(x.rec, y.rec) })
		run = slices.CompactFunc(run, func(x, y entry) bool { return x.rec == y.rec })
		if c.tooMany(run) {
			generic[run[0].key] = true
		} else if len(run) >= severalPeople && c.strangers(run) >= severalPeople {
			c.doubtful = append(c.doubtful, run[0].key)
		}
	})
	slices.Sort(c.doubtful)
	if len(generic) == 0 {
		return
	}
	for r := range c.rows {
		if w := &c.rows[r]; generic[w.cert] {
			w.cert = 0
		}
	}
	for i := range c.certs.all {
		if x := &c.certs.all[i]; generic[x.number] {
			x.number = 0
		}
	}
}

// tooMany reports whether the records that share a number are too many, and
// notes it for the report of a register.
func (c *Columns) tooMany(es []entry) bool {
	if !c.register {
		return len(es) >= severalPeople && (c.seenPeople(es) > maxPeople || c.strangers(es) >= severalPeople)
	}
	g := identity.Shared{Key: "合格番号"}
	days := map[uint32]bool{}
	first := es[0].rec
	for _, e := range es {
		if born := c.rows[e.rec].born; born != 0 { // without one it is no key
			days[born] = true
			g.IDs++
		}
		if c.byID(e.rec, first) < 0 {
			first = e.rec
		}
	}
	s := identity.DefaultSettings()
	if g.BirthDates = len(days); g.IDs <= s.MaxIDs && g.BirthDates <= s.MaxBirthDates {
		return false
	}
	g.FirstID = c.ID(int(first))
	c.generic = append(c.generic, g)
	return true
}

// doubt reports whether every number that two records share is borne by three and
// more people of unlike names.
func (c *Columns) doubt(x, y uint32) bool {
	if len(c.doubtful) == 0 {
		return false
	}
	shared, sound := false, false
	c.numbers(x, func(n uint64) {
		c.numbers(y, func(o uint64) {
			if n == o {
				_, dubious := slices.BinarySearch(c.doubtful, n)
				shared, sound = true, sound || !dubious
			}
		})
	})
	return shared && !sound
}

// furtherCertificates puts the numbers of a record that has several, or with
// their days.
func (c *Columns) furtherCertificates(r uint32, put func(uint64, uint32)) {
	if c.rows[r].flags&flagCerts != 0 {
		c.numbers(r, func(n uint64) { put(someKey(mix(n, mixA)), r) })
	}
}

// compareCerts: one equal number outweighs all that differ, since a renewal
// under a second ID brings a new number.
func (c *Columns) compareCerts(x, y uint32) certLevel {
	a, b := &c.rows[x], &c.rows[y]
	if (a.flags|b.flags)&flagCerts == 0 {
		switch {
		case a.cert == 0 || b.cert == 0:
			return certUnknown
		case a.cert == b.cert:
			return certEqual
		}
		return certConflict
	}
	level := certUnknown
	as, bs := c.certsOf(x), c.certsOf(y)
	for i := range as {
		for j := range bs {
			switch p, q := &as[i], &bs[j]; {
			case p.number == 0 || q.number == 0:
			case p.number == q.number:
				return certEqual
			case p.on != 0 && p.on == q.on && p.kind == q.kind:
				level = certSameDay
			default:
				level = max(level, certConflict)
			}
		}
	}
	return level
}

func (c *Columns) certsOf(r uint32) []cert {
	if c.rows[r].flags&flagCerts != 0 {
		return c.certs.of(r)
	}
	if w := &c.rows[r]; w.cert != 0 {
		return []cert{{number: w.cert}}
	}
	return nil
}
