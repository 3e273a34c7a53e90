package identity

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"meibo/pipeline"
)

// NumberKey makes certificate numbers comparable: width, case and blanks are
// matters of typing. It is empty for what stands in the place of a number and is
// none: words and strokes without a digit (不明, N/A, -), and one digit alone or
// over and over (0, 0000, 99-99).
func NumberKey(number string) string {
	key := number
	if strings.ContainsFunc(number, mayFold) {
		key = strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) {
				return -1
			}
			return unicode.ToUpper(r)
		}, norm.NFKC.String(number))
	}
	if isFiller(key) {
		return ""
	}
	return key
}

// isFiller reports whether a key distinguishes nobody: without letters it needs
// two different digits, with letters one digit.
func isFiller(key string) bool {
	digit, letters := rune(-1), false
	for _, r := range key {
		switch {
		case unicode.IsDigit(r) && digit >= 0 && r != digit:
			return false
		case unicode.IsDigit(r):
			digit = r
		case unicode.IsLetter(r):
			letters = true
		}
	}
	return digit < 0 || !letters
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
