package delivery_test

import (
	"context"
	"errors"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meibo/pipeline"
	"meibo/pipeline/delivery"
	"meibo/pipeline/delivery/smtptest"
)

func TestOnlyCompanyAddresses(t *testing.T) {
	domains, free := []string{"insurer.example", "gmail.com"}, []string{"gmail.com", "yahoo.co.jp"}
	tests := []struct {
		name, address string
		want          error
	}{
		{"of the list", "reports@insurer.example", nil},
		{"below one of the list", "reports@tokyo.insurer.example", nil},
		{"in capitals", "reports@INSURER.example", nil},
		{"another company", "reports@other.example", delivery.ErrDomain},
		{"ends like one of the list", "reports@notinsurer.example", delivery.ErrDomain},
		{"free mail although listed", "somebody@gmail.com", delivery.ErrFreeMail},
		{"below free mail", "somebody@mail.yahoo.co.jp", delivery.ErrFreeMail},
		{"with a name", "Somebody <reports@insurer.example>", delivery.ErrAddress},
		{"two addresses", "a@insurer.example,b@insurer.example", delivery.ErrAddress},
		{"with a line break", "a@insurer.example\r\nBcc: b@other.example", delivery.ErrAddress},
		{"none", "", delivery.ErrAddress},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := delivery.CheckAddress(tt.address, domains, free)
			if !errors.Is(err, tt.want) {
				t.Errorf("err = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestWayOfAFile(t *testing.T) {
	locked := delivery.File{Reader: "1001", Name: "expiry-report_2026-11-19.xlsx", Encryption: delivery.Agile, Size: 100}
	clear, large := locked, locked
	clear.Encryption = delivery.Minimised
	large.Size = 101
	byMail := delivery.Rules{Mail: true, MaxBytes: 100}
	tests := []struct {
		name  string
		rules delivery.Rules
		file  delivery.File
		want  delivery.Way
		key   string
	}{
		{"by folder", delivery.Rules{}, locked, delivery.Way{Channel: delivery.ByFolder}, "事前取決め"},
		{"in the clear there is no password", delivery.Rules{}, clear, delivery.Way{Channel: delivery.ByFolder}, ""},
		{"by mail", byMail, locked, delivery.Way{Channel: delivery.ByMail}, "事前取決め"},
		{"in the clear nothing is mailed", byMail, clear, delivery.Way{Channel: delivery.ByFolder, Reason: delivery.NotEncrypted}, ""},
		{"too large", byMail, large, delivery.Way{Channel: delivery.ByFolder, Reason: delivery.TooLarge}, "事前取決め"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.rules.WayOf(tt.file)); diff != "" {
				t.Error(diff)
			}
			if got := tt.rules.KeyOf(tt.file); got != tt.key {
				t.Errorf("key by %q, want %q", got, tt.key)
			}
		})
	}
}

func TestAConfirmationCountsForAYear(t *testing.T) {
	on := pipeline.MustDate("2026-01-10")
	for day, want := range map[string]bool{"2026-01-10": true, "2027-01-10": true, "2027-01-11": false} {
		if got := delivery.Confirmed(on, pipeline.MustDate(day)); got != want {
			t.Errorf("on %s: %v, want %v", day, got, want)
		}
	}
	if delivery.Confirmed(0, on) {
		t.Error("none counts")
	}
}

func mailer(s *smtptest.Server) *delivery.Mailer {
	return &delivery.Mailer{
		Server: delivery.Server{Host: "127.0.0.1", Port: s.Port, CA: s.CA}, From: "meibo@kyokai.example",
		CC:  []string{"head@kyokai.example", "officer@kyokai.example"},
		Now: func() time.Time { return time.Date(2026, 11, 19, 3, 15, 0, 0, time.UTC) }, Timeout: 5 * time.Second,
	}
}

func TestAMailBringsTheLockedFileAndNothingElse(t *testing.T) {
	s := smtptest.New(t)
	f := delivery.File{Reader: "1001", Name: "expiry-report_2026-11-19.xlsx", AsOf: pipeline.MustDate("2026-11-19"), SHA256: strings.Repeat("0", 64), Rows: 3}
	x := delivery.ReportMessage(f, []string{"reports@insurer.example"}, []byte("locked bytes"))
	for range 2 {
		if err := mailer(s).Send(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	got := s.Mails()
	if len(got) != 2 || !got[0].TLS {
		t.Fatalf("%d mails, the first over TLS %v", len(got), got[0].TLS)
	}
	if diff := cmp.Diff([]string{"reports@insurer.example", "head@kyokai.example", "officer@kyokai.example"}, got[0].To); diff != "" {
		t.Error(diff)
	}
	var ids []string
	for _, m := range got {
		msg, err := mail.ReadMessage(strings.NewReader(m.Data))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, msg.Header.Get("Message-ID"))
	}
	if ids[0] != "<"+f.ID()+"@kyokai.example>" || ids[0] != ids[1] {
		t.Errorf("Message-IDs %q, want both made of the delivery", ids)
	}
}

// What certainly did not leave may be tried again; what may have left may not.
func TestHowAMailFails(t *testing.T) {
	tests := []struct {
		name      string
		set       func(*smtptest.Server)
		change    func(*delivery.Mailer)
		code      string
		uncertain bool
	}{
		{"no STARTTLS", func(s *smtptest.Server) { s.Plain(true) }, nil, "no-starttls", false},
		{"an authority nobody knows", nil, func(m *delivery.Mailer) { m.Server.CA = nil }, "certificate-not-trusted", false},
		{"a recipient refused", func(s *smtptest.Server) { s.Refuse("550 no such user somebody@insurer.example") }, nil, "smtp-550", false},
		{"hung up before the last answer", func(s *smtptest.Server) { s.Drop(true) }, nil, "connection-lost", true},
		{"nobody listens", nil, func(m *delivery.Mailer) { m.Server.Port = 1 }, "no-connection", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := smtptest.New(t)
			m := mailer(s)
			if tt.set != nil {
				tt.set(s)
			}
			if tt.change != nil {
				tt.change(m)
			}
			err := m.Send(context.Background(), delivery.TestMessage("1001", "reports@insurer.example", 0, pipeline.MustDate("2026-11-19")))
			var got *delivery.SendError
			if !errors.As(err, &got) {
				t.Fatalf("err = %v", err)
			}
			if diff := cmp.Diff(delivery.SendError{Code: tt.code, Uncertain: tt.uncertain}, *got); diff != "" {
				t.Error(diff)
			}
			if strings.Contains(err.Error(), "@") {
				t.Error("the error shows an address")
			}
		})
	}
}
