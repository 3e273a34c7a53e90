package jobs

import (
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"meibo/pipeline"
	"meibo/pipeline/delivery"
)

// DeliveryConfig says how reports reach their readers (rules.md §6): into the
// folder of each, or by mail. Without it all goes by folder.
type DeliveryConfig struct {
	SMTP    SMTPConfig                `yaml:"smtp,omitempty"`
	From    string                    `yaml:"from,omitempty"`
	Head    string                    `yaml:"head,omitempty"`    // 部門長, in copy of every mail
	Officer string                    `yaml:"officer,omitempty"` // 情報セキュリティ責任者, likewise
	Domains []string                  `yaml:"domains,omitempty"` // of companies: no mail goes anywhere else
	MaxMB   int                       `yaml:"max_mb,omitempty"`  // larger files stay in the folder; 0 is 10
	Readers map[string]DeliveryReader `yaml:"readers,omitempty"` // by folder of the outbox
}

// SMTPConfig is the server that mails leave by. Its password stands in
// MEIBO_SMTP_PASSWORD, or in secrets_file under smtp.
type SMTPConfig struct {
	Host    string        `yaml:"host,omitempty"`
	Port    int           `yaml:"port,omitempty"` // 0 is 587, or 465 with tls: implicit
	TLS     string        `yaml:"tls,omitempty"`  // starttls (default) or implicit; there is no mail without
	User    string        `yaml:"user,omitempty"`
	CAFile  string        `yaml:"ca_file,omitempty"` // PEM; empty: the system's
	Timeout time.Duration `yaml:"timeout,omitempty"` // of each answer; 0 is 30 s
}

// DeliveryReader is how one reader gets its reports.
type DeliveryReader struct {
	Channel    string   `yaml:"channel,omitempty"`     // folder (default) or mail
	To         []string `yaml:"to,omitempty"`          // with mail
	KeyChannel string   `yaml:"key_channel,omitempty"` // how the password was agreed; empty is 事前取決め
}

// The channels of a reader, as the configuration writes them.
const (
	channelFolder = "folder"
	channelMail   = "mail"
)

// smtpSecret is the line of secrets_file with the mail server's password.
const smtpSecret = "smtp"

// mails reports whether anybody gets mail.
func (c DeliveryConfig) mails() bool {
	for _, r := range c.Readers {
		if r.Channel == channelMail {
			return true
		}
	}
	return false
}

func (c DeliveryConfig) maxBytes() int64 {
	if c.MaxMB == 0 {
		return 10 << 20
	}
	return int64(c.MaxMB) << 20
}

// validateDelivery refuses what the manual forbids: a password by the way of its
// file, and mail without both in copy.
func (c Config) validateDelivery(bad faulty) {
	d := c.Delivery
	for name, r := range d.Readers {
		c.validateReader(bad, name, r)
	}
	if d.MaxMB < 0 {
		bad("delivery.max_mb", atLeastJA, atLeastEN, d.MaxMB, 0)
	}
	if d.SMTP.Timeout < 0 {
		bad("delivery.smtp.timeout", "負の長さは指定できません。", "a wait cannot be negative")
	}
	if p := d.SMTP.Port; p < 0 || p > 65535 {
		bad("delivery.smtp.port", "%d というポートはありません。0（既定）から 65535 までにしてください。", "%d: want 0 to 65535", p)
	}
	if t := d.SMTP.TLS; t != "" && t != "starttls" && t != "implicit" {
		bad("delivery.smtp.tls", "「%s」は指定できません。starttls か implicit にしてください。暗号化せずには送信しません。", "%q: want starttls or implicit; nothing is mailed in the clear", t)
	}
	if !d.mails() {
		return
	}
	for key, v := range map[string]string{"smtp.host": d.SMTP.Host, "from": d.From, "head": d.Head, "officer": d.Officer} {
		if v == "" {
			bad("delivery."+key, "メールで送る提供先があるため、指定が必要です。", "is empty, but readers get mail")
		}
	}
}

