package audit

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"meibo/pipeline"
)

func moment(n int) pipeline.Instant {
	return pipeline.InstantOf(time.Date(2026, 11, 19, 18, 15, n, 0, time.UTC))
}

// signer is a key that depends on n alone.
func signer(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(slices.Repeat([]byte{n}, ed25519.SeedSize))
}

// grow appends n acts, every third of them the end of a run.
func grow(t rapid.TB, events []Event, n int, salt string) []Event {
	t.Helper()
	k := NewKeyed([]byte("secret"))
	var h Head
	if len(events) > 0 {
		h = HeadOf(events[len(events)-1])
	}
	for range n {
		a := Act{
			At: moment(h.Count), Actor: "C0001", SystemUser: "op", Action: DecisionMade,
			Object: k.Surrogate("pair", fmt.Sprint(h.Count), salt), Facts: Facts{"n": h.Count, "salt": salt},
		}
		if h.Count%3 == 2 {
			a = Act{At: moment(h.Count), Actor: "nightly", Action: RunFinished, Facts: Facts{"run": fmt.Sprint("r", h.Count), "salt": salt, "files": []string{"a", "b"}}}
		}
		e, err := a.After(h)
		if err != nil {
			t.Fatal(err)
		}
		events, h = append(events, e), HeadOf(e)
	}
	return events
}

// vouch writes a checkpoint for each run of the chain. Key old hands over to
// next behind the line with that number; 0: never.
func vouch(events []Event, old, next ed25519.PrivateKey, handOver int) (lines []Checkpoint) {
	key := old
	for _, e := range events {
		if e.Action != RunFinished {
			continue
		}
		c := Checkpoint{Day: pipeline.DateOf(e.At.Time()), At: e.At, RunID: e.Fact("run"), Count: e.Seq, Head: e.Hash}
		lines = append(lines, c.Next(lines, key))
		if len(lines) == handOver {
			c.RunID = ""
			lines = append(lines, c.Rotate(lines, old, next))
			key = next
		}
	}
	return lines
}

// restamp makes the chain fit together again from place n on.
func restamp(events []Event, n int) {
	for i := n; i < len(events); i++ {
		events[i].Seq, events[i].Prev = i+1, Genesis
		if i > 0 {
			events[i].Prev = events[i-1].Hash
		}
		events[i].Hash = events[i].digest(i + 1)
	}
}

// attack is one thing that somebody does to a chain and its checkpoints; it
// returns what Verify must say: any of these.
type attack struct {
	name string
	do   func(t testing.TB, r *rand.Rand, events *[]Event, lines *[]Checkpoint) []Finding
}

// edit changes one field of an event, without its hash.
func edit(r *rand.Rand, e *Event) {
	switch r.IntN(6) {
	case 0:
		e.At = moment(1000 + r.IntN(1000))
	case 1:
		e.Actor += "X"
	case 2:
		e.SystemUser = "root!"
	case 3:
		e.Action = map[bool]Action{true: PurgeHeld, false: PurgeReleased}[e.Action != PurgeHeld]
	case 4:
		e.Object = strings.Repeat("0f", 32)
	case 5:
		e.Payload = `{"files":99}`
	}
}

// one is the only finding allowed.
func one(d Damage, n int) []Finding { return []Finding{{Damage: d, Number: n}} }

// shown is what must be found of a chain that fits together but is another one
// from event n on.
func shown(lines []Checkpoint, n, length int) Finding {
	f := Finding{Damage: Restamped, Number: 1}
	for _, c := range lines {
		switch {
		case c.Count > length:
			return Finding{Damage: CutTail, Number: length + 1}
		case c.Count < n:
			f = Finding{Damage: Rewritten, Number: c.Count + 1}
		default:
			f.Until = c.Count
			return f
		}
	}
	return Finding{}
}

