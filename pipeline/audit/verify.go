package audit

import (
	"cmp"
	"crypto/ed25519"
	"encoding/hex"
	"slices"
)

// Damage is a kind of damage, as programs read it.
type Damage string

// What can have been done to a chain and its checkpoints.
const (
	Altered   Damage = "altered"   // an event is not what was hashed
	Dropped   Damage = "dropped"   // an event inside the chain is gone
	Inserted  Damage = "inserted"  // an event stands in the chain that does not belong there
	Reordered Damage = "reordered" // events changed places
	CutTail   Damage = "cut-tail"  // the last events are gone, with or without their checkpoints
	// Rewritten: the chain fits together, but behind a checkpoint it is another
	// one: cut and appended to, or stamped anew from there.
	Rewritten Damage = "rewritten-after-checkpoint"
	// Restamped: the chain fits together, but no checkpoint knows it.
	Restamped Damage = "rewritten-whole"

	CheckpointAltered   Damage = "checkpoint-altered"   // a line is not what was signed
	CheckpointForged    Damage = "checkpoint-forged"    // a line is signed by a key that had no business there
	CheckpointDropped   Damage = "checkpoint-dropped"   // a line inside the file is gone
	CheckpointReordered Damage = "checkpoint-reordered" // lines changed places or stand there twice
	// CheckpointCut: a finished run has no checkpoint. The last lines were cut,
	// or the last run died before it wrote its own and the next one will.
	CheckpointCut Damage = "checkpoint-cut"
)

// Finding is one thing that is wrong.
type Finding struct {
	Damage Damage `json:"damage"`
	// Number is the first bad one: of an event its number in the chain, of a
	// checkpoint that of its line.
	Number int `json:"number"`
	// Until is where the damage shows at the latest, if Number is only the
	// first that can no longer be vouched for; 0: Number is exact.
	Until int `json:"until,omitempty"`
	// Trace is what the database shows of an event that is gone; see Report.Compare.
	Trace string `json:"trace,omitempty"`
}

// Report is what Verify found.
type Report struct {
	Events      int    `json:"events"`
	Head        string `json:"head"` // hash of the last event
	Checkpoints int    `json:"checkpoints"`
	Vouched     int    `json:"vouched"` // events that a sound checkpoint covers
	Restores    []Gap  `json:"restores,omitempty"`
	// Older counts nights and receipts from before the first event: a program
	// without a chain did them, or the whole chain was removed and begun anew.
	Older    int       `json:"older_than_the_chain,omitempty"`
	Findings []Finding `json:"findings"`
}

// Gap is what a restore of the database took out of the chain, as a signed line
// says: no damage, but something to know.
type Gap struct {
	Line  int `json:"line"`         // number of the checkpoint that says so
	First int `json:"first"`        // first event lost
	Last  int `json:"last"`         // last event known to be lost
	Of    int `json:"of,omitempty"` // Restore.Of: Last counts in the chain that was given up for the backup
}

// OK reports whether nothing is wrong.
func (r Report) OK() bool { return len(r.Findings) == 0 }

// Verify checks a chain, in the order in which it is stored, against the
// checkpoints, in the order of their file, with any public key that ever signed
// one of them. Events behind the newest checkpoint are checked among themselves
// only: nobody has vouched for them yet (Report.Vouched).
func Verify(events []Event, checkpoints []Checkpoint, key ed25519.PublicKey) Report {
	r := Report{Events: len(events), Head: Genesis, Checkpoints: len(checkpoints), Findings: []Finding{}}
	if n := len(events); n > 0 {
		r.Head = events[n-1].Hash
	}
	sound, found := lines(checkpoints, key)
	r.Findings = append(r.Findings, found...)
	sound, r.Restores = standing(sound)
	slices.SortStableFunc(sound, func(a, b Checkpoint) int { return cmp.Compare(a.Count, b.Count) })
	most := len(events)
	for _, c := range sound {
		most = max(most, c.Count)
	}
	if f, broken := structure(events, most); broken {
		r.Findings = append(r.Findings, f)
		if last := newestSeq(events); len(sound) > 0 && last < sound[len(sound)-1].Count && f.Damage != Dropped {
			r.Findings = append(r.Findings, Finding{Damage: CutTail, Number: last + 1})
		}
		return r
	}
	r.Vouched, found = against(events, sound)
	r.Findings = append(r.Findings, found...)
	if len(r.Findings) == 0 && unsigned(events, sound) {
		r.Findings = append(r.Findings, Finding{Damage: CheckpointCut, Number: len(checkpoints) + 1})
	}
	return r
}

