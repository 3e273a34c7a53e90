package intake

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/source"
)

// maxFaults is the number of faults of a file that are kept with their texts;
// further ones are only counted. It bounds memory for files in which every row
// is wrong, which nobody corrects row by row.
const maxFaults = 200_000

// Checked is what a first pass over a file found. RowsRead is the number of
// data rows, of which Rejected are set aside, Duplicates say again what an
// earlier row says, and the others are good.
type Checked struct {
	RowsRead   int
	Rejected   int
	Duplicates int

	// Faults is in the order of rows, at most maxFaults; Counts counts all.
	Faults []*pipeline.Fault
	Counts map[pipeline.Code]int

	// Refused says why nothing of the file may be kept; nil if it may.
	Refused *pipeline.Fault

	layout *Layout
	env    Env
	origin pipeline.Origin // of the file
	skip   rowSet          // duplicates and rows rejected by more than themselves
	seen   tally           // what the rows hold that are good by themselves

	certificates *certificates
	reused       rowSet // rows whose certificate the register knows under another ID
}

// Check reads the whole file once and says what an import would: all faults of
// all rows, rows that repeat or contradict each other, the trailer, and whether
// the file stays within the limits of its layout. Little more than two hashes a
// row is kept in memory. A refused file is no error. A long file is decoded on
// several processors; what is found does not depend on their number.
//
// The caller may reject further rows for what the register says (see Good and
// Reject), and then judges the limits again.
func (l *Layout) Check(open func() (*source.Table, error), env Env) (*Checked, error) {
	c := &Checked{Counts: make(map[pipeline.Code]int), layout: l, env: env, seen: newTally(l)}
	t, err := open()
	if err != nil {
		return c.refuse(err)
	}
	defer t.Close()
	c.origin = pipeline.Origin{File: t.Name, Sheet: t.Sheet}
	d, h, err := newDecoder(l, t, env)
	if err != nil {
		return c.refuse(err)
	}
	c.note(h.faults...)
	seen := newRepeats(!l.Repeats)
	err = d.decodeAll(func(b *batch) {
		c.RowsRead += b.read
		c.Rejected += b.rejected
		c.note(b.faults...)
		seen.add(b.keys)
		c.seen.merge(&b.held)
	})
	if err != nil {
		return c.refuse(err)
	}
	c.settle(seen)
	c.Judge()
	return c, nil
}

// refuse takes a refusal for a finding and passes on any other error.
func (c *Checked) refuse(err error) (*Checked, error) {
	var f *pipeline.Fault
	if !errors.As(err, &f) {
		return nil, fmt.Errorf("check: %w", err)
	}
	c.Refused = f
	c.note(f)
	c.sort()
	return c, nil
}

// note keeps faults, or counts them where there are too many.
func (c *Checked) note(faults ...*pipeline.Fault) {
	for _, f := range faults {
		c.Counts[f.Code]++
		if len(c.Faults) < maxFaults {
			c.Faults = append(c.Faults, f)
		}
	}
}

// sort puts the faults in the order of rows; those of one row keep theirs.
func (c *Checked) sort() {
	slices.SortStableFunc(c.Faults, func(a, b *pipeline.Fault) int { return a.Row - b.Row })
}

// settle turns what the rows say about each other into duplicates and faults.
func (c *Checked) settle(seen *repeats) {
	for _, r := range seen.found() {
		if r.contradicted {
			c.contradict(r.row, r.other)
		} else {
			c.Duplicates++
			c.skip.add(r.row)
		}
	}
	c.sort()
}

// contradict rejects a row whose key another row holds with other content.
func (c *Checked) contradict(row, other int) {
	at := c.origin
	at.Row = row
	key := c.layout.Columns[c.layout.keys[0]]
	c.note(placed(at, key.Key, key.Header, bad(CodeDuplicateKey,
		fmt.Sprintf("%d行目と同じ対象の行ですが、内容が違います。正しい行だけを残して、送り直してください。", other),
		fmt.Sprintf("row %d is about the same thing and says something else; keep the right one and send it again", other))))
	c.Rejected++
	c.skip.add(row)
}

// Judge refuses the file if more rows are rejected than its layout allows.
func (c *Checked) Judge() {
	if c.Refused != nil || !c.layout.Rejects.Exceeded(c.RowsRead, c.Rejected) {
		return
	}
	c.Refused = placed(c.origin, "", "", bad(CodeTooManyRejects,
		fmt.Sprintf("%d行のうち%d行に誤りがあり、限度を超えているため、ファイル全体を取り込みませんでした。誤りを直して、ファイル全体を送り直してください。", c.RowsRead, c.Rejected),
		fmt.Sprintf("%d of %d rows are faulty, more than the limit, so nothing was imported; correct them and send the whole file again", c.Rejected, c.RowsRead)))
	c.note(c.Refused)
	c.sort()
}

// Reject sets a row aside that was good by itself, because of faults found
// elsewhere; they must bear its position (see Locate). Warnings alone leave the
// row good. Judge the limits again afterwards.
func (c *Checked) Reject(r *Record, faults ...*pipeline.Fault) {
	c.note(faults...)
	for _, f := range faults {
		if f.Code == CodeCertificateReused {
			c.reused.add(r.Row)
		}
	}
	if SetsAside(faults) && !c.skip.has(r.Row) {
		c.Rejected++
		c.skip.add(r.Row)
	}
}

// Good yields the good records of the file in order, each once: the rows that
// are neither rejected nor duplicates. t must be opened on the bytes that were
// checked. The errors are those of Records. Rows rejected while it runs are not
// yielded by the next call.
func (c *Checked) Good(t *source.Table) iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		for r, err := range c.layout.Records(t, c.env) {
			if err == nil && (r.Bad || c.skip.has(r.Row)) {
				continue
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// Finish completes the list of faults once nothing more will be rejected: in
// the order of rows, and with a word on those that were only counted.
func (c *Checked) Finish() {
	c.sort()
	total := 0
	for _, n := range c.Counts {
		total += n
	}
	if more := total - len(c.Faults); more > 0 {
		f := placed(c.origin, "", "", doubtful(CodeFaultsNotListed,
			fmt.Sprintf("指摘が多いため、ここに載っていないものがほかに%d件あります。載っているものを直して、もう一度確かめてください。", more),
			fmt.Sprintf("%d further faults are not listed; correct those that are and check again", more)))
		c.Faults = slices.Insert(c.Faults, 0, f)
		c.Counts[f.Code]++
	}
}
