package jobs_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/japanese"
)

// sentHeader and the rows below it are how an insurer's workbook looks
// below a title.
var sentHeader = []any{"代理申請会社", "代理店登録番号", "代理店名", "募集人ID", "氏名", "生年月日", "役割", "登録事由", "登録事由発生年月日", "備考"}

// sentWorkbook makes a sender's workbook: a title, the header, rows, and a second
// sheet that is nobody's business.
func sentWorkbook(t testing.TB, rows ...[]any) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	must(t, f.SetSheetName("Sheet1", "登録届出"))
	must(t, f.SetCellStr("登録届出", "A1", "登録・届出　十一月分"))
	for i, row := range append([][]any{sentHeader}, rows...) {
		must(t, f.SetSheetRow("登録届出", fmt.Sprintf("A%d", i+2), &row))
	}
	_, err := f.NewSheet("社内メモ")
	must(t, err)
	must(t, f.SetCellStr("社内メモ", "B2", "来月も同じ書式で"))
	area := "登録届出!$A$2:$J$9"
	must(t, f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Area", RefersTo: area, Scope: "登録届出"}))
	var b bytes.Buffer
	must(t, f.Write(&b))
	return b.String()
}

func cp932(t testing.TB, s string) string {
	t.Helper()
	out, err := japanese.ShiftJIS.NewEncoder().String(s)
	must(t, err)
	return out
}

// faultyNight does a night with two faulty files and good rows between.
func faultyNight(t testing.TB) *place {
	t.Helper()
	dir := t.TempDir()
	p := newPlace(t, dir, sqliteIn(dir))
	p.put(t, "association/agents_20261120.csv", cp932(t, strings.ReplaceAll(`募集人ID,氏名,生年月日,ID取得日,メールアドレス
A0001,山田　太郎,1980-01-01,2026-10-01,yamada@example.com
A0002,,1980-02-30,2026-10-01,suzuki@example.com
A0003,髙﨑　三郎,R1.4.30,2026-10-01,takasaki@example.com
A0004,佐藤　四郎,1980-01-04,2026-10-01,"=HYPERLINK(""http://example.com"")"
件数,4
`, "\n", "\r\n")))
	p.put(t, "1001/registrations.xlsx", sentWorkbook(t,
		[]any{"1001", "A-001", "青空代理店", "A0001", "山田　太郎", "1980-01-01", "使用人", "登録", "2026-11-01", "=1+1"},
		[]any{"1001", "A-001", "青空代理店", "A0001", "山田　太郎", "1980-01-01", "用人", "登録", "2026-13-01", ""},
		[]any{"1001", "A-001", "", "A0001", "山田　太郎", "1980-01-01", "代表者", "登録", "2026-11-02", ""},
	))
	p.night(t, day("2026-11-20"))
	return p
}

// outboxFile reads a file of a reader.
func (p *place) outboxFile(t testing.TB, reader, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(p.Outbox, reader, name))
	must(t, err)
	return string(b)
}

// A faulty file goes home, its sender corrects what is marked and nothing else,
// sends it back under the name it came with, and the register has every row.
func TestCorrectedReturnsAreTakenInWithoutAFault(t *testing.T) {
	p := faultyNight(t)
	f, err := excelize.OpenReader(strings.NewReader(p.outboxFile(t, "1001", "rejects_registrations.xlsx")))
	must(t, err)
	defer f.Close()
	equal(t, "sheets", f.GetSheetList(), []string{"取込結果", "登録届出", "社内メモ"})
	equal(t, "cells with comments", commented(t, f, "登録届出"), []string{"C5", "G4", "I4"})
	for cell, right := range map[string]string{"C5": "青空代理店", "G4": "役員", "I4": "2026-11-03"} {
		must(t, f.SetCellStr("登録届出", cell, right))
	}
	var back bytes.Buffer
	must(t, f.Write(&back))

	rows := readCP932(t, p.outboxFile(t, SenderOfAgents, "rejects_agents_20261120.csv"))
	equal(t, "returned rows", columnOf(rows, "エラー行番号"), []string{"3", "4", "5"})
	for _, row := range rows[1:] {
		switch row[0] {
		case "A0002":
			row[1], row[2] = "鈴木　花子", "1980-02-28"
		case "A0003":
			row[2] = "R1.5.30"
		case "A0004":
			row[4] = "sato@example.com"
		}
	}
	p.put(t, "association/rejects_agents_20261120.csv", writeCP932(t, rows))
	p.put(t, "1001/rejects_registrations.xlsx", back.String())
	p.night(t, day("2026-11-21"))

	s := p.store(t)
	batches, err := s.BatchesOn(t.Context(), day("2026-11-21"))
	must(t, err)
	var got []string
	for _, b := range batches {
		got = append(got, fmt.Sprintf("%s: read %d applied %d unchanged %d rejected %d", b.Kind, b.RowsRead, b.Applied, b.Unchanged, b.Rejected))
		for f, err := range s.Faults(t.Context(), b.ID) {
			must(t, err)
			t.Errorf("%s: %v", b.Kind, f)
		}
	}
	equal(t, "second night", got, []string{
		"registrations: read 3 applied 2 unchanged 1 rejected 0",
		"agents: read 3 applied 3 unchanged 0 rejected 0",
	})
	agents, err := s.Agents(t.Context(), []string{"A0003"})
	must(t, err)
	equal(t, "name", agents[0].Name, "髙﨑　三郎")
}

