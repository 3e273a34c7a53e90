package durable_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"meibo/pipeline/durable"
)

// counted is a file whose readings count, and fail while it is told to.
type counted struct {
	io.ReaderAt
	times int
	fails error
}

func (c *counted) ReadAt(p []byte, off int64) (int, error) {
	if c.times++; c.fails != nil {
		return 0, c.fails
	}
	return c.ReaderAt.ReadAt(p, off)
}

// Read by blocks, a file says what it says without: every byte, every end.
func TestBlocksReadAsTheFileDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(20261123, 1))
	for _, size := range []int{0, 1, 4095, 64<<10 - 1, 64 << 10, 64<<10 + 1, 300_000} {
		content := make([]byte, size)
		for i := range content {
			content[i] = byte(r.Uint32())
		}
		file := bytes.NewReader(content)
		blocks := durable.NewBlocks(file, durable.BlockSize)
		for range 500 {
			off, length := r.Int64N(int64(size)+10), r.IntN(5000)
			if r.IntN(20) == 0 {
				length = r.IntN(200_000)
			}
			got, want := make([]byte, length), make([]byte, length)
			n, err := blocks.ReadAt(got, off)
			m, werr := file.ReadAt(want, off)
			if length == 0 { // a bytes.Reader tells of the end even then, a file does not
				err, werr = nil, nil
			}
			if n != m || !errors.Is(err, werr) || !bytes.Equal(got, want) {
				t.Fatalf("%d bytes at %d of %d: %d bytes, %v, want %d, %v", length, off, size, n, err, m, werr)
			}
		}
		if all, err := io.ReadAll(io.NewSectionReader(blocks, 0, int64(size))); err != nil || !bytes.Equal(all, content) {
			t.Errorf("%d bytes read from end to end: %d, %v", size, len(all), err)
		}
	}
	if _, err := durable.NewBlocks(bytes.NewReader(nil), durable.BlockSize).ReadAt(make([]byte, 1), -1); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("before the beginning: %v", err)
	}
}

func TestBlocksReadOneBlockOnce(t *testing.T) {
	file := &counted{ReaderAt: bytes.NewReader(make([]byte, 128<<10))}
	blocks := durable.NewBlocks(file, durable.BlockSize)
	for off := int64(0); off < 128<<10; off += 512 {
		if _, err := blocks.ReadAt(make([]byte, 512), off); err != nil {
			t.Fatal(err)
		}
	}
	if file.times != 2 {
		t.Errorf("two blocks were read %d times", file.times)
	}
}

// A reading that failed leaves nothing behind that a later one could take for the file.
func TestBlocksForgetWhatFailed(t *testing.T) {
	file := &counted{ReaderAt: bytes.NewReader(bytes.Repeat([]byte{7}, 128<<10))}
	blocks := durable.NewBlocks(file, durable.BlockSize)
	read := func(off int64) (byte, error) {
		p := []byte{0}
		_, err := blocks.ReadAt(p, off)
		return p[0], err
	}
	if b, err := read(0); b != 7 || err != nil {
		t.Fatal(b, err)
	}
	file.fails = errors.New("the disk fails")
	if _, err := read(100_000); !errors.Is(err, file.fails) {
		t.Errorf("the disk fails: %v", err)
	}
	if _, err := read(0); !errors.Is(err, file.fails) {
		t.Errorf("the disk still fails: %v", err)
	}
	file.fails = nil
	for _, off := range []int64{0, 100_000} {
		if b, err := read(off); b != 7 || err != nil {
			t.Errorf("at %d: %d, %v", off, b, err)
		}
	}
}
