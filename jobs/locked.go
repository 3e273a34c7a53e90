package jobs

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"meibo/pipeline/agile"
	"meibo/pipeline/failpoint"
	"meibo/pipeline/report"
)

// The one agreement with a partner on a password serves both ways: what it locks
// we open, and every workbook that goes to it is locked. The password itself is
// agreed beforehand and travels with no file.

// lock is the password of a workbook that came under one: what is kept of it
// stays under the same.
type lock struct {
	password string // empty: the workbook came without one
	dice     func(plain [sha256.Size]byte, password string) (io.Reader, error)
}

// dice are the random numbers with which a content is locked under a password.
// They follow from both and from a secret of the house, so that a repeated night
// writes the same bytes; who has not got the secret cannot tell them from others,
// nor tell by them whether two files hold the same.
func (h *House) dice(plain [sha256.Size]byte, password string) (io.Reader, error) {
	k, err := h.auditKeys()
	if err != nil {
		return nil, err
	}
	seed, err := hex.DecodeString(k.surrogates.Surrogate("locked workbook", password, hex.EncodeToString(plain[:])))
	if err != nil {
		return nil, err
	}
	b, err := aes.NewCipher(seed)
	if err != nil {
		return nil, err
	}
	return cipher.StreamReader{S: cipher.NewCTR(b, make([]byte, aes.BlockSize)), R: zeros{}}, nil
}

// zeros never end.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// lockOf is the lock of a workbook that was read; plain is what decrypting it
// gave, nil if it came without a password.
func (h *House) lockOf(sender string, plain []byte) lock {
	if plain == nil {
		return lock{}
	}
	return lock{h.secrets.password(sender), h.dice}
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
	return l.put(out, plain.Bytes())
}

// put writes a finished workbook under the lock. Without a password it is an error:
// nothing is written in the clear by mistake.
func (l lock) put(out io.Writer, plain []byte) error {
	random, err := l.dice(sha256.Sum256(plain), l.password)
	if err == nil {
		err = agile.Encrypt(out, bytes.NewReader(plain), int64(len(plain)), l.password, random)
	}
	if err != nil {
		return fmt.Errorf("lock workbook: %w", err)
	}
	return nil
}

// isWorkbook reports whether a file of the outbox is one that can be locked.
func isWorkbook(name string) bool { return strings.EqualFold(path.Ext(name), ".xlsx") }

// locked makes a workbook in a private file and writes it to out under the
// reader's password. What stands in the box already is written again, byte for
// byte, if it holds the same: it may have been locked with an older secret of the
// house. Memory does not depend on the size.
func (b *box) locked(out io.Writer, name string, make func(io.Writer) (report.Stats, error)) (st report.Stats, err error) {
	spool, err := os.CreateTemp(b.tempDir, "meibo-lock-*") // 0600
	if err != nil {
		return st, fmt.Errorf("spill what is to be locked: %w", err)
	}
	defer func() { err = errors.Join(err, discard(spool)) }()
	sum := sha256.New()
	buf := bufio.NewWriterSize(io.MultiWriter(spool, sum), 1<<16)
	if st, err = make(buf); err == nil {
		err = buf.Flush()
	}
	if err != nil {
		return st, err
	}
	plain := [sha256.Size]byte(sum.Sum(nil))
	same, err := b.holds(name, plain)
	if err != nil {
		return st, err
	}
	if same {
		return st, b.again(out, name)
	}
	random, err := b.dice(plain, b.password)
	if err != nil {
		return st, err
	}
	size, err := spool.Seek(0, io.SeekEnd)
	if err == nil {
		err = agile.Encrypt(out, io.NewSectionReader(spool, 0, size), size, b.password, random)
	}
	if err != nil {
		return st, fmt.Errorf("lock workbook: %w", err)
	}
	return st, nil
}

// discard removes a private file: it holds data of people in the clear.
func discard(f *os.File) error {
	err := f.Close()
	failpoint.Hit("remove-before", "locked")
	err = errors.Join(err, os.Remove(f.Name()))
	failpoint.Hit("remove-after", "locked")
	return err
}

// holds reports whether a workbook of that name stands in the box, under the
// reader's password, with that content.
func (b *box) holds(name string, plain [sha256.Size]byte) (bool, error) {
	f, err := b.root.OpenFile(name, os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("compare with what stands there: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, fmt.Errorf("compare with what stands there: %w", err)
	}
	sum := sha256.New()
	switch err := agile.Decrypt(sum, f, info.Size(), b.password); {
	case errors.Is(err, agile.ErrNotOurs): // in the clear, under another password, or damaged
		return false, nil
	case err != nil:
		return false, fmt.Errorf("compare with what stands there: %w", err)
	}
	return [sha256.Size]byte(sum.Sum(nil)) == plain, nil
}

// again writes what stands in the box.
func (b *box) again(out io.Writer, name string) error {
	f, err := b.root.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return fmt.Errorf("read what stands there: %w", err)
	}
	defer f.Close()
	if _, err := io.Copy(out, f); err != nil {
		return fmt.Errorf("read what stands there: %w", err)
	}
	return nil
}

// disclosed fills in what a report for this reader may hold and says of itself.
// In the clear it takes the minimised form.
func (h *House) disclosed(m report.Meta) report.Meta {
	id, _ := h.Config.role(m.Reader)
	m.Columns = h.Rules.Disclosure.For(id)
	m.Encrypted = h.secrets.password(m.Reader) != ""
	if role, _ := h.Rules.Disclosure.Role(id); role.Outside {
		m.Form = report.FormMinimised
		if m.Encrypted {
			m.Form = report.FormEncrypted
		}
	}
	return m
}
