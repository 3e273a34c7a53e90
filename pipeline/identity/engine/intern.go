package engine

import "math/bits"

// Two odd constants of wyhash; any would do that mix well.
const (
	mixA = 0xa0761d6478bd642f
	mixB = 0xe7037ed1a0b428db
)

// mix joins two hashes into one; the order matters.
func mix(a, b uint64) uint64 { return fold(fold(a, mixA)+b, mixB) }

// someKey makes a key of a hash: zero means "no key", so no key is zero.
func someKey(h uint64) uint64 { return h | 1 }

// hashText is a fixed hash: the keys built from it are equal in every process,
// which is what makes the result one of the data and not of the run.
func hashText(s string) uint64 {
	h := uint64(len(s)) * mixB
	i := 0
	for ; i+8 <= len(s); i += 8 {
		w := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
			uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
		h = fold(h^w, mixA)
	}
	tail := uint64(0)
	for shift := 0; i < len(s); i, shift = i+1, shift+8 {
		tail |= uint64(s[i]) << shift
	}
	return fold(fold(h^tail, mixB), mixA)
}

// fold multiplies to 128 bits and folds the halves.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^b, b|1)
	return hi ^ lo
}

// interner gives equal texts one number. Number 0 is the empty text. Numbers
// follow the order of arrival, so nothing that is compared or written may
// depend on them, only on whether they are equal. Texts are told apart by their
// 64 bits: of ten million texts two would be one in 200,000 files.
type interner struct {
	slots  []uint64 // the hash with the number in its lowest bits, as many as say where the slot is; 0: free
	hashes []uint64 // by number
	ends   []uint32 // by number: where its text ends in text; only if kept
	text   []byte
	keep   bool // the texts are needed again
}

func newInterner(keep bool) *interner {
	return &interner{slots: make([]uint64, 1<<12), hashes: make([]uint64, 1, 1<<11), ends: make([]uint32, 1, 1<<11), keep: keep}
}

// put returns the number of s, and whether it is new.
func (in *interner) put(s string) (uint32, bool) {
	if s == "" {
		return 0, false
	}
	return in.hashed(s, hashText(s))
}

// hashed is put with the hash of the text. A slot tells the bits of the hash by
// its place and by what it holds: memory is looked at once.
func (in *interner) hashed(s string, h uint64) (uint32, bool) {
	mask := uint64(len(in.slots) - 1)
	for at := h & mask; ; at = (at + 1) & mask {
		slot := in.slots[at]
		if slot == 0 {
			break
		}
		if (slot^h)&^mask == 0 {
			return uint32(slot & mask), false
		}
	}
	return in.add(s, h), true
}

func (in *interner) add(s string, h uint64) uint32 {
	n := uint32(len(in.hashes))
	in.hashes = append(in.hashes, h)
	if in.keep {
		in.text = append(in.text, s...)
		in.ends = append(in.ends, uint32(len(in.text)))
	}
	if 2*len(in.hashes) > len(in.slots) {
		in.slots = make([]uint64, 2*len(in.slots))
		for i := 1; i < len(in.hashes); i++ {
			in.place(uint32(i))
		}
	} else {
		in.place(n)
	}
	return n
}

func (in *interner) place(n uint32) {
	mask := uint64(len(in.slots) - 1)
	at := in.hashes[n] & mask
	for in.slots[at] != 0 {
		at = (at + 1) & mask
	}
	in.slots[at] = in.hashes[n]&^mask | uint64(n)
}

// at returns the text of a number; the interner must keep its texts.
func (in *interner) at(n uint32) string {
	if n == 0 {
		return ""
	}
	return string(in.bytes(n))
}

func (in *interner) bytes(n uint32) []byte { return in.text[in.ends[n-1]:in.ends[n]] }

// len counts the numbers given, 0 included.
func (in *interner) len() int { return len(in.hashes) }

// absorb puts all that another interner has, and returns the numbers here by
// those there.
func (in *interner) absorb(o *interner) []uint32 {
	out := make([]uint32, o.len())
	if in == o {
		for n := range out {
			out[n] = uint32(n)
		}
		return out
	}
	for n := 1; n < len(out); n++ {
		text := ""
		if o.keep {
			text = o.at(uint32(n))
		}
		out[n], _ = in.hashed(text, o.hashes[n])
	}
	return out
}

// seal drops what is only needed to put more.
func (in *interner) seal() { in.slots = nil }
