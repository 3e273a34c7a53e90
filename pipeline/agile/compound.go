package agile

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
)

// Sizes and marks of a compound file of version 3 ([MS-CFB]).
const (
	sectorSize = 512
	miniSize   = 64
	miniCutoff = 4096 // smaller streams share the mini stream
	perSector  = sectorSize / 4
	inHeader   = 109 // FAT sectors that the header names itself

	freeSector = 0xffffffff
	endOfChain = 0xfffffffe
	fatSector  = 0xfffffffd
	difSector  = 0xfffffffc
	noEntry    = 0xffffffff
)

// stream is one stream of a compound file; its size is known before its content.
type stream struct {
	path  []string
	size  int64
	write func(io.Writer) error
}

// container is a compound file. Large streams are written before small ones.
type container []stream

// entry is one place in the directory.
type entry struct {
	name                  string
	kind                  byte // 1 storage, 2 stream, 5 root
	left, right, children uint32
	start                 uint32
	size                  int64
}

// plan is where everything of a compound file lies.
type plan struct {
	fat, mini []uint32
	entries   []entry
	large     []*stream
	small     []*stream
	dirStart  uint32
	miniStart uint32
	fatStart  uint32
	fats      int
	difStart  uint32
	difs      int
}

// chain appends n places that follow one another and returns the first.
func chain(table *[]uint32, n int) uint32 {
	if n == 0 {
		return endOfChain
	}
	start := uint32(len(*table))
	for i := range n - 1 {
		*table = append(*table, start+uint32(i)+1)
	}
	*table = append(*table, endOfChain)
	return start
}

func sectors(size int64, of int64) int { return int((size + of - 1) / of) }

// layOut decides where everything lies: large streams, the mini stream, its FAT,
// the directory, the FAT, and what the header cannot name of the FAT.
func (c container) layOut() *plan {
	p := &plan{}
	starts := map[*stream]uint32{}
	for i := range c {
		s := &c[i]
		if s.size >= miniCutoff {
			starts[s] = chain(&p.fat, sectors(s.size, sectorSize))
			p.large = append(p.large, s)
		} else {
			starts[s] = chain(&p.mini, sectors(s.size, miniSize))
			p.small = append(p.small, s)
		}
	}
	miniBytes := int64(len(p.mini)) * miniSize
	root := entry{name: "Root Entry", kind: 5, start: chain(&p.fat, sectors(miniBytes, sectorSize)), size: miniBytes}
	p.miniStart = chain(&p.fat, sectors(int64(len(p.mini))*4, sectorSize))
	p.entries = c.directory(root, starts)
	p.dirStart = chain(&p.fat, sectors(int64(len(p.entries))*128, sectorSize))
	p.fatStart = uint32(len(p.fat))
	for {
		p.difs = sectors(int64(max(0, p.fats-inHeader)), perSector-1)
		need := sectors(int64(len(p.fat)+p.fats+p.difs), perSector)
		if need == p.fats {
			break
		}
		p.fats = need
	}
	p.fat = append(p.fat, slices.Repeat([]uint32{fatSector}, p.fats)...)
	p.difStart = endOfChain
	if p.difs > 0 {
		p.difStart = uint32(len(p.fat))
		p.fat = append(p.fat, slices.Repeat([]uint32{difSector}, p.difs)...)
	}
	return p
}

// directory lists the root and, below it, every storage and stream.
func (c container) directory(root entry, starts map[*stream]uint32) []entry {
	root.left, root.right = noEntry, noEntry
	out := []entry{root}
	var fill func(at int, depth int, in []*stream)
	fill = func(at, depth int, in []*stream) {
		groups := map[string][]*stream{}
		for _, s := range in {
			groups[s.path[depth]] = append(groups[s.path[depth]], s)
		}
		names := make([]string, 0, len(groups))
		for name := range groups {
			names = append(names, name)
		}
		slices.SortFunc(names, compareNames)
		first := len(out)
		for _, name := range names {
			e := entry{name: name, kind: 1, children: noEntry}
			if s := groups[name][0]; len(s.path) == depth+1 {
				e.kind, e.start, e.size = 2, starts[s], s.size
			}
			out = append(out, e)
		}
		out[at].children = balance(out, first, len(out))
		for i, name := range names {
			if out[first+i].kind == 1 {
				fill(first+i, depth+1, groups[name])
			}
		}
	}
	all := make([]*stream, len(c))
	for i := range c {
		all[i] = &c[i]
	}
	fill(0, 0, all)
	return out
}

// compareNames is the order of a directory: shorter names first.
func compareNames(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(strings.ToUpper(a), strings.ToUpper(b)))
}

// balance makes a search tree of the entries from first to before end, which are
// in order, and returns its root.
func balance(es []entry, first, end int) uint32 {
	if first == end {
		return noEntry
	}
	mid := (first + end) / 2
	es[mid].left, es[mid].right = balance(es, first, mid), balance(es, mid+1, end)
	return uint32(mid)
}

