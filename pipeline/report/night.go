package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/purge"
)

// Night is what one run did, for the association. It holds counts and files but
// neither clock times nor durations, so that a repeated night gives the same
// bytes; the lists at its end name IDs and are for operators only.
type Night struct {
	AsOf  pipeline.Date `json:"as_of"`
	RunID string        `json:"run_id"`
	State string        `json:"state"` // of the run, as people read it, e.g. 完了

	Files      []NightFile  `json:"files"`
	Faults     []NightFault `json:"faults"`
	People     NightPeople  `json:"people"`
	Expiry     NightExpiry  `json:"expiry"`
	Purge      NightPurge   `json:"purge"`
	Duplicates NightPairs   `json:"duplicates"`
	Late       []LateSender `json:"late_senders"`
	Warnings   []string     `json:"warnings"` // Japanese, without personal data

	// Checkpoint is the head of the audit chain, printed so that paper can
	// prove it; empty where there is none.
	Checkpoint string `json:"audit_checkpoint,omitempty"`

	// History is the last nights, this one included, oldest first; the charts
	// show the last 30 of them.
	History []NightPoint `json:"history"`

	Undetermined []Undetermined `json:"undetermined"` // 判定不能: never deletable until the source mends them
	Differences  []Difference   `json:"differences"`  // supplied expiry days that the rule would not give
}

