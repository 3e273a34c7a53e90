package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/deadline"
)

func (a *app) explainCommand() *cobra.Command {
	var who *jobs.Looker
	c := &cobra.Command{
		Use:   "explain ID",
		Short: "Explain everything about one 募集人ID, with clause and provenance",
		Long: `explain shows one person: values and the file and row each came from, names, other
IDs of the same person, qualifications and their states, registrations, what the
person asked to have corrected or deleted and what became of it, the deadline with
every step and clause, the state on the purge list, and the files that changed the
record. It decides as of the day given, from the stored facts. The look is noted
in the purpose log (要領 §4): --by, --purpose and --reason say whose it is. Without
them it is the machine's user, as 協会職員 for P5エ 「運用」.`,
		Example: "  meibo explain CASE2EXT01 --as-of 2026-11-21",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(nil, "募集人ID を 1 つ指定してください。", "give one agent ID")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.explain(c.Context(), *who, args[0]) },
	}
	who = lookerFlags(c)
	return c
}

// lookerFlags are the flags by which a command hears who looks at people, for
// what and why.
func lookerFlags(c *cobra.Command) *jobs.Looker {
	var who jobs.Looker
	f := c.Flags()
	f.StringVar(&who.By, "by", "", "active account that looks (default: the machine's user, as 協会職員)")
	f.StringVar(&who.Purpose, "purpose", "", "purpose of 要領 §4, as schemas/rules/access lists them (default P5エ)")
	f.StringVar(&who.Reason, "reason", "", "why, in words; P4ウ and P5エ demand it with --by")
	return &who
}

func (a *app) explain(ctx context.Context, who jobs.Looker, id string) error {
	return a.onDay(ctx, a.look, func(h *jobs.House, day pipeline.Date) error {
		e, err := h.Explain(ctx, who, id, day)
		if errors.Is(err, jobs.ErrNoSuchAgent) {
			return noSuchAgent()
		}
		if err != nil {
			return err
		}
		if a.json {
			writeJSON(a.out, e)
			return nil
		}
		page{a.out}.explanation(e)
		return nil
	})
}

func noSuchAgent() error {
	return &failure{code: exitFailed, ja: "この募集人ID は登録されていません。", en: "the register holds no such agent ID"}
}

// page prints an explanation; it is for compliance staff and in Japanese.
type page struct{ w io.Writer }

func (p page) line(format string, args ...any) { fmt.Fprintf(p.w, format+"\n", args...) }

func (p page) from(s string) string {
	if s == "" {
		return ""
	}
	return "  ← " + s
}

func (p page) explanation(e *jobs.Explanation) {
	p.line("募集人ID %s　基準日 %s", e.AgentID, e.AsOf)
	p.values("■ 基本情報（要領§5(1)）", e.Values)
	p.values("■ 氏名の履歴", e.Names)
	p.identity(e)
	p.qualifications(e.Qualifications)
	p.registrations(e.Registrations)
	p.standing(e.Standing)
	p.values("■ 利用履歴（要領§10注）", e.Activities)
	p.corrections(e.Corrections)
	p.deadline(e)
	p.purge(e)
	p.line("■ この記録を変更したファイル")
	for _, b := range e.Batches {
		p.line("  %s  %s/%s  %s", b.AsOf, b.Sender, b.File, b.SHA256[:min(12, len(b.SHA256))])
	}
}

func (p page) values(title string, vs []jobs.Value) {
	if len(vs) == 0 {
		return
	}
	p.line("%s", title)
	for _, v := range vs {
		p.line("  %s: %s%s", v.Label, v.Text, p.from(v.From))
	}
}

// corrections prints what was asked to be corrected or deleted, version by version.
func (p page) corrections(cs []jobs.CorrectionText) {
	if len(cs) == 0 {
		return
	}
	p.line("■ 訂正・削除の申出（要領§4(5)ア、§11(3)(4)）")
	for _, c := range cs {
		item := c.Item
		if item == "" {
			item = "記録全体"
		}
		if c.Target != "" {
			item += "（" + c.Target + "）"
		}
		change := ""
		if c.Before != "" || c.After != "" {
			change = " 「" + c.Before + "」→「" + c.After + "」"
		}
		p.line("  受付番号 %s %s %s%s: %s（%s、%s）%s%s", c.ReceiptNo, c.Division, item, change, c.State, c.Since, c.Clause,
			bracketIf(c.Reason, "理由"), p.from(c.From))
		p.line("    申出日 %s　証明書類 %s　受付者 %s（%s）", c.On, c.Proof, c.ReceivedBy, c.Sender)
	}
}

