package jobs_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "meibo"

// listed is a package as go list knows it, without its tests.
type listed struct {
	ImportPath, Dir, Doc string
	GoFiles              []string
	IgnoredGoFiles       []string
	Imports              []string
}

// packages asks go list once for every package of the module.
var packages = sync.OnceValues(func() (map[string]listed, error) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Doc,GoFiles,IgnoredGoFiles,Imports", "./...")
	cmd.Dir = ".."
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	all := map[string]listed{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all[strings.TrimPrefix(p.ImportPath, module+"/")] = p
	}
})

func modulePackages(t *testing.T) map[string]listed {
	t.Helper()
	all, err := packages()
	must(t, err)
	return all
}

// arrows reads the table in the doc comment of package pipeline: what each
// package imports of ours. "all of the above" is any of the rows before.
func arrows(t *testing.T) (imports map[string][]string, any map[string]bool) {
	t.Helper()
	src, err := os.ReadFile("../pipeline/doc.go")
	must(t, err)
	imports, any = map[string][]string{}, map[string]bool{}
	var above []string
	_, table, found := strings.Cut(string(src), "imports of ours\n")
	if !found {
		t.Fatal("pipeline/doc.go holds no table of imports")
	}
	for line := range strings.Lines(table) {
		row, ok := strings.CutPrefix(line, "//\t")
		if !ok {
			break
		}
		name, list, _ := strings.Cut(row, " ")
		list = strings.TrimSpace(list)
		imports[name] = []string{}
		switch list {
		case "–":
		case "all of the above":
			imports[name], any[name] = slices.Clone(above), true
		default:
			for x := range strings.SplitSeq(list, ", ") {
				if !slices.Contains(above, x) && slices.Contains(above, "pipeline/"+x) {
					x = "pipeline/" + x
				}
				imports[name] = append(imports[name], x)
			}
			slices.Sort(imports[name])
		}
		above = append(above, name)
	}
	return imports, any
}

func TestImportsFollowTheTableInPipelineDoc(t *testing.T) {
	table, any := arrows(t)
	all := modulePackages(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		want, ok := table[name]
		if !ok {
			t.Errorf("%s stands in no row of the table in pipeline/doc.go", name)
			continue
		}
		got := []string{}
		for _, i := range all[name].Imports {
			if ours, ok := strings.CutPrefix(i, module+"/"); ok {
				got = append(got, ours)
			}
		}
		slices.Sort(got)
		if any[name] {
			got = slices.DeleteFunc(got, func(i string) bool { return slices.Contains(want, i) })
			want = []string{}
		}
		equal(t, "imports of "+name, got, want)
	}
	for name := range table {
		if _, ok := all[name]; !ok {
			t.Errorf("the table has a row for %s, which is no package", name)
		}
	}
}

// What carries the meaning gets values and gives values.
func TestMeaningKnowsNoFilesNoSQLNoContext(t *testing.T) {
	banned := []string{"os", "context", "net/http", "database/sql", "io/fs", "os/exec", "syscall", "math/rand", "math/rand/v2"}
	all := modulePackages(t)
	for _, name := range []string{"pipeline", "pipeline/identity", "pipeline/deadline", "pipeline/purge", "pipeline/audit"} {
		p, ok := all[name]
		if !ok {
			t.Errorf("%s is no package", name)
		}
		for _, i := range p.Imports {
			if slices.Contains(banned, i) {
				t.Errorf("%s imports %s", name, i)
			}
		}
	}
}

// The day is a parameter: only the command and the runner may ask the clock.
func TestOnlyCmdAndRunAskTheClock(t *testing.T) {
	fset := token.NewFileSet()
	for name, p := range modulePackages(t) {
		if strings.HasPrefix(name, "cmd/") || name == "pipeline/run" {
			continue
		}
		for _, file := range slices.Concat(p.GoFiles, p.IgnoredGoFiles) {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, file), nil, 0)
			must(t, err)
			ast.Inspect(f, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				x, ok := sel.X.(*ast.Ident)
				if ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until"}, sel.Sel.Name) {
					t.Errorf("%s: time.%s", fset.Position(n.Pos()), sel.Sel.Name)
				}
				return true
			})
		}
	}
}

func TestEveryPackageSaysInOneSentenceWhatItIs(t *testing.T) {
	for name, p := range modulePackages(t) {
		kind := "Package "
		if strings.HasPrefix(name, "cmd/") || path.Base(name) == "gen" {
			kind = "Command "
		}
		if want := kind + path.Base(name) + " "; !strings.HasPrefix(p.Doc, want) || !strings.HasSuffix(p.Doc, ".") {
			t.Errorf("%s: doc begins %q, want one sentence that begins %q", name, p.Doc, want)
		}
	}
}

// The top of the repository holds these folders and no others.
func TestTopLevelFolders(t *testing.T) {
	want := []string{"cmd", "jobs", "pipeline", "sample-data", "schemas"}
	var got []string
	cmd := exec.Command("git", "ls-files")
	cmd.Dir = ".."
	if out, err := cmd.Output(); err == nil {
		for line := range strings.Lines(string(out)) {
			if top, _, in := strings.Cut(line, "/"); in && !strings.HasPrefix(top, ".") {
				got = append(got, top)
			}
		}
	} else { // the sources without their history: what make writes aside
		entries, err := fs.ReadDir(os.DirFS(".."), ".")
		must(t, err)
		for _, e := range entries {
			if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && e.Name() != "var" && e.Name() != "bin" {
				got = append(got, e.Name())
			}
		}
	}
	slices.Sort(got)
	equal(t, "top-level folders", slices.Compact(got), want)
}
