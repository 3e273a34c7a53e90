package jobs_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/store"
)

func load(t testing.TB, yaml string) (jobs.Config, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "meibo.yaml")
	must(t, os.WriteFile(name, []byte(yaml), 0o600))
	return jobs.LoadConfig(name, false)
}

func TestConfigWithoutKeysIsTheDefault(t *testing.T) {
	for name, yaml := range map[string]string{
		"no byte": "", "a comment": "# nothing\n", "a document mark": "---\n", "sections without keys": "schedule:\nimport:\ninsurers:\n",
	} {
		t.Run(name, func(t *testing.T) {
			c, err := load(t, yaml)
			must(t, err)
			equal(t, "configuration", c, jobs.DefaultConfig())
		})
	}
	missing := filepath.Join(t.TempDir(), "meibo.yaml")
	c, err := jobs.LoadConfig(missing, true)
	must(t, err)
	equal(t, "optional and missing", c, jobs.DefaultConfig())
	if _, err := jobs.LoadConfig(missing, false); err == nil {
		t.Error("a named configuration that is missing is no error")
	}
}

func TestConfigKeepsDefaultsOfKeysItDoesNotName(t *testing.T) {
	c, err := load(t, "zone: America/New_York\nimport:\n  settle: 5s\ninsurers:\n  - {code: \"1001\", name: あおぞら}\n")
	must(t, err)
	want := jobs.DefaultConfig()
	want.Zone, want.Import.Settle = "America/New_York", 5*time.Second
	want.Insurers = []jobs.Insurer{{Code: "1001", Name: "あおぞら"}}
	equal(t, "configuration", c, want)
}

func TestConfigFaultsSayWhere(t *testing.T) {
	for _, x := range []struct{ name, yaml, want string }{
		{"an unknown key", "zone: Asia/Tokyo\nzoen: x\n", "2 | zoen"},
		{"an unknown key within", "import:\n  settel: 3s\n", "2 |   settel"},
		{"the wrong type", "zone: Asia/Tokyo\ninsurers: 3\n", "2 | insurers"},
		{"no duration", "import:\n  settle: soon\n", `invalid duration "soon"`},
		{"not yaml", "a: [\n", "meibo.yaml:1"},
		{"a key twice", "inbox: a\ninbox: b\n", "2 | inbox: b"},
		{"a whole number that is none", "archive: {keep_days: 3.5}\n", "archive.keep_days: want a whole number"},
		{"a number too large", "archive: {keep_days: 99999999999999999999}\n", "meibo.yaml:1: archive.keep_days"},
		{"a length without a unit", "import:\n  settle: 5\n", "meibo.yaml:2: import.settle"},
		{"a list for one value", "inbox: [a]\n", "meibo.yaml:1: inbox"},
		{"a list for everything", "- inbox\n", "meibo.yaml:1"},
		{"one value for everything", "inbox：a\n", "meibo.yaml:1"},
		{"indented by a tab", "import:\n\tsettle: 3s\n", "meibo.yaml:2"},
		{"indented unevenly", "import:\n settle: 3s\n   initial: true\n", "meibo.yaml:2"},
		{"a quotation without an end", "inbox: \"a\n", "meibo.yaml:1"},
		{"a second document", "inbox: a\n---\noutbox: b\n", "meibo.yaml:3"},
		{"an empty path", "inbox: \"\"\n", "inbox: is empty"},
		{"a password", "db: mysql:meibo:secret@tcp(db:3306)/meibo\n", "MEIBO_DB"},
		{"an unknown zone", "zone: Asia/Edo\n", "zone: "},
		{"a slot that never comes", "schedule: {nightly: 15 3 31 2 *}\n", "schedule.nightly: "},
		{"a slot with a zone", "schedule: {nightly: TZ=UTC 15 3 * * *}\n", "schedule.nightly: "},
		{"a negative wait", "import: {settle: -1s}\n", "negative"},
		{"a code that leads out of the outbox", "insurers: [{code: ../x}]\n", "insurers[0].code"},
		{"a code twice", "insurers: [{code: \"1001\"}, {code: \"1001\"}]\n", "insurers[1].code"},
		{"a code twice but for its case", "insurers: [{code: ab}, {code: aB}]\n", "insurers[1].code"},
		{"a password of the export", "export: {db: \"mysql:meibo:secret@tcp(db:3306)/meibo\"}\n", "MEIBO_EXPORT_DB"},
		{"the register as its own export", "db: sqlite:a.db\nexport: {db: sqlite:a.db}\n", "export.db: "},
		{"the name of an office", "insurers: [{code: association}]\n", "insurers[0].code"},
		{"reports in the inbox", "inbox: in\noutbox: ./in/reports\n", "outbox: is inbox"},
		{"one folder for both", "inbox: a\noutbox: ./a/\n", "outbox: is inbox"},
		{"the archive in the inbox", "inbox: .\n", "state_dir: is inbox"},
		{"deliveries in the outbox", "inbox: outbox/in\n", "inbox: is outbox"},
		{"the archive in the outbox", "state_dir: outbox/var\n", "state_dir: is outbox"},
		{"an unknown encoding", "insurers: [{code: \"1001\", encoding: latin1}]\n", "insurers[0].encoding"},
		{"a share above the whole", "import: {shrink_percent: 101}\n", "import.shrink_percent"},
		{"an archive that keeps nothing", "archive: {keep_days: 0}\n", "archive.keep_days"},
		{"a purge of no known mode", "purge: {mode: auto}\n", "purge.mode"},
		{"a purge that may delete nothing", "purge: {max_count: 0}\n", "purge.max_count"},
		{"a purge of more than there is", "purge: {max_percent: 101}\n", "purge.max_percent"},
		{"a deletion that is taken back before it is made", "purge: {undo_days: -1}\n", "purge.undo_days"},
		{"no guard against what comes back", "purge: {guard_months: 0}\n", "purge.guard_months"},
		{"full lists of an unknown kind", "insurers: [{code: \"1001\", full: [agent]}]\n", "insurers[0].full"},
		{"an office that is none", "offices: {1001: {full: [agents]}}\n", "offices.1001"},
		{"an unknown kind is expected", "insurers: [{code: \"1001\", expect: [registration]}]\n", "insurers[0].expect"},
	} {
		t.Run(x.name, func(t *testing.T) {
			_, err := load(t, x.yaml)
			if err == nil || !strings.Contains(err.Error(), x.want) {
				t.Errorf("got %v, want an error that holds %q", err, x.want)
			}
			inJapanese(t, err)
		})
	}
}

