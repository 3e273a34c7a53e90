package synth

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// Whatever the habits of an office, a reader that is not ours sees the same cells.
func TestWorkbookReadsTheSameElsewhere(t *testing.T) {
	k := kind{name: "registrations", headers: []string{"代理店", "氏名", "日付", "備考"}}
	cells := [][]cell{
		{text("D1"), text("𠮷田　＜A&B＞ <x>"), date(20240229), text(" 前後の空白 ")},
		{{text: "1001", num: true}, text("一行目\n二行目"), date(20160229), {}},
		{{}, text("A"), date(19560301), text("A")},
	}
	for _, tt := range []struct {
		name string
		f    format
		want [][]string
	}{
		{"real dates", format{dates: datesReal}, [][]string{k.headers}},
		{"dates from 1904", format{dates: datesReal, book: bookStyle{date04: true}}, [][]string{k.headers}},
		{"shared strings", format{dates: datesISO, book: bookStyle{shared: true}}, [][]string{k.headers}},
		{"not compressed", format{dates: datesISO, book: bookStyle{stored: true}}, [][]string{k.headers}},
		{"a hidden sheet first", format{dates: datesISO, book: bookStyle{hidden: true}}, [][]string{k.headers}},
		{"titles above", format{dates: datesISO, book: bookStyle{title: []string{"題名", "社外秘"}}}, [][]string{{"題名"}, {"社外秘"}, k.headers}},
		{
			"headings merged",
			format{dates: datesISO, book: bookStyle{groups: []group{{"人", 0, 1}}}},
			[][]string{{"人", "", "日付", "備考"}, {"代理店", "氏名"}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.xlsx")
			tt.f.book.sheet, tt.f.book.trailer = "登録", true
			w, err := newWorkbook(path, k, tt.f)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range cells {
				if err := w.row(row); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.close(); err != nil {
				t.Fatal(err)
			}
			want := append(tt.want, [][]string{
				{"D1", "𠮷田　＜A&B＞ <x>", "2024-02-29", " 前後の空白 "},
				{"1001", "一行目\n二行目", "2016-02-29"},
				{"", "A", "1956-03-01", "A"},
				{"件数", "3"},
			}...)
			if diff := cmp.Diff(want, readBook(t, path)); diff != "" {
				t.Errorf("cells (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMergedHeadingsSpanTheirColumns(t *testing.T) {
	k := kind{name: "registrations", headers: []string{"a", "b", "c"}}
	path := filepath.Join(t.TempDir(), "a.xlsx")
	w, err := newWorkbook(path, k, format{book: bookStyle{sheet: "登録", title: []string{"題名"}, groups: []group{{"G", 1, 2}}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	b, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	merged, err := b.GetMergeCells("登録")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range merged {
		got = append(got, m[0]+" "+m[1])
	}
	if diff := cmp.Diff([]string{"B2:C2 G", "A2:A3 a"}, got); diff != "" {
		t.Errorf("merges (-want +got):\n%s", diff)
	}
}
