package identity

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"meibo/pipeline"
)

// SpanMark says how a piece of a name stands to the other name.
type SpanMark uint8

// The marks, weakest first.
const (
	SpanSame    SpanMark = iota // stands in the other name as it is
	SpanWritten                 // stands there in another writing: a variant, a small kana, a blank
	SpanOther                   // does not stand there
)

// Span is a run of characters of a name under one mark.
type Span struct {
	Text string
	Mark SpanMark
}

// Diff marks where two names as recorded differ, for a reader who sees them
// side by side. The texts of the spans of a add up to a, those of b to b; spans
// beside each other have different marks. Names that Level takes for one hold
// no SpanOther. A name in mixed writing is compared as it reads, so ゆう and
// ユウ are SpanWritten even where Level keeps them apart.
func Diff(a, b string) (spansA, spansB []Span) {
	ua, ub := units(a), units(b)
	ab := align(readings(ua), readings(ub))
	ba := unpaired(len(readings(ub)))
	for i, j := range ab {
		if j >= 0 {
			ba[j] = i
		}
	}
	worst := SpanOther
	if Level(a, b) != NameDifferent {
		worst = SpanWritten
	}
	return spans(a, ua, ub, ab, worst), spans(b, ub, ua, ba, worst)
}

// unit is a character of a name with the marks and selectors that belong to it.
type unit struct {
	raw, clean, variant string
	read                []rune // variant, with kana as they are read
}

// units cuts a name into its characters, each folded in the light of the one
// before it.
func units(name string) []unit {
	var out []unit
	for start := 0; start < len(name); {
		_, size := utf8.DecodeRuneInString(name[start:])
		end := start + size
		for end < len(name) {
			r, size := utf8.DecodeRuneInString(name[end:])
			if !unicode.Is(unicode.Mn, r) && r != 'ﾞ' && r != 'ﾟ' {
				break
			}
			end += size
		}
		out = append(out, fold(name[start:end], out))
		start = end
	}
	return out
}

// fold works out the keys of one character after those before it.
func fold(raw string, before []unit) unit {
	u := unit{raw: raw, clean: pipeline.CleanName(raw)}
	if u.clean == "" {
		u.read = []rune{' '} // blanks are aligned with blanks
		return u
	}
	var prev unit
	for i := len(before) - 1; i >= 0 && prev.clean == ""; i-- {
		prev = before[i]
	}
	u.variant = after(prev.variant, u.clean, variantOf)
	u.read = []rune(after(string(prev.read), u.variant, foldKana))
	return u
}

// after folds s where prev stands before it. prev is folded already, so the
// fold leaves it as it is.
func after(prev, s string, fold func(string) string) string {
	whole := fold(prev + s)
	if len(whole) >= len(prev) && whole[:len(prev)] == prev {
		return whole[len(prev):]
	}
	return fold(s)
}

// letter is one rune of a reading and the unit it belongs to: ß is read as two.
type letter struct {
	r    rune
	unit int
}

func readings(us []unit) []letter {
	var out []letter
	for i, u := range us {
		for _, r := range u.read {
			out = append(out, letter{r, i})
		}
	}
	return out
}

func unpaired(n int) []int {
	return slices.Repeat([]int{-1}, n)
}

// maxAlign bounds the work on two texts far longer than any name; what lies
// between their common beginning and end counts as different.
const maxAlign = 1 << 20

// align gives for each letter of a its partner in b in a longest common
// reading, and -1 where it has none.
func align(a, b []letter) []int {
	pairs := unpaired(len(a))
	from := 0
	for from < min(len(a), len(b)) && a[from].r == b[from].r {
		pairs[from] = from
		from++
	}
	na, nb := len(a), len(b)
	for na > from && nb > from && a[na-1].r == b[nb-1].r {
		na, nb = na-1, nb-1
		pairs[na] = nb
	}
	a, b = a[from:na], b[from:nb]
	if len(a)*len(b) > maxAlign {
		return pairs
	}
	// longest[i][j] is the length of the longest common reading of a[i:] and b[j:].
	longest := make([][]int, len(a)+1)
	for i := range longest {
		longest[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i].r == b[j].r {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].r == b[j].r:
			pairs[from+i] = from + j
			i, j = i+1, j+1
		case longest[i+1][j] >= longest[i][j+1]:
			i++
		default:
			j++
		}
	}
	return pairs
}

// spans marks the units us of name against those of the other name and joins
// neighbours of one mark. No mark goes above worst.
func spans(name string, us, vs []unit, pairs []int, worst SpanMark) []Span {
	var out []Span
	theirs := readings(vs)
	next := 0          // the next letter of us
	start, end := 0, 0 // of the span in work, in bytes
	for _, u := range us {
		mark := SpanSame
		for range u.read {
			switch j := pairs[next]; {
			case j >= 0 && vs[theirs[j].unit].raw == u.raw:
			case j >= 0 || u.clean == "":
				mark = max(mark, SpanWritten)
			default:
				mark = SpanOther
			}
			next++
		}
		mark = min(mark, worst)
		if n := len(out); n == 0 || out[n-1].Mark != mark {
			out = append(out, Span{Mark: mark})
			start = end
		}
		end += len(u.raw)
		out[len(out)-1].Text = name[start:end]
	}
	return out
}
