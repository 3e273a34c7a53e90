package jobs

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"os/user"
	"slices"
	"strconv"

	"meibo/pipeline"
	"meibo/pipeline/audit"
	"meibo/pipeline/durable"
	"meibo/pipeline/failpoint"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// auditFolder holds the checkpoints, in the folder of the state.
const (
	auditFolder    = "audit"
	checkpointFile = auditFolder + "/checkpoints.jsonl"
)

// systemUser is the account of the operating system that gave a command.
func systemUser() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "uid-" + strconv.Itoa(os.Getuid())
}

// act is what a person does by command, at this moment.
func (h *House) act(action audit.Action, by string, facts audit.Facts) (audit.Act, *keys, error) {
	k, err := h.auditKeys()
	if err != nil {
		return audit.Act{}, nil, err
	}
	a := audit.Act{At: pipeline.InstantOf(h.o.Now()), SystemUser: systemUser(), Action: action, Facts: facts}
	if by != "" {
		a.Actor = k.surrogates.Account(by)
	}
	return a, k, nil
}

// batchAct is what a night does. It bears the slot of the day and not the
// clock, so that a night that was cut short and went on leaves the same chain.
func (n *night) batchAct(action audit.Action, facts audit.Facts) audit.Act {
	return audit.Act{At: pipeline.InstantOf(n.slot(n.row.AsOf)), Actor: n.row.Job, Action: action, Facts: facts}
}

// dayRun names the run in events: without the attempt, for a repeated one that
// finds nothing new has nothing to tell.
func (n *night) dayRun() string { return n.row.Job + "-" + n.row.AsOf.String() }

// announce tells of things a night is about to destroy, each once, before it
// does: who is killed in between finds them announced and only destroys them.
func (n *night) announce(ctx context.Context, action audit.Action, all []audit.Facts) error {
	if len(all) == 0 || n.rehearsal {
		return nil
	}
	told := map[string]bool{}
	for e, err := range n.Store.AuditBackward(ctx, action) {
		if err != nil {
			return err
		}
		told[e.Payload] = true
	}
	var acts []audit.Act
	for _, facts := range all {
		a := n.batchAct(action, facts)
		e, err := a.After(audit.Head{})
		if err != nil {
			return err
		}
		if !told[e.Payload] {
			acts = append(acts, a)
		}
	}
	return n.Store.Write(ctx, func(tx *store.Tx) error { return tx.AppendAudit(ctx, acts...) })
}

// reviewed are the acts of the reviewers of one part of a file.
func (t *taking) reviewed(decisions []store.Decision, rows []store.PurgeReview) []audit.Act {
	counts := tallied{}
	for _, d := range decisions {
		counts.add(t.reviewer(d.By), "decisions")
	}
	for _, r := range rows {
		counts.add(t.reviewer(r.By), "rows")
	}
	return t.acts(audit.ReviewsApplied, counts)
}

// reviewer is what an event says of a reviewer. Who is not written as an account, and
// so may be written by name, is known by the file's hash alone: a surrogate would
// make the chain, and with it the night's report, another one under another key.
func (t *taking) reviewer(by string) string {
	if audit.IsAccount(by) {
		return by
	}
	return t.row.Job
}

// corrected is the act of the sender of one part of a file of 申出. Who took one in
// stands in the file as somebody typed it, an account, a name or anything else; it is
// kept with the correction, from where a purge can take it, and never in the chain.
func (t *taking) corrected(versions []pipeline.Correction) []audit.Act {
	states := map[string]string{
		pipeline.CorrectionApplied: "applied", pipeline.CorrectionRefused: "refused", pipeline.CorrectionRouted: "routed",
	}
	counts := tallied{}
	for _, c := range versions {
		counts.add(t.file.Sender, cmp.Or(states[c.State], "noted"))
	}
	return t.acts(audit.Corrected, counts)
}

// tallied counts by account, or sender, and kind of change.
type tallied map[string]map[string]int

