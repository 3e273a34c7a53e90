package identity

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"meibo/pipeline"
)

// kind says in what two records agree, the strongest first.
type kind uint8

const (
	sameCertificate kind = iota // and birth date
	sameName                    // 氏名 of both, and birth date
	nameIsFormer                // 氏名 of one is 旧氏名 of the other, and birth date
	sameFormer                  // 旧氏名 of both, and birth date
)

// item is one thing two records have in common; a < b.
type item struct {
	a, b uint32
	kind kind
	text uint32 // the key text
}

// evidence finds everything that records have in common, by pair.
func (t *table) evidence(s Settings) ([]item, []Shared) {
	var found []item
	var shared []Shared
	for block := range t.blocks(t.certs) {
		if g, ok := t.generic(block, s); ok {
			shared = append(shared, g)
			continue
		}
		for born := range t.byBirth(block) {
			found = appendPairs(found, born, len(born), func(_, _ member) kind { return sameCertificate })
		}
	}
	for block := range t.blocks(t.names) {
		for born := range t.byBirth(block) {
			if len(born) > s.MaxBlock {
				shared = append(shared, Shared{"氏名と生年月日", string(t.id(int(born[0].record))), len(born), 1})
			}
			found = appendPairs(found, born, s.MaxBlock, kindOfNames)
		}
	}
	slices.SortFunc(found, func(x, y item) int {
		return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b), cmp.Compare(x.kind, y.kind),
			bytes.Compare(t.texts.at(x.text), t.texts.at(y.text)))
	})
	slices.SortFunc(shared, func(x, y Shared) int {
		return cmp.Or(strings.Compare(x.FirstID, y.FirstID), strings.Compare(x.Key, y.Key),
			cmp.Compare(x.IDs, y.IDs), cmp.Compare(x.BirthDates, y.BirthDates))
	})
	return found, shared
}

// member is a record in a block, once for all its marks there.
type member struct {
	record          uint32
	text            uint32
	current, former bool
}

// byBirth splits a block, which is in order of birth date and record, by birth
// date, and yields the parts of two and more records.
func (t *table) byBirth(block []mark) func(yield func([]member) bool) {
	return func(yield func([]member) bool) {
		var part []member
		for i, m := range block {
			if i > 0 && t.born[block[i-1].record()] != t.born[m.record()] {
				if len(part) > 1 && !yield(part) {
					return
				}
				part = part[:0]
			}
			if n := len(part); n == 0 || part[n-1].record != m.record() {
				part = append(part, member{record: m.record(), text: m.text})
			}
			last := &part[len(part)-1]
			last.current = last.current || !m.former()
			last.former = last.former || m.former()
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
func appendPairs(found []item, block []member, most int, kindOf func(a, b member) kind) []item {
	for i, a := range block {
		rest := block[i+1:]
		if len(block) > most {
			rest = rest[:min(1, len(rest))]
		}
		for _, b := range rest {
			found = append(found, item{a.record, b.record, kindOf(a, b), a.text})
		}
	}
	return found
}

func kindOfNames(a, b member) kind {
	switch {
	case a.current && b.current:
		return sameName
	case a.current || b.current:
		return nameIsFormer
	}
	return sameFormer
}

// noEvidence is the fingerprint of two records that have nothing in common.
const noEvidence = "none"

// fingerprint names what a pair has in common without saying it: c: for a
// certificate number, n: for a name, each with the birth date.
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
	letter := 'n'
	if it.kind == sameCertificate {
		letter = 'c'
	}
	return fmt.Sprintf("%c:%016x", letter, hashName(t.texts.at(it.text), t.born[it.a]))
}

// reasons says in Japanese what a pair has in common, each thing once.
func (t *table) reasons(items []item) []string {
	var out []string
	for i, it := range items {
		switch {
		case it.kind == sameCertificate:
			out = append(out, "合格番号「"+string(t.texts.at(it.text))+"」と生年月日が一致")
		case i > 0 && items[i-1].kind == it.kind:
		case it.kind == sameName:
			out = append(out, "氏名と生年月日が一致")
		case it.kind == nameIsFormer:
			out = append(out, "一方の氏名が他方の旧氏名と一致し、生年月日も一致")
		default:
			out = append(out, "旧氏名と生年月日が一致")
		}
	}
	return out
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
