package jobs_test

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"meibo/jobs"
	"meibo/pipeline/purge"
)

// manyDue is a place on SQLite with a night on which so many people are due, no
// two of them alike: people who resemble each other are held as duplicates.
func manyDue(t testing.TB, due int) *place {
	t.Helper()
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	p.manyDue(t, due)
	return p
}

func (p *place) manyDue(t testing.TB, due int) {
	t.Helper()
	p.Purge.MaxPercent, p.Purge.MaxCount = 100, due
	var rows strings.Builder
	rows.WriteString(agentHeader + "\n")
	from := day("1945-01-01")
	for n := range due {
		mixed := uint32(n) * 2654435761 // no neighbour is alike
		fmt.Fprintf(&rows, "M%06d,%c%c %c%c,%s %s,,%s,女,%x@example.com,2020-01-05,\n",
			n, '一'+rune(mixed%5003), '一'+rune(mixed%4999), '一'+rune(mixed%4993), '一'+rune(mixed%4987),
			kanaNumber(mixed%100_003), kanaNumber(mixed%99_991), from.AddDays(n*37%20_011), mixed)
	}
	p.put(t, "2026-11-19/association/agents_1.csv", rows.String())
	p.put(t, "2026-11-19/association/staff_1.csv", table(staffHeader, "S1,審査 一,s1@kyokai.example,協会,", "S2,審査 二,s2@kyokai.example,協会,"))
	p.night(t, sampleDays[0])
}

// oneOfManyIsHeld executes a long list on which one is held after the approvals.
func (p *place) oneOfManyIsHeld(t testing.TB, due int) {
	t.Helper()
	p.manyDue(t, due)
	p.approve(t, 1, "S1", "S2")
	p.with(t, func(h *jobs.House) {
		_, err := h.Hold(t.Context(), jobs.HoldOrder{AgentID: "M000300", Reason: "苦情の調査", By: "S1"})
		must(t, err)
	})
	equal(t, "persons", p.execute(t, 1).Receipt.Persons, []purge.Count{{Of: "2", Count: due - 1}})
	equal(t, "on file", p.onFile(t), []string{"M000300"})
}

// kanaNumber writes a number in katakana that no other number shares.
func kanaNumber(n uint32) string {
	digits := []rune("アカサタナハマヤラワ")
	var b strings.Builder
	for _, c := range strconv.Itoa(int(n)) {
		b.WriteRune(digits[c-'0'])
	}
	return b.String()
}

// mostAlive is the most that was alive on the heap while do worked.
func mostAlive(do func()) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(5)) // to look often
	runtime.GC()
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	var most uint64
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			metrics.Read(sample)
			most = max(most, sample[0].Value.Uint64())
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	})
	do()
	close(done)
	watch.Wait()
	return most
}

// peakOfExecution executes a list of so many people and returns the most that
// was alive on the heap meanwhile.
func peakOfExecution(t testing.TB, due int) (most uint64) {
	t.Helper()
	p := manyDue(t, due)
	p.approve(t, 1, "S1", "S2")
	p.with(t, func(h *jobs.House) {
		most = mostAlive(func() {
			e, err := h.ExecutePurge(t.Context(), 1, 0)
			must(t, err)
			if e.Planned != due || e.Receipt == nil || total(e.Receipt.Persons) != due {
				t.Fatalf("%d of %d were deleted, %d rows dropped: %+v", e.Planned, due, len(e.Dropped), e.Dropped[:min(3, len(e.Dropped))])
			}
		})
	})
	if left := p.onFile(t); len(left) > 0 {
		t.Fatalf("%d people are still on file", len(left))
	}
	return most
}

func total(counts []purge.Count) (n int) {
	for _, c := range counts {
		n += c.Count
	}
	return n
}

// Within the groups in which people are deleted and searched for, up to 2,000, an
// execution holds a few facts of each; four times the people take twice the
// memory. Held by their whole rows they would take more than four times. That
// nothing grows beyond the groups, BenchmarkRatioPurgeMemory shows.
func TestAnExecutionHoldsLittleOfEachPerson(t *testing.T) {
	few, many := peakOfExecution(t, 500), peakOfExecution(t, 2000)
	if ratio := float64(many) / float64(few); ratio > 3 {
		t.Errorf("500 people took %d KiB, 2,000 took %d KiB: %.1f times", few>>10, many>>10, ratio)
	}
}

// BenchmarkRatioPurgeMemory executes lists of 4,000 and of 20,000 people, who are
// all deleted, searched for and certified: what is alive on the heap must not
// grow with the list.
func BenchmarkRatioPurgeMemory(b *testing.B) {
	for b.Loop() {
		small, large := peakOfExecution(b, 4000), peakOfExecution(b, 20_000)
		ratio := float64(large) / float64(small)
		b.ReportMetric(float64(small)/(1<<20), "MiB-4000")
		b.ReportMetric(float64(large)/(1<<20), "MiB-20000")
		b.ReportMetric(ratio, "ratio")
		if ratio > 1.5 {
			b.Errorf("20,000 people took %.2f times the memory of 4,000", ratio)
		}
	}
}