func attacks() []attack {
	return []attack{
		{"edit a field", func(_ testing.TB, r *rand.Rand, es *[]Event, _ *[]Checkpoint) []Finding {
			i := r.IntN(len(*es))
			edit(r, &(*es)[i])
			return one(Altered, i+1)
		}},
		{"edit a hash", func(_ testing.TB, r *rand.Rand, es *[]Event, _ *[]Checkpoint) []Finding {
			i := r.IntN(len(*es))
			e := &(*es)[i]
			if r.IntN(2) == 0 {
				e.Hash = e.Hash[1:] + "0"
			} else {
				e.Prev = e.Prev[1:] + "1"
			}
			return one(Altered, i+1)
		}},
		{"edit a field and the event's own hash", func(_ testing.TB, r *rand.Rand, es *[]Event, _ *[]Checkpoint) []Finding {
			i := r.IntN(len(*es) - 1)
			e := &(*es)[i]
			edit(r, e)
			e.Hash = e.digest(e.Seq)
			return one(Altered, i+1)
		}},
		{"edit a number", func(_ testing.TB, r *rand.Rand, es *[]Event, _ *[]Checkpoint) []Finding {
			i := r.IntN(len(*es))
			(*es)[i].Seq += 1 + r.IntN(5)
			return one(Reordered, i+1)
		}},
		{"delete inside", func(_ testing.TB, r *rand.Rand, es *[]Event, _ *[]Checkpoint) []Finding {
			i := r.IntN(len(*es) - 1)
			*es = slices.Delete(*es, i, i+1+r.IntN(len(*es)-1-i))
			return one(Dropped, i+1)
		}},
		{"delete inside and number anew", func(_ testing.TB, r *rand.Rand, es *[]Event, _ *[]Checkpoint) []Finding {
			i := r.IntN(len(*es) - 1)
			*es = slices.Delete(*es, i, i+1)
			for j := range *es {
				(*es)[j].Seq = j + 1
			}
			return one(Dropped, i+1)
		}},
		{"swap two", func(_ testing.TB, r *rand.Rand, es *[]Event, _ *[]Checkpoint) []Finding {
			i := r.IntN(len(*es) - 1)
			j := i + 1 + r.IntN(len(*es)-1-i)
			(*es)[i], (*es)[j] = (*es)[j], (*es)[i]
			if r.IntN(2) == 0 { // as a table would show it, in order of number
				(*es)[i].Seq, (*es)[j].Seq = i+1, j+1
			}
			return one(Reordered, i+1)
		}},
		{"truncate", func(_ testing.TB, r *rand.Rand, es *[]Event, ls *[]Checkpoint) []Finding {
			n := r.IntN((*ls)[len(*ls)-1].Count)
			*es = (*es)[:n]
			return one(CutTail, n+1)
		}},
		{"insert", func(t testing.TB, r *rand.Rand, es *[]Event, _ *[]Checkpoint) []Finding {
			i := r.IntN(len(*es) - 1)
			x := grow(t, slices.Clone((*es)[:i]), 1, "inserted")[i]
			if r.IntN(2) == 0 {
				x.Hash = strings.Repeat("ab", 32)
			}
			*es = slices.Insert(*es, i, x)
			if r.IntN(2) == 0 {
				for j := range *es {
					(*es)[j].Seq = j + 1
				}
			}
			return one(Inserted, i+1)
		}},
		{"append after a cut", func(t testing.TB, r *rand.Rand, es *[]Event, ls *[]Checkpoint) []Finding {
			n := r.IntN((*ls)[len(*ls)-1].Count)
			*es = grow(t, slices.Clone((*es)[:n]), 1+r.IntN(len(*es)), "appended")
			return []Finding{shown(*ls, n+1, len(*es))}
		}},
		{"stamp anew from an edited event", func(_ testing.TB, r *rand.Rand, es *[]Event, ls *[]Checkpoint) []Finding {
			n := r.IntN((*ls)[len(*ls)-1].Count)
			edit(r, &(*es)[n])
			restamp(*es, n)
			return []Finding{shown(*ls, n+1, len(*es))}
		}},
		{"stamp the whole anew", func(_ testing.TB, r *rand.Rand, es *[]Event, ls *[]Checkpoint) []Finding {
			for i := range *es {
				edit(r, &(*es)[i])
			}
			restamp(*es, 0)
			return []Finding{{Damage: Restamped, Number: 1, Until: (*ls)[0].Count}}
		}},
		{"alter a checkpoint", func(_ testing.TB, r *rand.Rand, es *[]Event, ls *[]Checkpoint) []Finding {
			i := r.IntN(len(*ls))
			c := &(*ls)[i]
			switch r.IntN(7) {
			case 0:
				c.Count++
			case 1:
				c.Head = strings.Repeat("cd", 32)
			case 2:
				c.RunID += "0"
			case 3:
				c.Day = c.Day.AddDays(1)
			case 4:
				c.Previous = Genesis[:62] + "ff"
			case 5:
				c.Signature = c.Signature[2:] + "00"
			case 6:
				*c = Checkpoint{} // a line that is none
			}
			return one(CheckpointAltered, i+1)
		}},
		{"forge checkpoints", func(_ testing.TB, r *rand.Rand, es *[]Event, ls *[]Checkpoint) []Finding {
			edit(r, &(*es)[r.IntN(3)])
			restamp(*es, 0)
			*ls = vouch(*es, signer(66), signer(67), 0)
			return []Finding{{Damage: CheckpointForged, Number: 1}}
		}},
		{"forge the last checkpoint", func(_ testing.TB, r *rand.Rand, es *[]Event, ls *[]Checkpoint) []Finding {
			n := len(*ls) - 1
			*ls = append((*ls)[:n:n], (*ls)[n].Next((*ls)[:n], signer(66)))
			return one(CheckpointForged, n+1)
		}},
		{"drop a checkpoint", func(_ testing.TB, r *rand.Rand, es *[]Event, ls *[]Checkpoint) []Finding {
			i := r.IntN(len(*ls) - 1)
			for (*ls)[i].Rotation() { // without its rotation the next key is a stranger's
				i = r.IntN(len(*ls) - 1)
			}
			*ls = slices.Delete(*ls, i, i+1)
			return one(CheckpointDropped, i+1)
		}},
		{"swap checkpoints", func(_ testing.TB, r *rand.Rand, es *[]Event, ls *[]Checkpoint) []Finding {
			i := r.IntN(len(*ls) - 1)
			for (*ls)[i].Rotation() || (*ls)[i+1].Rotation() {
				i = r.IntN(len(*ls) - 1)
			}
			(*ls)[i], (*ls)[i+1] = (*ls)[i+1], (*ls)[i]
			return one(CheckpointReordered, i+1)
		}},
		{"cut the checkpoints", func(_ testing.TB, r *rand.Rand, es *[]Event, ls *[]Checkpoint) []Finding {
			n := r.IntN(len(*ls))
			if n > 0 && (*ls)[n].Rotation() {
				n--
			}
			*ls = (*ls)[:n]
			return one(CheckpointCut, n+1)
		}},
	}
}

