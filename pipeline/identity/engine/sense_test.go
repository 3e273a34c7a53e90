package engine

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meibo/pipeline"
)

// Addresses made of the name weigh little where namesakes hit on one and the
// same, and much where they do not.
func TestNamesakesOfOneAddress(t *testing.T) {
	bits := func(alike bool) float64 {
		var records []Record
		for i := range 600 {
			host := "mail.example"
			if !alike {
				host = fmt.Sprintf("h%d.example", i)
			}
			name := 'A' + rune(i%10)
			records = append(records, Record{
				ID: fmt.Sprintf("R%03d", i), Given: "Robert", Family: "Smith" + string(name), Sex: "M",
				Email: fmt.Sprintf("robert.smith%c@%s", name+'a'-'A', host), Born: pipeline.Date(19400101 + i%60*10000 + i/60*100 + i%23),
			})
		}
		c := build(t, records...)
		return c.Train(c.Candidates(), trainingDay).Comparisons[compareMail].Levels[mailMade].bits()
	}
	if shared, own := bits(true), bits(false); shared > 3 || own < shared+3 {
		t.Errorf("an address of namesakes weighs %.2f bits, one of one's own %.2f: want next to nothing, and much more", shared, own)
	}
	f := facts{namesakes: 10_000}
	if few, many := f.madeAlike(0, 0), f.madeAlike(500, 100); few >= many || many < 0.04 || few > 0.001 {
		t.Errorf("chance %.6f where no namesakes hit on one address, %.6f where 500 of 10,000 pairs did", few, many)
	}
}

func TestAddressesMadeOfTheName(t *testing.T) {
	same := func(x Record, mail string) Record { x.Email = mail; return x }
	x := Record{ID: "A", Name: "鷲尾　燿子", Kana: "ワシオ　ヨウコ", Born: 19800401}
	y := Record{ID: "B", Name: "鷲尾　燿子", Kana: "ワシオ　ヨウコ", Born: 19550703}
	married := Record{ID: "B", Name: "石動　燿子", Kana: "イスルギ　ヨウコ", Born: 19800401}
	for _, tt := range []struct {
		name string
		a, b Record
		mail string
		want mailLevel
	}{
		{"made of the name, which agrees", x, y, "washio.yoko@mail.example", mailMade},
		{"a number", x, y, "k1234567@mail.example", mailEqual},
		{"kept after a marriage", x, married, "washio.yoko@mail.example", mailEqual},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := build(t, same(tt.a, tt.mail), same(tt.b, tt.mail))
			if got := c.compare(0, 1).mail(); got != tt.want {
				t.Errorf("level %q, want %q", outline()[compareMail].Levels[got].Name, outline()[compareMail].Levels[tt.want].Name)
			}
		})
	}
}

// A day on which far too many are born stands for an unknown one.
func TestDaysThatStandForUnknown(t *testing.T) {
	p := flatRecords(t, 3000, 6)
	for i := range p.records {
		if i%20 == 0 {
			p.records[i].Born = 19800101
		}
	}
	c := build(t, p.records...)
	kept := 0
	for i := range c.rows {
		kept += int(one(c.rows[i].born == packDate(19800101)))
	}
	if kept > 0 {
		t.Errorf("%d of %d records keep the day", kept, len(p.records)/20)
	}
}

// Thousands that hang together are told of and not taken for one person.
func TestGiantsAreToldOf(t *testing.T) {
	p := flatRecords(t, 3000, 6)
	for i := range mostLinked + 200 {
		p.records = append(p.records, Record{ID: fmt.Sprintf("G%05d", i), Name: "鬼無　斗真", Kana: "キナシ　トウマ", Born: 19800401, Sex: "男"})
	}
	c := build(t, p.records...)
	k := c.Candidates()
	m, err := DefaultModel()
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Resolve(k, m, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Alarms) == 0 || r.Alarms[0].FirstID != "G00000" || r.Alarms[0].Records != mostLinked+200 {
		t.Errorf("alarms %+v, want one of %d records from G00000", r.Alarms, mostLinked+200)
	}
	if k.Scored > 40*int64(c.Len()) {
		t.Errorf("%d pairs of %d records were compared: want no more than caps allow", k.Scored, c.Len())
	}
}

