package purge

import (
	"fmt"

	"meibo/pipeline"
)

// States of a list, from its first night to its end.
const (
	ListPublished = pipeline.PurgeListPublished // 公開: reviewers may read it
	ListFirst     = "一次承認"                      // one person approved
	ListApproved  = "承認済"                       // two did, or the time for objections ran out: it may be executed
	ListExecuting = "実行中"                       // the plan stands; what is left of it is carried out, come what may
	ListExecuted  = "実行済"                       // deleted and receipted; the undo window is open
	ListSettled   = "確定"                        // the key of the undo window is destroyed
	ListExpired   = "失効"                        // its approvals are void; it may be approved anew
	ListReplaced  = "差替済"                       // later lists took its place before two people approved it; its rows are gone
	ListUndone    = "取消"                        // the rows were put back within the undo window
)

// Event is what moves a list from one state to another.
type Event string

// Events in the life of a list.
const (
	EventApproved Event = "approved" // by one person more
	EventSilence  Event = "silence"  // purge.mode automatic: published for review_days without a word
	EventLapsed   Event = "lapsed"   // one approval is too old
	EventStarted  Event = "started"
	EventFinished Event = "finished"
	EventSettled  Event = "settled"  // the undo window ended
	EventReplaced Event = "replaced" // a later list stands for so long that this one is not approved any more
	EventUndone   Event = "undone"
)

// Advance returns the state after an event: the one place that knows the life
// of a list. What does not stand here cannot happen and is an error.
//
//	公開 ─approved→ 一次承認 ─approved→ 承認済 ─started→ 実行中 ─finished→ 実行済 ─settled→ 確定
//	  └─silence───────────────────────────┘  │lapsed                        └─undone→ 取消
//	          失効 ←lapsed─ 一次承認 ←─────────┘     失効 ─approved→ 一次承認
//	公開, 失効 ─replaced→ 差替済
func Advance(state string, e Event) (string, error) {
	switch {
	case e == EventApproved:
		switch state {
		case ListPublished, ListExpired:
			return ListFirst, nil
		case ListFirst, ListApproved: // a third approval changes nothing
			return ListApproved, nil
		}
	case e == EventSilence && state == ListPublished:
		return ListApproved, nil
	case e == EventLapsed && state == ListApproved:
		return ListFirst, nil
	case e == EventLapsed && state == ListFirst:
		return ListExpired, nil
	case e == EventStarted && state == ListApproved:
		return ListExecuting, nil
	case e == EventFinished && state == ListExecuting:
		return ListExecuted, nil
	case e == EventSettled && state == ListExecuted:
		return ListSettled, nil
	case e == EventUndone && state == ListExecuted:
		return ListUndone, nil
	case e == EventReplaced && (state == ListPublished || state == ListExpired):
		return ListReplaced, nil
	}
	return state, &StateError{State: state, Event: e}
}

// StateError says that a list in this state cannot do what was asked of it.
type StateError struct {
	State string
	Event Event
}

func (e *StateError) Error() string {
	return fmt.Sprintf("a list in state %s cannot be %s", e.State, e.Event)
}

// Live reports whether a list in this state still takes approvals or waits for
// its execution; all others are history.
func Live(state string) bool {
	switch state {
	case ListPublished, ListFirst, ListApproved, ListExpired:
		return true
	}
	return false
}
