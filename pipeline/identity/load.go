package identity

import (
	"bytes"
	"fmt"
	"iter"
	"math"
	"runtime"
)

// partSize is how many records are keyed in one go.
const partSize = 8192

// load reads the records and works out their keys with all cores. The parts are
// joined in the order of the records, so it does not matter who was faster.
func load(records iter.Seq2[Record, error]) (*table, error) {
	t := newTable()
	parts := make(chan chan *table, runtime.GOMAXPROCS(0)) // as many in work, at most
	joined := make(chan error)
	go func() { joined <- t.joinAll(parts) }()
	err := inParts(records, func(part []Record) {
		keyed := make(chan *table, 1)
		parts <- keyed
		go func() {
			p := newTable()
			for i := range part {
				p.add(&part[i])
			}
			keyed <- p
		}()
	})
	close(parts)
	if tooLarge := <-joined; err == nil {
		err = tooLarge
	}
	if err != nil {
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

// joinAll takes the parts in the order in which they were begun. Past the end
// of the table it only lets the others finish.
func (t *table) joinAll(parts <-chan chan *table) (err error) {
	for keyed := range parts {
		p := <-keyed
		if len(t.texts)+2*len(p.texts) > maxChunks || len(t.ids)+len(p.ids) > math.MaxUint32>>flagBits {
			err = errTooLarge
		}
		if err == nil {
			t.join(p)
		}
	}
	return err
}
