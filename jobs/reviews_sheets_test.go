package jobs

import (
	"bytes"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"meibo/pipeline"
	"meibo/pipeline/intake"
	"meibo/pipeline/report"
	"meibo/pipeline/source"
)

// A purge list that takes several sheets comes back with the answers of all of them.
func TestALongPurgeListComesBackWhole(t *testing.T) {
	rules, err := LoadRules()
	if err != nil {
		t.Fatal(err)
	}
	layouts, err := intake.LoadLayouts()
	if err != nil {
		t.Fatal(err)
	}
	day := pipeline.MustDate("2026-11-21")
	m := report.Meta{AsOf: day, Slot: time.Date(2026, 11, 21, 3, 15, 0, 0, time.UTC), Version: "v", Reader: SenderCompliance, Columns: rules.Disclosure.For("compliance"), SheetRows: 2}
	const n = 5
	var list iter.Seq2[pipeline.PurgeRow, error] = func(yield func(pipeline.PurgeRow, error) bool) {
		for i := range n {
			if !yield(pipeline.PurgeRow{ListNo: 3, AgentID: fmt.Sprint("A", i), Case: "1", State: pipeline.PurgeDue, FirstDeletable: day}, nil) {
				return
			}
		}
	}
	var b bytes.Buffer
	if _, err := report.PurgeList(&b, m, pipeline.PurgeList{No: 3, AsOf: day, Rows: n}, list, report.PurgeSince{}); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	answer := func(sheet string, row int) {
		for col, v := range map[string]string{"N": "承認", "O": "確認済み", "P": "C0001"} {
			if err := f.SetCellStr(sheet, fmt.Sprint(col, row), v); err != nil {
				t.Fatal(err)
			}
		}
	}
	answer("削除予定リスト", 9)
	answer("削除予定リスト (3)", 9)
	var back bytes.Buffer
	if err := f.Write(&back); err != nil {
		t.Fatal(err)
	}
	table, err := layouts["reviews"].Open(bytes.NewReader(back.Bytes()), int64(back.Len()), "purge-list_3.xlsx", source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for row, err := range table.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, row.Cells[2].Text+row.Cells[13].Text)
	}
	if want := "[A0承認 A1 A2 A3 A4承認]"; fmt.Sprint(got) != want {
		t.Errorf("read %v, want %s", got, want)
	}
}
