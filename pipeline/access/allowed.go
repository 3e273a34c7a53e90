package access

import (
	"fmt"
	"slices"
	"strings"
)

// Facts are what is known of a reader and of the person looked at.
type Facts struct {
	Stopped  bool   // the reader's access is stopped (要領§8(3))
	Self     bool   // the person is the reader
	AtAgency bool   // has an open registration at the reader's agency
	Applying bool   // an application of the person is under way there
	Contract bool   // has an open registration for the reader's company, 代申 or 非代申
	Prospect string // reference number of a planned contract or registration
	Both     bool   // both insurers of a comparison are named
	Asked    bool   // the person asked for the change
	Proved   bool   // a document proves it
	Reason   string // why, in the reader's words
}

// Verdict says whether something may be seen, why, and by which clause.
type Verdict struct {
	Allowed bool   `json:"allowed"`
	Reason  string `json:"reason"` // in Japanese
	Clause  string `json:"clause"`
}

// Allowed decides whether a role may see these groups of fields of a person for
// a purpose. What the matrix does not give is denied; so is everything if no
// field is asked for, and whatever it does not know.
func (m *Matrix) Allowed(role, purpose string, fields []string, facts Facts) Verdict {
	if facts.Stopped {
		return Verdict{Reason: "アカウントが停止されています。", Clause: "要領§8(3)"}
	}
	p, known := m.purpose(purpose)
	line := m.lines[Use{role, purpose}]
	if !known || line == nil {
		return Verdict{Reason: "定められていない役割または利用目的です。", Clause: "要領§3・§4"}
	}
	denied := func(format string, args ...any) Verdict {
		return Verdict{Reason: fmt.Sprintf(format, args...), Clause: line.Clause}
	}
	if len(line.Fields) == 0 {
		return denied("%s", line.Reason)
	}
	if len(fields) == 0 {
		return denied("利用する項目が指定されていません。")
	}
	for _, id := range fields {
		f, ok := m.field(id)
		switch {
		case !ok:
			return denied("定められていない項目です。")
		case slices.Contains(line.Fields, id):
		case f.OperatorsOnly && !m.operator(role):
			return Verdict{Reason: f.Name + "は運営者にだけ開示します。", Clause: f.Clause}
		default:
			return denied("%sは、この利用目的（%s）では利用できません。", f.Name, p.Name)
		}
	}
	if missing := p.missing(facts); missing != "" {
		return Verdict{Reason: missing, Clause: p.Clause}
	}
	if p.Reason && strings.TrimSpace(facts.Reason) == "" {
		return Verdict{Reason: "この利用目的には理由の記録が必要です。", Clause: p.Clause}
	}
	return Verdict{Allowed: true, Reason: line.Reason, Clause: line.Clause}
}

func (m *Matrix) operator(role string) bool {
	r, _ := m.role(role)
	return r.Operator
}

// missing says what is missing between reader and person; empty: nothing.
func (p *Purpose) missing(f Facts) string {
	switch p.Relation {
	case relationSelf:
		return unless(f.Self, "本人の情報ではありません。")
	case relationAgency:
		return unless(f.AtAgency, "この代理店に登録・届出中の募集人ではありません。")
	case relationApplicant:
		return unless(f.AtAgency || f.Applying, "この代理店に登録・届出中でも申請中でもありません。")
	case relationProspect:
		return unless(strings.TrimSpace(f.Prospect) != "", "委託または登録・届出の予定を示す番号が必要です。")
	case relationBoth:
		return unless(f.Both, "照合する両方の保険会社が必要です。")
	case relationContract:
		return unless(f.Contract, "自社と委託契約等のある募集人ではありません。")
	case relationRequest:
		return unless(f.Asked && f.Proved, "本人の依頼と、客観的事実を証明する書類等の両方が必要です。")
	case relationNone:
		return ""
	}
	return "定められていない関係です。" // refused by ParseMatrix
}

func unless(ok bool, missing string) string {
	if ok {
		return ""
	}
	return missing
}
