package jobs

import (
	"context"
	"errors"
	"slices"
	"strings"

	"meibo/pipeline"
	"meibo/pipeline/access"
	"meibo/pipeline/deadline"
	"meibo/pipeline/intake"
	"meibo/pipeline/purge"
	"meibo/pipeline/store"
)

// ErrNoSuchAgent says that the register holds no such 募集人ID.
var ErrNoSuchAgent = errors.New("no such agent")

// Explanation is everything meibo knows and decides about one 募集人ID, each
// value with where it came from.
type Explanation struct {
	AgentID  string        `json:"agent_id"`
	AsOf     pipeline.Date `json:"as_of"`
	Values   []Value       `json:"values"`
	Names    []Value       `json:"names"`
	Cluster  []string      `json:"cluster,omitempty"` // other IDs of the same person
	Pairs    []PairText    `json:"pairs,omitempty"`
	Standing Standing      `json:"standing"`

	Qualifications []QualificationText `json:"qualifications"`
	Registrations  []RegistrationText  `json:"registrations"`
	Activities     []Value             `json:"activities"`

	Corrections []CorrectionText `json:"corrections,omitempty"` // open, applied and refused, oldest version of a 申出 first

	Verdict deadline.Verdict   `json:"verdict"`
	Purge   *pipeline.PurgeRow `json:"purge,omitempty"`
	Overdue bool               `json:"overdue"`
	Batches []BatchText        `json:"batches"` // that changed the record, oldest first
}

// Value is one stored value and the row of the file that brought it.
type Value struct {
	Label string `json:"label"`
	Text  string `json:"text"`
	From  string `json:"from"`
}

// PairText is another ID that is or may be the same person.
type PairText struct {
	Other    string   `json:"other"`
	Class    string   `json:"class"`
	Reasons  []string `json:"reasons"`
	Decision string   `json:"decision,omitempty"`
}

// Standing is what the person may sell on the day, by this ID and over all IDs
// of a confirmed cluster.
type Standing struct {
	State        string   `json:"state"`
	Lines        []string `json:"lines"`
	ClusterState string   `json:"cluster_state,omitempty"`
	ClusterLines []string `json:"cluster_lines,omitempty"`
}

// QualificationText is one qualification with its state on the day.
type QualificationText struct {
	Code          string        `json:"code"`
	Name          string        `json:"name"`
	CertificateNo string        `json:"certificate_no"`
	JudgedOn      pipeline.Date `json:"judged_on"`
	PostedOn      pipeline.Date `json:"posted_on"`
	PostedGiven   bool          `json:"posted_given"`
	ExpiresOn     pipeline.Date `json:"expires_on"`
	ExpirySource  string        `json:"expiry_source"`
	State         string        `json:"state"`
	Step          string        `json:"step,omitempty"`
	WithdrawnOn   pipeline.Date `json:"withdrawn_on,omitzero"`
	From          string        `json:"from"`
}

// RegistrationText is one registration on the day.
type RegistrationText struct {
	AgencyNo      string        `json:"agency_no"`
	AgencyName    string        `json:"agency_name"`
	Role          string        `json:"role"`
	LeadInsurer   string        `json:"lead_insurer"`
	OtherInsurers string        `json:"other_insurers"`
	OpenedOn      pipeline.Date `json:"opened_on"`
	ClosedOn      pipeline.Date `json:"closed_on"`
	Lines         string        `json:"lines"`
	Open          bool          `json:"open"`
	From          string        `json:"from"`
}

// BatchText is one received file.
type BatchText struct {
	ID     string        `json:"batch_id"`
	AsOf   pipeline.Date `json:"as_of"`
	Sender string        `json:"sender"`
	File   string        `json:"file"`
	SHA256 string        `json:"sha256"`
}

// explainedFields are the groups of fields of an explanation.
func explainedFields() []string {
	return []string{
		access.FieldBasic, access.FieldFlags, access.FieldQualification, access.FieldRegistration, access.FieldActivity,
		access.FieldIdentity, access.FieldDeadline, access.FieldCorrection,
	}
}

