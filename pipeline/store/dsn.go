package store

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/go-sql-driver/mysql"

	"meibo/pipeline"
)

// Schemes of a database address.
const (
	sqliteScheme = "sqlite:"
	mysqlScheme  = "mysql:"
)

// errDSN never wraps the driver's own error: that one quotes pieces of a
// malformed address, and such a piece may be the password.
var errDSN = badAddress("接続先として読めません。mysql:ユーザー:パスワード@tcp(ホスト:ポート)/データベース名 の形にしてください。",
	"cannot be read: want mysql:user:password@tcp(host:port)/database", nil)

// badAddress is ErrAddress in the words of whoever has to mend it; cause may be nil.
func badAddress(ja, en string, cause error) error {
	return fmt.Errorf("%w: %w", ErrAddress, pipeline.SettingFaults{{JA: ja, EN: en, Err: cause}})
}

// Redact returns the address as it may stand in a log: without its password.
// An address that cannot be read is not shown at all.
func Redact(dsn string) string {
	rest, ok := strings.CutPrefix(dsn, mysqlScheme)
	if !ok {
		if strings.HasPrefix(dsn, sqliteScheme) {
			return dsn
		}
		return "unreadable address"
	}
	cfg, err := parseMySQL(rest)
	if err != nil {
		return mysqlScheme + "unreadable address"
	}
	return redacted(cfg)
}

func redacted(cfg *mysql.Config) string {
	s := mysqlScheme
	if cfg.User != "" {
		s += cfg.User
		if cfg.Passwd != "" {
			s += ":***"
		}
		s += "@"
	}
	return s + cfg.Net + "(" + cfg.Addr + ")/" + cfg.DBName
}

// HasPassword reports whether the address holds a password, which does not
// belong on a command line. An address that cannot be read may hold one.
func HasPassword(dsn string) bool {
	rest, ok := strings.CutPrefix(dsn, mysqlScheme)
	if !ok {
		return false
	}
	cfg, err := parseMySQL(rest)
	return err != nil || cfg.Passwd != ""
}

// parseMySQL reads an address. The driver takes user:password(host)/database,
// where an @ was forgotten, for a network called user:password; so networks are
// those we know.
func parseMySQL(dsn string) (*mysql.Config, error) {
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil || cfg.Net != "tcp" && cfg.Net != "unix" {
		return nil, errDSN
	}
	return cfg, nil
}

// mysqlConfig reads a MySQL address and forces every setting on which the
// store's correctness rests, whatever the address says.
func mysqlConfig(dsn string) (*mysql.Config, error) {
	cfg, err := parseMySQL(dsn)
	if err != nil || cfg.DBName == "" {
		return nil, errDSN
	}
	if err := requireTLS(cfg); err != nil {
		return nil, err
	}
	cfg.ParseTime = false        // dates travel as text: no zone can move them
	cfg.InterpolateParams = true // one round trip a statement; safe with utf8mb4
	cfg.ClientFoundRows = true   // a compare-and-set counts the rows it found
	cfg.MultiStatements = false  // one statement a call, whatever it holds
	cfg.AllowAllFiles = false    // a hostile server may not ask for our files
	cfg.Logger = &mysql.NopLogger{}
	if cfg.Params == nil {
		cfg.Params = map[string]string{}
	}
	cfg.Params["sql_mode"] = "'TRADITIONAL'" // refuse what does not fit instead of bending it
	cfg.Params["time_zone"] = "'+00:00'"     // only the migrations' own table uses the server's clock
	cfg.Params["net_write_timeout"] = "3600" // seconds; streams are read as fast as rules decide
	cfg.Params["net_read_timeout"] = "600"   // seconds
	if err := cfg.Apply(mysql.Charset("utf8mb4", "utf8mb4_bin")); err != nil {
		return nil, fmt.Errorf("mysql address: %w", err)
	}
	return cfg, nil
}

// requireTLS turns TLS on for every host but this one and refuses the settings
// that would let an attacker in between turn it off.
func requireTLS(cfg *mysql.Config) error {
	switch cfg.TLSConfig {
	case "skip-verify", "preferred":
		return badAddress("tls="+cfg.TLSConfig+" は接続先が本物かどうかを確かめません。tls=true にしてください。", "tls="+cfg.TLSConfig+" does not check who answers: use tls=true", nil)
	}
	if cfg.AllowFallbackToPlaintext {
		return badAddress("allowFallbackToPlaintext を付けると、途中で暗号化を外されるおそれがあります。取り除いてください。", "allowFallbackToPlaintext lets anyone in between turn encryption off: leave it out", nil)
	}
	if isLocal(cfg) {
		return nil
	}
	if cfg.TLSConfig == "false" {
		return badAddress("tls=false は同じ機械のサーバーにだけ使えます。取り除くか tls=true にしてください。", "tls=false is for a server on this host only", nil)
	}
	if cfg.TLSConfig == "" {
		cfg.TLSConfig = "true" // the driver builds its TLS settings when it connects
	}
	return nil
}

// wantsTLS reports whether connections must be encrypted.
func wantsTLS(cfg *mysql.Config) bool {
	return cfg.TLS != nil || cfg.TLSConfig != "" && cfg.TLSConfig != "false"
}

// trust makes the authorities of a PEM file those that vouch for the server, by
// the name that stands in its address; the file may hold several certificates.
// Without TLS to the server, the file is not even read.
func trust(cfg *mysql.Config, file string) error {
	if file == "" || !wantsTLS(cfg) {
		return nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return badAddress("tls_ca のファイル "+file+" を読めません。指定と権限を確かめてください。", "tls_ca: "+err.Error(), err)
	}
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(pem) {
		return badAddress("tls_ca のファイル "+file+" に証明書（PEM形式）がありません。認証局の証明書を指定してください。", "tls_ca: "+file+" holds no certificate in PEM", nil)
	}
	cfg.TLS = &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12} // the driver adds the server's name
	return nil
}

// untrusted reports whether a connection failed for what the server is, not for
// how the network fares.
func untrusted(err error) bool {
	var certificate *tls.CertificateVerificationError
	return errors.Is(err, mysql.ErrNoTLS) || errors.As(err, &certificate)
}

func isLocal(cfg *mysql.Config) bool {
	if cfg.Net == "unix" {
		return true
	}
	host, _, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		host = cfg.Addr
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// sqliteURI turns a path into the address with the settings the store needs.
// Transactions take the write lock when they begin, so that none fails half
// way; synchronous=FULL because a file leaves the inbox once its rows are
// committed; secure_delete overwrites what a purge deletes. A scratch file
// promises nothing after a power cut.
func sqliteURI(path string, scratch bool) string {
	synchronous := "synchronous(FULL)"
	if scratch {
		synchronous = "synchronous(OFF)"
	}
	pragmas := []string{
		"busy_timeout(10000)", // milliseconds; first, for it guards the others
		"journal_mode(WAL)",
		synchronous,
		"foreign_keys(ON)",
		"secure_delete(ON)",
		"temp_store(MEMORY)",
		"cache_size(-4096)", // KiB, per connection; a walk through the register holds eight
	}
	q := url.Values{"_txlock": {"immediate"}, "_pragma": pragmas}
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}
	return u.String()
}
