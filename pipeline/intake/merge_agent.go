package intake

import (
	"slices"
	"unicode"

	"meibo/pipeline"
)

// AgentChange is what a row of agents does to the register.
type AgentChange struct {
	Agent    pipeline.Agent  // after the row; as stored when an error sets the row aside
	NewNames []pipeline.Name // names not yet on file, in the order of the columns
	Changed  bool            // Agent differs from what is stored, or NewNames is not empty
	Faults   []*pipeline.Fault
}

// MergeAgent works out what the row in, which stands at ref, does to the agent
// stored under the same ID and to the names on file for it. A nil stored is an
// agent the register does not know yet.
//
// Only written values change anything. 氏名 is kept byte for byte; a former 氏名
// becomes a further name. ID取得日 is filled once and never moves: another
// value sets the row aside. Lifting a stop and moving a birth date are applied
// and reported. The computed flags are left as stored.
func MergeAgent(stored *pipeline.Agent, names []pipeline.Name, in pipeline.Agent, ref pipeline.Ref) AgentChange {
	if stored == nil {
		in.DuplicateFlag, in.Affiliated = false, false
		in.From = pipeline.Provenance("").With(ref)
		return AgentChange{Agent: in, NewNames: newNames(names, nil, in, ref), Changed: true}
	}
	if !in.IDAcquiredOn.IsZero() && !stored.IDAcquiredOn.IsZero() && in.IDAcquiredOn != stored.IDAcquiredOn {
		return AgentChange{Agent: *stored, Faults: []*pipeline.Fault{mergeFault(CodeIDAcquiredDiffers)}}
	}

	a := *stored
	var columns []string
	columns = write(columns, "name", &a.Name, in.Name)
	columns = write(columns, "name_kana", &a.NameKana, in.NameKana)
	columns = write(columns, "former_name", &a.FormerName, in.FormerName)
	columns = write(columns, "born_on", &a.BornOn, in.BornOn)
	columns = write(columns, "sex", &a.Sex, in.Sex)
	columns = write(columns, "email", &a.Email, in.Email)
	columns = write(columns, "id_acquired_on", &a.IDAcquiredOn, in.IDAcquiredOn)
	columns = write(columns, "suspended", &a.Suspended, in.Suspended)
	a.From = a.From.With(ref, columns...)

	c := AgentChange{Agent: a, NewNames: newNames(names, stored, in, ref)}
	c.Changed = len(columns) > 0 || len(c.NewNames) > 0
	if a.BornOn != stored.BornOn && !stored.BornOn.IsZero() {
		c.Faults = append(c.Faults, mergeFault(CodeBirthDateChanged))
	}
	if stored.Suspended == pipeline.FlagYes && a.Suspended == pipeline.FlagNo {
		c.Faults = append(c.Faults, mergeFault(CodeStopLifted))
	}
	return c
}

// newNames lists the names that the row brings and that are not on file yet.
func newNames(known []pipeline.Name, stored *pipeline.Agent, in pipeline.Agent, ref pipeline.Ref) []pipeline.Name {
	var out []pipeline.Name
	add := func(kind, text string, from pipeline.Provenance) {
		same := func(n pipeline.Name) bool { return n.Kind == kind && n.Text == text }
		if text == "" || slices.ContainsFunc(known, same) || slices.ContainsFunc(out, same) {
			return
		}
		out = append(out, pipeline.Name{AgentID: in.ID, Kind: kind, Text: text, From: from})
	}
	from := pipeline.Provenance("").With(ref)
	add(pipeline.NameKanji, in.Name, from)
	if isLatin(in.Name) {
		add(pipeline.NameLatin, in.Name, from)
	}
	add(pipeline.NameKana, in.NameKana, from)
	add(pipeline.NameFormer, in.FormerName, from)
	if isLatin(in.FormerName) {
		add(pipeline.NameLatin, in.FormerName, from)
	}
	// Another width or another blank is the same name written again, not a former one.
	if stored != nil && in.Name != "" && pipeline.CleanName(stored.Name) != pipeline.CleanName(in.Name) {
		add(pipeline.NameFormer, stored.Name, pipeline.Provenance("").With(stored.From.Of("name")))
	}
	return out
}

// isLatin reports whether all letters of the name are Latin, and there is one.
func isLatin(name string) bool {
	found := false
	for _, r := range name {
		if !unicode.IsLetter(r) {
			continue
		}
		if !unicode.Is(unicode.Latin, r) {
			return false
		}
		found = true
	}
	return found
}
