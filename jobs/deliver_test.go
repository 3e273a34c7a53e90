package jobs_test

import (
	"errors"
	"io"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"meibo/jobs"
	"meibo/pipeline/delivery/smtptest"
)

// byMail gives 1001 its reports by mail through a server on loopback.
func (p *place) byMail(t *testing.T, s *smtptest.Server) {
	t.Helper()
	ca := filepath.Join(p.dir, "ca.pem")
	must(t, os.WriteFile(ca, s.CA, 0o600))
	p.Delivery = jobs.DeliveryConfig{
		SMTP: jobs.SMTPConfig{Host: "127.0.0.1", Port: s.Port, CAFile: ca},
		From: "meibo@kyokai.example", Head: "head@kyokai.example", Officer: "officer@kyokai.example",
		Domains: []string{"kyokai.example", "insurer.example"},
		Readers: map[string]jobs.DeliveryReader{"1001": {Channel: "mail", To: []string{"reports@insurer.example"}}},
	}
}

// waiting are the reasons for which items wait.
func waiting(items []jobs.DeliveryItem) (out []string) {
	for _, i := range items {
		if i.State == jobs.ItemWaiting {
			out = append(out, i.Report+" "+i.Reason)
		}
	}
	return out
}

// The first night mails nothing but a test message; after its confirmation each
// report goes once, locked; killed with a mail under way it is not sent again.
func TestMailGoesToConfirmedAddressesOnceAndLocked(t *testing.T) {
	s := smtptest.New(t)
	p := empty(t)
	p.byMail(t, s)
	p.put(t, "association/staff_1.csv", table(staffHeader, "C0001,協会 一郎,ichiro@kyokai.example,協会,"))
	p.put(t, "association/managers_1.csv", table(managerHeader, "一般管理者,1001,M1,Geheim-1,一般 一郎,,,"))
	p.withPassword(t, func(h *jobs.House) {
		r, err := h.Night(t.Context(), sampleDays[0], false)
		must(t, err)
		equal(t, "behind", r.Behind, []string{"1001/expiry-report (address-unconfirmed)"})
		if m := s.Mails(); len(m) != 1 || strings.Contains(m[0].Data, "attachment") {
			t.Fatalf("%d mails before the address is confirmed, want the test message alone", len(m))
		}
		var denied *jobs.ErrAccess
		if err := h.ConfirmAddress(t.Context(), "1001", "reports@insurer.example", "M1"); !errors.As(err, &denied) {
			t.Errorf("an insurer confirms its own address: %v", err)
		}
		must(t, h.ConfirmAddress(t.Context(), "1001", "reports@insurer.example", "C0001"))
		items, err := h.Deliver(t.Context(), sampleDays[0])
		must(t, err)
		equal(t, "waiting", len(waiting(items)), 0)
		m := s.Mails()
		if len(m) != 2 || !strings.Contains(m[1].Data, "expiry-report_") || strings.Contains(m[1].Data, agreed) || len(m[1].To) != 3 {
			t.Fatalf("%d mails, want the report to three addresses and no password", len(m))
		}
		s.Drop(true)
		r, err = h.Night(t.Context(), sampleDays[1], false)
		must(t, err)
		equal(t, "behind", r.Behind, []string{"1001/expiry-report (state-unknown)"})
		s.Drop(false)
		_, err = h.Deliver(t.Context(), sampleDays[1])
		must(t, err)
		equal(t, "mails, none sent twice", len(s.Mails()), 3)
	})
}

// A report that the mail server, or meibo.yaml, finds too large stays in the folder;
// its reader is told once which and why, and nobody is asked to act.
func TestALargeReportStaysInTheFolderAndItsReaderIsTold(t *testing.T) {
	s := smtptest.New(t)
	p := empty(t)
	p.byMail(t, s)
	p.put(t, "association/staff_1.csv", table(staffHeader, "C0001,協会 一郎,ichiro@kyokai.example,協会,"))
	p.withPassword(t, func(h *jobs.House) {
		_, err := h.Night(t.Context(), sampleDays[0], false)
		must(t, err)
		must(t, h.ConfirmAddress(t.Context(), "1001", "reports@insurer.example", "C0001"))
		s.Limit(8 << 10)
		for range 2 {
			items, err := h.Deliver(t.Context(), sampleDays[0])
			must(t, err)
			equal(t, "waiting", waiting(items), nil)
		}
	})
	m := s.Mails()
	if len(m) != 2 {
		t.Fatalf("%d mails, want the test message and one notice", len(m))
	}
	told, err := mail.ReadMessage(strings.NewReader(m[1].Data))
	must(t, err)
	body, err := io.ReadAll(quotedprintable.NewReader(told.Body))
	must(t, err)
	for _, want := range []string{"種類: 資格有効期限報告書", "大きいため（0.1 MB）", "フォルダーから受け取ってください"} {
		if !strings.Contains(string(body), want) {
			t.Errorf("the notice says nothing of %q:\n%s", want, body)
		}
	}
	equal(t, "deliveries", deliveriesOf(t, p, "expiry-report"), []string{"1001 agile-aes256 フォルダー 事前取決め", "1002 none-minimised フォルダー "})
}

func TestAddressesOfFreeMailAreRefused(t *testing.T) {
	p := empty(t)
	p.byMail(t, smtptest.New(t))
	p.Delivery.Domains = append(p.Delivery.Domains, "gmail.com")
	p.Delivery.Readers["1001"] = jobs.DeliveryReader{Channel: "mail", To: []string{"somebody@gmail.com"}}
	_, err := jobs.Open(t.Context(), p.Config, p.options(t))
	if err == nil || !strings.Contains(err.Error(), "free-mail") || strings.Contains(err.Error(), "somebody") {
		t.Errorf("err = %v", err)
	}
}