func (c tallied) add(by, what string) {
	if c[by] == nil {
		c[by] = map[string]int{}
	}
	c[by][what]++
}

// acts makes an act of what each did in one part of the file.
func (t *taking) acts(action audit.Action, counts tallied) (acts []audit.Act) {
	if t.rehearsal {
		return nil
	}
	for _, by := range slices.Sorted(maps.Keys(counts)) {
		a := t.batchAct(action, audit.Facts{"run": t.dayRun(), "sha256": t.file.SHA256})
		a.Actor = by
		for what, n := range counts[by] {
			a.Facts[what] = n
		}
		acts = append(acts, a)
	}
	return acts
}

// endings is the journal of a night: the end of a run goes in with its event.
type endings struct {
	*store.Store
	n *night
}

// PutRun is the store's: of a run that begins with what was wished of it, of one
// that is done with what it came to and that an execution is to follow. A repeated
// run that left all as the last event says adds no event.
func (j endings) PutRun(ctx context.Context, r run.Row) error {
	switch {
	case j.n.begins:
		return j.n.putBegun(ctx, r)
	case r.State != run.StateDone || j.n.rehearsal:
		return j.Store.PutRun(ctx, r)
	}
	facts, err := j.n.summary(ctx)
	if err != nil {
		return err
	}
	act := j.n.batchAct(audit.RunFinished, facts)
	return j.Write(ctx, func(tx *store.Tx) error {
		newest, _, err := tx.NewestAudit(ctx)
		if err != nil {
			return err
		}
		e, err := act.After(audit.HeadOf(newest))
		if err != nil {
			return err
		}
		if err := tx.PutRun(ctx, r); err != nil {
			return err
		}
		if err := j.n.oweExecution(ctx, tx); err != nil {
			return err
		}
		if newest.Action == audit.RunFinished && newest.Payload == e.Payload {
			return nil
		}
		return tx.AppendAudit(ctx, act)
	})
}

// summary is what the day changed, from the stored facts alone: what a run
// counted itself would tell of its interruptions, and what came without effect
// must have none here either.
func (n *night) summary(ctx context.Context) (audit.Facts, error) {
	f := audit.Facts{"run": n.dayRun(), "day": n.row.AsOf.String()}
	batches, err := n.Store.BatchesOn(ctx, n.row.AsOf)
	if err != nil {
		return nil, err
	}
	applied := 0
	for _, b := range batches {
		applied += b.Applied
	}
	f["rows_applied"] = applied
	if list, found, err := n.Store.LastPurgeList(ctx); err != nil {
		return nil, err
	} else if found {
		f["purge_list"], f["purge_hash"] = list.No, list.Hash
	}
	manifests, err := n.Store.Manifests(ctx)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	for _, m := range manifests {
		fmt.Fprintf(h, "%q %q %d %q\n", m.Report, m.Reader, m.Rows, m.SHA256)
	}
	f["reports"] = hex.EncodeToString(h.Sum(nil))
	return f, nil
}

// checkpointBytes is the file of checkpoints as it stands; none is empty.
func (h *House) checkpointBytes() ([]byte, error) {
	b, err := readIfThere(h.state, h.own(checkpointFile))
	if err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	return b, nil
}

func (h *House) checkpoints() ([]audit.Checkpoint, error) {
	b, err := h.checkpointBytes()
	return audit.ParseCheckpoints(b), err
}

// addCheckpoint puts a line behind those that stand there, whatever they are, unless
// the lease was lost.
func (h *House) addCheckpoint(ctx context.Context, make func(lines []audit.Checkpoint) audit.Checkpoint) error {
	if err := h.Store.StillHolds(ctx); err != nil {
		return err
	}
	b, err := h.checkpointBytes()
	if err != nil {
		return err
	}
	if n := len(b); n > 0 && b[n-1] != '\n' {
		b = append(b, '\n')
	}
	c := make(audit.ParseCheckpoints(b))
	if b, err = c.AppendTo(b); err != nil {
		return err
	}
	if err := h.makeOwn(auditFolder); err != nil {
		return err
	}
	failpoint.Hit("checkpoint-before", "")
	if _, err := durable.WriteIn(h.state, h.own(checkpointFile), 0o600, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	}); err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	failpoint.Hit("checkpoint-after", "")
	return nil
}

