package jobs

import (
	"slices"
	"strings"

	"meibo/pipeline/access"
	"meibo/pipeline/purge"
)

// PurgeConfig says how a purge list becomes a deletion (rules.md §4).
type PurgeConfig struct {
	Mode         string  `yaml:"mode"`          // approve: two people approve; automatic: time does
	Approvers    string  `yaml:"approvers"`     // whose word on a deletion counts: any active account, or the association's
	ReviewDays   int     `yaml:"review_days"`   // mode automatic: days a row stands published before it may go
	ApprovalDays int     `yaml:"approval_days"` // days an approval counts after its own
	UndoDays     int     `yaml:"undo_days"`     // days a deletion can be taken back after its own
	MaxCount     int     `yaml:"max_count"`     // an execution of more records is refused
	MaxPercent   float64 `yaml:"max_percent"`   // and so is one of a larger share of the register
	GuardMonths  int     `yaml:"guard_months"`  // months in which a deleted 募集人ID may not come back unseen
}

func defaultPurge() PurgeConfig {
	return PurgeConfig{
		Mode: purge.ModeApprove, Approvers: access.DecidersAny, ReviewDays: 10, ApprovalDays: 14, UndoDays: 7,
		MaxCount: 20_000, MaxPercent: 5, GuardMonths: 13,
	}
}

func (c PurgeConfig) validate(bad faulty) {
	if modes := []string{purge.ModeApprove, purge.ModeAutomatic}; !slices.Contains(modes, c.Mode) {
		bad("purge.mode", oneOfJA, oneOfEN, c.Mode, strings.Join(modes, ", "))
	}
	if circles := []string{access.DecidersAny, access.DecidersAssociation}; !slices.Contains(circles, c.Approvers) {
		bad("purge.approvers", oneOfJA, oneOfEN, c.Approvers, strings.Join(circles, ", "))
	}
	for _, n := range []struct {
		key      string
		is, from int
	}{
		{"review_days", c.ReviewDays, 0},
		{"approval_days", c.ApprovalDays, 0},
		{"undo_days", c.UndoDays, 0},
		{"max_count", c.MaxCount, 1},
		{"guard_months", c.GuardMonths, 1},
	} {
		if n.is < n.from {
			bad("purge."+n.key, atLeastJA, atLeastEN, n.is, n.from)
		}
	}
	if p := c.MaxPercent; !(0 < p && p <= 100) {
		bad("purge.max_percent", "%g は指定できません。0 より大きく 100 以下にしてください。", "%g: want more than 0, at most 100", p)
	}
}

// settings are those that decide on single rows and on the size of a plan.
func (c PurgeConfig) settings() purge.Settings {
	return purge.Settings{
		Mode: c.Mode, ReviewDays: c.ReviewDays, ApprovalDays: c.ApprovalDays,
		UndoDays: c.UndoDays, MaxCount: c.MaxCount, MaxPercent: c.MaxPercent,
	}
}