// A thousand attacks, each named rightly with the first bad number, by the key
// of before and by that of after a rotation.
func TestEveryAttackIsNamed(t *testing.T) {
	old, next := signer(1), signer(2)
	all := attacks()
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 7))
		// A rest of up to two events nobody has vouched for.
		events := grow(t, nil, 15+3*r.IntN(9)+r.IntN(3), "")
		handOver := r.IntN(4)
		lines := vouch(events, old, next, handOver)
		keys := []ed25519.PublicKey{public(old)}
		if handOver > 0 {
			keys = append(keys, public(next))
		}
		for _, key := range keys {
			if rep := Verify(events, lines, key); !rep.OK() || rep.Vouched != lines[len(lines)-1].Count {
				t.Fatalf("seed %d: an untouched chain: %+v", seed, rep)
			}
		}
		a := all[seed%uint64(len(all))]
		want := a.do(t, r, &events, &lines)
		for i, key := range keys {
			if i > 0 && !slices.ContainsFunc(lines, func(c Checkpoint) bool { return c.Rotation() }) {
				// No line leads to that key any more: they are a stranger's.
				want = one(CheckpointForged, 1)
				if len(lines) == 0 {
					want = one(CheckpointCut, 1)
				}
			}
			got := Verify(events, lines, key).Findings
			if len(want) == 1 && want[0] == (Finding{}) {
				want = []Finding{}
			}
			if len(got) == 0 || len(want) == 0 || got[0] != want[0] {
				// Of a rotation that was altered only what is left of it can be said.
				if a.name == "alter a checkpoint" && i > 0 && len(got) > 0 && want[0].Number == handOver+1 &&
					(got[0].Damage == CheckpointAltered || got[0].Damage == CheckpointForged) {
					continue
				}
				t.Errorf("seed %d, %s, key %d: found %+v, want %+v", seed, a.name, i, got, want)
			}
		}
	}
}

