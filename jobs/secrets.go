package jobs

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"meibo/pipeline"
	"meibo/pipeline/source"
)

// passwordVariable begins the names of environment variables that hold the
// password of a sender's workbooks: MEIBO_PASSWORD_1001, or
// MEIBO_PASSWORD_EXAM_CENTER for the folder exam-center.
const passwordVariable = "MEIBO_PASSWORD_"

// smtpVariable is the environment variable with the mail server's password.
const smtpVariable = "MEIBO_SMTP_PASSWORD"

// secrets knows the passwords that senders set on their workbooks.
type secrets struct {
	env    func(string) string
	byName map[string]string // of secrets_file, by sender
}

// loadSecrets reads the secrets file, if one is named. It must be a private
// file, and no message shows anything of what stands in it but senders.
func loadSecrets(c Config, env func(string) string) (s secrets, err error) {
	if s.env = env; env == nil {
		s.env = func(string) string { return "" }
	}
	if c.SecretsFile == "" {
		return s, nil
	}
	fault := func(ja, en string, args ...any) error {
		return pipeline.SettingFaults{{File: c.SecretsFile, Key: "secrets_file", JA: fmt.Sprintf(ja, args...), EN: fmt.Sprintf(en, args...)}}
	}
	f, err := os.Open(c.SecretsFile)
	if err != nil {
		return s, cannotRead(c.SecretsFile, "secrets_file", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return s, cannotRead(c.SecretsFile, "secrets_file", err)
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return s, fault("本人以外が読み書きできるファイルです（%s）。chmod 600 で本人だけが読めるようにしてください。", "others may read or write it (%s); give it mode 0600", info.Mode())
	}
	err = yaml.NewDecoder(f, yaml.Strict()).Decode(&s.byName)
	if err != nil && !errors.Is(err, io.EOF) { // without the error, which shows lines
		return s, fault("「送信元: \"パスワード\"」の行の形になっていません。1行に1つずつ書いてください。", "not a list of lines with sender: \"password\"")
	}
	for _, sender := range slices.Sorted(maps.Keys(s.byName)) {
		if role, _ := c.role(sender); role == "" && sender != smtpSecret {
			return s, fault("「%s」という送信元はありません。受信フォルダーの名前（保険会社コードなど）か smtp を書いてください。", "%q is the folder of no sender", sender)
		}
		if s.byName[sender] == "" {
			return s, fault("「%s」のパスワードが空です。", "the password of %s is empty", sender)
		}
	}
	return s, nil
}

// smtp is the password of the mail server.
func (s secrets) smtp() string {
	if p := s.env(smtpVariable); p != "" {
		return p
	}
	return s.byName[smtpSecret]
}

// password returns the password of a sender's workbooks; empty: none is agreed.
func (s secrets) password(sender string) string {
	name := passwordVariable + strings.ToUpper(strings.ReplaceAll(sender, "-", "_"))
	if p := s.env(name); p != "" {
		return p
	}
	return s.byName[sender]
}

// reading says how a sender's file is read. A workbook with a password is
// decrypted once and kept in plain for further passes; it is written nowhere.
func (h *House) reading(sender string, plain *[]byte) source.Options {
	var o source.Options
	if ins, ok := h.Config.Insurer(sender); ok {
		o.Encoding, o.Sheet = ins.Encoding, ins.Sheet
	}
	if password := h.secrets.password(sender); password != "" {
		o.Decrypt = func(r io.ReaderAt, size int64) (_ []byte, err error) {
			if *plain == nil {
				*plain, err = h.o.Decrypter.Decrypt(r, size, password)
			}
			return *plain, err
		}
	}
	return o
}
