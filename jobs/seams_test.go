package jobs

import (
	"context"

	"meibo/pipeline/purge"
)

// SearchFiles is the search for the deleted in files, for tests that ask at
// another time than an execution does.
func (h *House) SearchFiles(ctx context.Context, t *purge.Traces) ([]purge.Searched, []purge.Residual, error) {
	return h.searchFiles(ctx, t)
}
