package deadline

import (
	"fmt"
	"slices"
	"strconv"

	"meibo/pipeline"
)

// CoversBase is what a kind of qualification covers that is needed for every
// product line but those without exam: 基礎単位.
const CoversBase = "base"

// Months of validity of a kind that never lapses, as the rules write it.
const unlimitedTerm = "無期限"

// Kind is one 資格種類コード and its rule.
type Kind struct {
	Code          string
	Category      string        // 資格種類, one of the seven of 要領 §5(1)
	Name          string        // for people
	Covers        string        // CoversBase, a product line, or empty
	Months        int           // validity from 合格判定日; 0 with Unlimited
	Unlimited     bool          // 無期限
	MonthEnd      bool          // a computed last day moves to its month's end
	JudgedFrom    pipeline.Date // an earlier 合格判定日 is worth a warning; zero: any day
	RenewalMonths int           // the renewal window opens so many months before the month of expiry
	Steps         []ReportStep
	Lapsed        LapsedStep
}

// ReportStep is a step of the expiry report: From and To count calendar months
// from the as-of day's month to the month of expiry, both inclusive, From ≥ To.
type ReportStep struct {
	Label string `yaml:"label"`
	From  int    `yaml:"from"`
	To    int    `yaml:"to"`
}

// LapsedStep is the step from the day after the last valid day through a period
// of so many months.
type LapsedStep struct {
	Label  string `yaml:"label"`
	Months int    `yaml:"months"`
}

// Kinds is one version of the rules on qualifications. It is read-only and safe
// for use by several goroutines.
type Kinds struct {
	Version   string
	ValidFrom pipeline.Date
	Authority string

	kinds    []Kind
	byCode   map[string]int
	fallback Kind // the rule for a code that the table no longer has
	lines    []line
}

// line is a product line that somebody may sell.
type line struct {
	name     string
	noExam   bool // a registration for nothing else needs no exam
	baseOnly bool // 基礎単位 is enough
}

// Codes returns all codes in the order of the table.
func (k *Kinds) Codes() []string {
	out := make([]string, len(k.kinds))
	for i := range k.kinds {
		out[i] = k.kinds[i].Code
	}
	return out
}

// Kind returns the rule for a code and whether the table has the code.
func (k *Kinds) Kind(code string) (Kind, bool) {
	i, ok := k.byCode[code]
	if !ok {
		return Kind{}, false
	}
	return k.kinds[i], true
}

// rule is Kind without copying; an unknown code has the version's window and
// steps but no term of its own.
func (k *Kinds) rule(code string) *Kind {
	if i, ok := k.byCode[code]; ok {
		return &k.kinds[i]
	}
	return &k.fallback
}

// KindHistory is every version of the rules on qualifications.
type KindHistory struct {
	versions []*Kinds
	days     []pipeline.Date
}

// KindsOn returns the version in force on the as-of day. A day before the first
// version is an error.
func (h *KindHistory) KindsOn(asOf pipeline.Date) (*Kinds, error) {
	i, err := versionOn(h.days, asOf, "qualifications")
	if err != nil {
		return nil, err
	}
	return h.versions[i], nil
}

// kindsFile is qualifications.yaml.
type kindsFile struct {
	Versions []kindsVersion `yaml:"versions"`
}

type kindsVersion struct {
	Head          versionHead  `yaml:",inline"`
	RenewalMonths int          `yaml:"renewal_months"`
	Steps         []ReportStep `yaml:"steps"`
	Lapsed        LapsedStep   `yaml:"lapsed"`
	NoExam        []string     `yaml:"lines_without_exam"`
	BaseOnly      []string     `yaml:"lines_with_base_only"`
	Kinds         []kindEntry  `yaml:"kinds"`
}

type kindEntry struct {
	Code          string       `yaml:"code"`
	Category      string       `yaml:"category"`
	Name          string       `yaml:"name"`
	Covers        string       `yaml:"covers"`
	Months        string       `yaml:"months"`
	Rounding      string       `yaml:"rounding"`
	JudgedFrom    string       `yaml:"judged_from"`
	RenewalMonths *int         `yaml:"renewal_months"`
	Steps         []ReportStep `yaml:"steps"`
}

// categories are the seven 資格種類 of 要領 §5(1).
func categories() []string {
	return []string{"損保一般試験", "募集人試験", "商品専門試験・研修", "代理店専門試験", "会社別試験", "旧資格試験", "その他"}
}

// ParseKinds reads qualifications.yaml. All that is wrong with it is reported
// at once, each with its line; name is the file's name for these messages.
func ParseKinds(name string, data []byte) (*KindHistory, error) {
	var f kindsFile
	doc, err := readDocument(name, data, &f)
	if err != nil {
		return nil, err
	}
	heads := make([]versionHead, len(f.Versions))
	for i, v := range f.Versions {
		heads[i] = v.Head
	}
	days, errs := doc.checkHeads(heads)
	h := &KindHistory{days: days}
	for i := range f.Versions {
		k, faults := doc.kinds(fmt.Sprintf("versions[%d]", i), &f.Versions[i])
		k.Version, k.Authority = heads[i].Version, heads[i].Authority
		k.ValidFrom = days[i]
		h.versions = append(h.versions, k)
		errs = append(errs, faults...)
	}
	if err := errs.OrNil(); err != nil {
		return nil, err
	}
	return h, nil
}

