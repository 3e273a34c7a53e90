package engine

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"meibo/pipeline/identity"
)

// Suspect is two records of a register that may be one person, or on which
// people decided.
type Suspect struct {
	A, B        string // IDs, A < B
	Certificate bool   // both bear a number that is not generic, and one birth date
	Doubtful    bool   // every number they share is borne by three and more people of unlike names: it looks like a dummy
	Review      bool   // the model asks, and no constraint keeps the two apart
	pattern     pattern
}

// Why a pair is a suspect.
const (
	byCertificate uint32 = 1 << iota
	byName
	byWeight
	byDecision
)

// Suspects lists, in order of the IDs, all pairs with one certificate number
// and birth date, with one name or reading and birth date, the pairs that the
// model finds worth asking about, and those on which people decided. Of a name
// that very many bear on one birth date each record is paired with the next
// only; what was treated so is told, beside the generic certificate numbers.
func (c *Columns) Suspects(k *Candidates, m Model, decisions []identity.Decision) ([]Suspect, []identity.Shared, error) {
	if err := m.check(); err != nil {
		return nil, nil, err
	}
	scale := c.Scale(m)
	f := &finder{c: c, width: k.width, chained: slices.Clone(c.generic)}
	f.certificates()
	f.namesakes()
	for _, e := range k.pairs {
		if scale.asks(pattern(e.rec)) {
			f.found = append(f.found, entry{e.key, byWeight})
		}
	}
	if err := f.decided(decisions); err != nil {
		return nil, nil, err
	}
	sortEntries(f.found)
	var out []Suspect
	for start := 0; start < len(f.found); {
		key, why := f.found[start].key, uint32(0)
		for ; start < len(f.found) && f.found[start].key == key; start++ {
			why |= f.found[start].rec
		}
		x := c.suspect(k.pair(entry{key: key}))
		x.Certificate = why&byCertificate != 0
		x.Review = scale.asks(x.pattern)
		out = append(out, x)
	}
	slices.SortFunc(out, func(x, y Suspect) int { return cmp.Or(strings.Compare(x.A, y.A), strings.Compare(x.B, y.B)) })
	slices.SortFunc(f.chained, func(x, y identity.Shared) int {
		return cmp.Or(strings.Compare(x.FirstID, y.FirstID), strings.Compare(x.Key, y.Key),
			cmp.Compare(x.IDs, y.IDs), cmp.Compare(x.BirthDates, y.BirthDates))
	})
	return out, f.chained, nil
}

// Asked counts the candidates of which the model asks.
func (c *Columns) Asked(k *Candidates, m Model) (int, error) {
	if err := m.check(); err != nil {
		return 0, err
	}
	scale, n := c.Scale(m), 0
	for _, e := range k.pairs {
		if scale.asks(pattern(e.rec)) {
			n++
		}
	}
	return n, nil
}

// suspect compares two records.
func (c *Columns) suspect(a, b uint32) Suspect {
	if c.byID(a, b) > 0 {
		a, b = b, a
	}
	return Suspect{A: c.ID(int(a)), B: c.ID(int(b)), Doubtful: c.doubt(a, b), pattern: c.compare(a, b)}
}

// Between compares the records of two IDs; false if one is not there.
func (c *Columns) Between(a, b string, m Model) (Suspect, bool) {
	at := c.places(a, b)
	x, okA := at[a]
	y, okB := at[b]
	if !okA || !okB || x == y {
		return Suspect{}, false
	}
	s := c.suspect(x, y)
	s.Review = c.Scale(m).asks(s.pattern)
	c.shared(x, y, func() { s.Certificate = true })
	return s, true
}

// shared calls do if two records share a number and the birth date.
func (c *Columns) shared(x, y uint32, do func()) {
	if c.rows[x].born == 0 || c.rows[x].born != c.rows[y].born {
		return
	}
	if pattern(c.compareCerts(x, y)) == pattern(certEqual) {
		do()
	}
}

