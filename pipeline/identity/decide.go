package identity

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	"meibo/pipeline"
)

// Resolve judges the cases, which come in order of A and B, each pair once.
//
// A certificate number and the birth date in common are one person (確定),
// unless the two sat one exam on one day under different numbers, or the number is
// doubtful: then they ask. Any other evidence asks (要確認), and so does a model. A human Same confirms, Different
// takes the pair off the list and keeps the two out of one cluster, Later leaves
// it listed. A confirmed pair that would join two records said to be different
// asks instead. Decisions on pairs that are no case bind nothing.
//
// An error of the cases ends it, as do cases out of order and a verdict that is
// none. The order of the decisions does not matter.
func Resolve(cases iter.Seq2[Case, error], decisions []Decision) (Result, error) {
	binding, err := bind(decisions)
	if err != nil {
		return Result{}, fmt.Errorf("resolve identities: %w", err)
	}
	var all []verdict
	last := [2]string{}
	for c, err := range cases {
		if err != nil {
			return Result{}, fmt.Errorf("resolve identities: %w", err)
		}
		key := [2]string{c.A, c.B}
		if c.A >= c.B || slices.Compare(key[:], last[:]) <= 0 {
			return Result{}, fmt.Errorf("resolve identities: pair %s and %s is out of order", c.A, c.B)
		}
		last = key
		v := verdict{Case: c, decision: binding[key]}
		v.judge()
		if v.class != "" || v.decision.Verdict == Different {
			all = append(all, v)
		}
	}
	r := Result{Clusters: cluster(all)}
	for i := range all {
		if v := &all[i]; v.class != "" {
			r.Pairs = append(r.Pairs, v.pair())
		}
	}
	return r, nil
}

// bind finds the binding decision of each pair: the newest. Decisions on one
// record bind nothing.
func bind(decisions []Decision) (map[[2]string]Decision, error) {
	out := map[[2]string]Decision{}
	for _, d := range decisions {
		if d.Verdict != Same && d.Verdict != Different && d.Verdict != Later {
			return nil, fmt.Errorf("decision on %s and %s: verdict %q is none of %s, %s, %s",
				d.A, d.B, d.Verdict, Same, Different, Later)
		}
		d.A, d.B = min(d.A, d.B), max(d.A, d.B)
		key := [2]string{d.A, d.B}
		if old, ok := out[key]; !ok || d.compare(old) > 0 {
			out[key] = d
		}
	}
	return out, nil
}

// compare is above 0 if d is newer; the last terms only make the order total.
func (d Decision) compare(o Decision) int {
	return cmp.Or(cmp.Compare(d.No, o.No), strings.Compare(d.At.String(), o.At.String()),
		strings.Compare(o.Verdict, d.Verdict), strings.Compare(o.By, d.By), strings.Compare(o.Fingerprint, d.Fingerprint))
}

// verdict is one case with the decision on it.
type verdict struct {
	Case
	decision Decision
	class    string   // empty: not listed
	notes    []string // what became of the pair, and why
	speaking []string // for one person
}

// judge classes a pair by its evidence, and then as people decided.
func (v *verdict) judge() {
	evidence := v.Evidence
	if !v.Certificate {
		evidence = evidence.without()
	}
	v.class = v.classOf(evidence)
	switch v.decision.Verdict {
	case Same:
		v.class = pipeline.ClassConfirmed
		v.notes = []string{"審査で同一人と判断"} // people know more than the program's objections
	case Later:
		if v.class == "" {
			v.class = pipeline.ClassReview
		}
		v.notes = append(v.notes, "審査で保留中")
	case Different:
		v.class, v.notes = "", nil
		if v.isNews() {
			v.class = pipeline.ClassReview
			v.notes = append(v.notes, "審査で別人と判断した後に、合格番号の一致が新たに見つかったため、再審査が必要")
		}
	}
	if v.speaking = evidence.Reasons(); len(evidence.items) == 0 {
		v.speaking = v.Notes
	}
}

func (v *verdict) classOf(e Evidence) string {
	switch {
	case e.Certificate && e.Apart == "" && !v.Doubtful:
		return pipeline.ClassConfirmed
	case e.Certificate && e.Apart == "":
		v.notes = append(v.notes, "合格番号が氏名の異なる3人以上の記録にあり、仮の番号の疑いがあるため、生年月日が一致しても自動では確定としない")
		return pipeline.ClassReview
	case e.Certificate:
		v.notes = append(v.notes, e.Apart+"ため、合格番号と生年月日が一致しても自動では確定としない")
		return pipeline.ClassReview
	case e.Apart == "" && (len(e.items) > 0 || v.Review):
		return pipeline.ClassReview
	}
	return ""
}

// isNews reports whether an equal certificate has come up since the decision.
func (v *verdict) isNews() bool {
	if v.decision.Fingerprint == "" || !v.Certificate {
		return false
	}
	known := strings.Fields(v.decision.Fingerprint)
	return slices.ContainsFunc(v.Evidence.items, func(it item) bool {
		return it.kind == sameCertificate && !slices.Contains(known, v.Evidence.part(it))
	})
}

func (v *verdict) pair() Pair {
	return Pair{
		A: v.A, B: v.B, Class: v.class, Reasons: append(slices.Clone(v.notes), v.speaking...), Fingerprint: v.Evidence.Fingerprint(),
		Weight: v.Weight, Probability: v.Probability, Effect: v.Effect, Decision: v.decision,
	}
}
