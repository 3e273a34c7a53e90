package engine

import "math"

// Bounds of the threshold in bits: nobody is joined at odds against it, and
// beyond ten bits there is nothing left to be careful of.
const (
	lowestThreshold  = 0
	highestThreshold = 10
	wantedRecall     = 0.982
)

// Where fewer than one record in ten has a second one, as in a register, no
// recall is worth a greater share of wrong pairs than mostWrong.
const (
	mostWrong  = 0.0015
	fewDoubles = 0.1
)

// Pairs are counted in steps of an eighth of a bit: whole numbers do not depend
// on the order of the pairs.
const (
	steps      = 8
	lowestBits = -20
	manyBits   = 120
)

func place(bits float64) int {
	return min(max(int(math.Floor((bits-lowestBits)*steps)), 0), manyBits*steps-1)
}

func bitsAt(i int) float64 { return float64(i)/steps + lowestBits }

// threshold finds the bits from which records are one cluster: as high as the
// share of wrong pairs demands that the model allows, each pair being wrong with
// one less its probability, but no higher than finds wantedRecall of what even
// odds would find, unless that brings more than mostWrong.
func (w weigher) threshold(m Model) float64 {
	share := m.FalseShare
	var counted [manyBits * steps]float64
	for _, e := range w.k.pairs {
		if !pattern(e.rec).forbids() {
			counted[place(w.bits(e))]++
		}
	}
	wrong, all := 0.0, 0.0
	sure, lowest := place(highestThreshold), place(lowestThreshold)
	var right [manyBits * steps]float64 // pairs from here on, those that are wrong aside
	for i := len(counted) - 1; i >= place(lowestThreshold); i-- {
		wrong, all = wrong+counted[i]*(1-Probability(bitsAt(i))), all+counted[i]
		right[i] = all - wrong
		if wrong <= share*all {
			sure = min(sure, i)
		}
		if m.PairsEach < fewDoubles && wrong > mostWrong*all && all > 1/mostWrong/4 {
			lowest = max(lowest, i+1)
		}
	}
	for sure > lowest && right[sure] < wantedRecall*right[place(lowestThreshold)] {
		sure--
	}
	return bitsAt(sure)
}
