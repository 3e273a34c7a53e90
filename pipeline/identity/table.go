package identity

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"iter"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"meibo/pipeline"
)

// texts holds many short texts in a few large pieces of memory; a text is known
// by its place. Millions of strings of their own would cost a header and work
// for the garbage collector each, and one growing piece is copied as it grows.
type texts [][]byte

const (
	chunkBits = 20
	maxChunks = 1 << (32 - chunkBits)
)

func addText[T string | []byte](t *texts, s T) uint32 {
	need := binary.MaxVarintLen64 + len(s)
	if n := len(*t); n == 0 || len((*t)[n-1])+need > 1<<chunkBits {
		*t = append(*t, make([]byte, 0, max(need, 1<<chunkBits)))
	}
	n := len(*t) - 1
	at := len((*t)[n])
	(*t)[n] = append(binary.AppendUvarint((*t)[n], uint64(len(s))), s...)
	return uint32(n<<chunkBits | at)
}

func (t texts) at(place uint32) []byte {
	text := t[place>>chunkBits][place&(1<<chunkBits-1):]
	n, k := binary.Uvarint(text)
	return text[k : k+int(n)]
}

// mark says that a record bears a key. Marks of equal keys find each other by
// their hash, and are then compared by text.
type mark struct {
	hash   uint64
	text   uint32 // place of the text that has the key
	bearer uint32 // record<<flagBits | flags
}

const (
	earlier  uint32 = 1 << iota // a name that is not borne any more
	bare                        // a reading that is the 氏名 or 旧氏名 itself
	flagBits = iota
)

func (m mark) record() uint32 { return m.bearer >> flagBits }

// marks are the marks of one kind of key.
type marks struct {
	list []mark
	fold func(text []byte) []byte // gives the key of a text; nil: the text is its own key
}

func (m *marks) add(hash uint64, text, record, flags uint32) {
	m.list = append(m.list, mark{hash, text, record<<flagBits | flags})
}

// table is the register as columns; once loaded, records are numbered in order
// of agent ID.
type table struct {
	texts texts
	ids   []uint32 // place of the agent ID
	born  []pipeline.Date

	names    marks // 氏名 and 旧氏名 cleaned, by variant key and birth date
	readings marks // kana keys of all names, with the birth date
	certs    marks // numbers
}

func newTable() *table {
	return &table{names: marks{fold: func(text []byte) []byte { return []byte(variantOf(string(text))) }}}
}

func (t *table) marks() []*marks { return []*marks{&t.names, &t.readings, &t.certs} }

func (t *table) add(r *Record) {
	n := uint32(len(t.ids))
	t.ids = append(t.ids, addText(&t.texts, r.AgentID))
	t.born = append(t.born, r.BornOn)
	if r.BornOn.IsZero() {
		return
	}
	read := false
	for _, name := range r.Names {
		switch name.Kind {
		case pipeline.NameKanji:
			t.addName(name.Text, n, 0)
		case pipeline.NameFormer:
			t.addName(name.Text, n, earlier)
		case pipeline.NameKana:
			var flags uint32
			if read {
				flags = earlier
			}
			t.addReading(kanaOf(pipeline.CleanName(name.Text)), n, flags)
			read = true
		}
	}
	for _, c := range r.Certificates {
		if key := certificateKey(c.Number); key != "" {
			t.certs.add(hash(fnvOffset, key), addText(&t.texts, key), n, 0)
		}
	}
}

func (t *table) addName(name string, record, flags uint32) {
	clean := pipeline.CleanName(name)
	if clean == "" {
		return
	}
	t.names.add(hashName(variantOf(clean), t.born[record]), addText(&t.texts, clean), record, flags)
	t.addReading(kanaOf(clean), record, flags|bare)
}

func (t *table) addReading(key string, record, flags uint32) {
	if key != "" {
		t.readings.add(hashName(key, t.born[record]), addText(&t.texts, key), record, flags)
	}
}

// join adds the records of p after those of t.
func (t *table) join(p *table) {
	first := uint32(len(t.ids))
	for _, place := range p.ids {
		t.ids = append(t.ids, addText(&t.texts, p.texts.at(place)))
	}
	t.born = append(t.born, p.born...)
	for i, m := range p.marks() {
		to := t.marks()[i]
		for _, k := range m.list {
			to.list = append(to.list, mark{k.hash, addText(&t.texts, p.texts.at(k.text)), k.bearer + first<<flagBits})
		}
	}
}

