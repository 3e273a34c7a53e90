package purge

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"meibo/pipeline"
)

// Kinds of receipts.
const (
	ReceiptPurge     = "削除"   // an approved list was executed
	ReceiptUndone    = "取消"   // an execution was taken back within its window
	ReceiptReplayed  = "再実行"  // deletions done again after a restore
	ReceiptInquiries = "照会記録" // 要領 §12: records of inquiries destroyed
)

// Notes among the residual of a receipt, which are no copies: how many persons it
// stands for otherwise than by Persons.
const (
	NoteStayed  = "取消しで戻さなかった人（登載し直された人、後の一覧で削除された人）"
	NoteWritten = "取消しで文を戻さなかった、ほかの人の行（削除の後に書き換えられた行）"
	NotePutBack = "取消し済みの削除から、取消用の控えで戻した人"
	NoteLost    = "取消し済みの削除のうち、バックアップにも控えにも記録のない人"
)

// Note reports whether this is such a note.
func (r *Residual) Note() bool {
	return r.Place == NoteStayed || r.Place == NoteWritten || r.Place == NotePutBack || r.Place == NoteLost
}

// Unit is the word with which people count what a residual is about: 行, 人 or 件.
func (r *Residual) Unit() string {
	switch {
	case r.Place == NoteWritten:
		return "行"
	case r.Note():
		return "人"
	}
	return "件"
}

// Receipt is the proof of one deletion (削除証明書): what, by which rules, on
// whose word, and what was searched afterwards. It holds no name, no 募集人ID and
// no hash of one (rules.md §4.6).
type Receipt struct {
	No          string           `json:"receipt_no"` // R-000001 and up, without gaps
	Kind        string           `json:"kind"`
	ListNo      int              `json:"list_no,omitempty"` // 0: none
	AsOf        pipeline.Date    `json:"as_of"`
	RuleVersion string           `json:"rule_version"`
	ListHash    string           `json:"list_hash,omitempty"`
	Persons     []Count          `json:"persons,omitempty"`      // per case of 要領 §10, 申出, or 要領§12
	RowsDeleted []Count          `json:"rows_deleted,omitempty"` // per table
	Approvers   []string         `json:"approvers,omitempty"`
	StartedAt   pipeline.Instant `json:"started_at"`
	FinishedAt  pipeline.Instant `json:"finished_at"`
	Version     string           `json:"version"` // of the program
	ConfigHash  string           `json:"config_hash"`
	Searched    []Searched       `json:"searched,omitempty"`
	Residual    []Residual       `json:"residual,omitempty"`

	PreviousHash string `json:"previous_hash"` // of the receipt before; empty for the first
	Hash         string `json:"hash"`          // SHA-256 over all of the above, hex
	KeyID        string `json:"key_id"`        // of the key that signed
	Signature    string `json:"signature"`     // Ed25519 over the hash, base64
}

// Count is a number of things of one kind.
type Count struct {
	Of       string `json:"of"`
	Count    int    `json:"count"`
	Redacted int    `json:"redacted,omitempty"` // of a table: rows of others out of which persons were taken
}

// Searched is one place that was searched for what should be gone.
type Searched struct {
	Place  string `json:"place"`
	Things int    `json:"things"` // rows or files looked at
	Hits   int    `json:"hits"`   // those that still hold a person of the list
}

// Residual is a place where copies may remain, and the day after which none does
// (zero: it has no last day); or a note.
type Residual struct {
	Place string        `json:"place"`
	Files int           `json:"files"`
	Until pipeline.Date `json:"until"`
}

// onColumn parts a table from its column in a place of what stays in the tables.
const onColumn = "・列 "

// InColumn is the place of what nothing could take out of a column of a table.
func InColumn(table, column string) string { return "表 " + table + onColumn + column }

// Left returns what stays in the tables without a last day: rows of others that
// tell of a person where nothing may be redacted, by column. Somebody has to look
// after them.
func (r *Receipt) Left() (out []Residual) {
	for _, x := range r.Residual {
		if strings.Contains(x.Place, onColumn) {
			out = append(out, x)
		}
	}
	return out
}

// ReceiptNo is the number of the n-th receipt; the first is 1.
func ReceiptNo(n int) string { return fmt.Sprintf("R-%06d", n) }

