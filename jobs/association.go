package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/deadline"
	"meibo/pipeline/report"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// chartNights is how many nights the charts of the nightly report show.
const chartNights = 30

// associationFiles writes the night on one page, as a workbook and for
// programs, and keeps its figures for the charts of later nights.
func (n *night) associationFiles(ctx context.Context, w *run.Work, b *box, t *tally) error {
	page, err := n.page(ctx, t)
	if err != nil {
		return err
	}
	point, err := json.Marshal(page.History[len(page.History)-1])
	if err != nil {
		return fmt.Errorf("figures of the night: %w", err)
	}
	err = n.Store.Write(ctx, func(tx *store.Tx) error {
		return tx.PutNight(ctx, store.Night{AsOf: n.row.AsOf, Figures: string(point)})
	})
	if err != nil {
		return err
	}
	if err := b.write(w, fmt.Sprintf("nightly_%s.xlsx", n.row.AsOf), func(out io.Writer) (report.Stats, error) {
		return report.Nightly(out, n.meta(b.reader, n.row.AsOf), page)
	}); err != nil {
		return err
	}
	return b.write(w, fmt.Sprintf("nightly_%s.json", n.row.AsOf), func(out io.Writer) (report.Stats, error) {
		return report.Stats{Rows: 1}, report.NightJSON(out, page)
	})
}

// page gathers the night from the stored facts and the day alone, so that
// neither an interruption nor a repetition changes a byte of it.
func (n *night) page(ctx context.Context, t *tally) (report.Night, error) {
	p := report.Night{
		AsOf: n.row.AsOf, RunID: n.row.Job + "-" + n.row.AsOf.String(), State: "完了",
		People: t.people, Expiry: t.expiry, Differences: t.differences,
	}
	var err error
	for _, gather := range []func(context.Context, *report.Night) error{
		n.pageFiles, n.pagePurge, n.pagePairs, n.pageLate, n.pageUndetermined, n.pageHistory,
	} {
		if err := gather(ctx, &p); err != nil {
			return p, err
		}
	}
	p.Checkpoint, err = n.pageAudit(ctx)
	return p, err
}

func (n *night) pageFiles(ctx context.Context, p *report.Night) error {
	batches, err := n.Store.BatchesOn(ctx, n.row.AsOf)
	if err != nil {
		return err
	}
	slices.SortFunc(batches, func(a, b pipeline.Batch) int {
		return cmp.Or(cmp.Compare(kindRank(a.Kind), kindRank(b.Kind)), cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(a.Sender, b.Sender), cmp.Compare(a.FileName, b.FileName), cmp.Compare(a.ID, b.ID))
	})
	type key struct {
		kind string
		code pipeline.Code
	}
	counts := map[key]*report.NightFault{}
	var order []key
	var assumed []string
	for _, b := range batches {
		f := report.NightFile{
			Sender: b.Sender, Kind: b.Kind, Name: b.FileName, State: b.State, Read: b.RowsRead,
			Applied: b.Applied, Unchanged: b.Unchanged, Rejected: b.Rejected, Duplicates: b.Duplicates,
		}
		for x, err := range n.Store.Faults(ctx, b.ID) {
			if err != nil {
				return err
			}
			if x.Severity == pipeline.SeverityWarning {
				f.Warnings++
			}
			k := key{b.Kind, x.Code}
			if counts[k] == nil {
				counts[k] = &report.NightFault{Kind: b.Kind, Code: x.Code, Severity: x.Severity, Text: meaning(x.Code)}
				order = append(order, k)
			}
			counts[k].Count++
		}
		p.Files = append(p.Files, f)
		if _, a := n.Config.role(b.Sender); a && !slices.Contains(assumed, b.Sender) {
			assumed = append(assumed, b.Sender)
		}
	}
	slices.SortFunc(order, func(a, b key) int {
		return cmp.Or(cmp.Compare(kindRank(a.kind), kindRank(b.kind)), cmp.Compare(a.kind, b.kind), cmp.Compare(a.code, b.code))
	})
	for _, k := range order {
		p.Faults = append(p.Faults, *counts[k])
	}
	if len(assumed) > 0 {
		slices.Sort(assumed)
		p.Warnings = append(p.Warnings, assumedWarning(assumed).JA)
	}
	return nil
}

