package durable

import (
	"errors"
	"io"
	"sync"
)

// BlockSize is how many bytes of an archived file are read at once: a workbook is
// read in hundreds of pieces of a few kilobytes, close to each other.
const BlockSize = 64 << 10

// Blocks reads a file that does not change by blocks, of which it keeps the last
// one. It may be used by several goroutines at once.
type Blocks struct {
	file io.ReaderAt
	size int // of a block, in bytes

	mu    sync.Mutex
	at    int64 // where the block kept begins
	block []byte
}

// NewBlocks reads file by blocks of so many bytes, 1 and more.
func NewBlocks(file io.ReaderAt, size int) *Blocks { return &Blocks{file: file, size: size} }

// ReadAt reads as the file does. An error other than io.EOF is the file's own; a
// later call asks the file again.
func (b *Blocks) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 || len(p) >= b.size {
		return b.file.ReadAt(p, off)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for n < len(p) {
		in := off + int64(n)
		if in < b.at || in >= b.at+int64(len(b.block)) {
			if err := b.load(in - in%int64(b.size)); err != nil {
				return n, err
			}
			if in >= b.at+int64(len(b.block)) {
				return n, io.EOF
			}
		}
		n += copy(p[n:], b.block[in-b.at:])
	}
	return n, nil
}

// load reads the block that begins at a place; the file's last one is shorter.
func (b *Blocks) load(at int64) error {
	if b.block == nil {
		b.block = make([]byte, b.size)
	}
	n, err := b.file.ReadAt(b.block[:b.size], at)
	if err != nil && !errors.Is(err, io.EOF) {
		b.block = b.block[:0]
		return err
	}
	b.at, b.block = at, b.block[:n]
	return nil
}
