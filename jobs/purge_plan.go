package jobs

import (
	"context"
	"iter"

	"meibo/pipeline"
	"meibo/pipeline/deadline"
	"meibo/pipeline/failpoint"
	"meibo/pipeline/purge"
	"meibo/pipeline/run"
	"meibo/pipeline/store"
)

// planning works out what an execution of a list may delete on a day.
type planning struct {
	*House
	list     pipeline.PurgeList
	day      pipeline.Date
	settings *deadline.Settings
	around   *surroundings
	given    given
}

func (h *House) planning(ctx context.Context, list pipeline.PurgeList, day pipeline.Date) (p *planning, err error) {
	p = &planning{House: h, list: list, day: day}
	if _, p.settings, err = h.rulesOn(day); err != nil {
		return nil, err
	}
	if p.around, err = h.surroundings(ctx); err != nil {
		return nil, err
	}
	p.given, err = h.given(ctx, list, day)
	return p, err
}

// outcomes yields what becomes of every 対象 row, recomputed from today's facts,
// in order of ID and in groups.
func (p *planning) outcomes(ctx context.Context) iter.Seq2[[]purge.Outcome, error] {
	return func(yield func([]purge.Outcome, error) bool) {
		for rows, err := range p.dueRows(ctx, p.list.No) {
			var out []purge.Outcome
			if err == nil {
				out, err = p.judge(ctx, rows)
			}
			if !yield(out, err) || err != nil {
				return
			}
		}
	}
}

func (p *planning) judge(ctx context.Context, rows []pipeline.PurgeRow) ([]purge.Outcome, error) {
	ids := idsOf(rows)
	byID, err := p.personsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	barred, err := p.barred(ctx, ids)
	if err != nil {
		return nil, err
	}
	set := p.Config.Purge.settings()
	out := make([]purge.Outcome, len(rows))
	for i := range rows {
		row := &rows[i]
		c := &purge.Candidate{Row: row}
		if person := byID[row.AgentID]; person != nil {
			c.Found = true
			c.Verdict = deadline.Judge(person, p.settings, p.around.of(row.AgentID, p.day), p.day)
			if today, listed := purge.Row(person, c.Verdict, p.day, p.settings); listed {
				c.Today = &today
			}
		}
		c.Approvers = purge.ApproversOf(row, p.list.Hash, p.given.all, barred[row.AgentID], p.day, set.ApprovalDays)
		if set.Mode == purge.ModeAutomatic {
			if c.PublishedOn, err = p.Store.FirstListedAs(ctx, row.AgentID, p.list.No, sameRow); err != nil {
				return nil, err
			}
		}
		out[i] = purge.Plan(c, set, p.settings, p.day)
	}
	return out, nil
}

func sameRow(a, b *pipeline.PurgeRow) bool {
	return a.State == pipeline.PurgeDue && purge.RowHash(a) == purge.RowHash(b)
}

// size counts what would be deleted, and refuses too much of it
// (*purge.TooManyError). dropped are the rows that would stay, at most most of them.
func (p *planning) size(ctx context.Context, most int) (planned int, dropped []DroppedText, err error) {
	for group, err := range p.outcomes(ctx) {
		if err != nil {
			return 0, nil, err
		}
		for _, o := range group {
			switch {
			case o.State == purge.PlanPlanned:
				planned++
			case len(dropped) < most:
				dropped = append(dropped, DroppedText{o.AgentID, o.Code, o.Reason})
			}
		}
	}
	register, err := p.Store.CountAgents(ctx)
	if err != nil {
		return 0, nil, err
	}
	return planned, dropped, purge.CheckSize(planned, register, p.Config.Purge.settings())
}

// plan stores what is to be deleted, part by part, and with the last part lets
// the execution begin: from there on it is carried out, come what may.
func (x *execution) plan(ctx context.Context, w *run.Work) error {
	list, err := x.purgeListOf(ctx, x.no)
	if err != nil {
		return err
	}
	if !purge.Live(list.State) { // planned before the process was cut short
		return x.countPlan(ctx, w)
	}
	p, err := x.planning(ctx, list, x.row.AsOf)
	if err != nil {
		return err
	}
	if planned, _, err := p.size(ctx, 0); err != nil || planned == 0 {
		return err
	}
	if err := x.Store.Write(ctx, func(tx *store.Tx) error { return tx.DropPlan(ctx, x.no) }); err != nil {
		return err
	}
	for group, err := range p.outcomes(ctx) {
		if err != nil {
			return err
		}
		rows := make([]store.PlanRow, len(group))
		for i, o := range group {
			rows[i] = store.PlanRow{ListNo: x.no, Outcome: o}
		}
		w.Add(countsOf(group))
		if err := x.Store.Write(ctx, func(tx *store.Tx) error { return tx.PutPlan(ctx, rows) }); err != nil {
			return err
		}
		failpoint.Hit("purge-planned", "")
	}
	return x.start(ctx, list)
}

// countsOf counts planned rows as applied and those that stay as unchanged.
func countsOf(group []purge.Outcome) run.Counts {
	c := run.Counts{Read: len(group)}
	for _, o := range group {
		if o.State == purge.PlanPlanned {
			c.Applied++
		}
	}
	c.Unchanged = c.Read - c.Applied
	return c
}

// countPlan counts a plan that an attempt which was cut short made.
func (x *execution) countPlan(ctx context.Context, w *run.Work) error {
	counts, err := x.Store.PlanCounts(ctx, x.no)
	for state, rows := range counts {
		d := store.Diff{Unchanged: rows}
		if state[0] == purge.PlanPlanned {
			d = store.Diff{Inserted: rows}
		}
		w.Add(diffCounts(d))
	}
	return err
}

// start makes the key of the undo window and moves the list to 実行中.
func (x *execution) start(ctx context.Context, list pipeline.PurgeList) error {
	if err := x.makeUndoKey(x.no); err != nil {
		return err
	}
	state := list.State
	var err error
	if x.Config.Purge.Mode == purge.ModeAutomatic && state == purge.ListPublished {
		if state, err = purge.Advance(state, purge.EventSilence); err != nil {
			return err
		}
	}
	to, err := purge.Advance(state, purge.EventStarted)
	if err != nil {
		return err
	}
	failpoint.Hit("purge-start-before", "")
	err = x.Store.Write(ctx, func(tx *store.Tx) error {
		moved, err := tx.MovePurgeList(ctx, x.no, list.State, to, list.ReceiptNo)
		if err == nil && !moved {
			err = errOvertaken
		}
		return err
	})
	failpoint.Hit("purge-start-after", "")
	return err
}

// planned reports whether an execution has begun and is not over.
func (x *execution) executing(ctx context.Context) (pipeline.PurgeList, bool, error) {
	list, err := x.purgeListOf(ctx, x.no)
	return list, list.State == purge.ListExecuting, err
}

// kept are those of the planned persons who stay after all, and why: somebody
// holds them by name, or approves no more.
func (x *execution) kept(ctx context.Context, ids []string) (map[string]purge.Outcome, error) {
	standing, v, err := x.standingOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	out, err := x.unapproved(ctx, v, ids)
	for i := range standing {
		s := &standing[i]
		out[s.AgentID] = purge.Outcome{AgentID: s.AgentID, State: purge.PlanDropped, Code: purge.DropHeld, Reason: "保留中です（" + heldFor(v, s) + "）。"}
	}
	return out, err
}
