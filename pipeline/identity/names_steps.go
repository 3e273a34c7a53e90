package identity

import (
	"slices"
	"strings"
	"unicode"

	"meibo/pipeline"
)

// The keys a step may belong to, as reviewers know them.
const (
	StepClean   = "整形"  // L1
	StepKana    = "カナ"  // kana key
	StepVariant = "異体字" // variant key
)

// Step is one change on the way from a name as recorded to one of its keys.
type Step struct {
	Key  string // StepClean, StepKana or StepVariant
	From string
	To   string // empty: dropped
	Why  string // Japanese
}

// String gives the step for a Japanese reader: 髙→高（戸籍統一文字の親字・正字）.
func (s Step) String() string {
	from, to := s.From, s.To
	if strings.TrimFunc(from, unicode.IsSpace) == "" {
		from = "空白"
	}
	if to == "" {
		to = "なし"
	}
	return from + "→" + to + "（" + s.Why + "）"
}

// Steps lists what was folded to what and why, key by key, in the order of the
// name. The kana key has steps only where it exists; a name that is its own
// key has none.
func Steps(name string) []Step {
	clean := pipeline.CleanName(name)
	steps := cleanSteps(name)
	if kanaOf(clean) != "" {
		return append(steps, kanaSteps(clean)...)
	}
	return append(steps, variantSteps(clean)...)
}

func cleanSteps(name string) []Step {
	var steps []Step
	for _, u := range units(name) {
		if u.clean != u.raw {
			steps = appendStep(steps, Step{StepClean, u.raw, u.clean, whyClean(u)})
		}
	}
	return steps
}

// appendStep adds s to steps, or writes it into the last one if the two have
// one reason: ＳＭＩＴＨ is explained once, not letter by letter.
func appendStep(steps []Step, s Step) []Step {
	if n := len(steps); n > 0 && steps[n-1].Key == s.Key && steps[n-1].Why == s.Why && s.To != "" {
		steps[n-1].From += s.From
		steps[n-1].To += s.To
		return steps
	}
	return append(steps, s)
}

// whyClean names the reason for which the clean-up changed u. Where several
// hold, the one a reader would see first is named.
func whyClean(u unit) string {
	first := []rune(u.raw)[0]
	switch {
	case unicode.IsSpace(first):
		return "空白は比べない"
	case u.clean == "":
		return "見えない文字は比べない"
	case strings.ContainsFunc(u.raw, isSelector):
		return "異体字セレクタを外す"
	case unicode.Is(unicode.Han, first):
		return "互換漢字をもとの漢字にする"
	case 0xff00 <= first && first <= 0xffef:
		if unicode.IsLetter(first) && unicode.Is(unicode.Latin, first) && unicode.IsUpper(first) {
			return "全角・半角と大文字・小文字をそろえる"
		}
		return "全角・半角をそろえる"
	case unicode.IsUpper(first):
		return "大文字・小文字をそろえる"
	case u.clean == "'":
		return "アポストロフィをそろえる"
	case u.clean == "-":
		return "ハイフンをそろえる"
	}
	return "文字の符号をそろえる"
}

// isSelector reports whether r is a variation selector.
func isSelector(r rune) bool {
	return 0xfe00 <= r && r <= 0xfe0f || 0xe0100 <= r && r <= 0xe01ef
}

func kanaSteps(clean string) []Step {
	var steps []Step
	for _, stage := range []struct {
		fold func(string) string
		why  string
	}{
		{func(s string) string { return strings.Map(katakana, s) }, "ひらがなをカタカナにする"},
		{func(s string) string { return strings.Map(largeKana, s) }, "小さいかなを大きくする"},
		{func(s string) string { return strings.Map(homophone, s) }, "同じ読みのかなをそろえる"},
		{longVowels, "長音を前の母音にする"},
	} {
		next := stage.fold(clean)
		after := []rune(next) // every stage puts one kana for one
		for i, r := range []rune(clean) {
			if after[i] != r {
				steps = appendStep(steps, Step{StepKana, string(r), string(after[i]), stage.why})
			}
		}
		clean = next
	}
	return steps
}

func variantSteps(clean string) []Step {
	var steps []Step
	for _, u := range units(clean) {
		to := u.variant
		if to == u.clean {
			continue
		}
		first := []rune(u.clean)[0]
		why := "発音記号を外す"
		switch {
		case isRepeat(first):
			why = "繰り返し記号を前の漢字にする"
		case first == 'ヶ' || first == 'ヵ':
			why = "小さいヶ・ヵを大きくする"
		case first >= firstVariant && representative(first) != first:
			why = whyVariant(first)
		}
		s := Step{StepVariant, u.clean, to, why}
		if !slices.Contains(steps, s) { // one kanji twice in a name is explained once
			steps = append(steps, s)
		}
	}
	return steps
}
