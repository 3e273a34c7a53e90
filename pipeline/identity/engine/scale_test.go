package engine

import (
	"math"
	"testing"
)

func TestTheStepsOfAnExplanationAddUp(t *testing.T) {
	people := flatRecords(t, 3000, 9)
	c := build(t, people.records...)
	k := c.Candidates()
	m := c.Train(k, trainingDay)
	r, err := c.Resolve(k, m, nil)
	if err != nil {
		t.Fatal(err)
	}
	scale := c.Scale(m)
	for _, p := range r.Pairs {
		x, found := c.Between(c.ID(int(p.B)), c.ID(int(p.A)), m)
		if !found || x.A != c.ID(int(p.A)) {
			t.Fatalf("%s and %s are not found", c.ID(int(p.A)), c.ID(int(p.B)))
		}
		e := scale.Explain(x)
		sum := e.Prior
		for _, s := range e.Steps {
			sum += s.Bits
		}
		// The night rounds what the columns carry in full.
		if math.Abs(sum-e.Bits) > 1e-9 || math.Abs(e.Bits-p.Bits) > 0.2 {
			t.Fatalf("%s and %s: steps add up to %f, explained as %f, listed with %f", x.A, x.B, sum, e.Bits, p.Bits)
		}
	}
	if _, found := c.Between("nobody", people.records[0].ID, m); found {
		t.Error("somebody who is not there was compared")
	}
}

// A few people more or less do not move what every pair weighs.
func TestWeightsStandStillWhileTheRegisterGrowsALittle(t *testing.T) {
	m, err := DefaultModel()
	if err != nil {
		t.Fatal(err)
	}
	people := flatRecords(t, 5000, 9)
	before := build(t, people.records...).Scale(m)
	moved := 0
	for n := 1; n <= 100; n++ {
		after := Scale{prior: math.Round(4*m.prior(before.records+10*n)) / 4}
		if after.prior != before.prior {
			moved++
		}
		before.prior = after.prior
	}
	if moved > 2 {
		t.Errorf("1,000 people on top of 5,000, ten a night, moved the prior in %d nights", moved)
	}
}
