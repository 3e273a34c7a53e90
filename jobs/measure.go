package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/intake"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// measure looks at the file as a whole beside the sender's earlier ones of its
// kind: a full list that lost many rows is held, drift is worth a warning.
// Corrected rows on their way back and files read again are no measure.
func (t *taking) measure(ctx context.Context) error {
	if t.partial() {
		return nil
	}
	stored, err := t.Store.LastStatistics(ctx, t.file.Sender, t.file.Kind, intake.DriftWindow+1)
	if err != nil {
		return err
	}
	if err := t.countOnce(ctx, stored); err != nil {
		return err
	}
	// Bytes that were applied before on this day are no earlier file.
	stored = slices.DeleteFunc(stored, func(s store.Statistics) bool { return s.Batch == t.batch.ID })
	for _, s := range stored {
		e := intake.Earlier{Rows: s.Rows, Initial: s.Initial}
		if err := json.Unmarshal([]byte(s.Figures), &e.Figures); err != nil {
			return fmt.Errorf("figures of batch %s: %w", s.Batch, err)
		}
		t.earlier = append(t.earlier, e)
	}
	if len(stored) > 0 && t.mayBeHeld() {
		if why := t.shrunk(stored[0]); why != nil {
			t.held = true
			t.checked.Remark(why)
			return nil
		}
	}
	t.checked.Compare(t.earlier)
	return nil
}

// countOnce finds out whether the same bytes are a measure already: a file with
// rejected rows may be sent again as it is.
func (t *taking) countOnce(ctx context.Context, stored []store.Statistics) error {
	batches, err := t.Store.BatchesOf(ctx, t.file.SHA256)
	if err != nil {
		return err
	}
	t.counted = slices.ContainsFunc(stored, func(s store.Statistics) bool { return s.Batch == t.batch.ID }) ||
		slices.ContainsFunc(batches, func(b pipeline.Batch) bool {
			return b.ID != t.batch.ID && b.Sender == t.file.Sender && b.Kind == t.file.Kind && b.State == pipeline.BatchApplied
		})
	return nil
}

// partial reports whether the file is no delivery of its own: the path of a
// file that is read again is empty.
func (t *taking) partial() bool {
	return strings.HasPrefix(t.file.Name, "rejects_") || t.file.RunID != "" && t.file.Path == ""
}

// mayBeHeld reports whether nobody has decided on the file yet: neither an
// operator nor an attempt that began to apply it.
func (t *taking) mayBeHeld() bool {
	open := t.file.State == run.FileListed || t.file.State == "" // of meibo check
	return open && t.Config.full(t.file.Sender, t.layout)
}

// full reports whether a sender's files of that kind are whole lists.
func (c Config) full(sender string, l *intake.Layout) bool {
	ins, _ := c.Insurer(sender)
	return l.List == intake.ListFull || slices.Contains(ins.Full, l.Kind) || slices.Contains(c.Offices[sender].Full, l.Kind)
}

// shrunk says why a full list is held; nil if it is not. At the bound itself it
// passes.
func (t *taking) shrunk(last store.Statistics) *intake.Finding {
	now, limit := t.checked.RowsRead, t.Config.Import.ShrinkPercent
	fewer := last.Rows - now
	if fewer <= 0 || float64(fewer)*100 <= limit*float64(last.Rows) {
		return nil
	}
	percent := float64(fewer) * 100 / float64(last.Rows)
	hash := t.file.SHA256[:12]
	return &intake.Finding{
		Code: CodeListShrunk, Severity: pipeline.SeverityError,
		JA: fmt.Sprintf("全件のファイルですが、データは%d行で、前回（%s）の%d行より%d行（%.1f%%）少なく、限度（%g%%）を超えています。"+
			"一部が欠けているおそれがあるため保留し、何も取り込んでいません。欠けている場合は全件を送り直してください。正しい場合は、運用者が meibo run --accept %s で取り込みます。",
			now, last.AsOf, last.Rows, fewer, percent, limit, hash),
		EN: fmt.Sprintf("a full list of %d data rows, %d (%.1f %%) fewer than the %d of %s, beyond the limit of %g %%; "+
			"it is held and nothing was imported: send the whole list again, or, if this is the whole, have an operator run meibo run --accept %s",
			now, fewer, percent, last.Rows, last.AsOf, limit, hash),
	}
}

