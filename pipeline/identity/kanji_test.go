package identity

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"meibo/pipeline"
	"meibo/schemas/kanji"
)

// lines gives the fields of a generated file of schemas/kanji.
func lines(t *testing.T, name string) [][]string {
	t.Helper()
	b, err := os.ReadFile("../../schemas/kanji/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for line := range strings.Lines(string(b)) {
		if !strings.HasPrefix(line, "#") {
			out = append(out, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
		}
	}
	return out
}

// everydayKanji gives 常用漢字 and 人名用漢字, each with its list.
func everydayKanji(t *testing.T) map[rune]string {
	t.Helper()
	out := map[rune]string{}
	for _, f := range lines(t, "everyday.txt") {
		for _, r := range f[1] {
			out[r] = f[0]
		}
	}
	return out
}

func TestEverydayKanjiJoinOnlyByADirectArrow(t *testing.T) {
	everyday := everydayKanji(t)
	if len(everyday) < 2900 {
		t.Fatalf("%d everyday kanji, want all of 常用漢字 and 人名用漢字", len(everyday))
	}
	joined := map[[2]rune]bool{}
	for _, f := range lines(t, "joins.txt") {
		joined[[2]rune{[]rune(f[0])[0], []rune(f[1])[0]}] = true
	}
	classes := map[rune][]rune{}
	for _, r := range slices.Sorted(maps.Keys(everyday)) {
		classes[representative(r)] = append(classes[representative(r)], r)
	}
	for _, class := range classes {
		for i, a := range class {
			for _, b := range class[i+1:] {
				if !joined[[2]rune{a, b}] {
					t.Errorf("%c and %c are in one class, though no arrow or pair joins them", a, b)
				}
				delete(joined, [2]rune{a, b})
			}
		}
	}
	for p := range joined {
		t.Errorf("%c and %c have an arrow or pair, but stand in different classes", p[0], p[1])
	}
}

func TestEveryJoinOfEverydayKanjiIsOldAndNewForm(t *testing.T) {
	everyday := everydayKanji(t)
	for _, f := range lines(t, "joins.txt") {
		a, b := []rune(f[0])[0], []rune(f[1])[0]
		if everyday[a] == "常用漢字" && everyday[b] == "常用漢字" {
			t.Errorf("%c and %c are both 常用漢字: the list would not hold one kanji twice", a, b)
		}
	}
}

func TestVariantTable(t *testing.T) {
	everyday := everydayKanji(t)
	table, err := readVariants(kanji.Variants) // refuses a glyph in two classes
	if err != nil {
		t.Fatal(err)
	}
	if len(table) < 10_000 {
		t.Errorf("%d variants, want the whole map", len(table))
	}
	for r, g := range table {
		if at, ok := table[g.rep]; ok {
			t.Errorf("%c stands for %c, which itself stands for %c", g.rep, r, at.rep)
		}
		if everyday[r] != "" && everyday[g.rep] == "" {
			t.Errorf("%c is an everyday kanji, its representative %c is not", r, g.rep)
		}
		if everyday[r] == "常用漢字" && everyday[g.rep] != "常用漢字" {
			t.Errorf("%c is a 常用漢字, its representative %c is not", r, g.rep)
		}
		if c := pipeline.CleanName(string(g.rep)); c != string(g.rep) {
			t.Errorf("representative %c is not its own L1 key but %s", g.rep, c)
		}
		if g.rep != '〆' && !unicode.Is(unicode.Han, g.rep) || !unicode.Is(unicode.Han, r) || r < firstVariant {
			t.Errorf("%c (%U) stands for %c (%U): want kanji only", r, r, g.rep, g.rep)
		}
		if whyVariant(r) == "" {
			t.Errorf("%c stands for %c without a reason", r, g.rep)
		}
	}
}

func TestLocalPairsTakeEffect(t *testing.T) {
	for _, f := range lines(t, "local.txt") {
		if got := Level(f[0], f[1]); got != NameVariant {
			t.Errorf("Level(%s, %s) = %s, want variant: %s", f[0], f[1], got, f[2])
		}
	}
}

func TestVariantTableNamesItsSource(t *testing.T) {
	const source = "# source @mandel59/mojidata 1.8.1 sha512-"
	if !strings.Contains(kanji.Variants, source) {
		t.Errorf("no line begins %q", source)
	}
}

func TestReadVariantsRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"a line without variants":   "高\n",
		"two kanji as one class":    "高崎\tK:髙\n",
		"a group without its kind":  "高\t髙\n",
		"an unknown kind":           "高\tX:髙\n",
		"an empty group":            "高\tK:\n",
		"a glyph of two classes":    "高\tK:髙\n崎\tK:髙\n",
		"a glyph twice in one line": "高\tK:髙\tJ:髙\n",
	} {
		if _, err := readVariants(text); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
