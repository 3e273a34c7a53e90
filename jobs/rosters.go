package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/report"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// RosterConfig says which agencies get a 代理店登録関係事項照合表 without being
// asked for it (要領§4(3)). There are too many of them for every night.
type RosterConfig struct {
	OnChange bool `yaml:"on_change,omitempty"` // in the night in which what it shows has changed
	Monthly  int  `yaml:"monthly,omitempty"`   // day of the month from which on each gets one; 0 is never
	Max      int  `yaml:"max,omitempty"`       // in one night, the others wait for the next; 0 is 1,000
}

func (c RosterConfig) max() int {
	if c.Max == 0 {
		return 1000
	}
	return c.Max
}

func (c RosterConfig) validate(bad faulty) {
	if c.Monthly < 0 || c.Monthly > 28 {
		bad("rosters.monthly", "%d は指定できません。毎月の日を 1 から 28 までで、作成しない場合は 0 にしてください。", "%d: want a day from 1 to 28, or 0 for never", c.Monthly)
	}
	if c.Max < 0 {
		bad("rosters.max", atLeastJA, atLeastEN, c.Max, 0)
	}
}

// since is the newest day of a monthly delivery, today included; zero: there is none.
func (c RosterConfig) since(asOf pipeline.Date) pipeline.Date {
	if c.Monthly == 0 {
		return 0
	}
	month := asOf.YearMonth()
	if asOf.Day() < c.Monthly {
		month = month.AddMonths(-1)
	}
	day, _ := pipeline.NewDate(month.Year(), month.Month(), c.Monthly)
	return day
}

// rosterSum is what a roster shows, without regard to the order of its entries:
// the sum of their hashes. It depends on the stored facts and the day alone.
type rosterSum struct {
	lanes  [4]uint64
	people int
}

func (s *rosterSum) add(e *report.RosterEntry) {
	r := &e.Registration
	text := fmt.Appendf(nil, "%q %q %v %v %v", []string{r.AgentID, e.Name, r.Role, r.LeadInsurer, r.OtherInsurers, r.Lines, e.State}, e.Lines, e.BornOn, r.OpenedOn, r.ClosedOn)
	for i := range e.Qualifications {
		q := &e.Qualifications[i]
		text = fmt.Appendf(text, " %q %v %v %v %v %v", []string{q.Code, q.KindName, q.CertificateNo, q.State}, q.OnFile(), q.JudgedOn, q.Last, q.NextExam, q.NextExamComputed)
	}
	h := sha256.Sum256(text)
	for i := range s.lanes {
		s.lanes[i] += binary.BigEndian.Uint64(h[8*i:])
	}
	s.people++
}

// of is the sum together with what a roster says of the agency itself.
func (s rosterSum) of(a *pipeline.Agency) string {
	if s.people == 0 {
		return ""
	}
	h := sha256.New()
	fmt.Fprintf(h, "%v %q", s.lanes, []string{a.No, a.LeadInsurer, a.OtherInsurers, a.Name, a.Address})
	return hex.EncodeToString(h.Sum(nil))
}

// rosterEntry is one open registration with what its person holds.
func (n *night) rosterEntry(p *pipeline.Person, r pipeline.Registration) report.RosterEntry {
	r.From = ""
	standing := n.kinds.Standing(p.Registrations, p.Qualifications, n.row.AsOf)
	return report.RosterEntry{
		Registration: r, Name: p.Agent.Name, BornOn: p.Agent.BornOn,
		State: standing.State, Lines: standing.Lines, Qualifications: n.held(p),
	}
}

// held are the qualifications of one ID with their states on the day. What was
// replaced by a renewal stays on record, and so does what was withdrawn.
func (n *night) held(p *pipeline.Person) []report.HeldQualification {
	var out []report.HeldQualification
	for _, q := range p.Qualifications {
		h := report.HeldQualification{Qualification: q, State: pipeline.ResultWithdrawn}
		h.From = ""
		if k, ok := n.kinds.Kind(q.Code); ok {
			h.KindName = k.Name
		}
		if q.OnFile() {
			h.State = n.kinds.State(&q, n.row.AsOf)
			h.Last, _ = n.kinds.Expiry(&q)
			h.NextExam, h.NextExamComputed = n.kinds.NextExam(&q)
		}
		out = append(out, h)
	}
	return out
}

