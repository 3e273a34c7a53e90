package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

type magic uint8

const (
	magicNone magic = iota
	magicZIP
	magicOLE
)

// readMagic looks at the first bytes. An empty file is refused here, because it
// agrees with no extension.
func readMagic(r io.ReaderAt, size int64) (magic, error) {
	var head [8]byte
	n, err := r.ReadAt(head[:min(size, 8)], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return magicNone, fmt.Errorf("read the first bytes: %w", err)
	}
	b := head[:n]
	switch {
	case n == 0:
		return magicNone, refuse(CodeEmptyFile)
	case bytes.HasPrefix(b, []byte("PK\x03\x04")), bytes.HasPrefix(b, []byte("PK\x05\x06")):
		return magicZIP, nil
	case bytes.Equal(b, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")):
		return magicOLE, nil
	}
	return magicNone, nil
}

// refuseOLE tells a workbook with a password from an old .xls: the former holds
// a stream called EncryptedPackage in its directory, which can stand anywhere.
func refuseOLE(r io.ReaderAt, size int64) error {
	name := utf16LEBytes("EncryptedPackage")
	buf := make([]byte, 64<<10)
	for off := int64(0); off < size; off += int64(len(buf) - len(name)) {
		n, err := r.ReadAt(buf, off)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("look for an encrypted package: %w", err)
		}
		if bytes.Contains(buf[:n], name) {
			return refuse(CodeEncrypted)
		}
	}
	return refuse(CodeOldExcel)
}

// utf16LEBytes writes ASCII as UTF-16 LE.
func utf16LEBytes(ascii string) []byte {
	b := make([]byte, 0, 2*len(ascii))
	for i := range len(ascii) {
		b = append(b, ascii[i], 0)
	}
	return b
}