func (n *night) pagePurge(ctx context.Context, p *report.Night) error {
	last, found, err := n.Store.LastPurgeList(ctx)
	if err != nil || !found {
		return err
	}
	p.Purge.ListNo = last.No
	for r, err := range n.Store.PurgeRows(ctx, last.No) {
		if err != nil {
			return err
		}
		switch r.State {
		case pipeline.PurgeNotice:
			p.Purge.Notice++
		case pipeline.PurgeDue:
			p.Purge.Due++
		case pipeline.PurgeHeld:
			p.Purge.Held++
		case pipeline.PurgeDecision:
			p.Purge.Decision++
		}
	}
	if p.Purge.Overdue, err = n.Overdue(ctx, n.row.AsOf); err != nil {
		return err
	}
	return n.pageChanges(ctx, p, last)
}

func (n *night) pagePairs(ctx context.Context, p *report.Night) error {
	for d, err := range n.Store.Duplicates(ctx) {
		switch {
		case err != nil:
			return err
		case d.Class == pipeline.ClassConfirmed:
			p.Duplicates.Confirmed++
		case d.Decision == "":
			p.Duplicates.Review++
		}
		if d.FirstSeen == n.row.AsOf {
			p.Duplicates.New++
		}
	}
	return nil
}

func (n *night) pageLate(ctx context.Context, p *report.Night) error {
	late, err := n.late(ctx)
	if err != nil {
		return err
	}
	for _, x := range late {
		sender, kind, _ := strings.Cut(x, "/")
		l := report.LateSender{Sender: sender, Kind: kind}
		before, err := n.Store.LastBatches(ctx, sender, kind, 1)
		if err != nil {
			return err
		}
		if len(before) > 0 {
			l.LastOn = before[0].AsOf
			l.Days = n.row.AsOf.Sub(l.LastOn)
		}
		p.Late = append(p.Late, l)
	}
	return nil
}

func (n *night) pageUndetermined(ctx context.Context, p *report.Night) error {
	for d, err := range n.Store.Deadlines(ctx) {
		if err != nil {
			return err
		}
		if d.Status != deadline.Undetermined {
			continue
		}
		u := report.Undetermined{AgentID: d.AgentID, Missing: d.BaseKind}
		for _, e := range d.Evidence {
			if ref, err := pipeline.ParseRef(e.Ref); err == nil && u.Source == "" {
				b, _, err := n.Store.Batch(ctx, ref.Batch)
				if err != nil {
					return err
				}
				u.Source = pipeline.Origin{File: b.Sender + "/" + b.FileName, Sheet: ref.Sheet, Row: ref.Row}.String()
			}
		}
		p.Undetermined = append(p.Undetermined, u)
	}
	return nil
}

// pageHistory adds the figures of the nights before and those of this one.
func (n *night) pageHistory(ctx context.Context, p *report.Night) error {
	earlier, err := n.Store.Nights(ctx, n.row.AsOf, chartNights-1)
	if err != nil {
		return err
	}
	for _, e := range earlier {
		var point report.NightPoint
		if err := json.Unmarshal([]byte(e.Figures), &point); err != nil {
			return fmt.Errorf("figures of %s: %w", e.AsOf, err)
		}
		p.History = append(p.History, point)
	}
	point := report.NightPoint{
		AsOf: p.AsOf, Files: len(p.Files), New: p.People.New, Changed: p.People.Changed,
		Lapsed: p.Expiry.NewlyLapsed, Due: p.Purge.Due, Overdue: p.Purge.Overdue, Deleted: p.Purge.Deleted,
		Review: p.Duplicates.Review, Warnings: len(p.Warnings),
	}
	for _, f := range p.Files {
		point.Applied += f.Applied
		point.Rejected += f.Rejected
	}
	p.History = append(p.History, point)
	return nil
}
