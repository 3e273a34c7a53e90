package jobs_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/deadline"
	"meibo/pipeline/purge"
)

// lifetime is one record with everything that happens to it in the year, known
// to the register or not yet.
type lifetime struct {
	person pipeline.Person // by the whole truth
	news   []feed
	gone   pipeline.Date
}

type feed struct {
	comes pipeline.Date
	line  string
}

// P1 over a year: whatever comes late, approved and executed whenever people
// please, nobody goes before the first deletable day and its days of grace, or
// while held; who is used between approval and execution stays; everybody due
// goes in the end; and the receipts add up. With -chaos there is a night every
// day, else one every fortnight.
func TestP1AYearNightByNight(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p *place) {
		t.Parallel()
		rules, err := jobs.LoadRules()
		must(t, err)
		from := day("2026-01-05")
		settings, err := rules.Retention.RulesOn(from)
		must(t, err)
		y := &year{place: p, r: rand.New(rand.NewPCG(23, 7)), rules: settings}
		y.lives = p.born(t, y.r, from, 30, settings.GraceDays())
		p.Purge.MaxPercent = 100
		step := 14
		if *chaos {
			step = 1
		}
		end := from.AddDays(26 * 14)
		for d := from; d <= end && !t.Failed(); d = d.AddDays(step) {
			t.Run(d.String(), func(t *testing.T) { // whose connections end with it
				p.feeds(t, y.lives, d)
				p.night(t, d)
				y.holds(t, d.Sub(from)/14, d)
				last := end.Sub(d) < 4*step
				if last || d == lastMinute.AddDays(step) || y.r.IntN(2) == 0 {
					y.execute(t, d)
				}
				if last || d == lastMinute || y.r.IntN(2) == 0 {
					y.approve(t)
				}
			})
		}
		y.execute(t, end)
		y.addUp(t, end)
	})
}

// year is a register in the course of it.
type year struct {
	*place
	r      *rand.Rand
	rules  *deadline.Settings
	lives  map[string]*lifetime
	held   string // who is held by name
	told   int    // deleted, as the receipts tell
	saved  int    // by an activity between approval and execution
	spared int    // executions that left out who is held
}

// holds has somebody who is due held for some fortnights, n of which are over.
func (y *year) holds(t testing.TB, n int, d pipeline.Date) {
	t.Helper()
	y.with(t, func(h *jobs.House) {
		switch {
		case y.held == "" && n >= 4 && n < 16:
			list, _, err := y.store(t).LastPurgeList(t.Context())
			must(t, err)
			for _, r := range y.rowsOf(t, list.No) {
				if r.State == pipeline.PurgeDue {
					_, err := h.Hold(t.Context(), jobs.HoldOrder{AgentID: r.AgentID, Reason: "調査", By: "S1"})
					must(t, err)
					y.held = r.AgentID
					return
				}
			}
		case y.held != "" && n >= 16:
			_, err := h.Release(t.Context(), y.held, 0, "S2", "調査の終了", 0)
			must(t, err)
			y.held = ""
		}
	})
}

// approve has two people approve the newest list, if there is something to approve.
func (y *year) approve(t testing.TB) {
	t.Helper()
	list, _, err := y.store(t).LastPurgeList(t.Context())
	must(t, err)
	y.with(t, func(h *jobs.House) {
		for _, by := range []string{"S1", "S2"} {
			var refused *jobs.ErrPurge
			if _, err := h.Approve(t.Context(), list.No, by, "", 0); err != nil && !errors.As(err, &refused) {
				t.Fatal(err)
			}
		}
	})
}

// execute executes all lists whose approvals stand.
func (y *year) execute(t testing.TB, d pipeline.Date) {
	t.Helper()
	lists, err := y.store(t).PurgeLists(t.Context())
	must(t, err)
	for _, l := range lists {
		if l.State != purge.ListApproved {
			continue
		}
		var e jobs.Executed
		y.with(t, func(h *jobs.House) {
			e, err = h.ExecutePurge(t.Context(), l.No, 0)
			must(t, err)
		})
		for _, x := range e.Dropped {
			switch x.Code {
			case purge.DropExtended, purge.DropDecision:
				y.saved++
			case purge.DropHeld:
				y.spared++
			}
		}
		y.went(t, e, d)
	}
}

// went checks who is gone since the last look against the whole truth.
func (y *year) went(t testing.TB, e jobs.Executed, d pipeline.Date) {
	t.Helper()
	there := y.onFile(t)
	went := 0
	for id, l := range y.lives {
		if l.gone != 0 || slices.Contains(there, id) {
			continue
		}
		went, l.gone = went+1, d
		v := deadline.Judge(&l.person, y.rules, deadline.Circumstances{}, d)
		if v.Status != deadline.Dated || d < y.rules.Executable(v.FirstDeletable) || id == y.held {
			t.Errorf("%s went on %s: %s, first deletable %s, held %v", id, d, v.Status, v.FirstDeletable, id == y.held)
		}
	}
	told := 0
	if e.Receipt != nil {
		told = total(e.Receipt.Persons)
	}
	if told != went {
		t.Errorf("%s: %d went, the receipt tells of %d", d, went, told)
	}
	y.told += told
}

