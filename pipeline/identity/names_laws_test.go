package identity

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"meibo/pipeline"
)

// anyName draws names from characters that bear on one another, and now and
// then from all there are.
func anyName() *rapid.Generator[string] {
	near := []rune("髙高﨑崎邉邊辺渡斎齋斉齊々〻一二ー口ロヶケヵカあぁアァゃャツヅッズヂジソンゾオヲをゐヰヱ・" +
		"ﾊﾟﾞ゙゚ ＡaAéüößøæ'’-ー　\u00a0\ufe00\U000e0100\ufa10塚𠮷吉ゞヽ壷壺明眀朋")
	return rapid.OneOf(rapid.StringOfN(rapid.SampledFrom(near), 0, 12, -1), rapid.String())
}

func TestKeysAreKeysOfThemselves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := anyName().Draw(t, "name")
		k := KeysOf(name)
		if again := KeysOf(k.Variant).Variant; again != k.Variant {
			t.Errorf("variant key of %+q is %+q, whose own is %+q", name, k.Variant, again)
		}
		if again := KeysOf(k.Kana).Kana; again != k.Kana {
			t.Errorf("kana key of %+q is %+q, whose own is %+q", name, k.Kana, again)
		}
		if again := KeysOf(k.Latin).Latin; again != k.Latin {
			t.Errorf("Latin key of %+q is %+q, whose own is %+q", name, k.Latin, again)
		}
	})
}

func TestLevelIsSymmetricAndFollowsTheKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anyName().Draw(t, "a")
		b := rapid.OneOf(anyName(), rapid.Just(pipeline.CleanName(a)),
			rapid.Just(KeysOf(a).Variant), rapid.Just(KeysOf(a).Kana)).Draw(t, "b")
		level, ka, kb := Level(a, b), KeysOf(a), KeysOf(b)
		if back := Level(b, a); back != level {
			t.Errorf("Level(%+q, %+q) = %s, the other way round %s", a, b, level, back)
		}
		if level == NameSame && ka != kb {
			t.Errorf("%+q and %+q are the same name with keys %+v and %+v", a, b, ka, kb)
		}
		if level != NameDifferent && ka.Skeleton != kb.Skeleton {
			t.Errorf("%+q and %+q are at level %s, but their skeletons are %q and %q", a, b, level, ka.Skeleton, kb.Skeleton)
		}
		if Level(a, a) != NameSame {
			t.Errorf("%+q is not the same as itself", a)
		}
	})
}

func TestDiffAddsUpToTheNames(t *testing.T) {
	text := func(spans []Span) string {
		var b strings.Builder
		for _, s := range spans {
			b.WriteString(s.Text)
		}
		return b.String()
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyName().Draw(t, "a"), anyName().Draw(t, "b")
		sa, sb := Diff(a, b)
		if text(sa) != a || text(sb) != b {
			t.Fatalf("Diff(%+q, %+q) = %+v, %+v, which do not add up", a, b, sa, sb)
		}
		other := func(s Span) bool { return s.Mark == SpanOther }
		if Level(a, b) != NameDifferent && (slices.ContainsFunc(sa, other) || slices.ContainsFunc(sb, other)) {
			t.Errorf("Diff(%+q, %+q) = %+v, %+v, though the names are one", a, b, sa, sb)
		}
		same, _ := Diff(a, a)
		if slices.ContainsFunc(same, func(s Span) bool { return s.Mark != SpanSame }) {
			t.Errorf("%+q differs from itself: %+v", a, same)
		}
	})
}

func TestDiffOfHugeTextsIsBounded(t *testing.T) {
	a, b := strings.Repeat("山川", 50_000), strings.Repeat("川田", 50_000)
	if sa, _ := Diff("高"+a, "髙"+b); len(sa) != 2 || sa[0].Mark != SpanWritten || sa[1].Mark != SpanOther {
		t.Errorf("Diff of two long texts has %d spans, want the common beginning and the rest", len(sa))
	}
}

func FuzzKeys(f *testing.F) {
	for _, s := range []string{"髙橋　惠", "ｼﾞｮｰﾝｽﾞ", "佐々木", "ＳＭＩＴＨ", "Nguyễn", "\xff山", "ー", "゙", "ꙮ"} {
		f.Add(s, "山田")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a) > 1000 || len(b) > 1000 {
			t.Skip()
		}
		k := KeysOf(a)
		if utf8.ValidString(a) {
			for _, key := range []string{k.Clean, k.Kana, k.Variant, k.Skeleton, k.Latin} {
				if !utf8.ValidString(key) {
					t.Errorf("KeysOf(%+q) holds %+q, which is no UTF-8", a, key)
				}
			}
		}
		for _, s := range Steps(a) {
			if s.Why == "" || s.From == s.To {
				t.Errorf("Steps(%+q) holds %+v", a, s)
			}
		}
		if sa, sb := Diff(a, b); len(sa) > len(a) || len(sb) > len(b) {
			t.Errorf("Diff(%+q, %+q) has more spans than bytes", a, b)
		}
		if Level(a, b) != Level(b, a) {
			t.Errorf("Level(%+q, %+q) depends on the order", a, b)
		}
	})
}

func BenchmarkKeysOf(b *testing.B) {
	names := []string{"髙橋　惠", "山田太郎", "ヤマダ　タロウ", "ﾜﾀﾅﾍﾞ ｼﾞｮｰ", "佐々木ゆう子", "SMITH John", "渡邉 眞一"}
	b.ReportAllocs()
	for i := range b.N {
		KeysOf(names[i%len(names)])
	}
}

func ExampleDiff() {
	a, b := Diff("髙橋 花子", "高橋華子")
	fmt.Println(a, b)
	// Output: [{髙 1} {橋 0} {  1} {花 2} {子 0}] [{高 1} {橋 0} {華 2} {子 0}]
}
