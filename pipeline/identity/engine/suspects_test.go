package engine

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"meibo/pipeline"
	"meibo/pipeline/identity"
)

func registered(t interface {
	Helper()
	Fatal(...any)
}, people ...*pipeline.Person,
) *Columns {
	t.Helper()
	b := NewRegister(len(people))
	for _, p := range people {
		if err := b.Add(RecordOf(p, pipeline.MustDate("2026-11-21"))); err != nil {
			t.Fatal(err)
		}
	}
	c, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func suspects(t interface {
	Helper()
	Fatal(...any)
}, c *Columns, decisions ...identity.Decision,
) ([]Suspect, []identity.Shared) {
	t.Helper()
	m, err := DefaultModel()
	if err != nil {
		t.Fatal(err)
	}
	found, shared, err := c.Suspects(c.Candidates(), m, decisions)
	if err != nil {
		t.Fatal(err)
	}
	return found, shared
}

func member(id, born, name, kana string, numbers ...string) *pipeline.Person {
	p := &pipeline.Person{Agent: pipeline.Agent{ID: id, Name: name, NameKana: kana}}
	if born != "" {
		p.Agent.BornOn = pipeline.MustDate(born)
	}
	for i, n := range numbers {
		p.Qualifications = append(p.Qualifications, pipeline.Qualification{
			AgentID: id, Code: "K10", CertificateNo: n, JudgedOn: pipeline.MustDate("2024-05-01").AddDays(i),
		})
	}
	return p
}

// Whatever two records have in common by the rules is found among all.
func TestSuspectsAreWhatComparingAllFinds(t *testing.T) {
	name := rapid.SampledFrom([]string{"佐藤　花子", "佐藤花子", "田中　花子", "渡邉　花子", "渡辺　花子", "ワタナベ　ハナコ", "Smith Jane", "ＳＭＩＴＨ　Ｊａｎｅ", "斎藤　一"})
	kana := rapid.SampledFrom([]string{"", "サトウ　ハナコ", "ﾜﾀﾅﾍﾞ ﾊﾅｺ", "ワタナベハナコ"})
	m, err := DefaultModel()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		people := make([]*pipeline.Person, rapid.IntRange(2, 9).Draw(t, "people"))
		for i := range people {
			p := member(string(rune('A'+i)), rapid.SampledFrom([]string{"", "1980-04-01", "1985-05-05"}).Draw(t, "born"),
				name.Draw(t, "name"), kana.Draw(t, "kana"),
				rapid.SliceOfN(rapid.SampledFrom([]string{"H1", "h1", "H2", "H3"}), 0, 2).Draw(t, "numbers")...)
			if rapid.Bool().Draw(t, "renamed") {
				p.Agent.FormerName = name.Draw(t, "former")
			}
			if k := kana.Draw(t, "earlier"); k != "" {
				p.Names = append(p.Names, pipeline.Name{AgentID: p.Agent.ID, Kind: pipeline.NameKana, Text: k})
			}
			people[i] = p
		}
		c := registered(t, rapid.Permutation(people).Draw(t, "order")...)
		found, shared, err := c.Suspects(&Candidates{width: 5}, m, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range people {
			for _, b := range people[i+1:] {
				e := identity.Compare(identity.RecordOf(a), identity.RecordOf(b))
				at := slices.IndexFunc(found, func(x Suspect) bool { return x.A == a.Agent.ID && x.B == b.Agent.ID })
				if at < 0 && len(e.Reasons()) > 0 && len(shared) == 0 {
					t.Fatalf("%+v and %+v have %q in common and are no suspects", a, b, e.Reasons())
				}
				if at >= 0 && found[at].Certificate != e.Certificate && len(shared) == 0 {
					t.Fatalf("%+v and %+v: certificate %v, want %v", a, b, found[at].Certificate, e.Certificate)
				}
			}
		}
	})
}

