package engine

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"meibo/pipeline"
	"meibo/pipeline/identity"
)

const trainingDay = pipeline.Date(20261121)

func build(t testing.TB, records ...Record) *Columns {
	t.Helper()
	b := NewBuilder(len(records))
	for part := range slices.Chunk(records, 1000) {
		if err := b.Add(part...); err != nil {
			t.Fatal(err)
		}
	}
	c, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// outcome is a result in words that do not depend on the order of the records.
type outcome struct {
	Model    string
	Clusters [][]string
	Pairs    []string
	Merges   []string
	Scored   int64
	Blocks   []Block
}

func resolved(t testing.TB, c *Columns, decisions ...identity.Decision) outcome {
	t.Helper()
	k := c.Candidates()
	m := c.Train(k, trainingDay)
	r, err := c.Resolve(k, m, decisions)
	if err != nil {
		t.Fatal(err)
	}
	o := outcome{Clusters: named(c, r.Clusters), Scored: k.Scored, Blocks: k.Blocks}
	text, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	o.Model = string(text)
	for _, p := range r.Pairs {
		o.Pairs = append(o.Pairs, fmt.Sprintf("%s %s %s %.6f", c.ID(int(p.A)), c.ID(int(p.B)), p.Class, p.Bits))
	}
	for _, m := range r.Merges {
		o.Merges = append(o.Merges, fmt.Sprintf("%s %s %.6f", c.ID(int(m.A)), c.ID(int(m.B)), m.Bits))
	}
	return o
}

func named(c *Columns, clusters [][]uint32) [][]string {
	var out [][]string
	for _, set := range clusters {
		var ids []string
		for _, r := range set {
			ids = append(ids, c.ID(int(r)))
		}
		out = append(out, ids)
	}
	return out
}

func TestNeitherOrderNorCoresShow(t *testing.T) {
	people := flatRecords(t, 6000, 3)
	want := resolved(t, build(t, people.records...))
	if len(want.Clusters) < 100 {
		t.Fatalf("%d clusters: too few to tell", len(want.Clusters))
	}
	turned := slices.Clone(people.records)
	slices.Reverse(turned)
	for i := range turned { // and not only the other way round
		j := int(mix(uint64(i), 7) % uint64(len(turned)))
		turned[i], turned[j] = turned[j], turned[i]
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, cores := range []int{1, 2, 3} {
		runtime.GOMAXPROCS(cores)
		if diff := cmp.Diff(want, resolved(t, build(t, turned...))); diff != "" {
			t.Fatalf("%d cores, shuffled (-want +got):\n%s", cores, diff)
		}
	}
}

// Whoever shares a narrow key with somebody is compared with them.
func TestEveryPairOfAKeyIsCompared(t *testing.T) {
	people := flatRecords(t, 1500, 5)
	c := build(t, people.records...)
	m := c.facts.prepared()
	k := c.candidates(m, -1e9, -1e9, func(bool) {}) // keep all
	kept := map[uint64]bool{}
	for _, e := range k.pairs {
		kept[e.key] = true
	}
	all := singles()
	keys := make([][]uint64, c.Len())
	for i, key := range append(all[:], multiples()...) {
		for r := range keys {
			key.each(c, uint32(r), func(h uint64, _ uint32) { keys[r] = append(keys[r], mix(h, uint64(i))) })
		}
	}
	missed, shared := 0, 0
	for a := range keys {
		for b := range a {
			if !slices.ContainsFunc(keys[a], func(h uint64) bool { return slices.Contains(keys[b], h) }) {
				continue
			}
			if shared++; !kept[pairKey(uint32(a), uint32(b), k.width)] {
				missed++
			}
		}
	}
	if shared < 100 || missed > 0 {
		t.Errorf("%d of %d pairs that share a key were not compared", missed, shared)
	}
	if k.Scored < int64(len(k.pairs)) || k.Scored > int64(len(k.pairs))*11/10 {
		t.Errorf("%d comparisons for %d pairs", k.Scored, len(k.pairs))
	}
}

// A block above the cap is refined, and one that cannot be is chained; both are
// told, and nobody is left alone.
func TestLargeBlocksAreRefinedAndTold(t *testing.T) {
	var records []Record
	for i := range 500 {
		records = append(records, Record{
			ID: fmt.Sprintf("D%04d", i), Name: "山田　太郎", Kana: "ヤマダ　タロウ", Born: 19800101, Email: "info@example.jp",
		})
	}
	for i := range 300 {
		records = append(records, Record{
			ID: fmt.Sprintf("Y%04d", i), Name: "佐藤　健一", Kana: "サトウ　ケンイチ", Born: pipeline.Date(19500101 + 10000*(i%60)),
		})
	}
	c := build(t, records...)
	k := c.Candidates()
	var refined, chained int
	for _, b := range k.Blocks {
		refined += b.Refined
		chained += b.Chained
	}
	if refined == 0 || chained == 0 {
		t.Errorf("refined %d, chained %d blocks: want some of each", refined, chained)
	}
	alone := map[uint32]bool{}
	for r := range c.rows {
		alone[uint32(r)] = true
	}
	for _, e := range k.pairs {
		a, b := k.pair(e)
		delete(alone, a)
		delete(alone, b)
	}
	if len(alone) > 0 {
		t.Errorf("%d records of large blocks were compared with nobody", len(alone))
	}
}

// Blocks within a year or a day are looked for there alone.
func TestKeysWithinAYearOrADayNeverLeadOut(t *testing.T) {
	c := build(t, flatRecords(t, 3000, 9).records...)
	all := singles()
	for _, key := range append(all[:], multiples()...) {
		if key.within == anywhere {
			continue
		}
		born := map[uint64]uint32{}
		for r := range c.rows {
			at := c.rows[r].born
			if key.within == inYear {
				at >>= 16
			}
			key.each(c, uint32(r), func(h uint64, _ uint32) {
				if was, ok := born[h]; ok && was != at || at == 0 {
					t.Errorf("%s: records of %x and %x share a key", key.name, was, at)
				}
				born[h] = at
			})
		}
	}
}

func TestStretchesHoldWholeDaysAndYears(t *testing.T) {
	records := flatRecords(t, 3000, 9).records
	for i := range records[:200] { // few in a year, and days that do not exist
		records[i].Born = pipeline.Date(19200101 + 10000*(i%3) + 100*(i%14) + i%40)
	}
	c := build(t, records...)
	for _, cut := range []struct {
		w     within
		least int
	}{{inDay, 1}, {inDay, 100}, {inYear, 1}, {inYear, 5000}} {
		at, seen := 0, map[uint32]int{}
		for at < len(c.rows) && c.rows[at].born == 0 {
			at++
		}
		for i, s := range c.stretches(cut.w, cut.least) {
			if s[0] != at || s[1] <= s[0] || s[1]-s[0] < cut.least && s[1] < len(c.rows) {
				t.Errorf("%+v: stretch %v, want one from %d", cut, s, at)
			}
			for at = s[0]; at < s[1]; at++ {
				born := c.rows[at].born
				if cut.w == inYear {
					born >>= 16
				}
				if was, ok := seen[born]; ok && was != i {
					t.Errorf("%+v: %x stands in stretches %d and %d", cut, born, was, i)
				}
				seen[born] = i
			}
		}
		if at != len(c.rows) {
			t.Errorf("%+v: ends at %d of %d", cut, at, len(c.rows))
		}
	}
	if got := (&Columns{}).stretches(inDay, 1); got != nil {
		t.Errorf("stretches of nothing: %v", got)
	}
}

// Texts get one number if and only if they are equal, while the table grows.
func TestAnInternerTellsTextsApart(t *testing.T) {
	in, texts := newInterner(true), map[uint32]string{}
	for i := range 40000 {
		text := fmt.Sprint(i % 30000)
		n, fresh := in.put(text)
		if was, ok := texts[n]; ok == fresh || ok && was != text || in.at(n) != text {
			t.Fatalf("%q is number %d, %q before; new: %v", text, n, was, fresh)
		}
		texts[n] = text
	}
	if in.len() != 30001 {
		t.Errorf("%d numbers for 30000 texts and the empty one", in.len())
	}
}

func TestIDsThatAreMissingOrComeTwiceAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name string
		ids  []string
		want *IDError
	}{
		{"none has one", []string{"", "", ""}, nil},
		{"all have their own", []string{"B", "A", "C"}, nil},
		{"two of two IDs come twice", []string{"B", "A", "C", "B", "A"}, &IDError{"A", 2, 5}},
		{"one comes three times", []string{"A", "B", "A", "A"}, &IDError{"A", 1, 3}},
		{"one is missing", []string{"A", "B", "", "C"}, &IDError{"", 3, 0}},
		{"the first is missing, and others come twice", []string{"", "B", "B"}, &IDError{"", 1, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := NewBuilder(2)
			var parts []*Builder
			for _, id := range tt.ids {
				if err := b.Add(Record{ID: id, Name: "清水　愛"}); err != nil {
					t.Fatal(err)
				}
				parts = append(parts, b.Cut())
			}
			_, err := Build(parts...)
			var got *IDError
			errors.As(err, &got)
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("%v (-want +got):\n%s", err, d)
			}
		})
	}
}

