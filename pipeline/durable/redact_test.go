package durable_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meibo/pipeline/durable"
	"meibo/pipeline/durable/durabletest"
)

func TestRedactPutsACopyInThePlaceOfItsOriginal(t *testing.T) {
	in, out := t.TempDir(), filepath.Join(t.TempDir(), "archive")
	root, err := durable.MakeRoot(out, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	a, inbox := durable.NewArchive(root), openRoot(t, in)
	put := func(text string) string {
		t.Helper()
		if err := os.WriteFile(filepath.Join(in, "f"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		sum, _, err := a.Put(inbox, "f")
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	read := func(sum string) string {
		t.Helper()
		f, err := a.Open(sum)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		b, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	sum := put("name,secret")
	if err := a.Redact(sum, func(io.Writer) error { return errors.New("cannot be read") }); err == nil || read(sum) != "name,secret" {
		t.Errorf("a copy that failed: %v, and the original is %q", err, read(sum))
	}
	for range 2 { // it came again
		put("name,secret")
		if done, err := a.Redacted(sum); err != nil || done {
			t.Errorf("before: %t, %v", done, err)
		}
		if err := a.Redact(sum, say("name")); err != nil {
			t.Fatal(err)
		}
		if done, err := a.Redacted(sum); err != nil || !done || read(sum) != "name" {
			t.Errorf("after: %t, %v, %q", done, err, read(sum))
		}
	}
	if diff := cmp.Diff([]string{sum}, list(t, a)); diff != "" {
		t.Errorf("All (-want +got):\n%s", diff)
	}
	if a.Verify(sum) == nil {
		t.Error("a redacted copy counts as the original")
	}
	private(t, out)
	put("name,secret") // both are there, and go together
	if err := a.Remove(sum); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Open(sum); !errors.Is(err, fs.ErrNotExist) || len(list(t, a)) > 0 {
		t.Errorf("after Remove: %v, %v", err, list(t, a))
	}
	if done, err := a.Redacted(sum); err != nil || done {
		t.Errorf("of nothing: %t, %v", done, err)
	}
}

// A disk that fails is not an archive that holds the file as it came.
func TestRedactedPassesOnWhatTheDiskSays(t *testing.T) {
	disk := &durabletest.Faulty{Only: durabletest.OpOpen}
	root, err := disk.Disk(filepath.Join(t.TempDir(), "archive"), 0o700)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	a := durable.NewArchive(root)
	sum := strings.Repeat("a", 64)
	for n := 1; n <= 2; n++ { // the file as it came, the copy
		disk.N = disk.Ops + n
		if _, err := a.Redacted(sum); !errors.Is(err, syscall.EIO) {
			t.Errorf("the opening number %d fails: %v", n, err)
		}
	}
}
