package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"meibo/pipeline"
	"meibo/pipeline/identity"
)

// trap makes of a person's first ID another one that is hard to place.
type trap struct {
	name string
	one  bool // it is the same person
	same bool // and the certificate is that of the first ID
	make func(r *rng, x Record) Record
}

// otherNumber is a certificate number of one's own.
func otherNumber(r *rng) []identity.Certificate {
	return []identity.Certificate{{Number: fmt.Sprintf("T%010d", mix(uint64(r.n(1<<30)), uint64(*r))%10_000_000_000)}}
}

// later changes what years change: the mail address, the agency, the certificate.
func later(r *rng, x Record) Record {
	x.Certificates = otherNumber(r)
	if r.chance(40) {
		x.Email = fmt.Sprintf("n%d@later.example", mix(uint64(r.n(1<<30)), 3)%10_000_000)
	}
	if r.chance(40) {
		x.Agency = fmt.Sprintf("Z%04d", r.n(5000))
	}
	return x
}

func traps() []trap {
	rename := func(x *Record, kanji, kana string) {
		_, given, _ := cutName(x.Name)
		_, read, _ := cutName(x.Kana)
		x.Name, x.Kana = kanji+"　"+given, kana+"　"+read
	}
	another := func(r *rng, x *Record) {
		family, _, _ := cutName(x.Name)
		read, _, _ := cutName(x.Kana)
		other := strings.Split(r.word(strings.Fields("燿子/ヨウコ 桐也/キリヤ 沙羅/サラ 剛毅/ゴウキ 千景/チカゲ 朔/サク")), "/")
		x.Name, x.Kana = family+"　"+other[0], read+"　"+other[1]
		x.Certificates = otherNumber(r)
	}
	return []trap{
		{"斎藤 in its other forms", true, false, func(r *rng, x Record) Record {
			x = later(r, x)
			rename(&x, []string{"齋藤", "斉藤", "齊藤"}[r.n(3)], "サイトウ")
			return x
		}},
		{"changed surname, the former one is known", true, false, func(r *rng, x Record) Record {
			family, _, _ := cutName(x.Name)
			x = later(r, x)
			rename(&x, "鬼頭", "キトウ")
			x.Former = []string{family}
			return x
		}},
		{"changed surname, nobody knows", true, false, func(r *rng, x Record) Record {
			agency := x.Agency
			x = later(r, x)
			rename(&x, "鬼頭", "キトウ")
			x.Agency = agency
			return x
		}},
		{"a day off", true, false, func(r *rng, x Record) Record {
			x = later(r, x)
			x.Born = x.Born.AddDays(1 - 2*r.n(2))
			return x
		}},
		{"day and month changed places", true, false, func(r *rng, x Record) Record {
			x = later(r, x)
			if day, ok := pipeline.NewDate(x.Born.Year(), x.Born.Day(), x.Born.Month()); ok {
				x.Born = day
			}
			return x
		}},
		{"the same certificate under a changed surname", true, true, func(r *rng, x Record) Record {
			rename(&x, "鬼頭", "キトウ")
			return x
		}},
		{"twins", false, false, func(r *rng, x Record) Record { another(r, &x); return x }},
		{"twins with an address of their own", false, false, func(r *rng, x Record) Record {
			another(r, &x)
			x.Email = fmt.Sprintf("own%d@twin.example", r.n(1<<30))
			return x
		}},
		{"father and son", false, false, func(r *rng, x Record) Record {
			another(r, &x)
			x.Born = x.Born.AddDays(365*25 + r.n(3000))
			return x
		}},
		{"father and son of one birthday", false, false, func(r *rng, x Record) Record {
			another(r, &x)
			x.Born += 290000
			return x
		}},
		{"one mailbox, other people", false, false, func(r *rng, x Record) Record {
			another(r, &x)
			rename(&x, "六車", "ムグルマ")
			x.Born = x.Born.AddDays(4000 + r.n(3000))
			return x
		}},
		{"same name and birthday", false, false, func(r *rng, x Record) Record {
			x.Certificates = otherNumber(r)
			x.Email, x.Agency, x.Sex = fmt.Sprintf("s%d@stranger.example", r.n(1<<30)), "Z9999", ""
			return x
		}},
	}
}

