package jobs

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"meibo/pipeline"
	"meibo/pipeline/settings"
)

// Config is meibo.yaml. Every key has a default, so that an empty file is a
// working configuration; an unknown key is an error that shows its line.
// Passwords and DSNs with passwords do not belong here but into the environment.
type Config struct {
	DB       string         `yaml:"db"`               // sqlite:PATH, or mysql:DSN without a password
	TLSCA    string         `yaml:"tls_ca,omitempty"` // PEM file of the authorities that vouch for servers; empty: the system's
	Inbox    string         `yaml:"inbox"`            // where senders put files
	Outbox   string         `yaml:"outbox"`           // where readers find theirs
	StateDir string         `yaml:"state_dir"`        // archive of received files and private temporary files
	Zone     string         `yaml:"zone"`             // IANA zone of schedule and day
	Schedule ScheduleConfig `yaml:"schedule"`
	Import   ImportConfig   `yaml:"import"`
	Archive  ArchiveConfig  `yaml:"archive"`
	Export   ExportConfig   `yaml:"export,omitempty"`
	Audit    AuditConfig    `yaml:"audit,omitempty"`
	Purge    PurgeConfig    `yaml:"purge"`
	Identity IdentityConfig `yaml:"identity,omitempty"`
	Insurers []Insurer      `yaml:"insurers"`
	Delivery DeliveryConfig `yaml:"delivery,omitempty"`
	Rosters  RosterConfig   `yaml:"rosters,omitempty"`

	// OutboxKeepDays is how long a report lies in the outbox after its day. The
	// key has a dot of its own, for outbox is a path.
	OutboxKeepDays int `yaml:"outbox.keep_days,omitempty"`

	// SecretsFile names a private file (mode 0600) with the passwords of senders'
	// workbooks, a line each: sender: "password".
	SecretsFile string `yaml:"secrets_file,omitempty"`

	// ReviewDB and PurgeDB are the same database by the accounts of those who decide
	// and approve, and of executions; empty is by DB's. They come from the
	// environment alone.
	ReviewDB string `yaml:"-"`
	PurgeDB  string `yaml:"-"`

	// Offices holds settings of the senders that are no insurers, by folder.
	Offices map[string]Office `yaml:"offices,omitempty"`
}

// ScheduleConfig holds a cron slot of five fields per job; empty is by hand only.
type ScheduleConfig struct {
	Nightly string `yaml:"nightly"`
}

// ImportConfig says how files are taken in.
type ImportConfig struct {
	Initial       bool          `yaml:"initial"`        // first load: 登載日 is required
	Settle        time.Duration `yaml:"settle"`         // a file unchanged for so long is complete, under meibo run
	ScheduledWait time.Duration `yaml:"scheduled_wait"` // the same in the daemon
	ShrinkPercent float64       `yaml:"shrink_percent"` // a full list that lost more of its rows is held
}

// ArchiveConfig says how long received files are kept.
type ArchiveConfig struct {
	KeepDays int `yaml:"keep_days"` // after the day for which a file was last taken in
}

// IdentityConfig says by which model the nights weigh identities.
type IdentityConfig struct {
	Model string `yaml:"model,omitempty"` // file; empty: the one trained last, in state_dir, or else the shipped one
}

// ExportConfig says where readers have a database of their own.
type ExportConfig struct {
	DB string `yaml:"db"` // as Config.DB; empty: readers use the register's
}

// Insurer is a company that may send files and gets reports.
type Insurer struct {
	Code     string   `yaml:"code"`
	Name     string   `yaml:"name"`
	Encoding string   `yaml:"encoding"` // of its CSV files; empty: found by the program
	Sheet    string   `yaml:"sheet"`    // of its workbooks; empty: the first visible one
	Expect   []string `yaml:"expect"`   // kinds that must arrive every night; a missing one is a late sender
	Full     []string `yaml:"full"`     // kinds of which it sends the whole list every time, not what has changed
}

// Office is a sender that is no insurer.
type Office struct {
	Full []string `yaml:"full"` // as of an insurer
}

