package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meibo/pipeline"
)

func TestNightReadsBackFromItsJSON(t *testing.T) {
	var out bytes.Buffer
	if err := NightJSON(&out, sampleNight()); err != nil {
		t.Fatal(err)
	}
	golden(t, "nightly.json", out.String())
	var got Night
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sampleNight().canonical(), got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

func TestTheOrderOfANightsListsDoesNotMatter(t *testing.T) {
	write := func(n Night) (string, string) {
		m := sampleMeta()
		m.Reader = "association"
		var book, doc bytes.Buffer
		if _, err := Nightly(&book, m, n); err != nil {
			t.Fatal(err)
		}
		if err := NightJSON(&doc, n); err != nil {
			t.Fatal(err)
		}
		return book.String(), doc.String()
	}
	wantBook, wantDoc := write(sampleNight())
	n := sampleNight()
	slices.Reverse(n.Files)
	slices.Reverse(n.Faults)
	slices.Reverse(n.History)
	before := fmt.Sprint(n)
	gotBook, gotDoc := write(n)
	if gotBook != wantBook || gotDoc != wantDoc {
		t.Error("another order gave another report")
	}
	if fmt.Sprint(n) != before {
		t.Error("the caller's lists were sorted")
	}
}

func TestAQuietNightHasNoNulls(t *testing.T) {
	day := pipeline.MustDate("2026-11-22")
	var out bytes.Buffer
	if err := NightJSON(&out, Night{AsOf: day}); err != nil || strings.Contains(out.String(), "null") {
		t.Errorf("%v\n%s", err, out.String())
	}
	out.Reset()
	if _, err := Nightly(&out, sampleMeta(), Night{AsOf: day}); err != nil {
		t.Fatal(err)
	}
	wellFormed(t, out.Bytes())
}

func TestABusyNightStaysOnOnePage(t *testing.T) {
	n := sampleNight()
	for i := range 200 {
		n.Files = append(n.Files, NightFile{Sender: fmt.Sprintf("%04d", i), Kind: "activities", Name: "a.csv", State: pipeline.BatchApplied})
		n.Faults = append(n.Faults, NightFault{Kind: "agents", Code: pipeline.Code(fmt.Sprint(i)), Count: 1})
		n.Late = append(n.Late, LateSender{Sender: fmt.Sprint(i), Days: 1})
		n.Warnings = append(n.Warnings, "警告")
		n.History = append(n.History, NightPoint{AsOf: n.AsOf.AddDays(-40 - i)})
	}
	var out bytes.Buffer
	if _, err := Nightly(&out, sampleMeta(), n); err != nil {
		t.Fatal(err)
	}
	f := open(t, out.Bytes())
	rows := map[string]int{}
	for _, sheet := range f.GetSheetList() {
		r, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		rows[sheet] = len(r)
	}
	if rows[nightSheet] > 64 || rows[historySheet] != historyHeader+historyDays || rows["ファイル"] != 4+204 || rows["不備"] != 4+203 {
		t.Errorf("rows per sheet: %v", rows)
	}
}

func TestNightlyRefusesAnotherDay(t *testing.T) {
	n := sampleNight()
	n.AsOf = n.AsOf.AddDays(-1)
	if _, err := Nightly(io.Discard, sampleMeta(), n); err == nil || !strings.Contains(err.Error(), "the night is of 2026-11-21 and the report of 2026-11-22") {
		t.Errorf("error %v", err)
	}
}

func TestManifestListsFilesInOrder(t *testing.T) {
	sum := func(c string) string { return strings.Repeat(c, 64) }
	m := Manifest{
		AsOf: pipeline.MustDate("2026-11-22"), Reader: "0001", Version: "v1.2.3",
		Files: []ManifestFile{{Name: "rejects_契約.csv", SHA256: sum("b"), Rows: 3, Guarded: 1}, {Name: "expiry-report_2026-11-22.xlsx", SHA256: sum("a"), Rows: 1200}},
	}
	var out bytes.Buffer
	if err := m.Write(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, ManifestName(m.AsOf), out.String())
	if m.Files[0].Name != "rejects_契約.csv" {
		t.Error("the caller's list was sorted")
	}
	for name, spoil := range map[string]func(*Manifest){
		"no reader":       func(m *Manifest) { m.Reader = "" },
		"no day":          func(m *Manifest) { m.AsOf = 0 },
		"no version":      func(m *Manifest) { m.Version = "" },
		"a file twice":    func(m *Manifest) { m.Files = append(m.Files, m.Files[0]) },
		"no hash":         func(m *Manifest) { m.Files = []ManifestFile{{Name: "a"}} },
		"a nameless file": func(m *Manifest) { m.Files = []ManifestFile{{SHA256: sum("a")}} },
	} {
		bad := m
		bad.Files = slices.Clone(m.Files)
		spoil(&bad)
		if err := bad.Write(io.Discard); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
