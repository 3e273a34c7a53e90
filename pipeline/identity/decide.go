package identity

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"meibo/pipeline"
)

// bound is the binding decision on two records, a < b.
type bound struct {
	a, b uint32
	Decision
}

// bind finds the binding decision of each pair: the newest. Decisions on
// records that are gone, or on one record, bind nothing.
func (t *table) bind(decisions []Decision) ([]bound, error) {
	var out []bound
	for _, d := range decisions {
		if d.Verdict != Same && d.Verdict != Different && d.Verdict != Later {
			return nil, fmt.Errorf("decision on %s and %s: verdict %q is none of %s, %s, %s",
				d.A, d.B, d.Verdict, Same, Different, Later)
		}
		if d.A > d.B {
			d.A, d.B = d.B, d.A
		}
		a, okA := t.find(d.A)
		b, okB := t.find(d.B)
		if okA && okB && a != b {
			out = append(out, bound{a, b, d})
		}
	}
	// The newest first; the last terms only make the order total.
	slices.SortFunc(out, func(x, y bound) int {
		return cmp.Or(x.compare(y.a, y.b), cmp.Compare(y.No, x.No), strings.Compare(y.At.String(), x.At.String()),
			strings.Compare(x.Verdict, y.Verdict), strings.Compare(x.By, y.By),
			strings.Compare(x.Fingerprint, y.Fingerprint))
	})
	return slices.CompactFunc(out, func(x, y bound) bool { return x.compare(y.a, y.b) == 0 }), nil
}

func (x bound) compare(a, b uint32) int { return cmp.Or(cmp.Compare(x.a, a), cmp.Compare(x.b, b)) }

// verdict is one pair with its evidence and the decision on it.
type verdict struct {
	a, b     uint32
	items    []item
	decision Decision
	class    string // empty: not listed
	notes    []string
}

// cases joins evidence and decisions, both in order of pair, into verdicts in
// that order.
func (t *table) cases(found []item, binding []bound) []verdict {
	var out []verdict
	for len(found) > 0 || len(binding) > 0 {
		var v verdict
		if len(binding) == 0 || len(found) > 0 && binding[0].compare(found[0].a, found[0].b) >= 0 {
			v.a, v.b = found[0].a, found[0].b
			n := 1
			for n < len(found) && found[n].a == v.a && found[n].b == v.b {
				n++
			}
			v.items, found = found[:n], found[n:]
		} else {
			v.a, v.b = binding[0].a, binding[0].b
		}
		if len(binding) > 0 && binding[0].compare(v.a, v.b) == 0 {
			v.decision, binding = binding[0].Decision, binding[1:]
		}
		t.judge(&v)
		out = append(out, v)
	}
	return out
}

// judge classes a pair by its evidence, and then as people decided.
func (t *table) judge(v *verdict) {
	v.class = classOf(v.items)
	switch v.decision.Verdict {
	case Same:
		v.class = pipeline.ClassConfirmed
		v.notes = append(v.notes, "審査で同一人と判断")
	case Later:
		if v.class == "" {
			v.class = pipeline.ClassReview
		}
		v.notes = append(v.notes, "審査で保留中")
	case Different:
		v.class = ""
		if t.isNews(v) {
			v.class = pipeline.ClassReview
			v.notes = append(v.notes, "審査で別人と判断した後に、合格番号の一致が新たに見つかったため、再審査が必要")
		}
	}
}

// isNews reports whether an equal certificate has come up since the decision.
func (t *table) isNews(v *verdict) bool {
	if v.decision.Fingerprint == "" {
		return false
	}
	known := strings.Fields(v.decision.Fingerprint)
	return slices.ContainsFunc(v.items, func(it item) bool {
		return it.kind == sameCertificate && !slices.Contains(known, t.part(it))
	})
}

func (t *table) pair(v *verdict) Pair {
	return Pair{
		A: string(t.id(int(v.a))), B: string(t.id(int(v.b))),
		Class: v.class, Reasons: append(slices.Clone(v.notes), t.reasons(v.items)...),
		Fingerprint: t.fingerprint(v.items), Decision: v.decision,
	}
}
