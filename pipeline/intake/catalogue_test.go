package intake

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"testing"

	"meibo/pipeline"
)

// Every code that this package declares is in the catalogue, once, with texts
// in both languages.
func TestCatalogueHoldsEveryCode(t *testing.T) {
	entries := map[pipeline.Code]int{}
	for _, i := range Faults() {
		entries[i.Code]++
		if i.MeaningJA == "" || i.MeaningEN == "" || i.RemedyJA == "" || i.RemedyEN == "" || i.Severity == "" {
			t.Errorf("%s lacks a text: %+v", i.Code, i)
		}
	}
	for _, code := range declaredCodes(t) {
		if entries[code] != 1 {
			t.Errorf("%s stands %d times in the catalogue, want once", code, entries[code])
		}
	}
}

func declaredCodes(t *testing.T) (codes []pipeline.Code) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if v, ok := n.(*ast.ValueSpec); ok {
				if typ, ok := v.Type.(*ast.SelectorExpr); ok && typ.Sel.Name == "Code" && len(v.Values) == 1 {
					code, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
					if err != nil {
						t.Fatal(err)
					}
					codes = append(codes, pipeline.Code(code))
				}
			}
			return true
		})
	}
	if len(codes) < 40 {
		t.Fatalf("found %d codes only", len(codes))
	}
	return codes
}