// NightFile is one received file.
type NightFile struct {
	Sender     string `json:"sender"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	State      string `json:"state"` // of pipeline.Batch
	Read       int    `json:"read"`
	Applied    int    `json:"applied"`
	Unchanged  int    `json:"unchanged"`
	Rejected   int    `json:"rejected"`
	Duplicates int    `json:"duplicates"`
	Warnings   int    `json:"warnings"`
}

// NightFault counts one code over all files of a kind.
type NightFault struct {
	Kind     string            `json:"kind"`
	Code     pipeline.Code     `json:"code"`
	Severity pipeline.Severity `json:"severity"`
	Count    int               `json:"count"`
	Text     string            `json:"text"` // Japanese, without a value of a row
}

// NightPeople counts 募集人ID.
type NightPeople struct {
	Total   int `json:"total"`
	New     int `json:"new"`
	Changed int `json:"changed"`
}

// NightExpiry counts qualifications by step over all insurers, each once, and
// those that lapsed since the night before.
type NightExpiry struct {
	Lapsed      int `json:"lapsed"` // 失効後
	ThisMonth   int `json:"this_month"`
	Months3     int `json:"months_3"`
	Months9     int `json:"months_9"`
	NewlyLapsed int `json:"newly_lapsed"`
}

// NightPurge counts people by state of the purge list.
type NightPurge struct {
	ListNo   int `json:"list_no"` // 0: no list
	Notice   int `json:"notice"`
	Due      int `json:"due"`
	Held     int `json:"held"`
	Decision int `json:"decision"`
	Overdue  int `json:"overdue"` // due and past the first day of deletion by more than the review allows
	Deleted  int `json:"deleted"` // executed since the night before

	Before  int          `json:"before,omitempty"` // list that the one of this night follows; 0: it is the first, or the same
	Changes PurgeChanges `json:"changes"`
}

// PurgeChanges counts rows by what is different from the list before.
type PurgeChanges struct {
	New   int `json:"new"`
	State int `json:"state"`
	Facts int `json:"facts"`
	Gone  int `json:"gone"`
}

// Add counts one change by its kind.
func (c *PurgeChanges) Add(kind string) {
	switch kind {
	case purge.ChangeNew:
		c.New++
	case purge.ChangeState:
		c.State++
	case purge.ChangeFacts:
		c.Facts++
	case purge.ChangeGone:
		c.Gone++
	}
}

func (c PurgeChanges) String() string {
	return fmt.Sprintf("追加 %s・状態変更 %s・内容変更 %s・除外 %s", thousands(c.New), thousands(c.State), thousands(c.Facts), thousands(c.Gone))
}

// line says how the list of the night relates to the one before.
func (p *NightPurge) line() string {
	switch {
	case p.ListNo == 0:
		return ""
	case p.Before == 0 && p.ListNo > 1:
		return fmt.Sprintf("削除予定リスト 第%d号（前夜と同じ）", p.ListNo)
	case p.Before == 0:
		return fmt.Sprintf("削除予定リスト 第%d号", p.ListNo)
	}
	return fmt.Sprintf("削除予定リスト 第%d号（第%d号から %s）", p.ListNo, p.Before, p.Changes)
}

// NightPairs counts pairs of IDs.
type NightPairs struct {
	Confirmed int `json:"confirmed"`
	Review    int `json:"review"` // undecided
	New       int `json:"new"`    // first listed this night
}

// LateSender is a delivery that was expected and has not come.
type LateSender struct {
	Sender string        `json:"sender"`
	Kind   string        `json:"kind"`
	LastOn pipeline.Date `json:"last_on,omitzero"` // as-of day of the last file; none: never
	Days   int           `json:"days"`             // late
}

// NightPoint is one night in the charts.
type NightPoint struct {
	AsOf     pipeline.Date `json:"as_of"`
	Files    int           `json:"files"`
	Applied  int           `json:"applied"` // rows
	Rejected int           `json:"rejected"`
	New      int           `json:"new"` // people
	Changed  int           `json:"changed"`
	Lapsed   int           `json:"lapsed"` // newly
	Due      int           `json:"due"`
	Overdue  int           `json:"overdue"`
	Deleted  int           `json:"deleted"`
	Review   int           `json:"review"` // pairs
	Warnings int           `json:"warnings"`
}

// Undetermined is a person whose retention cannot be worked out.
type Undetermined struct {
	AgentID string `json:"agent_id"`
	Missing string `json:"missing"` // Japanese term, e.g. ID取得日
	Source  string `json:"source,omitempty"`
}

// Difference is a supplied expiry day that the rule would not give.
type Difference struct {
	AgentID       string        `json:"agent_id"`
	Code          string        `json:"code"`
	CertificateNo string        `json:"certificate_no"`
	Supplied      pipeline.Date `json:"supplied"`
	Computed      pipeline.Date `json:"computed"`
}

// NightJSON writes nightly_<day>.json: the same night for programs.
func NightJSON(w io.Writer, n Night) error { return writeJSON(w, n.canonical()) }

// canonical puts every list into its order and makes an empty one of a missing
// one, without touching the caller's.
func (n Night) canonical() Night {
	n.Files = sortedBy(n.Files, func(a, b NightFile) int {
		return cmp.Or(cmp.Compare(a.Sender, b.Sender), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	n.Faults = sortedBy(n.Faults, func(a, b NightFault) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Severity, b.Severity))
	})
	n.Late = sortedBy(n.Late, func(a, b LateSender) int {
		return cmp.Or(b.Days-a.Days, cmp.Compare(a.Sender, b.Sender), cmp.Compare(a.Kind, b.Kind))
	})
	n.History = sortedBy(n.History, func(a, b NightPoint) int { return cmp.Compare(a.AsOf, b.AsOf) })
	n.Undetermined = sortedBy(n.Undetermined, func(a, b Undetermined) int { return cmp.Compare(a.AgentID, b.AgentID) })
	n.Differences = sortedBy(n.Differences, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.AgentID, b.AgentID), cmp.Compare(a.Code, b.Code), cmp.Compare(a.CertificateNo, b.CertificateNo))
	})
	n.Warnings = append([]string{}, n.Warnings...)
	return n
}

func sortedBy[T any](all []T, order func(a, b T) int) []T {
	all = append([]T{}, all...)
	slices.SortStableFunc(all, order)
	return all
}

// rows sums a count over the files.
func (n *Night) rows(of func(NightFile) int) (sum int) {
	for _, f := range n.Files {
		sum += of(f)
	}
	return sum
}
