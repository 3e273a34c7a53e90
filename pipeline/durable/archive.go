package durable

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"strings"
	"syscall"
	"time"
)

// Archive keeps files under the SHA-256 of their content, so that the same bytes
// are kept once whatever their names were, and a file that was changed on disk
// gives itself away. Only the account of the program can read it.
type Archive struct{ fsys FS }

// NewArchive keeps files in fsys, which must be used for nothing else.
func NewArchive(fsys FS) *Archive { return &Archive{fsys} }

// ErrChanged means that a file grew or shrank while it was copied, or since it was
// read.
var ErrChanged = errors.New("the file changed while it was read")

// Put copies the file name of from into the archive and returns its SHA-256 in
// hex and its size in bytes. Putting the same bytes again changes nothing that
// can be read, and mends a damaged copy. Only regular files are taken. Errors
// leave the naming of the file to the caller: the name may be somebody's.
func (a *Archive) Put(from FS, name string) (sum string, size int64, err error) {
	// Without O_NONBLOCK a named pipe in the inbox would hold up the night.
	src, err := from.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", 0, fmt.Errorf("archive file: %w", err)
	}
	defer src.Close()
	var w Written
	err = replace(a.fsys, ".", privateFile, func(out io.Writer) error { return copyWhole(out, src) },
		func(got Written) (string, error) {
			w = got
			return a.place(got.SHA256)
		})
	if err != nil {
		return "", 0, fmt.Errorf("archive file: %w", err)
	}
	return w.SHA256, w.Size, nil
}

// copyWhole copies a regular file and notices when it changes meanwhile.
func copyWhole(out io.Writer, src File) error {
	before, err := src.Stat()
	if err != nil {
		return err
	}
	if !before.Mode().IsRegular() {
		return errors.New("not a regular file")
	}
	n, err := io.Copy(out, src)
	if err != nil {
		return err
	}
	after, err := src.Stat()
	if err != nil {
		return err
	}
	if n != before.Size() || n != after.Size() || !before.ModTime().Equal(after.ModTime()) {
		return ErrChanged
	}
	return nil
}

// place makes the folder of a hash, durably, and returns the name of its file.
func (a *Archive) place(sum string) (string, error) {
	return pathOf(sum), MakeDir(a.fsys, sum[:2], privateDir)
}

// Open finds an archived file again, or the copy that Redact left of it. The
// reader checks nothing; see Verify.
func (a *Archive) Open(sum string) (File, error) {
	if err := check(sum); err != nil {
		return nil, err
	}
	f, err := a.fsys.OpenFile(pathOf(sum), os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		f, err = a.fsys.OpenFile(pathOf(sum)+redacted, os.O_RDONLY, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("open archived file: %w", err)
	}
	return f, nil
}

// Verify reads an archived file and compares its content with its name, which
// is another's where only a redacted copy is kept.
func (a *Archive) Verify(sum string) error {
	f, err := a.Open(sum)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return fmt.Errorf("verify archived file: %w", err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != sum {
		return fmt.Errorf("verify archived file %s: its content hashes to %s", sum, got)
	}
	return nil
}

// Redact puts a copy that write makes in the place of an archived file that
// must not be kept as it is. The original goes once the copy is durable; until
// then, and after another Put of it, Open finds the original. write may read it.
func (a *Archive) Redact(sum string, write func(io.Writer) error) error {
	if err := check(sum); err != nil {
		return err
	}
	if _, err := WriteIn(a.fsys, pathOf(sum)+redacted, privateFile, write); err != nil {
		return fmt.Errorf("redact archived file: %w", err)
	}
	return a.remove(sum[:2], pathOf(sum))
}

// Redacted reports whether no more than a redacted copy is kept of a file.
func (a *Archive) Redacted(sum string) (bool, error) {
	if err := check(sum); err != nil {
		return false, err
	}
	f, err := a.fsys.OpenFile(pathOf(sum), os.O_RDONLY, 0)
	if err == nil {
		return false, f.Close()
	}
	if errors.Is(err, fs.ErrNotExist) {
		if f, err = a.fsys.OpenFile(pathOf(sum)+redacted, os.O_RDONLY, 0); err == nil {
			return true, f.Close()
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return false, fmt.Errorf("look for archived file: %w", err)
}

// SettleRedacted makes the removal of an original last that a Redact which was cut
// short may only have begun: without that, a power cut could bring it back.
func (a *Archive) SettleRedacted(sum string) error {
	if err := check(sum); err != nil {
		return err
	}
	if err := a.fsys.SyncDir(sum[:2]); err != nil {
		return fmt.Errorf("redact archived file: %w", err)
	}
	return nil
}

// PutAt is when an archived file was put last, by the clock of the file system, or
// redacted if that was later; fs.ErrNotExist if there is none.
func (a *Archive) PutAt(sum string) (at time.Time, err error) {
	if err := check(sum); err != nil {
		return at, fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	for _, name := range []string{pathOf(sum), pathOf(sum) + redacted} {
		info, err := a.fsys.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return at, fmt.Errorf("look at archived file: %w", err)
		}
		if t := info.ModTime(); t.After(at) {
			at = t
		}
	}
	if at.IsZero() {
		return at, fmt.Errorf("look at archived file: %w", fs.ErrNotExist)
	}
	return at, nil
}

// Remove removes an archived file for good, redacted or not; one that is not
// there is no error, so that an interrupted removal can be repeated.
func (a *Archive) Remove(sum string) error {
	if err := check(sum); err != nil {
		return err
	}
	return errors.Join(a.remove(sum[:2], pathOf(sum)), a.remove(sum[:2], pathOf(sum)+redacted))
}

func (a *Archive) remove(dir, name string) error {
	err := a.fsys.Remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = a.fsys.SyncDir(dir)
	}
	if err != nil {
		return fmt.Errorf("remove archived file: %w", err)
	}
	return nil
}

// All yields the SHA-256 of every archived file as it came, in order, also of
// those of which a redacted copy is kept.
func (a *Archive) All() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		folders, err := a.fsys.ReadDir(".")
		if err != nil {
			yield("", fmt.Errorf("list archive: %w", err))
			return
		}
		for _, d := range folders {
			if !d.IsDir() {
				continue
			}
			files, err := a.fsys.ReadDir(d.Name())
			if err != nil {
				yield("", fmt.Errorf("list archive: %w", err))
				return
			}
			last := ""
			for _, f := range files {
				// A file stands right before the redacted copy of itself.
				sum := strings.TrimSuffix(f.Name(), redacted)
				if check(sum) != nil || sum == last {
					continue
				}
				if last = sum; !yield(sum, nil) {
					return
				}
			}
		}
	}
}

// redacted ends the name of a copy that stands in the place of its original.
const redacted = ".redacted"

// pathOf spreads the files over 256 folders, as restic does.
func pathOf(sum string) string { return sum[:2] + "/" + sum }

// check refuses what is no hash before it becomes a path.
func check(sum string) error {
	if len(sum) != 2*sha256.Size || strings.Trim(sum, "0123456789abcdef") != "" {
		return fmt.Errorf("archive: %q is no SHA-256 in lower-case hex", sum)
	}
	return nil
}
