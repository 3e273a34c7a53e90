package jobs

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"meibo/pipeline/durable"
)

// readAll reads a whole file, which is small.
func readAll(fsys durable.FS, name string) ([]byte, error) {
	f, err := fsys.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// readIfThere reads a file that need not be there, as if it were empty then.
func readIfThere(fsys durable.FS, name string) ([]byte, error) {
	b, err := readAll(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}
