package purge

import (
	"cmp"
	"slices"
	"strings"

	"meibo/pipeline"
)

// maxPasses is how often a row is gone over: what was taken out of a text may leave
// a number alone that had belonged to it.
const maxPasses = 8

// Redact takes the persons out of those cells of a row that are texts, and returns
// the row as it then is; nil if that changes nothing. An ID, an address, a name and
// a birth date give way to pipeline.Redacted, in whatever form they are written, and
// beside an ID or address the birth date and own names of whom it belongs to. What In
// finds in these cells is gone after it.
func (t *Traces) Redact(row []string, texts []int) []string {
	before, out := row, row
	for range maxPasses {
		before, out = out, t.redactOnce(out, texts)
		if slices.Equal(before, out) {
			break
		}
	}
	for i := range out {
		if out[i] != before[i] { // there is no end to it
			out[i] = pipeline.Redacted
		}
	}
	if slices.Equal(out, row) {
		return nil
	}
	return out
}

func (t *Traces) redactOnce(row []string, texts []int) []string {
	cells := make([]*cutting, len(texts))
	for i, at := range texts {
		cells[i] = newCutting(row[at])
		for _, p := range t.cutMarks(cells[i]) {
			cells[i].names(p.Own)
			cells[i].day(p)
		}
	}
	for _, p := range t.namedIn(row) {
		for _, c := range cells {
			c.names(p.Names)
			c.day(p)
		}
	}
	out := slices.Clone(row)
	for i, at := range texts {
		out[at] = cells[i].done()
	}
	return out
}

// namedIn are the persons whose name stands in a row that holds their birth date.
func (t *Traces) namedIn(row []string) (out []*Traced) {
	for _, b := range t.bornIn(row) {
		if !slices.Contains(out, b) && slices.ContainsFunc(b.Names, func(name string) bool {
			return slices.ContainsFunc(row, func(cell string) bool { return holdsName(cell, name) })
		}) {
			out = append(out, b)
		}
	}
	return out
}

// cutMarks cuts the IDs and addresses out and returns whose they are.
func (t *Traces) cutMarks(c *cutting) (whose []*Traced) {
	m, from, to := t.next(c.folded, 0)
	for m != nil {
		c.cut(from, to)
		if !slices.Contains(whose, m.of) {
			whose = append(whose, m.of)
		}
		m, from, to = t.next(c.folded, to)
	}
	return whose
}

// cutting is a text and what is to be taken out of it.
type cutting struct {
	text, folded string
	at           []int    // where in the text the bytes of the folded one come from
	out          [][2]int // of the text
	whole        bool
}

func newCutting(text string) *cutting {
	folded, at := foldedAt(text)
	return &cutting{text: text, folded: folded, at: at}
}

// cut takes a part of the folded text out.
func (c *cutting) cut(from, to int) { c.out = append(c.out, [2]int{c.at[from], c.at[to]}) }

// names takes names out.
func (c *cutting) names(all []string) {
	for _, name := range all {
		found, ok := pipeline.Within(c.text, name)
		c.out = append(c.out, found...)
		c.whole = c.whole || !ok
	}
}

// day takes the birth date of a person out, with the brackets it stands in.
func (c *cutting) day(p *Traced) {
	if p.BornOn == 0 {
		return
	}
	if slices.Contains(written(p.BornOn), alone(c.text)) {
		c.whole = true
		return
	}
	for d := range daysIn(c.folded) {
		if d.Date != p.BornOn {
			continue
		}
		from, to := d.from, d.to
		rest := strings.TrimPrefix(strings.TrimPrefix(c.folded[to:], "生"), "まれ")
		if strings.HasSuffix(c.folded[:from], "(") && strings.HasPrefix(rest, ")") {
			from, to = from-1, len(c.folded)-len(rest)+1
		}
		c.cut(from, to)
	}
}

// done is what is left of the text: pipeline.Redacted stands for each part, and once
// for parts that touch.
func (c *cutting) done() string {
	if c.whole {
		return pipeline.Redacted
	}
	slices.SortFunc(c.out, func(a, b [2]int) int { return cmp.Compare(a[0], b[0]) })
	var b strings.Builder
	kept := 0
	for i, part := range c.out {
		if i == 0 || part[0] > kept {
			b.WriteString(c.text[kept:part[0]])
			b.WriteString(pipeline.Redacted)
		}
		kept = max(kept, part[1])
	}
	b.WriteString(c.text[kept:])
	return b.String()
}
