package jobs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"meibo/pipeline/purge"
	"meibo/pipeline/store"
)

// Stays is somebody whom taking an execution back does not bring back, and why.
// It is for those who answer for the purge: it names the person by ID.
type Stays struct {
	AgentID string `json:"agent_id"`
	List    int    `json:"list,omitempty"` // later one that deleted the ID again, which stands
	Reason  string `json:"reason"`         // in Japanese
}

// puttingBack opens the sealed parts of an execution and puts their rows back as
// they were, but for those persons who stay out. Undo and replay share it.
type puttingBack struct {
	*House
	no    int // of the list
	seal  *sealer
	inv   *store.Inventory
	stays []string // IDs, sorted
}

// putBackCounts is what came back.
type putBackCounts struct {
	Persons  map[string]int // by case of 要領 §10
	Rows     map[string]int // by table
	Redacted map[string]int // texts of others that say again what they said, by table
	Written  int            // rows of others that somebody wrote anew since
}

func (c *putBackCounts) people() (n int) {
	for _, of := range c.Persons {
		n += of
	}
	return n
}

// each hands the parts to do, one in memory at a time, the newest first: a row of
// another may have been redacted twice. persons is false for rows of others that
// named the deleted.
func (b *puttingBack) each(ctx context.Context, do func(rows []store.Rows, persons bool) error) error {
	parts, err := b.Store.UndoCounts(ctx, b.no)
	if err != nil {
		return err
	}
	for _, p := range slices.Backward(parts) {
		rows, err := b.openPart(ctx, b.seal, b.no, p.Part)
		if err != nil {
			return err
		}
		if err := do(rows, p.Persons > 0); err != nil {
			return err
		}
	}
	return nil
}

// hmacs are the surrogates of persons by ID, as the guard holds them.
func (h *House) hmacs(persons []purge.Traced) (map[string]string, error) {
	k, err := h.auditKeys()
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(persons))
	for i := range persons {
		out[persons[i].ID] = k.surrogates.Surrogate(kindAgent, persons[i].ID)
	}
	return out, nil
}

// obstacles are the persons of the list who cannot come back, in order of ID:
// whoever is in the register again, and whoever a later list deleted once more.
func (b *puttingBack) obstacles(ctx context.Context) (out []Stays, err error) {
	err = b.each(ctx, func(rows []store.Rows, persons bool) error {
		if !persons {
			return nil
		}
		found, err := b.obstaclesIn(ctx, tracedIn(rows))
		out = append(out, found...)
		return err
	})
	slices.SortFunc(out, func(a, b Stays) int { return strings.Compare(a.AgentID, b.AgentID) })
	return out, err
}

func (b *puttingBack) obstaclesIn(ctx context.Context, persons []purge.Traced) (out []Stays, err error) {
	byID, err := b.hmacs(persons)
	if err != nil {
		return nil, err
	}
	var ids, hmacs []string
	byHMAC := map[string]string{}
	for _, p := range persons {
		ids, hmacs = append(ids, p.ID), append(hmacs, byID[p.ID])
		byHMAC[byID[p.ID]] = p.ID
	}
	there, err := b.Store.Agents(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i := range there {
		out = append(out, Stays{AgentID: there[i].ID, Reason: "すでに登録簿に戻っています（再取込みを認めた後に、送信元のファイルで登載し直されました）。"})
	}
	guarded, err := b.Store.Guarded(ctx, hmacs)
	for _, g := range guarded {
		if g.ListNo != b.no {
			out = append(out, Stays{AgentID: byHMAC[g.IDHMAC], List: g.ListNo, Reason: fmt.Sprintf("後の一覧 %d で再び削除されています。戻すには、先に一覧 %d を取り消してください。", g.ListNo, g.ListNo)})
		}
	}
	return out, err
}

// into puts the rows back in a transaction and lets the IDs come in again; of
// rows of others only those that the nights since have not made anew.
func (b *puttingBack) into(ctx context.Context, tx *store.Tx) (putBackCounts, error) {
	c := putBackCounts{Persons: map[string]int{}, Rows: map[string]int{}, Redacted: map[string]int{}}
	left, err := b.traces(ctx)
	if err != nil {
		return c, err
	}
	err = b.each(ctx, func(rows []store.Rows, persons bool) error {
		if !persons {
			return b.othersInto(ctx, tx, rows, left, &c)
		}
		rows = b.inv.Without(rows, b.stays)
		byID, err := b.hmacs(tracedIn(rows))
		if err != nil {
			return err
		}
		var free []string
		for _, hmac := range byID {
			free = append(free, hmac)
		}
		slices.Sort(free)
		for kind, n := range casesIn(rows, b.no) {
			c.Persons[kind] += n
		}
		for i := range rows {
			c.Rows[rows[i].Table] += len(rows[i].Rows)
		}
		if err := tx.PutBack(ctx, rows); err != nil {
			return err
		}
		return tx.DropGuard(ctx, free)
	})
	return c, err
}

// traces is what those who stay out can be found by.
func (b *puttingBack) traces(ctx context.Context) (*purge.Traces, error) {
	var left []purge.Traced
	if len(b.stays) == 0 {
		return purge.NewTraces(nil), nil
	}
	err := b.each(ctx, func(rows []store.Rows, persons bool) error {
		if persons {
			left = append(left, slices.DeleteFunc(tracedIn(rows), func(t purge.Traced) bool { return !slices.Contains(b.stays, t.ID) })...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := b.onlyTheirs(ctx, left); err != nil {
		return nil, err
	}
	return purge.NewTraces(left), nil
}

// othersInto puts rows of others back, and their texts where these say what
// redacting left, but for those that name somebody who stays out.
func (b *puttingBack) othersInto(ctx context.Context, tx *store.Tx, rows []store.Rows, left *purge.Traces, c *putBackCounts) error {
	for i := range slices.Backward(rows) {
		r := rows[i]
		r.Keep(func(at int) bool { return left.In(r.RowTexts(at)) == "" })
		if len(r.Rows) == 0 {
			continue
		}
		stood, err := tx.Restore(ctx, []store.Rows{r})
		if err != nil {
			return err
		}
		c.Written += stood
		of := c.Rows
		if r.After != nil {
			of = c.Redacted
		}
		of[r.Table] += len(r.Rows) - stood
	}
	return nil
}
