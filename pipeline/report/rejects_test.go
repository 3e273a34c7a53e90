package report

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/japanese"

	"meibo/pipeline"
)

// sampleReturned is what became of a workbook of two faulty rows and one that
// is only doubtful.
func sampleReturned(file string) Returned {
	spot := func(row, column int, severity pipeline.Severity, key, header, code, ja string) Spot {
		return Spot{&pipeline.Fault{
			Origin: pipeline.Origin{File: file, Row: row}, Key: key, Header: header, Code: pipeline.Code(code), Severity: severity, JA: ja,
		}, column}
	}
	const e, w = pipeline.SeverityError, pipeline.SeverityWarning
	return Returned{
		Batch: pipeline.Batch{
			ID: "20261122-0001-agents-aaaaaaaaaaaa", Sender: "0001", Kind: "agents", FileName: file, AsOf: pipeline.MustDate("2026-11-22"),
			State: pipeline.BatchApplied, RowsRead: 4, Applied: 2, Rejected: 2,
		},
		Kind: "募集人基本情報", Sheet: "名簿", Header: []string{"募集人ID", "氏名", "生年月日"}, HeaderRow: 2,
		Faults: []Spot{
			spot(5, 0, e, "", "", "cell-count", "列の数が見出し（3列）と違います（2列）。"),
			spot(3, 3, e, "born_on", "生年月日", "impossible-date", "暦にない日です。日付を確かめてください。"),
			spot(3, 2, e, "name", "氏名", "required", "必須の項目が空です。値を書いてください。"),
			spot(4, 3, w, "born_on", "生年月日", "era-over", "平成は31年4月30日までです。"),
		},
	}
}

func sampleRows() []ReturnedRow {
	return []ReturnedRow{
		{3, []any{"A1", nil, "1980-02-30"}},
		{5, []any{"=cmd|' /C calc'!A0", "鈴木,花子"}},
	}
}

// sampleSent is the workbook itself, with a look and a comment of its own.
func sampleSent(t testing.TB) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	note := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	note(f.SetSheetName("Sheet1", "名簿"))
	for i, row := range [][]any{{"募集人名簿"}, {"募集人ID", "氏名", "生年月日"}, {"A1", nil, "1980-02-30"}, {"A2", "田中", "H32.1.1"}, {"=1+1", "鈴木"}, {"A4", "佐藤", "1980-01-01"}} {
		note(f.SetSheetRow("名簿", fmt.Sprintf("A%d", i+1), &row))
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, NumFmt: 49})
	note(err)
	note(f.SetCellStyle("名簿", "A3", "C6", bold))
	note(f.AddComment("名簿", excelize.Comment{Author: "担当", Cell: "C3", Text: "要確認"}))
	note(f.AddComment("名簿", excelize.Comment{Author: "担当", Cell: "A6", Text: "異動"}))
	_, err = f.NewSheet("メモ")
	note(err)
	note(f.SetCellStr("メモ", "A1", "私信"))
	note(f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Area", RefersTo: "メモ!$A$1:$A$1", Scope: "メモ"}))
	f.SetActiveSheet(1)
	var b bytes.Buffer
	note(f.Write(&b))
	return b.Bytes()
}

func markedBytes(t testing.TB, r Returned, sent []byte) []byte {
	t.Helper()
	k, err := Mark(sampleMeta(), r, bytes.NewReader(sent), int64(len(sent)))
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	var out bytes.Buffer
	if st, err := k.Write(&out); err != nil || st.Rows != len(r.Faults) {
		t.Fatalf("%+v, %v", st, err)
	}
	return out.Bytes()
}

// marks lists comments and colours of a sheet.
func marks(t testing.TB, b []byte, sheet string) string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	comments, err := f.GetComments(sheet)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(comments, func(a, b excelize.Comment) int { return strings.Compare(a.Cell, b.Cell) })
	var out strings.Builder
	for _, c := range comments {
		fmt.Fprintf(&out, "comment %s by %s: %s\n", c.Cell, c.Author, strings.ReplaceAll(c.Text, "\n", "⏎"))
	}
	for row := 1; row <= 6; row++ {
		for col := 1; col <= 4; col++ {
			id, err := f.GetCellStyle(sheet, cellName(col, row))
			if err != nil {
				t.Fatal(err)
			}
			st, err := f.GetStyle(id)
			if err != nil {
				t.Fatal(err)
			}
			if len(st.Fill.Color) > 0 {
				fmt.Fprintf(&out, "colour %s: %s, bold %v, format %d\n", cellName(col, row), st.Fill.Color[0], st.Font != nil && st.Font.Bold, st.NumFmt)
			}
		}
	}
	return out.String()
}