func (c Config) validateReader(bad faulty, name string, r DeliveryReader) {
	key := "delivery.readers." + name
	if role, _ := c.role(name); role == "" {
		bad(key, "この名前の提供先はありません。outbox のフォルダー名（保険会社コードなど）を書いてください。", "is the folder of no reader")
	}
	if r.Channel != "" && r.Channel != channelFolder && r.Channel != channelMail {
		bad(key+".channel", "「%s」は指定できません。folder か mail にしてください。", "%q: want folder or mail", r.Channel)
	}
	if (r.Channel == channelMail) != (len(r.To) > 0) {
		bad(key+".to", "宛先は channel: mail のときに1つ以上指定し、それ以外では書かないでください。", "addresses belong to channel: mail, which needs one at least")
	}
	if r.KeyChannel != "" && !slices.Contains(delivery.KeyChannels(), r.KeyChannel) {
		bad(key+".key_channel", "「%s」は指定できません。パスワードはファイルと同じ方法では知らせられません（手引 3(6)）。%s のどれかにしてください。",
			"%q: want one of %s; never the way of the file (手引 3(6))", r.KeyChannel, strings.Join(delivery.KeyChannels(), ", "))
	}
}

// checkAddresses lets only company addresses pass (手引 3(1)).
func (h *House) checkAddresses() error {
	d := h.Config.Delivery
	if !d.mails() {
		return nil
	}
	var faults pipeline.SettingFaults
	check := func(key, address string) {
		if err := delivery.CheckAddress(address, d.Domains, h.Rules.Disclosure.FreeMail); err != nil {
			faults = append(faults, pipeline.SettingFault{Key: "delivery." + key, JA: addressFault(err), EN: err.Error(), Err: err})
		}
	}
	check("from", d.From)
	check("head", d.Head)
	check("officer", d.Officer)
	for _, name := range slices.Sorted(maps.Keys(d.Readers)) {
		for i, to := range d.Readers[name].To {
			check(fmt.Sprintf("readers.%s.to[%d]", name, i), to)
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrConfig, faults.OrNil())
}

// addressFault says why nothing is mailed to an address, without showing it.
func addressFault(err error) string {
	switch {
	case errors.Is(err, delivery.ErrFreeMail):
		return "フリーメールのアドレスには送信できません（手引 3(1)）。会社のアドレスにしてください。"
	case errors.Is(err, delivery.ErrDomain):
		return "アドレスのドメインが delivery.domains にありません。会社のドメインであれば一覧に加え、そうでなければアドレスを直してください。"
	}
	return "メールアドレスの形になっていません。名前や空白を付けず、アドレスだけを書いてください。"
}

// mailer is what sends mails; nil if nobody gets any. A house is not opened with one
// that cannot be.
func (h *House) mailer() (*delivery.Mailer, error) {
	d := h.Config.Delivery
	if !d.mails() {
		return nil, nil
	}
	s := delivery.Server{
		Host: d.SMTP.Host, Port: d.SMTP.Port, Implicit: d.SMTP.TLS == "implicit",
		User: d.SMTP.User, Password: h.secrets.smtp(),
	}
	if s.Port == 0 {
		s.Port = 587
		if s.Implicit {
			s.Port = 465
		}
	}
	if d.SMTP.CAFile != "" {
		var err error
		if s.CA, err = os.ReadFile(d.SMTP.CAFile); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrConfig, cannotRead(d.SMTP.CAFile, "delivery.smtp.ca_file", err))
		}
		if !x509.NewCertPool().AppendCertsFromPEM(s.CA) {
			return nil, fmt.Errorf("%w: %w", ErrConfig, pipeline.SettingFaults{{
				Key: "delivery.smtp.ca_file", EN: d.SMTP.CAFile + " holds no certificate in PEM",
				JA: "ファイル " + d.SMTP.CAFile + " に証明書（PEM形式）がありません。認証局の証明書を指定してください。",
			}})
		}
	}
	return &delivery.Mailer{Server: s, From: d.From, CC: []string{d.Head, d.Officer}, Now: h.o.Now, Timeout: d.SMTP.Timeout}, nil
}
