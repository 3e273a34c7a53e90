package synth

import (
	"io"
	"strings"

	"golang.org/x/text/encoding/japanese"
)

// windows turns the codes that NEC chose for IBM's letters into IBM's own, as
// Windows writes them; x/text writes NEC's. 髙 is then FB FC, not EE E0.
type windows struct {
	out   io.Writer
	codes map[[2]byte][2]byte
	lead  byte // first byte of a letter whose second is still to come
}

func newWindows(out io.Writer) *windows {
	w := &windows{out: out, codes: map[[2]byte][2]byte{}}
	for lead := byte(0xfa); lead <= 0xfc; lead++ {
		for trail := byte(0x40); trail <= 0xfc; trail++ {
			letter, err := japanese.ShiftJIS.NewDecoder().String(string([]byte{lead, trail}))
			if err != nil || strings.ContainsRune(letter, '\ufffd') {
				continue
			}
			nec, err := japanese.ShiftJIS.NewEncoder().String(letter)
			if err == nil && len(nec) == 2 && (nec[0] == 0xed || nec[0] == 0xee) {
				w.codes[[2]byte{nec[0], nec[1]}] = [2]byte{lead, trail}
			}
		}
	}
	return w
}

// Write takes any part of a CP932 text, even one that ends within a letter.
func (w *windows) Write(p []byte) (int, error) {
	out := make([]byte, 0, len(p)+1)
	for _, b := range p {
		switch {
		case w.lead != 0:
			pair := [2]byte{w.lead, b}
			if ibm, ok := w.codes[pair]; ok {
				pair = ibm
			}
			out, w.lead = append(out, pair[:]...), 0
		case b >= 0x81 && b <= 0x9f, b >= 0xe0 && b <= 0xfc:
			w.lead = b
		default:
			out = append(out, b)
		}
	}
	if _, err := w.out.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// inCP932 replaces what CP932 cannot hold, as offices do: a rare form by the
// usual one, all else by the geta mark. Variation selectors, which only choose
// among the shapes of the letter before, are dropped.
func inCP932(s string) string {
	if isASCII(s) {
		return s
	}
	enc := japanese.ShiftJIS.NewEncoder()
	if _, err := enc.String(s); err == nil {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if _, err := enc.String(string(r)); err == nil {
			b.WriteRune(r)
			continue
		}
		if r >= 0xe0100 && r <= 0xe01ef {
			continue
		}
		usual := '〓'
		for _, v := range variants() {
			if strings.ContainsRune(v, r) {
				usual = []rune(v)[0]
			}
		}
		b.WriteRune(usual)
	}
	return b.String()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
