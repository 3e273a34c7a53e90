package jobs

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"

	"meibo/pipeline"
	"meibo/pipeline/durable"
	"meibo/pipeline/run"
	"meibo/pipeline/source"
	"meibo/pipeline/store"
)

// receive lists what lies in the inbox for the day, copies it into the archive
// while hashing, and journals the list. From here on only the archived bytes
// are read, and going on tomorrow uses only these files.
func (n *night) receive(ctx context.Context, w *run.Work) error {
	in, err := n.openInbox()
	if err != nil {
		return err
	}
	defer in.Close()
	done, err := n.Store.Progress(ctx)
	if err != nil {
		return err
	}
	if list, was := done[fileList]; was { // by an attempt that was cut short; what came since is for the next run
		w.Add(diffCounts(list))
		return nil
	}
	found, err := in.list(n.row.AsOf)
	if err != nil {
		return err
	}
	found = slices.DeleteFunc(found, func(a arrival) bool { return n.cleared[a.path] })
	wait := n.Config.Import.Settle
	if n.wished.scheduled {
		wait = n.Config.Import.ScheduledWait
	}
	ready, growing, err := in.complete(ctx, found, wait)
	if err != nil {
		return err
	}
	w.Expect(len(ready))
	var files []run.File
	for _, a := range ready {
		sum, size, err := n.archive.Put(in.root, a.path)
		if errors.Is(err, durable.ErrChanged) {
			growing = append(growing, a)
			continue
		}
		if err != nil {
			return fmt.Errorf("receive file %d (%s): %w", len(files)+1, n.shownAs(a.sender, a.kind), err)
		}
		f := run.File{
			RunID: n.row.ID, Seq: len(files) + 1, Path: a.path, Sender: clip(a.sender, 64), Kind: clip(a.kind, 40), Name: a.name,
			SHA256: sum, Size: size, State: run.FileListed,
		}
		if n.accepted(f) {
			f.State = run.FileAccepted
		}
		if files = append(files, f); f.State == run.FileListed {
			held, err := n.heldToday(ctx, f)
			if err != nil {
				return err
			}
			if held { // it stays where it lies, and nothing is new about it
				w.Add(run.Counts{Read: 1, Unchanged: 1})
				continue
			}
		}
		w.Add(run.Counts{Read: 1, Applied: 1})
	}
	n.warnGrowing(w, growing)
	n.warnUnmet(w, files)
	strays, err := n.strayWarnings(in, n.row.AsOf)
	if err != nil {
		return err
	}
	for _, x := range strays {
		w.Warn(x)
	}
	if files, err = n.listAgain(files, w); err != nil {
		return err
	}
	acts := n.wishedActs(files)
	c := w.Counts()
	return n.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.PutRunFiles(ctx, files); err != nil {
			return err
		}
		if err := tx.PutProgress(ctx, fileList, store.Diff{Inserted: c.Applied, Unchanged: c.Unchanged}); err != nil {
			return err
		}
		return tx.AppendAudit(ctx, acts...)
	})
}

// fileList is what receive leaves, in the notes of its progress.
const fileList = "files"

func (n *night) warnGrowing(w *run.Work, growing []arrival) {
	for _, a := range growing {
		w.Warn(run.Warning{
			Code: "still-growing",
			JA:   fmt.Sprintf("%s の %s は書き込み中のため、次回に回しました。", a.sender, a.name),
			EN:   fmt.Sprintf("%s from %s is still being written and waits for the next run", a.name, a.sender),
		})
	}
}

// heldToday reports whether an earlier run of this day held the file.
func (n *night) heldToday(ctx context.Context, f run.File) (bool, error) {
	b, _, err := n.Store.Batch(ctx, batchID(n, f))
	return b.State == pipeline.BatchHeld, err
}

// clear takes a settled file out of the inbox. It may be done again after an
// interruption, and leaves other bytes that came under the same name alone.
func (n *night) clear(in *inbox, f run.File) error {
	if n.rehearsal {
		n.cleared[f.Path] = true
		return nil
	}
	if f.Path == "" {
		return nil
	}
	return in.remove(f.Path, func() (bool, error) {
		src, err := in.root.OpenFile(f.Path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			return false, err
		}
		defer src.Close()
		sum, _, err := hashOf(src)
		return sum == f.SHA256, err
	})
}

// hashOf is the SHA-256 in hex of what r holds, and its size in bytes.
func hashOf(r io.Reader) (sum string, size int64, err error) {
	h := sha256.New()
	if size, err = io.Copy(h, r); err != nil {
		return "", 0, fmt.Errorf("hash file: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}

// batchID names what becomes of one file on one day. The same bytes sent again
// on that day are the same batch.
func batchID(n *night, f run.File) string {
	part := func(s string, limit int) string {
		return clip(strings.Map(func(r rune) rune {
			if r == '/' || r < ' ' {
				return '-'
			}
			return r
		}, s), limit)
	}
	return strings.Join([]string{batchDay(n.row.AsOf), part(f.Sender, 20), part(f.Kind, 20), f.SHA256[:12]}, "-")
}

// batchDay begins the names of all batches of one day.
func batchDay(d pipeline.Date) string { return strings.ReplaceAll(d.String(), "-", "") }

// clip cuts a name that is no known sender or kind to what the journal holds, in
// characters.
func clip(s string, limit int) string {
	if r := []rune(s); len(r) > limit {
		return string(r[:limit])
	}
	return s
}

// archived is an archived file as the readers of formats want it.
type archived struct {
	io.ReaderAt
	io.Closer
	size     int64
	redacted bool // a copy without secrets, which the program wrote
}

// options says how the bytes are read, given how those of the sender are: a
// copy of the program's is in UTF-8 whatever the sender writes.
func (a *archived) options(o source.Options) source.Options {
	if a.redacted {
		o.Encoding = ""
	}
	return o
}

// ErrNotArchived says that a file which was taken in is not in the archive: it was
// removed there, or state_dir leads elsewhere than it did.
var ErrNotArchived = errors.New("the archive in state_dir does not hold a file that was taken in")

func (h *House) openArchived(f run.File) (*archived, error) {
	from := h.archive
	file, err := from.Open(f.SHA256)
	if h.older != nil && errors.Is(err, fs.ErrNotExist) {
		from = h.older
		file, err = from.Open(f.SHA256)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrNotArchived, err)
	}
	if err != nil {
		return nil, err
	}
	redacted, err := from.Redacted(f.SHA256)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	info, err := file.Stat() // a redacted copy has a size of its own
	if err != nil {
		return nil, errors.Join(fmt.Errorf("archived file: %w", err), file.Close())
	}
	return &archived{durable.NewBlocks(file, cmp.Or(h.o.Block, durable.BlockSize)), file, info.Size(), redacted}, nil
}
