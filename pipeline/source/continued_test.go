package source

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"meibo/pipeline"
)

// sheetsOf writes a workbook with these sheets, in order; each row is one text a cell.
func sheetsOf(t *testing.T, names []string, rows map[string][][]string) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, name := range names {
		if i == 0 {
			f.SetSheetName("Sheet1", name)
		} else if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for n, cells := range rows[name] {
			if err := f.SetSheetRow(name, fmt.Sprintf("A%d", n+1), &cells); err != nil {
				t.Fatal(err)
			}
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A table goes on in the sheets that are called after its first one, in the order of
// their numbers, and only where the reader was told so.
func TestATableGoesOnInFurtherSheets(t *testing.T) {
	head := []string{"ID", "判定"}
	title := []string{"審査リスト"}
	rows := map[string][][]string{
		"審査":     {title, head, {"A", "1"}, {"B", "2"}},
		"審査 (3)": {title, title, head, {"E", "5"}},
		"審査 (2)": {head, {"C", "3"}, {"D", "4", "?"}},
		"審査 (5)": {head, {"X", "9"}}, // behind a gap: somebody else's
		"ほか":     {head, {"Y", "9"}},
	}
	b := sheetsOf(t, []string{"審査", "審査 (3)", "ほか", "審査 (2)", "審査 (5)"}, rows)
	isHead := func(cells []string) bool { return slices.Equal(cells[:min(2, len(cells))], head) }
	for _, tt := range []struct {
		name      string
		continued bool
		want      []string
	}{
		{"as it comes", false, []string{"3 A", "4 B"}},
		{"continued", true, []string{"3 A", "4 B", "1048578 C", "1048579 D cell-outside-header at 1048579", "2097156 E"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table, err := Open(bytes.NewReader(b), int64(len(b)), "x.xlsx", Options{Continued: tt.continued, IsHeader: isHead, Limits: Limits{Rows: 2}})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // it starts anew
				var got []string
				for row, err := range table.Rows() {
					text := fmt.Sprint(row.Number, " ", row.Cells[0].Text)
					var f *pipeline.Fault
					if errors.As(err, &f) {
						text += fmt.Sprint(" ", f.Code, " at ", f.Row)
					}
					got = append(got, text)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Error(diff)
				}
			}
			for range table.Rows() {
				break // leaves no sheet open
			}
		})
	}
	rows["審査 (2)"][0] = []string{"判定", "ID"}
	b = sheetsOf(t, []string{"審査", "審査 (2)"}, rows)
	_, err := Open(bytes.NewReader(b), int64(len(b)), "x.xlsx", Options{Continued: true})
	var f *pipeline.Fault
	if !errors.As(err, &f) || f.Code != CodeNoHeader {
		t.Errorf("a sheet of other columns: %v", err)
	}
}
