package purge

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"meibo/pipeline"
	"meibo/pipeline/deadline"
)

// life is a record with all that will ever happen to it, and what is known of it
// so far: feeds bring activities up to the days of grace late.
type life struct {
	first, known *pipeline.Person
	all, late    []news
	asked        pipeline.Date    // deletion on request
	hold         [2]pipeline.Date // compliance holds it from … through …
	deleted      pipeline.Date
	goneAs       string // case
	saved        bool   // an activity came between approval and execution
}

// news is one fact: when it happened, when it comes, and what it does to a record.
type news struct {
	happens, comes pipeline.Date
	apply          func(*pipeline.Person)
}

// truth is the record with everything that has happened by a day, delivered or not.
func (l *life) truth(d pipeline.Date) *pipeline.Person {
	p := *l.first
	for _, n := range l.all {
		if n.happens <= d {
			n.apply(&p)
		}
	}
	return &p
}

// register is a small register that lives night by night.
type register struct {
	t        *testing.T
	r        *rand.Rand
	rules    *deadline.Settings
	set      Settings
	lives    []*life
	last     pipeline.PurgeList
	lists    map[int][]pipeline.PurgeRow
	hashes   map[int]string
	states   map[int]string
	given    map[int][]Approval
	byID     map[string]*life
	receipts []Receipt
	key      ed25519.PrivateKey
}

func newRegister(t *testing.T, seed uint64, people int, from pipeline.Date) *register {
	g := &register{
		t: t, r: rand.New(rand.NewPCG(seed, 7)), rules: rules(t), key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)),
		set:   Settings{Mode: ModeApprove, ApprovalDays: 14, MaxCount: 1000, MaxPercent: 100},
		lists: map[int][]pipeline.PurgeRow{}, hashes: map[int]string{}, states: map[int]string{}, given: map[int][]Approval{}, byID: map[string]*life{},
	}
	for i := range people {
		l := g.born(fmt.Sprintf("T%06d", i+1), from)
		g.lives = append(g.lives, l)
		g.byID[l.known.Agent.ID] = l
	}
	return g
}

// tell adds a fact to a life that comes so many days after it happened.
func (l *life) tell(happens pipeline.Date, late int, apply func(*pipeline.Person)) {
	l.all = append(l.all, news{happens, happens.AddDays(late), apply})
}

// born draws a record: an ID of any of the years, or of those ten years before,
// perhaps with a pass, perhaps registered for a time, now and then used.
func (g *register) born(id string, from pipeline.Date) *life {
	acquired := from.AddDays(g.r.IntN(2400) - 200)
	old := g.r.IntN(3) == 0
	if old { // No.1 and No.3 take ten years
		acquired = from.AddDays(-3650 + g.r.IntN(3000))
	}
	p := pipeline.Person{Agent: pipeline.Agent{ID: id, IDAcquiredOn: acquired, From: pipeline.Provenance("b" + id + "//2")}}
	if g.r.IntN(12) == 0 {
		p.Agent.Suspended = pipeline.FlagYes
	}
	l := &life{first: &p}
	used := acquired
	if old || g.r.IntN(8) == 0 {
		g.passes(l, acquired.AddDays(g.r.IntN(200)))
	}
	if g.r.IntN(3) == 0 {
		used = g.registers(l, acquired.AddDays(g.r.IntN(30)))
	}
	for used < from.AddDays(3400) && g.r.IntN(4) != 0 {
		// Most come shortly before the half-year is over, some a little after.
		used = used.AddDays(150 + g.r.IntN(38))
		a := pipeline.Activity{On: used, Kind: pipeline.ActivityLogin}
		l.tell(used, g.r.IntN(g.rules.GraceDays()+1), func(p *pipeline.Person) { p.Activities = append(slices.Clone(p.Activities), a) })
	}
	if g.r.IntN(6) == 0 {
		since := acquired.AddDays(g.r.IntN(1500))
		l.hold = [2]pipeline.Date{since, since.AddDays(g.r.IntN(200))}
	}
	if g.r.IntN(15) == 0 {
		l.asked = from.AddDays(g.r.IntN(3000))
	}
	l.late = slices.Clone(l.all)
	known := p
	l.known = &known
	return l
}

// passes posts a pass, and now and then withdraws it.
func (g *register) passes(l *life, posted pipeline.Date) {
	l.tell(posted, 0, func(p *pipeline.Person) {
		p.Qualifications = append(slices.Clone(p.Qualifications), pipeline.Qualification{Code: "K10", JudgedOn: posted, PostedOn: posted})
	})
	if g.r.IntN(6) == 0 {
		withdrawn := posted.AddDays(1 + g.r.IntN(4000))
		l.tell(withdrawn, 0, func(p *pipeline.Person) {
			p.Qualifications = slices.Clone(p.Qualifications)
			if n := len(p.Qualifications); n > 0 { // feeds of a day come in any order
				p.Qualifications[n-1].WithdrawnOn = withdrawn
			}
		})
	}
}

