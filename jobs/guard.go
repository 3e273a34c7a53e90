package jobs

import (
	"context"
	"path"
	"regexp"

	"meibo/pipeline"
	"meibo/pipeline/intake"
)

// guard keeps what was corrected on request from files whose data are older
// (要領 §11(3)).
type guard struct {
	items  intake.Items
	data   pipeline.Date // the file's data are as of this day
	asOf   pipeline.Date
	active map[string][]pipeline.Correction // that hold, by person

	versions []pipeline.Correction // all, of those persons
	replaced []pipeline.Correction // new versions of those that newer rows replaced
}

// guard reads the corrections of the persons a chunk names.
func (t *taking) guard(ctx context.Context, ids []string) (*guard, error) {
	versions, err := t.Store.Corrections(ctx, ids)
	if err != nil {
		return nil, err
	}
	g := &guard{
		items: t.layouts.Items(), data: dataDay(t.file.Name, t.row.AsOf), asOf: t.row.AsOf,
		active: map[string][]pipeline.Correction{}, versions: versions,
	}
	for _, c := range intake.ActiveCorrections(versions) {
		g.active[c.AgentID] = append(g.active[c.AgentID], c)
	}
	return g, nil
}

// replace notes that the row at ref has replaced what was corrected.
func (g *guard) replace(cs []pipeline.Correction, ref pipeline.Ref) {
	for _, c := range cs {
		g.replaced = append(g.replaced, g.superseded(c, ref))
	}
}

// superseded is the version that ends c.
func (g *guard) superseded(c pipeline.Correction, ref pipeline.Ref) pipeline.Correction {
	c.No = nextVersion(g.versions, c.Key())
	c.State, c.Since, c.From = pipeline.CorrectionReplaced, g.asOf, pipeline.Provenance("").With(ref)
	return c
}

// nextVersion is the number of the version after those of the 申出.
func nextVersion(versions []pipeline.Correction, key pipeline.CorrectionKey) int {
	no := 1
	for i := range versions {
		if versions[i].Key() == key {
			no = max(no, versions[i].No+1)
		}
	}
	return no
}

// nameDay finds days in a file's name: 20261121, 2026-11-21, 2026_11_21.
var nameDay = regexp.MustCompile(`(?:^|[^0-9])([0-9]{4})[-_.]?([0-9]{2})[-_.]?([0-9]{2})(?:[^0-9]|$)`)

// dataDay is the day for which a file's data speak: the one in its name if it
// carries one, else the as-of day of its import. No data are of days to come.
func dataDay(name string, asOf pipeline.Date) pipeline.Date {
	for _, m := range nameDay.FindAllStringSubmatch(name[:len(name)-len(path.Ext(name))], -1) {
		if d, err := pipeline.ParseDate(m[1] + "-" + m[2] + "-" + m[3]); err == nil {
			return min(d, asOf)
		}
	}
	return asOf
}
