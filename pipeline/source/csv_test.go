package source_test

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/japanese"
	"pgregory.net/rapid"

	"meibo/pipeline"
	"meibo/pipeline/source"
)

// sjis writes text as CP932.
func sjis(t testing.TB, s string) string {
	t.Helper()
	out, err := japanese.ShiftJIS.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// utf16Text writes text as UTF-16 with its mark.
func utf16Text(s string, bigEndian bool) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune("\uFEFF" + s)) {
		if bigEndian {
			b.Write([]byte{byte(u >> 8), byte(u)})
		} else {
			b.Write([]byte{byte(u), byte(u >> 8)})
		}
	}
	return b.String()
}

func TestCSVRows(t *testing.T) {
	tests := []struct {
		name, in string
		want     string // rows as id|name
		lines    []int
		faults   map[int]string
	}{
		{"lines end with LF", "id,name\n1,山田\n2,佐藤\n", "1|山田\n2|佐藤\n", []int{2, 3}, nil},
		{"lines end with CRLF", "id,name\r\n1,山田\r\n2,佐藤\r\n", "1|山田\n2|佐藤\n", []int{2, 3}, nil},
		{"lines end with CR", "id,name\r1,山田\r2,佐藤", "1|山田\n2|佐藤\n", []int{2, 3}, nil},
		{"line ends are mixed", "id,name\r1,a\n2,b\r\n3,c", "1|a\n2|b\n3|c\n", []int{2, 3, 4}, nil},
		{"no line end at the end", "id,name\n1,山田", "1|山田\n", []int{2}, nil},
		{"byte order mark before a quote", "\uFEFF\"id\",name\n1,x\n", "1|x\n", []int{2}, nil},
		{"tabs", "id\tname\n1\t山田, 太郎\n", "1|山田, 太郎\n", []int{2}, nil},
		{"values stay untrimmed", "id,name\n 1 ,\u3000山田\n", " 1 |\u3000山田\n", []int{2}, nil},
		{"quotes with commas, quotes and line ends", "id,name\n1,\"a,\"\"b\"\"\r\nc\"\n2,x\n", "1|a,\"b\"\r\nc\n2|x\n", []int{2, 4}, nil},
		{"an empty quoted value", "id,name\n1,\"\"\n", "1|\n", []int{2}, nil},
		{"empty rows are skipped", "\n\nid,name\n\n,\n 　,\"\"\n1,x\n\n,,,,\n", "1|x\n", []int{7}, nil},
		{"a host's end of file mark", "id,name\n1,x\n\x1a", "1|x\n", []int{2}, nil},
		{"too few cells", "id,name\n1\n2,x\n", "2|x\n", []int{3}, map[int]string{2: "cell-count"}},
		{"too many cells", "id,name\n1,x,y\n2,x\n", "2|x\n", []int{3}, map[int]string{2: "cell-count"}},
		{"a quote inside a value", "id,name\n1,a\"b\n2,x\n", "2|x\n", []int{3}, map[int]string{2: "bad-quotes"}},
		{"text behind a closing quote", "id,name\n1,\"a\"b\n2,x\n", "2|x\n", []int{3}, map[int]string{2: "bad-quotes"}},
		{"a quote that is never closed", "id,name\n1,\"a\n2,x\n3,y\n", "2|x\n3|y\n", []int{3, 4}, map[int]string{2: "bad-quotes"}},
		{"a quote closed by the next one", "id,name\n1,\"a\n2,\"x\"\n3,y\n", "2|x\n3|y\n", []int{3, 4}, map[int]string{2: "bad-quotes"}},
		{"a NUL", "id,name\n1,a\x00b\n2,x\n", "2|x\n", []int{3}, map[int]string{2: "nul-byte"}},
		{"bytes that are no UTF-8", "id,name\n1,山\x93\n2,佐藤\n3,山田\n", "2|佐藤\n3|山田\n", []int{3, 4}, map[int]string{2: "bad-bytes"}},
		{"a replacement character", "id,name\n1,山\uFFFD\n2,x\n", "2|x\n", []int{3}, map[int]string{2: "bad-bytes"}},
		{"a C1 control", "id,name\n1,a\u0085b\n2,x\n", "2|x\n", []int{3}, map[int]string{2: "bad-bytes"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := read(t, []byte(tt.in), "agents_1.csv", source.Options{})
			if tt.faults == nil {
				tt.faults = map[int]string{}
			}
			if d := cmp.Diff(tt.want, join(g.Rows)); d != "" {
				t.Errorf("rows (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.lines, g.Lines); d != "" {
				t.Errorf("lines (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.faults, g.Faults); d != "" {
				t.Errorf("faults (-want +got):\n%s", d)
			}
			if d := cmp.Diff([]string{"id", "name"}, g.Header); d != "" {
				t.Errorf("header (-want +got):\n%s", d)
			}
		})
	}
}

func TestCSVEncodings(t *testing.T) {
	const text = "募集人ID,氏名\r\nA1,髙橋 ①﨑\r\nA2,ﾔﾏﾀﾞ〜ソ表\r\n"
	cp932 := strings.ReplaceAll(text, "〜", "～") // CP932 has the full-width tilde
	tests := []struct {
		name, in, encoding string
		o                  source.Options
	}{
		{"UTF-8", text, source.EncodingUTF8, source.Options{}},
		{"UTF-8 with mark", "\uFEFF" + text, source.EncodingUTF8, source.Options{}},
		{"CP932 with NEC and IBM extensions", sjis(t, cp932), source.EncodingCP932, source.Options{}},
		{"CP932 by setting", sjis(t, cp932), source.EncodingCP932, source.Options{Encoding: source.EncodingCP932}},
		{"UTF-16 little endian", utf16Text(text, false), source.EncodingUTF16LE, source.Options{}},
		{"UTF-16 big endian", utf16Text(text, true), source.EncodingUTF16BE, source.Options{}},
		{"UTF-16 without mark by setting", utf16Text(text, false)[2:], source.EncodingUTF16LE, source.Options{Encoding: source.EncodingUTF16LE}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table, err := open([]byte(tt.in), "agents_1.csv", tt.o)
			if err != nil {
				t.Fatal(err)
			}
			if table.Encoding != tt.encoding {
				t.Errorf("encoding %s, want %s", table.Encoding, tt.encoding)
			}
			g := read(t, []byte(tt.in), "agents_1.csv", tt.o)
			names := strings.NewReplacer("〜", "～").Replace(join(g.Rows))
			if want := "A1|髙橋 ①﨑\nA2|ﾔﾏﾀﾞ～ソ表\n"; names != want || len(g.Faults) > 0 {
				t.Errorf("rows %q faults %v, want %q", names, g.Faults, want)
			}
		})
	}
}

// A few damaged lines must not make another encoding of the file.
func TestCSVDamagedLinesKeepTheEncoding(t *testing.T) {
	rows := "id,name\n" + strings.Repeat("1,山田太郎\n", 50)
	for _, tt := range []struct{ name, in, encoding string }{
		{"UTF-8", rows + "2,\x8e\x52\n", source.EncodingUTF8},
		{"CP932", sjis(t, rows) + "2,\x8e\n", source.EncodingCP932},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table, err := open([]byte(tt.in), "a.csv", source.Options{})
			if err != nil || table.Encoding != tt.encoding {
				t.Fatalf("table %v, error %v, want %s", table, err, tt.encoding)
			}
			g := read(t, []byte(tt.in), "a.csv", source.Options{})
			if len(g.Rows) != 50 || g.Faults[52] != string(source.CodeBadBytes) {
				t.Errorf("%d rows, faults %v", len(g.Rows), g.Faults)
			}
		})
	}
}

