package access

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Cost of a hash: what OWASP recommends at least for argon2id with little
// memory. A hash says its own cost, so that it may be raised later.
const (
	argonMemory  = 19 * 1024 // KiB
	argonTime    = 2
	argonThreads = 1
	argonSalt    = 16 // bytes
	argonKey     = 32
)

// Length of a drawn password and the symbols it is drawn from: 12 half-width
// letters and digits (要領§5(2)注), 71 bits.
const (
	PasswordLength = 12
	alphabet       = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// Draw takes a password from a source of random bytes, each symbol as likely as
// any other: bytes past the last whole run of the alphabet are thrown away.
func Draw(random io.Reader) (string, error) {
	const fair = 256 - 256%len(alphabet)
	out := make([]byte, 0, PasswordLength)
	var b [1]byte
	for len(out) < PasswordLength {
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return "", fmt.Errorf("draw password: %w", err)
		}
		if int(b[0]) < fair {
			out = append(out, alphabet[int(b[0])%len(alphabet)])
		}
	}
	return string(out), nil
}

// Hash is a password as it may be kept: argon2id with a salt of its own, as a
// PHC string ($argon2id$v=19$m=19456,t=2,p=1$salt$hash).
func Hash(random io.Reader, password string) (string, error) {
	salt := make([]byte, argonSalt)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", fmt.Errorf("draw salt: %w", err)
	}
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey)
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, argonMemory, argonTime, argonThreads, encode(salt), encode(key)), nil
}

// ErrHash says that a stored hash is none.
var ErrHash = errors.New("not a hash of a password")

// Most that a stored hash may ask for, so that a forged one starves nobody.
const (
	maxMemory = 1 << 20 // KiB
	maxTime   = 16
	maxKey    = 128
)

// Verify reports whether the password is the one that was hashed; an empty hash
// is nobody's. A hash in another form is ErrHash, which does not show it.
func Verify(hash, password string) (bool, error) {
	if hash == "" {
		return false, nil
	}
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return false, ErrHash
	}
	var memory, time uint32
	var threads uint8
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &time, &threads); n != 3 || err != nil {
		return false, ErrHash
	}
	salt, badSalt := base64.RawStdEncoding.DecodeString(parts[4])
	key, badKey := base64.RawStdEncoding.DecodeString(parts[5])
	if badSalt != nil || badKey != nil || len(salt) == 0 || len(key) < 16 || len(key) > maxKey ||
		threads == 0 || time == 0 || time > maxTime || memory > maxMemory {
		return false, ErrHash
	}
	got := argon2.IDKey([]byte(password), salt, time, memory, threads, uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1, nil
}
