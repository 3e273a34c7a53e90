// Package audit keeps the tamper-evident chain of events, its checkpoints and
// their signatures.
//
// Every change by a person and every destructive act is an [Event]. It holds no
// personal data: people stand behind a keyed surrogate, and what was done is
// told in counts and hashes. Each event binds the one before it by its hash, so
// that nothing inside the chain can be altered, dropped or moved unnoticed. A
// chain alone proves little to whoever may write the table, for it can be
// stamped anew or cut at its end: so each run ends with a [Checkpoint], signed
// and kept outside the database. [Verify] tells from both, with nothing but the
// public key, what was done to them.
package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"meibo/pipeline"
)

// Action says what was done. The list is closed: an event of another action is
// refused.
type Action string

// What events tell of.
const (
	RunFinished      Action = "run-finished"     // a run ended; its payload sums up what the day came to
	FileAccepted     Action = "file-accepted"    // an operator let a held file in
	FileReadAgain    Action = "file-read-again"  // an operator had an archived file read again
	ReviewsApplied   Action = "reviews-applied"  // the verdicts of a returned list were taken over
	Corrected        Action = "corrected"        // corrections were applied, or refused
	DecisionMade     Action = "decision-made"    // on a pair of IDs
	DecisionUndone   Action = "decision-undone"  //
	ModelTrained     Action = "model-trained"    // identities are weighed by another model from here on
	ArchiveExpired   Action = "archive-expired"  // a received file was removed for good
	OutboxExpired    Action = "outbox-expired"   // old reports were removed for good
	FileRedacted     Action = "archive-redacted" // secrets were taken out of archived files
	KeyRotated       Action = "key-rotated"      // another key signs checkpoints from here on
	PurgeApproved    Action = "purge-approved"   // of a list or of rows of it
	PurgeHeld        Action = "purge-held"       //
	PurgeReleased    Action = "purge-released"   //
	PurgeExecuted    Action = "purge-executed"   // records were deleted; the receipt has the counts
	PurgeUndone      Action = "purge-undone"     //
	PurgeReplayed    Action = "purge-replayed"   // after a restore
	PurgeReadmit     Action = "purge-readmitted" // a purged ID may come back
	UndoKeyGone      Action = "undo-key-destroyed"
	AddressConfirmed Action = "address-confirmed"   // the test message to a reader's address arrived
	DeliverySettled  Action = "delivery-settled"    // what became of a mail that may have left
	Destroyed        Action = "inquiries-destroyed" // 要領 §12

	AccountStopped   Action = "account-stopped"   // by a person (要領 §8(3))
	AccountRestarted Action = "account-restarted" //
	AccountReset     Action = "account-reset"     // a person had another password drawn
	PasswordsIssued  Action = "passwords-issued"  // drawn passwords left in an encrypted notice
)

// Actions lists every action there is.
func Actions() []Action {
	return []Action{
		RunFinished, FileAccepted, FileReadAgain, ReviewsApplied, Corrected, DecisionMade, DecisionUndone, ModelTrained,
		ArchiveExpired, OutboxExpired, FileRedacted, KeyRotated, PurgeApproved, PurgeHeld, PurgeReleased, PurgeExecuted,
		PurgeUndone, PurgeReplayed, PurgeReadmit, UndoKeyGone, Destroyed, AddressConfirmed, DeliverySettled,
		AccountStopped, AccountRestarted, AccountReset, PasswordsIssued,
	}
}

// Genesis is what the first event has for the hash of the one before it.
const Genesis = "0000000000000000000000000000000000000000000000000000000000000000"

// ErrEvent says that an act cannot become an event: a fault of the program.
var ErrEvent = errors.New("audit event")

// Facts are what an event tells: counts, hashes, days and codes, never text of
// a person. Values are int, string or []string.
type Facts map[string]any

// Act is what somebody did, before it has its place in the chain.
type Act struct {
	At         pipeline.Instant // of a run its day's slot, of a command the clock
	Actor      string           // account that did it, or the job; see [Keyed.Account]
	SystemUser string           // of the operating system, for what was done by command
	Action     Action
	Object     string // surrogate of what it was done to, see [Keyed.Surrogate]; empty: the facts say it
	Facts      Facts
}

// Event is an act in its place in the chain.
type Event struct {
	Seq        int // from 1, without a gap
	At         pipeline.Instant
	Actor      string
	SystemUser string
	Action     Action
	Object     string
	Payload    string // the facts as canonical JSON: keys sorted, no blanks
	Prev       string // hash of the event before it, hex
	Hash       string // hex
}

