package deadline

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"meibo/pipeline"
)

// Each setting, turned to another value it allows, changes the answer as its
// text in the rules says.
func TestEverySettingIsHonoured(t *testing.T) {
	acts := func(kind string, on string) []pipeline.Activity {
		return []pipeline.Activity{{On: day(on), Kind: kind}}
	}
	passed := []pipeline.Qualification{{Code: "K10", PostedOn: day("2025-03-31")}}
	closed := []pipeline.Registration{{OpenedOn: day("2020-04-01"), ClosedOn: day("2025-03-31")}}
	last := func(v Verdict) string { return v.LastDay.String() }
	decided := func(v Verdict) string { return codes(v.Decisions) }
	acquired := pipeline.Agent{IDAcquiredOn: day("2025-03-31")}
	tests := []struct {
		setting, value string
		p              pipeline.Person
		c              Circumstances
		asOf           string
		look           func(Verdict) string
		before, after  string
	}{
		{"period_rule", "clamped", pipeline.Person{Agent: pipeline.Agent{IDAcquiredOn: day("2025-06-30")}}, Circumstances{}, "2025-07-01", last, "2025-12-31", "2025-12-30"},
		{"months_no1", "12", pipeline.Person{Agent: acquired, Qualifications: passed}, Circumstances{}, "2025-07-01", last, "2035-03-31", "2026-03-31"},
		{"months_no2", "12", pipeline.Person{Agent: acquired}, Circumstances{}, "2025-07-01", last, "2025-09-30", "2026-03-31"},
		{"months_no3", "12", pipeline.Person{Registrations: closed, Qualifications: passed}, Circumstances{}, "2025-07-01", last, "2035-03-31", "2026-03-31"},
		{"months_no4", "12", pipeline.Person{Registrations: closed}, Circumstances{}, "2025-07-01", last, "2025-09-30", "2026-03-31"},
		{"months_extension", "12", pipeline.Person{Agent: acquired, Activities: acts("照会", "2025-06-30")}, Circumstances{}, "2025-07-01", last, "2025-12-31", "2026-06-30"},
		{"closing_day_counts", "no", pipeline.Person{Registrations: closed}, Circumstances{}, "2025-03-31", last, "", "2025-09-30"},
		{"pass_after_closing", "literal", pipeline.Person{Registrations: closed, Qualifications: []pipeline.Qualification{{PostedOn: day("2025-05-01")}}}, Circumstances{}, "2025-07-01", decided, DecisionPassAfterClosing, ""},
		{"future_opening", "literal", pipeline.Person{Agent: acquired, Registrations: []pipeline.Registration{{OpenedOn: day("2026-01-01")}}}, Circumstances{}, "2025-12-01", decided, DecisionFutureOpening, ""},
		{"late_activity", "ignore", pipeline.Person{Agent: acquired, Activities: acts("照会", "2025-10-01")}, Circumstances{}, "2025-12-01", decided, DecisionLateActivity, ""},
		{"bulk_inquiry_extends", "no", pipeline.Person{Agent: acquired, Activities: acts("一括照会", "2025-06-30")}, Circumstances{}, "2025-12-01", last, "2025-12-31", "2025-09-30"},
		{
			"withdrawn_grace_days", "0",
			pipeline.Person{Agent: pipeline.Agent{IDAcquiredOn: day("2020-01-10")}, Qualifications: []pipeline.Qualification{{PostedOn: day("2024-02-01"), WithdrawnOn: day("2025-11-20")}}},
			Circumstances{},
			"2025-12-01", decided, DecisionWithdrawn, "",
		},
		{
			"duplicate_hold_days", "10",
			pipeline.Person{Agent: acquired},
			Circumstances{Duplicates: []Candidate{{Other: "T2", FirstSeen: day("2025-10-05")}}},
			"2025-12-01", func(v Verdict) string { return v.Holds[0].Until.String() }, "2025-11-04", "2025-10-15",
		},
		{
			"cluster_remark", "no",
			pipeline.Person{Agent: acquired},
			Circumstances{ClusterHoldsPass: true},
			"2025-12-01", func(v Verdict) string { return fmt.Sprint(strings.Contains(v.Reason, "別の募集人ID")) }, "true", "false",
		},
	}
	tested := map[string]bool{
		// These do not change the verdict: see the tests of InquiryDeadline and
		// Executable here, and of the list's first day in package purge.
		"inquiry_base": true, "months_inquiry": true, "grace_days": true, "notice_days": true,
	}
	for _, tt := range tests {
		t.Run(tt.setting, func(t *testing.T) {
			if got := tt.look(Judge(&tt.p, rules(t), tt.c, day(tt.asOf))); got != tt.before {
				t.Errorf("by default: got %q, want %q", got, tt.before)
			}
			if got := tt.look(Judge(&tt.p, rules(t, tt.setting, tt.value), tt.c, day(tt.asOf))); got != tt.after {
				t.Errorf("%s=%s: got %q, want %q", tt.setting, tt.value, got, tt.after)
			}
		})
		tested[tt.setting] = true
	}
	for _, d := range definitions() {
		if !tested[d.name] {
			t.Errorf("no test shows what %s changes", d.name)
		}
	}
}

