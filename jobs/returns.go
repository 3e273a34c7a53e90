package jobs

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/report"
	"meibo/pipeline/run"
)

// compareWith is how many earlier files of a kind a sender's file is compared with.
const compareWith = 8

// delivered are the day's batches by sender. Senders that are no readers, since
// nobody knows them, are left out.
func (n *night) delivered(ctx context.Context) (map[string][]pipeline.Batch, error) {
	batches, err := n.Store.BatchesOn(ctx, n.row.AsOf)
	if err != nil {
		return nil, err
	}
	out := map[string][]pipeline.Batch{}
	for _, b := range batches {
		if role, _ := n.Config.role(b.Sender); role != "" && insurerCode.MatchString(b.Sender) {
			out[b.Sender] = append(out[b.Sender], b)
		}
	}
	return out, nil
}

// senderFiles writes what goes back to a sender: each faulty file, and the
// report on all files of the day.
func (n *night) senderFiles(ctx context.Context, w *run.Work, b *box, batches []pipeline.Batch) error {
	if len(batches) == 0 {
		return nil
	}
	taken := map[string]bool{}
	var files []report.ImportedFile
	for _, batch := range batches {
		f, err := n.sendBack(ctx, w, b, batch, taken)
		if err != nil {
			return fmt.Errorf("return %s: %w", batch.ID, nameless(err, batch.FileName))
		}
		if f.Earlier, err = n.earlier(ctx, batch, len(batches)); err != nil {
			return err
		}
		files = append(files, f)
	}
	slices.SortStableFunc(files, func(x, y report.ImportedFile) int {
		if c := kindRank(x.Batch.Kind) - kindRank(y.Batch.Kind); c != 0 {
			return c
		}
		return strings.Compare(x.Batch.FileName, y.Batch.FileName)
	})
	name := fmt.Sprintf("import-report_%s.xlsx", n.row.AsOf)
	return b.write(w, name, func(out io.Writer) (report.Stats, error) {
		return report.ImportReport(out, n.meta(b.reader, n.row.AsOf), files)
	})
}

// earlier are the last files of the batch's kind from days before.
func (n *night) earlier(ctx context.Context, batch pipeline.Batch, today int) ([]pipeline.Batch, error) {
	last, err := n.Store.LastBatches(ctx, batch.Sender, batch.Kind, compareWith+today)
	if err != nil {
		return nil, err
	}
	last = slices.DeleteFunc(last, func(b pipeline.Batch) bool { return b.AsOf >= batch.AsOf })
	return last[:min(len(last), compareWith)], nil
}

// sendBack writes the file's returns, if it has errors, and counts its faults.
func (n *night) sendBack(ctx context.Context, w *run.Work, b *box, batch pipeline.Batch, taken map[string]bool) (report.ImportedFile, error) {
	f := report.ImportedFile{Batch: batch}
	if l := n.layouts[batch.Kind]; l != nil {
		f.Kind = l.Title
	}
	back := &returning{night: n, w: w, box: b, taken: taken, file: report.Returned{Batch: batch, Kind: f.Kind}}
	for fault, err := range n.Store.Faults(ctx, batch.ID) {
		if err != nil {
			return f, err
		}
		back.file.Faults = append(back.file.Faults, report.Spot{Fault: fault})
	}
	f.Errors = back.file.Errors()
	f.Warnings = len(back.file.Faults) - f.Errors
	f.Faults = report.CountFaults(back.file.Faults)
	switch {
	case batch.State == pipeline.BatchHeld: // nobody has said yet that anything is wrong with it
		return f, nil
	case f.Errors == 0 && batch.State != pipeline.BatchRefused:
		return f, nil
	}
	err := back.send()
	f.Returned = back.names
	return f, err
}
