package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/identity"
	"meibo/pipeline/identity/engine"
	"meibo/pipeline/report"
)

// pairPage prints pairs of IDs; it is for compliance staff and in Japanese.
type pairPage struct {
	page
	zone *time.Location
}

// pairs prints a list in the order of review; its order is that of the IDs before.
func (p pairPage) pairs(pairs []jobs.Pair) {
	pairs = slices.Clone(pairs)
	rank := map[string]int{pipeline.ClassReview: -1}
	slices.SortStableFunc(pairs, func(x, y jobs.Pair) int {
		return cmp.Or(cmp.Compare(rank[x.Class], rank[y.Class]), -cmp.Compare(x.Effect, y.Effect))
	})
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
	p.weights(e.Weights)
	if len(e.Changing) > 0 {
		p.line("■ 判定が変わる条件")
		for _, s := range e.Changing {
			p.line("  %s", strings.TrimPrefix(s, "判定が変わるとき: "))
		}
	}
	p.clusters(e)
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

// perChar is how many bits a character of the waterfall stands for.
const perChar = 2

// weights prints the waterfall from what was to be expected to the sum.
func (p pairPage) weights(e *engine.Explanation) {
	p.line("■ 重みの積み上げ（■ 同一人を支持、□ 別人を支持、1 文字 = %d bit）", perChar)
	steps := []engine.Step{{Comparison: "比べる前の見込み", Bits: e.Prior}}
	for _, s := range e.Steps {
		if s.Rarity > 0 {
			s.Level += fmt.Sprintf("（うち珍しさ %+.2f）", s.Rarity)
		}
		steps = append(steps, s)
	}
	bits := make([]float64, len(steps))
	name, level, sum := 0, 0, 0.0
	for i, s := range steps {
		bits[i], name, level = s.Bits, max(name, cells(s.Comparison)), max(level, cells(s.Level))
	}
	for i, bar := range report.Waterfall(bits, perChar) {
		sum += bits[i]
		p.line("  %s", strings.TrimRight(fmt.Sprintf("%s  %s  %+7.2f  累計 %+7.2f  %s",
			padded(steps[i].Comparison, name), padded(steps[i].Level, level), bits[i], sum, bar), " "))
	}
	p.line("  合計 %+.2f bit　同一人の確率 %s　審査の目安 %+.2f bit 以上", e.Bits, chance(e.Probability), e.Review)
	if e.Constraint != "" {
		p.line("  重みによらず自動では候補にしない: %s", e.Constraint)
	}
}

// chance is a probability in per cent, never a certainty.
func chance(q float64) string {
	switch {
	case q >= 0.9999:
		return "99.99% 以上"
	case q < 0.0001:
		return "0.01% 未満"
	}
	return fmt.Sprintf("%.2f%%", 100*q)
}

func (p pairPage) clusters(e *jobs.PairExplanation) {
	if len(e.Clusters)+len(e.Events) == 0 {
		return
	}
	p.line("■ 同一人のまとまり")
	for _, c := range e.Clusters {
		p.line("  %s: %s", c.ID, strings.Join(c.Members, "、"))
	}
	for _, x := range e.Events {
		if x.Event == identity.EventMerge {
			p.line("  %s  %s が %s に加わった", x.AsOf, x.Part, x.Cluster)
		} else {
			p.line("  %s  %s が %s から分かれた", x.AsOf, x.Part, x.Cluster)
		}
	}
}
