package audit

import "crypto/ed25519"

// KeysFrom are the public keys, by their KeyID, that signed one after the other,
// as far as whoever trusts one of them can go by the rotations among the lines.
func KeysFrom(all []Checkpoint, trusted ed25519.PublicKey) map[string]ed25519.PublicKey {
	key, _ := first(all, trusted)
	out := map[string]ed25519.PublicKey{KeyID(trusted): trusted, KeyID(key): key}
	for i := range all {
		if c := &all[i]; c.Rotation() && c.trusted(key) == "" {
			key = publicOf(c.NewKey)
			out[KeyID(key)] = key
		}
	}
	return out
}
