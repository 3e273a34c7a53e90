package report

import (
	"math"
	"strings"
)

// Waterfall draws steps in bits as bars of full-width characters, a line for
// each: ■ from where the sum stood upwards, □ downwards, and as little as one
// for a step too small to see. Lines are to be set one below the other; a
// character stands for perChar bits. Steps that are no number get no bar.
func Waterfall(steps []float64, perChar float64) []string {
	at := func(bits float64) int { return int(math.Round(bits / perChar)) }
	sum, low := 0.0, 0
	ends := make([][2]int, len(steps))
	for i, s := range steps {
		from := at(sum)
		if !math.IsNaN(s) {
			sum += s
		}
		ends[i] = [2]int{min(from, at(sum)), max(from, at(sum))}
		low = min(low, ends[i][0])
	}
	out := make([]string, len(steps))
	for i, s := range steps {
		if math.IsNaN(s) || s == 0 {
			continue
		}
		bar := "■"
		if s < 0 {
			bar = "□"
		}
		out[i] = strings.Repeat("　", ends[i][0]-low) + strings.Repeat(bar, max(1, ends[i][1]-ends[i][0]))
	}
	return out
}
