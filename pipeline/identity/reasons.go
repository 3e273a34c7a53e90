package identity

import (
	"slices"
	"strings"
)

// reasons says in Japanese what a pair has in common, each thing once.
func reasons(items []item) []string {
	named := slices.ContainsFunc(items, func(it item) bool { return sameName <= it.kind && it.kind <= variantFormer })
	var out []string
	for _, it := range items {
		if s := reason(it, named); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// reason says one thing. Beside a name that agrees, named, a reading is worth
// only a word; alone it is weaker than any name, and says so.
func reason(it item, named bool) string {
	switch it.kind {
	case sameCertificate:
		return "合格番号「" + it.textA + "」と生年月日が一致"
	case sameName:
		return "氏名と生年月日が一致"
	case variantName:
		return "異体字を同じとみると氏名が一致し" + folding(it) + "、生年月日も一致"
	case nameIsFormer:
		return "一方の氏名が他方の旧氏名と一致し、生年月日も一致"
	case nameIsVariantOfFormer:
		return "異体字を同じとみると一方の氏名が他方の旧氏名と一致し" + folding(it) + "、生年月日も一致"
	case sameFormer:
		return "旧氏名と生年月日が一致"
	case variantFormer:
		return "異体字を同じとみると旧氏名が一致し" + folding(it) + "、生年月日も一致"
	}
	switch {
	case named && it.kind == earlierReading:
		return "" // the former name says it
	case named:
		return "カナ氏名も一致"
	case it.kind == bareReading:
		return "氏名の読みと生年月日が一致（かな書きの氏名を含む）"
	case it.kind == sameReading:
		return "カナ氏名と生年月日が一致（漢字の氏名は異なるため、氏名の一致より弱い根拠）"
	}
	return "以前のものを含むカナ氏名と生年月日が一致（漢字の氏名は異なるため、氏名の一致より弱い根拠）"
}

// folding names the variants in which two names differ: （髙→高、惠→恵）. What is
// folded in both alike is no difference.
func folding(it item) string {
	a, b := variantSteps(it.textA), variantSteps(it.textB)
	only := func(steps, other []Step) (out []string) {
		for _, s := range steps {
			if !slices.Contains(other, s) {
				out = append(out, s.From+"→"+s.To)
			}
		}
		return out
	}
	out := append(only(a, b), only(b, a)...)
	if len(out) == 0 { // one kanji in both writings within one name
		out = only(a, nil)
	}
	return "（" + strings.Join(out, "、") + "）"
}
