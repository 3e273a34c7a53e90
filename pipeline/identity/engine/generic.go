package engine

import "math"

// A value borne by more people than this says nothing of who they are: a
// mailbox of an agency, a dummy number.
const maxPeople = 3

// seenPeople counts the people who share a value, as far as is asked: the lesser of
// how many birth dates and how many names there are among them, since slips make
// several of either for one person, but no fewer than those whose names are those
// of strangers.
func (c *Columns) seenPeople(es []entry) int {
	dates := seen(es, func(r uint32) uint32 { return c.rows[r].born })
	names := c.seenNames(es)
	switch {
	case dates == 0:
		return names
	case names == 0:
		return dates
	case dates <= maxPeople && names > maxPeople:
		return max(dates, c.strangers(es))
	}
	return min(dates, names)
}

// mostNames is at how many records of a value strangers looks.
const mostNames = 64

// strangers counts the people among records by their names alone: names that
// contradict none of one person's may all be theirs, so slips and marriages make
// no strangers.
func (c *Columns) strangers(es []entry) int {
	es = es[:min(len(es), mostNames)]
	people, n := newSets(len(es)), len(es)
	for i := range es {
		for j := range i {
			a, b := uint32(i), uint32(j)
			if people.find(a) != people.find(b) && !c.contradict(es[i].rec, es[j].rec) {
				people.join(a, b)
				n--
			}
		}
	}
	return n
}

// contradict reports whether two records bear names that no slip and no marriage
// makes of each other.
func (c *Columns) contradict(x, y uint32) bool {
	name, _ := c.compareNames(x, y)
	return name == nameConflict || name.relative()
}

// seenNames counts the given names among records, up to one more than maxPeople.
func (c *Columns) seenNames(es []entry) int {
	return seen(es, func(r uint32) uint32 {
		if name := c.rows[r].kgiv; name != 0 {
			return name
		}
		return c.rows[r].giv
	})
}

// seen counts the values other than none, up to one more than maxPeople.
func seen(es []entry, of func(r uint32) uint32) int {
	var values [maxPeople + 2]uint32
	n := 0
	for _, e := range es {
		n = distinct(&values, n, of(e.rec))
	}
	return n
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
	g := newGatherer()
	es := g.shared(len(c.rows), func(r int, put func(uint64, uint32)) {
		if h := hash(&c.rows[r]); h != 0 {
			put(h, uint32(r))
		}
	})
	sortEntries(es)
	eachRun(es, do)
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

// dropGenericDates forgets birth dates far more common than their year allows,
// such as 1900-01-01 for "unknown".
func (c *Columns) dropGenericDates() {
	if c.register {
		return // certificates stand with the dates on record
	}
	years := make([]float64, 1<<16)
	days := newCounter(1 << 15)
	for i := range c.rows {
		if born := c.rows[i].born; born != 0 {
			years[born>>16]++
			days.add(uint64(born))
		}
	}
	suspects := map[uint32][]entry{}
	for i, day := range days.keys {
		n, usual := float64(days.counts[i]), years[day>>16]/365
		if day != 0 && n > 20 && n > 4*usual+8*math.Sqrt(usual) {
			suspects[uint32(day)] = nil
		}
	}
	if len(suspects) == 0 {
		return
	}
	for i := range c.rows {
		if es, ok := suspects[c.rows[i].born]; ok {
			suspects[c.rows[i].born] = append(es, entry{rec: uint32(i)})
		}
	}
	for _, es := range suspects {
		if c.seenNames(es) > maxPeople {
			for _, e := range es {
				c.rows[e.rec].born = 0
			}
		}
	}
}
