package report

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

func entries(t *testing.T, b []byte) []*zip.File {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return r.File
}

// fingerprints is a line with the hash of every sample report.
func fingerprints(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	for _, b := range builds() {
		fmt.Fprintf(&out, "%s %x\n", b.name, sha256.Sum256(bytesOf(t, b, sampleMeta())))
	}
	var night bytes.Buffer
	if err := NightJSON(&night, sampleNight()); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&out, "json %x\n", sha256.Sum256(night.Bytes()))
	return out.String()
}

const helper = "REPORT_TEST_HELPER"

// TestHelperProcess is the other process of the test below.
func TestHelperProcess(t *testing.T) {
	if os.Getenv(helper) == "" {
		return
	}
	fmt.Printf("<<%s>>", fingerprints(t))
}

// Maps are ordered by a seed of the process, so one process proves little.
func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	want := fingerprints(t)
	for range 19 {
		if got := fingerprints(t); got != want {
			t.Fatalf("got:\n%swant:\n%s", got, want)
		}
	}
	for range 3 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestHelperProcess$")
		cmd.Env = append(os.Environ(), helper+"=1", "TZ=America/New_York")
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		_, got, _ := strings.Cut(string(out), "<<")
		got, _, _ = strings.Cut(got, ">>")
		if got != want {
			t.Fatalf("another process:\n%swant:\n%s", got, want)
		}
	}
}

func TestEntriesAreSortedAndCarryNoTime(t *testing.T) {
	for _, b := range builds() {
		var names []string
		for _, e := range entries(t, bytesOf(t, b, sampleMeta())) {
			names = append(names, e.Name)
			if e.ModTime().Year() > 1980 || len(e.Extra) > 0 || e.Method != zip.Deflate || e.Flags != 0 {
				t.Errorf("%s: %s has time %v, %d extra bytes, method %d, flags %x", b.name, e.Name, e.ModTime(), len(e.Extra), e.Method, e.Flags)
			}
		}
		if !slices.IsSorted(names) || names[0] != contentTypes {
			t.Errorf("%s: entries %v", b.name, names)
		}
	}
}

// shuffled saves a workbook as excelize does.
func shuffled(t *testing.T) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i := range 6 {
		name := fmt.Sprintf("S%d", i)
		if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		sw, err := f.NewStreamWriter(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := sw.SetRow("A1", []any{"x", i}); err != nil {
			t.Fatal(err)
		}
		if err := sw.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestCanonicalMakesEqualWorkbooksEqual(t *testing.T) {
	rewrite := func(b []byte) []byte {
		var out bytes.Buffer
		if err := Canonical(&out, bytes.NewReader(b), int64(len(b)), t.TempDir()); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	want := rewrite(shuffled(t))
	for range 20 {
		if !bytes.Equal(rewrite(shuffled(t)), want) {
			t.Fatal("the same workbook gave other bytes")
		}
	}
	if !bytes.Equal(rewrite(want), want) {
		t.Error("a canonical workbook was changed")
	}
	if v, err := open(t, want).GetCellValue("S3", "B1"); v != "3" || err != nil {
		t.Errorf("S3!B1 = %q, %v", v, err)
	}
}

// Whatever byte of an entry flips, the damage is noticed, or it hit what no one
// reads and the result is the same.
func TestCanonicalNoticesDamage(t *testing.T) {
	b := bytesOf(t, builds()[1], sampleMeta())
	dir, noticed := t.TempDir(), 0
	directory := int(binary.LittleEndian.Uint32(b[len(b)-6:])) // it has no checksum
	for at := 0; at < directory; at += 53 {
		bad := slices.Clone(b)
		bad[at] ^= 0x10
		var out bytes.Buffer
		err := Canonical(&out, bytes.NewReader(bad), int64(len(bad)), dir)
		if err == nil && !bytes.Equal(out.Bytes(), b) {
			t.Errorf("a flipped bit at %d gave another workbook and no error", at)
		}
		if err != nil {
			noticed++
		}
	}
	if noticed < directory/53/2 {
		t.Errorf("only %d flips were noticed", noticed)
	}
	cut := b[:len(b)-100]
	if err := Canonical(&bytes.Buffer{}, bytes.NewReader(cut), int64(len(cut)), dir); err == nil {
		t.Error("a cut workbook was not noticed")
	}
}
