package store

import (
	"context"
	"fmt"
	"iter"

	"meibo/pipeline"
	"meibo/pipeline/purge"
)

// SyncDeadlines makes table deadlines equal to the computed verdicts, which
// come in order of AgentID.
func (s *Store) SyncDeadlines(ctx context.Context, computed iter.Seq2[*Deadline, error], o Sync) (Diff, error) {
	return syncTable(ctx, s, deadlinesTable, scope{}, computed, o)
}

// SyncExpiry makes expiry_report equal to the computed rows, which come in
// order of AgentID, InsurerCode, QualificationCode and CertificateNo.
func (s *Store) SyncExpiry(ctx context.Context, computed iter.Seq2[*pipeline.ExpiryRow, error], o Sync) (Diff, error) {
	return syncTable(ctx, s, expiryTable, scope{}, computed, o)
}

// SyncPurgeList makes the rows of one list equal to the computed ones, which
// come in order of AgentID and all bear that number.
func (s *Store) SyncPurgeList(ctx context.Context, listNo int, computed iter.Seq2[*pipeline.PurgeRow, error], o Sync) (Diff, error) {
	checked := func(yield func(*pipeline.PurgeRow, error) bool) {
		for r, err := range computed {
			if err == nil && r.ListNo != listNo {
				err = fmt.Errorf("a row of list %d came for list %d", r.ListNo, listNo)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
	return syncTable(ctx, s, purgeListTable, scope{where: "WHERE list_no = ?", args: []any{listNo}}, checked, o)
}

// SyncPurgeChanges makes the changes noted for one list equal to the computed
// ones, which come in order of AgentID. They get its number.
func (s *Store) SyncPurgeChanges(ctx context.Context, listNo int, computed iter.Seq2[*purge.Change, error], o Sync) (Diff, error) {
	numbered := func(yield func(*purge.Change, error) bool) {
		for c, err := range computed {
			if err == nil {
				c.ListNo = listNo
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
	return syncTable(ctx, s, changesTable, scope{where: "WHERE list_no = ?", args: []any{listNo}}, numbered, o)
}

// SyncDuplicates makes duplicate_list equal to the computed pairs, which come
// in order of AgentA and AgentB.
func (s *Store) SyncDuplicates(ctx context.Context, computed iter.Seq2[*Duplicate, error], o Sync) (Diff, error) {
	return syncTable(ctx, s, duplicatesTable, scope{}, computed, o)
}

// SyncClusters makes table clusters equal to the computed memberships, which
// come in order of AgentID. People who stand alone need no row.
func (s *Store) SyncClusters(ctx context.Context, computed iter.Seq2[*Membership, error], o Sync) (Diff, error) {
	return syncTable(ctx, s, clustersTable, scope{}, computed, o)
}

// SyncDuplicateFlags sets 重複フラグ for the IDs that come, in order, and clears
// it for all others. In the Diff a flag set is an insert, one cleared a delete.
func (s *Store) SyncDuplicateFlags(ctx context.Context, flagged iter.Seq2[string, error], o Sync) (Diff, error) {
	return s.syncFlag(ctx, "duplicate_flag", flagged, o)
}

// SyncAffiliated does the same for 保険会社所属フラグ.
func (s *Store) SyncAffiliated(ctx context.Context, flagged iter.Seq2[string, error], o Sync) (Diff, error) {
	return s.syncFlag(ctx, "affiliated", flagged, o)
}

// syncFlag sees the agents with the flag as a table of IDs: a row that comes is
// a flag to set, one that goes a flag to clear.
func (s *Store) syncFlag(ctx context.Context, column string, flagged iter.Seq2[string, error], o Sync) (Diff, error) {
	ids := mapping[string]{
		Table{Name: "agents", Key: 1, Columns: []Column{col("agent_id", maxID)}},
		func(id *string) []field { return []field{(*text)(id)} },
	}
	sc := scope{
		where: "WHERE " + quote(column) + " = 1",
		apply: func(ctx context.Context, tx *Tx, set *writer, clear []any) error {
			if err := tx.flag(ctx, column, 0, clear); err != nil {
				return err
			}
			return tx.flag(ctx, column, 1, set.args)
		},
	}
	computed := func(yield func(*string, error) bool) {
		for id, err := range flagged {
			if !yield(&id, err) {
				return
			}
		}
	}
	return syncTable(ctx, s, ids, sc, computed, o)
}

// flag sets one flag of the agents with these IDs, all of whom must exist.
func (tx *Tx) flag(ctx context.Context, column string, value int, ids []any) error {
	if len(ids) == 0 {
		return nil
	}
	in := marks(len(ids))
	n, err := affected(tx.tx.ExecContext(ctx,
		"UPDATE agents SET "+quote(column)+" = ? WHERE agent_id IN ("+in+")", append([]any{value}, ids...)...))
	if err != nil {
		return err
	}
	if n != int64(len(ids)) {
		return fmt.Errorf("%d of %d agents to flag are not in agents", int64(len(ids))-n, len(ids))
	}
	return nil
}