// digest is the SHA-256 of everything but hash, key and signature.
func (r *Receipt) digest() [sha256.Size]byte {
	bare := *r
	bare.Hash, bare.KeyID, bare.Signature = "", "", ""
	b, err := json.Marshal(bare)
	if err != nil {
		panic(err) // text, numbers and days always marshal
	}
	return sha256.Sum256(b)
}

// Seal chains the receipt to the one before it and signs it.
func (r *Receipt) Seal(previousHash, keyID string, key ed25519.PrivateKey) {
	r.PreviousHash = previousHash
	sum := r.digest()
	r.Hash, r.KeyID = hex.EncodeToString(sum[:]), keyID
	r.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(key, sum[:]))
}

// Kinds of damage to receipts.
const (
	DamageAltered = "altered" // the content does not give the hash
	DamageForged  = "forged"  // the signature is not that of the key
	DamageUnknown = "unknown-key"
	DamageMissing = "missing" // receipts before it are not there
	DamageOrder   = "order"   // it does not follow the one before
	DamageCut     = "cut"     // receipts at the end are not there
	DamageName    = "name"    // its file bears the number of another
)

// Damage is one thing wrong with a receipt.
type Damage struct {
	No    string `json:"receipt_no"`
	Kind  string `json:"kind"`
	Place string `json:"place,omitempty"` // file in which it is; empty: the register
}

// Verify checks receipts, in order, with public keys alone: content, signature
// and chain of each. atLeast is how many there must be by what is known outside;
// 0 if nothing is. It returns all damage found, first to last.
func Verify(rs []Receipt, keys func(id string) (ed25519.PublicKey, bool), atLeast int) []Damage {
	var out []Damage
	previous, want := "", 1
	for i := range rs {
		r := &rs[i]
		if kind := damageOf(r, keys); kind != "" {
			out = append(out, Damage{No: r.No, Kind: kind})
		}
		n := number(r.No)
		switch {
		case n > want:
			out = append(out, Damage{No: r.No, Kind: DamageMissing})
		case n < want || r.PreviousHash != previous:
			out = append(out, Damage{No: r.No, Kind: DamageOrder})
		}
		previous, want = r.Hash, max(want, n+1)
	}
	if want <= atLeast {
		out = append(out, Damage{No: ReceiptNo(want), Kind: DamageCut})
	}
	return out
}

// VerifyGiven checks receipts that somebody picked out, in order of number: content
// and signature of each, and the chain where one follows another without a gap. It
// returns the numbers of those, too, of which the one before was not given, so that
// nothing tells whether they follow it.
func VerifyGiven(rs []Receipt, keys func(id string) (ed25519.PublicKey, bool)) (out []Damage, unchained []string) {
	for i := range rs {
		r := &rs[i]
		if kind := damageOf(r, keys); kind != "" {
			out = append(out, Damage{No: r.No, Kind: kind})
		}
		n, last := number(r.No), -1
		if i > 0 {
			last = number(rs[i-1].No)
		}
		switch {
		case n == last, n == 1 && r.PreviousHash != "", n > 1 && n == last+1 && r.PreviousHash != rs[i-1].Hash:
			out = append(out, Damage{No: r.No, Kind: DamageOrder})
		case n != 1 && n != last+1:
			unchained = append(unchained, r.No)
		}
	}
	return out, unchained
}

// Before is the number of the receipt before one; empty before the first.
func Before(no string) string {
	if n := number(no); n > 1 {
		return ReceiptNo(n - 1)
	}
	return ""
}

// number is the n of ReceiptNo; 0 for anything else.
func number(no string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(no, "R-"))
	if err != nil || ReceiptNo(n) != no {
		return 0
	}
	return n
}

// damageOf is what is wrong with one receipt by itself; empty: nothing.
func damageOf(r *Receipt, keys func(id string) (ed25519.PublicKey, bool)) string {
	sum := r.digest()
	if hex.EncodeToString(sum[:]) != r.Hash {
		return DamageAltered
	}
	key, known := keys(r.KeyID)
	if !known {
		return DamageUnknown
	}
	signature, err := base64.StdEncoding.DecodeString(r.Signature)
	if err != nil || !ed25519.Verify(key, sum[:], signature) {
		return DamageForged
	}
	return ""
}
