package run

import (
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func anyCounts() *rapid.Generator[Counts] {
	return rapid.Custom(func(t *rapid.T) Counts {
		n := func(name string) int { return rapid.IntRange(0, 1<<40).Draw(t, name) }
		return Counts{n("read"), n("applied"), n("unchanged"), n("rejected"), n("duplicates")}
	})
}

func balanced(c Counts) Counts {
	c.Read = c.Applied + c.Unchanged + c.Rejected + c.Duplicates
	return c
}

func TestCountsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := anyCounts().Draw(t, "a"), anyCounts().Draw(t, "b"), anyCounts().Draw(t, "c")
		if a.Add(b) != b.Add(a) {
			t.Error("the order of a sum matters")
		}
		if a.Add(b).Add(c) != a.Add(b.Add(c)) {
			t.Error("the grouping of a sum matters")
		}
		if a.Add(Counts{}) != a {
			t.Error("adding nothing changes something")
		}
		if a, b = balanced(a), balanced(b); !a.Balanced() || !b.Balanced() || !a.Add(b).Balanced() {
			t.Errorf("%+v and %+v are balanced, or their sum is not", a, b)
		}
	})
}

func TestOneRowAmissUnbalances(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := balanced(anyCounts().Draw(t, "counts"))
		field := rapid.SampledFrom([]*int{&c.Read, &c.Applied, &c.Unchanged, &c.Rejected, &c.Duplicates}).Draw(t, "field")
		*field++
		if c.Balanced() {
			t.Errorf("%+v is balanced", c)
		}
	})
}

func TestWorkIsCountedFromAnywhere(t *testing.T) {
	const hands, rows = 8, 500
	w := &Work{}
	w.Expect(hands * rows)
	var all sync.WaitGroup
	for range hands {
		all.Go(func() {
			for range rows {
				w.Add(Counts{Read: 4, Applied: 1, Unchanged: 1, Rejected: 1, Duplicates: 1})
				w.Warn(Warning{Code: "row"})
			}
		})
	}
	all.Go(func() { // a watcher, meanwhile
		for range rows {
			if c := w.Counts(); c.Read < 0 || c.Read > 4*hands*rows {
				t.Errorf("read %d rows", c.Read)
			}
			_, _ = w.Warnings(), w.Expected()
		}
	})
	all.Wait()
	const n = hands * rows
	if want := (Counts{4 * n, n, n, n, n}); w.Counts() != want {
		t.Errorf("counts %+v, want %+v", w.Counts(), want)
	}
	if len(w.Warnings()) != n || w.Expected() != n {
		t.Errorf("%d warnings, %d rows expected, want %d of each", len(w.Warnings()), w.Expected(), n)
	}
}

func TestWarningsHandedOutAreACopy(t *testing.T) {
	w := &Work{}
	w.Warn(Warning{Code: "first"})
	w.Warnings()[0].Code = "changed"
	if got := w.Warnings()[0].Code; got != "first" {
		t.Errorf("the warning became %s", got)
	}
}

func TestPeakRSSFollowsWhatIsTaken(t *testing.T) {
	before := peakRSS()
	const size = 64 << 20
	block := make([]byte, size)
	for i := 0; i < size; i += 1 << 10 {
		block[i] = 1
	}
	if after := peakRSS(); before <= 0 || after < before || after < size {
		t.Errorf("peak %d bytes, then %d after taking %d (%d)", before, after, size, block[size-1<<10])
	}
}
