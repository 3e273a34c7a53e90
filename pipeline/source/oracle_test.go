package source_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"meibo/pipeline/source"
)

// excelizeTable reads a workbook with excelize as it is stored.
func excelizeTable(t testing.TB, b []byte, sheet string) [][]string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.Rows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out [][]string
	for rows.Next() {
		cells, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, cells)
	}
	if err := rows.Error(); err != nil {
		t.Fatal(err)
	}
	return out
}

// sameAsExcelize compares our table with excelize's: the same cells in rows of
// the same numbers.
func sameAsExcelize(t testing.TB, b []byte) {
	t.Helper()
	table, err := open(b, "a.xlsx", source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := excelizeTable(t, b, table.Sheet)
	got := map[int][]string{table.HeaderRow: table.Header}
	for row, err := range table.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range row.Cells {
			text := c.Text
			if c.Kind == source.Bool { // excelize gives what is stored
				text = map[string]string{"TRUE": "1", "FALSE": "0"}[text]
			}
			got[row.Number] = append(got[row.Number], text)
		}
	}
	for i, cells := range want {
		ours := got[i+1]
		for len(ours) > len(cells) && ours[len(ours)-1] == "" {
			ours = ours[:len(ours)-1]
		}
		for len(cells) > len(ours) && cells[len(cells)-1] == "" {
			cells = cells[:len(cells)-1]
		}
		if blankCells(ours) && blankCells(cells) {
			continue
		}
		if d := cmp.Diff(cells, ours); d != "" {
			t.Fatalf("row %d (-excelize +ours):\n%s", i+1, d)
		}
		delete(got, i+1)
	}
	if len(got) > 0 {
		t.Fatalf("rows that excelize does not have: %v", got)
	}
}

func blankCells(cells []string) bool {
	return strings.Trim(strings.Join(cells, ""), " \t\r\n\v\f\u00A0\u3000\uFEFF") == ""
}

