package jobs

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"meibo/pipeline/audit"
	"meibo/pipeline/run"
)

// wishes are what is asked of the next night: by an operator about single files, or
// by the daemon.
type wishes struct {
	accept    []string // beginnings of the SHA-256 of files to let in although they would be held
	again     []run.File
	by        string // account of the operating system of who asks about files
	scheduled bool   // the daemon waits longer for files to settle
}

// ErrNoSuchFile says that no file of the hash an operator gave can be had.
var ErrNoSuchFile = errors.New("no such file")

// ErrNothingKept says that an archived file cannot be read again: it may have
// held passwords and could not be read as its kind, so that only its hash stayed.
var ErrNothingKept = errors.New("nothing was kept of the file but its hash")

// fileHash is a SHA-256 in hex, or as much of its beginning as the log shows.
var fileHash = regexp.MustCompile(`^[0-9a-f]{12,64}$`)

// Accept lets a file of the inbox in that would be held, in the nights that
// follow. The hash may be cut to its first 12 digits or more.
func (h *House) Accept(hash string) error {
	hash = strings.ToLower(hash)
	if !fileHash.MatchString(hash) {
		return fmt.Errorf("%w: %q is no SHA-256 nor the first 12 digits of one", ErrNoSuchFile, hash)
	}
	h.wishes.accept, h.wishes.by = append(h.wishes.accept, hash), systemUser()
	return nil
}

// Again has an archived file read again in the next night, although it was
// applied before: as what its sender says on that day. The hash may be cut to
// its first 12 digits or more.
func (h *House) Again(ctx context.Context, hash string) error {
	hash = strings.ToLower(hash)
	if !fileHash.MatchString(hash) {
		return fmt.Errorf("%w: %q is no SHA-256 nor the first 12 digits of one", ErrNoSuchFile, hash)
	}
	var found []run.File
	for sum, err := range h.archive.All() {
		if err != nil {
			return err
		}
		if !strings.HasPrefix(sum, hash) {
			continue
		}
		files, err := h.filesOf(ctx, sum)
		if err != nil {
			return err
		}
		found = append(found, files...)
	}
	switch {
	case len(found) == 0:
		return fmt.Errorf("%w: the archive holds no file %s", ErrNoSuchFile, hash)
	case found[0].SHA256 != found[len(found)-1].SHA256:
		return fmt.Errorf("%w: several archived files begin with %s", ErrNoSuchFile, hash)
	}
	if err := h.readableAgain(found[0]); err != nil {
		return err
	}
	h.wishes.again, h.wishes.by = append(h.wishes.again, found...), systemUser()
	return nil
}

// readableAgain refuses a file of which nothing was kept, because it was to be
// redacted and could not be read. Of other files with secrets the columns that
// were kept are read again.
func (h *House) readableAgain(f run.File) error {
	file, err := h.openArchived(f)
	if err != nil {
		return fmt.Errorf("read again: %w", err)
	}
	defer file.Close()
	if file.redacted && file.size == 0 {
		return fmt.Errorf("%w: %s", ErrNothingKept, f.SHA256[:12])
	}
	return nil
}

// filesOf is an archived file as it came last from each sender as each kind.
func (h *House) filesOf(ctx context.Context, sum string) ([]run.File, error) {
	batches, err := h.Store.BatchesOf(ctx, sum)
	if err != nil {
		return nil, err
	}
	var out []run.File
	for _, b := range slices.Backward(batches) {
		same := func(f run.File) bool { return f.Sender == b.Sender && f.Kind == b.Kind }
		if !slices.ContainsFunc(out, same) {
			out = append(out, run.File{Sender: b.Sender, Kind: b.Kind, Name: b.FileName, SHA256: sum, State: run.FileAgain})
		}
	}
	return out, nil
}

// listAgain appends the files to be read again, which no inbox holds: their
// path is empty.
func (n *night) listAgain(files []run.File, w *run.Work) ([]run.File, error) {
	for _, f := range n.wished.again {
		file, err := n.openArchived(f)
		if err != nil {
			return nil, fmt.Errorf("read again: %w", err)
		}
		f.RunID, f.Seq, f.Size = n.row.ID, len(files)+1, file.size
		if err := file.Close(); err != nil {
			return nil, err
		}
		files = append(files, f)
		w.Add(run.Counts{Read: 1, Unchanged: 1})
	}
	return files, nil
}

// accepted reports whether an operator lets a file in.
func (n *night) accepted(f run.File) bool {
	return slices.ContainsFunc(n.wished.accept, func(hash string) bool { return strings.HasPrefix(f.SHA256, hash) })
}

// wishedActs are what the operator of this run did to single files.
func (n *night) wishedActs(files []run.File) (acts []audit.Act) {
	if n.rehearsal {
		return nil
	}
	actions := map[string]audit.Action{run.FileAccepted: audit.FileAccepted, run.FileAgain: audit.FileReadAgain}
	for _, f := range files {
		if action, ok := actions[f.State]; ok {
			a := n.batchAct(action, audit.Facts{"run": n.dayRun(), "sha256": f.SHA256})
			a.Actor, a.SystemUser = "", n.wished.by
			acts = append(acts, a)
		}
	}
	return acts
}

// warnUnmet names the hashes for which no file lay in the inbox.
func (n *night) warnUnmet(w *run.Work, files []run.File) {
	for _, hash := range n.wished.accept {
		if !slices.ContainsFunc(files, func(f run.File) bool { return f.Path != "" && strings.HasPrefix(f.SHA256, hash) }) {
			w.Warn(run.Warning{
				Code: "nothing-to-accept",
				JA:   fmt.Sprintf("--accept で指定された %s のファイルは受信フォルダーにありませんでした。", hash[:12]),
				EN:   fmt.Sprintf("no file %s lay in the inbox to be accepted", hash[:12]),
			})
		}
	}
}
