package engine

import "math"

// Bounds of the threshold in bits: nobody is joined at odds against it, and
// beyond ten bits there is nothing left to be careful of.
const (
	lowestThreshold  = 0
	highestThreshold = 10
)

// Where fewer than one record in ten has a second one, as in a register, wrong
// pairs cost most.
const fewDoubles = 0.1

// care is one demand on a threshold: it goes down until it finds the share wanted
// of what even odds would find, but no further than to a share of wrong pairs;
// it will do if it finds enough.
type care struct{ wrong, wanted, enough float64 }

// cares are tried in their order; the last one always does. first is the share of
// wrong pairs that the model asks for.
func cares(first float64, few bool) []care {
	if few {
		return []care{{first, 1, 0.982}, {0.0015, 0.979, 0.93}, {0.005, 0.96, 0.93}, {0.02, 0.93, 0.9}, {1, 0.9, 0}}
	}
	return []care{{first, 1, 0.982}, {0.005, 1, 0.982}, {1, 1, 0}}
}

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

// threshold finds the bits from which records are one cluster, by the first care
// that the pairs can meet, each being wrong with one less its probability.
func (w weigher) threshold(m Model) float64 {
	var counted [manyBits * steps]float64
	for _, e := range w.k.pairs {
		if !pattern(e.rec).forbids() {
			counted[place(w.bits(e))]++
		}
	}
	var wrong, all [manyBits*steps + 1]float64 // from here on
	for i := len(counted) - 1; i >= 0; i-- {
		wrong[i] = wrong[i+1] + counted[i]*(1-Probability(bitsAt(i)))
		all[i] = all[i+1] + counted[i]
	}
	lowest, highest := place(lowestThreshold), place(highestThreshold)
	right := func(i int) float64 { return all[i] - wrong[i] }
	at := highest
	for _, k := range cares(m.FalseShare, m.PairsEach < fewDoubles) {
		for at > lowest && wrong[at-1] <= k.wrong*all[at-1] && right(at) < k.wanted*right(lowest) {
			at--
		}
		if right(at) >= k.enough*right(lowest) {
			break
		}
	}
	return bitsAt(at)
}
