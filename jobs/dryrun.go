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
	name := dryRunFolder + strings.ReplaceAll(run.Holder(), ":", "_") + "_" + rand.Text()
	if err := h.state.Mkdir(name, 0o700); err != nil {
		return r, fmt.Errorf("make folder for the copy: %w", err)
	}
	defer func() { err = errors.Join(err, h.state.RemoveAll(name)) }()
	dir := filepath.Join(h.stateDir, name)
	before, after, err := h.copies(ctx, dir)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, before.Close()) }()
	c := h.Config
	c.StateDir, c.Outbox = dir, filepath.Join(dir, "outbox")
	c.Export.DB = ""
	if _, err := os.Stat(c.Inbox); errors.Is(err, fs.ErrNotExist) {
		c.Inbox = filepath.Join(dir, "inbox") // a night would make it
	}
	twin, err := furnish(c, h.o, after)
	if err != nil {
		return r, errors.Join(err, after.Close())
	}
	defer func() { err = errors.Join(err, twin.Close()) }()
	twin.rehearsal, twin.older, twin.wishes = true, h.archive, h.wishes
	if r, err = twin.Night(ctx, asOf, false); err != nil {
		return r, err
	}
	if r.Changes, err = after.ChangesSince(ctx, before); err != nil {
		return r, fmt.Errorf("see what the night changed: %w", err)
	}
	return r, nil
}

// copies makes two copies of the register in dir: one to keep and one to work on.
func (h *House) copies(ctx context.Context, dir string) (before, after *store.Store, err error) {
	scratch := store.Options{Scratch: true}
	if before, err = store.Open(ctx, "sqlite:"+filepath.Join(dir, "before.db"), scratch); err != nil {
		return nil, nil, fmt.Errorf("open copy: %w", err)
	}
	fail := func(err error) (*store.Store, *store.Store, error) { return nil, nil, errors.Join(err, before.Close()) }
	if err := h.Store.CopyTo(ctx, before); err != nil {
		return fail(fmt.Errorf("copy the register: %w", err))
	}
	path := filepath.Join(dir, "copy.db")
	if err := before.Clone(ctx, path); err != nil {
		return fail(fmt.Errorf("copy the register: %w", err))
	}
	if after, err = store.Open(ctx, "sqlite:"+path, scratch); err != nil {
		return fail(fmt.Errorf("open copy: %w", err))
	}
	return before, after, nil
}

// dryRunFolder begins the name of the folder a dry run works in. Who works
// there follows, and what makes it unique.
const dryRunFolder = "dry-run-"

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
