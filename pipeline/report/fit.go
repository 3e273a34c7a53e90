package report

import "unicode/utf8"

// A cell of a workbook holds 32,767 UTF-16 units; a longer text ends in cutMark.
const (
	cellUnits = 32767
	cutMark   = "…（以下、文字数の上限のため省略）"
)

// fit cuts text to what a cell holds, visibly.
func fit(text string) string {
	if len(text) <= cellUnits { // bytes are never fewer than UTF-16 units
		return text
	}
	room := cellUnits - len([]rune(cutMark))
	units, keep := 0, 0
	for i, r := range text {
		units++
		if r >= 0x10000 {
			units++
		}
		if units <= room {
			keep = i + utf8.RuneLen(r)
		}
		if units > cellUnits {
			return text[:keep] + cutMark
		}
	}
	return text
}