// Head is how far a chain reaches.
type Head struct {
	Count int
	Hash  string // of the last event; Genesis before the first
}

// HeadOf is the head after e.
func HeadOf(e Event) Head { return Head{e.Seq, e.Hash} }

// Longest texts of an event, in characters.
const (
	maxActor = 120
	maxFact  = 200
)

var (
	surrogate = regexp.MustCompile(`^([0-9a-f]{64})?$`)
	factKey   = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	// A fact is a hash, a day, a number or a code. No name of a person in this
	// register can be written with these letters and signs alone by accident,
	// since names are kanji or kana.
	factText = regexp.MustCompile(`^[0-9A-Za-z._:/@-]*$`)
)

// After is the act as the event that follows a head. It fails if the act is none
// of the closed list or holds what an event must not hold (ErrEvent).
func (a Act) After(h Head) (Event, error) {
	payload, err := a.Facts.canonical()
	if err != nil {
		return Event{}, fmt.Errorf("%w %s: %w", ErrEvent, a.Action, err)
	}
	switch {
	case !slices.Contains(Actions(), a.Action):
		err = errors.New("no such action")
	case a.At.IsZero():
		err = errors.New("it has no time")
	case a.Actor == "" && a.SystemUser == "":
		err = errors.New("nobody did it")
	case utf8.RuneCountInString(a.Actor) > maxActor || utf8.RuneCountInString(a.SystemUser) > maxActor:
		err = errors.New("the account is too long")
	case !surrogate.MatchString(a.Object):
		err = errors.New("the object is no surrogate")
	}
	if err != nil {
		return Event{}, fmt.Errorf("%w %s: %w", ErrEvent, a.Action, err)
	}
	if h.Count == 0 {
		h.Hash = Genesis
	}
	e := Event{
		Seq: h.Count + 1, At: a.At, Actor: a.Actor, SystemUser: a.SystemUser, Action: a.Action,
		Object: a.Object, Payload: payload, Prev: h.Hash,
	}
	e.Hash = e.digest(e.Seq)
	return e, nil
}

// canonical writes the facts as JSON in the one form that is hashed.
func (f Facts) canonical() (string, error) {
	for _, key := range slices.Sorted(maps.Keys(f)) {
		if !factKey.MatchString(key) {
			return "", fmt.Errorf("fact %q: want a short word", key)
		}
		var texts []string
		switch v := f[key].(type) {
		case int:
		case string:
			texts = []string{v}
		case []string:
			texts = v
		default:
			return "", fmt.Errorf("fact %s is a %T", key, v)
		}
		for _, s := range texts {
			if len(s) > maxFact || !factText.MatchString(s) {
				return "", fmt.Errorf("fact %s is neither a hash, a day nor a code", key)
			}
		}
	}
	if len(f) == 0 {
		return "{}", nil
	}
	b, err := json.Marshal(f) // sorts keys; the texts need no escapes
	return string(b), err
}

// Fact reads one text of the payload; empty if there is none of that name.
func (e *Event) Fact(name string) string {
	var all map[string]any
	if err := json.Unmarshal([]byte(e.Payload), &all); err != nil {
		return ""
	}
	s, _ := all[name].(string)
	return s
}

// facts is a fact of the payload that is a list of texts; empty if it is none.
func (e *Event) facts(name string) []string {
	var all map[string]json.RawMessage
	var out []string
	if json.Unmarshal([]byte(e.Payload), &all) != nil || json.Unmarshal(all[name], &out) != nil {
		return nil
	}
	return out
}

// digest is the hash of the event as the seq-th of its chain. Each field goes in
// with its length before it, so that no two events have one form.
func (e *Event) digest(seq int) string {
	h := sha256.New()
	prefixed(h, "meibo audit event 1", strconv.Itoa(seq), e.At.String(), e.Actor, e.SystemUser,
		string(e.Action), e.Object, e.Payload, e.Prev)
	return hex.EncodeToString(h.Sum(nil))
}

// intact reports whether the event is what was hashed.
func (e *Event) intact() bool { return e.digest(e.Seq) == e.Hash }

// prefixed writes each text after its length in bytes. A hash takes every write.
func prefixed(w io.Writer, texts ...string) {
	var length [8]byte
	for _, s := range texts {
		binary.BigEndian.PutUint64(length[:], uint64(len(s)))
		_, _ = w.Write(length[:])
		_, _ = io.WriteString(w, s)
	}
}

// isHex reports whether s is hex of so many bytes, as this package writes it.
func isHex(s string, bytes int) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == bytes && strings.ToLower(s) == s
}
