package deadline

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"meibo/pipeline"
)

// Values of the settings that are not a number.
const (
	PeriodCivilCode = "civil-code" // period_rule: 民法138条-143条
	PeriodClamped   = "clamped"    // period_rule: same day, or the month's last

	Yes = "yes" // closing_day_counts, bulk_inquiry_extends, cluster_remark
	No  = "no"

	Decide  = "decision" // pass_after_closing, late_activity, future_opening: a person decides
	Literal = "literal"  // pass_after_closing, future_opening: the text alone
	Ignore  = "ignore"   // late_activity

	BaseLater    = "later"    // inquiry_base: the later of 受付日 and 回答日
	BaseReceived = "received" // inquiry_base: 受付日
	BaseAnswered = "answered" // inquiry_base: 回答日
)

// Settings is one version of the rules on retention: 要領 §10 and §12 and how
// the house reads what they leave open. It is read-only and safe for use by
// several goroutines. The meaning of each setting stands in
// schemas/rules/retention.yaml.
type Settings struct {
	Version   string
	ValidFrom pipeline.Date
	Authority string

	clamped            bool
	months             [5]int // by case; 0 is not used
	monthsExtension    int
	monthsInquiry      int
	closingDayCounts   bool
	passAfterClosing   bool // to the decision list
	futureOpening      bool // to the decision list
	lateActivity       bool // to the decision list
	bulkInquiryExtends bool
	clusterRemark      bool
	withdrawnGraceDays int
	graceDays          int
	duplicateHoldDays  int
	noticeDays         int
	inquiryBase        string

	list []Setting
}

// Setting is one named setting as the rules state it.
type Setting struct {
	Name    string   `yaml:"name"`
	Value   string   `yaml:"value"`
	Default string   `yaml:"default"`
	Allowed []string `yaml:"allowed"` // the values of a setting of words
	Range   []int    `yaml:"range"`   // lowest and highest of a setting of numbers
	Clause  string   `yaml:"clause"`
}

// GraceDays is by how many days execution waits for late feeds.
func (s *Settings) GraceDays() int { return s.graceDays }

// NoticeDays is from how many days before its first deletable day a person is
// listed.
func (s *Settings) NoticeDays() int { return s.noticeDays }

// Executable returns the first day on which a record may be deleted that is due
// from firstDeletable on: feeds may come late by grace_days, and a late activity
// can still save a person. §12 has no grace.
func (s *Settings) Executable(firstDeletable pipeline.Date) pipeline.Date {
	return addDays(firstDeletable, s.graceDays)
}

