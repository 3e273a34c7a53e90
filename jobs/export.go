package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"meibo/pipeline/failpoint"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// insurerViews keeps the views of a database to the insurers that get reports.
// On a server the account of the nights may not make views: that is a warning,
// and no reason to stop.
func (n *night) insurerViews(ctx context.Context, w *run.Work, s *store.Store) error {
	readers, err := n.expiryReaders(ctx)
	if err != nil {
		return err
	}
	err = s.SetInsurerViews(ctx, false, n.Config.insurersAmong(readers)...)
	if errors.Is(err, store.ErrDenied) {
		w.Warn(run.Warning{
			Code: "views-not-current",
			JA:   fmt.Sprintf("保険会社用ビューを更新する権限がありません（%s）。meibo migrate を実行してください。", s.Redacted()),
			EN:   fmt.Sprintf("no right to bring the insurers' views up to date (%s): run meibo migrate", s.Redacted()),
		})
		return nil
	}
	return err
}

// insurersAmong leaves out codes that belong to no known insurer: nobody is
// there to read what is shown to them.
func (c Config) insurersAmong(codes []string) []string {
	return slices.DeleteFunc(slices.Clone(codes), func(code string) bool {
		role, _ := c.role(code)
		return role != RoleInsurer || !insurerCode.MatchString(code)
	})
}

// export brings the tables for readers into a database of their own. Rows of
// the journal and of the manifest do not count as work.
func (n *night) export(ctx context.Context, w *run.Work) (err error) {
	if n.rehearsal {
		return nil // readers get what stands in the tables
	}
	dst, err := store.Open(ctx, n.Config.Export.DB, n.Config.exportOptions(n.o.Connector))
	if err != nil {
		return fmt.Errorf("open export: %w", err)
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	if err := n.insurerViews(ctx, w, dst); err != nil {
		return err
	}
	work, err := n.exportWork(ctx, dst)
	if err != nil {
		return err
	}
	_, err = n.Store.ExportTo(ctx, dst, store.ExportOptions{Done: func(table string, _ store.Diff) {
		failpoint.Hit("export-table", table)
	}})
	if err == nil {
		w.Add(diffCounts(work))
	}
	return err
}

// exportWork is how much there is to bring over. It is noted before anything is,
// for no transaction spans two databases: an attempt that goes on with one that
// was cut short counts by that note.
func (n *night) exportWork(ctx context.Context, dst *store.Store) (sum store.Diff, err error) {
	work, err := n.noted(ctx, "export")
	if err != nil || work.sum != sum {
		return work.sum, err
	}
	tables, err := n.Store.ExportDiff(ctx, dst)
	if err != nil {
		return sum, err
	}
	for table, d := range tables {
		if table != "runs" && table != "run_steps" {
			work.kept(d)
		}
	}
	return work.sum, n.Store.Write(ctx, func(tx *store.Tx) error { return work.with(ctx, tx, sum) })
}

// Migrated is a database whose schema is up to date.
type Migrated struct {
	Database string `json:"database"` // without its password
	Schema   int64  `json:"schema"`
	Export   bool   `json:"export"` // the export's, which holds tables for readers only
}

// Migrate brings the schema of the register, and of the export where there is
// one, up to this program, and makes the insurers' views anew: of those that
// are configured and of those that got reports, as far as they still may. now
// tells whether a run of an older program is still at work: *run.ErrHeld.
func Migrate(ctx context.Context, c Config, now func() time.Time) ([]Migrated, error) {
	o := store.Options{KeepSchema: true, TLSCA: c.TLSCA, Now: now}
	register, readers, err := migrate(ctx, c, c.DB, nil, o)
	if err != nil || c.Export.DB == "" {
		return []Migrated{register}, err
	}
	o.Export = true
	export, _, err := migrate(ctx, c, c.Export.DB, readers, o)
	return []Migrated{register, export}, err
}

// migrate does one database; readers are insurers besides those it knows.
func migrate(ctx context.Context, c Config, db string, readers []string, o store.Options) (m Migrated, known []string, err error) {
	s, err := store.Open(ctx, db, o)
	if err != nil {
		return m, nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	m = Migrated{Database: s.Redacted(), Export: o.Export}
	if err := s.Migrate(ctx); err != nil {
		return m, nil, err
	}
	if m.Schema, err = s.SchemaVersion(ctx); err != nil {
		return m, nil, err
	}
	if known, err = expiryReaders(ctx, c, s); err != nil {
		return m, nil, err
	}
	known = append(known, readers...)
	slices.Sort(known)
	known = c.insurersAmong(slices.Compact(known))
	return m, known, s.SetInsurerViews(ctx, true, known...)
}
