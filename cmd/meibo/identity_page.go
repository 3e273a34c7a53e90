package main

import (
	"strconv"
	"strings"
	"time"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/identity"
)

// pairPage prints pairs of IDs; it is for compliance staff and in Japanese.
type pairPage struct {
	page
	zone *time.Location
}

func (p pairPage) pairs(pairs []jobs.Pair) {
	idA, idB := 0, 0
	count := map[string]int{}
	for _, x := range pairs {
		count[x.Class]++
		idA, idB = max(idA, cells(x.AgentA)), max(idB, cells(x.AgentB))
	}
	p.line("%s %d 組、%s %d 組", pipeline.ClassConfirmed, count[pipeline.ClassConfirmed], pipeline.ClassReview, count[pipeline.ClassReview])
	for _, x := range pairs {
		class := x.Class
		if class == "" {
			class = "（なし）"
		}
		text := strings.Join(x.Reasons, "、")
		if x.Class == "" {
			text = "一覧にない組"
		}
		p.line("  %s  %s  %s  %s%s", padded(class, 8), padded(x.AgentA, idA), padded(x.AgentB, idB), text, bracket(decidedBy(x)))
		for _, v := range x.Pending {
			p.line("    次回の処理で反映: %s", p.sentence(v))
		}
	}
}

func decidedBy(x jobs.Pair) string {
	if x.Decision == "" {
		return ""
	}
	return x.Decision + "、" + x.DecidedBy
}

// sentence is one decision on one line.
func (p pairPage) sentence(v jobs.Verdict) string {
	s := v.Verdict + "（判定 " + strconv.Itoa(v.No) + "、" + v.By + "、" + p.clock(v.At) + "）理由: " + strings.Join(strings.Fields(v.Reason), " ")
	if !v.UndoneAt.IsZero() {
		s += "　→ 取消（" + v.UndoneBy + "、" + p.clock(v.UndoneAt) + "）"
	}
	return s
}

func (p pairPage) verdict(v jobs.Verdict) {
	p.line("  %s と %s: %s", v.AgentA, v.AgentB, p.sentence(v))
}

func (p pairPage) clock(i pipeline.Instant) string {
	return i.Time().In(p.zone).Format("2006-01-02 15:04")
}

func (p pairPage) explanation(e *jobs.PairExplanation) {
	p.line("募集人ID %s と %s　基準日 %s", e.AgentA, e.AgentB, e.AsOf)
	p.judgement(e)
	p.fields(e)
	p.names(e.Names)
	p.line("■ 審査の履歴")
	if len(e.Decisions) == 0 {
		p.line("  なし")
	}
	for _, v := range e.Decisions {
		state := ""
		switch {
		case v.Pending:
			state = "　※次回の処理で反映"
		case v.Binding:
			state = "　※有効"
		}
		p.line("  %s%s", p.sentence(v), state)
	}
}

func (p pairPage) judgement(e *jobs.PairExplanation) {
	p.line("■ 判定")
	if e.Class == "" {
		p.line("  区分: 一覧にない")
	} else {
		p.line("  区分: %s（%s から掲載）", e.Class, e.FirstSeen)
	}
	for _, r := range e.Reasons {
		p.line("    理由: %s", r)
	}
	if e.OnePerson {
		p.line("  同一人として確定した組に含まれる（重複フラグあり）")
	}
	p.points("現在の記録で一致する点", e.Evidence)
	p.points("別人をうかがわせる点", e.Objections)
}

func (p pairPage) points(title string, points []string) {
	if len(points) == 0 {
		p.line("  %s: なし", title)
		return
	}
	p.line("  %s:", title)
	for _, x := range points {
		p.line("    %s", x)
	}
}

func (p pairPage) fields(e *jobs.PairExplanation) {
	p.line("■ 記録の比較")
	label, a, b := 0, cells(e.AgentA), cells(e.AgentB)
	for _, f := range e.Fields {
		label, a, b = max(label, cells(f.Label)), max(a, min(cells(f.A), 40)), max(b, min(cells(f.B), 40))
	}
	p.line("  %s  %s  %s", padded("", label), padded(e.AgentA, a), e.AgentB)
	for _, f := range e.Fields {
		p.line("  %s  %s  %s  %s", padded(f.Label, label), padded(orLine(f.A), a), padded(orLine(f.B), b), f.Result)
	}
}

func orLine(s string) string {
	if s == "" {
		return "―"
	}
	return s
}

func (p pairPage) names(all []jobs.NameComparison) {
	if len(all) == 0 {
		return
	}
	p.line("■ 氏名の比べ方（〔〕は書き方の違い、【】は異なる文字）")
	says := map[identity.NameLevel]string{
		identity.NameSame: "同じ", identity.NameKana: "同じ読み",
		identity.NameVariant: "異体字を同じとみると同じ", identity.NameDifferent: "異なる",
	}
	for _, c := range all {
		p.line("  %sと%s: %s", c.KindA, c.KindB, says[c.Level])
		p.line("    %s%s", c.MarkedA, steps(c.StepsA))
		p.line("    %s%s", c.MarkedB, steps(c.StepsB))
	}
}

func steps(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return "　← " + strings.Join(all, "、")
}

// padded fills a text with blanks to that many cells.
func padded(s string, wide int) string {
	return s + strings.Repeat(" ", max(0, wide-cells(s)))
}
