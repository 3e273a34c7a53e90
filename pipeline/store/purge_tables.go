package store

import (
	"meibo/pipeline"
	"meibo/pipeline/purge"
)

// Tables of the life of a purge list: holds, plans, what can be taken back, and
// who may not come back. Described in schemas/README.md.

// Hold is one named hold on a record. It stands until it is released.
type Hold struct {
	AgentID    string
	No         int // counts up per person
	Code       string
	Reason     string
	By         string
	Since      pipeline.Date
	ReviewBy   pipeline.Date // a reminder
	SystemUser string

	ReleasedOn    pipeline.Date
	ReleasedBy    string
	ReleaseReason string
	From          pipeline.Provenance // of one that came by a returned list
}

var holdsTable = mapping[Hold]{
	Table{Name: "holds", Key: 2, Columns: []Column{
		col("agent_id", maxID), col("hold_no", 0), col("code", maxWord), col("reason", 0), col("held_by", maxWho),
		col("since", maxDate), col("review_by", maxDate), col("system_user", maxWho), col("released_on", maxDate),
		col("released_by", maxWho), col("release_reason", 0), col("origins", 0),
	}},
	func(h *Hold) []field {
		return []field{
			(*text)(&h.AgentID),
			integer[int]{&h.No},
			(*text)(&h.Code), (*text)(&h.Reason), (*text)(&h.By),
			date{&h.Since},
			date{&h.ReviewBy},
			(*text)(&h.SystemUser),
			date{&h.ReleasedOn},
			(*text)(&h.ReleasedBy), (*text)(&h.ReleaseReason), (*text)(&h.From),
		}
	},
}

var changesTable = mapping[purge.Change]{
	Table{Name: "purge_changes", Key: 2, Columns: []Column{
		col("list_no", 0), col("agent_id", maxID), col("kind", maxWord), col("state_before", maxWord), col("state", maxWord),
		col("reason", 0),
	}},
	func(c *purge.Change) []field {
		return []field{
			integer[int]{&c.ListNo},
			(*text)(&c.AgentID), (*text)(&c.Kind), (*text)(&c.Was), (*text)(&c.Is), (*text)(&c.Reason),
		}
	},
}

// PlanRow is what the plan of an execution says of one row of its list.
type PlanRow struct {
	ListNo int
	purge.Outcome
	Part int // in which it was deleted; 0: not yet
}

var planTable = mapping[PlanRow]{
	Table{Name: "purge_plan", Key: 2, Columns: []Column{
		col("list_no", 0), col("agent_id", maxID), col("state", maxWord), col("code", maxFaultCode), col("reason", 0),
		col("part", 0),
	}},
	func(p *PlanRow) []field {
		return []field{
			integer[int]{&p.ListNo},
			(*text)(&p.AgentID), (*text)(&p.State), (*text)(&p.Code), (*text)(&p.Reason),
			integer[int]{&p.Part},
		}
	},
}

// UndoPart is what one transaction of an execution deleted, sealed with the key
// of its list, which lies outside the database.
type UndoPart struct {
	ListNo  int
	Part    int // from 1
	Persons int
	Counts  string // JSON: table → rows deleted
	Sealed  string // base64; empty once the window to take it back has ended
}

var undoTable = mapping[UndoPart]{
	Table{Name: "purge_undo", Key: 2, Columns: []Column{
		// A seal holds random bytes, so that two runs over the same input differ.
		col("list_no", 0), col("part", 0), col("persons", 0), col("counts", 0), clock("sealed", 0),
	}},
	func(u *UndoPart) []field {
		return []field{
			integer[int]{&u.ListNo},
			integer[int]{&u.Part},
			integer[int]{&u.Persons},
			(*text)(&u.Counts), (*text)(&u.Sealed),
		}
	},
}

// Guarded is a purged 募集人ID, known by its keyed HMAC alone, that may not come
// back unseen.
type Guarded struct {
	IDHMAC    string // hex
	ListNo    int
	PurgedOn  pipeline.Date
	KeepUntil pipeline.Date // last day
}

var guardTable = mapping[Guarded]{
	Table{Name: "purge_guard", Key: 1, Columns: []Column{
		clock("id_hmac", maxHash), col("list_no", 0), col("purged_on", maxDate), col("keep_until", maxDate),
	}},
	func(g *Guarded) []field {
		return []field{
			(*text)(&g.IDHMAC),
			integer[int]{&g.ListNo},
			date{&g.PurgedOn},
			date{&g.KeepUntil},
		}
	},
}

// Approval is one person's approval of a list as it stands.
type Approval struct {
	ListNo     int
	ListHash   string
	By         string
	At         pipeline.Instant
	ExpiresOn  pipeline.Date // last day on which it counts
	SystemUser string
	Reason     string
}

var approvalMapping = mapping[Approval]{
	approvalsTable,
	func(a *Approval) []field {
		return []field{
			integer[int]{&a.ListNo},
			(*text)(&a.ListHash), (*text)(&a.By),
			instant{&a.At},
			date{&a.ExpiresOn},
			(*text)(&a.SystemUser), (*text)(&a.Reason),
		}
	},
}

var receiptMapping = mapping[purge.Receipt]{
	receiptsTable,
	func(r *purge.Receipt) []field {
		return []field{
			(*text)(&r.No), (*text)(&r.Kind),
			integer[int]{&r.ListNo},
			date{&r.AsOf},
			(*text)(&r.RuleVersion), (*text)(&r.ListHash),
			list[purge.Count]{&r.Persons},
			list[purge.Count]{&r.RowsDeleted},
			list[string]{&r.Approvers},
			instant{&r.StartedAt},
			instant{&r.FinishedAt},
			(*text)(&r.Version), (*text)(&r.ConfigHash),
			list[purge.Searched]{&r.Searched},
			list[purge.Residual]{&r.Residual},
			(*text)(&r.PreviousHash), (*text)(&r.Hash), (*text)(&r.KeyID), (*text)(&r.Signature),
		}
	},
}
