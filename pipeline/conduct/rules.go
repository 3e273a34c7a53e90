// Package conduct checks records of how people worked against the manual and
// the guideline, clause by clause, and says what was broken and by which facts.
package conduct

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/goccy/go-yaml"

	"meibo/pipeline"
)

// Settings of the clocks (要領 says すみやかに and gives no number).
const (
	settingCorrection = "correction_days"  // T3: business days from 申出 to passing it on, and to its answer
	settingNotice     = "notice_days"      // T1: business days from 認知 to 通知
	settingStop       = "access_stop_days" // T2: days from 認知 to アクセス停止
	settingOpen       = "routed_open_days" // business days for which a request that was passed on may wait
	longestClock      = 366
)

// Words of the records, as the layouts write them.
const (
	kindLeak   = "漏えい"   // 種類 of incidents to which 要領 §8 applies
	kindMisuse = "目的外利用" // likewise
	wayPhone   = "電話"    // 照会方法
	wayMeeting = "対面"    // 照会方法
)

// History holds the rules in all their versions.
type History struct{ versions []*Rules }

// Rules is one version of the rules. It is read-only and safe for use by
// several goroutines.
type Rules struct {
	Version   string
	ValidFrom pipeline.Date
	Authority string

	days     map[string]int
	settings []Setting
	calendar calendar
	rules    map[string]*Rule
}

// Setting is a named number of days.
type Setting struct {
	Name    string `yaml:"name"`
	Value   int    `yaml:"value"`
	Default int    `yaml:"default"`
	Clause  string `yaml:"clause"`
}

// Rule is one check as the rules state it.
type Rule struct {
	ID      string   `yaml:"id"`
	Clause  string   `yaml:"clause"`
	Record  string   `yaml:"record"` // kind of the file whose rows it looks at
	Title   string   `yaml:"title"`  // what is demanded, in Japanese
	Reasons []Reason `yaml:"reasons"`
}

// Reason is one way in which a record does not satisfy a rule.
type Reason struct {
	Code    string `yaml:"code"`
	Verdict string `yaml:"verdict"`
	Text    string `yaml:"text"` // Japanese, without a value of the record
}

type fileVersion struct {
	Version   string    `yaml:"version"`
	ValidFrom string    `yaml:"valid_from"`
	Authority string    `yaml:"authority"`
	Settings  []Setting `yaml:"settings"`
	YearEnd   bool      `yaml:"year_end"`
	Holidays  []string  `yaml:"holidays"`
	Rules     []Rule    `yaml:"rules"`
}

// Parse reads and checks a rules file. A key it does not know, a rule that the
// program does not check, and one that it checks but the file does not state,
// are errors.
func Parse(name string, data []byte) (*History, error) {
	var file struct {
		Versions []fileVersion `yaml:"versions"`
	}
	if err := yaml.UnmarshalWithOptions(data, &file, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%s: %s", name, yaml.FormatError(err, false, true))
	}
	if len(file.Versions) == 0 {
		return nil, fmt.Errorf("%s: want at least one version", name)
	}
	h := &History{}
	for i, v := range file.Versions {
		r, err := v.rules()
		if err == nil && i > 0 && r.ValidFrom <= h.versions[i-1].ValidFrom {
			err = errors.New("valid_from: want a day after that of the version before")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: version %q: %w", name, v.Version, err)
		}
		h.versions = append(h.versions, r)
	}
	return h, nil
}

// On returns the version in force on a day; there is none before the first.
func (h *History) On(d pipeline.Date) (*Rules, error) {
	for _, r := range slices.Backward(h.versions) {
		if r.ValidFrom <= d {
			return r, nil
		}
	}
	return nil, fmt.Errorf("no version of the rules on conduct is in force on %s", d)
}

// Settings returns the clocks in force, in the order of the file.
func (r *Rules) Settings() []Setting { return slices.Clone(r.settings) }

// Rule returns a rule by its ID.
func (r *Rules) Rule(id string) (Rule, bool) {
	if x := r.rules[id]; x != nil {
		return *x, true
	}
	return Rule{}, false
}

