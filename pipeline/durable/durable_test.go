package durable_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meibo/pipeline/durable"
	"meibo/pipeline/durable/durabletest"
)

func openRoot(t *testing.T, dir string) *durable.Root {
	t.Helper()
	r, err := durable.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func say(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// tree lists the files below dir with their content.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		name, _ := filepath.Rel(dir, p)
		got[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func hashOf(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

func TestWriteFileSaysWhatItWrote(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	name := filepath.Join(t.TempDir(), "報告.txt")
	for _, text := range []string{"first", "", strings.Repeat("long ", 100_000)} {
		got, err := durable.WriteFile(name, 0o640, say(text))
		if err != nil {
			t.Fatal(err)
		}
		want := durable.Written{Size: int64(len(text)), SHA256: hashOf(text)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("WriteFile (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]string{"報告.txt": text}, tree(t, filepath.Dir(name))); diff != "" {
			t.Errorf("folder (-want +got):\n%s", diff)
		}
	}
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("rights %v, %v, want 0640 whatever the umask", info.Mode(), err)
	}
}

func TestWriteFileTakesTheLongestName(t *testing.T) {
	name := filepath.Join(t.TempDir(), strings.Repeat("名", 85)) // 255 bytes
	if _, err := durable.WriteFile(name, 0o600, say("x")); err != nil {
		t.Fatal(err)
	}
}

func TestWriteFileKeepsTheOldFileWhenTheWriterFails(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a")
	if _, err := durable.WriteFile(name, 0o600, say("old")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("no more rows")
	_, err := durable.WriteFile(name, 0o600, func(w io.Writer) error {
		io.WriteString(w, "half")
		return broken
	})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), name) {
		t.Errorf("error %v, want the writer's, with the name of the file", err)
	}
	if diff := cmp.Diff(map[string]string{"a": "old"}, tree(t, dir)); diff != "" {
		t.Errorf("folder (-want +got):\n%s", diff)
	}
}

// Fail the 1st, the 2nd, … operation until none is left to fail: the file is
// always the old or the new one, whole, and nothing lies beside it.
func TestWriteSurvivesTheFailureOfAnyOperation(t *testing.T) {
	text := strings.Repeat("new ", 50_000) // more than one write
	for name, kind := range durabletest.Kinds() {
		t.Run(name, func(t *testing.T) {
			for n := 1; ; n++ {
				dir := t.TempDir()
				root := openRoot(t, dir)
				if _, err := durable.WriteIn(root, "a", 0o600, say("old")); err != nil {
					t.Fatal(err)
				}
				disk := kind
				disk.FS, disk.N = root, n
				_, err := durable.WriteIn(&disk, "a", 0o600, say(text))
				if !disk.Happened() {
					if err != nil || n < 8 && kind.Only == "" {
						t.Fatalf("without a fault, after %d: %v", n, err)
					}
					return
				}
				if !errors.Is(err, kind.Err) {
					t.Fatalf("operation %d: error %v, want %v", n, err, kind.Err)
				}
				if _, err := durable.Sweep(root, ".", true); err != nil {
					t.Fatal(err)
				}
				got := tree(t, dir)
				if s := got["a"]; len(got) != 1 || s != "old" && s != text {
					t.Fatalf("operation %d: %d files, %d bytes in the target", n, len(got), len(s))
				}
			}
		})
	}
}

// A single failure leaves nothing, without a sweep.
func TestWriteCleansUpAfterItself(t *testing.T) {
	for n := 1; ; n++ {
		dir := t.TempDir()
		disk := &durabletest.Faulty{FS: openRoot(t, dir), N: n}
		_, err := durable.WriteIn(disk, "a", 0o600, say("new"))
		if !disk.Happened() {
			if err != nil {
				t.Fatal(err)
			}
			return
		}
		for name := range tree(t, dir) {
			if name != "a" {
				t.Errorf("operation %d left %s", n, name)
			}
		}
	}
}

func TestArchiveSurvivesTheFailureOfAnyOperation(t *testing.T) {
	text := strings.Repeat("row\n", 50_000)
	for name, kind := range durabletest.Kinds() {
		t.Run(name, func(t *testing.T) {
			in := t.TempDir()
			if err := os.WriteFile(filepath.Join(in, "f.csv"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			inbox := openRoot(t, in)
			for n := 1; ; n++ {
				dir := t.TempDir()
				root := openRoot(t, dir)
				disk := kind
				disk.FS, disk.N = root, n
				_, _, err := durable.NewArchive(&disk).Put(inbox, "f.csv")
				if !disk.Happened() {
					if err != nil {
						t.Fatal(err)
					}
					return
				}
				if !errors.Is(err, kind.Err) || strings.Contains(err.Error(), "f.csv") {
					t.Fatalf("operation %d: error %v, want %v without the sender's name of the file", n, err, kind.Err)
				}
				a := durable.NewArchive(root)
				for sum, err := range a.All() {
					if err != nil || a.Verify(sum) != nil {
						t.Fatalf("operation %d: a damaged file is listed: %v", n, err)
					}
				}
				if _, err := durable.Sweep(root, ".", true); err != nil {
					t.Fatal(err)
				}
				sum, _, err := a.Put(inbox, "f.csv") // and again, undisturbed
				if diff := cmp.Diff(map[string]string{sum[:2] + "/" + sum: text}, tree(t, dir)); err != nil || diff != "" {
					t.Fatalf("operation %d, once more: %v (-want +got):\n%.300s", n, err, diff)
				}
			}
		})
	}
}

func TestPutNoticesASourceThatFails(t *testing.T) {
	in := t.TempDir()
	if err := os.WriteFile(filepath.Join(in, "f.csv"), bytes.Repeat([]byte("x"), 200_000), 0o600); err != nil {
		t.Fatal(err)
	}
	for n := 1; ; n++ {
		dir := t.TempDir()
		disk := &durabletest.Faulty{FS: openRoot(t, in), N: n}
		_, _, err := durable.NewArchive(openRoot(t, dir)).Put(disk, "f.csv")
		if err == nil {
			return // only the close of a file that was read may fail unseen
		}
		if got := tree(t, dir); len(got) > 0 {
			t.Fatalf("operation %d left %d files", n, len(got))
		}
	}
}

func TestArchiveFindsAgainWhatWasPut(t *testing.T) {
	in, out := t.TempDir(), filepath.Join(t.TempDir(), "var", "archive")
	root, err := durable.MakeRoot(out, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	a, inbox := durable.NewArchive(root), openRoot(t, in)
	var sums []string
	for _, text := range []string{"a", "b", "a", ""} {
		if err := os.WriteFile(filepath.Join(in, "f"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		sum, size, err := a.Put(inbox, "f")
		if err != nil || sum != hashOf(text) || size != int64(len(text)) {
			t.Fatalf("Put(%q) = %s, %d, %v", text, sum, size, err)
		}
		f, err := a.Open(sum)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(f)
		if f.Close(); err != nil || string(got) != text {
			t.Fatalf("Open: %q, %v, want %q", got, err, text)
		}
		sums = append(sums, sum)
	}
	slices.Sort(sums)
	sums = slices.Compact(sums)
	if diff := cmp.Diff(sums, list(t, a)); diff != "" {
		t.Errorf("All (-want +got):\n%s", diff)
	}
	private(t, out)
	for range 2 { // the second time there is nothing to remove
		if err := a.Remove(sums[0]); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(sums[1:], list(t, a)); diff != "" {
		t.Errorf("All after Remove (-want +got):\n%s", diff)
	}
	if _, err := a.Open(sums[0]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open of a removed file: %v", err)
	}
}

func list(t *testing.T, a *durable.Archive) (sums []string) {
	t.Helper()
	for sum, err := range a.All() {
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, sum)
	}
	return sums
}

// private fails on anything that others than the program's account may read.
func private(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has rights %v", p, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestVerifyNoticesAChangedFileAndPutMendsIt(t *testing.T) {
	in, dir := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(in, "f"), []byte("H00050"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := durable.NewArchive(openRoot(t, dir))
	sum, _, err := a.Put(openRoot(t, in), "f")
	if err != nil || a.Verify(sum) != nil {
		t.Fatal(err, a.Verify(sum))
	}
	if err := os.WriteFile(filepath.Join(dir, sum[:2], sum), []byte("H00090"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := a.Verify(sum); err == nil {
		t.Error("a flipped byte was not noticed")
	}
	if _, _, err := a.Put(openRoot(t, in), "f"); err != nil || a.Verify(sum) != nil {
		t.Errorf("put again: %v, then %v", err, a.Verify(sum))
	}
}

func TestNoNameLeadsOut(t *testing.T) {
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("s"), 0o600); err != nil {
		t.Fatal(err)
	}
	in := t.TempDir()
	for link, target := range map[string]string{"link": filepath.Join(outside, "secret"), "folder": outside} {
		if err := os.Symlink(target, filepath.Join(in, link)); err != nil {
			t.Fatal(err)
		}
	}
	root, a := openRoot(t, in), durable.NewArchive(openRoot(t, t.TempDir()))
	for _, name := range []string{"../" + filepath.Base(outside) + "/secret", filepath.Join(outside, "secret"), "link", "folder/secret"} {
		if _, _, err := a.Put(root, name); err == nil {
			t.Errorf("Put(%q) read a file from outside", name)
		}
		if name == "link" {
			continue // a rename replaces the link itself
		}
		if _, err := durable.WriteIn(root, name, 0o600, say("x")); err == nil {
			t.Errorf("WriteIn(%q) wrote outside", name)
		}
	}
	if _, err := durable.WriteIn(root, "link", 0o600, say("x")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"secret": "s"}, tree(t, outside)); diff != "" {
		t.Errorf("outside (-want +got):\n%s", diff)
	}
}

func TestArchiveRefusesWhatIsNoHash(t *testing.T) {
	a := durable.NewArchive(openRoot(t, t.TempDir()))
	for _, sum := range []string{"", "..", "../../etc/passwd", strings.Repeat("A", 64), strings.Repeat("a", 63), strings.Repeat("/", 64)} {
		_, err := a.Open(sum)
		if err == nil || a.Remove(sum) == nil || a.Verify(sum) == nil {
			t.Errorf("%q was taken for a hash", sum)
		}
	}
}

func TestPutTakesOnlyRegularFiles(t *testing.T) {
	in := t.TempDir()
	if err := os.Mkdir(filepath.Join(in, "dir"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(in, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := durable.NewArchive(openRoot(t, t.TempDir()))
	for _, name := range []string{"dir", "pipe", "missing"} {
		if _, _, err := a.Put(openRoot(t, in), name); err == nil {
			t.Errorf("%s was archived", name)
		}
	}
}

// growing is an inbox whose files grow while they are read.
type growing struct {
	durable.FS
	dir string
}

func (g growing) OpenFile(name string, flag int, perm fs.FileMode) (durable.File, error) {
	f, err := g.FS.OpenFile(name, flag, perm)
	return growingFile{f, filepath.Join(g.dir, name)}, err
}

type growingFile struct {
	durable.File
	path string
}

func (g growingFile) Read(p []byte) (int, error) {
	n, err := g.File.Read(p)
	if err == io.EOF {
		f, oerr := os.OpenFile(g.path, os.O_WRONLY|os.O_APPEND, 0)
		_, werr := f.WriteString("more")
		err = errors.Join(err, oerr, werr, f.Close())
		if oerr == nil && werr == nil {
			err = io.EOF
		}
	}
	return n, err
}

func TestPutRefusesAFileThatIsStillWritten(t *testing.T) {
	in, dir := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(in, "f"), []byte("row"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := durable.NewArchive(openRoot(t, dir)).Put(growing{openRoot(t, in), in}, "f")
	if !errors.Is(err, durable.ErrChanged) || len(tree(t, dir)) > 0 {
		t.Errorf("Put = %v, want ErrChanged and an empty archive", err)
	}
}

func TestSweepRemovesOnlyWhatAKilledProcessLeft(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "0001"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".meibo-0123456789abcdef.tmp", "0001/.meibo-fedcba9876543210.tmp", "a.tmp", ".meibo-x.tmp", "0001/report.xlsx"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i, deep := range []bool{false, true, true} {
		n, err := durable.Sweep(openRoot(t, dir), ".", deep)
		if want := []int{1, 1, 0}[i]; n != want || err != nil {
			t.Errorf("sweep %d removed %d, %v, want %d", i, n, err, want)
		}
	}
	want := map[string]string{"a.tmp": "", ".meibo-x.tmp": "", "0001/report.xlsx": ""}
	if diff := cmp.Diff(want, tree(t, dir)); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

func ExampleWriteFile() {
	dir, _ := os.MkdirTemp("", "example")
	defer os.RemoveAll(dir)
	w, err := durable.WriteFile(filepath.Join(dir, "report.txt"), 0o600, func(w io.Writer) error {
		_, err := fmt.Fprintln(w, "12 people")
		return err
	})
	fmt.Println(w.Size, err)
	// Output: 10 <nil>
}

// What was written is synced before it gets its name, and the name after it: a
// file system that lost power would else show an empty file, or the older one.
func TestWriteSyncsBeforeAndAfterTheRename(t *testing.T) {
	for _, c := range []struct{ fails, stands string }{
		{durabletest.OpSync, "old"}, // not renamed without it
		{durabletest.OpRename, "old"},
		{durabletest.OpSyncDir, "new"}, // renamed by then
	} {
		t.Run(c.fails, func(t *testing.T) {
			dir := t.TempDir()
			r := openRoot(t, dir)
			if _, err := durable.WriteIn(r, "name", 0o600, say("old")); err != nil {
				t.Fatal(err)
			}
			disk := &durabletest.Faulty{FS: r, N: 1, Only: c.fails}
			if _, err := durable.WriteIn(disk, "name", 0o600, say("new")); !errors.Is(err, syscall.EIO) || disk.Ops != 1 {
				t.Errorf("%d operations, error %v", disk.Ops, err)
			}
			if got := tree(t, dir); len(got) != 1 || got["name"] != c.stands {
				t.Errorf("there is %v, want %s", got, c.stands)
			}
		})
	}
}
