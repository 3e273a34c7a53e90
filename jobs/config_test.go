package jobs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func loadText(t *testing.T, text string) (Config, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "meibo.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return LoadConfig(name, false)
}

func TestLoadConfigKeepsDefaults(t *testing.T) {
	initial := DefaultConfig()
	initial.Import.Initial = true
	byHand := DefaultConfig()
	byHand.Schedule.Nightly = ""
	wait := DefaultConfig()
	wait.Import.Settle = 2 * time.Minute
	tests := []struct {
		name, text string
		want       Config
	}{
		{"an empty file", "", DefaultConfig()},
		{"a file of comments", "# db: sqlite:x.db\n", DefaultConfig()},
		{"a document without keys", "---\n", DefaultConfig()},
		{"sections whose keys are commented out", "schedule:\n  # nightly: x\nimport:\ninsurers:\n", DefaultConfig()},
		{"one key of a section", "import:\n  initial: true\n", initial},
		{"no slot on purpose", "schedule:\n  nightly: \"\"\n", byHand},
		{"a wait in words of Go", "import: {settle: 2m}\n", wait},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := loadText(t, tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("LoadConfig (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoadConfigSaysWhere(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"an unknown key", "zone: Asia/Tokyo\ninboxx: a\n", "[2:1] unknown field"},
		{"an unknown key of a section", "import:\n  initial: true\n  first: true\n", "[3:3] unknown field"},
		{"a key written twice", "inbox: a\ninbox: b\n", "[2:1] mapping key"},
		{"a value of another type", "import:\n  initial: perhaps\n", "[2:12]"},
		{"no YAML", "inbox: [a\n", "[1:"},
		{"an empty address", "db: \"\"\n", "db: is empty"},
		{"a password", "db: mysql:u:secret@tcp(h)/d\n", "MEIBO_DB"},
		{"a zone that is none", "zone: Asia/Tokio\n", "zone: unknown time zone"},
		{"a slot of four fields", "schedule: {nightly: 15 3 * *}\n", "schedule.nightly"},
		{"a slot that never comes", "schedule: {nightly: 0 0 30 2 *}\n", "never comes"},
		{"a zone inside the slot", "schedule: {nightly: TZ=UTC 0 0 * * *}\n", "setting of its own"},
		{"one insurer twice", "insurers: [{code: \"1001\"}, {code: \"1001\"}]\n", "insurers[1]: code \"1001\" is used already"},
		{"an insurer called like an office", "insurers: [{code: association}]\n", "is used already"},
		{"an insurer without a code", "insurers: [{name: あおぞら損害保険}]\n", "insurers[0]: code"},
		{"an encoding nobody reads", "insurers: [{code: \"1001\", encoding: latin1}]\n", "encoding \"latin1\""},
		{"a negative wait", "import: {settle: -1s}\n", "a wait cannot be negative"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := loadText(t, tt.text)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("LoadConfig(%q): %v, want an error with %q", tt.text, err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("LoadConfig shows the password: %v", err)
			}
		})
	}
}
