package jobs

import (
	"context"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/deadline"
)

// CorrectionText is one version of a 申出 to correct or delete.
type CorrectionText struct {
	ReceiptNo  string        `json:"receipt_no"`
	Division   string        `json:"division"`
	Item       string        `json:"item,omitempty"` // empty: the whole record
	Target     string        `json:"target,omitempty"`
	Before     string        `json:"before,omitempty"`
	After      string        `json:"after,omitempty"`
	Proof      string        `json:"proof"`
	On         pipeline.Date `json:"requested_on"`
	ReceivedBy string        `json:"received_by"`
	Sender     string        `json:"sender"`
	State      string        `json:"state"` // 受付, 回送, 適用, 却下 or 更新
	Since      pipeline.Date `json:"since"`
	Reason     string        `json:"reason,omitempty"`
	Open       bool          `json:"open"` // somebody must answer: a hold
	Clause     string        `json:"clause"`
	From       string        `json:"from"`
}

func (e *explainer) corrections(ctx context.Context) error {
	id := e.p.Agent.ID
	versions, err := e.h.Store.Corrections(ctx, []string{id})
	if err != nil {
		return err
	}
	versions = slices.DeleteFunc(versions, func(c pipeline.Correction) bool { return c.Since > e.out.AsOf })
	e.asked = requests{map[string][]pipeline.Correction{}, map[string]deadline.Request{}}
	newest := pipeline.NewestVersions(versions)
	for i := range newest {
		e.asked.take(&newest[i])
	}
	for i := range versions {
		c := &versions[i]
		text := CorrectionText{
			ReceiptNo: c.ReceiptNo, Division: c.Division, Item: c.Item, Target: c.Target, Before: c.Before, After: c.After,
			Proof: c.Proof, On: c.On, ReceivedBy: c.ReceivedBy, Sender: c.Sender, State: c.State, Since: c.Since,
			Open: c.Open() && slices.Contains(newest, *c), Clause: e.clause(c), From: e.from(c.From, ""),
		}
		if c.Reason != "" {
			text.Reason = refusalText(pipeline.Code(c.Reason))
		}
		e.out.Corrections = append(e.out.Corrections, text)
	}
	return nil
}

// refusalText says in Japanese why a correction was refused, without any value.
func refusalText(code pipeline.Code) string {
	for _, f := range Faults() {
		if f.Code == code {
			return f.MeaningJA
		}
	}
	return string(code)
}

// clause is what the version rests on.
func (e *explainer) clause(c *pipeline.Correction) string {
	role, _ := e.h.Config.role(c.Sender)
	switch {
	case c.WholeRecord():
		return "要領§4(5)ア"
	case c.State == pipeline.CorrectionRouted, role == SenderAssociation:
		return "要領§11(4)"
	}
	return "要領§11(3)"
}
