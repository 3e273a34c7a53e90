package deadline

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"meibo/pipeline"
)

// registered fills the row of somebody with an open registration: no deadline.
func (j *judgement) registered() {
	r := &j.row
	r.Status = Registered
	r.Reason = "要領§10: 登録・届出が有効なため、管理期間の期限はない。"
	if on := j.open.ClosedOn; !on.IsZero() {
		r.Reason = "要領§10: 登録・届出が有効なため、管理期間の期限はない（" + on.String() + " 廃止予定）。"
	}
	r.Reason += "適用規則: " + j.s.Version + "。"
	r.Evidence = []pipeline.Evidence{evidence("登録・届出", j.open.OpenedOn, j.open.From.Of(""))}
}

// undetermined fills the row of somebody whose base day is missing.
func (j *judgement) undetermined(no, baseKind string, facts ...pipeline.Evidence) {
	r := &j.row
	r.Status, r.Case, r.BaseKind = Undetermined, no, baseKind
	r.Missing = []string{baseKind}
	r.Evidence = facts
	clause := "要領§10 No." + no
	if j.blind != nil {
		clause = "要領§10 No.3・No.4"
	}
	r.Reason = clause + ": " + baseKind + "が登載されていないため判定不能。登載元での補完が必要（それまで削除しない）。適用規則: " + j.s.Version + "。"
}

// reason explains a dated row in one paragraph.
func (j *judgement) reason(t *term) string {
	var b strings.Builder
	r := &j.row
	fmt.Fprintf(&b, "要領§10 No.%s（%s）: %s %s の翌日から%s。", t.no, caseText(t.no), t.baseKind, t.base, r.Period)
	if n := len(r.Extensions); n > 0 {
		e := r.Extensions[n-1]
		fmt.Fprintf(&b, "利用により%d回延長（最後は %s %s、要領§10注）。", n, e.On, e.Kind)
	}
	fmt.Fprintf(&b, "管理期間の末日は %s、%s から削除の対象。", r.LastDay, r.FirstDeletable)
	for _, d := range r.Decisions {
		b.WriteString(d.Text())
	}
	if j.remarksCluster(t) {
		b.WriteString("同一人と確定した別の募集人IDに資格情報がある（このIDには無い）。")
	}
	b.WriteString("適用規則: " + j.s.Version + "。")
	return b.String()
}

// remarksCluster reports whether the record is No.2 or No.4 only because the
// passes sit on the person's other ID.
func (j *judgement) remarksCluster(t *term) bool {
	return j.s.clusterRemark && j.c.ClusterHoldsPass && (t.no == Case2 || t.no == Case4)
}

func caseText(no string) string {
	switch no {
	case Case1:
		return "登録・届出は一度もなし、資格情報あり"
	case Case2:
		return "登録・届出は一度もなし、資格情報なし"
	case Case3:
		return "過去に登録・届出あり、資格情報あり"
	default:
		return "過去に登録・届出あり、資格情報なし"
	}
}

// Text says in Japanese why a person must decide.
func (d Decision) Text() string {
	switch d.Code {
	case DecisionPassAfterClosing:
		return fmt.Sprintf("廃止後の %s に資格情報が登載されている（%s、要領§10 No.3）ため、審査担当の判断が必要。", d.On, d.Code)
	case DecisionLateActivity:
		return fmt.Sprintf("末日後の %s に利用がある（%s、要領§10注。延長はしない）ため、審査担当の判断が必要。", d.On, d.Code)
	case DecisionWithdrawn:
		return fmt.Sprintf("%s の資格の取消で直ちに期限を過ぎた（%s）ため、%s までは審査担当の判断が必要。", d.On, d.Code, d.Until)
	case DecisionFutureOpening:
		return fmt.Sprintf("%s からの登録・届出が予定されている（%s）ため、審査担当の判断が必要。", d.On, d.Code)
	case DecisionDuplicate:
		return fmt.Sprintf("重複候補の保留が %s で終わった（%s、要領§10 No.2）ため、審査担当の判断が必要。", d.On, d.Code)
	}
	return d.Code + "。"
}

// evidence lists the facts behind a dated row.
func (j *judgement) evidence(t *term, posted *pipeline.Qualification) {
	e := make([]pipeline.Evidence, 0, 4)
	switch t.no {
	case Case1:
		e = append(e, evidence(BasePosted, t.base, posted.From.Of("posted_on")))
	case Case2:
		e = append(e, evidence(BaseAcquired, t.base, j.p.Agent.From.Of("id_acquired_on")))
	default:
		e = append(e, evidence(BaseClosed, t.base, j.closed.From.Of("closed_on")))
		if posted != nil {
			e = append(e, evidence(BasePosted, posted.PostedOn, posted.From.Of("posted_on")))
		}
	}
	if t.late < len(j.activities) {
		a := j.activities[t.late]
		e = append(e, evidence(a.Kind, a.On, a.From.Of("")))
	}
	if j.future != nil {
		e = append(e, evidence("登録・届出", j.future.OpenedOn, j.future.From.Of("")))
	}
	n := len(e)
	for i := range j.p.Qualifications {
		if q := &j.p.Qualifications[i]; !j.onFile(q) {
			e = append(e, evidence(pipeline.ResultWithdrawn, q.WithdrawnOn, q.From.Of("withdrawn_on")))
		}
	}
	slices.SortFunc(e[n:], func(a, b pipeline.Evidence) int {
		return cmp.Or(cmp.Compare(a.On, b.On), strings.Compare(a.Ref, b.Ref))
	})
	j.row.Evidence = e
}

func evidence(fact string, on pipeline.Date, ref pipeline.Ref) pipeline.Evidence {
	return pipeline.Evidence{Fact: fact, On: on, Ref: refText(ref), Row: ref.Row}
}

// refText writes a reference; a record made without a file has none.
func refText(r pipeline.Ref) string {
	if r == (pipeline.Ref{}) {
		return ""
	}
	return r.String()
}
