package durabletest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"syscall"

	"meibo/pipeline/durable"
)

// Forgetful is a disk that a power cut takes back to what was synced: names that
// were made, moved or removed in a folder that was not synced since, and bytes of
// a file that was not. Real disks keep some of that, in any order: one that keeps
// nothing, and one that keeps all names and no bytes, are the worst of them. It
// is not safe for concurrent use.
type Forgetful struct {
	Attic     string // an empty folder on the same file system, for what may come back
	KeepNames bool   // only bytes are forgotten
	N         int    // the operation at which the power is cut; 0 is none
	Cut       func() // told of the cut, so that the rest of the machine goes down too

	Ops     int
	Hit     string // what was cut: operation and name
	changes []change
	asides  int // places taken in the attic
}

// change is something the disk may still forget.
type change struct {
	what  string
	dir   string // whose sync makes it last; empty for the bytes of a file
	file  *forgetfulFile
	reset func() error
}

// ErrPower is what every operation says once the power is cut.
var ErrPower = fmt.Errorf("the power is cut: %w", syscall.EIO)

// Disk opens folders of the real disk that forget.
func (f *Forgetful) Disk(dir string, perm fs.FileMode) (durable.Folder, error) {
	if err := f.op(OpMake, dir); err != nil {
		return nil, err
	}
	r, err := durable.MakeRoot(dir, perm)
	if err != nil {
		return nil, err
	}
	return &forgetfulFolder{r, f, filepath.Clean(dir)}, nil
}

// op counts an operation, unless the power is cut by then.
func (f *Forgetful) op(op, name string) error {
	f.Ops++
	if f.N == 0 || f.Ops < f.N {
		return nil
	}
	if f.Ops == f.N {
		f.Hit = op + " " + name
		if f.Cut != nil {
			f.Cut()
		}
	}
	return &fs.PathError{Op: op, Path: name, Err: ErrPower}
}

// Unsynced lists what a power cut would take back now, as operation and path,
// in the order in which it was done.
func (f *Forgetful) Unsynced() (out []string) {
	for _, c := range f.changes {
		out = append(out, c.what)
	}
	return out
}

// Forget takes everything back that was not synced, the newest first.
func (f *Forgetful) Forget() error {
	for _, c := range slices.Backward(f.changes) {
		if c.file == nil && f.KeepNames {
			continue
		}
		if err := c.reset(); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("forget %s: %w", c.what, err)
		}
	}
	f.changes = nil
	return nil
}

func (f *Forgetful) synced(is func(change) bool) { f.changes = slices.DeleteFunc(f.changes, is) }

// aside is a new place in the attic.
func (f *Forgetful) aside() string {
	f.asides++
	return filepath.Join(f.Attic, fmt.Sprint(f.asides))
}

type forgetfulFolder struct {
	*durable.Root
	account *Forgetful
	dir     string
}

func (d *forgetfulFolder) at(name string) string {
	return filepath.Join(d.dir, filepath.FromSlash(name))
}

// may notes a change of the folder that holds the name.
func (d *forgetfulFolder) may(what, name string, reset func() error) {
	d.account.changes = append(d.account.changes, change{what: what + " " + d.at(name), dir: path.Dir(d.at(name)), reset: reset})
}

// OpenFile notes a file that is new, and what stood in one that is written to.
func (d *forgetfulFolder) OpenFile(name string, flag int, perm fs.FileMode) (durable.File, error) {
	if err := d.account.op(OpOpen, name); err != nil {
		return nil, err
	}
	_, err := os.Lstat(d.at(name))
	isNew := errors.Is(err, fs.ErrNotExist)
	file, err := d.Root.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	if isNew {
		d.may("make", name, func() error { return os.Remove(d.at(name)) })
	}
	out := &forgetfulFile{File: file, account: d.account, name: d.at(name)}
	if flag&(os.O_WRONLY|os.O_RDWR) == 0 {
		return out, nil
	}
	// A handle of its own finds the file again under whatever name.
	if out.handle, err = os.OpenFile(d.at(name), os.O_RDWR, 0); err == nil {
		err = out.remember()
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return out, nil
}

// Mkdir makes a folder that is gone again as long as the one above is not synced.
func (d *forgetfulFolder) Mkdir(name string, perm fs.FileMode) error {
	if err := d.account.op(OpMkdir, name); err != nil {
		return err
	}
	_, err := os.Lstat(d.at(name))
	if err := d.Root.Mkdir(name, perm); err != nil {
		return err
	}
	if errors.Is(err, fs.ErrNotExist) {
		d.may("mkdir", name, func() error { return os.RemoveAll(d.at(name)) })
	}
	return nil
}

// Rename keeps what it replaces.
func (d *forgetfulFolder) Rename(from, to string) error {
	if err := d.account.op(OpRename, to); err != nil {
		return err
	}
	old := d.account.aside()
	err := os.Link(d.at(to), old)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	replaced := err == nil
	if err := d.Root.Rename(from, to); err != nil {
		return err
	}
	d.may("rename", to, func() error {
		if err := os.Rename(d.at(to), d.at(from)); err != nil || !replaced {
			return err
		}
		return os.Rename(old, d.at(to))
	})
	return nil
}

// Remove keeps what it removes.
func (d *forgetfulFolder) Remove(name string) error { return d.takeAway(OpRemove, name, d.Root.Remove) }

// RemoveAll keeps what it removes.
func (d *forgetfulFolder) RemoveAll(name string) error {
	return d.takeAway(OpRemoveAll, name, func(string) error { return nil })
}

func (d *forgetfulFolder) takeAway(op, name string, remove func(string) error) error {
	if err := d.account.op(op, name); err != nil {
		return err
	}
	old := d.account.aside()
	err := os.Rename(d.at(name), old)
	if errors.Is(err, fs.ErrNotExist) {
		return remove(name) // which says so, or not
	}
	if err != nil {
		return err
	}
	d.may(op, name, func() error { return os.Rename(old, d.at(name)) })
	return nil
}

// Lstat counts.
func (d *forgetfulFolder) Lstat(name string) (fs.FileInfo, error) {
	if err := d.account.op(OpStat, name); err != nil {
		return nil, err
	}
	return d.Root.Lstat(name)
}

// ReadDir counts.
func (d *forgetfulFolder) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := d.account.op(OpReadDir, name); err != nil {
		return nil, err
	}
	return d.Root.ReadDir(name)
}

