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
	line := func(size int64) func(*testing.T, durable.FS) error {
		return func(_ *testing.T, fsys durable.FS) error {
			return durable.Append(fsys, "a", 0o600, size, []byte("new"))
		}
	}
	return []lasting{
		{"a file is made", nil, map[string]string{"a": "new"}, false, write},
		{"a file is replaced", map[string]string{"a": "old"}, map[string]string{"a": "new"}, false, write},
		{"a first line is appended", nil, map[string]string{"a": "new\n"}, true, line(0)},
		{"a line is appended", map[string]string{"a": "old\n"}, map[string]string{"a": "old\nnew\n"}, true, line(4)},
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

// leftByAKill is a disk on which an attempt wrote a file and was killed before it
// synced the file or its name.
func leftByAKill(t *testing.T, keepNames bool, content string) (dir string, disk *durabletest.Forgetful, fsys durable.FS) {
	t.Helper()
	dir = t.TempDir()
	disk = &durabletest.Forgetful{Attic: t.TempDir(), KeepNames: keepNames}
	folder, err := disk.Disk(dir, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close() })
	f, err := folder.OpenFile("a", os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write([]byte(content))
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return dir, disk, folder
}

// What a killed attempt left is neither taken as lasting nor built upon as if it
// were: who finds it makes it last.
func TestWhatAKilledAttemptLeftIsMadeToLast(t *testing.T) {
	for _, c := range []struct {
		what, want string
		do         func(durable.FS) error
	}{
		{"a line behind its own", "old\nnew\n", func(fsys durable.FS) error { return durable.Append(fsys, "a", 0o600, 4, []byte("new")) }},
		{"a line that is there already", "old\n", func(fsys durable.FS) error { return durable.Settle(fsys, "a") }},
	} {
		for _, keepNames := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, names kept: %t", c.what, keepNames), func(t *testing.T) {
				dir, disk, fsys := leftByAKill(t, keepNames, "old\n")
				if err := errors.Join(c.do(fsys), disk.Forget()); err != nil {
					t.Fatal(err)
				}
				if got := tree(t, dir); got["a"] != c.want {
					t.Errorf("after the power cut there is %q", got)
				}
			})
		}
	}
	t.Run("left alone", func(t *testing.T) {
		dir, disk, _ := leftByAKill(t, true, "old\n")
		if err := disk.Forget(); err != nil {
			t.Fatal(err)
		}
		if got := tree(t, dir); got["a"] != "" {
			t.Errorf("the disk forgets nothing: %q", got)
		}
	})
}

// Somebody else wrote since the file was read, as a process that lost its turn may:
// the line would not follow what it names as the one before.
func TestAppendLeavesAFileAloneThatIsNotAsItWasRead(t *testing.T) {
	for name, size := range map[string]int64{"it grew": 0, "it shrank": 9} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "a"), []byte("old\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			err := durable.Append(openRoot(t, dir), "a", 0o600, size, []byte("new"))
			if got := tree(t, dir)["a"]; !errors.Is(err, durable.ErrChanged) || got != "old\n" {
				t.Errorf("Append = %v, and the file reads %q", err, got)
			}
		})
	}
}

// A redaction that was killed between the removal of the original and its sync: the
// secret must not come back once the next attempt took it as done.
func TestARedactionTakenAsDoneOutlastsAPowerCut(t *testing.T) {
	dir := t.TempDir()
	sum := hashOf("secret")
	name := filepath.Join(dir, sum[:2], sum)
	if err := errors.Join(os.Mkdir(filepath.Dir(name), 0o700), os.WriteFile(name, []byte("secret"), 0o600)); err != nil {
		t.Fatal(err)
	}
	disk := &durabletest.Forgetful{Attic: t.TempDir()}
	fsys, err := disk.Disk(dir, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	defer fsys.Close()
	killed := &durabletest.Faulty{FS: fsys, Only: durabletest.OpSyncDir, N: 2} // behind the removal
	if err := durable.NewArchive(killed).Redact(sum, say("kept")); err == nil {
		t.Fatal("it was not cut short")
	}
	a := durable.NewArchive(fsys)
	if done, err := a.Redacted(sum); err != nil || !done {
		t.Fatalf("Redacted = %t, %v", done, err)
	}
	if err := errors.Join(a.SettleRedacted(sum), disk.Forget()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(name); err == nil {
		t.Error("the original is back")
	}
}
