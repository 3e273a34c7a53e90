package engine

import (
	"cmp"
	"encoding/binary"
	"errors"
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

	// Earlier are whole names and readings borne before, for a register; their
	// family names stand in Former too.
	Earlier []string
}

// row is a record in interned form, 64 bytes, a line of a processor's cache: two
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

	head, tail uint16 // first and last two bytes before the @; see compareMail
}

const (
	flagDerived  = 1 << iota // the mail address is made of the name
	flagWhole                // fam holds the whole name
	flagWholeKan             // kfam holds the whole reading
	flagFormers              // see Columns.formers
	flagCerts                // see Columns.certs
)

// Columns is a file or a register in interned form, ready to be resolved. Its
// records stand in the order of their birth dates, and of the hashes of their
// IDs on one day: an order that does not depend on the file, and in which those
// that will be compared mostly lie close together in memory.
type Columns struct {
	rows    []row
	added   []uint32            // when each record was added
	formers map[uint32][]uint32 // former names beside the first, of the few records that have them
	certs   certList
	forms   *forms

	ids, mails texts // as they were added
	agencies   *interner

	register bool // see NewRegister
	akas     []aka
	generic  []identity.Shared
	doubtful []uint64 // numbers of certificates, sorted; see doubt

	facts facts
}

// Len counts the records.
func (c *Columns) Len() int { return len(c.rows) }

// ID returns the ID of a record.
func (c *Columns) ID(r int) string { return string(c.id(uint32(r))) }

func (c *Columns) id(r uint32) []byte { return c.ids.bytes(c.added[r]) }

// texts is a list of short texts without a pointer for each.
type texts struct {
	ends []uint32
	text []byte
}

func (t *texts) add(s string) {
	t.text = append(t.text, s...)
	t.ends = append(t.ends, uint32(len(t.text)))
}

func (t *texts) clone() texts { return texts{slices.Clone(t.ends), slices.Clone(t.text)} }

// emptied has room for as much again.
func (t *texts) emptied() texts { return texts{t.ends[:0], t.text[:0]} }

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
	shelf      *shelf
	rows       []row // names and agencies by their numbers on the shelf
	ids, mails texts
	formers    map[uint32][]uint32 // pieces, by record
	certs      certList
	akas       []aka
	named      bool // some record has an ID
	register   bool // see NewRegister
}

// shelf holds every piece of a name as recorded and every agency once.
type shelf struct{ pieces, agencies *interner }

// NewBuilder makes room for about n records; more are welcome.
func NewBuilder(n int) *Builder {
	text := func(each int) texts { return texts{make([]uint32, 0, n), make([]byte, 0, each*n)} }
	return &Builder{
		shelf: &shelf{newInterner(true), newInterner(false)},
		rows:  make([]row, 0, n), ids: text(12), mails: text(24),
		formers: map[uint32][]uint32{},
	}
}

// Cut returns what b took in as a builder of its own, in memory that just fits,
// and empties b. The two share what is stored once: they must not be used at the
// same time. A file that is read by several goroutines has a builder for each of
// them, which is cut after every stretch of the file, and Build puts the
// stretches in their order.
func (b *Builder) Cut() *Builder {
	out := *b
	out.rows, out.ids, out.mails = slices.Clone(b.rows), b.ids.clone(), b.mails.clone()
	b.rows, b.ids, b.mails = b.rows[:0], b.ids.emptied(), b.mails.emptied()
	b.formers, b.certs, b.akas, b.named = map[uint32][]uint32{}, certList{}, nil, false
	return &out
}

var errTooLarge = errors.New("more records than one resolution can hold")

// Add takes records in. A record without a name is kept: its e-mail or
// certificate may still tell who it is.
func (b *Builder) Add(records ...Record) error {
	if len(b.rows)+len(records) > math.MaxInt32 || len(b.ids.text) > math.MaxInt32 || len(b.mails.text) > math.MaxInt32 {
		return errTooLarge
	}
	for i := range records {
		r := &records[i]
		n := uint32(len(b.rows))
		b.rows = append(b.rows, row{})
		w := &b.rows[n]
		b.name(w, r)
		w.former = b.former(n, w, r)
		b.others(n, w, r)
	}
	return nil
}

