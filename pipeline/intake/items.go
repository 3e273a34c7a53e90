package intake

import (
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/source"
)

// Item is a value of the register that a correction names by its header, or,
// without a Key, a whole qualification or registration.
type Item struct {
	Header string // as the layout of its record has it
	Key    string
	Of     string // RecordAgent, RecordExamResult or RecordRegistration

	// Fixed items are on file and no correction changes them.
	Fixed bool

	column *Column
}

// Items are all values that a correction may name.
type Items struct{ layouts []*Layout }

// Items returns the values of agents, qualifications and registrations.
func (ls Layouts) Items() Items {
	return Items{[]*Layout{ls["agents"], ls["exam-results"], ls["registrations"]}}
}

// wholeItems name an entry rather than a value of it.
var wholeItems = []struct {
	Item
	spellings []string
}{
	{Item{Header: "資格情報", Of: RecordExamResult}, []string{"資格情報", "資格"}},
	{Item{Header: "登録・届出", Of: RecordRegistration}, []string{"登録・届出", "登録・届出情報", "登録", "届出"}},
	// Computed: there is nothing to correct but what they are computed from.
	{Item{Header: "重複フラグ", Key: "duplicate_flag", Of: RecordAgent, Fixed: true}, []string{"重複フラグ"}},
	{Item{Header: "保険会社所属フラグ", Key: "affiliated", Of: RecordAgent, Fixed: true}, []string{"保険会社所属フラグ"}},
}

// fixedItems: who somebody is, what an event was, and what decides who may
// send rows for an agency, is not corrected but deleted and sent anew. 強制停止 is
// no fact about a person but a measure of the operators (要領§5(1)注): nobody
// lifts or imposes it by a request to correct facts (§11(3)).
var fixedItems = map[string][]string{
	RecordAgent:        {"agent_id", "suspended"},
	RecordExamResult:   {"result"},
	RecordRegistration: {"lead_insurer", "agency_no", "role", "event"},
}

// Find returns the item of that header in any of its spellings. Where several
// kinds of file have the header, it is that of the kind whose record keeps the
// value: agents before qualifications before registrations.
func (it Items) Find(header string) (Item, bool) {
	word := foldWord(header)
	for _, w := range wholeItems {
		if slices.ContainsFunc(w.spellings, func(s string) bool { return foldWord(s) == word }) {
			return w.Item, true
		}
	}
	for _, l := range it.layouts {
		if l == nil {
			continue
		}
		if i, ok := l.headers[word]; ok {
			c := &l.Columns[i]
			return Item{
				Header: c.Header, Key: c.Key, Of: l.RecordKind, column: c,
				Fixed: slices.Contains(fixedItems[l.RecordKind], c.Key),
			}, true
		}
	}
	return Item{}, false
}

// Optional reports whether the register may hold nothing for the item.
func (i Item) Optional() bool {
	switch {
	case i.column == nil:
		return false
	case i.Of == RecordExamResult && (i.Key == "certificate_no" || i.Key == "posted_on"):
		return false // its key, and the base day of 要領 §10 No.1
	}
	return !i.column.Required
}

// Read reads a text as the item's column does and gives it in its one form:
// dates as 2006-01-02, months as 2006-01, flags as 1 and 0, and all else as the
// register keeps it. Nothing stands for nothing.
func (i Item) Read(text string, asOf pipeline.Date) (string, *Finding) {
	c := i.column
	if text == "" || c == nil {
		return "", nil
	}
	if d, err := pipeline.ParseDate(text); err == nil && c.Type == TypeYearMonth {
		return d.YearMonth().String(), nil // a spreadsheet makes 2027/5 a day of May
	}
	v, f := c.read(text, source.Text, false)
	if f.IsError() {
		return "", f
	}
	switch c.Type {
	case TypeDate:
		if v.n == 0 {
			return v.text, f
		}
		d := pipeline.Date(v.n)
		if bound := c.checkDate(d, asOf); bound != nil {
			f = bound
		}
		return d.String(), f
	case TypeYearMonth:
		return pipeline.YearMonth(v.n).String(), f
	case TypeFlag:
		return showFlag(pipeline.Flag(v.n)), f
	}
	return v.text, f
}

