package store

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
)

// authority is one that vouches for servers, made for a test.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func pemFile(t *testing.T, name, kind string, der []byte) string {
	t.Helper()
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// newAuthority makes one whose certificate stands in file.
func newAuthority(t *testing.T, file string) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, a, a, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pemFile(t, file, "CERTIFICATE", der)
	if a, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return &authority{a, key}
}

// vouch writes certificate and key of a server at ip.
func (a *authority) vouch(t *testing.T, dir string, ip net.IP) (certificate, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "test server"}, IPAddresses: []net.IP{ip},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
	}, a.certificate, &k.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return pemFile(t, filepath.Join(dir, "server.pem"), "CERTIFICATE", der), pemFile(t, filepath.Join(dir, "server.key"), "PRIVATE KEY", secret)
}

// outerAddress is an address of this machine that is not its own loopback.
func outerAddress(t *testing.T) net.IP {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && n.IP.To4() != nil {
			return n.IP
		}
	}
	t.Fatal("this machine has no address but its loopback")
	return nil
}

// serve starts a MariaDB of the test's own at ip and returns the address of its
// empty database without the scheme's parameters.
func serve(t *testing.T, dir string, ip net.IP, more ...string) string {
	t.Helper()
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin")
	base := []string{"--no-defaults", "--datadir=" + filepath.Join(dir, "data"), "--skip-name-resolve"}
	if os.Geteuid() == 0 { // as whom it refuses to work
		u, err := user.Lookup("mysql")
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
		base = append(base, "--user=mysql")
	}
	install := exec.Command("mariadb-install-db", append(base, "--auth-root-authentication-method=normal", "--skip-test-db")...)
	install.Env = append(os.Environ(), "TMPDIR="+dir)
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("install a server: %v\n%s", err, out)
	}
	text := "CREATE DATABASE m;\nCREATE USER 'u'@'%' IDENTIFIED BY 'Synthetic-1';\nGRANT ALL PRIVILEGES ON m.* TO 'u'@'%';\n"
	if err := os.WriteFile(filepath.Join(dir, "init.sql"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", ip.String()+":0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	server := exec.Command("mariadbd", append(append(base, "--socket="+filepath.Join(dir, "s.sock"), "--pid-file="+filepath.Join(dir, "s.pid"),
		"--bind-address="+ip.String(), fmt.Sprintf("--port=%d", port), "--init-file="+filepath.Join(dir, "init.sql"), "--skip-log-bin",
		"--innodb-buffer-pool-size=64M", "--innodb-log-file-size=16M", "--performance-schema=OFF"), more...)...)
	var log strings.Builder
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	address := fmt.Sprintf("u:Synthetic-1@tcp(%s:%d)/m", ip, port)
	awaitServer(t, address, &log)
	return address
}

func awaitServer(t *testing.T, address string, log fmt.Stringer) {
	t.Helper()
	db, err := sqlx.Open("mysql", address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for try := 0; db.PingContext(t.Context()) != nil; try++ {
		if try == 600 {
			t.Fatalf("the server does not answer:\n%s", log)
		}
		<-tick.C
	}
}

func serverDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "meibo-tls-*") // its user must get there
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// A server elsewhere is worked with only if an authority that is named, and not
// any other, vouches for it by its address, and the connection is encrypted.
func TestAServerElsewhereMustProveWhoItIs(t *testing.T) {
	dir, ip := serverDir(t), outerAddress(t)
	ours, other := filepath.Join(dir, "ca.pem"), filepath.Join(t.TempDir(), "other.pem")
	certificate, key := newAuthority(t, ours).vouch(t, dir, ip)
	newAuthority(t, other)
	nothing := filepath.Join(t.TempDir(), "nothing.pem")
	if err := os.WriteFile(nothing, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	address := mysqlScheme + serve(t, dir, ip, "--ssl-cert="+certificate, "--ssl-key="+key)
	s, err := Open(t.Context(), address, Options{KeepSchema: true, TLSCA: ours})
	if err != nil {
		t.Fatal(err)
	}
	var name, cipher string
	if err := s.db.QueryRow("SHOW STATUS LIKE 'Ssl_cipher'").Scan(&name, &cipher); err != nil || cipher == "" {
		t.Errorf("cipher %q, %v", cipher, err)
	}
	s.Close()
	for what, tt := range map[string]struct {
		dsn, ca string
		want    error
	}{
		"another authority":            {address, other, ErrUntrusted},
		"only the system's":            {address, "", ErrUntrusted},
		"no such file":                 {address, filepath.Join(dir, "none.pem"), ErrAddress},
		"a file without a certificate": {address, nothing, ErrAddress},
		"unchecked":                    {address + "?tls=skip-verify", ours, ErrAddress},
		"only preferred":               {address + "?tls=preferred", ours, ErrAddress},
		"off":                          {address + "?tls=false", ours, ErrAddress},
		"falling back":                 {address + "?allowFallbackToPlaintext=true", ours, ErrAddress},
	} {
		s, err := Open(t.Context(), tt.dsn, Options{KeepSchema: true, TLSCA: tt.ca})
		if err == nil {
			s.Close()
		}
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", what, err, tt.want)
		}
	}
}

func TestAServerElsewhereWithoutTLSIsRefused(t *testing.T) {
	dir, ip := serverDir(t), outerAddress(t)
	newAuthority(t, filepath.Join(dir, "ca.pem"))
	address := mysqlScheme + serve(t, dir, ip, "--skip-ssl")
	for _, ca := range []string{"", filepath.Join(dir, "ca.pem")} {
		s, err := Open(t.Context(), address, Options{KeepSchema: true, TLSCA: ca})
		if err == nil {
			s.Close()
		}
		if !errors.Is(err, ErrUntrusted) {
			t.Errorf("tls_ca %q: %v, want ErrUntrusted", ca, err)
		}
	}
}
