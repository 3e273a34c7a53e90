package jobs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// mayWrite are the places outside of pipeline/durable that change files by
// themselves, and why that harms nobody.
var mayWrite = map[string]string{
	"pipeline/durable/":             "is the one that writes for all",
	"pipeline/failpoint/on.go":      "is not in the program that is shipped",
	"pipeline/report/":              "spills into a private folder while a workbook is made; nothing of it is kept",
	"pipeline/run/memory.go":        "asks the kernel to count memory anew",
	"pipeline/store/store.go":       "makes the file that SQLite fills",
	"pipeline/synth/":               "makes up registers for trials, into an empty folder",
	"jobs/locked.go":                "what is to be locked, in the private temporary folder",
	"jobs/look.go":                  "a house to look from, in a throw-away folder",
	"jobs/house.go":                 "removes that folder again",
	"jobs/audit_keys.go":            "keys are never replaced: synced, then linked to their name, which fails where one is",
	"jobs/audit_verify.go":          "moves a new key to the place of the old one and syncs the folder",
	"schemas/kanji/gen/":            "is run by hand by whoever works on this program",
	"pipeline/store/storetest/":     "is for tests",
	"pipeline/durable/durabletest/": "is for tests",
}

// Files that are kept are written, renamed and removed by pipeline/durable only:
// whole or not at all, and through the disk that tests let fail.
func TestOnlyDurableWritesFiles(t *testing.T) {
	changes := map[string]bool{
		"Create": true, "CreateTemp": true, "WriteFile": true, "OpenFile": true, "Rename": true, "Remove": true, "RemoveAll": true,
		"Mkdir": true, "MkdirAll": true, "MkdirTemp": true, "Chmod": true, "Truncate": true, "Link": true, "Symlink": true, "CopyFS": true, "OpenRoot": true,
	}
	used := map[string]bool{}
	must(t, filepath.WalkDir("..", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel := filepath.ToSlash(strings.TrimPrefix(name, ".."+string(filepath.Separator)))
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := s.X.(*ast.Ident)
			if ok && (pkg.Name == "os" || pkg.Name == "ioutil") && changes[s.Sel.Name] || s.Sel.Name == "SaveAs" {
				place := permitted(rel)
				if used[place] = true; place == "" {
					t.Errorf("%s calls %s: use pipeline/durable, or say in mayWrite why not", rel, s.Sel.Name)
				}
			}
			return true
		})
		return nil
	}))
	if len(used) < 6 {
		t.Errorf("found only %v", used)
	}
}

func permitted(file string) string {
	for place := range mayWrite {
		if file == place || strings.HasSuffix(place, "/") && strings.HasPrefix(file, place) {
			return place
		}
	}
	return ""
}
