package synth

import (
	"meibo/pipeline"
)

// Shares of the register that a later night touches.
const (
	newcomersEach = 1000 // one new ID a night for so many agents
	changesEach   = 200  // one changed ID a night for so many agents
)

// changes writes night n (1 is the second): new IDs, and news on old ones.
// The old ones are drawn one from each block of the register, so that none is
// drawn twice and nothing need be remembered.
func (g *generator) changes(s *shelf, truth *truth, n int) error {
	blocks := max(1, g.agents/changesEach)
	for b := range blocks {
		d := roll(g.seed, forNews, uint64(n), uint64(b))
		from, to := b*g.agents/blocks, (b+1)*g.agents/blocks
		f, basics := g.news(d, from+d.n(to-from), s.day)
		if err := g.file(s, f, basics); err != nil {
			return err
		}
	}
	newcomers := max(1, g.agents/newcomersEach)
	for i := range newcomers {
		slot := g.agents + (n-1)*newcomers + i
		if err := g.newcomer(s, truth, slot, g.beginner(slot, s.day)); err != nil {
			return err
		}
	}
	return nil
}

// news returns what happened to the ID in slot; basics says whether its basic
// information is sent again.
func (r *register) news(d *dice, slot int, day pipeline.Date) (f folder, basics bool) {
	known := r.history(slot)
	f.record = known.record
	yesterday := day.AddDays(-1)
	switch u := d.n(100); {
	case u < 50:
		f.pass(d, []string{"K10", "K11", "K12", "K13", "S01", "C01"}[d.n(6)], yesterday.AddDays(-d.n(5)), r.insurers)
		f.qualifications[0].PostedOn = day
		if d.chance(0.15) {
			q := &f.qualifications[0]
			*q = pipeline.Qualification{AgentID: q.AgentID, Code: q.Code, JudgedOn: q.JudgedOn, Result: pipeline.ResultFailed}
		}
	case u < 65:
		if e, ok := known.open(yesterday); ok {
			f.events = append(f.events, closing(e, yesterday.AddDays(-d.n(10))))
			return f, false
		}
		f.use(d, yesterday, r.insurers)
	case u < 80:
		f.use(d, yesterday, r.insurers)
	case u < 90:
		if e, ok := known.open(yesterday); ok {
			e.Event, e.On, e.Note = pipeline.EventChange, yesterday, "事務所移転"
			e.AgencyAddress += "新館"
			f.events = append(f.events, e)
			return f, false
		}
		f.use(d, yesterday, r.insurers)
	case u < 95:
		f.agent.Email = "new." + agentID(slot) + "@example.com"
		return f, true
	default:
		f.agent.FormerName = f.agent.Name
		w, g := f.person.maiden, f.person.given
		f.agent.Name, f.agent.NameKana = w.kanji+"　"+g.kanji, w.kana+"　"+g.kana
		return f, true
	}
	return f, false
}

// open returns the opening of a registration that stands well before day.
func (f *folder) open(day pipeline.Date) (pipeline.RegistrationEvent, bool) {
	for _, e := range f.events {
		if e.Event != pipeline.EventClose && e.ClosedOn == 0 && len(f.events) == 1 && e.On < day.AddDays(-30) {
			return e, true
		}
	}
	return pipeline.RegistrationEvent{}, false
}

// beginner returns an ID given out on the day before the night.
func (r *register) beginner(slot int, day pipeline.Date) folder {
	f := folder{record: r.record(slot)}
	d := roll(r.seed, forCareer, uint64(slot))
	f.agent.IDAcquiredOn = day.AddDays(-1)
	if d.chance(0.5) {
		f.pass(d, "K10", day.AddDays(-1), r.insurers)
		f.qualifications[0].PostedOn = day
	}
	if d.chance(0.4) {
		f.events = append(f.events, r.opening(d, &f, f.person.agency, day))
	}
	return f
}
