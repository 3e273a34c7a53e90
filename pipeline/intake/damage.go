package intake

import (
	"meibo/pipeline"
	"meibo/pipeline/source"
)

// tellDamageOnce joins what source said of bytes that are no text and what the
// cell that holds them was blamed for: one fault, which knows both the byte and
// the column. Other cells keep their own faults.
func tellDamageOnce(d *decoder) {
	if len(d.faults) < 2 || d.faults[0].Code != source.CodeBadBytes && d.faults[0].Code != source.CodeNUL {
		return
	}
	first := -1 // column of the layout whose damaged cell comes first in the file
	for i, at := range d.at {
		if at >= 0 && (first < 0 || at < d.at[first]) && damaged(d.cells[i].Text) {
			first = i
		}
	}
	if first < 0 {
		return // it stands in a column that is not read
	}
	broken := *d.faults[0]
	broken.Key, broken.Header = d.layout.Columns[first].Key, d.headerOf(first)
	kept := []*pipeline.Fault{&broken}
	for _, f := range d.faults[1:] {
		if f.Key != broken.Key {
			kept = append(kept, f)
		}
	}
	d.faults = kept
}

// damaged reports whether source found fault with a character of text.
func damaged(text string) bool {
	for _, r := range text {
		if r == '\uFFFD' || r == 0 || 0x80 <= r && r < 0xa0 {
			return true
		}
	}
	return false
}
