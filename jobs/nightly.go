package jobs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"meibo/pipeline"
	"meibo/pipeline/deadline"
	"meibo/pipeline/durable"
	"meibo/pipeline/identity/engine"
	"meibo/pipeline/purge"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// Nightly is the name of the main job.
const Nightly = "nightly"

// stepReceive is the name of its first step.
const stepReceive = "receive"

// night is one run of the main job: its day, and the rules in force on it.
type night struct {
	*House
	row      run.Row
	kinds    *deadline.Kinds
	settings *deadline.Settings
	wished   wishes
	begins   bool         // it is journaled for the first time, with what was wished of it
	model    engine.Model // by which identities are weighed
}

// steps is the whole night on one page. Each step leaves the same result
// whether it ran once or was cut short and ran again.
func (n *night) steps() []run.Step {
	steps := []run.Step{
		{Name: stepReceive, Do: n.receive},   // what lies in the inbox: listed, hashed, archived
		{Name: "import", Do: n.importFiles},  // files → register; faulty rows set aside, faulty files refused
		{Name: "inquiries", Do: n.inquiries}, // records of inquiries whose time is over: destroyed (要領 §12)
		{Name: "answers", Do: n.answers},     // 一括照会 that found one person → an activity of theirs
		{Name: "identity", Do: n.identity},   // register → pairs and clusters of IDs, 重複フラグ
		{Name: "deadlines", Do: n.deadlines}, // register → when each record must go and why; 保険会社所属フラグ
		{Name: "conduct", Do: n.conduct},     // records of work → what the rules found in them
		{Name: "lists", Do: n.lists},         // verdicts → expiry_report, purge_list
		{Name: "reports", Do: n.reports},     // lists → workbooks in the outbox
		{Name: "deliver", Do: n.deliver},     // workbooks → their readers, and the log of it
	}
	if n.Config.Export.DB != "" { // last, so that a server that is away keeps no workbook from its reader
		steps = append(steps, run.Step{Name: "export", Do: n.export}) // lists → a database of its own for readers
	}
	return steps
}

// Result is what became of a night, for the operator and the exit code.
type Result struct {
	run.Report
	Refused []string // files refused whole, as sender/name
	Held    []string // files that wait for an operator's word, as sender/name
	Drifted []string // whose files lie far from their earlier ones, as sender/kind
	Late    []string // senders of whom an expected file is missing, as sender/kind
	Behind  []string // reports that are not delivered yet, as reader/report (reason)
	Overdue int      // records past their first day of deletion

	Changes []store.TableChanges // of a dry run: what the night would write
}

// Night runs the main job for a day. An unfinished run is finished first, on
// its own day. It holds the lease for as long as it works.
func (h *House) Night(ctx context.Context, asOf pipeline.Date, scheduled bool) (r Result, err error) {
	err = h.alone(ctx, func(ctx context.Context) error {
		finished, err := h.finishPurge(ctx)
		if err != nil {
			return err
		}
		earlier, found, err := h.resume(ctx)
		if err != nil {
			r = earlier
			return err
		}
		row, err := h.begin(ctx, asOf)
		if err != nil {
			r = earlier // it was finished all the same
			return err
		}
		wished := h.wishes
		wished.scheduled = scheduled
		r, err = h.whole(ctx, row, wished)
		r.Warnings = append(append(h.elsewhere(), finished...), r.Warnings...)
		if found {
			r.Warnings = append(append([]run.Warning{{
				Code: "finished-earlier-run",
				JA:   fmt.Sprintf("終わっていなかった実行 %s（%s 分）を先に完了しました。", earlier.Run.ID, earlier.Run.AsOf),
				EN:   fmt.Sprintf("finished the unfinished run %s (for %s) first", earlier.Run.ID, earlier.Run.AsOf),
			}}, ofPurges(earlier.Warnings)...), r.Warnings...)
			// What it held was looked at again.
			r.Refused, r.Drifted = append(earlier.Refused, r.Refused...), append(earlier.Drifted, r.Drifted...)
		}
		return err
	})
	return r, err
}

// whole is a night with all that belongs to it: its steps, begun or gone on with,
// and the execution that follows them in mode automatic.
func (h *House) whole(ctx context.Context, row run.Row, wished wishes) (Result, error) {
	r, err := h.night(ctx, row, wished)
	if err != nil || h.Config.Purge.Mode != purge.ModeAutomatic {
		return r, err
	}
	told, err := h.purgeAutomatically(ctx, row)
	r.Warnings = append(r.Warnings, told...)
	return r, err
}