func TestNothingAtAll(t *testing.T) {
	for _, records := range [][]Record{nil, {{ID: "A", Name: "山田　太郎"}}, {{}, {}}} {
		if o := resolved(t, build(t, records...)); len(o.Clusters) != 0 || len(o.Pairs) != 0 {
			t.Errorf("%d records: clusters %v, pairs %v: want none", len(records), o.Clusters, o.Pairs)
		}
	}
}

func TestPeopleDecide(t *testing.T) {
	records := []Record{
		{ID: "A", Name: "清水　麻由美", Kana: "シミズ　マユミ", Born: 19800401, Email: "mayumi.s@example.jp", Agency: "D1"},
		{ID: "B", Name: "清水　麻由美", Kana: "シミズ　マユミ", Born: 19800401, Email: "mayumi.s@example.jp", Agency: "D1"},
		{ID: "C", Name: "遠藤　正", Kana: "エンドウ　タダシ", Born: 19510203},
		{ID: "D", Name: "大野　葵", Kana: "オオノ　アオイ", Born: 20010910},
	}
	say := func(no int, a, b, verdict string) identity.Decision {
		return identity.Decision{No: no, A: a, B: b, Verdict: verdict}
	}
	for _, tt := range []struct {
		name      string
		decisions []identity.Decision
		want      [][]string
	}{
		{"nobody decided", nil, [][]string{{"A", "B"}}},
		{"different people", []identity.Decision{say(1, "B", "A", identity.Different)}, nil},
		{"one person that no key brought together", []identity.Decision{say(1, "C", "D", identity.Same)}, [][]string{{"A", "B"}, {"C", "D"}}},
		{"the newest decision counts", []identity.Decision{say(2, "A", "B", identity.Different), say(1, "A", "B", identity.Same)}, nil},
		{"a join that would bring two different people together", []identity.Decision{
			say(1, "A", "B", identity.Different), say(2, "A", "C", identity.Same), say(3, "B", "C", identity.Same),
		}, [][]string{{"A", "C"}}},
		{"somebody who is gone", []identity.Decision{say(1, "A", "Z", identity.Different)}, [][]string{{"A", "B"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, resolved(t, build(t, records...), tt.decisions...).Clusters); diff != "" {
				t.Errorf("clusters (-want +got):\n%s", diff)
			}
		})
	}
	listed := resolved(t, build(t, records...), say(1, "C", "D", identity.Same)).Pairs
	if !slices.ContainsFunc(listed, func(p string) bool { return strings.HasPrefix(p, "C D "+pipeline.ClassConfirmed) }) {
		t.Errorf("decided to be one person, and not %s: %q", pipeline.ClassConfirmed, listed)
	}
	c := build(t, records...)
	k := c.Candidates()
	if _, err := c.Resolve(k, c.Train(k, trainingDay), []identity.Decision{say(1, "A", "B", "たぶん")}); err == nil {
		t.Error("an unknown verdict passed")
	}
}

