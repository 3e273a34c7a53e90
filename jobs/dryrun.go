package jobs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// DryRun does the night on a throw-away copy of the register, with the same
// code and the same inbox, and keeps nothing: neither the register nor the
// archive, the inbox or the outbox change. Unlike Night it may look at a day
// before the newest finished one.
func (h *House) DryRun(ctx context.Context, asOf pipeline.Date) (r Result, err error) {
	if err := os.MkdirAll(h.Config.StateDir, 0o700); err != nil {
		return r, fmt.Errorf("make state folder: %w", err)
	}
	dir, err := os.MkdirTemp(h.Config.StateDir, dryRunFolder+strings.ReplaceAll(run.Holder(), ":", "_")+"_")
	if err != nil {
		return r, fmt.Errorf("make folder for the copy: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	copied, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "copy.db"), store.Options{Scratch: true})
	if err != nil {
		return r, fmt.Errorf("open copy: %w", err)
	}
	if err := h.Store.CopyTo(ctx, copied); err != nil {
		return r, errors.Join(fmt.Errorf("copy the register: %w", err), copied.Close())
	}
	c := h.Config
	c.StateDir, c.Outbox = dir, filepath.Join(dir, "outbox")
	c.Export.DB = ""
	twin, err := furnish(c, h.o, copied)
	if err != nil {
		return r, errors.Join(err, copied.Close())
	}
	defer func() { err = errors.Join(err, twin.Close()) }()
	twin.rehearsal, twin.older, twin.wishes = true, h.archive, h.wishes
	return twin.Night(ctx, asOf, false)
}

// dryRunFolder begins the name of the folder a dry run works in. Who works
// there follows, and what makes it unique.
const dryRunFolder = "dry-run-"

// sweepDryRuns removes the copies of the register that killed dry runs left. A
// dry run holds no lease, so one may be at work: its folder stays.
func sweepDryRuns(stateDir string) error {
	entries, err := os.ReadDir(stateDir)
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
		if err := os.RemoveAll(filepath.Join(stateDir, e.Name())); err != nil {
			return fmt.Errorf("remove a dry run's folder: %w", err)
		}
	}
	return nil
}
