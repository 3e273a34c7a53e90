package jobs

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"meibo/pipeline"
	"meibo/pipeline/audit"
	"meibo/pipeline/identity"
	"meibo/pipeline/intake"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// ErrDecision says that a decision cannot be taken as it was given: wrong use,
// nothing was recorded.
type ErrDecision struct{ JA, EN string }

func (e *ErrDecision) Error() string { return e.EN }

// Longest texts of a decision, in characters.
const (
	maxDecider = 120
	maxReason  = 2000
)

// Decision is what a person says of two IDs.
type Decision struct {
	A, B    string // in either order
	Verdict string // identity.Same, Different or Later
	By      string // who decides
	Reason  string // in their words
}

// Verdict is a recorded decision.
type Verdict struct {
	No       int              `json:"no"`
	AgentA   string           `json:"agent_id_a"`
	AgentB   string           `json:"agent_id_b"`
	Verdict  string           `json:"verdict"`
	By       string           `json:"decided_by"`
	At       pipeline.Instant `json:"decided_at"`
	Reason   string           `json:"reason"`
	UndoneAt pipeline.Instant `json:"undone_at,omitzero"`
	UndoneBy string           `json:"undone_by,omitempty"`
	Binding  bool             `json:"binding"`             // it is the newest of its pair that stands
	Pending  bool             `json:"pending"`             // made or undone since the last night: the next one acts on it
	Repeats  int              `json:"repeats,omitempty"`   // just made: the decision of the same verdict that stood, and counted, already
	FreesNot bool             `json:"frees_not,omitempty"` // just made: by an account whose word frees nobody from a hold (purge.approvers)
}

// inForce reports whether a run goes by the decision: it was there when the run
// began, or came in one of the run's own files. What is undone while a run
// works, or before it is resumed, stands until the next one.
func inForce(d *store.Decision, r run.Row) bool {
	day := strings.ReplaceAll(r.AsOf.String(), "-", "") + "-" // see batchID
	own := d.From != "" && strings.HasPrefix(d.From.Of("").Batch, day)
	return (own || d.No <= r.DecisionNo) && (d.UndoneAt.IsZero() || d.UndoneAt.Time().After(r.StartedAt.Time()))
}

// Decide records a decision with the fingerprint of today's evidence. The next
// night acts on it; a run that is at work does not see it and is not disturbed.
// *ErrDecision is wrong use.
func (h *House) Decide(ctx context.Context, d Decision) (Verdict, error) {
	d.By, d.Reason = strings.TrimSpace(d.By), strings.TrimSpace(d.Reason)
	if err := d.check(); err != nil {
		return Verdict{}, err
	}
	by, err := h.decider(ctx, d.By)
	if err != nil {
		return Verdict{}, err
	}
	d.By = by
	a, b, err := h.two(ctx, d.A, d.B)
	if err != nil {
		return Verdict{}, err
	}
	switch others, err := h.namesOthers(ctx, d.Reason, a.Agent.ID, b.Agent.ID); {
	case err != nil:
		return Verdict{}, err
	case others:
		return Verdict{}, &ErrDecision{
			"判定の理由に、この組以外の人の募集人IDを書かないでください（その人の記録を削除した後も残るため）。その組の判定として別に記録してください。",
			"the reason names an agent ID of neither record, which would outlive that person; decide on that pair by itself",
		}
	}
	evidence := identity.Compare(identity.RecordOf(a), identity.RecordOf(b)).Fingerprint()
	row := store.Decision{
		AgentA: a.Agent.ID, AgentB: b.Agent.ID, Verdict: d.Verdict, By: d.By, Reason: d.Reason,
		At: pipeline.InstantOf(h.o.Now()), Fingerprint: evidence,
	}
	before, err := h.newestOf(ctx, row.AgentA, row.AgentB)
	if err != nil {
		return Verdict{}, err
	}
	act, k, err := h.act(audit.DecisionMade, d.By, nil)
	if err != nil {
		return Verdict{}, err
	}
	act.Object = k.surrogates.Surrogate("pair", row.AgentA, row.AgentB)
	if row.No, err = h.addDecision(ctx, row, act); err != nil {
		return Verdict{}, err
	}
	voices, err := h.voices(ctx)
	if err != nil {
		return Verdict{}, err
	}
	v := verdictOf(&row)
	v.Binding, v.Pending, v.FreesNot = true, true, !voices.Counts(by, wordOf(row.Verdict))
	if before.Verdict == v.Verdict && voices.Counts(before.By, wordOf(before.Verdict)) {
		v.Repeats = before.No
	}
	return v, nil
}

