package jobs

import (
	"context"
	"encoding/json"
	"iter"
	"math"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/purge"
)

// dueRows yields the 対象 rows of a list in order of ID, in groups.
func (h *House) dueRows(ctx context.Context, no int) iter.Seq2[[]pipeline.PurgeRow, error] {
	return func(yield func([]pipeline.PurgeRow, error) bool) {
		var group []pipeline.PurgeRow
		for r, err := range h.Store.PurgeRows(ctx, no) {
			if err != nil {
				yield(nil, err)
				return
			}
			if r.State != pipeline.PurgeDue {
				continue
			}
			if group = append(group, *r); len(group) == lookupSize {
				if !yield(group, nil) {
					return
				}
				group = nil
			}
		}
		if len(group) > 0 {
			yield(group, nil)
		}
	}
}

func idsOf(rows []pipeline.PurgeRow) []string {
	out := make([]string, len(rows))
	for i := range rows {
		out[i] = rows[i].AgentID
	}
	return out
}

// ListText is one list as people and programs read it.
type ListText struct {
	No        int            `json:"list_no"`
	AsOf      pipeline.Date  `json:"as_of"`
	State     string         `json:"state"`
	Rows      int            `json:"rows"`
	Hash      string         `json:"hash"`
	Approvals []ApprovalText `json:"approvals"`
	ReceiptNo string         `json:"receipt_no,omitempty"`
}

func listTextOf(l pipeline.PurgeList) ListText {
	out := ListText{No: l.No, AsOf: l.AsOf, State: l.State, Rows: l.Rows, Hash: l.Hash, Approvals: []ApprovalText{}, ReceiptNo: l.ReceiptNo}
	_ = json.Unmarshal([]byte(l.Approvals), &out.Approvals) // what stands there is ours
	return out
}

func (h *House) listText(ctx context.Context, no int) (ListText, error) {
	l, err := h.purgeListOf(ctx, no)
	if err != nil {
		return ListText{}, err
	}
	return h.listNow(ctx, l)
}

// listNow is a list as it stands as of the newest night: an account that was
// stopped and a setting that was changed since show at once.
func (h *House) listNow(ctx context.Context, l pipeline.PurgeList) (ListText, error) {
	day, err := h.Store.NewestDone(ctx, Nightly)
	if err != nil {
		return ListText{}, err
	}
	l.State, l.Approvals, err = h.stateOn(ctx, l, max(day, l.AsOf))
	return listTextOf(l), err
}