func TestSettingsOutsideTheVerdict(t *testing.T) {
	if got := rules(t).Executable(day("2025-12-30")); got != day("2026-01-02") {
		t.Errorf("executable from %s, want three days after the first deletable day", got)
	}
	if got := rules(t, "grace_days", "0").Executable(day("2025-12-30")); got != day("2025-12-30") {
		t.Errorf("without grace: executable from %s", got)
	}
	if got := rules(t).Executable(day("9999-12-31")); got != day("9999-12-31") {
		t.Errorf("over the end of the calendar: %s", got)
	}
	if got, _ := rules(t, "months_inquiry", "1").InquiryDeadline(day("2025-01-31"), 0); got != day("2025-02-28") {
		t.Errorf("inquiries kept for a month end on %s", got)
	}
	if got := rules(t, "notice_days", "7").NoticeDays(); got != 7 {
		t.Errorf("notice days: %d", got)
	}
}

func TestWithRefusesWhatIsNotAllowed(t *testing.T) {
	for name, value := range map[string]string{
		"period_rule": "lunar", "grace_days": "-1", "notice_days": "ninety", "months_no1": "0", "no_such": "1", "late_activity": "literal",
	} {
		if _, err := rules(t).With(name, value); err == nil {
			t.Errorf("%s=%s is accepted", name, value)
		}
	}
	s := rules(t)
	if _, err := s.With("grace_days", "9"); err != nil || s.GraceDays() != 3 {
		t.Errorf("With changed its receiver: %d, %v", s.GraceDays(), err)
	}
}

func TestSettingsHash(t *testing.T) {
	a, b := rules(t), rules(t)
	b.list[0], b.list[5] = b.list[5], b.list[0]
	if a.Hash() != b.Hash() {
		t.Error("the order in the file changes the hash")
	}
	if a.Hash() == rules(t, "grace_days", "4").Hash() {
		t.Error("another value leaves the hash")
	}
	if l := a.List(); len(l) != len(definitions()) || l[0].Name != "bulk_inquiry_extends" || l[0].Clause == "" {
		t.Errorf("settings listed: %+v", l)
	}
}

// The shipped defaults are those of the rule book's reading, written out once
// more so that nobody changes one by accident.
func TestShippedSettingsAreTheDefaults(t *testing.T) {
	want := "bulk_inquiry_extends=yes closing_day_counts=yes cluster_remark=yes duplicate_hold_days=30 future_opening=decision " +
		"grace_days=3 inquiry_base=later late_activity=decision months_extension=6 months_inquiry=3 months_no1=120 months_no2=6 " +
		"months_no3=120 months_no4=6 notice_days=90 pass_after_closing=decision period_rule=civil-code withdrawn_grace_days=30"
	var got []string
	for _, e := range rules(t).List() {
		got = append(got, e.Name+"="+e.Value)
		if e.Value != e.Default {
			t.Errorf("%s ships as %s, its default is %s", e.Name, e.Value, e.Default)
		}
	}
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}

