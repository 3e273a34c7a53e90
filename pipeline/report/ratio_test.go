package report

import (
	"io"
	"slices"
	"testing"
	"time"
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
		if err := bare(); err != nil {
			b.Fatal(err)
		}
		ratios = append(ratios, ours.Seconds()/time.Since(start).Seconds())
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "x-the-time-of-bare")
	b.ReportMetric(0, "ns/op")
}
