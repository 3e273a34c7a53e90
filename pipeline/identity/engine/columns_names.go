package engine

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"
)

func (c *Columns) byID(a, b uint32) int { return bytes.Compare(c.ids.bytes(a), c.ids.bytes(b)) }

// dictionary counts which pieces stand as family and as given names where a
// blank tells them apart.
type dictionary struct {
	family, given map[string]int
}

// cut finds the best place to cut a name without a blank; 0 if there is none.
// Known family names before known given names decide by how many bear them,
// then a known family name alone, then the habit of kanji names.
func (d dictionary) cut(s string) int {
	best, score := 0, 0
	for i := range s {
		if i == 0 {
			continue
		}
		n := d.family[s[:i]] * (1 + 8*d.given[s[i:]])
		if n > score {
			best, score = i, n
		}
	}
	if score > 0 {
		return best
	}
	return habit(s)
}

// habit cuts a name of kanji where most of its length are cut: after the first
// of two, after the second of three and more.
func habit(s string) int {
	letters := 0
	for _, r := range s {
		if !unicode.Is(unicode.Han, r) && r != '々' && !unicode.Is(unicode.Hiragana, r) && r != 'ヶ' {
			return 0
		}
		letters++
	}
	first, _ := utf8.DecodeRuneInString(s)
	if letters < 2 || letters > 6 || !unicode.Is(unicode.Han, first) {
		return 0
	}
	at, n := 0, 0
	for i := range s {
		if n == min(2, letters-1) {
			at = i
			break
		}
		n++
	}
	return at
}

// resolveNames turns pieces as recorded into forms.
func (b *Builder) resolveNames() {
	c, p := b.c, b.parts
	kanji, kana := b.dictionaries()
	cuts := map[uint32][2]uint32{}
	cut := func(d dictionary, n uint32) [2]uint32 {
		if at, ok := cuts[n]; ok {
			return at
		}
		s := p.at(n)
		out := [2]uint32{n, 0}
		if i := d.cut(s); i > 0 {
			out = [2]uint32{p.piece(s[:i]), p.piece(s[i:])}
		}
		cuts[n] = out
		return out
	}
	for i := range c.rows {
		w := &c.rows[i]
		if w.flags&flagWhole != 0 {
			if at := cut(kanji, w.fam); at[1] != 0 {
				w.fam, w.giv = at[0], at[1]
				w.flags &^= flagWhole
			}
		}
	}
	clear(cuts)
	for i := range c.rows {
		w := &c.rows[i]
		if w.flags&flagWholeKan != 0 {
			if at := cut(kana, w.kfam); at[1] != 0 {
				w.kfam, w.kgiv = at[0], at[1]
				w.flags &^= flagWholeKan
			}
		}
		w.take(p.means[w.fam], p.means[w.giv], p.means[w.kfam], p.means[w.kgiv])
		w.former = p.means[w.former].class
	}
	for _, list := range c.formers {
		for i, f := range list {
			list[i] = p.means[f].class
		}
	}
}

// take sets the forms of a name. A name wholly in kana is a reading, and tells
// nothing of the kanji.
func (w *row) take(fam, giv, kfam, kgiv part) {
	w.fam, w.giv, w.kfam, w.kgiv = fam.class, giv.class, kfam.kana, kgiv.kana
	if (fam.kana != 0 || fam.class == 0) && (giv.kana != 0 || giv.class == 0) {
		if w.kfam == 0 && w.kgiv == 0 {
			w.kfam, w.kgiv = fam.kana, giv.kana
			if w.flags&flagWhole != 0 {
				w.flags |= flagWholeKan
			}
		}
		w.fam, w.giv = 0, 0
		w.flags &^= flagWhole
	}
}

// dictionaries counts the pieces of the names that have a blank.
func (b *Builder) dictionaries() (kanji, kana dictionary) {
	whole := slices.ContainsFunc(b.c.rows, func(w row) bool { return w.flags&(flagWhole|flagWholeKan) != 0 })
	if !whole {
		return kanji, kana
	}
	n := b.parts.len()
	counts := [4][]int{make([]int, n), make([]int, n), make([]int, n), make([]int, n)}
	for i := range b.c.rows {
		w := &b.c.rows[i]
		if w.flags&flagWhole == 0 {
			counts[0][w.fam]++
			counts[1][w.giv]++
		}
		if w.flags&flagWholeKan == 0 {
			counts[2][w.kfam]++
			counts[3][w.kgiv]++
		}
	}
	var maps [4]map[string]int
	for i := range maps {
		maps[i] = map[string]int{}
		for piece, count := range counts[i][1:] {
			if count > 0 {
				maps[i][b.parts.at(uint32(piece+1))] = count
			}
		}
	}
	return dictionary{maps[0], maps[1]}, dictionary{maps[2], maps[3]}
}
