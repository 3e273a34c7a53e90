package jobs_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"meibo/pipeline"
	"meibo/pipeline/identity"
	"meibo/pipeline/store"
)

// nameAlphabet holds what names are made of, and what databases and editors
// like to change in them.
var nameAlphabet = []string{
	"山", "田", "太", "郎", "髙", "高", "﨑", "崎", "𠮷", "吉", "𠮟", "𠀋", "斎", "齋", "斉", "齊", "々", "ヶ", "ケ",
	"渡", "邊", "邉", "辺\U000E0101", "葛\U000E0100", "神", "羽", "祐", "ヨ", "シ", "ダ", "タ", "ﾀﾞ", "か\u3099", "が", "ハ", "パ", "ー", "ｰ",
	"Ａ", "A", "é", "e\u0301", "’", "'", "-", "‐", "　", " ", "ｶﾞ", "㍿", "🍣",
}

func randomName(r *rand.Rand) string {
	for {
		var b strings.Builder
		for range 1 + r.IntN(8) {
			b.WriteString(nameAlphabet[r.IntN(len(nameAlphabet))])
		}
		// Intake trims; what it lets through has no blanks at its ends.
		if s := strings.Trim(b.String(), " 　"); s != "" {
			return s
		}
	}
}

// Ten thousand names go through the store of each database without the loss of
// a byte, and so do their keys.
func TestNamesSurviveTheStore(t *testing.T) {
	for name, dsn := range map[string]string{"sqlite": sqliteIn(t.TempDir()), "mysql": newMySQL(t)} {
		t.Run(name, func(t *testing.T) {
			s, err := store.Open(t.Context(), dsn, store.Options{})
			must(t, err)
			defer s.Close()
			r := rand.New(rand.NewPCG(7, 11))
			want := map[string]string{}
			var agents []pipeline.Agent
			for i := range 10_000 {
				a := pipeline.Agent{ID: fmt.Sprintf("N%05d", i), Name: randomName(r)}
				agents, want[a.ID] = append(agents, a), a.Name
			}
			for chunk := range slices.Chunk(agents, 2000) {
				must(t, s.Write(t.Context(), func(tx *store.Tx) error { return tx.PutAgents(t.Context(), chunk) }))
			}
			read := 0
			for p, err := range s.People(t.Context()) {
				must(t, err)
				read++
				if p.Agent.Name != want[p.Agent.ID] {
					t.Fatalf("%s went in as %+q and came out as %+q", p.Agent.ID, want[p.Agent.ID], p.Agent.Name)
				}
				if got, was := identity.KeysOf(p.Agent.Name), identity.KeysOf(want[p.Agent.ID]); got != was {
					t.Fatalf("keys of %s: %+v, before %+v", p.Agent.ID, got, was)
				}
			}
			if read != len(want) {
				t.Errorf("%d names came out of %d", read, len(want))
			}
		})
	}
}

// payloads would run in a spreadsheet if they were written as they are.
var payloads = []string{
	`=HYPERLINK("http://example.com")`, "+1+1", "-1+1", "@SUM(A1)", "＝1+1", "＋1", "－1", "＠SUM", " =1+1", "　=1+1", "=cmd|' /C calc'!A0",
}

// formula finds a formula in the XML of a sheet.
var formula = regexp.MustCompile(`<(?:\w+:)?f[ >/]`)

// Whatever a sender writes into a text field stays text in everything a night
// delivers.
func TestFormulasStayText(t *testing.T) {
	p := empty(t)
	var rows, regs, exams [][]string
	for i, payload := range payloads {
		for _, twin := range []string{"A", "B"} { // two IDs of one name: they stand in the duplicates too
			id := fmt.Sprintf("EVIL%02d%s", i, twin)
			rows = append(rows, []string{id, payload, "", payload, "1980-04-01", "", "", "2020-01-10", ""})
			exams = append(exams, []string{id, payload, "1980-04-01", "K10", "合格", "2021-11-21", "", payload + twin, "2021-12-01"})
			regs = append(regs, []string{"1001", "", payload, payload, id, payload, "1980-04-01", "使用人", "登録", "2020-04-01", "", payload})
		}
		rows = append(rows, []string{fmt.Sprintf("DUE%02d", i), payload, "", "", "1980-04-01", "", "", "2020-01-10", ""})
	}
	p.put(t, "association/agents_1.csv", csvOf(t, agentHeader, rows))
	p.put(t, "exam-center/exam-results_1.csv", csvOf(t, examHeader, exams))
	p.put(t, "1001/registrations_1.xlsx", sheetOf(t, registrationHeader, regs))
	p.night(t, day("2026-11-21"))

	books := 0
	for name, content := range tree(t, p.Outbox) {
		if !strings.HasSuffix(name, ".xlsx") {
			continue
		}
		books++
		z, err := zip.NewReader(strings.NewReader(content), int64(len(content)))
		must(t, err)
		for _, f := range z.File {
			if !strings.HasPrefix(f.Name, "xl/worksheets/sheet") {
				continue
			}
			r, err := f.Open()
			must(t, err)
			xml, err := io.ReadAll(r)
			must(t, err)
			if formula.Match(xml) {
				t.Errorf("%s holds a formula in %s", name, f.Name)
			}
		}
	}
	if books < 4 {
		t.Fatalf("the night delivered %d workbooks", books)
	}
	for _, want := range []string{"compliance/duplicates_2026-11-21.xlsx", "1001/expiry-report_2026-11-21.xlsx"} {
		if !strings.Contains(allCells(t, tree(t, p.Outbox)[want]), "@SUM(A1)") {
			t.Errorf("%s does not show the payload as text: the test shows nothing", want)
		}
	}
}

// csvOf is a CSV file whose cells may hold anything.
func csvOf(t *testing.T, header string, rows [][]string) string {
	t.Helper()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	must(t, w.Write(strings.Split(header, ",")))
	must(t, w.WriteAll(rows))
	return b.String()
}

// sheetOf is a workbook whose cells may hold anything.
func sheetOf(t *testing.T, header string, rows [][]string) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range append([][]string{strings.Split(header, ",")}, rows...) {
		must(t, f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row))
	}
	var b bytes.Buffer
	_, err := f.WriteTo(&b)
	must(t, err)
	return b.String()
}

// allCells is the text of every cell of a workbook.
func allCells(t *testing.T, content string) string {
	t.Helper()
	f, err := excelize.OpenReader(strings.NewReader(content))
	must(t, err)
	defer f.Close()
	var b strings.Builder
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		must(t, err)
		for _, r := range rows {
			b.WriteString(strings.Join(r, "\n") + "\n")
		}
	}
	return b.String()
}
