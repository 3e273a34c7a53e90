package identity

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"meibo/pipeline"
)

// SameNumber reports whether two certificate numbers differ in width, case and
// blanks only.
func SameNumber(a, b string) bool { return NumberKey(a) == NumberKey(b) }

// NumberKey makes certificate numbers comparable: width, case and blanks are
// matters of typing.
func NumberKey(number string) string {
	if !strings.ContainsFunc(number, mayFold) {
		return number
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, norm.NFKC.String(number))
}

// mayFold is false for the runes of most numbers, which fold to themselves.
func mayFold(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && r != '-'
}

// FNV-1a, 64 bits. It is the same in every process, which a fingerprint needs.
const (
	fnvOffset uint64 = 14695981039346656037
	fnvPrime  uint64 = 1099511628211
)

// hashOf is the hash of a key beside a birth date.
func hashOf(key string, bornOn pipeline.Date) uint64 {
	h := fnvOffset
	for d := bornOn; d > 0; d >>= 8 {
		h = (h ^ uint64(d&0xff)) * fnvPrime
	}
	for i := range len(key) {
		h = (h ^ uint64(key[i])) * fnvPrime
	}
	return h
}
