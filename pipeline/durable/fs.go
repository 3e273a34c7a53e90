// Package durable writes files whole or not at all, archives them, and finds
// them again.
package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"

	"meibo/pipeline/failpoint"
)

// FS is the disk as this package sees it: a folder and what lies below it. It
// is this small so that a twin which fails on purpose can stand in for it (see
// durabletest). Names are relative to the folder, with forward slashes.
type FS interface {
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
	Mkdir(name string, perm fs.FileMode) error
	Rename(from, to string) error
	Remove(name string) error
	// RemoveAll removes a folder with what lies in it; none is no error.
	RemoveAll(name string) error
	Lstat(name string) (fs.FileInfo, error)
	ReadDir(name string) ([]fs.DirEntry, error)
	// SyncDir makes the entries of a folder durable: a rename that was not
	// synced may be forgotten by a power cut.
	SyncDir(name string) error
}

// File is an open file.
type File interface {
	io.Reader
	io.ReaderAt
	io.Writer
	io.Closer
	Stat() (fs.FileInfo, error)
	Chmod(perm fs.FileMode) error
	Sync() error
}

// Folder is an FS that was opened and is to be closed.
type Folder interface {
	FS
	io.Closer
}

// Disk opens folders as MakeRoot does. It is the seam through which tests put a
// disk that fails under a whole job.
type Disk func(dir string, perm fs.FileMode) (Folder, error)

// RealDisk is the disk of this machine.
func RealDisk(dir string, perm fs.FileMode) (Folder, error) {
	r, err := MakeRoot(dir, perm)
	if err != nil {
		return nil, err // not r: a nil *Root in a Folder would not be nil
	}
	return r, nil
}

// Root is an FS inside one folder of the disk. No name leads out of it: neither
// "..", nor an absolute path, nor a symbolic link that points elsewhere.
type Root struct{ root *os.Root }

// OpenRoot opens an existing folder.
func OpenRoot(dir string) (*Root, error) {
	r, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	return &Root{r}, nil
}

// MakeRoot opens a folder and makes it, with its parents, where it is missing:
// durably, and with the rights perm as the umask lets them be. A folder that is
// there already keeps its rights.
func MakeRoot(dir string, perm fs.FileMode) (*Root, error) {
	if err := makeAll(filepath.Clean(dir), perm); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	return OpenRoot(dir)
}

// MakeDir makes one folder, durably: what is to last in it must not go with its
// name. One that is there already keeps its rights.
func MakeDir(fsys FS, name string, perm fs.FileMode) error {
	if err := fsys.Mkdir(name, perm); err != nil {
		return err
	}
	return fsys.SyncDir(path.Dir(name))
}

// makeAll is os.MkdirAll that survives a power cut.
func makeAll(dir string, perm fs.FileMode) error {
	info, err := os.Stat(dir)
	switch {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return &fs.PathError{Op: "mkdir", Path: dir, Err: syscall.ENOTDIR}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	parent := filepath.Dir(dir)
	if err := makeAll(parent, perm); err != nil {
		return err
	}
	if err := os.Mkdir(dir, perm); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	d, err := os.Open(parent)
	if err != nil {
		return err
	}
	return syncDir(d)
}

// Rights of what only the program may read.
const (
	privateDir  fs.FileMode = 0o700
	privateFile fs.FileMode = 0o600
)

// Close ends the use of the folder; open files stay open.
func (r *Root) Close() error { return r.root.Close() }

// OpenFile is os.OpenFile inside the folder.
func (r *Root) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	f, err := r.root.OpenFile(filepath.FromSlash(name), flag, perm)
	if err != nil {
		return nil, err // not f: a nil *os.File in a File would not be nil
	}
	return f, nil
}

// Mkdir makes one folder; one that is there already is no error.
func (r *Root) Mkdir(name string, perm fs.FileMode) error {
	err := r.root.Mkdir(filepath.FromSlash(name), perm)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// Rename moves a file over whatever has the new name.
func (r *Root) Rename(from, to string) error {
	failpoint.Near("rename-before")
	err := r.root.Rename(filepath.FromSlash(from), filepath.FromSlash(to))
	failpoint.Near("rename-after")
	return err
}

// Remove removes a file or an empty folder.
func (r *Root) Remove(name string) error {
	failpoint.Near("remove-before")
	err := r.root.Remove(filepath.FromSlash(name))
	failpoint.Near("remove-after")
	return err
}

// RemoveAll removes a folder with what lies in it; none is no error.
func (r *Root) RemoveAll(name string) error {
	failpoint.Near("remove-before")
	err := r.root.RemoveAll(filepath.FromSlash(name))
	failpoint.Near("remove-after")
	return err
}

// Lstat looks at a file without following a link.
func (r *Root) Lstat(name string) (fs.FileInfo, error) { return r.root.Lstat(filepath.FromSlash(name)) }

// ReadDir lists a folder in the order of names.
func (r *Root) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(r.root.FS(), name) }

// SyncDir makes the entries of a folder durable.
func (r *Root) SyncDir(name string) error {
	d, err := r.root.Open(filepath.FromSlash(name))
	if err != nil {
		return err
	}
	return syncDir(d)
}

// syncDir syncs and closes an open folder. Some file systems, mostly those over
// a network, know no such thing: they are asked for no more than they can do.
func syncDir(d *os.File) error {
	err := d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil
	}
	return errors.Join(err, d.Close())
}
