package source_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/japanese"

	"meibo/pipeline/source"
)

// A CSV has no checksum, so that a damaged one can read as another table. What
// holds instead: it is refused, or every line of the damaged bytes comes out as
// what it says there, good or with a fault, none lost and none invented. The
// reference below reads the same bytes slowly, by the rules alone.
func TestCSVMutants(t *testing.T) {
	plain := "番号,氏名,住所,備考\r\n"
	for i := range 30 {
		plain += fmt.Sprintf("A%03d,\"山田, \"\"太郎\"\"\",東京都\r\n", i)
		plain = strings.TrimSuffix(plain, "\r\n") + fmt.Sprintf(",\"%d行目\r\nの続き\"\r\nB%03d,鈴木　花子,, x \r\n", i, i)
	}
	files := [][]byte{
		[]byte(plain), []byte("\uFEFF" + plain), []byte(sjis(t, plain)), []byte(utf16Text(plain, true)), []byte(utf16Text(plain, false)),
		[]byte(strings.NewReplacer(",", "\t", "\r\n", "\n").Replace(plain)), []byte(strings.ReplaceAll(plain, "\r\n", "\r") + "\x1a"),
	}
	mutations := []mutation{
		{"cut", cut}, {"flipped bit", flipBit}, {"swapped parts", swapParts}, {"doubled part", doublePart}, {"strewn marks", strew},
	}
	var sound [][]line
	for i, f := range files {
		g := sameAsReference(t, fmt.Sprintf("sound file %d", i), f)
		if len(g) != 60 {
			t.Fatalf("sound file %d: %d rows", i, len(g))
		}
		sound = append(sound, g)
	}
	rng := rand.New(rand.NewPCG(20261121, 4))
	refused, same := 0, 0
	for i := range *mutants {
		which, m := rng.IntN(len(files)), mutations[i%len(mutations)]
		what := fmt.Sprintf("mutant %d (%s of CSV %d)", i, m.name, which)
		damaged := m.do(rng, files[which])
		bounded(t, what, func() {
			switch g := sameAsReference(t, what, damaged); {
			case g == nil:
				refused++
			case reflect.DeepEqual(g, sound[which]):
				same++
			}
		})
	}
	t.Logf("%d damaged CSVs: %d refused, %d read as the same table, %d as what their lines say",
		*mutants, refused, same, *mutants-refused-same)
}

func part(rng *rand.Rand, b []byte) (from, to int) {
	from = rng.IntN(len(b))
	return from, from + rng.IntN(min(200, len(b)-from))
}

func swapParts(rng *rand.Rand, b []byte) []byte {
	from, to := part(rng, b)
	rest := slices.Concat(b[:from], b[to:])
	return slices.Insert(rest, rng.IntN(len(rest)+1), b[from:to]...)
}

func doublePart(rng *rand.Rand, b []byte) []byte {
	from, to := part(rng, b)
	return slices.Insert(slices.Clone(b), rng.IntN(len(b)), b[from:to]...)
}

func strew(rng *rand.Rand, b []byte) []byte {
	b = slices.Clone(b)
	for range 1 + rng.IntN(4) {
		const marks = "\",\t\r\n\x00\x1a\xff"
		b[rng.IntN(len(b))] = marks[rng.IntN(len(marks))]
	}
	return b
}

// line is what became of a row: its cells, or nil with a fault of its own.
type line struct {
	Number int
	Cells  []string
}

// sameAsReference reads b and compares every row with the reference.
func sameAsReference(t *testing.T, what string, b []byte) []line {
	t.Helper()
	table, err := open(b, "a.csv", source.Options{})
	if err != nil {
		refusal(t, err)
		return nil
	}
	var ours []line
	for row, err := range table.Rows() {
		l := line{Number: row.Number}
		if err == nil {
			for _, c := range row.Cells {
				l.Cells = append(l.Cells, c.Text)
			}
		}
		ours = append(ours, l)
	}
	want := reference{table: table, text: asBytes(b, table.Encoding)}.rows()
	if d := cmp.Diff(want, ours); d != "" {
		t.Fatalf("%s in %s (-reference +ours):\n%s\n%q", what, table.Encoding, d, b)
	}
	return ours
}

