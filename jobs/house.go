// Package jobs is the work of the house, step by step, and its schedule.
package jobs

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"meibo/pipeline"
	"meibo/pipeline/access"
	"meibo/pipeline/conduct"
	"meibo/pipeline/deadline"
	"meibo/pipeline/durable"
	"meibo/pipeline/identity/engine"
	"meibo/pipeline/intake"
	"meibo/pipeline/report"
	"meibo/pipeline/run"
	"meibo/pipeline/source"
	"meibo/pipeline/store"
	"meibo/schemas"
)

// ErrConfig says that the configuration or a rule table is wrong.
var ErrConfig = errors.New("configuration")

// Options is what a House gets from outside besides its configuration.
type Options struct {
	Version string // of the program, stated in every report
	Log     *slog.Logger
	Now     func() time.Time // measures and stamps; decides nothing
	Watch   func(step string, w *run.Work) (ended func(run.StepRow))

	Env       func(string) string // where passwords of senders' workbooks may stand; nil: nowhere
	Decrypter source.Decrypter    // opens such workbooks

	// Disk opens the folders of the house; nil is the real disk. A test hands in
	// one that fails. Only the database and what a workbook spills while it is
	// made go past it.
	Disk durable.Disk
	// Block is how many bytes of an archived file are read at once; 0 is
	// durable.BlockSize. A test whose files are small hands in less, so that they
	// are read in several pieces too.
	Block int
	// Connector stands between the databases' pools and their drivers; nil is
	// nothing. A test breaks calls and connections there.
	Connector func(driver.Connector) driver.Connector
}

// House holds what the jobs work with: one store, one archive, the layouts and
// the rules.
type House struct {
	Config  Config
	Store   *store.Store
	Rules   Rules
	layouts intake.Layouts
	archive *durable.Archive
	kept    durable.Folder // of the archive
	state   durable.Folder

	past     bool   // the register has been at work before: its audit chain is not empty
	lost     bool   // and yet state_dir knew nothing of it but its keys, when this process began
	apart    string // part of the folder that has the files of this register; empty: the folder itself
	stateDir string // where state lies; of a house that only looks not Config's
	zone     *time.Location
	o        Options
	secrets  secrets
	keyring  *keys // of the audit chain, once read
	wishes   wishes

	confirmed     bool     // other settings than an unfinished run was begun with
	confirmedRuns []string // of these runs alone

	// Of a dry run: the inbox stays as it is, any day may be looked at, and
	// files that an unfinished run had archived are read where they are.
	rehearsal bool
	older     *durable.Archive
	cleared   map[string]bool // paths that earlier nights of it took out of the inbox
	model     engine.Model    // of the house it was copied from

	scratch  string // folder of a house that was opened only to look; removed by Close
	standsIn bool   // it is an empty one
}

// Rules are the rule tables in all their versions.
type Rules struct {
	Kinds     *deadline.KindHistory
	Retention *deadline.Retention
	Conduct   *conduct.History
	Access    *access.Matrix

	Disclosure *report.Disclosure // what leaves the house for whom
}

// LoadRules reads the rule tables shipped in the binary.
func LoadRules() (Rules, error) {
	var r Rules
	for name, parse := range map[string]func(string, []byte) error{
		"qualifications.yaml": func(n string, b []byte) (err error) { r.Kinds, err = deadline.ParseKinds(n, b); return },
		"access.yaml":         func(n string, b []byte) (err error) { r.Access, err = access.ParseMatrix(n, b); return },
		"conduct.yaml":        func(n string, b []byte) (err error) { r.Conduct, err = conduct.Parse(n, b); return },
		"delivery.yaml":       func(n string, b []byte) (err error) { r.Disclosure, err = report.ParseDisclosure(n, b); return },
		"retention.yaml":      func(n string, b []byte) (err error) { r.Retention, err = deadline.ParseRetention(n, b); return },
	} {
		b, err := fs.ReadFile(schemas.FS, "rules/"+name)
		if err != nil {
			return r, fmt.Errorf("read rules: %w", err)
		}
		if err := parse(name, b); err != nil {
			return r, fmt.Errorf("rules: %w", err)
		}
	}
	return r, nil
}