// registers opens a registration that is closed some time later, and perhaps
// another one then; it returns the last closing day.
func (g *register) registers(l *life, opened pipeline.Date) pipeline.Date {
	closed := opened.AddDays(30 + g.r.IntN(700))
	l.tell(opened, 0, func(p *pipeline.Person) {
		p.Registrations = append(slices.Clone(p.Registrations), pipeline.Registration{OpenedOn: opened})
	})
	l.tell(closed, 0, func(p *pipeline.Person) {
		p.Registrations = slices.Clone(p.Registrations)
		for i := range p.Registrations {
			if p.Registrations[i].OpenedOn == opened {
				p.Registrations[i].ClosedOn = closed
			}
		}
	})
	if g.r.IntN(5) == 0 {
		return g.registers(l, closed.AddDays(g.r.IntN(400)))
	}
	return closed
}

func (l *life) circumstances(d pipeline.Date) (c deadline.Circumstances) {
	if l.hold[0] != 0 && l.hold[0] <= d && d <= l.hold[1] {
		c.Holds = []deadline.NamedHold{{Reason: "調査", By: "S9", Since: l.hold[0]}}
	}
	if l.asked != 0 && l.asked <= d {
		c.Request = &deadline.Request{No: "D1", On: l.asked, Proof: "運転免許証"}
	}
	return c
}

// on is the row of a record on a day by what is known.
func (g *register) on(l *life, d pipeline.Date) (deadline.Verdict, *pipeline.PurgeRow) {
	v := deadline.Judge(l.known, g.rules, l.circumstances(d), d)
	if row, ok := Row(l.known, v, d, g.rules); ok {
		return v, &row
	}
	return v, nil
}

// night takes in what comes, makes the list, and lets people approve and execute.
func (g *register) night(d pipeline.Date, approve, execute bool) {
	var rows []pipeline.PurgeRow
	var hashes [][sha256.Size]byte
	for _, l := range g.lives {
		if l.deleted != 0 || l.known.Agent.IDAcquiredOn > d {
			continue
		}
		g.r.Shuffle(len(l.late), func(i, j int) { l.late[i], l.late[j] = l.late[j], l.late[i] })
		l.late = slices.DeleteFunc(l.late, func(n news) bool {
			if n.comes <= d {
				n.apply(l.known)
			}
			return n.comes <= d
		})
		if _, row := g.on(l, d); row != nil {
			rows, hashes = append(rows, *row), append(hashes, RowHash(row))
		}
	}
	sum := HashOf(hashes)
	g.last.State = g.states[g.last.No]
	if no := Next(g.last, sum); no != g.last.No {
		g.last = pipeline.PurgeList{No: no, Hash: sum}
		g.lists[no], g.hashes[no], g.states[no] = rows, sum, ListPublished
	}
	if approve && Live(g.states[g.last.No]) {
		for _, by := range []string{"S1", "S2"} {
			g.given[g.last.No] = append(g.given[g.last.No], Approval{By: by, On: d, ListHash: sum})
		}
	}
	if execute {
		g.executeAll(d)
	}
}

// executeAll executes every list whose approvals stand on the day.
func (g *register) executeAll(d pipeline.Date) {
	for no := range g.last.No {
		no++
		list := pipeline.PurgeList{No: no, Hash: g.hashes[no], State: g.states[no]}
		if len(g.given[no]) == 0 || !Live(list.State) {
			continue
		}
		state, err := ListState(list, g.given[no], d, g.set.ApprovalDays)
		if err != nil {
			g.t.Fatal(err)
		}
		g.states[no] = state
		if state == ListApproved {
			g.execute(list, d)
		}
	}
}

func (g *register) execute(list pipeline.PurgeList, d pipeline.Date) {
	var planned []*life
	cases := map[string]int{}
	for i := range g.lists[list.No] {
		row := &g.lists[list.No][i]
		l := g.byID[row.AgentID]
		c := &Candidate{Row: row, Found: l.deleted == 0, Approvers: ApproversOf(row, list.Hash, g.given[list.No], nil, d, g.set.ApprovalDays)}
		if c.Found {
			c.Verdict, c.Today = g.on(l, d)
		}
		switch o := Plan(c, g.set, g.rules, d); {
		case o.State == PlanPlanned:
			planned = append(planned, l)
			l.goneAs = row.Case
			cases[row.Case]++
		case o.Code == DropExtended || o.Code == DropDecision:
			l.saved = true
		}
	}
	if len(planned) == 0 {
		return // the list stays approved: its rows may be in their days of grace
	}
	for _, l := range planned {
		g.mayGo(l, d)
		l.deleted = d
	}
	for _, e := range []Event{EventStarted, EventFinished, EventSettled} {
		next, err := Advance(g.states[list.No], e)
		if err != nil {
			g.t.Fatal(err)
		}
		g.states[list.No] = next
	}
	g.certify(list, cases, d)
}

