package synth

import (
	"fmt"
	"strings"

	"meibo/pipeline"
)

// folder is everything a night brings about one ID.
type folder struct {
	record
	qualifications []pipeline.Qualification
	events         []pipeline.RegistrationEvent
	activities     []pipeline.Activity
}

// The five lives of an ID, in percent: 要領 §10 asks for each of them. Those
// who are not registered left recently enough to be mostly within their term,
// as in a register that is cleaned every night.
const (
	shareRegistered    = 75
	shareFormerPassed  = 10
	shareFormerWithout = 4
	shareNeverPassed   = 6 // the rest was never registered and never passed
)

// history returns what the first night knows of the ID in slot.
func (r *register) history(slot int) folder {
	f := folder{record: r.record(slot)}
	d := roll(r.seed, forCareer, uint64(slot))
	today := r.first.AddDays(-1)
	switch u := d.n(100); {
	case u < shareRegistered:
		r.passes(d, &f, today, 5)
		opened := f.agent.IDAcquiredOn.AddDays(10 + d.n(200))
		r.register(d, &f, min(opened, today), 0)
		if d.chance(0.05) {
			r.login(d, &f, today)
		}
	case u < shareRegistered+shareFormerPassed:
		closed := f.left(today.AddDays(-d.n(3600)))
		f.joinedBefore(d, closed)
		r.passes(d, &f, closed, 5)
		r.register(d, &f, d.between(f.agent.IDAcquiredOn, closed), closed)
	case u < shareRegistered+shareFormerPassed+shareFormerWithout:
		closed := f.left(today.AddDays(-d.n(190)))
		f.joinedBefore(d, closed)
		r.register(d, &f, d.between(f.agent.IDAcquiredOn, closed), closed)
	case u < shareRegistered+shareFormerPassed+shareFormerWithout+shareNeverPassed:
		r.passes(d, &f, today, 9)
	default:
		f.agent.IDAcquiredOn = max(today.AddDays(-d.n(190)), addYears(f.agent.BornOn, 18))
		if d.chance(0.2) {
			r.login(d, &f, today)
		}
	}
	r.oldCertificate(slot, &f)
	return f
}

// left returns day, or the day the person was old enough to have worked a while.
func (f *folder) left(day pipeline.Date) pipeline.Date {
	return max(day, addYears(f.agent.BornOn, 18).AddDays(200))
}

// joinedBefore moves the day of the ID to some time before day.
func (f *folder) joinedBefore(d *dice, day pipeline.Date) {
	if f.agent.IDAcquiredOn >= day {
		f.agent.IDAcquiredOn = d.between(max(addYears(f.agent.BornOn, 18), day.AddDays(-900)), day.AddDays(-30))
	}
}

// passes adds the units of one sitting not more than years before until, some
// of them lapsed by now, with the sitting before it, and now and then another
// exam or a qualification of old.
func (r *register) passes(d *dice, f *folder, until pipeline.Date, years int) {
	joined := f.agent.IDAcquiredOn
	from := max(addYears(until, -years), joined)
	if d.chance(0.03) {
		from = max(addYears(until, -years-1), joined)
	}
	until = until.AddDays(-12) // posted before it, too
	judged := d.between(from, until)
	if judged > until {
		return
	}
	codes := []string{"K10"}
	for _, unit := range []struct {
		code  string
		share float64
	}{{"K11", 0.9}, {"K12", 0.9}, {"K13", 0.8}, {"B01", 0.05}, {"S01", 0.1}, {"D01", 0.1}, {"C01", 0.2}, {"X01", 0.03}, {"X02", 0.01}} {
		if d.chance(unit.share) {
			codes = append(codes, unit.code)
		}
	}
	if before := addYears(judged, -5).AddDays(d.n(270)); before > joined && d.chance(0.5) {
		for _, c := range codes[:min(len(codes), 4)] {
			f.pass(d, c, before, r.insurers)
		}
	}
	for _, c := range codes {
		f.pass(d, c, judged, r.insurers)
	}
	if f.agent.BornOn.Year() < 1975 && d.chance(0.1) {
		f.pass(d, "Q01", d.between(19950401, 20080331), r.insurers)
	}
}

// pass adds one pass of the kind, with what offices write and leave out.
func (f *folder) pass(d *dice, code string, judged pipeline.Date, insurers []string) {
	q := pipeline.Qualification{
		AgentID: f.agent.ID, Code: code, Result: pipeline.ResultPassed, JudgedOn: judged,
		CertificateNo: fmt.Sprintf("%s%02d%08d", code, judged.Year()%100, d.n(100_000_000)),
		PostedOn:      judged.AddDays(3 + d.n(8)), PostedGiven: true,
	}
	if code == "C01" {
		q.AcquiredAt = insurers[d.n(len(insurers))]
		q.PostedBy = q.AcquiredAt
	}
	if code == "X01" || code == "X02" {
		q.Result = pipeline.ResultCompleted
	}
	if d.chance(0.7) {
		q.PassCode = fmt.Sprintf("P%06d", d.n(1_000_000))
	}
	expires, limited := expiry(code, judged)
	switch {
	case !limited:
		q.Unlimited = true
	case d.chance(0.7):
		if q.ExpiresOn = expires; d.chance(0.005) {
			q.ExpiresOn = expires.AddDays(31).EndOfMonth() // not what the rule gives: kept, with a warning
		}
	}
	if limited && d.chance(0.3) {
		q.NextExam = expires.YearMonth().AddMonths(-9)
	}
	f.qualifications = append(f.qualifications, q)
}

