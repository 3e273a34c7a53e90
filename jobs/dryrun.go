package jobs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/durable"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// DryRun does the night on a throw-away copy of the register, with the same
// code and the same inbox, and keeps nothing: neither the register nor the
// archive, the inbox or the outbox change. Result.Changes tells what the night
// would write, table by table: the copy is compared with what it was before.
// Unlike Night it may look at a day before the newest finished one.
func (h *House) DryRun(ctx context.Context, asOf pipeline.Date) (r Result, err error) {
	err = h.DryRunDays(ctx, []pipeline.Date{asOf}, func(done Result) { r = done })
	return r, err
}

// DryRunDays is a dry run of several nights, each on what the one before it
// would leave. Each is told to done, the one that fails too.
func (h *House) DryRunDays(ctx context.Context, days []pipeline.Date, done func(Result)) (err error) {
	name := newDryRunFolder()
	if err := h.state.Mkdir(name, 0o700); err != nil {
		return fmt.Errorf("make folder for the copy: %w", err)
	}
	defer func() { err = errors.Join(err, h.state.RemoveAll(name)) }()
	dir := filepath.Join(h.stateDir, name)
	twin, before, err := h.twin(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, before.Close(), twin.Close()) }()
	for i, d := range days {
		if i > 0 {
			next, err := clone(ctx, twin.Store, filepath.Join(dir, fmt.Sprintf("before-%d.db", i)))
			if err != nil {
				return err
			}
			before, next = next, before
			if err := next.Close(); err != nil {
				return err
			}
		}
		r, err := twin.Night(ctx, d, false)
		r.Warnings = append(h.elsewhere(), r.Warnings...)
		if err == nil {
			r.Changes, err = twin.Store.ChangesSince(ctx, before)
		}
		done(r)
		if err != nil {
			return err
		}
	}
	return nil
}

// twin is a house in dir that works on a copy of the register; before is
// another copy, to compare with.
func (h *House) twin(ctx context.Context, dir string) (twin *House, before *store.Store, err error) {
	before, after, err := h.copies(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	c := h.Config
	c.StateDir, c.Outbox = dir, filepath.Join(dir, "outbox")
	if _, err := os.Stat(c.Inbox); errors.Is(err, fs.ErrNotExist) {
		c.Inbox = filepath.Join(dir, "inbox") // a night would make it
	}
	if twin, err = furnish(c, h.o, after); err != nil {
		return nil, nil, errors.Join(err, after.Close(), before.Close())
	}
	twin.rehearsal, twin.older, twin.wishes = true, h.archive, h.wishes
	twin.confirmed = h.confirmed
	if twin.model, err = h.identityModel(); err != nil {
		return nil, nil, errors.Join(err, twin.Close(), before.Close())
	}
	if k, err := h.readKeys(); err == nil { // the copy knows purged IDs by this house's key
		twin.keyring = &k
	}
	twin.cleared = map[string]bool{}
	return twin, before, nil
}

// clone is a copy of a SQLite database as it stands.
func clone(ctx context.Context, from *store.Store, path string) (*store.Store, error) {
	if err := from.Clone(ctx, path); err != nil {
		return nil, fmt.Errorf("copy the register: %w", err)
	}
	s, err := store.Open(ctx, "sqlite:"+path, store.Options{Scratch: true})
	if err != nil {
		return nil, fmt.Errorf("open copy: %w", err)
	}
	return s, nil
}

// copies makes two copies of the register in dir: one to keep and one to work on.
// *run.ErrHeld says that a run is at work on it, or was while it was copied: half
// a night is no register to rehearse on.
func (h *House) copies(ctx context.Context, dir string) (before, after *store.Store, err error) {
	turn, err := h.atRest(ctx)
	if err != nil {
		return nil, nil, err
	}
	after, err = store.Open(ctx, "sqlite:"+filepath.Join(dir, "copy.db"), store.Options{Scratch: true})
	if err != nil {
		return nil, nil, fmt.Errorf("open copy: %w", err)
	}
	if err := h.Store.CopyTo(ctx, after); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("copy the register: %w", err), after.Close())
	}
	now, err := h.atRest(ctx)
	if err == nil && now.Token != turn.Token { // it came and went
		now.Holder = "–"
		err = &run.ErrHeld{Lease: now}
	}
	if err != nil {
		return nil, nil, errors.Join(err, after.Close())
	}
	if before, err = clone(ctx, after, filepath.Join(dir, "before.db")); err != nil {
		return nil, nil, errors.Join(err, after.Close())
	}
	return before, after, nil
}

// atRest is the lease of the main job, whose token rises with each run, or
// *run.ErrHeld while somebody holds it.
func (h *House) atRest(ctx context.Context) (run.Lease, error) {
	l, _, err := h.Store.LeaseState(ctx, Nightly)
	if err != nil {
		return l, fmt.Errorf("look for a run at work: %w", err)
	}
	if l.Holder != "" && h.o.Now().Before(l.ExpiresAt.Time()) && !run.HolderGone(l) {
		return l, &run.ErrHeld{Lease: l}
	}
	return l, nil
}

// dryRunFolder begins the name of the folder a dry run works in. Who works
// there follows, and what makes it unique.
const dryRunFolder = "dry-run-"

func newDryRunFolder() string {
	return dryRunFolder + strings.ReplaceAll(run.Holder(), ":", "_") + "_" + rand.Text()
}

// sweepDryRuns removes the copies of the register that killed dry runs left. A
// dry run holds no lease, so one may be at work: its folder stays.
func sweepDryRuns(state durable.FS) error {
	entries, err := state.ReadDir(".")
	if err != nil {
		return fmt.Errorf("look for dry runs: %w", err)
	}
	for _, e := range entries {
		who, ok := strings.CutPrefix(e.Name(), dryRunFolder)
		if !ok || !e.IsDir() {
			continue
		}
		if p := strings.Split(who, "_"); len(p) >= 4 {
			n := len(p)
			holder := strings.Join(p[:n-3], "_") + ":" + p[n-3] + ":" + p[n-2]
			if !run.HolderGone(run.Lease{Holder: holder}) {
				continue
			}
		}
		if err := state.RemoveAll(e.Name()); err != nil {
			return fmt.Errorf("remove a dry run's folder: %w", err)
		}
	}
	return nil
}