func (b *Builder) others(n uint32, w *row, r *Record) {
	b.ids.add(r.ID)
	b.named = b.named || r.ID != ""
	w.born = packDate(r.Born)
	w.sex = sexOf(r.Sex)
	mail := cleanMail(r.Email)
	b.mails.add(mail)
	w.email = Label(mail)
	w.local, w.head, w.tail = local(mail)
	w.agency, _ = b.shelf.agencies.put(r.Agency)
	w.cert = b.certificates(n, w, r)
	b.earlier(n, r)
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
	w.fam, w.giv = b.piece(family), b.piece(given)
	w.kfam, w.kgiv = b.piece(kfamily), b.piece(kgiven)
}

func (b *Builder) piece(s string) uint32 {
	n, _ := b.shelf.pieces.put(s)
	return n
}

// former keeps the surnames before a marriage, which stand alone or with the
// given name.
func (b *Builder) former(n uint32, w *row, r *Record) uint32 {
	first := uint32(0)
	for _, s := range r.Former {
		family, _, _ := cutName(s)
		if family == s && r.Given != "" && len(s) > len(r.Given) && s[len(s)-len(r.Given):] == r.Given {
			family = s[:len(s)-len(r.Given)]
		}
		switch p := b.piece(family); {
		case p == 0:
		case first == 0:
			first = p
		default:
			b.formers[n] = append(b.formers[n], p)
			w.flags |= flagFormers
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

// local measures what stands before the @: its length, its first and its last two
// bytes, 0 where it has none.
func local(mail string) (length uint8, head, tail uint16) {
	s := localPart(mail)
	if n := len(s); n >= 2 {
		head, tail = uint16(s[0])<<8|uint16(s[1]), uint16(s[n-2])<<8|uint16(s[n-1])
	}
	return uint8(min(len(s), 255)), head, tail
}

// localOf is what stands before the @ of the mail address of a record.
func (c *Columns) localOf(r uint32) []byte {
	return c.mails.bytes(c.added[r])[:c.rows[r].local]
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

// byIDs lists the records in the order of their IDs, in which files mostly are
// already.
func (c *Columns) byIDs() []uint32 {
	es := make([]entry, len(c.rows))
	for r, n := range c.added {
		es[n].rec = uint32(r)
	}
	c.sortByID(es)
	out := make([]uint32, len(es))
	for i, e := range es {
		out[i] = e.rec
	}
	return out
}

// sortByID sorts records by their IDs, most of which are told apart by eight
// bytes behind those that all have in common.
func (c *Columns) sortByID(es []entry) {
	if len(es) == 0 {
		return
	}
	first := c.id(es[0].rec)
	same := len(first)
	for _, e := range es {
		same = commonPrefix(first[:same], c.id(e.rec))
	}
	for i := range es {
		var head [8]byte
		copy(head[:], c.id(es[i].rec)[same:])
		es[i].key = binary.BigEndian.Uint64(head[:])
	}
	c.sortByHead(es)
}

// sortByHead sorts halves on two cores and merges them.
func (c *Columns) sortByHead(es []entry) {
	compare := func(x, y entry) int {
		if x.key != y.key {
			return cmp.Compare(x.key, y.key)
		}
		return c.byID(x.rec, y.rec)
	}
	mid := len(es) / 2
	halves := [2][]entry{es[:mid], slices.Clone(es[mid:])}
	parallel(2, func(_, i int) { slices.SortFunc(halves[i], compare) })
	a, b := slices.Clone(halves[0]), halves[1]
	for i := range es {
		if len(b) == 0 || len(a) > 0 && compare(a[0], b[0]) < 0 {
			es[i], a = a[0], a[1:]
		} else {
			es[i], b = b[0], b[1:]
		}
	}
}

func commonPrefix(a, b []byte) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}
