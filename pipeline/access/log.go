package access

import "meibo/pipeline"

// Entry is one look at people: by whom, in which role, for which purpose, at
// whom and at what (要領§4, §8).
type Entry struct {
	Seq     int // from 1, without a gap; given when it is stored
	At      pipeline.Instant
	Actor   string // account, reader of a report, or "system:" with a user of the machine
	Role    string
	Purpose string
	Subject string // keyed surrogate of the person; empty: everybody in the report
	Fields  string // groups of fields, or the report
	Rows    int
	Reason  string // in words, of purposes that demand it
	RunID   string // of a report
	Denied  string // clause by which it was refused; empty: it was shown
}

// CatchAllPercent is the share of looks for "other work" (要領§4(4)ウ, §4(5)エ)
// above which somebody should ask why.
const CatchAllPercent = 5

// Share is how many of the looks of a role were for "other work".
type Share struct {
	Role    string `json:"role"`
	Purpose string `json:"purpose"`
	Other   int    `json:"other"`
	All     int    `json:"all"`
}

// Review reports whether the share is large enough to be looked into.
func (s Share) Review() bool { return s.Other*100 > s.All*CatchAllPercent }

// CatchAll are the shares of P4ウ among the looks of insurers and of P5エ among
// those of the association's people; roles that looked at nothing are left out.
func CatchAll(counts map[Use]int) []Share {
	var out []Share
	for _, s := range []Share{
		{Role: RoleInsurer, Purpose: PurposeOther},
		{Role: RoleAssociation, Purpose: PurposeStaffOther},
		{Role: RoleOperator, Purpose: PurposeStaffOther},
	} {
		for use, n := range counts {
			if use.Role != s.Role {
				continue
			}
			s.All += n
			if use.Purpose == s.Purpose {
				s.Other += n
			}
		}
		if s.All > 0 {
			out = append(out, s)
		}
	}
	return out
}
