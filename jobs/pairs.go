package jobs

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/access"
	"meibo/pipeline/identity"
	"meibo/pipeline/identity/engine"
	"meibo/pipeline/store"
)

// Pair is a pair of IDs of duplicate_list, or one of which somebody decided
// something since the list was made.
type Pair struct {
	AgentA      string           `json:"agent_id_a"`
	AgentB      string           `json:"agent_id_b"`
	Class       string           `json:"class"` // empty: not on the list
	Weight      *float64         `json:"weight"`
	Probability *float64         `json:"probability"`
	Reasons     []string         `json:"reasons"`
	FirstSeen   pipeline.Date    `json:"first_seen_on,omitzero"`
	Decision    string           `json:"decision"`
	DecidedBy   string           `json:"decided_by"`
	DecidedAt   pipeline.Instant `json:"decided_at,omitzero"`
	Effect      float64          `json:"effect"`            // what a decision is expected to change, for the order of review
	Pending     []Verdict        `json:"pending,omitempty"` // what the next night acts on
}

// Pairs lists duplicate_list as the last night left it, with what people have
// decided since, in order of the IDs.
func (h *House) Pairs(ctx context.Context) ([]Pair, error) {
	verdicts, err := h.verdicts(ctx)
	if err != nil {
		return nil, err
	}
	pending := map[[2]string][]Verdict{}
	for _, v := range verdicts {
		if v.Pending {
			pending[[2]string{v.AgentA, v.AgentB}] = append(pending[[2]string{v.AgentA, v.AgentB}], v)
		}
	}
	effects, err := h.effects(ctx)
	if err != nil {
		return nil, err
	}
	out := []Pair{}
	for d, err := range h.Store.Duplicates(ctx) {
		if err != nil {
			return nil, err
		}
		p, key := pairOf(d), [2]string{d.AgentA, d.AgentB}
		p.Effect = effects[key]
		p.Pending = pending[key]
		delete(pending, key)
		out = append(out, p)
	}
	for key, vs := range pending {
		out = append(out, Pair{AgentA: key[0], AgentB: key[1], Reasons: []string{}, Pending: vs})
	}
	slices.SortFunc(out, func(x, y Pair) int {
		if x.AgentA != y.AgentA {
			return strings.Compare(x.AgentA, y.AgentA)
		}
		return strings.Compare(x.AgentB, y.AgentB)
	})
	return out, nil
}

func pairOf(d *store.Duplicate) Pair {
	p := Pair{
		AgentA: d.AgentA, AgentB: d.AgentB, Class: d.Class, Reasons: d.Reasons, FirstSeen: d.FirstSeen,
		Decision: d.Decision, DecidedBy: d.DecidedBy, DecidedAt: d.DecidedAt,
	}
	if w := d.Weight; !math.IsNaN(w) {
		p.Weight = &w
	}
	if q := d.Probability; !math.IsNaN(q) {
		p.Probability = &q
	}
	return p
}

// PairExplanation is two records side by side, why they are or are not taken
// for one person, and what people decided.
type PairExplanation struct {
	Pair
	AsOf       pipeline.Date    `json:"as_of"`
	OnePerson  bool             `json:"one_person"` // both are in one confirmed cluster
	Evidence   []string         `json:"evidence"`   // what the records have in common as they stand now
	Objections []string         `json:"objections"` // what speaks for two people
	Fields     []Comparison     `json:"fields"`
	Names      []NameComparison `json:"names"`
	Decisions  []Verdict        `json:"decisions"` // on this pair, oldest first

	Weights  *engine.Explanation `json:"weights"`  // as the last night found them; of a pair not on the list, worked out anew
	Changing []string            `json:"changing"` // what would change the verdict
	Clusters []Cluster           `json:"clusters"` // in which the two are
	Events   []ClusterEvent      `json:"events"`   // merges and splits of these clusters, oldest first
}

// How two values stand to each other.
const (
	Agrees          = "一致"
	AgreesAsRead    = "一致（読み）"
	AgreesInVariant = "一致（異体字）"
	Differs         = "相違"
	OneSide         = "片方のみ"
)

// Comparison is one field of both records.
type Comparison struct {
	Label  string `json:"label"`
	A      string `json:"a"`
	B      string `json:"b"`
	Result string `json:"result"` // Agrees, Differs or OneSide
}

// NameComparison is a name of each record, as compared.
type NameComparison struct {
	KindA string             `json:"kind_a"`
	KindB string             `json:"kind_b"`
	A     string             `json:"a"`
	B     string             `json:"b"`
	Level identity.NameLevel `json:"level"`
	// What was folded on the way to the keys that are compared, in Japanese.
	StepsA []string `json:"steps_a"`
	StepsB []string `json:"steps_b"`
	// The names with 〔other writing〕 and 【other letters】 marked.
	MarkedA string `json:"marked_a"`
	MarkedB string `json:"marked_b"`
}