// Any sequence of acts, with checkpoints anywhere and any number of rotations,
// verifies by every key there was, and by no other.
func TestAnUntouchedChainVerifies(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		events := grow(t, nil, rapid.IntRange(0, 30).Draw(rt, "events"), rapid.StringMatching(`[a-z]{0,5}`).Draw(rt, "salt"))
		keys := []ed25519.PrivateKey{signer(1)}
		var lines []Checkpoint
		for i, e := range events {
			key := keys[len(keys)-1]
			c := Checkpoint{Day: pipeline.DateOf(e.At.Time()), At: e.At, RunID: "r", Count: e.Seq, Head: e.Hash}
			if e.Action == RunFinished || rapid.Bool().Draw(rt, "checkpoint") {
				lines = append(lines, c.Next(lines, key))
			}
			if rapid.IntRange(0, 5).Draw(rt, "rotate") == 0 {
				keys = append(keys, signer(byte(i+2)))
				lines = append(lines, c.Rotate(lines, key, keys[len(keys)-1]))
			}
		}
		for i, k := range keys {
			rep := Verify(events, lines, public(k))
			if len(lines) == 0 {
				continue
			}
			if !rep.OK() || rep.Vouched != lines[len(lines)-1].Count {
				rt.Fatalf("key %d of %d: %+v", i, len(keys), rep)
			}
		}
		if len(lines) > 0 && Verify(events, lines, public(signer(255))).OK() {
			rt.Fatal("a stranger's key vouches for the chain")
		}
	})
}

