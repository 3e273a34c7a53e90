package jobs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/intake"
)

// faultsPage is written from the catalogue: go test ./jobs -run FaultsPage -update.
const faultsPage = "../schemas/layouts/faults/README.md"

const faultsIntro = `# 指摘の一覧 (catalogue of faults)

取り込みのときに出る指摘のすべてです。符号（code）は変わりません。実際の指摘には、ファイル名・シート・行・列と、そのときの数や日付が入ります。「…」は、その場で入る部分です。

Every fault that taking in a file can yield. Codes are stable; the text of a single fault names file, sheet, row and column, and what stands as … here.

This page is written from the program, and a test compares it: ` + "`go test ./jobs -run FaultsPage -update`" + `.
`

// faultGroups are the parts of the page: what a fault does to its row or file.
var faultGroups = []struct {
	title    string
	severity pipeline.Severity
	whole    bool
}{
	{"ファイル全体を取り込まない誤り (error: nothing of the file is kept)", pipeline.SeverityError, true},
	{"その行だけを取り込まない誤り (error: the row is set aside)", pipeline.SeverityError, false},
	{"ファイルについての注意 (warning about the file, which is taken)", pipeline.SeverityWarning, true},
	{"行についての注意 (warning about a row, which is taken)", pipeline.SeverityWarning, false},
}

func writtenFaults() string {
	var b strings.Builder
	b.WriteString(faultsIntro)
	plain := strings.NewReplacer("%d", "…", "%s", "…", "%g", "…", "|", "\\|")
	for _, g := range faultGroups {
		fmt.Fprintf(&b, "\n## %s\n", g.title)
		for _, f := range jobs.Faults() {
			if f.Severity == g.severity && f.WholeFile == g.whole {
				writeFault(&b, f, plain)
			}
		}
	}
	return b.String()
}

func writeFault(b *strings.Builder, f intake.FaultInfo, plain *strings.Replacer) {
	meaningJA, meaningEN := plain.Replace(f.MeaningJA), plain.Replace(f.MeaningEN)
	remedyJA, remedyEN := plain.Replace(f.RemedyJA), plain.Replace(f.RemedyEN)
	example := pipeline.Fault{
		Origin: pipeline.Origin{File: "registrations_20261121.xlsx"},
		JA:     meaningJA + remedyJA, EN: meaningEN + " " + remedyEN,
	}
	if !f.WholeFile {
		example.Sheet, example.Row = "登録", 12
	}
	fmt.Fprintf(b, "\n### `%s`\n\n| | 日本語 | English |\n|---|---|---|\n", f.Code)
	fmt.Fprintf(b, "| 意味 | %s | %s |\n", meaningJA, meaningEN)
	fmt.Fprintf(b, "| 対処 | %s | %s |\n", remedyJA, remedyEN)
	fmt.Fprintf(b, "| 例 | %s | %s |\n", example.MessageJA(), example.MessageEN())
}

func TestFaultsPageIsWhatTheProgramSays(t *testing.T) {
	want := writtenFaults()
	if *update {
		must(t, os.MkdirAll(filepath.Dir(faultsPage), 0o755))
		must(t, os.WriteFile(faultsPage, []byte(want), 0o644))
	}
	got, err := os.ReadFile(faultsPage)
	must(t, err)
	if string(got) != want {
		t.Errorf("%s is stale; go test ./jobs -run FaultsPage -update:\n%s", faultsPage, diffLines(want, string(got)))
	}
}

// Every code that package jobs declares stands in the catalogue once, with all texts.
func TestCatalogueHoldsTheCodesOfJobs(t *testing.T) {
	entries := map[string]int{}
	for _, f := range jobs.Faults() {
		entries[string(f.Code)]++
		if f.MeaningJA == "" || f.MeaningEN == "" || f.RemedyJA == "" || f.RemedyEN == "" || f.Severity == "" {
			t.Errorf("%s lacks a text", f.Code)
		}
	}
	for code, n := range entries {
		if n != 1 {
			t.Errorf("%s stands %d times", code, n)
		}
	}
	files, err := filepath.Glob("*.go")
	must(t, err)
	declared := 0
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		must(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok || len(v.Values) != 1 {
				return true
			}
			typ, ok := v.Type.(*ast.SelectorExpr)
			lit, isText := v.Values[0].(*ast.BasicLit)
			if !ok || typ.Sel.Name != "Code" || !isText {
				return true
			}
			code, err := strconv.Unquote(lit.Value)
			must(t, err)
			if declared++; entries[code] != 1 {
				t.Errorf("%s (%s) is not in the catalogue", code, name)
			}
			return true
		})
	}
	if declared < 5 {
		t.Errorf("found %d codes only", declared)
	}
}
