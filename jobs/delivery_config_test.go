package jobs_test

import (
	"errors"
	"strings"
	"testing"

	"meibo/jobs"
)

// mailing is a configuration by which 1001 gets mail.
const mailing = `
insurers: [{code: "1001"}]
delivery:
  smtp: {host: smtp.kyokai.example}
  from: meibo@kyokai.example
  head: head@kyokai.example
  officer: officer@kyokai.example
  domains: [kyokai.example, insurer.example]
  readers:
    "1001": {channel: mail, to: [reports@insurer.example], key_channel: 電話}
`

func TestDeliveryConfigIsAsTheManualDemands(t *testing.T) {
	tests := []struct {
		name     string
		old, new string // in mailing
		want     string // in the error; empty: it is right
	}{
		{"as it should be", "", "", ""},
		{"by folder nothing else is needed", mailing, "insurers: [{code: \"1001\"}]\ndelivery: {readers: {\"1001\": {channel: folder}}}\n", ""},
		{"the password by mail", "key_channel: 電話", "key_channel: メール", "delivery.readers.1001.key_channel"},
		{"the password into the folder", "key_channel: 電話", "key_channel: フォルダー", "delivery.readers.1001.key_channel"},
		{"a reader nobody knows", `"1001": {channel`, `"1009": {channel`, "delivery.readers.1009"},
		{"a way nobody knows", "channel: mail", "channel: fax", "want folder or mail"},
		{"mail to nobody", "to: [reports@insurer.example]", "to: []", "delivery.readers.1001.to"},
		{"addresses of who gets no mail", "channel: mail", "channel: folder", "delivery.readers.1001.to"},
		{"no head in copy", "head: head@kyokai.example", "head: ''", "delivery.head"},
		{"no security officer in copy", "officer: officer@kyokai.example", "officer: ''", "delivery.officer"},
		{"no sender", "from: meibo@kyokai.example", "from: ''", "delivery.from"},
		{"no server", "host: smtp.kyokai.example", "host: ''", "delivery.smtp.host"},
		{"an authority that is nowhere", "host: smtp.kyokai.example", "host: smtp.kyokai.example, ca_file: nowhere.pem", "delivery.smtp.ca_file"},
		{"an authority that is none", "host: smtp.kyokai.example", "host: smtp.kyokai.example, ca_file: delivery_config_test.go", "delivery.smtp.ca_file: delivery_config_test.go holds no certificate"},
		{"mail in the clear", "host: smtp.kyokai.example", "host: smtp.kyokai.example, tls: none", "delivery.smtp.tls"},
		{"a port there is not", "host: smtp.kyokai.example", "host: smtp.kyokai.example, port: 70000", "delivery.smtp.port"},
		{"a negative size", "  from:", "  max_mb: -1\n  from:", "delivery.max_mb"},
		{"a key nobody knows", "  from:", "  form: x\n  from:", "form"},
		{"a domain that is not listed", "reports@insurer.example", "reports@other.example", "not in delivery.domains"},
		{"one that only ends like it", "reports@insurer.example", "reports@notinsurer.example", "not in delivery.domains"},
		{"one below it", "reports@insurer.example", "reports@mail.insurer.example", ""},
		{"no domain at all", "domains: [kyokai.example, insurer.example]", "domains: []", "not in delivery.domains"},
		{"free mail", "reports@insurer.example", "reports@gmail.com", "free-mail"},
		{"free mail that is listed", "insurer.example]\n  readers:\n    \"1001\": {channel: mail, to: [reports@insurer.example]", "YAHOO.co.jp]\n  readers:\n    \"1001\": {channel: mail, to: [reports@yahoo.co.jp]", "free-mail"},
		{"free mail in copy", "head@kyokai.example", "head@outlook.com", "delivery.head"},
		{"a name with the address", "[reports@insurer.example]", "['A <reports@insurer.example>']", "no plain mail address"},
		{"no address", "reports@insurer.example", "reports", "no plain mail address"},
		{"a line break in an address", "[reports@insurer.example]", `["reports@insurer.example\nBcc: x@insurer.example"]`, "no plain mail address"},
		{"a day no month has", "delivery:", "rosters: {monthly: 31}\ndelivery:", "rosters.monthly"},
		{"fewer rosters than none", "delivery:", "rosters: {max: -1}\ndelivery:", "rosters.max"},
		{"an insurer called like the folder of statements", `{code: "1001"}`, `{code: "1001"}, {code: agent}`, "insurers[1].code"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(mailing, tt.old) {
				t.Fatalf("%q does not stand in the configuration", tt.old)
			}
			c, err := load(t, strings.Replace(mailing, tt.old, tt.new, 1))
			if err == nil {
				p := newPlace(t, t.TempDir(), sqliteIn(t.TempDir()))
				c.DB, c.Inbox, c.Outbox, c.StateDir = p.DB, p.Inbox, p.Outbox, p.StateDir
				var h *jobs.House
				if h, err = jobs.Open(t.Context(), c, p.options(t)); err == nil {
					must(t, h.Close())
				} else if !errors.Is(err, jobs.ErrConfig) {
					t.Errorf("no fault of the configuration: %v", err)
				}
			}
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want an error that holds %q", err, tt.want)
			}
			if err != nil {
				inJapanese(t, err)
				if strings.Contains(err.Error(), "reports@") {
					t.Error("the error shows an address")
				}
			}
		})
	}
}
