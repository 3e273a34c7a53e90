package purge

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

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