// statistics is what the applied file looked like, for the next ones; false if
// it is no measure.
func (t *taking) statistics() (store.Statistics, bool, error) {
	if t.partial() || t.counted {
		return store.Statistics{}, false, nil
	}
	figures, err := json.Marshal(t.checked.Figures(t.earlier))
	return store.Statistics{
		Sender: t.file.Sender, Kind: t.file.Kind, AsOf: t.row.AsOf, Attempt: t.row.Attempt, Seq: t.file.Seq,
		Batch: t.batch.ID, Initial: t.env.Initial, Rows: t.checked.RowsRead, Figures: string(figures),
	}, true, err
}

// warnHeld tells the operator of a file that waits; its name may be a person's.
func warnHeld(w *run.Work, f run.File) {
	w.Warn(run.Warning{
		Code: "file-held",
		JA: fmt.Sprintf("%s の全件ファイル（%s、%s）の行数が前回より大きく減ったため、保留しました。取り込むには meibo run --accept %s を実行してください。理由は meibo check で確かめられます。",
			f.Sender, f.Kind, f.SHA256[:12], f.SHA256[:12]),
		EN: fmt.Sprintf("the full list %s (%s) of %s has far fewer rows than the last and is held; meibo run --accept %s lets it in, meibo check tells why",
			f.SHA256[:12], f.Kind, f.Sender, f.SHA256[:12]),
	})
}

// warnCorrected names the files that came under the name of an earlier one with
// other content. They were taken by their kind's rule: the later row counts.
func (n *night) warnCorrected(ctx context.Context, w *run.Work, files []run.File) error {
	var list []string
	for _, f := range files {
		if f.State != run.FileSettled || f.Path == "" {
			continue
		}
		named, err := n.Store.BatchesNamed(ctx, f.Sender, f.Kind, f.Name)
		if err != nil {
			return err
		}
		own := func(b pipeline.Batch) bool { return b.ID == f.BatchID && b.State == pipeline.BatchApplied }
		other := func(b pipeline.Batch) bool {
			return b.SHA256 != f.SHA256 && b.State == pipeline.BatchApplied && b.ID != f.BatchID
		}
		if slices.ContainsFunc(named, own) && slices.ContainsFunc(named, other) {
			list = append(list, path.Join(f.Sender, f.Kind)+" "+f.SHA256[:12])
		}
	}
	if len(list) > 0 {
		all := strings.Join(list, ", ")
		w.Warn(run.Warning{
			Code: "corrected-file",
			JA:   "前と同じ名前で内容の違うファイルを、訂正として取り込みました（後の内容を採ります）: " + all,
			EN:   "files that came again under their name with other content were taken as corrections, the later content counts: " + all,
		})
	}
	return nil
}

// fates lists the run's files that an operator should look at: those that were
// refused or held, as sender/name, and those that drifted, as sender/kind.
func (n *night) fates(ctx context.Context) (refused, held, drift []string, err error) {
	files, err := n.Store.RunFiles(ctx, n.row.ID)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, f := range files {
		b, found, err := n.Store.Batch(ctx, f.BatchID)
		if err != nil {
			return nil, nil, nil, err
		}
		switch {
		case !found:
		case b.State == pipeline.BatchRefused:
			refused = append(refused, f.Sender+"/"+f.Name)
		case b.State == pipeline.BatchHeld:
			held = append(held, f.Sender+"/"+f.Name)
		case f.State == run.FileSettled:
			drifted, err := n.drifted(ctx, b)
			if err != nil {
				return nil, nil, nil, err
			}
			if drifted {
				drift = append(drift, f.Sender+"/"+f.Kind)
			}
		}
	}
	slices.Sort(drift)
	drift = slices.Compact(drift)
	return refused, held, drift, nil
}

// drifted reports whether a batch has a warning of drift; those are about the
// whole file and so come first.
func (n *night) drifted(ctx context.Context, b pipeline.Batch) (bool, error) {
	for f, err := range n.Store.Faults(ctx, b.ID) {
		if err != nil {
			return false, err
		}
		if f.Row > 0 {
			break
		}
		if intake.IsDrift(f.Code) {
			return true, nil
		}
	}
	return false, nil
}