// asBytes drops marks at the beginning and end, and turns UTF-16 into UTF-8.
func asBytes(b []byte, encoding string) []byte {
	var order binary.ByteOrder = binary.BigEndian
	switch encoding {
	case source.EncodingUTF8, source.EncodingCP932:
		if encoding == source.EncodingUTF8 {
			b = bytes.TrimPrefix(b, []byte("\uFEFF"))
		}
		return bytes.TrimSuffix(b, []byte{0x1a})
	case source.EncodingUTF16LE:
		order = binary.LittleEndian
	}
	var units []uint16
	for b = b[2:]; len(b) > 1; b = b[2:] {
		units = append(units, order.Uint16(b))
	}
	text := []byte(string(utf16.Decode(units)))
	if len(b) > 0 { // half a character
		text = append(text, "\uFFFD"...)
	}
	return text
}

// reference reads a CSV one byte after the other, and any line anew.
type reference struct {
	table *source.Table
	text  []byte
}

func (r reference) rows() (all []line) {
	number := 1
	for rest := r.text; len(rest) > 0; {
		cells, n, quotes := r.record(rest)
		raw := rest[:n]
		if !quotes {
			n = len(rest)
			if i := bytes.IndexAny(rest, "\r\n"); i >= 0 {
				n = i + lineEnd(rest[i:])
			}
			raw = rest[:n]
		}
		texts, sound := r.decoded(raw, cells)
		l := line{Number: number}
		good := quotes && sound && len(cells) == len(r.table.Header)
		for i := range texts {
			good = good && (!blankCells(r.table.Header[i:i+1]) || blankCells(texts[i:i+1]))
			if !good {
				break
			}
		}
		if good {
			l.Cells = texts
		}
		if number > r.table.HeaderRow && !(quotes && sound && blankCells(texts)) {
			all = append(all, l)
		}
		for i := 0; i < n; i++ {
			if k := lineEnd(rest[i:]); k > 0 {
				number++
				i += k - 1
			}
		}
		rest = rest[n:]
	}
	return all
}

// lineEnd is the length of the line end that b begins with.
func lineEnd(b []byte) int {
	switch {
	case bytes.HasPrefix(b, []byte("\r\n")):
		return 2
	case len(b) > 0 && (b[0] == '\r' || b[0] == '\n'):
		return 1
	}
	return 0
}

// record takes one record from the front of b by RFC 4180, and its length with
// its line end. It is not ok where the quotes are not.
func (r reference) record(b []byte) (cells [][]byte, n int, ok bool) {
	for i := 0; ; i++ {
		var cell []byte
		if i < len(b) && b[i] == '"' {
			for i++; ; i++ {
				if i >= len(b) {
					return nil, 0, false
				}
				if b[i] == '"' {
					if i++; i >= len(b) || b[i] != '"' {
						break
					}
				}
				cell = append(cell, b[i])
			}
		} else {
			for ; i < len(b) && b[i] != byte(r.table.Comma) && lineEnd(b[i:]) == 0; i++ {
				if b[i] == '"' {
					return nil, 0, false
				}
				cell = append(cell, b[i])
			}
		}
		cells = append(cells, cell)
		switch {
		case i >= len(b):
			return cells, i, true
		case lineEnd(b[i:]) > 0:
			return cells, i + lineEnd(b[i:]), true
		case b[i] != byte(r.table.Comma):
			return nil, 0, false
		}
	}
}

// decoded gives the texts of the cells, and whether all bytes are characters.
func (r reference) decoded(raw []byte, cells [][]byte) (texts []string, sound bool) {
	sound = bytes.IndexByte(raw, 0) < 0
	for _, c := range cells {
		text := string(c)
		if r.table.Encoding == source.EncodingCP932 {
			var err error
			if text, err = japanese.ShiftJIS.NewDecoder().String(text); err != nil {
				sound = false
			}
		}
		sound = sound && !garbled(text)
		texts = append(texts, text)
	}
	return texts, sound
}

func garbled(s string) bool {
	return strings.ToValidUTF8(s, "\uFFFD") != s || strings.ContainsFunc(s, func(r rune) bool { return r == '\uFFFD' || r >= 0x80 && r < 0xA0 })
}
