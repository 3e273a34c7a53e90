package audit

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// history is a register that is worked on, copied and restored.
type history struct {
	t      *rapid.T
	events []Event
	lines  []Checkpoint
	copies [][]Event
	signed []bool // of copies: the last event is one that a line signed
	step   int
}

func (h *history) work() {
	h.step++
	h.events = grow(h.t, slices.Clone(h.events), rapid.IntRange(1, 4).Draw(h.t, "acts"), fmt.Sprint(h.step))
}

func (h *history) sign() {
	h.line(Checkpoint{})
}

func (h *history) line(c Checkpoint) {
	last := h.events[len(h.events)-1]
	c.Day, c.At, c.Count, c.Head = 1, last.At, last.Seq, last.Hash
	h.lines = append(h.lines, c.Next(h.lines, signer(1)))
}

func (h *history) copy() {
	n := len(h.lines)
	h.copies = append(h.copies, h.events)
	h.signed = append(h.signed, n > 0 && h.lines[n-1].Head == h.events[len(h.events)-1].Hash)
}

// restore brings a copy back and puts it in order, as a replay does.
func (h *history) restore() {
	if len(h.copies) == 0 {
		return
	}
	i := rapid.IntRange(0, len(h.copies)-1).Draw(h.t, "copy")
	back := h.copies[i]
	of, ok := branch(h.t, h.lines, back)
	if !ok {
		if h.signed[i] {
			h.t.Fatalf("copy %d ends with an event that a line signed, and is taken for none of ours", i)
		}
		return // a copy from between two lines of a branch may be told apart by nothing
	}
	lost := h.lines[len(h.lines)-1].Count
	h.step++
	h.events = grow(h.t, slices.Clone(back), 1, fmt.Sprint(h.step))
	h.line(Checkpoint{Restore: &Restore{Kept: len(back), Lost: lost, Of: of}})
}

// A register may be brought back from any backup, also from one of a time that an
// earlier restore gave up, as often as one likes: the chain verifies, and what was
// altered in it does not.
func TestAnyBackupIsTheBeginningOfWhatWasSigned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := &history{t: t}
		h.work()
		h.sign()
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			rapid.SampledFrom([]func(){h.work, h.sign, h.copy, h.restore}).Draw(t, "step")()
			if r := Verify(h.events, h.lines, public(signer(1))); slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Damage != CheckpointCut }) {
				t.Fatalf("findings %v", r.Findings)
			}
		}
		h.sign()
		altered := slices.Clone(h.events)
		n := rapid.IntRange(0, len(altered)-1).Draw(t, "altered")
		altered[n].Actor += "X"
		restamp(altered, n)
		if r := Verify(altered, h.lines, public(signer(1))); r.OK() {
			t.Errorf("event %d was altered, and nothing is found", n+1)
		}
		if of, ok := branch(t, h.lines, altered); ok && (of == 0 || n < vouched(h.lines, of, len(altered))) {
			t.Errorf("event %d was altered, and it is taken for a backup of line %d", n+1, of)
		}
	})
}

// vouched is how many of so many events the lines up to a number signed.
func vouched(lines []Checkpoint, number, events int) (n int) {
	stood, _ := standing(until(lines, number))
	for _, c := range stood {
		if c.Count <= events {
			n = max(n, c.Count)
		}
	}
	return n
}

func branch(t *rapid.T, lines []Checkpoint, back []Event) (of int, ok bool) {
	of, ok, err := Branch(lines, len(back), func(c Checkpoint) (bool, error) { return back[c.Count-1].Hash == c.Head, nil })
	if err != nil {
		t.Fatal(err)
	}
	return of, ok
}
