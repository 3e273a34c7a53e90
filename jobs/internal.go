package jobs

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/run"
)

// judgeSafely is judge, except that a fault of this program in one file refuses
// that file and lets the others go on. Nothing of it has been written by then:
// what is written later was decoded and met here before, in the same way.
func (t *taking) judgeSafely(ctx context.Context) (faults []*pipeline.Fault, refused bool, err error) {
	err = run.Guard(func() (err error) {
		faults, refused, err = t.judge(ctx)
		return err
	})
	p, failed := errors.AsType[*run.ErrPanic](err)
	if !failed {
		return faults, refused, err
	}
	sender, kind := t.known(t.file.Sender, t.file.Kind)
	t.o.Log.Error("internal error", "run", t.row.ID, "seq", t.file.Seq, "sender", sender, "kind", kind, "sha256", t.file.SHA256[:12],
		"what", p.What, "stack", string(p.Stack))
	t.batch.RowsRead, t.batch.Duplicates, t.batch.Rejected = 0, 0, 0
	return []*pipeline.Fault{internalFault(t.file.Name)}, true, nil
}

func internalFault(file string) *pipeline.Fault {
	for _, f := range Faults() {
		if f.Code == CodeInternal {
			return &pipeline.Fault{
				Origin: pipeline.Origin{File: file}, Code: f.Code, Severity: f.Severity,
				JA: f.MeaningJA + f.RemedyJA, EN: f.MeaningEN + " " + f.RemedyEN,
			}
		}
	}
	panic("no such code in the catalogue") // it stands in codes.go
}

// warnInternal tells the operator of a file that this program failed on.
func (n *night) warnInternal(ctx context.Context, w *run.Work, f run.File) error {
	for fault, err := range n.Store.Faults(ctx, f.BatchID) {
		if err != nil {
			return err
		}
		if fault.Code != CodeInternal {
			return nil // it is the only one where there is one
		}
		sender, kind := n.known(f.Sender, f.Kind)
		w.Warn(run.Warning{
			Code: string(CodeInternal),
			JA: fmt.Sprintf("プログラムの不具合により %s の %s（SHA-256 %s）を処理できませんでした。ログの internal error を添えて開発元に連絡し、修正版で meibo run --again %[3]s を実行してください。",
				sender, kind, f.SHA256[:12]),
			EN: fmt.Sprintf("this program failed on %s from %s (SHA-256 %s): report the log lines \"internal error\", and with a mended version do meibo run --again %[3]s",
				kind, sender, f.SHA256[:12]),
		})
		return nil
	}
	return nil
}

// nameless is an error without the name of a file, which its sender chose and
// which may be somebody's.
func nameless(err error, name string) error {
	if err == nil || name == "" || !strings.Contains(err.Error(), name) {
		return err
	}
	return &withoutName{err, name}
}

type withoutName struct {
	err  error
	name string
}

func (e *withoutName) Error() string { return strings.ReplaceAll(e.err.Error(), e.name, "the file") }
func (e *withoutName) Unwrap() error { return e.err }
