package engine

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

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

// row is a record in interned form, 56 bytes, less than a cache line: two
// records are compared far more often than a column is read from end to end.
type row struct {
	email, cert          uint64 // hashes: most are unique, and only equality counts
	fam, giv, kfam, kgiv uint32 // forms; whole names that could not be cut stand in fam or kfam alone
	former               uint32 // form, of kanji or kana
	born                 uint32 // nibbles
	agency               uint32

	famBits, givBits, kfamBits, kgivBits uint8 // how rare the part is, in quarter bits
	agencyBits                           uint8 // in half bits
	sex                                  uint8 // 0 unknown, 1 male, 2 female
	flags                                uint8
	local                                uint8 // bytes of the mail address before the @
	users                                uint8 // people who seem to use it; 0: not more than two records have it
}

const (
	flagDerived  = 1 << iota // the mail address is made of the name
	flagWhole                // fam holds the whole name
	flagWholeKan             // kfam holds the whole reading
	flagFormers              // see Columns.formers
	flagCerts                // see Columns.certs
)

type cert struct {
	number uint64
	kind   string
	on     pipeline.Date
}

// Columns is a file or a register in interned form, ready to be resolved.
type Columns struct {
	rows    []row
	formers map[uint32][]uint32 // former names beside the first, of the few records that have them
	certs   map[uint32][]cert   // of records with several certificates, or with their days
	forms   *forms
	ids     texts
	order   []uint32 // records in the order of the hashes of their IDs
	rank    []uint32 // the place of each record in it

	mails    texts
	agencies *interner

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
	text := func(each int) texts { return texts{make([]uint32, 0, n), make([]byte, 0, each*n)} }
	return &Builder{parts: p, c: &Columns{
		ids: text(12), mails: text(24),
		rows: make([]row, 0, n), formers: map[uint32][]uint32{}, certs: map[uint32][]cert{}, forms: p.forms,
		agencies: newInterner(false),
	}}
}

var errTooLarge = errors.New("more records than one resolution can hold")

// Add takes records in; the more at a time, the better, up to some thousands. A
// record without a name is kept: its e-mail or certificate may still tell who
// it is.
func (b *Builder) Add(records ...Record) error {
	c := b.c
	first := len(c.rows)
	if first+len(records) > math.MaxInt32 || len(c.ids.text) > math.MaxInt32 || len(c.mails.text) > math.MaxInt32 {
		return errTooLarge
	}
	c.rows = append(c.rows, make([]row, len(records))...)
	parallel(2, func(_, half int) { // names cost as much as all else
		for i := range records {
			w, r := &c.rows[first+i], &records[i]
			if half == 0 {
				b.name(w, r)
				w.former = b.former(uint32(first+i), r)
			} else {
				b.others(uint32(first+i), w, r)
			}
		}
	})
	return nil
}

func (b *Builder) others(n uint32, w *row, r *Record) {
	c := b.c
	c.ids.add(r.ID)
	b.named = b.named || r.ID != ""
	w.born = packDate(r.Born)
	w.sex = sexOf(r.Sex)
	mail := cleanMail(r.Email)
	c.mails.add(mail)
	w.email, w.local = Label(mail), localLength(mail)
	w.agency, _ = c.agencies.put(r.Agency)
	w.cert = b.certificates(n, r)
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
			b.c.formers[n] = append(b.c.formers[n], p)
		}
	}
	return first
}

func (b *Builder) certificates(n uint32, r *Record) uint64 {
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
			b.c.certs[n] = append(b.c.certs[n], cert{id, x.Code, x.JudgedOn})
		}
	}
	return first
}

func sexOf(s string) uint8 {
	switch r, _ := utf8.DecodeRuneInString(s); r {
	case '男', 'M', 'm', 'Ｍ', '1':
		return 1
	case '女', 'F', 'f', 'Ｆ', 'W', 'w', '2':
		return 2
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
	for n := range c.formers {
		c.rows[n].flags |= flagFormers
	}
	for n := range c.certs {
		c.rows[n].flags |= flagCerts
	}
	c.agencies.seal()
	c.forms.seal()
	b.c, b.parts = nil, nil
	c.weigh()
	return c, nil
}

// sortIDs puts the records in the order of the hashes of their IDs: as good as
// any order that does not depend on the file, and eight times cheaper than that
// of the alphabet.
func (c *Columns) sortIDs() error {
	hashed := make([]entry, len(c.rows))
	c.eachPart(func(r int) { hashed[r] = entry{hashText(string(c.ids.bytes(uint32(r)))), uint32(r)} })
	sortEntries(hashed)
	c.order, c.rank = make([]uint32, len(hashed)), make([]uint32, len(hashed))
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
	for i, r := range c.order {
		c.rank[r] = uint32(i)
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

// Label is a hash of a text other than 0, and 0 of none; Evaluate takes such
// labels of people.
func Label(s string) uint64 {
	if s == "" {
		return 0
	}
	return someKey(hashText(s))
}

func localLength(mail string) uint8 {
	return uint8(min(len(localPart(mail)), 255))
}

// localOf is what stands before the @ of the mail address of a record.
func (c *Columns) localOf(r uint32) []byte {
	return c.mails.bytes(r)[:c.rows[r].local]
}

// eachPart calls do for every record, on all cores.
func (c *Columns) eachPart(do func(r int)) {
	parts := spans(len(c.rows), 64)
	if len(c.rows) == 0 {
		return
	}
	parallel(len(parts)-1, func(_, p int) {
		for r := parts[p]; r < parts[p+1]; r++ {
			do(r)
		}
	})
}
