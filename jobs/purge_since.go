package jobs

import (
	"context"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/deadline"
	"meibo/pipeline/purge"
)

// NowText is how a row of a list stands since a hold was made, lifted or voided after
// the list, as the next night's list and an execution will have it.
type NowText struct {
	State string `json:"state"`
	Note  string `json:"note"` // in Japanese
}

// holdsSince notes the rows of a living list that are held by now and were not, and
// the other way round. Whatever else may have changed, only holds are told of here:
// the difference between two lists is the night's to tell.
func (h *House) holdsSince(ctx context.Context, list ListText, rows []RowText) error {
	if !purge.Live(list.State) {
		return nil
	}
	day, err := h.Store.NewestDone(ctx, Nightly)
	if err != nil {
		return err
	}
	day = max(day, list.AsOf)
	_, settings, err := h.rulesOn(day)
	if err != nil {
		return err
	}
	around, err := h.surroundings(ctx)
	if err != nil {
		return err
	}
	for len(rows) > 0 {
		group := rows[:min(len(rows), lookupSize)]
		rows = rows[len(group):]
		if err := h.notedSince(ctx, group, around, settings, day); err != nil {
			return err
		}
	}
	return nil
}

func (h *House) notedSince(ctx context.Context, rows []RowText, around *surroundings, settings *deadline.Settings, day pipeline.Date) error {
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = rows[i].AgentID
	}
	persons, err := h.personsByID(ctx, ids)
	if err != nil {
		return err
	}
	for i := range rows {
		person := persons[rows[i].AgentID]
		if person == nil {
			continue
		}
		c := around.of(person.Agent.ID, day)
		for j := range c.Holds { // one dated ahead holds from now on, as an execution has it
			c.Holds[j].Since = min(c.Holds[j].Since, day)
		}
		if now, listed := purge.Row(person, deadline.Judge(person, settings, c, day), day, settings); listed {
			rows[i].Now = sinceList(&rows[i], &now)
		}
	}
	return nil
}

// sinceList is what is different in a row as it is now, nil if it is held as before
// or as free.
func sinceList(was *RowText, now *pipeline.PurgeRow) *NowText {
	held := now.State == pipeline.PurgeHeld
	switch {
	case held == (was.State == pipeline.PurgeHeld):
		return nil
	case held:
		var why []string
		for _, hold := range now.Holds {
			why = append(why, hold.Reason)
		}
		return &NowText{now.State, "一覧の後に保留（" + strings.Join(why, "、") + "）"}
	}
	return &NowText{now.State, "一覧の後に保留がなくなり、現在は" + now.State}
}
