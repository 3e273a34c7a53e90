package engine

import "fmt"

// Step is one bar of the waterfall from the prior to the sum.
type Step struct {
	Comparison string  `json:"comparison"` // Japanese
	Level      string  `json:"level"`      // Japanese
	Bits       float64 `json:"bits"`       // with the rarity of what agrees; below zero: against
	Rarity     float64 `json:"rarity"`     // the part of Bits that a rare value brings
}

// Explanation is why two records weigh what they weigh. The bits of the steps
// and the prior add up to Bits; all have two places.
type Explanation struct {
	Prior       float64 `json:"prior"` // bits before anything is compared
	Steps       []Step  `json:"steps"` // one for each comparison, what is unknown at 0 bits
	Bits        float64 `json:"bits"`
	Probability float64 `json:"probability"`
	Review      float64 `json:"review"`               // bits from which people are asked
	Constraint  string  `json:"constraint,omitempty"` // Japanese; why nobody is asked, whatever they weigh

	// Otherwise says in Japanese which one comparison, had it another outcome,
	// would lift the pair over Review or drop it below.
	Otherwise []string `json:"otherwise,omitempty"`
}

// Explain tells what every comparison of a suspect found. How the names were
// normalised tells identity.Steps.
func (s *Scale) Explain(x Suspect) Explanation {
	p := x.pattern
	out := Explanation{Prior: s.prior, Bits: s.bits(p), Review: s.model.Review, Constraint: p.keptApart()}
	bits := s.levels.steps(p)
	for i, l := range p.levels() {
		step := Step{Comparison: s.model.Comparisons[i].Name, Level: s.model.Comparisons[i].Levels[l].Name, Bits: hundredths(bits[i])}
		switch i {
		case compareName:
			step.Rarity = p.rareName()
		case compareAgency:
			step.Rarity = p.rareAgency()
		}
		step.Bits = hundredths(step.Bits + step.Rarity)
		out.Steps = append(out.Steps, step)
	}
	out.Probability = millionths(Probability(out.Bits))
	out.Otherwise = s.otherwise(out)
	return out
}

// conflicting is the level at which two values differ wholly, in each comparison.
const conflicting = "相違"

// otherwise tries what each comparison would weigh if the two differed, or its
// best outcome if the pair lies below. What a name would weigh that agreed
// nobody knows: it depends on how rare it is.
func (s *Scale) otherwise(e Explanation) (out []string) {
	asks := e.Bits >= e.Review
	for i, c := range s.model.Comparisons {
		if i == compareName && !asks {
			continue
		}
		best, bits := 0, e.Steps[i].Bits
		for l := 1; l < len(c.Levels); l++ {
			w := c.Levels[l].Bits()
			if asks && c.Levels[l].Name == conflicting && w < bits || !asks && w > bits {
				best, bits = l, w
			}
		}
		sum := hundredths(e.Bits - e.Steps[i].Bits + bits)
		switch {
		case best == 0 || (sum >= e.Review) == asks:
		case asks:
			out = append(out, fmt.Sprintf("%sが「%s」なら %+.2f bit となり、審査の目安を下回る", c.Name, c.Levels[best].Name, sum))
		default:
			out = append(out, fmt.Sprintf("%sが「%s」なら %+.2f bit となり、審査の目安に達する", c.Name, c.Levels[best].Name, sum))
		}
	}
	return out
}

// Found says in Japanese what speaks for one person: each comparison that weighs
// more than nothing.
func (e Explanation) Found() []string {
	var out []string
	for _, s := range e.Steps {
		if s.Bits > 0 {
			out = append(out, s.Comparison+": "+s.Level)
		}
	}
	return out
}
