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
// please, nobody goes before the first deletable day and its days of grace, and
// everybody due goes in the end.
func TestP1AYearNightByNight(t *testing.T) {
	onBoth(t, func(t *testing.T, p *place) {
		rules, err := jobs.LoadRules()
		must(t, err)
		from := day("2026-01-05")
		settings, err := rules.Retention.RulesOn(from)
		must(t, err)
		r := rand.New(rand.NewPCG(11, 7))
		lives := p.born(t, r, from, 30, settings.GraceDays())
		p.Purge.MaxPercent = 100
		deleted := 0
		for n := range 27 {
			d := from.AddDays(14 * n)
			p.feeds(t, lives, d)
			p.night(t, d)
			last := n >= 25
			if last || r.IntN(3) == 0 {
				deleted += p.approveAndExecute(t, lives, settings, d)
			}
		}
		end := from.AddDays(14 * 26)
		gone := 0
		for id, l := range lives {
			if l.gone != 0 {
				gone++
				continue
			}
			v := deadline.Judge(&l.person, settings, deadline.Circumstances{}, end)
			if v.Status == deadline.Dated && len(v.Decisions) == 0 && end >= settings.Executable(v.FirstDeletable) {
				t.Errorf("%s is still there, due since %s", id, v.FirstDeletable)
			}
		}
		if gone != deleted || gone < 10 || gone == len(lives) {
			t.Errorf("%d of %d are gone, receipts tell of %d", gone, len(lives), deleted)
		}
	})
}

// born draws the records, and sends them with the accounts that approve.
func (p *place) born(t testing.TB, r *rand.Rand, from pipeline.Date, people, grace int) map[string]*lifetime {
	t.Helper()
	lives := map[string]*lifetime{}
	rows := []string{}
	for i := range people {
		id := fmt.Sprintf("Y%03d", i+1)
		acquired := from.AddDays(-r.IntN(170))
		l := &lifetime{person: pipeline.Person{Agent: pipeline.Agent{ID: id, IDAcquiredOn: acquired}}}
		rows = append(rows, fmt.Sprintf("%s,一年 %c子,,,1980-01-%02d,,,%s,", id, '一'+rune(i), 1+i%28, acquired))
		for used := acquired.AddDays(150 + r.IntN(38)); r.IntN(3) != 0 && used < from.AddDays(330); used = used.AddDays(150 + r.IntN(38)) {
			l.person.Activities = append(l.person.Activities, pipeline.Activity{AgentID: id, On: used, Kind: pipeline.ActivityLogin})
			l.news = append(l.news, feed{used.AddDays(r.IntN(grace + 1)), fmt.Sprintf("%s,ログイン,%s,", id, used)})
		}
		lives[id] = l
	}
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

// approveAndExecute does so with the newest list, checks who went against the
// whole truth, and counts them.
func (p *place) approveAndExecute(t testing.TB, lives map[string]*lifetime, s *deadline.Settings, d pipeline.Date) int {
	t.Helper()
	list, _, err := p.store(t).LastPurgeList(t.Context())
	must(t, err)
	var refused *jobs.ErrPurge
	var e jobs.Executed
	p.with(t, func(h *jobs.House) {
		for _, by := range []string{"S1", "S2"} {
			if _, err := h.Approve(t.Context(), list.No, by, "", 0); err != nil && !errors.As(err, &refused) {
				t.Fatal(err)
			}
		}
		if e, err = h.ExecutePurge(t.Context(), list.No, 0); err != nil && !errors.As(err, &refused) {
			t.Fatal(err)
		}
	})
	there := p.onFile(t)
	went := 0
	for id, l := range lives {
		if l.gone != 0 || slices.Contains(there, id) {
			continue
		}
		went, l.gone = went+1, d
		v := deadline.Judge(&l.person, s, deadline.Circumstances{}, d)
		if v.Status != deadline.Dated || d < s.Executable(v.FirstDeletable) {
			t.Errorf("%s went on %s: %s, first deletable %s", id, d, v.Status, v.FirstDeletable)
		}
	}
	told := 0
	if e.Receipt != nil {
		for _, c := range e.Receipt.Persons {
			told += c.Count
		}
	}
	if told != went {
		t.Errorf("%s: %d went, the receipt tells of %d", d, went, told)
	}
	return told
}