// shipped returns the text of a shipped rules file with one piece replaced.
func shipped(t *testing.T, name, old, new string) []byte {
	t.Helper()
	data, err := os.ReadFile("../../schemas/rules/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), old) {
		t.Fatalf("%s has no %q", name, old)
	}
	return []byte(strings.Replace(string(data), old, new, 1))
}

func lineOf(t *testing.T, data []byte, part string) int {
	t.Helper()
	before, _, ok := strings.Cut(string(data), part)
	if !ok {
		t.Fatalf("no %q", part)
	}
	return strings.Count(before, "\n") + 1
}

func TestRulesFilesNameTheLineOfAFault(t *testing.T) {
	retention := func(name string, data []byte) error { _, err := ParseRetention(name, data); return err }
	qualifications := func(name string, data []byte) error { _, err := ParseKinds(name, data); return err }
	tests := []struct {
		name     string
		parse    func(string, []byte) error
		file     string
		old, new string
		at       string // text on the line that the message must name
		says     string
	}{
		{"an unknown key", retention, "retention.yaml", "authority:", "autority:", "autority:", "unknown field"},
		{"an unknown setting", retention, "retention.yaml", "name: grace_days", "name: grace_day", "name: grace_day,", `"grace_day" is unknown`},
		{"a setting twice", retention, "retention.yaml", "name: months_no2", "name: months_no1", "No.2}", "stands twice"},
		{"a missing setting", retention, "retention.yaml", "      - {name: grace_days, value: 3, default: 3, range: [0, 92], clause: 要領§10注}\n", "", "settings:", "want also grace_days"},
		{"a value not allowed", retention, "retention.yaml", "value: later", "value: sooner", "value: sooner", `"sooner"`},
		{"a default not allowed", retention, "retention.yaml", "default: later", "default: sooner", "default: sooner", "default"},
		{"a number out of range", retention, "retention.yaml", "value: 90", "value: 900", "value: 900", "900"},
		{"a number that is none", retention, "retention.yaml", "value: 90", "value: many", "value: many", "many"},
		{"a word that nothing honours", retention, "retention.yaml", "[later,", "[sometimes, later,", "[sometimes", `"sometimes"`},
		{"a setting without a clause", retention, "retention.yaml", "clause: 要領§12}", `clause: ""}`, `clause: ""`, "clause"},
		{"a day that does not exist", retention, "retention.yaml", "valid_from: 2018-10-22", "valid_from: 2018-02-30", "valid_from: 2018-02-30", "2018-02-30"},
		{"broken YAML", retention, "retention.yaml", "versions:", "versions: [", "", ""},
		{"an unknown 資格種類", qualifications, "qualifications.yaml", "category: 会社別試験", "category: 社内試験", "社内試験", "社内試験"},
		{"a code twice", qualifications, "qualifications.yaml", "code: K13", "code: K12", "傷害疾病保険単位", "stands twice"},
		{"months that are none", qualifications, "qualifications.yaml", "months: 36", "months: 3年", "months: 3年", "3年"},
		{"no months at all", qualifications, "qualifications.yaml", "months: 36, ", "", "code: C01", "months"},
		{"a rounding that is none", qualifications, "qualifications.yaml", "rounding: 月末", "rounding: 年末", "rounding: 年末", "年末"},
		{"無期限 with a rounding", qualifications, "qualifications.yaml", "months: 無期限, rounding: none", "months: 無期限, rounding: 月末", "code: Q01", "月末"},
		{"no 基礎単位", qualifications, "qualifications.yaml", "covers: base, ", "", "kinds:", "covers base"},
		{"overlapping steps", qualifications, "qualifications.yaml", "from: 3, to: 1", "from: 4, to: 1", "label: 3か月前", "overlap"},
		{"a step backwards", qualifications, "qualifications.yaml", "from: 9, to: 4", "from: 4, to: 9", "label: 9か月前", "from ≥ to"},
		{"a line in two lists", qualifications, "qualifications.yaml", "[自賠責]", "[自賠責, 火災]", "[自賠責, 火災]", "火災"},
		{"a step without a label", qualifications, "qualifications.yaml", "label: 3か月前", `label: ""`, `label: ""`, "label"},
		{"no step after the end", qualifications, "qualifications.yaml", "{label: 失効後, months: 12}", "{label: 失効後, months: 0}", "{label: 失効後", "at least one month"},
		{"a window too wide", qualifications, "qualifications.yaml", "renewal_months: 9", "renewal_months: 900", "renewal_months: 900", "900"},
		{"a kind without a code", qualifications, "qualifications.yaml", "code: K10", `code: ""`, `code: ""`, "資格種類コード"},
		{"a kind without a name", qualifications, "qualifications.yaml", "name: 基礎単位", `name: ""`, `name: ""`, "name"},
		{"no authority", qualifications, "qualifications.yaml", "authority: 取扱要領 §5(1)", `authority: ""`, `authority: ""`, "rests on"},
		{"a negative range", retention, "retention.yaml", "range: [0, 92]", "range: [-5, 92]", "range: [-5, 92]", "negative"},
		{"a bad 合格判定日 limit", qualifications, "qualifications.yaml", "judged_from: 2011-10-01", "judged_from: 2011-10-32", "2011-10-32", "2011-10-32"},
		{"no version", qualifications, "qualifications.yaml", "versions:", "versions: []\nx:", "x:", "unknown field"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data := shipped(t, tt.file, tt.old, tt.new)
			err := tt.parse(tt.file, data)
			if err == nil {
				t.Fatal("accepted")
			}
			var faults pipeline.SettingFaults
			if !errors.As(err, &faults) || !strings.Contains(faults.Japanese(), "ください") && !strings.Contains(faults.Japanese(), "。") || strings.Contains(faults.Japanese()+faults.Error(), "%!") {
				t.Errorf("in Japanese: %q, %q", faults.Japanese(), err)
			}
			if tt.at == "" {
				return // where a parser trips over broken YAML is its own affair
			}
			if want := fmt.Sprintf("%s:%d: ", tt.file, lineOf(t, data, tt.at)); !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %q; want %q and %q", err, want, tt.says)
			}
		})
	}
}