func newestSeq(events []Event) (newest int) {
	for i := range events {
		newest = max(newest, events[i].Seq)
	}
	return newest
}

// against compares a chain that fits together with the sound checkpoints, in
// order of Count.
func against(events []Event, sound []Checkpoint) (vouched int, found []Finding) {
	for _, c := range sound {
		switch {
		case c.Count > len(events):
			return vouched, []Finding{{Damage: CutTail, Number: len(events) + 1}}
		case c.Count == 0 || events[c.Count-1].Hash == c.Head:
			vouched = c.Count
		case vouched == 0:
			return 0, []Finding{{Damage: Restamped, Number: 1, Until: c.Count}}
		default:
			return vouched, []Finding{{Damage: Rewritten, Number: vouched + 1, Until: c.Count}}
		}
	}
	return vouched, nil
}

// unsigned reports whether a run that ended has no checkpoint.
func unsigned(events []Event, sound []Checkpoint) bool {
	covered := 0
	if n := len(sound); n > 0 {
		covered = sound[n-1].Count
	}
	return slices.ContainsFunc(events[covered:], func(e Event) bool { return e.Action == RunFinished })
}

// lines checks the file of checkpoints and returns those that a key in its term
// has signed, whatever became of the others.
func lines(all []Checkpoint, key ed25519.PublicKey) (sound []Checkpoint, found []Finding) {
	key, found = first(all, key)
	report := func(d Damage, n int) {
		if len(found) == 0 { // what follows it is its consequence
			found = []Finding{{Damage: d, Number: n}}
		}
	}
	seen := map[int]bool{}
	for i := range all {
		seen[all[i].Number] = true
	}
	expected, previous := 1, Genesis
	for i := range all {
		c := &all[i]
		if d := c.trusted(key); d != "" {
			report(d, i+1)
			expected, previous = expected+1, c.Hash()
			continue
		}
		sound = append(sound, *c)
		if next := publicOf(c.NewKey); c.Rotation() {
			key = next
		}
		switch {
		case c.Number > expected && !seen[expected]:
			report(CheckpointDropped, expected)
		case c.Number != expected:
			report(CheckpointReordered, expected)
		case c.Previous != previous:
			report(CheckpointAltered, max(1, i))
		}
		expected, previous = c.Number+1, c.Hash()
	}
	return sound, found
}

// trusted says what is wrong with a line that key ought to have signed.
func (c *Checkpoint) trusted(key ed25519.PublicKey) Damage {
	switch {
	case c.Signature == "":
		return CheckpointAltered
	case key == nil || c.Key != KeyID(key):
		return CheckpointForged
	case !c.signed(key, c.Signature):
		return CheckpointAltered
	case !c.Rotation():
		return ""
	}
	next := publicOf(c.NewKey)
	if next == nil || c.OldKey != hex.EncodeToString(key) || !c.signed(next, c.NewSignature) {
		return CheckpointAltered
	}
	return ""
}

// first goes from a trusted key back through the rotations to the key that
// signed the first line. A rotation to the trusted key that does not hold is
// what is wrong.
func first(all []Checkpoint, key ed25519.PublicKey) (ed25519.PublicKey, []Finding) {
	for i, c := range slices.Backward(all) {
		if c.NewKey != hex.EncodeToString(key) {
			continue
		}
		old := publicOf(c.OldKey)
		if old == nil || !c.signed(key, c.NewSignature) || !c.SignedBy(old) {
			return key, []Finding{{Damage: CheckpointAltered, Number: i + 1}}
		}
		key = old
	}
	return key, nil
}