// trapped is a register with 40 second IDs of every trap.
func trapped(t *testing.T) (people, map[string][2]string) {
	const each = 40
	p := flatRecords(t, 12_000, 4)
	r := rng(11)
	planted := map[string][2]string{} // by ID: the trap, the ID it was made of
	at := 0
	for _, k := range traps() {
		for n := 0; n < each; at++ {
			x := &p.records[at]
			if p.traps[x.ID] != "" || !strings.Contains(x.Name, "　") || !strings.Contains(x.Kana, "　") || x.Email == "" || x.Agency == "" ||
				x.Certificates[0].Number == "" || x.Sex == "" || x.Born.Day() > 12 || x.Born.Day() == x.Born.Month() {
				continue
			}
			if strings.HasPrefix(k.name, "斎藤") {
				_, given, _ := cutName(x.Name)
				_, read, _ := cutName(x.Kana)
				x.Name, x.Kana = "斎藤　"+given, "サイトウ　"+read
			}
			second := k.make(&r, *x)
			second.ID = fmt.Sprintf("T%05d", len(planted))
			p.records = append(p.records, second)
			p.truth[second.ID] = "T" + second.ID
			if k.one {
				p.truth[second.ID] = p.truth[x.ID]
			}
			planted[second.ID] = [2]string{k.name, x.ID}
			n++
		}
	}
	return p, planted
}

// Nobody is flagged wrongly, nearly all that are one person are found or asked
// about, and relatives are not even joined.
func TestTraps(t *testing.T) {
	p, planted := trapped(t)
	c := build(t, p.records...)
	k := c.Candidates()
	shipped, err := DefaultModel()
	if err != nil {
		t.Fatal(err)
	}
	for way, m := range map[string]Model{"trained": c.Train(k, trainingDay), "shipped": shipped} {
		t.Run(way, func(t *testing.T) {
			r, err := c.Resolve(k, m, nil)
			if err != nil {
				t.Fatal(err)
			}
			wrongFlags(t, c, p, r)
			cluster := map[string]int{}
			for i, set := range named(c, r.Clusters) {
				for _, id := range set {
					cluster[id] = i + 1
				}
			}
			listed := map[[2]string]string{}
			for _, x := range r.Pairs {
				a, b := c.ID(int(x.A)), c.ID(int(x.B))
				listed[[2]string{min(a, b), max(a, b)}] = x.Class
			}
			for _, k := range traps() {
				k.check(t, planted, cluster, listed)
			}
		})
	}
}

func (k trap) check(t *testing.T, planted map[string][2]string, cluster map[string]int, listed map[[2]string]string) {
	t.Helper()
	all, joined, known, flagged := 0, 0, 0, 0
	for id, from := range planted {
		if from[0] != k.name {
			continue
		}
		all++
		class := listed[[2]string{min(id, from[1]), max(id, from[1])}]
		together := cluster[id] != 0 && cluster[id] == cluster[from[1]]
		joined += int(one(together))
		known += int(one(together || class != ""))
		flagged += int(one(class == pipeline.ClassConfirmed))
	}
	t.Logf("%s: of %d %d joined, %d joined or asked about, %d %s", k.name, all, joined, known, flagged, pipeline.ClassConfirmed)
	switch {
	case k.same && flagged != all:
		t.Errorf("%s: %d of %d are %s, want all", k.name, flagged, all, pipeline.ClassConfirmed)
	case !k.same && flagged > 0:
		t.Errorf("%s: %d are %s, want none", k.name, flagged, pipeline.ClassConfirmed)
	case k.one && known*100 < all*95:
		t.Errorf("%s: %d of %d found or asked about, want 95 %%", k.name, known, all)
	case !k.one && joined > 0 && k.name != "same name and birthday": // of whom nothing tells that they are two
		t.Errorf("%s: %d of %d joined, want none", k.name, joined, all)
	}
	if !slices.ContainsFunc(traps(), func(x trap) bool { return x.name == k.name }) || all == 0 {
		t.Errorf("%s: nobody is of this kind", k.name)
	}
}
