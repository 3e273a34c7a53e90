package purge

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"meibo/pipeline"
)

// Traced is what a person can be found by.
type Traced struct {
	ID     string
	Names  []string // 氏名, カナ, 旧氏名 and earlier ones; together with the birth date only
	Own    []string // those of them that nobody on file bears: taken out beside the ID too
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
// thousands share one. Full-width letters and digits count as the narrow ones.
type Traces struct {
	marks map[uint32][]mark // IDs and addresses by their first bytes
	born  map[string][]*Traced
	short map[int]bool // lengths below four among the marks
	low   bool         // some ID is a short number
}

// NewTraces prepares a search for these persons. Its memory grows with them:
// search for a long list part by part.
func NewTraces(persons []Traced) *Traces {
	t := &Traces{marks: map[uint32][]mark{}, born: map[string][]*Traced{}, short: map[int]bool{}}
	for i := range persons {
		p := &persons[i]
		t.add(p.ID, TraceID, p)
		for _, e := range p.Emails {
			t.add(e, TraceEmail, p)
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

func (t *Traces) add(text, kind string, of *Traced) {
	if text == "" {
		return
	}
	text = fold(text)
	if len(text) < 4 {
		t.short[len(text)] = true
	}
	t.low = t.low || shortNumber(text)
	p := prefix(text)
	t.marks[p] = append(t.marks[p], mark{text, kind, of})
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
		if m, _, _ := t.next(fold(cell), 0); m != nil {
			return m.kind
		}
	}
	if len(t.namedIn(row)) > 0 {
		return TraceName
	}
	return ""
}

// Cells returns which cells of a row tell of a person, in order: those with an ID
// or an address, and those with the name of one whose birth date stands in the row.
func (t *Traces) Cells(row []string) (out []int) {
	born := t.bornIn(row)
	for i, cell := range row {
		m, _, _ := t.next(fold(cell), 0)
		named := slices.ContainsFunc(born, func(p *Traced) bool {
			return slices.ContainsFunc(p.Names, func(name string) bool { return holdsName(cell, name) })
		})
		if m != nil || named {
			out = append(out, i)
		}
	}
	return out
}

// next is the first mark at or behind a place of a folded text, and where it
// stands; of several at one place the longest.
func (t *Traces) next(s string, at int) (found *mark, from, to int) {
	for i := at; i < len(s); i++ {
		if !utf8.RuneStart(s[i]) || i > 0 && joins(rune(s[i-1])) && s[i-1] != 'D' && s[i-1] != 'O' {
			continue // no mark begins within a letter or a word, but behind the word ID or No
		}
		found = t.longer(found, s, i, min(4, len(s)-i))
		for n := range t.short {
			if n <= len(s)-i {
				found = t.longer(found, s, i, n)
			}
		}
		if found != nil {
			return found, i, i + len(found.text)
		}
	}
	return nil, 0, 0
}

func (t *Traces) longer(found *mark, s string, at, n int) *mark {
	marks := t.marks[prefix(s[at:at+n])]
	for i := range marks {
		m := &marks[i]
		if (found == nil || len(m.text) > len(found.text)) && strings.HasPrefix(s[at:], m.text) && m.apart(s, at, at+len(m.text)) {
			found = m
		}
	}
	return found
}

// bornIn are the persons whose birth date stands in a row: in a cell of its own,
// at the beginning of one that goes on with a time of day, or as a day in a text.
func (t *Traces) bornIn(row []string) (out []*Traced) {
	if len(t.born) == 0 {
		return nil
	}
	for _, cell := range row {
		if whole := t.born[alone(cell)]; len(whole) > 0 {
			out = append(out, whole...)
			continue
		}
		for day := range daysIn(fold(cell)) {
			out = append(out, t.born[day.Date.String()]...)
		}
	}
	return out
}

// alone is a cell without the time of day that may stand behind a day.
func alone(cell string) string {
	day, _, _ := strings.Cut(strings.TrimSpace(cell), " ")
	day, _, _ = strings.Cut(day, "T00:")
	return day
}

func holdsName(cell, name string) bool {
	key := pipeline.CleanName(name)
	return key != "" && strings.Contains(pipeline.CleanName(cell), key)
}
