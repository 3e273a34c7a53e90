package jobs

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"path"
	"slices"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/failpoint"
	"meibo/pipeline/intake"
	"meibo/pipeline/run"
	"meibo/pipeline/source"
	"meibo/pipeline/store"
)

// chunkRows is how many rows one transaction takes: small enough for a cluster,
// large enough for speed.
const chunkRows = 2000

// importFiles takes the night's files into the register, in their order. A
// faulty file never stops the night; a fault of the world does.
func (n *night) importFiles(ctx context.Context, w *run.Work) error {
	files, err := n.Store.RunFiles(ctx, n.row.ID)
	if err != nil {
		return err
	}
	in, err := n.openInbox()
	if err != nil {
		return err
	}
	defer in.Close()
	n.warnAssumed(w, files)
	if err := n.makeAccounts(ctx, n.row.AsOf); err != nil { // of a register from before there were any
		return err
	}
	for i := range files {
		counts, err := n.importFile(ctx, &files[i])
		if err != nil {
			return fmt.Errorf("file %d (%s): %w", files[i].Seq, n.shownAs(files[i].Sender, files[i].Kind), nameless(err, files[i].Name))
		}
		w.Add(counts)
		b, _, err := n.Store.Batch(ctx, files[i].BatchID)
		if err != nil {
			return err
		}
		n.logFile(files[i], b.State, counts)
		if b.State == pipeline.BatchRefused {
			if err := n.warnInternal(ctx, w, files[i]); err != nil {
				return err
			}
		}
		failpoint.Hit("import-settled", "")
		if b.State == pipeline.BatchHeld {
			warnHeld(w, files[i])
			continue // it stays in the inbox until it is accepted or taken back
		}
		if err := n.clear(in, files[i]); err != nil {
			return err
		}
		failpoint.Hit("import-cleared", "")
	}
	if err := n.warnCorrected(ctx, w, files); err != nil {
		return err
	}
	if err := n.warnReturned(ctx, w, files); err != nil {
		return err
	}
	return n.redactFiles(ctx, files)
}

// importFile settles one file and says what became of its rows.
func (n *night) importFile(ctx context.Context, f *run.File) (run.Counts, error) {
	if f.State == run.FileSettled || f.State == run.FileDuplicate {
		return n.settledCounts(ctx, *f)
	}
	f.BatchID = batchID(n, *f)
	batch := pipeline.Batch{
		ID: f.BatchID, Sender: f.Sender, Kind: f.Kind, FileName: f.Name, SHA256: f.SHA256,
		ReceivedAt: pipeline.InstantOf(n.o.Now()), AsOf: n.row.AsOf, State: pipeline.BatchApplied,
	}
	layout, fault := n.admit(*f)
	if fault != nil {
		return n.keepOut(ctx, f, batch, pipeline.BatchRefused, []*pipeline.Fault{fault})
	}
	// A file that an interrupted attempt began is not a duplicate of itself.
	if f.State == run.FileListed || f.State == run.FileAccepted {
		before, err := n.appliedBefore(ctx, *f)
		if err != nil {
			return run.Counts{}, err
		}
		if before != nil {
			return n.duplicate(ctx, f, batch, *before)
		}
	}
	t := &taking{night: n, file: f, batch: batch, layout: layout, env: n.env(*f)}
	t.bytes = func() (*archived, error) { return n.openArchived(*f) }
	return t.take(ctx)
}

// env is what the checks of a file need to know besides the file.
func (n *night) env(f run.File) intake.Env {
	return intake.Env{
		Sender: f.Sender, AsOf: n.row.AsOf, Initial: n.Config.Import.Initial, Kinds: intakeKinds(n.kinds), Items: n.layouts.Items(),
	}
}

// settledCounts is what an interrupted attempt counted for a file.
func (n *night) settledCounts(ctx context.Context, f run.File) (run.Counts, error) {
	b, _, err := n.Store.Batch(ctx, f.BatchID)
	if err != nil {
		return run.Counts{}, err
	}
	if f.State == run.FileDuplicate {
		return run.Counts{Read: b.RowsRead, Duplicates: b.RowsRead}, nil
	}
	already, err := n.already(ctx, f)
	return runCounts(b, already), err
}

