package jobs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"meibo/pipeline/durable"
)

// DiskError is a fault of the disk in one of the folders of the house. It names
// the folder by its part in the work and no file: a file in the inbox has the
// name its sender gave it, which may be somebody's.
type DiskError struct {
	Folder string // inbox, state, archive or outbox/<reader>
	Op     string // what was attempted, such as write
	Err    error
}

func (e *DiskError) Error() string { return e.Folder + " folder: " + e.Op + ": " + e.Err.Error() }

// Unwrap is what the operating system said.
func (e *DiskError) Unwrap() error { return e.Err }

// Parts that folders have in the work.
const (
	folderInbox   = "inbox"
	folderState   = "state"
	folderArchive = "archive"
	folderOutbox  = "outbox"
)

// folder opens one of the folders of the house, and makes it where it is
// missing. Whatever fails in it is a *DiskError; a folder that cannot be opened is
// told with its path, which the configuration has.
func (o Options) folder(part, dir string, perm fs.FileMode) (durable.Folder, error) {
	disk := o.Disk
	if disk == nil {
		disk = durable.RealDisk
	}
	f, err := disk(dir, perm)
	if err != nil {
		return nil, fmt.Errorf("open %s folder %s: %w", part, dir, err)
	}
	return folder{f, part}, nil
}

// folder is a durable.Folder whose errors say which it is.
type folder struct {
	durable.Folder
	part string
}

func (f folder) told(err error) error { return inFolder(f.part, err) }

// inFolder drops the path from an error of the operating system and keeps what
// can be asked of it by errors.Is.
func inFolder(part string, err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case err == nil || err == io.EOF: // readers compare it
		return err
	case errors.As(err, &path):
		return &DiskError{part, path.Op, path.Err}
	case errors.As(err, &link):
		return &DiskError{part, link.Op, link.Err}
	}
	return &DiskError{part, "access", err}
}

func (f folder) OpenFile(name string, flag int, perm fs.FileMode) (durable.File, error) {
	file, err := f.Folder.OpenFile(name, flag, perm)
	if err != nil {
		return nil, f.told(err)
	}
	return fileIn{file, f.part}, nil
}

func (f folder) Mkdir(name string, perm fs.FileMode) error { return f.told(f.Folder.Mkdir(name, perm)) }

func (f folder) Rename(from, to string) error { return f.told(f.Folder.Rename(from, to)) }
func (f folder) Remove(name string) error     { return f.told(f.Folder.Remove(name)) }
func (f folder) RemoveAll(name string) error  { return f.told(f.Folder.RemoveAll(name)) }
func (f folder) SyncDir(name string) error    { return f.told(f.Folder.SyncDir(name)) }

func (f folder) Lstat(name string) (fs.FileInfo, error) {
	info, err := f.Folder.Lstat(name)
	return info, f.told(err)
}

func (f folder) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := f.Folder.ReadDir(name)
	return entries, f.told(err)
}

// fileIn is an open file whose errors say in which folder it lies.
type fileIn struct {
	durable.File
	part string
}

func (f fileIn) told(err error) error { return inFolder(f.part, err) }

func (f fileIn) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	return n, f.told(err)
}

func (f fileIn) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.File.ReadAt(p, off)
	return n, f.told(err)
}

func (f fileIn) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	return n, f.told(err)
}

func (f fileIn) Stat() (fs.FileInfo, error) {
	info, err := f.File.Stat()
	return info, f.told(err)
}

func (f fileIn) Chmod(perm fs.FileMode) error { return f.told(f.File.Chmod(perm)) }
func (f fileIn) Sync() error                  { return f.told(f.File.Sync()) }
func (f fileIn) Close() error                 { return f.told(f.File.Close()) }

// tempFolder lies below the state folder and holds what a run needs only while
// it works.
const tempFolder = "tmp"

// emptyTemp makes an empty private folder for temporary files.
func (h *House) emptyTemp() error {
	if err := h.state.RemoveAll(tempFolder); err != nil {
		return fmt.Errorf("empty folder for temporary files: %w", err)
	}
	if err := h.state.Mkdir(tempFolder, 0o700); err != nil {
		return fmt.Errorf("make folder for temporary files: %w", err)
	}
	return nil
}

// boxFolder opens one reader's folder of the outbox.
func (h *House) boxFolder(reader string) (durable.Folder, error) {
	return h.o.folder(path.Join(folderOutbox, reader), filepath.Join(h.Config.Outbox, reader), outboxDir)
}
