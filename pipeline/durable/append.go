package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// Append adds one line to a file and returns once it is durable; a file that is
// not there is made. A line that a killed process left torn at the end gets its
// end, so that the new one stands for itself: who reads the file must expect one
// that is none. line is without its end.
func Append(fsys FS, name string, perm fs.FileMode, line []byte) (err error) {
	_, err = fsys.Lstat(name)
	isNew := errors.Is(err, fs.ErrNotExist)
	if err != nil && !isNew {
		return err
	}
	f, err := fsys.OpenFile(name, os.O_RDWR|os.O_APPEND|os.O_CREATE, perm)
	if err != nil {
		return err
	}
	if err := errors.Join(appendTo(f, line), f.Close()); err != nil {
		return err
	}
	if isNew {
		return fsys.SyncDir(path.Dir(name))
	}
	return nil
}

func appendTo(f File, line []byte) error {
	torn, err := tornEnd(f)
	if err != nil {
		return err
	}
	var b []byte
	if torn {
		b = append(b, '\n')
	}
	b = append(append(b, line...), '\n')
	if n, err := f.Write(b); err != nil {
		return fmt.Errorf("append line after %d of %d bytes: %w", n, len(b), err)
	}
	return f.Sync()
}

// tornEnd reports whether the last line of a file has no end.
func tornEnd(f File) (bool, error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return false, err
	}
	var last [1]byte
	if _, err := f.ReadAt(last[:], info.Size()-1); err != nil {
		return false, err
	}
	return last[0] != '\n', nil
}
