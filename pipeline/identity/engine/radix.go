package engine

import (
	"cmp"
	"math/bits"
	"runtime"
	"slices"
	"sync"
)

// entry is a record, or a pair's pattern, under a key.
type entry struct {
	key uint64
	rec uint32
}

// parallel runs do for every number below n, on all cores; who takes which
// number is left open, so do must write only what belongs to its number or to
// its worker.
func parallel(n int, do func(worker, i int)) {
	workers := min(cores(), n)
	if workers <= 1 {
		for i := range n {
			do(0, i)
		}
		return
	}
	var next sync.Mutex
	at := 0
	var all watched
	for w := range workers {
		all.Go(func() {
			for {
				next.Lock()
				i := at
				at++
				next.Unlock()
				if i >= n {
					return
				}
				do(w, i)
			}
		})
	}
	all.Wait()
}

func cores() int { return runtime.GOMAXPROCS(0) }

// spans cuts n into at most k runs, and returns their bounds.
func spans(n, k int) []int {
	k = max(1, min(k, n))
	bounds := make([]int, k+1)
	for i := range bounds {
		bounds[i] = n * i / k
	}
	return bounds
}

// bucketed scatters entries by the top bits of their keys into buckets of about
// two thousand, which a core's cache holds. It returns the bounds of the
// buckets. from and to are of equal length; keys are spread evenly.
func bucketed(from, to []entry) []int {
	shift := 64 - bucketBits(len(from))
	n := 1 << (64 - shift)
	parts := spans(len(from), cores())
	counts := make([][]int, len(parts)-1)
	parallel(len(counts), func(_, p int) {
		count := make([]int, n)
		for i := parts[p]; i < parts[p+1]; i++ {
			count[from[i].key>>shift]++
		}
		counts[p] = count
	})
	bounds := make([]int, n+1)
	at := 0
	for b := range n {
		bounds[b] = at
		for _, count := range counts {
			at, count[b] = at+count[b], at
		}
	}
	bounds[n] = at
	parallel(len(counts), func(_, p int) {
		place := counts[p]
		for i := parts[p]; i < parts[p+1]; i++ {
			b := from[i].key >> shift
			to[place[b]] = from[i]
			place[b]++
		}
	})
	return bounds
}

func bucketBits(n int) int { return min(max(bits.Len(uint(n>>11)), 1), 20) }

// scratch is what one core needs to sort a bucket.
type scratch struct{ spare []entry }

// sortBucket sorts entries that agree in their top bits: three radix passes over
// the 24 bits below bring equal keys together, and what is left to do is little.
func (s *scratch) sortBucket(es []entry, top int) {
	if len(es) > 64 {
		if cap(s.spare) < len(es) {
			s.spare = make([]entry, len(es)+len(es)/4)
		}
		from, to := es, s.spare[:len(es)]
		for pass := range 3 {
			radixPass(from, to, uint(64-top-24+8*pass))
			from, to = to, from
		}
		copy(es, from)
	}
	finish(es)
}

func radixPass(from, to []entry, shift uint) {
	var place [256]int
	for i := range from {
		place[from[i].key>>shift&255]++
	}
	at := 0
	for d := range place {
		at, place[d] = at+place[d], at
	}
	for i := range from {
		d := from[i].key >> shift & 255
		to[place[d]] = from[i]
		place[d]++
	}
}

// finish is an insertion sort that gives up on what is far from sorted.
func finish(es []entry) {
	moves := 0
	for i := 1; i < len(es); i++ {
		e := es[i]
		j := i
		for ; j > 0 && es[j-1].key > e.key; j-- {
			es[j] = es[j-1]
			moves++
		}
		es[j] = e
		if moves > 16*len(es) {
			sortByKey(es)
			return
		}
	}
}

// sortEntries sorts entries by their keys, which are spread evenly.
func sortEntries(es []entry) {
	to := make([]entry, len(es))
	bounds := bucketed(es, to)
	work := make([]scratch, cores())
	top := bucketBits(len(es))
	parallel(len(bounds)-1, func(w, b int) { work[w].sortBucket(to[bounds[b]:bounds[b+1]], top) })
	copy(es, to)
}

// sortByKey sorts few entries, of any keys.
func sortByKey(es []entry) {
	slices.SortFunc(es, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
}
