package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"meibo/pipeline"
	"meibo/pipeline/durable"
	"meibo/pipeline/report"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// Rights of the outbox: its group delivers from it, nobody else looks in.
const (
	outboxDir  = 0o750
	outboxFile = 0o640
)

// reports writes the workbooks of the day into the outbox, each reader's
// manifest last.
func (n *night) reports(ctx context.Context, w *run.Work) error {
	readers, err := n.expiryReaders(ctx)
	if err != nil {
		return err
	}
	readers = n.deliverable(w, readers)
	t, err := n.tally(ctx)
	if err != nil {
		return err
	}
	sent, err := n.delivered(ctx)
	if err != nil {
		return err
	}
	asked, err := n.routed(ctx, w)
	if err != nil {
		return err
	}
	if err := n.issueWaiting(ctx, w); err != nil {
		return err
	}
	if err := n.warnCatchAll(ctx, w); err != nil {
		return err
	}
	answers, err := n.bulkAnswers(ctx)
	if err != nil {
		return err
	}
	rosters, err := n.dueRosters(ctx, readers, t)
	if err != nil {
		return err
	}
	boxes := n.boxes(readers, sent, asked)
	w.Expect(len(boxes) + len(readers) + len(sent) + len(asked) + 4)
	for _, reader := range boxes {
		err := n.fill(ctx, w, reader, func(b *box) error {
			if err := n.ownFiles(ctx, w, b, t, readers); err != nil {
				return err
			}
			if err := n.rosterFiles(ctx, w, b, rosters[reader]); err != nil {
				return err
			}
			if err := n.correctionRequests(ctx, w, b, asked[reader]); err != nil {
				return err
			}
			if err := n.answerFiles(w, b, sent[reader], answers); err != nil {
				return err
			}
			return n.senderFiles(ctx, w, b, sent[reader])
		})
		if err != nil {
			return err
		}
	}
	if err := n.expireOutbox(ctx); err != nil {
		return err
	}
	return n.expireArchive(ctx) // while the run can still be resumed
}

// boxes are all who get something today: insurers, then offices.
func (n *night) boxes(insurers []string, sent map[string][]pipeline.Batch, asked map[string][]pipeline.Correction) []string {
	offices := []string{SenderCompliance, SenderAssociation}
	insurers = slices.Clone(insurers)
	for _, s := range slices.Sorted(maps.Keys(sent)) {
		switch role, _ := n.Config.role(s); {
		case role == RoleInsurer && !slices.Contains(insurers, s):
			insurers = append(insurers, s)
		case role != RoleInsurer && !slices.Contains(offices, s):
			offices = append(offices, s)
		}
	}
	for s := range asked {
		if s != SenderAssociation && !slices.Contains(insurers, s) {
			insurers = append(insurers, s)
		}
	}
	slices.Sort(insurers)
	return append(insurers, offices...)
}

// ownFiles writes what a reader gets whether or not it sent something.
func (n *night) ownFiles(ctx context.Context, w *run.Work, b *box, t *tally, insurers []string) error {
	switch {
	case b.reader == SenderCompliance:
		return n.complianceFiles(ctx, w, b)
	case b.reader == SenderAssociation:
		if err := n.associationFiles(ctx, w, b, t); err != nil {
			return err
		}
		return n.committeeFile(ctx, w, b)
	case slices.Contains(insurers, b.reader):
		if err := n.insurerFiles(ctx, w, b, t); err != nil {
			return err
		}
		return n.conductFile(ctx, w, b)
	}
	return nil
}

// fill writes one reader's files and then the manifest. Files know no
// transaction, so whether the lease still stands is asked before.
func (n *night) fill(ctx context.Context, w *run.Work, reader string, write func(*box) error) error {
	if err := n.Store.StillHolds(ctx); err != nil {
		return err
	}
	b, err := n.openBox(ctx, reader)
	if err != nil {
		return err
	}
	failed, written := write(b), slices.Clone(b.files)
	if failed == nil { // what was asked for since the night was done before
		failed = b.keepListed(func(name string) bool { return strings.HasPrefix(name, committeePrefix) })
	}
	if err := b.finish(w, failed); err != nil {
		return fmt.Errorf("reports for %s: %w", reader, err)
	}
	return n.noteReports(ctx, reader, written)
}

