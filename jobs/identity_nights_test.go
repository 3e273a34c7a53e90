package jobs_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline/identity"
	"meibo/pipeline/store"
)

// identities is everything the nights say of who is who but since when, with
// whose flag is set.
func (p *place) identities(t testing.TB) (out []string) {
	t.Helper()
	s, err := store.Open(t.Context(), p.DB, store.Options{})
	must(t, err)
	defer s.Close()
	for d, err := range s.Duplicates(t.Context()) {
		must(t, err)
		d.FirstSeen = 0
		out = append(out, fmt.Sprintf("pair %+v", *d))
	}
	for w, err := range s.PairWeights(t.Context()) {
		must(t, err)
		out = append(out, fmt.Sprintf("weight %+v", *w))
	}
	for m, err := range s.Clusters(t.Context()) {
		must(t, err)
		out = append(out, fmt.Sprintf("cluster %s %s", m.ClusterID, m.AgentID))
	}
	for x, err := range s.People(t.Context()) {
		must(t, err)
		if x.Agent.DuplicateFlag {
			out = append(out, "flag "+x.Agent.ID)
		}
	}
	return out
}

// forget takes away all that the nights found out about identities.
func (p *place) forget(t testing.TB) {
	t.Helper()
	driver, dsn, _ := strings.Cut(p.DB, ":")
	db, err := sql.Open(driver, dsn)
	must(t, err)
	defer db.Close()
	for _, q := range []string{
		"DELETE FROM duplicate_list", "DELETE FROM pair_weights", "DELETE FROM clusters", "DELETE FROM cluster_events",
		"UPDATE agents SET duplicate_flag = 0",
	} {
		_, err := db.ExecContext(t.Context(), q)
		must(t, err)
	}
}

// arrivals writes what a night brings: new people, second IDs, new passes, new
// names.
type arrivals struct {
	dice   *rand.Rand
	people []string // one line for each ID that may come, in the form of a file
	came   []string
	passes int
}

func newArrivals(seed uint64) *arrivals {
	a := &arrivals{dice: rand.New(rand.NewPCG(seed, 8))}
	for i := range 60 {
		who := i / 2 // two IDs each
		family, kfamily := part(trapFamilies, who)
		given, kgiven := part(trapGiven, who*5)
		born := fmt.Sprintf("19%d-0%d-1%d", 60+who%20, 1+who%9, who%9)
		mail := fmt.Sprintf("p%d@example.com", who)
		switch {
		case i%2 == 1 && who%3 == 1:
			family, kfamily = part(trapFamilies, who+7)
		case i%2 == 1 && who%3 == 2:
			mail = ""
		}
		a.people = append(a.people, fmt.Sprintf("N%03d,%s　%s,%s　%s,,%s,女,%s,20%02d-04-01,", i, family, given, kfamily, kgiven, born, mail, 1+(i*7)%20))
	}
	a.dice.Shuffle(len(a.people), func(i, j int) { a.people[i], a.people[j] = a.people[j], a.people[i] })
	return a
}

func (a *arrivals) night(t testing.TB, p *place, day string) {
	t.Helper()
	some := min(len(a.people), a.dice.IntN(4))
	a.came = append(a.came, a.people[:some]...)
	rows := slices.Clone(a.people[:some])
	a.people = a.people[some:]
	if len(a.came) > 4 && a.dice.IntN(3) == 0 { // somebody has another mail address
		f := strings.Split(a.came[a.dice.IntN(len(a.came))], ",")
		f[6] = fmt.Sprintf("new%d@example.com", a.dice.IntN(5))
		rows = append(rows, strings.Join(f, ","))
	}
	if len(rows) > 0 {
		p.put(t, day+"/association/agents_1.csv", table(agentHeader, rows...))
	}
	var exams []string
	for range min(len(a.came), a.dice.IntN(6)) {
		f := strings.Split(a.came[a.dice.IntN(len(a.came))], ",")
		a.passes++
		number := fmt.Sprintf("H-%s-%d", strings.ReplaceAll(f[4], "-", ""), a.dice.IntN(2))
		exams = append(exams, fmt.Sprintf("%s,%s,%s,K10,合格,2024-%02d-%02d,,%s,2024-12-25", f[0], f[1], f[4], 1+a.passes%12, 1+a.passes%28, number))
	}
	if len(exams) > 0 {
		p.put(t, day+"/exam-center/exam-results_1.csv", table(examHeader, exams...))
	}
}

// decide says something of a pair, or takes something back.
func (a *arrivals) decide(t testing.TB, h *jobs.House, undone map[int]bool) {
	t.Helper()
	pairs, err := h.Pairs(t.Context())
	must(t, err)
	newest, err := h.Store.NewestDecision(t.Context())
	must(t, err)
	switch n := a.dice.IntN(4); {
	case n == 0 && newest > 0:
		if no := 1 + a.dice.IntN(newest); !undone[no] {
			_, err := h.UndoDecision(t.Context(), no, "C0001")
			must(t, err)
			undone[no] = true
		}
	case n < 3 && len(pairs) > 0:
		x := pairs[a.dice.IntN(len(pairs))]
		verdict := []string{identity.Same, identity.Same, identity.Different, identity.Later}[a.dice.IntN(4)]
		_, err := h.Decide(t.Context(), jobs.Decision{A: x.AgentA, B: x.AgentB, Verdict: verdict, By: "C0001", Reason: "確認"})
		must(t, err)
	}
}

// Thirty nights with people who come when they come, and with decisions made and
// taken back, end where one night that sees all of it at once does.
func TestChaosThirtyNightsAreOne(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		thirtyNights(t, newPlace(t, dir, sqliteIn(dir)), 11)
	})
	if *chaos {
		t.Run("mysql", func(t *testing.T) { thirtyNights(t, newPlace(t, t.TempDir(), newMySQL(t)), 12) })
	}
}

func thirtyNights(t *testing.T, p *place, seed uint64) {
	p.Insurers = nil
	a, undone := newArrivals(seed), map[int]bool{}
	day := sampleDays[0]
	for range 30 {
		a.night(t, p, day.String())
		p.night(t, day)
		p.with(t, func(h *jobs.House) { a.decide(t, h, undone) })
		day = day.AddDays(1)
	}
	p.night(t, day)
	want := p.identities(t)
	merges := 0
	for _, line := range want {
		if strings.HasPrefix(line, "cluster") {
			merges++
		}
	}
	if merges < 8 || len(a.came) < 30 {
		t.Errorf("%d records in clusters among %d: the test wants more", merges, len(a.came))
	}
	p.night(t, day)
	equal(t, "the same night again", p.identities(t), want)
	p.forget(t)
	p.night(t, day)
	equal(t, "one night that sees all at once", p.identities(t), want)
}
