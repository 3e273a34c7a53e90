package store

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestMySQLSettingsAreForced(t *testing.T) {
	cfg, err := mysqlConfig("u:p@tcp(localhost:3306)/meibo?parseTime=true&multiStatements=true&sql_mode=''&collation=utf8mb4_general_ci&allowAllFiles=true&interpolateParams=false")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.ParseTime || cfg.MultiStatements || cfg.AllowAllFiles || !cfg.InterpolateParams || !cfg.ClientFoundRows {
		t.Errorf("settings are not forced: %+v", cfg)
	}
	if cfg.Params["sql_mode"] != "'TRADITIONAL'" || cfg.Collation != "utf8mb4_bin" {
		t.Errorf("sql_mode %s, collation %s", cfg.Params["sql_mode"], cfg.Collation)
	}
}

func TestTLSIsOnUnlessTheHostIsLocal(t *testing.T) {
	tests := []struct {
		name, dsn, tls string
		ok             bool
	}{
		{"loopback", "u:p@tcp(127.0.0.1:3306)/m", "", true},
		{"loopback, IPv6", "u:p@tcp([::1]:3306)/m", "", true},
		{"localhost", "u:p@tcp(localhost)/m", "", true},
		{"socket", "u:p@unix(/run/mysqld/mysqld.sock)/m", "", true},
		{"this host by default", "u:p@/m", "", true},
		{"another host", "u:p@tcp(db.example.jp:3306)/m", "true", true},
		{"a host whose name begins like this one", "u:p@tcp(localhost.example.jp:3306)/m", "true", true},
		{"TLS asked for", "u:p@tcp(db.example.jp:3306)/m?tls=true", "true", true},
		{"TLS asked for locally", "u:p@tcp(127.0.0.1:3306)/m?tls=true", "true", true},
		{"TLS off elsewhere", "u:p@tcp(db.example.jp:3306)/m?tls=false", "", false},
		{"unchecked", "u:p@tcp(db.example.jp:3306)/m?tls=skip-verify", "", false},
		{"unchecked locally", "u:p@tcp(127.0.0.1:3306)/m?tls=skip-verify", "", false},
		{"only preferred", "u:p@tcp(db.example.jp:3306)/m?tls=preferred", "", false},
		{"falling back", "u:p@tcp(db.example.jp:3306)/m?tls=true&allowFallbackToPlaintext=true", "", false},
		{"no database", "u:p@tcp(127.0.0.1:3306)/", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := mysqlConfig(tt.dsn)
			if (err == nil) != tt.ok {
				t.Fatalf("mysqlConfig(%s): %v, want ok %t", tt.dsn, err, tt.ok)
			}
			if tt.ok && cfg.TLSConfig != tt.tls {
				t.Errorf("mysqlConfig(%s): tls %q, want %q", tt.dsn, cfg.TLSConfig, tt.tls)
			}
		})
	}
}

// TestNoPasswordGetsOut: neither the redacted address nor an error shows one,
// however the address is mangled.
func TestNoPasswordGetsOut(t *testing.T) {
	const secret = "s3cr3t"
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	for _, dsn := range []string{
		"mysql:u:s3cr3t@tcp(127.0.0.1:1)/meibo",
		"mysql:u:s3cr3t@tcp(127.0.0.1:1)/",
		"mysql:u:s3cr3t(127.0.0.1:1)/meibo",
		"mysql:u:s3cr3t@tcp(127.0.0.1:1",
		"mysql:u:s3cr3t@tcp(127.0.0.1:1)/meibo?tls=nonesuch",
		"mysql:u:s3cr3t@tcp(127.0.0.1:1)/meibo?tls=skip-verify",
		"mysql:u:s3cr3t@udp(127.0.0.1:1)/meibo",
		"mysql://u:s3cr3t@127.0.0.1:1/meibo",
		"u:s3cr3t@tcp(127.0.0.1:1)/meibo",
	} {
		if got := Redact(dsn); strings.Contains(got, secret) {
			t.Errorf("Redact(%s) = %s", dsn, got)
		}
		s, err := Open(ctx, dsn, Options{})
		if err == nil {
			s.Close()
			t.Fatalf("Open(%s) worked", dsn)
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("Open(%s): %v", dsn, err)
		}
	}
}

func TestRedact(t *testing.T) {
	for dsn, want := range map[string]string{
		"sqlite:var/meibo.db":               "sqlite:var/meibo.db",
		"mysql:u:p@tcp(db:3306)/m?tls=true": "mysql:u:***@tcp(db:3306)/m",
		"mysql:u@unix(/run/m.sock)/m":       "mysql:u@unix(/run/m.sock)/m",
		"mysql:p@ss":                        "mysql:unreadable address",
		"p@ss":                              "unreadable address",
	} {
		if got := Redact(dsn); got != want {
			t.Errorf("Redact(%s) = %s, want %s", dsn, got, want)
		}
	}
}

func TestHasPassword(t *testing.T) {
	for dsn, want := range map[string]bool{
		"sqlite:var/meibo.db":    false,
		"mysql:u:p@tcp(db)/m":    true,
		"mysql:u@tcp(db)/m":      false,
		"mysql:not an address:p": true,
	} {
		if got := HasPassword(dsn); got != want {
			t.Errorf("HasPassword(%s) = %t, want %t", dsn, got, want)
		}
	}
}
