package purge

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"meibo/pipeline"
	"meibo/pipeline/deadline"
)

// life is a record with all that will ever happen to it, and what is known of it
// so far: feeds bring activities up to the days of grace late.
type life struct {
	truth, known *pipeline.Person
	late         []news
	hold         [2]pipeline.Date // compliance holds it from … through …
	deleted      pipeline.Date
	saved        bool // an activity came between approval and execution
}

type news struct {
	comes pipeline.Date
	what  pipeline.Activity
}

// register is a small register that lives night by night.
type register struct {
	t       *testing.T
	r       *rand.Rand
	rules   *deadline.Settings
	set     Settings
	lives   []*life
	last    pipeline.PurgeList
	lists   map[int][]pipeline.PurgeRow
	hashes  map[int]string
	states  map[int]string
	given   map[int][]Approval
	byID    map[string]*life
	deleted int // as the receipts tell
}

func newRegister(t *testing.T, seed uint64, people int, from pipeline.Date) *register {
	g := &register{
		t: t, r: rand.New(rand.NewPCG(seed, 7)), rules: rules(t),
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

// born draws a record: an ID of the first years, perhaps once registered, now
// and then used.
func (g *register) born(id string, from pipeline.Date) *life {
	acquired := from.AddDays(g.r.IntN(2400) - 200)
	p := pipeline.Person{Agent: pipeline.Agent{ID: id, IDAcquiredOn: acquired, From: pipeline.Provenance("b" + id + "//2")}}
	used := acquired
	if g.r.IntN(3) == 0 {
		closed := acquired.AddDays(30 + g.r.IntN(700))
		p.Registrations = []pipeline.Registration{{OpenedOn: acquired.AddDays(g.r.IntN(30)), ClosedOn: closed}}
		used = closed
	}
	if g.r.IntN(12) == 0 {
		p.Agent.Suspended = pipeline.FlagYes
	}
	known := p
	l := &life{truth: &p, known: &known}
	for used < from.AddDays(3400) && g.r.IntN(4) != 0 {
		// Most come shortly before the half-year is over, some a little after.
		used = used.AddDays(150 + g.r.IntN(38))
		a := pipeline.Activity{On: used, Kind: pipeline.ActivityLogin}
		p.Activities = append(p.Activities, a)
		l.late = append(l.late, news{used.AddDays(g.r.IntN(g.rules.GraceDays() + 1)), a})
	}
	if g.r.IntN(6) == 0 {
		since := acquired.AddDays(g.r.IntN(1500))
		l.hold = [2]pipeline.Date{since, since.AddDays(g.r.IntN(200))}
	}
	return l
}

func (l *life) circumstances(d pipeline.Date) (c deadline.Circumstances) {
	if l.hold[0] != 0 && l.hold[0] <= d && d <= l.hold[1] {
		c.Holds = []deadline.NamedHold{{Reason: "調査", By: "S9", Since: l.hold[0]}}
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
				l.known.Activities = append(l.known.Activities, n.what)
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
	g.deleted += len(planned)
}

// mayGo checks a deletion against the whole truth: with everything that happened
// up to the day, in time or not yet delivered, the record must be due, past its
// days of grace and unheld.
func (g *register) mayGo(l *life, d pipeline.Date) {
	v := deadline.Judge(l.truth, g.rules, l.circumstances(d), d)
	held, _ := holdsOn(v.Holds, d)
	if v.Status != deadline.Dated || d < v.FirstDeletable.AddDays(g.rules.GraceDays()) || len(held) > 0 {
		g.t.Fatalf("%s deleted on %s: %s, first deletable %s, holds %v", l.truth.Agent.ID, d, v.Status, v.FirstDeletable, held)
	}
}

// Ten years, night by night: nobody goes before the first deletable day plus
// grace, whatever comes late; everybody due and unheld goes once approved; and
// the receipts add up.
func TestTenYears(t *testing.T) {
	saved, gone := 0, 0
	for seed := range uint64(4) {
		from := day("2020-01-01")
		g := newRegister(t, seed, 60, from)
		end := from.AddDays(3652)
		for d := from; d <= end; d = d.AddDays(1) {
			last := end.Sub(d) < 30 // in the end all is approved and executed
			g.night(d, last || g.r.IntN(4) == 0, last || g.r.IntN(5) == 0)
		}
		deleted := 0
		for _, l := range g.lives {
			if l.saved {
				saved++
			}
			if l.deleted != 0 {
				deleted++
				continue
			}
			v, row := g.on(l, end)
			if row != nil && row.State == pipeline.PurgeDue && end >= v.FirstDeletable.AddDays(g.rules.GraceDays()) {
				t.Errorf("seed %d: %s is still there, due since %s", seed, l.known.Agent.ID, v.FirstDeletable)
			}
		}
		if deleted != g.deleted {
			t.Errorf("seed %d: %d records are gone, receipts tell of %d", seed, deleted, g.deleted)
		}
		gone += deleted
	}
	if saved == 0 || gone < 100 {
		t.Errorf("%d saved between approval and execution, %d gone: the years prove nothing", saved, gone)
	}
}
