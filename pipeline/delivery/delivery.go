// Package delivery gets a report to its reader by the manual's rules: locked,
// logged, by folder or by mail.
//
// What it decides is pure: by which way a file may go, which addresses may be
// written to, and what a mail says. Only Mailer touches the world.
package delivery

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"

	"meibo/pipeline"
)

// The ways of a file.
const (
	ByFolder = "フォルダー" // into outbox/<reader>/, from where the reader fetches it
	ByMail   = "メール"
)

// KeyChannels are the ways by which a password may be agreed (手引 3(6)). Mail is
// none of them.
func KeyChannels() []string { return []string{"事前取決め", "電話", "SMS", "書面", "対面"} }

// How a file is encrypted.
const (
	Agile     = "agile-aes256"   // ECMA-376 agile, AES-256 with an HMAC
	Minimised = "none-minimised" // in the clear: 募集人ID and 生年月日 not together
	OwnData   = "none-own-data"  // in the clear, as its reader sent it
)

// Kinds of mails.
const (
	KindReport = "帳票"
	KindNotice = "通知" // a file lies in the folder
	KindTest   = "テスト"
)

// States of a mail.
const (
	Sending = "送信中" // noted before it is sent; found later, it is Unknown
	Sent    = "送信済"
	Failed  = "失敗" // it did not leave for certain, and is tried again
	Unknown = "不明" // it may have left: a person decides
)

// ConfirmedDays is how long the confirmation of an address counts (手引 3(3)).
const ConfirmedDays = 365

// BothInCopy is what the log says of the copies of a mail (手引 3(4)).
const BothInCopy = "部門長・責任者"

// File is one file that lies finished in the folder of its reader.
type File struct {
	Reader     string
	Name       string
	Title      string        // what people call the report; empty: as its file
	AsOf       pipeline.Date // of the manifest that names it
	SHA256     string        // hex
	Rows       int
	Size       int64 // bytes
	Encryption string
}

// Report is the kind of file by its name: what stands before the first
// underscore.
func (f File) Report() string {
	stem := strings.TrimSuffix(f.Name, path.Ext(f.Name))
	kind, _, _ := strings.Cut(stem, "_")
	return kind
}

// called is the report as a reader knows it.
func (f File) called() string { return cmp.Or(f.Title, f.Report()) }

// ID is the number of the delivery. The same file for the same reader has the
// same number, whenever and by whichever way it goes.
func (f File) ID() string { return number("delivery", f.Reader, f.Name, f.SHA256) }

// NoticeID is the number of the notice that the file lies in the folder.
func (f File) NoticeID() string { return number("notice", f.ID()) }

// TestID is the number of the test message to an address after its last
// confirmation; a renewed test has another one.
func TestID(reader, address string, confirmed pipeline.Date) string {
	return number("test", reader, address, confirmed.String())
}

func number(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))[:40]
}

// Encryption tells from a file's first bytes and its name how it is encrypted:
// no other files in the outbox are compound files than those we lock.
func Encryption(name string, head []byte) string {
	switch {
	case strings.HasPrefix(string(head), "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
		return Agile
	case strings.HasPrefix(name, "rejects_"):
		return OwnData
	}
	return Minimised
}

// Rules are how files go to one reader.
type Rules struct {
	Mail       bool   // else by folder
	Key        string // one of KeyChannels
	MaxBytes   int64  // of a mailed file
	To         []string
	TestMailOn pipeline.Date // day of the oldest confirmed test of To; empty: one is missing
}

// Way is by which way a file goes, and why not by mail if it does not.
type Way struct {
	Channel string
	Reason  string // empty: this is the reader's ordinary way
}

// Reasons why a file goes another way or waits.
const (
	NotEncrypted = "not-encrypted" // only locked files are mailed
	TooLarge     = "too-large"
	Unconfirmed  = "address-unconfirmed"
	StateUnknown = "state-unknown"
	Changed      = "file-changed" // it is not what its manifest says
	NoPassword   = "not-locked"   // a password is agreed, but the file is in the clear
	RefusedSize  = "smtp-552"     // the mail server takes no mail of that size; a mail is larger than its file by a third
)

// WayOf decides by which way a file goes. What is not locked or too large stays
// in the folder, and its reader is told so.
func (r Rules) WayOf(f File) Way {
	switch {
	case !r.Mail:
		return Way{Channel: ByFolder}
	case f.Encryption != Agile:
		return Way{ByFolder, NotEncrypted}
	case f.Size > r.MaxBytes:
		return Way{ByFolder, TooLarge}
	}
	return Way{Channel: ByMail}
}

// KeyOf is the way of the password that opens a file; empty if it has none.
func (r Rules) KeyOf(f File) string {
	if f.Encryption != Agile {
		return ""
	}
	return cmp.Or(r.Key, KeyChannels()[0])
}

// Confirmed reports whether an address confirmed on a day still counts.
func Confirmed(on, asOf pipeline.Date) bool {
	return !on.IsZero() && on <= asOf.AddDays(1) && asOf <= on.AddDays(ConfirmedDays)
}