// already is how many rows of a file an earlier run of this day had applied from
// the same bytes when this run began with it.
func (n *night) already(ctx context.Context, f run.File) (int, error) {
	done, err := n.Store.Progress(ctx)
	return done[fileItem(f)].Unchanged, err
}

// fileItem is a file in the notes of the import's progress.
func fileItem(f run.File) string { return fmt.Sprint("file ", f.Seq) }

// runCounts is what this run made of a file: to it, rows that an earlier one
// applied from the same bytes on this day are unchanged.
func runCounts(b pipeline.Batch, already int) run.Counts {
	c := batchCounts(b)
	c.Applied, c.Unchanged = c.Applied-already, c.Unchanged+already
	return c
}

func batchCounts(b pipeline.Batch) run.Counts {
	return run.Counts{Read: b.RowsRead, Applied: b.Applied, Unchanged: b.Unchanged, Rejected: b.Rejected, Duplicates: b.Duplicates}
}

// admit decides from folder and name alone whether the file may come in.
func (n *night) admit(f run.File) (*intake.Layout, *pipeline.Fault) {
	refused := func(code pipeline.Code, ja, en string) (*intake.Layout, *pipeline.Fault) {
		return nil, &pipeline.Fault{Origin: pipeline.Origin{File: f.Name}, Code: code, Severity: pipeline.SeverityError, JA: ja, EN: en}
	}
	role, _ := n.Config.role(f.Sender)
	if role == "" {
		return refused(CodeUnknownSender,
			"送信元のフォルダー名が登録されていません。meibo.yaml の insurers にある保険会社コードか、決められた名前のフォルダーに置いてください。",
			"the sender's folder is not known; use the code of a configured insurer or one of the office names")
	}
	layout, known := n.layouts[f.Kind]
	if !known {
		return refused(CodeUnknownKind,
			"ファイル名の先頭（最初の「_」の前）から種類を判断できません。例: registrations_20261121.xlsx",
			"the part of the file name before the first _ is no known kind, such as registrations_20261121.xlsx")
	}
	if !layout.AllowsSender(f.Sender, role == RoleInsurer) {
		return refused(CodeKindNotAllowed,
			"この送信元からは受け付けていない種類のファイルです。送信元のフォルダーとファイル名を確認してください。",
			"this sender may not deliver this kind; check the folder and the file name")
	}
	if ext := strings.ToLower(path.Ext(f.Name)); ext != ".csv" && ext != ".xlsx" {
		return refused(CodeUnknownExtension,
			"拡張子が .csv でも .xlsx でもありません。拡張子だけを書き換えず、CSVまたはExcelブック（.xlsx）として保存し直してください。",
			"the extension must be .csv or .xlsx: save it in one of these formats instead of renaming it")
	}
	return layout, nil
}

// appliedBefore finds a batch of the same sender, kind and bytes that was
// applied without a rejected row: such bytes have no effect again, under any name,
// unless what they brought was purged since.
func (n *night) appliedBefore(ctx context.Context, f run.File) (*pipeline.Batch, error) {
	batches, err := n.Store.BatchesOf(ctx, f.SHA256)
	if err != nil {
		return nil, err
	}
	for _, b := range batches {
		if b.Sender != f.Sender || b.Kind != f.Kind || b.State != pipeline.BatchApplied || b.Rejected != 0 {
			continue
		}
		if purged, err := n.purgedSince(ctx, b.AsOf); err != nil || !purged {
			return &b, err
		}
	}
	return nil, nil
}

// duplicate records that the bytes had no effect. On the day of the first
// batch its own row says so already.
func (n *night) duplicate(ctx context.Context, f *run.File, batch, first pipeline.Batch) (run.Counts, error) {
	batch.State, batch.RowsRead, batch.Duplicates = pipeline.BatchDuplicate, first.RowsRead, first.RowsRead
	f.State = run.FileDuplicate
	err := n.Store.Write(ctx, func(tx *store.Tx) error {
		if first.ID != batch.ID {
			if err := tx.PutBatch(ctx, batch); err != nil {
				return err
			}
		}
		return tx.UpdateRunFile(ctx, *f)
	})
	return run.Counts{Read: batch.RowsRead, Duplicates: batch.RowsRead}, err
}

