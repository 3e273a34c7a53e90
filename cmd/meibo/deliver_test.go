package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"meibo/pipeline/delivery/smtptest"
)

// mailServer is the session's mail server on loopback.
type mailServer struct{ *smtptest.Server }

// smtp FILE writes a configuration by which 1001 gets its reports by mail;
// smtp drop on|off hangs up after each mail's content; smtp took N PATTERN… wants
// the server to have taken so many mails, the newest with what matches.
func (s mailServer) smtp(ts *testscript.TestScript, neg bool, args []string) {
	switch {
	case neg || len(args) == 0:
		ts.Fatalf("usage: smtp FILE | smtp drop on|off | smtp took N PATTERN…")
	case args[0] == "drop":
		s.Drop(args[1] == "on")
	case args[0] == "took":
		want, err := strconv.Atoi(args[1])
		ts.Check(err)
		mails := s.Mails()
		if len(mails) != want {
			ts.Fatalf("the server took %d mails, want %d", len(mails), want)
		}
		newest := mails[len(mails)-1]
		for _, pattern := range args[2:] {
			if !regexp.MustCompile(pattern).MatchString(fmt.Sprint(newest.TLS, newest.To, newest.Data)) {
				ts.Fatalf("the newest mail holds nothing like %s", pattern)
			}
		}
	default:
		ts.Check(os.WriteFile(ts.MkAbs("ca.pem"), s.CA, 0o600))
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), fmt.Appendf(nil, `insurers: [{code: "1001", name: あおぞら損害保険}]
delivery:
  smtp: {host: 127.0.0.1, port: %d, ca_file: ca.pem}
  from: meibo@kyokai.example
  head: head@kyokai.example
  officer: officer@kyokai.example
  domains: [kyokai.example, insurer.example]
  readers:
    "1001": {channel: mail, to: [reports@insurer.example], key_channel: 電話}
`, s.Port), 0o600))
	}
}

// keep NAME PATTERN puts what the first group of the pattern matches in stdout into
// the variable.
func keep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: keep NAME PATTERN")
	}
	m := regexp.MustCompile(args[1]).FindStringSubmatch(strings.TrimSpace(ts.ReadFile("stdout")))
	if len(m) < 2 {
		ts.Fatalf("stdout holds nothing like %s", args[1])
	}
	ts.Setenv(args[0], m[1])
}
