package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"meibo/pipeline"
)

func expiryRows(n int) (all []pipeline.ExpiryRow) {
	for r := range sampleExpiry(n) {
		all = append(all, r)
	}
	return all
}

func TestExpiryReportRefusesWhatDoesNotBelong(t *testing.T) {
	lost := errors.New("connection lost")
	for name, c := range map[string]struct {
		spoil func(rows []pipeline.ExpiryRow)
		want  string
	}{
		"a row of another insurer":     {func(r []pipeline.ExpiryRow) { r[7].InsurerCode = "0002" }, "row 8 belongs to insurer 0002 and not to 0001"},
		"a row without an insurer":     {func(r []pipeline.ExpiryRow) { r[0].InsurerCode = "" }, "row 1 belongs to insurer"},
		"the same key twice":           {func(r []pipeline.ExpiryRow) { r[5] = r[4] }, "row 6: rows are not in the order of their keys"},
		"rows out of order":            {func(r []pipeline.ExpiryRow) { r[2], r[8] = r[8], r[2] }, "not in the order"},
		"a step that is none":          {func(r []pipeline.ExpiryRow) { r[3].Step = "来月" }, `row 4: unknown step "来月"`},
		"a step without an expiry day": {func(r []pipeline.ExpiryRow) { r[3].ExpiresOn = 0 }, "does not fit"},
	} {
		t.Run(name, func(t *testing.T) {
			rows := expiryRows(10)
			c.spoil(rows)
			var out bytes.Buffer
			_, err := ExpiryReport(&out, sampleMeta(), over(rows))
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "expiry report: ") {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if out.Len() > 0 {
				t.Errorf("%d bytes were written all the same", out.Len())
			}
		})
	}
	_, err := ExpiryReport(io.Discard, sampleMeta(), func(yield func(pipeline.ExpiryRow, error) bool) {
		yield(pipeline.ExpiryRow{}, lost)
	})
	if !errors.Is(err, lost) {
		t.Errorf("error %v, want that of the rows", err)
	}
}