// addUp looks at the end who is gone, who should be, and what the receipts say.
func (y *year) addUp(t testing.TB, end pipeline.Date) {
	t.Helper()
	gone := 0
	for id, l := range y.lives {
		if l.gone != 0 {
			gone++
			continue
		}
		v := deadline.Judge(&l.person, y.rules, deadline.Circumstances{}, end)
		if v.Status == deadline.Dated && len(v.Decisions) == 0 && end >= y.rules.Executable(v.FirstDeletable) {
			t.Errorf("%s is still there, due since %s", id, v.FirstDeletable)
		}
	}
	all, err := y.store(t).Receipts(t.Context())
	must(t, err)
	told, lists := 0, map[int]bool{}
	for i := range all {
		told += total(all[i].Persons)
		if lists[all[i].ListNo] {
			t.Errorf("list %d has two receipts", all[i].ListNo)
		}
		lists[all[i].ListNo] = true
	}
	if gone != y.told || gone != told || gone < 10 || gone == len(y.lives) || y.saved == 0 || y.spared == 0 {
		t.Errorf("%d of %d are gone, receipts tell of %d; %d saved, %d held meanwhile", gone, len(y.lives), told, y.saved, y.spared)
	}
	y.with(t, func(h *jobs.House) {
		c, err := h.VerifyReceipts(t.Context(), y.publicKey())
		must(t, err)
		if len(c.Damage) > 0 {
			t.Errorf("receipts: %+v", c.Damage)
		}
	})
	t.Logf("%d of %d gone by %d receipts, %d saved, %d spared", gone, len(y.lives), len(all), y.saved, y.spared)
}

// lastMinute is a night on which somebody is due and approved who was used on the
// day before.
var lastMinute = day("2026-07-20")

// born draws the records, and sends them with the accounts that approve.
func (p *place) born(t testing.TB, r *rand.Rand, from pipeline.Date, people, grace int) map[string]*lifetime {
	t.Helper()
	lives := map[string]*lifetime{}
	rows := []string{}
	for i := range people {
		id := fmt.Sprintf("Y%03d", i+1)
		acquired := from.AddDays(-r.IntN(170))
		l := &lifetime{person: pipeline.Person{Agent: pipeline.Agent{ID: id, IDAcquiredOn: acquired}}}
		mixed := uint32(i+1) * 2654435761 // no two are alike, or they were held as duplicates
		rows = append(rows, fmt.Sprintf("%s,%c%c %c%c,,,%s,,,%s,", id, '一'+rune(mixed%5003), '一'+rune(mixed%4999), '一'+rune(mixed%4993), '一'+rune(mixed%4987),
			day("1950-01-01").AddDays(int(mixed%15_000)), acquired))
		for used := acquired.AddDays(150 + r.IntN(38)); r.IntN(3) != 0 && used < from.AddDays(330); used = used.AddDays(150 + r.IntN(38)) {
			l.person.Activities = append(l.person.Activities, pipeline.Activity{AgentID: id, On: used, Kind: pipeline.ActivityLogin})
			l.news = append(l.news, feed{used.AddDays(r.IntN(grace + 1)), fmt.Sprintf("%s,ログイン,%s,", id, used)})
		}
		lives[id] = l
	}
	// One is used on its last day, of which the register hears two days after the
	// night on which it is due.
	used := lastMinute.AddDays(-1)
	lives["YLAST"] = &lifetime{
		person: pipeline.Person{
			Agent:      pipeline.Agent{ID: "YLAST", IDAcquiredOn: day("2026-01-19")},
			Activities: []pipeline.Activity{{AgentID: "YLAST", On: used, Kind: pipeline.ActivityLogin}},
		},
		news: []feed{{lastMinute.AddDays(2), fmt.Sprintf("YLAST,ログイン,%s,", used)}},
	}
	rows = append(rows, "YLAST,土壇場 助,ドタンバ タスク,,1961-11-30,,,2026-01-19,")
	p.put(t, from.String()+"/association/agents_1.csv", table(agentHeader, rows...))
	p.put(t, from.String()+"/association/staff_1.csv", table(staffHeader, "S1,審査 一,s1@kyokai.example,協会,", "S2,審査 二,s2@kyokai.example,協会,"))
	return lives
}

// feeds delivers what has come by the day.
func (p *place) feeds(t testing.TB, lives map[string]*lifetime, d pipeline.Date) {
	t.Helper()
	var lines []string
	for _, l := range lives {
		l.news = slices.DeleteFunc(l.news, func(n feed) bool {
			if n.comes <= d {
				lines = append(lines, n.line)
			}
			return n.comes <= d
		})
	}
	if slices.Sort(lines); len(lines) > 0 {
		p.put(t, d.String()+"/contact-center/activities_"+d.String()+".csv", table(activityHeader, lines...))
	}
}
