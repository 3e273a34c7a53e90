package intake

import (
	"hash/maphash"
	"math/bits"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/source"
)

// decoder reads the rows of one table, one at a time, into the same memory.
type decoder struct {
	layout *Layout
	env    Env
	table  *source.Table
	at     []int // column of the layout → column of the table; -1: absent
	seed   maphash.Seed

	// The row in hand, and of each column the cell that was read last: rows
	// next to each other are much alike, and what is alike is not read again.
	row     int
	cells   []source.Cell // by column of the layout
	vals    []value       // what the cells read as; zero where nothing is written
	sums    []uint64      // hashes of vals
	sound   uint64        // bit i: cell i read without a finding
	written uint64        // bit i: column i holds a value
	faults  []*pipeline.Fault
	bad     bool
}

func newDecoder(l *Layout, t *source.Table, env Env) (*decoder, header, error) {
	h, err := l.match(t)
	n := len(l.Columns)
	return &decoder{
		layout: l, env: env, table: t, at: h.at, seed: maphash.MakeSeed(),
		cells: make([]source.Cell, n), vals: make([]value, n), sums: make([]uint64, n),
	}, h, err
}

// read reads the row and notes everything that is wrong with it. Where its
// cells cannot be told apart, what source found is all there is to say.
func (d *decoder) read(row dataRow) {
	before := d.written
	d.row, d.written, d.bad, d.faults = row.number, 0, false, nil
	if row.broken != nil {
		d.add(row.broken)
		if len(row.cells) != len(d.table.Header) {
			d.forget()
			return
		}
	}
	if d.isHeader(row.cells) {
		d.add(headerRepeated(d.origin()))
		d.forget()
		return
	}
	for i, at := range d.at {
		if at < 0 {
			continue
		}
		cell, last, bit := &row.cells[at], &d.cells[i], uint64(1)<<i
		if d.sound&bit != 0 && cell.Text == last.Text && cell.Kind == last.Kind {
			d.written |= before & bit
			continue
		}
		known := len(d.faults)
		d.cells[i] = *cell
		if v, written := d.readCell(i, cell); written {
			d.written |= bit
			d.vals[i], d.sums[i] = v, d.sum(v)
		} else {
			d.vals[i] = value{}
		}
		if d.sound |= bit; len(d.faults) > known {
			d.sound &^= bit
		}
	}
	d.conditions()
	d.layout.kind.check(d)
}

// forget keeps the row in hand from lending its cells to the next.
func (d *decoder) forget() {
	clear(d.vals)
	d.sound = 0
}

// isHeader reports whether the cells repeat the header, as they do where the
// pages of a list were put together.
func (d *decoder) isHeader(cells []source.Cell) bool {
	if len(cells) != len(d.table.Header) {
		return false
	}
	for i := range cells {
		if cells[i].Text != d.table.Header[i] {
			return false
		}
	}
	return true
}

// readCell reads one cell and notes what is wrong with it. Nothing is written
// where it is empty or an error.
func (d *decoder) readCell(i int, cell *source.Cell) (v value, written bool) {
	c := &d.layout.Columns[i]
	switch cell.Kind {
	case source.ErrorValue:
		d.fault(i, bad(CodeCellError, "セルが数式のエラー（#N/A など）になっています。値を入力し直してください。",
			"the cell holds a formula's error, like #N/A; type the value"))
		return value{}, false
	case source.Formula:
		d.fault(i, bad(CodeFormulaEmpty, "数式の計算結果が保存されていません。値として貼り付け直してください。",
			"the cell holds a formula without its result; paste it as a value"))
		return value{}, false
	}
	text := trim(cell.Text)
	if len(text) > 0 && text[0] == '\'' {
		text = trim(dropGuard(text))
	}
	if text == "" {
		if c.Required && !c.Blank {
			d.fault(i, emptyRequired())
		}
		return value{}, false
	}
	v, f := c.read(text, cell.Kind, d.table.Date1904)
	if f != nil {
		d.fault(i, f)
	}
	if f.IsError() {
		return value{}, false
	}
	if c.Type == TypeDate && v.n != 0 {
		if f := c.checkDate(pipeline.Date(v.n), d.env.AsOf); f != nil {
			d.fault(i, f)
		}
	}
	return v, true
}

func emptyRequired() *Finding {
	return bad(CodeRequired, "必須の項目が空です。値を書いてください。", "a required value is missing; write it")
}