func TestVersionsOfTheRules(t *testing.T) {
	data, err := os.ReadFile("../../schemas/rules/retention.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, version, _ := strings.Cut(string(data), "versions:\n")
	second := strings.NewReplacer("要領2018-10-22", "要領2027-04-01", "valid_from: 2018-10-22", "valid_from: 2027-04-01", "value: 90", "value: 60").Replace(version)
	r, err := ParseRetention("two.yaml", append(data, second...))
	if err != nil {
		t.Fatal(err)
	}
	for asOf, want := range map[string]int{"2018-10-22": 90, "2027-03-31": 90, "2027-04-01": 60, "2040-01-01": 60} {
		s, err := r.RulesOn(day(asOf))
		if err != nil || s.NoticeDays() != want {
			t.Errorf("on %s: %d notice days, %v; want %d", asOf, s.NoticeDays(), err, want)
		}
	}
	if _, err := r.RulesOn(day("2018-10-21")); err == nil || !strings.Contains(err.Error(), "2018-10-22") {
		t.Errorf("before the first version: %v", err)
	}
	if got := r.Newest().Version; got != "要領2027-04-01" {
		t.Errorf("newest version %s", got)
	}
	if _, err := ParseRetention("twice.yaml", append(data, version...)); err == nil {
		t.Error("the same version twice is accepted")
	}
	if _, err := ParseRetention("empty.yaml", nil); err == nil {
		t.Error("an empty file is accepted")
	}
	if _, err := ParseKinds("none.yaml", []byte("versions: []\n")); err == nil || !strings.Contains(err.Error(), "none.yaml:1: ") {
		t.Errorf("a file without versions: %v", err)
	}
	if _, err := ParseKinds("two-documents.yaml", []byte("versions: []\n---\nversions: []\n")); err == nil {
		t.Error("two documents are accepted")
	}
}
