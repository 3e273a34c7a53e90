package jobs

import (
	"context"
	"fmt"
	"io"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/report"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// asked is one row of an insurer's 一括照会 with the people it found.
type asked struct {
	store.BulkInquiry
	found []*pipeline.Person
}

// askedToday looks for the people of all 一括照会 of the day. Two IDs of one
// person are two: such pairs share a name or a certificate number with the birth
// date, by which the step identity puts them on the list of duplicates.
func (n *night) askedToday(ctx context.Context, each func(*asked) error) error {
	rows, err := n.Store.AskedIn(ctx, batchDay(n.row.AsOf)+"-")
	if err != nil {
		return err
	}
	f, err := n.finderOn(ctx, n.settings, n.row.AsOf)
	if err != nil {
		return err
	}
	for _, q := range rows {
		found, err := f.find(ctx, wanted{q.AgentID, q.Name, q.NameKana, q.BornOn, q.CertificateNo})
		if err != nil {
			return fmt.Errorf("answer an inquiry of %s: %w", q.Sender, err)
		}
		if err := each(&asked{q, found}); err != nil {
			return err
		}
	}
	return nil
}

// answers notes the 一括照会 that found exactly one ID as an activity of that
// person on the day (要領 §10注); what is already noted stays. One that is asked
// once more word by word is no new inquiry, or a list that is sent every night
// would keep everybody on it for ever: it counts if it finds somebody whom its
// insurer's inquiries did not find since it was asked first.
func (n *night) answers(ctx context.Context, w *run.Work) error {
	work, err := n.noted(ctx, "activities")
	if err != nil {
		return err
	}
	again := work.sum.Inserted // by attempts that were cut short: met once more below
	var batch []pipeline.Activity
	flush := func() error {
		added, err := n.newActivities(ctx, batch)
		if err != nil {
			return err
		}
		if d := (store.Diff{Inserted: len(added)}); len(added) > 0 {
			err := n.Store.Write(ctx, func(tx *store.Tx) error {
				if err := tx.PutActivities(ctx, added); err != nil {
					return err
				}
				return work.with(ctx, tx, d)
			})
			if err != nil {
				return err
			}
			work.kept(d)
		}
		old := len(batch) - len(added)
		ours := min(again, old)
		w.Add(run.Counts{Read: len(batch), Applied: len(added) + ours, Unchanged: old - ours})
		again, batch = again-ours, nil
		return nil
	}
	err = n.askedToday(ctx, func(a *asked) error {
		if len(a.found) != 1 || n.askedBefore(a) {
			return nil
		}
		batch = append(batch, pipeline.Activity{
			AgentID: a.found[0].Agent.ID, On: n.row.AsOf, Kind: pipeline.ActivityBulk, Actor: a.Sender, From: a.From,
		})
		if len(batch) < lookupSize {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return flush()
}

// askedBefore reports whether the sender's inquiries have found the one person
// between the day this one was asked first and today.
func (n *night) askedBefore(a *asked) bool {
	return slices.ContainsFunc(a.found[0].Activities, func(x pipeline.Activity) bool {
		return x.Kind == pipeline.ActivityBulk && x.Actor == a.Sender && x.On >= a.AskedOn && x.On < n.row.AsOf
	})
}

// newActivities are those that are not on file yet, each once.
func (n *night) newActivities(ctx context.Context, all []pipeline.Activity) ([]pipeline.Activity, error) {
	var ids []string
	for _, a := range all {
		ids = append(ids, a.AgentID)
	}
	stored, err := n.Store.Activities(ctx, ids)
	if err != nil {
		return nil, err
	}
	seen := map[pipeline.Activity]bool{}
	fresh := func(a pipeline.Activity) bool {
		a.From = "" // the key
		was := seen[a]
		seen[a] = true
		return !was
	}
	for _, a := range stored {
		fresh(a)
	}
	return slices.DeleteFunc(slices.Clone(all), func(a pipeline.Activity) bool { return !fresh(a) }), nil
}

// bulkAnswers works out the answers of the day by the file that asked.
func (n *night) bulkAnswers(ctx context.Context) (map[string][]report.BulkAnswer, error) {
	out := map[string][]report.BulkAnswer{}
	err := n.askedToday(ctx, func(a *asked) error {
		ref := a.From.Of("")
		answer := report.BulkAnswer{Asker: a.Sender, No: a.No, Row: ref.Row, Hits: len(a.found)}
		if len(a.found) == 1 {
			answer.Person = n.answerOf(a.found[0])
		}
		out[ref.Batch] = append(out[ref.Batch], answer)
		return nil
	})
	for _, answers := range out {
		slices.SortStableFunc(answers, func(a, b report.BulkAnswer) int { return a.Row - b.Row }) // the sender's order
	}
	return out, err
}

func (n *night) answerOf(p *pipeline.Person) *report.AnsweredPerson {
	standing := n.kinds.Standing(p.Registrations, p.Qualifications, n.row.AsOf)
	out := &report.AnsweredPerson{AgentID: p.Agent.ID, State: standing.State, Lines: standing.Lines}
	for i := range p.Qualifications {
		q := &p.Qualifications[i]
		a := report.AnsweredQualification{Code: q.Code, CertificateNo: q.CertificateNo, State: "取消"}
		if k, ok := n.kinds.Kind(q.Code); ok {
			a.Name = k.Name
		}
		if q.OnFile() {
			a.State = n.kinds.State(q, n.row.AsOf)
			a.ExpiresOn, _ = n.kinds.Expiry(q)
		}
		out.Qualifications = append(out.Qualifications, a)
	}
	return out
}

// answerFiles writes the answers to each 一括照会 of the sender's files of the day.
func (n *night) answerFiles(w *run.Work, b *box, batches []pipeline.Batch, answers map[string][]report.BulkAnswer) error {
	taken := map[string]bool{}
	for _, batch := range batches {
		rows := answers[batch.ID]
		if len(rows) == 0 {
			continue
		}
		name := report.Distinct(report.BulkAnswersName(batch.FileName), taken)
		err := b.write(w, name, func(out io.Writer) (report.Stats, error) {
			return report.BulkAnswers(out, n.meta(b.reader, n.row.AsOf), rows)
		})
		if err != nil {
			return nameless(err, batch.FileName)
		}
	}
	return nil
}
