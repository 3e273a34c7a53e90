package jobs

import (
	"context"
	"slices"

	"meibo/pipeline/intake"
	"meibo/pipeline/purge"
)

// mentioned are the 募集人ID that a text names, by the one rule of what in a text is
// an ID (purge.Traces).
type mentioned struct {
	onFile, purged []string
}

// mentions looks for the 募集人ID in a text that somebody typed. Purged ones are known
// for as long as the guard keeps them.
func (h *House) mentions(ctx context.Context, text string) (m mentioned, err error) {
	words := purge.Candidates(text)
	names := func(id string) bool { return purge.NewTraces([]purge.Traced{{ID: id}}).In([]string{text}) != "" }
	agents, err := h.Store.Agents(ctx, words)
	if err != nil {
		return m, err
	}
	for i := range agents {
		if id := agents[i].ID; names(id) {
			m.onFile = append(m.onFile, id)
		}
	}
	purged, err := h.guardedIDs(ctx, words)
	for id := range purged {
		if names(id) && !slices.Contains(m.onFile, id) {
			m.purged = append(m.purged, id)
		}
	}
	slices.Sort(m.purged)
	return m, err
}

// purgedNamed tells people that what they typed names somebody who was deleted.
const purgedNamed = "理由に、すでに削除された人の募集人IDが含まれています。削除した人の情報を記録に戻さないよう、募集人IDを書かずに、受付番号・文書番号や日付で書き直してください。"

// purgedNamedEN is the same for logs.
const purgedNamedEN = "the reason names an agent ID that was deleted; name a receipt, a document or a day instead"

// errLookNamesPurged refuses a look whose reason names somebody who was deleted.
var errLookNamesPurged error = &ErrAccount{JA: purgedNamed, EN: purgedNamedEN}

// receiptsNaming are the 申出 whose 受付番号 names somebody else by 募集人ID, on file or
// purged. It is a key, which no purge alters: the sender is told, and the number stands.
func (t *taking) receiptsNaming(ctx context.Context, rows []*intake.Record) (map[*intake.Record]bool, error) {
	var words []string
	for _, r := range rows {
		words = append(words, purge.Candidates(correction(r).ReceiptNo)...)
	}
	agents, err := t.Store.Agents(ctx, words)
	if err != nil {
		return nil, err
	}
	known, err := t.guardedIDs(ctx, words)
	if err != nil {
		return nil, err
	}
	persons := make([]purge.Traced, 0, len(agents)+len(known))
	for i := range agents {
		persons = append(persons, purge.Traced{ID: agents[i].ID})
	}
	for id := range known {
		persons = append(persons, purge.Traced{ID: id})
	}
	out := map[*intake.Record]bool{}
	if len(persons) == 0 {
		return out, nil
	}
	for _, r := range rows {
		others := slices.DeleteFunc(slices.Clone(persons), func(p purge.Traced) bool { return p.ID == correction(r).AgentID })
		out[r] = purge.NewTraces(others).In([]string{correction(r).ReceiptNo}) != ""
	}
	return out, nil
}

// namesOthers reports whether a text that somebody typed names people by their
// 募集人ID, others than those whose own record it becomes part of: on file, whom it
// would outlive, or purged, whom it would bring back.
func (h *House) namesOthers(ctx context.Context, text string, own ...string) (bool, error) {
	m, err := h.mentions(ctx, text)
	return len(m.purged) > 0 || slices.ContainsFunc(m.onFile, func(id string) bool { return !slices.Contains(own, id) }), err
}
