package source

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
)

// The encodings of a CSV.
const (
	EncodingUTF8    = "utf-8"
	EncodingCP932   = "cp932" // Windows-31J with NEC and IBM extensions
	EncodingUTF16LE = "utf-16le"
	EncodingUTF16BE = "utf-16be"
)

// boms in the order in which they are tried.
var boms = [...]struct{ bom, encoding string }{
	{"\xEF\xBB\xBF", EncodingUTF8},
	{"\xFF\xFE", EncodingUTF16LE},
	{"\xFE\xFF", EncodingUTF16BE},
}

// findEncoding returns the encoding of a CSV and the length of its byte order
// mark. Without a mark, UTF-8 and CP932 are told apart by the lines that are
// not ASCII: CP932 text is hardly ever valid UTF-8, and a few damaged lines
// must not turn a UTF-8 file into another one.
func findEncoding(r io.ReaderAt, size int64, want string) (encoding string, bom int, err error) {
	var head [3]byte
	n, err := r.ReadAt(head[:min(size, 3)], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", 0, fmt.Errorf("read the byte order mark: %w", err)
	}
	for _, b := range boms {
		if bytes.HasPrefix(head[:n], []byte(b.bom)) && (want == "" || want == b.encoding) {
			return b.encoding, len(b.bom), nil
		}
	}
	switch want {
	case EncodingUTF8, EncodingCP932, EncodingUTF16LE, EncodingUTF16BE:
		return want, 0, nil
	case "":
		encoding, err = guessEncoding(io.NewSectionReader(r, 0, size))
		return encoding, 0, err
	}
	return "", 0, fmt.Errorf("encoding %q: want utf-8, cp932, utf-16le or utf-16be", want)
}

// enoughLines of one encoding, with hardly any of the other, decide.
const enoughLines = 2000

// guessEncoding reads on while nothing tells: the first name may stand on the
// last line.
func guessEncoding(r io.Reader) (string, error) {
	var lines lineCount
	var size, nuls, kept int
	buf := make([]byte, 256<<10)
	for {
		n, eof, err := readFull(r, buf[kept:])
		if err != nil {
			return "", fmt.Errorf("find the encoding: %w", err)
		}
		block := buf[:kept+n]
		size += n
		nuls += bytes.Count(block[kept:], []byte{0})
		cut := len(block)
		if !eof {
			// Only whole lines are judged; a line longer than the block is cut.
			if i := bytes.LastIndexAny(block, "\r\n"); i >= 0 {
				cut = i + 1
			}
		}
		lines.add(block[:cut])
		switch {
		case bytes.Contains(block, []byte("\x1b$")): // ISO-2022-JP, which is ASCII to look at
			return "", refuse(CodeEncoding)
		case !eof && !lines.decided():
			kept = copy(buf, block[cut:])
		case nuls > size/8: // UTF-16 without its mark, or no text at all
			return "", refuse(CodeEncoding)
		case lines.valid >= lines.invalid:
			return EncodingUTF8, nil
		default:
			return EncodingCP932, nil
		}
	}
}

// lineCount counts the lines that are not ASCII by whether they are valid UTF-8.
type lineCount struct{ valid, invalid int }

func (c *lineCount) add(b []byte) {
	if isASCII(b) {
		return
	}
	for len(b) > 0 {
		line := b
		if i := bytes.IndexAny(b, "\r\n"); i >= 0 {
			line = b[:i+1]
		}
		b = b[len(line):]
		switch {
		case isASCII(line):
		case utf8.Valid(line):
			c.valid++
		default:
			c.invalid++
		}
	}
}