// A file of checkpoints is read as it was written, and every changed byte of it
// is noticed.
func TestEveryByteOfTheFileOfCheckpointsCounts(t *testing.T) {
	events := grow(t, nil, 9, "")
	lines := vouch(events, signer(1), signer(2), 2)
	var file []byte
	for i := range lines {
		var err error
		if file, err = lines[i].AppendTo(file); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(lines, ParseCheckpoints(file), cmp.AllowUnexported(pipeline.Instant{})); diff != "" {
		t.Fatalf("read back (-want +got):\n%s", diff)
	}
	for i := range file {
		changed := slices.Clone(file)
		changed[i] ^= 1
		if Verify(events, ParseCheckpoints(changed), public(signer(1))).OK() {
			t.Errorf("byte %d (%q) may be changed", i, file[i])
		}
	}
	for cut := range file {
		if Verify(events, ParseCheckpoints(file[:cut]), public(signer(1))).OK() {
			t.Errorf("the file may be cut at byte %d", cut)
		}
	}
}

// A retired key must not sign again.
func TestAKeySignsOnlyInItsTerm(t *testing.T) {
	events := grow(t, nil, 12, "")
	lines := vouch(events, signer(1), signer(2), 2)
	n := len(lines) - 1
	lines = append(lines[:n:n], lines[n].Next(lines[:n], signer(1)))
	want := []Finding{{Damage: CheckpointForged, Number: n + 1}}
	for _, k := range []byte{1, 2} {
		if diff := cmp.Diff(want, Verify(events, lines, public(signer(k))).Findings); diff != "" {
			t.Errorf("key %d (-want +got):\n%s", k, diff)
		}
	}
}

func TestTheHashOfAnEventIsFixed(t *testing.T) {
	e, err := Act{At: moment(0), Actor: "nightly", Action: RunFinished, Facts: Facts{"run": "nightly-2026-11-19", "files": 3, "b": []string{}}}.After(Head{})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"b":[],"files":3,"run":"nightly-2026-11-19"}`; e.Payload != want {
		t.Errorf("payload %s, want %s", e.Payload, want)
	}
	// Written out by hand once: who changes the form breaks every chain there is.
	const want = "e8678858853de11d248d6d7005c97df4403e339ef87cca64f244812e48ca58e9"
	if e.Hash != want {
		t.Errorf("hash %s, want %s", e.Hash, want)
	}
}

func TestNoEventHoldsWhatItMustNot(t *testing.T) {
	good := func() Act {
		return Act{At: moment(0), Actor: "C0001", Action: DecisionMade, Facts: Facts{"decision": 1}}
	}
	for name, spoil := range map[string]func(*Act){
		"a name in a fact":         func(a *Act) { a.Facts = Facts{"who": "見本太郎"} },
		"a sentence in a fact":     func(a *Act) { a.Facts = Facts{"reason": "asked them"} },
		"a name in a list":         func(a *Act) { a.Facts = Facts{"who": []string{"a", "ミホン"}} },
		"a fact of another type":   func(a *Act) { a.Facts = Facts{"n": 1.5} },
		"a fact too long":          func(a *Act) { a.Facts = Facts{"n": strings.Repeat("a", 201)} },
		"a key that is none":       func(a *Act) { a.Facts = Facts{"見本": 1} },
		"an ID as the object":      func(a *Act) { a.Object = "A0000001" },
		"an action of its own":     func(a *Act) { a.Action = "renamed" },
		"no time":                  func(a *Act) { a.At = pipeline.Instant{} },
		"nobody who did it":        func(a *Act) { a.Actor = "" },
		"an account beyond limits": func(a *Act) { a.Actor = strings.Repeat("a", 121) },
	} {
		a := good()
		spoil(&a)
		if _, err := a.After(Head{}); !errors.Is(err, ErrEvent) {
			t.Errorf("%s: %v, want ErrEvent", name, err)
		}
	}
	if _, err := good().After(Head{}); err != nil {
		t.Error(err)
	}
}

func TestSurrogates(t *testing.T) {
	k := NewKeyed([]byte("0123456789abcdef0123456789abcdef"))
	s := k.Surrogate("pair", "A1", "A2")
	if !isHex(s, 32) || s != k.Surrogate("pair", "A1", "A2") {
		t.Errorf("surrogate %q is not always the same hex", s)
	}
	for what, other := range map[string]string{
		"another key":   NewKeyed([]byte("other")).Surrogate("pair", "A1", "A2"),
		"another kind":  k.Surrogate("person", "A1", "A2"),
		"other bounds":  k.Surrogate("pair", "A1A", "2"),
		"another order": k.Surrogate("pair", "A2", "A1"),
	} {
		if other == s {
			t.Errorf("%s gives the same surrogate", what)
		}
	}
	for who, want := range map[string]string{"C0001": "C0001", "k.mihon@example.jp": "k.mihon@example.jp"} {
		if got := k.Account(who); got != want {
			t.Errorf("Account(%q) = %q", who, got)
		}
	}
	if got := k.Account("見本 太郎"); strings.Contains(got, "見本") || len(got) != len("hmac:")+64 {
		t.Errorf("a name in place of an account becomes %q", got)
	}
	if got := KeyID(public(signer(1))); len(got) != 16 || !isHex(got, 8) {
		t.Errorf("KeyID = %q", got)
	}
	if publicOf(hex.EncodeToString(public(signer(1)))) == nil || publicOf("00") != nil {
		t.Error("publicOf reads no public key")
	}
}

func FuzzParseCheckpoints(f *testing.F) {
	b, _ := (&Checkpoint{Number: 1}).AppendTo(nil)
	f.Add(b)
	f.Add([]byte("{}\n\n{\"number\":1e9}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		lines := ParseCheckpoints(b)
		Verify(nil, lines, public(signer(1)))
		for i := range lines {
			if lines[i].Signature == "" {
				continue
			}
			if own, err := lines[i].AppendTo(nil); err != nil || !strings.Contains(string(b), string(own)) {
				t.Errorf("%+v was read from other bytes", lines[i])
			}
		}
	})
}
