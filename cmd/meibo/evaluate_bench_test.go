package main

import (
	"encoding/csv"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"meibo/pipeline/synth"
)

// benchRecords is how many IDs the benchmark resolves; go test -args -records N
// asks for more.
var benchRecords = flag.Int("records", 200_000, "records of the identity benchmark")

// BenchmarkRatioIdentityToBareCSV is the time of a whole evaluation, from CSV to
// clusters, over that of one pass of encoding/csv over the same file.
func BenchmarkRatioIdentityToBareCSV(b *testing.B) {
	file := filepath.Join(b.TempDir(), "people.csv")
	if _, err := synth.GenerateFlat(synth.FlatOptions{Records: *benchRecords, Seed: 1, File: file}); err != nil {
		b.Fatal(err)
	}
	for _, way := range []struct{ name, model string }{{"stored", "default"}, {"trained", ""}} {
		b.Run(way.name, func(b *testing.B) {
			var ratios, speeds []float64
			for range max(b.N, 3) {
				start := time.Now()
				bareCSV(b, file)
				bare := time.Since(start)
				start = time.Now()
				e := evaluation{file: file, model: way.model}
				r, err := e.run()
				if err != nil {
					b.Fatal(err)
				}
				ratios = append(ratios, time.Since(start).Seconds()/bare.Seconds())
				speeds = append(speeds, float64(r.Pairs)/r.Seconds["compare"])
			}
			slices.Sort(ratios)
			slices.Sort(speeds)
			b.ReportMetric(ratios[len(ratios)/2], "x-the-time-of-bare")
			b.ReportMetric(speeds[len(speeds)/2], "pairs/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func bareCSV(b *testing.B, name string) {
	b.Helper()
	file, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.ReuseRecord = true
	for {
		if _, err := r.Read(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			b.Fatal(err)
		}
	}
}
