package jobs

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/goccy/go-yaml"

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
	f, err := os.Open(c.SecretsFile)
	if err != nil {
		return s, fmt.Errorf("secrets_file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return s, fmt.Errorf("secrets_file: %w", err)
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return s, fmt.Errorf("secrets_file %s: others may read or write it (%s); give it mode 0600", c.SecretsFile, info.Mode())
	}
	err = yaml.NewDecoder(f, yaml.Strict()).Decode(&s.byName)
	if err != nil && !errors.Is(err, io.EOF) {
		return s, fmt.Errorf("secrets_file %s: not a list of lines with sender: \"password\"", c.SecretsFile)
	}
	for sender, password := range s.byName {
		if role, _ := c.role(sender); role == "" && sender != smtpSecret {
			return s, fmt.Errorf("secrets_file %s: %q is the folder of no sender", c.SecretsFile, sender)
		}
		if password == "" {
			return s, fmt.Errorf("secrets_file %s: the password of %s is empty", c.SecretsFile, sender)
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
