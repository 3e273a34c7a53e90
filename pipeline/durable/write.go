package durable

import (
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
)

// Written says what stands on disk now.
type Written struct {
	Size   int64  // in bytes
	SHA256 string // hex
}

// WriteFile makes name appear complete or not at all, with exactly the rights
// perm whatever the umask. Its folder must exist. When it fails before the
// rename, an older file of that name is untouched and nothing new is left; when
// the last step, the sync of the folder, fails, the new file is in place and
// whole, but a power cut may bring the older one back.
func WriteFile(name string, perm fs.FileMode, write func(io.Writer) error) (Written, error) {
	r, err := OpenRoot(filepath.Dir(name))
	if err != nil {
		return Written{}, fmt.Errorf("write %s: %w", name, err)
	}
	defer r.Close()
	w, err := WriteIn(r, filepath.Base(name), perm, write)
	if err != nil {
		return Written{}, fmt.Errorf("write %s: %w", name, err)
	}
	return w, nil
}

// WriteIn is WriteFile inside a folder that no name can lead out of. Its errors
// leave the naming of the file to the caller: the name may be somebody's.
func WriteIn(fsys FS, name string, perm fs.FileMode, write func(io.Writer) error) (w Written, err error) {
	err = replace(fsys, path.Dir(name), perm, write, func(got Written) (string, error) {
		w = got
		return name, nil
	})
	if err != nil {
		return Written{}, err
	}
	return w, nil
}

// replace writes a neighbour in dir, makes it durable and renames it to what
// target answers, which may depend on the content. It follows restic's recipe:
// write, compare lengths, sync, close, rename, sync the folder.
func replace(fsys FS, dir string, perm fs.FileMode, write func(io.Writer) error, target func(Written) (string, error)) error {
	temp := path.Join(dir, tempName())
	f, err := fsys.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, privateFile)
	if err != nil {
		return err
	}
	w, err := fill(f, perm, write)
	err = errors.Join(err, f.Close())
	var name string
	if err == nil {
		name, err = target(w)
	}
	if err == nil {
		err = fsys.Rename(temp, name)
	}
	if err != nil {
		return errors.Join(err, fsys.Remove(temp))
	}
	return fsys.SyncDir(path.Dir(name))
}

// fill writes the content of an open temporary file and makes it durable.
func fill(f File, perm fs.FileMode, write func(io.Writer) error) (Written, error) {
	m := &meter{w: f, sum: sha256.New()}
	buf := bufio.NewWriterSize(m, 1<<16)
	if err := errors.Join(write(buf), buf.Flush()); err != nil {
		return Written{}, err
	}
	info, err := f.Stat()
	if err != nil {
		return Written{}, err
	}
	if info.Size() != m.n {
		return Written{}, fmt.Errorf("%d bytes were written and %d stand on disk: %w", m.n, info.Size(), io.ErrShortWrite)
	}
	if err := f.Chmod(perm); err != nil {
		return Written{}, err
	}
	if err := f.Sync(); err != nil {
		return Written{}, err
	}
	return Written{Size: m.n, SHA256: hex.EncodeToString(m.sum.Sum(nil))}, nil
}

// meter counts and hashes what really went through.
type meter struct {
	w   io.Writer
	sum hash.Hash
	n   int64
}

func (m *meter) Write(p []byte) (int, error) {
	n, err := m.w.Write(p)
	m.sum.Write(p[:n])
	m.n += int64(n)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return n, err
}

// tempName does not hold the name of the target: that may be as long as the
// file system allows already.
func tempName() string {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return ".meibo-" + hex.EncodeToString(b[:]) + ".tmp"
}

func isTemp(name string) bool { return tempPattern.MatchString(name) }

var tempPattern = regexp.MustCompile(`^\.meibo-[0-9a-f]{16}\.tmp$`)

// Sweep removes what a killed process left half-written in a folder and, if
// deep, in all folders below, and says how many files it were. Nobody else may
// be writing there.
func Sweep(fsys FS, dir string, deep bool) (removed int, err error) {
	entries, err := fsys.ReadDir(dir)
	if err != nil {
		return 0, fmt.Errorf("sweep %s: %w", dir, err)
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case e.IsDir() && deep:
			n, err := Sweep(fsys, name, deep)
			removed += n
			if err != nil {
				return removed, err
			}
		case e.Type().IsRegular() && isTemp(e.Name()):
			if err := fsys.Remove(name); err != nil {
				return removed, fmt.Errorf("sweep: %w", err)
			}
			removed++
		}
	}
	return removed, nil
}
