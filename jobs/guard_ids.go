package jobs

import (
	"context"
	"fmt"

	"meibo/pipeline"
	"meibo/pipeline/intake"
	"meibo/pipeline/purge"
	"meibo/pipeline/run"
)

// kindAgent is the kind of surrogate that stands for a 募集人ID, in events, in
// purge_guard and in the ledger.
const kindAgent = "agent"

// namesAgent is the person a row brings facts about; empty for kinds that bring
// none into the register.
func namesAgent(r *intake.Record) string {
	switch v := r.Value.(type) {
	case *pipeline.Agent:
		return v.ID
	case *intake.ExamResult:
		return v.AgentID
	case *pipeline.Activity:
		return v.AgentID
	case *pipeline.RegistrationEvent:
		return v.AgentID
	case *pipeline.Correction:
		return v.AgentID
	}
	return ""
}

// reappeared parts the rows of a chunk whose 募集人ID was purged from the others.
// They are set aside whatever kind they are of: a person who was deleted comes
// back by the word of two people only (rules.md §4.7).
func (t *taking) reappeared(ctx context.Context, chunk []*intake.Record) (rest []*intake.Record, back []finding, err error) {
	who := ids(chunk, namesAgent)
	guarded, err := t.guardedIDs(ctx, who)
	if err != nil || len(guarded) == 0 {
		return chunk, nil, err
	}
	m := &meeting{}
	for _, r := range chunk {
		if !guarded[namesAgent(r)] {
			rest = append(rest, r)
			continue
		}
		m.fault(r, []*pipeline.Fault{intake.Against(intake.CodePurgedID)})
	}
	return rest, m.found, nil
}

// guardedIDs are those of the IDs that were purged and may not come back unseen.
func (h *House) guardedIDs(ctx context.Context, agentIDs []string) (map[string]bool, error) {
	any, err := h.Store.HasGuard(ctx)
	if err != nil || !any {
		return nil, err
	}
	k, err := h.auditKeys()
	if err != nil {
		return nil, err
	}
	byHMAC := make(map[string]string, len(agentIDs))
	hmacs := make([]string, 0, len(agentIDs))
	for _, id := range agentIDs {
		if id == "" {
			continue
		}
		s := k.surrogates.Surrogate(kindAgent, id)
		byHMAC[s], hmacs = id, append(hmacs, s)
	}
	rows, err := h.Store.Guarded(ctx, hmacs)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, g := range rows {
		out[byHMAC[g.IDHMAC]] = true
	}
	return out, nil
}

// purgedSince reports whether anything was purged on a day or later: the same
// bytes then say something new, for the register is no longer what they made it.
func (n *night) purgedSince(ctx context.Context, day pipeline.Date) (bool, error) {
	receipts, err := n.Store.Receipts(ctx)
	if err != nil {
		return false, err
	}
	for i := range receipts {
		if r := &receipts[i]; r.AsOf >= day && (r.Kind == purge.ReceiptPurge || r.Kind == purge.ReceiptReplayed) {
			return true, nil
		}
	}
	return false, nil
}

// Return is one row that was set aside because its 募集人ID was purged. It names
// where the row stands and not the person.
type Return struct {
	BatchID string        `json:"batch_id"`
	AsOf    pipeline.Date `json:"as_of"`
	Sender  string        `json:"sender"`
	Kind    string        `json:"kind"`
	File    string        `json:"file"`
	SHA256  string        `json:"sha256"`
	Sheet   string        `json:"sheet,omitempty"`
	Row     int           `json:"row"`
}

// Returns lists the rows that were set aside as 削除済みIDの再出現, in order of
// file and row.
func (h *House) Returns(ctx context.Context) ([]Return, error) {
	rows, err := h.Store.FaultsCoded(ctx, intake.CodePurgedID)
	if err != nil {
		return nil, err
	}
	out := []Return{}
	for _, x := range rows {
		b := x.Batch
		out = append(out, Return{
			BatchID: b.ID, AsOf: b.AsOf, Sender: b.Sender, Kind: b.Kind, File: b.FileName, SHA256: b.SHA256, Sheet: x.Sheet, Row: x.Row,
		})
	}
	return out, nil
}

// warnReturned tells compliance how many rows of the night name purged IDs.
func (n *night) warnReturned(ctx context.Context, w *run.Work, files []run.File) error {
	all, err := n.Returns(ctx)
	if err != nil {
		return err
	}
	own := map[string]bool{}
	for _, f := range files {
		own[f.BatchID] = true
	}
	rows := 0
	for _, r := range all {
		if own[r.BatchID] {
			rows++
		}
	}
	if rows > 0 {
		w.Warn(run.Warning{
			Code: string(intake.CodePurgedID),
			JA:   fmt.Sprintf("削除済みの募集人IDが %d 行に再び現れたため、取り込まずに除けました。meibo purge returns で確かめてください。", rows),
			EN:   fmt.Sprintf("%d rows name purged agent IDs and were set aside; see meibo purge returns", rows),
		})
	}
	return nil
}