// sumRosters adds a person to the sums of the agencies where a registration is open.
func (t *tally) sumRosters(p *pipeline.Person) {
	var absent, asked bool
	for _, r := range p.Registrations {
		if !r.OpenOn(t.n.row.AsOf) {
			continue
		}
		if !asked {
			absent, asked = t.absent.of(p), true
		}
		if absent {
			return
		}
		e := t.n.rosterEntry(p, r)
		s := t.rosters[r.AgencyNo]
		s.add(&e)
		t.rosters[r.AgencyNo] = s
	}
}

// dueRosters are the agencies that get a roster tonight, by the folder of their
// 代申: those that got one today already, and as many of the others as one night
// takes, in order of number. So a night that is repeated, or goes on where it was
// cut short, picks the same.
func (n *night) dueRosters(ctx context.Context, readers []string, t *tally) (map[string][]pipeline.Agency, error) {
	var today, due []pipeline.Agency
	var known []store.AgencyRoster
	for c, err := range n.rosterCandidates(ctx) {
		if err != nil {
			return nil, err
		}
		sum := t.rosters[c.agency.No].of(&c.agency)
		first := c.last == nil
		switch {
		case !slices.Contains(readers, c.agency.LeadInsurer):
		case !first && c.last.WrittenOn == n.row.AsOf:
			today = append(today, c.agency)
		case first && n.Config.Import.Initial: // nothing has changed yet
			known = append(known, store.AgencyRoster{AgencyNo: c.agency.No, Reader: c.agency.LeadInsurer, Content: sum, People: t.rosters[c.agency.No].people})
		case n.rosterDue(c.last, sum):
			due = append(due, c.agency)
		}
	}
	due = append(today, due[:min(len(due), max(0, n.Config.Rosters.max()-len(today)))]...)
	out := map[string][]pipeline.Agency{}
	for _, a := range due {
		out[a.LeadInsurer] = append(out[a.LeadInsurer], a)
	}
	return out, n.noteRosters(ctx, known)
}

func (n *night) rosterDue(last *store.AgencyRoster, sum string) bool {
	var before store.AgencyRoster
	if last != nil {
		before = *last
	}
	c := n.Config.Rosters
	if c.OnChange && sum != before.Content {
		return true
	}
	since := c.since(n.row.AsOf)
	return before.WrittenOn < since && (!c.OnChange || sum != "") // nobody asks for an empty one every month
}

func (n *night) noteRosters(ctx context.Context, rows []store.AgencyRoster) error {
	for chunk := range slices.Chunk(rows, lookupSize) {
		if err := n.Store.Write(ctx, func(tx *store.Tx) error { return tx.PutAgencyRosters(ctx, chunk) }); err != nil {
			return err
		}
	}
	return nil
}

// rosterCandidate is an agency with what it was last told; last is nil if that is
// nothing.
type rosterCandidate struct {
	agency pipeline.Agency
	last   *store.AgencyRoster
}

