package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"meibo/pipeline"
	"meibo/pipeline/audit"
	"meibo/pipeline/deadline"
	"meibo/pipeline/intake"
	"meibo/pipeline/store"
)

// HoldText is one named hold as people and programs read it.
type HoldText struct {
	AgentID    string        `json:"agent_id"`
	No         int           `json:"hold_no"`
	Code       string        `json:"code"`
	Reason     string        `json:"reason"`
	By         string        `json:"held_by"`
	Since      pipeline.Date `json:"since"`
	ReviewBy   pipeline.Date `json:"review_by,omitzero"`
	ReleasedOn pipeline.Date `json:"released_on,omitzero"`
	ReleasedBy string        `json:"released_by,omitempty"`
	Why        string        `json:"release_reason,omitempty"`
}

func holdTextOf(x store.Hold) HoldText {
	return HoldText{x.AgentID, x.No, x.Code, x.Reason, x.By, x.Since, x.ReviewBy, x.ReleasedOn, x.ReleasedBy, x.ReleaseReason}
}

// HoldOrder is a hold to be made, by whom, why and until when to look at it again.
type HoldOrder struct {
	AgentID  string
	Code     string // empty: named
	Reason   string
	By       string
	ReviewBy pipeline.Date // a reminder
	AsOf     pipeline.Date // zero: the newest finished night's
}

// Hold keeps a record from being deleted until the hold is released, also by an
// execution that is at work. ErrNoSuchAgent and *ErrPurge are wrong use.
func (h *House) Hold(ctx context.Context, o HoldOrder) (t HoldText, err error) {
	x := store.Hold{AgentID: intake.AgentID(o.AgentID), Code: o.Code, ReviewBy: o.ReviewBy}
	if x.Code == "" {
		x.Code = deadline.HoldNamed
	}
	if !codeWord.MatchString(x.Code) {
		return t, wrongPurge("--code は半角の英小文字・数字・ハイフンで20文字以内にしてください。", "--code wants up to 20 small letters, digits and hyphens")
	}
	if x.By, err = h.activeAccount(ctx, o.By); err != nil {
		return t, err
	}
	if x.Reason, err = h.checkReason(ctx, o.Reason); err != nil {
		return t, err
	}
	if x.Since, err = h.workDay(ctx, o.AsOf); err != nil {
		return t, err
	}
	if !x.ReviewBy.IsZero() && x.ReviewBy < x.Since {
		return t, wrongPurge("--review-by は %s 以後の日付にしてください。", "--review-by lies before %s", x.Since)
	}
	act, k, err := h.act(audit.PurgeHeld, x.By, nil)
	if err != nil {
		return t, err
	}
	act.Object, x.SystemUser = k.surrogates.Surrogate("agent", x.AgentID), act.SystemUser
	err = h.Store.Write(ctx, func(tx *store.Tx) error {
		x.No, err = tx.AddHold(ctx, x)
		if errors.Is(err, store.ErrNobody) { // perhaps since a moment ago
			return ErrNoSuchAgent
		}
		if err != nil {
			return err
		}
		act.Facts = audit.Facts{"hold": x.No, "code": x.Code, "since": x.Since.String()}
		return tx.AppendAudit(ctx, act)
	})
	return holdTextOf(x), err
}

// Release lifts a hold. Without a number, the one that stands; if several do,
// one must be named. *ErrPurge is wrong use.
func (h *House) Release(ctx context.Context, agentID string, no int, by, reason string, asOf pipeline.Date) (t HoldText, err error) {
	agentID = intake.AgentID(agentID)
	if by, err = h.activeAccount(ctx, by); err != nil {
		return t, err
	}
	if reason, err = h.checkReason(ctx, reason); err != nil {
		return t, err
	}
	day, err := h.workDay(ctx, asOf)
	if err != nil {
		return t, err
	}
	x, err := h.standingHold(ctx, agentID, no)
	if err != nil {
		return t, err
	}
	void := x.ReleasedBy
	x.ReleasedOn, x.ReleasedBy, x.ReleaseReason = day, by, reason
	act, k, err := h.act(audit.PurgeReleased, by, audit.Facts{"hold": x.No, "code": x.Code, "on": day.String()})
	if err != nil {
		return t, err
	}
	act.Object = k.surrogates.Surrogate("agent", agentID)
	err = h.Store.Write(ctx, func(tx *store.Tx) error {
		done, err := tx.ReleaseHold(ctx, x, void)
		if err == nil && !done {
			err = wrongPurge("保留 %d はすでに解除されています。", "hold %d is released already", x.No)
		}
		if err != nil {
			return err
		}
		return tx.AppendAudit(ctx, act)
	})
	return holdTextOf(x), err
}

// standingHold is the hold of that number, or the only one where it is 0.
func (h *House) standingHold(ctx context.Context, agentID string, no int) (store.Hold, error) {
	standing, _, err := h.standingOf(ctx, []string{agentID})
	if err != nil {
		return store.Hold{}, err
	}
	if no != 0 {
		standing = slices.DeleteFunc(standing, func(x store.Hold) bool { return x.No != no })
	}
	numbers := ""
	for _, x := range standing {
		numbers += " " + strconv.Itoa(x.No)
	}
	switch len(standing) {
	case 0:
		return store.Hold{}, wrongPurge("解除できる保留がありません。", "no such hold stands")
	case 1:
		return standing[0], nil
	}
	return store.Hold{}, wrongPurge("保留が複数あります（番号:%s）。--hold で番号を指定してください。", "several holds stand (numbers%s): name one with --hold", numbers)
}

// reviewHolds are the holds that returned lists make, and those they release.
type reviewHolds struct {
	add     []store.Hold
	release []release
}

// release is a hold as it is to be released, and who released it in vain before.
type release struct {
	store.Hold
	void string
}

// note takes a reviewer's word for a hold. 解除 lifts the reviewer's own holds,
// or, where there is none, all that stand.
func (rh *reviewHolds) note(standing []store.Hold, r store.PurgeReview) {
	switch r.Verdict {
	case reviewHold:
		rh.add = append(rh.add, store.Hold{
			AgentID: r.AgentID, Code: deadline.HoldNamed, Reason: r.Reason, By: r.By, Since: r.AsOf, From: r.From,
		})
	case reviewRelease:
		own := 0
		for _, x := range standing {
			if x.By == r.By {
				own++
			}
		}
		for _, x := range standing {
			if own == 0 || x.By == r.By {
				void := x.ReleasedBy
				x.ReleasedOn, x.ReleasedBy, x.ReleaseReason = r.AsOf, r.By, r.Reason
				rh.release = append(rh.release, release{x, void})
			}
		}
	}
}

func (rh *reviewHolds) write(ctx context.Context, tx *store.Tx) error {
	for _, x := range rh.release {
		if _, err := tx.ReleaseHold(ctx, x.Hold, x.void); err != nil {
			return fmt.Errorf("release by review: %w", err)
		}
	}
	for _, x := range rh.add {
		if _, err := tx.AddHold(ctx, x); err != nil {
			return fmt.Errorf("hold by review: %w", err)
		}
	}
	return nil
}