// anyWorkbook writes a workbook of random cells with excelize, streamed or not.
func anyWorkbook(t *rapid.T) []byte {
	f := excelize.NewFile()
	defer f.Close()
	texts := rapid.OneOf(
		rapid.StringOfN(rapid.RuneFrom([]rune("山田太郎髙﨑𠮷ｱ <>&\"'_x\n\tA1")), 0, 8, -1),
		rapid.SampledFrom([]string{"_x000D_", "a_x005F_b", " 前後 ", "=1+1", "１２", "a\r\nb"}),
	)
	date, err := f.NewStyle(&excelize.Style{NumFmt: 14})
	if err != nil {
		t.Fatal(err)
	}
	columns := rapid.IntRange(1, 6).Draw(t, "columns")
	for c := 1; c <= columns; c++ {
		set(t, f, c, 1, fmt.Sprintf("見出し%d", c))
	}
	for r := 2; r <= rapid.IntRange(1, 12).Draw(t, "rows"); r++ {
		for c := 1; c <= columns; c++ {
			switch rapid.IntRange(0, 6).Draw(t, "kind") {
			case 0:
				set(t, f, c, r, rapid.IntRange(-9999, 99999999).Draw(t, "int"))
			case 1:
				set(t, f, c, r, rapid.Float64Range(-1e9, 1e9).Draw(t, "float"))
			case 2:
				set(t, f, c, r, rapid.Bool().Draw(t, "bool"))
			case 3:
				set(t, f, c, r, 45000+r)
				cell, _ := excelize.CoordinatesToCellName(c, r)
				if err := f.SetCellStyle("Sheet1", cell, cell, date); err != nil {
					t.Fatal(err)
				}
			case 4: // nothing
			default:
				set(t, f, c, r, texts.Draw(t, "text"))
			}
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func set(t *rapid.T, f *excelize.File, col, row int, v any) {
	cell, err := excelize.CoordinatesToCellName(col, row)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.SetCellValue("Sheet1", cell, v); err != nil {
		t.Fatal(err)
	}
}

func TestXLSXAgreesWithExcelize(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) { sameAsExcelize(r2t{t, r}, anyWorkbook(r)) })
	t.Run("streamed", func(t *testing.T) { sameAsExcelize(t, bigWorkbook(t, 300, 15)) })
	t.Run("rich text and furigana", func(t *testing.T) {
		b := book(head+`<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v>1</v></c></row>`).
			with(t, "xl/sharedStrings.xml", "<si><t>s0</t></si><si><t>s1</t></si>",
				`<si><r><t xml:space="preserve">山 </t></r><r><rPr/><t>田</t></r><rPh sb="0" eb="1"><t>ヤマ</t></rPh></si><si><t>_x0041_&amp;</t></si>`)
		sameAsExcelize(t, b.zip(t))
	})
}

// r2t lets helpers for testing.TB stop a check of rapid.
type r2t struct {
	testing.TB
	r *rapid.T
}

func (t r2t) Fatalf(format string, args ...any) { t.r.Fatalf(format, args...) }
func (t r2t) Fatal(args ...any)                 { t.r.Fatal(args...) }

// bigWorkbook streams rows of Japanese text, IDs, dates and numbers.
func bigWorkbook(t testing.TB, rows, columns int) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	line := make([]any, columns)
	for r := range rows + 1 {
		for c := range line {
			switch {
			case r == 0:
				line[c] = fmt.Sprintf("見出し%d", c)
			case c%5 == 3:
				line[c] = 40000 + r%5000
			default:
				line[c] = fmt.Sprintf("値%07d-%d", r*7919%1000003, c)
			}
		}
		cell, _ := excelize.CoordinatesToCellName(1, r+1)
		if err := w.SetRow(cell, line); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// On files both take as sound, the records and lines are those of encoding/csv.
func TestCSVAgreesWithEncodingCSV(t *testing.T) {
	field := rapid.OneOf(
		rapid.SampledFrom([]string{"", "a", "山田", `"a"`, `"a,b"`, `"a""b"`, "\"a\nb\"", "\"a\r\nb\"", `""`, ` x`, "\t"}),
		rapid.StringOfN(rapid.RuneFrom([]rune("a山,\"\n\t")), 0, 4, -1),
	)
	rapid.Check(t, func(r *rapid.T) {
		end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(r, "end")
		in := "c1,c2,c3" + end
		for range rapid.IntRange(0, 8).Draw(r, "rows") {
			in += strings.Join(rapid.SliceOfN(field, 3, 3).Draw(r, "row"), ",") + end
		}
		sameAsEncodingCSV(r2t{t, r}, in)
	})
}

func sameAsEncodingCSV(t testing.TB, in string) {
	t.Helper()
	oracle := csv.NewReader(strings.NewReader(in))
	oracle.FieldsPerRecord = -1
	want := got{Faults: map[int]string{}}
	for {
		rec, err := oracle.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return // where to go on after bad quotes is our own rule
		}
		line, _ := oracle.FieldPos(0)
		switch {
		case blankCells(rec):
		case want.Header == nil:
			want.Header = slices.Clone(rec)
		case len(rec) != len(want.Header):
			want.Faults[line] = string(source.CodeCellCount)
		default:
			want.Rows, want.Lines = append(want.Rows, slices.Clone(rec)), append(want.Lines, line)
		}
	}
	g := read(t, []byte(in), "a.csv", source.Options{Encoding: source.EncodingUTF8, IsHeader: func(c []string) bool { return len(c) == 3 && c[0] == "c1" }})
	g.Kinds = nil
	for _, r := range g.Rows {
		for i := range r { // encoding/csv rewrites line ends in quotes
			r[i] = strings.ReplaceAll(r[i], "\r\n", "\n")
		}
	}
	if d := cmp.Diff(want, g); d != "" {
		t.Fatalf("%q (-encoding/csv +ours):\n%s", in, d)
	}
}

// A workbook that was cut or hit by a flipped bit is refused, or nothing about
// its table has changed. It never gives another table.
func TestXLSXDamageIsNeverAnotherTable(t *testing.T) {
	rng := rand.New(rand.NewPCG(20261121, 1))
	stored := book(head + strings.Repeat(`<row><c t="s"><v>1</v></c><c s="1"><v>45000</v></c></row>`, 40))
	for name, b := range map[string][]byte{
		"streamed":    bigWorkbook(t, 60, 6),
		"hand-made":   stored.zip(t),
		"stored":      stored.zipStored(t),
		"with merges": stored.with(t, sheet1, "</sheetData>", `</sheetData><mergeCells><mergeCell ref="A1:A1"/></mergeCells>`).zip(t),
	} {
		t.Run(name, func(t *testing.T) {
			want := read(t, b, "a.xlsx", source.Options{})
			if want.Refuse != "" || len(want.Rows) < 40 {
				t.Fatalf("the sound workbook: %d rows, refused %q", len(want.Rows), want.Refuse)
			}
			check := func(what string, damaged []byte) {
				g := read(t, damaged, "a.xlsx", source.Options{})
				if g.Refuse != "" {
					return
				}
				if d := cmp.Diff(want, g); d != "" {
					t.Fatalf("%s gives another table:\n%s", what, d)
				}
			}
			for range 150 {
				n := rng.IntN(len(b))
				check(fmt.Sprintf("cut at %d", n), b[:n])
			}
			for range 600 {
				damaged := slices.Clone(b)
				i, bit := rng.IntN(len(b)), rng.IntN(8)
				damaged[i] ^= 1 << bit
				check(fmt.Sprintf("bit %d of byte %d", bit, i), damaged)
			}
		})
	}
}