// PurgeLists are all lists, oldest first, each as it stands by now.
func (h *House) PurgeLists(ctx context.Context) ([]ListText, error) {
	lists, err := h.Store.PurgeLists(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]ListText, len(lists))
	for i := range lists {
		if out[i], err = h.listNow(ctx, lists[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ListShown is one list with everything that is known of it.
type ListShown struct {
	ListText
	States  map[string]int  `json:"states"` // rows by state
	Entries []RowText       `json:"entries"`
	Before  int             `json:"compared_with,omitempty"` // number of the list before
	Changes []ChangeText    `json:"changes"`                 // from the list before, as noted when this one was made
	Done    []ReceiptText   `json:"receipts_between"`        // executions, and undone ones, between the two
	Plan    []DroppedText   `json:"dropped"`                 // of an execution: rows that stayed, and why
	Reviews []ReviewText    `json:"reviews"`
	Whole   []GivenApproval `json:"whole_list_approvals"`
	Undone  []GivenApproval `json:"undone_by,omitempty"` // who took the execution back, and why
}

// RowText is one row of a list.
type RowText struct {
	AgentID        string          `json:"agent_id"`
	Case           string          `json:"retention_case"`
	State          string          `json:"state"`
	LastDay        pipeline.Date   `json:"last_day"`
	FirstDeletable pipeline.Date   `json:"first_deletable"`
	Holds          []pipeline.Hold `json:"holds,omitempty"`
	Reason         string          `json:"reason"`
	Now            *NowText        `json:"now,omitempty"` // nil: it is held as it was, or as free
}

// ChangeText is one difference to the list before.
type ChangeText struct {
	AgentID string `json:"agent_id"`
	Kind    string `json:"kind"` // new, gone, state or facts
	Was     string `json:"was,omitempty"`
	Is      string `json:"is,omitempty"`
	Reason  string `json:"reason"`
}

// ReceiptText is one receipt in a few words.
type ReceiptText struct {
	No      string `json:"receipt_no"`
	Kind    string `json:"kind"`
	ListNo  int    `json:"list_no,omitempty"`
	Persons int    `json:"persons"`
}

// DroppedText is a row that an execution left alone.
type DroppedText struct {
	AgentID string `json:"agent_id"`
	Code    string `json:"code"`
	Reason  string `json:"reason"`
}

// ReviewText is what one reviewer said of one row.
type ReviewText struct {
	AgentID string        `json:"agent_id"`
	By      string        `json:"by"`
	Verdict string        `json:"verdict"`
	Reason  string        `json:"reason"`
	On      pipeline.Date `json:"on"`
	Void    bool          `json:"void,omitempty"` // it counts no more: 承認 or 解除 of an account that may not decide by now
	Why     string        `json:"void_because,omitempty"`
}

// GivenApproval is one person's approval of the whole list.
type GivenApproval struct {
	By        string           `json:"by"`
	At        pipeline.Instant `json:"at"`
	ExpiresOn pipeline.Date    `json:"expires_on"`
	Reason    string           `json:"reason,omitempty"`
}

// ShowList tells everything about one list; *ErrPurge if there is none.
func (h *House) ShowList(ctx context.Context, no int) (out ListShown, err error) {
	if out.ListText, err = h.listText(ctx, no); err != nil {
		return out, err
	}
	out.States, out.Entries = map[string]int{}, []RowText{}
	out.Reviews, out.Whole = []ReviewText{}, []GivenApproval{}
	for r, err := range h.Store.PurgeRows(ctx, no) {
		if err != nil {
			return out, err
		}
		out.States[r.State]++
		out.Entries = append(out.Entries, RowText{r.AgentID, r.Case, r.State, r.LastDay, r.FirstDeletable, slices.Clone(r.Holds), r.Reason, nil})
	}
	if err := h.holdsSince(ctx, out.ListText, out.Entries); err != nil {
		return out, err
	}
	if out.Plan, err = h.dropped(ctx, no, math.MaxInt); err != nil {
		return out, err
	}
	v, err := h.voices(ctx)
	if err != nil {
		return out, err
	}
	for r, err := range h.Store.PurgeReviewsOn(ctx, no) {
		if err != nil {
			return out, err
		}
		why := ""
		if r.Verdict != reviewHold {
			why = v.Void(r.By)
		}
		out.Reviews = append(out.Reviews, ReviewText{r.AgentID, r.By, r.Verdict, r.Reason, r.AsOf, why != "", why})
	}
	whole, err := h.Store.Approvals(ctx, no)
	if err != nil {
		return out, err
	}
	for _, a := range whole {
		if a.ListHash != out.Hash {
			if out.State == purge.ListUndone { // else they signed, and it was cut short
				out.Undone = append(out.Undone, GivenApproval{a.By, a.At, a.ExpiresOn, a.Reason})
			}
			continue
		}
		out.Whole = append(out.Whole, GivenApproval{a.By, a.At, a.ExpiresOn, a.Reason})
	}
	err = h.showChanges(ctx, &out)
	return out, err
}

// showChanges tells what is different from the list before; of the first,
// nothing is.
func (h *House) showChanges(ctx context.Context, l *ListShown) error {
	l.Changes, l.Done = []ChangeText{}, []ReceiptText{}
	head, err := h.purgeListOf(ctx, l.No)
	if err != nil {
		return err
	}
	s, err := h.since(ctx, head)
	if err != nil || s.Before == 0 {
		return err
	}
	l.Before = s.Before
	for _, r := range s.Done {
		l.Done = append(l.Done, ReceiptText{r.No, r.Kind, r.ListNo, total(r.Persons)})
	}
	for c, err := range s.Changes {
		if err != nil {
			return err
		}
		l.Changes = append(l.Changes, ChangeText{c.AgentID, c.Kind, c.Was, c.Is, c.Reason})
	}
	return nil
}