// certify writes the receipt of an execution.
func (g *register) certify(list pipeline.PurgeList, cases map[string]int, d pipeline.Date) {
	r := Receipt{No: ReceiptNo(len(g.receipts) + 1), Kind: ReceiptPurge, ListNo: list.No, ListHash: list.Hash, AsOf: d}
	for _, of := range slices.Sorted(maps.Keys(cases)) {
		r.Persons = append(r.Persons, Count{Of: of, Count: cases[of]})
	}
	previous := ""
	if n := len(g.receipts); n > 0 {
		previous = g.receipts[n-1].Hash
	}
	r.Seal(previous, "k1", g.key)
	g.receipts = append(g.receipts, r)
}

// mayGo checks a deletion against the whole truth: with everything that happened
// up to the day, in time or not yet delivered, the record must be due, past its
// days of grace, and unheld. One on request knows no days.
// (What is to be decided since an activity after the last day, which came late,
// nobody could know.)
func (g *register) mayGo(l *life, d pipeline.Date) {
	if l.deleted != 0 {
		g.t.Fatalf("%s is deleted on %s and again on %s", l.first.Agent.ID, l.deleted, d)
	}
	p := l.truth(d)
	v := deadline.Judge(p, g.rules, l.circumstances(d), d)
	held, _ := holdsOn(v.Holds, d)
	ripe := v.Status == deadline.Dated && d >= v.FirstDeletable.AddDays(g.rules.GraceDays())
	if l.goneAs == pipeline.CaseRequest {
		ripe = v.Request != nil
	}
	if !ripe || len(held) > 0 {
		g.t.Fatalf("%s deleted on %s as %s: %s, first deletable %s, holds %v", p.Agent.ID, d, l.goneAs, v.Status, v.FirstDeletable, held)
	}
}

// addUp checks the receipts against who is gone: chained and signed, one for
// each list at most, and as many people by case.
func (g *register) addUp() (gone map[string]int) {
	keys := func(string) (ed25519.PublicKey, bool) { return g.key.Public().(ed25519.PublicKey), true }
	if damage := Verify(g.receipts, keys, len(g.receipts)); len(damage) > 0 {
		g.t.Errorf("receipts: %v", damage)
	}
	told, gone, lists := map[string]int{}, map[string]int{}, map[int]bool{}
	for _, r := range g.receipts {
		if lists[r.ListNo] {
			g.t.Errorf("list %d has two receipts", r.ListNo)
		}
		lists[r.ListNo] = true
		for _, c := range r.Persons {
			told[c.Of] += c.Count
		}
	}
	for _, l := range g.lives {
		if l.deleted != 0 {
			gone[l.goneAs]++
		}
	}
	if !maps.Equal(told, gone) {
		g.t.Errorf("%v are gone, receipts tell of %v", gone, told)
	}
	return gone
}

// Ten years, night by night: nobody goes before the first deletable day plus
// grace, whatever comes late and in whatever order; everybody due and unheld goes
// once approved; who was used between approval and execution stays; and the
// receipts add up.
func TestTenYears(t *testing.T) {
	saved, gone := 0, map[string]int{}
	for seed := range uint64(4) {
		from := day("2020-01-01")
		g := newRegister(t, seed, 80, from)
		end := from.AddDays(3652)
		for d := from; d <= end; d = d.AddDays(1) {
			last := end.Sub(d) < 30 // in the end all is approved and executed
			g.night(d, last || g.r.IntN(4) == 0, last || g.r.IntN(5) == 0)
		}
		for _, l := range g.lives {
			if l.saved {
				saved++
			}
			if l.deleted != 0 {
				continue
			}
			v, row := g.on(l, end)
			if row != nil && row.State == pipeline.PurgeDue && (row.Case == pipeline.CaseRequest || end >= v.FirstDeletable.AddDays(g.rules.GraceDays())) {
				t.Errorf("seed %d: %s is still there, due since %s", seed, l.known.Agent.ID, v.FirstDeletable)
			}
		}
		for of, n := range g.addUp() {
			gone[of] += n
		}
	}
	for _, of := range []string{"1", "2", "3", "4", pipeline.CaseRequest} {
		if gone[of] < 5 {
			t.Errorf("%d of case %s are gone: the years prove nothing of it", gone[of], of)
		}
	}
	if saved == 0 {
		t.Error("nobody was saved between approval and execution")
	}
	t.Logf("gone by case: %v, saved: %d", gone, saved)
}