// places finds the records of IDs.
func (c *Columns) places(ids ...string) map[string]uint32 {
	at := make(map[string]uint32, len(ids))
	for _, id := range ids {
		at[id] = math.MaxUint32
	}
	for r := range c.rows {
		if _, wanted := at[string(c.id(uint32(r)))]; wanted {
			at[c.ID(r)] = uint32(r)
		}
	}
	for id, r := range at {
		if r == math.MaxUint32 {
			delete(at, id)
		}
	}
	return at
}

// finder collects pairs.
type finder struct {
	c       *Columns
	width   int
	found   []entry
	chained []identity.Shared
}

func (f *finder) add(a, b, why uint32) { f.found = append(f.found, entry{pairKey(a, b, f.width), why}) }

// groups yields the records that share a key, each once and in order of ID.
func (f *finder) groups(keys func(r uint32, put func(uint64)), do func([]entry)) {
	g := newGatherer()
	es := g.shared(len(f.c.rows), func(r int, put func(uint64, uint32)) {
		if f.c.rows[r].born != 0 {
			keys(uint32(r), func(key uint64) { put(key, uint32(r)) })
		}
	})
	sortEntries(es)
	eachRun(es, func(run []entry) {
		slices.SortFunc(run, func(x, y entry) int { return f.c.byID(x.rec, y.rec) })
		run = slices.CompactFunc(run, func(x, y entry) bool { return x.rec == y.rec })
		if len(run) > 1 {
			do(run)
		}
	})
}

// certificates pairs whoever bears one number and one birth date.
func (f *finder) certificates() {
	f.groups(func(r uint32, put func(uint64)) {
		f.c.numbers(r, func(n uint64) { put(someKey(mix(n, uint64(f.c.rows[r].born)))) })
	}, func(run []entry) {
		for i, x := range run {
			for _, y := range run[i+1:] {
				f.add(x.rec, y.rec, byCertificate)
			}
		}
	})
}

// namesakes pairs whoever bears or bore one name or reading, with one birth date.
func (f *finder) namesakes() {
	c := f.c
	most := identity.DefaultSettings().MaxBlock
	f.groups(c.wholeNames, func(run []entry) {
		reach := len(run)
		if reach > most {
			f.chained = append(f.chained, identity.Shared{
				Key: "氏名と生年月日", FirstID: c.ID(int(run[0].rec)), IDs: len(run), BirthDates: 1, Chained: true,
			})
			reach = 1
		}
		for i, x := range run {
			for _, y := range run[i+1 : min(len(run), i+1+reach)] {
				f.add(x.rec, y.rec, byName)
			}
		}
	})
}

// wholeNames puts every whole name and reading of a record beside its birth date.
func (c *Columns) wholeNames(r uint32, put func(uint64)) {
	w := &c.rows[r]
	key := func(h uint64) { put(someKey(mix(h, uint64(w.born)+5))) }
	if w.fam|w.giv != 0 {
		key(c.forms.joined(w.fam, w.giv))
	}
	if w.kfam|w.kgiv != 0 {
		key(c.forms.joined(w.kfam, w.kgiv))
	}
	i, _ := slices.BinarySearchFunc(c.akas, r, func(x aka, r uint32) int { return cmp.Compare(x.rec, r) })
	for ; i < len(c.akas) && c.akas[i].rec == r; i++ {
		key(c.akas[i].hash)
	}
}

// decided adds the pairs on which people decided, as far as both are there.
func (f *finder) decided(decisions []identity.Decision) error {
	var ids []string
	for _, d := range decisions {
		if d.Verdict != identity.Same && d.Verdict != identity.Different && d.Verdict != identity.Later {
			return fmt.Errorf("decision on %s and %s: unknown verdict %q", d.A, d.B, d.Verdict)
		}
		ids = append(ids, d.A, d.B)
	}
	at := f.c.places(ids...)
	for _, d := range decisions {
		a, okA := at[d.A]
		b, okB := at[d.B]
		if okA && okB && a != b {
			f.add(a, b, byDecision)
		}
	}
	return nil
}