// Open makes a house ready for work. SQLite is created and migrated by itself.
func Open(ctx context.Context, c Config, o Options) (*House, error) {
	if err := c.apart(); err != nil { // flags may have moved the folders
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	so := c.storeOptions(o.Connector)
	so.Now = o.Now
	s, err := store.Open(ctx, c.DB, so)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	h, err := furnish(c, o, s)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if _, _, err := h.locate(ctx); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// furnish builds a house around an open store.
func furnish(c Config, o Options, s *store.Store) (*House, error) {
	h := &House{Config: c, Store: s, o: o, stateDir: c.StateDir}
	var err error
	if h.zone, err = c.Location(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, c.validate())
	}
	if h.Rules, err = LoadRules(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, shipped(err))
	}
	if h.layouts, err = intake.LoadLayouts(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, shipped(err))
	}
	if h.secrets, err = loadSecrets(c, o.Env); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if err := errors.Join(h.knowsExpected(), h.checkAddresses()); err != nil {
		return nil, err
	}
	if _, err := h.mailer(); err != nil {
		return nil, err
	}
	if h.state, err = o.folder(folderState, c.StateDir, 0o700); err != nil {
		return nil, err
	}
	if h.kept, err = o.folder(folderArchive, filepath.Join(c.StateDir, "archive"), 0o700); err != nil {
		return nil, errors.Join(err, h.state.Close())
	}
	h.archive = durable.NewArchive(h.kept)
	return h, nil
}

// shipped says that a table within the program is wrong, unless it says so itself
// in both languages: a build that its tests have not seen.
func shipped(err error) error {
	var faults pipeline.SettingFaults
	if errors.As(err, &faults) {
		return err
	}
	return pipeline.SettingFaults{{
		JA: "プログラムに含まれる規則の表に誤りがあり、設定では直せません。この版の提供元に次の英文を伝えてください: " + err.Error(), EN: err.Error(), Err: err,
	}}
}

// knowsExpected refuses an insurer of whom a kind is expected that no file can
// have: it would be late every night.
func (h *House) knowsExpected() error {
	for _, i := range h.Config.Insurers {
		for _, kind := range i.Expect {
			if _, known := h.layouts[kind]; !known {
				return fmt.Errorf("%w: insurer %s: expect %q: want one of %v", ErrConfig, i.Code, kind, h.layouts.Kinds())
			}
		}
	}
	return nil
}

// Close gives back the store and the archive.
func (h *House) Close() error {
	err := errors.Join(h.Store.Close(), h.kept.Close(), h.state.Close())
	if h.scratch != "" {
		err = errors.Join(err, os.RemoveAll(h.scratch))
	}
	return err
}

// rulesOn picks the versions of the rules in force on the as-of day.
func (h *House) rulesOn(asOf pipeline.Date) (*deadline.Kinds, *deadline.Settings, error) {
	kinds, err := h.Rules.Kinds.KindsOn(asOf)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrConfig, noVersion("", asOf, err))
	}
	settings, err := h.Rules.Retention.RulesOn(asOf)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrConfig, noVersion("", asOf, err))
	}
	return kinds, settings, nil
}

// noVersion says that no version of the rules holds on a day; file is that of
// rules which are not the shipped ones.
func noVersion(file string, asOf pipeline.Date, err error) error {
	return pipeline.SettingFaults{{
		File: file, EN: err.Error(), Err: err,
		JA: fmt.Sprintf("%s には、まだどの版の規則も適用されていません。--as-of の日付を確かめてください。", asOf),
	}}
}

// intakeKinds is the table of 資格種類コード as intake sees it.
func intakeKinds(kinds *deadline.Kinds) map[string]intake.Kind {
	out := map[string]intake.Kind{}
	for _, code := range kinds.Codes() {
		k, _ := kinds.Kind(code)
		out[code] = intake.Kind{
			JudgedFrom: k.JudgedFrom,
			Expiry: func(judged pipeline.Date) pipeline.Date {
				last, _ := kinds.ByRule(&pipeline.Qualification{Code: code, JudgedOn: judged})
				return last
			},
		}
	}
	return out
}