// SenderOfAgents is who sends agents.
const SenderOfAgents = "association"

func commented(t testing.TB, f *excelize.File, sheet string) (cells []string) {
	t.Helper()
	comments, err := f.GetComments(sheet)
	must(t, err)
	for _, c := range comments {
		cells = append(cells, c.Cell)
		id, err := f.GetCellStyle(sheet, c.Cell)
		must(t, err)
		style, err := f.GetStyle(id)
		must(t, err)
		if len(style.Fill.Color) == 0 {
			t.Errorf("%s has a comment and no colour", c.Cell)
		}
	}
	slices.Sort(cells)
	return cells
}

func readCP932(t testing.TB, b string) [][]string {
	t.Helper()
	if strings.Count(b, "\n") != strings.Count(b, "\r\n") {
		t.Error("the line ends are not the sender's")
	}
	text, err := japanese.ShiftJIS.NewDecoder().String(b)
	must(t, err)
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	must(t, err)
	return rows
}

func writeCP932(t testing.TB, rows [][]string) string {
	t.Helper()
	var b strings.Builder
	w := csv.NewWriter(&b)
	must(t, w.WriteAll(rows))
	return cp932(t, b.String())
}

func columnOf(rows [][]string, header string) (out []string) {
	at := slices.Index(rows[0], header)
	for _, row := range rows[1:] {
		out = append(out, row[at])
	}
	return out
}

// The workbook beside a returned CSV does as well as the CSV, and nothing in
// either is ever run.
func TestReadableTwinOfAReturnedCSVCanBeSentBackInstead(t *testing.T) {
	p := faultyNight(t)
	rows := readCP932(t, p.outboxFile(t, SenderOfAgents, "rejects_agents_20261120.csv"))
	equal(t, "payload in CSV", columnOf(rows, "メールアドレス")[2], `'=HYPERLINK("http://example.com")`)
	f, err := excelize.OpenReader(strings.NewReader(p.outboxFile(t, SenderOfAgents, "rejects_agents_20261120_csv.xlsx")))
	must(t, err)
	defer f.Close()
	equal(t, "sheets", f.GetSheetList(), []string{"取込結果", "データ"})
	header, err := f.GetRows("データ")
	must(t, err)
	equal(t, "header", header[0], []string{"エラー行番号", "エラー内容", "募集人ID", "氏名", "生年月日", "ID取得日", "メールアドレス"})
	for _, sheet := range f.GetSheetList() {
		for i := range header {
			for col := range header[0] {
				cell, err := excelize.CoordinatesToCellName(col+1, i+1)
				must(t, err)
				if formula, err := f.GetCellFormula(sheet, cell); err != nil || formula != "" {
					t.Errorf("%s!%s is a formula %q (%v)", sheet, cell, formula, err)
				}
			}
		}
	}
	for cell, right := range map[string]string{"D2": "鈴木　花子", "E2": "1980-02-28", "E3": "R1.5.30", "G4": "sato@example.com"} {
		must(t, f.SetCellStr("データ", cell, right))
	}
	var back bytes.Buffer
	must(t, f.Write(&back))
	p.put(t, "association/rejects_agents_20261120_csv.xlsx", back.String())
	p.night(t, day("2026-11-21"))
	batches, err := p.store(t).BatchesOn(t.Context(), day("2026-11-21"))
	must(t, err)
	if b := batches[0]; b.Kind != "agents" || b.Applied != 3 || b.Rejected != 0 {
		t.Errorf("the workbook sent back: %+v", b)
	}
}

