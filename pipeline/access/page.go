package access

import (
	"fmt"
	"slices"
	"strings"
)

// Page is the matrix as people read it: for each role a table of purposes and
// groups of fields.
func (m *Matrix) Page() string {
	var b strings.Builder
	b.WriteString("# 利用者・利用目的・項目の一覧 (who may see what for which purpose)\n\n")
	fmt.Fprintf(&b, "版 %s。取扱要領§2–§5・§8による。○ は利用できる項目、空欄は利用できない項目です。表にない組合せはすべて利用できません。\n\n", m.Version)
	b.WriteString("This page is written from `../access.yaml`, and a test compares it: `go test ./pipeline/access -update`.\n\n")
	b.WriteString("## 項目\n\n| 項目 | 内容 | 根拠 | 開示先 |\n|---|---|---|---|\n")
	for _, f := range m.Fields {
		to := "すべて"
		if f.OperatorsOnly {
			to = "運営者（協会・保険会社）のみ"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.ID, f.Name, f.Clause, to)
	}
	b.WriteString("\n## 利用目的\n\n| 利用目的 | 内容 | 根拠 | 必要な関係 | 理由の記録 |\n|---|---|---|---|---|\n")
	for _, p := range m.Purposes {
		reason := "–"
		if p.Reason {
			reason = "必要"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", p.ID, p.Name, p.Clause, relationText(p.Relation), reason)
	}
	for _, r := range m.Roles {
		m.rolePage(&b, r)
	}
	return b.String()
}

func (m *Matrix) rolePage(b *strings.Builder, r Role) {
	operator := "運営者ではない"
	if r.Operator {
		operator = "運営者"
	}
	fmt.Fprintf(b, "\n## %s %s\n\n%s、%s。\n\n| 利用目的 |", r.ID, r.Name, r.Clause, operator)
	for _, f := range m.Fields {
		fmt.Fprintf(b, " %s |", f.ID)
	}
	b.WriteString(" 根拠と条件 |\n|---|" + strings.Repeat("---|", len(m.Fields)+1) + "\n")
	for _, p := range m.Purposes {
		l := m.lines[Use{r.ID, p.ID}]
		fmt.Fprintf(b, "| %s |", p.ID)
		for _, f := range m.Fields {
			mark := ""
			if slices.Contains(l.Fields, f.ID) {
				mark = "○"
			}
			fmt.Fprintf(b, " %s |", mark)
		}
		fmt.Fprintf(b, " %s %s |\n", l.Clause, l.Reason)
	}
}

// relationText is a relation in words.
func relationText(relation string) string {
	switch relation {
	case relationSelf:
		return "本人"
	case relationAgency:
		return "当該代理店に登録・届出中"
	case relationApplicant:
		return "当該代理店に登録・届出中または申請中"
	case relationProspect:
		return "委託・登録の予定（参照番号）"
	case relationBoth:
		return "両方の保険会社の明示"
	case relationContract:
		return "自社と委託契約等（当日登録・届出中）"
	case relationRequest:
		return "本人の依頼と証明書類"
	}
	return "–"
}