// ExplainPair works out everything about two IDs as of a day. *ErrDecision is
// wrong use, ErrNoSuchAgent an ID that the register does not hold.
func (h *House) ExplainPair(ctx context.Context, l Looker, idA, idB string, asOf pipeline.Date) (*PairExplanation, error) {
	seen, err := h.looking(ctx, l, "", []string{access.FieldBasic, access.FieldQualification, access.FieldRegistration, access.FieldIdentity}, asOf)
	if err != nil {
		return nil, err
	}
	a, b, err := h.two(ctx, idA, idB)
	if errors.Is(err, ErrNoSuchAgent) {
		return nil, errors.Join(err, seen.noted(ctx, 0, idA, idB))
	}
	if err != nil {
		return nil, err
	}
	if err := seen.noted(ctx, 1, a.Agent.ID, b.Agent.ID); err != nil {
		return nil, err
	}
	e := &PairExplanation{
		AsOf: asOf, Evidence: []string{}, Objections: []string{}, Decisions: []Verdict{},
		Changing: []string{}, Clusters: []Cluster{}, Events: []ClusterEvent{},
	}
	e.Pair = Pair{AgentA: a.Agent.ID, AgentB: b.Agent.ID, Reasons: []string{}}
	if err := h.listed(ctx, e); err != nil {
		return nil, err
	}
	ra, rb := identity.RecordOf(a), identity.RecordOf(b)
	e.Evidence = append(e.Evidence, identity.Compare(ra, rb).Reasons()...)
	e.Fields = compareFields(a, b, asOf)
	e.Names = compareNames(ra, rb)
	e.Objections = objections(a, b)
	if err := h.lineage(ctx, e); err != nil {
		return nil, err
	}
	if e.Weights, err = h.weights(ctx, e.AgentA, e.AgentB, asOf); err != nil {
		return nil, err
	}
	e.Changing = append(e.Changing, changing(e.Class, a, b, e.Weights)...)
	return e, nil
}

// weights are what the last night found in a pair, or what the model finds now.
// To know how rare a name is it then reads the whole register.
func (h *House) weights(ctx context.Context, a, b string, asOf pipeline.Date) (*engine.Explanation, error) {
	stored, found, err := h.Store.PairWeightOf(ctx, a, b)
	if err != nil {
		return nil, err
	}
	if found {
		return weighed(stored.Comparisons)
	}
	model, err := h.identityModel()
	if err != nil {
		return nil, err
	}
	columns, err := h.columns(ctx, asOf)
	if err != nil {
		return nil, err
	}
	x, found := columns.Between(a, b, model)
	if !found {
		return nil, fmt.Errorf("%w: %s or %s", ErrNoSuchAgent, a, b)
	}
	e := columns.Scale(model).Explain(x)
	return &e, nil
}

// listed adds what the last night said of the pair, and what people did.
func (h *House) listed(ctx context.Context, e *PairExplanation) error {
	rows, err := h.Store.DuplicatesOf(ctx, e.AgentA)
	if err != nil {
		return err
	}
	for i := range rows {
		if d := &rows[i]; d.AgentA == e.AgentA && d.AgentB == e.AgentB {
			e.Pair = pairOf(d)
		}
	}
	members, err := h.Store.ClusterOf(ctx, e.AgentA)
	if err != nil {
		return err
	}
	e.OnePerson = slices.ContainsFunc(members, func(m store.Membership) bool { return m.AgentID == e.AgentB })
	verdicts, err := h.verdicts(ctx)
	if err != nil {
		return err
	}
	for _, v := range verdicts {
		if v.AgentA != e.AgentA || v.AgentB != e.AgentB {
			continue
		}
		e.Decisions = append(e.Decisions, v)
		if v.Pending {
			e.Pending = append(e.Pending, v)
		}
	}
	return nil
}

func resultOfLevel(l identity.NameLevel) string {
	switch l {
	case identity.NameSame:
		return Agrees
	case identity.NameKana:
		return AgreesAsRead
	case identity.NameVariant:
		return AgreesInVariant
	}
	return Differs
}

// compareFields lists what at least one record holds, in the order of the register.
func compareFields(a, b *pipeline.Person, asOf pipeline.Date) []Comparison {
	out := []Comparison{}
	add := func(label, x, y, result string) {
		if x == "" || y == "" {
			result = OneSide
		}
		if x != "" || y != "" {
			out = append(out, Comparison{label, x, y, result})
		}
	}
	name := func(label, x, y string) { add(label, x, y, resultOfLevel(identity.Level(x, y))) }
	plain := func(label, x, y string) {
		if x == y {
			add(label, x, y, Agrees)
		} else {
			add(label, x, y, Differs)
		}
	}
	p, q := &a.Agent, &b.Agent
	name("氏名", p.Name, q.Name)
	name("氏名カナ", p.NameKana, q.NameKana)
	for _, kind := range []struct{ kind, label, nowA, nowB string }{
		{pipeline.NameFormer, "旧氏名", "", ""},
		{pipeline.NameKanji, "以前の氏名", p.Name, q.Name},
		{pipeline.NameKana, "以前のカナ", p.NameKana, q.NameKana},
		{pipeline.NameLatin, "英字氏名", "", ""},
	} {
		name(kind.label, namesOf(a, kind.kind, kind.nowA), namesOf(b, kind.kind, kind.nowB))
	}
	plain("生年月日", p.BornOn.String(), q.BornOn.String())
	plain("性別", p.Sex, q.Sex)
	plain("メールアドレス", p.Email, q.Email)
	plain("ID取得日", p.IDAcquiredOn.String(), q.IDAcquiredOn.String())
	passesA, passesB := passes(a), passes(b)
	for _, code := range codes(a, b) {
		plain("資格 "+code, passesA[code], passesB[code])
	}
	plain("登録・届出中の代理店", openAt(a, asOf), openAt(b, asOf))
	return out
}