// The offset of a bad byte is counted in the file as it was sent.
func TestCSVFaultNamesTheByte(t *testing.T) {
	utf16le := utf16Text("id,name\n1,山", false) + "\x00\xD8" + "\n\x00"
	tests := []struct{ name, in, want string }{
		{"UTF-8 behind its mark", "\uFEFFid,name\n1,山\xE5x\n", "byte 17 "},
		{"CP932 half character before the comma", "id,name\n\x8e\x52\x93,x\n\x8e\x52,\x8e\x52\n", "byte 11 "},
		{"CP932 private use", "id,name\n\x8e\x52,\xF0\x40\n", "byte 12 "},
		{"UTF-16 lone surrogate", utf16le, "byte 25 "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table, err := open([]byte(tt.in), "a.csv", source.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for row, err := range table.Rows() {
				f, ok := err.(*pipeline.Fault)
				if !ok || f.Code != source.CodeBadBytes || !strings.Contains(f.EN, tt.want) || row.Number != 2 {
					t.Fatalf("row %v: %v, want %s", row, err, tt.want)
				}
				return
			}
		})
	}
}

// Rows with a fault still show what stands in them.
func TestCSVFaultyRowsAreShown(t *testing.T) {
	in := "id,name\n件数,2,\n1,\"x\"y\n\xff山,z\n"
	table, err := open([]byte(in), "a.csv", source.Options{Encoding: source.EncodingUTF8})
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for row, err := range table.Rows() {
		if err == nil {
			t.Errorf("row %d has no fault", row.Number)
		}
		var texts []string
		for _, c := range row.Cells {
			texts = append(texts, c.Text)
		}
		rows = append(rows, texts)
	}
	want := [][]string{{"件数", "2", ""}, {`1,"x"y`}, {"\uFFFD山", "z"}}
	if d := cmp.Diff(want, rows); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
}

