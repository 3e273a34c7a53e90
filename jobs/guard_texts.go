package jobs

import (
	"context"
	"maps"
	"slices"

	"meibo/pipeline"
	"meibo/pipeline/intake"
	"meibo/pipeline/purge"
	"meibo/pipeline/store"
)

// freeText is a text of a row of a file in which its sender may name anybody, and
// the column where it ends up.
type freeText struct {
	*string
	table, column string
}

// freeTexts are those of a row, as the inventory has them of the tables.
func freeTexts(r *intake.Record) []freeText {
	switch v := r.Value.(type) {
	case *pipeline.Activity:
		return []freeText{{&v.Actor, "activities", "actor"}}
	case *pipeline.RegistrationEvent:
		const to = "registration_events"
		return []freeText{{&v.AgencyName, to, "agency_name"}, {&v.AgencyAddress, to, "agency_address"}, {&v.Note, to, "note"}}
	case *pipeline.Correction:
		const to = "corrections"
		said := []freeText{{&v.Proof, to, "proof"}, {&v.ReceivedBy, to, "received_by"}}
		if v.Item == "" { // else they are values of the person, which go into the register as they are
			said = append(said, freeText{&v.Before, to, "value_before"}, freeText{&v.After, to, "value_after"})
		}
		return said
	case *intake.Values:
		return freeValues(v)
	}
	return nil
}

// freeValues are those of kinds that are no facts about a person: 事故報告 and the
// answers of reviewers.
func freeValues(v *intake.Values) (out []freeText) {
	const incidents = "incidents"
	for _, in := range []struct{ key, table string }{
		{"reporter", incidents}, {"reported_to", incidents}, {"organisation", incidents}, {"told", incidents}, {"reason", "purge_reviews"},
	} {
		if text := v.FreeText(in.key); text != nil {
			out = append(out, freeText{text, in.table, in.key})
		}
	}
	return out
}

// redact takes the persons out of the text; one that no longer fits goes whole, as
// in the sweep.
func (f freeText) redact(traces *purge.Traces) {
	row := traces.Redact([]string{*f.string}, []int{0})
	switch {
	case row == nil:
	case store.Fits(f.table, f.column, row[0]):
		*f.string = row[0]
	default:
		*f.string = pipeline.Redacted
	}
}

// forgetPurged takes purged 募集人ID out of what rows about others say, as an
// execution takes them out of what is on file: else a file that its sender repeats
// would bring them back, as news.
func (t *taking) forgetPurged(ctx context.Context, chunk []*intake.Record) error {
	if any, err := t.Store.HasGuard(ctx); err != nil || !any {
		return err
	}
	said := map[string]bool{}
	for _, r := range chunk {
		for _, text := range freeTexts(r) {
			for _, word := range purge.Candidates(*text.string) {
				said[word] = true
			}
		}
	}
	guarded, err := t.guardedIDs(ctx, slices.Sorted(maps.Keys(said)))
	if err != nil || len(guarded) == 0 {
		return err
	}
	var persons []purge.Traced
	for _, id := range slices.Sorted(maps.Keys(guarded)) {
		persons = append(persons, purge.Traced{ID: id})
	}
	traces := purge.NewTraces(persons)
	for _, r := range chunk {
		for _, text := range freeTexts(r) {
			text.redact(traces)
		}
	}
	return nil
}