// namesOf joins the names of a kind other than the present one.
func namesOf(p *pipeline.Person, kind, now string) string {
	var all []string
	if kind == pipeline.NameFormer && p.Agent.FormerName != "" {
		all = append(all, p.Agent.FormerName)
	}
	for _, n := range p.Names {
		if n.Kind == kind && (now == "" || pipeline.CleanName(n.Text) != pipeline.CleanName(now)) {
			all = append(all, n.Text)
		}
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), "、")
}

// passes gives numbers and days of the passes on file by 資格種類コード.
func passes(p *pipeline.Person) map[string]string {
	out := map[string]string{}
	for _, q := range p.Qualifications {
		if q.OnFile() {
			out[q.Code] = strings.TrimPrefix(out[q.Code]+"、"+strings.TrimSpace(q.CertificateNo+" "+q.JudgedOn.String()), "、")
		}
	}
	return out
}

// codes lists the 資格種類コード of the passes on file of either, in order.
func codes(people ...*pipeline.Person) (out []string) {
	for _, p := range people {
		for _, q := range p.Qualifications {
			if q.OnFile() {
				out = append(out, q.Code)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// openAt lists the agencies at which the person is registered on the day.
func openAt(p *pipeline.Person, on pipeline.Date) string {
	var out []string
	for _, r := range p.Registrations {
		if r.OpenOn(on) {
			out = append(out, strings.TrimSpace(r.AgencyNo+" "+r.AgencyName))
		}
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), "、")
}

// compareNames compares the present names with each other, and lists every
// earlier one that agrees with some name of the other record.
func compareNames(a, b identity.Record) []NameComparison {
	out := []NameComparison{}
	for _, x := range a.Names {
		for _, y := range b.Names {
			if (x.Kind == pipeline.NameKana) != (y.Kind == pipeline.NameKana) && identity.KeysOf(x.Text).Kana == "" {
				continue // kanji against their reading
			}
			level := identity.Level(x.Text, y.Text)
			present := x.Kind == y.Kind && x.Kind != pipeline.NameFormer && x == first(a, x.Kind) && y == first(b, y.Kind)
			if level == identity.NameDifferent && !present {
				continue
			}
			c := NameComparison{KindA: x.Kind, KindB: y.Kind, A: x.Text, B: y.Text, Level: level, StepsA: stepsOf(x.Text), StepsB: stepsOf(y.Text)}
			spansA, spansB := identity.Diff(x.Text, y.Text)
			c.MarkedA, c.MarkedB = marked(spansA), marked(spansB)
			out = append(out, c)
		}
	}
	return out
}

// first is the present name of a kind.
func first(r identity.Record, kind string) pipeline.Name {
	i := slices.IndexFunc(r.Names, func(n pipeline.Name) bool { return n.Kind == kind })
	return r.Names[i]
}

func stepsOf(name string) []string {
	out := []string{}
	for _, s := range identity.Steps(name) {
		out = append(out, s.String())
	}
	return out
}

func marked(spans []identity.Span) string {
	var b strings.Builder
	for _, s := range spans {
		switch s.Mark {
		case identity.SpanWritten:
			b.WriteString("〔" + s.Text + "〕")
		case identity.SpanOther:
			b.WriteString("【" + s.Text + "】")
		default:
			b.WriteString(s.Text)
		}
	}
	return b.String()
}

// objections says in Japanese what speaks for two people.
func objections(a, b *pipeline.Person) []string {
	out := []string{}
	if p, q := a.Agent.BornOn, b.Agent.BornOn; !p.IsZero() && !q.IsZero() && p != q {
		out = append(out, "生年月日が異なる")
	}
	if p, q := a.Agent.Sex, b.Agent.Sex; p != "" && q != "" && p != q {
		out = append(out, "性別が異なる")
	}
	for _, x := range a.Qualifications {
		for _, y := range b.Qualifications {
			p, q := identity.NumberKey(x.CertificateNo), identity.NumberKey(y.CertificateNo)
			if x.Code == y.Code && x.JudgedOn == y.JudgedOn && x.OnFile() && y.OnFile() && p != "" && q != "" && p != q {
				out = append(out, "同じ日（"+x.JudgedOn.String()+"）に判定された資格 "+x.Code+" の番号が異なる")
			}
		}
	}
	return slices.Compact(out)
}