func (c *lineCount) decided() bool {
	return max(c.valid, c.invalid) > enoughLines && min(c.valid, c.invalid) < enoughLines/100
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// cp932Table holds the character of each pair of lead byte (from 0x81) and
// trail byte, 0 where there is none. It is taken from x/text once, because
// that decoder reports no errors and no positions.
var cp932Table = sync.OnceValue(func() *[0x7C << 8]uint16 {
	var table [0x7C << 8]uint16
	dec := japanese.ShiftJIS.NewDecoder()
	for i := range table {
		pair := []byte{byte(i>>8) + 0x81, byte(i)}
		if pair[1] < 0x40 || pair[0] >= 0xA0 && pair[0] < 0xE0 {
			continue
		}
		out, err := dec.Bytes(pair)
		r, n := utf8.DecodeRune(out)
		if err == nil && n == len(out) && r != utf8.RuneError && r <= 0xFFFF {
			table[i] = uint16(r)
		}
	}
	return &table
})

// appendCP932 appends src as UTF-8, with U+FFFD for what is no character, and
// returns the index of the first such byte, or -1. A 外字 is two bytes: what
// stands for its second must not be left behind as a character of its own.
func appendCP932(dst, src []byte, table *[0x7C << 8]uint16) ([]byte, int) {
	bad := -1
	for i := 0; i < len(src); i++ {
		c := src[i]
		if c < utf8.RuneSelf {
			dst = append(dst, c)
			continue
		}
		r := rune(utf8.RuneError)
		switch {
		case c >= 0xA1 && c < 0xE0:
			r = 0xFF61 + rune(c-0xA1)
		case c != 0x80 && c != 0xA0 && c < 0xFD && i+1 < len(src):
			if u := table[int(c-0x81)<<8|int(src[i+1])]; u != 0 {
				r = rune(u)
				i++
			}
		}
		if r == utf8.RuneError && bad < 0 {
			bad = i
		}
		if r == utf8.RuneError && i+1 < len(src) && userDefined(c, src[i+1]) {
			i++
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst, bad
}

// userDefined reports whether two bytes are a character of CP932's user-defined
// area, which looks as each office has drawn it.
func userDefined(lead, trail byte) bool {
	return 0xF0 <= lead && lead <= 0xF9 && 0x40 <= trail && trail <= 0xFC && trail != 0x7F
}

// badUTF8 returns the index of the first byte of b that is not sound text: not
// UTF-8, U+FFFD (a character another program could not read), or a C1 control
// (what CP932 becomes when taken for Latin-1). It returns -1 for sound text.
func badUTF8(b []byte) int {
	i := 0
	for i+8 <= len(b) {
		eight := binary.LittleEndian.Uint64(b[i:])
		high := eight & 0x8080808080808080
		if high == 0 { // ASCII
			i += 8
			continue
		}
		i += bits.TrailingZeros64(high) / 8
		for i+4 <= len(b) {
			// U+1000 to U+CFFF, kana and kanji among them, are E1 to EC and two more.
			w := binary.LittleEndian.Uint32(b[i:])
			if w&0xC0C0F0 != 0x8080E0 || byte(w) == 0xE0 || byte(w) > 0xEC {
				break
			}
			i += 3
		}
		if i < len(b) && b[i] >= utf8.RuneSelf {
			n := soundRune(b[i:])
			if n == 0 {
				return i
			}
			i += n
		}
	}
	for i < len(b) {
		n := soundRune(b[i:])
		if n == 0 {
			return i
		}
		i += n
	}
	return -1
}

// soundRune is the length of the character that b begins with, 0 if it is none.
func soundRune(b []byte) int {
	r, n := utf8.DecodeRune(b)
	if r == utf8.RuneError || r >= 0x80 && r < 0xA0 {
		return 0
	}
	return n
}

// utf16Reader turns UTF-16 into UTF-8. A lone surrogate or odd last byte
// becomes U+FFFD, which then is a fault of its row.
type utf16Reader struct {
	r         io.Reader
	bigEndian bool
	in        []byte // bytes read and not yet decoded are in[:have]
	have      int
	out       []byte // decoded and not yet handed out
	buf       []byte
	err       error
}

func newUTF16Reader(r io.Reader, bigEndian bool) *utf16Reader {
	return &utf16Reader{r: r, bigEndian: bigEndian, in: make([]byte, 64<<10)}
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.out) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		n, err := u.r.Read(u.in[u.have:])
		u.have, u.err = u.have+n, err
		u.decode()
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

// decode takes whole characters from in; at the end of the file also half ones.
func (u *utf16Reader) decode() {
	b, i := u.in[:u.have], 0
	u.buf = u.buf[:0]
	for i+1 < len(b) {
		r := u.unit(b[i:])
		i += 2
		if utf16.IsSurrogate(r) {
			if i+1 >= len(b) && u.err == nil {
				i -= 2
				break
			}
			pair := rune(utf8.RuneError)
			if i+1 < len(b) {
				pair = utf16.DecodeRune(r, u.unit(b[i:]))
			}
			if r = pair; pair != utf8.RuneError {
				i += 2
			}
		}
		u.buf = utf8.AppendRune(u.buf, r)
	}
	if u.err != nil && i < len(b) {
		u.buf = utf8.AppendRune(u.buf, utf8.RuneError)
		i = len(b)
	}
	u.have = copy(u.in, b[i:])
	u.out = u.buf
}

func (u *utf16Reader) unit(b []byte) rune {
	if u.bigEndian {
		return rune(b[0])<<8 | rune(b[1])
	}
	return rune(b[1])<<8 | rune(b[0])
}

// utf16Len is the length in bytes that UTF-8 text b had as UTF-16.
func utf16Len(b []byte) int64 {
	n := int64(0)
	for _, c := range b {
		switch {
		case c >= 0xF0:
			n += 4
		case c < 0x80 || c >= 0xC0:
			n += 2
		}
	}
	return n
}