// Explain works out everything about one ID as of a day, from the stored facts,
// for who may see it; the look is noted. *ErrAccess says that l may not.
func (h *House) Explain(ctx context.Context, l Looker, id string, asOf pipeline.Date) (*Explanation, error) {
	id = intake.AgentID(id)
	seen, err := h.looking(ctx, l, id, explainedFields(), asOf)
	if err != nil {
		return nil, err
	}
	p, err := h.Store.Person(ctx, id)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, errors.Join(ErrNoSuchAgent, seen.noted(ctx, 0, id))
	}
	if err := seen.noted(ctx, 1, id); err != nil {
		return nil, err
	}
	kinds, settings, err := h.rulesOn(asOf)
	if err != nil {
		return nil, err
	}
	e := &explainer{h: h, p: p, kinds: kinds, settings: settings, batches: map[string]pipeline.Batch{}}
	e.out = &Explanation{AgentID: id, AsOf: asOf}
	e.values()
	e.qualifications()
	e.registrations()
	if err := e.identity(ctx); err != nil {
		return nil, err
	}
	if err := e.corrections(ctx); err != nil {
		return nil, err
	}
	if e.holds, e.voices, err = h.standingOf(ctx, []string{id}); err != nil {
		return nil, err
	}
	void, err := h.undecided(ctx)
	if err != nil {
		return nil, err
	}
	e.candidates = append(e.candidates, seenBy(asOf, void[id])...)
	e.verdict()
	return e.out, e.provenance(ctx)
}

// explainer gathers one Explanation.
type explainer struct {
	h        *House
	p        *pipeline.Person
	kinds    *deadline.Kinds
	settings *deadline.Settings
	out      *Explanation
	batches  map[string]pipeline.Batch // that values came from

	asked      requests
	holds      []store.Hold // by name, those that stand
	voices     *access.Voices
	candidates []deadline.Candidate
	others     []pipeline.Qualification
}

func (e *explainer) from(p pipeline.Provenance, column string) string {
	r := p.Of(column)
	if r.Batch != "" {
		e.batches[r.Batch] = pipeline.Batch{}
	}
	return r.String()
}

func (e *explainer) values() {
	a := &e.p.Agent
	flag := map[pipeline.Flag]string{pipeline.FlagYes: "あり", pipeline.FlagNo: "なし"}
	for _, v := range []struct{ label, column, text string }{
		{"氏名", "name", a.Name},
		{"氏名カナ", "name_kana", a.NameKana},
		{"旧氏名", "former_name", a.FormerName},
		{"生年月日", "born_on", a.BornOn.String()},
		{"性別", "sex", a.Sex},
		{"メールアドレス", "email", a.Email},
		{"ID取得日", "id_acquired_on", a.IDAcquiredOn.String()},
		{"強制停止フラグ", "suspended", flag[a.Suspended]},
	} {
		if v.text != "" {
			e.out.Values = append(e.out.Values, Value{v.label, v.text, e.from(a.From, v.column)})
		}
	}
	yesNo := map[bool]string{true: "あり", false: "なし"}
	e.out.Values = append(e.out.Values,
		Value{"重複フラグ", yesNo[a.DuplicateFlag], ""}, Value{"保険会社所属フラグ", yesNo[a.Affiliated], ""})
	for _, n := range e.p.Names {
		e.out.Names = append(e.out.Names, Value{n.Kind, n.Text, e.from(n.From, "")})
	}
	for _, x := range e.p.Activities {
		text := strings.TrimSpace(x.On.String() + " " + x.Kind + " " + x.Actor)
		e.out.Activities = append(e.out.Activities, Value{"利用履歴", text, e.from(x.From, "")})
	}
}

func (e *explainer) qualifications() {
	for i := range e.p.Qualifications {
		q := &e.p.Qualifications[i]
		t := QualificationText{
			Code: q.Code, CertificateNo: q.CertificateNo, JudgedOn: q.JudgedOn, PostedOn: q.PostedOn,
			PostedGiven: q.PostedGiven, WithdrawnOn: q.WithdrawnOn, From: e.from(q.From, ""),
		}
		if k, ok := e.kinds.Kind(q.Code); ok {
			t.Name = k.Name
		}
		t.ExpiresOn, t.ExpirySource = e.kinds.Expiry(q)
		t.State = "取消"
		if q.OnFile() {
			t.State = e.kinds.State(q, e.out.AsOf)
			if !e.kinds.Replaced(q, e.p.Qualifications, e.out.AsOf) {
				t.Step = e.kinds.Step(q, e.out.AsOf)
			}
		}
		e.out.Qualifications = append(e.out.Qualifications, t)
	}
}

