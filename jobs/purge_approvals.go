package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/access"
	"meibo/pipeline/audit"
	"meibo/pipeline/purge"
	"meibo/pipeline/store"
)

// ApprovalText is one person's word for a list, as readers of purge_lists see it.
type ApprovalText struct {
	By        string        `json:"by"`
	ExpiresOn pipeline.Date `json:"expires_on"`             // last day on which it counts
	Rows      int           `json:"rows,omitempty"`         // 0: the whole list; else so many rows of it
	Void      bool          `json:"void,omitempty"`         // it counts no more
	Why       string        `json:"void_because,omitempty"` // access.VoidStopped or VoidOutside
}

// given is every approval of a list: of the whole, and of single rows.
type given struct {
	all    []purge.Approval
	listed []ApprovalText
}

// given reads the approvals of a list as of a day. One that was given on a later
// day than the newest night's counts from that night on; one by an account whose
// word counts no more is listed as void.
func (h *House) given(ctx context.Context, list pipeline.PurgeList, asOf pipeline.Date) (g given, err error) {
	days := h.Config.Purge.ApprovalDays
	whole, err := h.Store.Approvals(ctx, list.No)
	if err != nil {
		return g, err
	}
	for _, a := range whole {
		if a.ListHash != list.Hash {
			continue // of a receipt: those who took the execution back
		}
		g.all = append(g.all, purge.Approval{By: a.By, On: min(a.ExpiresOn.AddDays(-days), asOf), ListHash: a.ListHash})
		if a.ExpiresOn < asOf { // by what was said when it was given
			g.all[len(g.all)-1].On = a.ExpiresOn.AddDays(-days)
		}
		g.listed = append(g.listed, ApprovalText{By: a.By, ExpiresOn: a.ExpiresOn})
	}
	rows := map[ApprovalText]int{}
	for r, err := range h.Store.PurgeReviewsOn(ctx, list.No) {
		if err != nil {
			return g, err
		}
		if r.Verdict == reviewApproved {
			g.all = append(g.all, purge.Approval{By: r.By, On: r.AsOf, AgentID: r.AgentID})
			rows[ApprovalText{By: r.By, ExpiresOn: r.AsOf.AddDays(days)}]++
		}
	}
	for a, n := range rows {
		a.Rows = n
		g.listed = append(g.listed, a)
	}
	slices.SortFunc(g.listed, func(a, b ApprovalText) int {
		return strings.Compare(a.By+" "+a.ExpiresOn.String(), b.By+" "+b.ExpiresOn.String())
	})
	return g, h.silence(ctx, &g)
}

// silence takes out what no longer counts.
func (h *House) silence(ctx context.Context, g *given) error {
	v, err := h.voices(ctx)
	if err != nil {
		return err
	}
	g.all = slices.DeleteFunc(g.all, func(a purge.Approval) bool { return !v.Counts(a.By, access.For) })
	for i := range g.listed {
		g.listed[i].Why = v.Void(g.listed[i].By)
		g.listed[i].Void = g.listed[i].Why != ""
	}
	return nil
}

// Verdicts on rows of a purge list in a returned workbook.
const (
	reviewApproved = "承認"
	reviewHold     = "保留"
	reviewRelease  = "解除"
)

func approvalsJSON(listed []ApprovalText) string {
	b, err := json.Marshal(append([]ApprovalText{}, listed...))
	if err != nil {
		panic(err) // text and days always marshal
	}
	return string(b)
}

