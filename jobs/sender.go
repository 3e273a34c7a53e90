package jobs

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// The senders that are no insurers, by the name of their folder.
const (
	SenderAssociation   = "association"    // 協会
	SenderExamCenter    = "exam-center"    // 試験運営
	SenderContactCenter = "contact-center" // コンタクトセンター
	SenderCompliance    = "compliance"     // 審査担当
)

// RoleInsurer stands for every insurer where a layout lists its senders.
const RoleInsurer = "insurer"

var officeSenders = []string{SenderAssociation, SenderExamCenter, SenderContactCenter, SenderCompliance}

var fourDigits = regexp.MustCompile(`^[0-9]{4}$`)

// role tells what a folder name may send as: itself for an office, RoleInsurer
// for an insurer, empty for a stranger. While no insurer is configured every
// name of four digits is taken for one; assumed says so.
func (c Config) role(sender string) (role string, assumed bool) {
	if slices.Contains(officeSenders, sender) {
		return sender, false
	}
	if _, ok := c.Insurer(sender); ok {
		return RoleInsurer, false
	}
	if len(c.Insurers) == 0 && fourDigits.MatchString(sender) {
		return RoleInsurer, true
	}
	return "", false
}

// kindReviews are workbooks that come back from compliance with verdicts.
const kindReviews = "reviews"

// kindOrder is the order in which kinds are taken within a night; a kind that
// is not listed is not known.
var kindOrder = []string{
	"agents", "exam-results", "registrations", "activities", "inquiries", "bulk-inquiries",
	"managers", "staff", "corrections", kindReviews, "incidents",
}

// kindOf reads the kind from a file's name: what stands before the first
// underscore. A corrected file on its way back keeps its leading rejects_.
func kindOf(sender, name string) string {
	stem := strings.TrimSuffix(name, path.Ext(name))
	stem = strings.TrimPrefix(stem, "rejects_")
	kind, _, _ := strings.Cut(stem, "_")
	if sender == SenderCompliance && (kind == "purge-list" || kind == "duplicates") {
		return kindReviews
	}
	return kind
}

// kindRank sorts known kinds by kindOrder and strangers behind them.
func kindRank(kind string) int {
	if i := slices.Index(kindOrder, kind); i >= 0 {
		return i
	}
	return len(kindOrder)
}
