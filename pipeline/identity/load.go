package identity

import (
	"bytes"
	"cmp"
	"fmt"
	"iter"
	"math"
	"runtime"
	"runtime/debug"
)

// partSize is how many records are keyed in one go.
const partSize = 8192

// load reads the records and works out their keys with all cores. The parts are
// joined in the order of the records, so it does not matter who was faster.
func load(records iter.Seq2[Record, error]) (*table, error) {
	return loadBy(records, (*table).add)
}

// loadBy is load with the work on one record given. A panic of that work comes
// to the caller, as if there were no goroutines.
func loadBy(records iter.Seq2[Record, error], add func(*table, *Record)) (*table, error) {
	t := newTable()
	parts := make(chan chan keyed, runtime.GOMAXPROCS(0)) // as many in work, at most
	joined := make(chan ending, 1)
	go func() { joined <- t.joinAll(parts) }()
	err := inParts(records, func(part []Record) {
		next := make(chan keyed, 1)
		parts <- next
		go func() { next <- key(part, add) }()
	})
	close(parts)
	end := <-joined
	if end.panicked != nil {
		panic(end.panicked)
	}
	if err = cmp.Or(err, end.err); err != nil {
		return nil, err
	}
	t.sortRecords()
	for i := 1; i < len(t.ids); i++ {
		if bytes.Equal(t.id(i-1), t.id(i)) {
			return nil, fmt.Errorf("agent %s: stands twice among the records", t.id(i))
		}
	}
	t.sortMarks()
	return t, nil
}

// keyed is a part with its keys, or the panic that there was instead.
type keyed struct {
	table    *table
	panicked *panicked
}

func key(part []Record, add func(*table, *Record)) (k keyed) {
	k.table = newTable()
	k.panicked = caught(func() {
		for i := range part {
			add(k.table, &part[i])
		}
	})
	return k
}

// inParts hands the records to use, up to partSize at a time, until one is an error.
func inParts(records iter.Seq2[Record, error], use func([]Record)) error {
	var part []Record
	for r, err := range records {
		if err != nil {
			return err
		}
		if part = append(part, r); len(part) == partSize {
			use(part)
			part = make([]Record, 0, partSize)
		}
	}
	if len(part) > 0 {
		use(part)
	}
	return nil
}

// ending is how the joining of all parts ended.
type ending struct {
	err      error
	panicked *panicked
}

// joinAll takes the parts in the order in which they were begun. Past the end
// of the table, and after a panic, it only lets the others finish.
func (t *table) joinAll(parts <-chan chan keyed) (end ending) {
	for next := range parts {
		k := <-next
		p := k.table
		switch {
		case end != ending{}:
		case k.panicked != nil:
			end.panicked = k.panicked
		case len(t.texts)+2*len(p.texts) > maxChunks || len(t.ids)+len(p.ids) > math.MaxUint32>>flagBits:
			end.err = errTooLarge
		default:
			end.panicked = caught(func() { t.join(p) })
		}
	}
	return end
}

// panicked is a panic of a goroutine on its way to the caller, who may know how
// to go on without ending the process. Its value may hold a person's record.
type panicked struct {
	value any
	stack []byte // of the goroutine that panicked
}

// Panic is what was thrown and where.
func (p *panicked) Panic() (any, []byte) { return p.value, p.stack }

// caught does fn and returns its panic, nil if there is none.
func caught(fn func()) (p *panicked) {
	defer func() {
		if v := recover(); v != nil {
			p = &panicked{v, debug.Stack()}
		}
	}()
	fn()
	return nil
}
