// Package durabletest holds a disk that fails on purpose, for tests of
// everything that writes files.
package durabletest

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"meibo/pipeline/durable"
)

// Operations as Faulty counts them.
const (
	OpOpen      = "open"
	OpMake      = "make" // the opening of a whole folder
	OpMkdir     = "mkdir"
	OpRead      = "read"
	OpWrite     = "write"
	OpStat      = "stat"
	OpChmod     = "chmod"
	OpSync      = "sync"
	OpClose     = "close"
	OpRename    = "rename"
	OpRemove    = "remove"
	OpReadDir   = "readdir"
	OpSyncDir   = "syncdir"
	OpRemoveAll = "removeall"
)

// Faulty is a durable.FS whose Nth operation fails. Reads, writes, syncs,
// renames and everything else count, from 1 and across all files and all
// folders that were opened through Disk. It is not safe for concurrent use,
// since then the n-th would not be the same twice.
type Faulty struct {
	durable.FS
	N      int    // which operation fails; 0 is none
	Only   string // if set, which kind of operation counts, such as OpRename
	Name   string // if set, only operations on names that end so count
	Err    error  // how it fails; nil is EIO
	Short  bool   // a write that fails has written its first half
	Sticky bool   // all later operations fail too, as if the disk were gone

	Ops  int      // operations so far
	Done []string // their kinds
	Hit  string   // what failed: operation and name
}

// Kinds are the ways in which a disk fails one operation, by name: what loops
// over all operations go through.
func Kinds() map[string]Faulty {
	return map[string]Faulty{
		"input/output error": {Err: syscall.EIO},
		"no space":           {Err: syscall.ENOSPC},
		"short write":        {Err: syscall.ENOSPC, Only: OpWrite, Short: true},
		"sync":               {Err: syscall.EIO, Only: OpSync},
		"rename":             {Err: syscall.EIO, Only: OpRename},
		"remove":             {Err: syscall.EIO, Only: OpRemove},
		"sync of a folder":   {Err: syscall.EIO, Only: OpSyncDir},
		"disk gone":          {Err: syscall.EIO, Sticky: true},
	}
}

// Disk opens folders of the real disk whose operations all count in f.
func (f *Faulty) Disk(dir string, perm fs.FileMode) (durable.Folder, error) {
	if err := f.fault(OpMake, dir); err != nil {
		return nil, err
	}
	r, err := durable.MakeRoot(dir, perm)
	if err != nil {
		return nil, err
	}
	return folder{faulty{r, f}, r}, nil
}

type folder struct {
	faulty
	root *durable.Root
}

// Close is no operation that can fail: nothing is written by it.
func (d folder) Close() error { return d.root.Close() }