// DefaultConfig is the configuration of an empty meibo.yaml.
func DefaultConfig() Config {
	return Config{
		DB:       "sqlite:var/meibo.db",
		Inbox:    "inbox",
		Outbox:   "outbox",
		StateDir: "var",
		Zone:     "Asia/Tokyo",
		Schedule: ScheduleConfig{Nightly: "15 3 * * *"},
		Import:   ImportConfig{ScheduledWait: 30 * time.Second, ShrinkPercent: 20},
		Archive:  ArchiveConfig{KeepDays: 35},

		OutboxKeepDays: 90,
		Purge:          defaultPurge(),
	}
}

// LoadConfig reads the named file over the defaults. A file that is not there
// is an error unless optional. What is wrong with it is pipeline.SettingFaults.
func LoadConfig(name string, optional bool) (Config, error) {
	c := DefaultConfig()
	b, err := os.ReadFile(name)
	switch {
	case optional && errors.Is(err, os.ErrNotExist):
		return c, c.validate()
	case err != nil:
		return c, cannotRead(name, "", err)
	}
	d, err := settings.Parse(name, b)
	if err != nil {
		return c, err
	}
	if err := d.Locate(bent(d)); err != nil {
		return c, err
	}
	if err := d.Decode(&c); err != nil {
		return c, err
	}
	if err := c.keepDefaults(b); err != nil {
		return c, fmt.Errorf("%s: %w", name, err)
	}
	return c, d.Locate(c.validate())
}

// bent finds what the decoder would cut to fit without a word, or refuse without
// saying where.
func bent(d *settings.Document) error {
	var faults pipeline.SettingFaults
	for path := range d.Number {
		if !strings.HasSuffix(path, "_percent") {
			faults = append(faults, pipeline.SettingFault{Key: path, JA: "整数で指定してください。", EN: "want a whole number"})
		}
	}
	for _, path := range []string{"import.settle", "import.scheduled_wait", "delivery.smtp.timeout"} {
		text, there := d.Text(path)
		if !there {
			continue
		}
		if _, err := time.ParseDuration(text); err != nil {
			faults = append(faults, pipeline.SettingFault{
				Key: path, JA: fmt.Sprintf("「%s」は長さとして読めません。%s", text, settings.Duration), EN: fmt.Sprintf("invalid duration %q: want such as 30s, 5m or 2h", text),
			})
		}
	}
	return faults.OrNil()
}

// LocateFaults puts the lines of the named configuration to what is wrong with
// settings that were looked at later than the file; without that file it does nothing.
func LocateFaults(name string, err error) {
	b, unread := os.ReadFile(name)
	if unread != nil {
		return
	}
	if d, unread := settings.Parse(name, b); unread == nil {
		_ = d.Locate(err) // which is err itself
	}
}

// cannotRead says why a file that a setting names, or the configuration itself,
// cannot be read. The key is empty for the configuration.
func cannotRead(name, key string, err error) error {
	ja := "ファイル " + name + " を読めません。"
	switch {
	case errors.Is(err, os.ErrNotExist):
		ja = "ファイル " + name + " がありません。指定を確かめてください。"
	case errors.Is(err, os.ErrPermission):
		ja = "ファイル " + name + " を読む権限がありません。meibo を実行するアカウントに読取りを許可してください。"
	}
	return pipeline.SettingFaults{{Key: key, JA: ja, EN: err.Error(), Err: err}}
}

// keepDefaults undoes what a section without any key does, such as one whose
// keys are all commented out: the decoder empties it.
func (c *Config) keepDefaults(file []byte) error {
	var sections map[string]any
	if err := yaml.Unmarshal(file, &sections); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	blank := func(key string) bool { v, there := sections[key]; return there && v == nil }
	d := DefaultConfig()
	switch {
	case len(sections) == 0:
		*c = d
	case blank("schedule"):
		c.Schedule = d.Schedule
	}
	if blank("import") {
		c.Import = d.Import
	}
	if blank("archive") {
		c.Archive = d.Archive
	}
	if blank("purge") {
		c.Purge = d.Purge
	}
	return nil
}