// What is still wrong comes back marked once more, and what was mended loses
// its mark.
func TestSecondReturnShowsOnlyWhatIsStillWrong(t *testing.T) {
	p := faultyNight(t)
	f, err := excelize.OpenReader(strings.NewReader(p.outboxFile(t, "1001", "rejects_registrations.xlsx")))
	must(t, err)
	defer f.Close()
	must(t, f.SetCellStr("登録届出", "C5", "青空代理店"))
	var back bytes.Buffer
	must(t, f.Write(&back))
	p.put(t, "1001/rejects_registrations.xlsx", back.String())
	p.night(t, day("2026-11-21"))
	again, err := excelize.OpenReader(strings.NewReader(p.outboxFile(t, "1001", "rejects_registrations.xlsx")))
	must(t, err)
	defer again.Close()
	equal(t, "sheets", again.GetSheetList(), []string{"取込結果", "登録届出", "社内メモ"})
	equal(t, "cells with comments", commented(t, again, "登録届出"), []string{"G4", "I4"})
	id, err := again.GetCellStyle("登録届出", "C5")
	must(t, err)
	style, err := again.GetStyle(id)
	must(t, err)
	if len(style.Fill.Color) > 0 {
		t.Errorf("the mended cell kept its colour: %v", style.Fill)
	}
	for _, n := range again.GetDefinedName() {
		if n.Name == "_xlnm.Print_Area" && n.Scope != "登録届出" {
			t.Errorf("the print area belongs to %s now", n.Scope)
		}
	}
}

// Returned files are the same bytes whenever they are made, and only their
// sender gets them.
func TestReturnsAreTheSameBytesAndOnlyTheSenders(t *testing.T) {
	first, second := faultyNight(t), faultyNight(t)
	want := tree(t, first.Outbox)
	sameTree(t, "the same night elsewhere", tree(t, second.Outbox), want)
	first.night(t, day("2026-11-20"))
	sameTree(t, "the same night again", tree(t, first.Outbox), want)
	var returned []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if strings.Contains(name, "/rejects_") || strings.Contains(name, "/import-report_") {
			returned = append(returned, name)
		}
	}
	equal(t, "returned", returned, []string{
		"1001/import-report_2026-11-20.xlsx", "1001/rejects_registrations.xlsx",
		"association/import-report_2026-11-20.xlsx",
		"association/rejects_agents_20261120.csv", "association/rejects_agents_20261120_csv.xlsx",
	})
}

// Files refused whole go home with the reason; strangers get nothing.
func TestRefusedFilesGoHomeWithTheReason(t *testing.T) {
	dir := t.TempDir()
	p := newPlace(t, dir, sqliteIn(dir))
	var many strings.Builder
	many.WriteString("募集人ID,氏名,生年月日,ID取得日\n")
	for i := range 60 {
		fmt.Fprintf(&many, "B%04d,試験　太郎,%d\n", i, 1980+i%2)
	}
	p.put(t, "association/agents_many.csv", many.String())
	p.put(t, "association/agents_cut.xlsx", sentWorkbook(t)[:900])
	p.put(t, "association/agents_nohead.xlsx", sentWorkbook(t, []any{"1001"}))
	p.put(t, "1001/note.txt", "hello")
	p.put(t, "stranger/agents.csv", many.String())
	p.night(t, day("2026-11-20"))
	var got []string
	for name := range tree(t, p.Outbox) {
		if strings.Contains(name, "rejects_") || strings.HasPrefix(name, "stranger") {
			got = append(got, name)
		}
	}
	slices.Sort(got)
	equal(t, "returned", got, []string{
		"1001/rejects_note_txt.xlsx", "association/rejects_agents_cut.xlsx", "association/rejects_agents_many.csv",
		"association/rejects_agents_many_csv.xlsx", "association/rejects_agents_nohead.xlsx",
	})
	if rows := strings.Count(p.outboxFile(t, SenderOfAgents, "rejects_agents_many.csv"), "\n"); rows != 61 {
		t.Errorf("a CSV refused whole came back with %d lines, not all 61", rows)
	}
}