// approvers are the people behind a list on a day.
func approvers(list pipeline.PurgeList, asOf pipeline.Date) []string {
	var listed []ApprovalText
	if json.Unmarshal([]byte(list.Approvals), &listed) != nil {
		return nil
	}
	var out []string
	for _, a := range listed {
		if a.ExpiresOn >= asOf && !a.Void {
			out = append(out, a.By)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// listStates keeps the states of all living lists honest: an approval that has
// grown old no longer counts, nor does one of an account that may decide no more.
func (h *House) listStates(ctx context.Context, asOf pipeline.Date) error {
	lists, err := h.Store.PurgeLists(ctx)
	if err != nil {
		return err
	}
	for _, list := range lists {
		state, shown, err := h.stateOn(ctx, list, asOf)
		if err != nil {
			return err
		}
		if state == list.State && shown == list.Approvals {
			continue
		}
		err = h.Store.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.ApprovePurgeList(ctx, list.No, list.State, state, shown)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// stateOn is the state of a list on a day and the approvals behind it: of a living
// one by whose word counts now, whatever was noted when the word was given.
func (h *House) stateOn(ctx context.Context, list pipeline.PurgeList, asOf pipeline.Date) (state, shown string, err error) {
	if !purge.Live(list.State) || h.Config.Purge.Mode == purge.ModeAutomatic {
		return list.State, list.Approvals, nil
	}
	g, err := h.given(ctx, list, asOf)
	if err != nil {
		return "", "", err
	}
	state, err = purge.ListState(list, g.all, asOf, h.Config.Purge.ApprovalDays)
	return state, approvalsJSON(g.listed), err
}

// errOvertaken says that somebody else moved the list in the meantime.
var errOvertaken = errors.New("the list was moved by somebody else")

// Approve notes one person's approval of all 対象 rows of a list as it stands.
// *ErrPurge is wrong use: the person may not, did so before, or had a hand in
// the data of a row.
func (h *House) Approve(ctx context.Context, no int, by, reason string, asOf pipeline.Date) (l ListText, err error) {
	if by, err = h.activeAccount(ctx, by); err != nil {
		return l, err
	}
	if reason != "" {
		if reason, err = h.checkReason(ctx, reason); err != nil {
			return l, err
		}
	}
	day, err := h.workDay(ctx, asOf)
	if err != nil {
		return l, err
	}
	for range 5 {
		if err = h.approve(ctx, no, by, reason, day); !errors.Is(err, errOvertaken) {
			break
		}
	}
	switch {
	case errors.Is(err, store.ErrTwice):
		return l, wrongPurge("同じ人が一覧 %d をすでに承認しています。もう1人、別の人の承認が必要です。", "the same person approved list %d before; another one is needed", no)
	case err != nil:
		return l, err
	}
	return h.listText(ctx, no)
}

func (h *House) approve(ctx context.Context, no int, by, reason string, day pipeline.Date) error {
	list, err := h.purgeListOf(ctx, no)
	if err != nil {
		return err
	}
	if err := h.mayApprove(ctx, list, by); err != nil {
		return err
	}
	act, _, err := h.act(audit.PurgeApproved, by, audit.Facts{"list": no, "hash": list.Hash, "day": day.String()})
	if err != nil {
		return err
	}
	a := store.Approval{
		ListNo: no, ListHash: list.Hash, By: by, At: act.At, Reason: reason, SystemUser: act.SystemUser,
		ExpiresOn: day.AddDays(h.Config.Purge.ApprovalDays),
	}
	g, err := h.given(ctx, list, day)
	if err != nil {
		return err
	}
	g.all = append(g.all, purge.Approval{By: by, On: day, ListHash: list.Hash})
	g.listed = append(g.listed, ApprovalText{By: by, ExpiresOn: a.ExpiresOn})
	slices.SortFunc(g.listed, func(a, b ApprovalText) int { return strings.Compare(a.By, b.By) })
	state, err := purge.ListState(list, g.all, day, h.Config.Purge.ApprovalDays)
	if err != nil {
		return err
	}
	return h.Store.Write(ctx, func(tx *store.Tx) error {
		if err := h.renew(ctx, tx, a, day); err != nil {
			return err
		}
		moved, err := tx.ApprovePurgeList(ctx, no, list.State, state, approvalsJSON(g.listed))
		if err == nil && !moved {
			err = errOvertaken
		}
		if err != nil {
			return err
		}
		return tx.AppendAudit(ctx, act)
	})
}

// renew notes an approval. One that is void by now may be given anew by the same
// person: its row says then until when it counts.
func (h *House) renew(ctx context.Context, tx *store.Tx, a store.Approval, day pipeline.Date) error {
	before, err := h.Store.Approvals(ctx, a.ListNo)
	if err != nil {
		return err
	}
	for _, x := range before {
		if x.By == a.By && x.ListHash == a.ListHash && x.ExpiresOn < day {
			return tx.RenewApproval(ctx, a)
		}
	}
	return tx.Approve(ctx, a)
}

// mayApprove checks what stands against an approval of a list by a person.
func (h *House) mayApprove(ctx context.Context, list pipeline.PurgeList, by string) error {
	switch {
	case h.Config.Purge.Mode == purge.ModeAutomatic:
		return wrongPurge("purge.mode が automatic のため、承認は不要です。", "purge.mode is automatic: no approval is needed")
	case !purge.Live(list.State):
		return wrongPurge("一覧 %d は「%s」のため承認できません。", "list %d is %s and cannot be approved", list.No, list.State)
	}
	due, hand := 0, 0
	for ids, err := range h.dueRows(ctx, list.No) {
		if err != nil {
			return err
		}
		due += len(ids)
		barred, err := h.barred(ctx, idsOf(ids))
		if err != nil {
			return err
		}
		for _, who := range barred {
			if slices.Contains(who, by) {
				hand++
			}
		}
	}
	switch {
	case due == 0:
		return wrongPurge("一覧 %d に「対象」の行がないため、承認するものがありません。", "list %d has no row in state 対象: there is nothing to approve", list.No)
	case hand > 0:
		return wrongPurge("一覧 %d の %d 行は、この人が受け付けた訂正・削除の申出に関わるため承認できません。別の人が承認してください。", "on list %d are %d rows with corrections that this person took in; somebody else must approve", list.No, hand)
	}
	return nil
}

// purgeListOf is the head of a list; *ErrPurge if there is no such list.
func (h *House) purgeListOf(ctx context.Context, no int) (pipeline.PurgeList, error) {
	list, found, err := h.Store.PurgeList(ctx, no)
	if err == nil && !found {
		err = wrongPurge("一覧 %d はありません。meibo purge list で番号を確かめてください。", "there is no list %d; see meibo purge list", no)
	}
	return list, err
}
