package store

import (
	"context"
	"fmt"
	"iter"

	"meibo/pipeline"
)

// Deadlines yields all verdicts in order of AgentID. The value is reused.
func (s *Store) Deadlines(ctx context.Context) iter.Seq2[*Deadline, error] {
	return stream(ctx, s.db, deadlinesTable, deadlinesTable.ordered(""))
}

// Deadline returns the verdict on one ID, and false if there is none.
func (s *Store) Deadline(ctx context.Context, id string) (Deadline, bool, error) {
	return one(stream(ctx, s.db, deadlinesTable, deadlinesTable.query("WHERE agent_id = ?"), id))
}

// Expiry yields the rows of expiry_report for one insurer in order of person,
// qualification and certificate, or those of all insurers, by person first,
// when insurer is empty. The value is reused.
func (s *Store) Expiry(ctx context.Context, insurer string) iter.Seq2[*pipeline.ExpiryRow, error] {
	if insurer == "" {
		return stream(ctx, s.db, expiryTable, expiryTable.ordered(""))
	}
	return stream(ctx, s.db, expiryTable, expiryTable.ordered("WHERE insurer_code = ?"), insurer)
}

// ExpiryOf returns the rows of expiry_report about one person.
func (s *Store) ExpiryOf(ctx context.Context, agentID string) ([]pipeline.ExpiryRow, error) {
	return lookup(ctx, s.db, expiryTable, "agent_id", []string{agentID})
}

// PurgeRows yields the rows of one purge list in order of AgentID. The value is
// reused.
func (s *Store) PurgeRows(ctx context.Context, listNo int) iter.Seq2[*pipeline.PurgeRow, error] {
	return stream(ctx, s.db, purgeListTable, purgeListTable.ordered("WHERE list_no = ?"), listNo)
}

// PurgeRowsOf returns one person's rows on all lists, oldest list first.
func (s *Store) PurgeRowsOf(ctx context.Context, agentID string) ([]pipeline.PurgeRow, error) {
	return lookup(ctx, s.db, purgeListTable, "agent_id", []string{agentID})
}

// PurgeLists returns all purge lists, oldest first.
func (s *Store) PurgeLists(ctx context.Context) ([]pipeline.PurgeList, error) {
	return collect(stream(ctx, s.db, purgeListsTable, purgeListsTable.ordered("")))
}

// LastPurgeList returns the newest list, and false before the first.
func (s *Store) LastPurgeList(ctx context.Context) (pipeline.PurgeList, bool, error) {
	return one(stream(ctx, s.db, purgeListsTable, purgeListsTable.query("ORDER BY list_no DESC LIMIT 1")))
}

// PutPurgeList adds or replaces the head of a list.
func (tx *Tx) PutPurgeList(ctx context.Context, l pipeline.PurgeList) error {
	return put(ctx, tx, purgeListsTable, []pipeline.PurgeList{l}, purgeListsTable.values())
}

// Duplicates yields the pairs of duplicate_list in key order. The value is reused.
func (s *Store) Duplicates(ctx context.Context) iter.Seq2[*Duplicate, error] {
	return stream(ctx, s.db, duplicatesTable, duplicatesTable.ordered(""))
}

// DuplicatesOf returns the pairs in which one of the IDs stands, each once, in
// key order.
func (s *Store) DuplicatesOf(ctx context.Context, agentID string) ([]Duplicate, error) {
	return collect(stream(ctx, s.db, duplicatesTable,
		duplicatesTable.ordered("WHERE agent_id_a = ? OR agent_id_b = ?"), agentID, agentID))
}

// Clusters yields all memberships in order of AgentID. The value is reused.
func (s *Store) Clusters(ctx context.Context) iter.Seq2[*Membership, error] {
	return stream(ctx, s.db, clustersTable, clustersTable.ordered(""))
}

// ClusterOf returns the members of the cluster of one ID, itself included, in
// order; none if it stands alone.
func (s *Store) ClusterOf(ctx context.Context, agentID string) ([]Membership, error) {
	m, found, err := one(stream(ctx, s.db, clustersTable, clustersTable.query("WHERE agent_id = ?"), agentID))
	if err != nil || !found {
		return nil, err
	}
	return lookup(ctx, s.db, clustersTable, "cluster_id", []string{m.ClusterID})
}

