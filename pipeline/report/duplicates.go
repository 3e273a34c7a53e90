package report

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"strings"

	"meibo/pipeline"
)

// DuplicateBlock is a pair of IDs with all a reviewer needs to decide on it.
type DuplicateBlock struct {
	pipeline.DuplicateRow
	A, B        pipeline.Person // of AgentA and AgentB
	Comparisons []Comparison    // in the order in which they add up to the weight
	Folded      []Folded

	// Mark stands for the evidence and the decision that the block shows. It
	// comes back with the answer.
	Mark string
}

// Comparison is what one comparison of the model added to the weight.
type Comparison struct {
	Field string  // Japanese, e.g. 氏名
	Level string  // Japanese, e.g. カナ一致
	Bits  float64 // below zero: evidence against; NaN where no model scored it
}

// Folded says how a name of each record was normalised before the two were
// compared; in Japanese, empty where nothing was folded.
type Folded struct{ Field, A, B string }

// Duplicates writes duplicates_<day>.xlsx for compliance: one block per pair,
// both records side by side, what differs marked rune by rune. Every row of a
// block repeats its two IDs, so that filters keep it together and intake can
// read it; the answer stands in the first.
//
// blocks is read once and keeps its order. Unless m.Encrypted, of the birth
// dates only the digits that differ are shown.
func Duplicates(w io.Writer, m Meta, blocks iter.Seq2[DuplicateBlock, error]) (st Stats, err error) {
	defer wrap("duplicates", &err)
	b, err := newBook(m, "重複の疑い 審査リスト")
	if err != nil {
		return st, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	d := &duplicateBook{b: b, pairs: newSorter(b.dir, sortMemory)}
	defer d.pairs.close()
	if err := d.collect(blocks); err != nil {
		return st, err
	}
	if err := d.write(); err != nil {
		return st, err
	}
	return Stats{Rows: d.pairs.count}, b.save(w)
}

type duplicateBook struct {
	b                 *book
	pairs             *sorter // in the order in which they came
	confirmed, review int
}

// pairView is a block as it is shown.
type pairView struct {
	a, b, class, mark   string
	weight, probability float64
	fields              []fieldView
	comparisons         []Comparison
	reasons             []string
}

// fieldView is one field of both records.
type fieldView struct {
	label, a, b string
	note        bool // no values to be compared, but what was done to them
}

func (d *duplicateBook) collect(blocks iter.Seq2[DuplicateBlock, error]) error {
	var buf packing
	for blk, err := range blocks {
		if err != nil {
			return err
		}
		switch blk.Class {
		case pipeline.ClassConfirmed:
			d.confirmed++
		case pipeline.ClassReview:
			d.review++
		default:
			return fmt.Errorf("pair %d: unknown class %q", d.pairs.count+1, blk.Class)
		}
		if blk.A.Agent.ID != blk.AgentA || blk.B.Agent.ID != blk.AgentB {
			return fmt.Errorf("pair %d: the records are not those of the pair", d.pairs.count+1)
		}
		v := view(&blk, d.b.m)
		buf.reset()
		v.pack(&buf)
		if err := d.pairs.add(nil, buf.b); err != nil {
			return err
		}
	}
	return nil
}

func view(blk *DuplicateBlock, m Meta) pairView {
	v := pairView{
		a: blk.AgentA, b: blk.AgentB, class: blk.Class, mark: blk.Mark, weight: blk.Weight, probability: blk.Probability,
		fields: fields(blk, m), comparisons: blk.Comparisons, reasons: blk.Reasons,
	}
	if blk.Decision != "" {
		on := ""
		if !blk.DecidedAt.IsZero() {
			on = pipeline.DateOf(blk.DecidedAt.Time().In(m.Slot.Location())).String()
		}
		v.reasons = append(append([]string{}, v.reasons...), "これまでの判定: "+joined("　", blk.Decision, on, blk.DecidedBy))
	}
	return v
}

func (v *pairView) pack(p *packing) {
	p.texts(v.a, v.b, v.class, v.mark)
	p.num(int(math.Float64bits(v.weight)))
	p.num(int(math.Float64bits(v.probability)))
	p.num(len(v.fields))
	for _, f := range v.fields {
		p.texts(f.label, f.a, f.b)
		note := 0
		if f.note {
			note = 1
		}
		p.num(note)
	}
	p.num(len(v.comparisons))
	for _, c := range v.comparisons {
		p.texts(c.Field, c.Level)
		p.num(int(math.Float64bits(c.Bits)))
	}
	p.list(v.reasons)
}

func (v *pairView) unpack(u *unpacking) {
	u.texts(&v.a, &v.b, &v.class, &v.mark)
	v.weight = math.Float64frombits(uint64(u.num()))
	v.probability = math.Float64frombits(uint64(u.num()))
	for range u.num() {
		var f fieldView
		u.texts(&f.label, &f.a, &f.b)
		f.note = u.num() == 1
		v.fields = append(v.fields, f)
	}
	for range u.num() {
		var c Comparison
		u.texts(&c.Field, &c.Level)
		c.Bits = math.Float64frombits(uint64(u.num()))
		v.comparisons = append(v.comparisons, c)
	}
	v.reasons = u.list()
}

func (d *duplicateBook) layout() layout {
	l := layout{
		name: "重複審査", title: d.b.title, rows: d.pairs.count, fixed: 4, filter: true, locked: true,
		legend: []legend{{alarm, pipeline.ClassConfirmed}, {notice, pipeline.ClassReview}},
		lines: []string{
			fmt.Sprintf("%s %s組　｜　%s %s組　｜　相違する文字は赤の太字・下線で示しています。",
				pipeline.ClassConfirmed, thousands(d.confirmed), pipeline.ClassReview, thousands(d.review)),
			"組の最初の行の黄色の欄（判定・理由・審査者）にご記入のうえ、ファイル名と照合符号を変えずにご返送ください。空欄の組は未審査として扱います。",
		},
		columns: append([]column{
			{header: "組", width: 5, align: "center"},
			{header: "募集人ID A", width: 12},
			{header: "募集人ID B", width: 12},
			{header: "区分", width: 7, align: "center"},
			{header: "重み\n(bit)", width: 7},
			{header: "同一人の\n確率", width: 9},
			{header: "項目", width: 15},
			{header: "Aの記録", width: 29},
			{header: "Bの記録", width: 29},
			{header: "一致", width: 8, align: "center"},
			{header: "比較と重み(bit)", width: 28},
			{header: "累計\n(bit)", width: 7},
			{header: "重みの図", width: 22},
			{header: "判断の根拠", width: 38},
			{header: "照合符号", width: 19},
		}, reviewColumns("同一人", "別人", "保留")...),
	}
	if !d.b.m.Encrypted {
		l.lines = append(l.lines, "このファイルは暗号化されないため、生年月日は相違する桁だけを表示しています。")
	}
	return l
}

func (d *duplicateBook) write() error {
	s, err := d.b.table(d.layout())
	if err != nil {
		return err
	}
	n := 0
	for rec, err := range d.pairs.sorted() {
		if err != nil {
			return err
		}
		var v pairView
		u := unpacking{b: rec}
		v.unpack(&u)
		if err := u.end(); err != nil {
			return err
		}
		n++
		if err := writePair(s, n, &v); err != nil {
			return err
		}
	}
	return s.finish()
}

// perChar is how many bits a character of the waterfall stands for.
const perChar = 3

func writePair(s *sheet, n int, v *pairView) error {
	steps := make([]float64, len(v.comparisons))
	for i, c := range v.comparisons {
		steps[i] = c.Bits
	}
	bars, sum := Waterfall(steps, perChar), 0.0
	for i := range max(1, len(v.fields), len(v.comparisons), len(v.reasons)) {
		s.ruled = i == 0
		v.head(s, n, i)
		v.field(s, i)
		if i < len(v.comparisons) {
			c := v.comparisons[i]
			sum += c.Bits
			s.wrap(plain, joined(" ", c.Field, c.Level, bits(c.Bits)))
			s.number(asNumber, plain, math.Round(100*sum)/100)
			s.text(barTone(c.Bits), bars[i])
		} else {
			s.text(plain, "")
			s.text(plain, "")
			s.text(plain, "")
		}
		if i < len(v.reasons) {
			s.wrap(plain, v.reasons[i])
		} else {
			s.text(plain, "")
		}
		if i == 0 {
			s.text(muted, v.mark)
			s.input("")
			s.input("")
			s.input("")
		}
		if err := s.end(); err != nil {
			return err
		}
	}
	return nil
}

func barTone(bits float64) tone {
	if bits < 0 {
		return notice
	}
	return good
}

// head says which pair a row belongs to.
func (v *pairView) head(s *sheet, n, i int) {
	t, class := plain, alarm
	if v.class == pipeline.ClassReview {
		class = notice
	}
	if i > 0 {
		t, class = muted, muted
	}
	s.count(t, n)
	s.text(t, v.a)
	s.text(t, v.b)
	s.text(class, v.class)
	if i > 0 {
		s.text(t, "")
		s.text(t, "")
		return
	}
	s.number(asNumber, t, v.weight)
	s.number(asShare, t, v.probability)
}

// field shows one field of both records.
func (v *pairView) field(s *sheet, i int) {
	if i >= len(v.fields) {
		for range 4 {
			s.text(plain, "")
		}
		return
	}
	f := v.fields[i]
	s.text(plain, f.label)
	if f.note {
		s.wrap(muted, f.a)
		s.wrap(muted, f.b)
		s.text(plain, "")
		return
	}
	verdict, t := agreement(f.a, f.b)
	if verdict == differ || verdict == spelling {
		a, b := marked(f.a, f.b)
		s.rich(f.a, a)
		s.rich(f.b, b)
	} else {
		s.wrap(plain, f.a)
		s.wrap(plain, f.b)
	}
	s.text(t, verdict)
}

func bits(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return strings.Replace(fmt.Sprintf("%+.2f", x), "-", "−", 1)
}
