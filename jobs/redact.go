package jobs

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strings"

	"github.com/xuri/excelize/v2"

	"meibo/pipeline"
	"meibo/pipeline/audit"
	"meibo/pipeline/intake"
	"meibo/pipeline/report"
	"meibo/pipeline/run"
	"meibo/pipeline/source"
)

// redactFiles takes secrets out of the archive once all files of the night are
// settled: until then an interrupted import reads the bytes as they came.
func (n *night) redactFiles(ctx context.Context, files []run.File) error {
	var secret []*run.File
	var told []audit.Facts
	for i := range files {
		if l := n.layouts[files[i].Kind]; l != nil && l.HasSecrets() {
			secret = append(secret, &files[i])
			told = append(told, audit.Facts{"run": n.dayRun(), "sha256": files[i].SHA256})
		}
	}
	if err := n.announce(ctx, audit.FileRedacted, told); err != nil {
		return err
	}
	for _, f := range secret {
		if err := n.redact(f); err != nil {
			return fmt.Errorf("redact file %d of %s: %w", f.Seq, f.Sender, err)
		}
	}
	return nil
}

// redact replaces an archived file by a copy without its secrets. It may be
// done again after an interruption.
func (n *night) redact(f *run.File) error {
	done, err := n.archive.Redacted(f.SHA256)
	if err != nil {
		return err
	}
	if done {
		return n.archive.SettleRedacted(f.SHA256)
	}
	if n.rehearsal {
		if own, err := n.archived(f.SHA256); err != nil || !own {
			return err // an unfinished run received it: it is not the rehearsal's to change
		}
	}
	err = n.archive.Redact(f.SHA256, func(w io.Writer) error {
		return run.Guard(func() error { return n.writeRedacted(w, f) })
	})
	if _, failed := errors.AsType[*run.ErrPanic](err); failed { // nothing is known of what may be kept
		err = n.archive.Redact(f.SHA256, func(io.Writer) error { return nil })
	}
	return err
}

// archived reports whether the night's own archive holds a file: that of a rehearsal
// has only what it received itself.
func (n *night) archived(sum string) (bool, error) {
	f, err := n.archive.Open(sum)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, f.Close()
}

// writeRedacted writes the rows of a file that may be kept, each on its row,
// in the format of the original and under its password. Nothing is kept of a file that cannot be read
// as its kind: no column of it is known to be harmless.
func (n *night) writeRedacted(w io.Writer, f *run.File) error {
	t := &taking{night: n, file: f, layout: n.layouts[f.Kind]}
	t.bytes = func() (*archived, error) { return n.openArchived(*f) }
	table, err := t.open()
	if err != nil {
		if _, refused := errors.AsType[*pipeline.Fault](err); refused {
			return nil
		}
		return err
	}
	defer table.Close()
	rows := keptRows(t.layout, table)
	if table.Format == source.XLSX {
		return n.lockOf(f.Sender, t.plain).around(w, func(out io.Writer) error {
			return writeKeptWorkbook(out, n.Config.tempDir(), table.Sheet, rows)
		})
	}
	return writeKeptCSV(w, rows)
}

// keptRows yields the header and the data rows with only the columns that may
// be kept. Of a row whose cells cannot be told apart nothing is.
func keptRows(l *intake.Layout, t *source.Table) iter.Seq2[*source.Row, error] {
	kept := l.Kept(t)
	pick := func(cell func(i int) string) []source.Cell {
		var out []source.Cell
		for i, keep := range kept {
			if keep {
				out = append(out, source.Cell{Text: cell(i)})
			}
		}
		return out
	}
	return func(yield func(*source.Row, error) bool) {
		if !yield(&source.Row{Number: t.HeaderRow, Cells: pick(func(i int) string { return t.Header[i] })}, nil) {
			return
		}
		for row, err := range t.Rows() {
			if row == nil {
				if _, refused := errors.AsType[*pipeline.Fault](err); !refused {
					yield(nil, err)
				}
				return // what was good up to here is kept
			}
			if err != nil {
				continue
			}
			cells := pick(func(i int) string { return row.Cells[i].Text })
			if !yield(&source.Row{Number: row.Number, Cells: cells}, nil) {
				return
			}
		}
	}
}

// writeKeptCSV keeps a line of the file on its line: empty ones stand for what
// is left out.
func writeKeptCSV(w io.Writer, rows iter.Seq2[*source.Row, error]) error {
	out, line := csv.NewWriter(w), 1
	for row, err := range rows {
		if err != nil {
			return err
		}
		cells := make([]string, len(row.Cells))
		lines := 1
		for i, c := range row.Cells {
			cells[i] = strings.ReplaceAll(strings.ReplaceAll(c.Text, "\r\n", "\n"), "\r", "\n")
			lines += strings.Count(cells[i], "\n")
		}
		if row.Number > line {
			out.Flush()
			if _, err := io.WriteString(w, strings.Repeat("\n", row.Number-line)); err != nil {
				return err
			}
			line = row.Number
		}
		if err := out.Write(cells); err != nil {
			return err
		}
		line += lines
	}
	out.Flush()
	return out.Error()
}

func writeKeptWorkbook(w io.Writer, tempDir, sheet string, rows iter.Seq2[*source.Row, error]) (err error) {
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.SetSheetName(f.GetSheetName(0), sheet); err != nil {
		return err
	}
	out, err := f.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		cells := make([]any, len(row.Cells))
		for i, c := range row.Cells {
			cells[i] = c.Text
		}
		if err := out.SetRow(fmt.Sprintf("A%d", row.Number), cells); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return report.Save(w, f, tempDir)
}