// Text is what a finding's reason means, in Japanese.
func (r *Rules) Text(ruleID, code string) string {
	if x := r.rules[ruleID]; x != nil {
		return x.reason(code).Text
	}
	return ""
}

func (x *Rule) reason(code string) Reason {
	i := slices.IndexFunc(x.Reasons, func(r Reason) bool { return r.Code == code })
	if i < 0 {
		return Reason{}
	}
	return x.Reasons[i]
}

func (v fileVersion) rules() (*Rules, error) {
	r := &Rules{Version: v.Version, Authority: v.Authority, settings: v.Settings, days: map[string]int{}, rules: map[string]*Rule{}}
	if v.Version == "" || v.Authority == "" {
		return nil, errors.New("want a version and an authority")
	}
	var err error
	if r.ValidFrom, err = pipeline.ParseDate(v.ValidFrom); err != nil {
		return nil, fmt.Errorf("valid_from: %w", err)
	}
	if r.calendar, err = newCalendar(v.Holidays, v.YearEnd); err != nil {
		return nil, err
	}
	for _, s := range v.Settings {
		if s.Value < 0 || s.Value > longestClock || s.Clause == "" {
			return nil, fmt.Errorf("setting %q: want 0 to %d days and a clause", s.Name, longestClock)
		}
		r.days[s.Name] = s.Value
	}
	want := []string{settingStop, settingCorrection, settingNotice, settingOpen} // sorted
	if got := slices.Sorted(maps.Keys(r.days)); !slices.Equal(got, want) || len(v.Settings) != len(want) {
		return nil, fmt.Errorf("settings: want each of %v once, got %v", want, got)
	}
	return r, r.take(v.Rules)
}

// take checks the rules against what the program can find.
func (r *Rules) take(rules []Rule) error {
	known := reasons()
	for i := range rules {
		x := &rules[i]
		if x.Clause == "" || x.Title == "" || r.rules[x.ID] != nil {
			return fmt.Errorf("rule %q: want a clause, a title, and each rule once", x.ID)
		}
		var codes []string
		for _, c := range x.Reasons {
			codes = append(codes, c.Code)
			if !slices.Contains([]string{pipeline.VerdictBreach, pipeline.VerdictReview, pipeline.VerdictUnknown}, c.Verdict) || c.Text == "" {
				return fmt.Errorf("rule %q: reason %q: want a verdict and a text", x.ID, c.Code)
			}
		}
		slices.Sort(codes)
		if k, ok := known[x.ID]; !ok || k.record != x.Record || !slices.Equal(codes, slices.Sorted(slices.Values(k.codes))) {
			return fmt.Errorf("rule %q of %s: the program finds %v in %s, the file states %v", x.ID, x.Record, k.codes, k.record, codes)
		}
		r.rules[x.ID] = x
	}
	for _, id := range slices.Sorted(maps.Keys(known)) {
		if r.rules[id] == nil {
			return fmt.Errorf("rule %q is missing", id)
		}
	}
	return nil
}

// breach is what a check found: a rule, a reason, and the facts beside those
// of the record itself.
type breach struct {
	rule, reason string
	facts        []pipeline.Evidence
}

// subject is the record that a check looked at.
type subject struct {
	no      string
	on      pipeline.Date
	ref     pipeline.Ref
	staff   string
	insurer string
}

// findings puts what the rules say to what the checks found.
func (r *Rules) findings(s subject, found []breach) []pipeline.ConductFinding {
	var out []pipeline.ConductFinding
	for _, b := range found {
		x := r.rules[b.rule]
		f := pipeline.ConductFinding{
			RuleID: b.rule, Subject: s.no, On: s.on, Clause: x.Clause, Version: r.Version,
			Verdict: x.reason(b.reason).Verdict, Reason: b.reason, StaffID: s.staff, Insurer: s.insurer,
		}
		if s.ref != (pipeline.Ref{}) {
			f.Evidence = append(f.Evidence, pipeline.Evidence{Fact: "記録", Ref: s.ref.String()})
		}
		f.Evidence = append(f.Evidence, b.facts...)
		out = append(out, f)
	}
	return out
}
