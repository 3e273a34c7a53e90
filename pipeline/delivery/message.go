package delivery

import (
	"fmt"
	"strings"

	"meibo/pipeline"
)

// Message is one mail, without its sender and copies, which are always the same.
type Message struct {
	ID      string // see File.ID, File.NoticeID, TestID
	To      []string
	Subject string
	Body    string
	Name    string // of the attachment; empty: there is none
	Content []byte // of the attachment, locked
}

// MessageID is the same for the same delivery, so that a mail that arrives twice
// can be known as one. domain is the sender's.
func (m Message) MessageID(domain string) string { return m.ID + "@" + domain }

const closing = "\n\nこのメールは名簿システム meibo から自動で送信しています。部門長と情報セキュリティ責任者にも写しを送っています。\nお心当たりのない場合は、開かずに削除のうえ、送信元までお知らせください。\n"

// ReportMessage is the mail that brings a locked file. It names no person and
// never says the password.
func ReportMessage(f File, to []string, content []byte) Message {
	return Message{
		ID: f.ID(), To: to, Name: f.Name, Content: content,
		Subject: fmt.Sprintf("帳票の送付（基準日 %s）", f.AsOf),
		Body: fmt.Sprintf("帳票をお送りします。\n\n種類: %s\n基準日: %s\n件数: %d件\n\n添付ファイルは暗号化しています。あらかじめ取り決めたパスワードで開いてください。パスワードをメールでお知らせすることはありません。\n取扱要領に定める目的以外での利用・提供はできません（取扱要領§8）。",
			f.called(), f.AsOf, f.Rows) + closing,
	}
}

// NoticeMessage tells which report lies in the folder and why it is not attached:
// NotEncrypted or TooLarge. It names neither the file nor a person.
func NoticeMessage(f File, to []string, reason string) Message {
	why := ""
	switch reason {
	case TooLarge:
		why = fmt.Sprintf("大きいため（%.1f MB）、", max(0.1, float64(f.Size)/(1<<20)))
	case NotEncrypted:
		why = "パスワードの取り決めがなく暗号化していないため、"
	}
	return Message{
		ID: f.NoticeID(), To: to,
		Subject: fmt.Sprintf("帳票のお知らせ（基準日 %s）", f.AsOf),
		Body: fmt.Sprintf("帳票を受け渡し用のフォルダーに置きました。%sメールには添付していません。フォルダーから受け取ってください。\n\n種類: %s\n基準日: %s\n件数: %d件\n\n取扱要領に定める目的以外での利用・提供はできません（取扱要領§8）。",
			why, f.called(), f.AsOf, f.Rows) + closing,
	}
}

// TestMessage asks the reader to confirm an address before the first report goes
// there (手引 3(3)).
func TestMessage(reader, address string, confirmed, day pipeline.Date) Message {
	return Message{
		ID: TestID(reader, address, confirmed), To: []string{address},
		Subject: "送信先の確認（テストメール）",
		Body: strings.Join([]string{
			"帳票をお送りする前の、宛先の確認です。添付ファイルはありません。",
			"",
			"提供先: " + reader,
			"送信日: " + day.String(),
			"",
			"届いたことを、送信元の担当者にお知らせください。確認が記録されるまで、帳票はお送りしません。",
		}, "\n") + closing,
	}
}