// expiry returns the last valid day of a pass; false for those that never lapse.
func expiry(code string, judged pipeline.Date) (pipeline.Date, bool) {
	switch code {
	case "Q01":
		return 0, false
	case "K10", "K11", "K12", "K13":
		return lastDay(judged, 60).EndOfMonth(), true
	case "X01", "X02":
		return lastDay(judged, 66).EndOfMonth(), true
	case "C01":
		return lastDay(judged, 36), true
	}
	return lastDay(judged, 60), true
}

// lastDay is the last day of a period of months after base (民法 143条2項).
func lastDay(base pipeline.Date, months int) pipeline.Date {
	start := base.AddDays(1)
	m := start.YearMonth().AddMonths(months)
	if d, ok := pipeline.NewDate(m.Year(), m.Month(), start.Day()); ok {
		return d.AddDays(-1)
	}
	return pipeline.Date(int(m)*100 + 1).EndOfMonth()
}

// register adds a registration at the person's agency; closed 0 leaves it open.
func (r *register) register(d *dice, f *folder, opened, closed pipeline.Date) {
	e := r.opening(d, f, f.person.agency, opened)
	if closed != 0 && d.chance(0.5) {
		e.ClosedOn = closed // one row tells the whole interval
	}
	f.events = append(f.events, e)
	if closed != 0 && e.ClosedOn == 0 {
		f.events = append(f.events, closing(e, closed))
	}
	if closed == 0 && d.chance(0.04) {
		f.events = append(f.events, r.opening(d, f, d.n(r.agencies), min(opened.AddDays(d.n(60)), r.first.AddDays(-1))))
	}
}

func (r *register) opening(d *dice, f *folder, number int, opened pipeline.Date) pipeline.RegistrationEvent {
	a := r.agency(number)
	e := pipeline.RegistrationEvent{
		AgencyNo: a.no, AgencyName: a.name, AgencyAddress: a.address, LeadInsurer: a.lead, OtherInsurers: a.others,
		AgentID: f.agent.ID, Role: "使用人", Event: pipeline.EventNotify, On: opened, Sender: a.lead,
	}
	switch u := d.n(100); {
	case u < 6:
		e.Role, e.Event = "代理店主", pipeline.EventRegister
	case u < 11:
		e.Role, e.Event = "代表者", pipeline.EventRegister
	case u < 15:
		e.Role = "役員"
	}
	e.Lines = f.lines()
	return e
}

// lines names the products that the person's units allow to sell.
func (f *folder) lines() string {
	held := map[string]bool{}
	for _, q := range f.qualifications {
		held[q.Code] = true
	}
	lines := []string{}
	for _, l := range []struct{ code, line string }{{"K11", "自動車"}, {"K12", "火災"}, {"K13", "傷害疾病"}} {
		if held[l.code] {
			lines = append(lines, l.line)
		}
	}
	return strings.Join(append(lines, "自賠責"), "、")
}

// closing returns the row that ends what e opened.
func closing(e pipeline.RegistrationEvent, on pipeline.Date) pipeline.RegistrationEvent {
	e.Event, e.On, e.ClosedOn, e.Lines, e.Note = pipeline.EventClose, on, on, "", ""
	return e
}

// login adds one use of the system within the last months.
func (r *register) login(d *dice, f *folder, today pipeline.Date) {
	f.use(d, d.between(max(f.agent.IDAcquiredOn, today.AddDays(-150)), today), r.insurers)
}

func (f *folder) use(d *dice, on pipeline.Date, insurers []string) {
	a := pipeline.Activity{AgentID: f.agent.ID, On: on, Kind: pipeline.ActivityLogin, Actor: insurers[d.n(len(insurers))]}
	switch d.n(5) {
	case 0:
		a.Kind = pipeline.ActivityCheck5
	case 1:
		a.Kind = pipeline.ActivityInquiry
	}
	f.activities = append(f.activities, a)
}

// oldCertificate gives a second ID a pass of the first, as when an office
// enters an old certificate again because it does not know the first ID.
func (r *register) oldCertificate(slot int, f *folder) {
	if f.trap&trapSecond == 0 || !roll(r.seed, forCareer, uint64(slot), 1).chance(rateSameCertificate) {
		return
	}
	first := r.history(f.person.no - 1)
	if len(first.qualifications) == 0 {
		return
	}
	q := first.qualifications[len(first.qualifications)-1]
	q.AgentID = f.agent.ID
	f.qualifications = append(f.qualifications, q)
}
