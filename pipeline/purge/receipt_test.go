package purge

import (
	"crypto/ed25519"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// keyOf is a key made from one letter.
func keyOf(b byte) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = b
	return ed25519.NewKeyFromSeed(seed)
}

func publicKeys(id string) (ed25519.PublicKey, bool) {
	if id != "old" && id != "new" {
		return nil, false
	}
	return keyOf(id[0]).Public().(ed25519.PublicKey), true
}

// receipts is a chain of n receipts; the key changes in the middle.
func receipts(n int) []Receipt {
	out := make([]Receipt, n)
	previous := ""
	for i := range out {
		id := "old"
		if i >= n/2 {
			id = "new"
		}
		out[i] = Receipt{
			No: ReceiptNo(i + 1), Kind: ReceiptPurge, ListNo: i + 1, AsOf: day("2025-10-04").AddDays(i),
			Persons: []Count{{Of: "2", Count: i}}, RowsDeleted: []Count{{Of: "agents", Count: i}}, Approvers: []string{"S1", "S2"},
		}
		out[i].Seal(previous, id, keyOf(id[0]))
		previous = out[i].Hash
	}
	return out
}

func TestReceiptsVerify(t *testing.T) {
	stored, err := json.Marshal(receipts(6))
	if err != nil {
		t.Fatal(err)
	}
	var back []Receipt
	if err := json.Unmarshal(stored, &back); err != nil {
		t.Fatal(err)
	}
	if got := Verify(back, publicKeys, 6); got != nil {
		t.Errorf("whole: %v", got)
	}
	if got := Verify(nil, publicKeys, 0); got != nil {
		t.Errorf("none: %v", got)
	}
}

func TestDamagedReceipts(t *testing.T) {
	tests := []struct {
		name   string
		damage func([]Receipt) []Receipt
		want   []Damage
	}{
		{"a number was raised", func(rs []Receipt) []Receipt { rs[2].Persons = []Count{{Of: "2", Count: 99}}; return rs }, []Damage{{No: "R-000003", Kind: DamageAltered}}},
		{"an approver was exchanged", func(rs []Receipt) []Receipt { rs[5].Approvers[0] = "S9"; return rs }, []Damage{{No: "R-000006", Kind: DamageAltered}}},
		{"sealed again by another key", func(rs []Receipt) []Receipt {
			rs[5].ListHash = "00"
			rs[5].Seal(rs[4].Hash, "new", keyOf('x'))
			return rs
		}, []Damage{{No: "R-000006", Kind: DamageForged}}},
		{"sealed again by a key nobody knows", func(rs []Receipt) []Receipt {
			rs[5].Seal(rs[4].Hash, "other", keyOf('x'))
			return rs
		}, []Damage{{No: "R-000006", Kind: DamageUnknown}}},
		{"one taken out", func(rs []Receipt) []Receipt { return append(rs[:2], rs[3:]...) }, []Damage{{No: "R-000004", Kind: DamageMissing}}},
		{"two swapped", func(rs []Receipt) []Receipt { rs[1], rs[2] = rs[2], rs[1]; return rs }, []Damage{{No: "R-000003", Kind: DamageMissing}, {No: "R-000002", Kind: DamageOrder}, {No: "R-000004", Kind: DamageOrder}}},
		{"the end cut off", func(rs []Receipt) []Receipt { return rs[:4] }, []Damage{{No: "R-000005", Kind: DamageCut}}},
		{"all cut off", func([]Receipt) []Receipt { return nil }, []Damage{{No: "R-000001", Kind: DamageCut}}},
		{"sealed again by the right key, the next one not", func(rs []Receipt) []Receipt {
			rs[3].ListHash = "00"
			rs[3].Seal(rs[2].Hash, "new", keyOf('n'))
			return rs
		}, []Damage{{No: "R-000005", Kind: DamageOrder}}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, Verify(tt.damage(receipts(6)), publicKeys, 6)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// No single change of what a receipt says goes unnoticed.
func TestEveryFieldOfAReceiptIsSigned(t *testing.T) {
	whole := receipts(1)[0]
	b, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(b)-1).Draw(t, "byte")
		changed := append([]byte(nil), b...)
		changed[at] = rapid.Byte().Draw(t, "value")
		var r Receipt
		if json.Unmarshal(changed, &r) != nil {
			return
		}
		same := reflect.DeepEqual(r, whole)
		if got := Verify([]Receipt{r}, publicKeys, 1); (got == nil) != same {
			t.Fatalf("byte %d: %v, same %t", at, got, same)
		}
	})
}

// Receipts that somebody picked out are checked as far as they go: what is between
// them is told, not accused.
func TestGivenReceiptsVerify(t *testing.T) {
	for _, c := range []struct {
		name      string
		given     []int // numbers
		spoil     func(rs []Receipt)
		want      []Damage
		unchained []string
	}{
		{"all", []int{1, 2, 3, 4, 5, 6}, nil, nil, nil},
		{"the first", []int{1}, nil, nil, nil},
		{"the last", []int{6}, nil, nil, []string{"R-000006"}},
		{"a gap", []int{1, 2, 5, 6}, nil, nil, []string{"R-000005"}},
		{"an altered one", []int{3}, func(rs []Receipt) { rs[0].Version = "x" }, []Damage{{No: "R-000003", Kind: DamageAltered}}, []string{"R-000003"}},
		{"a neighbour of another chain", []int{3, 4}, func(rs []Receipt) { rs[1].Seal("00", "new", keyOf('n')) }, []Damage{{No: "R-000004", Kind: DamageOrder}}, []string{"R-000003"}},
		{"a first one that has one before it", []int{1}, func(rs []Receipt) { rs[0].Seal("00", "old", keyOf('o')) }, []Damage{{No: "R-000001", Kind: DamageOrder}}, nil},
		{"two of one number", []int{2, 2}, func(rs []Receipt) { rs[1].Version = "x"; rs[1].Seal(rs[1].PreviousHash, "old", keyOf('o')) }, []Damage{{No: "R-000002", Kind: DamageOrder}}, []string{"R-000002"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := receipts(6)
			var rs []Receipt
			for _, n := range c.given {
				rs = append(rs, all[n-1])
			}
			if c.spoil != nil {
				c.spoil(rs)
			}
			damage, unchained := VerifyGiven(rs, publicKeys)
			if diff := cmp.Diff(c.want, damage); diff != "" {
				t.Errorf("damage (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.unchained, unchained); diff != "" {
				t.Errorf("unchained (-want +got):\n%s", diff)
			}
		})
	}
}
