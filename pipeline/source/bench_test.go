package source_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"meibo/pipeline/source"
)

// The pairs read the same bytes, so that their ratio means something.
const (
	benchXLSXRows = 20_000
	benchCSVRows  = 200_000
)

func benchRows(b *testing.B, file []byte, name string, rows int) {
	b.Helper()
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		table, err := open(file, name, source.Options{})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for _, err := range table.Rows() {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != rows {
			b.Fatalf("%d rows, want %d", n, rows)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkXLSXRows(b *testing.B) {
	benchRows(b, bigWorkbook(b, benchXLSXRows, 15), "a.xlsx", benchXLSXRows)
}

func BenchmarkExcelizeRows(b *testing.B) {
	file := bigWorkbook(b, benchXLSXRows, 15)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		f, err := excelize.OpenReader(bytes.NewReader(file))
		if err != nil {
			b.Fatal(err)
		}
		rows, err := f.Rows("Sheet1")
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for rows.Next() {
			if _, err := rows.Columns(excelize.Options{RawCellValue: true}); err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != benchXLSXRows+1 {
			b.Fatalf("%d rows", n)
		}
		if err := errors.Join(rows.Close(), f.Close()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(benchXLSXRows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// benchCSV is like exam results: IDs, names, codes and dates.
func benchCSV(quoted bool) string {
	var b strings.Builder
	b.WriteString("募集人ID,氏名,生年月日,資格種類コード,合否,合格判定日,合格番号,備考\r\n")
	name := "山田 太郎"
	if quoted {
		name = `"山田, 太郎"`
	}
	for i := range benchCSVRows {
		fmt.Fprintf(&b, "H%08d,%s,1980-%02d-%02d,K1%d,合格,2024/0%d/1%d,%09d,\r\n", i, name, i%12+1, i%28+1, i%4, i%9+1, i%10, i*7919)
	}
	return b.String()
}

func BenchmarkCSVRows(b *testing.B) {
	b.Run("plain", func(b *testing.B) { benchRows(b, []byte(benchCSV(false)), "a.csv", benchCSVRows) })
	b.Run("quoted", func(b *testing.B) { benchRows(b, []byte(benchCSV(true)), "a.csv", benchCSVRows) })
	b.Run("CP932", func(b *testing.B) { benchRows(b, []byte(sjis(b, benchCSV(false))), "a.csv", benchCSVRows) })
	b.Run("UTF-16", func(b *testing.B) { benchRows(b, []byte(utf16Text(benchCSV(false), false)), "a.csv", benchCSVRows) })
}

func BenchmarkEncodingCSV(b *testing.B) {
	for name, quoted := range map[string]bool{"plain": false, "quoted": true} {
		b.Run(name, func(b *testing.B) {
			file := benchCSV(quoted)
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				r := csv.NewReader(strings.NewReader(file))
				r.ReuseRecord = true
				n := 0
				for {
					if _, err := r.Read(); err == io.EOF {
						break
					} else if err != nil {
						b.Fatal(err)
					}
					n++
				}
				if n != benchCSVRows+1 {
					b.Fatalf("%d rows", n)
				}
			}
			b.ReportMetric(benchCSVRows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
