// Package durabletest holds a disk that fails on purpose, for tests of
// everything that writes files.
package durabletest

import (
	"errors"
	"io/fs"
	"syscall"

	"meibo/pipeline/durable"
)

// Faulty is a durable.FS whose Nth operation fails. Reads, writes, syncs,
// renames and everything else count, from 1 and across all files. It is not
// safe for concurrent use, since then the n-th would not be the same twice.
type Faulty struct {
	durable.FS
	N      int   // which operation fails; 0 is none
	Err    error // how it fails; nil is EIO
	Short  bool  // a write that fails has written its first half
	Sticky bool  // all later operations fail too, as if the disk were gone

	Ops int // operations so far
}

// fault counts an operation and answers how it fails, or nil.
func (f *Faulty) fault() error {
	f.Ops++
	if f.N == 0 || f.Ops < f.N || f.Ops > f.N && !f.Sticky {
		return nil
	}
	if f.Err == nil {
		return syscall.EIO
	}
	return f.Err
}

// Happened reports whether the fault has been reached.
func (f *Faulty) Happened() bool { return f.N > 0 && f.Ops >= f.N }

// OpenFile opens a file whose operations count too.
func (f *Faulty) OpenFile(name string, flag int, perm fs.FileMode) (durable.File, error) {
	if err := f.fault(); err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	file, err := f.FS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &faultyFile{file, f, name}, nil
}

// Mkdir fails without making the folder.
func (f *Faulty) Mkdir(name string, perm fs.FileMode) error {
	if err := f.fault(); err != nil {
		return &fs.PathError{Op: "mkdir", Path: name, Err: err}
	}
	return f.FS.Mkdir(name, perm)
}

// Rename fails without renaming.
func (f *Faulty) Rename(from, to string) error {
	if err := f.fault(); err != nil {
		return &fs.PathError{Op: "rename", Path: to, Err: err}
	}
	return f.FS.Rename(from, to)
}

// Remove fails without removing.
func (f *Faulty) Remove(name string) error {
	if err := f.fault(); err != nil {
		return &fs.PathError{Op: "remove", Path: name, Err: err}
	}
	return f.FS.Remove(name)
}

// ReadDir fails without an entry.
func (f *Faulty) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := f.fault(); err != nil {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: err}
	}
	return f.FS.ReadDir(name)
}

// SyncDir fails after the entries may have reached the disk, as a real one does.
func (f *Faulty) SyncDir(name string) error {
	if err := f.fault(); err != nil {
		return &fs.PathError{Op: "syncdir", Path: name, Err: err}
	}
	return f.FS.SyncDir(name)
}

type faultyFile struct {
	durable.File
	fs   *Faulty
	name string
}

func (f *faultyFile) fault(op string) error {
	if err := f.fs.fault(); err != nil {
		return &fs.PathError{Op: op, Path: f.name, Err: err}
	}
	return nil
}

func (f *faultyFile) Read(p []byte) (int, error) {
	if err := f.fault("read"); err != nil {
		return 0, err
	}
	return f.File.Read(p)
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if err := f.fault("write"); err != nil {
		if f.fs.Short {
			n, werr := f.File.Write(p[:len(p)/2])
			return n, errors.Join(err, werr)
		}
		return 0, err
	}
	return f.File.Write(p)
}

func (f *faultyFile) Stat() (fs.FileInfo, error) {
	if err := f.fault("stat"); err != nil {
		return nil, err
	}
	return f.File.Stat()
}

func (f *faultyFile) Chmod(perm fs.FileMode) error {
	if err := f.fault("chmod"); err != nil {
		return err
	}
	return f.File.Chmod(perm)
}

func (f *faultyFile) Sync() error {
	if err := f.fault("sync"); err != nil {
		return err
	}
	return f.File.Sync()
}

// Close closes the real file even when it fails, so that tests leak none.
func (f *faultyFile) Close() error {
	return errors.Join(f.fault("close"), f.File.Close())
}
