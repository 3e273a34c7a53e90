package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/japanese"

	"meibo/pipeline"
	"meibo/pipeline/synth"
)

// oddPeople are 30 people of whom every third has a second ID.
func oddPeople() (rows [][]string, days []pipeline.Date) {
	families := strings.Fields("山田/ヤマダ 佐藤/サトウ 高橋/タカハシ 田中/タナカ 伊藤/イトウ")
	givens := strings.Fields("太郎/タロウ 花子/ハナコ 健一/ケンイチ 美咲/ミサキ 翔/ショウ 由美子/ユミコ")
	for i, family := range families {
		for j, given := range givens {
			f, g := strings.Split(family, "/"), strings.Split(given, "/")
			day, _ := pipeline.NewDate(1955+7*i, 1+2*j, 3+5*j)
			for range 1 + (i+j)%3/2 {
				id := fmt.Sprintf("R%02d", len(rows))
				rows = append(rows, []string{id, f[0] + "　" + g[0], f[1] + "　" + g[1], fmt.Sprint("P", i, j)})
				days = append(days, day)
			}
		}
	}
	return rows, days
}

// oddFile writes them down with each day written as the caller says.
func oddFile(written func(i int, d pipeline.Date) string) string {
	var out strings.Builder
	w := csv.NewWriter(&out)
	_ = w.Write([]string{"id", "氏名", "カナ", "生年月日", "正解"}) // a Builder takes all
	rows, days := oddPeople()
	for i, row := range rows {
		_ = w.Write([]string{row[0], row[1], row[2], written(i, days[i]), row[3]})
	}
	w.Flush()
	return out.String()
}

func oddEvaluation(t *testing.T, name, content string) (*evaluated, []byte, error) {
	t.Helper()
	dir := t.TempDir()
	e := evaluation{file: filepath.Join(dir, name), out: filepath.Join(dir, "out"), day: 20261121}
	e.fields = map[string]string{"name": "氏名", "kana": "カナ", "born": "生年月日", "truth": "正解"}
	if err := os.WriteFile(e.file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := e.run()
	if err != nil {
		return nil, nil, err
	}
	out, err := os.ReadFile(e.out)
	if err != nil {
		t.Fatal(err)
	}
	return r, out, nil
}

func asISO(_ int, d pipeline.Date) string { return d.String() }

func asEra(d pipeline.Date) (era, letter string, year int) {
	if d >= 19890108 {
		return "平成", "H", d.Year() - 1988
	}
	return "昭和", "S", d.Year() - 1925
}

func wide(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r - '!' + '！'
		}
		return r
	}, s)
}