// newestOf is the newest decision on a pair that is not undone, the zero one if
// there is none.
func (h *House) newestOf(ctx context.Context, a, b string) (store.Decision, error) {
	all, err := h.Store.Decisions(ctx, math.MaxInt32)
	if err != nil {
		return store.Decision{}, err
	}
	for _, d := range slices.Backward(all) {
		if d.AgentA == a && d.AgentB == b && d.UndoneAt.IsZero() {
			return d, nil
		}
	}
	return store.Decision{}, nil
}

func (d *Decision) check() error {
	switch {
	case d.Verdict != identity.Same && d.Verdict != identity.Different && d.Verdict != identity.Later:
		return &ErrDecision{"判定は same（同一人）、different（別人）、later（保留）のどれかを指定してください。", "the verdict must be same, different or later"}
	case d.By == "":
		return &ErrDecision{"判定者を --by で指定してください。", "say who decides with --by"}
	case d.Reason == "":
		return &ErrDecision{"判定の理由を --reason で指定してください。", "give a reason with --reason"}
	case !utf8.ValidString(d.Reason):
		return &ErrDecision{"理由に使えない文字があります。", "the reason holds bytes that are no text"}
	case utf8.RuneCountInString(d.Reason) > maxReason:
		return &ErrDecision{fmt.Sprintf("理由は %d 文字以内で書いてください。", maxReason), fmt.Sprintf("the reason may have %d characters", maxReason)}
	}
	return checkWho(d.By)
}

func checkWho(by string) error {
	if utf8.RuneCountInString(by) > maxDecider {
		return &ErrDecision{fmt.Sprintf("--by は %d 文字以内で指定してください。", maxDecider), fmt.Sprintf("--by may have %d characters", maxDecider)}
	}
	if !utf8.ValidString(by) || strings.ContainsFunc(by, func(r rune) bool { return r < ' ' }) {
		return &ErrDecision{"--by に使えない文字があります。", "--by holds characters that are no text"}
	}
	return nil
}

