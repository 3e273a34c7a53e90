package intake

import (
	"fmt"
	"hash/maphash"

	"meibo/pipeline"
)

// certificates finds certificate numbers that one file gives to two agents. Of
// each row it keeps two hashes.
type certificates struct {
	seed maphash.Seed
	rows *repeats // key: kind and number; content: the agent
}

func newCertificates() *certificates {
	return &certificates{seed: maphash.MakeSeed(), rows: newRepeats(true)}
}

// keyed is the row as it is kept; ok is false where it puts no certificate on file.
func (c *certificates) keyed(r *Record) (k keyed, ok bool) {
	in, ok := r.Value.(*ExamResult)
	if !ok || in.CertificateNo == "" || in.Result != pipeline.ResultPassed && in.Result != pipeline.ResultCompleted {
		return keyed{}, false
	}
	hash := func(s string) uint64 { return maphash.String(c.seed, s) }
	return keyed{mix(hash(in.Code), hash(in.CertificateNo)), hash(in.AgentID), uint32(r.Row)}, true
}

// Certificates takes in rows after the register has judged them (see Reject),
// for WarnReused.
func (c *Checked) Certificates(rows []*Record) {
	if c.layout.RecordKind != RecordExamResult {
		return
	}
	if c.certificates == nil {
		c.certificates = newCertificates()
	}
	keys := make([]keyed, 0, len(rows))
	for _, r := range rows {
		if k, ok := c.certificates.keyed(r); ok && !c.skip.has(r.Row) {
			keys = append(keys, k)
		}
	}
	c.certificates.rows.add(keys)
}

// WarnReused warns of every row whose certificate number of that kind another
// row gives to another agent, wherever in the file the two stand, unless the
// register has said so of the row already.
func (c *Checked) WarnReused() {
	if c.certificates == nil {
		return
	}
	number := c.layout.Columns[c.layout.index["certificate_no"]]
	for _, r := range c.certificates.rows.found() {
		if !r.contradicted || c.reused.has(r.row) {
			continue
		}
		at := c.origin
		at.Row = r.row
		c.note(placed(at, number.Key, number.Header, doubtful(CodeCertificateReused,
			fmt.Sprintf("同じ資格種類コードの同じ合格番号が、%d行目では別の募集人IDに付いています。番号の誤りや、募集人IDの重複取得がないか確かめてください。", r.other),
			fmt.Sprintf("row %d gives the same certificate number of that kind to another agent ID; check the number, and whether the person holds two IDs", r.other))))
	}
	c.certificates = nil // its memory is better used elsewhere
}
