package engine

// Step is one bar of the waterfall from the prior to the sum.
type Step struct {
	Comparison string  `json:"comparison"` // Japanese
	Level      string  `json:"level"`      // Japanese
	Bits       float64 `json:"bits"`       // with the rarity of what agrees
	Rarity     float64 `json:"rarity"`     // the part of Bits that a rare value brings
}

// Explanation is why two records weigh what they weigh. The bits of the steps
// and the prior add up to Bits.
type Explanation struct {
	Prior       float64 `json:"prior"` // bits before anything is compared
	Steps       []Step  `json:"steps"`
	Bits        float64 `json:"bits"`
	Probability float64 `json:"probability"`
	Constraint  string  `json:"constraint,omitempty"` // Japanese; why the two are kept apart whatever they weigh
}

// Explain compares two records anew and tells what every comparison found. How
// the names were normalised tells identity.Steps.
func (c *Columns) Explain(m Model, a, b int) Explanation {
	p := c.compare(uint32(a), uint32(b))
	out := Explanation{Prior: m.prior(len(c.rows)), Constraint: p.constraint()}
	bits := m.sheet().steps(p)
	out.Bits = out.Prior
	for i, l := range p.levels() {
		s := Step{Comparison: m.Comparisons[i].Name, Level: m.Comparisons[i].Levels[l].Name, Bits: bits[i]}
		switch i {
		case compareName:
			s.Rarity = p.rareName()
		case compareAgency:
			s.Rarity = p.rareAgency()
		}
		s.Bits += s.Rarity
		out.Bits += s.Bits
		out.Steps = append(out.Steps, s)
	}
	out.Probability = Probability(out.Bits)
	return out
}

// Find returns the record with the ID.
func (c *Columns) Find(id string) (int, bool) {
	for r := range c.rows {
		if string(c.id(uint32(r))) == id {
			return r, true
		}
	}
	return 0, false
}
