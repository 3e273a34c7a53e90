package engine

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
	out.Probability = Probability(out.Bits)
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