// checkpoint signs how far the chain reached when a run ended, and does nothing
// if that was done. What it says comes from the chain, so that it is the same
// bytes whenever it is written.
func (h *House) checkpoint(ctx context.Context, row run.Row) error {
	if h.rehearsal {
		return nil
	}
	end, found, err := h.endOf(ctx, row)
	if err != nil || !found {
		return err
	}
	lines, err := h.checkpoints()
	if err != nil {
		return err
	}
	for _, c := range lines {
		if c.RunID == row.ID && c.Count == end.Seq && c.Head == end.Hash {
			return nil
		}
	}
	k, err := h.auditKeys()
	if err != nil {
		return err
	}
	return h.addCheckpoint(ctx, func(lines []audit.Checkpoint) audit.Checkpoint {
		return audit.Checkpoint{
			Day: row.AsOf, At: pipeline.InstantOf(h.slot(row.AsOf)), RunID: row.ID, Count: end.Seq, Head: end.Hash,
		}.Next(lines, k.signing)
	})
}

// endOf is the event of the end of the newest run; none of a run that an older
// program finished.
func (h *House) endOf(ctx context.Context, row run.Row) (audit.Event, bool, error) {
	for e, err := range h.Store.AuditBackward(ctx, audit.RunFinished) {
		if err != nil {
			return audit.Event{}, false, err
		}
		return *e, e.Fact("day") == row.AsOf.String(), nil
	}
	return audit.Event{}, false, nil
}

// missingCheckpoint writes the checkpoint of a run that was killed between its
// end and it. Where the chain is not the one that was signed, nothing is signed
// on top of it but what this night does itself.
func (h *House) missingCheckpoint(ctx context.Context) error {
	if h.rehearsal {
		return nil
	}
	if err := h.makeOwn(auditFolder); err != nil {
		return err
	}
	if _, err := durable.Sweep(h.state, h.own(auditFolder), false); err != nil {
		return err
	}
	if err := h.finishRotation(); err != nil {
		return err
	}
	if _, err := h.auditKeys(); err != nil { // before anything is done
		return err
	}
	last, err := h.lastNight(ctx)
	if err != nil || last.ID == "" {
		return err
	}
	if same, err := h.chainAsSigned(ctx); err != nil || !same {
		return err
	}
	return h.checkpoint(ctx, last)
}

// chainAsSigned reports whether the chain holds what the newest checkpoint says.
func (h *House) chainAsSigned(ctx context.Context) (bool, error) {
	lines, err := h.checkpoints()
	if err != nil || len(lines) == 0 {
		return true, err
	}
	newest := lines[len(lines)-1]
	e, found, err := h.Store.AuditEvent(ctx, newest.Count)
	if newest.Count == 0 {
		return newest.Head == audit.Genesis, err
	}
	return found && e.Hash == newest.Head, err
}

// warnAudit is the warning of a night that finds another chain than was signed.
func warnAudit() run.Warning {
	return run.Warning{
		Code: "audit-mismatch",
		JA:   "監査記録が最後のチェックポイントと一致しません。meibo audit verify で確認してください。",
		EN:   "the audit chain is not what its last checkpoint says; run meibo audit verify",
	}
}

// pageAudit prints how far the chain reached when the last night before this
// one ended, so that paper can prove it. Of this night nothing can be said yet.
func (n *night) pageAudit(ctx context.Context) (string, error) {
	for e, err := range n.Store.AuditBackward(ctx, audit.RunFinished) {
		if err != nil {
			return "", err
		}
		day, err := pipeline.ParseDate(e.Fact("day"))
		if err == nil && day < n.row.AsOf {
			return fmt.Sprintf("%s 件数 %d 先頭 %s", day, e.Seq, e.Hash), nil
		}
	}
	return "", nil
}
