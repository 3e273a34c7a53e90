package report

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// sheetsNamed are the rows of a table over all its sheets, without their heads,
// and the names of the sheets.
func sheetsNamed(t *testing.T, b []byte, name string, head int) (rows [][]string, names []string) {
	t.Helper()
	f := open(t, b)
	for _, sheet := range f.GetSheetList() {
		if sheet != name && !strings.HasPrefix(sheet, name+" (") {
			continue
		}
		names = append(names, sheet)
		all, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, all[head:]...)
		panes, err := f.GetPanes(sheet)
		if err != nil || !panes.Freeze || panes.YSplit != head {
			t.Errorf("%s: frozen %+v, %v", sheet, panes, err)
		}
	}
	for _, sheet := range names {
		if !slices.ContainsFunc(f.GetDefinedName(), func(n excelize.DefinedName) bool { return n.Scope == sheet && strings.Contains(n.Name, "Print_Titles") }) {
			t.Errorf("%s has no print titles", sheet)
		}
	}
	return rows, names
}

// A table that is full goes on on a further sheet, with the same head; nothing is
// lost, said twice or put in another order.
func TestTablesGoOnOnFurtherSheets(t *testing.T) {
	tests := []struct {
		name, sheet string
		head        int
		write       func(w io.Writer, m Meta) (Stats, error)
		want        []string // sheets of at most 100 rows
	}{
		{"expiry report", "明細", 5, func(w io.Writer, m Meta) (Stats, error) { return ExpiryReport(w, m, sampleExpiry(250)) }, []string{"明細", "明細 (2)", "明細 (3)"}},
		{"exactly full", "明細", 5, func(w io.Writer, m Meta) (Stats, error) { return ExpiryReport(w, m, sampleExpiry(200)) }, []string{"明細", "明細 (2)"}},
		{"bulk answers", "回答", 7, func(w io.Writer, m Meta) (Stats, error) {
			return BulkAnswers(w, m, slices.Repeat([]BulkAnswer{{Asker: m.Reader, No: "1", Hits: 0}, {Asker: m.Reader, No: "2", Hits: 2}}, 60))
		}, []string{"回答", "回答 (2)"}},
		{"faulty rows", "データ", 1, func(w io.Writer, m Meta) (Stats, error) {
			r := sampleReturned("exams.csv")
			rows := slices.Repeat(sampleRows(), 60)
			r.Sheet, rows = "", rows[:110]
			for i := range rows {
				rows[i].Number = i + 2
			}
			return FaultyRows(w, m, r, over(rows))
		}, []string{"データ", "データ (2)"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var whole, split bytes.Buffer
			m := sampleMeta()
			if _, err := tt.write(&whole, m); err != nil {
				t.Fatal(err)
			}
			m.SheetRows = 100
			if _, err := tt.write(&split, m); err != nil {
				t.Fatal(err)
			}
			wellFormed(t, split.Bytes())
			want, one := sheetsNamed(t, whole.Bytes(), tt.sheet, tt.head)
			got, names := sheetsNamed(t, split.Bytes(), tt.sheet, tt.head)
			if !slices.Equal(names, tt.want) || len(one) != 1 {
				t.Errorf("sheets %v and %v, want %v", one, names, tt.want)
			}
			if len(want) < 100 || !slices.EqualFunc(got, want, slices.Equal[[]string]) {
				t.Errorf("%d rows over all sheets are not the %d of one sheet", len(got), len(want))
			}
		})
	}
}