func (p page) identity(e *jobs.Explanation) {
	if len(e.Pairs) == 0 && len(e.Cluster) == 0 {
		return
	}
	p.line("■ 重複取得の確認")
	if len(e.Cluster) > 0 {
		p.line("  同一人と確定したID: %s", strings.Join(e.Cluster, "、"))
	}
	for _, x := range e.Pairs {
		p.line("  %s %s: %s%s", x.Class, x.Other, strings.Join(x.Reasons, "、"), bracket(x.Decision))
	}
}

func bracket(s string) string {
	if s == "" {
		return ""
	}
	return "（判定: " + s + "）"
}

func orDash(d pipeline.Date) string {
	if d.IsZero() {
		return "―"
	}
	return d.String()
}

func (p page) qualifications(qs []jobs.QualificationText) {
	if len(qs) == 0 {
		p.line("■ 資格情報なし")
		return
	}
	p.line("■ 資格情報")
	source := map[string]string{"computed": "（規則で計算）"}
	for _, q := range qs {
		until := orDash(q.ExpiresOn)
		if q.State == deadline.StateUnlimited {
			until = "無期限"
		}
		p.line("  %s %s 番号 %s: %s　合格判定日 %s　有効期限 %s%s　登載日 %s%s%s", q.Code, q.Name, q.CertificateNo, q.State,
			orDash(q.JudgedOn), until, source[q.ExpirySource], orDash(q.PostedOn), bracketIf(q.Step, "帳票区分"), p.from(q.From))
		if !q.WithdrawnOn.IsZero() {
			p.line("    取消: %s", q.WithdrawnOn)
		}
	}
}

func bracketIf(s, label string) string {
	if s == "" {
		return ""
	}
	return "（" + label + ": " + s + "）"
}

func (p page) registrations(rs []jobs.RegistrationText) {
	if len(rs) == 0 {
		p.line("■ 登録・届出なし")
		return
	}
	p.line("■ 登録・届出")
	for _, r := range rs {
		state := "基準日現在は登録なし"
		if r.Open {
			state = "登録中"
		}
		opened := orDash(r.OpenedOn)
		if r.OpenedOn.IsZero() {
			opened = "不明"
		}
		p.line("  %s（%s）%s: %s〜%s %s　代申 %s　非代申 %s　商品 %s%s", r.AgencyNo, r.AgencyName, r.Role,
			opened, orDash(r.ClosedOn), state, r.LeadInsurer, r.OtherInsurers, r.Lines, p.from(r.From))
	}
}

func (p page) standing(s jobs.Standing) {
	p.line("■ 募集の可否（参考。要領§6により保険会社の判断を拘束しない）")
	p.line("  %s %s", s.State, strings.Join(s.Lines, "、"))
	if s.ClusterState != "" {
		p.line("  同一人の全ID: %s %s", s.ClusterState, strings.Join(s.ClusterLines, "、"))
	}
}

func (p page) deadline(e *jobs.Explanation) {
	v := &e.Verdict
	p.line("■ 管理期間（要領§10。適用規則: %s）", v.RuleVersion)
	p.line("  %s", v.Reason)
	if v.Status == deadline.Dated {
		p.line("  区分 No.%s　起算の基準 %s %s　期間 %s", v.Case, v.BaseKind, v.BaseOn, v.Period)
		for _, x := range v.Extensions {
			p.line("    延長: %s %s → 満了日 %s", x.On, x.Kind, x.LastDay)
		}
		p.line("  満了日 %s　削除できる最初の日 %s", v.LastDay, v.FirstDeletable)
	}
	for _, x := range v.Evidence {
		p.line("  根拠: %s %s%s", x.Fact, x.On, p.from(x.Ref))
	}
}

// holdText says why a row is held, by whom, since when and how long.
func holdText(h pipeline.Hold) string {
	parts := []string{}
	if h.By != "" {
		parts = append(parts, h.By)
	}
	if !h.Since.IsZero() {
		parts = append(parts, h.Since.String()+" から")
	}
	if !h.Until.IsZero() {
		parts = append(parts, h.Until.String()+" まで")
	}
	if len(parts) == 0 {
		return h.Reason
	}
	return h.Reason + "［" + strings.Join(parts, "、") + "］"
}

func (p page) purge(e *jobs.Explanation) {
	if e.Purge == nil {
		p.line("■ 削除一覧: 掲載なし")
		return
	}
	p.line("■ 削除一覧: %s", e.Purge.State)
	p.line("  %s", e.Purge.Reason)
	for _, h := range e.Purge.Holds {
		p.line("  保留: %s", holdText(h))
	}
	if e.Overdue {
		p.line("  削除期限を過ぎています。")
	}
}
