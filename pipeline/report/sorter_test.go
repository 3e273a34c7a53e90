package report

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestSorterLaws(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		type rec struct{ key, payload string }
		in := rapid.SliceOf(rapid.Custom(func(t *rapid.T) rec {
			return rec{rapid.StringN(0, 3, 6).Draw(t, "key"), rapid.String().Draw(t, "payload")}
		})).Draw(t, "records")
		s := newSorter(dir, rapid.IntRange(1, 200).Draw(t, "memory"))
		defer s.close()
		for _, r := range in {
			if err := s.add([]byte(r.key), []byte(r.payload)); err != nil {
				t.Fatal(err)
			}
		}
		slices.SortStableFunc(in, func(a, b rec) int { return bytes.Compare([]byte(a.key), []byte(b.key)) })
		for range 2 { // it can be read again
			i := 0
			for got, err := range s.sorted() {
				if err != nil || string(got) != in[i].payload {
					t.Fatalf("record %d: %q, %v, want %q", i, got, err, in[i].payload)
				}
				i++
			}
			if i != len(in) || s.count != len(in) {
				t.Fatalf("%d of %d records", i, len(in))
			}
		}
	})
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestSorterKeepsNoMoreThanItMay(t *testing.T) {
	s := newSorter(t.TempDir(), 1000)
	defer s.close()
	for i := range 500 {
		if err := s.add(fmt.Appendf(nil, "%05d", 500-i), make([]byte, 60)); err != nil {
			t.Fatal(err)
		}
		if len(s.arena) > 1000 {
			t.Fatalf("%d bytes in memory", len(s.arena))
		}
	}
	info, err := s.spill.Stat()
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("spilled rows have rights %v, %v", info.Mode(), err)
	}
}

func TestSorterNoticesACutSpill(t *testing.T) {
	s := newSorter(t.TempDir(), 100)
	defer s.close()
	for i := range 50 {
		if err := s.add([]byte{byte(i)}, make([]byte, 20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.spill.Truncate(s.size - 5); err != nil {
		t.Fatal(err)
	}
	for _, err := range s.sorted() {
		if err != nil {
			return
		}
	}
	t.Error("rows went missing without an error")
}

func TestPackingLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOf(rapid.String()).Draw(t, "texts")
		n := rapid.Int().Draw(t, "number")
		var p packing
		p.list(texts)
		p.num(n)
		p.texts("end")
		u := unpacking{b: p.b}
		got, num, end := u.list(), u.num(), u.text()
		if diff := cmp.Diff(append([]string{}, texts...), append([]string{}, got...)); diff != "" || num != n || end != "end" || u.end() != nil {
			t.Fatalf("%d, %q, %v, (-want +got):\n%s", num, end, u.end(), diff)
		}
		cut := unpacking{b: p.b[:rapid.IntRange(0, len(p.b)-1).Draw(t, "cut")]}
		cut.list()
		cut.num()
		cut.text()
		if cut.end() == nil {
			t.Fatal("a cut record was not noticed")
		}
	})
}
