package source_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"meibo/pipeline"
	"meibo/pipeline/source"
)

// Every code is in the catalogue, once, with all its texts.
func TestFaultCatalogueIsComplete(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "faults.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	declared := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(v.Names[0].Name, "Code") {
			declared[strings.Trim(v.Values[0].(*ast.BasicLit).Value, `"`)] = true
			if v.Comment == nil {
				t.Errorf("%s has no comment", v.Names[0].Name)
			}
		}
		return true
	})
	for _, f := range source.Faults() {
		if !declared[string(f.Code)] {
			t.Errorf("%s is listed twice or not declared", f.Code)
		}
		delete(declared, string(f.Code))
		if f.Severity != pipeline.SeverityError || f.MeaningJA == "" || f.MeaningEN == "" || f.RemedyJA == "" || f.RemedyEN == "" {
			t.Errorf("%s lacks a text: %+v", f.Code, f)
		}
		if !strings.HasSuffix(f.MeaningJA, "。") || !strings.HasSuffix(f.RemedyJA, "。") {
			t.Errorf("%s: Japanese texts are sentences: %s%s", f.Code, f.MeaningJA, f.RemedyJA)
		}
	}
	for code := range declared {
		t.Errorf("%s is not in the catalogue", code)
	}
}

func TestFaultTexts(t *testing.T) {
	const secret = "秘密太郎"
	in := "id,name\n1," + secret + ",x\n2,\"" + secret + "\"x\n" + secret + ",\xff\n" + secret + ",\x00\n"
	want := []string{
		"a.csv 2行目: 列の数が見出し（2列）と違います（3列）。区切り文字や引用符（\"）の過不足を確認してください。",
		"a.csv 3行目: 引用符（\"）の対応が正しくありません。値の中の引用符は「\"\"」と2つ続けて書き、値全体を引用符で囲んでください。",
		"a.csv 4行目: 文字コード（UTF-8）として読めない文字があります（ファイルの先頭から57バイト目）。外字や文字化けがないか確認し、正しい文字に直してください。",
		"a.csv 5行目: 使えない文字（NUL）が入っています（ファイルの先頭から72バイト目）。この行を入力し直すか、ファイルを出力し直してください。",
	}
	table, err := open([]byte(in), "a.csv", source.Options{Encoding: source.EncodingUTF8})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range table.Rows() {
		f, ok := err.(*pipeline.Fault)
		if !ok || len(want) == 0 {
			t.Fatalf("want a fault, got %v", err)
		}
		if f.MessageJA() != want[0] {
			t.Errorf("got  %s\nwant %s", f.MessageJA(), want[0])
		}
		if strings.Contains(f.MessageJA()+f.MessageEN()+f.Error(), secret) {
			t.Errorf("%s holds a value of the file", f.Code)
		}
		want = want[1:]
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}