// fault counts an operation and answers how it fails, or nil.
func (f *Faulty) fault(op, name string) error {
	if f.Only != "" && f.Only != op || !strings.HasSuffix(name, f.Name) {
		return nil
	}
	f.Ops++
	f.Done = append(f.Done, op)
	if f.N == 0 || f.Ops < f.N || f.Ops > f.N && !f.Sticky {
		return nil
	}
	if f.Hit == "" {
		f.Hit = op + " " + name
	}
	err := f.Err
	if err == nil {
		err = syscall.EIO
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// Arm counts anew and lets the n-th operation from here fail; 0: none.
func (f *Faulty) Arm(n int) { f.N, f.Ops, f.Done, f.Hit = n, 0, nil, "" }

// Happened reports whether the fault has been reached.
func (f *Faulty) Happened() bool { return f.N > 0 && f.Ops >= f.N }

func (f *Faulty) disk() faulty { return faulty{f.FS, f} }

// OpenFile opens a file whose operations count too.
func (f *Faulty) OpenFile(name string, flag int, perm fs.FileMode) (durable.File, error) {
	return f.disk().OpenFile(name, flag, perm)
}

// Mkdir fails without making the folder.
func (f *Faulty) Mkdir(name string, perm fs.FileMode) error { return f.disk().Mkdir(name, perm) }

// Rename fails without renaming.
func (f *Faulty) Rename(from, to string) error { return f.disk().Rename(from, to) }

// Remove fails without removing.
func (f *Faulty) Remove(name string) error { return f.disk().Remove(name) }

// RemoveAll fails without removing.
func (f *Faulty) RemoveAll(name string) error { return f.disk().RemoveAll(name) }

// Lstat fails without an answer.
func (f *Faulty) Lstat(name string) (fs.FileInfo, error) { return f.disk().Lstat(name) }

// ReadDir fails without an entry.
func (f *Faulty) ReadDir(name string) ([]fs.DirEntry, error) { return f.disk().ReadDir(name) }

// SyncDir fails after the entries may have reached the disk, as a real one does.
func (f *Faulty) SyncDir(name string) error { return f.disk().SyncDir(name) }

// faulty is one folder whose operations count in an account.
type faulty struct {
	fsys    durable.FS
	account *Faulty
}

func (d faulty) OpenFile(name string, flag int, perm fs.FileMode) (durable.File, error) {
	if err := d.account.fault(OpOpen, name); err != nil {
		return nil, err
	}
	file, err := d.fsys.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &faultyFile{file, d.account, name}, nil
}

func (d faulty) Mkdir(name string, perm fs.FileMode) error {
	if err := d.account.fault(OpMkdir, name); err != nil {
		return err
	}
	return d.fsys.Mkdir(name, perm)
}

func (d faulty) Rename(from, to string) error {
	if err := d.account.fault(OpRename, to); err != nil {
		return err
	}
	return d.fsys.Rename(from, to)
}

func (d faulty) Remove(name string) error {
	if err := d.account.fault(OpRemove, name); err != nil {
		return err
	}
	return d.fsys.Remove(name)
}

func (d faulty) RemoveAll(name string) error {
	if err := d.account.fault(OpRemoveAll, name); err != nil {
		return err
	}
	return d.fsys.RemoveAll(name)
}

func (d faulty) Lstat(name string) (fs.FileInfo, error) {
	if err := d.account.fault(OpStat, name); err != nil {
		return nil, err
	}
	return d.fsys.Lstat(name)
}

func (d faulty) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := d.account.fault(OpReadDir, name); err != nil {
		return nil, err
	}
	return d.fsys.ReadDir(name)
}

func (d faulty) SyncDir(name string) error {
	if err := d.account.fault(OpSyncDir, name); err != nil {
		return err
	}
	return d.fsys.SyncDir(name)
}

type faultyFile struct {
	durable.File
	account *Faulty
	name    string
}

func (f *faultyFile) fault(op string) error { return f.account.fault(op, f.name) }

func (f *faultyFile) Read(p []byte) (int, error) {
	if err := f.fault(OpRead); err != nil {
		return 0, err
	}
	return f.File.Read(p)
}

func (f *faultyFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.fault(OpRead); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, off)
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if err := f.fault(OpWrite); err != nil {
		if f.account.Short {
			n, werr := f.File.Write(p[:len(p)/2])
			return n, errors.Join(err, werr)
		}
		return 0, err
	}
	return f.File.Write(p)
}

func (f *faultyFile) Stat() (fs.FileInfo, error) {
	if err := f.fault(OpStat); err != nil {
		return nil, err
	}
	return f.File.Stat()
}

func (f *faultyFile) Chmod(perm fs.FileMode) error {
	if err := f.fault(OpChmod); err != nil {
		return err
	}
	return f.File.Chmod(perm)
}

func (f *faultyFile) Sync() error {
	if err := f.fault(OpSync); err != nil {
		return err
	}
	return f.File.Sync()
}

// Close closes the real file even when it fails, so that tests leak none.
func (f *faultyFile) Close() error {
	return errors.Join(f.fault(OpClose), f.File.Close())
}
