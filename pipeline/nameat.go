package pipeline

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Within finds a name in a text as CleanName compares them: in whatever width,
// case and with whatever blanks it is written there. It yields where it stands, as
// byte offsets [from, to) that follow one another. ok is false if the clean-up
// changes the text in a way that has no place in it; then nothing is said.
func Within(text, name string) (found [][2]int, ok bool) {
	key, whole := CleanName(name), CleanName(text)
	if key == "" || !strings.Contains(whole, key) {
		return nil, true
	}
	clean, at := cleanAt(text)
	if clean != whole {
		return nil, false
	}
	for from := 0; ; {
		i := strings.Index(clean[from:], key)
		if i < 0 {
			return found, true
		}
		i += from
		from = i + len(key)
		part := [2]int{at[i][0], at[from-1][1]}
		if n := len(found); n > 0 && part[0] < found[n-1][1] { // two of one sign that cannot be parted
			found[n-1][1] = part[1]
			continue
		}
		found = append(found, part)
	}
}

// cleanAt is CleanName bit by bit: for each byte of the clean text, the part of the
// text it was made of.
func cleanAt(text string) (clean string, at [][2]int) {
	var b strings.Builder
	put := func(s string, from, to int) {
		for range len(s) {
			at = append(at, [2]int{from, to})
		}
		b.WriteString(s)
	}
	shown, origin := shownAt(text)
	for from := 0; from < len(shown); {
		to := from + norm.NFKC.NextBoundaryInString(shown[from:], true)
		part := strings.Map(visible, strings.Map(foldLatin, norm.NFKC.String(shown[from:to])))
		put(norm.NFC.String(part), origin[from][0], origin[to-1][1])
		from = to
	}
	return latinHyphensAt(b.String(), at)
}

// shownAt is a text without what is invisible, and of each byte where it was.
func shownAt(text string) (shown string, at [][2]int) {
	var b strings.Builder
	for i, r := range text {
		size := utf8.RuneLen(r)
		if r == utf8.RuneError {
			_, size = utf8.DecodeRuneInString(text[i:])
		}
		s := string(r)
		switch {
		case r == '´':
			s = "'"
		case visible(r) < 0:
			continue
		}
		b.WriteString(s)
		at = append(at, slices.Repeat([][2]int{{i, i + size}}, len(s))...)
	}
	return b.String(), at
}

// latinHyphensAt is latinHyphens, which makes one byte of the three of ー.
func latinHyphensAt(clean string, at [][2]int) (string, [][2]int) {
	fixed := latinHyphens(clean)
	if fixed == clean {
		return clean, at
	}
	out := make([][2]int, 0, len(fixed))
	for i, j := 0, 0; i < len(clean); {
		_, n := utf8.DecodeRuneInString(clean[i:])
		_, m := utf8.DecodeRuneInString(fixed[j:])
		out = append(out, slices.Repeat(at[i:i+1], m)...)
		i, j = i+n, j+m
	}
	return fixed, out
}
