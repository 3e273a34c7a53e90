package store

import "meibo/pipeline"

// Tables of what the offices of the association and of the insurers send
// beside the register: internal, described in schemas/README.md.

const (
	maxReceipt = 30 // 受付番号, 照会番号
	maxLogin   = 60
	maxManager = 40
	maxAnswer  = 2000
)

func flagOf(f *pipeline.Flag) field { return integer[int8]{(*int8)(f)} }

var inquiriesTable = mapping[Inquiry]{
	Table{Name: "inquiries", Key: 1, Columns: []Column{
		col("receipt_no", maxReceipt), col("received_on", maxDate), col("inquirer", maxName), col("contact", maxText),
		col("agent_id", maxID), col("answerer", maxName), col("answer", maxAnswer), col("answered_on", maxDate),
		col("way", maxWord), col("identified", 0), col("called_back", 0), col("by_proxy", 0),
		col("mandate_seen", 0), col("proxy_proved", 0), col("origins", 0),
	}},
	func(q *Inquiry) []field {
		return []field{
			(*text)(&q.ReceiptNo),
			date{&q.ReceivedOn},
			(*text)(&q.Inquirer), (*text)(&q.Contact), (*text)(&q.AgentID), (*text)(&q.Answerer), (*text)(&q.Answer),
			date{&q.AnsweredOn},
			(*text)(&q.Way), flagOf(&q.Identified), flagOf(&q.CalledBack), flagOf(&q.ByProxy),
			flagOf(&q.MandateSeen), flagOf(&q.ProxyProved), (*text)(&q.From),
		}
	},
}

var bulkInquiriesTable = mapping[BulkInquiry]{
	Table{Name: "bulk_inquiries", Key: 2, Columns: []Column{
		col("sender", maxSender), col("inquiry_no", maxReceipt), col("agent_id", maxID), col("name", maxName),
		col("name_kana", maxKana), col("born_on", maxDate), col("certificate_no", maxCertificate),
		col("asked_on", maxDate), col("origins", 0),
	}},
	func(q *BulkInquiry) []field {
		return []field{
			(*text)(&q.Sender), (*text)(&q.No), (*text)(&q.AgentID), (*text)(&q.Name), (*text)(&q.NameKana),
			date{&q.BornOn},
			(*text)(&q.CertificateNo),
			date{&q.AskedOn},
			(*text)(&q.From),
		}
	},
}

var staffTable = mapping[Staff]{
	Table{Name: "staff", Key: 1, Columns: []Column{
		col("login_id", maxLogin), col("name", maxName), col("email", maxEmail), col("office", maxWord),
		col("stopped", 0), col("origins", 0),
	}},
	func(s *Staff) []field {
		return []field{
			(*text)(&s.LoginID), (*text)(&s.Name), (*text)(&s.Email), (*text)(&s.Office), flagOf(&s.Stopped), (*text)(&s.From),
		}
	},
}

var managersTable = mapping[Manager]{
	Table{Name: "managers", Key: 2, Columns: []Column{
		col("insurer_code", maxCode), col("manager_id", maxManager), col("role", maxWord), col("name", maxName),
		col("department", maxAgencyName), col("email", maxEmail), col("stopped", 0), col("origins", 0),
	}},
	func(m *Manager) []field {
		return []field{
			(*text)(&m.Insurer), (*text)(&m.ID), (*text)(&m.Role), (*text)(&m.Name), (*text)(&m.Department),
			(*text)(&m.Email), flagOf(&m.Stopped), (*text)(&m.From),
		}
	},
}

var purgeReviewsTable = mapping[PurgeReview]{
	Table{Name: "purge_reviews", Key: 3, Columns: []Column{
		col("list_no", 0), col("agent_id", maxID), col("reviewed_by", maxWho), col("verdict", maxWord),
		col("reason", 0), col("as_of", maxDate), col("origins", 0),
	}},
	func(r *PurgeReview) []field {
		return []field{
			integer[int]{&r.ListNo},
			(*text)(&r.AgentID), (*text)(&r.By), (*text)(&r.Verdict), (*text)(&r.Reason),
			date{&r.AsOf},
			(*text)(&r.From),
		}
	},
}

// decisionOrigin is where a decision came from that was not made by command.
type decisionOrigin struct {
	No   int
	From pipeline.Provenance
}

var decisionOriginsTable = mapping[decisionOrigin]{
	Table{Name: "decision_origins", Key: 1, Columns: []Column{col("seq", 0), col("origins", 0)}},
	func(o *decisionOrigin) []field { return []field{integer[int]{&o.No}, (*text)(&o.From)} },
}