// Memory that is too small for the rows changes nothing in the result.
func TestExpiryReportSortsThroughTheDisk(t *testing.T) {
	write := func(memory int) []byte {
		b, err := newBook(sampleMeta(), "資格有効期限報告書")
		if err != nil {
			t.Fatal(err)
		}
		defer b.close()
		e := newExpiry(b)
		defer e.close()
		e.details.limit, e.lapsed.limit = memory, memory
		if err := e.collect(sampleExpiry(800)); err != nil {
			t.Fatal(err)
		}
		if spilled := e.details.spill != nil; spilled != (memory < sortMemory) {
			t.Fatalf("memory %d: spilled %v", memory, spilled)
		}
		var out bytes.Buffer
		for _, step := range []func() error{func() error { return b.addSheet(summarySheet) }, e.writeDetails, e.writeAgencies, e.writeLapsed, e.writeSummary} {
			if err := step(); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.save(&out); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	if !bytes.Equal(write(5000), write(sortMemory)) {
		t.Error("a spilled report differs from one that was not")
	}
}

func TestDetailsAreSortedByDateAgencyAndID(t *testing.T) {
	var out bytes.Buffer
	if _, err := ExpiryReport(&out, sampleMeta(), sampleExpiry(500)); err != nil {
		t.Fatal(err)
	}
	rows, err := open(t, out.Bytes()).GetRows("明細")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows[5:] {
		got = append(got, strings.Join([]string{r[1], r[3], r[5], r[7], r[9]}, " "))
	}
	if len(got) != 500 || !slices.IsSorted(got) {
		t.Errorf("%d rows, sorted %v", len(got), slices.IsSorted(got))
	}
}

func TestCellsHaveTheirTypes(t *testing.T) {
	rows := expiryRows(1)
	r := &rows[0]
	r.Name, r.AgencyName, r.AgentID, r.AgencyNo = "=1+1", "＝cmd|x", "0012", " -5"
	r.CertificateNo, r.QualificationName = strings.Repeat("名", 40_000), "a\x01b & <c>"
	r.JudgedOn = pipeline.MustDate("1899-12-31")
	var out bytes.Buffer
	if _, err := ExpiryReport(&out, sampleMeta(), over(rows)); err != nil {
		t.Fatal(err)
	}
	wellFormed(t, out.Bytes())
	f := open(t, out.Bytes())
	type cell struct {
		Type  excelize.CellType
		Value string
	}
	want := map[string]cell{
		"B6": {excelize.CellTypeNumber, "46053"}, // 2026-01-31, a real date
		"C6": {excelize.CellTypeNumber, "-295"},
		"D6": {excelize.CellTypeInlineString, " -5"},
		"E6": {excelize.CellTypeInlineString, "＝cmd|x"},
		"F6": {excelize.CellTypeInlineString, "0012"},
		"G6": {excelize.CellTypeInlineString, "=1+1"},
		"I6": {excelize.CellTypeInlineString, "a\ufffdb & <c>"},
		"J6": {excelize.CellTypeInlineString, strings.Repeat("名", cellUnits-len([]rune(cutMark))) + cutMark},
		"K6": {excelize.CellTypeInlineString, "1899-12-31"}, // Excel knows no such date
	}
	for at, w := range want {
		kind, err := f.GetCellType("明細", at)
		if err != nil {
			t.Fatal(err)
		}
		if kind == excelize.CellTypeUnset {
			kind = excelize.CellTypeNumber // a number needs no type
		}
		value, err := f.GetCellValue("明細", at, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(w, cell{kind, value}); diff != "" {
			t.Errorf("%s (-want +got):\n%.400s", at, diff)
		}
		if formula, err := f.GetCellFormula("明細", at); formula != "" || err != nil {
			t.Errorf("%s has formula %q, %v", at, formula, err)
		}
	}
}

func TestPayloadsAreNeverFormulas(t *testing.T) {
	for i, p := range payloads {
		rows := expiryRows(2)
		for k := range rows {
			rows[k].Name, rows[k].AgencyName, rows[k].QualificationName = p, p, p
		}
		var out bytes.Buffer
		if _, err := ExpiryReport(&out, sampleMeta(), over(rows)); err != nil {
			t.Fatal(err)
		}
		wellFormed(t, out.Bytes())
		f := open(t, out.Bytes())
		for _, at := range []string{"E6", "G6", "I6"} {
			kind, err := f.GetCellType("明細", at)
			if err != nil || kind != excelize.CellTypeInlineString {
				t.Errorf("payload %d in %s has type %v, %v", i, at, kind, err)
			}
		}
	}
}

func TestSerialIsExcelsDayNumber(t *testing.T) {
	for day, want := range map[string]int{"1900-03-01": 61, "1970-01-01": 25569, "2000-02-29": 36585, "2026-11-22": 46348, "9999-12-31": 2958465} {
		if got, ok := serial(pipeline.MustDate(day)); got != want || !ok {
			t.Errorf("serial(%s) = %d, %v, want %d", day, got, ok, want)
		}
	}
	for _, day := range []pipeline.Date{0, pipeline.MustDate("1900-02-28")} {
		if got, ok := serial(day); ok {
			t.Errorf("serial(%s) = %d, want none", day, got)
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", -1000: "-1,000", -100: "-100", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestAnEmptyReportIsStillAReport(t *testing.T) {
	var out bytes.Buffer
	st, err := ExpiryReport(&out, sampleMeta(), over([]pipeline.ExpiryRow(nil)))
	if err != nil || st.Rows != 0 {
		t.Fatal(st, err)
	}
	wellFormed(t, out.Bytes())
	if got := open(t, out.Bytes()).GetSheetList(); !slices.Equal(got, []string{"概要", "明細", "代理店別", "失効者"}) {
		t.Errorf("sheets %v", got)
	}
}

const benchRows = 100_000

func BenchmarkExpiryReport(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if st, err := ExpiryReport(io.Discard, sampleMeta(), sampleExpiry(benchRows)); err != nil || st.Rows != benchRows {
			b.Fatal(st, err)
		}
	}
}

// BenchmarkBareExcelize streams the cells of 明細 and 失効者 without sorting,
// checking or rewriting: what ExpiryReport may cost twice.
func BenchmarkBareExcelize(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if err := bare(benchRows); err != nil {
			b.Fatal(err)
		}
	}
}

func bare(rows int) error {
	f := excelize.NewFile()
	defer f.Close()
	day, err := f.NewStyle(cellStyle(asDate, plain, ""))
	if err != nil {
		return err
	}
	text, err := f.NewStyle(cellStyle(asText, plain, ""))
	if err != nil {
		return err
	}
	sheets := map[string]*excelize.StreamWriter{}
	for _, name := range []string{"Sheet1", "失効者"} {
		if _, err := f.NewSheet(name); err != nil {
			return err
		}
		if sheets[name], err = f.NewStreamWriter(name); err != nil {
			return err
		}
	}
	t := func(v any) excelize.Cell { return excelize.Cell{StyleID: text, Value: v} }
	d := func(v pipeline.Date) excelize.Cell {
		n, _ := serial(v)
		return excelize.Cell{StyleID: day, Value: n}
	}
	n, lapsed := 0, 0
	for r := range sampleExpiry(rows) {
		n++
		err := sheets["Sheet1"].SetRow(fmt.Sprintf("A%d", n), []any{
			t(r.Step), d(r.ExpiresOn), t(-295), t(r.AgencyNo), t(r.AgencyName), t(r.AgentID), t(r.Name), t(r.QualificationCode), t(r.QualificationName),
			t(r.CertificateNo), d(r.JudgedOn), t(r.State), t("計算値"), d(r.ExpiresOn), t(r.PersonState), t("自動車・火災"), t(standing(r.ClusterState, r.ClusterLines)),
		})
		if err != nil {
			return err
		}
		if r.Step == stepNames[stepLapsed] && n%2 == 0 {
			lapsed++
			err = sheets["失効者"].SetRow(fmt.Sprintf("A%d", lapsed), []any{
				t(r.AgencyNo), t(r.AgencyName), t(r.AgentID), t(r.Name), t(r.QualificationName), d(r.ExpiresOn), d(r.ExpiresOn), t(295), t(r.PersonState), t("自動車・火災"), t(""),
			})
		}
		if err != nil {
			return err
		}
	}
	for _, sw := range sheets {
		if err := sw.Flush(); err != nil {
			return err
		}
	}
	return f.Write(io.Discard)
}
