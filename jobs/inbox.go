package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"slices"
	"time"

	"meibo/pipeline"
	"meibo/pipeline/durable"
)

// arrival is one file that lies in the inbox.
type arrival struct {
	path    string // below the inbox, with slashes
	night   pipeline.Date
	sender  string
	kind    string
	name    string
	size    int64
	modTime time.Time
}

// compare is the order of intake within a night: kinds in the order of their
// contract, then the night they lay under, then sender and file name.
func (a arrival) compare(b arrival) int {
	return cmp.Or(
		cmp.Compare(kindRank(a.kind), kindRank(b.kind)),
		cmp.Compare(a.kind, b.kind),
		cmp.Compare(a.night, b.night),
		cmp.Compare(a.sender, b.sender),
		cmp.Compare(a.name, b.name),
	)
}

// inbox is the folder senders write to. Everything goes through one root, so
// that no name and no link leads out of it.
type inbox struct{ root durable.Folder }

func (h *House) openInbox() (*inbox, error) {
	root, err := h.o.folder(folderInbox, h.Config.Inbox, 0o700)
	if err != nil {
		return nil, err
	}
	return &inbox{root}, nil
}

func (in *inbox) Close() error { return in.root.Close() }

// anyDay is behind the day of any night's folder.
const anyDay = pipeline.Date(math.MaxInt32)

// list returns the files for asOf in the order of intake: those in
// <sender>/ and in <YYYY-MM-DD>/<sender>/ for days up to asOf.
func (in *inbox) list(asOf pipeline.Date) ([]arrival, error) {
	var found []arrival
	err := in.walk(asOf, func(at spot, e fs.DirEntry) error {
		if at.sender == "" || !e.Type().IsRegular() {
			return nil // see strays
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // its sender took it back
		}
		if err != nil {
			return fmt.Errorf("look at a file of sender %s: %w", at.sender, err)
		}
		found = append(found, arrival{
			path: path.Join(at.dir, e.Name()), night: at.night, sender: at.sender, kind: kindOf(at.sender, e.Name()), name: e.Name(),
			size: info.Size(), modTime: info.ModTime(),
		})
		return nil
	})
	slices.SortFunc(found, arrival.compare)
	return found, err
}

func (in *inbox) dir(name string) ([]fs.DirEntry, error) {
	entries, err := in.root.ReadDir(name)
	if err != nil {
		return nil, fmt.Errorf("read inbox: %w", err)
	}
	return entries, nil
}

// doneSuffix marks a file as complete: NAME.done beside NAME.
const doneSuffix = ".done"

// complete splits files into those that are complete and those still being
// written: complete is marked by a .done file, or unchanged over the wait.
func (in *inbox) complete(ctx context.Context, files []arrival, wait time.Duration) (ready, growing []arrival, err error) {
	var unmarked []arrival
	for _, f := range files {
		if _, err := in.root.Lstat(f.path + doneSuffix); err == nil || wait == 0 {
			ready = append(ready, f)
		} else {
			unmarked = append(unmarked, f)
		}
	}
	if len(unmarked) > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return nil, nil, context.Cause(ctx)
		case <-timer.C:
		}
	}
	for _, f := range unmarked {
		info, err := in.root.Lstat(f.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, nil, fmt.Errorf("look again at a file of sender %s: %w", f.sender, err)
		case info.Size() == f.size && info.ModTime().Equal(f.modTime):
			ready = append(ready, f)
		default:
			growing = append(growing, f)
		}
	}
	slices.SortFunc(ready, arrival.compare)
	return ready, growing, nil
}

// remove takes a settled file and its mark out of the inbox, unless other
// bytes lie there by now: those are a delivery of their own. The mark goes first:
// who is killed behind it still finds the file.
func (in *inbox) remove(name string, same func() (bool, error)) error {
	ok, err := same()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || !ok {
		return err
	}
	if err := in.root.Remove(name + doneSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove completion mark: %w", err)
	}
	if err := in.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove from inbox: %w", err)
	}
	if err := in.root.SyncDir(path.Dir(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove from inbox: %w", err)
	}
	return nil
}
