// Package smtptest is a mail server on loopback for tests: STARTTLS with an
// authority of its own, and failures at chosen moments.
package smtptest

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"
)

// Mail is one mail that the server took.
type Mail struct {
	From string
	To   []string
	TLS  bool
	Data string // as it came, dots undone
}

// Server takes mails.
type Server struct {
	Port int
	CA   []byte // PEM

	mu    sync.Mutex
	mails []Mail
	plain bool   // offers no STARTTLS
	drop  bool   // hangs up instead of answering the end of the content
	code  string // answers RCPT with this
	limit int    // larger contents, in bytes, are refused; 0: none is
	cert  tls.Certificate
}

// New starts a server that ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{}
	s.certify(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Port = l.Addr().(*net.TCPAddr).Port
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(c)
		}
	}()
	return s
}

// Plain makes the server offer no STARTTLS.
func (s *Server) Plain(on bool) { s.set(func() { s.plain = on }) }

// Drop makes the server take the content and hang up without an answer.
func (s *Server) Drop(on bool) { s.set(func() { s.drop = on }) }

// Refuse makes the server answer every recipient with the line; empty takes them.
func (s *Server) Refuse(line string) { s.set(func() { s.code = line }) }

// Limit makes the server refuse contents of more bytes.
func (s *Server) Limit(bytes int) { s.set(func() { s.limit = bytes }) }

func (s *Server) set(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
}

// Mails are those the server took, in order.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// certify makes an authority and a certificate for 127.0.0.1.
func (s *Server) certify(t testing.TB) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "meibo test"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, x, x, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	s.CA = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	s.cert = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (s *Server) serve(c net.Conn) {
	defer func() { c.Close() }()
	var m Mail
	r, secure := textproto.NewReader(bufio.NewReader(c)), false
	say := func(line string) { fmt.Fprint(c, line+"\r\n") }
	say("220 ready")
	for {
		line, err := r.ReadLine()
		if err != nil {
			return
		}
		s.mu.Lock()
		plain, drop, code, limit := s.plain, s.drop, s.code, s.limit
		s.mu.Unlock()
		switch verb := strings.ToUpper(strings.SplitN(line, " ", 2)[0]); {
		case verb == "EHLO" && !secure && !plain:
			say("250-here\r\n250 STARTTLS")
		case verb == "EHLO", verb == "HELO", verb == "RSET", verb == "NOOP":
			say("250 here")
		case verb == "STARTTLS" && !plain:
			say("220 go")
			t := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{s.cert}})
			if t.Handshake() != nil {
				return
			}
			c, r, secure = t, textproto.NewReader(bufio.NewReader(t)), true
		case verb == "MAIL":
			m = Mail{From: line, TLS: secure}
			say("250 ok")
		case verb == "RCPT" && code != "":
			say(code)
		case verb == "RCPT":
			m.To = append(m.To, strings.Trim(line[len("RCPT TO:"):], "<> "))
			say("250 ok")
		case verb == "DATA":
			say("354 go")
			data, err := r.ReadDotBytes()
			if err != nil {
				return
			}
			if limit > 0 && len(data) > limit {
				say("552 5.3.4 too big")
				continue
			}
			m.Data = string(data)
			s.set(func() { s.mails = append(s.mails, m) })
			if drop {
				return
			}
			say("250 taken")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("502 what")
		}
	}
}