// conditions checks what is required or forbidden because of another column.
func (d *decoder) conditions() {
	for _, i := range d.layout.tied {
		c := &d.layout.Columns[i]
		if on := c.RequiredWhen; on != nil && d.met(on) && !d.wrote(i) && !d.blamed(c.Key) {
			d.fault(i, bad(CodeRequired,
				d.headerOf(on.column)+"が「"+d.vals[on.column].text+"」の行では必須です。値を書いてください。",
				"required where "+on.Column+" is "+d.vals[on.column].text+"; write it"))
		}
		if on := c.EmptyWhen; on != nil && d.met(on) && d.wrote(i) {
			d.fault(i, bad(CodeMustBeEmpty,
				d.headerOf(on.column)+"が「"+d.vals[on.column].text+"」の行では書けない項目です。空にしてください。",
				"must be empty where "+on.Column+" is "+d.vals[on.column].text+"; clear it"))
		}
	}
}

func (d *decoder) met(on *Condition) bool {
	return d.wrote(on.column) && slices.Contains(on.In, d.vals[on.column].text)
}

// blamed reports whether the row already has an error in that column.
func (d *decoder) blamed(key string) bool {
	return slices.ContainsFunc(d.faults, func(f *pipeline.Fault) bool {
		return f.Key == key && f.Severity == pipeline.SeverityError
	})
}

func (d *decoder) wrote(column int) bool { return d.written>>column&1 == 1 }

// headerOf gives the column's header as it stands in the file, for the sender
// to find it, or the layout's where the file has none.
func (d *decoder) headerOf(column int) string {
	if at := d.at[column]; at >= 0 {
		return shownHeader(d.table.Header[at], at)
	}
	return d.layout.Columns[column].Header
}

func (d *decoder) fault(column int, f *Finding) {
	d.add(placed(d.origin(), d.layout.Columns[column].Key, d.headerOf(column), f))
}

func (d *decoder) add(f *pipeline.Fault) {
	d.faults = append(d.faults, f)
	d.bad = d.bad || f.Severity == pipeline.SeverityError
}

func (d *decoder) origin() pipeline.Origin {
	return pipeline.Origin{File: d.table.Name, Sheet: d.table.Sheet, Row: d.row}
}

// record makes a record of the row in hand.
func (d *decoder) record() *Record {
	r := &Record{
		Origin: d.origin(), Faults: d.faults, Bad: d.bad,
		layout: d.layout, written: d.written,
	}
	r.Key, r.Content, _ = d.hashes()
	if !d.bad {
		d.layout.kind.set(d, r)
	}
	return r
}

// hashes gives the hashes of the key columns and of all columns. A row that
// does not hold its whole key has none and repeats nothing.
func (d *decoder) hashes() (key, content uint64, ok bool) {
	ok = len(d.layout.keys) > 0
	for _, i := range d.layout.keys {
		if !d.wrote(i) {
			ok = false
			continue
		}
		key = mix(key, d.sums[i])
	}
	content = d.written
	for rest := d.written; rest != 0; rest &= rest - 1 {
		content = mix(content, d.sums[bits.TrailingZeros64(rest)])
	}
	return key, content, ok
}

func (d *decoder) sum(v value) uint64 {
	if v.text == "" {
		return uint64(v.n)
	}
	return maphash.String(d.seed, v.text)
}

// mix adds the hash of a value to those of the values before it. Multiplying
// and folding the halves, as wyhash does, makes the order count.
func mix(h, x uint64) uint64 {
	hi, lo := bits.Mul64(h^0x9e3779b97f4a7c15, x^0xd1b54a32d192ed03)
	return hi ^ lo
}

// Values is a row of a layout that says all there is to say about its kind.
type Values struct {
	layout *Layout
	vals   []value
}

// Text returns the value of a text, id, codes, list, enum, email or secret
// column: empty if it was not written or there is no such column.
func (v *Values) Text(key string) string { return v.at(key).text }

// FreeText is the value of a column in which people write what they like, for those
// who have to change it; nil if the kind has no such column.
func (v *Values) FreeText(key string) *string {
	if i, ok := v.layout.index[key]; ok && v.layout.Columns[i].Type == TypeText {
		return &v.vals[i].text
	}
	return nil
}

// Date returns the value of a date column; none if it is not written or reads
// 無期限 or another of the words that the layout allows, which Text returns.
func (v *Values) Date(key string) pipeline.Date { return pipeline.Date(v.at(key).n) }

// Month returns the value of a year-month column.
func (v *Values) Month(key string) pipeline.YearMonth { return pipeline.YearMonth(v.at(key).n) }

// Flag returns the value of a flag column.
func (v *Values) Flag(key string) pipeline.Flag { return pipeline.Flag(v.at(key).n) }

// Integer returns the value of an integer column; see Record.Wrote to tell 0
// from nothing.
func (v *Values) Integer(key string) int { return int(v.at(key).n) }

func (v *Values) at(key string) value {
	if i, ok := v.layout.index[key]; ok {
		return v.vals[i]
	}
	return value{}
}
