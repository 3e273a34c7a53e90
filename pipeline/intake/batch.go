package intake

import (
	"cmp"
	"iter"
	"runtime"
	"runtime/debug"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/source"
)

// maxDecoders bounds how many processors decode: with more, they wait for the
// one that cuts the file into parts.
const maxDecoders = 4

// batch is a part of a table and, once it is decoded, what was found in it.
type batch struct {
	part source.Part

	rows, read, rejected int // of the part; those decoded; those of them that are set aside
	faults               []*pipeline.Fault
	keys                 []keyed // of the good rows
	held                 tally   // what the good rows hold
	last                 dataRow // not decoded yet, for it may be the trailer of the file
	done                 chan struct{}
	panicked             *Panicked // where it was decoded, if so
}

// Panicked is a panic of a goroutine that decoded, handed on to the one who
// called: a fault of this program in one file must not end the process. Its
// value may hold a row; it is not to be logged.
type Panicked struct {
	Value any
	Stack []byte // of the goroutine that panicked
}

// Panic is what was thrown and where.
func (p *Panicked) Panic() (any, []byte) { return p.Value, p.Stack }

func newBatch(l *Layout) *batch { return &batch{held: newTally(l), done: make(chan struct{}, 1)} }

func (b *batch) reset() {
	b.faults, b.keys = b.faults[:0], b.keys[:0]
	b.rows, b.read, b.rejected, b.last = 0, 0, 0, dataRow{}
}

// decode decodes a row and adds what it finds to b.
func (d *decoder) decode(row dataRow, b *batch) {
	d.read(row)
	b.read++
	b.faults = append(b.faults, d.faults...)
	if d.bad {
		b.rejected++
		return
	}
	b.held.add(d)
	if key, content, ok := d.hashes(); ok {
		b.keys = append(b.keys, keyed{key, content, uint32(d.row)})
	}
}

// decodeRows decodes rows of the part of b.
func (d *decoder) decodeRows(b *batch, rows iter.Seq2[*source.Row, error]) {
	for row := range dataRows(rows) { // the rows of a part come without other errors than their faults
		b.rows++
		if row.trailer {
			b.last = row
			return
		}
		d.decode(row, b)
	}
}

// another makes a decoder for the same table, to work beside d.
func (d *decoder) another() *decoder {
	o := *d
	o.cells, o.vals, o.sums = slices.Clone(d.cells), slices.Clone(d.vals), slices.Clone(d.sums)
	return &o
}

// crew decodes the parts of one table: on several processors where there are
// several, and yet in the order of the file. The caller cuts parts meanwhile.
type crew struct {
	d      *decoder
	size   int          // decoders that may work side by side
	take   func(*batch) // gets each decoded batch, in order
	begun  bool         // some part has been passed
	work   chan *batch  // nil: nobody has been called in yet
	inHand []*batch     // given out and not yet taken, the oldest first
	spare  []*batch

	rows int     // taken so far
	last dataRow // the last of them, if it may be the trailer
	full error   // set where there are more rows than a table may have
}

// decodeAll reads the table of d to its end, or to the error it returns, and
// hands all rows up to there to take in order.
func (d *decoder) decodeAll(take func(*batch)) error {
	c := &crew{d: d, size: min(runtime.GOMAXPROCS(0), maxDecoders), take: take}
	defer c.dismiss()
	var b *batch
	blank := func() *source.Part {
		b = c.blank()
		return &b.part
	}
	for _, err := range d.table.Parts(blank) {
		if err == nil {
			c.pass(b)
		}
		if c.full != nil || err != nil {
			c.takeAll()
			return cmp.Or(c.full, err)
		}
	}
	c.takeAll()
	if c.full == nil && c.last.trailer && c.last.total != c.rows-1 {
		return trailerMismatch(d.table, c.last, c.rows-1)
	}
	return c.full
}

// pass gives a batch to whoever is free. It waits where too many are in hand,
// which bounds memory. A file of a single part is not worth the trouble of
// sharing the work out.
func (c *crew) pass(b *batch) {
	if c.size == 1 || !c.begun {
		c.begun = true
		c.d.decodeRows(b, b.part.Rows())
		c.taken(b)
		return
	}
	if c.work == nil {
		c.callIn()
	}
	c.work <- b
	c.inHand = append(c.inHand, b)
	if len(c.inHand) == cap(c.work) {
		c.takeOldest()
	}
}

func (c *crew) callIn() {
	c.work = make(chan *batch, 4*c.size)
	for range c.size {
		d := c.d.another()
		go func() {
			for b := range c.work {
				d.decodeAside(b)
			}
		}()
	}
}

// decodeAside decodes b on a goroutine of the crew.
func (d *decoder) decodeAside(b *batch) {
	defer func() {
		if v := recover(); v != nil {
			b.panicked = &Panicked{v, debug.Stack()}
		}
		b.done <- struct{}{}
	}()
	d.decodeRows(b, b.part.Rows())
}

func (c *crew) takeOldest() {
	b := c.inHand[0]
	c.inHand = append(c.inHand[:0], c.inHand[1:]...)
	<-b.done
	if b.panicked != nil {
		panic(b.panicked)
	}
	c.taken(b)
}

func (c *crew) takeAll() {
	for len(c.inHand) > 0 {
		c.takeOldest()
	}
}

// taken hands on what was found in b. Only here, in the order of the file, it is
// known how many rows came before, and which row is not the last.
func (c *crew) taken(b *batch) {
	room := c.d.table.RowLimit() - c.rows
	switch {
	case c.full != nil: // the row too many stands before
	case b.rows > room:
		b.reset()
		b.held = newTally(c.d.layout)
		c.d.decodeRows(b, firstRows(b.part.Rows(), room))
		c.full = c.d.table.TooManyRows()
		fallthrough
	default:
		c.hand(b)
	}
	b.reset()
	c.spare = append(c.spare, b)
}

func (c *crew) hand(b *batch) {
	if c.last.trailer && b.rows > 0 { // it was not the last row after all
		one := newBatch(c.d.layout)
		c.d.decode(c.last, one)
		c.take(one)
		c.last = dataRow{}
	}
	c.take(b)
	c.rows += b.rows
	if b.last.trailer {
		c.last = b.last
	}
}

// firstRows yields the first n of rows.
func firstRows(rows iter.Seq2[*source.Row, error], n int) iter.Seq2[*source.Row, error] {
	return func(yield func(*source.Row, error) bool) {
		for row, err := range rows {
			if n--; n < 0 || !yield(row, err) {
				return
			}
		}
	}
}

func (c *crew) blank() *batch {
	if n := len(c.spare); n > 0 {
		b := c.spare[n-1]
		c.spare = c.spare[:n-1]
		return b
	}
	return newBatch(c.d.layout)
}

// dismiss sends the crew home.
func (c *crew) dismiss() {
	if c.work != nil {
		close(c.work)
	}
}
