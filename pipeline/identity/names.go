package identity

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"meibo/pipeline"
)

// NameLevel says how near two writings of a name are to each other.
type NameLevel string

// The levels, strongest first.
const (
	NameSame      NameLevel = "same"    // equal L1 keys: one name typed differently
	NameKana      NameLevel = "kana"    // both wholly kana, and equal as read
	NameVariant   NameLevel = "variant" // equal but for variants of kanji, 々, ヶ and diacritics
	NameDifferent NameLevel = "different"
)

// Level compares two names as recorded and returns the strongest level that holds.
func Level(a, b string) NameLevel {
	a, b = pipeline.CleanName(a), pipeline.CleanName(b)
	if a == b {
		return NameSame
	}
	if k := kanaOf(a); k != "" && k == kanaOf(b) {
		return NameKana
	}
	if variantOf(a) == variantOf(b) {
		return NameVariant
	}
	return NameDifferent
}

// NameKeys are the keys of one name. All of them are functions of Clean, so
// equal Clean means equal keys.
type NameKeys struct {
	Clean    string // L1: pipeline.CleanName
	Kana     string // empty unless the whole name is kana
	Variant  string // kanji folded to the representatives of their classes
	Skeleton string // for blocking only: people take what it folds for different names
	Latin    string // a to z; empty unless the whole name is Latin
}

// KeysOf returns the keys of a name as recorded.
func KeysOf(name string) NameKeys {
	clean := pipeline.CleanName(name)
	variant := variantOf(clean)
	return NameKeys{
		Clean:    clean,
		Kana:     kanaOf(clean),
		Variant:  variant,
		Skeleton: skeletonOf(variant),
		Latin:    latinOf(variant),
	}
}

// variantOf folds what writers of one name choose freely: kanji to the
// representative of their class, 々 to the kanji before it, ヶ and ヵ to full
// size, Latin letters to their base. 一 and ー, 二 and ニ stay apart.
func variantOf(clean string) string {
	if strings.IndexFunc(clean, folds) < 0 {
		return clean
	}
	out := make([]byte, 0, len(clean)+8)
	prev := rune(-1)
	mend := false // what stands side by side now may belong together
	for _, r := range clean {
		switch {
		case isRepeat(r):
			if unicode.Is(unicode.Han, prev) {
				r = prev
			}
		case r == 'ヶ' || r == 'ヵ':
			r = largeKana(r)
		case unicode.Is(unicode.Mn, r) && unicode.Is(unicode.Latin, prev):
			mend = true
			continue
		case r >= utf8.RuneSelf && unicode.Is(unicode.Latin, r):
			base := latinBase(r)
			out = append(out, base...)
			prev, _ = utf8.DecodeLastRuneInString(base)
			continue
		case r == voicing || r == halfVoicing:
			mend = true // ヶ has no voiced form, ケ has
		default:
			r = representative(r)
		}
		out = utf8.AppendRune(out, r)
		prev = r
	}
	if mend {
		return pipeline.CleanName(string(out))
	}
	return string(out)
}

// The combining 濁点 and 半濁点, left only where no composed kana exists.
const (
	voicing     = '\u3099'
	halfVoicing = '\u309a'
)

// folds reports whether variantOf may change r.
func folds(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return false
	case r < firstVariant:
		return unicode.In(r, unicode.Latin, unicode.Mn)
	}
	return isRepeat(r) || r == 'ヶ' || r == 'ヵ' || representative(r) != r || unicode.Is(unicode.Latin, r)
}

// isRepeat reports whether r stands for the kanji before it. Those of kana
// (ゝ, ヽ) carry a voicing of their own and are left alone.
func isRepeat(r rune) bool { return r == '々' || r == '〻' }

// latinBase gives the plain letters of a lower-case Latin letter. Strokes and
// ligatures are no marks to Unicode, though people drop them like marks.
func latinBase(r rune) string {
	apart := norm.NFD.String(string(r))
	r, size := utf8.DecodeRuneInString(apart) // the letter stands first, its marks after it
	switch r {
	case 'ø':
		return "o"
	case 'ł':
		return "l"
	case 'đ', 'ð':
		return "d"
	case 'ħ':
		return "h"
	case 'ŧ':
		return "t"
	case 'ı':
		return "i"
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	case 'ß':
		return "ss"
	case 'þ':
		return "th"
	}
	return apart[:size]
}

// latinOf keeps the letters of a name that is wholly Latin: apostrophes,
// hyphens and dots are written or left out at will.
func latinOf(variant string) string {
	out := make([]byte, 0, len(variant))
	for _, r := range variant {
		switch {
		case 'a' <= r && r <= 'z':
			out = append(out, byte(r))
		case strings.ContainsRune("'-.,", r):
		default:
			return ""
		}
	}
	return string(out)
}

// skeletonOf folds what slips of eye and hand confuse: it brings candidates
// together, and scores them lower than any other key.
func skeletonOf(variant string) string {
	if latin := latinOf(variant); latin != "" {
		return latin
	}
	return strings.Map(looseRune, foldKana(variant))
}

// looseRune drops voicing marks and joins ソ with ン, シ with ツ, 斎 with 斉.
// ソ becomes ン, not the other way, because ン has no vowel for ー to take.
func looseRune(r rune) rune {
	switch r {
	case 'ソ', 'ゾ':
		return 'ン'
	case 'ツ', 'ジ': // ヂ and ヅ are ジ and ズ by now
		return 'シ'
	case '斎':
		return '斉'
	case voicing, halfVoicing:
		return -1
	}
	if plain, ok := unvoiced(r); ok {
		return plain
	}
	return r
}
