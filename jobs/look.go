package jobs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// StandsIn reports whether the house is an empty one in the place of a database
// that is not there.
func (h *House) StandsIn() bool { return h.scratch != "" }

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
	h.Config, h.scratch = c, dir
	return h, nil
}