// keepOut keeps nothing of a refused or held file but the reasons.
func (n *night) keepOut(ctx context.Context, f *run.File, batch pipeline.Batch, state string, faults []*pipeline.Fault) (run.Counts, error) {
	batch.State, batch.Rejected = state, batch.RowsRead
	batch.Applied, batch.Unchanged, batch.Duplicates = 0, 0, 0
	f.State = run.FileSettled
	err := n.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.PutFaults(ctx, batch.ID, faults); err != nil {
			return err
		}
		return putAccount(ctx, tx, batch, *f)
	})
	return batchCounts(batch), err
}

// putAccount writes what a file has come to so far: its batch, and its place in the run.
func putAccount(ctx context.Context, tx *store.Tx, b pipeline.Batch, f run.File) error {
	if err := tx.PutBatch(ctx, b); err != nil {
		return err
	}
	return tx.UpdateRunFile(ctx, f)
}

// taking is one file on its way into the register.
type taking struct {
	*night
	file   *run.File
	batch  pipeline.Batch
	layout *intake.Layout
	env    intake.Env

	bytes      func() (*archived, error) // opens the file anew for one pass
	checked    *intake.Checked
	plain      []byte           // of a workbook with a password, once decrypted
	earlier    []intake.Earlier // files of the sender and kind, newest first
	held       bool             // a list that shrank too much to be taken unasked
	counted    bool             // the same bytes are a measure of later files already
	beforehand int              // rows that an earlier run of this day applied from the same bytes

	refusals []pipeline.Correction // versions that say which corrections were refused
	signers  map[string]bool       // reviewers who may act, in the notes of progress; see signed
}

// take checks the whole file first, alone and against the register, so that it
// can be refused with nothing of it kept; then it applies chunk by chunk, each
// with its own progress.
func (t *taking) take(ctx context.Context) (run.Counts, error) {
	faults, refused, err := t.judgeSafely(ctx)
	if err != nil {
		return run.Counts{}, err
	}
	switch {
	case refused:
		return t.keepOut(ctx, t.file, t.batch, pipeline.BatchRefused, faults)
	case t.held:
		return t.keepOut(ctx, t.file, t.batch, pipeline.BatchHeld, faults)
	}
	if t.file.State != run.FileApplying {
		if err := t.begin(ctx, faults); err != nil {
			return run.Counts{}, err
		}
		failpoint.Hit("import-begun", "")
	} else if err := t.rejoin(ctx); err != nil {
		return run.Counts{}, err
	}
	if err := t.apply(ctx); err != nil {
		return run.Counts{}, err
	}
	return runCounts(t.batch, t.beforehand), nil
}

// judge finds every fault of the file, by itself and against the register, and
// decides whether it is refused.
func (t *taking) judge(ctx context.Context) (faults []*pipeline.Fault, refused bool, err error) {
	failpoint.Hit("import-judge", "")
	c, err := t.layout.Check(t.open, t.env)
	if err != nil {
		return nil, false, err
	}
	t.checked, t.refusals, t.signers = c, nil, map[string]bool{}
	if c.Refused == nil {
		for chunk, err := range t.chunks(ctx) {
			if err != nil {
				return nil, false, err
			}
			m, err := t.meet(ctx, chunk)
			if err != nil {
				return nil, false, err
			}
			t.refusals = append(t.refusals, m.refused...)
			for _, x := range m.found {
				c.Reject(x.record, x.faults...)
			}
			c.Certificates(chunk)
		}
		c.WarnReused()
		c.Judge()
	}
	if c.Refused == nil {
		if err := t.measure(ctx); err != nil {
			return nil, false, err
		}
	}
	c.Finish()
	t.batch.RowsRead, t.batch.Duplicates, t.batch.Rejected = c.RowsRead, c.Duplicates, c.Rejected
	return c.Faults, c.Refused != nil, nil
}

// open opens the file as a table for one pass.
func (t *taking) open() (*source.Table, error) {
	file, err := t.bytes()
	if err != nil {
		return nil, err
	}
	table, err := t.layout.Open(file, file.size, t.file.Name, file.options(t.reading(t.file.Sender, &t.plain)))
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return table, nil
}

