package jobs

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/deadline"
	"meibo/pipeline/intake"
	"meibo/pipeline/report"
	"meibo/pipeline/run"
)

// requests are what people have asked for and nobody has answered yet. Few ask,
// so it is kept in memory.
type requests struct {
	open  map[string][]pipeline.Correction // routed: a hold, by ID
	whole map[string]deadline.Request      // deletion of the whole record, the oldest of each ID
}

// requests reads the newest version of every 申出, which stand in order of ID.
func (h *House) requests(ctx context.Context) (requests, error) {
	out := requests{map[string][]pipeline.Correction{}, map[string]deadline.Request{}}
	var newest *pipeline.Correction
	for c, err := range h.Store.AllCorrections(ctx) {
		if err != nil {
			return out, err
		}
		if newest != nil && newest.Key() != c.Key() {
			out.take(newest)
		}
		version := *c
		newest = &version
	}
	if newest != nil {
		out.take(newest)
	}
	return out, nil
}

func (r requests) take(c *pipeline.Correction) {
	switch {
	case c.Open():
		r.open[c.AgentID] = append(r.open[c.AgentID], *c)
	case c.State == pipeline.CorrectionReceived:
		before, found := r.whole[c.AgentID]
		if !found || c.On < before.On {
			r.whole[c.AgentID] = deadline.Request{No: c.ReceiptNo, On: c.On, Proof: c.Proof, Ref: c.From.Of("")}
		}
	}
}

// circumstances puts what a person asked for into the facts of a verdict.
func (r requests) circumstances(id string, c *deadline.Circumstances) {
	for _, x := range r.open[id] {
		c.Corrections = append(c.Corrections, deadline.Correction{No: x.ReceiptNo, Since: x.Since})
	}
	if x, found := r.whole[id]; found {
		c.Request = &x
	}
}

// requestsOf are those among the versions of one person's 申出.
func requestsOf(versions []pipeline.Correction) requests {
	out := requests{map[string][]pipeline.Correction{}, map[string]deadline.Request{}}
	newest := map[pipeline.CorrectionKey]*pipeline.Correction{}
	for i := range versions {
		c := &versions[i]
		if last := newest[c.Key()]; last == nil || last.No < c.No {
			newest[c.Key()] = c
		}
	}
	for _, c := range newest {
		out.take(c)
	}
	return out
}

// routed are the open requests by who must answer them: the 代申 of the person
// as of today, or the association where nobody else reads or nobody else is to
// see the person any more; see mayCorrect.
func (n *night) routed(ctx context.Context, w *run.Work) (map[string][]pipeline.Correction, error) {
	asked, err := n.requests(ctx)
	if err != nil {
		return nil, err
	}
	absent := absences{n.settings, n.row.AsOf, asked.whole}
	out, items := map[string][]pipeline.Correction{}, n.layouts.Items()
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(asked.open)), lookupSize) {
		persons, err := n.persons(ctx, ids)
		if err != nil {
			return nil, err
		}
		for _, p := range persons {
			for _, c := range asked.open[p.Agent.ID] {
				plainBirth(items, &c, n.row.AsOf)
				readers := []string{SenderAssociation}
				if !absent.of(p) {
					readers = n.answerers(w, items, p, &c)
				}
				for _, reader := range readers {
					out[reader] = append(out[reader], c)
				}
			}
		}
	}
	return out, nil
}

// plainBirth brings birth dates to their one form, in which the workbook can
// hide what they have in common.
func plainBirth(items intake.Items, c *pipeline.Correction, asOf pipeline.Date) {
	if item, _ := items.Find(c.Item); item.Key == "born_on" {
		c.Before, _ = item.Read(c.Before, asOf)
		c.After, _ = item.Read(c.After, asOf)
	}
}

func (n *night) answerers(w *run.Work, items intake.Items, p *pipeline.Person, c *pipeline.Correction) []string {
	leads := n.deliverable(w, correctors(items, p, c, n.row.AsOf))
	if len(leads) == 0 {
		return []string{SenderAssociation}
	}
	return leads
}

// correctionRequests writes the requests that a reader must answer, if any.
func (n *night) correctionRequests(ctx context.Context, w *run.Work, b *box, asked []pipeline.Correction) error {
	if len(asked) == 0 {
		return nil
	}
	if role, _ := n.Config.role(b.reader); role == RoleInsurer {
		if err := n.ownOf(b.reader).check(ctx, askedIDs(asked)); err != nil {
			return fmt.Errorf("correction requests: %w", err)
		}
	}
	name := fmt.Sprintf("correction-requests_%s.xlsx", n.row.AsOf)
	return b.write(w, name, func(out io.Writer) (report.Stats, error) {
		return report.CorrectionRequests(out, n.meta(b.reader, n.row.AsOf), asked)
	})
}

func askedIDs(asked []pipeline.Correction) []string {
	var ids []string
	for i := range asked {
		ids = append(ids, asked[i].AgentID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