// List returns the settings in the order of their names, for run headers,
// receipts and reports.
func (s *Settings) List() []Setting {
	out := slices.Clone(s.list)
	slices.SortFunc(out, func(a, b Setting) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Hash identifies the version and all values, as hex SHA-256; it depends on
// nothing else, so equal settings have equal hashes whatever their order.
func (s *Settings) Hash() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s\n", s.Version, s.ValidFrom, s.Authority)
	for _, e := range s.List() {
		fmt.Fprintf(h, "%s=%s\n", e.Name, e.Value)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// With returns the settings with one value changed. It refuses an unknown name
// and a value that is not allowed.
func (s *Settings) With(name, value string) (*Settings, error) {
	out := *s
	out.list = slices.Clone(s.list)
	for i := range out.list {
		if out.list[i].Name == name {
			out.list[i].Value = value
			if err := out.apply(&out.list[i], value); err != nil {
				return nil, fmt.Errorf("setting %s: %w", name, err)
			}
			return &out, nil
		}
	}
	return nil, fmt.Errorf("setting %s: unknown", name)
}

// definition is what the code knows of a setting: its name, its words (none: a
// number) and what it changes. A rules file may allow fewer words, never others.
type definition struct {
	name  string
	words []string
	set   func(s *Settings, word string, n int)
}

func definitions() []definition {
	yesNo, decides := []string{Yes, No}, []string{Decide, Literal}
	return []definition{
		{"period_rule", []string{PeriodCivilCode, PeriodClamped}, func(s *Settings, w string, _ int) { s.clamped = w == PeriodClamped }},
		{"months_no1", nil, func(s *Settings, _ string, n int) { s.months[1] = n }},
		{"months_no2", nil, func(s *Settings, _ string, n int) { s.months[2] = n }},
		{"months_no3", nil, func(s *Settings, _ string, n int) { s.months[3] = n }},
		{"months_no4", nil, func(s *Settings, _ string, n int) { s.months[4] = n }},
		{"months_extension", nil, func(s *Settings, _ string, n int) { s.monthsExtension = n }},
		{"months_inquiry", nil, func(s *Settings, _ string, n int) { s.monthsInquiry = n }},
		{"closing_day_counts", yesNo, func(s *Settings, w string, _ int) { s.closingDayCounts = w == Yes }},
		{"pass_after_closing", decides, func(s *Settings, w string, _ int) { s.passAfterClosing = w == Decide }},
		{"future_opening", decides, func(s *Settings, w string, _ int) { s.futureOpening = w == Decide }},
		{"late_activity", []string{Decide, Ignore}, func(s *Settings, w string, _ int) { s.lateActivity = w == Decide }},
		{"bulk_inquiry_extends", yesNo, func(s *Settings, w string, _ int) { s.bulkInquiryExtends = w == Yes }},
		{"withdrawn_grace_days", nil, func(s *Settings, _ string, n int) { s.withdrawnGraceDays = n }},
		{"grace_days", nil, func(s *Settings, _ string, n int) { s.graceDays = n }},
		{"duplicate_hold_days", nil, func(s *Settings, _ string, n int) { s.duplicateHoldDays = n }},
		{"notice_days", nil, func(s *Settings, _ string, n int) { s.noticeDays = n }},
		{"cluster_remark", yesNo, func(s *Settings, w string, _ int) { s.clusterRemark = w == Yes }},
		{"inquiry_base", []string{BaseLater, BaseReceived, BaseAnswered}, func(s *Settings, w string, _ int) { s.inquiryBase = w }},
	}
}

// define finds what the code knows of a setting.
func define(name string) (definition, bool) {
	all := definitions()
	i := slices.IndexFunc(all, func(d definition) bool { return d.name == name })
	if i < 0 {
		return definition{}, false
	}
	return all[i], true
}

// apply makes the rules follow value after checking it against what e allows.
func (s *Settings) apply(e *Setting, value string) error {
	def, ok := define(e.Name)
	switch {
	case !ok:
		return errors.New("unknown")
	case def.words != nil:
		if !slices.Contains(e.Allowed, value) {
			return fmt.Errorf("want one of %q, got %q", e.Allowed, value)
		}
		def.set(s, value, 0)
	default:
		n, err := strconv.Atoi(value)
		if err != nil || len(e.Range) != 2 || n < e.Range[0] || n > e.Range[1] {
			return fmt.Errorf("want a number in the range %v, got %q", e.Range, value)
		}
		def.set(s, "", n)
	}
	return nil
}

// Retention is every version of the rules on retention.
type Retention struct {
	versions []*Settings
	days     []pipeline.Date
}

// RulesOn returns the version in force on the as-of day. A day before the first
// version is an error: nothing is judged by a rule that did not hold.
func (r *Retention) RulesOn(asOf pipeline.Date) (*Settings, error) {
	i, err := versionOn(r.days, asOf, "retention")
	if err != nil {
		return nil, err
	}
	return r.versions[i], nil
}

// Newest returns the version that holds from the latest day, for checks by hand
// that know no as-of day.
func (r *Retention) Newest() *Settings { return r.versions[len(r.versions)-1] }

type retentionFile struct {
	Versions []retentionVersion `yaml:"versions"`
}

type retentionVersion struct {
	Head     versionHead `yaml:",inline"`
	Settings []Setting   `yaml:"settings"`
}

// ParseRetention reads retention.yaml. All that is wrong with it is reported at
// once, each with its line; name is the file's name for these messages.
func ParseRetention(name string, data []byte) (*Retention, error) {
	var f retentionFile
	doc, err := readDocument(name, data, &f)
	if err != nil {
		return nil, err
	}
	heads := make([]versionHead, len(f.Versions))
	for i, v := range f.Versions {
		heads[i] = v.Head
	}
	days, errs := doc.checkHeads(heads)
	r := &Retention{days: days}
	for i, v := range f.Versions {
		s := &Settings{Version: heads[i].Version, ValidFrom: days[i], Authority: heads[i].Authority, list: v.Settings}
		errs = append(errs, doc.settings(fmt.Sprintf("versions[%d].settings", i), s)...)
		r.versions = append(r.versions, s)
	}
	if err := errs.OrNil(); err != nil {
		return nil, err
	}
	return r, nil
}

// settings checks and applies the settings of one version: each exactly once.
func (d *document) settings(at string, s *Settings) (errs pipeline.SettingFaults) {
	seen := map[string]bool{}
	for i := range s.list {
		e := &s.list[i]
		path := fmt.Sprintf("%s[%d]", at, i)
		def, ok := define(e.Name)
		if !ok || seen[e.Name] {
			errs = append(errs, d.fault(path+".name", "「%s」という設定はないか、2回書かれています。", "%q is unknown or stands twice", e.Name))
			continue
		}
		seen[e.Name] = true
		errs = append(errs, d.setting(path, s, e, def)...)
	}
	for _, def := range definitions() {
		if !seen[def.name] {
			errs = append(errs, d.fault(at, "%s の設定がありません。加えてください。", "want also %s", def.name))
		}
	}
	return errs
}

func (d *document) setting(path string, s *Settings, e *Setting, def definition) (errs pipeline.SettingFaults) {
	if e.Clause == "" {
		errs = append(errs, d.fault(path+".clause", "根拠となる条文を書いてください。", "want the clause that the setting reads"))
	}
	for i, w := range e.Allowed {
		if !slices.Contains(def.words, w) {
			errs = append(errs, d.fault(fmt.Sprintf("%s.allowed[%d]", path, i), "%[3]s は指定できません。%[1]s の中から選んでください。", "want of %[2]q, got %[3]q", strings.Join(def.words, ", "), def.words, w))
		}
	}
	if len(e.Range) > 0 && slices.Min(e.Range) < 0 {
		errs = append(errs, d.fault(path+".range", "負の数は指定できません（%v）。", "want no negative numbers, got %v", e.Range))
	}
	if err := s.apply(e, e.Default); err != nil {
		errs = append(errs, d.fault(path+".default", "「%[1]s」は%[2]s", "%[3]v", e.Default, e.wants(), err))
	}
	if err := s.apply(e, e.Value); err != nil { // last, so that the value holds
		errs = append(errs, d.fault(path+".value", "「%[1]s」は%[2]s", "%[3]v", e.Value, e.wants(), err))
	}
	return errs
}

// wants says in Japanese which values a setting takes.
func (e *Setting) wants() string {
	switch {
	case len(e.Allowed) > 0:
		return "指定できません。" + strings.Join(e.Allowed, ", ") + " のどれかにしてください。"
	case len(e.Range) == 2:
		return fmt.Sprintf("指定できません。%d から %d までの整数にしてください。", e.Range[0], e.Range[1])
	}
	return "指定できません。allowed か range に、使える値の範囲を書いてください。"
}

// addDays is Date.AddDays that stays on the calendar's last day.
func addDays(d pipeline.Date, n int) pipeline.Date {
	switch {
	case d.IsZero():
		return 0
	case n > maxDate.Sub(d):
		return maxDate
	}
	return d.AddDays(n)
}
