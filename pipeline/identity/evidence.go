package identity

import (
	"bytes"
	"cmp"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"meibo/pipeline"
)

// kind says in what two records agree, the strongest first; the birth date is
// always part of it.
type kind uint8

const (
	sameCertificate kind = iota
	sameName             // 氏名 of both
	variantName          // 氏名 of both, but for variants
	nameIsFormer         // 氏名 of one is 旧氏名 of the other
	nameIsVariantOfFormer
	sameFormer // 旧氏名 of both
	variantFormer
	bareReading    // kana of both, of whom at least one is written in kana only
	sameReading    // カナ of both
	earlierReading // an earlier カナ, at least of one
)

// item is one thing two records have in common; a < b.
type item struct {
	a, b         uint32
	kind         kind
	textA, textB uint32 // the texts that agree
}

// evidence finds everything that records have in common, by pair.
func (t *table) evidence(s Settings) ([]item, []Shared) {
	var found []item
	var shared []Shared
	for block := range t.blocks(&t.certs) {
		if g, ok := t.generic(block, s); ok {
			shared = append(shared, g)
			continue
		}
		for born := range t.byBirth(block) {
			found = appendPairs(found, born, len(born), func(a, b mark) kind { return sameCertificate })
		}
	}
	for _, by := range []struct {
		key     string
		marks   *marks
		compare func(a, b mark) kind
	}{{"氏名と生年月日", &t.names, t.compareNames}, {"カナ氏名と生年月日", &t.readings, compareReadings}} {
		for block := range t.blocks(by.marks) {
			for born := range t.byBirth(block) {
				if len(born) > s.MaxBlock {
					shared = append(shared, Shared{by.key, string(t.id(int(born[0].record()))), len(born), 1, true})
				}
				found = appendPairs(found, born, s.MaxBlock, by.compare)
			}
		}
	}
	slices.SortFunc(found, func(x, y item) int {
		return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b), cmp.Compare(x.kind, y.kind),
			bytes.Compare(t.texts.at(x.textA), t.texts.at(y.textA)), bytes.Compare(t.texts.at(x.textB), t.texts.at(y.textB)))
	})
	slices.SortFunc(shared, func(x, y Shared) int {
		return cmp.Or(strings.Compare(x.FirstID, y.FirstID), strings.Compare(x.Key, y.Key),
			cmp.Compare(x.IDs, y.IDs), cmp.Compare(x.BirthDates, y.BirthDates))
	})
	return found, shared
}

// member is a record in a block with all its marks there.
type member []mark

func (m member) record() uint32 { return m[0].record() }

// byBirth splits a block, which is in order of birth date and record, by birth
// date, and yields the parts of two and more records.
func (t *table) byBirth(block []mark) iter.Seq[[]member] {
	return func(yield func([]member) bool) {
		var part []member
		for start := 0; start < len(block); {
			end := start + 1
			for end < len(block) && block[end].record() == block[start].record() {
				end++
			}
			if len(part) > 0 && t.born[part[0].record()] != t.born[block[start].record()] {
				if len(part) > 1 && !yield(part) {
					return
				}
				part = part[:0]
			}
			part = append(part, block[start:end])
			start = end
		}
		if len(part) > 1 {
			yield(part)
		}
	}
}

// generic reports whether the bearers of one certificate number are too many.
func (t *table) generic(block []mark, s Settings) (Shared, bool) {
	g := Shared{Key: "合格番号"}
	first := block[0].record()
	for i, m := range block {
		if i == 0 || block[i-1].record() != m.record() {
			g.IDs++
		}
		if i == 0 || t.born[block[i-1].record()] != t.born[m.record()] {
			g.BirthDates++
		}
		first = min(first, m.record())
	}
	g.FirstID = string(t.id(int(first)))
	return g, g.IDs > s.MaxIDs || g.BirthDates > s.MaxBirthDates
}

// appendPairs adds all pairs of a block, or, if it has more than most members,
// each member with the next.
func appendPairs(found []item, block []member, most int, compare func(a, b mark) kind) []item {
	for i, a := range block {
		rest := block[i+1:]
		if len(block) > most {
			rest = rest[:min(1, len(rest))]
		}
		for _, b := range rest {
			found = append(found, strongest(a, b, compare))
		}
	}
	return found
}

// strongest is the best of what the marks of two members of a block agree in.
func strongest(a, b member, compare func(a, b mark) kind) item {
	best := item{a: a.record(), b: b.record(), kind: math.MaxUint8}
	for _, x := range a {
		for _, y := range b {
			if k := compare(x, y); k < best.kind {
				best.kind, best.textA, best.textB = k, x.text, y.text
			}
		}
	}
	return best
}

// compareNames: the names of one present, of the other present, and so on down;
// within each, written alike before variants.
func (t *table) compareNames(a, b mark) kind {
	k := sameName + 2*kind(a.bearer&earlier+b.bearer&earlier)
	if !bytes.Equal(t.texts.at(a.text), t.texts.at(b.text)) {
		k++
	}
	return k
}

func compareReadings(a, b mark) kind {
	switch either := a.bearer | b.bearer; {
	case either&earlier != 0:
		return earlierReading
	case either&bare != 0:
		return bareReading
	}
	return sameReading
}

// noEvidence is the fingerprint of two records that have nothing in common.
const noEvidence = "none"

// fingerprint names what a pair has in common without saying it: c: for a
// certificate number, n: for a name up to variants, k: for a reading, each with
// the birth date.
func (t *table) fingerprint(items []item) string {
	if len(items) == 0 {
		return noEvidence
	}
	parts := make([]string, len(items))
	for i, it := range items {
		parts[i] = t.part(it)
	}
	slices.Sort(parts)
	return strings.Join(slices.Compact(parts), " ")
}

func (t *table) part(it item) string {
	letter, key := 'n', t.texts.at(it.textA)
	switch {
	case it.kind == sameCertificate:
		letter = 'c'
	case it.kind >= bareReading:
		letter = 'k'
	default:
		key = t.names.fold(key)
	}
	return fmt.Sprintf("%c:%016x", letter, hashName(key, t.born[it.a]))
}

func classOf(items []item) string {
	switch {
	case len(items) == 0:
		return ""
	case items[0].kind == sameCertificate:
		return pipeline.ClassConfirmed
	}
	return pipeline.ClassReview
}