// chunks yields the rows that are good so far, in an order and with bounds that
// are the same at each pass after the last rejection. They name nobody who was
// purged but by their own 募集人ID.
func (t *taking) chunks(ctx context.Context) iter.Seq2[[]*intake.Record, error] {
	limit := chunkRows
	if k := t.layout.RecordKind; k == intake.RecordRegistration || k == intake.RecordCorrection {
		limit = math.MaxInt // their rows bear on each other: see meetRegistrations and correctionParts
	}
	return func(yield func([]*intake.Record, error) bool) {
		table, err := t.open()
		if err != nil {
			yield(nil, err)
			return
		}
		defer table.Close()
		var chunk []*intake.Record
		for r, err := range t.checked.Good(table) {
			if err != nil {
				yield(nil, err)
				return
			}
			if chunk = append(chunk, r); len(chunk) == limit {
				if !yield(chunk, t.forgetPurged(ctx, chunk)) {
					return
				}
				chunk = nil
			}
		}
		if len(chunk) > 0 {
			yield(chunk, t.forgetPurged(ctx, chunk))
		}
	}
}

// begin records the verdict on the file before the first of its rows counts.
func (t *taking) begin(ctx context.Context, faults []*pipeline.Fault) error {
	before, found, err := t.Store.Batch(ctx, t.batch.ID)
	if err != nil {
		return err
	}
	if found {
		// The same bytes came on this day already and left rejected rows: what
		// was applied then stays counted.
		t.batch.ReceivedAt, t.batch.FileName = before.ReceivedAt, before.FileName
		t.batch.Applied, t.beforehand = before.Applied, before.Applied
	}
	t.batch.State = pipeline.BatchApplied
	t.file.State, t.file.Progress = run.FileApplying, 0
	return t.Store.Write(ctx, func(tx *store.Tx) error {
		for _, item := range slices.Sorted(maps.Keys(t.signers)) {
			if err := tx.PutProgress(ctx, item, store.Diff{}); err != nil {
				return err
			}
		}
		if err := tx.PutFaults(ctx, t.batch.ID, faults); err != nil {
			return err
		}
		if err := tx.PutCorrections(ctx, t.refusals); err != nil {
			return err
		}
		if err := putAccount(ctx, tx, t.batch, *t.file); err != nil {
			return err
		}
		return tx.PutProgress(ctx, fileItem(*t.file), store.Diff{Unchanged: t.beforehand})
	})
}

// rejoin takes up the counts of the attempt that was cut short. Its faults are
// stored; rows it applied say nothing new by now, so their warnings would be
// missing from a second look.
func (t *taking) rejoin(ctx context.Context) error {
	stored, found, err := t.Store.Batch(ctx, t.batch.ID)
	if err == nil && !found {
		err = fmt.Errorf("batch %s is gone", t.batch.ID)
	}
	if err != nil {
		return err
	}
	t.batch = stored
	t.beforehand, err = t.already(ctx, *t.file)
	return err
}

// apply writes the good rows chunk by chunk; progress commits with effect.
func (t *taking) apply(ctx context.Context) error {
	done := 0
	for chunk, err := range t.chunks(ctx) {
		if err != nil {
			return err
		}
		parts, err := t.parts(ctx, chunk)
		if err != nil {
			return err
		}
		for _, p := range parts {
			done += p.rows
			if p.rows > 0 && done <= t.file.Progress {
				continue // committed by the attempt that was cut short
			}
			if err := t.applyPart(ctx, p, done); err != nil {
				return err
			}
		}
	}
	return t.settle(ctx)
}

func (t *taking) applyPart(ctx context.Context, p part, done int) error {
	m, err := p.meet(ctx)
	if err != nil {
		return err
	}
	batch, file := t.batch, *t.file
	batch.Applied += m.applied
	file.Progress = done
	err = t.Store.Write(ctx, func(tx *store.Tx) error {
		if err := m.write(ctx, tx); err != nil {
			return err
		}
		return putAccount(ctx, tx, batch, file)
	})
	if err != nil {
		return err
	}
	t.batch, *t.file = batch, file
	failpoint.Hit("import-part", "")
	return ctx.Err() // between chunks is where a run can stop
}

// settle closes the account of the file.
func (t *taking) settle(ctx context.Context) error {
	b := &t.batch
	b.Unchanged = b.RowsRead - b.Applied - b.Rejected - b.Duplicates
	t.file.State = run.FileSettled
	looks, counts, err := t.statistics()
	if err != nil {
		return err
	}
	return t.Store.Write(ctx, func(tx *store.Tx) error {
		if counts {
			if err := tx.PutStatistics(ctx, looks); err != nil {
				return err
			}
		}
		return putAccount(ctx, tx, *b, *t.file)
	})
}