var insurerCode = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z-]{0,19}$`)

// faulty notes what is wrong with a setting, in both languages by the same values.
type faulty func(key, ja, en string, args ...any)

// gathered is all that some checks find wrong, as pipeline.SettingFaults.
func gathered(checks ...func(bad faulty)) error {
	var faults pipeline.SettingFaults
	for _, check := range checks {
		check(func(key, ja, en string, args ...any) {
			faults = append(faults, pipeline.SettingFault{Key: key, JA: fmt.Sprintf(ja, args...), EN: fmt.Sprintf(en, args...)})
		})
	}
	return faults.OrNil()
}

// validate tells all that is wrong, as pipeline.SettingFaults.
func (c Config) validate() error {
	return gathered(c.validatePlaces, c.validateNights, c.Audit.validate, c.Purge.validate, c.validateDelivery, c.Rosters.validate, c.validateSenders)
}

// validatePlaces looks at databases and folders.
func (c Config) validatePlaces(bad faulty) {
	for key, v := range map[string]string{"db": c.DB, "inbox": c.Inbox, "outbox": c.Outbox, "state_dir": c.StateDir} {
		if v == "" {
			bad(key, "空です。値を書くか、行ごと消して既定値を使ってください。", "is empty")
		}
	}
	c.validateApart(bad)
	if HasPassword(c.DB) {
		bad("db", "パスワードが書かれています。接続先は環境変数 MEIBO_DB に移してください。", "holds a password; put the DSN into the environment variable MEIBO_DB")
	}
	if HasPassword(c.Export.DB) {
		bad("export.db", "パスワードが書かれています。接続先は環境変数 MEIBO_EXPORT_DB に移してください。", "holds a password; put the DSN into the environment variable MEIBO_EXPORT_DB")
	}
	if c.Export.DB == c.DB && c.DB != "" {
		bad("export.db", "名簿のデータベース（db）と同じです。提供用には別のものを指定してください。", "is the register's own database")
	}
}

// validateNights looks at when a night begins, what it takes and what it keeps.
func (c Config) validateNights(bad faulty) {
	if _, err := c.Location(); err != nil {
		bad("zone", "「%[1]s」という時間帯はありません。Asia/Tokyo のような名前にしてください。", "%[2]v", c.Zone, err)
	}
	if c.Schedule.Nightly != "" {
		if _, err := ParseSlot(c.Schedule.Nightly); err != nil {
			bad("schedule.nightly", "「%[1]s」は実行時刻になりません。「分 時 日 月 曜日」の5つを半角の空白で区切り、実際に来る日時を書いてください（例: 15 3 * * *）。時間帯は zone で指定します。",
				"%[2]v", c.Schedule.Nightly, err)
		}
	}
	if c.Import.Settle < 0 {
		bad("import.settle", "負の長さは指定できません。", "a wait cannot be negative")
	}
	if c.Import.ScheduledWait < 0 {
		bad("import.scheduled_wait", "負の長さは指定できません。", "a wait cannot be negative")
	}
	if p := c.Import.ShrinkPercent; p < 0 || p > 100 {
		bad("import.shrink_percent", "%g は指定できません。0 から 100 までにしてください。", "%g: want 0 to 100", p)
	}
	if c.Archive.KeepDays < 1 {
		bad("archive.keep_days", atLeastJA, atLeastEN, c.Archive.KeepDays, 1)
	}
	if c.OutboxKeepDays < 1 {
		bad("outbox.keep_days", atLeastJA, atLeastEN, c.OutboxKeepDays, 1)
	}
}

// Words for a number that is too small, and for a word that is none of a list.
const (
	atLeastJA = "%d は指定できません。%d 以上にしてください。"
	atLeastEN = "%d: want at least %d"
	oneOfJA   = "「%s」は指定できません。%s のどれかにしてください。"
	oneOfEN   = "%q: want one of %s"
)

// validateSenders looks at insurers and offices.
func (c Config) validateSenders(bad faulty) {
	for name, office := range c.Offices {
		if !slices.Contains(officeSenders, name) {
			bad("offices."+name, oneOfJA, oneOfEN, name, strings.Join(officeSenders, ", "))
		}
		checkKinds(bad, "offices."+name+".full", office.Full)
	}
	seen := map[string]bool{}
	for i, ins := range c.Insurers {
		key := fmt.Sprintf("insurers[%d]", i)
		lower := strings.ToLower(ins.Code) // some folders and views know no case
		switch {
		case !insurerCode.MatchString(ins.Code):
			bad(key+".code", "「%s」は保険会社コードになりません。半角の英数字とハイフンで20字までにしてください。", "%q: want 1 to 20 letters, digits or hyphens", ins.Code)
		case seen[lower] || lower == readerAgent || slices.Contains(officeSenders, lower):
			bad(key+".code", "「%s」はほかの保険会社か送信元が使っています（大文字・小文字は区別しません）。", "%q is used already", ins.Code)
		}
		seen[lower] = true
		if !slices.Contains([]string{"", "utf-8", "cp932", "utf-16le", "utf-16be"}, ins.Encoding) {
			bad(key+".encoding", oneOfJA, oneOfEN, ins.Encoding, "utf-8, cp932, utf-16le, utf-16be")
		}
		checkKinds(bad, key+".expect", ins.Expect)
		checkKinds(bad, key+".full", ins.Full)
	}
}

// apart refuses folders that get in each other's way, as flags may have put them.
func (c Config) apart() error { return gathered(c.validateApart) }

// validateApart keeps folders out of each other. Files leave the inbox once
// they are archived: reports or an archive in it would be taken for deliveries
// and carried away. And the outbox is read by others, who have no business with
// what came in.
func (c Config) validateApart(bad faulty) {
	for _, x := range [][4]string{
		{"outbox", c.Outbox, "inbox", c.Inbox},
		{"state_dir", c.StateDir, "inbox", c.Inbox},
		{"inbox", c.Inbox, "outbox", c.Outbox},
		{"state_dir", c.StateDir, "outbox", c.Outbox},
	} {
		if within(x[1], x[3]) {
			bad(x[0], "%s と同じフォルダーか、その中にあります。別々のフォルダーにしてください。", "is %s or lies within it", x[2])
		}
	}
}

func checkKinds(bad faulty, key string, kinds []string) {
	for _, kind := range kinds {
		if !slices.Contains(kindOrder, kind) {
			bad(key, "「%s」という種類のファイルはありません。%s のどれかにしてください。", "%q is no kind of file: want one of %s", kind, strings.Join(kindOrder, ", "))
		}
	}
}

// within reports whether a folder is another one or lies in it.
func within(dir, other string) bool {
	if dir == "" || other == "" {
		return false // a fault of its own
	}
	a, errA := filepath.Abs(dir)
	b, errB := filepath.Abs(other)
	if errA != nil || errB != nil {
		return false
	}
	rel, err := filepath.Rel(b, a)
	return err == nil && filepath.IsLocal(rel)
}

// tempDir is a private folder for files that a run needs only while it works.
func (c Config) tempDir() string { return filepath.Join(c.StateDir, tempFolder) }

// Location is the zone of schedule and day.
func (c Config) Location() (*time.Location, error) { return time.LoadLocation(c.Zone) }

// Insurer returns the configured insurer of that code.
func (c Config) Insurer(code string) (Insurer, bool) {
	i := slices.IndexFunc(c.Insurers, func(x Insurer) bool { return x.Code == code })
	if i < 0 {
		return Insurer{}, false
	}
	return c.Insurers[i], true
}

// Hash identifies the settings that decide what a night does; where files lie
// and which database is used do not belong to them.
func (c Config) Hash() string {
	b, err := yaml.Marshal(c.deciding())
	if err != nil {
		panic(err) // plain values always marshal
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// deciding leaves out what decides nothing.
func (c Config) deciding() Config {
	c.DB, c.TLSCA, c.Inbox, c.Outbox, c.StateDir, c.Export.DB, c.SecretsFile = "", "", "", "", "", "", ""
	c.Archive, c.Audit, c.OutboxKeepDays = ArchiveConfig{}, AuditConfig{}, 0
	c.Identity = IdentityConfig{}                  // what the model says decides, wherever it lies
	c.Delivery = DeliveryConfig{}                  // decides how files travel, not what stands in them
	c.Import.Settle, c.Import.ScheduledWait = 0, 0 // they decide when a file is taken, not what becomes of it
	return c
}

// HasPassword reports whether a database setting holds a password, which
// belongs neither on a command line nor into a configuration file.
func HasPassword(db string) bool {
	dsn, ok := strings.CutPrefix(db, "mysql:")
	if !ok {
		return false
	}
	// user:password@net(addr)/name; the last @ before the address ends the account.
	account, _, ok := cutLast(strings.SplitN(dsn, "/", 2)[0], "@")
	if !ok {
		// A password may hold a slash: look at the whole.
		account, _, ok = cutLast(dsn, "@")
	}
	_, password, has := strings.Cut(account, ":")
	return ok && has && password != ""
}

func cutLast(s, sep string) (before, after string, ok bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