func TestDummyCertificateNumberIsNoKey(t *testing.T) {
	births := []string{"1980-01-01", "1980-01-01", "1981-01-01", "1982-01-01", "1983-01-01", "1984-01-01"}
	ids := []string{"A", "B", "C", "D", "E", "F"}
	bearers := func(births ...string) (out []*pipeline.Person) {
		for i, b := range births {
			out = append(out, member(ids[i], b, "氏"+ids[i]+"　名"+ids[i], "", "47110"))
		}
		return append(out, member("Z", "", "誰　か", "", "47110"))
	}
	same := slices.Repeat(births[:1], 6)
	tests := []struct {
		name   string
		people []*pipeline.Person
		pairs  int
		shared []identity.Shared
	}{
		{"three birth dates may be slips", bearers(births[:4]...), 1, nil},
		{"four are not", bearers(births[:5]...), 0, []identity.Shared{{Key: "合格番号", FirstID: "A", IDs: 5, BirthDates: 4}}},
		{"five IDs of one birth date may be one person", bearers(same[:5]...), 10, nil},
		{"six are not", bearers(same...), 0, []identity.Shared{{Key: "合格番号", FirstID: "A", IDs: 6, BirthDates: 1}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found, shared := suspects(t, registered(t, tt.people...))
			pairs := 0
			for _, x := range found {
				if x.Certificate {
					pairs++
				}
			}
			if pairs != tt.pairs {
				t.Errorf("%d pairs, want %d: %v", pairs, tt.pairs, found)
			}
			if d := cmp.Diff(tt.shared, shared); d != "" {
				t.Errorf("shared (-want +got):\n%s", d)
			}
		})
	}
}

// A number that three strangers bear, of one birth date, looks like a dummy: it
// confirms nobody by itself.
func TestANumberOfStrangersIsInDoubt(t *testing.T) {
	const b = "1980-01-01"
	two := []*pipeline.Person{member("A", b, "清水　愛", "", "4711"), member("B", b, "藤井　誠", "", "4711")}
	third := member("C", b, "大野　葵", "", "4711")
	for _, tt := range []struct {
		name   string
		people []*pipeline.Person
		pairs  int
		doubt  int
	}{
		{"two strangers", two, 1, 0},
		{"three strangers", append(slices.Clone(two), third), 3, 3},
		{"one of them born on another day", append(slices.Clone(two), member("C", "1980-02-02", "大野　葵", "", "4711")), 1, 1},
		{"one person who married", append(slices.Clone(two[:1]), member("B", b, "藤井　愛", "", "4711"), member("C", b, "大野　愛", "", "4711")), 3, 0},
		{"another number in common", []*pipeline.Person{
			member("A", b, "清水　愛", "", "4711", "K1"), member("B", b, "清水　愛", "", "4711", "K1"),
			member("C", b, "藤井　誠", "", "4711"), member("D", b, "大野　葵", "", "4711"),
		}, 6, 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, _ := suspects(t, registered(t, tt.people...))
			pairs, doubt := 0, 0
			for _, x := range found {
				if x.Certificate {
					pairs++
					if x.Doubtful {
						doubt++
					}
				}
			}
			if pairs != tt.pairs || doubt != tt.doubt {
				t.Errorf("%d pairs with a number, %d of them in doubt: want %d and %d", pairs, doubt, tt.pairs, tt.doubt)
			}
		})
	}
}

func TestLargeBlockOfOneNameLeavesNobodyOut(t *testing.T) {
	var people []*pipeline.Person
	for i := range 60 {
		people = append(people, member(fmt.Sprintf("A%02d", i), "1900-01-01", "試験　用", "シケン　ヨウ"))
	}
	f := &finder{c: registered(t, people...), width: 6}
	f.namesakes()
	paired := map[uint32]bool{}
	for _, e := range f.found {
		a, b := (&Candidates{width: 6}).pair(e)
		paired[a], paired[b] = true, true
	}
	if len(paired) != 60 || len(f.found) > 4*60 {
		t.Errorf("%d of 60 in %d pairs", len(paired), len(f.found))
	}
	if len(f.chained) == 0 || f.chained[0] != (identity.Shared{Key: "氏名と生年月日", FirstID: "A00", IDs: 60, BirthDates: 1, Chained: true}) {
		t.Errorf("told %+v", f.chained)
	}
}