func TestOwnWorkbookComesBackMarked(t *testing.T) {
	got := markedBytes(t, sampleReturned("agents.xlsx"), sampleSent(t))
	wellFormed(t, got)
	f := open(t, got)
	var text strings.Builder
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "== %s\n", sheet)
		for i, row := range rows {
			fmt.Fprintf(&text, "%d: %s\n", i+1, strings.Join(row, " | "))
		}
	}
	for _, d := range f.GetDefinedName() {
		fmt.Fprintf(&text, "name %s of %s = %s\n", d.Name, d.Scope, d.RefersTo)
	}
	fmt.Fprintf(&text, "opens on sheet %d\n%s", f.GetActiveSheetIndex(), marks(t, got, "名簿"))
	golden(t, "rejects-marked.txt", text.String())
}

// Marks of an earlier return go, those of the sender stay.
func TestMarksAreTakenOffWhenTheCellIsRight(t *testing.T) {
	r := sampleReturned("agents.xlsx")
	first := markedBytes(t, r, sampleSent(t))
	r.Faults = r.Faults[1:2]
	want := `comment A6 by 担当: 異動
comment C3 by meibo: 【エラー】暦にない日です。日付を確かめてください。⏎――――（担当）⏎要確認
colour C3: F8D3D3, bold true, format 49
`
	second := markedBytes(t, r, first)
	if diff := cmp.Diff(want, marks(t, second, "名簿")); diff != "" {
		t.Error(diff)
	}
	r.Faults = nil
	want = "comment A6 by 担当: 異動\ncomment C3 by 担当: 要確認\n"
	if diff := cmp.Diff(want, marks(t, markedBytes(t, r, second), "名簿")); diff != "" {
		t.Error(diff)
	}
}

func TestReturnsAreTheSameBytesEachTime(t *testing.T) {
	sent := sampleSent(t)
	for range 3 {
		if !bytes.Equal(markedBytes(t, sampleReturned("agents.xlsx"), sent), markedBytes(t, sampleReturned("agents.xlsx"), sent)) {
			t.Fatal("two markings of one workbook differ")
		}
	}
}

