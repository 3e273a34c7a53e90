package jobs

import (
	"context"
	"maps"
	"slices"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/deadline"
	"meibo/pipeline/report"
)

// tally is what one walk through the register counts for the reports. It
// depends on the stored facts and the day alone, so a repeated night counts the
// same.
type tally struct {
	n      *night
	before pipeline.Date // the day of the night before, or the day before the first night

	people      report.NightPeople
	expiry      report.NightExpiry
	differences []report.Difference
	// ahead counts, for each insurer, the qualifications that expire in a month
	// beyond the last reminder step.
	ahead map[string]map[pipeline.YearMonth]int
	// rosters are the sums of what each agency would be told; nil where no roster
	// follows a change.
	rosters map[string]rosterSum
	absent  absences
}

// maxDifferences bounds the list of supplied days that the rule would not give;
// the association's report is a page, not a register.
const maxDifferences = 1000

func (n *night) tally(ctx context.Context) (*tally, error) {
	t := &tally{n: n, ahead: map[string]map[pipeline.YearMonth]int{}}
	var err error
	if t.before, err = n.dayBefore(ctx); err != nil {
		return nil, err
	}
	if t.before.IsZero() {
		t.before = n.row.AsOf.AddDays(-1) // what lapsed before the first night is no news
	}
	if n.Config.Rosters.OnChange {
		t.rosters = map[string]rosterSum{}
		if t.absent, err = n.absencesOn(ctx, n.settings, n.row.AsOf); err != nil {
			return nil, err
		}
	}
	for p, err := range n.Store.People(ctx) {
		if err != nil {
			return nil, err
		}
		t.person(p)
	}
	return t, nil
}

// dayBefore is the newest finished day before this one.
func (n *night) dayBefore(ctx context.Context) (pipeline.Date, error) {
	return n.finishedBefore(ctx, n.row.AsOf)
}

// finishedBefore is the newest day before this one whose night is finished; zero
// if there is none.
func (h *House) finishedBefore(ctx context.Context, day pipeline.Date) (pipeline.Date, error) {
	runs, err := h.Store.Runs(ctx, Nightly, 0)
	if err != nil {
		return 0, err
	}
	var newest pipeline.Date
	for _, r := range runs {
		if r.AsOf < day && !r.FinishedAt.IsZero() {
			newest = max(newest, r.AsOf)
		}
	}
	return newest, nil
}

func (t *tally) person(p *pipeline.Person) {
	t.people.Total++
	today := strings.ReplaceAll(t.n.row.AsOf.String(), "-", "") + "-"
	switch {
	case strings.HasPrefix(p.Agent.From.Of("").Batch, today):
		t.people.New++
	case touched(p, today):
		t.people.Changed++
	}
	if t.rosters != nil {
		t.sumRosters(p)
	}
	insurers := openInsurers(p.Registrations, t.n.row.AsOf)
	for i := range p.Qualifications {
		t.qualification(p, &p.Qualifications[i], insurers)
	}
}

// touched reports whether a value of the person came from a batch whose ID
// begins with day.
func touched(p *pipeline.Person, day string) bool {
	// A reference stands in the provenance as text, alone or as a JSON string.
	in := func(from pipeline.Provenance) bool {
		return strings.HasPrefix(string(from), day) || strings.Contains(string(from), `"`+day)
	}
	return in(p.Agent.From) ||
		slices.ContainsFunc(p.Names, func(x pipeline.Name) bool { return in(x.From) }) ||
		slices.ContainsFunc(p.Qualifications, func(x pipeline.Qualification) bool { return in(x.From) }) ||
		slices.ContainsFunc(p.Registrations, func(x pipeline.Registration) bool { return in(x.From) })
}

// openInsurers are the insurers who may see the person on the day.
func openInsurers(regs []pipeline.Registration, d pipeline.Date) []string {
	var out []string
	for _, r := range regs {
		if r.OpenOn(d) {
			out = append(out, r.Insurers()...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (t *tally) qualification(p *pipeline.Person, q *pipeline.Qualification, insurers []string) {
	asOf, kinds := t.n.row.AsOf, t.n.kinds
	if !q.OnFile() {
		return
	}
	if kinds.Differs(q) && len(t.differences) < maxDifferences {
		rule, _ := kinds.ByRule(q)
		t.differences = append(t.differences, report.Difference{
			AgentID: q.AgentID, Code: q.Code, CertificateNo: q.CertificateNo, Supplied: q.ExpiresOn, Computed: rule,
		})
	}
	last, source := kinds.Expiry(q)
	if source == deadline.ExpiryUnlimited || last.IsZero() || len(insurers) == 0 || kinds.Replaced(q, p.Qualifications, asOf) {
		return
	}
	if t.before <= last && last < asOf {
		t.expiry.NewlyLapsed++
	}
	switch kinds.Step(q, asOf) {
	case "失効後":
		t.expiry.Lapsed++
	case "当月":
		t.expiry.ThisMonth++
	case "3か月前":
		t.expiry.Months3++
	case "9か月前":
		t.expiry.Months9++
	default:
		if last > asOf {
			t.expiresLater(insurers, last.YearMonth())
		}
	}
}

func (t *tally) expiresLater(insurers []string, month pipeline.YearMonth) {
	for _, i := range insurers {
		if t.ahead[i] == nil {
			t.ahead[i] = map[pipeline.YearMonth]int{}
		}
		t.ahead[i][month]++
	}
}

// later yields, for the chart of an insurer, a row without a step for each
// qualification that expires beyond the last step. They name nobody.
func (t *tally) later(insurer string, yield func(pipeline.ExpiryRow, error) bool) bool {
	months := t.ahead[insurer]
	for _, m := range slices.Sorted(maps.Keys(months)) {
		day, _ := pipeline.NewDate(m.Year(), m.Month(), 1)
		for range months[m] {
			if !yield(pipeline.ExpiryRow{InsurerCode: insurer, ExpiresOn: day}, nil) {
				return false
			}
		}
	}
	return true
}
