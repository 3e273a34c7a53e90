package source_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"meibo/pipeline"
	"meibo/pipeline/source"
)

// zipStored packs the parts uncompressed.
func (p parts) zipStored(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(p)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, p[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestZIPTraps(t *testing.T) {
	b := book(head + `<row r="2"><c r="A2" t="inlineStr"><is><t>H00050</t></is></c></row>`)
	stored := b.zipStored(t)
	twice := func() []byte {
		var buf bytes.Buffer
		z := zip.NewWriter(&buf)
		for range 2 {
			for _, name := range slices.Sorted(maps.Keys(b)) {
				w, err := z.Create(name)
				if err != nil {
					t.Fatal(err)
				}
				io.WriteString(w, b[name])
			}
		}
		z.Close()
		return buf.Bytes()
	}
	// central returns a copy with the field at off of every central directory
	// entry changed by fn.
	central := func(off int, fn func(field []byte)) []byte {
		c := bytes.Clone(stored)
		for i := 0; ; {
			n := bytes.Index(c[i:], []byte("PK\x01\x02"))
			if n < 0 {
				return c
			}
			i += n
			fn(c[i+off:])
			i += 4
		}
	}
	many := maps.Clone(b)
	for i := range 1001 {
		many[fmt.Sprintf("x/%d.bin", i)] = "x"
	}
	tests := []struct {
		name string
		file []byte
		want pipeline.Code
	}{
		{"a changed byte in a stored entry", bytes.Replace(stored, []byte("H00050"), []byte("H00090"), 1), source.CodeDamaged},
		{"checksums set to nothing", central(16, func(f []byte) { binary.LittleEndian.PutUint32(f, 0) }), source.CodeDamaged},
		{"sizes that lie", central(24, func(f []byte) { binary.LittleEndian.PutUint32(f, 50) }), source.CodeDamaged},
		{"entries encrypted by ZIP", central(8, func(f []byte) { f[0] |= 1 }), source.CodeBadPackage},
		{"unknown compression", central(10, func(f []byte) { f[0] = 99 }), source.CodeDamaged},
		{"names twice", twice(), source.CodeBadPackage},
		{"too many entries", many.zip(t), source.CodeBadPackage},
		{"cut before the directory", stored[:len(stored)/2], source.CodeDamaged},
		{"no entries", []byte("PK\x05\x06" + strings.Repeat("\x00", 18)), source.CodeBadPackage},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if g := read(t, tt.file, "a.xlsx", source.Options{}); g.Refuse != tt.want {
				t.Errorf("refused with %q (rows %q), want %q", g.Refuse, join(g.Rows), tt.want)
			}
		})
	}
}

// With limits set high, texts and tags are still bounded.
func TestLongTokensAreRefused(t *testing.T) {
	o := source.Options{Limits: source.Limits{Ratio: 1 << 20}}
	b := book(head).with(t, sheet1, "<t>id</t>", "<t>"+strings.Repeat("あ", 3<<20)+"</t>")
	if g := read(t, b.zip(t), "a.xlsx", o); g.Refuse != source.CodeDamaged {
		t.Errorf("refused with %q", g.Refuse)
	}
	o.Limits.TextBytes = 1000
	b = book(head).with(t, "xl/sharedStrings.xml", "</sst>", strings.Repeat("<si><t/></si>", 1000)+"</sst>")
	if g := read(t, b.zip(t), "a.xlsx", o); g.Refuse != source.CodeBomb {
		t.Errorf("refused with %q", g.Refuse)
	}
}

var errDisk = errors.New("disk gone")

// failing gives an error of the world from byte n on.
type failing struct {
	r io.ReaderAt
	n int64
}

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.n {
		return 0, errDisk
	}
	return f.r.ReadAt(p, off)
}

// A broken disk is no fault of the sender.
func TestErrorsOfTheWorldAreNoFaults(t *testing.T) {
	csv := []byte("id,name\n" + strings.Repeat("1,x\n", 200_000))
	xlsx := bigWorkbook(t, 50, 4)
	locked := encrypted(t, bigWorkbook(t, 5000, 4), "synthetic-1") // read in several parts
	for name, b := range map[string][]byte{"a.csv": csv, "a.xlsx": xlsx, "locked.xlsx": locked} {
		for n := int64(0); n < int64(len(b)); n += int64(len(b)/7) + 1 {
			table, err := source.Open(failing{bytes.NewReader(b), n}, int64(len(b)), name, decrypting(t, "synthetic-1"))
			if err == nil {
				for _, err = range table.Rows() {
					if err != nil {
						break
					}
				}
			}
			var f *pipeline.Fault
			if !errors.Is(err, errDisk) || errors.As(err, &f) {
				t.Errorf("%s failing from byte %d: %v", name, n, err)
			}
		}
	}
}
