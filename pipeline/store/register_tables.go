package store

import "meibo/pipeline"

// The register's own tables: internal, described in schemas/README.md.

var agentsTable = mapping[pipeline.Agent]{
	Table{Name: "agents", Key: 1, Columns: []Column{
		col("agent_id", maxID), col("name", maxName), col("name_kana", maxKana), col("former_name", maxName),
		col("born_on", maxDate), col("sex", maxWord), col("email", maxEmail), col("id_acquired_on", maxDate),
		col("suspended", 0), col("duplicate_flag", 0), col("affiliated", 0), col("origins", 0),
	}},
	func(a *pipeline.Agent) []field {
		return []field{
			(*text)(&a.ID), (*text)(&a.Name), (*text)(&a.NameKana), (*text)(&a.FormerName),
			date{&a.BornOn},
			(*text)(&a.Sex), (*text)(&a.Email),
			date{&a.IDAcquiredOn},
			integer[int8]{(*int8)(&a.Suspended)},
			(*yes)(&a.DuplicateFlag), (*yes)(&a.Affiliated), (*text)(&a.From),
		}
	},
}

var namesTable = mapping[pipeline.Name]{
	Table{Name: "agent_names", Key: 3, Columns: []Column{
		col("agent_id", maxID), col("kind", maxWord), col("name", maxKana), col("origins", 0),
	}},
	func(n *pipeline.Name) []field {
		return []field{(*text)(&n.AgentID), (*text)(&n.Kind), (*text)(&n.Text), (*text)(&n.From)}
	},
}

var qualificationsTable = mapping[pipeline.Qualification]{
	Table{Name: "qualifications", Key: 3, Columns: []Column{
		col("agent_id", maxID), col("qualification_code", maxCode), col("certificate_no", maxCertificate),
		col("pass_code", maxCode), col("result", maxWord), col("judged_on", maxDate), col("expires_on", maxDate),
		col("unlimited", 0), col("next_exam", maxMonth), col("acquired_at", maxCode), col("posted_by", maxCode),
		col("posted_on", maxDate), col("posted_given", 0), col("withdrawn_on", maxDate), col("origins", 0),
	}},
	func(q *pipeline.Qualification) []field {
		return []field{
			(*text)(&q.AgentID), (*text)(&q.Code), (*text)(&q.CertificateNo),
			(*text)(&q.PassCode), (*text)(&q.Result),
			date{&q.JudgedOn},
			date{&q.ExpiresOn},
			(*yes)(&q.Unlimited),
			month{&q.NextExam},
			(*text)(&q.AcquiredAt), (*text)(&q.PostedBy),
			date{&q.PostedOn},
			(*yes)(&q.PostedGiven),
			date{&q.WithdrawnOn},
			(*text)(&q.From),
		}
	},
}

var eventsTable = mapping[pipeline.RegistrationEvent]{
	Table{Name: "registration_events", Key: 5, Columns: []Column{
		col("agent_id", maxID), col("agency_no", maxID), col("role", maxWord), col("event", maxWord),
		col("event_on", maxDate), col("closed_on", maxDate), col("lead_insurer", maxCode),
		col("other_insurers", maxInsurers), col("agency_name", maxAgencyName), col("agency_address", maxText),
		col("product_lines", maxText), col("note", maxText), col("sender", maxSender), col("arrival", maxArrival),
		col("origins", 0),
	}},
	func(e *pipeline.RegistrationEvent) []field {
		return []field{
			(*text)(&e.AgentID), (*text)(&e.AgencyNo), (*text)(&e.Role), (*text)(&e.Event),
			keyDate{&e.On},
			date{&e.ClosedOn},
			(*text)(&e.LeadInsurer),
			(*text)(&e.OtherInsurers), (*text)(&e.AgencyName), (*text)(&e.AgencyAddress),
			(*text)(&e.Lines), (*text)(&e.Note), (*text)(&e.Sender), (*text)(&e.Arrival),
			(*text)(&e.From),
		}
	},
}

var registrationsTable = mapping[pipeline.Registration]{
	Table{Name: "registrations", Key: 4, Columns: []Column{
		col("agent_id", maxID), col("agency_no", maxID), col("role", maxWord), col("opened_on", maxDate),
		col("closed_on", maxDate), col("lead_insurer", maxCode), col("other_insurers", maxInsurers),
		col("agency_name", maxAgencyName), col("agency_address", maxText), col("product_lines", maxText),
		col("note", maxText), col("origins", 0),
	}},
	func(r *pipeline.Registration) []field {
		return []field{
			(*text)(&r.AgentID), (*text)(&r.AgencyNo), (*text)(&r.Role),
			keyDate{&r.OpenedOn},
			date{&r.ClosedOn},
			(*text)(&r.LeadInsurer), (*text)(&r.OtherInsurers),
			(*text)(&r.AgencyName), (*text)(&r.AgencyAddress), (*text)(&r.Lines),
			(*text)(&r.Note), (*text)(&r.From),
		}
	},
}

var agenciesTable = mapping[pipeline.Agency]{
	Table{Name: "agencies", Key: 1, Columns: []Column{
		col("agency_no", maxID), col("lead_insurer", maxCode), col("other_insurers", maxInsurers),
		col("name", maxAgencyName), col("address", maxText), col("as_of", maxDate), col("origins", 0),
	}},
	func(a *pipeline.Agency) []field {
		return []field{
			(*text)(&a.No), (*text)(&a.LeadInsurer), (*text)(&a.OtherInsurers),
			(*text)(&a.Name), (*text)(&a.Address),
			date{&a.AsOf},
			(*text)(&a.From),
		}
	},
}

var activitiesTable = mapping[pipeline.Activity]{
	Table{Name: "activities", Key: 4, Columns: []Column{
		col("agent_id", maxID), col("acted_on", maxDate), col("kind", maxWord), col("actor", maxActor), col("origins", 0),
	}},
	func(a *pipeline.Activity) []field {
		return []field{
			(*text)(&a.AgentID), keyDate{&a.On}, (*text)(&a.Kind), (*text)(&a.Actor), (*text)(&a.From),
		}
	},
}
