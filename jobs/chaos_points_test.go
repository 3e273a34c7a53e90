package jobs_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Whatever lasts has a point before and behind it: a call that commits, renames
// or removes stands between two of them.
func TestEveryCommitAndRemovalHasItsPoints(t *testing.T) {
	// What only looks leaves nothing that counts: its folder is a private copy.
	exempt := map[string]bool{"OpenToLook": true, "OpenToRehearse": true, "copyOutdated": true, "House.Close": true}
	lasting := map[string]string{"Commit": "commit", "Rename": "rename", "Remove": "remove", "RemoveAll": "remove"}
	fset := token.NewFileSet()
	found := 0
	for _, name := range []string{"pipeline/durable", "pipeline/store", "pipeline/report", "pipeline/source", "pipeline/run", "jobs"} {
		pkg := modulePackages(t)[name]
		for _, file := range pkg.GoFiles {
			f, err := parser.ParseFile(fset, filepath.Join(pkg.Dir, file), nil, 0)
			must(t, err)
			for _, d := range f.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || exempt[functionName(fn)] {
					continue
				}
				calls, points := lastingCalls(fn, lasting, name == "pipeline/durable")
				for _, kind := range calls {
					found++
					if points[kind+"-before"] == 0 || points[kind+"-before"] != points[kind+"-after"] {
						t.Errorf("%s: %s: a call that lasts without failpoints around it", fset.Position(fn.Pos()), functionName(fn))
					}
				}
			}
		}
	}
	if found < 8 {
		t.Errorf("found %d calls that last: the search is broken", found)
	}
}

func functionName(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return fn.Name.Name
	}
	r := fn.Recv.List[0].Type
	if star, ok := r.(*ast.StarExpr); ok {
		r = star.X
	}
	if id, ok := r.(*ast.Ident); ok {
		return id.Name + "." + fn.Name.Name
	}
	return fn.Name.Name
}

// lastingCalls are the calls in fn of package os, of an os.Root where those are
// used, or of a transaction that last, and the failpoints in it.
func lastingCalls(fn *ast.FuncDecl, lasting map[string]string, roots bool) (calls []string, points map[string]int) {
	points = map[string]int{}
	ast.Inspect(fn, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		on := ""
		switch x := sel.X.(type) {
		case *ast.Ident:
			on = x.Name
		case *ast.SelectorExpr:
			on = x.Sel.Name
		}
		if on == "failpoint" {
			if lit, ok := call.Args[0].(*ast.BasicLit); ok {
				points[strings.Trim(lit.Value, `"`)]++
			}
		}
		if kind := lasting[sel.Sel.Name]; kind != "" && (on == "os" || on == "tx" || roots && on == "root") {
			calls = append(calls, kind)
		}
		return true
	})
	return calls, points
}

// shipped is the program as make build makes it.
var shipped = sync.OnceValues(func() (string, error) {
	name := filepath.Join(shelf, "shipped")
	out, err := exec.Command("go", "build", "-trimpath", "-o", name, "../cmd/meibo").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return name, nil
})

// Nothing of this is in the program that is shipped: neither a name of a point
// nor of what turns one on, nor a function. All of it is in the one that tests
// break, so that the search is known to find it.
func TestTheShippedProgramHasNoFailpoints(t *testing.T) {
	good, err := shipped()
	must(t, err)
	bad, err := breakable()
	must(t, err)
	traces := []string{"MEIBO_FAILPOINT", "commit-before", "rename-after", "remove-before", "step-before", "run-begun", "import-settled"}
	for _, x := range []struct {
		bin  string
		want bool
	}{{good, false}, {bad, true}} {
		b, err := os.ReadFile(x.bin)
		must(t, err)
		for _, s := range traces {
			if got := bytes.Contains(b, []byte(s)); got != x.want {
				t.Errorf("%s holds %q: %t", filepath.Base(x.bin), s, got)
			}
		}
		out, err := exec.Command("go", "tool", "nm", x.bin).Output()
		must(t, err)
		symbols := slices.ContainsFunc(strings.Split(string(out), "\n"), func(l string) bool {
			return strings.Contains(l, "meibo/pipeline/failpoint.")
		})
		if symbols != x.want {
			t.Errorf("%s has symbols of package failpoint: %t", filepath.Base(x.bin), symbols)
		}
	}
}
