package report

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

var update = flag.Bool("update", false, "rewrite the files in testdata from what the code does now")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs; look at it, then run the test with -update (-want +got):\n%s", path, diff)
	}
}

// open reads a workbook back.
func open(t *testing.T, b []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// dump writes what a reader sees of a workbook, and what they can do with it.
func dump(t *testing.T, b []byte) string {
	t.Helper()
	f := open(t, b)
	var out strings.Builder
	for _, sheet := range f.GetSheetList() {
		fmt.Fprintf(&out, "== %s\n", sheet)
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			if line := strings.TrimRight(strings.Join(row, " | "), " |"); line != "" {
				fmt.Fprintf(&out, "%d: %s\n", i+1, strings.ReplaceAll(line, "\n", "⏎"))
			}
		}
		out.WriteString(settings(t, f, sheet))
	}
	for _, d := range f.GetDefinedName() {
		fmt.Fprintf(&out, "name %s = %s\n", d.Name, d.RefersTo)
	}
	return out.String()
}

// settings are panes, page, protection and drop-downs.
func settings(t *testing.T, f *excelize.File, sheet string) string {
	t.Helper()
	var out strings.Builder
	page, err1 := f.GetPageLayout(sheet)
	panes, err2 := f.GetPanes(sheet)
	hf, err3 := f.GetHeaderFooter(sheet)
	lists, err4 := f.GetDataValidations(sheet)
	prot, err5 := f.GetSheetProtection(sheet)
	for _, err := range []error{err1, err2, err3, err4, err5} {
		if err != nil {
			t.Fatal(err)
		}
	}
	fmt.Fprintf(&out, "page: paper %d %s, %d wide %d tall; footer %s\n", *page.Size, *page.Orientation, *page.FitToWidth, *page.FitToHeight, hf.OddFooter)
	if panes.Freeze {
		fmt.Fprintf(&out, "frozen: %d columns, %d rows\n", panes.XSplit, panes.YSplit)
	}
	if prot.SelectUnlockedCells {
		fmt.Fprintf(&out, "protected: format cells %v, insert rows %v, filter %v\n", prot.FormatCells, prot.InsertRows, prot.AutoFilter)
	}
	for _, l := range lists {
		fmt.Fprintf(&out, "choices: %s %s\n", l.Sqref, l.Formula1)
	}
	return out.String()
}

// parts reads all entries of a workbook.
func parts(t *testing.T, b []byte) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, e := range entries(t, b) {
		r, err := e.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name] = string(content)
	}
	return all
}

// wellFormed fails on a part that is no XML, and on a formula in a sheet.
func wellFormed(t *testing.T, b []byte) {
	t.Helper()
	for name, content := range parts(t, b) {
		dec := xml.NewDecoder(strings.NewReader(content))
		for {
			tok, err := dec.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			el, ok := tok.(xml.StartElement)
			if ok && el.Name.Local == "f" && strings.HasPrefix(name, "xl/worksheets/") {
				t.Errorf("%s holds a formula", name)
			}
		}
	}
}

// build is one report over its sample.
type build struct {
	name  string
	rows  int
	write func(io.Writer, Meta) (Stats, error)
}

func builds() []build {
	list, rows := samplePurge()
	return []build{
		{"expiry-report", 40, func(w io.Writer, m Meta) (Stats, error) {
			m.Reader, m.ReaderName = "0001", "みらい損害保険"
			return ExpiryReport(w, m, chain(sampleExpiry(40), sampleLater(20)))
		}},
		{"purge-list", len(rows), func(w io.Writer, m Meta) (Stats, error) {
			m.Reader, m.ReaderName = "compliance", "審査担当"
			return PurgeList(w, m, list, over(rows), sampleSince())
		}},
		{"duplicates", 2, func(w io.Writer, m Meta) (Stats, error) {
			m.Reader, m.ReaderName = "compliance", "審査担当"
			return Duplicates(w, m, over(sampleBlocks()))
		}},
		{"nightly", 4, func(w io.Writer, m Meta) (Stats, error) {
			m.Reader, m.ReaderName = "association", "協会"
			return Nightly(w, m, sampleNight())
		}},
		{"purge-receipt", 4, func(w io.Writer, m Meta) (Stats, error) {
			m.Reader, m.ReaderName = "compliance", "審査担当"
			return PurgeReceipt(w, m, sampleReceipt())
		}},
	}
}

func bytesOf(t *testing.T, b build, m Meta) []byte {
	t.Helper()
	var out bytes.Buffer
	st, err := b.write(&out, m)
	if err != nil {
		t.Fatal(err)
	}
	if st.Rows != b.rows {
		t.Errorf("%s: %d rows reported, want %d", b.name, st.Rows, b.rows)
	}
	return out.Bytes()
}

func TestWorkbooksReadAsTheyShould(t *testing.T) {
	for _, b := range builds() {
		t.Run(b.name, func(t *testing.T) {
			got := bytesOf(t, b, sampleMeta())
			wellFormed(t, got)
			golden(t, b.name+".txt", dump(t, got))
		})
	}
}

func TestEverySheetSaysWhatItIs(t *testing.T) {
	for _, b := range builds() {
		f := open(t, bytesOf(t, b, sampleMeta()))
		for _, sheet := range f.GetSheetList() {
			rows, err := f.GetRows(sheet)
			if err != nil {
				t.Fatal(err)
			}
			top := strings.Join(slices.Concat(rows[:min(8, len(rows))]...), "")
			for _, want := range []string{"基準日 2026-11-22", "作成 2026-11-22 03:15", "meibo v1.2.3", "件数 ", "取扱要領§6", "取扱要領§8"} {
				if !strings.Contains(top, want) {
					t.Errorf("%s, sheet %s: its head lacks %q", b.name, sheet, want)
				}
			}
		}
	}
}

func TestReportsNeedTheirMeta(t *testing.T) {
	for _, b := range builds() {
		if _, err := b.write(io.Discard, Meta{Reader: "x"}); err == nil || !strings.Contains(err.Error(), "scheduled slot") {
			t.Errorf("%s without a day or a slot: %v", b.name, err)
		}
	}
}

func TestALongReaderNameFitsTheFooter(t *testing.T) {
	m := sampleMeta()
	m.ReaderName = strings.Repeat("A&B保険", 60)
	var out bytes.Buffer
	if _, err := ExpiryReport(&out, m, sampleExpiry(4)); err != nil {
		t.Fatal(err)
	}
	hf, err := open(t, out.Bytes()).GetHeaderFooter("明細")
	if n := len([]rune(hf.OddFooter)); err != nil || n > 255 || !strings.Contains(hf.OddFooter, "A&&B") {
		t.Errorf("footer of %d characters, %v", n, err)
	}
}

// broken is a disk that is full after n bytes.
type broken struct{ n int }

func (b *broken) Write(p []byte) (int, error) {
	if b.n -= len(p); b.n < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestNothingSpilledIsLeft(t *testing.T) {
	for _, b := range builds() {
		m := sampleMeta()
		m.TempDir = t.TempDir()
		bytesOf(t, b, m)
		for _, room := range []int{0, 100, 5000} {
			if _, err := b.write(&broken{room}, m); err == nil {
				t.Errorf("%s on a disk with room for %d bytes: no error", b.name, room)
			}
		}
		left, err := os.ReadDir(m.TempDir)
		if err != nil || len(left) > 0 {
			t.Errorf("%s left %v, %v", b.name, left, err)
		}
	}
}
