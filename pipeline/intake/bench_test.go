package intake

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"testing"

	"meibo/pipeline/source"
)

const benchRows = 100_000

func agentsCSV(rows int) []byte {
	var b bytes.Buffer
	b.WriteString(agentsHead)
	for i := range rows {
		fmt.Fprintf(&b, "H%08d,見本　太郎%d,ミホン タロウ,,19%02d-%02d-%02d,%d,taro%d@example.jp,2010-04-01,\n",
			i, i, 50+i%50, 1+i%12, 1+i%28, 1+i%2, i)
	}
	return b.Bytes()
}

func examsCSV(rows int) []byte {
	var b bytes.Buffer
	b.WriteString("募集人ID,氏名,生年月日,資格種類コード,合格管理コード,合否,合格判定日,資格有効期限年月日,次回受験予定年月,合格番号,資格取得会社,情報登載会社,登載日\n")
	for i := range rows {
		fmt.Fprintf(&b, "H%08d,見本　太郎%d,19%02d/%d/%d,K10,P%d,合格,2021-05-10,2026-05-31,2025-08,C%08d,0101,0101,2021-06-01\n",
			i/2, i/2, 50+i%50, 1+i%12, 1+i%28, i%9, i)
	}
	return b.Bytes()
}

// Checking a file end to end, beside what encoding/csv alone takes to read it.
func BenchmarkCheck(b *testing.B) {
	ls := shipped(b)
	for _, file := range []struct {
		kind string
		data []byte
	}{{"agents", agentsCSV(benchRows)}, {"exam-results", examsCSV(benchRows)}} {
		b.Run(file.kind+"/check", func(b *testing.B) {
			b.SetBytes(int64(len(file.data)))
			b.ReportAllocs()
			l := ls[file.kind]
			for b.Loop() {
				c, err := l.Check(func() (*source.Table, error) {
					return l.Open(bytes.NewReader(file.data), int64(len(file.data)), "f.csv", source.Options{})
				}, testEnv)
				if err != nil || c.RowsRead != benchRows || c.Rejected != 0 {
					b.Fatal(c, err)
				}
			}
		})
		b.Run(file.kind+"/source", func(b *testing.B) {
			b.SetBytes(int64(len(file.data)))
			for b.Loop() {
				t, err := ls[file.kind].Open(bytes.NewReader(file.data), int64(len(file.data)), "f.csv", source.Options{})
				if err != nil {
					b.Fatal(err)
				}
				for _, err := range t.Rows() {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
		b.Run(file.kind+"/encoding-csv", func(b *testing.B) {
			b.SetBytes(int64(len(file.data)))
			for b.Loop() {
				r := csv.NewReader(bytes.NewReader(file.data))
				r.ReuseRecord = true
				for {
					if _, err := r.Read(); errors.Is(err, io.EOF) {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
