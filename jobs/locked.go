package jobs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"meibo/pipeline"
	"meibo/pipeline/report"
	"meibo/pipeline/run"
)

// lock is the password that a sender set on a workbook: what is made from the
// workbook leaves, and is kept, under the same one.
type lock struct {
	house    *House
	password string // empty: the workbook came without one
}

// lockOf is the lock of a workbook that was read; plain is what decrypting it
// gave, nil if it came without a password.
func (h *House) lockOf(sender string, plain []byte) lock {
	if plain == nil {
		return lock{house: h}
	}
	return lock{h, h.secrets.password(sender)}
}

// around makes a workbook and puts the lock on it.
func (l lock) around(out io.Writer, make func(io.Writer) error) error {
	if l.password == "" {
		return make(out)
	}
	var plain bytes.Buffer
	if err := make(&plain); err != nil {
		return err
	}
	locked, err := report.Lock(plain.Bytes(), l.password)
	if err != nil {
		return err
	}
	_, err = out.Write(locked)
	return err
}

// writeLocked is write for a workbook under a lock. What stands there already is
// left alone if it holds the same, since locking gives other bytes each time.
func (b *box) writeLocked(w *run.Work, name string, l lock, make func(io.Writer) (report.Stats, error)) error {
	if l.password == "" {
		return b.write(w, name, make)
	}
	return b.write(w, name, func(out io.Writer) (st report.Stats, err error) {
		var plain bytes.Buffer
		if st, err = make(&plain); err != nil {
			return st, err
		}
		locked, err := b.standing(name, l, plain.Bytes())
		if err == nil && locked == nil {
			locked, err = report.Lock(plain.Bytes(), l.password)
		}
		if err != nil {
			return st, err
		}
		_, err = out.Write(locked)
		return st, err
	})
}

// standing is the locked workbook that stands in the box, if plain is what it
// holds.
func (b *box) standing(name string, l lock, plain []byte) ([]byte, error) {
	f, err := b.root.OpenFile(name, os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("compare with what stands there: %w", err)
	}
	defer f.Close()
	locked, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("compare with what stands there: %w", err)
	}
	held, err := l.house.o.Decrypter.Decrypt(bytes.NewReader(locked), int64(len(locked)), l.password)
	if _, other := errors.AsType[*pipeline.Fault](err); other {
		return nil, nil // under another password, or damaged
	}
	if err != nil || !bytes.Equal(held, plain) {
		return nil, err
	}
	return locked, nil
}
