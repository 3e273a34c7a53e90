package engine

import (
	"strings"

	"meibo/pipeline/identity"
)

// forms holds every normalised part of a name once: kanji folded to their
// classes, kana as read, Latin letters. Number 0 is "none".
type forms struct {
	*interner
	poly    []uint64 // rolling hash; see joined
	pow     []uint64
	skel    []uint64
	initial []rune // of the skeleton
	latin   []bool
	common  []bool   // see findCommon
	starts  []uint32 // where the runes begin; one more than there are forms
	runes   []rune
	short   map[string]string // Latin short forms; see fullNames
}

func newForms() *forms {
	return &forms{
		interner: newInterner(true), poly: make([]uint64, 1), pow: []uint64{1}, skel: make([]uint64, 1),
		initial: make([]rune, 1), latin: make([]bool, 1), starts: make([]uint32, 2),
		short: fullNames(),
	}
}

const polyBase = 0x9e3779b97f4a7c15 | 1

// put returns the number of the form, whose skeleton the caller knows.
func (f *forms) form(s, skeleton string, latin bool) uint32 {
	n, fresh := f.put(s)
	if !fresh {
		return n
	}
	h, pow := uint64(0), uint64(1)
	for _, r := range s {
		h = h*polyBase + uint64(r) + 1
		pow *= polyBase
		f.runes = append(f.runes, r)
	}
	f.poly, f.pow = append(f.poly, h), append(f.pow, pow)
	f.starts = append(f.starts, uint32(len(f.runes)))
	f.skel = append(f.skel, hashText(skeleton))
	first := rune(0)
	for _, r := range skeleton {
		first = r
		break
	}
	f.initial, f.latin = append(f.initial, first), append(f.latin, latin)
	return n
}

// of returns the letters of a form.
func (f *forms) of(n uint32) []rune { return f.runes[f.starts[n]:f.starts[n+1]] }

// joined is the hash of the two forms written one after the other: that of
// サトウ and ハナコ is that of サトウハナコ in one.
func (f *forms) joined(a, b uint32) uint64 { return f.poly[a]*f.pow[b] + f.poly[b] }

// part is what a piece of a name as recorded means.
type part struct {
	class uint32 // form with kanji folded to their classes; of kana and Latin their own key
	kana  uint32 // form as read; 0 unless the whole piece is kana
}

// meaning works out what a piece means.
func (f *forms) meaning(s string) part {
	k := identity.KeysOf(s)
	switch {
	case k.Kana != "":
		n := f.form(k.Kana, k.Skeleton, false)
		return part{class: n, kana: n}
	case k.Latin != "":
		skeleton := k.Skeleton
		if full, ok := f.short[k.Latin]; ok {
			skeleton = full
		}
		return part{class: f.form(k.Latin, skeleton, true)}
	}
	return part{class: f.form(k.Variant, k.Skeleton, false)}
}

// cutName cuts a full name at its first blank; false if it has none.
func cutName(s string) (family, given string, ok bool) {
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ', c == '\t', c == ',', c == 0xe3 && strings.HasPrefix(s[i:], "　"):
			return s[:i], strings.TrimLeft(s[i:], " 　\t,"), true
		}
	}
	return s, "", false
}
