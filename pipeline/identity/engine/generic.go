package engine

import (
	"math"
	"slices"
)

// A value borne by more people than this says nothing of who they are: a
// mailbox of an agency, a dummy number.
const maxPeople = 3

// seenPeople counts the people who share a value, up to one more than
// maxPeople: the lesser of how many birth dates and how many names there are
// among them, since slips make several of either for one person.
func (c *Columns) seenPeople(es []entry) int {
	var dates, names [maxPeople + 2]uint32
	nd, nn := 0, 0
	for _, e := range es {
		w := &c.rows[e.rec]
		name := w.kgiv
		if name == 0 {
			name = w.giv
		}
		nd = distinct(&dates, nd, w.born)
		nn = distinct(&names, nn, name)
	}
	switch {
	case nd == 0:
		return nn
	case nn == 0:
		return nd
	}
	return min(nd, nn)
}

// distinct adds v to the seen values unless it is none or there already.
func distinct(seen *[maxPeople + 2]uint32, n int, v uint32) int {
	if v == 0 || n == len(seen) {
		return n
	}
	for _, s := range seen[:n] {
		if s == v {
			return n
		}
	}
	seen[n] = v
	return n + 1
}

// grouped calls do for every value that two and more records share.
func (c *Columns) grouped(hash func(*row) uint64, do func([]entry)) {
	es := make([]entry, 0, len(c.rows))
	for i := range c.rows {
		if h := hash(&c.rows[i]); h != 0 {
			es = append(es, entry{h, uint32(i)})
		}
	}
	sortEntries(es)
	for start := 0; start < len(es); {
		end := start + 1
		for end < len(es) && es[end].key == es[start].key {
			end++
		}
		if end-start > 1 {
			do(es[start:end])
		}
		start = end
	}
}

// dropGenericMail forgets the addresses that more than maxPeople people use, and
// notes how many use each other one.
func (c *Columns) dropGenericMail() {
	c.grouped(func(w *row) uint64 { return w.email }, func(es []entry) {
		if len(es) <= 2 {
			return
		}
		people := c.seenPeople(es)
		for _, e := range es {
			w := &c.rows[e.rec]
			if w.users = uint8(people); people > maxPeople {
				w.email = 0
			}
		}
	})
}

// dropGenericCertificates forgets numbers that stand with more than maxPeople
// people. Further certificates are looked at one by one: few records have them.
func (c *Columns) dropGenericCertificates() {
	c.grouped(func(w *row) uint64 { return w.cert }, func(es []entry) {
		if len(es) > 2 && c.seenPeople(es) > maxPeople {
			for _, e := range es {
				c.rows[e.rec].cert = 0
			}
		}
	})
	holders := map[uint64][]entry{}
	for n, list := range c.certs {
		for _, x := range list {
			holders[x.number] = append(holders[x.number], entry{rec: n})
		}
	}
	for n, list := range c.certs {
		c.certs[n] = slices.DeleteFunc(list, func(x cert) bool { return c.seenPeople(holders[x.number]) > maxPeople })
	}
}

// dropGenericDates forgets birth dates far more common than their year allows,
// such as 1900-01-01 for "unknown".
func (c *Columns) dropGenericDates() {
	years := make([]float64, 1<<16)
	for i := range c.rows {
		years[c.rows[i].born>>16]++
	}
	c.grouped(func(w *row) uint64 {
		if w.born == 0 {
			return 0
		}
		return mix(uint64(w.born), mixA)
	}, func(es []entry) {
		n := float64(len(es))
		usual := years[c.rows[es[0].rec].born>>16] / 365
		if n > 20 && n > 4*usual+8*math.Sqrt(usual) && c.seenPeople(es) > maxPeople {
			for _, e := range es {
				c.rows[e.rec].born = 0
			}
		}
	})
}
