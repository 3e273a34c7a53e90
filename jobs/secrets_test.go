package jobs_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/source"
)

// decryptArgument makes the test binary the program that decrypts; see TestMain.
const decryptArgument = "decrypt-for-test"

// A night takes a workbook in with its sender's password, from the environment
// or the secrets file, and the same rows as without one. The password is
// neither logged, stored nor reported.
func TestNightWithEncryptedWorkbooks(t *testing.T) {
	const password = "合言葉-synthetic"
	plain := workbook(t, registrationHeader,
		registration("1001", "", "D1", "P00", "登録", "2020-04-01", ""),
		registration("1001", "", "D1", "P01", "登録", "2021-04-01", ""))
	locked, err := excelize.Encrypt([]byte(plain), &excelize.Options{Password: password})
	must(t, err)
	exe, err := os.Executable()
	must(t, err)
	tests := []struct {
		name      string
		file      string
		env, kept string // passwords in the environment and in the secrets file
		refused   pipeline.Code
	}{
		{"without a password", plain, "", "", ""},
		{"password in the environment", string(locked), password, "", ""},
		{"password in the secrets file", string(locked), "", password, ""},
		{"the environment goes before the file", string(locked), password, "synthetic-2", ""},
		{"another password", string(locked), "synthetic-2", "", source.CodeWrongPassword},
		{"no password agreed", string(locked), "", "", source.CodeEncrypted},
	}
	var want string
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			p := newPlace(t, dir, sqliteIn(dir))
			if tt.kept != "" {
				p.SecretsFile = filepath.Join(dir, "secrets.yaml")
				must(t, os.WriteFile(p.SecretsFile, []byte(`"1001": "`+tt.kept+"\"\n"), 0o600))
			}
			p.put(t, "association/agents_1.csv", table(agentHeader, agent("P00"), agent("P01")))
			p.put(t, "1001/registrations_1.xlsx", tt.file)
			var log bytes.Buffer
			h, err := jobs.Open(t.Context(), p.Config, jobs.Options{
				Version: "test", Log: textLog(&log), Now: p.now,
				Env: func(name string) string {
					return map[string]string{"MEIBO_PASSWORD_1001": tt.env}[name]
				},
				Decrypter: source.Decrypter{Command: []string{exe, decryptArgument}},
			})
			must(t, err)
			_, err = h.Night(t.Context(), day("2026-11-21"), false)
			must(t, err)
			must(t, h.Close())

			s := p.state(t)
			for name, where := range map[string]string{"the log": log.String(), "the register": s.dump} {
				if strings.Contains(where, password) || strings.Contains(where, "synthetic-2") {
					t.Errorf("%s holds a password", name)
				}
			}
			registered := section(s.dump, "registrations")
			if tt.refused != "" {
				if strings.Contains(registered, "P00") || !strings.Contains(s.dump, string(tt.refused)) {
					t.Errorf("want the file refused with %s", tt.refused)
				}
				return
			}
			registered = aBatch.ReplaceAllString(registered, "batch")
			if want == "" {
				want = registered
			}
			if registered != want || !strings.Contains(registered, "P01") {
				t.Errorf("other registrations than of the plain workbook:\n%s\nwant\n%s", registered, want)
			}
		})
	}
}

// aBatch is the name of the registrations' batch; each encryption has its own.
var aBatch = regexp.MustCompile(`20261121-1001-registrations-[0-9a-f]{12}`)

// section is one table of a dump.
func section(dump, table string) string {
	_, rest, _ := strings.Cut(dump, "# "+table+"\t")
	rest, _, _ = strings.Cut(rest, "\n# ")
	return rest
}
