package engine

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/identity"
)

// Record is what one ID tells of its person, as recorded; all but one way to
// write the name may be missing.
type Record struct {
	ID string // of the record; unique. Empty in all records: they are numbered in order

	Family, Given         string // 氏 and 名; or
	Name                  string // both, best with a blank between them
	KanaFamily, KanaGiven string
	Kana                  string // both
	Former                []string
	Born                  pipeline.Date // need not exist: 1990-02-31 is a slip of some day
	Sex                   string        // 男 or 女 and what else begins so: M, F, male, …
	Email                 string
	Agency                string
	Certificates          []identity.Certificate
}

// row is a record in interned form, 48 bytes, less than a cache line: two
// records are compared far more often than a column is read from end to end.
type row struct {
	fam, giv, kfam, kgiv uint32 // forms; whole names that could not be cut stand in fam or kfam alone
	former               uint32 // form, of kanji or kana
	born                 uint32 // nibbles
	email, agency, cert  uint32

	famBits, givBits, kfamBits, kgivBits uint8 // how rare the part is, in quarter bits
	agencyBits                           uint8 // in half bits
	sex                                  uint8 // 0 unknown, 1 male, 2 female
	flags                                uint8
}

const (
	flagDerived  = 1 << iota // the mail address is made of the name
	flagWhole                // fam holds the whole name
	flagWholeKan             // kfam holds the whole reading
	flagMore                 // there are further former names or certificates: see Columns.more
	flagDay                  // the certificates have kinds and days
)

// further is what few records have: more than one former name or certificate,
// or certificates with a day.
type further struct {
	former []uint32
	certs  []cert
}

type cert struct {
	number uint32
	kind   string
	on     pipeline.Date
}

// Columns is a file or a register in interned form, ready to be resolved.
type Columns struct {
	rows  []row
	more  map[uint32]further
	forms *forms
	ids   texts
	order []uint32 // records in the order of the hashes of their IDs

	emails   *interner
	agencies *interner
	certs    *interner
	locals   []uint64 // by email: hash of the local part
	shared   []uint8  // by email: how many people seem to use it; 0: one

	facts facts
}

// Len counts the records.

func (c *Columns) Len() int { return len(c.rows) }

// ID returns the ID of a record, in the order in which it was added.
func (c *Columns) ID(r int) string { return c.ids.at(uint32(r)) }

// texts is a list of short texts without a pointer for each.
type texts struct {
	ends []uint32
	text []byte
}

func (t *texts) add(s string) {
	t.text = append(t.text, s...)
	t.ends = append(t.ends, uint32(len(t.text)))
}

func (t *texts) at(i uint32) string { return string(t.bytes(i)) }

func (t *texts) bytes(i uint32) []byte {
	start := uint32(0)
	if i > 0 {
		start = t.ends[i-1]
	}
	return t.text[start:t.ends[i]]
}

// Builder takes records in. It keeps nothing of what it is given, so the
// strings may be reused.
type Builder struct {
	c     *Columns
	parts *parts
	named bool // some record has an ID
}

// NewBuilder makes room for about n records; more are welcome.
func NewBuilder(n int) *Builder {
	p := newParts()
	return &Builder{parts: p, c: &Columns{
		rows: make([]row, 0, n), more: map[uint32]further{}, forms: p.forms,
		emails: newInterner(true), agencies: newInterner(false), certs: newInterner(false),
	}}
}

var errTooLarge = errors.New("more records than one resolution can hold")

// Add takes a record in. A record without a name is kept: its e-mail or
// certificate may still tell who it is.
func (b *Builder) Add(r *Record) error {
	c := b.c
	if len(c.rows) >= math.MaxInt32 || len(c.ids.text) > math.MaxInt32 || len(c.emails.text) > math.MaxInt32 {
		return errTooLarge
	}
	n := uint32(len(c.rows))
	c.ids.add(r.ID)
	b.named = b.named || r.ID != ""
	var w row
	b.name(&w, r)
	w.former = b.former(n, r)
	w.born = packDate(r.Born)
	w.sex = sexOf(r.Sex)
	w.email, _ = c.emails.put(cleanMail(r.Email))
	w.agency, _ = c.agencies.put(r.Agency)
	w.cert = b.certificates(n, r, &w)
	if _, ok := c.more[n]; ok {
		w.flags |= flagMore
	}
	c.rows = append(c.rows, w)
	return nil
}