func (c container) writeTo(out io.Writer) error {
	p := c.layOut()
	w := &sectorWriter{w: bufio.NewWriterSize(out, 1<<16)}
	w.put(p.header())
	for _, s := range p.large {
		w.stream(s, sectorSize)
	}
	for _, s := range p.small {
		w.stream(s, miniSize)
	}
	w.fill(sectorSize, 0)
	w.numbers(p.mini, freeSector)
	for _, e := range p.entries {
		w.put(e.bytes())
	}
	for range (4 - len(p.entries)%4) % 4 {
		w.put((&entry{left: noEntry, right: noEntry, children: noEntry}).bytes())
	}
	w.numbers(p.fat, freeSector)
	w.numbers(p.dif(), freeSector)
	if w.err != nil {
		return fmt.Errorf("write a locked workbook: %w", w.err)
	}
	return w.w.Flush()
}

func (p *plan) header() []byte {
	le := binary.LittleEndian
	b := make([]byte, sectorSize)
	copy(b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	le.PutUint16(b[24:], 0x3e) // minor version
	le.PutUint16(b[26:], 3)
	le.PutUint16(b[28:], 0xfffe) // little endian
	le.PutUint16(b[30:], 9)      // sectors of 2^9 bytes
	le.PutUint16(b[32:], 6)      // of the mini stream 2^6
	le.PutUint32(b[44:], uint32(p.fats))
	le.PutUint32(b[48:], p.dirStart)
	le.PutUint32(b[56:], miniCutoff)
	le.PutUint32(b[60:], p.miniStart)
	le.PutUint32(b[64:], uint32(sectors(int64(len(p.mini))*4, sectorSize)))
	le.PutUint32(b[68:], p.difStart)
	le.PutUint32(b[72:], uint32(p.difs))
	for i := range inHeader {
		at := uint32(freeSector)
		if i < p.fats {
			at = p.fatStart + uint32(i)
		}
		le.PutUint32(b[76+4*i:], at)
	}
	return b
}

// dif names the FAT sectors for which the header has no room; the last number of
// each of its sectors leads to the next.
func (p *plan) dif() []uint32 {
	var out []uint32
	for i := inHeader; i < p.fats; i++ {
		out = append(out, p.fatStart+uint32(i))
		if len(out)%perSector == perSector-1 {
			out = append(out, p.difStart+uint32(len(out)/perSector)+1)
		}
	}
	if p.difs == 0 {
		return nil
	}
	for len(out) < p.difs*perSector {
		out = append(out, freeSector)
	}
	out[len(out)-1] = endOfChain
	return out
}

func (e *entry) bytes() []byte {
	le := binary.LittleEndian
	b := make([]byte, 128)
	name := utf16.Encode([]rune(e.name))
	for i, u := range name {
		le.PutUint16(b[2*i:], u)
	}
	if e.name != "" {
		le.PutUint16(b[64:], uint16(2*len(name)+2))
	}
	b[66], b[67] = e.kind, 1 // black: a balanced tree needs no red
	le.PutUint32(b[68:], e.left)
	le.PutUint32(b[72:], e.right)
	if e.kind == 2 {
		le.PutUint32(b[76:], noEntry)
	} else {
		le.PutUint32(b[76:], e.children)
	}
	le.PutUint32(b[116:], e.start)
	le.PutUint64(b[120:], uint64(e.size))
	return b
}

// sectorWriter writes whole sectors and keeps the first error.
type sectorWriter struct {
	w   *bufio.Writer
	at  int64
	err error
}

func (w *sectorWriter) Write(b []byte) (int, error) {
	n, err := w.w.Write(b)
	w.at += int64(n)
	return n, err
}

func (w *sectorWriter) put(b []byte) {
	if w.err == nil {
		_, w.err = w.Write(b)
	}
}

// fill writes b up to a multiple of size.
func (w *sectorWriter) fill(size int64, b byte) {
	w.put(slices.Repeat([]byte{b}, int((size-w.at%size)%size)))
}

// stream writes a stream, which must keep to its size, in whole sectors.
func (w *sectorWriter) stream(s *stream, sector int64) {
	if w.err != nil {
		return
	}
	from := w.at
	if w.err = s.write(w); w.err == nil && w.at-from != s.size {
		w.err = fmt.Errorf("stream %q has %d bytes, not %d", s.path[len(s.path)-1], w.at-from, s.size)
	}
	w.fill(sector, 0)
}

// numbers writes a table, its last sector filled up.
func (w *sectorWriter) numbers(table []uint32, rest uint32) {
	b := make([]byte, 0, len(table)*4)
	for _, n := range table {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	for len(b)%sectorSize != 0 {
		b = binary.LittleEndian.AppendUint32(b, rest)
	}
	w.put(b)
}
