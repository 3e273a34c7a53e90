package jobs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

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
// file and row: those whose 募集人ID is still guarded, and not those that two people
// let in again since.
func (h *House) Returns(ctx context.Context) ([]Return, error) {
	rows, err := h.setAside(ctx)
	if err != nil {
		return nil, err
	}
	out := []Return{}
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].BatchID == rows[0].BatchID {
			n++
		}
		still, err := h.stillGuarded(ctx, rows[:n])
		if err != nil {
			return nil, fmt.Errorf("rows of batch %s: %w", rows[0].BatchID, err)
		}
		out, rows = append(out, still...), rows[n:]
	}
	return out, nil
}

// setAside are all rows that were ever set aside so and are on record.
func (h *House) setAside(ctx context.Context) ([]Return, error) {
	rows, err := h.Store.FaultsCoded(ctx, intake.CodePurgedID)
	if err != nil {
		return nil, err
	}
	var out []Return
	for _, x := range rows {
		b := x.Batch
		out = append(out, Return{
			BatchID: b.ID, AsOf: b.AsOf, Sender: b.Sender, Kind: b.Kind, File: b.FileName, SHA256: b.SHA256, Sheet: x.Sheet, Row: x.Row,
		})
	}
	return out, nil
}

// stillGuarded are those rows of one batch that name a guarded 募集人ID. The register
// does not know whom a row named: the archived file does. Where it is gone or cannot
// be read, nobody can say that a row is done with, and it stays.
func (h *House) stillGuarded(ctx context.Context, rows []Return) ([]Return, error) {
	named, err := h.namedInRows(rows)
	if err != nil || named == nil {
		return rows, err
	}
	var all []string
	for _, ids := range named {
		all = append(all, ids...)
	}
	guarded, err := h.guardedIDs(ctx, all)
	if err != nil {
		return nil, err
	}
	var out []Return
	for _, r := range rows {
		ids, read := named[r.Row]
		if !read || slices.ContainsFunc(ids, func(id string) bool { return guarded[id] }) {
			out = append(out, r)
		}
	}
	return out, nil
}

// namedInRows are the cells of rows of one batch, each as a 募集人ID would be, by row
// number, of all sheets together; nil: its file cannot be read any more.
func (h *House) namedInRows(rows []Return) (map[int][]string, error) {
	r := &rows[0]
	layout := h.layouts[r.Kind]
	if layout == nil {
		return nil, nil
	}
	file, err := h.openArchived(run.File{SHA256: r.SHA256})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var plain []byte
	table, err := layout.Open(file, file.size, r.File, file.options(h.reading(r.Sender, &plain)))
	if err != nil {
		return nil, unreadable(err)
	}
	defer table.Close()
	out := map[int][]string{}
	for row, err := range table.Rows() {
		if err = rowFault(err); err != nil {
			return nil, unreadable(err)
		}
		if row == nil || !slices.ContainsFunc(rows, func(x Return) bool { return x.Row == row.Number }) {
			continue
		}
		if out[row.Number] == nil {
			out[row.Number] = []string{}
		}
		for _, c := range row.Cells {
			out[row.Number] = append(out[row.Number], intake.AgentID(c.Text))
		}
	}
	return out, nil
}

// warnReturned tells compliance how many rows of the night name purged IDs.
func (n *night) warnReturned(ctx context.Context, w *run.Work, files []run.File) error {
	all, err := n.setAside(ctx)
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
