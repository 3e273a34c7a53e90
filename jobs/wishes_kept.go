package jobs

import (
	"context"
	"fmt"
	"strings"

	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// What is asked of a night, in the notes for its step receive: a word, and behind
// it a hash or an account.
const (
	noteAccept    = "accept"
	noteAgain     = "again"
	noteBy        = "by"
	noteScheduled = "scheduled"
)

// notes are the wishes as the journal keeps them until the files are listed.
func (w wishes) notes() (out []string) {
	for _, hash := range w.accept {
		out = append(out, noteAccept+" "+hash)
	}
	last := ""
	for _, f := range w.again { // one entry for each sender and kind of a file
		if f.SHA256 != last {
			out = append(out, noteAgain+" "+f.SHA256)
		}
		last = f.SHA256
	}
	if len(out) > 0 {
		out = append(out, noteBy+" "+w.by)
	}
	if w.scheduled {
		out = append(out, noteScheduled)
	}
	return out
}

// putBegun journals that the night begins together with what was asked of it, so
// that who goes on with it after a kill lists the same files.
func (n *night) putBegun(ctx context.Context, r run.Row) error {
	err := n.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.PutRun(ctx, r); err != nil {
			return err
		}
		return tx.PutNotes(ctx, r.ID, stepReceive, n.wished.notes()...)
	})
	n.begins = n.begins && err != nil
	return err
}

// wishedOf is what was asked of an unfinished night; nothing any more once its files
// are listed.
func (h *House) wishedOf(ctx context.Context, row run.Row) (w wishes, err error) {
	notes, err := h.Store.Notes(ctx, row.ID, stepReceive)
	if err != nil {
		return w, err
	}
	for _, note := range notes {
		word, rest, _ := strings.Cut(note, " ")
		switch word {
		case noteAccept:
			w.accept = append(w.accept, rest)
		case noteAgain:
			files, err := h.filesOf(ctx, rest)
			if err != nil {
				return w, fmt.Errorf("what was asked of run %s: %w", row.ID, err)
			}
			w.again = append(w.again, files...)
		case noteBy:
			w.by = rest
		case noteScheduled:
			w.scheduled = true
		}
	}
	return w, nil
}
