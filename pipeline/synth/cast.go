package synth

import (
	"fmt"
	"strings"

	"meibo/pipeline"
)

// cast is the hand-written people of the sample data. Each case of the script
// is one line: an ID and what the files say of it, night by night.
type cast struct {
	words   *wordbook
	rows    []line
	truths  []truthRow
	persons int
}

// line is a row of the script: what one file of one night gets.
type line struct {
	night  int // 1 to 3
	sender string
	kind   kind
	cells  []cell
	raw    []byte // instead of cells: bytes as they are
}

// role is one hand-written ID.
type role struct {
	*cast
	no     int // of the person
	agent  pipeline.Agent
	agency pipeline.RegistrationEvent // template of the registrations that follow
}

const firstCast = 900_001 // person_no of the first hand-written person

func day(s string) pipeline.Date {
	if s == "" {
		return 0
	}
	return pipeline.MustDate(s)
}

// person returns a new person with an ID got on the day; a name and a birth
// date nobody else has are drawn. Nothing is sent yet.
func (c *cast) person(id, acquired string) *role {
	c.persons++
	d := roll(forCast, uint64(c.persons))
	a := pipeline.Agent{ID: id, IDAcquiredOn: day(acquired), BornOn: d.between(19550101, 19941231)}
	sex := d.n(2)
	a.Sex = []string{"男", "女"}[sex]
	family, given := c.words.surname(d), c.words.givenName(d, sex, a.BornOn.Year())
	a.Name, a.NameKana = family.kanji+"　"+given.kanji, family.kana+"　"+given.kana
	a.Email = strings.ToLower(id) + "@example.com"
	return &role{cast: c, no: c.persons, agent: a}
}

// id returns a new person whose basic information comes in the first night.
func (c *cast) id(id, acquired string) *role { return c.person(id, acquired).arrive(1) }

// named returns a new person with a name, in the form 漢字/カナ, and birth date.
func (c *cast) named(id, name, born, acquired string) *role {
	r := c.person(id, acquired)
	r.agent.Name, r.agent.NameKana, _ = strings.Cut(name, "/")
	r.agent.BornOn = day(born)
	return r.arrive(1)
}

// again returns another ID of the same person, with the differences that
// change makes.
func (r *role) again(id, acquired string, change func(*pipeline.Agent)) *role {
	second := &role{cast: r.cast, no: r.no, agent: r.agent}
	second.agent.ID, second.agent.IDAcquiredOn = id, day(acquired)
	change(&second.agent)
	return second.arrive(1)
}

// trapped notes why the ID is hard to place.
func (r *role) trapped(t trap) *role {
	r.truths[len(r.truths)-1].Trap = t.String()
	return r
}

// arrive sends the basic information.
func (r *role) arrive(night int) *role {
	if night == 1 {
		t := truthRow{
			AgentID: r.agent.ID, PersonNo: firstCast + r.no - 1, Name: r.agent.Name, NameKana: r.agent.NameKana,
			FormerName: r.agent.FormerName, BornOn: r.agent.BornOn, Sex: r.agent.Sex, Email: r.agent.Email,
		}
		for _, o := range r.truths {
			if o.PersonNo == t.PersonNo {
				t.Trap = trapSecond.String()
			}
		}
		r.truths = append(r.truths, t)
	}
	return r.add(night, association, agents, agentCells(r.agent))
}

// update sends the basic information again, with what change makes of it.
func (r *role) update(night int, change func(*pipeline.Agent)) *role {
	change(&r.agent)
	return r.arrive(night)
}

func (c *cast) add(night int, sender string, k kind, cells []cell) {
	c.rows = append(c.rows, line{night: night, sender: sender, kind: k, cells: cells})
}

func (r *role) add(night int, sender string, k kind, cells []cell) *role {
	r.cast.add(night, sender, k, cells)
	return r
}

// pass sends a pass; expiry is left to the rule and posted may be empty.
func (r *role) pass(night int, code, judged, posted string) *role {
	return r.exam(night, code, judged, posted, func(*pipeline.Qualification) {})
}

// exam sends a result with what change makes of a pass.
func (r *role) exam(night int, code, judged, posted string, change func(*pipeline.Qualification)) *role {
	q := pipeline.Qualification{
		AgentID: r.agent.ID, Code: code, Result: pipeline.ResultPassed, JudgedOn: day(judged), PostedOn: day(posted),
		CertificateNo: fmt.Sprintf("%s-%s-%d", code, judged[2:4], 5000+r.no),
	}
	if code == "C01" {
		q.PostedBy = "1001"
	}
	change(&q)
	return r.add(night, examSender(q), exams, examCells(r.agent, q))
}

// units sends 基礎 and the three product units of one sitting.
func (r *role) units(night int, judged string) *role {
	posted := day(judged).AddDays(5).String()
	return r.pass(night, "K10", judged, posted).pass(night, "K11", judged, posted).
		pass(night, "K12", judged, posted).pass(night, "K13", judged, posted)
}

// at chooses the agency of the registrations that follow: a number from 1, its
// 代申, and the 非代申 joined by 、.
func (r *role) at(number int, lead, others string) *role {
	r.agency = pipeline.RegistrationEvent{
		AgencyNo: fmt.Sprintf("D9%06d", number), AgencyName: fmt.Sprintf("株式会社見本保険サービス第%d", number),
		AgencyAddress: fmt.Sprintf("東京都千代田区霞が関%d-1-1", number), LeadInsurer: lead, OtherInsurers: others,
		AgentID: r.agent.ID, Role: "使用人", Sender: lead, Lines: "自動車、火災、傷害疾病、自賠責",
	}
	return r
}

// event sends a row of the registration; closed may be empty.
func (r *role) event(night int, event, on, closed string) *role {
	e := r.agency
	e.Event, e.On, e.ClosedOn = event, day(on), day(closed)
	return r.add(night, e.Sender, registrations, eventCells(r.agent, e))
}

func (r *role) opens(night int, on string) *role  { return r.event(night, "届出", on, "") }
func (r *role) closes(night int, on string) *role { return r.event(night, "廃止", on, on) }

// uses sends logins on the days.
func (r *role) uses(night int, on ...string) *role {
	for _, d := range on {
		r.use(night, association, pipeline.ActivityLogin, d)
	}
	return r
}

func (r *role) use(night int, sender, what, on string) *role {
	return r.add(night, sender, activities, texts(r.agent.ID, what, on, "OP01"))
}
