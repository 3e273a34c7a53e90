package identity

import (
	"cmp"
	"fmt"
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

// item is one thing two records have in common.
type item struct {
	kind         kind
	key          string // what they have in common
	textA, textB string // the texts that agree
}

// Evidence is what two records have in common.
type Evidence struct {
	Certificate bool   // a certificate number, and the birth date
	Apart       string // Japanese: what speaks against one person so strongly that no program may join them

	bornOn pipeline.Date
	items  []item // strongest first
}

// Compare finds everything that two records have in common. Records without a
// birth date, and of two birth dates, have nothing.
func Compare(a, b Record) Evidence {
	if a.AgentID > b.AgentID {
		a, b = b, a
	}
	e := Evidence{Apart: satOnOneDay(a, b), bornOn: a.BornOn}
	if a.BornOn.IsZero() || a.BornOn != b.BornOn {
		return e
	}
	for _, x := range a.Certificates {
		key := NumberKey(x.Number)
		if key != "" && slices.ContainsFunc(b.Certificates, func(y Certificate) bool { return NumberKey(y.Number) == key }) {
			e.Certificate = true
			e.items = append(e.items, item{sameCertificate, key, key, key})
		}
	}
	e.items = append(e.items, agreeing(written(a), written(b), compareWritings)...)
	e.items = append(e.items, agreeing(spoken(a), spoken(b), compareReadings)...)
	slices.SortFunc(e.items, func(x, y item) int {
		return cmp.Or(cmp.Compare(x.kind, y.kind), strings.Compare(x.textA, y.textA), strings.Compare(x.textB, y.textB))
	})
	e.items = slices.Compact(e.items)
	return e
}

// satOnOneDay names an exam of one kind that both sat on one day and passed
// under different numbers: two people did.
func satOnOneDay(a, b Record) string {
	of := func(r Record, x Certificate) (keys []string) {
		for _, y := range r.Certificates {
			if y.Code != x.Code || y.JudgedOn != x.JudgedOn {
				continue
			}
			if key := NumberKey(y.Number); key != "" {
				keys = append(keys, key)
			}
		}
		return keys
	}
	for _, x := range a.Certificates {
		if x.JudgedOn.IsZero() {
			continue
		}
		theirs := of(b, x)
		ours := of(a, x)
		if len(ours) > 0 && len(theirs) > 0 && !slices.ContainsFunc(theirs, func(k string) bool { return slices.Contains(ours, k) }) {
			return "同じ日（" + x.JudgedOn.String() + "）に判定された資格 " + x.Code + " の番号が異なる"
		}
	}
	return ""
}

// writing is a name, or a reading, with its key.
type writing struct {
	text, key string
	earlier   bool // not borne any more
	bare      bool // a reading that is the 氏名 or 旧氏名 itself
}

// written are 氏名 and 旧氏名, cleaned, by variant key.
func written(r Record) (out []writing) {
	for _, n := range r.Names {
		if n.Kind != pipeline.NameKanji && n.Kind != pipeline.NameFormer {
			continue
		}
		if clean := pipeline.CleanName(n.Text); clean != "" {
			out = append(out, writing{text: clean, key: variantOf(clean), earlier: n.Kind == pipeline.NameFormer})
		}
	}
	return out
}

// spoken are the kana keys of all names.
func spoken(r Record) (out []writing) {
	read := false
	for _, n := range r.Names {
		w := writing{key: kanaOf(pipeline.CleanName(n.Text))}
		switch n.Kind {
		case pipeline.NameKana:
			w.earlier, read = read, true
		case pipeline.NameKanji:
			w.bare = true
		case pipeline.NameFormer:
			w.bare, w.earlier = true, true
		default:
			continue
		}
		if w.text = w.key; w.key != "" {
			out = append(out, w)
		}
	}
	return out
}

// agreeing finds, for each key that both have, the strongest way in which they do.
func agreeing(as, bs []writing, compare func(a, b writing) kind) (out []item) {
	var keys []string
	for _, a := range as {
		if slices.Contains(keys, a.key) {
			continue
		}
		keys = append(keys, a.key)
		var best *item
		for _, x := range as {
			for _, y := range bs {
				if x.key != a.key || y.key != a.key {
					continue
				}
				it := item{compare(x, y), a.key, x.text, y.text}
				if best == nil || it.kind < best.kind {
					best = &it
				}
			}
		}
		if best != nil {
			out = append(out, *best)
		}
	}
	return out
}

// compareWritings: the names of one present, of the other present, and so on
// down; within each, written alike before variants.
func compareWritings(a, b writing) kind {
	k := sameName
	if a.earlier {
		k += 2
	}
	if b.earlier {
		k += 2
	}
	if a.text != b.text {
		k++
	}
	return k
}

func compareReadings(a, b writing) kind {
	switch {
	case a.earlier || b.earlier:
		return earlierReading
	case a.bare || b.bare:
		return bareReading
	}
	return sameReading
}

// NoEvidence is the fingerprint of two records that have nothing in common.
const NoEvidence = "none"

// Fingerprint names what a pair has in common without saying it: c: for a
// certificate number, n: for a name up to variants, k: for a reading, each with
// the birth date.
func (e Evidence) Fingerprint() string {
	if len(e.items) == 0 {
		return NoEvidence
	}
	parts := make([]string, len(e.items))
	for i, it := range e.items {
		parts[i] = e.part(it)
	}
	slices.Sort(parts)
	return strings.Join(slices.Compact(parts), " ")
}

func (e Evidence) part(it item) string {
	letter := 'n'
	switch {
	case it.kind == sameCertificate:
		letter = 'c'
	case it.kind >= bareReading:
		letter = 'k'
	}
	return fmt.Sprintf("%c:%016x", letter, hashOf(it.key, e.bornOn))
}

// without leaves certificate numbers out, which are generic.
func (e Evidence) without() Evidence {
	e.Certificate = false
	e.items = slices.DeleteFunc(slices.Clone(e.items), func(it item) bool { return it.kind == sameCertificate })
	return e
}

// Reasons says in Japanese what the two have in common, each thing once.
func (e Evidence) Reasons() []string { return reasons(e.items) }
