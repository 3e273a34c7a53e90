package jobs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"meibo/pipeline/store"
)

// StandsIn reports whether the house is an empty one in the place of a database
// that is not there.
func (h *House) StandsIn() bool { return h.standsIn }

// OpenToLook makes a house ready for commands that only look. Where the SQLite
// file is not there yet, an empty house in a throw-away folder stands in for
// it, so that looking leaves nothing behind.
func OpenToLook(ctx context.Context, c Config, o Options) (*House, error) {
	path, ok := strings.CutPrefix(c.DB, "sqlite:")
	if !ok || path == "" {
		return Open(ctx, c, o)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return Open(ctx, c, o)
	}
	dir, err := os.MkdirTemp("", "meibo-look-")
	if err != nil {
		return nil, fmt.Errorf("make folder to look: %w", err)
	}
	empty := c
	empty.DB, empty.StateDir = "sqlite:"+filepath.Join(dir, "empty.db"), dir
	h, err := Open(ctx, empty, o)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	h.Config, h.scratch, h.standsIn = c, dir, true
	return h, nil
}

// OpenToRehearse is OpenToLook for what must leave all as it is, the schema too: a
// SQLite register of an earlier version is brought up to date in a throw-away copy,
// so that the program which made it can still go on with it. Nothing that the house
// would write for good may be asked of it.
func OpenToRehearse(ctx context.Context, c Config, o Options) (*House, error) {
	copied, dir, err := copyOutdated(ctx, c, o)
	if err != nil {
		return nil, err
	}
	if dir == "" {
		return OpenToLook(ctx, c, o)
	}
	h, err := Open(ctx, copied, o)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	h.Config, h.scratch = c, dir
	return h, nil
}

// copyOutdated copies a SQLite register of an earlier version into a new folder dir,
// where copied finds it. No folder is made, and dir is empty, for any other register.
func copyOutdated(ctx context.Context, c Config, o Options) (copied Config, dir string, err error) {
	path, ok := strings.CutPrefix(c.DB, "sqlite:")
	if _, err := os.Stat(path); !ok || err != nil {
		return c, "", nil
	}
	so := c.storeOptions(o.Connector)
	so.KeepSchema = true
	s, err := store.Open(ctx, c.DB, so)
	if err != nil {
		return c, "", fmt.Errorf("open store: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if !errors.Is(s.CheckSchema(ctx), store.ErrSchemaOutdated) {
		return c, "", nil // OpenToLook says what else may be wrong
	}
	dir = filepath.Join(c.StateDir, newDryRunFolder())
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return c, "", fmt.Errorf("make folder for the copy: %w", err)
	}
	c.DB = "sqlite:" + filepath.Join(dir, "register.db")
	if err := s.Clone(ctx, strings.TrimPrefix(c.DB, "sqlite:")); err != nil {
		return c, "", errors.Join(err, os.RemoveAll(dir))
	}
	return c, dir, nil
}