// What is 確定 is one cluster, whatever the weights of all that differs.
func TestWhatIsConfirmedIsJoined(t *testing.T) {
	number := []identity.Certificate{{Number: "K1"}}
	records := []Record{
		{ID: "A", Name: "清水　麻由美", Kana: "シミズ　マユミ", Born: 19800401, Sex: "女", Email: "mayumi.s@example.jp", Agency: "D1", Certificates: number},
		{ID: "B", Name: "清水　麻由美", Kana: "シミズ　マユミ", Born: 19800401, Sex: "女", Email: "mayumi.s@example.jp", Agency: "D1"},
		{ID: "C", Name: "遠藤　正", Kana: "エンドウ　タダシ", Born: 19800401, Sex: "男", Email: "endo@example.jp", Agency: "D2", Certificates: number},
	}
	got := resolved(t, build(t, append(records, flatRecords(t, 300, 3).records...)...))
	if !slices.ContainsFunc(got.Clusters, func(set []string) bool { return slices.Contains(set, "A") && slices.Contains(set, "C") }) {
		t.Errorf("A and C have a number and the birth date in common and stand in two clusters: %v", got.Pairs)
	}
}

func TestComparisonKnowsNoFirstAndSecond(t *testing.T) {
	people := flatRecords(t, 400, 11)
	c := build(t, people.records...)
	rapid.Check(t, func(t *rapid.T) {
		a := uint32(rapid.IntRange(0, c.Len()-1).Draw(t, "a"))
		b := uint32(rapid.IntRange(0, c.Len()-1).Draw(t, "b"))
		if c.compare(a, b) != c.compare(b, a) {
			t.Fatalf("%s and %s: %x one way, %x the other", c.ID(int(a)), c.ID(int(b)), c.compare(a, b), c.compare(b, a))
		}
	})
}
