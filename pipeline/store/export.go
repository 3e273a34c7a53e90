package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"meibo/pipeline/run"
)

// ErrUpdating says that a report in the register is half written, so that it
// cannot be handed on: its run must be finished first.
var ErrUpdating = errors.New("the report is being updated")

// ExportOptions changes how ExportTo works.
type ExportOptions struct {
	// Done, if set, is called after each table that is in place.
	Done func(table string, d Diff)
}

// exported is a part of the export whose readers see it whole: a report of
// report_manifest, or tables that belong to none.
type exported struct {
	report string
	tables []Table
}

// exportedParts lists the tables for readers but report_manifest, in the order
// in which they are brought over.
func exportedParts() []exported {
	return []exported{
		{"", []Table{runsTable.Table, stepsTable.Table}},
		{"", []Table{faultsTable.Table, batchesTable.Table}},
		{ReportExpiry, []Table{expiryTable.Table}},
		{purgeListTable.Name, []Table{purgeListTable.Table, purgeListsTable.Table}},
		{"", []Table{receiptsTable}},
		{duplicatesTable.Name, []Table{duplicatesTable.Table}},
		{findingsTable.Name, []Table{findingsTable.Table}},
		{"", []Table{deliveriesTable}},
	}
}

// ExportDiff counts what ExportTo would change now, by table, without
// report_manifest. Nothing is written.
func (s *Store) ExportDiff(ctx context.Context, dst *Store) (map[string]Diff, error) {
	out := map[string]Diff{}
	for _, p := range exportedParts() {
		for _, t := range p.tables {
			d, err := s.exportTable(ctx, dst, t, ended(t), scope{}, Sync{})
			if err != nil {
				return nil, fmt.Errorf("compare with the export: %w", err)
			}
			out[t.Name] = d
		}
	}
	return out, nil
}

// ended restricts the journal to runs that have ended: what a run at work says
// of itself would stay untrue in the export until the next night.
func ended(t Table) scope {
	switch t.Name {
	case runsTable.Name:
		return scope{where: "WHERE state <> ?", args: []any{run.StateRunning}}
	case stepsTable.Name:
		return scope{where: "WHERE run_id IN (SELECT run_id FROM runs WHERE state <> ?)", args: []any{run.StateRunning}}
	}
	return scope{}
}

// ExportTo makes the tables for readers in dst, opened with Options.Export,
// equal to those of the register; the register's own tables stay here. Both
// sides are streamed and only differences are written. A report is 更新中 in dst
// from its first difference until all of it is there; one that is 更新中 in the
// register gives ErrUpdating. An export that was cut short is completed by the
// next. While the register's store holds a lease, dst is only written as long
// as nobody took it over.
//
// The Diffs are by table, report_manifest among them.
func (s *Store) ExportTo(ctx context.Context, dst *Store, o ExportOptions) (map[string]Diff, error) {
	if s.export || !dst.export {
		return nil, fmt.Errorf("export: %w", ErrPurpose)
	}
	out := map[string]Diff{}
	for _, p := range exportedParts() {
		if err := s.exportPart(ctx, dst, p, out, o); err != nil {
			return out, fmt.Errorf("export: %w", err)
		}
	}
	if err := s.exportManifest(ctx, dst, scope{}, out); err != nil { // of reports that are files
		return out, fmt.Errorf("export: %w", err)
	}
	return out, nil
}

func (s *Store) exportPart(ctx context.Context, dst *Store, p exported, out map[string]Diff, o ExportOptions) error {
	sync := Sync{Apply: true}
	if p.report != "" {
		readers, err := s.readersOf(ctx, dst, p.report)
		if err != nil {
			return err
		}
		sync.First = func(ctx context.Context, tx *Tx) error { return tx.BeginReport(ctx, p.report, readers...) }
	}
	for _, t := range p.tables {
		if t.Name == faultsTable.Name {
			if err := s.withdrawBatches(ctx, dst); err != nil {
				return err
			}
		}
		d, err := s.exportTable(ctx, dst, t, ended(t), scope{}, sync)
		out[t.Name] = d
		if err != nil {
			return err
		}
		if o.Done != nil {
			o.Done(t.Name, d)
		}
	}
	if p.report == "" {
		return nil
	}
	return s.exportManifest(ctx, dst, scope{where: "WHERE report = ?", args: []any{p.report}}, out)
}

// readersOf are all readers of a report on either side.
func (s *Store) readersOf(ctx context.Context, dst *Store, report string) (readers []string, err error) {
	for _, side := range []*Store{s, dst} {
		manifests, err := side.Manifests(ctx)
		if err != nil {
			return nil, err
		}
		for _, m := range manifests {
			if m.Report != report {
				continue
			}
			if side == s && m.State != ManifestDone {
				return nil, fmt.Errorf("%s for %s: %w", report, m.Reader, ErrUpdating)
			}
			readers = append(readers, m.Reader)
		}
	}
	slices.Sort(readers)
	return slices.Compact(readers), nil
}

// exportManifest brings over what the register says of its reports, which also
// ends their 更新中.
func (s *Store) exportManifest(ctx context.Context, dst *Store, sc scope, out map[string]Diff) error {
	d, err := s.exportTable(ctx, dst, manifestTable.Table, sc, sc, Sync{Apply: true})
	sum := out[manifestTable.Name]
	sum.Inserted, sum.Updated, sum.Deleted = sum.Inserted+d.Inserted, sum.Updated+d.Updated, sum.Deleted+d.Deleted
	sum.Unchanged = d.Unchanged // the last pass sees all reports
	out[manifestTable.Name] = sum
	return err
}

// withdrawBatches takes the files away whose account has changed, so that
// nobody reads some of their faults; they come back behind these.
func (s *Store) withdrawBatches(ctx context.Context, dst *Store) error {
	withdraw := scope{apply: func(ctx context.Context, tx *Tx, put *writer, remove []any) error {
		width := len(put.table.Columns)
		for row := range slices.Chunk(put.args, width) {
			remove = append(remove, row[:put.table.Key]...)
		}
		_, err := deleteKeys(ctx, tx, put.table, remove)
		return err
	}}
	_, err := s.exportTable(ctx, dst, batchesTable.Table, scope{}, withdraw, Sync{Apply: true})
	return err
}

// exportTable makes one table of dst, within there, equal to that of s, within here.
func (s *Store) exportTable(ctx context.Context, dst *Store, t Table, here, there scope, o Sync) (Diff, error) {
	source, err := openStored(ctx, s.db, t, here)
	if err != nil {
		return Diff{}, err
	}
	defer source.rows.Close()
	apply := there.apply
	if apply == nil {
		apply = replaceRows
	}
	there.apply = func(ctx context.Context, tx *Tx, put *writer, remove []any) error {
		if err := s.StillHolds(ctx); err != nil {
			return err
		}
		return apply(ctx, tx, put, remove)
	}
	// The rows pass through the one buffer that source reads into.
	m := mapping[struct{}]{t, func(*struct{}) []field { return fieldsOf(source.row) }}
	return syncTable(ctx, dst, m, there, source.each(), o)
}

// each steps through the rows; what it yields stands in s.row.
func (s *storedRows) each() iter.Seq2[*struct{}, error] {
	return func(yield func(*struct{}, error) bool) {
		for s.ok {
			if !yield(&struct{}{}, nil) {
				return
			}
			if err := s.next(); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}