// SyncDir makes the names in a folder last.
func (d *forgetfulFolder) SyncDir(name string) error {
	if err := d.account.op(OpSyncDir, name); err != nil {
		return err
	}
	d.account.synced(func(c change) bool { return c.dir == d.at(name) })
	return d.Root.SyncDir(name)
}

type forgetfulFile struct {
	durable.File
	account *Forgetful
	name    string
	before  []byte   // what was synced last
	handle  *os.File // nil of a file that is only read
	dirty   bool
	closed  bool
}

func (f *forgetfulFile) Read(p []byte) (int, error) {
	if err := f.account.op(OpRead, f.name); err != nil {
		return 0, err
	}
	return f.File.Read(p)
}

func (f *forgetfulFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.account.op(OpRead, f.name); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, off)
}

// Write notes that the file may be as it was.
func (f *forgetfulFile) Write(p []byte) (int, error) {
	if err := f.account.op(OpWrite, f.name); err != nil {
		return 0, err
	}
	if !f.dirty {
		f.dirty = true
		f.account.changes = append(f.account.changes, change{what: OpWrite + " " + f.name, file: f, reset: f.reset})
	}
	return f.File.Write(p)
}

// remember takes the bytes of the file as what lasts.
func (f *forgetfulFile) remember() (err error) {
	f.before, err = io.ReadAll(io.NewSectionReader(f.handle, 0, math.MaxInt64))
	return err
}

func (f *forgetfulFile) reset() error {
	if err := f.handle.Truncate(0); err != nil {
		return err
	}
	_, err := f.handle.WriteAt(f.before, 0)
	return errors.Join(err, f.handle.Close())
}

func (f *forgetfulFile) Stat() (fs.FileInfo, error) {
	if err := f.account.op(OpStat, f.name); err != nil {
		return nil, err
	}
	return f.File.Stat()
}

func (f *forgetfulFile) Chmod(perm fs.FileMode) error {
	if err := f.account.op(OpChmod, f.name); err != nil {
		return err
	}
	return f.File.Chmod(perm)
}

// Sync makes the bytes last.
func (f *forgetfulFile) Sync() error {
	if err := f.account.op(OpSync, f.name); err != nil {
		return err
	}
	if err := f.File.Sync(); err != nil {
		return err
	}
	return f.account.settle(f)
}

// settle makes the bytes of a file last, whoever wrote them: a sync is of the file
// and not of the one that has it open.
func (f *Forgetful) settle(by *forgetfulFile) error {
	is, err := by.File.Stat() // no operation of the program
	if err != nil {
		return err
	}
	var errs []error
	f.synced(func(c change) bool {
		if c.file == nil {
			return false
		}
		was, err := c.file.handle.Stat()
		if err != nil || !os.SameFile(is, was) {
			errs = append(errs, err)
			return false
		}
		c.file.dirty = false
		if c.file.closed {
			err = c.file.handle.Close()
		} else {
			err = c.file.remember()
		}
		errs = append(errs, err)
		return true
	})
	if by.handle != nil {
		errs = append(errs, by.remember())
	}
	return errors.Join(errs...)
}

// Close keeps the handle of a file that may still be reset.
func (f *forgetfulFile) Close() error {
	f.closed = true
	err := f.File.Close()
	if f.handle != nil && !f.dirty {
		err = errors.Join(err, f.handle.Close())
	}
	return errors.Join(f.account.op(OpClose, f.name), err)
}