// The same people are found however the file was saved and its days are written.
func TestOddFilesAreReadAlike(t *testing.T) {
	plain := oddFile(asISO)
	r, want, err := oddEvaluation(t, "plain.csv", plain)
	if err != nil {
		t.Fatal(err)
	}
	if r.Own == nil || r.Own.F1 != 1 || bytes.Count(want, []byte("\n")) != 41 {
		t.Fatalf("own %+v with %d lines: want all found among 40 records", r.Own, bytes.Count(want, []byte("\n")))
	}
	sjis, err := japanese.ShiftJIS.NewEncoder().String(plain)
	if err != nil {
		t.Fatal(err)
	}
	words := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(plain)) {
		words = append(words, byte(u), byte(u>>8))
	}
	forms := []func(d pipeline.Date) string{
		func(d pipeline.Date) string { return fmt.Sprintf("%d/%d/%d", d.Year(), d.Month(), d.Day()) },
		func(d pipeline.Date) string { return fmt.Sprintf("%08d", int(d)) },
		func(d pipeline.Date) string { return wide(d.String()) },
		func(d pipeline.Date) string {
			era, _, year := asEra(d)
			return fmt.Sprintf("%s%d年%d月%d日", era, year, d.Month(), d.Day())
		},
		func(d pipeline.Date) string {
			_, letter, year := asEra(d)
			return fmt.Sprintf("%s%d.%d.%d", letter, year, d.Month(), d.Day())
		},
	}
	numbered := ""
	for i, line := range strings.SplitAfter(strings.TrimSuffix(plain, "\n"), "\n") {
		if i == 0 {
			numbered += "," + line
			continue
		}
		numbered += fmt.Sprintf("%d,%s", i, line)
	}
	files := []struct{ name, file, content string }{
		{"a byte order mark", "a.csv", "\ufeff" + plain},
		{"CP932", "a.csv", sjis},
		{"UTF-16", "a.csv", string(words)},
		{"tabs", "a.tsv", strings.ReplaceAll(plain, ",", "\t")},
		{"lines end as on Windows", "a.csv", strings.ReplaceAll(plain, "\n", "\r\n")},
		{"blank lines", "a.csv", strings.ReplaceAll(plain, "\n", "\n\n")},
		{"names over two lines", "a.csv", names(plain)},
		{"a column of row numbers without a header", "a.csv", numbered},
		{"a column nobody asked for twice", "a.csv", strings.ReplaceAll(strings.ReplaceAll(plain, "\n", ",,\n"), "正解,,", "正解,備考,備考")},
	}
	for i, form := range forms {
		files = append(files, struct{ name, file, content string }{
			"days as " + form(19800102), fmt.Sprint("d", i, ".csv"), oddFile(func(_ int, d pipeline.Date) string { return form(d) }),
		})
	}
	files = append(files, struct{ name, file, content string }{
		"days as everybody likes", "mixed.csv", oddFile(func(i int, d pipeline.Date) string { return forms[i%len(forms)](d) }),
	})
	for _, f := range files {
		t.Run(f.name, func(t *testing.T) {
			_, got, err := oddEvaluation(t, f.file, f.content)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("clusters\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// names puts the written names of 太郎 so that a line break can be set in quotes.
func names(s string) string {
	for _, family := range []string{"山田", "佐藤", "高橋", "田中", "伊藤"} {
		s = strings.ReplaceAll(s, family+"　太郎", "\""+family+"\n太郎\"")
	}
	return s
}

func TestFilesThatSayNothingAreNoError(t *testing.T) {
	const header = "id,氏名,カナ,生年月日,正解\n"
	same := header
	for i := range 4000 {
		same += fmt.Sprintf("A%04d,山田　太郎,ヤマダ　タロウ,1980-01-01,P%d\n", i, i)
	}
	for _, f := range []struct {
		name, content string
		records       int
	}{
		{"a header alone", header, 0},
		{"one record", header + "A,山田　太郎,,1980-01-01,P\n", 1},
		{"only IDs", header + "A,,,,P\nB,,,,P\n", 2},
		{"all records alike", same, 4000},
	} {
		t.Run(f.name, func(t *testing.T) {
			r, out, err := oddEvaluation(t, "a.csv", f.content)
			if err != nil {
				t.Fatal(err)
			}
			if r.Records != f.records || r.Own == nil || r.Best == nil || r.Own.Precision != 1 || bytes.Count(out, []byte("\n")) != f.records+1 {
				t.Errorf("%d records, own %+v, %d lines: want %d, nobody joined", r.Records, r.Own, bytes.Count(out, []byte("\n")), f.records)
			}
		})
	}
}

func TestFilesThatCannotBeMeasuredAreWrongUse(t *testing.T) {
	for _, f := range []struct{ name, content, ja, en string }{
		{"nothing in it", "", "ファイルが空です", "empty"},
		{"bytes of no character set", strings.Repeat("\xfd\x80,\xfe\xa0\n", 20), "CP932）として読めない文字", "not readable as CP932"},
		{"a mapped column twice", "id,氏名,カナ,氏名,生年月日,正解\nA,,,,,\n", "列 氏名 が 2 つ", "two columns 氏名"},
		{"a mapped column is not there", "id,氏名,カナ,正解\nA,,,\n", "列 生年月日 がありません", "no column 生年月日"},
		{"an ID twice", "id,氏名,カナ,生年月日,正解\nA,佐藤,,,\nA,田中,,,\n", "a.csv の 1 件目と 2 件目（見出しを除く）で、列 id の値 A が重複", "records 1 and 2 (the header aside) have one value A in column id"},
		{"an ID missing", "id,氏名,カナ,生年月日,正解\nA,佐藤,,,\n,田中,,,\n", "a.csv の 2 件目（見出しを除く）で、列 id が空です", "record 2 (the header aside): column id is empty"},
	} {
		t.Run(f.name, func(t *testing.T) {
			_, _, err := oddEvaluation(t, "a.csv", f.content)
			var wrong *failure
			if !errors.As(err, &wrong) || wrong.code != exitUsage {
				t.Fatalf("error %v, want wrong use", err)
			}
			if !strings.Contains(wrong.ja, f.ja) || !strings.Contains(wrong.en, f.en) {
				t.Errorf("%q and %q, want %q and %q", wrong.ja, wrong.en, f.ja, f.en)
			}
		})
	}
}

// Whether the day or the month comes first is one answer for the whole column.
func TestTheOrderOfDayAndMonthIsThatOfTheColumn(t *testing.T) {
	const header = "id,氏名,カナ,生年月日,正解\n"
	rows := func(dates ...string) string {
		out := header
		for i, d := range dates {
			out += fmt.Sprintf("A%d,山田　太郎,ヤマダ　タロウ,%s,P\n", i, d)
		}
		return out
	}
	for _, f := range []struct {
		name    string
		content string
		want    datesRead
	}{
		{"the day surely", rows("25/3/1990", "4/3/1990"), datesRead{dayFirst, 1, 0, 0}},
		{"the month surely", rows("3/25/1990", "4/3/1990"), datesRead{monthFirst, 0, 1, 0}},
		{"the month mostly", rows("3/25/1990", "3/26/1990", "25/3/1990"), datesRead{monthFirst, 1, 2, 0}},
		{"nothing tells", rows("4/3/1990", "5/6/1990"), datesRead{}},
		{"years and eras come first", rows("1990-12-25", "平成2年12月25日", "S60.1.25", "1990/25/12"), datesRead{}},
		{"what is no date", rows("不明", "1990-01-01", "", "12"), datesRead{Unreadable: 2}},
	} {
		t.Run(f.name, func(t *testing.T) {
			r, _, err := oddEvaluation(t, "a.csv", f.content)
			if err != nil {
				t.Fatal(err)
			}
			if r.Dates != f.want {
				t.Errorf("%+v, want %+v", r.Dates, f.want)
			}
		})
	}
	for order, want := range map[string]pipeline.Date{"": 19900304, dayFirst: 19900304, monthFirst: 19900403} {
		d := datesRead{Order: order}
		if got := d.date("4/3/1990"); got != want {
			t.Errorf("%q: %d, want %d", order, got, want)
		}
		if got := d.date("25/3/1990"); got != 19900325 {
			t.Errorf("%q: %d, want 1990-03-25", order, got)
		}
	}
}

func TestEveryStageHasItsSeconds(t *testing.T) {
	r, _, err := oddEvaluation(t, "a.csv", "id,氏名,カナ,生年月日,正解\nA,山田,,,P\n")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := slices.Sorted(maps.Keys(r.Seconds)), slices.Sorted(slices.Values(stages())); !slices.Equal(got, want) {
		t.Errorf("stages %q, want %q", got, want)
	}
}

// The rows of a file in any order, read on any number of cores, give the same bytes.
func TestOrderAndCoresLeaveTheFileAsItIs(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "people.csv")
	if _, err := synth.GenerateFlat(synth.FlatOptions{Records: 8000, Seed: 5, File: file}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	header, rest, _ := strings.Cut(string(text), "\n")
	lines := strings.SplitAfter(rest, "\n")
	turned := header + "\n"
	for i := range lines {
		turned += lines[i*4999%len(lines)] // 4999 is prime: each line once
	}
	if err := os.WriteFile(filepath.Join(dir, "turned.csv"), []byte(turned), 0o600); err != nil {
		t.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var want string
	for _, cores := range []int{1, 2} {
		for _, name := range []string{"people.csv", "turned.csv"} {
			runtime.GOMAXPROCS(cores)
			e := evaluation{file: filepath.Join(dir, name), out: filepath.Join(dir, "out"), day: 20261121}
			r, err := e.run()
			if err != nil {
				t.Fatal(err)
			}
			out, err := os.ReadFile(e.out)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Model + "\n" + string(out); want == "" {
				want = got
			} else if got != want {
				t.Errorf("%s on %d cores: other clusters or another model than people.csv on one", name, cores)
			}
		}
	}
}