// Equal reports whether two values in the form of Read are the same. Names and
// other texts are compared by their safe clean-up.
func (i Item) Equal(a, b string) bool {
	return a == b || i.column != nil && i.column.Type == TypeText && pipeline.CleanName(a) == pipeline.CleanName(b)
}

func showFlag(f pipeline.Flag) string {
	switch f {
	case pipeline.FlagYes:
		return "1"
	case pipeline.FlagNo:
		return "0"
	}
	return ""
}

// slot is where a record keeps one value: a pointer to it.
type slot any

// expirySlot is 資格有効期限年月日, a day or 無期限.
type expirySlot struct {
	on        *pipeline.Date
	unlimited *bool
}

const unlimited = "無期限"

// shown gives the value in the form of Item.Read.
func shown(s slot) string {
	switch s := s.(type) {
	case *string:
		return *s
	case *pipeline.Date:
		return s.String()
	case *pipeline.YearMonth:
		return s.String()
	case *pipeline.Flag:
		return showFlag(*s)
	case expirySlot:
		if *s.unlimited {
			return unlimited
		}
		return s.on.String()
	}
	return ""
}

// keep writes a value in the form of Item.Read, or clears it.
func keep(s slot, v string) {
	switch s := s.(type) {
	case *string:
		*s = v
	case *pipeline.Date:
		*s = dateOf(v)
	case *pipeline.YearMonth:
		m, err := pipeline.ParseYearMonth(v)
		if err != nil {
			m = 0
		}
		*s = m
	case *pipeline.Flag:
		*s = map[string]pipeline.Flag{"1": pipeline.FlagYes, "0": pipeline.FlagNo}[v]
	case expirySlot:
		*s.on, *s.unlimited = dateOf(v), v == unlimited
	}
}

func dateOf(v string) pipeline.Date {
	d, err := pipeline.ParseDate(v)
	if err != nil {
		return 0
	}
	return d
}

// agentSlot, qualificationSlot, resultSlot, registrationSlot and eventSlot
// find the value of a column key in a record; nil where it is not kept there.

func agentSlot(a *pipeline.Agent, key string) slot {
	switch key {
	case "name":
		return &a.Name
	case "name_kana":
		return &a.NameKana
	case "former_name":
		return &a.FormerName
	case "born_on":
		return &a.BornOn
	case "sex":
		return &a.Sex
	case "email":
		return &a.Email
	case "id_acquired_on":
		return &a.IDAcquiredOn
	case "suspended":
		return &a.Suspended
	}
	return nil
}

func qualificationSlot(q *pipeline.Qualification, key string) slot {
	switch key {
	case "qualification":
		return &q.Code
	case "certificate_no":
		return &q.CertificateNo
	case "pass_code":
		return &q.PassCode
	case "result":
		return &q.Result
	case "judged_on":
		return &q.JudgedOn
	case "expires_on":
		return expirySlot{&q.ExpiresOn, &q.Unlimited}
	case "next_exam":
		return &q.NextExam
	case "acquired_at":
		return &q.AcquiredAt
	case "posted_by":
		return &q.PostedBy
	case "posted_on":
		return &q.PostedOn
	}
	return nil
}

func resultSlot(r *ExamResult, key string) slot {
	switch key {
	case "pass_code":
		return &r.PassCode
	case "judged_on":
		return &r.JudgedOn
	case "expires_on":
		return expirySlot{&r.ExpiresOn, &r.Unlimited}
	case "next_exam":
		return &r.NextExam
	case "acquired_at":
		return &r.AcquiredAt
	case "posted_by":
		return &r.PostedBy
	case "posted_on":
		return &r.PostedOn
	}
	return nil
}

func registrationSlot(r *pipeline.Registration, key string) slot {
	switch key {
	case "agency_no":
		return &r.AgencyNo
	case "role":
		return &r.Role
	case "lead_insurer":
		return &r.LeadInsurer
	case "other_insurers":
		return &r.OtherInsurers
	case "agency_name":
		return &r.AgencyName
	case "agency_address":
		return &r.AgencyAddress
	case "event_on":
		return &r.OpenedOn
	case "closed_on":
		return &r.ClosedOn
	case "lines":
		return &r.Lines
	case "note":
		return &r.Note
	}
	return nil
}
