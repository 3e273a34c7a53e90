package report

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"meibo/pipeline"
)

func TestPurgeListRefusesWhatIsNotTheList(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*pipeline.PurgeList, []pipeline.PurgeRow)
		want  string
	}{
		"a row of another list": {func(_ *pipeline.PurgeList, r []pipeline.PurgeRow) { r[2].ListNo = 11 }, "a row belongs to list 11"},
		"a row is missing":      {func(l *pipeline.PurgeList, _ []pipeline.PurgeRow) { l.Rows++ }, "5 rows, but the list has 6"},
		"an unknown state":      {func(_ *pipeline.PurgeList, r []pipeline.PurgeRow) { r[0].State = "済" }, "unknown state"},
	} {
		list, rows := samplePurge()
		c.spoil(&list, rows)
		var out bytes.Buffer
		_, err := PurgeList(&out, sampleMeta(), list, over(rows), PurgeSince{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "purge list 12: ") || out.Len() > 0 {
			t.Errorf("%s: error %v and %d bytes, want %q", name, err, out.Len(), c.want)
		}
	}
}

// locked reports whether a cell of a protected sheet can be changed.
func locked(t *testing.T, f *excelize.File, sheet, at string) bool {
	t.Helper()
	id, err := f.GetCellStyle(sheet, at)
	if err != nil {
		t.Fatal(err)
	}
	st, err := f.GetStyle(id)
	if err != nil {
		t.Fatal(err)
	}
	return st.Protection == nil || st.Protection.Locked
}

func TestOnlyTheAnswersCanBeChanged(t *testing.T) {
	for _, b := range builds()[1:3] {
		f := open(t, bytesOf(t, b, sampleMeta()))
		sheet := f.GetSheetName(0)
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		header := 8
		for i := range rows {
			for k := range rows[header-1] {
				input := k >= len(rows[header-1])-3 && i >= header
				if b.name == "duplicates" {
					input = input && (i == header || rows[i][0] != rows[i-1][0]) // the first row of a pair
				}
				if got := locked(t, f, sheet, cellName(k+1, i+1)); got == input {
					t.Errorf("%s %s: locked %v", b.name, cellName(k+1, i+1), got)
				}
			}
		}
		if err := f.SetCellValue(sheet, "A1", "x"); err != nil { // no password stands in the way of an administrator
			t.Error(err)
		}
	}
}

func TestDuplicatesShowBirthDatesOnlyWhenEncrypted(t *testing.T) {
	for _, encrypted := range []bool{false, true} {
		m := sampleMeta()
		m.Encrypted = encrypted
		var out bytes.Buffer
		if _, err := Duplicates(&out, m, over(sampleBlocks())); err != nil {
			t.Fatal(err)
		}
		sheet := parts(t, out.Bytes())["xl/worksheets/sheet1.xml"]
		if got := strings.Contains(sheet, "1980-03-12"); got != encrypted {
			t.Errorf("encrypted %v: birth date shown %v", encrypted, got)
		}
		if strings.Contains(sheet, "暗号化されない") == encrypted {
			t.Errorf("encrypted %v: the note on it is wrong", encrypted)
		}
	}
}

func TestDuplicatesRefuseForeignRecords(t *testing.T) {
	blocks := sampleBlocks()
	blocks[1].A.Agent.ID = "10009999"
	if _, err := Duplicates(io.Discard, sampleMeta(), over(blocks)); err == nil || !strings.Contains(err.Error(), "pair 2: the records are not those of the pair") {
		t.Errorf("error %v", err)
	}
	blocks = sampleBlocks()
	blocks[0].Class = ""
	if _, err := Duplicates(io.Discard, sampleMeta(), over(blocks)); err == nil || !strings.Contains(err.Error(), "pair 1: unknown class") {
		t.Errorf("error %v", err)
	}
}

// shown writes what is set off in brackets.
func shown(runs []excelize.RichTextRun) string {
	var out strings.Builder
	for _, r := range runs {
		if r.Font.Bold {
			out.WriteString("[" + r.Text + "]")
			continue
		}
		out.WriteString(r.Text)
	}
	return out.String()
}

func TestWhatDiffersIsMarked(t *testing.T) {
	for name, c := range map[string]struct{ a, b, wantA, wantB string }{
		"a kanji variant":    {"渡邉由美子", "渡辺由美子", "渡[邉]由美子", "渡[辺]由美子"},
		"one rune more":      {"ワタナベ", "ワタナベエ", "ワタナベ", "ワタナベ[エ]"},
		"another surname":    {"鈴木 花子", "佐藤 花子", "[鈴木] 花子", "[佐藤] 花子"},
		"nothing in common":  {"あ", "い", "[あ]", "[い]"},
		"equal":              {"あ", "あ", "あ", "あ"},
		"a rune outside BMP": {"𠮷田", "吉田", "[𠮷]田", "[吉]田"},
		"one is empty":       {"", "あ", "", "[あ]"},
		"too long to compare": {
			strings.Repeat("a", diffRunes+1), "a", "[" + strings.Repeat("a", diffRunes+1) + "]", "[a]",
		},
	} {
		a, b := marked(c.a, c.b)
		if shown(a) != c.wantA || shown(b) != c.wantB {
			t.Errorf("%s: %s and %s, want %s and %s", name, shown(a), shown(b), c.wantA, c.wantB)
		}
	}
}

func TestMarkingLaws(t *testing.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("あいうａ𠮷")), 0, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		ra, rb := marked(a, b)
		var whole, keptA, keptB string
		for _, r := range ra {
			whole += r.Text
			if !r.Font.Bold {
				keptA += r.Text
			}
		}
		for _, r := range rb {
			if !r.Font.Bold {
				keptB += r.Text
			}
		}
		if whole != a || keptA != keptB {
			t.Fatalf("%s in common here and %s there; the whole is %s", keptA, keptB, whole)
		}
	})
}

func TestMaskHidesWhatIsEqual(t *testing.T) {
	for _, c := range [][4]string{
		{"1980-03-12", "1980-03-12", "●●●●-●●-●●", "●●●●-●●-●●"},
		{"1980-03-12", "1980-03-21", "●●●●-●●-12", "●●●●-●●-21"},
		{"1980-03-12", "", "●●●●-●●-●●", ""},
		{"", "", "", ""},
	} {
		if a, b := maskEqual(c[0], c[1]); a != c[2] || b != c[3] {
			t.Errorf("maskEqual(%s, %s) = %s, %s", c[0], c[1], a, b)
		}
	}
}

func TestAgreementNamesWhatItSees(t *testing.T) {
	for _, c := range [][3]string{
		{"山田", "山田", same},
		{"ﾔﾏﾀﾞ", "ヤマダ", spelling},
		{"山田", "川田", differ},
		{"山田", "", oneSide},
	} {
		if got, _ := agreement(c[0], c[1]); got != c[2] {
			t.Errorf("agreement(%s, %s) = %s, want %s", c[0], c[1], got, c[2])
		}
	}
}

func TestRowsGrowWithTheirText(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		width float64
		want  int
	}{
		"nothing":            {"", 10, 1},
		"just fits":          {"あいうえ", 10, 1},
		"one too many":       {"あいうえおa", 10, 2},
		"half width":         {"abcdefghi", 10, 1},
		"half-width kana":    {"ｱｲｳｴｵｶｷｸｹ", 10, 1},
		"lines of their own": {"a\nb\nあいうえおかきくけこ", 10, 5},
	} {
		if got := linesIn(c.text, c.width); got != c.want {
			t.Errorf("%s: %d lines, want %d", name, got, c.want)
		}
	}
}
