package purge

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"meibo/pipeline"
)

// Traced is what a person can be found by.
type Traced struct {
	ID     string
	Names  []string // 氏名, カナ, 旧氏名 and earlier ones; together with the birth date only
	BornOn pipeline.Date
	Emails []string
}

// What a trace of a person is.
const (
	TraceID    = "募集人ID"
	TraceEmail = "メールアドレス"
	TraceName  = "氏名と生年月日"
)

// Traces finds persons in rows of any table or file: by 募集人ID or e-mail
// address, standing for itself in a text, and by a name in a row that holds the
// birth date too, in any of the forms that files use. A name alone is no trace:
// thousands share one.
type Traces struct {
	marks map[uint32][]mark // IDs and addresses by their first bytes
	born  map[string][]*Traced
	short map[int]bool // lengths below four among the marks
}

type mark struct {
	text, kind string
}

// NewTraces prepares a search for these persons. Its memory grows with them:
// search for a long list part by part.
func NewTraces(persons []Traced) *Traces {
	t := &Traces{marks: map[uint32][]mark{}, born: map[string][]*Traced{}, short: map[int]bool{}}
	for i := range persons {
		p := &persons[i]
		t.add(p.ID, TraceID)
		for _, e := range p.Emails {
			t.add(e, TraceEmail)
		}
		if p.BornOn == 0 {
			continue
		}
		for _, form := range written(p.BornOn) {
			t.born[form] = append(t.born[form], p)
		}
	}
	return t
}

func (t *Traces) add(text, kind string) {
	if text == "" {
		return
	}
	text = strings.ToUpper(text)
	if len(text) < 4 {
		t.short[len(text)] = true
	}
	p := prefix(text)
	t.marks[p] = append(t.marks[p], mark{text, kind})
}

// prefix is the first bytes of a text, at most four, as a number.
func prefix(s string) uint32 {
	var b [4]byte
	copy(b[:], s)
	return binary.LittleEndian.Uint32(b[:])
}

// written are the forms in which files write a day.
func written(d pipeline.Date) []string {
	y, m, day := int(d)/10000, int(d)/100%100, int(d)%100
	return slices.Compact([]string{
		d.String(),
		fmt.Sprintf("%04d%02d%02d", y, m, day), fmt.Sprintf("%04d/%02d/%02d", y, m, day), fmt.Sprintf("%04d.%02d.%02d", y, m, day),
		fmt.Sprintf("%d/%d/%d", y, m, day), fmt.Sprintf("%d年%d月%d日", y, m, day), fmt.Sprintf("%04d年%02d月%02d日", y, m, day),
		fmt.Sprint(serial(d)),
	})
}

// serial is the day as a spreadsheet counts it.
func serial(d pipeline.Date) int { return d.Sub(pipeline.MustDate("1899-12-30")) }

// In returns what trace of a person a row holds; empty: none.
func (t *Traces) In(row []string) string {
	for _, cell := range row {
		if kind := t.markIn(cell); kind != "" {
			return kind
		}
	}
	for _, p := range t.bornIn(row) {
		for _, name := range p.Names {
			if holdsName(row, name) {
				return TraceName
			}
		}
	}
	return ""
}

// markIn looks for an ID or an address at every place of a text.
func (t *Traces) markIn(cell string) string {
	upper := strings.ToUpper(cell)
	for i := range len(upper) {
		if kind := t.markAt(upper, i, min(4, len(upper)-i)); kind != "" {
			return kind
		}
		for n := range t.short {
			if n <= len(upper)-i {
				if kind := t.markAt(upper, i, n); kind != "" {
					return kind
				}
			}
		}
	}
	return ""
}

func (t *Traces) markAt(s string, at, n int) string {
	for _, m := range t.marks[prefix(s[at:at+n])] {
		if strings.HasPrefix(s[at:], m.text) && apart(s, at, at+len(m.text)) {
			return m.kind
		}
	}
	return ""
}

// apart reports whether s[from:to] stands for itself: neither neighbour could
// belong to the same ID.
func apart(s string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:from])
	after, _ := utf8.DecodeRuneInString(s[to:])
	return !joins(before) && !joins(after)
}

// joins: in running Japanese a kanji or kana beside an ID does not belong to it.
func joins(r rune) bool {
	return r < unicode.MaxLatin1 && (unicode.IsLetter(r) || unicode.IsDigit(r)) || r == '_'
}

// bornIn are the persons whose birth date stands in a cell of its own or at the
// beginning of one that goes on with a time of day.
func (t *Traces) bornIn(row []string) (out []*Traced) {
	for _, cell := range row {
		day, _, _ := strings.Cut(strings.TrimSpace(cell), " ")
		day, _, _ = strings.Cut(day, "T00:")
		out = append(out, t.born[day]...)
	}
	return out
}

func holdsName(row []string, name string) bool {
	key := pipeline.CleanName(name)
	if key == "" {
		return false
	}
	return slices.ContainsFunc(row, func(cell string) bool { return strings.Contains(pipeline.CleanName(cell), key) })
}