// inJapanese checks that an operator is told in Japanese what is wrong, and never
// a password.
func inJapanese(t *testing.T, err error) {
	t.Helper()
	var faults pipeline.SettingFaults
	if !errors.As(err, &faults) {
		t.Fatalf("%v: not told in Japanese", err)
	}
	for line := range strings.Lines(faults.Japanese()) {
		if shown := strings.Contains(line, " | "); !shown && !strings.HasSuffix(strings.TrimSpace(line), "。") && !strings.Contains(line, "。（") {
			t.Errorf("no sentence: %s", line)
		}
	}
	if all := err.Error() + faults.Japanese(); strings.Contains(all, "secret") || strings.Contains(all, "%!") {
		t.Errorf("a password, or words without their values: %s", all)
	}
}

func TestConfigShowsALineWithoutItsPassword(t *testing.T) {
	for name, text := range map[string]string{
		"in an unknown key": "dsn: mysql:meibo:se:c@secret@tcp(db:3306)/meibo\n",
		"in broken YAML":    "db: mysql:meibo:secret@tcp(db:3306)/a: b\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, text)
			inJapanese(t, err)
			if !strings.Contains(err.Error(), ":***@tcp(db:3306)") {
				t.Errorf("the line is not shown: %v", err)
			}
		})
	}
}

func TestConfigAllFaultsAtOnce(t *testing.T) {
	_, err := load(t, "inbox: \"\"\noutbox: \"\"\nzone: Asia/Edo\n")
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("want three faults, a line each: %v", err)
	}
}

func TestHasPassword(t *testing.T) {
	for _, x := range []struct {
		name, db string
		want     bool
	}{
		{"sqlite", "sqlite:var/meibo.db", false},
		{"sqlite with a colon and an at sign", "sqlite:/home/a:b@c/meibo.db", false},
		{"nothing", "", false},
		{"a password", "mysql:meibo:secret@tcp(db:3306)/meibo", true},
		{"a user alone", "mysql:meibo@tcp(db:3306)/meibo", false},
		{"an empty password", "mysql:meibo:@tcp(db:3306)/meibo", false},
		{"a password with an at sign", "mysql:meibo:s@cret@tcp(db:3306)/meibo", true},
		{"a password with a slash", "mysql:meibo:se/cret@tcp(db:3306)/meibo", true},
		{"a password with a colon", "mysql:meibo:se:cret@tcp(db:3306)/meibo", true},
		{"a socket", "mysql:meibo@unix(/run/mysqld/mysqld.sock)/meibo", false},
		{"an address of six", "mysql:meibo@tcp([::1]:3306)/meibo", false},
		{"written as an URL", "mysql://meibo:secret@db:3306/meibo", true},
	} {
		t.Run(x.name, func(t *testing.T) {
			if got := jobs.HasPassword(x.db); got != x.want {
				t.Errorf("HasPassword: %v, want %v", got, x.want)
			}
			if x.want && !store.HasPassword(x.db) {
				t.Error("the store sees no password where there is one")
			}
		})
	}
}

func TestConfigHashTellsWhatDecides(t *testing.T) {
	base := jobs.DefaultConfig()
	elsewhere := base
	elsewhere.DB, elsewhere.Inbox, elsewhere.Outbox, elsewhere.StateDir = "sqlite:x", "i", "o", "s"
	if base.Hash() != elsewhere.Hash() {
		t.Error("where files lie changes the hash")
	}
	initial := base
	initial.Import.Initial = true
	if base.Hash() == initial.Hash() {
		t.Error("a first load has the hash of another night")
	}
}
