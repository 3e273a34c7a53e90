package access

import (
	"maps"
	"slices"

	"meibo/pipeline"
)

// Word is what somebody said about deletions: one that opens the way to a deletion
// or one that stands against it.
type Word int

// Kinds of words.
const (
	For     Word = iota // an approval, of a list or a row; the release of a hold; a decision that frees a pair
	Against             // a hold, 保留, a refusal
)

// Why a word counts no more.
const (
	VoidStopped = "stopped" // the access of who said it was stopped since (要領§8(3))
	VoidOutside = "outside" // the setting purge.approvers lets others decide
)

// Voices knows of everybody whose word on deletions was heard whether it counts
// still. A word For counts only while its account may decide (MayDecide), whenever
// it was said; a word Against always does: nobody is deleted because somebody lost
// the right to object.
type Voices struct {
	void map[string]silence // by name
}

type silence struct {
	why   string
	since pipeline.Date // of a stop
}

// NewVoices judges the accounts by the circle of those who decide.
func NewVoices(circle string, accounts []Account) *Voices {
	v := &Voices{void: map[string]silence{}}
	for _, a := range accounts {
		switch {
		case MayDecide(a, circle).Allowed:
		case !Active(a):
			v.void[a.Name()] = silence{VoidStopped, a.StoppedOn}
		default:
			v.void[a.Name()] = silence{why: VoidOutside}
		}
	}
	return v
}

// Counts reports whether what the account of that name said counts.
func (v *Voices) Counts(name string, w Word) bool { return w == Against || v.Void(name) == "" }

// Void is why what the account says for a deletion counts no more; empty: it counts.
func (v *Voices) Void(name string) string { return v.void[name].why }

// Since is the day from which a word said on a day is void: that of the stop; where
// the setting voids it, it never counted by it, so the day itself.
func (v *Voices) Since(name string, said pipeline.Date) pipeline.Date {
	if d := v.void[name].since; !d.IsZero() {
		return d
	}
	return said
}

// Silent are the names of those whose word for a deletion counts no more, sorted.
func (v *Voices) Silent() []string { return slices.Sorted(maps.Keys(v.void)) }
