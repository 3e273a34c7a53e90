package audit

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
)

// Keyed makes surrogates with a secret key. Without the key nobody can tell
// whether a surrogate belongs to an ID, not even by trying all of them.
type Keyed struct{ key []byte }

// NewKeyed takes a secret of 32 bytes or more.
func NewKeyed(key []byte) Keyed { return Keyed{key} }

// Surrogate stands for one object of a kind ("person", "pair", …): hex, always
// the same for the same IDs and key.
func (k Keyed) Surrogate(kind string, ids ...string) string {
	h := hmac.New(sha256.New, k.key)
	prefixed(h, append([]string{"meibo surrogate 1", kind}, ids...)...)
	return hex.EncodeToString(h.Sum(nil))
}

// account is how accounts of the register are written: ログインID, 管理者ID.
var account = regexp.MustCompile(`^[0-9A-Za-z._@-]{1,60}$`)

// IsAccount reports whether who is written as accounts are.
func IsAccount(who string) bool { return account.MatchString(who) }

// Account is what an event names as its actor: the account's ID, or a surrogate
// of what was written in its place, which may be somebody's name.
func (k Keyed) Account(who string) string {
	if IsAccount(who) {
		return who
	}
	return "hmac:" + k.Surrogate("account", who)
}

// KeyID names a signing key by its public half: 16 hex digits.
func KeyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:8])
}
