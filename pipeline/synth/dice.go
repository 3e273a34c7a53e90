package synth

import (
	"math/bits"

	"meibo/pipeline"
)

// dice is a splitmix64 generator. It is written out here, and not taken from
// math/rand, because the files of a seed must stay the same in every release
// of Go, and because a fresh one per person costs nothing: whatever is known of
// a person is a function of seed and number, so that millions of people need
// no memory.
type dice struct{ state uint64 }

// roll returns dice for one purpose: equal parts give equal throws.
func roll(parts ...uint64) *dice {
	d := &dice{0x9e3779b97f4a7c15}
	for _, p := range parts {
		d.state ^= p
		d.state = d.next()
	}
	return d
}

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// n returns 0 … n-1; n must be positive.
func (d *dice) n(n int) int {
	hi, _ := bits.Mul64(d.next(), uint64(n))
	return int(hi)
}

// chance is true with probability p.
func (d *dice) chance(p float64) bool { return d.unit() < p }

// unit returns a number from 0 to below 1.
func (d *dice) unit() float64 { return float64(d.next()>>11) / (1 << 53) }

// between returns a day from a to b, both included; a where b is before a.
func (d *dice) between(a, b pipeline.Date) pipeline.Date {
	if b <= a {
		return a
	}
	return a.AddDays(d.n(b.Sub(a) + 1))
}
