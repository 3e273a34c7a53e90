package purge

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"meibo/pipeline"
)

// canonical is the form of a row that its hash covers: everything a reviewer
// approves. Not covered are the number of the list, and file names, which
// follow from the references.
type canonical struct {
	AgentID        string               `json:"agent_id"`
	Case           string               `json:"retention_case"`
	BaseKind       string               `json:"base_kind"`
	BaseOn         pipeline.Date        `json:"base_on"`
	Period         string               `json:"period"`
	Extensions     []pipeline.Extension `json:"extensions,omitempty"`
	LastDay        pipeline.Date        `json:"last_day"`
	FirstDeletable pipeline.Date        `json:"first_deletable"`
	State          string               `json:"state"`
	Holds          []pipeline.Hold      `json:"holds,omitempty"`
	Reason         string               `json:"reason"`
	Evidence       []pipeline.Evidence  `json:"evidence,omitempty"`
}

// RowHash is the SHA-256 of a row's canonical form: its JSON with the column
// names of purge_list.
func RowHash(row *pipeline.PurgeRow) [sha256.Size]byte {
	c := canonical{
		AgentID: row.AgentID, Case: row.Case, BaseKind: row.BaseKind, BaseOn: row.BaseOn,
		Period: row.Period, Extensions: row.Extensions, LastDay: row.LastDay,
		FirstDeletable: row.FirstDeletable, State: row.State, Holds: row.Holds,
		Reason: row.Reason, Evidence: slices.Clone(row.Evidence),
	}
	for i := range c.Evidence {
		c.Evidence[i].File = ""
	}
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // text and days always marshal
	}
	return sha256.Sum256(b)
}

// ListHash is the SHA-256 over the row hashes in their own order, in hex: the
// same rows have the same hash in whatever order they come.
func ListHash(rows []pipeline.PurgeRow) string {
	hashes := make([][sha256.Size]byte, len(rows))
	for i := range rows {
		hashes[i] = RowHash(&rows[i])
	}
	return HashOf(hashes)
}

// HashOf is ListHash for row hashes that were kept while rows streamed by. It
// sorts them in place.
func HashOf(hashes [][sha256.Size]byte) string {
	slices.SortFunc(hashes, func(a, b [sha256.Size]byte) int { return bytes.Compare(a[:], b[:]) })
	h := sha256.New()
	for i := range hashes {
		h.Write(hashes[i][:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Next returns the number of the list with the given hash: that of the last
// list if nothing changed, else the next one. The first list is number 1. A list
// that was executed is used up: rows that come back stand on a new one.
func Next(last pipeline.PurgeList, hash string) int {
	if last.Hash == hash && Live(last.State) {
		return last.No
	}
	return last.No + 1
}

// Kinds of change from one list to the next.
const (
	ChangeNew   = "new"
	ChangeGone  = "gone"
	ChangeState = "state" // another state; facts may have changed too
	ChangeFacts = "facts" // the same state on other facts
)

// Change is one difference between two lists.
type Change struct {
	AgentID string
	Kind    string
	Was, Is string // states; empty where the row is not on that list
}

// Diff returns what changed from one list to the next, by ID.
func Diff(was, is []pipeline.PurgeRow) []Change {
	a, b := byID(was), byID(is)
	var out []Change
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case j == len(b) || i < len(a) && a[i].AgentID < b[j].AgentID:
			out = append(out, Change{a[i].AgentID, ChangeGone, a[i].State, ""})
			i++
		case i == len(a) || b[j].AgentID < a[i].AgentID:
			out = append(out, Change{b[j].AgentID, ChangeNew, "", b[j].State})
			j++
		default:
			c := Change{a[i].AgentID, ChangeFacts, a[i].State, b[j].State}
			if c.Was != c.Is {
				c.Kind = ChangeState
			}
			if c.Kind == ChangeState || RowHash(a[i]) != RowHash(b[j]) {
				out = append(out, c)
			}
			i++
			j++
		}
	}
	return out
}

func byID(rows []pipeline.PurgeRow) []*pipeline.PurgeRow {
	out := make([]*pipeline.PurgeRow, len(rows))
	for i := range rows {
		out[i] = &rows[i]
	}
	slices.SortFunc(out, func(a, b *pipeline.PurgeRow) int { return strings.Compare(a.AgentID, b.AgentID) })
	return out
}