// begin is a new attempt for the day, which takes notice of the decisions made
// so far and of none that come while it works.
func (h *House) begin(ctx context.Context, asOf pipeline.Date) (run.Row, error) {
	hash, err := h.configHash(asOf)
	if err != nil {
		return run.Row{}, err
	}
	row, err := h.runner().Begin(ctx, Nightly, asOf, h.o.Version, hash)
	if h.rehearsal && errors.Is(err, run.ErrBackward) {
		err = nil
	}
	if err != nil {
		return row, err
	}
	if row.DecisionNo, err = h.Store.NewestDecision(ctx); err != nil {
		return row, err
	}
	return row, h.keepSettings(ctx, row)
}

// Resume goes on with the unfinished run, a purge or a night, on its own day, with its own files
// and its own settings; found is false if there is none. A night whose execution in
// mode automatic is still to come is unfinished, too. *ErrConfigChanged says that
// the settings are no longer those it was begun with.
func (h *House) Resume(ctx context.Context) (r Result, found bool, err error) {
	err = h.alone(ctx, func(ctx context.Context) (err error) {
		e, purging, err := h.resumePurge(ctx)
		if purging {
			r, found = Result{Report: e.Report}, true
			if err == nil {
				_, _, err = h.owed(ctx) // that was it
			}
			return err
		}
		r, found, err = h.resume(ctx)
		return err
	})
	return r, found, err
}

// alone holds the lease of the main job while fn works.
func (h *House) alone(ctx context.Context, fn func(context.Context) error) error {
	return run.Hold(ctx, h.Store, Nightly, h.o.Now, func(ctx context.Context) error {
		if err := h.claim(ctx); err != nil {
			return err
		}
		o, err := h.beyond(ctx)
		if err != nil {
			return err
		}
		if err := o.behind(); err != nil {
			return err
		}
		if err := h.tidy(); err != nil {
			return err
		}
		if err := h.heal(ctx, o); err != nil {
			return err
		}
		if err := h.missingCheckpoint(ctx); err != nil {
			return err
		}
		return fn(ctx)
	})
}

// tidy removes what a killed process left half-written: it holds data of
// people, and nobody else would find it. Only who holds the lease may do so; of
// the outbox, openBox does the same reader by reader.
func (h *House) tidy() error {
	if err := h.emptyTemp(); err != nil {
		return err
	}
	if err := errors.Join(sweepDryRuns(h.state), sweepKeys(h.state)); err != nil {
		return err
	}
	if _, err := durable.Sweep(h.kept, ".", true); err != nil { // a redacted copy is written beside its original
		return err
	}
	for _, dir := range []string{path.Dir(h.own(ledgerFile)), h.own(receiptsFolder), h.own(undoFolder), h.own(noticesFolder)} {
		if _, err := durable.Sweep(h.state, dir, false); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (h *House) resume(ctx context.Context) (Result, bool, error) {
	row, found, err := h.Store.Unfinished(ctx, Nightly)
	if err != nil {
		return Result{}, false, err
	}
	if !found {
		return h.owed(ctx)
	}
	if row, err = h.sameConfig(ctx, row); err != nil {
		return Result{}, true, err
	}
	wished, err := h.wishedOf(ctx, row)
	if err != nil {
		return Result{}, true, err
	}
	r, err := h.whole(ctx, row, wished)
	return r, true, err
}

func (h *House) runner() *run.Runner {
	return &run.Runner{Journal: h.Store, Log: h.o.Log, Now: h.o.Now, Watch: h.o.Watch}
}

func (h *House) night(ctx context.Context, row run.Row, wished wishes) (Result, error) {
	kinds, settings, err := h.rulesOn(row.AsOf)
	if err != nil {
		return Result{Report: run.Report{Run: row}}, err
	}
	n := &night{House: h, row: row, kinds: kinds, settings: settings, wished: wished, begins: row.State == ""}
	if n.model, err = h.identityModel(); err != nil {
		return Result{Report: run.Report{Run: row}}, err
	}
	signed, err := h.chainAsSigned(ctx)
	if err != nil {
		return Result{Report: run.Report{Run: row}}, err
	}
	runner := h.runner()
	runner.Journal = endings{h.Store, n}
	rep, err := runner.Do(ctx, row, n.steps())
	r := Result{Report: rep}
	if !signed && !h.rehearsal {
		r.Warnings = append(r.Warnings, warnAudit())
	}
	if err != nil {
		return r, err
	}
	if err := h.checkpoint(ctx, row); err != nil {
		return r, err
	}
	var errs [4]error
	r.Refused, r.Held, r.Drifted, errs[0] = n.fates(ctx)
	r.Late, errs[1] = n.late(ctx)
	r.Overdue, errs[2] = h.Overdue(ctx, row.AsOf)
	items, err := h.Deliveries(ctx, row.AsOf)
	r.Behind, errs[3] = undelivered(items), err
	return r, errors.Join(errs[:]...)
}
