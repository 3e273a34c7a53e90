package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
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

// list returns the files for asOf in the order of intake: those in
// <sender>/ and in <YYYY-MM-DD>/<sender>/ for days up to asOf.
func (in *inbox) list(asOf pipeline.Date) ([]arrival, error) {
	var found []arrival
	top, err := in.dir(".")
	if err != nil {
		return nil, err
	}
	for _, e := range top {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		night, err := pipeline.ParseDate(e.Name())
		if err != nil {
			files, err := in.files(0, e.Name(), e.Name())
			if err != nil {
				return nil, err
			}
			found = append(found, files...)
			continue
		}
		if night > asOf {
			continue
		}
		senders, err := in.dir(e.Name())
		if err != nil {
			return nil, err
		}
		for _, s := range senders {
			if !s.IsDir() || strings.HasPrefix(s.Name(), ".") {
				continue
			}
			files, err := in.files(night, s.Name(), path.Join(e.Name(), s.Name()))
			if err != nil {
				return nil, err
			}
			found = append(found, files...)
		}
	}
	slices.SortFunc(found, arrival.compare)
	return found, nil
}

func (in *inbox) dir(name string) ([]fs.DirEntry, error) {
	entries, err := in.root.ReadDir(name)
	if err != nil {
		return nil, fmt.Errorf("read inbox: %w", err)
	}
	return entries, nil
}

// files lists the regular files of one sender's folder. Links, folders, hidden
// files, completion marks and the lock files of Excel are no deliveries.
func (in *inbox) files(night pipeline.Date, sender, dir string) ([]arrival, error) {
	entries, err := in.dir(dir)
	if err != nil {
		return nil, err
	}
	var out []arrival
	for _, e := range entries {
		name := e.Name()
		if !e.Type().IsRegular() || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") || strings.HasSuffix(name, doneSuffix) {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // its sender took it back
		}
		if err != nil {
			return nil, fmt.Errorf("look at a file of sender %s: %w", sender, err)
		}
		out = append(out, arrival{
			path: path.Join(dir, name), night: night, sender: sender, kind: kindOf(sender, name), name: name,
			size: info.Size(), modTime: info.ModTime(),
		})
	}
	return out, nil
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
// bytes lie there by now: those are a delivery of their own.
func (in *inbox) remove(name string, same func() (bool, error)) error {
	ok, err := same()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || !ok {
		return err
	}
	if err := in.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove from inbox: %w", err)
	}
	if err := in.root.Remove(name + doneSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove completion mark: %w", err)
	}
	if err := in.root.SyncDir(path.Dir(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove from inbox: %w", err)
	}
	return nil
}
