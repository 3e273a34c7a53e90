package durable_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"meibo/pipeline/durable"
	"meibo/pipeline/durable/durabletest"
)

// lasting is a way in which files change: what stands in the folder before and
// after it.
type lasting struct {
	what          string
	before, after map[string]string
	torn          bool // a part of what is appended may be read
	do            func(t *testing.T, fsys durable.FS) error
}

func everyLasting() []lasting {
	archived := func(content string) string {
		sum := sha256.Sum256([]byte(content))
		s := hex.EncodeToString(sum[:])
		return s[:2] + "/" + s
	}
	old, fresh := archived("old"), archived("new")
	write := func(_ *testing.T, fsys durable.FS) error {
		_, err := durable.WriteIn(fsys, "a", 0o600, say("new"))
		return err
	}
	line := func(_ *testing.T, fsys durable.FS) error { return durable.Append(fsys, "a", 0o600, []byte("new")) }
	return []lasting{
		{"a file is made", nil, map[string]string{"a": "new"}, false, write},
		{"a file is replaced", map[string]string{"a": "old"}, map[string]string{"a": "new"}, false, write},
		{"a first line is appended", nil, map[string]string{"a": "new\n"}, true, line},
		{"a line is appended", map[string]string{"a": "old\n"}, map[string]string{"a": "old\nnew\n"}, true, line},
		{"a file is archived", nil, map[string]string{fresh: "new"}, false, func(t *testing.T, fsys durable.FS) error {
			in := t.TempDir()
			if err := os.WriteFile(filepath.Join(in, "f.csv"), []byte("new"), 0o600); err != nil {
				t.Fatal(err)
			}
			_, _, err := durable.NewArchive(fsys).Put(openRoot(t, in), "f.csv")
			return err
		}},
		{
			"an archived file is redacted",
			map[string]string{old: "old"},
			map[string]string{old + ".redacted": "new"},
			false,
			func(_ *testing.T, fsys durable.FS) error {
				return durable.NewArchive(fsys).Redact(filepath.Base(old), say("new"))
			},
		},
		{"an archived file is removed", map[string]string{old: "old"}, nil, false, func(_ *testing.T, fsys durable.FS) error {
			return durable.NewArchive(fsys).Remove(filepath.Base(old))
		}},
	}
}

// Wherever the power is cut, and whatever the disk forgets of what was not
// synced: each file is as it was or as it is to be, one of two stands, and what
// was reported as done is never taken back.
func TestWhatIsDoneOutlastsAPowerCut(t *testing.T) {
	for _, c := range everyLasting() {
		for _, keepNames := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, names kept: %t", c.what, keepNames), func(t *testing.T) {
				for n := 1; c.cutAt(t, &durabletest.Forgetful{Attic: t.TempDir(), KeepNames: keepNames, N: n + 1}); n++ {
					if n > 100 {
						t.Fatal("it never ends")
					}
				}
			})
		}
	}
}

// cutAt does it on a disk that loses its power, looks at what is left, and
// reports whether the power went.
func (c lasting) cutAt(t *testing.T, disk *durabletest.Forgetful) bool {
	t.Helper()
	dir := t.TempDir()
	for name, content := range c.before {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	fsys, err := disk.Disk(dir, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	defer fsys.Close()
	err = c.do(t, fsys)
	if cut := disk.Hit != ""; (err != nil) != cut || cut && !errors.Is(err, durabletest.ErrPower) {
		t.Fatalf("cut at %q: %v", disk.Hit, err)
	}
	if err := disk.Forget(); err != nil {
		t.Fatal(err)
	}
	got := tree(t, dir)
	maps.DeleteFunc(got, func(name, _ string) bool { return strings.Contains(name, ".meibo-") }) // swept by the next run
	if err == nil && !maps.Equal(got, c.after) {
		t.Fatalf("done, and then there is %v", got)
	}
	if err != nil && !c.allows(got) {
		t.Fatalf("cut at operation %d (%s): there is %v", disk.N-1, disk.Hit, got)
	}
	return err != nil
}

// allows reports whether files may be read like this when the power was cut.
func (c lasting) allows(got map[string]string) bool {
	for name, content := range got {
		was, before := c.before[name]
		is, after := c.after[name]
		part := c.torn && strings.HasPrefix(is, content) && strings.HasPrefix(content, was)
		if !(before && content == was) && !(after && content == is) && !part {
			return false
		}
	}
	for name := range c.before {
		_, stays := c.after[name]
		if _, there := got[name]; stays && !there {
			return false
		}
	}
	return len(got) > 0 || len(c.before) == 0 || len(c.after) == 0
}
