package access

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Roles of 要領§3, and two whom the association charges with its own work.
const (
	RoleAgent       = "R1" // 募集人ID保有者
	RoleApplicant   = "R2" // 代理店の申請担当者
	RoleAgency      = "R3" // 代理店の管理者
	RoleInsurer     = "R4" // 保険会社社員
	RoleAssociation = "R5" // 協会職員
	RoleOperator    = "R6" // オペレータ
	RoleCompliance  = "compliance"
	RoleExamCenter  = "exam-center"
)

// Purposes that code names; the matrix lists all.
const (
	PurposeSelf       = "P1ア"    // one's own data
	PurposeAgency     = "P3"     // 資格管理 of an agency's own people
	PurposeProof      = "P5ア"    // what the person asked for and a document proves
	PurposeIntended   = "P4ア(ア)" // whom an insurer means to contract or register
	PurposeContract   = "P4ア(ウ)" // 資格管理 of an insurer's own people
	PurposeOther      = "P4ウ"    // an insurer's other work, with a reason
	PurposeStaffOther = "P5エ"    // the association's other work, with a reason
	PurposeQuality    = "P5ウ"    // 資質向上: statistics without personal data
	PurposeRetention  = "P10"    // 管理期間
	PurposeInquiry    = "P11"    // 照会・訂正
	PurposeOwnData    = "P14"    // what the reader itself sent
)

// Groups of fields that code names; the matrix lists all.
const (
	FieldBasic         = "basic"
	FieldFlags         = "flags" // 重複・保険会社所属・強制停止フラグ
	FieldQualification = "qualification"
	FieldRegistration  = "registration"
	FieldActivity      = "activity"
	FieldIdentity      = "identity"
	FieldDeadline      = "deadline"
	FieldCorrection    = "correction"
	FieldInquiry       = "inquiry"
	FieldOwnData       = "own-data"
	FieldAccount       = "account"
	FieldStatistics    = "statistics"
)

// Relations that a purpose may ask for between the reader and the person.
const (
	relationSelf      = "self"
	relationAgency    = "agency"
	relationApplicant = "applicant"
	relationProspect  = "prospect"
	relationBoth      = "both"
	relationContract  = "contract"
	relationRequest   = "request"
	relationNone      = "none"
)

var relations = []string{
	relationSelf, relationAgency, relationApplicant, relationProspect, relationBoth, relationContract, relationRequest, relationNone,
}

// Role is who reads.
type Role struct {
	ID       string `yaml:"id"`
	Name     string `yaml:"name"`
	Clause   string `yaml:"clause"`
	Operator bool   `yaml:"operator"` // 運営者 of 要領§2
}

// Purpose is what for.
type Purpose struct {
	ID       string `yaml:"id"`
	Name     string `yaml:"name"`
	Clause   string `yaml:"clause"`
	Relation string `yaml:"relation"`
	Reason   bool   `yaml:"reason"` // a reason in words is demanded
}

// Field is a group of what is read.
type Field struct {
	ID            string `yaml:"id"`
	Name          string `yaml:"name"`
	Clause        string `yaml:"clause"`
	OperatorsOnly bool   `yaml:"operators_only"` // 運営者 alone (要領§5(1)注)
}

// Line decides on a role with some purposes; fields it does not name are denied.
type Line struct {
	Role     string   `yaml:"role"`
	Purposes []string `yaml:"purposes"`
	Fields   []string `yaml:"fields"`
	Clause   string   `yaml:"clause"`
	Reason   string   `yaml:"reason"` // in Japanese
}

// Use is a role with a purpose.
type Use struct{ Role, Purpose string }

// Matrix is the whole of role × purpose × field.
type Matrix struct {
	Version  string    `yaml:"version"`
	Roles    []Role    `yaml:"roles"`
	Purposes []Purpose `yaml:"purposes"`
	Fields   []Field   `yaml:"fields"`
	Lines    []Line    `yaml:"lines"`

	lines map[Use]*Line
}

