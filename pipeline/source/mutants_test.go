package source_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meibo/pipeline/source"
)

// mutants is how many damaged workbooks and CSVs are read; make fuzz reads more.
var mutants = flag.Int("mutants", 200, "damaged files of each kind to read")

// What a damaged file may cost. Memory is counted as it is allocated, which is
// at least what is held at any time.
const (
	mutantMemory = 256 << 20
	mutantTime   = 10 * time.Second
)

// bounded runs do and fails where it costs too much; it does not outlive an
// endless loop.
func bounded(t *testing.T, what string, do func()) {
	t.Helper()
	watch := time.AfterFunc(mutantTime, func() { panic(what + " takes too long") })
	defer watch.Stop()
	before := allocated()
	do()
	if used := allocated() - before; used > mutantMemory {
		t.Fatalf("%s: %d bytes allocated", what, used)
	}
}

func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// mutation damages a file; it may give it back as it is.
type mutation struct {
	name string
	do   func(rng *rand.Rand, b []byte) []byte
}

func cut(rng *rand.Rand, b []byte) []byte { return b[:rng.IntN(len(b))] }

func flipBit(rng *rand.Rand, b []byte) []byte {
	b = slices.Clone(b)
	b[rng.IntN(len(b))] ^= 1 << rng.IntN(8)
	return b
}

// A workbook that was cut, hit by a flipped bit, or taken apart and put
// together wrongly is refused, or its table is the same.
func TestXLSXMutants(t *testing.T) {
	made := book(head + strings.Repeat(`<row><c t="s"><v>1</v></c><c s="1"><v>45000</v></c></row>`, 40))
	files := [][]byte{bigWorkbook(t, 40, 6), made.zip(t), made.zipStored(t)}
	var want []got
	for _, f := range files {
		g := read(t, f, "a.xlsx", source.Options{})
		if g.Refuse != "" || len(g.Rows) < 40 {
			t.Fatalf("the sound workbook: %d rows, refused %q", len(g.Rows), g.Refuse)
		}
		want = append(want, g)
	}
	mutations := []mutation{
		{"cut", cut},
		{"flipped bit", flipBit},
		{"lying directory", lyingDirectory},
		{"swapped entries", func(rng *rand.Rand, b []byte) []byte { return reassembled(t, rng, b, swapEntries) }},
		{"doubled entry", func(rng *rand.Rand, b []byte) []byte { return reassembled(t, rng, b, doubleEntry) }},
	}
	rng := rand.New(rand.NewPCG(20261121, 3))
	refused, same := 0, 0
	for i := range *mutants {
		which, m := rng.IntN(len(files)), mutations[i%len(mutations)]
		what := fmt.Sprintf("mutant %d (%s of workbook %d)", i, m.name, which)
		damaged := m.do(rng, files[which])
		bounded(t, what, func() {
			g := read(t, damaged, "a.xlsx", source.Options{})
			if g.Refuse != "" {
				refused++
				return
			}
			if d := cmp.Diff(want[which], g); d != "" {
				t.Fatalf("%s gives another table:\n%s", what, d)
			}
			same++
		})
	}
	t.Logf("%d damaged workbooks: %d refused, %d read as the same table", *mutants, refused, same)
}

// lyingDirectory changes one field of the ZIP's directory or of its end record.
func lyingDirectory(rng *rand.Rand, b []byte) []byte {
	b = slices.Clone(b)
	start := bytes.Index(b, []byte("PK\x01\x02"))
	at := start + rng.IntN(len(b)-start-4)
	switch rng.IntN(3) {
	case 0:
		binary.LittleEndian.PutUint32(b[at:], rng.Uint32())
	case 1:
		binary.LittleEndian.PutUint16(b[at:], uint16(rng.IntN(64)))
	default:
		b[at] = byte(rng.IntN(256))
	}
	return b
}

// entry is one file of a ZIP.
type entry struct {
	name string
	data []byte
}

// reassembled takes a ZIP apart, lets change have its way, and packs it again.
func reassembled(t *testing.T, rng *rand.Rand, b []byte, change func(*rand.Rand, []entry) []entry) []byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var entries []entry
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, entry{f.Name, data})
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range change(rng, entries) {
		f, err := w.Create(e.name)
		if err == nil {
			_, err = f.Write(e.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// swapEntries gives two files each other's content, or each other's place.
func swapEntries(rng *rand.Rand, entries []entry) []entry {
	i, j := rng.IntN(len(entries)), rng.IntN(len(entries))
	entries[i], entries[j] = entries[j], entries[i]
	if rng.IntN(2) == 0 {
		entries[i].name, entries[j].name = entries[j].name, entries[i].name
	}
	return entries
}

// doubleEntry adds a file of a name that is there already: the same, one bit
// off, or another file's content.
func doubleEntry(rng *rand.Rand, entries []entry) []entry {
	e := entries[rng.IntN(len(entries))]
	switch rng.IntN(3) {
	case 0:
		e.data = flipBit(rng, e.data)
	case 1:
		e.data = entries[rng.IntN(len(entries))].data
	}
	return slices.Insert(entries, rng.IntN(len(entries)+1), e)
}
