package engine

import "math"

// Scale weighs suspects of one register under one model, step by step. The
// expectation before looking is rounded to a quarter bit, so that a few records
// more or less do not move every weight.
type Scale struct {
	model   Model
	records int
	prior   float64
	levels  *sheet
}

// Scale returns the scale of these columns.
func (c *Columns) Scale(m Model) *Scale {
	return &Scale{m, len(c.rows), math.Round(4*m.prior(len(c.rows))) / 4, m.sheet()}
}

// Weight is the sum of all steps in bits, to two places, and the probability, to
// six: nothing is certain or impossible to a model.
func (s *Scale) Weight(x Suspect) (bits, probability float64) {
	bits = s.bits(x.pattern)
	return bits, millionths(Probability(bits))
}

func millionths(p float64) float64 { return min(max(math.Round(1e6*p), 1), 1e6-1) / 1e6 }

func (s *Scale) bits(p pattern) float64 {
	sum := s.prior + p.rareName() + p.rareAgency()
	for _, b := range s.levels.steps(p) {
		sum += hundredths(b)
	}
	return hundredths(sum)
}

func hundredths(x float64) float64 { return math.Round(100*x) / 100 }

// Review is the weight in bits from which people are asked.
func (s *Scale) Review() float64 { return s.model.Review }

// asks reports whether people should look at a pair for its weight.
func (s *Scale) asks(p pattern) bool {
	return p.keptApart() == "" && s.bits(p) >= s.model.Review
}

// keptApart names, in Japanese, what keeps the model from asking: the named
// constraints of rules.md §5. Where a household is not known, brothers and
// sisters born on one day may work at different agencies.
func (p pattern) keptApart() string {
	if p.name().relative() && p.born() == bornEqual && p.cert() != certEqual && p.mail() != mailEqual {
		return "氏と生年月日が同じで名が異なる（双子など）"
	}
	return p.constraint()
}

// Constraint names, in Japanese, what keeps the two apart; empty if nothing does.
func (x Suspect) Constraint() string { return x.pattern.keptApart() }

// Bits is the weight of the level, to two places, the rarity of a value aside.
func (l Level) Bits() float64 { return hundredths(l.bits()) }
