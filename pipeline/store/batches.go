package store

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"

	"meibo/pipeline"
)

// PutBatch adds or replaces what became of a file. Its first ReceivedAt stands.
func (tx *Tx) PutBatch(ctx context.Context, b pipeline.Batch) error {
	var set []string
	for _, c := range batchesTable.values() {
		if c != "received_at" {
			set = append(set, c)
		}
	}
	return put(ctx, tx, batchesTable, []pipeline.Batch{b}, set)
}

// Batch returns one batch, and false if there is none of that ID.
func (s *Store) Batch(ctx context.Context, id string) (pipeline.Batch, bool, error) {
	return one(stream(ctx, s.db, batchesTable, batchesTable.query("WHERE batch_id = ?"), id))
}

// Batches returns the batches with these IDs that exist, in order of ID.
func (s *Store) Batches(ctx context.Context, ids []string) ([]pipeline.Batch, error) {
	return lookup(ctx, s.db, batchesTable, "batch_id", ids)
}

// BatchesOf returns the batches made of these very bytes, in order of ID.
func (s *Store) BatchesOf(ctx context.Context, sha256 string) ([]pipeline.Batch, error) {
	return lookup(ctx, s.db, batchesTable, "sha256", []string{sha256})
}

// LastBatches returns the newest batches of a sender and kind, newest first by
// as-of day, then by ID; at most limit.
func (s *Store) LastBatches(ctx context.Context, sender, kind string, limit int) ([]pipeline.Batch, error) {
	return collect(stream(ctx, s.db, batchesTable,
		batchesTable.query("WHERE sender = ? AND kind = ? ORDER BY as_of DESC, batch_id DESC LIMIT ?"), sender, kind, limit))
}

// BatchesNamed returns the batches of files of one name from one sender, in
// order of ID.
func (s *Store) BatchesNamed(ctx context.Context, sender, kind, name string) ([]pipeline.Batch, error) {
	return collect(stream(ctx, s.db, batchesTable,
		batchesTable.ordered("WHERE sender = ? AND kind = ? AND file_name = ?"), sender, kind, name))
}

// BatchesOn returns the batches of one as-of day in order of ID.
func (s *Store) BatchesOn(ctx context.Context, asOf pipeline.Date) ([]pipeline.Batch, error) {
	return collect(stream(ctx, s.db, batchesTable, batchesTable.ordered("WHERE as_of = ?"), asOf.String()))
}

// PutFaults replaces the faults of a batch. Of several with one row, column and
// code the first is kept; a header beyond the column's length is cut.
func (tx *Tx) PutFaults(ctx context.Context, batchID string, faults []*pipeline.Fault) error {
	if err := tx.exec(ctx, "DELETE FROM import_faults WHERE batch_id = ?", []any{batchID}); err != nil {
		return fmt.Errorf("replace faults of %s: %w", batchID, err)
	}
	return tx.AddFaults(ctx, batchID, faults)
}

// AddFaults adds faults of a batch that is taken in piece by piece. One with
// the row, column and code of another that is on file changes nothing.
func (tx *Tx) AddFaults(ctx context.Context, batchID string, faults []*pipeline.Fault) error {
	rows := make([]faultRow, len(faults))
	for i, fault := range faults {
		f := *fault
		f.Key, f.Header, f.Sheet = cut(f.Key, maxColumnKey), cut(f.Header, maxColumnKey), cut(f.Sheet, maxSheet)
		rows[i] = faultRow{
			Batch: batchID, Row: f.Row, Key: f.Key, Code: string(f.Code), Severity: string(f.Severity),
			Sheet: f.Sheet, Header: f.Header, JA: f.MessageJA(), EN: f.MessageEN(),
		}
	}
	return put(ctx, tx, faultsTable, rows, nil)
}

// Faults yields the faults of a batch in order of row, column and code, as they
// were put. File is the batch's file name.
func (s *Store) Faults(ctx context.Context, batchID string) iter.Seq2[*pipeline.Fault, error] {
	return func(yield func(*pipeline.Fault, error) bool) {
		b, _, err := s.Batch(ctx, batchID)
		if err != nil {
			yield(nil, err)
			return
		}
		for r, err := range stream(ctx, s.db, faultsTable, faultsTable.ordered("WHERE batch_id = ?"), batchID) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(r.fault(b.FileName), nil) {
				return
			}
		}
	}
}

// fault takes the position off the messages again, which stand alone in the
// table because its readers may see nothing else.
func (r *faultRow) fault(file string) *pipeline.Fault {
	f := &pipeline.Fault{
		Origin: pipeline.Origin{File: file, Sheet: r.Sheet, Row: r.Row},
		Key:    r.Key, Header: r.Header, Code: pipeline.Code(r.Code), Severity: pipeline.Severity(r.Severity),
	}
	f.JA, f.EN = strings.TrimPrefix(r.JA, f.MessageJA()), strings.TrimPrefix(r.EN, f.MessageEN())
	return f
}

// cut keeps the first n characters.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n])
}