// deliverable leaves out codes that stand in registrations but belong to no
// configured insurer, and those that make no folder name: nobody is there to
// read what is written for them.
func (n *night) deliverable(w *run.Work, readers []string) []string {
	var out, strangers []string
	for _, r := range readers {
		if role, _ := n.Config.role(r); role == RoleInsurer && insurerCode.MatchString(r) {
			out = append(out, r)
		} else {
			strangers = append(strangers, r)
		}
	}
	if len(strangers) > 0 {
		list := strings.Join(strangers, ", ")
		w.Warn(run.Warning{
			Code: "unknown-reader",
			JA:   "登録にある保険会社コードのうち、登録のない会社の報告は作成しませんでした: " + list,
			EN:   "no report was written for codes in registrations that are no known insurers: " + list,
		})
	}
	return out
}

func (n *night) insurerFiles(ctx context.Context, w *run.Work, b *box, t *tally) error {
	name, own := fmt.Sprintf("expiry-report_%s.xlsx", n.row.AsOf), n.ownOf(b.reader)
	return b.write(w, name, func(out io.Writer) (report.Stats, error) {
		rows := func(yield func(pipeline.ExpiryRow, error) bool) {
			for r, err := range own.expiry(ctx, values(n.Store.Expiry(ctx, b.reader))) {
				if !yield(r, err) {
					return
				}
			}
			t.later(b.reader, yield)
		}
		return report.ExpiryReport(out, n.meta(b.reader, n.row.AsOf), rows)
	})
}

func (n *night) complianceFiles(ctx context.Context, w *run.Work, b *box) error {
	list, found, err := n.Store.LastPurgeList(ctx)
	if err != nil {
		return err
	}
	if found {
		// A list that did not change keeps its number and its day, and so its bytes.
		name := fmt.Sprintf("purge-list_%d.xlsx", list.No)
		err := b.write(w, name, func(out io.Writer) (report.Stats, error) {
			since, err := n.since(ctx, list)
			if err != nil {
				return report.Stats{}, err
			}
			return report.PurgeList(out, n.meta(b.reader, list.AsOf), list, values(n.Store.PurgeRows(ctx, list.No)), since)
		})
		if err != nil {
			return err
		}
	}
	name := fmt.Sprintf("duplicates_%s.xlsx", n.row.AsOf)
	err = b.write(w, name, func(out io.Writer) (report.Stats, error) {
		return report.Duplicates(out, n.meta(b.reader, n.row.AsOf), n.duplicateBlocks(ctx))
	})
	if err != nil {
		return err
	}
	return n.conductFile(ctx, w, b)
}

// values yields the values behind pointers that the store reuses.
func values[T any](rows iter.Seq2[*T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for r, err := range rows {
			var v T
			if r != nil {
				v = *r
			}
			if !yield(v, err) {
				return
			}
		}
	}
}

// meta is what a report of that day says about itself. It was made at the day's
// scheduled slot, whatever the clock says, so that a repeated night gives the
// same bytes.
func (n *night) meta(reader string, asOf pipeline.Date) report.Meta {
	m := report.Meta{
		AsOf: asOf, Slot: n.slot(asOf), Version: n.o.Version, Reader: reader,
		TempDir: n.Config.tempDir(), Names: n.names(), Insurers: map[string]string{},
	}
	for _, i := range n.Config.Insurers {
		m.Insurers[i.Code] = i.Name
	}
	m.ReaderName = m.Names[reader]
	if i, ok := n.Config.Insurer(reader); ok {
		m.ReaderName = i.Name
	}
	return n.disclosed(m)
}

// names call the senders inside of the house, and the kinds of files, as people do.
// Insurers stay with their codes, which everybody knows.
func (h *House) names() map[string]string {
	out := map[string]string{
		SenderAssociation: "協会", SenderCompliance: "審査担当", SenderExamCenter: "試験運営", SenderContactCenter: "コンタクトセンター",
	}
	for kind, l := range h.layouts {
		out[kind] = l.Title
	}
	return out
}

// slot is the first scheduled moment on or after the beginning of the day.
func (h *House) slot(d pipeline.Date) time.Time {
	start := time.Date(d.Year(), time.Month(d.Month()), d.Day(), 0, 0, 0, 0, h.zone)
	if h.Config.Schedule.Nightly == "" {
		return start
	}
	s, err := ParseSlot(h.Config.Schedule.Nightly)
	if err != nil {
		return start // refused when the configuration was read
	}
	return s.Next(start.Add(-time.Second))
}