func TestPairsThatPeopleDecidedOnAreSuspects(t *testing.T) {
	c := registered(t, member("A", "1980-01-01", "佐藤　花子", ""), member("B", "1985-02-02", "田中　一", ""))
	if found, _ := suspects(t, c); len(found) != 0 {
		t.Fatalf("two strangers: %+v", found)
	}
	say := func(a, b, verdict string) identity.Decision {
		return identity.Decision{No: 1, A: a, B: b, Verdict: verdict}
	}
	found, _ := suspects(t, c, say("B", "A", identity.Same), say("A", "GONE", identity.Different))
	if len(found) != 1 || found[0].A != "A" || found[0].B != "B" || found[0].Review || found[0].Certificate {
		t.Errorf("decided: %+v", found)
	}
	m, err := DefaultModel()
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Suspects(c.Candidates(), m, []identity.Decision{say("A", "B", "たぶん")}); err == nil {
		t.Error("an unknown verdict passed")
	}
}

// A panic on another goroutine is the caller's to catch; the others are let finish.
func TestPanicOnAnotherCoreComesToTheCaller(t *testing.T) {
	done := make([]bool, 1000)
	thrown := func() (v any) {
		defer func() { v = recover() }()
		parallel(len(done), func(_, i int) {
			if i == 500 {
				panic("too much")
			}
			done[i] = true
		})
		return nil
	}()
	if cores() == 1 {
		if thrown != "too much" {
			t.Errorf("%v came", thrown)
		}
		return
	}
	p, ok := thrown.(interface{ Panic() (any, []byte) })
	if !ok {
		t.Fatalf("%v came", thrown)
	}
	if v, stack := p.Panic(); v != "too much" || !strings.Contains(string(stack), "suspects_test.go") {
		t.Errorf("%v thrown at\n%s", v, stack)
	}
	if n := len(slices.DeleteFunc(slices.Clone(done), func(d bool) bool { return !d })); n < 999 {
		t.Errorf("only %d others were done", n)
	}
}

// crowd yields n synthetic people with three passes each, of whom 1 in 50 has a
// second ID. Names recur as names do: few are common, most are rare.
func crowd(n int) iter.Seq[*pipeline.Person] {
	first := pipeline.MustDate("1950-01-01")
	kana := func(prefix string, n int) string {
		return prefix + strings.Map(func(r rune) rune { return r - '0' + 'マ' }, fmt.Sprint(n))
	}
	return func(yield func(*pipeline.Person) bool) {
		for i := range n {
			who := i
			if i%50 == 49 {
				who = i - 1
			}
			dice := hashText(fmt.Sprint(who))
			skewed := func(bits, most uint64) int { // the product of two even draws
				x, y := dice>>bits&0xfff, dice>>(bits+12)&0xfff
				return int(x * y * most >> 24)
			}
			family, given := skewed(0, 40_000), skewed(24, 20_000)
			p := member(fmt.Sprintf("A%09d", i), first.AddDays(who*7919%18000).String(),
				fmt.Sprintf("%c%c　%c%c", '一'+rune(family%8000), '一'+rune(family/8000), '一'+rune(given%8000), '子'+rune(given/8000)),
				kana("カ", family)+"　"+kana("ナ", given),
				fmt.Sprintf("H%d-0", who), fmt.Sprintf("H%d-1", who), fmt.Sprintf("H%d-2", who))
			p.Agent.Email = fmt.Sprintf("p%d@example.com", i)
			if !yield(p) {
				return
			}
		}
	}
}

func BenchmarkSuspects(b *testing.B) {
	for _, n := range []int{20, 100_000, 2_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m, err := DefaultModel()
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				build := NewRegister(n)
				for p := range crowd(n) {
					if err := build.Add(RecordOf(p, pipeline.MustDate("2026-11-21"))); err != nil {
						b.Fatal(err)
					}
				}
				c, err := build.Build()
				if err != nil {
					b.Fatal(err)
				}
				found, _, err := c.Suspects(c.Candidates(), m, nil)
				if err != nil || len(found) < n/50-1 {
					b.Fatalf("%d suspects, %v", len(found), err)
				}
			}
			b.ReportAllocs()
		})
	}
}
