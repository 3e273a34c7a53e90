package deadline

import (
	"fmt"
	"slices"

	"meibo/pipeline"
)

// Cases of 要領 §10: never or formerly registered, with or without a
// qualification on file.
const (
	Case1 = "1" // never registered, qualification on file
	Case2 = "2" // never registered, none on file
	Case3 = "3" // formerly registered, qualification on file
	Case4 = "4" // formerly registered, none on file
)

// CaseUndetermined stands where a base day is missing: 判定不能, never deletable.
const CaseUndetermined = "判定不能"

// Base days of the periods.
const (
	BasePosted   = "登載日"
	BaseAcquired = "ID取得日"
	BaseClosed   = "廃止年月日"
	BaseRequest  = "申出日"
)

// period is Period by the version's period_rule.
func (s *Settings) period(base pipeline.Date, months int) (last, firstAfter pipeline.Date) {
	if s.clamped {
		return clampedPeriod(base, months)
	}
	return Period(base, months)
}

// term is the bare rule applied: case, base day, and how far the activities
// carry the last day. last is zero where the base day is missing.
type term struct {
	no       string
	months   int
	baseKind string
	base     pipeline.Date
	last     pipeline.Date
	first    pipeline.Date // day after last
	moved    []move
	late     int // index of the first activity after the last day; len if none
}

// move is an activity that moved the last day.
type move struct {
	activity int
	last     pipeline.Date
}

// term is the one implementation of §10: newest days in, verdict out. events
// must be sorted; posted counts only with onFile, closed only with formerly.
func (s *Settings) term(formerly, onFile bool, acquired, posted, closed pipeline.Date, events []pipeline.Date) term {
	var t term
	switch {
	case !formerly && onFile:
		t.no, t.baseKind, t.base = Case1, BasePosted, posted
	case !formerly:
		t.no, t.baseKind, t.base = Case2, BaseAcquired, acquired
	case onFile:
		t.no, t.baseKind, t.base = Case3, BaseClosed, closed
	default:
		t.no, t.baseKind, t.base = Case4, BaseClosed, closed
	}
	t.months = s.months[t.no[0]-'0']
	t.late = len(events)
	if t.base.IsZero() {
		return t
	}
	t.last, t.first = s.period(t.base, t.months)
	s.extend(&t, events)
	return t
}

// extend carries the last day along the chain of 要領 §10注: an activity from
// the base day through the current last day moves it to activity + 半年 if that
// is later. One day late counts for nothing, and nothing after it can revive.
func (s *Settings) extend(t *term, events []pipeline.Date) {
	extends := t.no == Case2 || t.no == Case4
	for i, e := range events {
		if e > t.last {
			t.late = i
			return
		}
		if !extends || e < t.base {
			continue
		}
		if last, first := s.period(e, s.monthsExtension); last > t.last {
			t.last, t.first = last, first
			t.moved = append(t.moved, move{i, last})
		}
	}
}

// Case is the bare rule of 要領 §10 without an as-of day, for checking by hand:
// whether a registration is open decides, not the day, and activities of every
// kind count. A person with an open registration has no deadline and all
// results are empty. Where the base day is missing the case is CaseUndetermined.
func (s *Settings) Case(idAcquired pipeline.Date, posted, closed []pipeline.Date, open bool, events []pipeline.Date) (no string, last, firstDeletable pipeline.Date) {
	if open {
		return "", 0, 0
	}
	t := s.term(len(closed) > 0, len(posted) > 0, idAcquired, newest(posted), newest(closed), slices.Sorted(slices.Values(events)))
	if t.last.IsZero() {
		return CaseUndetermined, 0, 0
	}
	return t.no, t.last, t.first
}

// Deadline is the bare rule for one case of 要領 §10 with its base day given,
// for checking by hand. Activities extend Case2 and Case4 only.
func (s *Settings) Deadline(no string, base pipeline.Date, events []pipeline.Date) (last, firstDeletable pipeline.Date, err error) {
	if base.IsZero() {
		return 0, 0, fmt.Errorf("case %s: want a base day", no)
	}
	formerly, onFile := false, false
	switch no {
	case Case1:
		onFile = true
	case Case2:
	case Case3:
		formerly, onFile = true, true
	case Case4:
		formerly = true
	default:
		return 0, 0, fmt.Errorf("case %q: want 1, 2, 3 or 4", no)
	}
	t := s.term(formerly, onFile, base, base, base, slices.Sorted(slices.Values(events)))
	return t.last, t.first, nil
}

// InquiryDeadline returns the last day on which the record of an inquiry is
// kept and the first day after it, when the whole record goes (要領 §12). The
// base is the later of 受付日 and 回答日 unless inquiry_base says otherwise; a
// missing day gives way to the other. §12 knows no extension and no grace.
func (s *Settings) InquiryDeadline(received, answered pipeline.Date) (last, firstDeletable pipeline.Date) {
	base := max(received, answered)
	switch {
	case s.inquiryBase == BaseReceived && !received.IsZero():
		base = received
	case s.inquiryBase == BaseAnswered && !answered.IsZero():
		base = answered
	}
	return s.period(base, s.monthsInquiry)
}

func newest(days []pipeline.Date) pipeline.Date {
	if len(days) == 0 {
		return 0
	}
	return slices.Max(days)
}