func (d *document) kinds(at string, v *kindsVersion) (*Kinds, pipeline.SettingFaults) {
	k := &Kinds{
		byCode:   map[string]int{},
		fallback: Kind{RenewalMonths: v.RenewalMonths, Steps: v.Steps, Lapsed: v.Lapsed},
	}
	errs := d.checkSteps(at, v.RenewalMonths, v.Steps)
	if v.Lapsed.Label == "" || v.Lapsed.Months < 1 {
		errs = append(errs, d.fault(at+".lapsed", "見出し（label）と1以上の月数（months）を書いてください。", "want a label and at least one month"))
	}
	hasBase := false
	for i := range v.Kinds {
		path := fmt.Sprintf("%s.kinds[%d]", at, i)
		kind, faults := d.kind(path, &v.Kinds[i], k.fallback)
		if _, twice := k.byCode[kind.Code]; twice {
			faults = append(faults, d.fault(path+".code", "「%s」が2回書かれています。", "%q stands twice", kind.Code))
		}
		errs = append(errs, faults...)
		k.byCode[kind.Code] = len(k.kinds)
		k.kinds = append(k.kinds, kind)
		hasBase = hasBase || kind.Covers == CoversBase
		if kind.Covers != "" && kind.Covers != CoversBase && k.lineIndex(kind.Covers) < 0 {
			k.lines = append(k.lines, line{name: kind.Covers})
		}
	}
	if !hasBase {
		errs = append(errs, d.fault(at+".kinds", "%s に当たる資格種類が必要です。", "want a kind that covers %s", CoversBase))
	}
	return k, append(errs, d.addLines(at, k, v)...)
}

// addLines puts the lines that need no unit behind those that do.
func (d *document) addLines(at string, k *Kinds, v *kindsVersion) (errs pipeline.SettingFaults) {
	add := func(key string, names []string, noExam bool) {
		for i, n := range names {
			if n == "" || k.lineIndex(n) >= 0 {
				errs = append(errs, d.fault(fmt.Sprintf("%s.%s[%d]", at, key, i), "ほかにない種目の名前を書いてください（「%s」）。", "want a line that stands nowhere else, got %q", n))
			}
			k.lines = append(k.lines, line{name: n, noExam: noExam, baseOnly: true})
		}
	}
	add("lines_without_exam", v.NoExam, true)
	add("lines_with_base_only", v.BaseOnly, false)
	if len(k.lines) > 64 {
		errs = append(errs, d.fault(at, "種目は64までです（%d）。", "want at most 64 product lines, got %d", len(k.lines)))
	}
	return errs
}

func (d *document) kind(at string, e *kindEntry, standard Kind) (Kind, pipeline.SettingFaults) {
	var errs pipeline.SettingFaults
	fault := func(key, ja, en string, args ...any) {
		errs = append(errs, d.fault(at+"."+key, ja, en, args...))
	}
	k := Kind{
		Code: e.Code, Category: e.Category, Name: e.Name, Covers: e.Covers,
		RenewalMonths: standard.RenewalMonths, Steps: standard.Steps, Lapsed: standard.Lapsed,
	}
	if e.Code == "" {
		fault("code", "資格種類コードを書いてください。", "want a 資格種類コード")
	}
	if !slices.Contains(categories(), e.Category) {
		fault("category", "%[1]q のどれかにしてください（「%[2]s」）。", "want one of %[1]q, got %[2]q", categories(), e.Category)
	}
	if e.Name == "" {
		fault("name", "名称を書いてください。", "want a name")
	}
	var ok bool
	if k.Months, k.Unlimited, ok = readTerm(e.Months); !ok {
		fault("months", "1 から 1200 までの月数か %s にしてください（「%s」）。", "want 1 to 1200 months or %s, got %q", unlimitedTerm, e.Months)
	}
	k.MonthEnd = e.Rounding == "月末"
	if e.Rounding != "none" && (!k.MonthEnd || k.Unlimited) {
		fault("rounding", "none か、期限のあるものには 月末 を書いてください（「%s」）。", "want none, or 月末 for a term that ends, got %q", e.Rounding)
	}
	if e.JudgedFrom != "" {
		var err error
		if k.JudgedFrom, err = pipeline.ParseDate(e.JudgedFrom); err != nil {
			fault("judged_from", "「%[1]s」は日付ではありません。YYYY-MM-DD で書いてください。", "%[2]v", e.JudgedFrom, err)
		}
	}
	if e.RenewalMonths != nil {
		k.RenewalMonths = *e.RenewalMonths
	}
	if len(e.Steps) > 0 {
		k.Steps = e.Steps
	}
	return k, append(errs, d.checkSteps(at, k.RenewalMonths, k.Steps)...)
}

func readTerm(s string) (months int, unlimited, ok bool) {
	if s == unlimitedTerm {
		return 0, true, true
	}
	n, err := strconv.Atoi(s)
	return n, false, err == nil && n >= 1 && n <= 1200
}

// checkSteps wants the steps from far to near, none over another.
func (d *document) checkSteps(at string, renewal int, steps []ReportStep) (errs pipeline.SettingFaults) {
	if renewal < 0 || renewal > 120 {
		errs = append(errs, d.fault(at+".renewal_months", "0 から 120 までの月数にしてください（%d）。", "want 0 to 120 months, got %d", renewal))
	}
	for i, s := range steps {
		path := fmt.Sprintf("%s.steps[%d]", at, i)
		switch {
		case s.Label == "":
			errs = append(errs, d.fault(path+".label", "見出しを書いてください。", "want a label"))
		case s.To < 0 || s.From < s.To:
			errs = append(errs, d.fault(path, "from は to 以上、to は 0 以上にしてください（%d、%d）。", "want from ≥ to ≥ 0, got %d and %d", s.From, s.To))
		case i > 0 && s.From >= steps[i-1].To:
			errs = append(errs, d.fault(path, "遠い時期から近い時期の順に、重ならないように書いてください。", "want steps from far to near that do not overlap"))
		}
	}
	return errs
}
