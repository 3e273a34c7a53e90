package report

import (
	"fmt"
	"io"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"syscall"
	"testing"
	"time"

	"meibo/pipeline"
)

// BenchmarkRatioExpiryReportToBareExcelize is the time of a whole expiry report
// of 100,000 rows over that of streaming the same cells with nothing else.
func BenchmarkRatioExpiryReportToBareExcelize(b *testing.B) {
	var ratios []float64
	for range max(b.N, 3) {
		start := time.Now()
		if _, err := ExpiryReport(io.Discard, sampleMeta(), sampleExpiry(benchRows)); err != nil {
			b.Fatal(err)
		}
		ours := time.Since(start)
		start = time.Now()
		if err := bare(benchRows); err != nil {
			b.Fatal(err)
		}
		ratios = append(ratios, ours.Seconds()/time.Since(start).Seconds())
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "x-the-time-of-bare")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkRatio31ReportsToBareExcelize is the time of the expiry reports of 31
// insurers, 10,000 rows each, over that of streaming the same cells with nothing
// else, by the clock and by the processor: on a busy machine only that one counts.
func BenchmarkRatio31ReportsToBareExcelize(b *testing.B) {
	const insurers, rows = 31, 10_000
	var clock, processor []float64
	for range max(b.N, 3) {
		var ours, bares spent
		for i := range insurers {
			m := sampleMeta()
			m.Reader = fmt.Sprintf("%04d", 1001+i)
			ours.add(b, func() error {
				_, err := ExpiryReport(io.Discard, m, ofInsurer(m.Reader, rows))
				return err
			})
			bares.add(b, func() error { return bare(rows) })
		}
		clock = append(clock, ours.clock.Seconds()/bares.clock.Seconds())
		processor = append(processor, ours.processor.Seconds()/bares.processor.Seconds())
	}
	slices.Sort(clock)
	slices.Sort(processor)
	b.ReportMetric(clock[len(clock)/2], "x-the-time-of-bare")
	b.ReportMetric(processor[len(processor)/2], "x-the-cpu-of-bare")
	b.ReportMetric(0, "ns/op")
}

func ofInsurer(code string, rows int) func(func(pipeline.ExpiryRow, error) bool) {
	return func(yield func(pipeline.ExpiryRow, error) bool) {
		for r, err := range sampleExpiry(rows) {
			r.InsurerCode = code
			if !yield(r, err) {
				return
			}
		}
	}
}

// spent is time by the clock and by the processor.
type spent struct{ clock, processor time.Duration }

func (s *spent) add(b *testing.B, do func() error) {
	b.Helper()
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	start, before := time.Now(), used()
	if err := do(); err != nil {
		b.Fatal(err)
	}
	s.clock, s.processor = s.clock+time.Since(start), s.processor+used()-before
}

// BenchmarkRatioExpiryMemory is the most memory in use while a report of 400,000
// rows is made over that of 100,000.
func BenchmarkRatioExpiryMemory(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(10)) // what is in use, not what waits to be collected
	small, large := peak(b, 100_000), peak(b, 400_000)
	b.ReportMetric(float64(large)/float64(small), "x-of-100000-rows")
	b.ReportMetric(float64(small)/(1<<20), "MiB-at-100000")
	b.ReportMetric(float64(large)/(1<<20), "MiB-at-400000")
	b.ReportMetric(0, "ns/op")
}

// peak is the largest heap that was seen while rows were read and bytes written.
func peak(b *testing.B, rows int) (most uint64) {
	b.Helper()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	look := func() {
		metrics.Read(sample)
		most = max(most, sample[0].Value.Uint64())
	}
	n := 0
	watched := func(yield func(pipeline.ExpiryRow, error) bool) {
		for r, err := range sampleExpiry(rows) {
			if n++; n%500 == 0 {
				look()
			}
			if !yield(r, err) {
				return
			}
		}
	}
	if _, err := ExpiryReport(lookingWriter(look), sampleMeta(), watched); err != nil {
		b.Fatal(err)
	}
	return most
}

// lookingWriter looks whenever something is written.
type lookingWriter func()

func (w lookingWriter) Write(p []byte) (int, error) {
	w()
	return len(p), nil
}
