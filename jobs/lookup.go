package jobs

import (
	"context"
	"fmt"

	"meibo/pipeline"
	"meibo/pipeline/access"
	"meibo/pipeline/intake"
)

// ErrLookup says that an inquiry cannot be answered as it was asked: wrong use.
type ErrLookup struct{ JA, EN string }

func (e *ErrLookup) Error() string { return e.EN }

// Inquiry is what was confirmed of the person asked for (要領 §11(1)): 氏名 or
// 旧氏名 and 生年月日 at least, as written.
type Inquiry struct {
	Name string
	Born string // in any form in which dates are written
	Kana string // may be empty
}

// Found answers an inquiry. The 募集人ID stands there only where exactly one ID
// was found; nothing else of a person is told.
type Found struct {
	AsOf    pipeline.Date `json:"as_of"`
	Hits    int           `json:"hits"`
	AgentID string        `json:"agent_id,omitempty"`
}

// Lookup finds the 募集人ID of a person (要領 §11(1)): all that was asked must
// fit exactly after the safe clean-up of names, and two IDs of one person are
// two. Who asks is noted before anything is told, and whom they found. *ErrLookup
// is wrong use; *ErrAccount and *ErrAccess say that they may not.
func (h *House) Lookup(ctx context.Context, who Looker, q Inquiry, asOf pipeline.Date) (Found, error) {
	out := Found{AsOf: asOf}
	w, err := q.wanted()
	if err != nil {
		return out, err
	}
	if who.Purpose == "" {
		who.Purpose = access.PurposeInquiry
	}
	look, err := h.looking(ctx, who, "", []string{access.FieldBasic}, asOf)
	if err != nil {
		return out, err
	}
	_, settings, err := h.rulesOn(asOf)
	if err != nil {
		return out, err
	}
	f, err := h.finderOn(ctx, settings, asOf)
	if err != nil {
		return out, err
	}
	persons, err := f.find(ctx, w)
	if err != nil {
		return out, fmt.Errorf("look up a person: %w", err)
	}
	var told []string
	if out.Hits = len(persons); out.Hits == 1 {
		out.AgentID = persons[0].Agent.ID
		told = append(told, out.AgentID)
	}
	if err := look.noted(ctx, out.Hits, told...); err != nil {
		return Found{}, err
	}
	return out, nil
}

func (q Inquiry) wanted() (wanted, error) {
	w := wanted{name: q.Name, kana: q.Kana}
	if pipeline.CleanName(q.Name) == "" {
		return w, &ErrLookup{"氏名（または旧氏名）を --name で指定してください（取扱要領§11(1)）。", "give a name with --name"}
	}
	if q.Kana != "" && pipeline.CleanName(q.Kana) == "" {
		return w, &ErrLookup{"--kana に文字がありません。", "--kana holds no letters"}
	}
	if q.Born == "" {
		return w, &ErrLookup{"生年月日を --born で指定してください（取扱要領§11(1)）。", "give a birth date with --born"}
	}
	day, fault := intake.ReadDate(q.Born)
	if fault != nil && fault.IsError() {
		return w, &ErrLookup{"生年月日: " + fault.JA, "birth date: " + fault.EN}
	}
	w.bornOn = day
	return w, nil
}
