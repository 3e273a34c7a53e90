package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// Append adds one line to a file of which the caller has read size bytes, and
// returns once it is durable; a file that is not there has none, and is made.
// ErrChanged: it is longer or shorter by now, and was left alone. A line that a
// killed process left torn at the end gets its end, so that the new one stands for
// itself: who reads the file must expect one that is none. line is without its end.
func Append(fsys FS, name string, perm fs.FileMode, size int64, line []byte) error {
	f, err := fsys.OpenFile(name, os.O_RDWR|os.O_APPEND|os.O_CREATE, perm)
	if err != nil {
		return err
	}
	if err := errors.Join(appendTo(f, size, line), f.Close()); err != nil {
		return err
	}
	// Also of a file that was there: who made it may have been killed before this.
	return fsys.SyncDir(path.Dir(name))
}

// Settle makes last what was found in a file: an attempt that was cut short may have
// written it and not synced it, or its name.
func Settle(fsys FS, name string) error {
	f, err := fsys.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return fsys.SyncDir(path.Dir(name))
}

func appendTo(f File, size int64, line []byte) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() != size {
		return fmt.Errorf("%w: %d bytes were read, and there are %d", ErrChanged, size, info.Size())
	}
	torn, err := tornEnd(f, size)
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

// tornEnd reports whether the last line of a file of that size has no end.
func tornEnd(f File, size int64) (bool, error) {
	if size == 0 {
		return false, nil
	}
	var last [1]byte
	if _, err := f.ReadAt(last[:], size-1); err != nil {
		return false, err
	}
	return last[0] != '\n', nil
}