// Rows that are all alike are one cluster, however few of their pairs were
// compared, and told of; their order does not show.
func TestManyEqualRowsAreOneClusterAndToldOf(t *testing.T) {
	m, err := DefaultModel()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{100, 101, 150, 600} {
		records := flatRecords(t, 1000, 6).records
		for i := range n {
			records = append(records, Record{ID: fmt.Sprintf("G%05d", i), Name: "鬼無　斗真", Kana: "キナシ　トウマ", Born: 19800401, Sex: "男", Agency: "D1"})
		}
		for _, turned := range []bool{false, true} {
			if turned {
				slices.Reverse(records)
			}
			c := build(t, records...)
			r, err := c.Resolve(c.Candidates(), m, nil)
			if err != nil {
				t.Fatal(err)
			}
			var alarms []Alarm
			if n > mostRefined {
				alarms = []Alarm{{FirstID: "G00000", Records: n, Floor: linkFloor, Sampled: true}}
			}
			if d := cmp.Diff(alarms, r.Alarms); d != "" {
				t.Errorf("%d equal rows: alarms (-want +got):\n%s", n, d)
			}
			if !slices.ContainsFunc(r.Clusters, func(set []uint32) bool { return len(set) == n && c.ID(int(set[0])) == "G00000" }) {
				t.Errorf("%d equal rows are no cluster of their own", n)
			}
		}
	}
}

// Two names that many bear are no slips of each other.
func TestCommonNamesAreNoSlips(t *testing.T) {
	var records []Record
	for i := range 60 {
		records = append(records, Record{ID: fmt.Sprint("F", i), Family: fmt.Sprint("family", i), Given: []string{"michael", "michelle", "ruth"}[i%3]})
	}
	records = append(records, Record{ID: "A", Family: "smith", Given: "michael"}, Record{ID: "B", Family: "smith", Given: "michelle"}, Record{ID: "C", Family: "smith", Given: "michaele"}, Record{ID: "D", Family: "smith", Given: "michaell"})
	c := build(t, records...)
	at := c.places("A", "B", "C", "D")
	for pair, want := range map[string]nameLevel{"AB": nameRelativeLatin, "AC": nameNearGiven, "AD": nameNearGiven, "BD": nameNearGiven} {
		if got, _ := c.compareNames(at[pair[:1]], at[pair[1:]]); got != want {
			t.Errorf("%s: level %d, want %d", pair, got, want)
		}
	}
}

func TestCaresOfAThreshold(t *testing.T) {
	// Pairs by their bits, and how many.
	for _, tt := range []struct {
		name     string
		pairs    map[int]int
		each     float64 // true pairs per record
		from, to float64
	}{
		{"all certain", map[int]int{30: 1000}, 0.02, 4, 10},
		{"a few in doubt are not worth it", map[int]int{30: 1000, 1: 10}, 0.02, 1.1, 10},
		{"most in doubt are, in a register", map[int]int{30: 1000, 4: 3000}, 0.02, 3, 4.2},
		{"half are doubles: even odds will do", map[int]int{30: 1000, 1: 800}, 0.5, 0, 1.2},
		{"nothing at all", nil, 0.02, 10, 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := &Candidates{width: 20}
			w := weigher{k: k, table: make([]float32, 1<<levelBits)}
			for i, bits := range []int{30, 4, 1} {
				p := pattern(nameAll)<<nameShift | pattern(i)<<bornShift
				w.table[p] = float32(bits)
				k.pairs = append(k.pairs, slices.Repeat([]entry{{rec: uint32(p)}}, tt.pairs[bits])...)
			}
			m := Model{FalseShare: falseShare, PairsEach: tt.each}
			if got := w.threshold(m); got < tt.from || got > tt.to {
				t.Errorf("threshold %.3f, want %.1f to %.1f", got, tt.from, tt.to)
			}
		})
	}
}
