package audit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"meibo/pipeline"
)

// Checkpoint says how far the chain reached when a run ended, signed, as one
// line of a file outside the database. It binds the line before it, so that the
// file is a chain of its own.
//
// A line with Restore says that the database was brought back from a backup and
// put in order: the events behind Restore.Kept that earlier lines signed are lost.
//
// A line with NewKey is a rotation: the key that signed so far hands over to
// NewKey, and both sign it. So whoever trusts one key of the file can go from it
// to those before and after.
type Checkpoint struct {
	Number    int              `json:"number"` // from 1, without a gap
	Day       pipeline.Date    `json:"day"`
	At        pipeline.Instant `json:"at"`            // the day's slot; of a rotation the clock
	RunID     string           `json:"run,omitempty"` // empty for a rotation
	Count     int              `json:"count"`         // events so far
	Head      string           `json:"head"`          // hash of the last of them, hex
	Key       string           `json:"key"`           // KeyID of the key that signed
	OldKey    string           `json:"old_key,omitempty"`
	NewKey    string           `json:"new_key,omitempty"` // public keys of a rotation, hex
	Previous  string           `json:"previous"`          // Hash of the line before, hex; Genesis for the first
	Signature string           `json:"signature"`         // hex

	NewSignature string `json:"new_signature,omitempty"` // of a rotation, by the new key

	Restore *Restore `json:"restore,omitempty"` // the chain was cut by a restore of the database
}

// Restore is the gap that a restore of the database left in a chain.
type Restore struct {
	Kept int `json:"kept"` // events the backup held
	Lost int `json:"lost"` // number of the last event known to be lost

	// Of is the number of the newest line that stood when the backup was made, where
	// an earlier restore had given up what the backup holds: its events are those of
	// the lines up to there, and what later lines signed is lost. 0 for any other
	// backup.
	Of int `json:"of,omitempty"`
}

// Hash identifies the whole line.
func (c *Checkpoint) Hash() string {
	h := sha256.New()
	prefixed(h, string(c.message()), c.Signature, c.NewSignature)
	return hex.EncodeToString(h.Sum(nil))
}

// message is what is signed.
func (c *Checkpoint) message() []byte {
	var b bytes.Buffer
	prefixed(&b, "meibo audit checkpoint 1", strconv.Itoa(c.Number), c.Day.String(), c.At.String(), c.RunID,
		strconv.Itoa(c.Count), c.Head, c.Key, c.OldKey, c.NewKey, c.Previous)
	if c.Restore != nil {
		prefixed(&b, "restore", strconv.Itoa(c.Restore.Kept), strconv.Itoa(c.Restore.Lost))
		if c.Restore.Of > 0 {
			prefixed(&b, "of", strconv.Itoa(c.Restore.Of))
		}
	}
	return b.Bytes()
}

// Rotation reports whether the line hands over to another key.
func (c *Checkpoint) Rotation() bool { return c.NewKey != "" || c.OldKey != "" }

// Next is the checkpoint behind the lines so far: c has its day, time, run, count
// and head, and gets the rest.
func (c Checkpoint) Next(lines []Checkpoint, key ed25519.PrivateKey) Checkpoint {
	c = c.place(lines, public(key))
	c.Signature = sign(key, c.message())
	return c
}

// Rotate is Next for a line that hands over from one key to another.
func (c Checkpoint) Rotate(lines []Checkpoint, from, to ed25519.PrivateKey) Checkpoint {
	c = c.place(lines, public(from))
	c.OldKey, c.NewKey = hex.EncodeToString(public(from)), hex.EncodeToString(public(to))
	c.Signature, c.NewSignature = sign(from, c.message()), sign(to, c.message())
	return c
}

func (c Checkpoint) place(lines []Checkpoint, key ed25519.PublicKey) Checkpoint {
	c.Number, c.Previous, c.Key = len(lines)+1, Genesis, KeyID(key)
	if n := len(lines); n > 0 {
		c.Number, c.Previous = lines[n-1].Number+1, lines[n-1].Hash()
	}
	return c
}

func public(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

// sign is deterministic, as Ed25519 is: the same line has the same bytes.
func sign(key ed25519.PrivateKey, message []byte) string {
	return hex.EncodeToString(ed25519.Sign(key, message))
}

// signed reports whether the signature is that of the key.
func (c *Checkpoint) signed(key ed25519.PublicKey, signature string) bool {
	b, err := hex.DecodeString(signature)
	return err == nil && isHex(signature, ed25519.SignatureSize) && ed25519.Verify(key, c.message(), b)
}

// SignedBy reports whether the line is one that this key has signed.
func (c *Checkpoint) SignedBy(key ed25519.PublicKey) bool {
	return c.Key == KeyID(key) && c.signed(key, c.Signature)
}

// publicOf reads a public key in hex; nil if it is none.
func publicOf(s string) ed25519.PublicKey {
	if !isHex(s, ed25519.PublicKeySize) {
		return nil
	}
	b, _ := hex.DecodeString(s)
	return b
}

// AppendTo adds the line to b.
func (c *Checkpoint) AppendTo(b []byte) ([]byte, error) {
	line, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("write checkpoint %d: %w", c.Number, err)
	}
	return append(append(b, line...), '\n'), nil
}

// ParseCheckpoints reads a file of checkpoints, a line each. A line that is none
// comes back as an empty Checkpoint, which Verify reports as altered.
func ParseCheckpoints(b []byte) []Checkpoint {
	var out []Checkpoint
	for line := range bytes.Lines(b) {
		c, err := parseCheckpoint(line)
		if err != nil {
			c = Checkpoint{}
		}
		out = append(out, c)
	}
	return out
}

func parseCheckpoint(line []byte) (c Checkpoint, err error) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return c, errors.New("there is more on the line")
	}
	// Only the bytes that AppendTo writes are the line: no other spelling of it.
	own, err := c.AppendTo(nil)
	if err == nil && !bytes.Equal(own, line) {
		err = errors.New("not as it was written")
	}
	return c, err
}
