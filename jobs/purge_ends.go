package jobs

import (
	"context"

	"meibo/pipeline"
	"meibo/pipeline/purge"
	"meibo/pipeline/store"
)

// inquiriesEnd is the last day of the records of inquiries that name the persons: the
// latest of those days by 要領 §12. Zero: one has none, as without a day of its own or
// kept by a hold, or nothing is named. A record whose time is over goes the next night.
func (x *execution) inquiriesEnd(ctx context.Context, t *purge.Traces) (pipeline.Date, error) {
	day := x.row.AsOf
	if day.IsZero() { // deletions done again after a restore
		var err error
		if day, err = x.Store.NewestDone(ctx, Nightly); err != nil || day.IsZero() {
			return 0, err
		}
	}
	_, settings, err := x.rulesOn(day)
	if err != nil {
		return 0, err
	}
	kept, err := x.inquiriesKept(ctx)
	if err != nil {
		return 0, err
	}
	var last pipeline.Date
	for q, err := range x.Store.AllInquiries(ctx) {
		if err != nil {
			return 0, err
		}
		if !namedInInquiry(t, q) {
			continue
		}
		end, _ := settings.InquiryDeadline(q.ReceivedOn, q.AnsweredOn)
		if end.IsZero() || kept[q.AgentID] {
			return 0, nil
		}
		last = max(last, end, day)
	}
	return last, nil
}

// namedInInquiry reports whether any text of a record names one of the persons.
func namedInInquiry(t *purge.Traces, q *store.Inquiry) bool {
	return t.In([]string{
		q.ReceiptNo, q.Inquirer, q.Contact, q.AgentID, q.Answerer, q.Answer, q.Way,
		q.ReceivedOn.String(), q.AnsweredOn.String(),
	}) != ""
}

// inquiriesKept are the 募集人ID whose records of inquiries a hold keeps.
func (h *House) inquiriesKept(ctx context.Context) (map[string]bool, error) {
	standing, _, err := h.standing(ctx)
	kept := map[string]bool{}
	for _, x := range standing {
		if x.Code == holdInquiry {
			kept[x.AgentID] = true
		}
	}
	return kept, err
}
