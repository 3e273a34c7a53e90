package identity

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
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

func (t *texts) add(s string) uint32 {
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

// mark says that a record bears a key text. Marks of equal keys find each other
// by their hash, and are then compared by text.
type mark struct {
	hash   uint64
	text   uint32 // place of the key text
	bearer uint32 // record<<1, and 1 for an earlier name
}

func (m mark) record() uint32 { return m.bearer >> 1 }
func (m mark) former() bool   { return m.bearer&1 == 1 }

// table is the register as columns; once loaded, records are numbered in order
// of agent ID.
type table struct {
	texts texts
	ids   []uint32 // place of the agent ID
	born  []pipeline.Date
	names []mark // hash over name and birth date
	certs []mark // hash over the number
}

func load(records iter.Seq2[Record, error]) (*table, error) {
	t := &table{}
	for r, err := range records {
		if err != nil {
			return nil, err
		}
		if len(t.texts) > maxChunks/2 || len(t.ids) > math.MaxInt32/2 {
			return nil, errTooLarge
		}
		t.add(&r)
	}
	t.sortRecords()
	for i := 1; i < len(t.ids); i++ {
		if bytes.Equal(t.id(i-1), t.id(i)) {
			return nil, fmt.Errorf("agent %s: stands twice among the records", t.id(i))
		}
	}
	return t, nil
}

func (t *table) add(r *Record) {
	n := uint32(len(t.ids))
	t.ids = append(t.ids, t.texts.add(r.AgentID))
	t.born = append(t.born, r.BornOn)
	if r.BornOn.IsZero() {
		return
	}
	for _, name := range r.Names {
		if name.Kind != pipeline.NameKanji && name.Kind != pipeline.NameFormer {
			continue
		}
		key := pipeline.CleanName(name.Text)
		if key == "" {
			continue
		}
		bearer := n << 1
		if name.Kind == pipeline.NameFormer {
			bearer |= 1
		}
		t.names = append(t.names, mark{hashName(key, r.BornOn), t.texts.add(key), bearer})
	}
	for _, c := range r.Certificates {
		if key := certificateKey(c.Number); key != "" {
			t.certs = append(t.certs, mark{hash(fnvOffset, key), t.texts.add(key), n << 1})
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
	for _, marks := range [][]mark{t.names, t.certs} {
		for i, m := range marks {
			marks[i].bearer = rank[m.record()]<<1 | m.bearer&1
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

// blocks sorts marks so that those of one key stand together, in order of birth
// date and agent ID, and yields each run of two and more.
func (t *table) blocks(marks []mark) iter.Seq[[]mark] {
	slices.SortFunc(marks, func(a, b mark) int {
		if c := cmp.Compare(a.hash, b.hash); c != 0 {
			return c
		}
		return cmp.Or(
			bytes.Compare(t.texts.at(a.text), t.texts.at(b.text)),
			cmp.Compare(t.born[a.record()], t.born[b.record()]),
			cmp.Compare(a.bearer, b.bearer),
		)
	})
	return func(yield func([]mark) bool) {
		for start := 0; start < len(marks); {
			end := start + 1
			for end < len(marks) && t.sameKey(marks[start], marks[end]) {
				end++
			}
			if end > start+1 && !yield(marks[start:end]) {
				return
			}
			start = end
		}
	}
}

func (t *table) sameKey(a, b mark) bool {
	return a.hash == b.hash && bytes.Equal(t.texts.at(a.text), t.texts.at(b.text))
}

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
