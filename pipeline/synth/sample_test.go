package synth

import (
	"archive/zip"
	"bytes"
	"flag"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sampleDir = "../../sample-data"

var update = flag.Bool("update", false, "rewrite sample-data/inbox and truth.csv from what the code does now")

// The committed sample data is what Sample writes. Workbooks are compared
// entry by entry, since another release of Go may compress otherwise.
func TestSampleDataIsCommitted(t *testing.T) {
	if *update {
		for _, name := range []string{"inbox", "truth.csv"} {
			if err := os.RemoveAll(filepath.Join(sampleDir, name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := Sample(sampleDir); err != nil {
			t.Fatal(err)
		}
	}
	fresh := t.TempDir()
	if err := Sample(fresh); err != nil {
		t.Fatal(err)
	}
	want, got := tree(t, fresh), tree(t, sampleDir)
	maps.DeleteFunc(got, func(name string, _ string) bool {
		return !strings.HasPrefix(name, "inbox/") && name != "truth.csv"
	})
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if g, ok := got[name]; !ok {
			t.Errorf("%s is not committed; run the test with -update", name)
		} else if g != want[name] {
			t.Errorf("%s differs from what Sample writes; look at it, then run the test with -update", name)
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("files that Sample does not write: %v", slices.Sorted(maps.Keys(got)))
	}
}

// Whoever reads the sample data finds every hand-written ID explained.
func TestEveryCaseIsExplained(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(sampleDir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	words, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, l := range newCast(words).rows {
		id := ""
		switch {
		case l.raw != nil:
			id, _, _ = strings.Cut(string(l.raw), ",")
		case l.kind.name == registrations.name:
			id = l.cells[5].text
		case l.kind.name == corrections.name:
			id = l.cells[1].text
		case l.kind.name == managers.name:
			id = l.cells[2].text // none of a 特別管理者
		default:
			id = l.cells[0].text
		}
		if id == "" || seen[id] {
			continue
		}
		seen[id] = true
		if !bytes.Contains(readme, []byte("`"+id+"`")) {
			t.Errorf("sample-data/README.md does not explain `%s`", id)
		}
	}
}

func TestSampleRefusesToOverwrite(t *testing.T) {
	out := t.TempDir()
	if err := Sample(out); err != nil {
		t.Fatal(err)
	}
	before := tree(t, out)
	if err := Sample(out); err == nil {
		t.Error("Sample wrote over sample data that was there")
	}
	if diff := cmp.Diff(before, tree(t, out)); diff != "" {
		t.Errorf("a refused Sample changed files (-before +after):\n%s", diff)
	}
}

// tree returns the files below dir: name to content, that of workbooks unpacked.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = unpacked(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// unpacked returns the names and contents of a ZIP file, and b itself when it is none.
func unpacked(b []byte) string {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return string(b)
	}
	var out strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return string(b)
		}
		out.WriteString(f.Name + "\n")
		if _, err := io.Copy(&out, r); err != nil {
			return string(b)
		}
		r.Close()
	}
	return out.String()
}
