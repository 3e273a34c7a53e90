package jobs

import (
	"context"
	"math"

	"meibo/pipeline"
	"meibo/pipeline/identity"
	"meibo/pipeline/intake"
	"meibo/pipeline/store"
)

// meetReviews takes back the lists that reviewers have answered. Verdicts on
// pairs become decisions, which this very night goes by; those on rows of a
// purge list are noted for its execution. Rows without a verdict are undecided.
func (t *taking) meetReviews(ctx context.Context, chunk []*intake.Record) (*meeting, error) {
	rv, err := t.reviewing(ctx)
	if err != nil {
		return nil, err
	}
	twice := answeredTwice(chunk)
	for _, r := range chunk {
		v := cells(r)
		switch {
		case v.Text("verdict") == "":
		case twice[subjectOf(v)]:
			rv.m.fault(r, []*pipeline.Fault{intake.Against(intake.CodeReviewTwice)})
		case v.Text("agent_id_a") != "":
			err = rv.pair(ctx, r)
		default:
			err = rv.row(ctx, r)
		}
		if err != nil {
			return nil, err
		}
	}
	rv.m.applied = len(rv.decisions) + len(rv.rows)
	rv.m.write = func(ctx context.Context, tx *store.Tx) error {
		for _, d := range rv.decisions {
			if _, err := tx.AddDecision(ctx, d); err != nil {
				return err
			}
		}
		return tx.PutPurgeReviews(ctx, rv.rows)
	}
	return &rv.m, nil
}

// subject is what a row of a returned list is about.
type subject struct {
	list int
	a, b string // the smaller ID of a pair first
	by   string // of a purge list, which each reviewer answers alone
}

func subjectOf(v *intake.Values) subject {
	if a, b := v.Text("agent_id_a"), v.Text("agent_id_b"); a != "" {
		return subject{a: min(a, b), b: max(a, b)}
	}
	return subject{list: v.Integer("list_no"), a: v.Text("agent_id"), by: v.Text("reviewer")}
}

// answeredTwice are the subjects of which the rows say two things.
func answeredTwice(chunk []*intake.Record) map[subject]bool {
	type answer struct{ verdict, reason, by string }
	first, twice := map[subject]answer{}, map[subject]bool{}
	for _, r := range chunk {
		v := cells(r)
		a := answer{v.Text("verdict"), v.Text("reason"), v.Text("reviewer")}
		if a.verdict == "" {
			continue
		}
		s := subjectOf(v)
		if before, found := first[s]; found && before != a {
			twice[s] = true
		}
		first[s] = a
	}
	return twice
}

// reviewing gathers what the rows of a chunk decide.
type reviewing struct {
	t         *taking
	m         meeting
	standing  map[subject]store.Decision // the newest of each pair that is not undone
	decisions []store.Decision
	rows      []store.PurgeReview
	noted     map[subject]bool
}

func (t *taking) reviewing(ctx context.Context) (*reviewing, error) {
	all, err := t.Store.Decisions(ctx, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	rv := &reviewing{t: t, standing: map[subject]store.Decision{}, noted: map[subject]bool{}}
	for _, d := range all {
		if d.UndoneAt.IsZero() {
			rv.standing[subject{a: d.AgentA, b: d.AgentB}] = d
		}
	}
	return rv, nil
}

// pair decides on two IDs, if they stand as the reviewer saw them: the evidence
// is that of the last list, and nobody decided otherwise since.
func (rv *reviewing) pair(ctx context.Context, r *intake.Record) error {
	v, t := cells(r), rv.t
	s := subjectOf(v)
	verdict, by, reason := v.Text("verdict"), v.Text("reviewer"), v.Text("reason")
	persons, err := t.persons(ctx, []string{s.a, s.b})
	if err != nil {
		return err
	}
	if len(persons) < 2 {
		rv.m.fault(r, []*pipeline.Fault{intake.Against(intake.CodeReviewOutdated)})
		return nil
	}
	evidence, err := identity.Fingerprint(identity.RecordOf(persons[0]), identity.RecordOf(persons[1]))
	if err != nil {
		return err
	}
	old := rv.standing[s]
	if old.Verdict == verdict && old.By == by && old.Reason == reason && old.Fingerprint == evidence {
		return nil // it came before
	}
	listed, found, err := t.listedPair(ctx, s)
	if err != nil {
		return err
	}
	if !found || listed.Fingerprint != evidence || listed.Decision != old.Verdict || listed.DecidedAt != old.At {
		rv.m.fault(r, []*pipeline.Fault{intake.Against(intake.CodeReviewOutdated)})
		return nil
	}
	d := store.Decision{
		AgentA: s.a, AgentB: s.b, Verdict: verdict, By: by, Reason: reason, Fingerprint: evidence,
		At: pipeline.InstantOf(t.slot(t.row.AsOf)), From: pipeline.Provenance("").With(t.ref(r)),
	}
	rv.standing[s] = d
	rv.decisions = append(rv.decisions, d)
	return nil
}

// listedPair is a pair as the last list showed it.
func (t *taking) listedPair(ctx context.Context, s subject) (store.Duplicate, bool, error) {
	all, err := t.Store.DuplicatesOf(ctx, s.a)
	for _, d := range all {
		if d.AgentA == s.a && d.AgentB == s.b {
			return d, true, err
		}
	}
	return store.Duplicate{}, false, err
}

// row notes what a reviewer says of one row of a purge list.
func (rv *reviewing) row(ctx context.Context, r *intake.Record) error {
	v, t := cells(r), rv.t
	s := subjectOf(v)
	if rv.noted[s] {
		return nil
	}
	rv.noted[s] = true
	lists, err := t.Store.PurgeRowsOf(ctx, s.a)
	if err != nil {
		return err
	}
	state := ""
	for _, x := range lists {
		if x.ListNo == s.list {
			state = x.State
		}
	}
	verdict := v.Text("verdict")
	switch {
	case state == "":
		rv.m.fault(r, []*pipeline.Fault{intake.Against(intake.CodeNotOnThatList)})
		return nil
	case verdict == "承認" && state != pipeline.PurgeDue:
		rv.m.fault(r, []*pipeline.Fault{intake.Against(intake.CodeApprovalNotDue)})
		return nil
	}
	before, err := t.Store.PurgeReviews(ctx, []string{s.a})
	if err != nil {
		return err
	}
	for _, x := range before {
		if x.ListNo == s.list && x.By == s.by && x.Verdict == verdict && x.Reason == v.Text("reason") {
			return nil
		}
	}
	rv.rows = append(rv.rows, store.PurgeReview{
		ListNo: s.list, AgentID: s.a, By: s.by, Verdict: verdict, Reason: v.Text("reason"),
		AsOf: t.row.AsOf, From: pipeline.Provenance("").With(t.ref(r)),
	})
	return nil
}
