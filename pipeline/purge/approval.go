package purge

import (
	"slices"

	"meibo/pipeline"
)

// Approvers is how many different people must approve a row before it may be
// deleted.
const Approvers = 2

// Approval is one person's word for a list, or for one row of it.
type Approval struct {
	By       string // account of the approver
	On       pipeline.Date
	ListHash string // content approved; empty for a row, which never changes on its list
	AgentID  string // the row; empty: every row that was 対象
}

// Stands reports whether the approval counts on a day: from the day it was given
// through days later; after that it is void.
func (a *Approval) Stands(asOf pipeline.Date, days int) bool {
	return a.On <= asOf && asOf <= a.On.AddDays(days)
}

// ApproversOf returns who approved a row of a list, sorted, each once. Only 対象
// rows can be approved. An approval of other content than the list's, one that is
// void, and one by somebody barred, who had a hand in the row's data, do not count.
func ApproversOf(row *pipeline.PurgeRow, listHash string, given []Approval, barred []string, asOf pipeline.Date, days int) []string {
	if row.State != pipeline.PurgeDue {
		return nil
	}
	var out []string
	for i := range given {
		a := &given[i]
		if a.AgentID == "" && a.ListHash != listHash || a.AgentID != "" && a.AgentID != row.AgentID {
			continue
		}
		if a.Stands(asOf, days) && !slices.Contains(barred, a.By) {
			out = append(out, a.By)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// ListState is the state that approvals alone give a list that is not yet being
// executed: by how many different people stand behind it, or behind some row of
// it, on the day. A list once approved falls back as its approvals grow old. In
// mode automatic a list needs none, and must not be asked.
func ListState(list pipeline.PurgeList, given []Approval, asOf pipeline.Date, days int) (string, error) {
	state := list.State
	if !Live(state) {
		return state, nil
	}
	people := min(Approvers, standing(list.Hash, given, asOf, days))
	for behind(state) != people {
		e := EventApproved
		if behind(state) > people {
			e = EventLapsed
		}
		next, err := Advance(state, e)
		if err != nil {
			return state, err
		}
		state = next
	}
	return state, nil
}

// standing counts the people behind a list on a day.
func standing(hash string, given []Approval, asOf pipeline.Date, days int) int {
	var by []string
	for i := range given {
		a := &given[i]
		if (a.AgentID != "" || a.ListHash == hash) && a.Stands(asOf, days) {
			by = append(by, a.By)
		}
	}
	slices.Sort(by)
	return len(slices.Compact(by))
}

// behind is how many people a state says stand behind a list.
func behind(state string) int {
	switch state {
	case ListFirst:
		return 1
	case ListApproved:
		return Approvers
	}
	return 0
}
