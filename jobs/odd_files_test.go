package jobs_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/japanese"
)

// oddBook is a workbook of the rows below the header, changed by do.
func oddBook(t testing.TB, do func(f *excelize.File, sheet string) error, rows ...[]any) string {
	t.Helper()
	f, err := excelize.OpenReader(strings.NewReader(sentWorkbook(t, rows...)))
	must(t, err)
	defer f.Close()
	if do != nil {
		must(t, do(f, "登録届出"))
	}
	var b bytes.Buffer
	must(t, f.Write(&b))
	return b.String()
}

// oddFiles are files as offices really send them, by name, and what is to be
// said of each: its state, its rows, those set aside, and its faults by row.
func oddFiles(t testing.TB) (files map[string]string, want map[string]string) {
	const head = "募集人ID,氏名,生年月日,ID取得日\r\n"
	const one, two = "P1,見本　一子,1980-01-01,2026-10-01\r\n", "P2,見本　二郎,1980-01-02,2026-10-01\r\n"
	reg := func(id, name, agency string, on any) []any {
		return []any{"1001", agency, "青空代理店", id, name, "", "使用人", "登録", on, ""}
	}
	a, b := reg("P1", "見本　一子", "A-1", "2026-11-01"), reg("P2", "見本　二郎", "A-1", "2026-11-01")
	files, want = map[string]string{}, map[string]string{}
	add := func(name, content, says string) { files[name], want[name] = content, says }

	add("association/agents_0.csv", cp932(t, head+one+two), "applied 2 0")
	add("association/agents_again.csv", cp932(t, head+one+head+two), "applied 3 1: 3 header-repeated")
	add("association/agents_blank.csv", "\r\n,,\r\n", "refused 0 0: 0 no-header-row")
	add("association/agents_count.csv", cp932(t, head+one+two+"件数,1,234\r\n"), "refused 2 2: 0 trailer-mismatch")
	add("association/agents_counted.csv", cp932(t, head+one+two+"合計：２件\r\n"), "applied 2 0")
	add("association/agents_empty.csv", "", "refused 0 0: 0 empty-file")
	add("association/agents_gaiji.csv", cp932(t, head)+"P3,\xf0\x40\x81\x40"+cp932(t, "花子,1980-01-03,2026-10-01\r\n"+two), "applied 2 1: 2 bad-bytes")
	add("association/agents_header.csv", cp932(t, head), "applied 0 0")
	add("association/agents_kana.csv", cp932(t, head+"Ｐ４,ﾐﾎﾝ ｼﾛｳ,１９８０－０１－０４,2026-10-01\r\n"), "applied 1 0")
	add("association/agents_page.xls", "<html><table></table></html>", "refused 0 0: 0 unknown-extension")
	add("association/agents_quote.csv", cp932(t, head+one+"P5,見本　五郎,1980-01-05,\"2026-10-01"), "applied 2 1: 3 bad-quotes")
	add("association/agents_semicolon.csv", strings.ReplaceAll(head+one, ",", ";"), "refused 0 0: 0 no-header-row")

	add("1001/registrations_again.xlsx", oddBook(t, nil, a, sentHeader, b), "applied 3 1: 4 header-repeated")
	add("1001/registrations_dates.xlsx", oddBook(t, nil,
		reg("P1", "見本　一子", "A-2", "46327"), reg("P2", "見本　二郎", "A-2", 46327)), "applied 2 2: 3 number-as-date, 4 number-as-date")
	add("1001/registrations_hidden.xlsx", oddBook(t, func(f *excelize.File, sheet string) error {
		f.SetActiveSheet(1)
		return f.SetSheetVisible(sheet, false)
	}, a), "refused 0 0: 0 no-header-row")
	add("1001/registrations_html.xlsx", "<html><table></table></html>", "refused 0 0: 0 wrong-extension")
	add("1001/registrations_total.xlsx", oddBook(t, nil, a, b, []any{"件数", "1,234"}), "refused 2 2: 0 trailer-mismatch")
	add("1001/registrations_wide.xlsx", oddBook(t, nil, reg("ｐ １", "見本　一子", "Ａ－４", "2026年11月1日（日）")), "applied 1 0")
	return files, want
}

// Whatever an office sends is told from sound data, for what it is.
func TestOddFilesAreJudgedForWhatTheyAre(t *testing.T) {
	p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
	files, want := oddFiles(t)
	for name, content := range files {
		p.put(t, name, content)
	}
	p.night(t, day("2026-11-20"))
	s := p.store(t)
	batches, err := s.BatchesOn(t.Context(), day("2026-11-20"))
	must(t, err)
	got := map[string]string{}
	for _, b := range batches {
		var faults []string
		for f, err := range s.Faults(t.Context(), b.ID) {
			must(t, err)
			faults = append(faults, fmt.Sprintf("%d %s", f.Row, f.Code))
		}
		got[b.Sender+"/"+b.FileName] = strings.TrimSuffix(
			fmt.Sprintf("%s %d %d: %s", b.State, b.RowsRead, b.Rejected, strings.Join(faults, ", ")), ": ")
	}
	equal(t, "files", got, want)

	// A 外字 comes back as one mark, with nothing of it left beside, and the
	// file is refused again while the mark stands.
	back := p.outboxFile(t, SenderOfAgents, "rejects_agents_gaiji.csv")
	if !strings.Contains(back, "P3,\xff\x81\x40"+cp932(t, "花子")) {
		t.Errorf("the name came back as %q", back)
	}
	text, err := japanese.ShiftJIS.NewDecoder().String(back)
	must(t, err)
	if !strings.Contains(text, "外字や文字化けがないか確認し") {
		t.Errorf("returned: %s", text)
	}
	// Where no cell is to be corrected, nobody is sent to look for one.
	f, err := excelize.OpenReader(strings.NewReader(p.outboxFile(t, "1001", "rejects_registrations_total.xlsx")))
	must(t, err)
	defer f.Close()
	rows, err := f.GetRows("取込結果")
	must(t, err)
	if all := fmt.Sprint(rows); !strings.Contains(all, "元のファイルを直して、ファイル全体を送り直してください") || strings.Contains(all, "色の付いたセルを直し") {
		t.Errorf("advice for a wrong total: %s", all)
	}
}
