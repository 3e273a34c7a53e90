package report

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"meibo/pipeline"
)

// The steps of expiry_report, and one for what is still further away.
const (
	stepLapsed = iota
	stepNow
	step3
	step9
	stepLater
	steps
)

var stepNames = [steps]string{"失効後", "当月", "3か月前", "9か月前", "10か月以降"}

var stepTones = [steps]tone{alarm, urgent, notice, calm, plain}

const (
	blocked = "募集不可" // the person state that stands out

	monthsBack  = 12 // 失効後 reaches so far
	monthsAhead = 18 // of the chart, this month included
)

// ExpiryReport writes expiry-report_<day>.xlsx for the insurer m.Reader: 概要,
// 明細 by date, 代理店別, 失効者.
//
// rows is read once and in key order: all rows of one 募集人ID together, each key
// once. After them, in any order, may come qualifications without a step that
// expire 10 to 17 months ahead: they only count in the chart. A row of another
// insurer stops the report. Memory does not grow with the rows: they are sorted
// through m.TempDir.
func ExpiryReport(w io.Writer, m Meta, rows iter.Seq2[pipeline.ExpiryRow, error]) (st Stats, err error) {
	defer wrap("expiry report", &err)
	b, err := newBook(m, "資格有効期限報告書")
	if err != nil {
		return st, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	e := newExpiry(b)
	defer e.close()
	if err := e.collect(rows); err != nil {
		return st, err
	}
	for _, write := range []func() error{
		func() error { return b.addSheet(summarySheet) },
		e.writeDetails, e.writeAgencies, e.writeLapsed, e.writeSummary,
		func() error { return b.save(w) },
	} {
		if err := write(); err != nil {
			return st, err
		}
	}
	return Stats{Rows: e.details.count}, nil
}

const summarySheet = "概要"

// expiry is the report in the making.
type expiry struct {
	b        *book
	details  *sorter // rows by date, agency, ID
	lapsed   *sorter // people by agency, ID
	agencies map[string]*agencyCount
	months   [monthsBack + monthsAhead][steps]int
	steps    [steps]int
	people   int
	blocked  int // people

	last     pipeline.ExpiryRow // newest row with a step
	person   lapsedPerson       // the person in hand
	key, buf packing
}

// agencyCount is one line of 代理店別.
type agencyCount struct {
	no, name        string
	steps           [steps]int
	people, blocked int
}

func (a *agencyCount) sum() int {
	return a.steps[stepLapsed] + a.steps[stepNow] + a.steps[step3] + a.steps[step9]
}

func newExpiry(b *book) *expiry {
	return &expiry{
		b: b, details: newSorter(b.dir, sortMemory), lapsed: newSorter(b.dir, sortMemory),
		agencies: map[string]*agencyCount{},
	}
}

func (e *expiry) close() {
	e.details.close()
	e.lapsed.close()
}

func (e *expiry) collect(rows iter.Seq2[pipeline.ExpiryRow, error]) error {
	n := 0
	for r, err := range rows {
		if err != nil {
			return err
		}
		n++
		if r.InsurerCode != e.b.m.Reader {
			return fmt.Errorf("row %d belongs to insurer %s and not to %s", n, r.InsurerCode, e.b.m.Reader)
		}
		if err := e.take(&r); err != nil {
			return fmt.Errorf("row %d: %w", n, err)
		}
	}
	return e.closePerson()
}

// take counts one row and puts it where it will be read from.
func (e *expiry) take(r *pipeline.ExpiryRow) error {
	ahead := r.ExpiresOn.YearMonth().Sub(e.b.m.AsOf.YearMonth())
	if r.Step == "" {
		if 9 < ahead && ahead < monthsAhead {
			e.months[monthsBack+ahead][stepLater]++
		}
		return nil
	}
	step := slices.Index(stepNames[:stepLater], r.Step)
	if step < 0 {
		return fmt.Errorf("unknown step %q", r.Step)
	}
	if ahead < -monthsBack || ahead >= monthsAhead {
		return fmt.Errorf("expiry %s does not fit step %q", r.ExpiresOn, r.Step)
	}
	if byKey(&e.last, r) >= 0 {
		return errors.New("rows are not in the order of their keys")
	}
	if r.AgentID != e.last.AgentID {
		if err := e.openPerson(r); err != nil {
			return err
		}
	}
	e.last = *r
	e.months[monthsBack+ahead][step]++
	e.steps[step]++
	e.agencies[r.AgencyNo].steps[step]++
	if step == stepLapsed {
		e.person.add(r)
	}
	e.keyOf(r)
	e.buf.reset()
	packRow(&e.buf, r)
	return e.details.add(e.key.b, e.buf.b)
}

func byKey(a, b *pipeline.ExpiryRow) int {
	return cmp.Or(
		cmp.Compare(a.AgentID, b.AgentID),
		cmp.Compare(a.QualificationCode, b.QualificationCode),
		cmp.Compare(a.CertificateNo, b.CertificateNo),
	)
}

// openPerson counts a person that was not met before. All rows of a person name
// the same agency.
func (e *expiry) openPerson(r *pipeline.ExpiryRow) error {
	if err := e.closePerson(); err != nil {
		return err
	}
	a := e.agencies[r.AgencyNo]
	if a == nil {
		a = &agencyCount{no: r.AgencyNo, name: r.AgencyName}
		e.agencies[r.AgencyNo] = a
	}
	e.people++
	a.people++
	if r.PersonState == blocked {
		e.blocked++
		a.blocked++
	}
	e.person = lapsedPerson{}
	return nil
}

// closePerson keeps the person in hand if a qualification of theirs has lapsed.
func (e *expiry) closePerson() error {
	p := &e.person
	if len(p.names) == 0 {
		return nil
	}
	e.key.reset()
	e.key.b = fmt.Appendf(e.key.b, "%s\x00%s", p.row.AgencyNo, p.row.AgentID)
	e.buf.reset()
	packRow(&e.buf, &p.row)
	e.buf.list(p.names)
	e.buf.num(int(p.first))
	e.buf.num(int(p.newest))
	return e.lapsed.add(e.key.b, e.buf.b)
}

// keyOf makes the bytes by which 明細 is sorted.
func (e *expiry) keyOf(r *pipeline.ExpiryRow) {
	b := binary.BigEndian.AppendUint32(e.key.b[:0], uint32(r.ExpiresOn))
	for _, s := range [...]string{r.AgencyNo, r.AgentID, r.QualificationCode, r.CertificateNo} {
		b = append(append(b, s...), 0)
	}
	e.key.b = b
}

// lapsedPerson is one line of 失効者.
type lapsedPerson struct {
	row           pipeline.ExpiryRow // one of the lapsed, for what is said of the person
	names         []string           // of the lapsed qualifications
	first, newest pipeline.Date      // last valid days
}

func (p *lapsedPerson) add(r *pipeline.ExpiryRow) {
	if len(p.names) == 0 {
		p.row, p.first, p.newest = *r, r.ExpiresOn, r.ExpiresOn
	}
	p.names = append(p.names, r.QualificationName)
	p.first, p.newest = min(p.first, r.ExpiresOn), max(p.newest, r.ExpiresOn)
}

// packRow leaves out the insurer, who is the same in all rows.
func packRow(p *packing, r *pipeline.ExpiryRow) {
	p.texts(r.AgentID, r.QualificationCode, r.CertificateNo, r.AgencyNo, r.AgencyName, r.Name,
		r.QualificationName, r.ExpirySource, r.State, r.Step, r.PersonState, r.ClusterState)
	p.num(int(r.JudgedOn))
	p.num(int(r.ExpiresOn))
	p.num(int(r.NextExam))
	computed := 0
	if r.NextExamComputed {
		computed = 1
	}
	p.num(computed)
	p.list(r.LinesAllowed)
	p.list(r.ClusterLines)
}

func unpackRow(u *unpacking, r *pipeline.ExpiryRow) {
	u.texts(&r.AgentID, &r.QualificationCode, &r.CertificateNo, &r.AgencyNo, &r.AgencyName, &r.Name,
		&r.QualificationName, &r.ExpirySource, &r.State, &r.Step, &r.PersonState, &r.ClusterState)
	r.JudgedOn = pipeline.Date(u.num())
	r.ExpiresOn = pipeline.Date(u.num())
	r.NextExam = pipeline.YearMonth(u.num())
	r.NextExamComputed = u.num() == 1
	r.LinesAllowed = u.list()
	r.ClusterLines = u.list()
}

// standing is the state of a person with the lines that may be sold.
func standing(state string, lines []string) string {
	if state == "" || len(lines) == 0 {
		return state
	}
	return state + "（" + strings.Join(lines, "・") + "）"
}

// standingTone lets those who may not sell stand out.
func standingTone(state string) tone {
	if state == blocked {
		return alarm
	}
	return plain
}
