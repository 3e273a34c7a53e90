package delivery

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

// Server is the SMTP server that mails leave by. There is no way without TLS.
type Server struct {
	Host     string
	Port     int
	Implicit bool // TLS from the first byte (port 465); else STARTTLS, which the server must offer
	User     string
	Password string
	CA       []byte // PEM of the authority to trust; empty: the system's
}

// Mailer sends mails from one address, each with the same two in copy.
type Mailer struct {
	Server  Server
	From    string
	CC      []string         // department head and security officer (手引 3(4))
	Now     func() time.Time // for the Date of a mail
	Timeout time.Duration    // of each answer of the server; 0 is 30 s
}

// SendError says why a mail did not leave, or that nobody knows. It holds no
// address and no text of the server.
type SendError struct {
	Code      string // short, such as smtp-550 or no-connection
	Uncertain bool   // the server may have taken the mail
}

func (e *SendError) Error() string {
	if e.Uncertain {
		return "send mail: " + e.Code + "; the server may have taken it"
	}
	return "send mail: " + e.Code
}

// Send sends one mail. It fails with a *SendError, and tells by it whether the
// mail may have left all the same.
func (m *Mailer) Send(ctx context.Context, x Message) error {
	msg, err := m.compose(x)
	if err != nil {
		return err
	}
	c, err := m.client()
	if err != nil {
		return err
	}
	if err := c.DialWithContext(ctx); err != nil {
		return &SendError{Code: dialCode(err)}
	}
	err = c.Send(msg)
	delivered := msg.IsDelivered()
	_ = c.Close() // what the server says to QUIT changes nothing
	if err == nil || delivered {
		return nil
	}
	return sendError(err)
}

func (m *Mailer) compose(x Message) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	_, domain, _ := strings.Cut(m.From, "@")
	if msg.From(m.From) != nil || msg.To(x.To...) != nil || msg.Cc(m.CC...) != nil {
		return nil, fmt.Errorf("compose mail: %w", ErrAddress)
	}
	msg.SetMessageIDWithValue(x.MessageID(domain))
	msg.SetDateWithValue(m.Now())
	msg.Subject(x.Subject)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(mail.TypeTextPlain, x.Body)
	if x.Name != "" {
		if err := msg.AttachReader(x.Name, bytes.NewReader(x.Content)); err != nil {
			return nil, fmt.Errorf("attach report: %w", err)
		}
	}
	return msg, nil
}

func (m *Mailer) client() (*mail.Client, error) {
	conf := &tls.Config{ServerName: m.Server.Host, MinVersion: tls.VersionTLS12}
	if len(m.Server.CA) > 0 {
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(m.Server.CA) {
			return nil, errors.New("the CA file of the mail server holds no certificate")
		}
	}
	timeout := m.Timeout
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	options := []mail.Option{
		mail.WithPort(m.Server.Port), mail.WithTLSConfig(conf), mail.WithTimeout(timeout),
		mail.WithTLSPolicy(mail.TLSMandatory), mail.WithoutNoop(),
	}
	if m.Server.Implicit {
		options = append(options, mail.WithSSL())
	}
	if m.Server.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.Server.User), mail.WithPassword(m.Server.Password))
	}
	c, err := mail.NewClient(m.Server.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("settings of the mail server: %w", err)
	}
	return c, nil
}

// dialCode names why no session came about; nothing has left then.
func dialCode(err error) string {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var verify *tls.CertificateVerificationError
	var network *net.OpError
	switch {
	case errors.As(err, &unknown), errors.As(err, &name), errors.As(err, &verify):
		return "certificate-not-trusted"
	case strings.Contains(err.Error(), "STARTTLS"):
		return "no-starttls"
	case strings.Contains(err.Error(), "AUTH"), strings.Contains(err.Error(), "535"):
		return "login-refused"
	case errors.As(err, &network):
		return "no-connection"
	}
	return "no-session"
}

// sendError tells a mail that did not leave from one that may have. Once the
// content was on its way, only a refusal by the server is certain.
func sendError(err error) error {
	var e *mail.SendError
	if !errors.As(err, &e) {
		return &SendError{Code: "connection-lost", Uncertain: true}
	}
	begun := e.Reason == mail.ErrSMTPDataClose || e.Reason == mail.ErrWriteContent || e.Reason == mail.ErrAmbiguous
	if code := e.ErrorCode(); code >= 400 {
		return &SendError{Code: "smtp-" + strconv.Itoa(code)}
	}
	return &SendError{Code: "connection-lost", Uncertain: begun}
}
