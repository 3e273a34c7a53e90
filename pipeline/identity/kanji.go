package identity

import (
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"meibo/schemas/kanji"
)

// glyph is a kanji's place among the variants: the one that stands for its
// class, and the kinds of the arrows that lead there.
type glyph struct {
	rep  rune
	path string
}

// kanjiVariants gives the table of schemas/kanji, by glyph. Kanji that stand
// for themselves are not in it.
var kanjiVariants = sync.OnceValue(func() map[rune]glyph {
	table, err := readVariants(kanji.Variants)
	if err != nil {
		panic(err) // the table is embedded, and a test reads all of it
	}
	return table
})

func readVariants(text string) (map[rune]glyph, error) {
	table := make(map[rune]glyph, 12_000)
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		head, groups, ok := strings.Cut(line, "\t")
		rep, size := utf8.DecodeRuneInString(head)
		if !ok || size == 0 || size != len(head) {
			return nil, fmt.Errorf("kanji variants line %d: want a kanji, a tab and its variants", n)
		}
		for group := range strings.SplitSeq(groups, "\t") {
			path, members, ok := strings.Cut(group, ":")
			if !ok || strings.Trim(path, "KJPL") != "" || path == "" || members == "" {
				return nil, fmt.Errorf("kanji variants line %d: bad group %q", n, group)
			}
			for _, r := range members {
				if at, doubled := table[r]; doubled {
					return nil, fmt.Errorf("kanji variants line %d: %c stands for %c and for %c", n, r, at.rep, rep)
				}
				table[r] = glyph{rep, path}
			}
		}
	}
	return table, nil
}

// firstVariant is the lowest rune the table may hold: the CJK radicals. Latin
// and its marks lie below.
const firstVariant = 0x2e80

// representative gives the kanji that stands for the class of r, and r itself
// where no source knows a variant.
func representative(r rune) rune {
	if r < firstVariant {
		return r
	}
	if g, ok := kanjiVariants()[r]; ok {
		return g.rep
	}
	return r
}

// whyVariant says in Japanese by which sources r belongs to its class.
func whyVariant(r rune) string {
	path := kanjiVariants()[r].path
	var names []string
	for _, source := range []struct{ kind, name string }{
		{"K", "戸籍統一文字の親字・正字"},
		{"J", "JIS包摂規準・UCS統合規則"},
		{"P", "人名用漢字の新旧字体"},
		{"L", "異体字の追加表"},
	} {
		if strings.Contains(path, source.kind) {
			names = append(names, source.name)
		}
	}
	why := strings.Join(names, "、")
	if len(path) > 1 {
		why += fmt.Sprintf("（%d段）", len(path))
	}
	return why
}
