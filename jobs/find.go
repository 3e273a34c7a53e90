package jobs

import (
	"context"
	"maps"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/deadline"
	"meibo/pipeline/identity"
)

// wanted is whom an inquiry names (要領 §11(1)). What is empty was not asked;
// everything else must fit.
type wanted struct {
	agentID       string
	name          string // 氏名 or 旧氏名, as written
	kana          string // 氏名カナ, as written
	bornOn        pipeline.Date
	certificateNo string
}

// finder looks for people as of a day. Names are compared by pipeline.CleanName
// alone: width, case, blanks and variation selectors make no other name, but a
// variant of a kanji does, and two people are never one hit.
//
// No key of names is stored: the index over birth dates leaves so few people
// that cleaning their names here costs less than keeping such keys true.
type finder struct {
	h      *House
	absent absences
}

func (h *House) finderOn(ctx context.Context, settings *deadline.Settings, asOf pipeline.Date) (*finder, error) {
	absent, err := h.absencesOn(ctx, settings, asOf)
	return &finder{h, absent}, err
}

// find returns the people whom every condition of w fits, in order of ID. Those
// due for deletion are not found.
func (f *finder) find(ctx context.Context, w wanted) ([]*pipeline.Person, error) {
	ids, err := f.candidates(ctx, w)
	if err != nil {
		return nil, err
	}
	persons, err := f.h.persons(ctx, ids)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(persons, func(p *pipeline.Person) bool { return !w.fits(p) || f.absent.of(p) }), nil
}

// candidates are the IDs that the strongest condition leaves, in order.
func (f *finder) candidates(ctx context.Context, w wanted) ([]string, error) {
	switch {
	case w.agentID != "":
		return []string{w.agentID}, nil
	case w.certificateNo != "":
		held, err := f.h.Store.Certificates(ctx, []string{w.certificateNo})
		var ids []string
		for _, holders := range held {
			ids = append(ids, holders...)
		}
		slices.Sort(ids)
		return slices.Compact(ids), err
	case w.bornOn.IsZero():
		return nil, nil // a name alone says nothing about one person
	}
	return f.bearers(ctx, w)
}

// bearers are those born on the day who bear the name that was asked for.
func (f *finder) bearers(ctx context.Context, w wanted) ([]string, error) {
	agents, err := f.h.Store.AgentsNamed(ctx, w.bornOn, nil)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*pipeline.Person, len(agents))
	for _, a := range agents {
		byID[a.ID] = &pipeline.Person{Agent: a}
	}
	err = join(byID, func(n pipeline.Name) string { return n.AgentID },
		func(p *pipeline.Person, n pipeline.Name) { p.Names = append(p.Names, n) })(f.h.Store.Names(ctx, slices.Collect(maps.Keys(byID))))
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(byID, func(_ string, p *pipeline.Person) bool { return !w.fits(p) })
	return slices.Sorted(maps.Keys(byID)), nil
}

func (w wanted) fits(p *pipeline.Person) bool {
	switch {
	case w.agentID != "" && w.agentID != p.Agent.ID,
		!w.bornOn.IsZero() && w.bornOn != p.Agent.BornOn,
		w.name != "" && !bears(p, w.name, false),
		w.kana != "" && !bears(p, w.kana, true):
		return false
	}
	return w.certificateNo == "" || slices.ContainsFunc(p.Qualifications, func(q pipeline.Qualification) bool {
		return q.CertificateNo == w.certificateNo
	})
}

// bears reports whether one of the names on file, the present ones and all
// earlier ones, is the name: a reading where kana is asked for, else any other.
func bears(p *pipeline.Person, name string, kana bool) bool {
	key := pipeline.CleanName(name)
	return key != "" && slices.ContainsFunc(identity.RecordOf(p).Names, func(n pipeline.Name) bool {
		return (n.Kind == pipeline.NameKana) == kana && pipeline.CleanName(n.Text) == key
	})
}