func TestCSVHeaderRow(t *testing.T) {
	isHeader := func(cells []string) bool { return len(cells) == 2 && cells[0] == "id" }
	for _, tt := range []struct {
		name, in string
		row      int
		comma    rune
	}{
		{"at once", "id,name\n1,x\n", 1, ','},
		{"below titles", "募集人一覧\n\n2026年,11月,21日\nid,name\n1,x\n", 4, ','},
		{"tabs below a title with commas", "a,b,c,d\nid\tname\n1\tx\n", 2, '\t'},
		{"after a quoted title of two lines", "\"a\nb\"\nid,name\n1,x\n", 3, ','},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := source.Options{IsHeader: isHeader}
			table, err := open([]byte(tt.in), "a.csv", o)
			if err != nil {
				t.Fatal(err)
			}
			if table.HeaderRow != tt.row || table.Comma != tt.comma {
				t.Errorf("header in row %d by %q, want %d by %q", table.HeaderRow, table.Comma, tt.row, tt.comma)
			}
			if g := read(t, []byte(tt.in), "a.csv", o); join(g.Rows) != "1|x\n" || g.Lines[0] != tt.row+1 {
				t.Errorf("rows %q in lines %v", join(g.Rows), g.Lines)
			}
		})
	}
}

func TestRefusedFiles(t *testing.T) {
	never := source.Options{IsHeader: func([]string) bool { return false }}
	ole := "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 70<<10)
	encrypted := ole + utf16Text("EncryptedPackage", false)[2:]
	tests := []struct {
		name, file, in string
		o              source.Options
		want           pipeline.Code
	}{
		{"empty", "a.csv", "", source.Options{}, source.CodeEmptyFile},
		{"only empty rows", "a.csv", "\n,,\n", source.Options{}, source.CodeNoHeader},
		{"no header", "a.csv", "id,name\n1,x\n", never, source.CodeNoHeader},
		{"a workbook called CSV", "a.csv", "PK\x03\x04xxxx", source.Options{}, source.CodeWrongExtension},
		{"a CSV called workbook", "a.xlsx", "id,name\n", source.Options{}, source.CodeWrongExtension},
		{"another extension", "a.pdf", "%PDF-1.4", source.Options{}, source.CodeUnknownFormat},
		{"a workbook with a password", "a.xlsx", encrypted, source.Options{}, source.CodeEncrypted},
		{"an old workbook", "a.xlsx", ole, source.Options{}, source.CodeOldExcel},
		{"ISO-2022-JP", "a.csv", "id,name\n1,\x1b$B;3\x1b(B\n", source.Options{}, source.CodeEncoding},
		{"UTF-16 without mark", "a.csv", utf16Text("id,name\n1,x\n", false)[2:], source.Options{}, source.CodeEncoding},
		{"too many rows", "a.csv", "id\n1\n2\n3\n", source.Options{Limits: source.Limits{Rows: 2}}, source.CodeTooManyRows},
		{"too many columns", "a.csv", strings.Repeat("a,", 300) + "a\n", source.Options{}, source.CodeTooManyColumns},
		{"too large", "a.csv", "id\n1\n", source.Options{Limits: source.Limits{FileBytes: 4}}, source.CodeTooLarge},
		{"header with damaged bytes", "a.csv", "山,\xff\n", source.Options{Encoding: source.EncodingUTF8}, source.CodeBadBytes},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if g := read(t, []byte(tt.in), tt.file, tt.o); g.Refuse != tt.want {
				t.Errorf("refused with %q, want %q", g.Refuse, tt.want)
			}
		})
	}
}

// A row beyond the limit costs only itself, and never more memory than the limit.
func TestCSVRowTooLarge(t *testing.T) {
	o := source.Options{Limits: source.Limits{RowBytes: 64}}
	long := strings.Repeat("x", 500)
	for _, end := range []string{"\n", "\r\n", "\r"} {
		in := strings.Join([]string{"id,name", "1," + long, "2,y", `3,"` + long + `"`, "4,z", ""}, end)
		g := read(t, []byte(in), "a.csv", o)
		if join(g.Rows) != "2|y\n4|z\n" || g.Faults[2] != "row-too-large" || g.Faults[4] != "row-too-large" {
			t.Errorf("line end %q: rows %q faults %v", end, join(g.Rows), g.Faults)
		}
		if d := cmp.Diff([]int{3, 5}, g.Lines); d != "" {
			t.Errorf("line end %q: lines %s", end, d)
		}
	}
}