// two reads the records of two IDs, the smaller ID first.
func (h *House) two(ctx context.Context, a, b string) (*pipeline.Person, *pipeline.Person, error) {
	a, b = intake.AgentID(a), intake.AgentID(b)
	if a == b {
		return nil, nil, &ErrDecision{"異なる 2 つの募集人ID を指定してください。", "give two different agent IDs"}
	}
	var out [2]*pipeline.Person
	for i, id := range []string{min(a, b), max(a, b)} {
		p, err := h.Store.Person(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		if p == nil {
			return nil, nil, fmt.Errorf("%w: %s", ErrNoSuchAgent, id)
		}
		out[i] = p
	}
	return out[0], out[1], nil
}

// addDecision appends a decision. Whoever loses a race for a number takes the
// next one, and what a broken connection left behind is looked for before it
// is written again.
func (h *House) addDecision(ctx context.Context, d store.Decision, act audit.Act) (no int, failed error) {
	for range 5 {
		before, err := h.Store.NewestDecision(ctx)
		if err != nil {
			return 0, err
		}
		err = h.Store.Write(ctx, func(tx *store.Tx) (err error) {
			if no, err = tx.AddDecision(ctx, d); err != nil {
				return err
			}
			act.Facts = audit.Facts{"decision": no, "verdict": verdictCode(d.Verdict)}
			return tx.AppendAudit(ctx, act)
		})
		if err == nil {
			return no, nil
		}
		failed = err
		all, err := h.Store.Decisions(ctx, math.MaxInt32)
		if err != nil {
			return 0, errors.Join(failed, err)
		}
		newest := 0
		for _, x := range all {
			newest, x.No = x.No, 0
			if x == d {
				return newest, nil
			}
		}
		if newest == before {
			return 0, failed // nobody was in the way
		}
	}
	return 0, failed
}

// UndoDecision takes a decision back: the next night goes by the newest one of
// the pair that stands, or by the evidence alone. *ErrDecision is wrong use.
func (h *House) UndoDecision(ctx context.Context, no int, by string) (Verdict, error) {
	by = strings.TrimSpace(by)
	if by == "" {
		return Verdict{}, &ErrDecision{"取り消す人を --by で指定してください。", "say who undoes it with --by"}
	}
	if err := checkWho(by); err != nil {
		return Verdict{}, err
	}
	by, err := h.decider(ctx, by)
	if err != nil {
		return Verdict{}, err
	}
	undone := false
	act, err := h.undoing(ctx, no, by)
	if err != nil {
		return Verdict{}, err
	}
	at := act.At
	err = h.Store.Write(ctx, func(tx *store.Tx) (err error) {
		if undone, err = tx.UndoDecision(ctx, no, by, at); err != nil || !undone {
			return err
		}
		return tx.AppendAudit(ctx, act)
	})
	if err != nil {
		return Verdict{}, err
	}
	all, err := h.verdicts(ctx)
	if err != nil {
		return Verdict{}, err
	}
	i := slices.IndexFunc(all, func(v Verdict) bool { return v.No == no })
	switch {
	case i < 0:
		return Verdict{}, &ErrDecision{fmt.Sprintf("判定 %d はありません。", no), fmt.Sprintf("there is no decision %d", no)}
	case !undone && (all[i].UndoneAt != at || all[i].UndoneBy != by):
		return Verdict{}, &ErrDecision{fmt.Sprintf("判定 %d はすでに取り消されています。", no), fmt.Sprintf("decision %d is undone already", no)}
	}
	return all[i], nil
}

// undoing is the act of taking a decision back.
func (h *House) undoing(ctx context.Context, no int, by string) (audit.Act, error) {
	act, k, err := h.act(audit.DecisionUndone, by, audit.Facts{"decision": no})
	if err != nil {
		return act, err
	}
	stored, err := h.Store.Decisions(ctx, no)
	if n := len(stored); err == nil && n > 0 && stored[n-1].No == no {
		act.Object = k.surrogates.Surrogate("pair", stored[n-1].AgentA, stored[n-1].AgentB)
	}
	return act, err
}

// verdictCode is a verdict as events write it.
func verdictCode(verdict string) string {
	switch verdict {
	case identity.Same:
		return "same"
	case identity.Different:
		return "different"
	}
	return "later"
}

// verdicts are all decisions, oldest first, and how they stand today.
func (h *House) verdicts(ctx context.Context) ([]Verdict, error) {
	last, err := h.lastNight(ctx)
	if err != nil {
		return nil, err
	}
	stored, err := h.Store.Decisions(ctx, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	newest := map[[2]string]int{}
	out := make([]Verdict, len(stored))
	for i := range stored {
		d := &stored[i]
		out[i] = verdictOf(d)
		out[i].Pending = inForce(d, last) != d.UndoneAt.IsZero()
		if d.UndoneAt.IsZero() {
			newest[[2]string{d.AgentA, d.AgentB}] = d.No
		}
	}
	for i := range out {
		out[i].Binding = newest[[2]string{out[i].AgentA, out[i].AgentB}] == out[i].No
	}
	return out, nil
}

func verdictOf(d *store.Decision) Verdict {
	return Verdict{
		No: d.No, AgentA: d.AgentA, AgentB: d.AgentB, Verdict: d.Verdict, By: d.By, At: d.At, Reason: d.Reason,
		UndoneAt: d.UndoneAt, UndoneBy: d.UndoneBy,
	}
}

// AllDone reports whether the night of each of the days is finished.
func (h *House) AllDone(ctx context.Context, days []pipeline.Date) (bool, error) {
	runs, err := h.Store.Runs(ctx, Nightly, 0)
	if err != nil {
		return false, err
	}
	done := map[pipeline.Date]bool{}
	for _, r := range runs {
		done[r.AsOf] = done[r.AsOf] || r.State == run.StateDone
	}
	return !slices.ContainsFunc(days, func(d pipeline.Date) bool { return !done[d] }), nil
}

// lastNight is the newest finished run, the zero run before the first.
func (h *House) lastNight(ctx context.Context) (run.Row, error) {
	runs, err := h.Store.Runs(ctx, Nightly, 0)
	if err != nil {
		return run.Row{}, err
	}
	for _, r := range runs {
		if r.State == run.StateDone {
			return r, nil
		}
	}
	return run.Row{}, nil
}