// A workbook that would cost gigabytes, or lose something, is not opened.
func TestWorkbooksThatAreNotMarked(t *testing.T) {
	sheet := func(data string) map[string]string {
		return map[string]string{"xl/worksheets/sheet1.xml": `<worksheet xmlns="x"><sheetData>` + data + `</sheetData></worksheet>`}
	}
	last := strings.Repeat(`<row><c r="XFD1"/></row>`, 50)
	for name, entries := range map[string]map[string]string{
		"a last row far below":          sheet(`<row r="1048576"/>`),
		"last columns far right":        sheet(last),
		"under another prefix":          {"xl/other.xml": `<x:worksheet xmlns:x="x"><x:row r="1000000"/></x:worksheet>`},
		"XML that breaks off":           sheet(`<row r="1"`),
		"buttons":                       {"xl/drawings/vmlDrawing1.vml": "<xml/>"},
		"comments in a place of theirs": {"xl/comments/comment1.xml": "<comments/>"},
		"much when unpacked":            {"xl/media/image1.bin": strings.Repeat("0", markBytes+1)},
	} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, name := range slices.Sorted(maps.Keys(entries)) {
			w, err := z.Create(name)
			if err == nil {
				_, err = w.Write([]byte(entries[name]))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := Mark(sampleMeta(), sampleReturned("a.xlsx"), bytes.NewReader(b.Bytes()), int64(b.Len())); !errors.Is(err, ErrUnmarkable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFaultyRowsMakeAWorkbook(t *testing.T) {
	var out bytes.Buffer
	r := sampleReturned("agents.csv")
	r.Sheet = ""
	if st, err := FaultyRows(&out, sampleMeta(), r, over(sampleRows())); err != nil || st.Rows != 2 {
		t.Fatalf("%+v, %v", st, err)
	}
	wellFormed(t, out.Bytes())
	golden(t, "rejects-rows.txt", dump(t, out.Bytes()))
}

func TestWithoutRowsThereIsOnlyTheReason(t *testing.T) {
	var out bytes.Buffer
	r := Returned{Batch: pipeline.Batch{FileName: "x.txt", Sender: "0001", State: pipeline.BatchRefused}, Faults: sampleReturned("x.txt").Faults[:1]}
	if _, err := FaultyRows(&out, sampleMeta(), r, over[ReturnedRow](nil)); err != nil {
		t.Fatal(err)
	}
	golden(t, "rejects-refused.txt", dump(t, out.Bytes()))
}

func TestFaultyCSVIsWrittenAsItCame(t *testing.T) {
	for _, enc := range []string{"utf-8", "cp932", "utf-16le", "utf-16be"} {
		var out bytes.Buffer
		r := sampleReturned("agents.csv")
		rows := append(sampleRows(), ReturnedRow{6, []any{"A4", "佐\uFFFD藤", "1980-01-01"}})
		st, err := FaultyCSV(&out, CSVForm{Encoding: enc, BOM: enc != "cp932", Comma: '\t', LineEnd: "\r\n"}, r, over(rows))
		if err != nil || st.Rows != 3 || st.Guarded != 1 {
			t.Fatalf("%s: %+v, %v", enc, st, err)
		}
		got := out.String()
		if enc == "cp932" {
			if !strings.Contains(got, "\xFF") {
				t.Error("a lost character was written as a good one")
			}
			got = strings.ReplaceAll(got, "\xFF", "")
			if got, err = japanese.ShiftJIS.NewDecoder().String(got); err != nil {
				t.Fatal(err)
			}
			golden(t, "rejects-csv.txt", got)
		}
	}
}

func TestNamesOfReturnedFiles(t *testing.T) {
	for file, want := range map[string][2]string{
		"agents_1.csv":                 {"rejects_agents_1.csv", "rejects_agents_1_csv.xlsx"},
		"agents.CSV":                   {"rejects_agents.CSV", "rejects_agents_CSV.xlsx"},
		"rejects_agents_1.csv":         {"rejects_agents_1.csv", "rejects_agents_1_csv.xlsx"},
		"registrations.xlsx":           {"rejects_registrations.xlsx", "rejects_registrations.xlsx"},
		"note":                         {"rejects_note", "rejects_note.xlsx"},
		"a." + strings.Repeat("長", 90): {"", ""},
	} {
		plain, readable := ReturnedName(file, false), ReturnedName(file, true)
		if len(plain) > maxName || len(readable) > maxName {
			t.Errorf("%s: names of %d and %d bytes", file, len(plain), len(readable))
		}
		if want[0] != "" && (plain != want[0] || readable != want[1]) {
			t.Errorf("%s goes back as %s and %s", file, plain, readable)
		}
	}
	taken := map[string]bool{}
	var got []string
	for _, name := range []string{"rejects_a.csv", "rejects_A.csv", "rejects_a.csv"} {
		got = append(got, Distinct(name, taken))
	}
	if diff := cmp.Diff([]string{"rejects_a.csv", "rejects_A_2.csv", "rejects_a_3.csv"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestImportReportComparesWithEarlierFiles(t *testing.T) {
	r := sampleReturned("agents_20261122.csv")
	before := func(day string, state string, rows int) pipeline.Batch {
		return pipeline.Batch{
			ID: day, Sender: "0001", Kind: "agents", FileName: "agents_" + day + ".csv", AsOf: pipeline.MustDate(day),
			State: state, RowsRead: rows, Unchanged: rows,
		}
	}
	refused := pipeline.Batch{ID: "x", Sender: "0001", Kind: "nothing", FileName: "nothing.txt", AsOf: r.Batch.AsOf, State: pipeline.BatchRefused}
	files := []ImportedFile{
		{
			Batch: r.Batch, Kind: r.Kind, Errors: 3, Warnings: 1, Faults: CountFaults(r.Faults), Returned: []string{"rejects_agents_20261122.csv"},
			Earlier: []pipeline.Batch{before("2026-11-21", pipeline.BatchRefused, 900), before("2026-11-20", pipeline.BatchApplied, 10), before("2026-11-19", pipeline.BatchApplied, 20)},
		},
		{Batch: refused, Errors: 1, Returned: []string{"rejects_nothing_txt.xlsx"}},
	}
	var out bytes.Buffer
	if st, err := ImportReport(&out, sampleMeta(), files); err != nil || st.Rows != 2 {
		t.Fatalf("%+v, %v", st, err)
	}
	wellFormed(t, out.Bytes())
	golden(t, "import-report.txt", dump(t, out.Bytes()))
}

// The longest workbook that is marked, every row of it faulty.
func BenchmarkMark(b *testing.B) {
	f := excelize.NewFile()
	sw, _ := f.NewStreamWriter("Sheet1")
	r := sampleReturned("agents.xlsx")
	r.Sheet, r.HeaderRow, r.Faults = "Sheet1", 1, nil
	for row := 1; row <= 20_000; row++ {
		cells := make([]any, 15)
		for i := range cells {
			cells[i] = fmt.Sprintf("値%d", row*i%977)
		}
		if err := sw.SetRow(cellName(1, row), cells); err != nil {
			b.Fatal(err)
		}
		fault := *sampleReturned("agents.xlsx").Faults[1].Fault
		fault.Row = row
		r.Faults = append(r.Faults, Spot{&fault, 3})
	}
	if err := sw.Flush(); err != nil {
		b.Fatal(err)
	}
	var sent bytes.Buffer
	if err := f.Write(&sent); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		k, err := Mark(sampleMeta(), r, bytes.NewReader(sent.Bytes()), int64(sent.Len()))
		if err != nil {
			b.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := k.Write(&out); err != nil {
			b.Fatal(err)
		}
		k.Close()
	}
}