// name puts the pieces of the name, as recorded, where Build will look for them.
func (b *Builder) name(w *row, r *Record) {
	family, given := r.Family, r.Given
	if family == "" && given == "" {
		var cut bool
		if family, given, cut = cutName(r.Name); !cut && family != "" {
			w.flags |= flagWhole
		}
	}
	kfamily, kgiven := r.KanaFamily, r.KanaGiven
	if kfamily == "" && kgiven == "" {
		var cut bool
		if kfamily, kgiven, cut = cutName(r.Kana); !cut && kfamily != "" {
			w.flags |= flagWholeKan
		}
	}
	w.fam, w.giv = b.parts.piece(family), b.parts.piece(given)
	w.kfam, w.kgiv = b.parts.piece(kfamily), b.parts.piece(kgiven)
}

// former keeps the surnames before a marriage, which stand alone or with the
// given name.
func (b *Builder) former(n uint32, r *Record) uint32 {
	first := uint32(0)
	for _, s := range r.Former {
		family, _, _ := cutName(s)
		if family == s && r.Given != "" && len(s) > len(r.Given) && s[len(s)-len(r.Given):] == r.Given {
			family = s[:len(s)-len(r.Given)]
		}
		switch p := b.parts.piece(family); {
		case p == 0:
		case first == 0:
			first = p
		default:
			m := b.c.more[n]
			m.former = append(m.former, p)
			b.c.more[n] = m
		}
	}
	return first
}

func (b *Builder) certificates(n uint32, r *Record, w *row) uint32 {
	first := uint32(0)
	for _, x := range r.Certificates {
		id, _ := b.c.certs.put(x.Number)
		if id == 0 {
			continue
		}
		if first == 0 {
			first = id
		}
		if len(r.Certificates) > 1 || x.JudgedOn != 0 {
			m := b.c.more[n]
			m.certs = append(m.certs, cert{id, x.Code, x.JudgedOn})
			b.c.more[n] = m
			w.flags |= flagDay
		}
	}
	return first
}

func sexOf(s string) uint8 {
	for _, r := range s {
		switch r {
		case '男', 'M', 'm', 'Ｍ', '1':
			return 1
		case '女', 'F', 'f', 'Ｆ', 'W', 'w', '2':
			return 2
		}
		break
	}
	return 0
}

// Build closes the builder and works out what the values are worth. IDs that
// come twice are an error. The result does not depend on the order of the
// records, as long as they have IDs.
func (b *Builder) Build() (*Columns, error) {
	c := b.c
	if !b.named {
		c.ids = texts{}
		for i := range c.rows {
			c.ids.add(fmt.Sprintf("%09d", i+1))
		}
	}
	if err := c.sortIDs(); err != nil {
		return nil, err
	}
	b.resolveNames()
	for _, in := range []*interner{c.emails, c.agencies, c.certs, b.parts.forms.interner} {
		in.seal()
	}
	b.c, b.parts = nil, nil
	c.weigh()
	return c, nil
}

// sortIDs puts the records in the order of the hashes of their IDs: as good as
// any order that does not depend on the file, and eight times cheaper than that
// of the alphabet.
func (c *Columns) sortIDs() error {
	hashed := make([]entry, len(c.rows))
	for i := range hashed {
		hashed[i] = entry{hashText(string(c.ids.bytes(uint32(i)))), uint32(i)}
	}
	sortEntries(hashed)
	c.order = make([]uint32, len(hashed))
	for i, e := range hashed {
		c.order[i] = e.rec
	}
	for start := 0; start < len(hashed); {
		end := start + 1
		for end < len(hashed) && hashed[end].key == hashed[start].key {
			end++
		}
		if same := c.order[start:end]; len(same) > 1 {
			slices.SortFunc(same, c.byID)
			for i := 1; i < len(same); i++ {
				if c.byID(same[i-1], same[i]) == 0 {
					return fmt.Errorf("record %s: stands twice among the records", c.ids.at(same[i]))
				}
			}
		}
		start = end
	}
	return nil
}

func cleanMail(s string) string {
	lower := false
	for i := range len(s) {
		if c := s[i]; 'A' <= c && c <= 'Z' || c <= ' ' || c >= 0x80 {
			lower = true
			break
		}
	}
	if lower {
		s = pipeline.CleanName(s) // width, case and blanks: as good for addresses
	}
	return s
}

// Label makes a label for Evaluate of a text that names a person; 0 of none.
func Label(s string) uint64 {
	if s == "" {
		return 0
	}
	return someKey(hashText(s))
}
