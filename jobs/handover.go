package jobs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/access"
	"meibo/pipeline/durable"
	"meibo/pipeline/intake"
	"meibo/pipeline/report"
	"meibo/pipeline/run"
)

// readerAgent is the folder of the outbox in which the association finds what it
// hands to people themselves. Nobody sends files by that name.
const readerAgent = "agent"

// ErrRequest says that what was asked for cannot be handed over: wrong use,
// nothing was written.
type ErrRequest struct{ JA, EN string }

func (e *ErrRequest) Error() string { return e.EN }

// HandedOver is a file that somebody asked for, and that lies finished for its
// reader.
type HandedOver struct {
	Reader     string        `json:"reader"`
	File       string        `json:"file"`
	AsOf       pipeline.Date `json:"as_of"`
	Rows       int           `json:"rows"`
	Encryption string        `json:"encryption"`
	SHA256     string        `json:"sha256"`
}

// byDay is a night that only writes files on request, by the rules of the day.
func (h *House) byDay(ctx context.Context, asOf pipeline.Date) (*night, error) {
	kinds, settings, err := h.rulesOn(asOf)
	if err != nil {
		return nil, err
	}
	newest, err := h.Store.NewestDone(ctx, Nightly)
	if err != nil {
		return nil, err
	}
	if asOf < newest {
		return nil, &ErrRequest{
			"基準日 " + asOf.String() + " は、最後に終わった夜間処理の日（" + newest.String() + "）より前です。",
			"the day " + asOf.String() + " lies before the newest finished night (" + newest.String() + ")",
		}
	}
	if asOf > max(newest, h.today()) {
		return nil, &ErrRequest{
			"基準日 " + asOf.String() + " は、まだ来ていない日付です。",
			"the day " + asOf.String() + " has not come yet",
		}
	}
	return &night{House: h, row: run.Row{Job: Nightly, AsOf: asOf}, kinds: kinds, settings: settings}, nil
}

// handOver writes files on request into the folder of a reader, adds them to the
// manifest of the day and delivers them. The caller holds the lease.
func (n *night) handOver(ctx context.Context, reader, password string, write func(*box, *run.Work) error, note func([]report.ManifestFile) error) ([]HandedOver, error) {
	root, err := n.boxFolder(reader)
	if err != nil {
		return nil, err
	}
	if _, err := durable.Sweep(root, ".", false); err != nil {
		return nil, errors.Join(fmt.Errorf("outbox of %s: %w", reader, err), root.Close())
	}
	b := &box{
		reader: reader, asOf: n.row.AsOf, root: root, version: n.o.Version, may: n.MayWrite,
		note:     func(string) error { return nil }, // no run counts it
		password: password, dice: n.dice, tempDir: n.Config.tempDir(),
	}
	w := &run.Work{}
	failed := write(b, w)
	made := slices.Clone(b.files)
	if failed == nil {
		failed = b.keepListed(func(string) bool { return true })
	}
	if err := b.finish(w, failed); err != nil {
		return nil, fmt.Errorf("report for %s: %w", reader, err)
	}
	if err := note(made); err != nil {
		return nil, err
	}
	return n.handed(ctx, reader, made)
}

// keepListed goes on with what the manifest of the day that stands there names.
func (b *box) keepListed(keep func(name string) bool) error {
	m, err := readManifest(b.root, report.ManifestName(b.asOf))
	if err != nil {
		return err
	}
	for _, f := range m.Files {
		if m.Reader == b.reader && keep(f.Name) && !slices.ContainsFunc(b.files, func(x report.ManifestFile) bool { return x.Name == f.Name }) {
			b.files = append(b.files, f)
		}
	}
	return nil
}

// handed delivers what was made and tells what became of it.
func (n *night) handed(ctx context.Context, reader string, made []report.ManifestFile) ([]HandedOver, error) {
	if _, err := n.deliverAll(ctx, n.row.AsOf, true, nil, reader); err != nil {
		return nil, err
	}
	root, err := n.boxFolder(reader)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	o := &outgoing{House: n.House}
	var out []HandedOver
	for _, f := range made {
		file := fileOf(reader, n.row.AsOf, f)
		if _, err := o.look(root, &file); err != nil {
			return nil, err
		}
		out = append(out, HandedOver{reader, f.Name, n.row.AsOf, f.Rows, file.Encryption, f.SHA256})
	}
	return out, nil
}

// Rosters writes the rosters of these agencies as of a day into the folders of
// their 代申, for who may see them; the look is noted. An agency that is not known,
// or whose 代申 has no folder, is *ErrAccess's kind of wrong use: *ErrRequest.
func (h *House) Rosters(ctx context.Context, l Looker, numbers []string, asOf pipeline.Date) (out []HandedOver, err error) {
	seen, err := h.looking(ctx, l, "", []string{access.FieldBasic, access.FieldQualification, access.FieldRegistration}, asOf)
	if err != nil {
		return nil, err
	}
	err = h.alone(ctx, func(ctx context.Context) error {
		n, err := h.byDay(ctx, asOf)
		if err != nil {
			return err
		}
		by, err := n.agenciesByLead(ctx, numbers)
		if err != nil {
			return err
		}
		for _, reader := range slices.Sorted(maps.Keys(by)) {
			made, err := n.handOver(ctx, reader, n.secrets.password(reader), func(b *box, w *run.Work) error {
				return n.rosterFiles(ctx, w, b, by[reader])
			}, func(made []report.ManifestFile) error { return n.noteReports(ctx, reader, made) })
			if err != nil {
				return err
			}
			out = append(out, made...)
		}
		rows := 0
		for _, f := range out {
			rows += f.Rows
		}
		return seen.noted(ctx, rows)
	})
	return out, err
}

func (n *night) agenciesByLead(ctx context.Context, numbers []string) (map[string][]pipeline.Agency, error) {
	numbers = slices.Clone(numbers)
	for i, no := range numbers {
		numbers[i] = intake.AgentID(no) // the same kind of text
	}
	known, err := n.Store.Agencies(ctx, numbers)
	if err != nil {
		return nil, err
	}
	out := map[string][]pipeline.Agency{}
	for _, a := range known {
		if len(n.deliverable(&run.Work{}, []string{a.LeadInsurer})) == 0 {
			return nil, &ErrRequest{
				"代理店 " + a.No + " の代理申請会社 " + a.LeadInsurer + " は、登録のない保険会社です（設定の insurers）。",
				"the lead insurer " + a.LeadInsurer + " of agency " + a.No + " is not a configured insurer",
			}
		}
		out[a.LeadInsurer] = append(out[a.LeadInsurer], a)
	}
	for _, no := range numbers {
		if !slices.ContainsFunc(known, func(a pipeline.Agency) bool { return a.No == no }) {
			return nil, &ErrRequest{"代理店登録番号 " + no + " は登録されていません。", "the register holds no agency " + no}
		}
	}
	return out, nil
}