// ParseMatrix reads a matrix; name stands before its errors. One that leaves a
// combination open or decides it twice, and one that gives to others what is for
// 運営者 alone, is refused.
func ParseMatrix(name string, b []byte) (*Matrix, error) {
	var m Matrix
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(&m); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &m, nil
}

func (m *Matrix) check() error {
	if m.Version == "" {
		return fmt.Errorf("no version")
	}
	if err := m.checkNames(); err != nil {
		return err
	}
	m.lines = map[Use]*Line{}
	for i := range m.Lines {
		if err := m.take(&m.Lines[i]); err != nil {
			return fmt.Errorf("line %d of lines: %w", i+1, err)
		}
	}
	for _, r := range m.Roles {
		for _, p := range m.Purposes {
			if m.lines[Use{r.ID, p.ID}] == nil {
				return fmt.Errorf("no line decides on role %s with purpose %s", r.ID, p.ID)
			}
		}
	}
	return nil
}

// checkNames wants every row of the three lists whole and named once.
func (m *Matrix) checkNames() error {
	seen := map[string]bool{}
	named := func(what string, texts ...string) error {
		if slices.Contains(texts, "") {
			return fmt.Errorf("%s %q: want id, name and clause", what, texts[0])
		}
		if seen[what+texts[0]] {
			return fmt.Errorf("%s %s stands there twice", what, texts[0])
		}
		seen[what+texts[0]] = true
		return nil
	}
	for _, r := range m.Roles {
		if err := named("role", r.ID, r.Name, r.Clause); err != nil {
			return err
		}
	}
	for _, p := range m.Purposes {
		if err := named("purpose", p.ID, p.Name, p.Clause); err != nil {
			return err
		}
		if !slices.Contains(relations, p.Relation) {
			return fmt.Errorf("purpose %s: relation %q: want one of %s", p.ID, p.Relation, strings.Join(relations, ", "))
		}
	}
	for _, f := range m.Fields {
		if err := named("field", f.ID, f.Name, f.Clause); err != nil {
			return err
		}
	}
	return nil
}

// take enters a line into the matrix.
func (m *Matrix) take(l *Line) error {
	role, ok := m.role(l.Role)
	switch {
	case !ok:
		return fmt.Errorf("no role %q", l.Role)
	case len(l.Purposes) == 0:
		return fmt.Errorf("no purpose")
	case l.Clause == "" || l.Reason == "":
		return fmt.Errorf("want a clause and a reason")
	}
	for _, id := range l.Fields {
		f, ok := m.field(id)
		if !ok {
			return fmt.Errorf("no field %q", id)
		}
		if f.OperatorsOnly && !role.Operator {
			return fmt.Errorf("field %s is for 運営者 alone, and role %s is none (%s)", f.ID, role.ID, f.Clause)
		}
	}
	for _, p := range l.Purposes {
		if _, ok := m.purpose(p); !ok {
			return fmt.Errorf("no purpose %q", p)
		}
		if m.lines[Use{l.Role, p}] != nil {
			return fmt.Errorf("role %s with purpose %s is decided twice", l.Role, p)
		}
		m.lines[Use{l.Role, p}] = l
	}
	return nil
}

func (m *Matrix) role(id string) (Role, bool) {
	return find(m.Roles, func(r Role) bool { return r.ID == id })
}

func (m *Matrix) purpose(id string) (Purpose, bool) {
	return find(m.Purposes, func(p Purpose) bool { return p.ID == id })
}

func (m *Matrix) field(id string) (Field, bool) {
	return find(m.Fields, func(f Field) bool { return f.ID == id })
}

func find[T any](all []T, is func(T) bool) (found T, ok bool) {
	i := slices.IndexFunc(all, is)
	if i < 0 {
		return found, false
	}
	return all[i], true
}

// PurposesOf are the purposes in which a role may see anything, in their order.
func (m *Matrix) PurposesOf(role string) []Purpose {
	var out []Purpose
	for _, p := range m.Purposes {
		if l := m.lines[Use{role, p.ID}]; l != nil && len(l.Fields) > 0 {
			out = append(out, p)
		}
	}
	return out
}
