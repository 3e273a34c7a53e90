package intake

import (
	"slices"
	"strings"

	"meibo/pipeline"
)

// CheckSender reports why ev.Sender may not send ev for its agency as the
// register knows it, or nil. An agency the register does not know is judged by
// the row itself.
//
// Only the agency's 代申 and 非代申 send rows, and only the 代申 sends a
// 廃止年月日. The register's 代申 changes by a row that the new 代申 sends and
// that closes nothing; it must have been 非代申 there before, or any company
// could make itself a reader of an agency's people.
func CheckSender(agency *pipeline.Agency, ev pipeline.RegistrationEvent) *pipeline.Fault {
	lead, others := ev.LeadInsurer, ev.OtherInsurers
	if agency != nil {
		lead, others = agency.LeadInsurer, agency.OtherInsurers
	}
	closes := ev.Event == pipeline.EventClose || !ev.ClosedOn.IsZero()
	known := ev.Sender == lead || slices.Contains(strings.Fields(others), ev.Sender)
	namesItself := ev.LeadInsurer == ev.Sender

	switch {
	case closes && ev.Sender != lead:
		return mergeFault(CodeNotTheLeadInsurer)
	case !known, movesLead(agency, ev) && !namesItself:
		return mergeFault(CodeNotTheLeadInsurer)
	}
	return nil
}

// movesLead reports whether the row names another 代申 than the register, and
// is not merely older than what decided there.
func movesLead(agency *pipeline.Agency, ev pipeline.RegistrationEvent) bool {
	return agency != nil && agency.LeadInsurer != "" && ev.LeadInsurer != "" &&
		ev.LeadInsurer != agency.LeadInsurer && ev.On >= agency.AsOf
}

// MergeAgency works out what ev, imported on asOf, tells of its agency, and
// whether that changes anything; a nil stored is an agency the register does
// not know yet. The newest event decides, also one that arrives later on the
// same day; an older one only fills what was never written.
//
// An event that lies in the future counts as of asOf. Otherwise one announced
// registration would silence every row until its day.
func MergeAgency(stored *pipeline.Agency, ev pipeline.RegistrationEvent, asOf pipeline.Date) (pipeline.Agency, bool) {
	on := min(ev.On, asOf)
	if stored == nil {
		return pipeline.Agency{
			No: ev.AgencyNo, LeadInsurer: ev.LeadInsurer, OtherInsurers: ev.OtherInsurers,
			Name: ev.AgencyName, Address: ev.AgencyAddress, AsOf: on, From: ev.From,
		}, true
	}
	a := *stored
	newest := on >= a.AsOf
	var columns []string
	take := func(key string, dst *string, v string) {
		if newest || *dst == "" {
			columns = write(columns, key, dst, v)
		}
	}
	take("lead_insurer", &a.LeadInsurer, ev.LeadInsurer)
	take("other_insurers", &a.OtherInsurers, ev.OtherInsurers)
	take("agency_name", &a.Name, ev.AgencyName)
	take("agency_address", &a.Address, ev.AgencyAddress)
	a.From = withEvent(a.From, ev, columns)
	// A future event that says nothing new must not move the day every night.
	if newest && (len(columns) > 0 || on == ev.On) {
		a.AsOf = on
	}
	return a, a != *stored
}

// withEvent returns p after ev wrote the named columns, each from where ev has it.
func withEvent(p pipeline.Provenance, ev pipeline.RegistrationEvent, columns []string) pipeline.Provenance {
	for _, c := range columns {
		p = p.With(ev.From.Of(c), c)
	}
	return p
}