// rosterCandidates are all agencies in order of number, or, where nobody gets a
// roster unasked, those that asked for one today.
func (n *night) rosterCandidates(ctx context.Context) iter.Seq2[rosterCandidate, error] {
	if !n.Config.Rosters.OnChange && n.Config.Rosters.Monthly == 0 {
		return n.rosterRequests(ctx)
	}
	return func(yield func(rosterCandidate, error) bool) {
		next, stop := iter.Pull2(values(n.Store.AgencyRosters(ctx)))
		defer stop()
		last, err, more := next()
		for a, errA := range values(n.Store.AllAgencies(ctx)) {
			for more && err == nil && last.AgencyNo < a.No {
				last, err, more = next()
			}
			c := rosterCandidate{agency: a}
			if more && last.AgencyNo == a.No {
				before := last
				c.last = &before
			}
			if err = firstError(errA, err); !yield(c, err) || err != nil {
				return
			}
		}
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (n *night) rosterRequests(ctx context.Context) iter.Seq2[rosterCandidate, error] {
	return func(yield func(rosterCandidate, error) bool) {
		last, numbers := map[string]*store.AgencyRoster{}, []string(nil)
		for r, err := range values(n.Store.AgencyRosters(ctx)) {
			if err != nil {
				yield(rosterCandidate{}, err)
				return
			}
			if r.WrittenOn == n.row.AsOf {
				last[r.AgencyNo], numbers = &r, append(numbers, r.AgencyNo)
			}
		}
		agencies, err := n.Store.Agencies(ctx, numbers)
		if err != nil {
			yield(rosterCandidate{}, err)
			return
		}
		for _, a := range agencies {
			if !yield(rosterCandidate{a, last[a.No]}, nil) {
				return
			}
		}
	}
}

// rosterFiles writes the rosters of agencies into the folder of their 代申, and
// notes what each was told.
func (n *night) rosterFiles(ctx context.Context, w *run.Work, b *box, agencies []pipeline.Agency) error {
	if len(agencies) == 0 {
		return nil
	}
	absent, err := n.absencesOn(ctx, n.settings, n.row.AsOf)
	if err != nil {
		return err
	}
	var told []store.AgencyRoster
	for _, a := range agencies {
		r, sum, err := n.roster(ctx, b.reader, a, absent)
		if err != nil {
			return fmt.Errorf("roster of an agency: %w", err)
		}
		err = b.write(w, report.RosterName(a.No, n.row.AsOf), func(out io.Writer) (report.Stats, error) {
			return report.AgencyRoster(out, n.rosterMeta(b.reader, a), r)
		})
		if err != nil {
			return err
		}
		told = append(told, store.AgencyRoster{AgencyNo: a.No, Reader: b.reader, Content: sum.of(&a), People: sum.people, WrittenOn: n.row.AsOf})
	}
	return n.noteRosters(ctx, told)
}

// roster reads the people of an agency from the registrations of the day. Whose
// registration there names other insurers than the one through whom the agency
// gets its roster is counted and not shown.
func (n *night) roster(ctx context.Context, insurer string, a pipeline.Agency, absent absences) (report.Roster, rosterSum, error) {
	out, sum := report.Roster{Agency: a}, rosterSum{}
	if i, ok := n.Config.Insurer(insurer); ok {
		out.LeadName = i.Name
	}
	all, err := n.Store.Roster(ctx, a.No)
	if err != nil {
		return out, sum, err
	}
	var ids []string
	for _, r := range all {
		if r.OpenOn(n.row.AsOf) {
			ids = append(ids, r.AgentID)
		}
	}
	slices.Sort(ids)
	persons, err := n.persons(ctx, slices.Compact(ids))
	if err != nil {
		return out, sum, err
	}
	var shown []string
	for _, p := range persons {
		if absent.of(p) {
			continue
		}
		for _, r := range p.Registrations {
			if r.AgencyNo != a.No || !r.OpenOn(n.row.AsOf) {
				continue
			}
			e := n.rosterEntry(p, r)
			sum.add(&e)
			if !slices.Contains(r.Insurers(), insurer) {
				out.Elsewhere++
				continue
			}
			out.Entries, shown = append(out.Entries, e), append(shown, p.Agent.ID)
		}
	}
	return out, sum, n.ownOf(insurer).check(ctx, slices.Compact(shown))
}

// rosterMeta is that of a roster: the agency reads it, and it lies in the folder of
// its 代申 under that one's password.
func (n *night) rosterMeta(insurer string, a pipeline.Agency) report.Meta {
	m := n.meta(insurer, n.row.AsOf)
	m.Columns = n.Rules.Disclosure.For(disclosureAgency)
	m.Reader, m.ReaderName = "代理店 "+a.No+"（代理申請会社 "+insurer+" 経由）", ""
	return m
}

// Roles of delivery.yaml without a folder of senders.
const (
	disclosureAgency = "agency"
	disclosureAgent  = "agent"
)