// box is one reader's folder of the outbox, opened for that reader alone.
type box struct {
	reader string
	asOf   pipeline.Date
	root   durable.Folder
	files  []report.ManifestFile

	password string // agreed with the reader; empty: its files go in the clear
	dice     func(plain [sha256.Size]byte, password string) (io.Reader, error)
	tempDir  string // private

	version string
	may     func(reader, file string) error // see [House.MayWrite]
	changed map[string]store.Diff           // files that this run changed before it was cut short
	note    func(name string) error         // that it is about to change one
}

func (n *night) openBox(ctx context.Context, reader string) (*box, error) {
	changed, err := n.Store.Progress(ctx)
	if err != nil {
		return nil, err
	}
	root, err := n.boxFolder(reader)
	if err != nil {
		return nil, err
	}
	if _, err := durable.Sweep(root, ".", false); err != nil {
		return nil, errors.Join(fmt.Errorf("outbox of %s: %w", reader, err), root.Close())
	}
	note := func(name string) error {
		return n.Store.Write(ctx, func(tx *store.Tx) error { return tx.PutProgress(ctx, reader+"/"+name, store.Diff{Updated: 1}) })
	}
	return &box{
		reader: reader, asOf: n.row.AsOf, root: root, version: n.o.Version, may: n.MayWrite, changed: changed, note: note,
		password: n.secrets.password(reader), dice: n.dice, tempDir: n.Config.tempDir(),
	}, nil
}

// write makes one workbook appear whole or not at all. A workbook that stands
// there with the same bytes is left alone.
func (b *box) write(w *run.Work, name string, make func(io.Writer) (report.Stats, error)) error {
	var st report.Stats
	return b.put(w, name, func(out io.Writer) (err error) {
		if b.password != "" && isWorkbook(name) {
			st, err = b.locked(out, name, make)
		} else {
			st, err = make(out)
		}
		return err
	}, func(sum string) {
		b.files = append(b.files, report.ManifestFile{Name: name, SHA256: sum, Rows: st.Rows, Guarded: st.Guarded})
	})
}

func (b *box) put(w *run.Work, name string, make func(io.Writer) error, written func(sum string)) error {
	if err := b.may(b.reader, name); err != nil {
		return err
	}
	old, err := b.sum(name)
	if err != nil {
		return err
	}
	_, changed := b.changed[b.reader+"/"+name]
	got, err := durable.WriteIn(b.root, name, outboxFile, func(out io.Writer) error {
		h := sha256.New()
		if err := make(io.MultiWriter(out, h)); err != nil {
			return err
		}
		if changed || hex.EncodeToString(h.Sum(nil)) == old {
			return nil
		}
		changed = true
		return b.note(name) // before it stands there, or nobody could tell who wrote it
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", shownReport(name), err)
	}
	c := run.Counts{Read: 1, Unchanged: 1}
	if changed {
		c = run.Counts{Read: 1, Applied: 1}
	}
	w.Add(c)
	if written != nil {
		written(got.SHA256)
	}
	return nil
}

// shownReport is the name of a report in an error: of one that goes back to its
// sender, or bears a person's ID, only the part that is ours.
func shownReport(name string) string {
	for _, ours := range []string{"rejects_", "bulk-answers_", "statement_"} {
		if strings.HasPrefix(name, ours) {
			return ours + "…" + path.Ext(name)
		}
	}
	return name
}

// sum is the hash of a file that stands in the box, empty if there is none.
func (b *box) sum(name string) (string, error) {
	f, err := b.root.OpenFile(name, os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read %s: %w", shownReport(name), err)
	}
	defer f.Close()
	sum, _, err := hashOf(f)
	return sum, err
}

// finish writes the manifest, unless a file before it could not be written, and
// closes the box.
func (b *box) finish(w *run.Work, failed error) error {
	defer b.root.Close()
	if failed != nil {
		return failed
	}
	m := report.Manifest{AsOf: b.asOf, Reader: b.reader, Version: b.version, Files: b.files}
	return b.put(w, report.ManifestName(b.asOf), m.Write, nil)
}
