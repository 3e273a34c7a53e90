package jobs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"meibo/pipeline"
	"meibo/pipeline/audit"
)

// expireArchive removes received files from the archive whose last day is before
// the night's. All files of this run have batches of its day, and so have those that
// are held, which are looked at every night.
func (n *night) expireArchive(ctx context.Context) error {
	if n.rehearsal {
		return nil
	}
	var old []string
	var told []audit.Facts
	for sum, err := range n.archive.All() {
		if err != nil {
			return err
		}
		batches, err := n.Store.BatchesOf(ctx, sum)
		if err != nil {
			return err
		}
		newest := newestOf(batches)
		last, err := n.lastArchived(sum, newest)
		if err != nil {
			return err
		}
		if last.IsZero() || last >= n.row.AsOf {
			continue
		}
		old = append(old, sum)
		told = append(told, audit.Facts{"sha256": sum, "last_on": newest.String()})
	}
	if err := n.announce(ctx, audit.ArchiveExpired, told); err != nil {
		return err
	}
	for _, sum := range old {
		if err := n.archive.Remove(sum); err != nil {
			return fmt.Errorf("expire archive: %w", err)
		}
		n.o.Log.Info("archived file expired", "run", n.row.ID, "sha256", sum[:12])
	}
	return nil
}

// newestOf is the day of the newest of batches; zero of none.
func newestOf(batches []pipeline.Batch) (newest pipeline.Date) {
	for i := range batches {
		newest = max(newest, batches[i].AsOf)
	}
	return newest
}

// lastArchived is the last day of an archived file whose newest batch is of that
// day: archive.keep_days behind it. Of a file that no batch knows (newest is zero) it
// is as many days behind the one on which it was put, by the clock of the file
// system: a killed run may have copied it and never listed it, but it may as well
// have come after the backup that the database was restored from, or to another
// register that works in this folder. Zero: it is not known.
//
// Where the folder was made for another register, what lies here may be that one's
// too: a file that only that one can know has no last day by this one, and one that
// this one knows stays as long after it was put as after its batch.
func (h *House) lastArchived(sum string, newest pipeline.Date) (pipeline.Date, error) {
	switch {
	case h.apart != "" && newest.IsZero():
		return 0, nil
	case h.apart != "" || newest.IsZero():
		at, err := h.archive.PutAt(sum)
		if errors.Is(err, fs.ErrNotExist) {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		newest = max(newest, pipeline.DateOf(at.In(h.zone)))
	}
	return newest.AddDays(h.Config.Archive.KeepDays), nil
}
