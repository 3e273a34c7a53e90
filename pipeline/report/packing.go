package report

import (
	"encoding/binary"
	"errors"
	"io"
)

// packing writes a record as the sorter keeps it: texts and numbers behind each
// other, each with its length. It is a tenth of the cost of a general encoding.
type packing struct{ b []byte }

func (p *packing) reset()    { p.b = p.b[:0] }
func (p *packing) num(n int) { p.b = binary.AppendVarint(p.b, int64(n)) }

func (p *packing) texts(all ...string) {
	for _, s := range all {
		p.b = binary.AppendUvarint(p.b, uint64(len(s)))
		p.b = append(p.b, s...)
	}
}

func (p *packing) list(all []string) {
	p.num(len(all))
	p.texts(all...)
}

// unpacking reads what packing wrote, in the same order. A damaged record gives
// zero values and an error at the end.
type unpacking struct {
	b   []byte
	bad bool
}

func (u *unpacking) num() int {
	v, n := binary.Varint(u.b)
	if n <= 0 {
		u.bad, u.b = true, nil
		return 0
	}
	u.b = u.b[n:]
	return int(v)
}

func (u *unpacking) text() string {
	v, n := binary.Uvarint(u.b)
	if n <= 0 || v > uint64(len(u.b)-n) {
		u.bad, u.b = true, nil
		return ""
	}
	s := string(u.b[n : n+int(v)])
	u.b = u.b[n+int(v):]
	return s
}

func (u *unpacking) texts(all ...*string) {
	for _, s := range all {
		*s = u.text()
	}
}

func (u *unpacking) list() []string {
	n := u.num()
	if n <= 0 || n > len(u.b) {
		u.bad = u.bad || n != 0
		return nil
	}
	all := make([]string, n)
	for i := range all {
		all[i] = u.text()
	}
	return all
}

func (u *unpacking) end() error {
	if u.bad || len(u.b) > 0 {
		return errors.Join(errors.New("a spilled row is damaged"), io.ErrUnexpectedEOF)
	}
	return nil
}
