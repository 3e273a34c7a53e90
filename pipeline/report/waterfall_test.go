package report

import (
	"math"
	"slices"
	"testing"
)

func TestWaterfall(t *testing.T) {
	tests := []struct {
		name  string
		steps []float64
		want  []string
	}{
		{"down, and up again beyond the beginning", []float64{-6, 4, 6}, []string{"□□□", "■■", "　　■■■"}},
		{"a step too small to see is seen", []float64{-4, 0.1, -0.1}, []string{"□□", "■", "□"}},
		{"nothing, and what nobody weighed", []float64{2, 0, math.NaN(), 2}, []string{"■", "", "", "　■"}},
		{"no steps", nil, []string{}},
	}
	for _, tt := range tests {
		if got := Waterfall(tt.steps, 2); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
