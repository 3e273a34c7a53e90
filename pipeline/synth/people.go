package synth

import (
	"fmt"
	"strings"

	"meibo/pipeline"
)

// Purposes of dice; a purpose of its own keeps a change in one part of the
// generator from changing everything drawn after it.
const (
	forTrap = iota + 1
	forPerson
	forRecord
	forCareer
	forAgency
	forNews
)

// register is one synthetic register. It holds no people: each is computed
// from the seed and the number of its ID, as often as needed.
type register struct {
	seed     uint64
	agents   int // IDs on file before the first night is over
	agencies int
	insurers []string
	first    pipeline.Date // day of the first night; the history lies before it
	words    *wordbook
}

// person is somebody as they are, before any office writes it down.
type person struct {
	no      int // truth: the number of the first ID
	surname word
	given   word
	sex     int // 0 male, 1 female
	born    pipeline.Date
	agency  int
	maiden  word // surname before the marriage, or after it
}

// record is one ID as the register knows it, and the person behind it.
type record struct {
	agent  pipeline.Agent
	person person
	trap   trap
}

func agentID(slot int) string { return fmt.Sprintf("S%09d", slot+1) }

// origin returns the slot of the person's first ID, and the trap that makes
// slot differ from a plain new person.
func (r *register) origin(slot int) (first int, t trap) {
	d := roll(r.seed, forTrap, uint64(slot))
	u := d.unit()
	if slot == 0 {
		return slot, 0
	}
	switch {
	case u < rateSecond:
		first, _ = r.origin(d.n(slot))
		return first, trapSecond
	case u < rateSecond+rateTwin:
		if _, before := r.origin(slot - 1); before == 0 {
			return slot, trapTwin
		}
	case u < rateSecond+rateTwin+rateStranger:
		return slot, trapStranger
	}
	return slot, 0
}

// person returns who holds the first ID in slot. Slot must be an origin.
func (r *register) person(slot int) person {
	d := roll(r.seed, forPerson, uint64(slot))
	p := person{no: slot + 1, sex: d.n(2), agency: r.drawAgency(d)}
	oldest, youngest := birthRange(r.first)
	p.born = d.between(oldest, youngest)
	p.surname, p.maiden = r.words.surname(d), r.words.surname(d)
	p.given = r.words.givenName(d, p.sex, p.born.Year())
	if form, ok := otherForm(d, p.surname.kanji); ok && d.chance(0.1) {
		p.surname.kanji = form
	}
	switch _, t := r.origin(slot); t {
	case trapTwin:
		o := r.person(slot - 1)
		p.surname, p.born, p.agency = o.surname, o.born, o.agency
		for p.given = r.words.givenName(d, p.sex, p.born.Year()); p.given.kanji == o.given.kanji; {
			p.given = r.words.givenName(d, p.sex, p.born.Year())
		}
	case trapStranger:
		first, _ := r.origin(d.n(slot))
		o := r.person(first)
		p.surname, p.given, p.born, p.sex = o.surname, o.given, o.born, o.sex
	}
	return p
}

// birthRange returns the birth dates of people from 19 to 84 years old on day.
func birthRange(day pipeline.Date) (oldest, youngest pipeline.Date) {
	y := day.Year()
	return pipeline.Date((y-84)*10000 + 101), pipeline.Date((y-20)*10000 + 1231)
}

// drawAgency gives low numbers more people than high ones: a few agencies are
// large, most are small.
func (r *register) drawAgency(d *dice) int {
	u := d.unit()
	return int(float64(r.agencies) * u * u)
}

// record returns the ID in slot as it was recorded.
func (r *register) record(slot int) record {
	first, t := r.origin(slot)
	p := r.person(first)
	d := roll(r.seed, forRecord, uint64(slot))
	rec := record{person: p, trap: t}
	surname := p.surname
	if t == trapSecond {
		rec.trap = drawSlips(d, p)
	}
	a := pipeline.Agent{ID: agentID(slot), BornOn: p.born}
	if rec.trap&trapMarried != 0 {
		surname = p.maiden
		if d.chance(rateFormerWritten) {
			a.FormerName = p.surname.kanji
		}
	}
	given := p.given
	rec.write(d, &a, surname, given)
	a.Sex = []string{"男", "女"}[p.sex]
	if d.chance(0.01) {
		a.Sex = ""
	}
	a.Email = r.mailAddress(d, p, &rec.trap, slot)
	a.IDAcquiredOn = d.between(max(addYears(p.born, 18), 20080401), r.first.AddDays(-1))
	if d.chance(0.001) {
		a.Suspended = pipeline.FlagYes
	}
	rec.agent = a
	return rec
}

// write puts the name down with the slips of the record.
func (rec *record) write(d *dice, a *pipeline.Agent, surname, given word) {
	kanji := [2]string{surname.kanji, given.kanji}
	kana := [2]string{surname.kana, given.kana}
	if rec.trap&trapVariant != 0 {
		form, ok := otherForm(d, kanji[0])
		if kanji[0] = form; !ok {
			rec.trap &^= trapVariant
		}
	}
	if rec.trap&trapKana != 0 {
		i := d.n(2)
		kana[i] = slipKana(d, kana[i])
	}
	if rec.trap&trapBirth != 0 {
		a.BornOn = slipBirth(d, a.BornOn)
	}
	gap := []string{"　", "　", "　", " ", " ", ""}[d.n(6)]
	a.Name = kanji[0] + gap + kanji[1]
	a.NameKana = kana[0] + gap + kana[1]
	switch {
	case rec.trap&trapNoKanji != 0:
		a.Name = a.NameKana
	case rec.trap&trapNoKana != 0, d.chance(0.01):
		a.NameKana = ""
	}
}

// mailAddress returns an address of the person, of the agency, or none. All
// are in domains reserved for examples.
func (r *register) mailAddress(d *dice, p person, t *trap, slot int) string {
	own := roll(r.seed, forRecord, uint64(p.no), 1)
	if *t&trapEmail != 0 {
		own = roll(r.seed, forRecord, uint64(slot), 2)
	}
	if own.chance(0.15) {
		return ""
	}
	if own.chance(rateMailbox) {
		*t |= trapMailbox
		return "info@" + strings.ToLower(r.agency(p.agency).no) + ".example.jp"
	}
	host := []string{"example.com", "example.net", "example.org", "mail.example.jp"}[own.n(4)]
	family, given := r.words.romaji.Replace(p.surname.kana), r.words.romaji.Replace(p.given.kana)
	switch own.n(4) {
	case 0:
		return given + "." + family + "@" + host
	case 1:
		return fmt.Sprintf("%s-%s%02d@%s", family, given[:1], p.born.Year()%100, host)
	case 2:
		return fmt.Sprintf("%s%04d@%s", given, own.n(10000), host)
	}
	return fmt.Sprintf("u%08x@%s", uint32(own.next()), host)
}

// addYears returns the same day n years later, or earlier; 29 February
// becomes 28 February where there is none.
func addYears(d pipeline.Date, n int) pipeline.Date {
	if e, ok := pipeline.NewDate(d.Year()+n, d.Month(), d.Day()); ok {
		return e
	}
	return pipeline.Date((d.Year()+n)*10000 + 228)
}
