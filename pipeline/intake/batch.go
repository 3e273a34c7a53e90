package intake

import (
	"runtime"
	"runtime/debug"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/source"
)

// batchRows is how many rows are decoded at a stretch. A file of fewer is not
// worth the trouble of sharing the work out.
const batchRows = 512

// maxDecoders bounds how many processors decode: with more, they wait for the
// one that reads.
const maxDecoders = 4

// batch is a stretch of rows with a copy of their cells and, once they are
// decoded, what was found in them.
type batch struct {
	rows  []dataRow
	cells []source.Cell

	read, rejected int
	faults         []*pipeline.Fault
	keys           []keyed // of the good rows
	held           tally   // what the good rows hold
	done           chan struct{}
	panicked       *Panicked // where it was decoded, if so
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

func (b *batch) add(r dataRow) {
	start := len(b.cells)
	b.cells = append(b.cells, r.cells...)
	// Where append moves the cells, earlier rows keep the memory they have.
	r.cells = b.cells[start:len(b.cells):len(b.cells)]
	b.rows = append(b.rows, r)
}

func (b *batch) reset() {
	b.rows, b.cells, b.faults, b.keys = b.rows[:0], b.cells[:0], b.faults[:0], b.keys[:0]
	b.read, b.rejected = 0, 0
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

// decodeRows decodes the rows that b holds.
func (d *decoder) decodeRows(b *batch) {
	for _, row := range b.rows {
		d.decode(row, b)
	}
}

// another makes a decoder for the same table, to work beside d.
func (d *decoder) another() *decoder {
	o := *d
	o.cells, o.vals, o.sums = slices.Clone(d.cells), slices.Clone(d.vals), slices.Clone(d.sums)
	return &o
}

// crew decodes the batches of one table: on several processors where there are
// several, and yet in the order of the file. The caller reads meanwhile.
type crew struct {
	d      *decoder
	size   int          // decoders that may work side by side
	take   func(*batch) // gets each decoded batch, in order
	work   chan *batch  // nil: nobody has been called in yet
	inHand []*batch     // given out and not yet taken, the oldest first
	spare  []*batch
}

// decodeAll reads the table of d to its end, or to the error it returns, and
// hands all rows up to there to take in order.
func (d *decoder) decodeAll(take func(*batch)) error {
	c := &crew{d: d, size: min(runtime.GOMAXPROCS(0), maxDecoders), take: take}
	defer c.dismiss()
	b := c.blank()
	for row, err := range dataRows(d.table) {
		if err != nil {
			c.pass(b)
			return err
		}
		if c.size == 1 { // no need to keep the row
			d.decode(row, b)
		} else {
			b.add(row)
		}
		if b.read+len(b.rows) == batchRows {
			c.pass(b)
			b = c.blank()
		}
	}
	c.pass(b)
	return nil
}

// pass gives a batch to whoever is free. It waits where too many are in hand,
// which bounds memory.
func (c *crew) pass(b *batch) {
	if c.size == 1 || c.work == nil && len(b.rows) < batchRows {
		c.d.decodeRows(b)
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
	d.decodeRows(b)
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

func (c *crew) taken(b *batch) {
	c.take(b)
	b.reset()
	c.spare = append(c.spare, b)
}

func (c *crew) blank() *batch {
	if n := len(c.spare); n > 0 {
		b := c.spare[n-1]
		c.spare = c.spare[:n-1]
		return b
	}
	return newBatch(c.d.layout)
}

// dismiss takes what is still in hand and sends the crew home.
func (c *crew) dismiss() {
	if c.work != nil {
		defer close(c.work) // also when one of them panicked
	}
	for len(c.inHand) > 0 {
		c.takeOldest()
	}
}