// A cell without a header is nobody's column.
func TestCSVStrayCells(t *testing.T) {
	g := read(t, []byte("id,,name,\n1,,x,\n2,?,y,\n3,,z,!\n"), "a.csv", source.Options{})
	want := map[int]string{3: "cell-outside-header", 4: "cell-outside-header"}
	if d := cmp.Diff(want, g.Faults); d != "" || join(g.Rows) != "1||x|\n" {
		t.Errorf("rows %q faults (-want +got):\n%s", join(g.Rows), d)
	}
}

func TestRowsStartAnewAndEndWithClose(t *testing.T) {
	table, err := open([]byte("id\n1\n2\n"), "dir/a.csv", source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		n := 0
		for row, err := range table.Rows() {
			if n++; err != nil || row.Number != 2 {
				t.Fatalf("row %v, error %v", row, err)
			}
			break
		}
	}
	table.Close()
	for row, err := range table.Rows() {
		if err == nil {
			t.Errorf("row %d of a closed table", row.Number)
		}
	}
}

// Where the pieces end in which a file is read must not show: tiny buffers give
// the same table as the usual one.
func TestCSVBuffersDoNotShow(t *testing.T) {
	record := rapid.SampledFrom([]string{
		"1,山田", "2,ｱｲｳ", "3,髙", "\"4\",\"x,\"\"y\"\"\"", "5,\"a\nb\r\nc\rd\"", "6,\"\"", "", ",", "\"\",\" \"",
		"7", "7,8,9", "8,a\"b", "8,\"a\"b", "9,a\x00", "件数,9", "a,bcdefghijklmnopqrstuvwxyz",
	})
	end := rapid.SampledFrom([]string{"\n", "\r\n", "\r"})
	rapid.Check(t, func(r *rapid.T) {
		text := "id,name\n"
		for range rapid.IntRange(0, 40).Draw(r, "records") {
			text += record.Draw(r, "record") + end.Draw(r, "end")
		}
		in, o := text, source.Options{Encoding: source.EncodingUTF8}
		switch rapid.IntRange(0, 3).Draw(r, "encoding") {
		case 1:
			in, o.Encoding = sjis(t, text), source.EncodingCP932
		case 2:
			in, o.Encoding = utf16Text(text, false), source.EncodingUTF16LE
		case 3: // bytes that do not decode
			in = strings.ReplaceAll(text, "ｱ", "\x83")
		}
		want := read(t, []byte(in), "a.csv", o)
		for _, size := range []int{48, 49, 61, 64, 100} {
			o.Limits.RowBytes = size
			if d := cmp.Diff(want, read(t, []byte(in), "a.csv", o)); d != "" {
				r.Fatalf("%q with a buffer of %d:\n%s", in, size, d)
			}
		}
	})
}

// A long value makes the buffer grow; damage far into a big file is found and
// costs one row.
func TestCSVBigFile(t *testing.T) {
	long := strings.Repeat("長い値\r\n", 60_000) // more than the first buffer, less than the limit
	rows := strings.Repeat("1,山田\r\n", 50_000)
	in := "id,name\r\n" + rows + "2,\"" + long + "\"\r\n" + rows + "3,\xE5\r\n" + rows
	g := read(t, []byte(in), "a.csv", source.Options{})
	wide := read(t, []byte(utf16Text(strings.Replace(in, "\xE5\r", "\uFFFD\r", 1), true)), "a.csv", source.Options{})
	if !reflect.DeepEqual(g, wide) {
		t.Errorf("another table from UTF-16: %d rows, refused %q, faults %v", len(wide.Rows), wide.Refuse, wide.Faults)
	}
	if len(g.Rows) != 150_001 || g.Rows[50_000][1] != long || g.Lines[150_000] != 1+150_000+60_001+1 {
		t.Errorf("%d rows, the last in line %d", len(g.Rows), g.Lines[len(g.Lines)-1])
	}
	if d := cmp.Diff(map[int]string{1 + 100_000 + 60_001 + 1: "bad-bytes"}, g.Faults); d != "" {
		t.Errorf("faults (-want +got):\n%s", d)
	}
}
