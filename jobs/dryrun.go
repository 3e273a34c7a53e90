package jobs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"meibo/pipeline"
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
	dir, err := os.MkdirTemp(h.Config.StateDir, "dry-run-")
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
	twin.rehearsal, twin.older = true, h.archive
	return twin.Night(ctx, asOf, false)
}
