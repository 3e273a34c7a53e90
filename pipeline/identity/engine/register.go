package engine

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"meibo/pipeline"
	"meibo/pipeline/identity"
)

// NewRegister is NewBuilder for the records of a register, where rules.md §5
// says which values are generic and a birth date is what was recorded.
func NewRegister(n int) *Builder {
	b := NewBuilder(n)
	b.register = true
	return b
}

// RecordOf takes from p what bears on identity on a day; p may be reused
// afterwards. The agency is that of the newest open registration, or else of
// the one that was closed last.
func RecordOf(p *pipeline.Person, on pipeline.Date) Record {
	known := identity.RecordOf(p)
	r := Record{
		ID: p.Agent.ID, Born: p.Agent.BornOn, Sex: p.Agent.Sex, Email: p.Agent.Email,
		Name: p.Agent.Name, Kana: p.Agent.NameKana, Agency: agencyOf(p.Registrations, on),
	}
	unread := pipeline.CleanName(p.Agent.NameKana) == ""
	for _, n := range known.Names[1:] { // the first is 氏名
		switch n.Kind {
		case pipeline.NameFormer:
			r.Former = append(r.Former, formerFamily(n.Text, p.Agent.Name))
			r.Earlier = append(r.Earlier, n.Text)
		case pipeline.NameKana:
			if unread {
				r.Earlier = append(r.Earlier, n.Text)
			}
			unread = true // the first is the present one
		}
	}
	if first, _ := utf8.DecodeRuneInString(r.Name); r.Kana != "" && unicode.In(first, unicode.Hiragana, unicode.Katakana) {
		r.Earlier = append(r.Earlier, r.Name) // written as it is read, which カナ may not repeat
	}
	for _, c := range known.Certificates {
		c.Number = identity.NumberKey(c.Number)
		r.Certificates = append(r.Certificates, c)
	}
	return r
}

// formerFamily drops the given name from an earlier name that has no blank, as
// far as the present one tells where it begins.
func formerFamily(former, name string) string {
	_, given, ok := cutName(name)
	if rest, found := strings.CutSuffix(former, given); ok && found && given != "" && rest != "" {
		return strings.TrimRight(rest, " 　")
	}
	return former
}

func agencyOf(rs []pipeline.Registration, on pipeline.Date) string {
	best := -1
	for i := range rs {
		if best < 0 || newerRegistration(&rs[i], &rs[best], on) > 0 {
			best = i
		}
	}
	if best < 0 {
		return ""
	}
	return rs[best].AgencyNo
}

func newerRegistration(a, b *pipeline.Registration, on pipeline.Date) int {
	openA, openB := a.OpenOn(on), b.OpenOn(on)
	switch {
	case openA != openB && openA:
		return 1
	case openA != openB:
		return -1
	case openA:
		return cmp.Or(cmp.Compare(a.OpenedOn, b.OpenedOn), strings.Compare(b.AgencyNo, a.AgencyNo))
	}
	return cmp.Or(cmp.Compare(a.ClosedOn, b.ClosedOn), cmp.Compare(a.OpenedOn, b.OpenedOn), strings.Compare(b.AgencyNo, a.AgencyNo))
}

// aka is an earlier name or reading of a record, as the hash of its whole form.
type aka struct {
	hash uint64
	rec  uint32
}

// earlier keeps the earlier names of a record of a register.
func (b *Builder) earlier(n uint32, r *Record) {
	if !b.register {
		return
	}
	for _, name := range r.Earlier {
		k := identity.KeysOf(name)
		if k.Variant != "" {
			b.akas = append(b.akas, aka{polyOf(k.Variant), n})
		}
		if k.Kana != "" && k.Kana != k.Variant {
			b.akas = append(b.akas, aka{polyOf(k.Kana), n})
		}
	}
}

// polyOf is the hash that forms.joined gives two parts of the text.
func polyOf(s string) uint64 {
	h := uint64(0)
	for _, r := range s {
		h = h*polyBase + uint64(r) + 1
	}
	return h
}

// earlier numbers the earlier names of all builders by the records of Columns.
func (a *assembly) earlier() {
	total := 0
	for _, b := range a.from {
		total += len(b.akas)
	}
	if total == 0 {
		return
	}
	at := make([]uint32, len(a.c.added))
	for r, n := range a.c.added {
		at[n] = uint32(r)
	}
	list := make([]aka, 0, total)
	for i, b := range a.from {
		for _, x := range b.akas {
			list = append(list, aka{x.hash, at[a.starts[i]+int(x.rec)]})
		}
	}
	slices.SortFunc(list, func(x, y aka) int { return cmp.Or(cmp.Compare(x.rec, y.rec), cmp.Compare(x.hash, y.hash)) })
	a.c.akas = list
}
