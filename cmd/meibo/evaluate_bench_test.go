package main

import (
	"encoding/csv"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"meibo/pipeline/synth"
)

// benchRecords is how many IDs the benchmarks resolve; go test -args -records N
// asks for more.
var benchRecords = flag.Int("records", 200_000, "records of the identity benchmark")

// BenchmarkRatioIdentityToBareCSV is the time of a whole evaluation, from CSV to
// clusters, over that of one pass of encoding/csv over the same file: the median
// of several, with the seconds of the stages of one run.
func BenchmarkRatioIdentityToBareCSV(b *testing.B) {
	file := flatFile(b, *benchRecords)
	for _, way := range []struct{ name, model string }{{"stored", "default"}, {"trained", ""}} {
		b.Run(way.name, func(b *testing.B) {
			var ratios, speeds []float64
			var last *evaluated
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
				last = r
			}
			slices.Sort(ratios)
			slices.Sort(speeds)
			b.ReportMetric(ratios[len(ratios)/2], "x-the-time-of-bare")
			b.ReportMetric(speeds[len(speeds)/2], "pairs/s")
			for _, stage := range []string{"read", "normalise", "block", "compare", "train", "cluster"} {
				b.ReportMetric(last.Seconds[stage], stage+"-s")
			}
			b.ReportMetric(float64(last.Peak>>20), "peak-MiB")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkRatioIdentityGrowth is the power of the number of records with which
// the time grows, from half of them to twice as many.
func BenchmarkRatioIdentityGrowth(b *testing.B) {
	var seconds [2]float64
	for i, n := range []int{*benchRecords / 2, *benchRecords * 2} {
		e := evaluation{file: flatFile(b, n), model: "default"}
		r, err := e.run()
		if err != nil {
			b.Fatal(err)
		}
		seconds[i] = r.Seconds["total"] - r.Seconds["measure"]
	}
	b.ReportMetric(math.Log(seconds[1]/seconds[0])/math.Log(4), "power-of-n")
	b.ReportMetric(0, "ns/op")
}

func flatFile(b *testing.B, records int) string {
	b.Helper()
	file := filepath.Join(b.TempDir(), "people.csv")
	if _, err := synth.GenerateFlat(synth.FlatOptions{Records: records, Seed: 1, File: file}); err != nil {
		b.Fatal(err)
	}
	return file
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
