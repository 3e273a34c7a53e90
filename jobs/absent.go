package jobs

import (
	"context"

	"meibo/pipeline"
	"meibo/pipeline/deadline"
)

// absences tell who stands in nothing any more that insurers, agencies and
// persons see: whoever is due for deletion, from the first deletable day on,
// held or not (要領 §10), and whoever asked for it, from the day they did
// (§4(5)ア). Compliance and the association go on seeing them.
type absences struct {
	settings *deadline.Settings
	asOf     pipeline.Date
	whole    map[string]deadline.Request
}

// absencesOn are those of a day.
func (h *House) absencesOn(ctx context.Context, settings *deadline.Settings, asOf pipeline.Date) (absences, error) {
	asked, err := h.requests(ctx)
	return absences{settings, asOf, asked.whole}, err
}

func (a absences) of(p *pipeline.Person) bool {
	var c deadline.Circumstances
	if r, found := a.whole[p.Agent.ID]; found {
		c.Request = &r
	}
	v := deadline.Judge(p, a.settings, c, a.asOf)
	return v.Request != nil || v.Status == deadline.Dated && v.FirstDeletable <= a.asOf
}