// Decisions returns the decisions with numbers up to newest, oldest first. An
// undone one is among them, with UndoneAt.
func (s *Store) Decisions(ctx context.Context, newest int) ([]Decision, error) {
	out, err := collect(stream(ctx, s.db, decisionsTable, decisionsTable.ordered("WHERE seq <= ?"), newest))
	if err != nil {
		return nil, err
	}
	at := make(map[int]int, len(out))
	for i := range out {
		at[out[i].No] = i
	}
	for o, err := range stream(ctx, s.db, decisionOriginsTable, decisionOriginsTable.ordered("")) {
		if err != nil {
			return nil, err
		}
		if i, ok := at[o.No]; ok {
			out[i].From = o.From
		}
	}
	return out, nil
}

// NewestDecision is the number of the newest decision, 0 before the first.
func (s *Store) NewestDecision(ctx context.Context) (int, error) {
	var n int
	if err := s.db.GetContext(ctx, &n, "SELECT COALESCE(MAX(seq), 0) FROM decisions"); err != nil {
		return 0, fmt.Errorf("read decisions: %w", err)
	}
	return n, nil
}

// AddDecision appends a decision under the next number, which it returns. Two
// writers at once cannot get the same number: the key refuses the second.
func (tx *Tx) AddDecision(ctx context.Context, d Decision) (int, error) {
	var newest int
	if err := tx.tx.GetContext(ctx, &newest, "SELECT COALESCE(MAX(seq), 0) FROM decisions"); err != nil {
		return 0, fmt.Errorf("read decisions: %w", err)
	}
	d.No = newest + 1
	w := writer{table: decisionsTable.Table}
	if err := w.add(decisionsTable.fields(&d)); err != nil {
		return 0, err
	}
	if err := tx.exec(ctx, w.table.insert(1), w.args); err != nil {
		return 0, fmt.Errorf("add decision %d: %w", d.No, err)
	}
	if d.From == "" {
		return d.No, nil
	}
	return d.No, add(ctx, tx, decisionOriginsTable, &decisionOrigin{d.No, d.From})
}

// UndoDecision marks a decision as undone; false if there is none of that
// number or it was undone before.
func (tx *Tx) UndoDecision(ctx context.Context, no int, by string, at pipeline.Instant) (bool, error) {
	n, err := affected(tx.tx.ExecContext(ctx,
		"UPDATE decisions SET undone_at = ?, undone_by = ? WHERE seq = ? AND undone_at IS NULL", at, by, no))
	if err != nil {
		return false, fmt.Errorf("undo decision %d: %w", no, err)
	}
	return n == 1, nil
}

// BeginReport marks a report as being updated for these readers, so that nobody
// reads half of it. Readers it was never made for get their first row from
// FinishReport. It belongs in Sync.First.
func (tx *Tx) BeginReport(ctx context.Context, report string, readers ...string) error {
	for _, r := range readers {
		err := tx.exec(ctx, "UPDATE report_manifest SET state = ? WHERE report = ? AND reader = ?",
			[]any{ManifestUpdating, report, r})
		if err != nil {
			return fmt.Errorf("begin report %s: %w", report, err)
		}
	}
	return nil
}

// FinishReport marks a report as complete for m.Reader. A later day's run that
// finds the same rows and hash confirms them for its day and puts its name to
// them; a second run of the day changes nothing. It belongs in Sync.Last.
func (tx *Tx) FinishReport(ctx context.Context, m Manifest) error {
	m.State = ManifestDone
	old, found, err := one(stream(ctx, tx.tx, manifestTable,
		manifestTable.query("WHERE report = ? AND reader = ?"), m.Report, m.Reader))
	if err != nil {
		return err
	}
	if found && old.Rows == m.Rows && old.SHA256 == m.SHA256 && old.AsOf >= m.AsOf {
		if old.State == ManifestDone {
			return nil
		}
		m.AsOf, m.RunID = old.AsOf, old.RunID
	}
	return put(ctx, tx, manifestTable, []Manifest{m}, manifestTable.values())
}

// Manifests returns the state of all reports, in order of report and reader.
func (s *Store) Manifests(ctx context.Context) ([]Manifest, error) {
	return collect(stream(ctx, s.db, manifestTable, manifestTable.ordered("")))
}
