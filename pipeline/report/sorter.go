package report

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"

	"meibo/pipeline/failpoint"
)

// sorter puts records into the order of their keys, and those with equal keys
// into the order in which they came, in constant memory: what does not fit is
// sorted in runs, spilled, and merged.
type sorter struct {
	dir   string // private folder of the workbook
	limit int    // bytes kept in memory
	arena []byte
	recs  []record
	spill *os.File
	size  int64 // of the spilled runs
	runs  []int64
	count int
}

// record is a key and a payload behind each other in the arena.
type record struct{ at, key, end int }

// sortMemory is what one report may keep of its rows: some 30,000 of them.
const sortMemory = 8 << 20

func newSorter(dir string, limit int) *sorter { return &sorter{dir: dir, limit: limit} }

// add takes one record; it keeps neither slice.
func (s *sorter) add(key, payload []byte) error {
	if len(s.arena)+len(key)+len(payload) > s.limit && len(s.recs) > 0 {
		if err := s.spillRun(); err != nil {
			return fmt.Errorf("spill rows: %w", err)
		}
	}
	at := len(s.arena)
	s.arena = append(append(s.arena, key...), payload...)
	s.recs = append(s.recs, record{at, at + len(key), len(s.arena)})
	s.count++
	return nil
}

func (s *sorter) sortRun() {
	slices.SortFunc(s.recs, func(a, b record) int {
		if c := bytes.Compare(s.arena[a.at:a.key], s.arena[b.at:b.key]); c != 0 {
			return c
		}
		return cmp.Or(a.at-b.at, a.end-b.end) // as they came; an empty record has no room of its own
	})
}

// spillRun writes the records in memory, sorted, behind the runs before them.
func (s *sorter) spillRun() (err error) {
	if s.spill == nil {
		if s.spill, err = os.CreateTemp(s.dir, "rows-*"); err != nil {
			return err
		}
	}
	s.sortRun()
	out := bufio.NewWriterSize(counter{s.spill, &s.size}, 1<<16)
	var head []byte
	for _, r := range s.recs {
		head = binary.AppendUvarint(head[:0], uint64(r.key-r.at))
		head = binary.AppendUvarint(head, uint64(r.end-r.key))
		out.Write(head)
		out.Write(s.arena[r.at:r.end])
	}
	if err := out.Flush(); err != nil {
		return err
	}
	s.runs = append(s.runs, s.size)
	s.arena, s.recs = s.arena[:0], s.recs[:0]
	return nil
}

// sorted yields the payloads in order; each is valid until the next. Nothing may
// be added once it began, and it can be read again.
func (s *sorter) sorted() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		s.sortRun()
		var h mergeHeap
		start := int64(0)
		for i, end := range s.runs {
			h = append(h, &run{n: i, in: bufio.NewReaderSize(io.NewSectionReader(s.spill, start, end-start), 1<<16)})
			start = end
		}
		h = append(h, &run{n: len(s.runs), mem: s})
		if err := h.start(); err != nil {
			yield(nil, err)
			return
		}
		for len(h) > 0 {
			if !yield(h[0].payload, nil) {
				return
			}
			if err := h.next(); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// close forgets the records; the count stays.
func (s *sorter) close() {
	s.arena, s.recs = nil, nil
	if s.spill != nil {
		s.spill.Close()
		failpoint.Near("remove-before")
		os.Remove(s.spill.Name())
		failpoint.Near("remove-after")
		s.spill = nil
	}
}

// run is one sorted run, spilled or still in memory.
type run struct {
	n            int // runs came in this order
	in           *bufio.Reader
	mem          *sorter
	i            int // next record in memory
	buf          []byte
	key, payload []byte
}

// advance reads the next record; it ends with io.EOF.
func (r *run) advance() error {
	if r.mem != nil {
		if r.i == len(r.mem.recs) {
			return io.EOF
		}
		rec := r.mem.recs[r.i]
		r.key, r.payload = r.mem.arena[rec.at:rec.key], r.mem.arena[rec.key:rec.end]
		r.i++
		return nil
	}
	klen, err := binary.ReadUvarint(r.in)
	if err != nil {
		return err // io.EOF between records is the end
	}
	plen, err := binary.ReadUvarint(r.in)
	if err != nil {
		return fmt.Errorf("read spilled rows: %w", io.ErrUnexpectedEOF)
	}
	r.buf = slices.Grow(r.buf[:0], int(klen+plen))[:klen+plen]
	if _, err := io.ReadFull(r.in, r.buf); err != nil {
		return fmt.Errorf("read spilled rows: %w", io.ErrUnexpectedEOF)
	}
	r.key, r.payload = r.buf[:klen], r.buf[klen:]
	return nil
}

// mergeHeap has the run with the smallest key on top.
type mergeHeap []*run

func (h mergeHeap) Len() int { return len(h) }
func (h mergeHeap) Less(i, j int) bool {
	if c := bytes.Compare(h[i].key, h[j].key); c != 0 {
		return c < 0
	}
	return h[i].n < h[j].n
}
func (h mergeHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *mergeHeap) Push(x any)   { *h = append(*h, x.(*run)) }
func (h *mergeHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}

// start reads the first record of each run and drops the empty ones.
func (h *mergeHeap) start() error {
	var failed error
	*h = slices.DeleteFunc(*h, func(r *run) bool {
		err := r.advance()
		if err != nil && err != io.EOF {
			failed = err
		}
		return err != nil
	})
	heap.Init(h)
	return failed
}

// next moves the top run on by one record.
func (h *mergeHeap) next() error {
	switch err := (*h)[0].advance(); err {
	case nil:
		heap.Fix(h, 0)
	case io.EOF:
		heap.Pop(h)
	default:
		return err
	}
	return nil
}
