package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/access"
	"meibo/pipeline/identity"
	"meibo/pipeline/intake"
	"meibo/pipeline/purge"
	"meibo/pipeline/run"
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
		if err := tx.PutPurgeReviews(ctx, rv.rows); err != nil {
			return err
		}
		if err := rv.holds.write(ctx, tx); err != nil {
			return err
		}
		return tx.AppendAudit(ctx, t.reviewed(rv.decisions, rv.rows)...)
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
	holds     reviewHolds
	noted     map[subject]bool
	agreed    map[string]store.Diff // progress of the step: reviewers of a file that is being applied
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
	rv.agreed, err = t.Store.Progress(ctx)
	return rv, err
}

// pair decides on two IDs, if they stand as the reviewer saw them: the evidence
// is the same, and nobody decided otherwise since.
func (rv *reviewing) pair(ctx context.Context, r *intake.Record) error {
	v, t := cells(r), rv.t
	s := subjectOf(v)
	verdict, reason := v.Text("verdict"), v.Text("reason")
	by, known, err := rv.signed(ctx, "pair", v.Text("reviewer"), func(ctx context.Context, who string) (access.Account, error) {
		name, err := t.decider(ctx, who)
		return access.Account{ID: name}, err
	})
	if err != nil {
		return err
	}
	if !known {
		rv.m.fault(r, []*pipeline.Fault{intake.Against(intake.CodeReviewerUnknown)})
		return nil
	}
	persons, err := t.persons(ctx, []string{s.a, s.b})
	if err != nil {
		return err
	}
	if len(persons) < 2 {
		rv.m.fault(r, []*pipeline.Fault{intake.Against(intake.CodeReviewOutdated)})
		return nil
	}
	evidence := identity.Compare(identity.RecordOf(persons[0]), identity.RecordOf(persons[1])).Fingerprint()
	old := rv.standing[s]
	if old.Verdict == verdict && old.By == by && old.Reason == reason && old.Fingerprint == evidence {
		return nil // it came before
	}
	seen, err := rv.saw(ctx, v, s)
	if err != nil {
		return err
	}
	now := store.Duplicate{Fingerprint: evidence}
	now.AgentA, now.AgentB, now.Decision, now.DecidedAt = s.a, s.b, old.Verdict, old.At
	if seen != markOf(&now) {
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

// saw is the mark of what the reviewer saw: as it came back with the answer, or,
// where it did not, that of the last list, unless the file is named after an
// older one. Empty: nobody can tell.
func (rv *reviewing) saw(ctx context.Context, v *intake.Values, s subject) (string, error) {
	if mark := v.Text("mark"); mark != "" {
		return mark, nil
	}
	older, err := rv.ofOlderList(ctx)
	if err != nil || older {
		return "", err
	}
	listed, found, err := rv.t.listedPair(ctx, s)
	if err != nil || !found {
		return "", err
	}
	return markOf(&listed), nil
}

// ofOlderList reports whether the file bears the day of another list than that
// of the newest finished night.
func (rv *reviewing) ofOlderList(ctx context.Context) (bool, error) {
	name := strings.TrimPrefix(rv.t.file.Name, "rejects_")
	text, ok := strings.CutPrefix(name, "duplicates_")
	if !ok || len(text) < len("2006-01-02") {
		return false, nil
	}
	day, err := pipeline.ParseDate(text[:len("2006-01-02")])
	if err != nil {
		return false, nil // named otherwise
	}
	runs, err := rv.t.Store.Runs(ctx, Nightly, recentRuns)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(runs, func(r run.Row) bool { return r.State == run.StateDone })
	return i < 0 || runs[i].AsOf != day, nil
}

// recentRuns are searched for a finished one.
const recentRuns = 50

// markOf stands for what a list shows of a pair: its evidence, and what was
// decided on it and when. It is no secret and names nobody.
func markOf(d *store.Duplicate) string {
	at := ""
	if !d.DecidedAt.IsZero() {
		at = d.DecidedAt.String()
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{d.AgentA, d.AgentB, d.Fingerprint, d.Decision, at}, "\x00")))
	return "M" + strings.ToUpper(hex.EncodeToString(sum[:8])) // a letter first: a spreadsheet must not take it for a number
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

// row notes what a reviewer says of one row of a purge list: 承認 counts as that
// person's approval of the row, 保留 makes a hold and 解除 lifts it.
func (rv *reviewing) row(ctx context.Context, r *intake.Record) error {
	v, t := cells(r), rv.t
	s := subjectOf(v)
	by, known, err := rv.signed(ctx, "row", s.by, t.account)
	if err != nil {
		return err
	}
	s.by = by
	if rv.noted[s] {
		return nil
	}
	rv.noted[s] = true
	said := store.PurgeReview{
		ListNo: s.list, AgentID: s.a, By: s.by, Verdict: v.Text("verdict"), Reason: v.Text("reason"),
		AsOf: t.row.AsOf, From: pipeline.Provenance("").With(t.ref(r)),
	}
	code, err := rv.against(ctx, said, known)
	if err != nil {
		return err
	}
	if code != "" {
		rv.m.fault(r, []*pipeline.Fault{intake.Against(code)})
		return nil
	}
	before, err := t.Store.PurgeReviews(ctx, []string{s.a})
	if err != nil {
		return err
	}
	for _, x := range before {
		if x.ListNo == s.list && x.By == s.by && x.Verdict == said.Verdict && x.Reason == said.Reason {
			return nil
		}
	}
	standing, _, err := t.standingOf(ctx, []string{s.a})
	if err != nil {
		return err
	}
	rv.rows = append(rv.rows, said)
	rv.holds.note(standing, said)
	return nil
}

// signed is a reviewer's account in its one form; known is false, and the text
// stays as it is, if it is none that may act. Who may is settled once, when the
// file is judged: an access that is stopped while the file is applied, or between
// a kill and the resume, must not change which of its rows count.
func (rv *reviewing) signed(ctx context.Context, as, who string, account func(context.Context, string) (access.Account, error)) (by string, known bool, err error) {
	item := rv.t.signerItem(as, who)
	_, agreed := rv.agreed[item]
	if applying := rv.t.file.State == run.FileApplying; applying && !agreed {
		return who, false, nil
	}
	a, err := account(ctx, who)
	_, wrong := errors.AsType[*ErrAccount](err)
	if wrong && agreed { // stopped since
		a, err = rv.t.accountCalled(ctx, who)
		_, wrong = errors.AsType[*ErrAccount](err)
	}
	if wrong {
		return who, agreed, nil
	}
	rv.t.signers[item] = true
	return a.Name(), true, err
}

// signerItem is a reviewer of the file in the notes of the import's progress.
// What a file says of people does not belong there, so it is a hash.
func (t *taking) signerItem(as, who string) string {
	sum := sha256.Sum256([]byte(who))
	return fmt.Sprint("signer ", t.file.Seq, " ", as, " ", hex.EncodeToString(sum[:]))
}

// against is what stands against a reviewer's word for a row; empty: nothing.
func (rv *reviewing) against(ctx context.Context, said store.PurgeReview, known bool) (pipeline.Code, error) {
	lists, err := rv.t.Store.PurgeRowsOf(ctx, said.AgentID)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(lists, func(x pipeline.PurgeRow) bool { return x.ListNo == said.ListNo })
	if i < 0 {
		return intake.CodeNotOnThatList, nil
	}
	switch {
	case !known:
		return intake.CodeReviewerUnknown, nil
	}
	if outside, err := rv.t.outside(ctx, said.By); err != nil || outside {
		return intake.CodeReviewerMayNot, err
	}
	switch {
	case said.Verdict != reviewApproved:
		return "", nil
	case lists[i].State != pipeline.PurgeDue:
		return intake.CodeApprovalNotDue, nil
	}
	newest, _, err := rv.t.Store.LastPurgeList(ctx)
	if err != nil {
		return "", err
	}
	now := slices.IndexFunc(lists, func(x pipeline.PurgeRow) bool { return x.ListNo == newest.No })
	if now < 0 || purge.RowHash(&lists[now]) != purge.RowHash(&lists[i]) {
		return intake.CodeApprovalOutdated, nil
	}
	barred, err := rv.t.barred(ctx, []string{said.AgentID})
	if slices.Contains(barred[said.AgentID], said.By) {
		return intake.CodeReviewerInvolved, err
	}
	return "", err
}
