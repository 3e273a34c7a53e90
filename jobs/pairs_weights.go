package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/identity"
	"meibo/pipeline/identity/engine"
	"meibo/pipeline/report"
	"meibo/pipeline/store"
)

// byEffect orders pairs for those who decide: what nobody has looked at comes
// first, then what was put off, then what is 確定; within each what a decision is
// expected to change most.
func byEffect(pairs []store.Duplicate, effects map[[2]string]float64) {
	rank := func(d *store.Duplicate) int {
		switch {
		case d.Class == pipeline.ClassReview && d.Decision != identity.Later:
			return 0
		case d.Class == pipeline.ClassReview:
			return 1
		}
		return 2
	}
	effect := func(d *store.Duplicate) float64 { return effects[[2]string{d.AgentA, d.AgentB}] }
	slices.SortFunc(pairs, func(x, y store.Duplicate) int {
		return cmp.Or(cmp.Compare(rank(&x), rank(&y)), -cmp.Compare(effect(&x), effect(&y)),
			strings.Compare(x.AgentA, y.AgentA), strings.Compare(x.AgentB, y.AgentB))
	})
}

// effects are the expected effects of all listed pairs.
func (h *House) effects(ctx context.Context) (map[[2]string]float64, error) {
	out := map[[2]string]float64{}
	for p, err := range h.Store.PairWeights(ctx) {
		if err != nil {
			return nil, err
		}
		out[[2]string{p.AgentA, p.AgentB}] = p.Effect
	}
	return out, nil
}

// duplicateBlocks yields the pairs in the order of review, with both records
// beside them.
func (n *night) duplicateBlocks(ctx context.Context) iter.Seq2[report.DuplicateBlock, error] {
	return func(yield func(report.DuplicateBlock, error) bool) {
		effects, err := n.effects(ctx)
		if err != nil {
			yield(report.DuplicateBlock{}, err)
			return
		}
		var pairs []store.Duplicate
		for d, err := range n.Store.Duplicates(ctx) {
			if err != nil {
				yield(report.DuplicateBlock{}, err)
				return
			}
			pairs = append(pairs, *d)
		}
		byEffect(pairs, effects)
		for group := range slices.Chunk(pairs, lookupSize/2) {
			blocks, err := n.blocksOf(ctx, group)
			for _, b := range blocks {
				if !yield(b, nil) {
					return
				}
			}
			if err != nil {
				yield(report.DuplicateBlock{}, err)
				return
			}
		}
	}
}

// blocksOf reads what stands beside some pairs.
func (n *night) blocksOf(ctx context.Context, group []store.Duplicate) ([]report.DuplicateBlock, error) {
	var ids, firsts []string
	for _, d := range group {
		ids, firsts = append(ids, d.AgentA, d.AgentB), append(firsts, d.AgentA)
	}
	byID, err := n.personsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	weights, err := n.Store.PairWeightsOf(ctx, firsts)
	if err != nil {
		return nil, err
	}
	found := map[[2]string]string{}
	for _, w := range weights {
		found[[2]string{w.AgentA, w.AgentB}] = w.Comparisons
	}
	out := make([]report.DuplicateBlock, 0, len(group))
	for i := range group {
		d := &group[i]
		a, b := byID[d.AgentA], byID[d.AgentB]
		if a == nil || b == nil {
			return nil, fmt.Errorf("a pair names an ID that is not in the register")
		}
		block := report.DuplicateBlock{DuplicateRow: d.DuplicateRow, A: *a, B: *b, Mark: markOf(d), Folded: folded(a, b)}
		if text, ok := found[[2]string{d.AgentA, d.AgentB}]; ok {
			e, err := weighed(text)
			if err != nil {
				return nil, err
			}
			block.Comparisons = comparisons(e)
			block.Reasons = slices.Concat(block.Reasons, changing(d.Class, a, b, e))
		}
		out = append(out, block)
	}
	return out, nil
}

// weighed reads what the night stored of a pair.
func weighed(text string) (*engine.Explanation, error) {
	var e engine.Explanation
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return nil, fmt.Errorf("read the weight of a pair: %w", err)
	}
	return &e, nil
}

// comparisons are the bars of a waterfall: what is unknown weighs nothing and is
// left out.
func comparisons(e *engine.Explanation) []report.Comparison {
	out := []report.Comparison{{Field: "比べる前の見込み", Bits: e.Prior}}
	for _, s := range e.Steps {
		if s.Bits != 0 {
			out = append(out, report.Comparison{Field: s.Comparison, Level: s.Level, Bits: s.Bits})
		}
	}
	return out
}

// folded says how the present names were normalised, for those of which more
// than blanks were folded.
func folded(a, b *pipeline.Person) []report.Folded {
	var out []report.Folded
	for _, n := range []struct{ field, a, b string }{
		{"氏名の正規化", a.Agent.Name, b.Agent.Name},
		{"カナの正規化", a.Agent.NameKana, b.Agent.NameKana},
	} {
		f := report.Folded{Field: n.field, A: telling(n.a), B: telling(n.b)}
		if f.A+f.B != "" {
			out = append(out, f)
		}
	}
	return out
}

// telling are the steps of normalising a name that a reader would not expect.
func telling(name string) string {
	var out []string
	for _, s := range identity.Steps(name) {
		if strings.TrimSpace(s.From) != "" {
			out = append(out, s.String())
		}
	}
	return strings.Join(out, "、")
}

// changing says in Japanese what would change the verdict on a pair.
func changing(class string, a, b *pipeline.Person, e *engine.Explanation) []string {
	var out []string
	add := func(s string) { out = append(out, "判定が変わるとき: "+s) }
	evidence := identity.Compare(identity.RecordOf(a), identity.RecordOf(b))
	bornAlike := !a.Agent.BornOn.IsZero() && a.Agent.BornOn == b.Agent.BornOn
	switch {
	case class == pipeline.ClassConfirmed:
		add("審査で「別人」とすると、一覧から外れ、重複フラグが消える")
		return out
	case evidence.Certificate || evidence.Apart != "": // and yet not 確定: something keeps the program from joining them
		add("審査で「同一人」とすると、確定になる")
	case bornAlike:
		add("同じ合格番号が両方の記録にあるか、審査で「同一人」とすると、確定になる")
	default:
		add("生年月日が訂正されて一致し、同じ合格番号があるか、審査で「同一人」とすると、確定になる")
	}
	hard := len(evidence.Reasons()) > 0
	if class == pipeline.ClassReview && hard {
		add("氏名か生年月日の訂正で両者が異なることになれば、重みだけで判断する")
	}
	if e.Constraint == "" && !hard {
		for _, s := range e.Otherwise {
			add(s)
		}
	}
	return out
}