func (e *explainer) registrations() {
	for _, r := range e.p.Registrations {
		e.out.Registrations = append(e.out.Registrations, RegistrationText{
			AgencyNo: r.AgencyNo, AgencyName: r.AgencyName, Role: r.Role, LeadInsurer: r.LeadInsurer,
			OtherInsurers: r.OtherInsurers, OpenedOn: r.OpenedOn, ClosedOn: r.ClosedOn, Lines: r.Lines,
			Open: r.OpenOn(e.out.AsOf), From: e.from(r.From, ""),
		})
	}
}

func (e *explainer) identity(ctx context.Context) error {
	id := e.p.Agent.ID
	members, err := e.h.Store.ClusterOf(ctx, id)
	if err != nil {
		return err
	}
	for _, m := range members {
		if m.AgentID != id {
			e.out.Cluster = append(e.out.Cluster, m.AgentID)
		}
	}
	if e.others, err = e.h.Store.Qualifications(ctx, e.out.Cluster); err != nil {
		return err
	}
	pairs, err := e.h.Store.DuplicatesOf(ctx, id)
	if err != nil {
		return err
	}
	for i := range pairs {
		d := &pairs[i]
		other := d.AgentA
		if other == id {
			other = d.AgentB
		}
		e.out.Pairs = append(e.out.Pairs, PairText{other, d.Class, d.Reasons, d.Decision})
		if heavy(d) {
			e.candidates = append(e.candidates, deadline.Candidate{Other: other, FirstSeen: d.FirstSeen})
		}
	}
	return nil
}

func (e *explainer) verdict() {
	own := e.kinds.Standing(e.p.Registrations, e.p.Qualifications, e.out.AsOf)
	e.out.Standing = Standing{State: own.State, Lines: own.Lines}
	if len(e.out.Cluster) > 0 {
		all := e.kinds.Standing(e.p.Registrations, append(slices.Clone(e.p.Qualifications), e.others...), e.out.AsOf)
		e.out.Standing.ClusterState, e.out.Standing.ClusterLines = all.State, all.Lines
	}
	c := deadline.Circumstances{Duplicates: e.candidates}
	for _, q := range e.others {
		c.ClusterHoldsPass = c.ClusterHoldsPass || q.OnFile()
	}
	e.asked.circumstances(e.p.Agent.ID, &c)
	for i := range e.holds {
		c.Holds = append(c.Holds, named(e.voices, &e.holds[i]))
	}
	e.out.Verdict = deadline.Judge(e.p, e.settings, c, e.out.AsOf)
	if row, listed := purge.Row(e.p, e.out.Verdict, e.out.AsOf, e.settings); listed {
		e.out.Purge, e.out.Overdue = &row, purge.Overdue(&row, e.out.AsOf)
	}
}

// provenance names the files behind the references.
func (e *explainer) provenance(ctx context.Context) error {
	var found []pipeline.Batch
	for id := range e.batches {
		b, ok, err := e.h.Store.Batch(ctx, id)
		if err != nil {
			return err
		}
		if ok {
			found = append(found, b)
		}
	}
	slices.SortFunc(found, func(a, b pipeline.Batch) int {
		return strings.Compare(a.AsOf.String()+a.ID, b.AsOf.String()+b.ID)
	})
	names := map[string]string{}
	for _, b := range found {
		names[b.ID] = b.Sender + "/" + b.FileName
		e.out.Batches = append(e.out.Batches, BatchText{b.ID, b.AsOf, b.Sender, b.FileName, b.SHA256})
	}
	readable := func(ref *string) {
		r, err := pipeline.ParseRef(*ref)
		if name := names[r.Batch]; err == nil && name != "" {
			*ref = pipeline.Origin{File: name, Sheet: r.Sheet, Row: r.Row}.String()
		}
	}
	for _, list := range [][]Value{e.out.Values, e.out.Names, e.out.Activities} {
		for i := range list {
			readable(&list[i].From)
		}
	}
	for i := range e.out.Qualifications {
		readable(&e.out.Qualifications[i].From)
	}
	for i := range e.out.Corrections {
		readable(&e.out.Corrections[i].From)
	}
	for i := range e.out.Registrations {
		readable(&e.out.Registrations[i].From)
	}
	for i := range e.out.Verdict.Evidence {
		readable(&e.out.Verdict.Evidence[i].Ref)
	}
	return nil
}
