package engine

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

func (c *Columns) byID(a, b uint32) int { return bytes.Compare(c.id(a), c.id(b)) }

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

// spelling turns the pieces of names, as recorded, into forms.
type spelling struct {
	c      *Columns
	pieces *interner
	counts [4][]uint32 // of the pieces that stand as family and given name and as their readings, where a blank tells
	whole  [2][]bool   // pieces that are a name, or a reading, without a blank
	means  []part
	cuts   [2]map[uint32][2]uint32 // of whole pieces
}

// resolveNames cuts the names that have no blank, and turns pieces into forms.
func (c *Columns) resolveNames(pieces *interner) {
	s := spelling{c: c, pieces: pieces}
	s.count()
	s.cut()
	s.mean()
	c.eachPart(func(r int) { s.spell(&c.rows[r]) })
	for _, list := range c.formers {
		for i, f := range list {
			list[i] = s.means[f].class
		}
	}
}

func (s *spelling) count() {
	n := s.pieces.len()
	for i := range s.counts {
		s.counts[i] = make([]uint32, n)
	}
	s.whole = [2][]bool{make([]bool, n), make([]bool, n)}
	for i := range s.c.rows {
		w := &s.c.rows[i]
		if w.flags&flagWhole == 0 {
			s.counts[0][w.fam]++
			s.counts[1][w.giv]++
		} else {
			s.whole[0][w.fam] = true
		}
		if w.flags&flagWholeKan == 0 {
			s.counts[2][w.kfam]++
			s.counts[3][w.kgiv]++
		} else {
			s.whole[1][w.kfam] = true
		}
	}
}

// cut finds where the whole names are cut, and gives their pieces numbers.
func (s *spelling) cut() {
	for k, whole := range s.whole {
		s.cuts[k] = map[uint32][2]uint32{}
		var list []uint32
		for n, is := range whole {
			if is {
				list = append(list, uint32(n))
			}
		}
		if len(list) == 0 {
			continue
		}
		d := dictionary{s.known(2 * k), s.known(2*k + 1)}
		at := make([]int, len(list))
		parts := spans(len(list), 64)
		parallel(len(parts)-1, func(_, p int) {
			for i := parts[p]; i < parts[p+1]; i++ {
				at[i] = d.cut(s.pieces.at(list[i]))
			}
		})
		for i, n := range list {
			if at[i] > 0 {
				text := s.pieces.at(n)
				a, _ := s.pieces.put(text[:at[i]])
				b, _ := s.pieces.put(text[at[i]:])
				s.cuts[k][n] = [2]uint32{a, b}
			}
		}
	}
}

// known is one of the counts by text.
func (s *spelling) known(i int) map[string]int {
	out := map[string]int{}
	for n, count := range s.counts[i] {
		if n > 0 && count > 0 {
			out[s.pieces.at(uint32(n))] = int(count)
		}
	}
	return out
}

// mean works out what the pieces mean; whole names that are cut need no meaning.
func (s *spelling) mean() {
	n := s.pieces.len()
	s.means = make([]part, n)
	needed := make([]bool, n)
	for i := range s.counts {
		for p, count := range s.counts[i] {
			needed[p] = needed[p] || count > 0
		}
	}
	for k, whole := range s.whole {
		for p, is := range whole {
			if at, cut := s.cuts[k][uint32(p)]; cut {
				needed[at[0]], needed[at[1]] = true, true
			} else if is {
				needed[p] = true
			}
		}
	}
	for i := range s.c.rows {
		needed[s.c.rows[i].former] = true
	}
	for _, list := range s.c.formers {
		for _, p := range list {
			needed[p] = true
		}
	}
	for p := 1; p < n; p++ {
		if needed[p] {
			s.means[p] = s.c.forms.meaning(s.pieces.at(uint32(p)))
		}
	}
}

// spell writes the forms of one record.
func (s *spelling) spell(w *row) {
	if w.flags&flagWhole != 0 {
		if at, ok := s.cuts[0][w.fam]; ok {
			w.fam, w.giv = at[0], at[1]
			w.flags &^= flagWhole
		}
	}
	if w.flags&flagWholeKan != 0 {
		if at, ok := s.cuts[1][w.kfam]; ok {
			w.kfam, w.kgiv = at[0], at[1]
			w.flags &^= flagWholeKan
		}
	}
	w.take(s.means[w.fam], s.means[w.giv], s.means[w.kfam], s.means[w.kgiv])
	w.former = s.means[w.former].class
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
