package engine

import "math/bits"

// sieve tells apart the keys that come once, of which most kinds of keys have
// mostly such, from those that may come more often: they alone need sorting. It
// has two bits for each place to which keys are sent.
type sieve struct {
	words []uint64
	shift int
}

const evens = 0x5555555555555555

// reset empties the sieve and makes it fit for n keys.
func (s *sieve) reset(n int) {
	places := max(8, bits.Len(uint(4*n)))
	s.shift = 64 - places
	size := 1 << (places - 5)
	if cap(s.words) < size {
		s.words = make([]uint64, size)
		return
	}
	s.words = s.words[:size]
	clear(s.words)
}

// see takes note of a key, which is spread evenly.
func (s *sieve) see(key uint64) {
	at := key >> s.shift
	w, bit := &s.words[at>>5], at&31*2
	*w |= (1 | *w>>bit&1<<1) << bit
}

// join takes in what another sieve of the same size has seen.
func (s *sieve) join(o *sieve) {
	for i, w := range o.words {
		both := s.words[i] & w & evens
		s.words[i] |= w | both<<1
	}
}

// shared reports whether the key may have been seen more than once.
func (s *sieve) shared(key uint64) bool {
	at := key >> s.shift
	return s.words[at>>5]>>(at&31*2)&2 != 0
}

// gatherer gathers what the keys of records bring together.
type gatherer struct {
	sieves []sieve
	parts  [][]entry
	all    []entry
}

func newGatherer() *gatherer {
	return &gatherer{sieves: make([]sieve, cores()), parts: make([][]entry, cores())}
}

// shared returns the entries that each of n things puts, those whose key comes
// once mostly left out. It asks for them twice, on all cores; what it returns
// is good until the next call.
func (g *gatherer) shared(n int, each func(i int, put func(uint64, uint32))) []entry {
	bounds := spans(n, len(g.parts))
	if n == 0 {
		return nil
	}
	parts := len(bounds) - 1
	parallel(parts, func(_, p int) {
		s := &g.sieves[p]
		s.reset(n)
		see := func(key uint64, _ uint32) { s.see(key) }
		for i := bounds[p]; i < bounds[p+1]; i++ {
			each(i, see)
		}
	})
	s := &g.sieves[0]
	for p := 1; p < parts; p++ {
		s.join(&g.sieves[p])
	}
	parallel(parts, func(_, p int) {
		es := g.parts[p][:0]
		put := func(key uint64, r uint32) {
			if s.shared(key) {
				es = append(es, entry{key, r})
			}
		}
		for i := bounds[p]; i < bounds[p+1]; i++ {
			each(i, put)
		}
		g.parts[p] = es
	})
	g.all = g.all[:0]
	for _, es := range g.parts[:parts] {
		g.all = append(g.all, es...)
	}
	return g.all
}

// eachRun calls do for every key that two and more of the sorted entries share.
func eachRun(es []entry, do func([]entry)) {
	for start := 0; start < len(es); {
		end := start + 1
		for end < len(es) && es[end].key == es[start].key {
			end++
		}
		if end-start > 1 {
			do(es[start:end])
		}
		start = end
	}
}