// sortRecords numbers the records in order of agent ID, so that no result can
// show the order in which they came. The store gives them in this order already.
func (t *table) sortRecords() {
	byID := func(a, b uint32) int { return bytes.Compare(t.texts.at(a), t.texts.at(b)) }
	if slices.IsSortedFunc(t.ids, byID) {
		return
	}
	order := make([]uint32, len(t.ids)) // new number → old number
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return byID(t.ids[a], t.ids[b]) })
	rank := make([]uint32, len(order)) // old number → new number
	ids, born := make([]uint32, len(order)), make([]pipeline.Date, len(order))
	for now, was := range order {
		rank[was] = uint32(now)
		ids[now], born[now] = t.ids[was], t.born[was]
	}
	t.ids, t.born = ids, born
	for _, m := range t.marks() {
		for i, k := range m.list {
			m.list[i].bearer = rank[k.record()]<<flagBits | k.bearer&(1<<flagBits-1)
		}
	}
}

func (t *table) id(i int) []byte { return t.texts.at(t.ids[i]) }

// find returns the number of the record of an agent ID.
func (t *table) find(id string) (uint32, bool) {
	i, ok := slices.BinarySearchFunc(t.ids, id, func(place uint32, id string) int {
		return strings.Compare(string(t.texts.at(place)), id)
	})
	return uint32(i), ok
}

// sortMarks sorts each list of marks so that those of one key stand together, in
// order of birth date and agent ID.
func (t *table) sortMarks() {
	var all sync.WaitGroup
	for _, m := range t.marks() {
		all.Go(func() { t.sort(m) })
	}
	all.Wait()
}

func (t *table) sort(m *marks) {
	slices.SortFunc(m.list, func(a, b mark) int {
		if c := cmp.Compare(a.hash, b.hash); c != 0 {
			return c
		}
		return cmp.Or(
			t.compareKeys(m, a, b),
			cmp.Compare(t.born[a.record()], t.born[b.record()]),
			cmp.Compare(a.bearer, b.bearer),
			bytes.Compare(t.texts.at(a.text), t.texts.at(b.text)),
		)
	})
}

// compareKeys works keys out of texts only where two marks have met already:
// to keep them would cost more memory than time is saved.
func (t *table) compareKeys(m *marks, a, b mark) int {
	x, y := t.texts.at(a.text), t.texts.at(b.text)
	if m.fold == nil || bytes.Equal(x, y) {
		return bytes.Compare(x, y)
	}
	return bytes.Compare(m.fold(x), m.fold(y))
}

// blocks yields each run of two and more marks of one key; m must be sorted.
func (t *table) blocks(m *marks) iter.Seq[[]mark] {
	return func(yield func([]mark) bool) {
		for start := 0; start < len(m.list); {
			end := start + 1
			for end < len(m.list) && m.list[start].hash == m.list[end].hash && t.compareKeys(m, m.list[start], m.list[end]) == 0 {
				end++
			}
			if end > start+1 && !yield(m.list[start:end]) {
				return
			}
			start = end
		}
	}
}

// SameNumber reports whether two certificate numbers differ in width, case and
// blanks only.
func SameNumber(a, b string) bool { return certificateKey(a) == certificateKey(b) }

// NumberKey is what two writings of one certificate number have in common.
func NumberKey(number string) string { return certificateKey(number) }

// certificateKey makes certificate numbers comparable: width, case and blanks
// are matters of typing.
func certificateKey(number string) string {
	if !strings.ContainsFunc(number, mayFold) {
		return number
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, norm.NFKC.String(number))
}

// mayFold is false for the runes of most numbers, which fold to themselves.
func mayFold(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && r != '-'
}

// FNV-1a, 64 bits. It is the same in every process, which a fingerprint needs.
const (
	fnvOffset uint64 = 14695981039346656037
	fnvPrime  uint64 = 1099511628211
)

func hash[T string | []byte](h uint64, s T) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return h
}

func hashDate(h uint64, d pipeline.Date) uint64 {
	for ; d > 0; d >>= 8 {
		h = (h ^ uint64(d&0xff)) * fnvPrime
	}
	return h
}

func hashName[T string | []byte](key T, bornOn pipeline.Date) uint64 {
	return hash(hashDate(fnvOffset, bornOn), key)
}
